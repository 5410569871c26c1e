//! `quipu-fuzz`: the seeds of the corpora, the list of targets, one input.

use clap::{Parser, Subcommand};
use quipu_fuzz::{TARGETS, seed, target};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

/// What any input must leave true.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 done, 1 a seed is missing, 2 usage or an unreadable path, 101 a finding."
)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put the seeds into the corpora.
    Seed {
        /// Write nothing; fail when a seed is not there.
        #[arg(long)]
        check: bool,
    },
    /// The targets and what they check.
    List,
    /// Put the smallest inputs of a folder, 60 at most, into the corpus of a target.
    Keep {
        /// Its name.
        target: String,
        /// The folder.
        folder: PathBuf,
    },
    /// Run a target over files.
    Run {
        /// Its name.
        target: String,
        /// The inputs.
        files: Vec<PathBuf>,
    },
}

fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Seed { check } => seeds(check),
        Command::List => list(),
        Command::Keep { target, folder } => keep(&target, &folder),
        Command::Run { target, files } => run(&target, &files),
    };
    done.unwrap_or_else(|text| {
        eprintln!("{text}");
        ExitCode::from(2)
    })
}

fn seeds(check: bool) -> Result<ExitCode, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = 0;
    for (target, inputs) in seed::seeds(&root.join("../vectors/data"))? {
        let folder = root.join("corpus").join(target);
        let failed = |error: io::Error| format!("cannot write {}: {error}", folder.display());
        if !check {
            fs::create_dir_all(&folder).map_err(failed)?;
        }
        for input in inputs {
            let path = folder.join(seed::name(&input));
            let there = fs::read(&path).is_ok_and(|found| found == input);
            if !there && check {
                eprintln!("missing: fuzz/corpus/{target}/{}", seed::name(&input));
                missing += 1;
            } else if !there {
                fs::write(&path, &input).map_err(failed)?;
            }
        }
    }
    if missing > 0 {
        eprintln!("{missing} seeds are missing: run `cargo run -p quipu-fuzz -- seed`");
    }
    Ok(ExitCode::from(u8::from(missing > 0)))
}

fn list() -> Result<ExitCode, String> {
    let lines = TARGETS.iter().map(|it| format!("{:<13} {}\n", it.name, it.checks));
    match io::stdout().write_all(lines.collect::<String>().as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// No longer input comes into a corpus, and no more at once.
const LONGEST: usize = 4_096;
const MOST: usize = 60;

fn keep(name: &str, folder: &Path) -> Result<ExitCode, String> {
    let target = target(name).ok_or_else(|| format!("there is no target {name:?}"))?;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let failed = |error: io::Error| format!("cannot read {}: {error}", folder.display());
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        inputs.push(fs::read(entry.map_err(failed)?.path()).map_err(failed)?);
    }
    inputs.sort_unstable_by_key(Vec::len);
    let new = |it: &&Vec<u8>| it.len() <= LONGEST && !corpus.join(seed::name(it)).exists();
    for input in inputs.iter().filter(new).take(MOST) {
        fs::write(corpus.join(seed::name(input)), input)
            .map_err(|error| format!("cannot write {}: {error}", corpus.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn run(name: &str, files: &[PathBuf]) -> Result<ExitCode, String> {
    let target = target(name).ok_or_else(|| format!("there is no target {name:?}"))?;
    for path in files {
        let input =
            fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        (target.run)(&input);
    }
    Ok(ExitCode::SUCCESS)
}
