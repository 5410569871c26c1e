//! Chapter 12: vector files, read, written, and their tests performed.

use crate::targets::frames::DEAR;
use quipu_vectors::file::{File, parse};
use quipu_vectors::perform::check;
use quipu_vectors::registry::{self, Errors};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

static ERRORS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let spec = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../spec"));
    let errors: Errors = registry::read(spec, "errors.json").expect("the registry");
    errors.errors.into_iter().map(|it| it.name).collect()
});

/// A file that is read is the same when written; a test of it passes, or fails with a sentence.
pub(crate) fn vectors(data: &[u8]) {
    let file = match parse::<File>("fuzz.json", data) {
        Ok(file) => file,
        Err(error) => return assert!(error.to_string().starts_with("fuzz.json, line ")),
    };
    let text = serde_json::to_vec(&file).expect("it was JSON");
    let again: File = parse("again.json", &text).expect("its own text");
    assert!(serde_json::to_vec(&again).is_ok_and(|it| it == text), "written another way");
    for test in &file.tests {
        let said = serde_json::to_string(test).expect("it was JSON");
        if DEAR.iter().any(|name| said.contains(name) || file.operation == *name) {
            continue;
        }
        match check(&file.operation, file.suite, test) {
            Ok(()) => assert!(test.errors().all(|name| ERRORS.contains(name)), "no such error"),
            Err(sentence) => assert!(!sentence.is_empty(), "a failure without a reason"),
        }
    }
}
