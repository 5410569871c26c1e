//! What each command does.

pub(crate) mod attack;
pub(crate) mod check;
pub(crate) mod diagram;
pub(crate) mod explore;
pub(crate) mod lockstep;
pub(crate) mod table;
pub(crate) mod vectors;

mod golden;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Holds,
    Violated,
    Incomplete,
    Usage,
    Drift,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Holds => 0,
            Exit::Violated => 1,
            Exit::Incomplete => 2,
            Exit::Usage => 3,
            Exit::Drift => 4,
        })
    }
}

/// The repository: `QUIPU_ROOT`, or where this was built.
fn root() -> PathBuf {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    env::var_os("QUIPU_ROOT").map_or_else(|| PathBuf::from(built), PathBuf::from)
}

/// Compares a generated file with what is there, or writes it. Says whether it was the same.
fn settle(path: &Path, text: &str, check: bool) -> Result<bool, String> {
    let name = path.display();
    let present = match fs::read_to_string(path) {
        Ok(present) => present,
        Err(_) if !path.exists() => String::new(),
        Err(error) => return Err(format!("cannot read {name}: {error}")),
    };
    if present == text {
        return Ok(true);
    }
    if check {
        eprintln!("{name} is not as generated");
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    fs::write(path, text).map_err(|error| format!("cannot write {name}: {error}"))?;
    eprintln!("wrote {name}");
    Ok(true)
}
