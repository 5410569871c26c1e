//! The live cases, read from vectors/live/.

use super::walk::walks;
use crate::options::Stop;

const FILES: [(&str, &str); 3] = [
    ("core.txt", include_str!("../../../live/core.txt")),
    ("prepared.txt", include_str!("../../../live/prepared.txt")),
    ("devices.txt", include_str!("../../../live/devices.txt")),
];

/// The devices that a client plays.
pub(super) const ADA: &[&str] = &["ada", "ada2"];
pub(super) const BOB: &[&str] = &["bob", "bob2"];

/// What every walk tests.
const WALKED: &str = "ENC-08 ENC-09 ENC-10 RATCHET-14 RATCHET-18 RATCHET-21 SESSION-03 SESSION-08 \
    SESSION-14 SESSION-29";

/// A live case.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) comment: String,
    /// The profiles that a client has to claim for it.
    pub(crate) profiles: Vec<String>,
    pub(crate) requirements: Vec<String>,
    pub(crate) suite: u16,
    /// The devices that the client plays.
    pub(crate) client: &'static [&'static str],
    pub(crate) lines: Vec<String>,
    /// Its lines are drawn: what comes of them is for the reference to say.
    pub(crate) walk: bool,
}

impl Case {
    /// Whether the case is for two clients: of those that are played once on each side, only one.
    pub(crate) fn pairs(&self) -> bool {
        self.client == ADA
    }
}

/// A block of a file.
#[derive(Debug, Default, Clone)]
struct Block {
    words: Vec<String>,
    requirements: Vec<String>,
    comment: String,
    lines: Vec<String>,
}

/// An attack on one packet.
#[derive(Debug)]
struct Attack {
    name: String,
    stages: Vec<String>,
    how: String,
    error: String,
    requirements: Vec<String>,
}

/// Every case, in order; the walks follow from a seed.
///
/// # Errors
/// A file that is not as vectors/live/README.md says.
pub(crate) fn cases(seed: u64) -> Result<Vec<Case>, Stop> {
    let mut cases = Vec::new();
    for (file, text) in FILES {
        let made = read(text).map_err(|text| Stop::damaged(format!("{file}: {text}")))?;
        cases.extend(made);
    }
    for walk in walks(seed) {
        let requirements = WALKED.split_whitespace().map(str::to_owned).collect();
        let comment = walk.comment.to_owned();
        let block = Block { words: Vec::new(), requirements, comment, lines: walk.lines };
        let options: &[&str] = if walk.prepared { &["walk", "prepared"] } else { &["walk"] };
        make(&block, &walk.name, options, &mut cases);
    }
    Ok(cases)
}

fn read(text: &str) -> Result<Vec<Case>, String> {
    let (mut blocks, mut attacks) = (Vec::<Block>::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let within = |text: &str| format!("line {}: {text}", number + 1);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(line) = line.strip_prefix("  ") {
            let block = blocks.last_mut().ok_or_else(|| within("a line without a block"))?;
            if block.comment.is_empty() {
                line.trim().clone_into(&mut block.comment);
            } else {
                block.lines.push(line.trim().to_owned());
            }
            continue;
        }
        let (head, ids) = line.split_once(" : ").ok_or_else(|| within("\" : \" is missing"))?;
        let requirements = ids.split_whitespace().map(str::to_owned).collect();
        if let Some(attack) = head.strip_prefix("attack ") {
            attacks.push(read_attack(attack, requirements).map_err(|text| within(&text))?);
        } else {
            let words = head.split_whitespace().map(str::to_owned).collect();
            blocks.push(Block { words, requirements, ..Block::default() });
        }
    }
    let mut cases = Vec::new();
    for block in &blocks {
        let words: Vec<&str> = block.words.iter().map(String::as_str).collect();
        match words[..] {
            ["story", name, ..] => make(block, name, &words[2..], &mut cases),
            ["stage", name, ..] => {
                for attack in attacks.iter().filter(|it| it.stages.iter().any(|it| it == name)) {
                    attacked(block, name, attack, &words[2..], &mut cases)?;
                }
            }
            _ => return Err(format!("a block begins with story or stage, not {words:?}")),
        }
    }
    let unused = attacks.iter().find(|attack| {
        attack.stages.iter().any(|stage| !blocks.iter().any(|block| block.words[1] == *stage))
    });
    match unused {
        Some(attack) => Err(format!("attack {} is on a stage that does not exist", attack.name)),
        None => Ok(cases),
    }
}

/// `NAME on STAGE...: HOW ! ERROR`
fn read_attack(text: &str, requirements: Vec<String>) -> Result<Attack, String> {
    let parts = text.split_once(": ").and_then(|(head, how)| {
        let (name, stages) = head.split_once(" on ")?;
        let (how, error) = how.split_once(" ! ")?;
        let stages = stages.split_whitespace().map(str::to_owned).collect();
        Some(Attack {
            name: name.trim().to_owned(),
            stages,
            how: how.trim().to_owned(),
            error: error.trim().to_owned(),
            requirements,
        })
    });
    parts.ok_or_else(|| "an attack is NAME on STAGE...: HOW ! ERROR".to_owned())
}

/// The case in each suite and, with `both`, with the client on each side.
fn make(block: &Block, name: &str, options: &[&str], cases: &mut Vec<Case>) {
    let has = |word: &str| options.contains(&word);
    let sides: &[(&str, &'static [&'static str])] =
        if has("both") { &[("ada", ADA), ("bob", BOB)] } else { &[("ada", ADA)] };
    for (suite, tag) in [(1, "suite-1"), (2, "suite-2")] {
        if (has("suite-1") && suite == 2) || (has("suite-2") && suite == 1) {
            continue;
        }
        for (side, client) in sides {
            let side = if has("both") { format!("/{side}") } else { String::new() };
            let mut profiles = vec!["core".to_owned()];
            for profile in ["prepared", "devices"] {
                if has(profile) {
                    profiles.push(profile.to_owned());
                }
            }
            if suite == 2 {
                profiles.push("hybrid".to_owned());
            }
            cases.push(Case {
                name: format!("live/{name}{side}/{tag}"),
                comment: block.comment.clone(),
                profiles,
                requirements: block.requirements.clone(),
                suite,
                client,
                lines: block.lines.clone(),
                walk: has("walk"),
            });
        }
    }
}

/// A stage, the attack on its packet, then what shows that nothing has happened.
fn attacked(
    stage: &Block,
    name: &str,
    attack: &Attack,
    options: &[&str],
    cases: &mut Vec<Case>,
) -> Result<(), String> {
    let middle = stage.lines.iter().position(|line| line == "--");
    let middle = middle.ok_or_else(|| format!("stage {name} has no line --"))?;
    let (before, after) = stage.lines.split_at(middle);
    let mut lines = before.to_vec();
    lines.push(format!("ada gets p {} ! {}", attack.how, attack.error));
    lines.extend_from_slice(&after[1..]);
    let requirements = [&attack.requirements[..], &stage.requirements[..]].concat();
    let comment =
        format!("{} The attack: {}, refused as {}.", stage.comment, attack.how, attack.error);
    let mut options = options.to_vec();
    if attack.how.contains("kem") {
        options.push("suite-2");
    }
    let block = Block { words: Vec::new(), requirements, comment, lines };
    make(&block, &format!("{name}/{}", attack.name), &options, cases);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{cases, read};
    use std::collections::BTreeSet;

    fn wrong(text: &str) -> String {
        read(text).map(|_| "accepted".to_owned()).unwrap_or_else(|text| text)
    }

    #[test]
    fn a_file_that_is_not_in_the_language_is_refused_with_its_line() {
        let stage = "stage init : ENC-08\n  Text.\n  bob init ada as p\n";
        assert_eq!(wrong("  bob init ada"), "line 1: a line without a block");
        assert_eq!(wrong("story one\n  Text."), "line 1: \" : \" is missing");
        assert_eq!(
            wrong("attack x : ENC-08"),
            "line 1: an attack is NAME on STAGE...: HOW ! ERROR"
        );
        assert!(
            wrong("tale one : ENC-08\n  Text.").starts_with("a block begins with story or stage")
        );
        let attack = "attack flip on init: flip tag ! authentication : ENC-08\n";
        assert_eq!(wrong(&format!("{stage}{attack}")), "stage init has no line --");
        assert_eq!(wrong(attack), "attack flip is on a stage that does not exist");
    }

    #[test]
    fn a_stage_and_an_attack_are_a_case_in_each_suite() {
        let text = "stage init : HS-06\n  Text.\n  one\n  --\n  two\n\
            attack flip on init: flip tag ! authentication : ENC-08\n";
        let cases = read(text).unwrap_or_default();
        let names: Vec<&str> = cases.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["live/init/flip/suite-1", "live/init/flip/suite-2"]);
        assert_eq!(cases[0].lines, ["one", "ada gets p flip tag ! authentication", "two"]);
        assert_eq!(cases[0].requirements, ["ENC-08", "HS-06"]);
        assert_eq!(cases[1].profiles, ["core", "hybrid"]);
    }

    #[test]
    fn names_of_cases_are_all_different() {
        let cases = cases(1).unwrap_or_default();
        let names: BTreeSet<&str> = cases.iter().map(|it| it.name.as_str()).collect();
        assert!(names.len() >= 250, "{}", names.len());
        assert_eq!(names.len(), cases.len());
    }
}
