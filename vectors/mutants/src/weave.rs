//! Puts all bugs into one source, each behind its switch.

use crate::list::{Edit, List};
use crate::tree::PARTS;
use std::path::Path;

/// A piece of a file that a bug replaces.
struct Cut<'a> {
    start: usize,
    end: usize,
    id: &'a str,
    replace: &'a str,
}

/// The text of a file of the copy with every bug of the list that is in it.
pub(crate) fn weave(list: &List, path: &Path, mut text: String) -> Result<String, String> {
    let here = |edit: &&Edit| Path::new(&edit.file) == path;
    for edit in list.client.iter().filter(here) {
        let (start, end) = place(&text, edit)?;
        text.replace_range(start..end, &edit.replace);
    }
    let mut cuts = Vec::new();
    for (id, edit) in list.edits().filter(|(_, edit)| here(edit)) {
        let (start, end) = place(&text, edit).map_err(|text| format!("{id}: {text}"))?;
        cuts.push(Cut { start, end, id, replace: &edit.replace });
    }
    cuts.sort_by_key(|cut| (cut.start, usize::MAX - cut.end));
    let out = emit(&text, 0, text.len(), &cuts)?;
    Ok(prepare(path, out, "mutants"))
}

pub(crate) fn place(text: &str, edit: &Edit) -> Result<(usize, usize), String> {
    let places: Vec<usize> = text.match_indices(&edit.find).map(|(at, _)| at).collect();
    match places.as_slice() {
        [at] => Ok((*at, at + edit.find.len())),
        _ => Err(format!(
            "{} holds this {} times, and has to hold it once: change the edit\n{}",
            edit.file,
            places.len(),
            edit.find
        )),
    }
}

/// Cuts may lie in one another: the inner ones are in what the outer one leaves as it was.
fn emit(text: &str, start: usize, end: usize, mut cuts: &[Cut<'_>]) -> Result<String, String> {
    let (mut out, mut at) = (String::new(), start);
    while let Some((cut, others)) = cuts.split_first() {
        let (within, behind) =
            others.split_at(others.iter().take_while(|it| it.start < cut.end).count());
        if let Some(other) = within.iter().find(|it| it.end > cut.end) {
            return Err(format!("the edits of {} and {} overlap", cut.id, other.id));
        }
        let sound = emit(text, cut.start, cut.end, within)?;
        out += &text[at..cut.start];
        out += &format!(
            "(if crate::switch::bug({:?}) {{ {} }} else {{ {sound} }})",
            cut.id, cut.replace
        );
        (at, cuts) = (cut.end, behind);
    }
    Ok(out + &text[at..end])
}

/// What every copy needs: a version of its own, by which cargo keeps what it builds apart from what
/// it builds of the repository and of other copies, also in name; only the members that are copied;
/// no lints; and in the protocol crate `std` for the switches, which are no constant functions.
pub(crate) fn prepare(path: &Path, text: String, copy: &str) -> String {
    match path.to_str() {
        Some("Cargo.toml") => {
            let line = |line: &str| match line.strip_prefix("version = \"") {
                Some(version) => {
                    format!("version = \"{}-{copy}\"\n", version.trim_end_matches('"'))
                }
                None => format!("{line}\n"),
            };
            let lines = text.lines().filter(|line| !member_elsewhere(line));
            lines.map(line).collect::<String>().replace("= \"deny\"", "= \"allow\"")
        }
        Some("Cargo.lock" | "vectors/conformance/Cargo.toml") => {
            text.replace("quipu-conformance", "quipu-mutant")
        }
        Some("reference/protocol/src/lib.rs") => {
            text.replace("#[cfg(test)]\nextern crate std;", "extern crate std;\npub mod switch;")
        }
        Some("model/Cargo.toml") => {
            text + "\n[[bin]]\nname = \"quipu-model-mutant\"\npath = \"src/main.rs\"\n"
        }
        _ if !path.starts_with("vectors/conformance")
            && !path.starts_with("model")
            && path.extension().is_some_and(|it| it == "rs") =>
        {
            text.replace("const fn ", "fn ")
        }
        _ => text,
    }
}

/// Whether a line of the workspace names a member that no copy has.
fn member_elsewhere(line: &str) -> bool {
    let path = line.trim_start().strip_prefix('"').and_then(|line| line.split('"').next());
    path.and_then(|path| path.split('/').next()).is_some_and(|part| !PARTS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::Mutant;

    fn mutant(id: &str, find: &str) -> Mutant {
        let edit = Edit { file: "a.rs".into(), find: find.into(), replace: id.to_lowercase() };
        Mutant {
            id: id.into(),
            bug: String::new(),
            requirements: Vec::new(),
            edits: vec![edit],
            killed_by: Vec::new(),
        }
    }

    fn woven(finds: &[(&str, &str)], text: &str) -> Result<String, String> {
        let mutants = finds.iter().map(|(id, find)| mutant(id, find)).collect();
        weave(&List::of(mutants), Path::new("a.rs"), text.to_owned())
    }

    #[test]
    fn bugs_lie_beside_and_within_one_another() {
        let one = |id: &str, bug: &str, sound: &str| {
            format!("(if crate::switch::bug({id:?}) {{ {bug} }} else {{ {sound} }})")
        };
        let outer = one("B", "b", &one("C", "c", &format!("x && {}", one("A", "a", "y"))));
        let expected = format!("if {outer} {{ {} }}", one("D", "d", "z"));
        let finds = [("A", "y"), ("B", "x && y"), ("C", "x && y"), ("D", "z")];
        assert_eq!(woven(&finds, "if x && y { z }"), Ok(expected));
    }

    #[test]
    fn what_does_not_stand_there_once_is_refused() {
        let text = woven(&[("A", "y")], "y y").expect_err("twice");
        assert!(text.starts_with("A: a.rs holds this 2 times, and has to hold it once"), "{text}");
        let text = woven(&[("A", "y")], "x").expect_err("never");
        assert!(text.starts_with("A: a.rs holds this 0 times"), "{text}");
    }

    #[test]
    fn only_the_members_that_are_copied_stay() {
        let text =
            "members = [\n    \"vectors\", # a\n    \"fuzz\",    # b\n    \"vectors/x\",\n]\n";
        let expected = "members = [\n    \"vectors\", # a\n    \"vectors/x\",\n]\n";
        assert_eq!(prepare(Path::new("Cargo.toml"), text.to_owned(), "c"), expected);
    }

    #[test]
    fn edits_that_overlap_are_refused() {
        let text = woven(&[("A", "x y"), ("B", "y z")], "x y z").expect_err("overlap");
        assert_eq!(text, "the edits of A and B overlap");
    }
}
