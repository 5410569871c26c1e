//! The report of one exchange: the attack, what each side believes, why the relay has the keys.

use super::exchange::{Exchange, Relay, Step, Who};
use super::{Kind, claims};
use crate::engine::{Claim, Limits, Search, Trace, Verdict, search};
use crate::handshake::interactive::{Interactive, Part, Slot, Stage, State, View};
use crate::handshake::world::{Key, Setup};
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
    lines.extend(stopped(&trace));
    let listening = super::listening(kind).check(limits, false, &|_| ()).claims;
    lines.push(listens(&listening));
    Report { kind, attacks, listening, steps: trace.steps.len(), lines }
}

fn length(exchange: &Exchange, found: &Search<Exchange>, claim: &Claim<Exchange>) -> Option<usize> {
    found.first(exchange, claim).map(|at| found.trace(exchange, at).steps.len())
}

/// At which steps of the attack Quipu stops the same thing: the message that the relay would
/// have to forge there, and the first part of it that it cannot make.
fn stopped(trace: &Trace<Exchange>) -> Vec<String> {
    let model = Interactive::new(Setup::small());
    let limits = Limits { states: 1 << 20, time: Duration::from_secs(60) };
    let found = search(&model, limits, &|_| ());
    let towards_b =
        |state: &&State| state.slots[0].view.card_r == 1 && state.slots[0].stage == Stage::Open;
    let begun = found.all().find(towards_b).expect("A can start towards B");
    let own = View { ek_i: Key::Attackers, card_r: 1, suite: 1, ..View::EMPTY };
    let answer = View { ek_r: Key::Attackers, rb: Key::AttackersOther, ..begun.slots[0].view };
    let mut lines = Vec::new();
    for (number, (step, _)) in trace.steps.iter().enumerate() {
        let (message, view, parts) = match step {
            Step::ToB(Who::Relay) => {
                ("an Init in the name of A", own, [Part::Init, Part::InitSignature])
            }
            Step::ToA(Who::Relay) => {
                ("a Response in the name of B", answer, [Part::Response, Part::ResponseSignature])
            }
            _ => continue,
        };
        let key = if view == own { "X_E as EK_I" } else { "X_E as EK_R" };
        lines.push(format!("STOPPED step {}: {message} with {key}", number + 1));
        let mut book = model.book();
        for part in parts {
            let term = book.part(&model.setup, part, view);
            let way = begun.knowledge.lacks(&book.terms, term);
            let (Some(last), holder) = (way.last(), &way[way.len().saturating_sub(2)..]) else {
                continue;
            };
            let inside = book.terms.show(holder[0]);
            let line = format!("       lacks {} for {inside}", book.terms.show(*last));
            if lines.last() != Some(&line) {
                lines.push(line);
            }
        }
    }
    let forged = |run: &Slot| {
        run.view.card_i == 0 && run.view.ek_i == Key::Attackers
            || run.view.card_r == 1 && run.view.ek_r == Key::Attackers
    };
    let with = found.all().filter(|state| state.slots.iter().any(forged)).count();
    let all = found.states();
    lines.push(format!("       such a message is accepted in {with} of the {all} states of ours"));
    lines
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
