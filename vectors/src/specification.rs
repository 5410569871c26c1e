//! The generated blocks of the specification: tables from the registries, examples from the vectors.

use crate::file::{Named, Test};
use crate::flips;
use crate::registry::{self, Errors, Labels, Limits};
use quipu::handshake::{COMPLETE_LENGTH, init_length, prekey_init_length, response_length};
use quipu::keys::CARD_LENGTH;
use quipu::prekeys::{CurveRecord, KemRecord};
use quipu::wire::Suite;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Every chapter with its blocks filled in: file name, text.
///
/// # Errors
/// An unreadable chapter, an unknown or unclosed block.
pub fn blocks(spec: &Path, files: &[Named]) -> Result<Vec<(PathBuf, String)>, String> {
    let mut chapters: Vec<PathBuf> = fs::read_dir(spec)
        .map_err(|error| format!("cannot read {}: {error}", spec.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    chapters.sort();
    let mut out = Vec::new();
    for path in chapters {
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        let filled = fill(&text, |block| make(block, spec, files))
            .map_err(|text| format!("{}: {text}", name.display()))?;
        out.push((name, filled));
    }
    Ok(out)
}

fn fill(text: &str, make: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- generated:") {
        let (name, body) = after.split_once(" -->\n").ok_or("a block without a name")?;
        let end = format!("<!-- /generated:{name} -->");
        let (_, behind) = body.split_once(&end).ok_or(format!("block {name} is not closed"))?;
        let made = make(name)?;
        let _ = write!(out, "{before}<!-- generated:{name} -->\n{made}{end}");
        rest = behind;
    }
    Ok(out + rest)
}

fn make(block: &str, spec: &Path, files: &[Named]) -> Result<String, String> {
    let example = |file: &str, id: &str| example(files, file, id);
    match block {
        "labels" => labels(&registry::read(spec, "labels.json")?),
        "errors" => errors(&registry::read(spec, "errors.json")?),
        "limits" => limits(&registry::read(spec, "limits.json")?),
        "flips" => Ok(flips::table()),
        "padding" => padding(files),
        "primitives" => {
            let ids = [
                ("x25519", "x25519-rfc7748-6-1-alice"),
                ("ed25519-sign", "ed25519-sign-card"),
                ("mix", "mix-empty"),
                ("extract", "extract-init-zero-salt"),
                ("expand", "expand-root"),
                ("seal", "seal-one-byte"),
            ];
            ids.iter().map(|(file, id)| example(file, id)).collect()
        }
        "card" => example("card-issue", "card-issue-ada"),
        "handshake" => [
            "handshake-initiate-ada-to-bob",
            "handshake-respond-ada",
            "handshake-finish-bob",
            "handshake-complete-ada",
        ]
        .iter()
        .map(|id| {
            example(
                id.rsplit_once("-ada")
                    .or_else(|| id.rsplit_once("-bob"))
                    .map_or(*id, |(file, _)| file),
                id,
            )
        })
        .collect(),
        "ratchet" => ["ratchet-step-one", "chain-step-one"]
            .iter()
            .map(|id| example(&id[..id.len() - 4], id))
            .collect(),
        "message" => example("message-seal", "message-seal-hello"),
        "sizes" => Ok(sizes()),
        "prepared" => [
            ("prekey-issue", "prekey-issue-signed"),
            ("prepared-initiate", "prepared-initiate-one-time"),
            ("prepared-respond", "prepared-respond-one-time"),
        ]
        .iter()
        .map(|(file, id)| example(file, id))
        .collect(),
        "safety" => [
            ("manifest-issue", "manifest-issue-first"),
            ("fingerprint", "fingerprint-ada"),
            ("safety-number", "safety-number-ada-bob"),
        ]
        .iter()
        .map(|(file, id)| example(file, id))
        .collect(),
        "storage" => example("file-seal", "file-seal-state"),
        "conversations" => conversations(files),
        other => Err(format!("block {other} is not known")),
    }
}

fn find<'a>(files: &'a [Named], file: &str, id: &str) -> Result<&'a Test, String> {
    files
        .iter()
        .find(|named| named.name == format!("{file}.json"))
        .and_then(|named| named.file.tests.iter().find(|test| test.id == id))
        .ok_or(format!("no vector {file}/{id}"))
}

/// One vector as a block of names and values.
fn example(files: &[Named], file: &str, id: &str) -> Result<String, String> {
    let test = find(files, file, id)?;
    let mut out = format!("From `{file}.json`, `{id}`:\n\n```text\n");
    let mut line = |name: &str, value: &str| {
        let lines: Vec<String> = value
            .as_bytes()
            .chunks(96)
            .map(|chunk| String::from_utf8_lossy(chunk).into_owned())
            .collect();
        let _ = writeln!(out, "{name:<18} {}", lines.join(&format!("\n{:<18} ", "")));
    };
    for (name, value) in test.input.iter().flatten() {
        if !value.is_object() {
            line(name, &show(value));
        }
    }
    for (index, draw) in test.random.iter().flatten().enumerate() {
        line(&format!("random {index}"), draw);
    }
    for (name, value) in &test.intermediate {
        line(name, value);
    }
    for (name, value) in test.output.iter().flatten() {
        line(name, &show(value));
    }
    out.push_str("```\n\n");
    Ok(out)
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(show).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn labels(registry: &Labels) -> Result<String, String> {
    let mut out = String::from(
        "| label | used by | under | context or input | bytes | chapter | gives |\n|---|---|---|---|---|---|---|\n",
    );
    for it in &registry.labels {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            it.label, it.kind, it.under, it.context, it.length, it.chapter, it.gives
        );
    }
    Ok(out)
}

fn errors(registry: &Errors) -> Result<String, String> {
    let mut out =
        String::from("| error | blame | chapter | meaning | the caller |\n|---|---|---|---|---|\n");
    for it in &registry.errors {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            it.name, it.blame, it.chapter, it.meaning, it.caller
        );
    }
    Ok(out)
}

fn limits(registry: &Limits) -> Result<String, String> {
    let mut out =
        String::from("| limit | value | unit | chapter | reason |\n|---|---|---|---|---|\n");
    for it in &registry.limits {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            it.name,
            show(&it.value),
            it.unit,
            it.chapter,
            it.reason
        );
    }
    Ok(out)
}

/// The lengths that the reference uses.
fn sizes() -> String {
    let suites = [Suite::X25519, Suite::Hybrid];
    let mut out = String::from("| packet | suite `0x0001` | suite `0x0002` |\n|---|---|---|\n");
    let mut line = |name: &str, length: &dyn Fn(Suite) -> usize| {
        let [one, two] = suites.map(length);
        let _ = writeln!(out, "| {name} | {one} | {two} |");
    };
    line("Init", &init_length);
    line("Response", &response_length);
    line("Complete", &|_| COMPLETE_LENGTH);
    line("PrekeyInit", &prekey_init_length);
    let opk = CurveRecord::LENGTH;
    let signed = 2 + CARD_LENGTH + opk;
    let kem = |suite| if suite == Suite::Hybrid { KemRecord::LENGTH } else { 0 };
    line("bundle without a one-time prekey", &|suite| signed + kem(suite));
    line("bundle with one", &|suite| signed + opk + kem(suite));
    out
}

/// The last hash of each chain.
fn conversations(files: &[Named]) -> Result<String, String> {
    let mut out = String::from("| file | suite | conversations | `after` |\n|---|---|---|---|\n");
    for named in files.iter().filter(|named| named.file.operation == "conversations") {
        let last = named.file.tests.last().ok_or("a file without tests")?;
        let field = |object: &Option<crate::file::Object>, name: &str| {
            object.as_ref().and_then(|object| object.get(name)).cloned().unwrap_or_default()
        };
        let number = |name: &str| field(&last.input, name).as_u64().unwrap_or_default();
        let count = number("first") + number("count");
        let after = show(&field(&last.output, "after"));
        let _ = writeln!(out, "| `{}` | {} | {count} | `{after}` |", named.name, named.file.suite);
    }
    Ok(out)
}

fn padding(files: &[Named]) -> Result<String, String> {
    let named = files.iter().find(|named| named.name == "padding.json").ok_or("no padding.json")?;
    let mut out = String::from("| content | padded body |\n|---|---|\n");
    for test in named.file.tests.iter().filter(|test| !test.is_negative()) {
        let field = |object: &Option<crate::file::Object>, name: &str| {
            object
                .as_ref()
                .and_then(|object| object.get(name))
                .map(Value::to_string)
                .unwrap_or_default()
        };
        let _ = writeln!(
            out,
            "| {} | {} |",
            field(&test.input, "length"),
            field(&test.output, "padded")
        );
    }
    Ok(out)
}
