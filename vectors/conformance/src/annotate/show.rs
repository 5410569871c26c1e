//! Annotated bytes for a terminal.

use super::{Annotated, Field, Pair, align};
use std::fmt::Write;
use std::iter;

/// Bytes on a line.
const WIDTH: usize = 32;

/// One byte string.
pub(crate) fn alone(it: &Annotated) -> String {
    let mut out = head(it);
    let wide = wide(it.fields.iter().map(|field| field.name.as_str()));
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(out, "offset  length  {:wide$}  bytes", "field");
    for field in &it.fields {
        let place = format!("{:>6}  {:>6}  {:wide$}", field.offset, field.length, field.name);
        let mut rows: Vec<String> = rows(&field.bytes).collect();
        if !field.value.is_empty() {
            match rows.as_mut_slice() {
                [only] if only.len() < 2 * WIDTH => *only += &format!("  {}", field.value),
                _ => rows.insert(0, field.value.clone()),
            }
        }
        lines(&mut out, &place, &rows);
    }
    troubles(&mut out, it);
    out
}

/// Two byte strings of one kind: what differs is marked, and of that both are shown.
pub(crate) fn against(first: &Annotated, second: &Annotated) -> String {
    let mut out = head(first);
    if second.length != first.length {
        let _ = writeln!(out, "against {} bytes", second.length);
    }
    out += &table(&align(first, second));
    for (name, it) in [("first", first), ("second", second)] {
        for text in &it.troubles {
            let _ = writeln!(out, "the {name}: {text}");
        }
    }
    out
}

/// Aligned fields; `-` and `+` stand before the lines of the first and of the second.
pub(crate) fn table(pairs: &[Pair]) -> String {
    let wide = wide(pairs.iter().map(|it| it.name.as_str()));
    let mut out = format!("  offset  length  {:wide$}  bytes\n", "field");
    for it in pairs {
        let mark = if it.differs { '!' } else { ' ' };
        let place = format!("{mark} {:>6}  {:>6}  {:wide$}", it.offset, it.length, it.name);
        let text = if it.differs { both(it) } else { vec!["the same".to_owned()] };
        lines(&mut out, &place, &text);
    }
    let count = pairs.iter().filter(|it| it.differs).count();
    let _ = writeln!(out, "{count} of {} fields differ", pairs.len());
    out
}

/// The rows of a field that differ, both versions below each other.
fn both(it: &Pair) -> Vec<String> {
    let empty = Vec::new();
    let bytes = |of: &Option<Field>| of.as_ref().map_or(empty.clone(), |it| it.bytes.clone());
    let (expected, found) = (bytes(&it.expected), bytes(&it.found));
    let mut out = Vec::new();
    for (mark, of) in [('-', &it.expected), ('+', &it.found)] {
        match of {
            None => out.push(format!("{mark} not there")),
            Some(field) if !field.value.is_empty() && field.value != "sealed" => {
                out.push(format!("{mark} {}", field.value));
            }
            Some(_) => {}
        }
    }
    let count = expected.len().max(found.len()).div_ceil(WIDTH);
    for row in 0..count {
        let part =
            |of: &[u8]| of.iter().skip(row * WIDTH).take(WIDTH).copied().collect::<Vec<u8>>();
        let (old, new) = (part(&expected), part(&found));
        if old == new {
            continue;
        }
        let same = (0..old.len().max(new.len())).map(|at| old.get(at) == new.get(at));
        let marks: String = same.map(|same| if same { "  " } else { "^^" }).collect();
        let from = if count > 1 { format!("  from byte {}", row * WIDTH) } else { String::new() };
        out.push(format!("- {}{from}", hex::encode(old)));
        out.push(format!("+ {}", hex::encode(new)));
        out.push(format!("  {}", marks.trim_end()));
    }
    out
}

fn head(it: &Annotated) -> String {
    let (name, chapter) = it.kind.names();
    format!("{name}, {} bytes, chapter {chapter}\n", it.length)
}

fn wide<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|it| it.chars().count()).chain(iter::once(5)).max().unwrap_or(5)
}

fn rows(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.chunks(WIDTH).map(hex::encode)
}

fn lines(out: &mut String, place: &str, rows: &[String]) {
    let blank = " ".repeat(place.chars().count());
    let first = rows.first().map_or("", String::as_str);
    let _ = writeln!(out, "{}", format!("{place}  {first}").trim_end());
    for row in rows.iter().skip(1) {
        let _ = writeln!(out, "{blank}  {row}");
    }
}

fn troubles(out: &mut String, it: &Annotated) {
    for text in &it.troubles {
        let _ = writeln!(out, "{text}");
    }
}
