//! The report for programs. It holds no time and no duration: one seed gives one report.

use crate::outcome::Outcome;

/// The report as JSON.
pub(crate) fn write(outcome: &Outcome) -> String {
    let text = serde_json::to_string_pretty(outcome);
    // An outcome has string keys and no floating point numbers, so it can be written.
    text.map_or_else(
        |error| format!("{{\"error\": {:?}}}\n", error.to_string()),
        |text| text + "\n",
    )
}
