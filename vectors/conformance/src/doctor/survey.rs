//! One success of each operation: what the client has, in which notation, and how fast.

use super::values::slip;
use super::{Finding, Patient};
use crate::adapter::{Adapter, Answer, Failed, Hello, setup};
use crate::options::Stop;
use crate::suite::Item;
use quipu_vectors::file::{File, Object, Test};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What the client has.
pub(super) struct Survey<'a> {
    /// The vector operations that it knows, with a test that succeeds.
    pub(super) known: BTreeMap<String, (&'a File, &'a Test)>,
    /// Whether it plays session scripts.
    pub(super) scripts: bool,
}

/// Crashes and hangs after which the survey is given up.
const PATIENCE: usize = 2;

/// The request that plays a vector.
pub(super) fn request(file: &File, test: &Test) -> Value {
    json!({
        "op": "vector", "operation": file.operation, "suite": file.suite,
        "input": test.input.clone().unwrap_or_default(),
        "random": test.random.clone().unwrap_or_default(),
    })
}

/// Asks for one test of each operation of the claimed profiles.
pub(super) fn survey<'a>(
    patient: &Patient<'a>,
    hello: &Hello,
    report: &mut impl FnMut(Finding) -> Result<(), Stop>,
) -> Result<Survey<'a>, Stop> {
    let tests = tests(patient, hello);
    let mut survey = Survey { known: BTreeMap::new(), scripts: false };
    let mut times: Vec<(Duration, String)> = Vec::new();
    let (mut running, mut lost, mut unknown) = (None, 0, Vec::new());
    for (name, (file, test)) in &tests {
        let mut adapter = match running.take() {
            Some(adapter) => adapter,
            None => again(patient)?,
        };
        let start = Instant::now();
        let answer = adapter.ask(&request(file, test));
        times.push((start.elapsed(), (*name).clone()));
        match answer {
            Ok(Answer::Unsupported) => unknown.push(name.as_str()),
            Ok(answer) => {
                survey.known.insert((*name).clone(), (file, test));
                if let Some((text, fix)) = judge(&answer, file, test, patient) {
                    report(Finding::Problem(text, fix))?;
                }
            }
            Err(failed) => {
                report(Finding::Problem(format!("{name}: {failed}"), fix(&failed)))?;
                lost += 1;
                if lost == PATIENCE {
                    report(Finding::Later("all other operations".to_owned()))?;
                    return Ok(survey);
                }
                continue;
            }
        }
        running = Some(adapter);
    }
    let begin = json!({ "op": "begin", "operation": "session", "suite": 1, "setup": setup() });
    survey.scripts = matches!(again(patient)?.ask(&begin), Ok(Answer::Ok(..)));
    report(Finding::Ok(format!(
        "{} of {} vector operations of these profiles are there",
        survey.known.len(),
        tests.len()
    )))?;
    if !unknown.is_empty() {
        report(Finding::Later(format!("unsupported: {}", unknown.join(", "))))?;
    }
    if !survey.scripts {
        report(Finding::Later("unsupported: begin of a session".to_owned()))?;
    }
    report(speed(times, patient.deadline))?;
    Ok(survey)
}

/// The first success of each operation whose profile is claimed.
fn tests<'a>(patient: &Patient<'a>, hello: &Hello) -> BTreeMap<String, (&'a File, &'a Test)> {
    let mut tests = BTreeMap::new();
    for item in &patient.suite.items {
        let Item::Vector(file, test) = *item else { continue };
        let (file, test) = patient.suite.test(file, test);
        let claimed = file.suite == 1 && hello.profiles.contains(&file.profile);
        if claimed && test.error.is_none() && test.steps.is_none() {
            tests.entry(file.operation.clone()).or_insert((file, test));
        }
    }
    tests
}

/// Another process of the same adapter.
pub(super) fn again(patient: &Patient<'_>) -> Result<Adapter, Stop> {
    Adapter::start(patient.command, patient.deadline).map(|(adapter, _)| adapter).map_err(|text| {
        Stop::adapter(format!("{text}; the first time it did: does it keep a file or a port?"))
    })
}

/// What is wrong with the form of an answer to a test that succeeds.
fn judge(
    answer: &Answer,
    file: &File,
    test: &Test,
    patient: &Patient<'_>,
) -> Option<(String, String)> {
    let name = &file.operation;
    let see =
        format!("cargo run --release -- repro {} {} shows the lines", test.id, patient.shown());
    match answer {
        Answer::Fault(text) => Some((format!("{name}: fault: {text}"), see)),
        Answer::Reject(error, _) => {
            Some((format!("{name}: refused as {error}, but the test {} succeeds", test.id), see))
        }
        Answer::Unsupported => None,
        Answer::Ok(results, _) => {
            let expected = Value::Object(test.output.clone().unwrap_or_default());
            let Some(output) = results.get("output") else {
                let fix = "put the results into output: {\"id\":…,\"ok\":{\"output\":{…}}}";
                return Some((format!("{name}: ok has no output"), fix.to_owned()));
            };
            if *output == expected {
                return None;
            }
            match slip(output, &expected) {
                Some((what, fix)) => Some((format!("{name}: {what}"), fix.to_owned())),
                None => Some((format!("{name}: {}", difference(output, &test.output)), see)),
            }
        }
    }
}

/// The first result that differs, by its name.
fn difference(found: &Value, expected: &Option<Object>) -> String {
    let differs = |(name, value): &(&String, &Value)| found.get(name.as_str()) != Some(*value);
    match expected.iter().flatten().find(differs) {
        Some((name, _)) if found.get(name).is_none() => format!("output has no {name}"),
        Some((name, _)) => format!("another {name} than the vector has"),
        None => "output has fields that the operation does not have".to_owned(),
    }
}

fn fix(failed: &Failed) -> String {
    match failed {
        Failed::Ended(_) => {
            "catch everything that the client throws, answer with fault and go on with the next line"
        }
        Failed::Silent(_) => "answer each request; --deadline SECONDS gives more time",
        Failed::Nonsense(_) => {
            "one line of JSON for each request, with its id; logs go to standard error"
        }
    }
    .to_owned()
}

/// How long answers take.
fn speed(mut times: Vec<(Duration, String)>, deadline: Duration) -> Finding {
    times.sort();
    let median = times.get(times.len() / 2).map(|(time, _)| *time).unwrap_or_default();
    let Some((longest, name)) = times.last() else {
        return Finding::Later("how long an answer takes".to_owned());
    };
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let text = format!("an answer takes {}, the longest {} ({name})", ms(median), ms(*longest));
    if *longest * 2 > deadline {
        let fix = format!("--deadline {}, or a faster {name}", longest.as_secs() * 10 + 10);
        return Finding::Problem(format!("{text}: more than half of the deadline"), fix);
    }
    Finding::Ok(text)
}
