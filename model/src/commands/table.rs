//! The tables of `docs/model`.

use super::{Exit, root, settle};

pub(crate) fn run(check: bool) -> Result<Exit, String> {
    let folder = root().join("docs/model");
    let mut same = true;
    for (name, text) in quipu_model::tables() {
        same &= settle(&folder.join(name), &text, check)?;
    }
    Ok(if same { Exit::Holds } else { Exit::Drift })
}
