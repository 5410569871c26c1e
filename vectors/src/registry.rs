//! The registries and requirement ids of the specification, read from `spec/`.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// `AREA-NN`.
    pub id: String,
    /// The sentence without its id.
    pub text: String,
    /// The chapter.
    pub chapter: u8,
    /// The file name.
    pub file: String,
}

impl Requirement {
    /// Whether the sentence says MUST or MUST NOT.
    pub fn is_must(&self) -> bool {
        self.text.contains("MUST")
    }
}

/// Every requirement of `spec/*.md`, in order.
///
/// # Errors
/// An unreadable folder, an id that stands twice, or one that does not lead its sentence.
pub fn requirements(spec: &Path) -> Result<Vec<Requirement>, String> {
    let mut names: Vec<String> = fs::read_dir(spec)
        .map_err(|error| format!("cannot read {}: {error}", spec.display()))?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".md") && name.as_bytes()[0].is_ascii_digit())
        .collect();
    names.sort();
    let mut all = Vec::new();
    for file in names {
        let path = spec.join(&file);
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let chapter = file.get(..2).and_then(|number| number.parse().ok()).unwrap_or(0);
        for line in text.lines() {
            if let Some((id, sentence)) =
                line.strip_prefix("- [").and_then(|rest| rest.split_once("] "))
                && is_id(id)
            {
                all.push(Requirement {
                    id: id.to_owned(),
                    text: sentence.to_owned(),
                    chapter,
                    file: file.clone(),
                });
            }
        }
    }
    let unique: BTreeSet<&str> = all.iter().map(|it| it.id.as_str()).collect();
    if unique.len() == all.len() {
        Ok(all)
    } else {
        Err("a requirement id stands twice".to_owned())
    }
}

/// Whether `text` has the form `AREA-NN`.
pub fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(area, number)| {
        !area.is_empty()
            && area.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.len() >= 2
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `registry/errors.json`.
#[derive(Debug, Deserialize)]
pub struct Errors {
    /// The entries.
    pub errors: Vec<ErrorEntry>,
}

/// One error.
#[derive(Debug, Deserialize)]
pub struct ErrorEntry {
    /// The name.
    pub name: String,
    /// `bytes`, `peer`, `caller` or `storage`.
    pub blame: String,
    /// The chapter.
    pub chapter: u8,
    /// What it means.
    pub meaning: String,
    /// What the caller does.
    pub caller: String,
}

/// `registry/limits.json`.
#[derive(Debug, Deserialize)]
pub struct Limits {
    /// The entries.
    pub limits: Vec<LimitEntry>,
}

/// One limit.
#[derive(Debug, Deserialize)]
pub struct LimitEntry {
    /// The name.
    pub name: String,
    /// A number, or a list as text.
    pub value: serde_json::Value,
    /// The unit.
    pub unit: String,
    /// The chapter.
    pub chapter: u8,
    /// Why this value.
    pub reason: String,
}

/// `registry/labels.json`.
#[derive(Debug, Deserialize)]
pub struct Labels {
    /// The entries.
    pub labels: Vec<LabelEntry>,
}

/// One label.
#[derive(Debug, Deserialize)]
pub struct LabelEntry {
    /// The label.
    pub label: String,
    /// What it is used with.
    pub kind: String,
    /// The key or salt.
    pub under: String,
    /// The context or input.
    pub context: String,
    /// Bytes of output.
    pub length: u16,
    /// The chapter.
    pub chapter: u8,
    /// What comes out.
    pub gives: String,
}

/// `registry/exceptions.json`.
#[derive(Debug, Deserialize)]
pub struct Exceptions {
    /// What no packet of a client shows.
    pub unseen: Vec<Unseen>,
    /// What no line of the protocol crate can do.
    pub elsewhere: Vec<String>,
}

/// A requirement that no vector and no live case can test.
#[derive(Debug, Deserialize)]
pub struct Unseen {
    /// The requirement.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Tests in the project that hold what is ours to it: `PATH NAME`.
    #[serde(default)]
    pub tests: Vec<String>,
    /// What there is instead of a test.
    #[serde(default)]
    pub evidence: String,
}

/// Reads one registry file.
///
/// # Errors
/// Unreadable or malformed.
pub fn read<T: for<'de> Deserialize<'de>>(spec: &Path, name: &str) -> Result<T, String> {
    crate::file::read(&spec.join("registry").join(name))
        .map(|(registry, _)| registry)
        .map_err(|error| error.to_string())
}
