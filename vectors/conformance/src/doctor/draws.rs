//! Whether the client's randomness is that of the request.

use super::survey::{Survey, request};
use super::{Finding, Patient};
use crate::adapter::{Adapter, Answer, Failed, setup};
use crate::options::Stop;
use serde_json::{Value, json};
use std::process::Stdio;

const INJECT: &str = "the client's random source has to be the draws of the request, in their order: \
                      pass it in, never call the system's source (ADAPT-07)";

/// Asks twice with the same draws, then with others.
pub(super) fn draws(patient: &Patient<'_>, survey: &Survey<'_>) -> Result<Finding, Stop> {
    let mut tests = survey.known.values();
    let drawing = tests.find(|(_, test)| test.random.as_ref().is_some_and(|it| !it.is_empty()));
    let begin = json!({ "op": "begin", "operation": "session", "suite": 1, "setup": setup() });
    let (name, requests, pointer) = match drawing {
        Some((file, test)) => (file.operation.as_str(), vec![request(file, test)], "/random"),
        None if survey.scripts => ("send", vec![begin, send()], "/step/random"),
        None => return Ok(Finding::Later("draws: nothing that draws is there yet".to_owned())),
    };
    let listed = requests.last().and_then(|it| it.pointer(pointer)).and_then(Value::as_array);
    let lengths = listed.into_iter().flatten().map(|draw| draw.as_str().map_or(0, str::len) / 2);
    let due: Vec<u64> = lengths.filter_map(|length| u64::try_from(length).ok()).collect();
    let mut others = requests.clone();
    let places = others.last_mut().and_then(|it| it.pointer_mut(pointer)?.as_array_mut());
    for draw in places.into_iter().flatten() {
        *draw = "5a".repeat(draw.as_str().map_or(0, str::len) / 2).into();
    }
    let mut adapter = patient.again(Stdio::inherit())?;
    let mut last = |requests: &[Value]| last_answer(&mut adapter, requests);
    let answers = [last(&requests), last(&requests), last(&others)];
    Ok(match answers {
        [Ok(Answer::Ok(first, drew)), Ok(Answer::Ok(second, _)), Ok(Answer::Ok(other, _))] => {
            if first != second {
                let text = format!("draws: {name} gives other results for the same draws");
                Finding::Problem(text, INJECT.to_owned())
            } else if first == other {
                let text = format!("draws: {name} gives the same results for other draws");
                Finding::Problem(text, INJECT.to_owned())
            } else if drew != due {
                let text = format!("draws: {name} reports drew {drew:?}, due is {due:?}");
                let fix = "write the length of each draw into drew, beside ok and reject";
                Finding::Problem(text, fix.to_owned())
            } else {
                Finding::Ok(format!("draws: {name} uses those of the request and reports them"))
            }
        }
        _ => Finding::Later(format!("draws: {name} does not succeed")),
    })
}

/// A first message.
fn send() -> Value {
    json!({ "op": "step", "step": {
        "as": "initiator", "do": "send", "type": 1, "content": "", "random": ["a5".repeat(16)],
    }})
}

fn last_answer(adapter: &mut Adapter, requests: &[Value]) -> Result<Answer, Failed> {
    let mut answer = Err(Failed::Ended("nothing was asked".to_owned()));
    for request in requests {
        answer = Ok(adapter.ask(request)?);
    }
    answer
}
