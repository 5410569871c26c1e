//! The seeded bugs of the model as bugs of the code: `seeded.json`, and what finds them there.

use crate::list::{Edit, Mutant, read_json};
use crate::matrix::{Test, each, report};
use crate::tree::bounded;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// `seeded.json`. Every seeded bug stands in it once.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seeded {
    /// Bugs of the code that are seeded bugs of the model and no mutants.
    pub(crate) patches: Vec<Patch>,
    /// Seeded bugs that are bugs of the code.
    pub(crate) same: Vec<Same>,
    /// Those that are not, or that nobody has made a patch of.
    pub(crate) others: Vec<Others>,
    /// Of each seeded bug the claim of the model that finds it, as `model/golden` has it.
    #[serde(skip)]
    pub(crate) claims: BTreeMap<String, String>,
}

/// A bug of the code, woven into the same copy as the mutants.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    pub(crate) id: String,
    /// What it does, as the end of a sentence that begins with "it".
    pub(crate) bug: String,
    pub(crate) edits: Vec<Edit>,
}

/// A seeded bug and the patch, or the mutant, that breaks the same rule in the same way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Same {
    pub(crate) seeded: String,
    pub(crate) patch: String,
    /// Why neither traces nor lockstep find it; nothing when one of them does.
    pub(crate) why: Option<String>,
}

/// Seeded bugs without a patch, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Others {
    pub(crate) seeded: Vec<String>,
    pub(crate) why: String,
}

/// The bounds of lockstep that are looked at: small ones, a few seconds together.
const BOUNDS: [&str; 3] = ["lockstep-window", "lockstep-five", "lockstep-in-a-row"];

/// A larger one, for what nothing else finds.
const WIDE: &str = "lockstep-superseded";

/// What finds a patch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// How many traces in which it says something else than the model.
    pub(crate) said: usize,
    /// How many traces in which the first difference is one of bytes.
    pub(crate) bytes: usize,
    /// One of them, of the first kind if there is one.
    pub(crate) trace: Option<String>,
    /// The bound in which lockstep finds it.
    pub(crate) bound: Option<String>,
}

impl Found {
    pub(crate) fn any(&self) -> bool {
        self.trace.is_some() || self.bound.is_some()
    }
}

/// The programs: the runner, and client and model of the copy.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) runner: PathBuf,
    pub(crate) client: PathBuf,
    pub(crate) model: PathBuf,
}

impl Seeded {
    /// Reads the list and checks it against the seeded bugs of the model and the mutants.
    pub(crate) fn read(root: &Path, mutants: &[Mutant]) -> Result<Self, String> {
        let mut list: Self = read_json(&root.join("vectors/mutants/seeded.json"))?;
        let path = root.join("model/golden/bugs.txt");
        let golden = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        list.claims = golden.lines().filter_map(claim).collect();
        list.bugs_stand_once()?;
        let used: BTreeSet<&str> = list.same.iter().map(|it| it.patch.as_str()).collect();
        let made = mutants.iter().map(|it| &it.id).chain(list.patches.iter().map(|it| &it.id));
        let made: Vec<&str> = made.map(String::as_str).collect();
        if let Some(id) = used.iter().find(|id| made.iter().filter(|it| it == id).count() != 1) {
            return Err(format!("seeded.json: there is not exactly one patch {id}"));
        }
        match list.patches.iter().find(|it| !used.contains(it.id.as_str())) {
            Some(it) => Err(format!("seeded.json: {} is no seeded bug", it.id)),
            None => Ok(list),
        }
    }

    fn bugs_stand_once(&self) -> Result<(), String> {
        let others = self.others.iter().flat_map(|it| &it.seeded);
        let mut named: Vec<&String> = self.same.iter().map(|it| &it.seeded).chain(others).collect();
        named.sort();
        let known: Vec<&String> = self.claims.keys().collect();
        if let Some(pair) = named.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("seeded.json names {} twice", pair[0]));
        }
        let unknown = named.iter().find(|it| !known.contains(it));
        let missing = known.iter().find(|it| !named.contains(it));
        match (unknown, missing) {
            (Some(it), _) => Err(format!("seeded.json: the model has no {it}")),
            (None, Some(it)) => Err(format!("seeded.json says nothing of {it}")),
            (None, None) => Ok(()),
        }
    }

    /// The patches and mutants that are seeded bugs, each once.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let ids: BTreeSet<&str> = self.same.iter().map(|it| it.patch.as_str()).collect();
        ids.into_iter().collect()
    }

    /// What is not as the list says, as sentences.
    pub(crate) fn findings(&self, found: &BTreeMap<String, Found>) -> Vec<String> {
        let of = |same: &Same| {
            let Same { seeded, patch, why } = same;
            match (found.get(patch).is_some_and(Found::any), why) {
                (true, Some(_)) => Some(format!("{seeded}: {patch} is found: the reason can go")),
                (false, None) => Some(format!("{seeded}: nothing finds {patch}")),
                _ => None,
            }
        };
        self.same.iter().filter_map(of).collect()
    }
}

/// The label and the claim of a line of `model/golden/bugs.txt`.
fn claim(line: &str) -> Option<(String, String)> {
    let (label, rest) = line.split_once(": ")?;
    Some((label.to_owned(), rest.split(' ').next()?.to_owned()))
}

/// Looks for every patch with all traces, and with lockstep unless it shows in bytes alone: then
/// both sides of lockstep do the same.
pub(crate) fn measure(
    programs: &Programs,
    ids: &[&str],
    done: impl Fn() + Sync,
) -> Result<BTreeMap<String, Found>, String> {
    sound(programs)?;
    let found = each(ids, |id| {
        let traces = traces(programs, id, &["--filter", "device-traces"])?;
        let alike = traces.said == 0 && traces.bytes > 0;
        let bound = if alike { None } else { lockstep(programs, id, None)? };
        let bound = match bound {
            None if traces.trace.is_none() => lockstep(programs, id, Some(WIDE))?,
            bound => bound,
        };
        done();
        Ok(((*id).to_owned(), Found { bound, ..traces }))
    });
    found.into_iter().collect()
}

/// Looks for every patch only with the trace and the bound that found it. What finds it no more is
/// missing afterwards.
pub(crate) fn check(
    programs: &Programs,
    ids: &[&str],
    known: &BTreeMap<String, Found>,
    done: impl Fn() + Sync,
) -> Result<BTreeMap<String, Found>, String> {
    sound(programs)?;
    let found = each(ids, |id| {
        let mut found = known.get(*id).cloned().unwrap_or_default();
        if let Some(trace) = &found.trace {
            let again = traces(programs, id, &["--test", trace])?;
            if again.trace.is_none() || (again.said > 0) != (found.said > 0) {
                found.trace = None;
            }
        }
        if let Some(bound) = &found.bound {
            found.bound = lockstep(programs, id, Some(bound))?;
        }
        done();
        Ok(((*id).to_owned(), found))
    });
    found.into_iter().collect()
}

/// Without a bug nothing is found.
fn sound(programs: &Programs) -> Result<(), String> {
    let found = traces(programs, "", &["--filter", "device-traces"])?;
    let bound = lockstep(programs, "", Some("lockstep-five"))?;
    match found.trace.or(bound) {
        None => Ok(()),
        Some(name) => Err(format!("the copy without a bug fails {name}")),
    }
}

fn traces(programs: &Programs, id: &str, which: &[&str]) -> Result<Found, String> {
    let report = report(&programs.runner, &programs.client, id, which)?;
    let tests: Vec<&Test> = report.tests.iter().filter(|test| test.kills()).collect();
    let (said, bytes): (Vec<&Test>, Vec<&Test>) = tests.into_iter().partition(|it| it.says());
    let trace = said.first().or(bytes.first()).map(|test| test.name.clone());
    Ok(Found { said: said.len(), bytes: bytes.len(), trace, bound: None })
}

/// The first bound in which lockstep finds a patch, of all or of one.
fn lockstep(programs: &Programs, id: &str, bound: Option<&str>) -> Result<Option<String>, String> {
    let ran = bounded(&programs.model)
        .args(["lockstep", "--first"])
        .args(bound.as_slice().iter().chain(BOUNDS.iter().filter(|_| bound.is_none())))
        .env("QUIPU_BUG", id)
        .output()
        .map_err(|error| format!("cannot run {}: {error}", programs.model.display()))?;
    let text = String::from_utf8_lossy(&ran.stdout);
    let last =
        text.lines().rev().find_map(|line| line.split(' ').next()?.strip_prefix("lockstep-"));
    match (ran.status.code(), last) {
        // A patched crate may break down below the model, which says nothing then
        (Some(101), _) if !id.is_empty() => Ok(None),
        (Some(0), _) => Ok(None),
        (Some(1), Some(name)) => Ok(Some(format!("lockstep-{name}"))),
        _ => {
            let errors = String::from_utf8_lossy(&ran.stderr);
            Err(format!("{id}: lockstep gave no answer: {text}{errors}"))
        }
    }
}
