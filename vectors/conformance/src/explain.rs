//! What a requirement, an error or a test is about, for people.

use crate::lookup;
use crate::options::{Options, Stop};
use crate::suite::{Item, Suite};
use quipu_vectors::file::{File, Flag, Test};
use quipu_vectors::registry::{self, ErrorEntry, Errors, Requirement};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Names of tests that are listed at most.
const LISTED: usize = 12;

/// Values longer than this are shown by their beginning and length.
const SHOWN: usize = 96;

/// Explains a requirement id, an error of the registry, or a test.
pub(crate) fn explain(name: &str, suite: &Suite, options: &Options) -> Result<String, Stop> {
    let errors: Errors = registry::read(&options.spec, "errors.json").map_err(Stop::damaged)?;
    if let Some(it) = suite.chapters.requirements.iter().find(|it| it.id == name) {
        return Ok(requirement(it, suite));
    }
    if let Some(it) = errors.errors.iter().find(|it| it.name == name) {
        return Ok(error(it, suite));
    }
    lookup::find(name, suite).map(|item| test(item, suite, &errors)).map_err(|near| {
        Stop::usage(format!(
            "{name:?} is no requirement id, no error name and no test{near}; --list shows all \
             tests, spec/registry/errors.json all errors"
        ))
    })
}

fn requirement(it: &Requirement, suite: &Suite) -> String {
    let mut out = format!("{}  (spec/{}, {})\n", it.id, it.file, suite.chapters.title(it.chapter));
    line(&mut out, &format!("  {}", it.text));
    let tests = suite.items.iter().filter(|item| ids(suite, **item).contains(&it.id));
    let names: Vec<String> = tests.map(|item| suite.name(*item)).collect();
    if names.is_empty() && suite.chapters.unseen.contains(&it.id) {
        line(&mut out, "No test of this suite can see it: spec/registry/exceptions.json says why.");
    }
    list(&mut out, "tests that cite it", &names);
    means(&mut out, suite, |test| test.requirements.contains(&it.id));
    out
}

/// The kinds of bug that the tests in question find.
fn means(out: &mut String, suite: &Suite, cites: impl Fn(&Test) -> bool) {
    let mut bugs = BTreeSet::new();
    for item in &suite.items {
        let Item::Vector(file, test) = *item else { continue };
        let (file, test) = suite.test(file, test);
        if cites(test) {
            bugs.extend(test.flags.iter().filter_map(|flag| file.flags.get(flag)).map(flagged));
        }
    }
    for bug in bugs {
        line(out, &format!("a failure means: {bug}"));
    }
}

fn flagged(flag: &Flag) -> String {
    format!("{}: {} ({})", flag.bug, flag.effect, flag.severity)
}

fn error(it: &ErrorEntry, suite: &Suite) -> String {
    let mut out = format!("{}  ({})\n", it.name, suite.chapters.title(it.chapter));
    line(&mut out, &format!("  {}", it.meaning));
    let blame = match it.blame.as_str() {
        "bytes" => "the bytes: malformed before any key is used",
        "peer" => "the peer: well-formed and refused",
        "caller" => "the local call",
        _ => "local data",
    };
    line(&mut out, &format!("  whose fault: {blame}"));
    line(&mut out, &format!("  what the caller does: {}", it.caller));
    let raises = |item: &&Item| match item {
        Item::Vector(file, test) => suite.test(*file, *test).1.errors().any(|name| name == it.name),
        _ => false,
    };
    let names: Vec<String> = suite.items.iter().filter(raises).map(|it| suite.name(*it)).collect();
    list(&mut out, "tests that expect it", &names);
    means(&mut out, suite, |test| test.errors().any(|name| name == it.name));
    out
}

fn test(item: Item, suite: &Suite, errors: &Errors) -> String {
    let mut out = suite.name(item) + "\n";
    let comment = match item {
        Item::Vector(file, test) => suite.test(file, test).1.comment.as_str(),
        Item::Probe(probe) => probe.comment,
        Item::Peer(index) => suite.case(index).comment.as_str(),
        Item::Live(case) => case.comment,
    };
    line(&mut out, &format!("  {comment}"));
    if let Item::Vector(file, test) = item {
        let (file, test) = suite.test(file, test);
        vector(&mut out, file, test, errors);
    }
    if let Item::Peer(index) = item {
        suite.case(index).lines.iter().for_each(|it| line(&mut out, &format!("  | {it}")));
    }
    for id in ids(suite, item) {
        let text = suite.chapters.requirements.iter().find(|it| it.id == id);
        line(&mut out, &format!("{id}: {}", text.map_or("", |it| it.text.as_str())));
    }
    let name = suite.name(item);
    let lines = match item {
        Item::Live(_) => format!("\nAgain: cargo run --release -- --filter {name}"),
        _ => format!("\nIts lines: cargo run --release -- repro {name}"),
    };
    line(&mut out, &lines);
    out
}

fn vector(out: &mut String, file: &File, test: &Test, errors: &Errors) {
    line(
        out,
        &format!("  operation {}, suite {}, profile {}", file.operation, file.suite, file.profile),
    );
    if let (Some(twin), Some(delta)) = (&test.twin, &test.delta) {
        line(out, &format!("  as {twin}, which succeeds, but: {delta}"));
    }
    for name in test.errors() {
        let meaning = errors.errors.iter().find(|it| it.name == *name);
        let meaning = meaning.map_or("", |it| it.meaning.as_str());
        line(out, &format!("  to be refused as {name}: {meaning}"));
    }
    for flag in &test.flags {
        if let Some(it) = file.flags.get(flag) {
            line(out, &format!("  a failure means: {}", flagged(it)));
        }
    }
    for (name, value) in test.input.iter().flatten() {
        line(out, &format!("  input {name} = {}", short(value)));
    }
    for (index, draw) in test.random.iter().flatten().enumerate() {
        line(out, &format!("  draw {index} = {draw}"));
    }
    for (label, value) in &test.intermediate {
        line(out, &format!("  {label} = {}", short(&Value::from(value.as_str()))));
    }
    for (name, value) in test.output.iter().flatten() {
        line(out, &format!("  output {name} = {}", short(value)));
    }
    for (index, step) in test.steps.iter().flatten().enumerate() {
        let fields = step.iter().map(|(name, value)| format!("{name} {}", short(value)));
        line(out, &format!("  step {index}: {}", fields.collect::<Vec<_>>().join(", ")));
    }
}

/// The requirements that a test is about.
pub(crate) fn ids(suite: &Suite, item: Item) -> Vec<String> {
    match item {
        Item::Vector(file, test) => suite.test(file, test).1.requirements.clone(),
        Item::Probe(probe) => probe.requirements.iter().map(|id| (*id).to_owned()).collect(),
        Item::Peer(index) => suite.case(index).requirements.clone(),
        Item::Live(case) => case.requirements(),
    }
}

fn list(out: &mut String, what: &str, names: &[String]) {
    line(out, &format!("{} {what}", names.len()));
    for name in names.iter().take(LISTED) {
        line(out, &format!("  {name}"));
    }
    if names.len() > LISTED {
        line(out, &format!("  and {} more", names.len() - LISTED));
    }
}

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.len() <= SHOWN {
        return text;
    }
    let begin: String = text.chars().take(SHOWN).collect();
    match value {
        Value::String(_) => format!("{begin}… ({} bytes)", text.len() / 2),
        _ => format!("{begin}…"),
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}
