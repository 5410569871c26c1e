//! The list of cargo-mutants: what it would change, without its builds.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// One mutant.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    /// File, function and change, without a line, so that it lasts as long as they do; the number
    /// tells those apart that would have the same name.
    pub(crate) name: String,
    /// A path in the repository.
    pub(crate) file: String,
    /// What it does to the source.
    pub(crate) genre: String,
    /// What the function returns, as cargo-mutants writes it.
    pub(crate) returns: String,
    /// The bytes of the file that it replaces.
    pub(crate) span: Range<usize>,
    /// The line in which they begin.
    pub(crate) line: usize,
    /// What stands there instead.
    pub(crate) replacement: String,
}

#[derive(Debug, Deserialize)]
struct Listed {
    file: String,
    genre: String,
    name: String,
    function: Option<Function>,
    replacement: String,
    span: Span,
}

#[derive(Debug, Deserialize)]
struct Function {
    return_type: String,
}

#[derive(Debug, Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// Both count from one, the column in characters.
#[derive(Debug, Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn offset(&self, text: &str) -> Option<usize> {
        let lines = text.split_inclusive('\n');
        let before: usize = lines.clone().take(self.line.checked_sub(1)?).map(str::len).sum();
        let mut columns = lines.clone().nth(self.line - 1)?.char_indices().map(|(at, _)| at);
        Some(before + columns.nth(self.column.checked_sub(1)?)?)
    }
}

/// The mutants of a list that `cargo mutants --list --json` has printed for this source.
pub(crate) fn read(root: &Path, list: &Path) -> Result<Vec<Mutant>, String> {
    let text = fs::read_to_string(list)
        .map_err(|error| format!("cannot read {}: {error}", list.display()))?;
    let listed: Vec<Listed> = serde_json::from_str(&text)
        .map_err(|error| format!("{}, line {}: {error}", list.display(), error.line()))?;
    let mut sources = BTreeMap::new();
    for Listed { file, .. } in &listed {
        if !sources.contains_key(file) {
            let text = fs::read_to_string(root.join(file));
            sources.insert(file.clone(), text.map_err(|error| format!("{file}: {error}"))?);
        }
    }
    let mut seen = BTreeMap::<String, usize>::new();
    let mutant = |listed: Listed| {
        let text = &sources[&listed.file];
        let (start, end) = (listed.span.start.offset(text), listed.span.end.offset(text));
        let (Some(start), Some(end)) = (start, end) else {
            return Err(format!("{}: {} does not lie in the source", list.display(), listed.name));
        };
        Ok(Mutant {
            name: lasting(&listed, &mut seen),
            span: start..end,
            line: listed.span.start.line,
            genre: listed.genre,
            returns: listed.function.map(|it| it.return_type).unwrap_or_default(),
            file: listed.file,
            replacement: named(&listed.replacement),
        })
    };
    listed.into_iter().map(mutant).collect()
}

/// What cargo-mutants writes, with names that also hold where nothing of `alloc` is in scope.
fn named(replacement: &str) -> String {
    let full = [
        ("Box::", "std::boxed::Box::"),
        ("Vec::", "std::vec::Vec::"),
        ("String::", "std::string::String::"),
    ];
    full.iter().fold(replacement.to_owned(), |text, (short, full)| text.replace(short, full))
}

/// `wire.rs: replace < with > in read` of `…/src/wire.rs:10:7: replace < with > in read`.
fn lasting(listed: &Listed, seen: &mut BTreeMap<String, usize>) -> String {
    let what = listed.name.splitn(4, ':').nth(3).unwrap_or_default().trim();
    let file = listed.file.strip_prefix("reference/protocol/src/").unwrap_or(&listed.file);
    let name = format!("{file}: {what}");
    let count = seen.entry(name.clone()).or_default();
    *count += 1;
    if *count == 1 { name } else { format!("{name} ({count})") }
}
