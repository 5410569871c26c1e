//! `quipu-vectors generate` writes the published vectors and the generated blocks of the
//! specification; `check` writes nothing and fails on any difference; `lint` checks what is there.

use clap::{Parser, Subcommand};
use quipu_vectors::file::{self, Manifest, Named, Retired};
use quipu_vectors::{generate, lint, registry, specification};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

/// The published test vectors of Quipu.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 done, 1 a difference or a finding, 2 usage or an unreadable path."
)]
struct Options {
    /// The repository.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."))]
    root: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Write vectors/data and the generated blocks of spec/.
    Generate,
    /// Compare what would be written with what is there.
    Check,
    /// Check the files that are there.
    Lint,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.command {
        Command::Generate => write(&options.root),
        Command::Check => compare(&options.root),
        Command::Lint => check_files(&options.root),
    };
    match outcome {
        Ok(findings) if findings.is_empty() => ExitCode::SUCCESS,
        Ok(findings) => {
            findings.iter().for_each(|finding| eprintln!("{finding}"));
            eprintln!("{} findings", findings.len());
            ExitCode::from(1)
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
    }
}

/// Every generated file: path below the root, content.
fn made(root: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let files = generate::files();
    let mut out = Vec::new();
    let mut manifest = Manifest { files: Vec::new() };
    for Named { name, file } in &files {
        let text = json(file)?;
        manifest.files.push(file::describe(name, file, text.as_bytes()));
        out.push((data().join(name), text));
    }
    out.push((data().join("manifest.json"), json(&manifest)?));
    for (path, text) in specification::blocks(&root.join("spec"), &files)? {
        out.push((Path::new("spec").join(path), text));
    }
    Ok(out)
}

fn data() -> PathBuf {
    Path::new("vectors").join("data")
}

fn json(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| error.to_string())
}

fn write(root: &Path) -> Result<Vec<String>, String> {
    let made = made(root)?;
    let findings = retired(root, &made)?;
    if !findings.is_empty() {
        return Ok(findings);
    }
    for (path, text) in &made {
        let path = root.join(path);
        if fs::read_to_string(&path).ok().as_ref() != Some(text) {
            fs::write(&path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            println!("wrote {}", path.display());
        }
    }
    check_files(root)
}

fn compare(root: &Path) -> Result<Vec<String>, String> {
    let made = made(root)?;
    let mut findings = retired(root, &made)?;
    for (path, text) in &made {
        let there =
            fs::read_to_string(root.join(path)).map_err(|error| unreadable(path, &error))?;
        if there != *text {
            findings.push(format!("{} differs: run `quipu-vectors generate`", path.display()));
        }
    }
    findings.extend(check_files(root)?);
    Ok(findings)
}

/// Ids that have been published and would vanish without being retired.
fn retired(root: &Path, made: &[(PathBuf, String)]) -> Result<Vec<String>, String> {
    let folder = root.join(data());
    let (retired, _) =
        file::read::<Retired>(&folder.join("retired.json")).map_err(|error| error.to_string())?;
    let mut known: BTreeSet<String> = retired.ids.into_iter().collect();
    let again: Vec<String> = ids(made.iter().map(|(_, text)| text.as_str()))
        .filter(|id| known.contains(id))
        .map(|id| format!("{id} was retired and is used again"))
        .collect();
    known.extend(ids(made.iter().map(|(_, text)| text.as_str())));
    let mut findings = again;
    for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?.flatten() {
        let text =
            fs::read_to_string(entry.path()).map_err(|error| unreadable(&entry.path(), &error))?;
        let gone = ids(core::iter::once(text.as_str())).filter(|id| !known.contains(id));
        findings.extend(gone.map(|id| format!("{id} would vanish: put it into retired.json")));
    }
    Ok(findings)
}

fn ids<'a>(texts: impl Iterator<Item = &'a str> + 'a) -> impl Iterator<Item = String> + 'a {
    texts
        .filter_map(|text| serde_json::from_str::<file::File>(text).ok())
        .flat_map(|file| file.tests)
        .map(|test| test.id)
}

fn check_files(root: &Path) -> Result<Vec<String>, String> {
    let files = file::load(&root.join(data())).map_err(|error| error.to_string())?;
    let spec = root.join("spec");
    let requirements = registry::requirements(&spec)?;
    let errors = registry::read(&spec, "errors.json")?;
    let findings = lint::lint(&files, &requirements, &errors);
    let (all, negative) = lint::count(&files);
    let share = negative * 100 / all.max(1);
    let traces = files.iter().filter(|named| named.is_traces());
    let (ways, apart) =
        traces.fold((0, 0), |(ways, apart), it| (ways + it.file.tests.len(), apart + 1));
    println!(
        "{} files, {all} tests, {negative} negative ({share} %); {apart} files, {ways} traces",
        files.len() - apart
    );
    Ok(findings)
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}
