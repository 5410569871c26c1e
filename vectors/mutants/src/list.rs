//! The list of mutants: `mutants.json`.

use quipu_vectors::registry;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// `mutants.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// What is done to the copy so that it is a client as any other: without checks of itself.
    pub(crate) client: Vec<Edit>,
    /// The mutants.
    pub(crate) mutants: Vec<Mutant>,
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
    /// Why no test notices it: a finding, not an excuse.
    pub(crate) survives: Option<String>,
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
    /// Reads the list of a repository and checks what can be checked without a run.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let path = root.join("vectors/mutants/mutants.json");
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let list: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{}, line {}: {error}", path.display(), error.line()))?;
        let known = registry::requirements(&root.join("spec"))?;
        let mut ids = BTreeSet::new();
        for mutant in &list.mutants {
            let id = &mutant.id;
            if !ids.insert(id) {
                return Err(format!("{id} stands twice in mutants.json"));
            }
            if mutant.edits.is_empty() || mutant.requirements.is_empty() {
                return Err(format!("{id} has no edit or no requirement"));
            }
            if mutant.killed_by.is_empty() != mutant.survives.is_some() {
                return Err(format!("{id}: either tests in killed_by or a reason in survives"));
            }
            let unknown = |it: &&String| !known.iter().any(|known| known.id == **it);
            if let Some(unknown) = mutant.requirements.iter().find(unknown) {
                return Err(format!("{id}: {unknown} is not in the specification"));
            }
        }
        Ok(list)
    }
}
