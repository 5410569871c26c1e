//! The tables of `docs/model`.

use super::{Exit, root, settle};

pub(crate) fn run(check: bool) -> Result<Exit, String> {
    let folder = root().join("docs/model");
    let mut same = true;
    for (name, text) in quipu_model::tables() {
        same &= settle(&folder.join(name), &text, check)?;
    }
    let contradictions = quipu_model::compromise::cells();
    let contradictions: Vec<_> =
        contradictions.iter().filter(|it| it.claimed_and_broken()).collect();
    for cell in &contradictions {
        eprintln!("chapter 11.2 claims it and it falls: {cell:?}");
    }
    if !contradictions.is_empty() {
        return Ok(Exit::Violated);
    }
    Ok(if same { Exit::Holds } else { Exit::Drift })
}
