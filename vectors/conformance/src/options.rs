//! The command line.

use crate::annotate;
use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  conformant: everything of the claimed profiles ran and passed
  1  at least one test failed
  2  usage: an unknown flag, a filter that selects nothing, a path that cannot be read or written
  3  the adapter did not start, or its hello is wrong
  4  expectations are stale: an expected failure passed, matches nothing or has expired
  5  incomplete: everything that ran passed, but a filter left tests out or failures were expected
  6  the suite is damaged: a vector file is malformed, differs from its manifest or breaks its schema
  7  aborted: three crashes or hangs of the adapter in a row

A command behind the options is the adapter of a client (specification, chapter 13):
  cargo run --release -- node vectors/adapters/node/adapter.js";

/// Checks a Quipu client against the published test vectors. Without a command it is the embedded
/// reference, which is then also played over a hostile network.
#[derive(Debug, Parser)]
#[command(name = "quipu-conformance", version, about, after_help = EXIT_CODES)]
pub(crate) struct Options {
    /// Folder with the vectors and their manifest.json
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../data"))]
    pub(crate) vectors: PathBuf,

    /// Folder with the specification, for requirement ids
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec"))]
    pub(crate) spec: PathBuf,

    /// Seed of the live cases; everything in them follows from it
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Runs only tests whose file/id and live cases whose name contains this
    #[arg(long, value_name = "SUBSTRING", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) filter: Option<String>,

    /// Lists the tests and live cases instead of running them
    #[arg(long)]
    pub(crate) list: bool,

    /// Writes a JSON report; `-` is standard output, the summary then goes to standard error
    #[arg(long, value_name = "PATH")]
    pub(crate) json: Option<String>,

    /// Writes a report for people, one HTML file
    #[arg(long, value_name = "PATH")]
    pub(crate) html: Option<String>,

    /// Writes a JUnit report
    #[arg(long, value_name = "PATH")]
    pub(crate) junit: Option<String>,

    /// Writes a badge, a small SVG
    #[arg(long, value_name = "PATH")]
    pub(crate) badge: Option<String>,

    /// File with expected failures: on each line NAME YYYY-MM-DD REASON
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,

    /// How long an adapter may take for one answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) deadline: u64,

    #[command(subcommand)]
    pub(crate) client: Option<Client>,
}

/// Who is tested.
#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Be the adapter of the embedded reference, on standard input and output
    Serve,
    /// Show bytes with the names of their fields
    Annotate(annotate::Arguments),
    /// The adapter of a client: a command with its arguments
    #[command(external_subcommand)]
    Adapter(Vec<String>),
}

/// The end of the program before or instead of a report.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    pub(crate) text: String,
}

impl Stop {
    /// A path or an argument that cannot be used.
    pub(crate) fn usage(text: impl AsRef<str>) -> Self {
        Self { code: 2, text: format!("error: {}\n", text.as_ref()) }
    }

    /// The adapter cannot be used.
    pub(crate) fn adapter(text: impl AsRef<str>) -> Self {
        Self { code: 3, text: format!("the adapter did not start: {}\n", text.as_ref()) }
    }

    /// The suite itself is damaged.
    pub(crate) fn damaged(text: impl AsRef<str>) -> Self {
        Self { code: 6, text: format!("the suite is damaged: {}\n", text.as_ref()) }
    }
}

impl Options {
    /// The options of this process. Help and version end it.
    pub(crate) fn read() -> Result<Self, Stop> {
        Self::try_parse().map_err(|error| {
            if error.use_stderr() {
                return Stop { code: 2, text: error.to_string() };
            }
            // A reader of --help that has gone away is no error.
            let _ = error.print();
            Stop { code: 0, text: String::new() }
        })
    }

    /// The command of an adapter, when there is one.
    pub(crate) fn command(&self) -> Option<&[String]> {
        match &self.client {
            Some(Client::Adapter(command)) => Some(command),
            _ => None,
        }
    }

    /// Whether the filter selects a name.
    pub(crate) fn selects(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter))
    }
}
