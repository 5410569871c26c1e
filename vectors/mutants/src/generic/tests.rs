//! The tests of the copy, as programs that are run one at a time.

use super::judge::{HANGS, switch};
use super::process::{self, Ended};
use crate::tree::{Tree, bounded};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// What a program is thought to take before it has been played. It is given ten times as long.
const GUESS: Duration = Duration::from_secs(60);

/// A program with tests.
#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) name: String,
    path: PathBuf,
    folder: PathBuf,
    sound: OnceLock<Result<Sound, String>>,
}

/// How a program ends without a mutant.
#[derive(Debug, Clone)]
struct Sound {
    /// Tests that fail: they read the source, and the copy is another one.
    skipped: Vec<String>,
    takes: Duration,
}

/// All of them, the quickest first.
pub(crate) fn quickest_first(binaries: &[Binary]) -> Result<Vec<&Binary>, String> {
    let timed = binaries.iter().map(|it| it.sound().map(|sound| (sound.takes, it)));
    let mut timed: Vec<_> = timed.collect::<Result<_, _>>()?;
    timed.sort_by_key(|(takes, _)| *takes);
    Ok(timed.into_iter().map(|(_, it)| it).collect())
}

/// The names of the tests that failed, from what a program with tests prints.
fn failed(out: &str) -> impl Iterator<Item = &str> {
    let lines = out.lines().filter_map(|line| line.strip_prefix("test "));
    lines.filter_map(|line| line.strip_suffix(" ... FAILED"))
}

impl Binary {
    /// Plays it without a mutant, the first time that it is asked for.
    fn sound(&self) -> Result<&Sound, String> {
        let play = || {
            let sound = Sound { skipped: Vec::new(), takes: GUESS };
            let ended = self.run(None, &[], &sound)?;
            let skipped: Vec<_> = failed(&ended.out).map(str::to_owned).collect();
            for test in &skipped {
                eprintln!("judges nothing, because it fails in the copy: {} {test}", self.name);
            }
            let sound = Sound { skipped, takes: ended.took };
            let again = if ended.code == Some(0) { ended } else { self.run(None, &[], &sound)? };
            if again.code == Some(0) {
                Ok(sound)
            } else {
                Err(format!("{} does not pass without a mutant", self.name))
            }
        };
        self.sound.get_or_init(play).as_ref().map_err(Clone::clone)
    }

    fn run(&self, mutant: Option<usize>, tests: &[&str], sound: &Sound) -> Result<Ended, String> {
        let mut command = bounded(&self.path);
        command.args(["--test-threads", "1", "--exact"]).args(tests);
        command.args(sound.skipped.iter().flat_map(|name| ["--skip", name]));
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        process::run(command.envs(switch(mutant)), sound.takes * 10 + Duration::from_secs(20))
    }

    /// The first of its tests that fails.
    pub(crate) fn kills(&self, number: usize) -> Result<Option<String>, String> {
        let ended = self.run(Some(number), &[], self.sound()?)?;
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
        Ok(self.run(Some(number), tests, self.sound()?)?.code != Some(0))
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
pub(crate) fn build(tree: &Tree) -> Result<Vec<Binary>, String> {
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
        Some(Binary { name, path, folder, sound: OnceLock::new() })
    };
    Ok(built.filter_map(binary).collect())
}
