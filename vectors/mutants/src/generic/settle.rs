//! The copy with all mutants in it: those with which it does not compile leave it, round by round.

use super::list::Mutant;
use super::record::Seen;
use super::weave::{Woven, weave};
use crate::tree::Tree;
use crate::weave::prepare;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

/// More rounds than borrows and types need.
const ROUNDS: usize = 12;

/// As the client is built: a check alone does not say all that a build refuses.
const BUILD: [&str; 6] = ["build", "--release", "-p", "quipu", "--lib", "--message-format=json"];

/// A copy that compiles.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) tree: Tree,
    /// The mutants that are not in it, and what the compiler says of each.
    pub(crate) refused: BTreeMap<usize, Seen>,
}

/// A line of `cargo build --message-format=json`.
#[derive(Debug, Deserialize)]
struct Line {
    message: Option<Message>,
}

#[derive(Debug, Deserialize)]
struct Message {
    level: String,
    message: String,
    rendered: Option<String>,
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
}

impl Message {
    /// What it says of a mutant: only a constant refuses the switch and not the change.
    fn seen(&self) -> Seen {
        let code = self.code.as_ref().map(|it| it.code.as_str()).unwrap_or_default();
        let text = format!("{code} {}", self.message);
        let seen = if code == "E0015" { Seen::Unplayed } else { Seen::Refused };
        seen(text.trim().to_owned())
    }
}

#[derive(Debug, Deserialize)]
struct Code {
    code: String,
}

#[derive(Debug, Deserialize)]
struct Span {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    is_primary: bool,
}

/// Weaves, asks the compiler, leaves out what it refuses, and begins again.
pub(crate) fn settle(root: &Path, mutants: &[Mutant]) -> Result<Settled, String> {
    let mut refused = BTreeMap::new();
    for _ in 0..ROUNDS {
        let out: BTreeSet<usize> = refused.keys().copied().collect();
        let files = RefCell::new(BTreeMap::new());
        let tree = Tree::copy(root, "generic", |path, text| {
            let file = path.to_string_lossy().into_owned();
            if !mutants.iter().any(|it| it.file == file) {
                return Ok(adapt(path, prepare(path, text, "generic")));
            }
            // A switch is no constant; as long as before, so that every place stays where it was.
            // Of one function tests make a constant.
            let constant = "const fn new(bytes: [u8; N])";
            let text = text.replace(constant, "CONST").replace("const fn ", "fn       ");
            let text = text.replace("CONST", constant);
            let woven = weave(mutants, &out, &file, &text)?;
            let text = woven.text.clone();
            files.borrow_mut().insert(file, woven);
            Ok(text)
        })?;
        tree.add("reference/protocol/src/switch.rs", include_str!("../../copy/number.rs"))?;
        let files = files.into_inner();
        let homeless = files.values().flat_map(|woven| &woven.homeless);
        let chain = || Seen::Refused("an operator other than && in a chain with let".to_owned());
        refused.extend(homeless.map(|number| (*number, chain())));
        let ran = tree.cargo(&BUILD).output();
        let ran = ran.map_err(|error| format!("cannot run cargo: {error}"))?;
        if ran.status.success() {
            return Ok(Settled { tree, refused });
        }
        let before = refused.len();
        for message in errors(&String::from_utf8_lossy(&ran.stdout)) {
            for number in blamed(&message, &files) {
                refused.entry(number).or_insert_with(|| message.seen());
            }
        }
        if refused.len() == before {
            let text = String::from_utf8_lossy(&ran.stderr).into_owned();
            let rendered = errors(&String::from_utf8_lossy(&ran.stdout)).into_iter();
            let rendered: String = rendered.filter_map(|it| it.rendered).take(3).collect();
            return Err(format!("no mutant can be blamed for this:\n{rendered}{text}"));
        }
    }
    Err(format!("the copy does not compile after {ROUNDS} rounds"))
}

/// The client of this copy has a name of its own beside that of the other mutants, and what
/// cargo-mutants writes needs the macros of `std`.
fn adapt(path: &Path, text: String) -> String {
    match path.to_str() {
        Some("Cargo.lock" | "vectors/conformance/Cargo.toml") => {
            text.replace("quipu-mutant\"", "quipu-generic\"")
        }
        Some("reference/protocol/src/lib.rs") => {
            text.replace("extern crate std;", "#[macro_use]\nextern crate std;")
        }
        _ => text,
    }
}

fn errors(text: &str) -> Vec<Message> {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    lines.filter_map(|line| line.message).filter(|it| it.level == "error").collect()
}

/// The mutants that an error is about: by the first of its places at which there are some.
fn blamed(message: &Message, files: &BTreeMap<String, Woven>) -> Vec<usize> {
    let of = |span: &Span| {
        let bytes = Range { start: span.byte_start, end: span.byte_end };
        files.get(&span.file_name).map(|woven| woven.blamed(&bytes)).unwrap_or_default()
    };
    let primary = message.spans.iter().filter(|it| it.is_primary);
    let others = message.spans.iter().filter(|it| !it.is_primary);
    primary.chain(others).map(of).find(|it| !it.is_empty()).unwrap_or_default()
}
