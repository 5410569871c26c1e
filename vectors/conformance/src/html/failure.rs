//! A failure: what was tested, what differs, what it looks like, how to see it again.

use super::{bytes, escape, result};
use crate::difference::{Part, shown};
use crate::outcome::{Outcome, Result};

/// Failures that are open when the page opens; the others are folded.
const OPEN: usize = 3;

/// A section of failures, if there are any.
pub(super) fn section(
    out: &mut String,
    outcome: &Outcome,
    (title, text): (&str, &str),
    tests: &[&Result],
) {
    if tests.is_empty() {
        return;
    }
    *out += &format!("<h2>{title} <span class=\"soft\">{}</span></h2>\n", tests.len());
    if !text.is_empty() {
        *out += &format!("<p>{text}</p>\n");
    }
    for (place, test) in tests.iter().enumerate() {
        one(out, outcome, test, place < OPEN);
    }
}

fn one(out: &mut String, outcome: &Outcome, test: &Result, open: bool) {
    let (class, word) = result(test);
    *out += &format!(
        "<details class=\"test\"{}><summary><span class=\"{class}\">{word}</span> <code>{}</code><span class=\"soft\">{}</span></summary>\n<div>\n",
        if open { " open" } else { "" },
        escape(&test.name),
        escape(&test.comment)
    );
    what(out, test);
    if !test.hints.is_empty() {
        *out += "<div class=\"hint\">\n";
        for hint in &test.hints {
            *out +=
                &format!("<p>{} <span class=\"soft\">({})</span></p>\n", code(&hint.text), hint.id);
        }
        *out += "</div>\n";
    }
    for id in &test.requirements {
        let text = outcome.requirements.iter().find(|it| it.id == *id);
        let text = text.map_or("", |it| it.text.as_str());
        *out += &format!("<p class=\"soft\"><code>{}</code> {}</p>\n", escape(id), code(text));
    }
    input(out, test);
    *out += &format!("<pre>{}</pre>\n</div></details>\n", escape(&outcome.again(test)));
}

/// What went wrong, in words and, where values differ, in values.
fn what(out: &mut String, test: &Result) {
    let sentence = test.failure.as_deref().unwrap_or_default();
    if let Some((error, delta)) = test.refusal.as_ref().filter(|_| test.accepted_invalid) {
        *out += &format!(
            "<p>It has to be refused as <code>{}</code>. What is wrong with it: {}</p>\n",
            escape(error),
            escape(delta)
        );
        return;
    }
    match &test.difference {
        Some(it) if matches!(it.part, Part::Intermediate | Part::Output | Part::Step) => {
            let of = match it.part {
                Part::Intermediate => "intermediate value",
                Part::Output => "output",
                _ => "result",
            };
            let step = sentence
                .split_once(": first difference")
                .map(|(step, _)| format!("{}, ", escape(step)));
            let step = step.unwrap_or_default();
            *out += &format!(
                "<p>{step}first difference: {of} <code>{}</code></p>\n",
                escape(&it.label)
            );
            *out += &test.fields.as_ref().map_or_else(
                || bytes::sides(&it.expected, &it.found),
                |pairs| bytes::fields(pairs),
            );
        }
        _ => *out += &format!("<p>{}</p>\n", escape(sentence)),
    }
}

fn input(out: &mut String, test: &Result) {
    let Some(input) = &test.input else { return };
    *out += "<details class=\"input\"><summary>Input</summary>\n<table>\n";
    for (name, value) in input {
        *out += &format!("<tr><td>{}<td><code>{}</code>\n", escape(name), escape(&shown(value)));
    }
    *out += "</table></details>\n";
}

/// Text whose names stand in backticks.
fn code(text: &str) -> String {
    let mut out = String::new();
    for (place, piece) in text.split('`').enumerate() {
        let piece = escape(piece);
        out += &if place % 2 == 1 { format!("<code>{piece}</code>") } else { piece };
    }
    out
}
