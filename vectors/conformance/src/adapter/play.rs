//! Chapter 13.2: a vector, played through an adapter.

use super::{Adapter, Answer, Failed};
use crate::difference::{Difference, Part};
use quipu_vectors::file::{File, Object, Test};
use quipu_vectors::script::{arguments, results};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How a test went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Played {
    Passed,
    /// The client accepted what has to be refused.
    Accepted(String),
    Failed(String),
    /// A value, an error name or the draws differ.
    Differs(Box<Difference>),
    Unsupported(String),
    /// The adapter says so itself.
    Fault(String),
}

impl Played {
    /// The same, said of a place.
    pub(crate) fn within(self, place: &str) -> Self {
        self.put(|text| format!("{place}: {text}"))
    }

    /// The same, with more behind it.
    pub(crate) fn behind(self, more: &str) -> Self {
        self.put(|text| text + more)
    }

    fn put(self, put: impl Fn(String) -> String) -> Self {
        match self {
            Self::Passed => Self::Passed,
            Self::Accepted(text) => Self::Accepted(put(text)),
            Self::Failed(text) => Self::Failed(put(text)),
            Self::Differs(mut difference) => {
                difference.text = put(difference.text);
                Self::Differs(difference)
            }
            Self::Unsupported(text) => Self::Unsupported(put(text)),
            Self::Fault(text) => Self::Fault(put(text)),
        }
    }
}

/// Plays a test.
///
/// # Errors
/// No answer: the adapter is of no use any more.
//= spec/13-adapter.md#13-1-lines
//# [ADAPT-04] An adapter MUST use `reject` for refusals of the client by their name in the error
//# registry and for nothing else; whatever goes wrong otherwise is `fault`: a malformed line or
//# field, a field that it does not know, a step before `begin`.
pub(crate) fn play(adapter: &mut Adapter, file: &File, test: &Test) -> Result<Played, Failed> {
    let outcome = if test.steps.is_some() {
        script(adapter, file, test)
    } else {
        vector(adapter, file, test)
    };
    let played = match outcome {
        Ok(()) => Played::Passed,
        Err(Stop::Failed(failed)) => return Err(failed),
        Err(Stop::Played(played)) => played,
    };
    match adapter.unasked() {
        Some(line) => Err(Failed::Nonsense(format!("a line that nobody asked for: {line}"))),
        None => Ok(played),
    }
}

/// Why a test does not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    Failed(Failed),
    Played(Played),
}

impl From<Failed> for Stop {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

/// A sentence about what differs.
pub(crate) fn failed(text: impl Into<String>) -> Stop {
    Stop::Played(Played::Failed(text.into()))
}

fn differs(difference: Difference) -> Stop {
    Stop::Played(Played::Differs(Box::new(difference)))
}

/// What was answered, against what is expected; the results when both are success.
//= spec/13-adapter.md#13-2-operations
//# [ADAPT-07] The client's random source MUST be the draws of the request, in their order; when the
//# client draws more, or another length, the adapter answers `fault`, whatever the client made of
//# it. Fewer draws are seen in `drew`.
pub(crate) fn judge(
    answer: Answer,
    error: Option<&str>,
    random: &[usize],
    at: &str,
) -> Result<Option<Object>, Stop> {
    let lengths: Vec<u64> = random.iter().filter_map(|it| u64::try_from(*it).ok()).collect();
    match (answer, error) {
        (Answer::Ok(results, drew), None) if drew == lengths => Ok(Some(results)),
        (Answer::Ok(_, drew), None) => {
            let text = format!("{at}drew {drew:?} bytes, expected {lengths:?}");
            Err(differs(Difference::new(Part::Drew, json!(lengths), json!(drew), text)))
        }
        (Answer::Ok(..), Some(expected)) => {
            let text = format!("{at}ACCEPTED, expected refusal as {expected}");
            Err(Stop::Played(Played::Accepted(text)))
        }
        (Answer::Reject(found, drew), Some(expected)) if found == expected => {
            if lengths.starts_with(&drew) {
                Ok(None)
            } else {
                let text = format!("{at}drew {drew:?} bytes, expected {lengths:?} at most");
                Err(differs(Difference::new(Part::Drew, json!(lengths), json!(drew), text)))
            }
        }
        (Answer::Reject(found, _), Some(expected)) => {
            let text = format!("{at}refused as {found}, expected {expected}");
            Err(differs(Difference::new(Part::Error, json!(expected), json!(found), text)))
        }
        (Answer::Reject(found, _), None) => {
            let text = format!("{at}refused as {found}, expected success");
            Err(differs(Difference::new(Part::Error, Value::Null, json!(found), text)))
        }
        (Answer::Unsupported, _) => {
            Err(Stop::Played(Played::Unsupported(format!("{at}unsupported"))))
        }
        (Answer::Fault(text), _) => Err(Stop::Played(Played::Fault(format!("{at}{text}")))),
    }
}

fn vector(adapter: &mut Adapter, file: &File, test: &Test) -> Result<(), Stop> {
    let random = test.random.clone().unwrap_or_default();
    // A client that goes on where it has to refuse finds the draws for it: it accepts, no `fault`.
    let twin = file.tests.iter().find(|it| test.twin.as_ref() == Some(&it.id));
    let spare = twin.and_then(|twin| twin.random.as_ref()?.get(random.len()..));
    let offered = [random.as_slice(), spare.unwrap_or_default()].concat();
    let request = json!({
        "op": "vector", "operation": file.operation, "suite": file.suite,
        "input": test.input.clone().unwrap_or_default(), "random": offered,
    });
    let lengths: Vec<usize> = random.iter().map(|draw| draw.len() / 2).collect();
    let answer = adapter.ask(&request)?;
    let Some(found) = judge(answer, test.error.as_deref(), &lengths, "")? else { return Ok(()) };
    let steps = found.get("intermediate").and_then(Value::as_array).cloned().unwrap_or_default();
    let output = found.get("output").cloned().unwrap_or_default();
    if let Some(difference) = Difference::of_vector(test, &steps, &output) {
        return Err(differs(difference));
    }
    if steps.is_empty() || steps.len() == test.intermediate.len() {
        Ok(())
    } else {
        let (found, expected) = (steps.len(), test.intermediate.len());
        Err(failed(format!("{found} intermediate values, {expected} expected")))
    }
}

fn script(adapter: &mut Adapter, file: &File, test: &Test) -> Result<(), Stop> {
    let setup = test.setup.clone().unwrap_or_default();
    let begin = json!({
        "op": "begin", "operation": file.operation, "suite": file.suite, "setup": setup,
    });
    judge(adapter.ask(&begin)?, None, &[], "setup: ")?;
    let mut saved: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (index, step) in test.steps.iter().flatten().enumerate() {
        one_step(adapter, step, &mut saved, &format!("step {index}: "))?;
    }
    Ok(())
}

//= spec/13-adapter.md#13-2-operations
//# [ADAPT-08] A step MUST act on the state that the steps before it have left.
/// Plays one step of a script, whose results are known.
///
/// # Errors
/// What differs.
pub(crate) fn one_step(
    adapter: &mut Adapter,
    step: &Object,
    saved: &mut BTreeMap<String, Vec<Value>>,
    at: &str,
) -> Result<(), Stop> {
    let mut request = arguments(step);
    if let Some(name) = step.get("saved").and_then(Value::as_str) {
        let index = step.get("index").and_then(Value::as_u64).unwrap_or(0);
        let bytes = saved.get(name).and_then(|list| list.get(usize::try_from(index).ok()?));
        let bytes = bytes.ok_or_else(|| failed(format!("{at}nothing was saved as {name}")))?;
        let field = if step.contains_key("now") { "packet" } else { "message" };
        request.insert(field.to_owned(), bytes.clone());
    }
    let error = step.get("error").and_then(Value::as_str);
    // What draws and should not is seen in `drew`, and is no `fault` either.
    if !request.contains_key("random") && !request.contains_key("seed") {
        request.insert("seed".to_owned(), "5e".repeat(32).into());
    }
    // A refusal leaves the state as it is, a message does not.
    let sends = step.get("do").and_then(Value::as_str) == Some("send") && error.is_none();
    let looks = error.is_some() || sends;
    let before = looks.then(|| state(adapter, step, at)).transpose()?;
    let request = json!({ "op": "step", "step": request });
    let answer = adapter.ask(&request)?;
    let many = step.contains_key("seed");
    let random: Vec<usize> = match (&answer, step.get("random").and_then(Value::as_array)) {
        (Answer::Ok(_, drew), None) if many => {
            drew.iter().filter_map(|it| usize::try_from(*it).ok()).collect()
        }
        (_, Some(list)) => list.iter().map(|it| it.as_str().map_or(0, str::len) / 2).collect(),
        _ => Vec::new(),
    };
    let found = judge(answer, error, &random, at)?;
    let same = before == looks.then(|| state(adapter, step, at)).transpose()?;
    if error.is_some() && !same {
        return Err(failed(format!("{at}a refusal changed the state")));
    }
    if sends && same {
        return Err(failed(format!("{at}a message was sent and the state has not changed")));
    }
    let Some(mut found) = found else { return Ok(()) };
    save(step, &found, saved);
    found.remove("messages");
    let (found, expected) = (Value::Object(found), Value::Object(results(step)));
    Difference::of_step(at, &expected, &found).map_or(Ok(()), |it| Err(differs(it)))
}

fn save(step: &Object, found: &Object, saved: &mut BTreeMap<String, Vec<Value>>) {
    match step.get("save") {
        Some(Value::String(name)) => {
            let list = match (found.get("messages"), found.get("packet"), found.get("message")) {
                (Some(Value::Array(all)), ..) => all.clone(),
                (_, Some(one), _) | (_, _, Some(one)) => vec![one.clone()],
                _ => Vec::new(),
            };
            saved.insert(name.clone(), list);
        }
        Some(Value::Array(names)) => {
            let replies = found.get("replies").and_then(Value::as_array).cloned();
            for (name, reply) in names.iter().zip(replies.unwrap_or_default()) {
                saved.insert(name.as_str().unwrap_or_default().to_owned(), vec![reply]);
            }
        }
        _ => {}
    }
}

//= spec/13-adapter.md#13-2-operations
//# [ADAPT-09] `state` MUST change nothing, and its digest MUST cover everything that the next step
//# can depend on.
fn state(adapter: &mut Adapter, step: &Object, at: &str) -> Result<Value, Stop> {
    let mut request = json!({ "op": "state", "as": step.get("as") });
    if let Some(now) = step.get("now") {
        request["now"] = now.clone();
    }
    let found = judge(adapter.ask(&request)?, None, &[], &format!("{at}state: "))?;
    let digest = found.and_then(|it| it.get("digest").cloned()).unwrap_or_default();
    match digest.as_str() {
        Some(text) if text.len() == 64 => Ok(digest),
        _ => Err(failed(format!("{at}state: a digest has 32 bytes, found {digest}"))),
    }
}
