//! The bounds in which chapter 8.2 is explored completely.

use super::claims::claims;
use super::model::{Bounds, Model};
use super::packet::Kind;
use super::rules::{DAY, Flaws, Rules};
use super::world::Moment;
use crate::engine::{Subject, subject};

/// Counts that a few messages reach.
const RULES: Rules = Rules { messages: [20, 20], answers: 2, ..Rules::SPEC };

/// The names of the models.
pub const NAMES: [&str; 9] = [
    "session-crossed",
    "session-in-a-row",
    "session-given-up",
    "session-given-up-crossed",
    "session-restarted",
    "session-counted",
    "session-superseded",
    "session-reinstalled",
    "session-clock",
];

/// A model by its name, and its bound for people.
pub fn named(name: &str) -> Option<(Model, &'static str)> {
    let model = |bounds| Model { bounds, clocks: [0, 0], rules: RULES, manner: Kind::Interactive };
    Some(match name {
        "session-crossed" => (
            model(Bounds { losses: 1, replays: 1, ..Bounds::BASE }),
            "a handshake of each side, of either kind; a text of each; 1 loss, 1 replay",
        ),
        "session-in-a-row" => (
            model(Bounds {
                starts: [2, 1],
                kinds: [Kind::BOTH, Kind::INTERACTIVE],
                ..Bounds::BASE
            }),
            "2 handshakes of one side of either kind and an interactive one of the other; \
             a text of each",
        ),
        "session-given-up" => given_up(),
        "session-given-up-crossed" => (
            Model {
                clocks: [240_000, 0],
                ..model(Bounds {
                    kinds: [Kind::INTERACTIVE, Kind::BOTH],
                    losses: 1,
                    moments: (1, &[Moment::FiveMinutes]),
                    ..Bounds::BASE
                })
            },
            "a handshake of each side; a text of each; 1 loss; clocks 4 minutes apart; once 5 \
             minutes pass",
        ),
        "session-restarted" => restarted(),
        "session-counted" => counted(),
        "session-superseded" => superseded(),
        "session-reinstalled" => reinstalled(),
        "session-clock" => clock(),
        _ => return None,
    })
}

fn given_up() -> (Model, &'static str) {
    let bounds = Bounds {
        starts: [1, 0],
        texts: [2, 1],
        losses: 2,
        moments: (2, &[Moment::Minute, Moment::FiveMinutes]),
        acquainted: true,
        ..Bounds::BASE
    };
    (
        Model { bounds, clocks: [0, 0], rules: RULES, manner: Kind::Interactive },
        "a session at the start and a handshake of either kind; 2 texts and 1; 2 losses; twice a \
         minute or 5 pass",
    )
}

fn restarted() -> (Model, &'static str) {
    let bounds = Bounds {
        starts: [1, 1],
        kinds: [Kind::INTERACTIVE, Kind::INTERACTIVE],
        texts: [1, 0],
        replays: 1,
        crashes: 1,
        ..Bounds::BASE
    };
    (
        Model { bounds, clocks: [0, 0], rules: RULES, manner: Kind::Interactive },
        "an interactive handshake of each side; a text of one; 1 replay, 1 restart that loses \
         half-open handshakes and the replay cache",
    )
}

fn counted() -> (Model, &'static str) {
    let rules = Rules { confirmed: 2, given_up: 1, messages: [2, 2], answers: 1, ..RULES };
    let bounds = Bounds {
        starts: [2, 1],
        kinds: [Kind::PREPARED, Kind::BOTH],
        texts: [2, 1],
        ..Bounds::BASE
    };
    (
        Model { bounds, clocks: [0, 0], rules, manner: Kind::Interactive },
        "2 prepared handshakes of one side and one of either kind of the other; 2 texts and 1; \
         limits 2 confirmed, 1 given up, 2 messages unconfirmed",
    )
}

fn superseded() -> (Model, &'static str) {
    let bounds = Bounds {
        starts: [1, 0],
        texts: [2, 1],
        kinds: [Kind::PREPARED, Kind::PREPARED],
        losses: 2,
        moments: (5, &[Moment::Days]),
        acquainted: true,
        ..Bounds::BASE
    };
    (
        Model { bounds, clocks: [0, 0], rules: RULES, manner: Kind::Interactive },
        "a session at the start and a prepared handshake; 2 texts and 1; 2 losses; five times 4 \
         days pass",
    )
}

fn reinstalled() -> (Model, &'static str) {
    let bounds = Bounds {
        starts: [1, 1],
        texts: [2, 1],
        kinds: [Kind::PREPARED, Kind::PREPARED],
        losses: 1,
        reinstalls: 1,
        acquainted: true,
        ..Bounds::BASE
    };
    (
        Model { bounds, clocks: [DAY / 2, 0], rules: RULES, manner: Kind::Prepared },
        "a session at the start and a prepared handshake of each side; 2 texts and 1; 1 loss; \
         one device loses everything; clocks 12 hours apart",
    )
}

fn clock() -> (Model, &'static str) {
    let bounds = Bounds {
        starts: [2, 1],
        kinds: [Kind::PREPARED, Kind::INTERACTIVE],
        losses: 1,
        corrections: 1,
        ..Bounds::BASE
    };
    (
        Model { bounds, clocks: [2 * DAY, 0], rules: RULES, manner: Kind::Interactive },
        "2 prepared handshakes of one side, whose clock is 2 days ahead until it is set right, \
         and an interactive one of the other; a text of each; 1 loss",
    )
}

/// The models of chapter 8.2.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    NAMES.iter().filter_map(|name| subject_of(name, Flaws::NONE)).collect()
}

/// A model with flaws.
pub fn subject_of(name: &str, flaws: Flaws) -> Option<Box<dyn Subject>> {
    let (model, bound) = named(name)?;
    let rules = Rules { flaws, ..model.rules };
    Some(subject(name, bound, Model { rules, ..model }, claims()))
}
