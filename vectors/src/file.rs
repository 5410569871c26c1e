//! Chapter 12.1 and 12.2: the files.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A JSON object.
pub type Object = Map<String, Value>;

/// The format number of chapter 12.
pub const FORMAT: u32 = 1;
/// The value of `protocol`.
pub const PROTOCOL: &str = "QuipuV1";
/// The licence of every file.
pub const LICENSE: &str = "CC0-1.0 OR MIT OR Apache-2.0";

/// One vector file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// 1.
    pub format: u32,
    /// `QuipuV1`.
    pub protocol: String,
    /// One of chapter 12.3.
    pub operation: String,
    /// The suite number.
    pub suite: u16,
    /// The profile that an implementation needs for the file.
    pub profile: String,
    /// SPDX expression.
    pub license: String,
    /// What the file tests.
    pub comment: String,
    /// The flags that its tests may carry.
    pub flags: BTreeMap<String, Flag>,
    /// The tests.
    pub tests: Vec<Test>,
}

/// What kind of bug a test with the flag finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// The bug.
    pub bug: String,
    /// What it costs.
    pub effect: String,
    /// `critical`, `high` or `low`.
    pub severity: String,
}

/// One test.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// Unique, never used again.
    pub id: String,
    /// What is special about it.
    pub comment: String,
    /// Ids of the specification.
    pub requirements: Vec<String>,
    /// Names of the file's flags.
    pub flags: Vec<String>,
    /// Arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Object>,
    /// Draws in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub random: Option<Vec<String>>,
    /// Label and value in the order of computation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intermediate: Vec<(String, String)>,
    /// Results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Object>,
    /// Error name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The test that succeeds and differs by `delta`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twin: Option<String>,
    /// What was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<String>,
    /// The start of a script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<Object>,
    /// The steps of a script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Object>>,
}

impl Test {
    /// Whether the test, or a step of it, refuses.
    pub fn is_negative(&self) -> bool {
        let steps = self.steps.iter().flatten();
        self.error.is_some() || steps.into_iter().any(|step| step.contains_key("error"))
    }

    /// Every error name that the test expects.
    pub fn errors(&self) -> impl Iterator<Item = &str> {
        let steps = self.steps.iter().flatten();
        let of_steps = steps.filter_map(|step| step.get("error")).filter_map(Value::as_str);
        let events = self.steps.iter().flatten().filter_map(|step| step.get("events"));
        let of_events = events
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(|event| event.get("error"))
            .filter_map(Value::as_str);
        self.error.as_deref().into_iter().chain(of_steps).chain(of_events)
    }
}

/// `manifest.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Every vector file.
    pub files: Vec<ManifestEntry>,
}

/// One line of the manifest.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// File name.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Number of tests.
    pub tests: usize,
    /// Number of negative tests.
    pub negative: usize,
}

/// `retired.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// Ids that were used once and never will be again.
    pub ids: Vec<String>,
}

/// A vector file with its name.
#[derive(Debug, Clone)]
pub struct Named {
    /// File name.
    pub name: String,
    /// Its content.
    pub file: File,
}

/// How the names of files with ways through the model begin.
pub const TRACES: &str = "device-traces-";

impl Named {
    /// Whether its tests are ways through the model of chapter 8.2: what is refused in them follows
    /// from the way, and was chosen by nobody.
    pub fn is_traces(&self) -> bool {
        self.name.starts_with(TRACES)
    }
}

/// Why files could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// A path cannot be read: usage.
    Unreadable(String),
    /// A file is malformed or differs from the manifest: the suite is damaged.
    Damaged(String),
}

impl core::fmt::Display for LoadError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (Self::Unreadable(text) | Self::Damaged(text)) = self;
        f.write_str(text)
    }
}

/// Reads a JSON file of type `T`.
///
/// # Errors
/// Names file, line, column and field.
pub fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<(T, Vec<u8>), LoadError> {
    let bytes = fs::read(path).map_err(|error| {
        LoadError::Unreadable(format!("cannot read {}: {error}", path.display()))
    })?;
    parse(&path.display().to_string(), &bytes).map(|value| (value, bytes))
}

/// Parses the bytes of a JSON file of type `T`.
///
/// # Errors
/// Names file, line, column and field.
pub fn parse<T: for<'de> Deserialize<'de>>(name: &str, bytes: &[u8]) -> Result<T, LoadError> {
    serde_json::from_slice(bytes).map_err(|error| {
        LoadError::Damaged(format!(
            "{name}, line {}, column {}: {error}",
            error.line(),
            error.column()
        ))
    })
}

//= spec/12-vectors.md#12-2-a-test
//# [VEC-03] A reader MUST fail a file with an unknown format, operation, field or flag, and a
//# directory whose files differ from `manifest.json`.
/// Loads and checks a folder of vectors against its manifest.
///
/// # Errors
/// As [`read`]; a missing, superfluous or altered file is damage.
pub fn load(folder: &Path) -> Result<Vec<Named>, LoadError> {
    let (manifest, _) = read::<Manifest>(&folder.join("manifest.json"))?;
    let mut files = Vec::new();
    for entry in &manifest.files {
        let path = folder.join(&entry.name);
        if !path.exists() {
            let text = format!("{} is in manifest.json and missing", path.display());
            return Err(LoadError::Damaged(text));
        }
        let (file, bytes) = read::<File>(&path)?;
        let found = describe(&entry.name, &file, &bytes);
        if found != *entry {
            return Err(LoadError::Damaged(format!(
                "{} differs from manifest.json (SHA-256, tests or negative): regenerate or restore it",
                path.display()
            )));
        }
        files.push(Named { name: entry.name.clone(), file });
    }
    let listed = |name: &str| manifest.files.iter().any(|entry| entry.name == name);
    let entries = fs::read_dir(folder).map_err(|error| {
        LoadError::Unreadable(format!("cannot read {}: {error}", folder.display()))
    })?;
    for name in entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        if name.ends_with(".json")
            && !["manifest.json", "retired.json"].contains(&name.as_str())
            && !listed(&name)
        {
            let text = format!("{} is not in manifest.json", folder.join(name).display());
            return Err(LoadError::Damaged(text));
        }
    }
    Ok(files)
}

/// The manifest line of a file.
pub fn describe(name: &str, file: &File, bytes: &[u8]) -> ManifestEntry {
    ManifestEntry {
        name: name.to_owned(),
        sha256: hex::encode(quipu::crypto::kdf::sha256(&[bytes])),
        tests: file.tests.len(),
        negative: file.tests.iter().filter(|test| test.is_negative()).count(),
    }
}
