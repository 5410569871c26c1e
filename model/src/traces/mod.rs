//! Ways through the model of chapter 8.2, written down with what has to come of each step.
//!
//! The model writes what happens and what every device has to say, the generator of the vectors
//! plays it with real cryptography and fills in the bytes. So the traces are data, neither side
//! depends on the other, and a device that says something else stops the generator.

mod select;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

pub use select::{Chosen, chosen};

/// The file of traces, below the root of the project.
pub const PATH: &str = "vectors/traces/session.jsonl";

/// The text of the file: one trace a line, each once.
pub fn text() -> String {
    let lines: BTreeSet<String> = chosen().iter().map(write::line).collect();
    lines.into_iter().collect()
}

/// Writes the file, or, with `check`, only compares it. Returns what is not as generated.
///
/// # Errors
/// The file cannot be read or written.
pub fn vectors(root: &Path, check: bool) -> io::Result<Option<&'static str>> {
    let (path, text) = (root.join(PATH), text());
    if check {
        return Ok((fs::read_to_string(path)? != text).then_some(PATH));
    }
    fs::write(path, text).map(|()| None)
}
