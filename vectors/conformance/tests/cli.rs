//! Chapter 12.6: the exit codes and reports of the runner, seen from outside.

use quipu_vectors::file::{File, describe, parse};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder of vectors that leaves with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn padding() -> Value {
    let test = |id: &str, length: u32| {
        json!({
            "id": id, "comment": id, "requirements": ["MSG-02"], "flags": ["Normal"],
            "input": { "length": length },
        })
    };
    let mut tests = [test("padding-1", 1), test("padding-2", 300), test("padding-3", 65_532)];
    tests[0]["output"] = json!({ "padded": 256 });
    tests[1]["output"] = json!({ "padded": 320 });
    tests[2]["error"] = json!("too_long");
    tests[2]["twin"] = json!("padding-2");
    tests[2]["delta"] = json!("more content");
    json!({
        "format": 1, "protocol": "QuipuV1", "operation": "padding", "suite": 1, "profile": "core",
        "license": "CC0-1.0 OR MIT OR Apache-2.0", "comment": "padding",
        "flags": { "Normal": { "bug": "basic", "effect": "none", "severity": "low" } },
        "tests": tests,
    })
}

impl Folder {
    fn empty() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("quipu-conformance-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    /// A folder with one file and a manifest that fits.
    fn with(file: &Value) -> Self {
        let folder = Self::empty();
        let bytes = serde_json::to_vec_pretty(file).expect("JSON");
        let entry = match parse::<File>("padding.json", &bytes) {
            Ok(file) => json!(describe("padding.json", &file, &bytes)),
            Err(_) => json!({ "name": "padding.json", "sha256": "", "tests": 0, "negative": 0 }),
        };
        folder.write("padding.json", &bytes);
        folder.write("manifest.json", json!({ "files": [entry] }).to_string().as_bytes());
        folder.write("retired.json", br#"{ "ids": ["padding-0"] }"#);
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).expect("a file in the temporary folder");
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let folder = self.0.to_str().expect("a path of text");
        run(&[&["--vectors", folder], arguments].concat())
    }
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&str]) -> Ran {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_quipu-conformance"))
        .args(arguments)
        .output()
        .expect("the runner starts");
    Ran {
        code: status.code().expect("the runner ends by itself"),
        out: String::from_utf8(stdout).expect("UTF-8"),
        err: String::from_utf8(stderr).expect("UTF-8"),
    }
}

fn altered(path: &[&str], value: Value) -> Value {
    let mut file = padding();
    let pointer: String = path.iter().map(|part| format!("/{part}")).collect();
    let (parent, name) = pointer.rsplit_once('/').expect("a path");
    match file.pointer_mut(parent).expect("the parent is there") {
        Value::Object(object) => {
            object.insert(name.to_owned(), value);
        }
        Value::Array(list) => list[name.parse::<usize>().expect("an index")] = value,
        _ => panic!("{parent} holds nothing"),
    }
    file
}

#[test]
fn everything_that_passes_exits_0_and_is_quiet() {
    let ran = Folder::with(&padding()).run(&[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.err, "");
    let last = ran.out.lines().last().expect("a summary");
    assert!(last.ends_with(" passed, 0 failed: conformant"), "{last}");
    assert!(!ran.out.contains('\u{1b}'), "no terminal codes in a pipe");
    assert!(ran.out.contains("live-tamper") && ran.out.contains("7 Messages"), "{}", ran.out);
}

#[test]
fn tests_are_chosen_by_their_whole_name() {
    let folder = Folder::with(&padding());
    let ran = folder.run(&["--test", "padding/padding-1"]);
    assert_eq!(ran.code, 5, "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with("\n1 passed, 0 failed: incomplete\n"), "{}", ran.out);
    let both = ["--test", "padding/padding-1", "--test", "live-talk"];
    assert!(folder.run(&both).out.ends_with("\n2 passed, 0 failed: incomplete\n"));
    let ran = folder.run(&["--test", "padding/padding-1", "--test", "padding/padding"]);
    assert_eq!(ran.code, 2, "a part of a name is none: {}{}", ran.out, ran.err);
    assert!(ran.err.starts_with("error: there is no test \"padding/padding\""), "{}", ran.err);
}

#[test]
fn a_wrong_value_exits_1_and_is_named_first() {
    let ran = Folder::with(&altered(&["tests", "1", "output", "padded"], json!(321)))
        .run(&["--filter", "padding"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("FAILED padding/padding-2\n"), "{}", ran.out);
    assert!(ran.out.ends_with("\n2 passed, 1 failed: not conformant\n"), "{}", ran.out);
}

#[test]
fn a_run_that_stops_at_a_failure_leaves_the_rest_out() {
    let folder = Folder::with(&altered(&["tests", "0", "output", "padded"], json!(1)));
    let itself = env!("CARGO_BIN_EXE_quipu-conformance");
    let ran = folder.run(&["--fail-fast", "--json", "-", itself, "serve"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let number = |name: &str| report[name].as_u64().expect("a number");
    assert_eq!(report["tests"][0]["passed"], json!(false));
    assert_eq!(number("failed"), 1);
    assert_eq!(number("total"), number("passed") + 1 + number("left_out"));
    assert!(number("left_out") > number("passed"), "{}", ran.err);
    let passes = Folder::with(&padding()).run(&["--fail-fast", "--filter", "padding"]);
    assert_eq!(passes.code, 5, "{}", passes.out);
}

#[test]
fn an_accepted_invalid_input_is_the_first_verdict() {
    let mut file = altered(&["tests", "2", "input", "length"], json!(9));
    file["tests"][0]["output"]["padded"] = json!(1);
    let ran = Folder::with(&file).run(&["--filter", "padding"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("ACCEPTED padding/padding-3\n"), "{}", ran.out);
    assert!(ran.out.contains("\nFAILED padding/padding-1\n"), "{}", ran.out);
}

#[test]
fn usage_exits_2() {
    let folder = Folder::with(&padding());
    for arguments in [
        &["--unknown"] as &[&str],
        &["--seed", "x"],
        &["--filter", ""],
        &["--filter", "matches-nothing"],
        &["--list", "--filter", "matches-nothing"],
        &["--spec", "/nowhere"],
        &["--fail-fast", "--expect", "failures.txt"],
        &["--json", "/nowhere/report.json"],
        &["--html", "/nowhere/report.html"],
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
        assert!(ran.err.contains("error"), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(run(&["--vectors", "/nowhere"]).code, 2);
    assert_eq!(Folder::empty().run(&[]).code, 2, "no manifest");
}

// VEC-05
#[test]
fn a_filter_that_leaves_tests_out_exits_5() {
    let folder = Folder::with(&padding());
    for filter in ["padding/padding-2", "live-clone", "padding"] {
        let ran = folder.run(&["--filter", filter]);
        assert_eq!(ran.code, 5, "{filter}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("A filtered run proves nothing"), "{}", ran.out);
    }
}

#[test]
fn damage_exits_6_and_is_named() {
    for (file, named) in [
        (altered(&["surprise"], json!(1)), "`surprise`"),
        (altered(&["tests", "0", "surprise"], json!(1)), "`surprise`"),
        (altered(&["tests", "0", "id"], json!(5)), "line "),
        (altered(&["format"], json!(2)), "/format"),
        (altered(&["protocol"], json!("QuipuV2")), "/protocol"),
        (altered(&["suite"], json!(3)), "/suite"),
        (altered(&["tests"], json!([])), "/tests"),
        (altered(&["tests", "0", "error"], json!("too_long")), "/tests/0"),
        (altered(&["tests", "0", "steps"], json!([])), "/tests/0"),
        (altered(&["operation"], json!("guess")), "field operation"),
        (altered(&["tests", "0", "flags"], json!(["None"])), "field flags"),
        (altered(&["tests", "0", "requirements"], json!(["MSG-999"])), "MSG-999"),
        (altered(&["tests", "0", "id"], json!("padding-2")), "field id"),
        (altered(&["tests", "0", "id"], json!("padding-0")), "field id"),
        (altered(&["tests", "2", "twin"], json!("padding-9")), "field twin"),
        (altered(&["operation"], json!("session")), "field steps"),
    ] {
        let ran = Folder::with(&file).run(&[]);
        assert_eq!(ran.code, 6, "{named}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(named), "{named}: {}", ran.err);
        assert_eq!(ran.out, "");
    }
}

#[test]
fn malformed_json_is_named_by_file_line_column_and_field() {
    let folder = Folder::with(&padding());
    let text = fs::read_to_string(folder.0.join("padding.json")).expect("the file");
    folder.write("padding.json", text.replacen("\"suite\": 1", "\"sweet\": 1", 1).as_bytes());
    let ran = folder.run(&[]);
    assert_eq!(ran.code, 6, "{}", ran.err);
    for part in ["padding.json", "line ", "column ", "`sweet`"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    folder.write("padding.json", b"{ \"format\": 1,\n  oops");
    let ran = folder.run(&[]);
    assert_eq!(ran.code, 6);
    assert!(ran.err.contains("padding.json, line 2, column 3"), "{}", ran.err);
}

#[test]
fn files_that_differ_from_the_manifest_exit_6() {
    let folder = Folder::with(&padding());
    let bytes = fs::read(folder.0.join("padding.json")).expect("the file");
    folder.write("padding.json", &[bytes.as_slice(), b"\n"].concat());
    assert_eq!(folder.run(&[]).code, 6, "one byte more");
    folder.write("padding.json", &bytes);
    folder.write("other.json", &bytes);
    assert_eq!(folder.run(&[]).code, 6, "a file too many");
    let remove = |name: &str| fs::remove_file(folder.0.join(name)).expect("the file");
    remove("other.json");
    remove("padding.json");
    assert_eq!(folder.run(&[]).code, 6, "a file too few");
}

#[test]
fn one_seed_gives_one_report() {
    let folder = Folder::with(&padding());
    let report = |seed: &str| folder.run(&["--json", "-", "--filter", "live-t", "--seed", seed]);
    let (first, second, other) = (report("7"), report("7"), report("8"));
    assert_eq!(first.code, 5, "{}", first.err);
    assert_eq!(first.out, second.out);
    assert_ne!(first.out, other.out);
    assert!(
        first.err.ends_with(" passed, 0 failed: incomplete\n"),
        "the summary is on standard error: {}",
        first.err
    );
    let report: Value = serde_json::from_str(&first.out).expect("JSON");
    assert_eq!(report["seed"], "7");
    assert_eq!(report["verdict"], "incomplete");
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["tests"][0]["name"], "live-talk");
    assert_ne!(report["tests"][0]["counts"]["event message"], json!(0));
    let chapters = report["chapters"].as_array().expect("chapters");
    assert_eq!(chapters[6]["title"], "7 Messages");
}

#[test]
fn reports_are_written_to_files() {
    let folder = Folder::with(&altered(&["tests", "1", "comment"], json!("<b>&")));
    let path = |name: &str| folder.0.join(name).to_str().expect("text").to_owned();
    // Not in the folder of vectors as .json: the next run would find a file too many.
    let (json, html) = (path("report.txt"), path("report.html"));
    let ran = folder.run(&["--filter", "padding", "--json", &json, "--html", &html]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    let report: Value = serde_json::from_slice(&fs::read(&json).expect("a report")).expect("JSON");
    assert_eq!(report["passed"], 3);
    let page = fs::read_to_string(Path::new(&html)).expect("a page");
    assert!(page.contains("&lt;b&gt;&amp;") && !page.contains("<b>&"));
    assert!(page.contains("prefers-color-scheme") && !page.contains("http"));
}

#[test]
fn list_help_and_version_exit_0() {
    let folder = Folder::with(&padding());
    let ran = folder.run(&["--list", "--filter", "padding-"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "padding/padding-1\npadding/padding-2\npadding/padding-3\n")
    );
    let help = run(&["--help"]);
    assert_eq!(help.code, 0);
    for code in ["0  ", "1  ", "2  ", "5  ", "6  "] {
        assert!(help.out.contains(code), "{code}: {}", help.out);
    }
    assert_eq!(run(&["--version"]).code, 0);
}

#[test]
fn a_reader_that_leaves_is_no_panic() {
    let folder = Folder::with(&padding());
    let mut child = Command::new(env!("CARGO_BIN_EXE_quipu-conformance"))
        .args(["--vectors", folder.0.to_str().expect("text"), "--filter", "padding"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the runner ends");
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stderr, b"");
}
