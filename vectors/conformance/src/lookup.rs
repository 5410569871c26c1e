//! Names of tests as people type them: `file/id`, or only the id.

use crate::suite::{Item, Suite};

/// Similar names that are shown.
const NEAR: usize = 5;

/// The test of a name.
///
/// # Errors
/// There is none: the end of a sentence with names that contain it.
pub(crate) fn find(name: &str, suite: &Suite) -> Result<Item, String> {
    let is = |item: &&Item| {
        let whole = suite.name(**item);
        whole == name || whole.rsplit('/').next() == Some(name)
    };
    if let Some(item) = suite.items.iter().find(is) {
        return Ok(*item);
    }
    let names = suite.items.iter().map(|item| suite.name(*item));
    let near: Vec<String> = names.filter(|it| it.contains(name)).take(NEAR).collect();
    Err(if near.is_empty() || name.is_empty() {
        String::new()
    } else {
        format!(" (did you mean {}?)", near.join(", "))
    })
}
