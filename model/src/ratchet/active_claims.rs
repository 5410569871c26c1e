//! What an active thief can and cannot do, as claims and as a table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::active::{Active, Stage, Wrong};
use super::knowledge::Item;
use crate::engine::{Claim, Limits, Rule, Subject, search, subject};

/// The name of the model.
pub const ACTIVE: &str = "ratchet-active";

const BOUND: &str = "6 chains of one message in any order; the whole state of one side stolen at any \
                     moment; the thief then begins chains of its own towards either side, and \
                     writes one message more to each in the chain of its peer";

/// The model with flaws, as bits.
pub fn active(flaws: u32) -> Active {
    Active { chains: 6, flaws }
}

/// The model with its claims.
pub fn active_subject(flaws: u32) -> Box<dyn Subject> {
    subject(ACTIVE, BOUND, active(flaws), active_claims())
}

/// What holds against it, and what is lost.
pub fn active_claims() -> Vec<Claim<Active>> {
    let claim = |name, sentence, requirements, rule| Claim { name, sentence, requirements, rule };
    vec![
        claim(
            "closed-after-healing",
            "A thief that was passive until now can begin the chain that heals bodies in place of \
             its maker; it can write nothing else in that chain and nothing in a later one.",
            &["RATCHET-01", "RATCHET-15"],
            Rule::Always(|_, stage: &Stage| {
                let Some(stolen) = stage.stolen.filter(|_| stage.untouched()) else { return true };
                let healing = stolen.newest + 1 + i8::from(stolen.ready);
                (0..2).all(|side| {
                    let begins = stage.next_chain(side).filter(|_| stage.step_open(side));
                    let writes =
                        stage.present_chain(side).filter(|_| stage.message_open(side).is_some());
                    begins.is_none_or(|it| it <= healing) && writes.is_none_or(|it| it < healing)
                })
            }),
        ),
        claim(
            "forged-step-noticed",
            "When the message of the peer arrives in whose place a side has taken a step of the \
             thief, it is refused as clone_suspected, while the side keeps that chain.",
            &["RATCHET-06"],
            Rule::Always(|_, stage: &Stage| stage.wrong != Some(Wrong::Unnoticed)),
        ),
        claim(
            "lost-to-the-peer",
            "A side that has taken a step of the thief accepts no later message of its peer on \
             that session.",
            &["RATCHET-01"],
            Rule::Always(|_, stage: &Stage| stage.wrong != Some(Wrong::HeardPeer)),
        ),
        claim(
            "lost-to-the-thief",
            "Whatever a side sends on a session after it has taken a step of the thief, the thief \
             reads.",
            &["RATCHET-01"],
            Rule::Always(|_, stage: &Stage| {
                (0..2).all(|side| {
                    let next = stage.sides[side].next_sending();
                    let later = |epoch: i8| stage.fooled[side].is_some_and(|it| epoch > it.epoch);
                    let read = |it| stage.known(side).has(Item::Message(it, 0));
                    !later(next) || read(next)
                })
            }),
        ),
        claim(
            "both-fooled",
            "The thief can stand between both sides.",
            &["RATCHET-01"],
            Rule::Reached(|_, stage: &Stage| stage.fooled.iter().all(Option::is_some)),
        ),
        claim(
            "deaf-to-the-peer",
            "A message of the thief behind the last one of the peer can make a side refuse the \
             next chain of the peer.",
            &["RATCHET-11"],
            Rule::Reached(|_, stage: &Stage| stage.deaf),
        ),
    ]
}

/// Whether the victim was Ready, whether the thief turns to the victim, the chain, counted from the
/// newest that the victim knew of, and whether the thief begins it or writes on in it.
type Cell = (bool, bool, i8, bool);

/// The table: every state in which the thief has been passive until now, and a message of the
/// peer in that place would be accepted.
pub fn active_markdown() -> String {
    let model = active(0);
    let limits = Limits { states: usize::MAX, time: Duration::from_secs(600) };
    let found = search(&model, limits, &|_| ());
    assert!(found.complete, "a table of some of the states");
    let mut rows = BTreeMap::<Cell, [usize; 2]>::new();
    for stage in found.all().filter(|stage| stage.untouched()) {
        let Some(stolen) = &stage.stolen else { continue };
        for side in [0, 1] {
            let places = [
                (stage.next_chain(side), true, stage.step_open(side)),
                (stage.present_chain(side), false, stage.message_open(side).is_some()),
            ];
            for (chain, begins, open) in places {
                let Some(chain) = chain else { continue };
                let cell = (stolen.ready, side == stolen.victim, chain - stolen.newest, begins);
                rows.entry(cell).or_default()[usize::from(open)] += 1;
            }
        }
    }
    let mut out =
        String::from("| victim | the thief turns to | it | chain | |\n|---|---|---|---|---|\n");
    for ((ready, victim, chain, begins), [refused, accepted]) in rows {
        let state = if ready { "Ready" } else { "Pending" };
        let to = if victim { "the victim" } else { "the peer" };
        let does = if begins { "begins" } else { "writes on in" };
        let chain = match chain {
            0 => "the newest".to_owned(),
            1.. => format!("{chain} after"),
            _ => format!("{} before", -chain),
        };
        let word = match (refused, accepted) {
            (_, 0) => format!("refused, {refused}"),
            (0, _) => format!("**accepted, {accepted}**"),
            _ => format!("depends, {accepted} of {} accepted", refused + accepted),
        };
        let _ = writeln!(out, "| {state} | {to} | {does} | {chain} | {word} |");
    }
    out
}
