//! One test, line by line: what the runner asks and what the adapter answers.

use crate::adapter::{Adapter, Played, play};
use crate::lookup;
use crate::options::{Options, Stop};
use crate::suite::{Item, Suite};
use std::process::Stdio;
use std::slice;
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
            "{name:?} is about the embedded reference alone; play it again with \
             --filter {name} --seed {seed}"
        )));
    }
    let deadline = Duration::from_secs(options.deadline);
    let mut adapter = Adapter::spawn(command, deadline, Stdio::inherit())
        .map_err(|error| Stop::adapter(format!("cannot start {:?}: {error}", command.join(" "))))?;
    adapter.record();
    let greets = matches!(item, Item::Probe(probe) if probe.greets());
    if !greets && let Err(text) = adapter.hello() {
        let lines = adapter.conversation().join("\n");
        return Err(Stop::adapter(format!("{:?}: {text}\n{lines}", command.join(" "))));
    }
    let played = converse(&mut adapter, item, suite, options.seed).and_then(|()| adapter.end());
    let (verdict, code) = match played {
        Ok(()) => ("passed".to_owned(), 0),
        Err(text) => (format!("FAILED: {text}"), 1),
    };
    Ok((format!("{}\n{verdict}\n", adapter.conversation().join("\n")), code))
}

fn converse(adapter: &mut Adapter, item: Item, suite: &Suite, seed: u64) -> Result<(), String> {
    let played = match item {
        Item::Vector(file, test) => {
            let (file, test) = suite.test(file, test);
            play(adapter, file, test)
        }
        Item::Peer(index) => suite.case(index).play(slice::from_mut(adapter), seed),
        Item::Probe(probe) => {
            return probe.converse(adapter, seed).map_err(|differs| differs.text);
        }
        Item::Live(_) => return Err("a case of the embedded reference alone".to_owned()),
    };
    match played.map_err(|failed| failed.to_string())? {
        Played::Passed => Ok(()),
        Played::Differs(difference) => Err(difference.text),
        Played::Accepted(text)
        | Played::Failed(text)
        | Played::Unsupported(text)
        | Played::Fault(text) => Err(text),
    }
}
