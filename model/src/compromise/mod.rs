//! The table of compromise: which property holds when which secret leaks, for each handshake,
//! suite and role. One test session, fixed leaks: every cell is one search over all states.

mod scenario;
#[cfg(test)]
mod tests;

pub use scenario::{Says, Scenario};

use std::fmt::Write;
use std::time::Duration;

use crate::engine::{Limits, Outcome, Verdict};
use crate::handshake::world::{Role, Secret, Setup, When};
use crate::handshake::{self, prepared_setup};

/// One cell of the table.
#[derive(Clone, Debug)]
pub struct Cell {
    /// `interactive` or `prepared`.
    pub handshake: &'static str,
    /// The suite.
    pub suite: u8,
    /// The side that the property is about.
    pub role: &'static str,
    /// What leaks.
    pub scenario: &'static str,
    /// The property.
    pub property: &'static str,
    /// The number of states that were visited.
    pub states: usize,
    /// The shortest attack, if there is one.
    pub attack: Option<Vec<String>>,
    /// The number of steps of the attack.
    pub length: usize,
    /// What the specification says.
    pub says: Says,
}

impl Cell {
    /// Whether the specification claims what does not hold: the only kind of difference that
    /// would be a hole.
    pub fn claimed_and_broken(&self) -> bool {
        self.says == Says::Holds && self.attack.is_some()
    }

    /// Whether the specification gives up what the handshake keeps.
    pub fn kept_and_not_claimed(&self) -> bool {
        self.says == Says::Falls && self.attack.is_none()
    }
}

const LIMITS: Limits = Limits { states: 5_000_000, time: Duration::from_secs(60) };

/// The properties of the table, in the order of its columns.
pub const PROPERTIES: [&str; 8] = [
    "secrecy",
    "first-message-secrecy",
    "later-secrecy",
    "agreement",
    "one-accept-per-run",
    "same-key-same-view",
    "initiator-hidden",
    "reduced-is-reported",
];

/// Every cell.
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for hybrid in [false, true] {
        for role in [Role::Initiator, Role::Responder] {
            for scenario in scenario::interactive(hybrid) {
                let setup = interactive_setup(&scenario, hybrid, role);
                let outcome = run(setup, &scenario, hybrid, false);
                cells.extend(row("interactive", hybrid, role, &scenario, &outcome));
            }
        }
    }
    for hybrid in [false, true] {
        for role in [Role::Initiator, Role::Responder] {
            for scenario in scenario::prepared(hybrid) {
                let mut setup = prepared_setup();
                setup.test = Some(if role == Role::Initiator { 0 } else { 1 });
                let outcome = run(setup, &scenario, hybrid, true);
                cells.extend(row("prepared", hybrid, role, &scenario, &outcome));
            }
        }
    }
    cells
}

/// Both parties in both roles, where that is not more than a few ten thousand states.
fn interactive_setup(scenario: &Scenario, hybrid: bool, role: Role) -> Setup {
    let many = hybrid && scenario.leaks.iter().any(|leak| leak.1 == When::Before)
        || scenario.leaks.contains(&(Secret::EveryX25519, When::Before));
    let mut setup = Setup::crossed();
    if many {
        setup.slots.truncate(3);
    }
    setup.test = Some(if role == Role::Initiator { 0 } else { 1 });
    setup
}

fn run(mut setup: Setup, scenario: &Scenario, hybrid: bool, prepared: bool) -> Outcome {
    setup.hybrid = hybrid;
    setup.leaks.clone_from(&scenario.leaks);
    setup.psk = scenario.psk;
    setup.one_time = scenario.one_time;
    setup.last_resort = scenario.one_time.filter(|_| hybrid).map(|one_time| !one_time);
    let subject = if prepared {
        handshake::prepared(scenario.name, "", setup)
    } else {
        handshake::interactive(scenario.name, "", setup)
    };
    subject.check(LIMITS, false, &|_| ())
}

fn row(
    handshake: &'static str,
    hybrid: bool,
    role: Role,
    scenario: &Scenario,
    outcome: &Outcome,
) -> Vec<Cell> {
    let role = if role == Role::Initiator { "initiator" } else { "responder" };
    let mut cells = Vec::new();
    for property in PROPERTIES {
        let claim = match (property, role) {
            ("agreement", "initiator") => "agreement-initiator",
            ("agreement", _) => "agreement-responder",
            (other, _) => other,
        };
        let Some(verdict) = outcome.verdict(claim) else { continue };
        let (attack, length) = match verdict {
            Verdict::Holds => (None, 0),
            Verdict::Violated { length, told } => (Some(told.clone()), *length),
            Verdict::Incomplete => (Some(vec!["the search was cut short".to_owned()]), 0),
        };
        cells.push(Cell {
            handshake,
            suite: if hybrid { 2 } else { 1 },
            role,
            scenario: scenario.name,
            property,
            states: outcome.states,
            attack,
            length,
            says: scenario.says(property, role),
        });
    }
    cells
}

/// The table as Markdown: a section for each handshake, suite and role. A cell gives the number
/// of states, or the number of steps of the shortest attack; a star marks a difference from
/// chapter 11.2.
pub fn markdown(cells: &[Cell]) -> String {
    let mut text = String::new();
    let mut section = ("", 0, "");
    let mut scenario = "";
    for cell in cells {
        let here = (cell.handshake, cell.suite, cell.role);
        if here != section {
            section = here;
            scenario = "";
            let _ = write!(
                text,
                "\n\n### {}, suite {}, {}\n\n| leaked |",
                cell.handshake, cell.suite, cell.role
            );
            let columns: Vec<&str> = cells
                .iter()
                .filter(|other| {
                    (other.handshake, other.suite, other.role) == here
                        && other.scenario == cell.scenario
                })
                .map(|other| other.property)
                .collect();
            for column in &columns {
                let _ = write!(text, " {column} |");
            }
            text.push_str("\n|---|");
            text.push_str(&"---|".repeat(columns.len()));
        }
        if cell.scenario != scenario {
            scenario = cell.scenario;
            let _ = write!(text, "\n| {scenario} |");
        }
        let _ = write!(text, " {} |", shown(cell));
    }
    text.push('\n');
    text.trim_start().to_owned()
}

fn shown(cell: &Cell) -> String {
    let star = if cell.claimed_and_broken() || cell.kept_and_not_claimed() { " *" } else { "" };
    match cell.attack {
        None => format!("holds, {}{star}", cell.states),
        Some(_) => format!("**attack, {}**{star}", cell.length),
    }
}
