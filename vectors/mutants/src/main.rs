//! Breaks the reference on purpose and shows what notices: `docs/mutants.md`.
//!
//! It works on copies of the tree below `target/`; the source that is built for others has no hook.

mod generic;
mod isolate;
mod list;
mod matrix;
mod report;
mod seeded;
mod seeded_table;
mod sites;
mod tree;
mod weave;

use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use isolate::Overlaps;
use list::{List, Mutant};
use matrix::Row;
use report::Numbers;
use seeded::{Found, Programs};
use std::fs;
use std::io::{IsTerminal, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tree::Tree;

const EXIT_CODES: &str = "\
Exit codes:
  0  everything is as listed
  1  something is not as listed, or with --check docs/mutants.md differs
  2  usage, a list that cannot be used, a copy that does not build";

/// Tests the tests: breaks the reference in one way at a time and runs the suite against it.
/// Writes docs/mutants.md.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
struct Options {
    /// The repository
    #[arg(long, global = true, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))]
    root: PathBuf,

    /// Writes nothing. Runs for each mutant only the tests that have to kill it, and fails when one
    /// does not, or when docs/mutants.md has other mutants, other tests or another suite
    #[arg(long)]
    check: bool,

    /// With --check: runs the whole suite against each mutant and compares all of docs/mutants.md
    #[arg(long, requires = "check")]
    all: bool,

    /// Writes the matrix as one HTML file
    #[arg(long, value_name = "PATH", conflicts_with = "check")]
    html: Option<PathBuf>,

    /// Runs only mutants whose id or bug contains this, prints which tests fail, writes nothing
    #[arg(long, value_name = "SUBSTRING", conflicts_with_all = ["check", "html"])]
    filter: Option<String>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Switches off every check of the reference that refuses a refusal of the vectors, until it is
    /// accepted. More than one check has to be listed with its reason in overlaps.json
    Isolate {
        /// The vectors
        #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../data"))]
        vectors: PathBuf,

        /// Writes overlaps.json as it would have to be; reasons that are missing are left empty
        #[arg(long)]
        write: bool,
    },
    /// Shows which seeded bugs of the model the replay of its traces, or lockstep, finds in the
    /// code. Writes docs/model/seeded-in-code.md
    Seeded {
        /// Writes nothing. Runs for each patch only the trace and the bound that found it
        #[arg(long)]
        check: bool,
    },
    /// Plays every change that cargo-mutants knows of the protocol crate. `.ci/mutation` calls it
    Generic {
        /// What `cargo mutants --list --json` printed in reference/protocol
        #[arg(long, value_name = "PATH")]
        list: PathBuf,

        /// Writes nothing. Plays again what has caught every so many of the mutants, and fails when
        /// it no longer does, or when the record or docs/mutation.md has other mutants
        #[arg(long)]
        check: bool,

        /// Plays survivors as well, though they are on record, but for those that behave as the
        /// reference
        #[arg(long, conflicts_with = "check")]
        survivors: bool,

        /// Plays only one of so many, evenly taken
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
        every: u16,
    },
}

fn main() -> ExitCode {
    let options = Options::parse();
    let findings = match &options.command {
        Some(Command::Isolate { vectors, write }) => isolate(&options, vectors, *write),
        Some(Command::Seeded { check }) => seeded_bugs(&options, *check),
        Some(Command::Generic { list, check, survivors, every }) => {
            let (list, every) = (list.clone(), (*every).into());
            let task = generic::Task { list, check: *check, survivors: *survivors, every };
            root(&options).and_then(|root| generic::run(&root, &task, bar))
        }
        None => matrix(&options),
    };
    match findings {
        Ok(findings) if findings.is_empty() => ExitCode::SUCCESS,
        Ok(findings) => {
            findings.iter().for_each(|finding| eprintln!("{finding}"));
            eprintln!("{} findings", findings.len());
            ExitCode::from(1)
        }
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::from(2)
        }
    }
}

/// The repository, by a path that holds in every folder.
fn root(options: &Options) -> Result<PathBuf, String> {
    fs::canonicalize(&options.root)
        .map_err(|error| format!("no repository at {}: {error}", options.root.display()))
}

fn isolate(options: &Options, vectors: &Path, rewrite: bool) -> Result<Vec<String>, String> {
    let root = root(options)?;
    let listed = Overlaps::read(&root)?;
    let found = isolate::find(&root, vectors)?;
    if rewrite {
        let text = serde_json::to_string_pretty(&found.listed(&listed));
        let text = text.map_err(|error| error.to_string())? + "\n";
        write(&root.join("vectors/mutants/overlaps.json"), &text)?;
    }
    let [overlaps, stuck] = found.counts();
    println!(
        "{} refusals: {} by exactly one check, {overlaps} by several, {stuck} with nothing to go on with",
        found.refusals, found.isolating
    );
    Ok(found.findings(&if rewrite { Overlaps::read(&root)? } else { listed }))
}

fn seeded_bugs(options: &Options, check: bool) -> Result<Vec<String>, String> {
    let root = root(options)?;
    let list = List::read(&root)?;
    let tree = woven(&root, &list)?;
    let programs = Programs {
        runner: tree::build_here(&root, "quipu-conformance", "quipu-conformance")?,
        client: tree.build("quipu-mutant", "quipu-mutant")?,
        model: tree.build("quipu-model", "quipu-model-mutant")?,
    };
    let path = root.join("docs/model/seeded-in-code.md");
    let published = fs::read_to_string(&path).unwrap_or_default();
    let ids = list.seeded.ids();
    let bar = bar(ids.len());
    let found = if check {
        let known = seeded_table::read(&list.seeded, &published);
        seeded::check(&programs, &ids, &known, || bar.inc(1))?
    } else {
        seeded::measure(&programs, &ids, || bar.inc(1))?
    };
    bar.finish_and_clear();
    let mut findings = list.seeded.findings(&found);
    let text = seeded_table::markdown(&list, &found);
    if !check {
        write(&path, &text)?;
    } else if published != text {
        let again = "run `cargo run --release -p quipu-mutants -- seeded`";
        findings.push(format!("docs/model/seeded-in-code.md differs: {again}"));
    }
    let bugs = list.seeded.same.iter();
    let bugs = bugs.filter(|it| found.get(&it.patch).is_some_and(Found::any)).count();
    println!("{} seeded bugs, {bugs} found in the code", list.seeded.claims.len());
    Ok(findings)
}

/// The copy with every bug, each behind its switch.
fn woven(root: &Path, list: &List) -> Result<Tree, String> {
    let tree = Tree::copy(root, "mutants", |path, text| weave::weave(list, path, text))?;
    tree.add("reference/protocol/src/switch.rs", include_str!("../copy/bug.rs"))?;
    Ok(tree)
}

fn matrix(options: &Options) -> Result<Vec<String>, String> {
    let root = root(options)?;
    let list = List::read(&root)?;
    let selected = |it: &&Mutant| {
        options.filter.as_ref().is_none_or(|text| it.id.contains(text) || it.bug.contains(text))
    };
    let mutants: Vec<&Mutant> = list.mutants.iter().filter(selected).collect();
    if mutants.is_empty() {
        return Err("the filter selects no mutant of vectors/mutants/mutants.json".to_owned());
    }
    let tree = woven(&root, &list)?;
    let runner = tree::build_here(&root, "quipu-conformance", "quipu-conformance")?;
    let client = tree.build("quipu-mutant", "quipu-mutant")?;
    let sound = matrix::sound(&runner, &client)?;
    let bar = bar(mutants.len());
    let all = !options.check || options.all;
    let rows = matrix::rows(&runner, &client, &mutants, all, || bar.inc(1))?;
    bar.finish_and_clear();
    let mut findings: Vec<String> = rows.iter().flat_map(Row::findings).collect();
    let killed = rows.iter().filter(|row| row.killed()).count();
    if options.filter.is_some() {
        rows.iter().for_each(show);
        return Ok(findings);
    }
    if let Some(path) = &options.html {
        write(path, &report::html(&sound, &rows))?;
    }
    let path = root.join("docs/mutants.md");
    let published = fs::read_to_string(&path).unwrap_or_default();
    let numbers = if all { Numbers::of(&rows) } else { Numbers::read(&published) };
    let text = report::markdown(&sound, &mutants, killed, &numbers);
    if !options.check {
        write(&path, &text)?;
    } else if published != text {
        findings.push("docs/mutants.md differs: run `cargo run --release -p quipu-mutants`".into());
    }
    println!("{} mutants, {killed} killed", mutants.len());
    Ok(findings)
}

/// Prints which tests fail for a mutant, and how.
fn show(row: &Row<'_>) {
    let (passed, all) = row.positive();
    println!("{} {} ({passed} of {all} positive)", row.mutant.id, row.mutant.bug);
    for test in row.report.tests.iter().filter(|test| !test.passed) {
        let text: String = test.failure.iter().flat_map(|it| it.chars()).take(160).collect();
        println!("    {}: {text}", test.name);
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn bar(length: usize) -> ProgressBar {
    if !stdout().is_terminal() || !stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("{bar:40} {pos} of {len} mutants, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
