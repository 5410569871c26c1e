//! The first value that differs from a vector: where, what was expected, what was found.

use quipu_vectors::draws::Draws;
use quipu_vectors::file::{File, Test};
use quipu_vectors::perform::{perform, unhex};
use serde::Serialize;
use serde_json::{Value, json};
use std::iter;

/// What kind of value differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    Intermediate,
    Output,
    /// A result of a step of a script.
    Step,
    /// Success or refusal, or the name of the refusal.
    Error,
    /// The lengths of the draws.
    Drew,
}

/// The first value that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    pub(crate) part: Part,
    /// The label of chapter 12.3, or the path of a result, `events[1].n`.
    pub(crate) label: String,
    pub(crate) expected: Value,
    /// `null` when there is no such value.
    pub(crate) found: Value,
    /// How many intermediate values before it were as expected.
    #[serde(skip)]
    pub(crate) proven: usize,
    /// The same as a sentence.
    #[serde(skip)]
    pub(crate) text: String,
}

impl Difference {
    /// A difference in something else than a value.
    pub(crate) fn new(part: Part, expected: Value, found: Value, text: String) -> Self {
        let label = if part == Part::Drew { "drew" } else { "error" }.to_owned();
        Self { part, label, expected, found, proven: 0, text }
    }

    /// The first difference between two results of a step.
    pub(crate) fn of_step(at: &str, expected: &Value, found: &Value) -> Option<Self> {
        let (label, expected, found) = first("", expected, found)?;
        Some(Self::at(Part::Step, at, label, expected, found))
    }

    /// The first difference between a vector and an answer to it: the intermediate values in their
    /// order as far as they are given, then the outputs.
    pub(crate) fn of_vector(test: &Test, intermediate: &[Value], output: &Value) -> Option<Self> {
        for (index, (found, (label, value))) in
            intermediate.iter().zip(&test.intermediate).enumerate()
        {
            if *found == json!([label, value]) {
                continue;
            }
            // Another label: the whole pair is what was found.
            let same = found.get(0).is_some_and(|it| it == label);
            let found = if same { found[1].clone() } else { found.clone() };
            let part = Part::Intermediate;
            let it = Self::at(part, "", label.clone(), Value::from(value.as_str()), found);
            return Some(Self { proven: index, ..it });
        }
        let expected = Value::Object(test.output.clone().unwrap_or_default());
        let (label, expected, found) = first("", &expected, output)?;
        let proven = intermediate.len().min(test.intermediate.len());
        Some(Self { proven, ..Self::at(Part::Output, "", label, expected, found) })
    }

    /// The first difference of the embedded reference, if it is one of values.
    pub(crate) fn of_embedded(file: &File, test: &Test) -> Option<Self> {
        let suite = quipu::wire::Suite::from_number(file.suite).ok()?;
        let draws: Result<_, _> = test.random.iter().flatten().map(|it| unhex(it)).collect();
        let mut draws = Draws::listed(draws.ok()?);
        let done = perform(&file.operation, suite, test.input.as_ref()?, &mut draws).ok()?;
        let intermediate: Vec<Value> =
            done.intermediate.iter().map(|(label, value)| json!([label, value])).collect();
        test.output.as_ref()?;
        Self::of_vector(test, &intermediate, &Value::Object(done.output))
    }

    fn at(part: Part, at: &str, label: String, expected: Value, found: Value) -> Self {
        let of = if part == Part::Output { "output " } else { "" };
        let text = format!(
            "{at}first difference at {of}{label}: {}, expected {}",
            shown(&found),
            shown(&expected)
        );
        Self { part, label, expected, found, proven: 0, text }
    }
}

/// A value in a sentence.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.is_empty() => "no bytes".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Path and both values of the first difference; names in their order, then indices.
fn first(path: &str, expected: &Value, found: &Value) -> Option<(String, Value, Value)> {
    if expected == found {
        return None;
    }
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let more = found.keys().filter(|name| !expected.contains_key(*name));
            expected.keys().chain(more).find_map(|name| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let value = |of: &quipu_vectors::file::Object| of.get(name).cloned();
                first(
                    &path,
                    &value(expected).unwrap_or_default(),
                    &value(found).unwrap_or_default(),
                )
            })
        }
        (Value::Array(expected), Value::Array(found)) => {
            let padded = |list: &[Value], longer: usize| -> Vec<Value> {
                list.iter().cloned().chain(iter::repeat_n(Value::Null, longer)).collect()
            };
            let expected = padded(expected, found.len().saturating_sub(expected.len()));
            let found = padded(found, expected.len().saturating_sub(found.len()));
            let pairs = expected.iter().zip(&found).enumerate();
            let mut all = pairs.filter_map(|(at, (expected, found))| {
                first(&format!("{path}[{at}]"), expected, found)
            });
            all.next()
        }
        _ => Some((path.to_owned(), expected.clone(), found.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_leads_to_the_first_value_that_differs() {
        let expected = json!({ "events": [{ "event": "message", "n": 1 }, { "event": "x" }] });
        let seen = |found: Value| {
            let it = Difference::of_step("step 2: ", &expected, &found).expect("they differ");
            (it.label, it.expected, it.found, it.text)
        };
        let (label, expected_value, found, text) =
            seen(json!({ "events": [{ "event": "message", "n": 2 }] }));
        assert_eq!(
            (label.as_str(), &expected_value, &found),
            ("events[0].n", &json!(1), &json!(2))
        );
        assert_eq!(text, "step 2: first difference at events[0].n: 2, expected 1");
        let (label, _, found, text) = seen(json!({ "events": [{ "event": "message", "n": 1 }] }));
        assert_eq!((label.as_str(), found), ("events[1]", Value::Null));
        assert!(text.contains("nothing, expected {\"event\":\"x\"}"), "{text}");
        let (label, ..) = seen(json!({ "events": expected["events"], "more": 1 }));
        assert_eq!(label, "more");
        assert_eq!(Difference::of_step("", &expected, &expected), None);
    }

    #[test]
    fn intermediate_values_come_before_outputs() {
        let test = Test {
            intermediate: vec![("a".into(), "00".into()), ("b".into(), "01".into())],
            output: json!({ "key": "02" }).as_object().cloned(),
            ..Test::default()
        };
        let seen = |list: Value, output: Value| {
            Difference::of_vector(&test, list.as_array().expect("a list"), &output)
        };
        let right = json!([["a", "00"], ["b", "01"]]);
        assert_eq!(seen(right.clone(), json!({ "key": "02" })), None);
        let it = seen(json!([["a", "00"], ["b", "ff"]]), json!({ "key": "ff" })).expect("b");
        assert_eq!((it.part, it.label.as_str(), it.proven), (Part::Intermediate, "b", 1));
        assert_eq!((it.expected, it.found), (json!("01"), json!("ff")));
        let it = seen(right, json!({ "key": "ff" })).expect("key");
        assert_eq!((it.part, it.label.as_str(), it.proven), (Part::Output, "key", 2));
        let it = seen(json!([]), json!({})).expect("key");
        assert_eq!((it.found, it.proven), (Value::Null, 0));
        let it = seen(json!([["x", "00"]]), json!({})).expect("another label");
        assert_eq!(it.found, json!(["x", "00"]));
    }
}
