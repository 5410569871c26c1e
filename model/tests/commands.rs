//! The commands and their exit codes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A repository that has only what the commands read.
fn copy(name: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("quipu-model-{name}-{}", std::process::id()));
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["model/golden", "spec", "docs/model"] {
        fs::create_dir_all(root.join(folder)).expect("a folder");
        for entry in fs::read_dir(from.join(folder)).expect("a folder").flatten() {
            if entry.path().is_file() {
                fs::copy(entry.path(), root.join(folder).join(entry.file_name())).expect("a copy");
            }
        }
    }
    root
}

fn run(root: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_quipu-model"))
        .args(arguments)
        .env("QUIPU_ROOT", root)
        .output()
        .expect("the command starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn what_is_as_recorded_exits_0() {
    let root = copy("holds");
    let (code, out, _) = run(&root, &["check", "earlier-", "bug-01"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("earlier-invite-code "), "{out}");
    assert!(out.contains("attacks found"), "{out}");
    assert!(out.contains("bug-01-no-signatures"), "{out}");
    let (code, out, _) = run(&root, &["check", "--list"]);
    assert_eq!(code, Some(0));
    assert!(out.lines().count() > 100, "{out}");
}

#[test]
fn an_attack_exits_1_and_is_told() {
    let root = copy("attack");
    let (code, out, _) = run(&root, &["attack", "earlier-invite-code"]);
    assert_eq!(code, Some(1));
    for part in ["FORGED", "RESULT", "WHY", "STOPPED", "lacks ik_A", "PASSIVE"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (code, out, _) = run(&root, &["attack", "bug-01"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("ATTACK  agreement-initiator"), "{out}");
}

#[test]
fn a_search_that_is_cut_short_exits_2_and_says_nothing() {
    let root = copy("short");
    for limit in [["--states", "10"], ["--seconds", "0"]] {
        let (code, out, _) = run(&root, &[&["check", "ratchet-order"][..], &limit].concat());
        assert_eq!(code, Some(2), "{out}");
        assert!(out.contains("INCOMPLETE"), "{out}");
        assert!(!out.contains("holds"), "{out}");
    }
}

#[test]
fn usage_exits_3_and_says_what_to_do() {
    let root = copy("usage");
    for (arguments, told) in [
        (&["check", "no-such-model"][..], "--list"),
        (&["attack", "no-such-attack"], "without a name"),
        (&["explore", "no-such-model"], "--list"),
        (&["check", "--states", "many"], "--states"),
        (&["dance"], "dance"),
        (&[], "Usage"),
    ] {
        let (code, _, err) = run(&root, arguments);
        assert_eq!(code, Some(3), "{arguments:?}: {err}");
        assert!(err.contains(told), "{arguments:?}: {err}");
    }
    fs::remove_dir_all(root.join("spec")).expect("removed");
    let (code, _, err) = run(&root, &["diagram", "--check"]);
    assert_eq!(code, Some(3));
    assert!(err.contains("cannot read"), "{err}");
}

#[test]
fn what_is_not_as_recorded_exits_4_and_shows_both() {
    let root = copy("drift");
    for file in ["models.txt", "bugs.txt"] {
        let path = root.join("model/golden").join(file);
        let text = fs::read_to_string(&path).expect("recorded");
        let text = text.replace(" states, ", "1 states, ").replace(" after ", " after 1");
        fs::write(&path, text).expect("written");
    }
    let (code, out, _) = run(&root, &["check", "earlier-room-keys"]);
    assert_eq!(code, Some(4), "{out}");
    assert!(out.contains("NOT AS RECORDED") && out.contains("on record"), "{out}");
    let (code, out, _) = run(&root, &["check", "bug-01"]);
    assert_eq!(code, Some(4), "{out}");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let root = copy("port");
    let (code, _, err) = run(&root, &["explore", "ratchet-order", "--address", &address]);
    assert_eq!(code, Some(3));
    assert!(err.contains("cannot serve at") && err.contains("--address"), "{err}");
}
