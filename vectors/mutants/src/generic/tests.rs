//! The tests of the copy, as programs that are run one at a time.

use super::judge::{HANGS, switch};
use super::process::{self, Ended};
use crate::tree::{Tree, bounded};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Longest time of a program without a mutant.
const LONGEST: Duration = Duration::from_secs(580);

/// A program with tests.
#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) name: String,
    path: PathBuf,
    folder: PathBuf,
    /// Tests that fail without a mutant: they read the source, and the copy is another one.
    skipped: Vec<String>,
    takes: Duration,
}

/// Builds the tests, plays them without a mutant, and gives them with the quickest first.
pub(crate) fn build(tree: &Tree) -> Result<Vec<Binary>, String> {
    let mut binaries = binaries(tree)?;
    for binary in &mut binaries {
        let ended = binary.run(None, &[], LONGEST)?;
        binary.takes = ended.took;
        binary.skipped = failed(&ended.out).map(str::to_owned).collect();
        if ended.code != Some(0) && binary.skipped.is_empty() {
            return Err(format!("{} does not end without a mutant", binary.name));
        }
        for test in &binary.skipped {
            eprintln!("judges nothing, because it fails in the copy: {} {test}", binary.name);
        }
    }
    binaries.sort_by_key(|it| it.takes);
    Ok(binaries)
}

/// The names of the tests that failed, from what a program with tests prints.
fn failed(out: &str) -> impl Iterator<Item = &str> {
    let lines = out.lines().filter_map(|line| line.strip_prefix("test "));
    lines.filter_map(|line| line.strip_suffix(" ... FAILED"))
}

impl Binary {
    fn run(&self, mutant: Option<usize>, tests: &[&str], limit: Duration) -> Result<Ended, String> {
        let mut command = bounded(&self.path);
        command.args(["--test-threads", "1", "--exact"]).args(tests);
        command.args(self.skipped.iter().flat_map(|name| ["--skip", name]));
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        process::run(command.envs(switch(mutant)), limit)
    }

    fn limit(&self) -> Duration {
        self.takes * 10 + Duration::from_secs(20)
    }

    /// The first of its tests that fails.
    pub(crate) fn kills(&self, number: usize) -> Result<Option<String>, String> {
        let ended = self.run(Some(number), &[], self.limit())?;
        let name = match (ended.hung, ended.code) {
            (true, _) => HANGS.trim(),
            (_, Some(0)) => return Ok(None),
            _ => failed(&ended.out).next().unwrap_or(CRASHES),
        };
        Ok(Some(format!("{} {name}", self.name)))
    }

    /// Whether one of its tests fails.
    pub(crate) fn fails(&self, number: usize, test: &str) -> Result<bool, String> {
        let whole = [HANGS.trim(), CRASHES].contains(&test);
        let tests = if whole { &[][..] } else { &[test] };
        Ok(self.run(Some(number), tests, self.limit())?.code != Some(0))
    }
}

/// What stands for a test when the program died without naming one.
const CRASHES: &str = "(crashes)";

/// A line of `cargo test --no-run --message-format=json`.
#[derive(Debug, Deserialize)]
struct Built {
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
}

#[derive(Debug, Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
}

/// Builds the tests of the protocol crate, and those that hold it to the published vectors.
fn binaries(tree: &Tree) -> Result<Vec<Binary>, String> {
    let packages = ["-p", "quipu", "-p", "quipu-vectors", "--lib", "--tests"];
    let arguments = [&["test", "--no-run", "--message-format=json"], &packages[..]].concat();
    let ran =
        tree.cargo(&arguments).output().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !ran.status.success() {
        return Err(format!("the tests do not build:\n{}", String::from_utf8_lossy(&ran.stderr)));
    }
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let built = text.lines().filter_map(|line| serde_json::from_str::<Built>(line).ok());
    let binary = |it: Built| {
        it.profile.filter(|it| it.test)?;
        let folder = it.manifest_path?.parent()?.to_owned();
        let (name, path) = (it.target?.name, it.executable?);
        Some(Binary { name, path, folder, skipped: Vec::new(), takes: Duration::ZERO })
    };
    Ok(built.filter_map(binary).collect())
}
