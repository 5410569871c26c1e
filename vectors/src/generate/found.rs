//! What a live case found in somebody's client, kept as vectors: `promote` of the runner writes them.

use super::{About, Book};
use serde_json::Value;

const FOUND: [&str; 1] = [include_str!("found/repeats-together.json")];

/// Puts those of a profile into its book.
pub(super) fn put(book: &mut Book, profile: &str) {
    for text in FOUND {
        let test: Value = serde_json::from_str(text).expect("promote wrote it");
        if test["profile"] != profile {
            continue;
        }
        let text = |name: &str| test[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| test[name].as_array().cloned().unwrap_or_default();
        let ids = list("requirements");
        let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
        let (id, comment) = (text("id"), text("comment"));
        let about = About { id: &id, comment: &comment, requirements: &ids };
        book.script(about, &text("flag"), &test["setup"], &list("steps"));
    }
}
