//! Chapter 13.4: live cases, walks, pairs and `promote`, seen from outside.

use quipu_vectors::file::Test;
use quipu_vectors::script;
use serde_json::Value;
use std::process::{Command, Output};

const RUNNER: &str = env!("CARGO_BIN_EXE_quipu-conformance");

fn run(arguments: &[&str]) -> Output {
    Command::new(RUNNER).args(arguments).output().expect("the runner starts")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[track_caller]
fn ends(output: &Output, code: i32, says: &str) {
    let text = text(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(says), "{says:?} is not in:\n{text}");
}

fn served() -> String {
    format!("'{RUNNER}' serve")
}

fn liar(kind: &str) -> String {
    format!("'{RUNNER}' false-adapter {kind}")
}

/// The failing walk of a client that gives one refusal the name of another.
const WALK: &str = "live/walk-hostile-1/suite-1";

#[test]
fn a_wrong_result_in_the_middle_of_a_conversation_is_seen() {
    let seen = |kind: &str, name: &str, says: &str| {
        ends(&run(&["--filter", name, RUNNER, "false-adapter", kind]), 1, says);
    };
    seen(
        "other-error",
        "live/init/flip-tag/suite-1",
        "refused as protocol, expected authentication",
    );
    seen("ok", "live/duplicate/ada", "live/duplicate/ada/suite-1");
    seen("restless-state", "live/message/flip-mac/suite-1", "a refusal changed the state");
    seen("own-draws", "live/meet/ada/suite-1", "FAILED live/meet/ada/suite-1");
    seen("reject", "live/meet/bob/suite-2", "expected success");
    seen("unsupported", "live/manifest/ada/suite-1", "unsupported");
}

#[test]
fn a_failing_walk_is_told_with_few_lines() {
    let output = run(&["--filter", WALK, RUNNER, "false-adapter", "other-error"]);
    ends(&output, 1, "lines do it");
    let text = text(&output);
    let (_, story) = text.split_once("lines do it:").unwrap_or_default();
    let lines = story.lines().skip(1).take_while(|line| line.starts_with("  ")).count();
    assert!((1..=12).contains(&lines), "{lines} lines:\n{text}");
}

#[test]
fn a_walk_is_the_same_for_one_seed() {
    let told = |seed: &str| run(&["--seed", seed, "explain", WALK]).stdout;
    assert_eq!(told("7"), told("7"));
    assert_ne!(told("7"), told("8"));
}

#[test]
fn a_failing_walk_becomes_a_vector_that_the_reference_passes() {
    let output = run(&["promote", WALK, RUNNER, "false-adapter", "other-error"]);
    let test: Value = serde_json::from_slice(&output.stdout).expect("a vector");
    let steps = test["steps"].as_array().expect("steps");
    assert!((1..=20).contains(&steps.len()), "{} steps", steps.len());
    assert!(steps.iter().any(|step| step.get("error").is_some()), "{steps:?}");
    let whole = Test {
        setup: test["setup"].as_object().cloned(),
        steps: steps.iter().map(|step| step.as_object().cloned()).collect(),
        ..Test::default()
    };
    assert_eq!(script::check("device", &whole), Ok(()));
    let mut other = whole;
    for step in other.steps.iter_mut().flatten() {
        step.entry("error").and_modify(|error| *error = "protocol".into());
    }
    let told = script::check("device", &other).expect_err("the client's answer is refused");
    assert!(told.contains("expected"), "{told}");
}

#[test]
fn what_cannot_be_promoted_is_said() {
    ends(&run(&["promote", "live/nothing"]), 2, "is no live case");
    ends(&run(&["promote", "mix/mix-empty"]), 2, "is no live case");
    ends(&run(&["promote", WALK, "/nonexistent/adapter"]), 3, "cannot start");
}

#[test]
fn a_live_case_is_played_again_line_by_line() {
    let output = run(&["repro", "live/meet/ada/suite-1"]);
    ends(&output, 0, "passed");
    let text = text(&output);
    assert!(text.contains("> {\"id\":2,\"op\":\"begin\""), "{text}");
    assert!(text.contains("\"do\":\"initiate\""), "{text}");
}

#[test]
fn two_clients_are_interoperable_or_not() {
    let pair = |name: &str, one: &str, other: &str| run(&["--filter", name, "pair", one, other]);
    let (good, bad) = (served(), liar("other-error"));
    ends(&pair("live/meet", &good, &good), 5, "quipu");
    ends(&pair("live/replay-init", &bad, &good), 1, "refused as protocol, expected replay");
    ends(&pair("live/man-in-the-middle", &good, &bad), 1, "refused as protocol, expected identity");
}

#[test]
fn a_pair_whose_commands_cannot_be_used_is_refused() {
    ends(&run(&["pair", "", &served()]), 2, "the command is empty");
    ends(&run(&["pair", "node 'adapter.js", &served()]), 2, "cannot be split into words");
    ends(&run(&["pair", &served()]), 2, "required");
    ends(&run(&["pair", "/nonexistent/adapter", &served()]), 3, "cannot start");
}
