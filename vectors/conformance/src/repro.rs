//! One test, line by line: what the runner asks and what the adapter answers.

use crate::adapter::{Adapter, Played, play};
use crate::lookup;
use crate::options::{Options, Stop};
use crate::suite::{Item, Suite};
use std::process::Stdio;
use std::time::Duration;

/// Plays one test with an adapter: the lines of the conversation with the verdict, and the exit code.
pub(crate) fn repro(
    name: &str,
    suite: &Suite,
    command: &[String],
    options: &Options,
) -> Result<(String, u8), Stop> {
    let item = lookup::find(name, suite).map_err(|near| {
        Stop::usage(format!("{name:?} is no test{near}; --list shows all names"))
    })?;
    if matches!(item, Item::Live(_)) {
        let seed = options.seed;
        return Err(Stop::usage(format!(
            "{name:?} is a live case and has no fixed lines; play it again with \
             --filter {name} --seed {seed}"
        )));
    }
    let deadline = Duration::from_secs(options.deadline);
    let mut adapter = Adapter::spawn(command, deadline, Stdio::inherit())
        .map_err(|error| Stop::adapter(format!("cannot start {:?}: {error}", command.join(" "))))?;
    adapter.record();
    adapter.hello().map_err(|text| {
        let lines = adapter.conversation().join("\n");
        Stop::adapter(format!("{:?}: {text}\n{lines}", command.join(" ")))
    })?;
    let played = converse(&mut adapter, item, suite, options.seed).and_then(|()| adapter.end());
    let (verdict, code) = match played {
        Ok(()) => ("passed".to_owned(), 0),
        Err(text) => (format!("FAILED: {text}"), 1),
    };
    Ok((format!("{}\n{verdict}\n", adapter.conversation().join("\n")), code))
}

fn converse(adapter: &mut Adapter, item: Item, suite: &Suite, seed: u64) -> Result<(), String> {
    match item {
        Item::Vector(file, test) => {
            let (file, test) = suite.test(file, test);
            match play(adapter, file, test).map_err(|failed| failed.to_string())? {
                Played::Passed => Ok(()),
                Played::Accepted(text)
                | Played::Failed(text)
                | Played::Unsupported(text)
                | Played::Fault(text) => Err(text),
            }
        }
        Item::Probe(probe) => probe.converse(adapter, seed).map_err(|differs| differs.text),
        Item::Live(_) => Err("a live case has no fixed lines".to_owned()),
    }
}
