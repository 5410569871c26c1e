//! The bounds in which the crate and the model are compared, every state of each.

use super::prologue::{self, Prologue};
use super::{Lockstep, claims};
use crate::engine::{Subject, subject};
use crate::session::{Bounds, Flaws, Kind, Model, Moment, Rules, Time, named as model_named};

/// The limits of the specification; `CHAIN_MAX` is beyond every bound.
const RULES: Rules =
    Rules { confirmed: 4, given_up: 2, messages: [255, 100], answers: 16, flaws: Flaws::NONE };

const BOTH: &[Kind] = &[Kind::Interactive, Kind::Prepared];
const INTERACTIVE: &[Kind] = &[Kind::Interactive];
const PREPARED: &[Kind] = &[Kind::Prepared];
const DAY: Time = 86_400_000;

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

/// A bound by its name, in words. With `deep` in place of `lockstep` it is as wide as that of
/// the model alone, which takes minutes.
pub fn named(name: &str) -> Option<(Lockstep, String)> {
    let (depth, what) = name.split_once('-')?;
    let model = match model_named(&format!("session-{what}")) {
        Some((model, _)) => model,
        None => {
            let clocks = if what == "window" { [DAY / 2, 0] } else { [0, 0] };
            Model { bounds: SMALL, clocks, rules: RULES, manner: Kind::Interactive }
        }
    };
    let (deep, prologue, begun) = wide(what, model.bounds)?;
    let bounds = if depth == "deep" { deep } else { narrow(what, deep) };
    let bound = format!("{begun}{}", told(&bounds));
    Some((Lockstep::new(Model { bounds, rules: RULES, ..model }, prologue), bound))
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

/// What can happen, after which prologue.
fn wide(what: &str, bounds: Bounds) -> Option<(Bounds, Prologue, &'static str)> {
    let moments = (1, [Moment::Minute].as_slice());
    Some(match what {
        "window" => (
            Bounds { kinds: [PREPARED, BOTH], corrections: 1, ..SMALL },
            prologue::none,
            "a clock 12 hours ahead; ",
        ),
        "five" => (
            Bounds { starts: [2, 1], ..SMALL },
            prologue::four,
            "4 confirmed sessions at the start; ",
        ),
        "hundred" => (
            Bounds { starts: [0, 1], texts: [3, 2], losses: 1, replays: 1, ..SMALL },
            prologue::hundred,
            "98 texts sent on an unconfirmed prepared session at the start; ",
        ),
        "answers" => (
            Bounds { starts: [0, 1], texts: [2, 1], replays: 2, moments, ..SMALL },
            prologue::answered,
            "an opening answered 15 times at the start; ",
        ),
        _ if NAMES.iter().any(|name| name.ends_with(what)) => (bounds, prologue::none, ""),
        _ => return None,
    })
}

/// The same within a minute for all bounds together.
fn narrow(what: &str, bounds: Bounds) -> Bounds {
    match what {
        "in-a-row" => Bounds { starts: [2, 0], ..bounds },
        "given-up" => Bounds { texts: [1, 1], losses: 1, ..bounds },
        "given-up-crossed" => Bounds { texts: [1, 0], losses: 0, ..bounds },
        "superseded" => Bounds { losses: 1, ..bounds },
        "clock" => Bounds { texts: [1, 0], ..bounds },
        "five" => Bounds { starts: [1, 1], texts: [1, 0], kinds: [BOTH, INTERACTIVE], ..bounds },
        "hundred" | "answers" => Bounds { starts: [0, 0], ..bounds },
        _ => bounds,
    }
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

/// The crate beside every model of chapter 8.2.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let bounds = NAMES.iter().filter_map(|name| Some((name, named(name)?)));
    bounds.map(|(name, (lockstep, bound))| subject(name, &bound, lockstep, claims())).collect()
}
