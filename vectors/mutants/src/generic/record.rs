//! What was seen of every mutant: `generic.json`; why some survive: `survivors.json`.

use super::judge::Verdict;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What was seen of one mutant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seen {
    /// It does not compile: no mutant.
    Refused(String),
    /// It compiles, but not behind a switch: no one has played it.
    Unplayed(String),
    /// It has not been played.
    LeftOut,
    /// This vector or live case fails.
    Suite(String),
    /// The public suite passes, this test of the workspace fails.
    Test(String),
    /// Everything passes.
    Survives,
}

impl Seen {
    /// The verdict on a mutant that was played.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Refused(_) | Self::Unplayed(_) | Self::LeftOut => None,
            Self::Suite(name) => Some(Verdict::Suite(name.clone())),
            Self::Test(name) => Some(Verdict::Test(name.clone())),
            Self::Survives => Some(Verdict::Survives),
        }
    }

    /// The one vector or live case that has failed, unless that was something else or a hang.
    pub(crate) fn test(&self) -> Option<&str> {
        match self {
            Self::Suite(name) if name.contains('/') && !name.contains(' ') => Some(name),
            _ => None,
        }
    }
}

impl From<Verdict> for Seen {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Suite(name) => Self::Suite(name),
            Verdict::Test(name) => Self::Test(name),
            Verdict::Survives => Self::Survives,
        }
    }
}

/// Both files.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    folder: PathBuf,
    pub(crate) seen: BTreeMap<String, Seen>,
    pub(crate) reasons: BTreeMap<String, Reason>,
}

/// Why a mutant survives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Whether it behaves as the reference for every caller.
    pub(crate) equivalent: bool,
    pub(crate) reason: String,
}

impl Record {
    /// Reads both; a repository without a record has played nothing.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let folder = root.join("vectors/mutants");
        let seen = file(&folder.join("generic.json"))?;
        let reasons = file(&folder.join("survivors.json"))?;
        Ok(Self { folder, seen, reasons })
    }

    /// Writes what was seen.
    pub(crate) fn write(&self) -> Result<(), String> {
        let path = self.folder.join("generic.json");
        let text = serde_json::to_string_pretty(&self.seen).map_err(|error| error.to_string())?;
        fs::write(&path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What has caught others of a file, the most of them first.
    pub(crate) fn likely(&self, file: &str) -> Vec<String> {
        let mut counts = BTreeMap::<&str, usize>::new();
        for (name, seen) in &self.seen {
            if let Some(by) = seen.test().filter(|_| name.starts_with(file)) {
                *counts.entry(by).or_default() += 1;
            }
        }
        let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
        names.sort_by_key(|(_, count)| Reverse(*count));
        names.into_iter().take(16).map(|(name, _)| name.to_owned()).collect()
    }

    /// Survivors without a reason, and reasons for what does not survive.
    pub(crate) fn findings(&self) -> Vec<String> {
        let survivors = self.seen.iter().filter(|(_, seen)| matches!(seen, Seen::Survives));
        let given = |name: &String| self.reasons.get(name).is_some_and(|it| !it.reason.is_empty());
        let missing = survivors.filter(|(name, _)| !given(name));
        let missing = missing.map(|(name, _)| format!("no reason why this survives: {name}"));
        let needless = self.reasons.keys().filter(|it| self.seen.get(*it) != Some(&Seen::Survives));
        let needless = needless.map(|name| format!("a reason for what does not survive: {name}"));
        missing.chain(needless).collect()
    }
}

fn file<T: Default + for<'a> Deserialize<'a>>(path: &Path) -> Result<T, String> {
    if !path.exists() {
        return Ok(T::default());
    }
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("{}, line {}: {error}", path.display(), error.line()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(seen: Seen, reason: Option<&str>) -> Vec<String> {
        let reason = reason.map(|it| Reason { equivalent: true, reason: it.to_owned() });
        let reasons = reason.map(|it| ("a".to_owned(), it)).into_iter().collect();
        let seen = BTreeMap::from([("a".to_owned(), seen)]);
        Record { folder: PathBuf::new(), seen, reasons }.findings()
    }

    #[test]
    fn exactly_what_survives_has_a_reason() {
        let caught = || Seen::Suite("b".to_owned());
        assert!(findings(Seen::Survives, Some("it is the same")).is_empty());
        assert!(findings(caught(), None).is_empty());
        assert_eq!(findings(Seen::Survives, None), ["no reason why this survives: a"]);
        assert_eq!(findings(Seen::Survives, Some("")), ["no reason why this survives: a"]);
        let needless = findings(caught(), Some("it is the same"));
        assert_eq!(needless, ["a reason for what does not survive: a"]);
    }
}
