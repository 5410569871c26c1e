//! The numbers on record, `model/golden`: a change of meaning shows as a change of a number.

use std::fmt::Write as _;
use std::path::PathBuf;

use quipu_model::engine::{Outcome, Verdict};

/// Where the numbers of the models are.
pub(crate) fn models() -> PathBuf {
    super::root().join("model/golden/models.txt")
}

/// Where the trace lengths of the seeded bugs are.
pub(crate) fn bugs() -> PathBuf {
    super::root().join("model/golden/bugs.txt")
}

/// The record of one model.
pub(crate) fn record(name: &str, outcome: &Outcome) -> String {
    let mut text = format!(
        "{name}: {} states, {} steps, depth {}\n",
        outcome.states, outcome.transitions, outcome.depth
    );
    for (claim, verdict) in &outcome.claims {
        let _ = writeln!(text, "  {claim}: {}", short(verdict));
    }
    text
}

/// A verdict in two words.
pub(crate) fn short(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::Violated { length: 0, .. } => "never".to_owned(),
        Verdict::Violated { length, .. } => format!("violated after {length}"),
        Verdict::Incomplete => "not known".to_owned(),
    }
}

/// The part of a file of records that belongs to a model; empty when there is none.
pub(crate) fn part(text: &str, name: &str) -> String {
    let head = format!("{name}: ");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&head));
    let first = lines.next();
    let rest = lines.take_while(|line| line.starts_with("  "));
    first.into_iter().chain(rest).fold(String::new(), |text, line| text + line + "\n")
}
