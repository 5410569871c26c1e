//! Traces of the model of sessions, for the vectors.

use super::{Exit, root};

pub(crate) fn run(check: bool) -> Result<Exit, String> {
    let stale = quipu_model::traces::vectors(&root(), check).map_err(|error| error.to_string())?;
    if let Some(path) = stale {
        eprintln!("{path} is not as generated");
    }
    Ok(if stale.is_none() { Exit::Holds } else { Exit::Drift })
}
