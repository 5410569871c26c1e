//! An adapter, examined step by step; each problem with its fix.

mod draws;
mod probes;
mod start;
mod survey;
mod values;

use crate::adapter::{Adapter, Failed};
use crate::options::{Options, Stop};
use crate::say;
use crate::suite::Suite;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

/// What a step has found.
#[derive(Debug)]
enum Finding {
    Ok(String),
    /// Cannot be examined yet.
    Later(String),
    /// What is wrong, and what to do.
    Problem(String, String),
}

/// Who is examined.
struct Patient<'a> {
    command: &'a [String],
    suite: &'a Suite,
    deadline: Duration,
    seed: u64,
}

impl Patient<'_> {
    /// Its command as typed.
    fn shown(&self) -> String {
        self.command.join(" ")
    }

    /// Another process of it, greeted.
    fn again(&self, stderr: Stdio) -> Result<Adapter, Stop> {
        let adapter = Adapter::spawn(self.command, self.deadline, stderr);
        let greeted = adapter.map_err(|error| error.to_string()).and_then(|mut adapter| {
            adapter.hello()?;
            Ok(adapter)
        });
        greeted.map_err(|text| {
            Stop::adapter(format!("{text}; it did before: does it keep a file or a port?"))
        })
    }
}

/// Crashes and hangs after which the rest is left out.
const PATIENCE: usize = 2;

/// What to do when there was no answer.
fn no_answer(failed: &Failed) -> String {
    let fix = match failed {
        Failed::Ended(_) => {
            "catch what the client throws, answer with fault, go on with the next line"
        }
        Failed::Silent(_) => "answer each request; --deadline SECONDS gives more time",
        Failed::Nonsense(_) => {
            "one line of JSON for each request, no more and no less, with its id and one of ok, reject, \
             unsupported and fault; logs go to standard error"
        }
    };
    fix.to_owned()
}

/// Examines the adapter and writes what it finds as it finds it. The exit code.
pub(crate) fn doctor(
    command: &[String],
    suite: &Suite,
    options: &Options,
    out: &mut impl Write,
) -> Result<u8, Stop> {
    let deadline = Duration::from_secs(options.deadline);
    let patient = Patient { command, suite, deadline, seed: options.seed };
    let mut problems = 0;
    let mut report = |finding: Finding| {
        let text = match finding {
            Finding::Ok(text) => format!("ok       {text}\n"),
            Finding::Later(text) => format!("later    {text}\n"),
            Finding::Problem(text, fix) => {
                problems += 1;
                format!("problem  {text}\n         fix: {fix}\n")
            }
        };
        say(&text, out)
    };
    let hello = match start::start(&patient, &mut report)? {
        Some(hello) => hello,
        None => {
            say("\nIt cannot be tested like this.\n", out)?;
            return Ok(3);
        }
    };
    let survey = survey::survey(&patient, &hello, &mut report)?;
    let complete = survey.complete;
    if survey.lost {
        report(Finding::Later("everything else".to_owned()))?;
    } else {
        report(draws::draws(&patient, &survey)?)?;
        survey.wrong.into_iter().try_for_each(&mut report)?;
        probes::probes(&patient, &survey.known, survey.scripts, &mut report)?;
        start::end(&patient, &mut report)?;
    }
    let (code, text) = match problems {
        0 if !complete => (
            0,
            format!(
                "\nNo problem found. Next: an operation that is unsupported, then\n  cargo run --release -- --filter OPERATION/ {}\n",
                patient.shown()
            ),
        ),
        0 => (0, format!("\nNo problem found. Next: cargo run --release -- {}\n", patient.shown())),
        1 => (1, "\n1 problem.\n".to_owned()),
        _ => (1, format!("\n{problems} problems.\n")),
    };
    say(&text, out)?;
    Ok(code)
}
