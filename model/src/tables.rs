//! The tables of `docs/model`.

use std::fmt::Write;
use std::time::Duration;

use crate::engine::{Limits, Subject};
use crate::{Kind, breaking_sets, compromise, earlier, models, ratchet};

/// The tables of `docs/model`: file name and text.
pub fn tables() -> Vec<(&'static str, String)> {
    let breaking = breaking_sets::breaking_sets(3);
    vec![
        ("claims.md", claims()),
        ("compromise.md", COMPROMISE.to_owned() + &compromise::markdown(&compromise::cells())),
        ("breaking-sets.md", BREAKING_SETS.to_owned() + &breaking_sets::markdown(&breaking)),
        ("ratchet.md", theft()),
        ("earlier.md", exchanges()),
    ]
}

const COMPROMISE: &str = "\
# What holds when something leaks

For each handshake, suite and role of the party that is looked at: what leaks (before the session \
or after it), and what holds then. A cell says how many states were visited, all of them, or how \
many steps the shortest attack has. A star marks a difference from chapter 11.2: something that \
holds although the chapter gives it up. Something that falls although the chapter claims it makes \
`quipu-model table` fail.

";

const BREAKING_SETS: &str = "\
# Which mechanisms carry a property

Each set is minimal: without all of its mechanisms the property falls, and with any one of them it \
holds. A set of one carries the load alone; in a larger set each is the second line of the others.

";

/// The three earlier exchanges and the relay in the middle of each.
fn exchanges() -> String {
    let mut text = String::from("# The earlier exchanges, and the relay in the middle\n");
    for kind in earlier::Kind::ALL {
        let report = earlier::report(kind);
        let (title, lines) = (kind.title(), report.lines.join("\n"));
        let _ = write!(text, "\n## {title}\n\n```text\n{lines}\n```\n");
    }
    text
}

const ACTIVE_THIEF: &str = "\
## When the thief becomes active

The thief was passive since the theft, and now makes a message of its own: it begins a chain with a \
ratchet key of its own, or writes on in the chain of whom it pretends to be. Chains are counted from \
the newest that the victim knew of. A cell says in how many states a message of the peer in that \
place would be accepted, and whether the thief's is. What follows, in every state after: a side that has \
taken a step of the thief sends nothing that the thief does not read (`lost-to-the-thief`) and \
accepts no later message of its peer (`lost-to-the-peer`): that session is lost for good, and a new \
handshake, which needs the identity key, is what ends it. A message that the thief writes on in a \
chain can make the side refuse the next chain of its peer (`deaf-to-the-peer`). When the peer's message arrives whose \
place was taken, it is refused as `clone_suspected` (`forged-step-noticed`); a thief that keeps it \
back is not noticed.

";

/// What a session's secrets are worth after a theft.
fn theft() -> String {
    let (model, bound) = ratchet::named("ratchet-stolen").expect("a model of that name");
    let table = ratchet::markdown(&ratchet::table(&model));
    let active = ratchet::active_markdown();
    format!(
        "# What a stolen ratchet state reveals\n\nBound: {bound}.\n\n{table}\n{ACTIVE_THIEF}{active}"
    )
}

/// Every claim of every model with its bound and the number of states it was decided on.
fn claims() -> String {
    let mut text = String::from(
        "# What is claimed, and over how many states\n\nWritten by `cargo run --release -p \
         quipu-model -- table`. Each model is explored completely within its bound by two \
         engines; `check` compares the numbers.\n",
    );
    for model in models().into_iter().filter(|model| model.kind == Kind::Ours) {
        model_claims(&mut text, model.subject.as_ref());
    }
    text
}

fn model_claims(text: &mut String, subject: &dyn Subject) {
    let limits = Limits { states: usize::MAX, time: Duration::from_secs(600) };
    let outcome = subject.check(limits, false, &|_| ());
    let (name, bound) = (subject.name(), subject.bound());
    let _ = write!(text, "\n## {name}\n\n{bound}: {} states.\n\n", outcome.states);
    let _ = writeln!(text, "| claim | | requirements | |\n|---|---|---|---|");
    for (claim, sentence, requirements, _) in subject.claims() {
        let verdict = if outcome.verdict(claim).is_some_and(|it| !it.is_violated()) {
            "holds"
        } else {
            "violated"
        };
        let requirements = requirements.join(" ");
        let _ = writeln!(text, "| `{claim}` | {sentence} | {requirements} | {verdict} |");
    }
}
