//! One success of each operation: what the client has, in which notation, and how fast.

use super::values::slip;
use super::{Finding, PATIENCE, Patient, no_answer};
use crate::adapter::{Answer, Hello, setup};
use crate::options::Stop;
use crate::suite::Item;
use quipu_vectors::file::{File, Object, Test};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How the scripts are called beside the operations.
const SCRIPTS: &str = "begin of a session";

/// Vector operations, each with a test that succeeds.
pub(super) type Tests<'a> = BTreeMap<String, (&'a File, &'a Test)>;

/// What the client has.
pub(super) struct Survey<'a> {
    /// The vector operations that it knows.
    pub(super) known: Tests<'a>,
    /// Whether it plays session scripts.
    pub(super) scripts: bool,
    /// What is wrong with its results.
    pub(super) wrong: Vec<Finding>,
    /// Whether it knows all operations, and session scripts.
    pub(super) complete: bool,
    /// Whether it crashed or hung too often to go on.
    pub(super) lost: bool,
}

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
    let mut survey = Survey {
        known: Tests::new(),
        scripts: false,
        wrong: Vec::new(),
        complete: false,
        lost: false,
    };
    let mut wrong: BTreeMap<String, (String, Vec<&str>)> = BTreeMap::new();
    let mut times: Vec<(Duration, String)> = Vec::new();
    let (mut running, mut lost, mut unknown) = (None, 0, Vec::new());
    for (name, (file, test)) in &tests {
        let mut adapter = match running.take() {
            Some(adapter) => adapter,
            None => patient.again(Stdio::inherit())?,
        };
        let start = Instant::now();
        let answer = adapter.ask(&request(file, test));
        times.push((start.elapsed(), (*name).clone()));
        match answer {
            Ok(Answer::Unsupported) => unknown.push(name.as_str()),
            Ok(answer) => {
                survey.known.insert((*name).clone(), (file, test));
                if let Some((what, fix)) = judge(&answer, test, patient) {
                    wrong.entry(what).or_insert((fix, Vec::new())).1.push(name);
                }
            }
            Err(failed) => {
                report(Finding::Problem(format!("{name}: {failed}"), no_answer(&failed)))?;
                lost += 1;
                if lost == PATIENCE {
                    survey.lost = true;
                    return Ok(survey);
                }
                continue;
            }
        }
        running = Some(adapter);
    }
    let begin = json!({ "op": "begin", "operation": "session", "suite": 1, "setup": setup() });
    match patient.again(Stdio::inherit())?.ask(&begin) {
        Ok(Answer::Ok(..)) => survey.scripts = true,
        Ok(Answer::Unsupported) => unknown.push(SCRIPTS),
        Ok(Answer::Fault(text) | Answer::Reject(text, _)) => {
            let fix = format!("{} shows the lines", repro("session-in-order", patient));
            wrong.insert(format!("{text} where ok is due"), (fix, vec![SCRIPTS]));
        }
        Err(failed) => {
            wrong.insert(failed.to_string(), (no_answer(&failed), vec![SCRIPTS]));
        }
    }
    let found = wrong.into_iter();
    survey.wrong = found
        .map(|(what, (fix, names))| Finding::Problem(format!("{}: {what}", names.join(", ")), fix))
        .collect();
    report(Finding::Ok(format!(
        "{} of {} vector operations of these profiles are there",
        survey.known.len(),
        tests.len()
    )))?;
    survey.complete = unknown.is_empty();
    if !unknown.is_empty() {
        report(Finding::Later(format!("unsupported: {}", unknown.join(", "))))?;
    }
    report(speed(times, patient.deadline))?;
    Ok(survey)
}

/// A command that shows the lines of a test.
fn repro(test: &str, patient: &Patient<'_>) -> String {
    format!("cargo run --release -- repro {test} {}", patient.shown())
}

/// The first success of each operation whose profile is claimed.
fn tests<'a>(patient: &Patient<'a>, hello: &Hello) -> Tests<'a> {
    let mut tests = Tests::new();
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

/// What is wrong with the form of an answer to a test that succeeds.
fn judge(answer: &Answer, test: &Test, patient: &Patient<'_>) -> Option<(String, String)> {
    let see = format!("{} shows the lines", repro(&test.id, patient));
    match answer {
        Answer::Fault(text) => Some((format!("fault: {text}"), see)),
        Answer::Reject(error, _) => {
            Some((format!("refused as {error}, but the test {} succeeds", test.id), see))
        }
        Answer::Unsupported => None,
        Answer::Ok(results, _) => {
            let expected = Value::Object(test.output.clone().unwrap_or_default());
            let Some(output) = results.get("output") else {
                let fix = "put the results into output: {\"id\":…,\"ok\":{\"output\":{…}}}";
                return Some(("ok has no output".to_owned(), fix.to_owned()));
            };
            if *output == expected {
                return None;
            }
            match slip(output, &expected) {
                Some((what, fix)) => Some((what.to_owned(), fix.to_owned())),
                None => Some((difference(output, &test.output), see)),
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
