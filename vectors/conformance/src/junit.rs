//! The report that continuous integration systems read.

use crate::outcome::Outcome;
use std::fmt::Write;

/// One suite with a case for each test.
pub(crate) fn write(outcome: &Outcome) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failed) = (outcome.tests.len(), outcome.failed);
    let name = escape(&format!("quipu: {}", outcome.implementation));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<testsuites tests=\"{tests}\" failures=\"{failed}\">");
    let _ = writeln!(out, "<testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\">");
    for test in &outcome.tests {
        let (class, name) = test.name.split_once('/').unwrap_or((test.kind, &test.name));
        let _ = write!(out, "<testcase classname=\"{}\" name=\"{}\"", escape(class), escape(name));
        match &test.failure {
            None => out.push_str("/>\n"),
            Some(text) if test.expected => {
                let text = escape(text);
                let _ = writeln!(out, "><skipped message=\"expected: {text}\"/></testcase>");
            }
            Some(text) => {
                let kind = if test.accepted_invalid { "accepted" } else { "failed" };
                let hints = test.hints.iter().map(|hint| format!("; hint: {}", hint.text));
                let text = escape(&(text.clone() + &hints.collect::<String>()));
                let ids = escape(&test.requirements.join(" "));
                let _ = writeln!(
                    out,
                    "><failure type=\"{kind}\" message=\"{text}\">{ids}</failure></testcase>"
                );
            }
        }
    }
    out + "</testsuite>\n</testsuites>\n"
}

/// Text as XML takes it: without control characters.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}
