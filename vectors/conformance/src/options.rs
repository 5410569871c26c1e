//! The command line.

use crate::adapter::Lie;
use crate::annotate;
use crate::init::Language;
use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  conformant: everything of the claimed profiles ran and passed; of a pair: interoperable
  1  at least one test failed
  2  usage: an unknown flag, a filter that selects nothing, a path that cannot be read or written
  3  the adapter did not start, or its hello is wrong
  4  expectations are stale: an expected failure passed, matches nothing or has expired
  5  incomplete: everything that ran passed, but a filter left tests out or failures were expected
  6  the suite is damaged: a vector file is malformed, differs from its manifest or breaks its schema
  7  aborted: three crashes or hangs of the adapter in a row, or nothing else in a shorter run
The commands use them in the same meaning; doctor and repro end with 1 when something is wrong.

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

    /// Runs only the test with this name; may be given several times
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) test: Vec<String>,

    /// Leaves out tests whose name contains this; may be given several times
    #[arg(long, value_name = "SUBSTRING", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) without: Vec<String>,

    /// Begins no test after the first failure; what was not begun counts as left out
    #[arg(long, conflicts_with = "expect")]
    pub(crate) fail_fast: bool,

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
    /// Says what a requirement id, an error name or a test is about
    Explain {
        /// MSG-02, too_long, padding/padding-0, padding-0, adapter-unknown-field, live-talk
        name: String,
    },
    /// Plays one test and prints each line of the conversation, whole
    ///
    /// Lines that begin with `> ` are what the runner writes. To feed them to an adapter by hand:
    /// `repro NAME COMMAND | sed -n 's/^> //p' | COMMAND`. Exit code 0: it passed, 1: it failed.
    Repro {
        /// A test, as --list names it
        name: String,
        /// The adapter with its arguments; the embedded reference when there is none
        #[arg(trailing_var_arg = true)]
        command: Vec<String>,
    },
    /// Writes the beginning of an adapter into a new folder: it runs at once
    Init {
        /// Its language
        language: Language,
        /// Where; nothing that is there is overwritten
        #[arg(default_value = "my-quipu-adapter")]
        folder: PathBuf,
    },
    /// Examines an adapter step by step and says how to fix what is wrong
    ///
    /// Exit code 0: all is well, 1: a problem was found, 3: it does not start or its hello is wrong.
    Doctor {
        /// The adapter with its arguments; the embedded reference when there is none
        #[arg(trailing_var_arg = true)]
        command: Vec<String>,
    },
    /// Writes docs/requirements.md: from each requirement to its code and its tests
    ///
    /// Exit code 0: each MUST has both or says why not, 1: one has not, or with --check the page
    /// differs.
    Requirements {
        /// Writes nothing, compares
        #[arg(long)]
        check: bool,
    },
    /// Shows bytes with the names of their fields
    Annotate(annotate::Arguments),
    /// Proves the runner on this machine: honest clients pass, false ones do not
    ///
    /// Exit code 0: each client ended with the code that it must, 6: one did not.
    Selftest,
    /// Be an adapter that lies, for tests of the runner
    #[command(hide = true)]
    FalseAdapter {
        /// What is wrong with it
        kind: Lie,
    },
    /// Writes a live case as a vector, for a walk with the fewest lines with which a client fails
    Promote {
        /// Name of the case
        name: String,
        /// The adapter; without it the embedded reference
        #[arg(trailing_var_arg = true)]
        command: Vec<String>,
    },
    /// Two clients talk to each other: a command for each, in quotes
    Pair {
        /// Plays ada
        #[arg(value_name = "COMMAND", value_parser = words)]
        one: Words,
        /// Plays bob
        #[arg(value_name = "COMMAND", value_parser = words)]
        other: Words,
    },
    /// The adapter of a client: a command with its arguments
    #[command(external_subcommand)]
    Adapter(Vec<String>),
}

/// A command, split into words as a shell does it.
#[derive(Debug, Clone)]
pub(crate) struct Words(Vec<String>);

fn words(text: &str) -> Result<Words, String> {
    match shell_words::split(text) {
        Ok(words) if !words.is_empty() => Ok(Words(words)),
        Ok(_) => Err("the command is empty".to_owned()),
        Err(error) => Err(format!("the command cannot be split into words: {error}")),
    }
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
        let options = Self::try_parse().map_err(|error| {
            if error.use_stderr() {
                return Stop { code: 2, text: error.to_string() };
            }
            // A reader of --help that has gone away is no error.
            let _ = error.print();
            Stop { code: 0, text: String::new() }
        })?;
        match options.client {
            None | Some(Client::Adapter(_) | Client::Pair { .. }) => {}
            Some(_) => options.without_a_run()?,
        }
        Ok(options)
    }

    /// The commands of the adapters: none, one, or those of a pair.
    pub(crate) fn commands(&self) -> Vec<Vec<String>> {
        match &self.client {
            Some(Client::Adapter(command)) => vec![command.clone()],
            Some(Client::Pair { one, other }) => vec![one.0.clone(), other.0.clone()],
            _ => Vec::new(),
        }
    }

    /// The words behind the options with which the same clients are tested again.
    pub(crate) fn shown(&self) -> Vec<String> {
        match &self.client {
            Some(Client::Adapter(command)) => command.clone(),
            Some(Client::Pair { one, other }) => {
                vec!["pair".to_owned(), shell_words::join(&one.0), shell_words::join(&other.0)]
            }
            _ => Vec::new(),
        }
    }

    /// Refuses options that only a run of the suite has.
    fn without_a_run(&self) -> Result<(), Stop> {
        let given = [
            ("--filter", self.filter.is_some()),
            ("--test", !self.test.is_empty()),
            ("--without", !self.without.is_empty()),
            ("--fail-fast", self.fail_fast),
            ("--list", self.list),
            ("--json", self.json.is_some()),
            ("--html", self.html.is_some()),
            ("--junit", self.junit.is_some()),
            ("--expect", self.expect.is_some()),
            ("--badge", self.badge.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Stop::usage(format!("{name} is for a run of the suite; leave it out here")))
            }
        }
    }

    /// Whether a name is to be run.
    pub(crate) fn selects(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter))
            && (self.test.is_empty() || self.test.iter().any(|it| it == name))
            && !self.without.iter().any(|it| name.contains(it))
    }
}
