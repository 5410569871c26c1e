//! The report of one exchange: the attack, what each side believes, why the relay has the keys.

use super::exchange::{Exchange, Relay, Who};
use super::{Kind, claims};
use crate::engine::{Claim, Limits, Search, Verdict, search};
use std::time::Duration;

/// What the search found about an exchange.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which exchange.
    pub kind: Kind,
    /// Each claim with the length of the shortest attack of a relay that forges; none: it holds.
    pub attacks: Vec<(&'static str, Option<usize>)>,
    /// The claims that hold while the relay only listens.
    pub listening: Vec<(&'static str, Verdict)>,
    /// The number of steps of the attack that is told.
    pub steps: usize,
    /// The whole report, line by line.
    pub lines: Vec<String>,
}

/// Searches an exchange and tells the attack in which the relay reads the message of A and B
/// takes it for genuine.
///
/// # Panics
///
/// When the relay does not get into the middle, which would be news.
pub fn report(kind: Kind) -> Report {
    let exchange = Exchange::new(kind, Relay::Forges);
    let limits = Limits { states: 1 << 20, time: Duration::from_secs(60) };
    let found = search(&exchange, limits, &|_| ());
    let attacks = claims().into_iter().map(|claim| (claim.name, length(&exchange, &found, &claim)));
    let attacks: Vec<_> = attacks.filter(|(name, _)| *name != "finishes").collect();
    let middle = claims().into_iter().find(|claim| claim.name == "no-middle").expect("listed");
    let at = found.first(&exchange, &middle).expect("a relay that forges gets into the middle");
    let trace = found.trace(&exchange, at);
    let mut lines = vec![format!(
        "ATTACK  the relay in the middle    EXCHANGE  {}    CLAIM  no-middle    STATES  {}",
        kind.title(),
        found.states()
    )];
    lines.extend(trace.told(&exchange));
    lines.extend(result(&exchange, trace.end()));
    let listening = super::listening(kind).check(limits, false, &|_| ()).claims;
    lines.push(listens(&listening));
    Report { kind, attacks, listening, steps: trace.steps.len(), lines }
}

fn length(exchange: &Exchange, found: &Search<Exchange>, claim: &Claim<Exchange>) -> Option<usize> {
    found.first(exchange, claim).map(|at| found.trace(exchange, at).steps.len())
}

/// Who believes what at the end, and why the relay has both keys.
fn result(exchange: &Exchange, end: &super::exchange::State) -> Vec<String> {
    let mut lines = Vec::new();
    let mut terms = exchange.terms();
    let mut why = Vec::new();
    for (side, name, other, stage) in [(Who::A, "A", "B", end.a), (Who::B, "B", "A", end.b)] {
        let Some(peer) = stage.keyed() else { continue };
        let key = Exchange::key(&mut terms, side, peer);
        lines.push(format!("{name} believes: peer is {other}, {}", terms.spell(key)));
        why.extend(end.knowledge.why(&terms, key));
    }
    let last = lines.len() - 1;
    let mut told: Vec<String> = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        told.push(format!("{} {line}", if at == 0 { "RESULT" } else { "      " }));
        if at == last {
            told.push("       the keys differ and the relay has both".to_owned());
        }
    }
    for (at, line) in why.into_iter().enumerate() {
        told.push(format!("{} {line}", if at == 0 { "WHY   " } else { "      " }));
    }
    told
}

fn listens(claims: &[(&'static str, Verdict)]) -> String {
    let holding = claims.iter().filter(|(_, verdict)| *verdict == Verdict::Holds);
    let names: Vec<&str> = holding.map(|(name, _)| *name).collect();
    format!("PASSIVE  with a relay that only listens these hold: {}", names.join(", "))
}
