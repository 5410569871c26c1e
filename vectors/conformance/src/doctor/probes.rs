//! The questions to the adapter itself, with a fix for each.

use super::survey::Tests;
use super::{Finding, PATIENCE, Patient, no_answer};
use crate::adapter::{Answer, Differs, PROBES};
use crate::options::Stop;
use serde_json::Value;
use std::process::Stdio;

/// Plays every probe. What the adapter says on standard error to requests that are wrong on purpose is
/// not shown.
pub(super) fn probes(
    patient: &Patient<'_>,
    known: &Tests<'_>,
    scripts: bool,
    report: &mut impl FnMut(Finding) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut lost = 0;
    for probe in PROBES {
        if lost == PATIENCE {
            report(Finding::Later(format!("{}: {}", probe.name, probe.comment)))?;
            continue;
        }
        let mut adapter = patient.again(Stdio::null())?;
        report(match probe.converse(&mut adapter, patient.seed) {
            Ok(()) => Finding::Ok(format!("{}: {}", probe.name, probe.comment)),
            Err(differs) if too_early(&differs, known, scripts) => {
                Finding::Later(format!("{}: it needs an operation that is not there", probe.name))
            }
            Err(differs) => {
                let text = format!("{}: {}", probe.name, differs.text);
                lost += usize::from(differs.found.is_err());
                let fix = match &differs.found {
                    Ok(_) => fix(probe.name),
                    Err(failed) => no_answer(failed),
                };
                Finding::Problem(text, fix)
            }
        })?;
    }
    Ok(())
}

/// Whether the answer is right as long as the client lacks what the line is about.
fn too_early(differs: &Differs, known: &Tests<'_>, scripts: bool) -> bool {
    let request: Value = serde_json::from_str(&differs.line).unwrap_or_default();
    let operation = request["operation"].as_str().unwrap_or_default();
    differs.found == Ok(Answer::Unsupported)
        && match request["op"].as_str() {
            Some("vector") => {
                ["padding", "mix"].contains(&operation) && !known.contains_key(operation)
            }
            Some("begin") => operation == "session" && !scripts,
            Some("step" | "state") => !scripts,
            _ => false,
        }
}

fn fix(probe: &str) -> String {
    match probe {
        "adapter-unknown-operation" => {
            "answer an op that you do not know with {\"id\":…,\"unsupported\":true}, not with fault or ok"
        }
        "adapter-unknown-vector" => {
            "answer an operation or suite that you do not know with unsupported, before you look at its input"
        }
        "adapter-unknown-script" => "answer a script or a do that you do not know with unsupported",
        "adapter-malformed-line" => {
            "catch what the JSON parser throws and answer {\"id\":null,\"fault\":\"…\"}; a request with an id gets it back even when the rest is wrong"
        }
        "adapter-unknown-field" => "compare the names of the fields with those that you know: fault when there are more",
        "adapter-missing-field" => "compare the names of the fields with those that are due: fault when one is missing",
        "adapter-malformed-field" => {
            "look at the types: a number is not a text, hex is lower case and has two digits for each byte; else fault"
        }
        "adapter-hello" => "answer hello with adapter, protocol, name, version, language and profiles, choosing 1 among the versions offered",
        "adapter-versions" => "look at the versions that hello offers: fault when 1 is not among them",
        "adapter-before-begin" => "answer step and state with fault until begin has succeeded",
        "adapter-unknown-side" => "answer fault when as names nobody of the script; the script is then over",
        "adapter-draws-missing" => {
            "answer fault when the client draws more than random lists, or another length, even if it goes on"
        }
        "adapter-state-is-quiet" => "make the digest from what would be stored, without time, counters of requests or new randomness",
        _ => "see chapter 13",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_has_a_fix_of_its_own() {
        let fixes: std::collections::BTreeSet<String> =
            PROBES.iter().map(|probe| fix(probe.name)).collect();
        assert_eq!(fixes.len(), PROBES.len());
        assert!(!fixes.contains("see chapter 13"));
    }
}
