//! The state diagrams in the chapters of the specification and the bounds of the models, between
//! `<!-- model:NAME -->` and `<!-- /model:NAME -->`.

use std::fs;
use std::path::PathBuf;

use quipu_model::Kind;

use super::{Exit, golden, root, settle};

pub(crate) fn run(check: bool) -> Result<Exit, String> {
    let folder = root().join("spec");
    let entries = fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut chapters: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    chapters.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    chapters.sort();
    let mut diagrams = quipu_model::diagrams();
    for (_, diagram) in &mut diagrams {
        *diagram = format!("```mermaid\n{diagram}```\n");
    }
    diagrams.push(("bounds", bounds()?));
    let mut placed = Vec::new();
    let mut same = true;
    for path in chapters {
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let filled = fill(&text, &diagrams, &mut placed)
            .map_err(|text| format!("{}: {text}", path.display()))?;
        same &= settle(&path, &filled, check)?;
    }
    for (name, _) in &diagrams {
        if !placed.contains(name) {
            eprintln!("no chapter has a place for the diagram {name}");
            same = false;
        }
    }
    Ok(if same { Exit::Holds } else { Exit::Drift })
}

/// Every model of ours with its bound and the number of states on record.
fn bounds() -> Result<String, String> {
    let path = golden::models();
    let record = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut table = String::from("| model | bound | states |\n|---|---|---|\n");
    for model in quipu_model::models().iter().filter(|model| model.kind == Kind::Ours) {
        let (name, bound) = (model.subject.name(), model.subject.bound());
        let part = golden::part(&record, name);
        let states = part.split([' ', ':']).find(|word| word.parse::<u64>().is_ok());
        let states = states.ok_or(format!("{} has no {name}", path.display()))?;
        table += &format!("| `{name}` | {bound} | {states} |\n");
    }
    Ok(table)
}

/// A chapter with its diagrams.
fn fill(
    text: &str,
    diagrams: &[(&'static str, String)],
    placed: &mut Vec<&'static str>,
) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- model:") {
        let (name, body) = after.split_once(" -->\n").ok_or("a diagram without a name")?;
        let end = format!("<!-- /model:{name} -->");
        let (_, behind) = body.split_once(&end).ok_or(format!("{name} is not closed"))?;
        let (known, diagram) = diagrams
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or(format!("there is no diagram {name}"))?;
        placed.push(*known);
        out += &format!("{before}<!-- model:{name} -->\n{diagram}{end}");
        rest = behind;
    }
    Ok(out + rest)
}
