//! Two values side by side, what differs marked.

use super::escape;
use crate::annotate::{Field, Pair};
use crate::difference::shown;
use serde_json::Value;

/// So many bytes of a value are shown from shortly before the first that differs.
const WINDOW: usize = 256;

/// Both values, the bytes or letters that differ marked.
pub(super) fn sides(expected: &Value, found: &Value) -> String {
    let (due, got) = (shown(expected), shown(found));
    let hex = |text: &str| !text.is_empty() && hex::decode(text).is_ok();
    let size = if hex(&due) && hex(&got) { 2 } else { 1 };
    let split = |text: &str| -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(size).map(|it| it.iter().collect()).collect()
    };
    let (due, got) = (split(&due), split(&got));
    let head = |name: &str, units: &[String]| match size {
        2 => format!("{name} <span class=\"soft\">{} bytes</span>", units.len()),
        _ => name.to_owned(),
    };
    format!(
        "<div class=\"sides\"><div><h3>{}</h3><div class=\"hex\">{}</div></div>\n<div><h3>{}</h3><div class=\"hex\">{}</div></div></div>\n",
        head("expected", &due),
        marked(&due, &got),
        head("found", &got),
        marked(&got, &due)
    )
}

/// The units of one value, those that the other has not at the same place marked.
fn marked(units: &[String], other: &[String]) -> String {
    let differs = |at: usize| units.get(at) != other.get(at);
    let first = (0..units.len()).find(|at| differs(*at)).unwrap_or(0);
    let from = if units.len() <= WINDOW { 0 } else { first.saturating_sub(16) };
    let to = (from + WINDOW).min(units.len());
    let mut out = String::new();
    if from > 0 {
        out += &format!("<span class=\"soft\">{from} before … </span>");
    }
    let mut open = false;
    for (at, unit) in units.iter().enumerate().take(to).skip(from) {
        if differs(at) != open {
            out += if open { "</mark>" } else { "<mark>" };
            open = !open;
        }
        out += &escape(unit);
    }
    if open {
        out += "</mark>";
    }
    if to < units.len() {
        out += &format!("<span class=\"soft\"> … {} more</span>", units.len() - to);
    }
    out
}

/// The fields of two values, in a table.
pub(super) fn fields(pairs: &[Pair]) -> String {
    let count = pairs.iter().filter(|it| it.differs).count();
    let mut out =
        format!("<h3>{count} of {} fields differ</h3>\n<table class=\"fields\">\n", pairs.len());
    out += "<tr class=\"head\"><th>field<th class=\"n\">offset<th class=\"n\">length<th>expected<th>found\n";
    for it in pairs.iter().filter(|it| it.differs) {
        let (due, got) = (units(it.expected.as_ref()), units(it.found.as_ref()));
        out += &format!(
            "<tr><td>{}<td class=\"n\" data-name=\"at\">{}<td class=\"n\" data-name=\"length\">{}<td data-name=\"expected\">{}<td data-name=\"found\">{}\n",
            escape(&it.name),
            it.offset,
            it.length,
            cell(it.expected.as_ref(), &due, &got),
            cell(it.found.as_ref(), &got, &due)
        );
    }
    out += "</table>\n";
    let same = pairs.iter().filter(|it| !it.differs).map(|it| escape(&it.name));
    let same: Vec<String> = same.collect();
    if !same.is_empty() {
        out += &format!("<p class=\"soft\">The same: {}.</p>\n", same.join("; "));
    }
    out
}

fn units(field: Option<&Field>) -> Vec<String> {
    field.map_or_else(Vec::new, |it| it.bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn cell(field: Option<&Field>, units: &[String], other: &[String]) -> String {
    let Some(field) = field else { return "<span class=\"soft\">not there</span>".to_owned() };
    let value = match field.value.as_str() {
        "" => String::new(),
        text => format!("{}<br>", escape(text)),
    };
    format!("{value}<code>{}</code>", marked(units, other))
}
