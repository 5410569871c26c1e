//! The matrix of requirements and results, by chapter.

use super::escape;
use crate::outcome::{Outcome, Requirement};

const LEGEND: [(&str, &str, &str); 4] = [
    ("good", "✓", "a test passed and none failed"),
    ("bad", "✗", "a test failed"),
    ("warn", "○", "no test ran"),
    ("", "–", "no test can exist; the specification says why"),
];

/// Every requirement with its result.
pub(super) fn chapters(out: &mut String, outcome: &Outcome) {
    *out += "<h2>Requirements</h2>\n<ul class=\"chips\">\n";
    for (class, symbol, text) in LEGEND {
        *out += &format!("<li class=\"{class}\">{symbol} {text}\n");
    }
    *out += "</ul>\n";
    for chapter in &outcome.chapters {
        let of = || outcome.requirements.iter().filter(|it| it.chapter == chapter.number);
        let bad = match chapter.failed {
            0 => String::new(),
            count => format!(", <span class=\"bad\">{count} failed</span>"),
        };
        *out += &format!(
            "<h3>{} <span class=\"soft\">{} tests passed{bad}; {} of {} requirements covered</span></h3>\n",
            escape(&chapter.title),
            chapter.passed,
            chapter.covered,
            chapter.requirements
        );
        *out += "<ul class=\"chips\">\n";
        for it in of() {
            let (class, symbol) = result(it);
            *out += &format!(
                "<li class=\"{class}\" title=\"{}\">{symbol} {}\n",
                escape(&it.text),
                escape(&it.id)
            );
        }
        *out += "</ul>\n";
        let open: Vec<&Requirement> =
            of().filter(|it| it.failed > 0 || it.passed == 0 && !it.untestable).collect();
        if open.is_empty() {
            continue;
        }
        *out += &format!(
            "<details class=\"all\"><summary>{} without a clean pass</summary>\n<table>\n",
            open.len()
        );
        for it in open {
            let (class, symbol) = result(it);
            *out += &format!(
                "<tr><td class=\"{class}\"><code>{symbol} {}</code><td>{}<td class=\"n\">{} passed, {} failed\n",
                escape(&it.id),
                escape(&it.text),
                it.passed,
                it.failed
            );
        }
        *out += "</table></details>\n";
    }
}

/// Class and symbol of a requirement.
const fn result(it: &Requirement) -> (&'static str, &'static str) {
    let place = match (it.failed, it.passed, it.untestable) {
        (1.., ..) => 1,
        (_, 1.., _) => 0,
        (.., true) => 3,
        _ => 2,
    };
    (LEGEND[place].0, LEGEND[place].1)
}
