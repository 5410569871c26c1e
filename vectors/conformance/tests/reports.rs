//! What the reports say of an adapter with mistakes: `quipu-altered-adapter` before the reference.

use quipu::crypto::kdf::sha256;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RUNNER: &str = env!("CARGO_BIN_EXE_quipu-conformance");
const ALTERED: &str = env!("CARGO_BIN_EXE_quipu-altered-adapter");

/// The reports of one run.
struct Reports {
    code: i32,
    text: String,
    json: Value,
    html: String,
    junit: String,
    badge: String,
}

/// A folder that leaves with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("quipu-reports-{}-{name}", std::process::id()));
    fs::create_dir_all(&path).expect("a temporary folder");
    Folder(path)
}

fn run(name: &str, options: &[&str], changes: &[&str]) -> Reports {
    let folder = folder(name);
    let path = |name: &str| folder.0.join(name).display().to_string();
    let (json, html, junit, badge) = (path("json"), path("html"), path("xml"), path("svg"));
    let adapter = [&[ALTERED, RUNNER], changes].concat();
    let output = Command::new(RUNNER)
        .args(["--json", &json, "--html", &html, "--junit", &junit, "--badge", &badge])
        .args(options)
        .args(adapter)
        .output()
        .expect("the runner starts");
    let read = |path: &str| fs::read_to_string(path).expect("a report");
    Reports {
        code: output.status.code().expect("it ends by itself"),
        text: String::from_utf8(output.stdout).expect("UTF-8"),
        json: serde_json::from_str(&read(&json)).expect("JSON"),
        html: read(&html),
        junit: read(&junit),
        badge: read(&badge),
    }
}

fn vector(file: &str, id: &str) -> Value {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let text = fs::read_to_string(folder.join(file)).expect("a vector file");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let tests = file["tests"].as_array().expect("tests").iter();
    tests.into_iter().find(|test| test["id"] == id).expect(id).clone()
}

fn of<'a>(reports: &'a Reports, name: &str) -> &'a Value {
    let tests = reports.json["tests"].as_array().expect("tests");
    tests.iter().find(|test| test["name"] == name).expect(name)
}

// The hash of a card over 153 bytes: the mistake is found, and shown everywhere.
#[test]
fn a_wrong_value_is_shown_with_its_hint_in_every_report() {
    let test = vector("card-issue.json", "card-issue-ada");
    let card = hex::decode(test["output"]["card"].as_str().expect("a card")).expect("hex");
    let right = hex::encode(sha256(&[&card[..154]]));
    let wrong = hex::encode(sha256(&[&card[..5], &card[6..154]]));
    let it = run("hint", &["--filter", "card-issue/"], &[&right, &wrong]);
    assert_eq!(it.code, 1, "{}", it.text);
    let hint = "`hash` is made without `address length`";
    assert!(it.text.contains(&format!("first difference at hash: {wrong}, expected {right}")));
    assert!(it.text.contains(&format!("hint: {hint}")), "{}", it.text);
    let found = of(&it, "card-issue/card-issue-ada");
    assert_eq!(found["hints"], json!([{ "id": "part-missing", "text": hint }]));
    let due = json!({ "part": "intermediate", "label": "hash", "expected": right, "found": wrong });
    assert_eq!(found["difference"], due);
    assert!(it.junit.contains(&format!("hint: {hint}")), "{}", it.junit);
    assert!(it.html.contains("<code>hash</code> is made without <code>address length</code>"));
    assert!(it.html.contains("repro card-issue/card-issue-ada"), "{}", it.html);
    let other = of(&it, "card-issue/card-issue-short");
    assert_eq!((&other["difference"], &other["hints"]), (&Value::Null, &Value::Null));
}

#[test]
fn bytes_of_a_known_kind_are_compared_field_by_field() {
    let test = vector("card-issue.json", "card-issue-ada");
    let right = test["output"]["card"].as_str().expect("a card");
    let wrong = format!("{}ff{}", &right[..280], &right[282..]);
    let it = run("fields", &["--filter", "card-issue/"], &[right, &wrong]);
    let found = of(&it, "card-issue/card-issue-ada");
    let fields = found["fields"].as_array().expect("fields");
    let differing: Vec<&Value> = fields.iter().filter(|it| it["differs"] == true).collect();
    assert_eq!(fields.len(), 10);
    assert_eq!(differing.len(), 1, "{fields:?}");
    assert_eq!((&differing[0]["name"], &differing[0]["offset"]), (&json!("created"), &json!(138)));
    let bytes = |side: &str| differing[0][side]["bytes"].as_str().map(str::to_owned);
    assert_eq!(bytes("expected").as_deref(), Some(&right[276..292]));
    assert_eq!(bytes("found").as_deref(), Some(&wrong[276..292]));
    assert!(it.text.contains("fields that differ: created (byte 138)"), "{}", it.text);
    assert!(it.html.contains("1 of 10 fields differ"), "{}", it.html);
}

// A name is the adapter's own word: it stays text.
#[test]
fn what_an_adapter_says_stays_text() {
    let evil = r#"</title><script>alert(1)</script>\" onload='x' &"#;
    let changes = [r#""name":"quipu""#, &format!(r#""name":"{evil}""#)];
    let it = run("evil", &["--filter", "mix/"], &changes);
    assert_eq!(it.code, 5, "{}", it.text);
    assert!(it.json["implementation"].as_str().expect("a text").contains("<script>"));
    for page in [&it.html, &it.badge, &it.junit] {
        assert!(!page.contains("<script") && !page.contains("\" onload"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }
    // In a refusal, too.
    let evil = [r#""reject":"too_long""#, r#""reject":"<script>alert(2)</script>""#];
    let it = run("reject", &["--filter", "padding/"], &evil);
    assert_eq!(it.code, 1, "{}", it.text);
    assert!(!it.html.contains("<script") && it.html.contains("&lt;script&gt;alert(2)"));
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let test = vector("mix.json", "mix-card");
    let right = test["output"]["hash"].as_str().expect("a hash");
    let wrong = "00".repeat(32);
    let reports = |name: &str| run(name, &["--filter", "mi", "--seed", "7"], &[right, &wrong]);
    let (first, second) = (reports("same"), reports("same"));
    assert_eq!(first.code, 1);
    assert!(first.html.contains("mix-card"));
    assert_eq!(first.html, second.html);
    assert_eq!(first.json, second.json);
    assert_eq!((first.badge, first.junit), (second.badge, second.junit));
}

#[test]
fn a_badge_counts_everything_and_is_green_for_a_whole_run_alone() {
    let it = run("partial", &["--filter", "mix/"], &[]);
    let (passed, total) = (it.json["passed"].as_u64(), it.json["total"].as_u64());
    let (passed, total) = (passed.expect("a count"), total.expect("a count"));
    assert!(passed < total, "{passed} {total}");
    assert!(it.badge.contains(&format!("incomplete, {passed} of {total}, suite ")), "{}", it.badge);
    assert!(!it.badge.contains("#17663a") && !it.badge.contains("conformant"), "{}", it.badge);
    assert!(it.html.contains("◌ Incomplete") && !it.html.contains("✓ Conformant"));
    let test = vector("mix.json", "mix-card");
    let right = test["output"]["hash"].as_str().expect("a hash");
    let it = run("bad", &["--filter", "mix/"], &[right, "00"]);
    assert!(it.badge.contains("#a3122b") && it.badge.contains("not conformant"), "{}", it.badge);
    let it = run("whole", &[], &[]);
    assert_eq!(it.code, 0, "{}", it.text);
    let count = format!("conformant, {0} of {0}", it.json["total"]);
    assert!(it.badge.contains("#17663a") && it.badge.contains(&count), "{}", it.badge);
    assert!(it.html.contains("✓ Conformant") && it.html.contains("version 1"), "{}", it.text);
    assert_eq!(it.json["manifest"].as_str().map(str::len), Some(64));
}

// What has to be refused and is not comes first, and says what is wrong with it.
#[test]
fn an_accepted_invalid_input_comes_first() {
    // An ordinary failure stands before it in the suite.
    let wrong = [r#""padded":256"#, r#""padded":257"#];
    let taken = [r#""reject":"too_long""#, r#""ok":{"output":{"padded":1}}"#];
    let it = run("accepted", &["--filter", "padding/"], &[wrong, taken].concat());
    assert!(it.text.contains("\nFAILED padding/padding-0\n"), "{}", it.text);
    let first = it.html.find("Accepted and must be refused").expect("a section");
    assert!(it.html.contains("It has to be refused as <code>too_long</code>"), "{}", it.html);
    assert!(it.html.find("<h2>Failures").expect("a section") > first);
    assert!(it.text.starts_with("ACCEPTED padding/"), "{}", it.text);
}

fn annotate(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(RUNNER).arg("annotate").args(arguments).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn annotate_names_fields_and_says_what_is_wrong_with_its_input() {
    let test = vector("card-issue.json", "card-issue-ada");
    let card = test["output"]["card"].as_str().expect("a card");
    let (code, out, _) = annotate(&[card]);
    assert_eq!(code, 0);
    assert!(out.starts_with("card, 218 bytes, chapter 3.2\n") && out.contains("ada@example.org"));
    let (code, out, _) = annotate(&[&card[..200]]);
    assert_eq!((code, out.contains("6 of 32 bytes of IK are missing")), (0, true), "{out}");
    let (code, out, _) = annotate(&[card, "--against", &format!("{card}00")]);
    assert_eq!((code, out.contains("the second: 1 bytes too many")), (0, true), "{out}");
    for (arguments, says) in [
        (&["0g"][..], "character 2 is 'g', no hex digit"),
        (&["010"], "an odd number"),
        (&[""], "there is nothing"),
        (&["07"], "add --kind, one of card, init"),
        (&[card, "--against", "x"], "--against: character 1"),
        (&[card, "--kind", "letter"], "possible values"),
    ] {
        let (code, out, err) = annotate(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(says), "{says:?} is not in {err}");
    }
}
