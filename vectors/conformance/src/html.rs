//! The report for people: one file, opens from disk, no scripts, no fonts, no network.

use crate::outcome::{Outcome, Requirement, Result};
use crate::report::coverage;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #ccc; --bad: #b00020; --good: #1b6e3c; --soft: #666; }
@media (prefers-color-scheme: dark) { :root { --line: #444; --bad: #ff8a80; --good: #7fd6a0; --soft: #aaa; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font: .875em ui-monospace, monospace; overflow-wrap: anywhere; }
.bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); } .soft { color: var(--soft); }
section.failure { border-left: .25rem solid var(--bad); padding-left: 1rem; margin: 1rem 0; }
summary { cursor: pointer; }
@media print { body { max-width: none; margin: 0; font-size: 10pt; } details > * { display: block; } }
";

/// The report as HTML.
pub(crate) fn write(outcome: &Outcome) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    out += "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Quipu conformance</title>\n";
    out += &format!("<style>{STYLE}</style>\n<h1>Quipu conformance</h1>\n");
    head(&mut out, outcome);
    for test in outcome.failures() {
        failure(&mut out, test);
    }
    chapters(&mut out, outcome);
    live(&mut out, outcome);
    uncovered(&mut out, outcome);
    for chapter in &outcome.chapters {
        let tests: Vec<&Result> =
            outcome.tests.iter().filter(|it| it.chapter == chapter.number).collect();
        if !tests.is_empty() {
            tests_of(&mut out, &chapter.title, &tests);
        }
    }
    out + "</html>\n"
}

fn head(out: &mut String, outcome: &Outcome) {
    let (class, verdict) = match outcome.verdict {
        "conformant" => ("good", "Conformant: everything of the claimed profiles ran and passed."),
        "stale" => ("bad", "An expected failure passed, matches nothing or has expired."),
        "aborted" => ("bad", "Aborted: the adapter crashed or hung three times in a row."),
        "incomplete" => (
            "soft",
            "Incomplete: a filter left tests out, so this run proves nothing about conformance.",
        ),
        _ => ("bad", "At least one test failed."),
    };
    *out += &format!("<p class=\"{class}\">{verdict}</p>\n");
    *out += &format!(
        "<p>{} passed, {} failed, {} left out. {}</p>\n",
        outcome.passed,
        outcome.failed,
        outcome.left_out,
        coverage(outcome)
    );
    let filter = outcome
        .filter
        .as_ref()
        .map_or(String::new(), |it| format!(", filter <code>{}</code>", escape(it)));
    *out += &format!(
        "<p class=\"soft\">{}; {} {}, seed {}{filter}</p>\n",
        outcome.implementation, outcome.runner, outcome.version, outcome.seed
    );
}

fn failure(out: &mut String, test: &Result) {
    let verdict = if test.accepted_invalid { "ACCEPTED" } else { "FAILED" };
    *out += "<section class=\"failure\">\n";
    *out += &format!(
        "<h2><span class=\"bad\">{verdict}</span> <code>{}</code></h2>\n",
        escape(&test.name)
    );
    *out += &format!("<p>{}</p>\n", escape(&test.comment));
    *out +=
        &format!("<p><code>{}</code></p>\n", escape(test.failure.as_deref().unwrap_or_default()));
    *out +=
        &format!("<p class=\"soft\">{}</p>\n</section>\n", escape(&test.requirements.join(" ")));
}

fn chapters(out: &mut String, outcome: &Outcome) {
    *out += "<h2>Chapters</h2>\n<table>\n<tr><th>chapter<th class=\"n\">passed<th class=\"n\">failed<th class=\"n\">ids covered\n";
    for it in &outcome.chapters {
        let bad = if it.failed > 0 { " bad" } else { "" };
        *out += &format!(
            "<tr><td>{}<td class=\"n\">{}<td class=\"n{bad}\">{}<td class=\"n\">{} of {}\n",
            escape(&it.title),
            it.passed,
            it.failed,
            it.covered,
            it.requirements
        );
    }
    *out += "</table>\n";
}

fn live(out: &mut String, outcome: &Outcome) {
    let cases: Vec<&Result> = outcome.tests.iter().filter(|test| test.kind == "live").collect();
    if cases.is_empty() {
        return;
    }
    *out += "<h2>Live cases</h2>\n";
    for case in cases {
        let (class, verdict) = if case.passed { ("good", "passed") } else { ("bad", "failed") };
        *out += &format!(
            "<details><summary><code>{}</code> <span class=\"{class}\">{verdict}</span> {}</summary>\n<table>\n",
            escape(&case.name),
            escape(&case.comment)
        );
        for (name, count) in case.counts.iter().flatten() {
            *out += &format!("<tr><td>{}<td class=\"n\">{count}\n", escape(name));
        }
        *out += "</table></details>\n";
    }
}

fn uncovered(out: &mut String, outcome: &Outcome) {
    let missing: Vec<&Requirement> = outcome
        .requirements
        .iter()
        .filter(|it| it.must && it.passed == 0 && !it.untestable)
        .collect();
    if missing.is_empty() {
        return;
    }
    *out += "<h2>MUST ids without a test that passed</h2>\n<table>\n";
    for it in missing {
        *out += &format!("<tr><td><code>{}</code><td>{}\n", it.id, escape(&it.text));
    }
    *out += "</table>\n";
}

fn tests_of(out: &mut String, title: &str, tests: &[&Result]) {
    let count = tests.len();
    *out += &format!("<details><summary>{}: {count} tests</summary>\n<table>\n", escape(title));
    for test in tests {
        let (class, verdict) = if test.passed { ("good", "passed") } else { ("bad", "failed") };
        *out += &format!(
            "<tr><td><code>{}</code><td>{}<td class=\"soft\">{}<td class=\"{class}\">{verdict}\n",
            escape(&test.name),
            escape(&test.comment),
            escape(&test.requirements.join(" "))
        );
    }
    *out += "</table></details>\n";
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
