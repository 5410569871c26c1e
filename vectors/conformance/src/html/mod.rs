//! The report for people: one file, opens from disk, no scripts, no fonts, no network.

mod bytes;
mod failure;
mod matrix;

use crate::outcome::{Outcome, Result};
use crate::report::coverage;
use std::collections::BTreeMap;

/// The report as HTML.
pub(crate) fn write(outcome: &Outcome) -> String {
    let name = escape(&outcome.implementation);
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    out += &format!("<title>{name}: {}</title>\n<style>\n", outcome.verdict);
    out += include_str!("style.css");
    out += "</style>\n<main>\n<h1>Quipu conformance report</h1>\n";
    banner(&mut out, outcome);
    facts(&mut out, outcome);
    stale(&mut out, outcome);
    let failures = outcome.failures();
    let (accepted, failed): (Vec<&Result>, Vec<&Result>) =
        failures.into_iter().partition(|test| test.accepted_invalid);
    let text = "The client took what it has to refuse. Each of these is a vulnerability by itself.";
    failure::section(&mut out, outcome, ("Accepted and must be refused", text), &accepted);
    failure::section(&mut out, outcome, ("Failures", ""), &failed);
    let expected: Vec<&Result> = outcome.tests.iter().filter(|test| test.expected).collect();
    let text = "Announced with --expect. A client with failures is not conformant.";
    failure::section(&mut out, outcome, ("Expected failures", text), &expected);
    matrix::chapters(&mut out, outcome);
    live(&mut out, outcome);
    all(&mut out, outcome);
    out + "</main>\n</html>\n"
}

/// Class, symbol and sentence of a verdict.
fn verdict(outcome: &Outcome) -> (&'static str, &'static str, &'static str) {
    match outcome.verdict {
        "conformant" => {
            ("good", "✓ Conformant", "Everything of the claimed profiles ran and passed.")
        }
        "stale" => (
            "bad",
            "✗ Stale expectations",
            "An expected failure passed, matches nothing or has expired.",
        ),
        "aborted" => (
            "bad",
            "✗ Aborted",
            "The adapter crashed or hung three times in a row, or in every test that was chosen.",
        ),
        "incomplete" => (
            "warn",
            "◌ Incomplete",
            "Tests were left out or failures were expected: this run proves nothing about conformance.",
        ),
        _ => ("bad", "✗ Not conformant", "At least one test failed."),
    }
}

fn banner(out: &mut String, outcome: &Outcome) {
    let (class, title, sentence) = verdict(outcome);
    let accepted = outcome.failures().iter().filter(|test| test.accepted_invalid).count();
    let mut counts =
        format!("{} of {} passed, {} failed", outcome.passed, outcome.total, outcome.failed);
    if accepted > 0 {
        counts += &format!("<br><b class=\"bad\">{accepted} accepted what has to be refused</b>");
    }
    *out += &format!("<div class=\"banner {class}\"><strong>{title}</strong>\n");
    *out += &format!("<p>{sentence}<br>{counts}</p></div>\n");
}

fn facts(out: &mut String, outcome: &Outcome) {
    let mut rows = vec![
        ("implementation", escape(&outcome.implementation)),
        ("profiles", escape(&outcome.profiles.join(", "))),
        ("protocol", escape(outcome.protocol)),
        ("suite of tests", format!("{} {}", outcome.runner, outcome.version)),
        ("adapter chapter", format!("version {}", outcome.adapter)),
        ("vectors", format!("manifest.json <code>{}</code>", outcome.manifest)),
        ("seed", outcome.seed.clone()),
    ];
    if !outcome.command.is_empty() {
        rows.insert(
            1,
            (
                "command",
                format!("<code class=\"command\">{}</code>", escape(&outcome.shown_command())),
            ),
        );
    }
    let ran = outcome.tests.len();
    let mut complete = format!("{ran} of {} tests ran", outcome.total);
    if let Some(filter) = &outcome.filter {
        let filter = escape(filter);
        complete += &format!("; the filter <code>{filter}</code> left {} out", outcome.left_out);
    }
    if outcome.unclaimed > 0 {
        complete += &format!("; {} more are of profiles that are not claimed", outcome.unclaimed);
    }
    rows.push(("completeness", complete));
    rows.push(("requirements", escape(&coverage(outcome))));
    *out += "<dl class=\"facts\">\n";
    for (name, value) in rows {
        *out += &format!("<dt>{name}<dd>{value}\n");
    }
    *out += "</dl>\n";
}

fn stale(out: &mut String, outcome: &Outcome) {
    if outcome.stale.is_empty() {
        return;
    }
    *out += "<h2>Stale expectations</h2>\n<ul>\n";
    for text in &outcome.stale {
        *out += &format!("<li>{}\n", escape(text));
    }
    *out += "</ul>\n";
}

/// Class, symbol and word of a test.
fn result(test: &Result) -> (&'static str, &'static str) {
    match (test.passed, test.expected, test.accepted_invalid) {
        (true, ..) => ("good", "✓ passed"),
        (_, true, _) => ("warn", "◌ expected"),
        (.., true) => ("bad", "✗ accepted"),
        _ => ("bad", "✗ failed"),
    }
}

fn live(out: &mut String, outcome: &Outcome) {
    let cases: Vec<&Result> = outcome.tests.iter().filter(|test| test.counts.is_some()).collect();
    if cases.is_empty() {
        return;
    }
    *out += "<h2>Live cases</h2>\n";
    for case in cases {
        let (class, word) = result(case);
        *out += &format!(
            "<details class=\"all\"><summary><span class=\"{class}\">{word}</span> <code>{}</code> <span class=\"soft\">{}</span></summary>\n<table>\n",
            escape(&case.name),
            escape(&case.comment)
        );
        for (name, count) in case.counts.iter().flatten() {
            *out += &format!("<tr><td>{}<td class=\"n\">{count}\n", escape(name));
        }
        *out += "</table></details>\n";
    }
}

/// Every test, folded by file.
fn all(out: &mut String, outcome: &Outcome) {
    let mut files: BTreeMap<&str, Vec<&Result>> = BTreeMap::new();
    for test in &outcome.tests {
        let file = test.name.split_once('/').map_or(test.kind, |(file, _)| file);
        files.entry(file).or_default().push(test);
    }
    *out += "<h2>All tests</h2>\n";
    for (file, tests) in files {
        let failed = tests.iter().filter(|test| !test.passed).count();
        let (class, word) = match failed {
            0 => ("good", "✓ all passed".to_owned()),
            _ => ("bad", format!("✗ {failed} failed")),
        };
        *out += &format!(
            "<details class=\"all\"><summary><code>{}</code> {} tests, <span class=\"{class}\">{word}</span></summary>\n<table class=\"tests\">\n",
            escape(file),
            tests.len()
        );
        for test in tests {
            let (class, word) = result(test);
            let name = test.name.split_once('/').map_or(test.name.as_str(), |(_, name)| name);
            *out += &format!(
                "<tr><td class=\"{class}\">{word}<td class=\"soft\">{}<td><code>{}</code><br>{}\n",
                escape(&test.requirements.join(" ")),
                escape(name),
                escape(&test.comment)
            );
        }
        *out += "</table></details>\n";
    }
}

/// Text as HTML, in attributes too.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
