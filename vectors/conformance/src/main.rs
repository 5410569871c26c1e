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
mod expect;
mod hints;
mod html;
mod json;
mod junit;
mod live;
mod options;
mod outcome;
mod report;
mod run;
mod suite;

use adapter::Hello;
use expect::Expected;
use options::{Client, Options, Stop};
use outcome::Outcome;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;
use suite::Suite;

fn main() -> ExitCode {
    let code = Options::read().and_then(|options| conformance(&options)).unwrap_or_else(|stop| {
        // Nothing can be done when standard error is gone too.
        let _ = write!(io::stderr(), "{}", stop.text);
        stop.code
    });
    ExitCode::from(code)
}

fn conformance(options: &Options) -> Result<u8, Stop> {
    if matches!(options.client, Some(Client::Serve)) {
        let served = adapter::serve(io::stdin().lock(), io::stdout().lock());
        return served.map(|()| 0).map_err(|error| Stop::usage(error.to_string()));
    }
    if let Some(Client::Annotate(arguments)) = &options.client {
        say(&arguments.run()?, &mut io::stdout())?;
        return Ok(0);
    }
    let hello = options.command().map(|command| greet(command, options)).transpose()?;
    let suite = Suite::load(options, hello.as_ref())?;
    if options.list {
        say(&suite.list(), &mut io::stdout())?;
        return Ok(0);
    }
    let json = options.json.as_deref().filter(|path| *path != "-").map(create).transpose()?;
    let html = options.html.as_deref().map(create).transpose()?;
    let junit = options.junit.as_deref().map(create).transpose()?;
    let badge = options.badge.as_deref().map(create).transpose()?;
    let expected = options.expect.as_deref().map(Expected::read).transpose()?.unwrap_or_default();
    let ran = run::run(&suite, options);
    let outcome = Outcome::new(ran, &suite, options, hello.as_ref(), &expected);
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
