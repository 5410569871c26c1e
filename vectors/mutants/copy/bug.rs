//! Which bug this process has: the name in the environment variable QUIPU_BUG.

use std::string::String;
use std::sync::OnceLock;

/// Whether this is the bug.
pub fn bug(name: &str) -> bool {
    static BUG: OnceLock<String> = OnceLock::new();
    BUG.get_or_init(|| std::env::var("QUIPU_BUG").unwrap_or_default()) == name
}
