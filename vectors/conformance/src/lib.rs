//! Chapters 12 and 13: the conformance runner. It checks a client against the published vectors,
//! and plays the embedded reference over a hostile network.
//!
//! This crate knows nothing about how vectors are made.

mod adapter;
mod again;
mod annotate;
mod badge;
mod chapters;
mod difference;
mod doctor;
mod expect;
mod explain;
mod hints;
mod html;
mod init;
mod json;
mod junit;
mod live;
mod lookup;
mod options;
mod outcome;
mod peer;
mod promote;
mod report;
mod repro;
mod requirements;
mod run;
mod selftest;
mod suite;

pub use adapter::{Answer, serve};

use adapter::Hello;
use expect::Expected;
use options::{Client, Options, Stop};
use outcome::Outcome;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;
use suite::Suite;

/// The command line: reads the arguments and runs the suite.
pub fn main() -> ExitCode {
    let code = Options::read().and_then(|options| conformance(&options)).unwrap_or_else(|stop| {
        // Nothing can be done when standard error is gone too.
        let _ = write!(io::stderr(), "{}", stop.text);
        stop.code
    });
    ExitCode::from(code)
}

fn conformance(options: &Options) -> Result<u8, Stop> {
    let Some(client) = &options.client else { return test(options) };
    let mut out = io::stdout();
    match client {
        Client::Adapter(_) | Client::Pair { .. } => test(options),
        Client::Serve => done(serve(io::stdin().lock(), out.lock()).map(|()| 0)),
        Client::Explain { name } => {
            let suite = Suite::load(options, &[])?;
            say(&explain::explain(name, &suite, options)?, &mut out)?;
            Ok(0)
        }
        Client::Repro { name, command } => {
            let suite = Suite::load(options, &[])?;
            let (text, code) = repro::repro(name, &suite, &or_myself(command)?, options)?;
            say(&text, &mut out)?;
            Ok(code)
        }
        Client::Init { language, folder } => {
            say(&init::init(*language, folder)?, &mut out)?;
            Ok(0)
        }
        Client::Doctor { command } => {
            let suite = Suite::load(options, &[])?;
            doctor::doctor(&or_myself(command)?, &suite, options, &mut out)
        }
        Client::Promote { name, command } => {
            let suite = Suite::load(options, &[])?;
            say(&promote::promote(name, &or_myself(command)?, &suite, options)?, &mut out)?;
            Ok(0)
        }
        Client::Requirements { check } => {
            let suite = Suite::load(options, &[])?;
            let (text, code) = requirements::trace(&suite, options, *check)?;
            say(&text, &mut out)?;
            Ok(code)
        }
        Client::Annotate(arguments) => {
            say(&arguments.run()?, &mut out)?;
            Ok(0)
        }
        Client::Selftest => selftest::selftest(options, &mut out),
        Client::FalseAdapter { kind } => done(adapter::lie(*kind, io::stdin().lock(), out.lock())),
    }
}

/// What a server of lines came to.
fn done(served: io::Result<u8>) -> Result<u8, Stop> {
    served.map_err(|error| Stop::usage(format!("standard input or output: {error}")))
}

/// A run of the suite.
fn test(options: &Options) -> Result<u8, Stop> {
    let hellos =
        options.commands().iter().map(|it| greet(it, options)).collect::<Result<Vec<_>, _>>()?;
    let mut suite = Suite::load(options, &hellos)?;
    if options.list {
        say(&suite.list(), &mut io::stdout())?;
        return Ok(0);
    }
    let json = options.json.as_deref().filter(|path| *path != "-").map(create).transpose()?;
    let html = options.html.as_deref().map(create).transpose()?;
    let junit = options.junit.as_deref().map(create).transpose()?;
    let badge = options.badge.as_deref().map(create).transpose()?;
    let expected = options.expect.as_deref().map(Expected::read).transpose()?.unwrap_or_default();
    let ran = run::run(&mut suite, options);
    let outcome = Outcome::new(ran, &suite, options, &hellos, &expected);
    if let Some((file, path)) = json {
        fill(file, path, &json::write(&outcome))?;
    }
    if let Some((file, path)) = html {
        fill(file, path, &html::write(&outcome))?;
    }
    if let Some((file, path)) = junit {
        fill(file, path, &junit::write(&outcome))?;
    }
    if let Some((file, path)) = badge {
        fill(file, path, &badge::write(&outcome))?;
    }
    if options.json.as_deref() == Some("-") {
        say(&report::write(&outcome), &mut io::stderr())?;
        say(&json::write(&outcome), &mut io::stdout())?;
    } else {
        say(&report::write(&outcome), &mut io::stdout())?;
    }
    Ok(outcome.code())
}

/// The command, or that of the embedded reference.
fn or_myself(command: &[String]) -> Result<Vec<String>, Stop> {
    if command.is_empty() { run::myself().map_err(Stop::adapter) } else { Ok(command.to_vec()) }
}

/// Who the client is; the processes that do the work are started later.
fn greet(command: &[String], options: &Options) -> Result<Hello, Stop> {
    let deadline = Duration::from_secs(options.deadline);
    let (_, hello) = adapter::Adapter::start(command, deadline).map_err(Stop::adapter)?;
    Ok(hello)
}

/// Opens a report before the run, so that a path that cannot be written costs no time.
fn create(path: &str) -> Result<(File, &str), Stop> {
    let file = File::create(path);
    file.map(|file| (file, path))
        .map_err(|error| Stop::usage(format!("cannot write {path}: {error}")))
}

fn fill(mut file: File, path: &str, text: &str) -> Result<(), Stop> {
    let written = file.write_all(text.as_bytes());
    written.map_err(|error| Stop::usage(format!("cannot write {path}: {error}")))
}

/// Writes a text; a reader that has gone away is no error.
fn say(text: &str, to: &mut impl Write) -> Result<(), Stop> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Stop::usage(format!("cannot write the report: {error}")))
        }
        _ => Ok(()),
    }
}
