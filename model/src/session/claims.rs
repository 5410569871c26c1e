//! What chapter 8.2 promises.

use super::life::Status;
use super::model::Model;
use super::packet::Place;
use super::world::World;
use crate::engine::{Claim, Rule};

/// The claims of every model of chapter 8.2.
pub fn claims() -> Vec<Claim<Model>> {
    let mut all = always_so();
    all.extend(in_the_end());
    all
}

fn always_so() -> Vec<Claim<Model>> {
    vec![
        Claim {
            name: "one-order",
            sentence: "Both sides order the sessions that both have in the same way.",
            requirements: &["SESSION-03"],
            rule: Rule::Always(|_, world| one_order(world)),
        },
        Claim {
            name: "known-to-both",
            sentence: "A responder has a session only when its initiator has or had it.",
            requirements: &["HS-31", "PREP-26"],
            rule: Rule::Always(|_, world| known_to_both(world)),
        },
        Claim {
            name: "once",
            sentence: "Handshake bytes make one session, once.",
            requirements: &["HS-33", "PREP-28", "PREP-29"],
            rule: Rule::Always(|_, world| once(world)),
        },
        Claim {
            name: "kept-within-bounds",
            sentence: "A device keeps no more sessions with a peer device than the limits say.",
            requirements: &["SESSION-07", "SESSION-09"],
            rule: Rule::Always(within_bounds),
        },
    ]
}

fn in_the_end() -> Vec<Claim<Model>> {
    vec![
        Claim {
            name: "not-stranded",
            sentence: "A text that is delivered is accepted, or its sender is told that it was \
                       never confirmed, unless a side lost the session with all its state or to \
                       make room for others.",
            requirements: &["SESSION-06", "SESSION-08", "SESSION-09", "SESSION-10"],
            rule: Rule::Always(|_, world| not_stranded(world)),
        },
        Claim {
            name: "same-when-quiet",
            sentence: "When nothing is under way and nothing waits, and no session was given up \
                       or dropped, both sides send on the same session.",
            requirements: &["SESSION-03", "SESSION-05"],
            rule: Rule::Always(same_when_quiet),
        },
        Claim {
            name: "heals",
            sentence: "From every state, left in peace, both sides come to send on one session \
                       that carries messages both ways.",
            requirements: &["SESSION-03", "SESSION-05", "SESSION-12"],
            rule: Rule::Always(|model, world: &World| {
                model.manners().into_iter().all(|manner| world.heals(manner, &model.rules))
            }),
        },
    ]
}

fn one_order(world: &World) -> bool {
    let order = |side: usize| -> Vec<Place> {
        let other = &world.devices[1 - side].sessions;
        let places = world.devices[side].sessions.0.iter().map(|it| it.place);
        places.filter(|place| other.get(*place).is_some()).collect()
    };
    order(0) == order(1)
}

fn known_to_both(world: &World) -> bool {
    world.devices.iter().enumerate().all(|(side, device)| {
        let theirs = device.sessions.0.iter().filter(|it| !it.ours);
        theirs.into_iter().all(|it| {
            let ledger = &world.ledger[usize::from(it.place)];
            let initiator = &world.devices[1 - side];
            let gone = world.disturbed || ledger.iter().any(|it| it.lost);
            gone || initiator.sessions.get(it.place).is_some()
        })
    })
}

fn once(world: &World) -> bool {
    world.devices.iter().all(|device| {
        let mut places: Vec<Place> = device.sessions.0.iter().map(|it| it.place).collect();
        places.sort_unstable();
        let unique = places.windows(2).all(|pair| pair[0] != pair[1]);
        // A text that was accepted before is not accepted by a session that began again.
        let begun_again = device.sessions.0.iter().any(|it| {
            let from = world.handshakes[usize::from(it.place)].by;
            let ledger = &world.ledger[usize::from(it.place)][from];
            !it.ours && !ledger.lost && ledger.accepted & !it.accepted != 0
        });
        unique && !begun_again
    })
}

fn within_bounds(model: &Model, world: &World) -> bool {
    let rules = &model.rules;
    world.devices.iter().all(|device| {
        let count = |status| device.sessions.count(status);
        count(Status::Unconfirmed) <= 1
            && count(Status::GivenUp) <= rules.given_up
            && count(Status::Confirmed) <= rules.confirmed
    })
}

fn not_stranded(world: &World) -> bool {
    let places = 0..u8::try_from(world.handshakes.len()).unwrap_or(u8::MAX);
    places.into_iter().all(|place| (0..2).all(|from| world.stranded(place, from) == 0))
}

fn same_when_quiet(model: &Model, world: &World) -> bool {
    let [ours, theirs] = [0, 1].map(|side| world.sending(side, &model.rules));
    !world.quiet() || world.disturbed || ours == theirs
}
