//! The command line.

use clap::Parser;
use clap::builder::NonEmptyStringValueParser;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  everything ran and passed
  1  at least one test failed
  2  usage: an unknown flag, a filter that selects nothing, a path that cannot be read or written
  5  incomplete: everything that ran passed, but the filter left tests out
  6  the suite is damaged: a vector file is malformed, differs from its manifest or breaks its schema";

/// Checks the embedded Quipu reference against the published test vectors and plays it over a
/// hostile network. Without flags everything is checked.
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

    /// Whether the filter selects a name.
    pub(crate) fn selects(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter))
    }
}
