//! Hints name the mistake that was made, and nothing else.

use super::operations::plan;
use super::{Hint, hints};
use crate::difference::{Difference, Part};
use quipu_vectors::file::{self, File, Test};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
        file::load(folder).expect("the vectors").into_iter().map(|it| it.file).collect()
    })
}

/// Every value of a test that has a label, in the order of the report.
fn labelled(test: &Test) -> Vec<(Part, usize, String, Value)> {
    let steps = test.intermediate.iter().enumerate();
    let steps = steps.map(|(at, (label, hex))| (Part::Intermediate, at, label.clone(), json!(hex)));
    let all = test.intermediate.len();
    let outputs = test.output.iter().flatten();
    steps
        .chain(outputs.map(|(name, value)| (Part::Output, all, name.clone(), value.clone())))
        .collect()
}

fn successes() -> impl Iterator<Item = (&'static File, &'static Test)> {
    let of = |file: &'static File| file.tests.iter().map(move |test| (file, test));
    files().iter().flat_map(of).filter(|(_, test)| test.output.is_some())
}

/// What is said when a client gives `found` for a value, the values before it shown or not.
fn ask(file: &File, test: &Test, label: &str, found: Value, shown: bool) -> Vec<Hint> {
    let all = labelled(test);
    let (part, proven, label, expected) =
        all.into_iter().find(|(_, _, it, _)| it == label).expect(label);
    let proven = if shown { proven } else { 0 };
    let text = String::new();
    hints(file, test, &Difference { part, label, expected, found, proven, text })
}

const PLANNED: [&str; 22] = [
    "x25519",
    "ed25519-sign",
    "mix",
    "extract",
    "expand",
    "seal",
    "psk-id",
    "card-issue",
    "prekey-issue",
    "manifest-issue",
    "fingerprint",
    "safety-number",
    "file-seal",
    "session-keys",
    "export",
    "ratchet-step",
    "chain-step",
    "message-seal",
    "handshake-initiate",
    "handshake-respond",
    "handshake-finish",
    "handshake-complete",
];

mod mistakes;

#[test]
fn the_plans_give_every_value_of_the_vectors() {
    let (mut values, mut operations) = (0, BTreeSet::new());
    for (file, test) in successes() {
        let Some(plan) = plan(file, test) else {
            let operation = file.operation.as_str();
            assert!(!PLANNED.contains(&operation), "{}", test.id);
            assert!(!operation.starts_with("prepared-"), "{}", test.id);
            continue;
        };
        operations.insert(file.operation.as_str());
        for (_, _, label, value) in labelled(test) {
            let Some(found) = plan.value(&label) else {
                let known = ["created", "card_i", "pinned", "reduced", "ts_i", "views_i"];
                let more = ["content", "dh", "n", "pn", "type", "ts_r", "views_r", "ra"];
                assert!(known.contains(&&*label) || more.contains(&&*label), "{} {label}", test.id);
                continue;
            };
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let number = |it: &[u8]| it.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            let same = hex::encode(found) == text
                || found == text.as_bytes()
                || found.len() <= 8 && number(found).to_string() == text;
            assert!(same, "{} {label}: {} is not {text}", test.id, hex::encode(found));
            values += 1;
        }
    }
    assert!(PLANNED.iter().all(|it| operations.contains(it)), "{operations:?}");
    assert!(operations.contains("prepared-initiate") && operations.contains("prepared-respond"));
    assert!(values > 900, "{values}");
}

#[test]
fn no_hint_for_right_or_random_values() {
    let mut asked = 0;
    for (place, (file, test)) in successes().enumerate() {
        for (at, (_, _, label, value)) in labelled(test).into_iter().enumerate() {
            let said = ask(file, test, &label, value.clone(), true);
            assert_eq!(said, [], "{} {label}", test.id);
            let Some(text) = value.as_str().filter(|it| it.len() >= 16) else { continue };
            // A search takes milliseconds: of all values a third, differing from test to test.
            if (place + at) % 3 != 0 {
                continue;
            }
            // Another value of the same length, from the name of the test.
            let seed = quipu::crypto::kdf::sha512(&[test.id.as_bytes(), label.as_bytes()]);
            let random: String = hex::encode(seed).chars().cycle().take(text.len()).collect();
            let said = ask(file, test, &label, json!(random), at % 2 == 0);
            assert_eq!(said, [], "{} {label}", test.id);
            asked += 1;
        }
    }
    assert!(asked > 300, "{asked}");
}
