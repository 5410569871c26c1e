//! Who judges a mutant: the public suite, then the tests of the workspace that run the crate.

use super::process::{self, Ended};
use crate::matrix::Report;
use crate::tree::{Tree, bounded, build_here};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The public suite in pieces, the quick ones first. Together they are all of it.
const PIECES: [&[&str]; 4] = [
    &["--without", "device-traces", "--without", "conversations/", "--without", "live/walk"],
    &["--filter", "device-traces"],
    &["--filter", "live/walk"],
    &["--filter", "conversations/"],
];
/// Longest time of a piece.
const PIECE: Duration = Duration::from_secs(400);
/// Longest time of an answer, in seconds. The slowest right one takes about one.
const ANSWER: &str = "15";

/// A program with tests.
#[derive(Debug)]
struct Binary {
    name: String,
    path: PathBuf,
    folder: PathBuf,
    /// Tests that fail without a mutant: they read the source, and the copy is another one.
    skipped: Vec<String>,
    takes: Duration,
}

/// Everything that judges.
#[derive(Debug)]
pub(crate) struct Judge {
    runner: PathBuf,
    client: PathBuf,
    binaries: Vec<Binary>,
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
    /// Builds the runner of this repository and client and tests of the copy. Without a mutant the
    /// suite has to pass; `whole`: all of it. Tests that do not pass judge nothing.
    pub(crate) fn new(root: &Path, tree: &Tree, whole: bool) -> Result<Self, String> {
        let runner = build_here(root, "quipu-conformance", "quipu-conformance")?;
        let client = tree.build("quipu-generic", "quipu-generic")?;
        let mut judge = Self { runner, client, binaries: binaries(tree)? };
        if let Some(name) = judge.suite(None, &PIECES[..if whole { 4 } else { 1 }])? {
            return Err(format!("the copy without a mutant fails {name}"));
        }
        for binary in &mut judge.binaries {
            let ended = binary.run(None, Duration::from_secs(580))?;
            binary.takes = ended.took;
            binary.skipped = failed(&ended.out).map(str::to_owned).collect();
            if ended.code != Some(0) && binary.skipped.is_empty() {
                return Err(format!("{} does not end without a mutant", binary.name));
            }
        }
        judge.binaries.sort_by_key(|it| it.takes);
        Ok(judge)
    }

    /// The tests that judge nothing, because they fail in the copy without a mutant.
    pub(crate) fn skipped(&self) -> Vec<String> {
        let names = |it: &Binary| {
            let name = it.name.clone();
            it.skipped.clone().into_iter().map(move |test| format!("{name} {test}"))
        };
        self.binaries.iter().flat_map(names).collect()
    }

    /// Plays a mutant until something fails.
    pub(crate) fn verdict(&self, number: usize) -> Result<Verdict, String> {
        if let Some(name) = self.suite(Some(number), &PIECES)? {
            return Ok(Verdict::Suite(name));
        }
        for binary in &self.binaries {
            if let Some(name) = binary.kills(number)? {
                return Ok(Verdict::Test(name));
            }
        }
        Ok(Verdict::Survives)
    }

    /// Plays what has failed before, and nothing else; what fails now.
    pub(crate) fn again(&self, number: usize, former: &Verdict) -> Result<Verdict, String> {
        match former {
            Verdict::Survives => Ok(Verdict::Survives),
            Verdict::Suite(name) => {
                let name = name.strip_suffix(HANGS).unwrap_or(name);
                let found = match name == NO_HELLO {
                    true => self.suite(Some(number), &[&["--filter", "padding"]])?,
                    false => self.suite(Some(number), &[&["--test", name]])?,
                };
                Ok(found.map_or(Verdict::Survives, Verdict::Suite))
            }
            Verdict::Test(name) => {
                let of = |it: &&Binary| name.split(' ').next() == Some(&it.name);
                let found = self.binaries.iter().find(of).map(|it| it.kills(number)).transpose()?;
                Ok(found.flatten().map_or(Verdict::Survives, Verdict::Test))
            }
        }
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
const HANGS: &str = " (hangs)";
/// What is said of a client that does not begin to talk.
const NO_HELLO: &str = "the hello of the adapter";

/// The number of a mutant, for the copy to read.
fn switch(mutant: Option<usize>) -> Option<(&'static str, String)> {
    mutant.map(|number| ("QUIPU_MUTANT", number.to_string()))
}

fn first(ended: &Ended) -> Result<String, String> {
    let report: Report = serde_json::from_str(&ended.out).map_err(|error| error.to_string())?;
    let failed = report.tests.iter().find(|test| !test.passed);
    let failed = failed.ok_or_else(|| format!("nothing failed, but it is {}", report.verdict))?;
    let hangs = failed.failure.as_ref().is_some_and(|text| text.contains("no answer to"));
    Ok(format!("{}{}", failed.name, if hangs { HANGS } else { "" }))
}

/// The names of the tests that failed, from what a program with tests prints.
fn failed(out: &str) -> impl Iterator<Item = &str> {
    let lines = out.lines().filter_map(|line| line.strip_prefix("test "));
    lines.filter_map(|line| line.strip_suffix(" ... FAILED"))
}

impl Binary {
    fn run(&self, mutant: Option<usize>, limit: Duration) -> Result<Ended, String> {
        let mut command = bounded(&self.path);
        command.args(["--test-threads", "1", "--exact"]);
        command.args(self.skipped.iter().flat_map(|name| ["--skip", name]));
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        process::run(command.envs(switch(mutant)), limit)
    }

    /// The first of its tests that fails.
    fn kills(&self, number: usize) -> Result<Option<String>, String> {
        let ended = self.run(Some(number), self.takes * 10 + Duration::from_secs(20))?;
        let name = match (ended.hung, ended.code) {
            (true, _) => HANGS.trim(),
            (_, Some(0)) => return Ok(None),
            _ => failed(&ended.out).next().unwrap_or("(crashes)"),
        };
        Ok(Some(format!("{} {name}", self.name)))
    }
}

/// A line of `cargo test --no-run --message-format=json`.
#[derive(Debug, Deserialize)]
struct Built {
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
}

/// Builds the tests of the protocol crate, and those that hold it to the published vectors.
fn binaries(tree: &Tree) -> Result<Vec<Binary>, String> {
    let packages = ["-p", "quipu", "-p", "quipu-vectors", "--lib", "--tests"];
    let arguments = [&["test", "--no-run", "--message-format=json"], &packages[..]].concat();
    let ran = tree.cargo(&arguments).output().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !ran.status.success() {
        return Err(format!("the tests do not build:\n{}", String::from_utf8_lossy(&ran.stderr)));
    }
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let built = text.lines().filter_map(|line| serde_json::from_str::<Built>(line).ok());
    let binary = |it: Built| {
        let folder = it.manifest_path?.parent()?.to_owned();
        let (name, path) = (it.target?.name, it.executable?);
        Some(Binary { name, path, folder, skipped: Vec::new(), takes: Duration::ZERO })
    };
    Ok(built.filter_map(binary).collect())
}
