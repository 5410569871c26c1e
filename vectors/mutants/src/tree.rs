//! A copy of the tree that may be changed: the sources of the workspace below `target/`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the workspace is built from.
pub(crate) const PARTS: [&str; 6] =
    ["Cargo.toml", "Cargo.lock", "reference", "vectors", "spec", "model"];
/// What the copies leave behind: results of other tools, large and not ours.
const SKIPPED: [&str; 3] = ["node_modules", "__pycache__", "target"];

/// A repository and the folder into which it has been copied.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    copy: PathBuf,
}

impl Tree {
    /// A copy of the repository at `root`, in `target/mutants/<name>`. Files that are the same
    /// already keep their times, so that an unchanged copy is not built again.
    pub(crate) fn copy(
        root: &Path,
        name: &str,
        change: impl Fn(&Path, String) -> Result<String, String>,
    ) -> Result<Self, String> {
        let tree = Self { root: root.to_owned(), copy: target(root).join("mutants").join(name) };
        fs::create_dir_all(&tree.copy)
            .map_err(|error| format!("cannot make {}: {error}", tree.copy.display()))?;
        for part in PARTS {
            tree.bring(Path::new(part), &change)?;
        }
        Ok(tree)
    }

    fn bring(
        &self,
        path: &Path,
        change: &impl Fn(&Path, String) -> Result<String, String>,
    ) -> Result<(), String> {
        let (from, to) = (self.root.join(path), self.copy.join(path));
        let cannot = |error| format!("cannot copy {} to {}: {error}", from.display(), to.display());
        if from.is_dir() {
            fs::create_dir_all(&to).map_err(cannot)?;
            for entry in fs::read_dir(&from).map_err(cannot)? {
                let name = entry.map_err(cannot)?.file_name();
                if !SKIPPED.iter().any(|skipped| name == *skipped) {
                    self.bring(&path.join(name), change)?;
                }
            }
            return Ok(());
        }
        let bytes = fs::read(&from).map_err(cannot)?;
        let made = match String::from_utf8(bytes) {
            Ok(text) => change(path, text)?.into_bytes(),
            Err(error) => error.into_bytes(),
        };
        if fs::read(&to).ok().as_ref() != Some(&made) {
            fs::write(&to, made).map_err(cannot)?;
        }
        Ok(())
    }

    /// Puts a file into the copy that the repository does not have.
    pub(crate) fn add(&self, path: &str, text: &str) -> Result<(), String> {
        let to = self.copy.join(path);
        if fs::read_to_string(&to).ok().as_deref() == Some(text) {
            return Ok(());
        }
        let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
        folder
            .and_then(|()| fs::write(&to, text))
            .map_err(|error| format!("cannot write {}: {error}", to.display()))
    }

    /// A file of the copy.
    pub(crate) fn read(&self, path: &str) -> Result<String, String> {
        let from = self.copy.join(path);
        fs::read_to_string(&from)
            .map_err(|error| format!("cannot read {}: {error}", from.display()))
    }

    /// Cargo in the copy.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        cargo(&self.copy, &target(&self.root), arguments)
    }

    /// Builds a program of the copy.
    pub(crate) fn build(&self, package: &str, program: &str) -> Result<PathBuf, String> {
        build(&self.copy, &target(&self.root), package, program)
    }
}

/// Kilobytes of address space for a process of a broken client: a bound that is switched off may ask
/// for any amount.
const MEMORY: &str = "6000000";

/// A program that dies when it asks for too much memory, with all that it starts.
pub(crate) fn bounded(program: &Path) -> Command {
    if !cfg!(unix) {
        return Command::new(program);
    }
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v \"$1\" && shift && exec \"$@\"", "sh", MEMORY]).arg(program);
    command
}

/// Where cargo puts what it builds. Libraries are shared with the ordinary build.
fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Builds a program of the repository itself.
pub(crate) fn build_here(root: &Path, package: &str, program: &str) -> Result<PathBuf, String> {
    build(root, &target(root), package, program)
}

fn cargo(folder: &Path, target: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments)
        .arg("--offline")
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_TERM_COLOR", "never");
    command
}

fn build(folder: &Path, target: &Path, package: &str, program: &str) -> Result<PathBuf, String> {
    let arguments = ["build", "--quiet", "--release", "-p", package, "--bin", program];
    let ran = cargo(folder, target, &arguments)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !ran.status.success() {
        let text = String::from_utf8_lossy(&ran.stderr);
        let errors = text.split("\n\n").filter(|it| it.trim_start().starts_with("error"));
        let errors = errors.collect::<Vec<_>>().join("\n\n");
        let shown = if errors.is_empty() { &text } else { errors.as_str() };
        return Err(format!("{} does not build:\n{shown}", folder.display()));
    }
    Ok(target.join("release").join(format!("{program}{}", env::consts::EXE_SUFFIX)))
}
