//! The summary for a terminal or a pipe.

use crate::outcome::{Outcome, Result};
use std::fmt::Write;

const TEXT_LIMIT: usize = 2_000;

/// The summary: failures first, then live counts, chapters and totals.
pub(crate) fn write(outcome: &Outcome) -> String {
    let mut out = String::new();
    for test in outcome.failures() {
        failure(&mut out, test);
    }
    if let Some(test) = outcome.failures().first() {
        line(&mut out, &format!("One of them again: {}\n", outcome.again(test)));
    }
    live(&mut out, outcome);
    chapters(&mut out, outcome);
    line(&mut out, &format!("{}: {}", outcome.implementation, outcome.profiles.join(", ")));
    line(&mut out, &format!("seed {}", outcome.seed));
    line(&mut out, &coverage(outcome));
    if outcome.left_out > 0 {
        let sentence =
            "The filter left {} tests out. A filtered run proves nothing about conformance.";
        line(&mut out, &sentence.replace("{}", &outcome.left_out.to_string()));
    }
    for text in &outcome.stale {
        line(&mut out, &format!("STALE expectation: {text}"));
    }
    if outcome.expected > 0 {
        let sentence = "{} failures were expected. A client with failures is not conformant.";
        line(&mut out, &sentence.replace("{}", &outcome.expected.to_string()));
    }
    if outcome.unclaimed > 0 {
        let sentence = "{} tests are of profiles that the client does not claim.";
        line(&mut out, &sentence.replace("{}", &outcome.unclaimed.to_string()));
    }
    line(
        &mut out,
        &format!("{} passed, {} failed: {}", outcome.passed, outcome.failed, outcome.verdict),
    );
    out
}

/// How many MUST ids are covered, as a sentence.
pub(crate) fn coverage(outcome: &Outcome) -> String {
    format!(
        "{} MUST ids of {} covered by a test that passed; of {} others the specification says why no packet can show it.",
        outcome.must_covered, outcome.must_total, outcome.must_untestable
    )
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

fn failure(out: &mut String, test: &Result) {
    let verdict = if test.accepted_invalid { "ACCEPTED" } else { "FAILED" };
    line(out, &format!("{verdict} {}", test.name));
    line(out, &format!("    {}", test.comment));
    if !test.requirements.is_empty() {
        line(out, &format!("    {}", test.requirements.join(" ")));
    }
    let text = test.failure.as_deref().unwrap_or_default();
    let shown: String = text.chars().take(TEXT_LIMIT).collect();
    let more = if shown.len() < text.len() { " ... (all of it with --json)" } else { "" };
    line(out, &format!("    {shown}{more}"));
    let differing = test.fields.iter().flatten().filter(|it| it.differs);
    let differing: Vec<String> =
        differing.map(|it| format!("{} (byte {})", it.name, it.offset)).collect();
    if !differing.is_empty() {
        line(out, &format!("    fields that differ: {}", differing.join("; ")));
    }
    for hint in &test.hints {
        line(out, &format!("    hint: {}", hint.text));
    }
    line(out, "");
}

fn live(out: &mut String, outcome: &Outcome) {
    let cases = outcome.tests.iter().filter_map(|test| Some((test, test.counts.as_ref()?)));
    let mut rows = Vec::new();
    for (test, counts) in cases {
        let sum = |start: &str| -> u64 {
            counts.iter().filter(|(name, _)| name.starts_with(start)).map(|(_, count)| count).sum()
        };
        let verdict = if test.passed { "ok" } else { "FAILED" };
        rows.push([
            test.name.clone(),
            sum("sent ").to_string(),
            sum("event message").to_string(),
            sum("refused ").to_string(),
            sum("states compared").to_string(),
            verdict.to_owned(),
        ]);
    }
    if !rows.is_empty() {
        table(out, ["live case", "sent", "delivered", "refused", "states", ""], &rows);
    }
}

fn chapters(out: &mut String, outcome: &Outcome) {
    let rows: Vec<[String; 4]> = outcome
        .chapters
        .iter()
        .map(|it| {
            let covered = format!("{} of {}", it.covered, it.requirements);
            [it.title.clone(), it.passed.to_string(), it.failed.to_string(), covered]
        })
        .collect();
    table(out, ["chapter", "passed", "failed", "ids covered"], &rows);
}

/// The first column to the left, the others to the right.
fn table<const N: usize>(out: &mut String, head: [&str; N], rows: &[[String; N]]) {
    let head = head.map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in [&head].into_iter().chain(rows) {
        let mut text = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Writing to a String cannot fail.
            let _ = match column {
                0 => write!(text, "{cell:width$}"),
                _ => write!(text, "  {cell:>width$}"),
            };
        }
        line(out, &text);
    }
    line(out, "");
}
