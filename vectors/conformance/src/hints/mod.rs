//! Names the classic mistake behind a wrong value, by making it: the value is computed from the
//! inputs of the vector with one mistake and compared with what the client gave.

mod kdf;
mod keys;
mod operations;
mod parts;
mod plan;
mod raw;
mod slips;
mod values;

use crate::difference::{Difference, Part};
use plan::{How, Plan};
use quipu_vectors::file::{File, Test};
use serde::Serialize;
use serde_json::Value;

/// A mistake that gives exactly the value that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Hint {
    /// The kind of mistake.
    pub(crate) id: &'static str,
    /// A sentence.
    pub(crate) text: String,
}

/// So many hints say something, more do not.
const MOST: usize = 3;

/// The mistakes that give the value that was found.
pub(crate) fn hints(file: &File, test: &Test, difference: &Difference) -> Vec<Hint> {
    if !matches!(difference.part, Part::Intermediate | Part::Output | Part::Step) {
        return Vec::new();
    }
    let Difference { label, expected, found, .. } = difference;
    if expected == found {
        return Vec::new();
    }
    let mut out = values::hints(test, label, expected, found);
    let length = test.input.as_ref().and_then(|it| it.get("length")).and_then(Value::as_u64);
    if let (Some(length), Some(found), "padding") = (length, found.as_u64(), &*file.operation) {
        out.extend(values::padding(length, found));
    }
    if difference.part != Part::Step
        && let Some(found) = bytes(label, found)
    {
        if let Some(input) = &test.input {
            let single = operations::single(&file.operation, input).into_iter();
            let fits = single.filter(|it| it.value == found);
            out.extend(fits.map(|it| Hint { id: it.id, text: format!("`{label}` {}", it.text) }));
        }
        if let Some(plan) = operations::plan(file, test) {
            let proven = test.intermediate.iter().take(difference.proven);
            let proven: Vec<&str> = proven.map(|(label, _)| label.as_str()).collect();
            search(&plan, label, &found, &proven, &mut out);
        }
    }
    out.truncate(MOST);
    out
}

/// Bytes of hex; digits and safety number are text.
fn bytes(label: &str, value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    if ["digits", "number"].contains(&label) {
        return Some(text.into());
    }
    hex::decode(text).ok()
}

/// Makes each step before the value wrongly. The client has shown some values to be right: there
/// only what it made of them can be wrong.
fn search(plan: &Plan, target: &str, found: &[u8], proven: &[&str], out: &mut Vec<Hint>) {
    let steps = plan.towards(target);
    let gives = |name, value: Vec<u8>| {
        let value =
            if name == target { Some(value) } else { plan.replay(&steps, (name, value), target) };
        value.is_some_and(|it| it == found)
    };
    let sentence = |name: &str, text: &str| {
        if name == target {
            format!("`{name}` {text}")
        } else {
            format!("`{target}` comes out like this when `{name}` {text}")
        }
    };
    // The nearest steps first: they explain the most with the least.
    for (name, how) in steps.iter().rev() {
        let shown = proven.contains(name);
        for slip in slips::of(plan, name, how) {
            if out.len() >= MOST {
                return;
            }
            let used = !shown || slip.id == "hash-missing";
            if used && plan.value(name) != Some(&slip.value) && gives(name, slip.value) {
                add(out, slip.id, sentence(name, &slip.text));
            }
        }
    }
    for (name, how) in steps.iter().rev().filter(|(name, _)| !proven.contains(name)) {
        if matches!(how, How::Master { .. } | How::Iterate { .. }) {
            continue;
        }
        for (right, wrong, value) in plan.confused(name, how) {
            if out.len() >= MOST {
                return;
            }
            if gives(name, value) {
                let text = format!("is made with `{wrong}` in place of `{right}`");
                add(out, "other-input", sentence(name, &text));
            }
        }
    }
}

fn add(out: &mut Vec<Hint>, id: &'static str, text: String) {
    if !out.iter().any(|it| it.text == text) {
        out.push(Hint { id, text });
    }
}

#[cfg(test)]
mod tests;
