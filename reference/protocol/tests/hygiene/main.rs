//! What is in the memory of a process before and after its secrets are gone.
//!
//! The test starts itself as a child, which plays a fixed scenario, says `ready` and waits. The
//! parent plays the same, knows every secret of it, and reads the child's memory. Linux only.

mod debug;
mod memory;
mod scenario;
#[path = "../support/mod.rs"]
mod support;

use memory::{Found, Needles};
use scenario::{Learned, Stage};
use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Read, Write, stdin, stdout};
use std::process::{Command, Stdio};

const STAGE: &str = "QUIPU_HYGIENE";

/// The child's part: plays up to a stage, says so, and waits until nobody listens any more.
fn child(stage: Stage) {
    let kept = scenario::play(stage, None);
    let mut out = stdout().lock();
    writeln!(out, "ready {}", &raw const kept as usize)
        .and_then(|()| out.flush())
        .expect("a parent that reads");
    let mut rest = [0; 1];
    assert_eq!(stdin().lock().read(&mut rest).expect("a parent"), 0, "the parent says nothing");
    drop(kept);
}

/// Starts the child, and what a scan of its memory finds when it is ready.
fn scan(stage: Stage, needles: &Needles) -> Vec<Found> {
    let mut child = Command::new(env::current_exe().expect("a path"))
        .args(["--exact", "secrets_are_gone_when_they_are_dropped", "--nocapture"])
        .env(STAGE, stage.name())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    let stack = loop {
        line.clear();
        assert_ne!(lines.read_line(&mut line).expect("text"), 0, "the child ended too early");
        if let Some(address) = line.trim_end().strip_prefix("ready ") {
            break address.parse().expect("an address");
        }
    };
    let found = needles.scan(child.id(), stack);
    drop(child.stdin.take());
    assert!(child.wait().expect("an end").success());
    found
}

/// How many places hold something of each kind of secret.
fn summary(found: &[Found]) -> BTreeMap<(&str, &str), usize> {
    let mut all = BTreeMap::new();
    found.iter().for_each(|it| *all.entry((it.secret, it.region)).or_default() += 1);
    all
}

// PRIM-15, SESSION-01, RATCHET-15, RATCHET-16: nothing outlives its use on the heap,
// though the session lives on; neither long-term keys nor plaintexts outlive their device anywhere
#[test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "reads the memory of a process by way of Linux's /proc"
)]
fn secrets_are_gone_when_they_are_dropped() {
    if let Ok(stage) = env::var(STAGE) {
        return child(Stage::of(&stage));
    }
    let mut learned = Learned::default();
    drop(scenario::play(Stage::Dropped, Some(&mut learned)));
    let needles = Needles::new(&learned.secrets);
    println!("{} secrets, {} halves", learned.secrets.len(), needles.len());

    let alive = scan(Stage::Alive, &needles);
    println!("while the devices live: {:#?}", summary(&alive));
    for kind in ["identity", "draw", "state", "MAC key set up"] {
        assert!(alive.iter().any(|it| it.secret == kind && it.region == "heap"), "{kind}");
    }
    assert!(alive.iter().any(|it| it.secret == "plaintext"), "the plaintext that is held");
    // Old ratchet keys, chains and message keys of sessions that live.
    let over = learned.over();
    for kind in ["draw", "state", "agreement", "message key", "MAC key set up"] {
        assert!(over.iter().any(|it| it.0 == kind), "something of this kind is over: {kind}");
    }
    let over = Needles::new(&over);
    println!("{} halves are over while the devices live", over.len());
    let mut still = scan(Stage::Alive, &over);
    println!("of these: {:#?}", summary(&still));
    still.retain(|it| it.region != "stack");
    assert!(still.is_empty(), "{:?}", summary(&still));
    let dropped = scan(Stage::Dropped, &needles);
    println!("when they are gone: {:#?}", summary(&dropped));
    // Values that are moved leave copies on the stack, until other calls write over them.
    let moved = ["draw", "state", "agreement", "message key", "MAC key", "MAC key set up"];
    for it in &dropped {
        assert!(it.region == "stack" && moved.contains(&it.secret), "{:?}", summary(&dropped));
    }
}
