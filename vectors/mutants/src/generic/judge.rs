//! Who judges a mutant: the public suite, then the tests of the workspace that run the crate.

use super::process::{self, Ended};
use super::tests::{self, Binary};
use crate::matrix::Report;
use crate::tree::{Tree, bounded, build_here};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

/// The public suite in pieces, the quick ones first. Together they are all of it.
const PIECES: [&[&str]; 5] = [
    &[
        "--without",
        "device-traces",
        "--without",
        "conversations/",
        "--without",
        "live/walk",
        "--without",
        "greatest-memory",
    ],
    &["--filter", "device-traces"],
    &["--filter", "live/walk"],
    &["--filter", "conversations/"],
    &["--filter", "greatest-memory"],
];
/// How many pieces there are.
pub(crate) const ALL: usize = PIECES.len();
/// Longest time of a piece.
const PIECE: Duration = Duration::from_secs(500);
/// Longest time of an answer, in seconds: many times that of the slowest right one.
const ANSWER: &str = "60";

/// Everything that judges.
#[derive(Debug)]
pub(crate) struct Judge {
    runner: PathBuf,
    client: PathBuf,
    tree: Tree,
    /// Built when the first mutant has passed the suite.
    binaries: OnceLock<Result<Vec<Binary>, String>>,
}

/// What was seen of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A vector or a live case fails.
    Suite(String),
    /// A test of the workspace fails.
    Test(String),
    /// Nothing fails.
    Survives,
}

impl Judge {
    /// Builds the runner of this repository and the client of the copy, which has to pass `pieces`
    /// of the suite without a mutant.
    pub(crate) fn new(root: &Path, tree: Tree, pieces: usize) -> Result<Self, String> {
        let runner = build_here(root, "quipu-conformance", "quipu-conformance")?;
        let client = tree.build("quipu-generic", "quipu-generic")?;
        let judge = Self { runner, client, tree, binaries: OnceLock::new() };
        match judge.suite(None, &PIECES[..pieces])? {
            Some(name) => Err(format!("the copy without a mutant fails {name}")),
            None => Ok(judge),
        }
    }

    fn binaries(&self) -> Result<&[Binary], String> {
        let built = self.binaries.get_or_init(|| tests::build(&self.tree));
        built.as_deref().map_err(Clone::clone)
    }

    /// Plays a mutant until something fails; first what has failed for others of its file.
    pub(crate) fn verdict(&self, number: usize, likely: &[String]) -> Result<Verdict, String> {
        let first: Vec<&str> = likely.iter().flat_map(|name| ["--test", name]).collect();
        let first = Some(&first[..]).filter(|it| !it.is_empty());
        let pieces: Vec<&[&str]> = first.into_iter().chain(PIECES).collect();
        if let Some(name) = self.suite(Some(number), &pieces)? {
            return Ok(Verdict::Suite(name));
        }
        for binary in tests::quickest_first(self.binaries()?)? {
            if let Some(name) = binary.kills(number)? {
                return Ok(Verdict::Test(name));
            }
        }
        Ok(Verdict::Survives)
    }

    /// Whether the copy without a mutant passes these tests of the suite: or they judge nothing.
    pub(crate) fn sound(&self, tests: &BTreeSet<&str>) -> Result<(), String> {
        if tests.is_empty() {
            return Ok(());
        }
        let tests: Vec<&str> = tests.iter().flat_map(|name| ["--test", name]).collect();
        match self.suite(None, &[&tests])? {
            Some(name) => Err(format!("the copy without a mutant fails {name}")),
            None => Ok(()),
        }
    }

    /// Plays what has failed before, and nothing else; what fails now.
    pub(crate) fn again(&self, number: usize, former: &Verdict) -> Result<Verdict, String> {
        let found = match former {
            Verdict::Survives => None,
            Verdict::Suite(name) => {
                let name = name.strip_suffix(HANGS).unwrap_or(name);
                let piece = match PIECES.iter().find(|piece| piece.join(" ") == name) {
                    Some(piece) => piece,
                    None if name == NO_HELLO => PIECES[0],
                    None => &["--test", name][..],
                };
                self.suite(Some(number), &[piece])?.map(Verdict::Suite)
            }
            Verdict::Test(name) => {
                let (binary, test) = name.split_once(' ').unwrap_or((name, ""));
                let binary = self.binaries()?.iter().find(|it| it.name == binary);
                let binary = binary.ok_or_else(|| format!("there are no tests {name}"))?;
                binary.fails(number, test)?.then(|| former.clone())
            }
        };
        Ok(found.unwrap_or(Verdict::Survives))
    }

    /// The first test of the suite that fails.
    fn suite(&self, mutant: Option<usize>, pieces: &[&[&str]]) -> Result<Option<String>, String> {
        for piece in pieces {
            let mut command = bounded(&self.runner);
            command.args(*piece).args(["--fail-fast", "--deadline", ANSWER, "--json", "-", "--"]);
            command.arg(&self.client).arg("serve").envs(switch(mutant));
            let ended = process::run(&mut command, PIECE)?;
            if ended.hung {
                return Ok(Some(format!("{}{HANGS}", piece.join(" "))));
            }
            match ended.code {
                Some(5) => {}
                Some(3) => return Ok(Some(NO_HELLO.to_owned())),
                Some(1 | 7) => return first(&ended).map(Some),
                code => return Err(format!("the runner ended with {code:?}: {}", ended.out)),
            }
        }
        Ok(None)
    }
}

/// What is said of a test that did not end.
pub(crate) const HANGS: &str = " (hangs)";
/// What is said of a client that does not begin to talk.
const NO_HELLO: &str = "the hello of the adapter";

/// The number of a mutant, for the copy to read.
pub(crate) fn switch(mutant: Option<usize>) -> Option<(&'static str, String)> {
    mutant.map(|number| ("QUIPU_MUTANT", number.to_string()))
}

fn first(ended: &Ended) -> Result<String, String> {
    let report: Report = serde_json::from_str(&ended.out).map_err(|error| error.to_string())?;
    let failed = report.tests.iter().find(|test| !test.passed);
    let failed = failed.ok_or_else(|| format!("nothing failed, but it is {}", report.verdict))?;
    let hangs = failed.failure.as_ref().is_some_and(|text| text.contains("no answer to"));
    Ok(format!("{}{}", failed.name, if hangs { HANGS } else { "" }))
}
