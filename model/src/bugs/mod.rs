//! Seeded bugs: each is the protocol with something forgotten, and the
//! claim that has to notice. A claim that never fails says nothing.

mod interactive;
mod prepared;
mod sessions;
mod upkeep;

use crate::Bug;
use crate::engine::Subject;
use crate::handshake::mechanism::Mechanism;
use crate::handshake::world::{Party, Secret, Setup, When};
use crate::handshake::{self, prepared_setup};

const fn bug(
    number: u16,
    name: &'static str,
    what: &'static str,
    claim: &'static str,
    build: fn() -> Box<dyn Subject>,
) -> Bug {
    Bug { number, name, what, claim, build }
}

/// A in both roles and B as a responder, with an insider.
fn three_runs(missing: &[Mechanism]) -> Setup {
    let mut setup = Setup::crossed().with_insider().without(missing);
    setup.slots.truncate(3);
    setup
}

fn both_roles(missing: &[Mechanism]) -> Box<dyn Subject> {
    handshake::interactive("bug", "A in both roles, B responds", three_runs(missing))
}

fn with_leak(leaks: &[Secret], missing: &[Mechanism]) -> Box<dyn Subject> {
    let mut setup = three_runs(missing);
    setup.leaks = leaks.iter().map(|secret| (*secret, When::Before)).collect();
    handshake::interactive("bug", "A in both roles, something leaks", setup)
}

fn in_setup(setup: Setup, missing: &[Mechanism]) -> Box<dyn Subject> {
    handshake::interactive("bug", "a setup of its own", setup.without(missing))
}

fn written(missing: &[Mechanism]) -> Box<dyn Subject> {
    handshake::prepared("bug", "one run of A, two of B", prepared_setup().without(missing))
}

fn written_with_leak(leaks: &[Secret], missing: &[Mechanism]) -> Box<dyn Subject> {
    let mut setup = prepared_setup().without(missing);
    setup.leaks = leaks.iter().map(|secret| (*secret, When::Before)).collect();
    setup.one_time = Some(true);
    handshake::prepared("bug", "one run of A, two of B, something leaks", setup)
}

const IDKS: &[Secret] = &[Secret::Idk(Party::A), Secret::Idk(Party::B)];
const EK: &[Secret] = &[Secret::Ephemeral(0)];
const IDK_SPK: &[Secret] = &[Secret::Idk(Party::B), Secret::SignedPrekey];

/// Every seeded bug, by number. Those after 60 are bugs that the models themselves suggested.
pub fn bugs() -> Vec<Bug> {
    let mut all = Vec::new();
    all.extend(interactive::AUTHENTICATION);
    all.extend(interactive::TRANSCRIPTS);
    all.extend(upkeep::REPLAYS);
    all.extend(upkeep::SUITES_AND_KEYS);
    all.extend(prepared::PREPARED);
    all.extend(sessions::BUGS);
    all.sort_by_key(|bug| bug.number);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::{Bug, bugs, sessions};
    use crate::engine::{Limits, Verdict};

    // The command `check` runs all of them; here those that are quick without optimisation
    #[test]
    fn bugs_of_handshakes_are_noticed_by_their_claims() {
        let limits = Limits { states: 2_000_000, time: Duration::from_secs(60) };
        let mut missed = Vec::new();
        let large = |bug: &Bug| sessions::BUGS.iter().any(|other| other.number == bug.number);
        for bug in bugs().into_iter().filter(|bug| !large(bug)) {
            let outcome = (bug.build)().check(limits, false, &|_| ());
            match outcome.verdict(bug.claim) {
                Some(Verdict::Violated { .. }) => {}
                other => missed.push((bug.number, bug.name, bug.claim, other.cloned())),
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn bugs_have_numbers_and_names_of_their_own() {
        let all = bugs();
        let numbers: BTreeSet<u16> = all.iter().map(|bug| bug.number).collect();
        let names: BTreeSet<&str> = all.iter().map(|bug| bug.name).collect();
        assert_eq!((numbers.len(), names.len()), (all.len(), all.len()));
        assert!(all.len() >= 60);
    }
}
