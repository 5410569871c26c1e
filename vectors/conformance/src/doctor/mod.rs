//! An adapter, examined step by step; each problem with its fix.

mod draws;
mod probes;
mod start;
mod survey;
mod values;

use crate::options::{Options, Stop};
use crate::say;
use crate::suite::Suite;
use std::io::Write;
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
            say("\nThe runner would end with exit code 3.\n", out)?;
            return Ok(3);
        }
    };
    let survey = survey::survey(&patient, &hello, &mut report)?;
    draws::draws(&patient, &survey, &mut report)?;
    probes::probes(&patient, &survey, &mut report)?;
    start::end(&patient, &mut report)?;
    let (code, text) = match problems {
        0 => (0, format!("\nNo problem found. Next: cargo run --release -- {}\n", patient.shown())),
        1 => (1, "\n1 problem.\n".to_owned()),
        _ => (1, format!("\n{problems} problems.\n")),
    };
    say(&text, out)?;
    Ok(code)
}
