//! The trace from requirement to code and test: a quote that drifted, an id that is unknown, a MUST
//! without code or without a test fails here.

use quipu_vectors::file;
use quipu_vectors::registry::{self, Requirement, is_id};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Exceptions {
    untestable: Vec<Untestable>,
    elsewhere: Vec<String>,
}

#[derive(Deserialize)]
struct Untestable {
    id: String,
    reason: String,
    evidence: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn requirements() -> Vec<Requirement> {
    registry::requirements(&root().join("spec")).expect("the specification is readable")
}

fn exceptions() -> Exceptions {
    registry::read(&root().join("spec"), "exceptions.json").expect("exceptions are readable")
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).expect("a readable file");
                found.push((path, text));
            }
        }
    }
    found
}

/// The quotes of a source: section, id, sentence.
fn quotes(text: &str) -> Vec<(String, String, String)> {
    let mut quotes: Vec<(String, String, String)> = Vec::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("//= ") {
            section = name.to_owned();
        } else if let Some(quote) = line.strip_prefix("//# ") {
            match quote.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
                Some((id, sentence)) if is_id(id) => {
                    quotes.push((section.clone(), id.to_owned(), sentence.to_owned()));
                }
                _ => {
                    let last = quotes.last_mut().expect("a quote begins with its id");
                    last.2 = format!("{} {quote}", last.2);
                }
            }
        }
    }
    quotes
}

fn code() -> Vec<(PathBuf, String)> {
    ["reference/protocol/src", "vectors/src", "vectors/conformance/src"]
        .iter()
        .flat_map(|folder| sources(folder))
        .collect()
}

#[test]
fn every_quote_is_the_sentence_of_the_specification() {
    let sentences: BTreeMap<String, Requirement> =
        requirements().into_iter().map(|it| (it.id.clone(), it)).collect();
    let mut seen = 0;
    for (path, text) in code() {
        for (section, id, sentence) in quotes(&text) {
            let requirement =
                sentences.get(&id).unwrap_or_else(|| panic!("{path:?}: {id} is unknown"));
            assert_eq!(requirement.text, sentence, "{path:?}: the quote of {id} drifted");
            let file = format!("spec/{}#", requirement.file);
            assert!(section.starts_with(&file), "{path:?}: {id} is quoted from {section}");
            seen += 1;
        }
    }
    assert!(seen >= 140, "only {seen} quotes");
}

#[test]
fn every_must_has_a_line_of_code() {
    let quoted: BTreeSet<String> =
        code().iter().flat_map(|(_, text)| quotes(text)).map(|(_, id, _)| id).collect();
    let elsewhere = exceptions().elsewhere;
    let missing: Vec<String> = requirements()
        .into_iter()
        .filter(Requirement::is_must)
        .map(|it| it.id)
        .filter(|id| !quoted.contains(id) && !elsewhere.contains(id))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_must_has_a_test_or_a_stated_reason() {
    let files = file::load(&root().join("vectors/data")).expect("vectors load");
    let mut cited: BTreeSet<String> = files
        .iter()
        .flat_map(|named| &named.file.tests)
        .flat_map(|test| test.requirements.clone())
        .collect();
    for folder in ["reference/protocol/tests", "vectors/conformance", "vectors/tests"] {
        for (_, text) in sources(folder) {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            cited.extend(words.filter(|word| is_id(word)).map(str::to_owned));
        }
    }
    let reasons: BTreeSet<String> = exceptions().untestable.into_iter().map(|it| it.id).collect();
    let missing: Vec<String> = requirements()
        .into_iter()
        .filter(Requirement::is_must)
        .map(|it| it.id)
        .filter(|id| !cited.contains(id) && !reasons.contains(id))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn exceptions_are_known_few_and_reasoned() {
    let known: BTreeSet<String> = requirements().into_iter().map(|it| it.id).collect();
    let exceptions = exceptions();
    for it in &exceptions.untestable {
        assert!(known.contains(&it.id), "{} is unknown", it.id);
        assert!(
            it.reason.len() > 10 && it.evidence.len() > 10,
            "{} lacks reason or evidence",
            it.id
        );
    }
    assert!(exceptions.elsewhere.iter().all(|id| known.contains(id)));
    assert!(exceptions.untestable.len() * 10 <= known.len(), "more than a tenth has no test");
}
