//! Gives every place at which the reference refuses a switch: a few rules for the usual forms, and
//! `sites.json` for the rest.

use crate::list::{Edit, read_json};
use crate::weave::{place, prepare};
use serde::Deserialize;
use std::path::Path;

/// `sites.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sites {
    /// Edits by hand, before the rules.
    edits: Vec<Edit>,
    /// Functions that many share, by the line that begins them: their callers are the places.
    shared: Vec<Shared>,
}

/// Lines of one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    file: String,
    lines: Vec<String>,
}

impl Sites {
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        read_json(&root.join("vectors/mutants/sites.json"))
    }

    /// The text of a file of the copy with a switch at each of its refusals.
    pub(crate) fn switch(&self, path: &Path, mut text: String) -> Result<String, String> {
        for edit in self.edits.iter().filter(|it| Path::new(&it.file) == path) {
            let (start, end) = place(&text, edit)?;
            text.replace_range(start..end, &edit.replace);
        }
        for shared in self.shared.iter().filter(|it| Path::new(&it.file) == path) {
            for line in &shared.lines {
                let replace = format!("#[track_caller] {line}");
                let edit = Edit { file: shared.file.clone(), find: line.clone(), replace };
                let (start, end) = place(&text, &edit)?;
                text.replace_range(start..end, &edit.replace);
            }
        }
        let krate = if path.starts_with("reference/protocol/src") {
            "crate"
        } else if path.starts_with("vectors/src/perform") {
            "quipu"
        } else {
            return Ok(prepare(path, text, "sites"));
        };
        let end = text.find("\n#[cfg(test)]\nmod tests").unwrap_or(text.len());
        let tests = text.split_off(end);
        Ok(prepare(path, rules(&text, krate) + &tests, "sites"))
    }
}

/// An error as the source names it, `PeerError::Time` or `PeerError::Time.into()`, at the beginning
/// of `text`: its length and its name.
fn error(text: &str) -> Option<(usize, &str)> {
    let begins = text.strip_prefix("quipu::").unwrap_or(text);
    let kinds = ["BytesError::", "PeerError::", "CallerError::", "StorageError::"];
    let rest = kinds.iter().find_map(|kind| begins.strip_prefix(kind))?;
    let name = &rest[..rest.find(|it: char| !it.is_ascii_alphanumeric())?];
    let behind = rest[name.len()..].strip_prefix(".into()").unwrap_or(&rest[name.len()..]);
    Some((text.len() - behind.len(), name))
}

/// The rules, each for one form in which a refusal is written.
fn rules(text: &str, krate: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("Err(").into_iter().chain(rest.find(".ok_or(")).min() {
        let (before, from) = rest.split_at(at);
        out += before;
        let (word, inner) = from.split_at(from.find('(').unwrap_or(0) + 1);
        let Some((length, name)) = error(inner).filter(|(it, _)| inner[*it..].starts_with(')'))
        else {
            out += word;
            rest = inner;
            continue;
        };
        let (error, behind) = (&inner[..length], &inner[length + 1..]);
        let hard = format!("{krate}::switch::hard({name:?}, {error})");
        let skip = format!("{krate}::switch::skip({name:?})");
        rest = behind;
        if word == ".ok_or(" {
            out += &format!(".ok_or_else(|| {hard})");
        } else if out.ends_with("return ") && behind.starts_with(';') && in_if(&out) {
            out.truncate(out.len() - "return ".len());
            out += &format!("if !{skip} {{ return Err({error}); }}");
            rest = &behind[1..];
        } else if let Some(condition) = condition_before(&out, behind) {
            out.insert_str(condition, &format!(" || {skip}"));
            out += &format!("Err({error})");
        } else if let Some((start, end)) = condition_here(&out, behind) {
            out.insert_str(end, &format!(") && !{skip}"));
            out.insert(start, '(');
            out += &format!("Err({error})");
        } else {
            out += &format!("Err({hard})");
        }
    }
    out + rest
}

/// `if … { return Err(E); }`: the block just opened is that of an `if`.
fn in_if(out: &str) -> bool {
    let Some(open) = out.trim_end_matches("return ").trim_end().strip_suffix('{') else {
        return false;
    };
    let lines = open.lines().rev().map(str::trim);
    let code = lines.filter(|it| !it.is_empty() && !it.starts_with("//"));
    let statement = code.take_while(|it| !it.ends_with([';', '{', '}', ',']));
    statement.last().is_some_and(|it| it.starts_with("if "))
}

/// `if C { Ok(…) } else { Err(E) }`: where `C` ends.
fn condition_before(out: &str, behind: &str) -> Option<usize> {
    if !behind.trim_start().starts_with('}') {
        return None;
    }
    let yes = out.trim_end().strip_suffix('{')?.trim_end().strip_suffix("else")?.trim_end();
    let yes = yes.strip_suffix('}')?;
    let open = yes.rfind('{')?;
    let fields = yes[open + 1..].trim_start().starts_with("Ok(");
    let open = if fields { open } else { yes[..open].rfind('{')? };
    yes[open + 1..].trim_start().starts_with("Ok(").then(|| yes[..open].trim_end().len())
}

/// `if C { Err(E) } else { Ok(…) }`: where `C` begins and ends.
fn condition_here(out: &str, behind: &str) -> Option<(usize, usize)> {
    let rest = behind.trim_start().strip_prefix('}')?.trim_start();
    let end = out.trim_end().strip_suffix('{')?.trim_end().len();
    let begin = out[..end].rfind("if ")?;
    (rest.starts_with("else") && begin > out[..end].rfind(['{', ';'])?).then_some((begin + 3, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_refusal_gets_its_switch() {
        let skip = "crate::switch::skip(\"Time\")";
        let hard = "crate::switch::hard(\"Time\", PeerError::Time)";
        let forms = [
            (
                "{ x;\n\n// a; b\nif a == [0; 2] || b\n{\n return Err(PeerError::Time); } y }",
                format!(
                    "{{ x;\n\n// a; b\nif a == [0; 2] || b\n{{\n if !{skip} {{ return Err(PeerError::Time); }} }} y }}"
                ),
            ),
            (
                "{ if room { Ok(()) } else { Err(PeerError::Time) } }",
                format!("{{ if room || {skip} {{ Ok(()) }} else {{ Err(PeerError::Time) }} }}"),
            ),
            (
                "{ if room { Ok(A { b }) } else { Err(PeerError::Time.into()) } }",
                format!(
                    "{{ if room || {skip} {{ Ok(A {{ b }}) }} else {{ Err(PeerError::Time.into()) }} }}"
                ),
            ),
            (
                "{ if late || x { Err(PeerError::Time) } else { Ok(x) } }",
                format!(
                    "{{ if (late || x) && !{skip} {{ Err(PeerError::Time) }} else {{ Ok(x) }} }}"
                ),
            ),
            ("x.ok_or(PeerError::Time)?", format!("x.ok_or_else(|| {hard})?")),
            ("None => Err(PeerError::Time),", format!("None => Err({hard}),")),
            (
                "let Some(x) = y else { return Err(PeerError::Time); };",
                format!("let Some(x) = y else {{ return Err({hard}); }};"),
            ),
            ("Err(error) => 1, x.map_err(|_| PeerError::Time)", String::new()),
        ];
        for (form, expected) in forms {
            let expected = if expected.is_empty() { form } else { &expected };
            assert_eq!(rules(form, "crate"), *expected);
        }
    }
}
