//! What every published file must satisfy beyond its format.

use crate::file::{Named, Object, Test};
use crate::registry::{Errors, Requirement};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The JSON Schema of vector files.
pub const SCHEMA: &str = include_str!("../schema/vector-file-1.json");

/// The JSON Schema of the lines of chapter 13.
pub const ADAPTER: &str = include_str!("../schema/adapter-1.json");

/// Checks a value of the adapter protocol against a definition of its schema: `request`,
/// `response`, `hello-answer`, `vector-answer` or `state-answer`.
///
/// # Errors
/// The path in the value and what is wrong there.
pub fn adapter(definition: &str, value: &Value) -> Result<(), String> {
    let mut schema: Value =
        serde_json::from_str(ADAPTER).map_err(|error| format!("schema: {error}"))?;
    let object = schema.as_object_mut().ok_or("the schema is no object")?;
    object.remove("oneOf");
    object.insert("$ref".to_owned(), format!("#/$defs/{definition}").into());
    let validator =
        jsonschema::validator_for(&schema).map_err(|error| format!("schema: {error}"))?;
    match validator.iter_errors(value).next() {
        None => Ok(()),
        Some(error) => Err(format!("{definition}{}: {error}", error.instance_path())),
    }
}

/// Checks one file against the schema.
///
/// # Errors
/// The path in the file and what is wrong there.
pub fn schema(named: &Named) -> Result<(), String> {
    let schema: Value = serde_json::from_str(SCHEMA).map_err(|error| format!("schema: {error}"))?;
    let validator =
        jsonschema::validator_for(&schema).map_err(|error| format!("schema: {error}"))?;
    let value = serde_json::to_value(&named.file).map_err(|error| error.to_string())?;
    match validator.iter_errors(&value).next() {
        None => Ok(()),
        Some(error) => Err(format!("{}, {}: {error}", named.name, error.instance_path())),
    }
}

/// The least share of negative tests, in percent.
const NEGATIVE: usize = 55;

/// The least number of tests that expect an error.
const CASES: usize = 2;

/// Checks all files together: ids, flags, requirements, errors, twins, hex, that enough tests are
/// negative, and that every error of the registry is expected often enough.
pub fn lint(files: &[Named], requirements: &[Requirement], errors: &Errors) -> Vec<String> {
    let mut findings: Vec<String> = files.iter().filter_map(|named| schema(named).err()).collect();
    let known: BTreeSet<&str> = requirements.iter().map(|it| it.id.as_str()).collect();
    let names: BTreeSet<&str> = errors.errors.iter().map(|it| it.name.as_str()).collect();
    let mut ids = BTreeSet::new();
    for named in files {
        for test in &named.file.tests {
            let mut find =
                |text: String| findings.push(format!("{}/{}: {text}", named.name, test.id));
            if !ids.insert(test.id.as_str()) {
                find("the id stands twice".to_owned());
            }
            for id in test.requirements.iter().filter(|id| !known.contains(id.as_str())) {
                find(format!("{id} is not in the specification"));
            }
            for flag in test.flags.iter().filter(|flag| !named.file.flags.contains_key(*flag)) {
                find(format!("flag {flag} is not described"));
            }
            for error in test.errors().filter(|error| !names.contains(error)) {
                find(format!("error {error} is not in the registry"));
            }
            if let Some(twin) = &test.twin
                && !named.file.tests.iter().any(|other| other.id == *twin && !other.is_negative())
            {
                find(format!("twin {twin} is not a test that succeeds"));
            }
            for object in test.input.iter().chain(&test.output).chain(test.steps.iter().flatten()) {
                if let Some(name) = first_upper_case(object) {
                    find(format!("field {name} has upper-case hex"));
                }
            }
        }
    }
    let (all, negative) = count(files);
    if negative * 100 < all * NEGATIVE {
        findings.push(format!("{negative} of {all} tests are negative: fewer than {NEGATIVE} %"));
    }
    let covered = errors_covered(files);
    for name in names {
        let cases = covered.get(name).copied().unwrap_or_default();
        if cases < CASES {
            findings.push(format!("error {name} is expected by {cases} tests, not by {CASES}"));
        }
    }
    findings
}

/// Number of tests and of negative tests, traces apart.
pub fn count(files: &[Named]) -> (usize, usize) {
    (chosen(files).count(), chosen(files).filter(|test| test.is_negative()).count())
}

/// The tests that an author chose.
fn chosen(files: &[Named]) -> impl Iterator<Item = &Test> {
    files.iter().filter(|named| !named.is_traces()).flat_map(|named| &named.file.tests)
}

/// How many tests expect each error, traces apart.
pub fn errors_covered(files: &[Named]) -> BTreeMap<String, usize> {
    let mut covered = BTreeMap::new();
    for test in chosen(files) {
        for error in test.errors().collect::<BTreeSet<_>>() {
            *covered.entry(error.to_owned()).or_insert(0) += 1;
        }
    }
    covered
}

fn first_upper_case(object: &Object) -> Option<&str> {
    object
        .iter()
        .filter(|(name, _)| {
            !["label", "purpose", "as", "do", "save", "saved"].contains(&name.as_str())
        })
        .find(|(_, value)| {
            value.as_str().is_some_and(|text| text.bytes().any(|byte| byte.is_ascii_uppercase()))
        })
        .map(|(name, _)| name.as_str())
}
