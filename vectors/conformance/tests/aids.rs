//! The commands for client authors: explain, repro, init, selftest, and what they make of bad input.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

const RUNNER: &str = env!("CARGO_BIN_EXE_quipu-conformance");

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder that leaves with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("quipu-aids-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path of text").to_owned()
    }
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&str]) -> Ran {
    let output = Command::new(RUNNER).args(arguments).output().expect("the runner starts");
    Ran {
        code: output.status.code().expect("the runner ends by itself"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[track_caller]
fn says(arguments: &[&str], code: i32, parts: &[&str]) -> Ran {
    let ran = run(arguments);
    assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.out, ran.err);
    // Errors go to standard error, and nothing else then to standard output.
    let text = if ran.code >= 2 { &ran.err } else { &ran.out };
    for part in parts {
        assert!(text.contains(part), "{arguments:?}: {part:?} is not in {text}");
    }
    ran
}

#[test]
fn explain_knows_requirements_errors_and_every_kind_of_test() {
    says(
        &["explain", "MSG-01"],
        0,
        &["spec/07-messages.md", "65,531 bytes", "padding/padding-too-long", "a failure means"],
    );
    says(&["explain", "ADAPT-10"], 0, &["13 Adapter", "0 tests that cite it"]);
    says(&["explain", "live/meet/ada/suite-1"], 0, &["HS-35: ", "| meet ada bob"]);
    says(&["explain", "too_long"], 0, &["the local call", "padding/padding-too-long"]);
    says(
        &["explain", "padding-too-long"],
        0,
        &["to be refused as too_long", "as padding-65531", "MSG-01: ", "repro padding/padding-"],
    );
    says(&["explain", "mix/mix-empty"], 0, &["input hash = dcde9a87", "output hash = 399604f2"]);
    says(&["explain", "adapter-unknown-field"], 0, &["a field too many", "ADAPT-04: "]);
    says(&["explain", "live-talk"], 0, &["honest network", "RATCHET-01: ", "--filter live-talk"]);
}

#[test]
fn repro_prints_lines_that_can_be_fed_to_the_adapter_by_hand() {
    let ran = says(&["repro", "mix-block"], 0, &["\npassed\n"]);
    let lines = |side: &str| -> String {
        ran.out
            .lines()
            .filter_map(|line| line.strip_prefix(side))
            .map(|it| it.to_owned() + "\n")
            .collect()
    };
    assert_eq!(lines("> ").lines().count(), 2, "{}", ran.out);
    let mut child = Command::new(RUNNER)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the reference starts");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(lines("> ").as_bytes()).expect("the reference reads");
    drop(input);
    let output = child.wait_with_output().expect("the reference ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), lines("< "));
    let script =
        says(&["repro", "session/session-in-order"], 0, &["\"op\":\"begin\"", "\"op\":\"step\""]);
    assert!(script.out.lines().any(|line| line.len() > 400), "whole lines");
}

#[test]
fn repro_says_what_differs_with_the_lines_up_to_there() {
    let lies = |kind: &'static str| [RUNNER, "false-adapter", kind];
    let repro = |test, kind| [&["repro", test] as &[&str], &lies(kind)].concat();
    says(
        &repro("padding/padding-too-long", "other-error"),
        1,
        &["\"reject\":\"protocol\"", "FAILED: refused as protocol, expected too_long\n"],
    );
    says(&repro("card-verify-padding-first", "ok"), 1, &["FAILED: ACCEPTED"]);
    says(&repro("mix-empty", "noise"), 1, &["< padding is 256\n", "FAILED: no JSON"]);
    says(&repro("mix-empty", "bad-end"), 1, &["FAILED: at the end of its input"]);
    says(&repro("adapter-unknown-field", "forgiving"), 1, &["FAILED: Fault is due"]);
    says(&repro("mix-empty", "version"), 3, &["speaks version 2", "< {"]);
    says(&["repro", "mix-empty", "/nowhere/adapter"], 3, &["cannot start"]);
}

#[test]
fn bad_input_exits_2_and_says_what_to_do() {
    says(&["explain"], 2, &["<NAME>"]);
    says(&["explain", "padding-00"], 2, &["no requirement id", "--list"]);
    says(&["explain", ""], 2, &["no requirement id"]);
    says(
        &["explain", "too-long-after"],
        2,
        &["did you mean session/session-too-long-after-close?"],
    );
    says(&["repro"], 2, &["<NAME>"]);
    says(&["repro", "padding"], 2, &["no test", "did you mean", "--list"]);
    says(
        &["repro", "live-talk"],
        2,
        &["the embedded reference alone", "--filter live-talk --seed 1"],
    );
    says(&["repro", "mix-empty", "--deadline", "3"], 2, &["--deadline"]);
    says(&["init"], 2, &["<LANGUAGE>"]);
    says(&["init", "cobol"], 2, &["node, python"]);
    says(&["false-adapter", "angel"], 2, &["honest"]);
    for command in [&["explain", "MSG-01"] as &[&str], &["doctor"], &["selftest"], &["serve"]] {
        let arguments = [&["--filter", "mix/"], command].concat();
        says(&arguments, 2, &["--filter is for a run of the suite"]);
    }
    says(&["--list", "explain", "MSG-01"], 2, &["--list is for"]);
    says(&["--vectors", "/nowhere", "explain", "MSG-01"], 2, &["/nowhere"]);
    says(&["--spec", "/nowhere", "repro", "mix-empty"], 2, &["/nowhere"]);
}

/// Python and Node are needed here, as in CI: a template that nobody has started proves nothing.
fn template(language: &str, program: &str, adapter: &str) {
    let there = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    assert!(
        there.is_ok_and(|status| status.success()),
        "{program} is missing: install it, this test has to start the template"
    );
    let folder = Folder::new();
    let target = folder.path("new/client");
    let ran = says(&["init", language, &target], 0, &["doctor", adapter, "--filter mix/"]);
    assert!(ran.out.contains(&target), "{}", ran.out);
    let adapter = format!("{target}/{adapter}");
    let command = [program, adapter.as_str()];
    for filter in [
        "mix/",
        "padding/",
        "adapter-unknown-operation",
        "adapter-unknown-vector",
        "adapter-malformed-line",
        "adapter-malformed-field",
    ] {
        let ran = says(&[&["--filter", filter], &command as &[&str]].concat(), 5, &[]);
        assert!(ran.out.ends_with(", 0 failed: incomplete\n"), "{filter}: {}", ran.out);
    }
    says(&[&["--filter", "x25519/"], &command as &[&str]].concat(), 1, &["unsupported, though"]);
    let doctor = says(&[&["doctor"], &command as &[&str]].concat(), 0, &["No problem found"]);
    assert!(doctor.out.contains("2 of 24 vector operations"), "{}", doctor.out);
    assert_eq!(doctor.err, "", "faults that the doctor provokes are not heard");
    // Nothing is overwritten.
    fs::write(&adapter, "mine").expect("a file");
    says(&["init", language, &target], 2, &["is there already and is not overwritten"]);
    assert_eq!(fs::read_to_string(&adapter).expect("a file"), "mine");
    fs::remove_file(&adapter).expect("a file");
    says(&["init", language, &target], 2, &["README.md is there already"]);
    assert!(!fs::exists(&adapter).expect("a folder"), "all files or none");
    fs::write(folder.path("file"), "").expect("a file");
    says(&["init", language, &folder.path("file")], 2, &["cannot make the folder"]);
}

#[test]
#[ignore = "needs Python: .ci/adapters runs it"]
fn the_python_template_runs_at_once() {
    template("python", "python3", "adapter.py");
}

#[test]
#[ignore = "needs Node: .ci/adapters runs it"]
fn the_node_template_runs_at_once() {
    template("node", "node", "adapter.mjs");
}

/// The project with another specification: the folder and the options that name it.
#[cfg(unix)]
fn with_specification(change: impl Fn(&str) -> String) -> (Folder, String) {
    let (root, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), Folder::new());
    for part in ["reference", "vectors", "docs"] {
        let link = std::os::unix::fs::symlink(root.join(part), folder.path(part));
        link.expect("a link can be made");
    }
    fs::create_dir_all(folder.path("spec/registry")).expect("a folder");
    for part in ["spec", "spec/registry"] {
        for entry in fs::read_dir(root.join(part)).expect("a folder").flatten() {
            let (from, name) = (entry.path(), entry.file_name());
            if from.is_file() {
                let text = change(&fs::read_to_string(&from).expect("text"));
                fs::write(Path::new(&folder.path(part)).join(name), text).expect("a file");
            }
        }
    }
    let spec = folder.path("spec");
    (folder, spec)
}

#[test]
fn requirements_have_code_and_tests_and_stand_on_the_page() {
    let check = ["requirements", "--check"];
    says(&check, 0, &["with MUST", "have no test"]);
}

#[cfg(unix)]
#[test]
fn a_requirement_without_code_or_test_and_a_quote_that_drifted_are_named() {
    let check = |spec: &str, parts: &[&str]| {
        says(&["--spec", spec, "requirements", "--check"], 1, parts);
    };
    let more = "- [ENC-98] A decoder MUST be kind.\n- [ENC-01] ";
    let (_folder, spec) = with_specification(|text| text.replacen("- [ENC-01] ", more, 1));
    check(&spec, &["ENC-98 has no line of code", "ENC-98 has no test", "requirements.md differs"]);

    let (_folder, spec) =
        with_specification(|text| text.replacen("[PRIM-07] A verifier", "[PRIM-07] Anybody", 1));
    check(&spec, &["sign.rs", "the quote of PRIM-07 drifted"]);

    let test = "signatures_are_never_verified_in_batches";
    let (_folder, spec) = with_specification(|text| text.replace(test, "no_such_test"));
    check(&spec, &["exceptions.json: PRIM-07: no test", "no_such_test"]);
}

#[test]
fn selftest_tells_honest_clients_from_false_ones() {
    let ran = says(&["selftest"], 0, &["this runner tells them apart"]);
    for kind in ["reject", "unsupported", "echo", "hang", "crash", "own-draws", "leaky-state"] {
        let row = ran.out.lines().find(|line| line.split_whitespace().next() == Some(kind));
        let cells: Vec<&str> = row.expect(kind).split_whitespace().collect();
        assert!(["1", "7"].contains(&cells[1]) && cells[1] == cells[2], "{row:?}");
    }
}

/// With a suite of three tests most lies find nothing to lie about: the selftest has to notice.
#[test]
fn selftest_does_not_trust_a_runner_with_half_a_suite() {
    let folder = Folder::new();
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data");
    let manifest = fs::read_to_string(data.join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let files = manifest["files"].as_array().expect("a list");
    let padding: Vec<_> = files.iter().filter(|it| it["name"] == "padding.json").collect();
    let manifest = serde_json::json!({ "files": padding }).to_string();
    fs::write(folder.path("manifest.json"), manifest).expect("a file");
    fs::copy(data.join("padding.json"), folder.path("padding.json")).expect("a file");
    let ran = run(&["--vectors", &folder.path(""), "selftest"]);
    assert_eq!(ran.code, 6, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("do not trust this runner") && ran.out.contains("WRONG"),
        "{}",
        ran.out
    );
}
