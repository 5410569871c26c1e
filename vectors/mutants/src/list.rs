//! The list of mutants: `mutants.json`.

use crate::seeded::Seeded;
use quipu_vectors::registry;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// `mutants.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// What is done to the copy before the bugs, so that it is a client as any other: without
    /// checks of itself, with room for what a bug keeps.
    pub(crate) client: Vec<Edit>,
    /// Mutants that there were, and why they are none: their ids are never used again.
    #[serde(default)]
    retired: BTreeMap<String, String>,
    /// The mutants.
    pub(crate) mutants: Vec<Mutant>,
    /// `seeded.json`.
    #[serde(skip)]
    pub(crate) seeded: Seeded,
}

/// One mutant: the reference with one bug.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutant {
    /// Its name, never used again for another.
    pub(crate) id: String,
    /// What it does, as the end of a sentence that begins with "it".
    pub(crate) bug: String,
    /// The requirements that it violates.
    pub(crate) requirements: Vec<String>,
    /// What is done to the source.
    pub(crate) edits: Vec<Edit>,
    /// Tests that have to fail, each by its own assertion.
    pub(crate) killed_by: Vec<String>,
}

/// An expression, or statements without their last semicolon, and what stands in their place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    /// A path in the repository.
    pub(crate) file: String,
    /// What stands there exactly once.
    pub(crate) find: String,
    /// What the bug makes of it.
    pub(crate) replace: String,
}

impl List {
    /// A list of mutants alone.
    #[cfg(test)]
    pub(crate) fn of(mutants: Vec<Mutant>) -> Self {
        Self { client: Vec::new(), retired: BTreeMap::new(), mutants, seeded: Seeded::default() }
    }

    /// Reads the list of a repository and checks what can be checked without a run.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut list: Self = read_json(&root.join("vectors/mutants/mutants.json"))?;
        let known = registry::requirements(&root.join("spec"))?;
        let mut ids = BTreeSet::new();
        for mutant in &list.mutants {
            let id = &mutant.id;
            if !ids.insert(id) || list.retired.contains_key(id) {
                return Err(format!("{id} stands twice in mutants.json"));
            }
            let Mutant { edits, requirements, killed_by, .. } = mutant;
            if edits.is_empty() || requirements.is_empty() || killed_by.is_empty() {
                return Err(format!("{id} has no edit, no requirement or no test that kills it"));
            }
            let unknown = |it: &&String| !known.iter().any(|known| known.id == **it);
            if let Some(unknown) = mutant.requirements.iter().find(unknown) {
                return Err(format!("{id}: {unknown} is not in the specification"));
            }
        }
        list.seeded = Seeded::read(root, &list.mutants)?;
        Ok(list)
    }

    /// All edits, each with the name of its bug.
    pub(crate) fn edits(&self) -> impl Iterator<Item = (&str, &Edit)> {
        let mutants = self.mutants.iter().map(|it| (it.id.as_str(), &it.edits));
        let patches = self.seeded.patches.iter().map(|it| (it.id.as_str(), &it.edits));
        mutants.chain(patches).flat_map(|(id, edits)| edits.iter().map(move |edit| (id, edit)))
    }
}

/// A list as a file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("{}, line {}: {error}", path.display(), error.line()))
}
