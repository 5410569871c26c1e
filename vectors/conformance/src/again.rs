//! The commands that play a test again.

use crate::outcome::{Outcome, Result};

impl Outcome {
    /// The command that plays one test again.
    pub(crate) fn again(&self, test: &Result) -> String {
        let command = self.shown_command();
        // The head of the report has a long one in full.
        let command = if command.len() > 160 { "COMMAND" } else { &command };
        let again = match test.kind {
            "live" => format!("--seed {} --filter {}", self.seed, shell_words::quote(&test.name)),
            _ => format!("repro {}", shell_words::quote(&test.name)),
        };
        format!("cargo run --release -- {again} {command}").trim_end().to_owned()
    }

    /// The command of the adapter as a shell takes it; nothing for the embedded reference.
    pub(crate) fn shown_command(&self) -> String {
        shell_words::join(&self.command)
    }
}
