//! What delivery promises.

use super::model::Model;
use super::world::World;
use crate::engine::{Claim, Rule, Subject, subject};

/// The claims of delivery.
pub fn claims() -> Vec<Claim<Model>> {
    let claim = |name, sentence, requirements, rule| Claim { name, sentence, requirements, rule };
    vec![
        claim(
            "once-to-the-application",
            "No message is handed to the application twice.",
            &["SESSION-15", "RATCHET-14"],
            Rule::Always(|_, world: &World| world.twice == 0),
        ),
        claim(
            "nothing-vanishes",
            "A message is somewhere, or was delivered, or its sender is told.",
            &["SESSION-15", "SEC-03"],
            Rule::Always(|_, world: &World| world.vanished() == 0),
        ),
        claim(
            "all-delivered",
            "From every state honest steps lead to one in which every message was delivered or \
             its sender was told, and outbox and mailbox are empty.",
            &["SESSION-15", "SEC-03"],
            Rule::Recoverable(|_, world: &World| world.finished()),
        ),
        claim(
            "order-reported",
            "A message that comes after a later one is reported so.",
            &["SESSION-13", "SESSION-14"],
            Rule::Always(|_, world: &World| !world.disorder),
        ),
        claim(
            "relay-blind",
            "The relay has sealed bytes and their place in a queue, and nothing else.",
            &["SEC-03"],
            Rule::Always(|_, world: &World| !world.read),
        ),
        claim(
            "late-is-possible",
            "Messages can arrive in another order than they were sent.",
            &[],
            Rule::Reached(|_, world: &World| world.delivered & 1 == 0 && world.delivered > 1),
        ),
    ]
}

/// The models of delivery.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    vec![subject_of(0)]
}

/// A model with flaws, as bits.
pub fn subject_of(flaws: u32) -> Box<dyn Subject> {
    let model = Model { crashes: 2, losses: 1, expiry: true, flaws };
    subject(
        "delivery",
        "2 messages; sender, relay and receiver restart twice in all, everything under way in one \
         direction is lost once, the mailbox expires once; any order and any number of copies",
        model,
        claims(),
    )
}
