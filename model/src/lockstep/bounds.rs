//! The bounds in which the crate and the model are compared, every state of each.

use super::Lockstep;
use super::prologue::{self, Prologue};
use crate::session::{Bounds, DAY, Kind, Model, Moment, Rules, named as model_named};

/// The names of the bounds.
pub const NAMES: [&str; 12] = [
    "lockstep-crossed",
    "lockstep-in-a-row",
    "lockstep-given-up",
    "lockstep-given-up-crossed",
    "lockstep-restarted",
    "lockstep-superseded",
    "lockstep-reinstalled",
    "lockstep-clock",
    "lockstep-window",
    "lockstep-five",
    "lockstep-hundred",
    "lockstep-answers",
];

/// A bound by its name, in words.
pub fn named(name: &str) -> Option<(Lockstep, String)> {
    let what = NAMES.contains(&name).then_some(name)?.strip_prefix("lockstep-")?;
    let (model, prologue, begun) = match model_named(&format!("session-{what}")) {
        Some((model, _)) => (narrow(what, model), prologue::none as Prologue, ""),
        None => beyond(what)?,
    };
    let bound = format!("{begun}{}", told(&model.bounds));
    Some((Lockstep::new(Model { rules: Rules::SPEC, ..model }, prologue), bound))
}

/// A model of the sessions, so narrow that all bounds together take a minute.
fn narrow(what: &str, model: Model) -> Model {
    let bounds = model.bounds;
    let bounds = match what {
        "in-a-row" => Bounds { starts: [2, 0], ..bounds },
        "given-up" => Bounds { texts: [1, 1], losses: 1, ..bounds },
        "given-up-crossed" => Bounds { texts: [1, 0], losses: 0, ..bounds },
        "superseded" => Bounds { losses: 1, ..bounds },
        "clock" => Bounds { texts: [1, 0], ..bounds },
        _ => bounds,
    };
    Model { bounds, ..model }
}

/// A bound that no model of the sessions has: limits at their real value, after a prologue.
fn beyond(what: &str) -> Option<(Model, Prologue, &'static str)> {
    let model =
        |bounds| Model { bounds, clocks: [0, 0], rules: Rules::SPEC, manner: Kind::Interactive };
    Some(match what {
        "window" => {
            let kinds = [Kind::PREPARED, Kind::BOTH];
            let bounds = Bounds { kinds, corrections: 1, ..Bounds::BASE };
            let model = Model { clocks: [DAY / 2, 0], ..model(bounds) };
            (model, prologue::none, "a clock 12 hours ahead; ")
        }
        "five" => {
            let kinds = [Kind::BOTH, Kind::INTERACTIVE];
            let bounds = Bounds { texts: [1, 0], kinds, ..Bounds::BASE };
            (model(bounds), prologue::four, "4 confirmed sessions at the start; ")
        }
        "hundred" => {
            let bounds =
                Bounds { starts: [0, 0], texts: [3, 2], losses: 1, replays: 1, ..Bounds::BASE };
            let begun = "98 texts sent on an unconfirmed prepared session at the start; ";
            (model(bounds), prologue::hundred, begun)
        }
        "answers" => {
            let moments = (1, [Moment::Minute].as_slice());
            let bounds =
                Bounds { starts: [0, 0], texts: [2, 1], replays: 2, moments, ..Bounds::BASE };
            (model(bounds), prologue::answered, "an opening answered 15 times at the start; ")
        }
        _ => return None,
    })
}

/// A bound in words.
fn told(bounds: &Bounds) -> String {
    let [ada, bob] = bounds.starts;
    let [texts, answers] = bounds.texts;
    let mut told = format!("{ada} and {bob} handshakes; {texts} and {answers} texts");
    let counts = [
        (bounds.losses, "losses"),
        (bounds.replays, "replays"),
        (bounds.crashes, "restarts"),
        (bounds.reinstalls, "losses of all state"),
        (bounds.moments.0, "moments pass"),
        (bounds.corrections, "clocks set right"),
    ];
    for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
        told.push_str(&format!("; {count} {what}"));
    }
    if bounds.acquainted {
        told.push_str("; a session at the start");
    }
    told
}
