//! The command line: lists that cannot be used.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// A repository of a few lines, with a list of mutants.
fn repository(name: &str, mutants: &str, seeded: &str) -> PathBuf {
    let root = env::temp_dir().join(format!("quipu-mutants-{}-{name}", std::process::id()));
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a temporary folder");
        fs::write(path, text).expect("writable");
    };
    write("Cargo.toml", "");
    write("Cargo.lock", "");
    write("reference/a.rs", "if x && x { y }");
    write("spec/01-notation.md", "- [ENC-01] A decoder MUST refuse.\n");
    write("spec/registry/errors.json", "[]");
    write("vectors/mutants/mutants.json", mutants);
    write("vectors/mutants/seeded.json", seeded);
    write("model/golden/bugs.txt", "bug-1-a: once violated after 2\n");
    root
}

fn mutant(find: &str, requirement: &str) -> String {
    format!(
        r#"{{ "client": [], "mutants": [{{ "id": "M1", "bug": "is broken",
        "requirements": ["{requirement}"], "killed_by": ["a/b"],
        "edits": [{{ "file": "reference/a.rs", "find": "{find}", "replace": "true" }}] }}] }}"#
    )
}

const SEEDED: &str =
    r#"{ "patches": [], "same": [{ "seeded": "bug-1-a", "patch": "M1" }], "others": [] }"#;

fn refused(name: &str, mutants: &str) -> String {
    refused_with(name, mutants, SEEDED)
}

fn refused_with(name: &str, mutants: &str, seeded: &str) -> String {
    let root = repository(name, mutants, seeded);
    let mut command = Command::new(env!("CARGO_BIN_EXE_quipu-mutants"));
    command.arg("--root").arg(&root).env("CARGO_TARGET_DIR", root.join("target"));
    let ran = command.output().expect("it runs");
    fs::remove_dir_all(root).expect("removable");
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

#[test]
fn an_edit_that_does_not_fit_names_the_mutant_the_file_and_the_text() {
    let text = refused("twice", &mutant("x", "ENC-01"));
    let expected = "error: M1: reference/a.rs holds this 2 times, and has to hold it once: \
                    change the edit\nx\n";
    assert_eq!(text, expected);
    assert!(refused("never", &mutant("z", "ENC-01")).contains("holds this 0 times"));
}

#[test]
fn a_list_that_is_not_one_names_the_line() {
    let text = refused("syntax", "{ \"client\": [],\n \"mutant\": [] }");
    assert!(text.contains("mutants.json, line 2: unknown field `mutant`"), "{text}");
    let text = refused("requirement", &mutant("y", "ENC-99"));
    assert_eq!(text, "error: M1: ENC-99 is not in the specification\n");
}

#[test]
fn a_list_of_seeded_bugs_has_each_bug_of_the_model_once_and_only_patches_that_there_are() {
    let refused = |name: &str, from: &str, to: &str| {
        refused_with(name, &mutant("y", "ENC-01"), &SEEDED.replace(from, to))
    };
    let text = refused("unknown", "bug-1-a", "bug-2-b");
    assert_eq!(text, "error: seeded.json: the model has no bug-2-b\n");
    let text = refused(
        "twice-named",
        r#""others": ["#,
        r#""others": [{ "seeded": ["bug-1-a"], "why": "" }"#,
    );
    assert_eq!(text, "error: seeded.json names bug-1-a twice\n");
    let text = refused("missing", r#"{ "seeded": "bug-1-a", "patch": "M1" }"#, "");
    assert_eq!(text, "error: seeded.json says nothing of bug-1-a\n");
    let text = refused("no-patch", "M1", "M2");
    assert_eq!(text, "error: seeded.json: there is not exactly one patch M2\n");
    let unused = r#""patches": [{ "id": "S9", "bug": "", "edits": [] }"#;
    let text = refused("unused", r#""patches": ["#, unused);
    assert_eq!(text, "error: seeded.json: S9 is no seeded bug\n");
}

/// The outer `--check` would not keep a command from writing.
#[test]
fn options_of_the_matrix_before_a_command_are_usage() {
    for arguments in [["--check", "seeded"], ["--check", "isolate"], ["--all", "seeded"]] {
        let ran = Command::new(env!("CARGO_BIN_EXE_quipu-mutants"))
            .args(arguments)
            .args(["--root", "/no/such/folder"])
            .output()
            .expect("it runs");
        assert_eq!(ran.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!text.contains("no repository"), "{text}");
        assert!(text.contains("Usage: "), "{text}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_usage() {
    let ran = Command::new(env!("CARGO_BIN_EXE_quipu-mutants"))
        .args(["--root", "/no/such/folder"])
        .output()
        .expect("it runs");
    assert_eq!(ran.status.code(), Some(2));
    let text = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(text.starts_with("error: no repository at /no/such/folder: "), "{text}");
}
