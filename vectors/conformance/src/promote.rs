//! A live case that fails becomes a vector.

use crate::adapter::Adapter;
use crate::options::{Options, Stop};
use crate::suite::{Item, Suite};
use std::time::Duration;

/// The vector of a live case: for a walk with the fewest lines with which the client still fails,
/// for the embedded reference, or a client that passes, with all of them.
pub(crate) fn promote(
    name: &str,
    command: &[String],
    suite: &Suite,
    options: &Options,
) -> Result<String, Stop> {
    let found = suite.items.iter().find(|item| suite.name(**item) == name);
    let Some(Item::Peer(index)) = found else {
        return Err(Stop::usage(format!(
            "{name:?} is no live case in which the runner is the peer; --filter live/ --list shows them"
        )));
    };
    let (case, deadline) = (suite.case(*index), Duration::from_secs(options.deadline));
    let (mut adapter, _) = Adapter::start(command, deadline).map_err(Stop::adapter)?;
    let lines = case.failing(&mut adapter, options.seed);
    let lines = lines.map_err(|failed| Stop::adapter(failed.to_string()))?;
    let lines = lines.unwrap_or_else(|| case.lines.clone());
    let vector = case.vector(&lines, options.seed).map_err(Stop::damaged)?;
    Ok(serde_json::to_string_pretty(&vector).unwrap_or_default() + "\n")
}
