//! Chapter 13: what the runner makes of adapters, honest and false. Each lie has its exit code.

use quipu_vectors::lint::adapter;
use std::process::{Command, Output};

const RUNNER: &str = env!("CARGO_BIN_EXE_quipu-conformance");

/// The false adapters are a command of the runner.
const LIAR: &str = "false-adapter";

fn run(options: &[&str], command: &[&str]) -> Output {
    Command::new(RUNNER).args(options).args(command).output().expect("the runner starts")
}

fn lies(kind: &str) -> Output {
    lies_about("device/", kind)
}

fn lies_about(filter: &str, kind: &str) -> Output {
    // Short only where it is waited for: a busy machine must not make an answer late.
    let deadline = if ["hang", "never-ends"].contains(&kind) { "2" } else { "60" };
    run(&["--deadline", deadline, "--filter", filter], &[RUNNER, LIAR, kind])
}

#[track_caller]
fn ends(output: &Output, code: i32, says: &str) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(says), "{says:?} is not in:\n{text}");
}

// ADAPT-01, ADAPT-02, ADAPT-05, ADAPT-07, ADAPT-08, ADAPT-10: and every line is as in the schema
#[test]
fn the_reference_as_an_adapter_is_conformant() {
    ends(&run(&[], &[RUNNER, LIAR, "by-the-schema"]), 0, "conformant");
    ends(&run(&["--filter", "padding"], &[RUNNER, "serve"]), 5, "incomplete");
}

// ADAPT-04
#[test]
fn an_adapter_that_says_one_thing_to_everything_fails() {
    ends(&lies("ok"), 1, "drew [] bytes");
    ends(&lies_about("card-verify/", "ok"), 1, "ACCEPTED card-verify");
    ends(&lies("reject"), 1, "refused as authentication, expected success");
    ends(&lies("fault"), 1, "fault: ");
    ends(&lies("echo"), 1, "FAILED");
}

// ADAPT-03
#[test]
fn what_a_claimed_profile_needs_must_be_supported() {
    ends(&lies("unsupported"), 1, "unsupported, though its profile is claimed");
}

// ADAPT-04: the name of the error counts
#[test]
fn another_error_fails() {
    ends(&lies("other-error"), 1, "refused as protocol, expected");
}

// ADAPT-07
#[test]
fn an_adapter_that_hides_its_draws_fails() {
    ends(&lies("no-draws"), 1, "drew [] bytes, expected");
}

// ADAPT-09
#[test]
fn a_state_that_never_or_always_changes_fails() {
    ends(&lies("same-state"), 1, "the state has not changed");
    ends(&lies("restless-state"), 1, "a refusal changed the state");
}

// ADAPT-01, ADAPT-02: never played again, else a line too many would vanish with its adapter
#[test]
fn lines_that_are_no_response_fail() {
    ends(&lies("noise"), 1, "no JSON");
    ends(&lies("wrong-id"), 1, "has id 0");
    ends(&lies("two-kinds"), 1, "exactly one of");
    ends(&lies("chatty"), 1, "fault: ");
    ends(&lies_about("card-verify/", "chatty"), 1, "fault: ");
    ends(&lies_about("card-verify/card-verify-ada", "chatty"), 1, "nobody asked for");
}

// ADAPT-03, ADAPT-04, ADAPT-05, ADAPT-07
#[test]
fn probes_see_what_no_vector_sees() {
    let seen = |kind: &str, says: &str| ends(&lies_about("adapter-", kind), 1, says);
    seen("knows-everything", "FAILED adapter-unknown-operation");
    seen("knows-everything", "FAILED adapter-unknown-vector");
    seen("knows-everything", "FAILED adapter-unknown-script");
    seen("forgiving", "FAILED adapter-malformed-line");
    seen("forgiving", "FAILED adapter-unknown-field");
    seen("forgiving", "FAILED adapter-missing-field");
    seen("forgiving", "FAILED adapter-malformed-field");
    seen("forgiving", "FAILED adapter-before-begin");
    seen("forgiving", "FAILED adapter-unknown-side");
    seen("forgiving", "FAILED adapter-draws-missing");
    seen("any-version", "FAILED adapter-versions");
    seen("first-version", "FAILED adapter-hello");
    seen("restless-state", "FAILED adapter-state-is-quiet");
    seen("never-ends", "goes on 2 s after the end of its input");
    seen("bad-end", "at the end of its input: exit status: 3");
}

#[test]
fn three_crashes_or_hangs_in_a_row_abort_the_run() {
    ends(&lies("crash"), 7, "it closed its output");
    ends(&lies("hang"), 7, "no answer to begin within 2 s");
}

#[test]
fn a_short_run_of_nothing_but_crashes_is_aborted_too() {
    let crashes = |filter: &str| ends(&lies_about(filter, "crash"), 7, "0 passed");
    crashes("x25519/x25519-rfc7748-5-2");
    crashes("card-valid/");
}

#[test]
fn a_crash_now_and_then_is_played_again_by_a_new_process() {
    ends(&lies_about("handshake-respond/", "crash-later"), 5, "incomplete");
}

// ADAPT-05, ADAPT-06
#[test]
fn a_wrong_hello_is_no_start() {
    ends(&lies("version"), 3, "speaks version 2");
    ends(&lies("protocol"), 3, "QuipuV2");
    ends(&lies("profile"), 3, "quantum");
    ends(&lies("no-core"), 3, "without the profile core");
    ends(&lies("nameless"), 3, "lacks the text name");
    ends(&run(&[], &["/nowhere/adapter"]), 3, "cannot start");
}

#[test]
fn the_schema_refuses_lines_that_chapter_13_forbids() {
    let refused = |definition: &str, text: &str| {
        let value = serde_json::from_str(text).expect("JSON");
        adapter(definition, &value).expect_err(text)
    };
    for (text, says) in [
        (r#"{"op":"state","as":"ada"}"#, "id"),
        (r#"{"id":1,"op":"state"}"#, "not valid"),
        (r#"{"id":1,"op":"state","as":"ada","more":1}"#, "more"),
        (r#"{"id":1,"op":"state","as":"ada","now":5}"#, "not valid"),
        (r#"{"id":1,"op":"step","step":{"as":"ada","do":"send","save":"m"}}"#, "not valid"),
        (
            r#"{"id":1,"op":"step","step":{"as":"ada","do":"send","random":[],"seed":"00"}}"#,
            "not valid",
        ),
        (r#"{"id":1,"op":"vector","operation":"mix","suite":1,"input":{}}"#, "not valid"),
        (
            r#"{"id":1,"op":"vector","operation":"mix","suite":3,"input":{},"random":[]}"#,
            "not valid",
        ),
        (
            r#"{"id":1,"op":"vector","operation":"mix","suite":1,"input":{},"random":["AB"]}"#,
            "not valid",
        ),
    ] {
        let error = refused("request", text);
        assert!(error.contains(says), "{text}: {error}");
    }
    for (text, says) in [
        (r#"{"ok":{}}"#, "id"),
        (r#"{"id":1}"#, "not valid"),
        (r#"{"id":1,"ok":{},"fault":"and ok"}"#, "more than one"),
        (r#"{"id":1,"ok":[]}"#, "/ok"),
        (r#"{"id":1,"unsupported":false}"#, "/unsupported"),
        (r#"{"id":1,"reject":"Not A Name"}"#, "/reject"),
        (r#"{"id":1,"ok":{},"drew":["32"]}"#, "/drew"),
        (r#"{"id":1,"fault":"x","drew":[32]}"#, "not valid"),
        (r#"{"id":1,"ok":{},"more":1}"#, "more"),
    ] {
        let error = refused("response", text);
        assert!(error.contains(says), "{text}: {error}");
    }
    let hello = r#"{"adapter":1,"protocol":"QuipuV1","name":"x","version":"1","language":"go","profiles":["prepared"]}"#;
    assert!(refused("hello-answer", hello).contains("/profiles"));
    assert!(refused("state-answer", r#"{"digest":"00"}"#).contains("/digest"));
    assert!(
        refused("vector-answer", r#"{"output":{},"intermediate":[["es"]]}"#)
            .contains("/intermediate")
    );
}

/// The padding vectors that are refused.
const REFUSED: [&str; 2] = ["padding-too-long", "padding-far-too-long"];

/// A file of the runner that leaves with the test.
struct Paper(std::path::PathBuf);

impl Drop for Paper {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Paper {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("quipu-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("a temporary file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

fn expecting(name: &str, text: &str, kind: &str) -> Output {
    let paper = Paper::new(name, text);
    let options = ["--filter", "padding/", "--expect", paper.path()];
    run(&options, &[RUNNER, LIAR, kind])
}

#[test]
fn expected_failures_are_strict() {
    let all: String = REFUSED
        .iter()
        .map(|id| format!("padding/{id}  9000-01-01  the error has another name here\n"))
        .collect();
    let some = format!("# known\n\n{}", all.lines().skip(1).collect::<Vec<_>>().join("\n"));
    let late = all.replace("9000", "2001");
    let other = format!("{all}padding/padding-nothing 9000-01-01 no such test\n");
    ends(&expecting("all", &all, "other-error"), 5, "failures were expected");
    ends(&expecting("some", &some, "other-error"), 1, "FAILED padding/");
    ends(&expecting("late", &late, "other-error"), 4, "was expected too long");
    ends(&expecting("other", &other, "other-error"), 4, "matches no test that was run");
    ends(&expecting("passes", &all, "honest"), 4, "passes");
    for (name, wrong) in [
        ("no-date", "padding/a"),
        ("no-reason", "padding/a 9000-01-01"),
        ("date", "padding/a soon because"),
        ("twice", "padding/a 9000-01-01 x\npadding/a 9000-01-01 x"),
    ] {
        ends(&expecting(name, wrong, "honest"), 2, "write: NAME YYYY-MM-DD REASON");
    }
    ends(&run(&["--expect", "/nowhere/list"], &[RUNNER, "serve"]), 2, "cannot read");
}

#[test]
fn junit_names_every_test_and_escapes_what_it_says() {
    let paper = Paper::new("junit.xml", "");
    let options = ["--filter", "padding/", "--junit", paper.path()];
    ends(&run(&options, &[RUNNER, LIAR, "other-error"]), 1, "FAILED");
    let text = std::fs::read_to_string(&paper.0).expect("a report");
    assert_eq!(text.matches("<testcase classname=\"padding\" ").count(), 23);
    assert_eq!(text.matches("<failure type=\"failed\"").count(), REFUSED.len());
    assert!(text.contains("refused as protocol, expected too_long") && !text.contains("&&"));
}

#[test]
fn junit_names_tests_without_a_file_by_their_kind() {
    let paper = Paper::new("kinds.xml", "");
    for (filter, class) in [("adapter-malformed-line", "adapter"), ("live-clone", "live")] {
        ends(&run(&["--filter", filter, "--junit", paper.path()], &[]), 5, "incomplete");
        let text = std::fs::read_to_string(&paper.0).expect("a report");
        let due = format!("<testcase classname=\"{class}\" name=\"{filter}\"/>");
        assert!(text.contains(&due), "{due} is not in {text}");
    }
}
