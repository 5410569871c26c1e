//! The trace from the specification to the code: a quote that drifted, an id that is unknown, a MUST
//! without code fails here. That each has a test is seen by `quipu-conformance requirements`, which
//! knows the live cases too.

use quipu_vectors::citations::{quotes, tests};
use quipu_vectors::registry::{self, Exceptions, Requirement};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn requirements() -> BTreeMap<String, Requirement> {
    let all = registry::requirements(&root().join("spec")).expect("the specification is readable");
    all.into_iter().map(|it| (it.id.clone(), it)).collect()
}

#[test]
fn every_quote_is_the_sentence_of_the_specification() {
    let sentences = requirements();
    let quotes = quotes(&root()).expect("readable sources");
    for it in &quotes {
        let place = format!("{}:{}", it.path, it.line);
        let requirement =
            sentences.get(&it.id).unwrap_or_else(|| panic!("{place}: {} is unknown", it.id));
        assert_eq!(requirement.text, it.text, "{place}: the quote of {} drifted", it.id);
        let file = format!("spec/{}#", requirement.file);
        assert!(it.section.starts_with(&file), "{place}: {} is from {}", it.id, it.section);
    }
    assert!(quotes.len() >= 240, "only {} quotes", quotes.len());
}

#[test]
fn every_must_has_a_line_of_code() {
    let quoted: BTreeSet<String> =
        quotes(&root()).expect("readable sources").into_iter().map(|it| it.id).collect();
    let exceptions: Exceptions =
        registry::read(&root().join("spec"), "exceptions.json").expect("exceptions are readable");
    let missing: Vec<String> = requirements()
        .into_values()
        .filter(Requirement::is_must)
        .map(|it| it.id)
        .filter(|id| !quoted.contains(id) && !exceptions.elsewhere.contains(id))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_test_cites_requirements_that_exist() {
    let known = requirements();
    let tests = tests(&root()).expect("readable tests");
    let unknown: Vec<_> = tests.iter().filter(|it| !known.contains_key(&it.id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(tests.len() >= 300, "only {} citations", tests.len());
}
