//! `docs/model/seeded-in-code.md`.

use crate::list::List;
use crate::seeded::{Found, Same, Seeded};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The text, for what was found.
pub(crate) fn markdown(list: &List, found: &BTreeMap<String, Found>) -> String {
    let seeded = &list.seeded;
    let is_found = |same: &&Same| found.get(&same.patch).is_some_and(Found::any);
    let (hits, misses): (Vec<&Same>, Vec<&Same>) = seeded.same.iter().partition(is_found);
    let count = |such: fn(&Found) -> bool| {
        hits.iter().filter(|it| found.get(&it.patch).is_some_and(such)).count()
    };
    let mut out = format!(
        "# Seeded bugs of the model in the real code\n\n\
         Written by `cargo run --release -p quipu-mutants -- seeded`; `-- seeded --check` fails when \
         a trace or a bound that is named here does not find its patch any more, and measures no \
         numbers.\n\n\
         The model has {} seeded bugs, each found by a claim ([claims](claims.md)). A patch is the \
         same rule broken in the same way in the reference: a mutant (`M…`, \
         [mutants](../mutants.md)) or an entry of `vectors/mutants/seeded.json` (`S…`). Two things \
         that come from the model alone look for it: the replay of its traces \
         (`device-traces-*.json`) through the adapter, and lockstep with the patched crate.\n\n\
         {} seeded bugs are found in the code: {} because the device says something else than the \
         model (an event, an error, an acceptance), {} more because bytes of a trace differ, {} by \
         lockstep. Both sides of lockstep are the patched crate, so what both do wrong alike \
         shows only in bytes; for such a patch it is not run. It looks at three small bounds, and at a larger one for what nothing else \
         finds.\n\n\
         - *says*: traces in which it says something else\n\
         - *bytes*: traces in which the first difference is one of bytes\n\n\
         | seeded bug | claim of the model | patch: it … | says | bytes | a trace | lockstep |\n\
         |---|---|---|--:|--:|---|---|\n",
        seeded.claims.len(),
        hits.len(),
        count(|it| it.said > 0),
        count(|it| it.said == 0 && it.bytes > 0),
        count(|it| it.bound.is_some()),
    );
    for same in &hits {
        let Found { said, bytes, trace, bound } =
            found.get(&same.patch).cloned().unwrap_or_default();
        let cell =
            |name: Option<String>| name.map_or_else(|| "-".to_owned(), |it| format!("`{it}`"));
        let (start, trace, bound) = (start(list, same), cell(trace), cell(bound));
        let _ = writeln!(out, "| {start} | {said} | {bytes} | {trace} | {bound} |");
    }
    out += "\n## A patch that neither finds\n\n\
            | seeded bug | claim of the model | patch: it … | why | found by |\n\
            |---|---|---|---|---|\n";
    for same in &misses {
        let killer = list.mutants.iter().find(|it| it.id == same.patch);
        let killer = killer.and_then(|it| it.killed_by.first());
        let killer = killer.map_or_else(|| "-".to_owned(), |it| format!("`{it}`"));
        let why = same.why.as_deref().unwrap_or("?");
        let _ = writeln!(out, "| {} | {why} | {killer} |", start(list, same));
    }
    out += "\n## No patch\n\n| seeded bugs | why |\n|---|---|\n";
    for others in &seeded.others {
        let _ = writeln!(out, "| {} | {} |", others.seeded.join(", "), others.why);
    }
    out
}

/// Seeded bug, claim and patch.
fn start(list: &List, Same { seeded, patch, .. }: &Same) -> String {
    let mutant = list.mutants.iter().find(|it| it.id == *patch).map(|it| &it.bug);
    let own = list.seeded.patches.iter().find(|it| it.id == *patch).map(|it| &it.bug);
    let bug = mutant.or(own).map_or("?", String::as_str);
    let claim = list.seeded.claims.get(seeded).map_or("?", String::as_str);
    format!("{seeded} | `{claim}` | {patch} {bug}")
}

/// What a text says that [`markdown`] has written.
pub(crate) fn read(seeded: &Seeded, text: &str) -> BTreeMap<String, Found> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter_map(|it| it.strip_prefix("| ")?.strip_suffix(" |")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [_, _, patch, said, bytes, trace, bound] = cells[..] else { continue };
        let id = patch.split(' ').next().unwrap_or_default();
        let (Ok(said), Ok(bytes)) = (said.parse(), bytes.parse()) else { continue };
        let name = |cell: &str| Some(cell.trim_matches('`').to_owned()).filter(|it| it != "-");
        if seeded.ids().contains(&id) {
            let it = Found { said, bytes, trace: name(trace), bound: name(bound) };
            found.insert(id.to_owned(), it);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_read_from_where_it_was_written() {
        let same = |seeded: &str, patch: &str, why: Option<&str>| Same {
            seeded: seeded.into(),
            patch: patch.into(),
            why: why.map(str::to_owned),
        };
        let mut list = List::of(Vec::new());
        list.seeded.same = vec![same("bug-1", "S1", None), same("bug-2", "S2", Some("silent"))];
        list.seeded.claims = BTreeMap::from([("bug-1".to_owned(), "once".to_owned())]);
        let it = Found { said: 2, bytes: 1, trace: Some("a/b".into()), bound: None };
        let found = BTreeMap::from([("S1".to_owned(), it)]);
        let text = markdown(&list, &found);
        assert!(text.contains("| bug-1 | `once` | S1 ? | 2 | 1 | `a/b` | - |"), "{text}");
        assert!(text.contains("| bug-2 | `?` | S2 ? | silent | - |"), "{text}");
        assert_eq!(read(&list.seeded, &text), found);
        assert!(list.seeded.findings(&found).is_empty());
        let none = list.seeded.findings(&BTreeMap::new());
        assert_eq!(none, ["bug-1: nothing finds S1"]);
    }
}
