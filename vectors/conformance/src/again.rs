//! The commands that play a test again.

use crate::outcome::{Outcome, Result};

impl Outcome {
    /// The command that plays one test again.
    pub(crate) fn again(&self, test: &Result) -> String {
        let command = self.shown_command();
        // The head of the report has a long one in full.
        let command = if command.len() > 160 { "COMMAND" } else { &command };
        let again = match test.kind {
            "live" => format!("--seed {} --filter {}", self.seed, quote(&test.name)),
            _ => format!("repro {}", quote(&test.name)),
        };
        format!("cargo run --release -- {again} {command}").trim_end().to_owned()
    }

    /// The command of the adapter as a shell takes it; nothing for the embedded reference.
    pub(crate) fn shown_command(&self) -> String {
        self.command.iter().map(|word| quote(word)).collect::<Vec<String>>().join(" ")
    }
}

/// A word as a shell takes it.
fn quote(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=+,@".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
