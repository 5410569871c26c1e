//! The bounds in which the crate and the model are compared, every state of each.

use super::{Lockstep, Pair, claims, prologue};
use crate::engine::{Subject, subject};
use crate::session::{Bounds, Flaw, Flaws, Kind, Model, Moment, Rules, named as model_named};

/// What the specification does not say yet and the model already does: the crate is compared
/// with the model that lacks it.
pub const PRESENT: Flaws = Flaws::one(Flaw::UnprovenSupersedes);

/// The limits of the specification; `CHAIN_MAX` is beyond every bound.
const RULES: Rules =
    Rules { confirmed: 4, given_up: 2, messages: [255, 100], answers: 16, flaws: PRESENT };

const BOTH: &[Kind] = &[Kind::Interactive, Kind::Prepared];

/// The names of the bounds.
pub const NAMES: [&str; 12] = [
    "lockstep-crossed",
    "lockstep-in-a-row",
    "lockstep-given-up",
    "lockstep-given-up-crossed",
    "lockstep-restarted",
    "lockstep-counted",
    "lockstep-superseded",
    "lockstep-reinstalled",
    "lockstep-clock",
    "lockstep-five",
    "lockstep-hundred",
    "lockstep-answers",
];

/// A bound by its name, in words.
pub fn named(name: &str) -> Option<(Lockstep, &'static str)> {
    Some(match name {
        "lockstep-five" => (
            lockstep(Bounds { starts: [2, 1], ..SMALL }, prologue::four),
            "4 confirmed sessions at the start; 2 handshakes of one side and 1 of the other; a \
             text of each",
        ),
        "lockstep-hundred" => (
            lockstep(
                Bounds { texts: [3, 1], losses: 2, replays: 1, starts: [0, 1], ..SMALL },
                prologue::hundred,
            ),
            "98 texts sent on an unconfirmed prepared session; 3 texts more and 1, a handshake of \
             the other side; 2 losses, 1 replay",
        ),
        "lockstep-answers" => (
            lockstep(
                Bounds {
                    starts: [0, 1],
                    texts: [2, 1],
                    replays: 2,
                    moments: (1, &[Moment::Minute]),
                    ..SMALL
                },
                prologue::answered,
            ),
            "an opening that was answered 15 times; 2 texts and 1, a handshake of the other side; \
             2 replays; a minute passes",
        ),
        _ => {
            let (model, bound) = model_named(&name.replacen("lockstep", "session", 1))?;
            let model = Model { rules: RULES, ..model };
            (Lockstep::new(model, prologue::none), bound)
        }
    })
}

const SMALL: Bounds = Bounds {
    starts: [1, 1],
    kinds: [BOTH; 2],
    texts: [1, 1],
    losses: 0,
    replays: 0,
    crashes: 0,
    reinstalls: 0,
    moments: (0, &[]),
    corrections: 0,
    acquainted: false,
};

fn lockstep(bounds: Bounds, prologue: fn(&Lockstep, Pair) -> Pair) -> Lockstep {
    let model = Model { bounds, clocks: [0, 0], rules: RULES, manner: Kind::Interactive };
    Lockstep::new(model, prologue)
}

/// The crate beside every model of chapter 8.2.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let bounds = NAMES.iter().filter_map(|name| Some((name, named(name)?)));
    bounds.map(|(name, (lockstep, bound))| subject(name, bound, lockstep, claims())).collect()
}
