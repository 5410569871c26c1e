//! The chapters of the specification and their requirement ids.

use crate::options::Stop;
use quipu_vectors::registry::{self, Exceptions, Requirement, requirements};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The specification, as far as a report names it.
#[derive(Debug)]
pub(crate) struct Chapters {
    /// Number and title.
    pub(crate) titles: BTreeMap<u8, String>,
    /// Every requirement.
    pub(crate) requirements: Vec<Requirement>,
    /// Ids of which `registry/exceptions.json` says why no packet can show it.
    pub(crate) unseen: BTreeSet<String>,
}

impl Chapters {
    /// Reads `spec/*.md`.
    pub(crate) fn load(spec: &Path) -> Result<Self, Stop> {
        fs::read_dir(spec)
            .map_err(|error| Stop::usage(format!("cannot read {}: {error}", spec.display())))?;
        let requirements = requirements(spec).map_err(Stop::damaged)?;
        if requirements.is_empty() {
            return Err(Stop::usage(format!("{} holds no requirement", spec.display())));
        }
        let mut titles = BTreeMap::new();
        for requirement in &requirements {
            titles
                .entry(requirement.chapter)
                .or_insert_with(|| title(&spec.join(&requirement.file)));
        }
        let exceptions: Exceptions =
            registry::read(spec, "exceptions.json").map_err(Stop::damaged)?;
        let unseen = exceptions.unseen.into_iter().map(|it| it.id).collect();
        Ok(Self { titles, requirements, unseen })
    }

    /// The chapter of a requirement.
    pub(crate) fn of_requirement(&self, id: &str) -> Option<u8> {
        self.requirements.iter().find(|it| it.id == id).map(|it| it.chapter)
    }

    /// The chapter of a test: that of its first requirement, else that of its operation.
    pub(crate) fn of_test(&self, ids: &[String], operation: &str) -> u8 {
        let first = ids.first().and_then(|id| self.of_requirement(id));
        first.unwrap_or_else(|| of_operation(operation).unwrap_or(0))
    }

    pub(crate) fn title(&self, chapter: u8) -> String {
        self.titles.get(&chapter).cloned().unwrap_or_else(|| format!("{chapter}"))
    }
}

/// The first heading of a chapter, "1 Notation".
fn title(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let heading = text.lines().find_map(|line| line.strip_prefix("# "));
    heading.unwrap_or_default().trim().to_owned()
}

/// The chapter that an operation of chapter 12.3 belongs to; `None` when there is no such operation.
pub(crate) fn of_operation(operation: &str) -> Option<u8> {
    Some(match operation {
        "kem-generate" | "kem-encapsulate" | "kem-decapsulate" => 2,
        "psk-id" => 4,
        "prekey-issue" | "prekey-verify" | "bundle-verify" | "prepared-initiate"
        | "prepared-respond" => 5,
        "manifest-issue" | "manifest-change" | "manifest-verify" | "manifest-follow"
        | "fingerprint" | "safety-number" | "scan" => 9,
        "file-seal" | "file-open" | "import" => 10,
        "x25519" | "ed25519-sign" | "ed25519-verify" | "mix" | "extract" | "expand" | "seal"
        | "open" => 2,
        "card-issue" | "card-verify" | "card-valid" => 3,
        "handshake-initiate" | "handshake-respond" | "handshake-finish" | "handshake-complete" => 4,
        "ratchet-step" | "chain-step" => 6,
        "padding" | "message-seal" | "message-open" => 7,
        "session-keys" | "export" | "conversations" | "session" | "device" => 8,
        _ => return None,
    })
}
