//! Which mechanisms carry the load: the minimal sets, of up to three, whose removal breaks a
//! property. A mechanism that stands only in larger sets has another one behind it.

use std::fmt::Write;
use std::time::Duration;

use crate::engine::{Limits, Subject, Verdict};
use crate::handshake::mechanism::Mechanism::{self, *};
use crate::handshake::world::{Party, Role, Secret, Setup, When};
use crate::handshake::{interactive, prepared, prepared_setup};

/// A minimal set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakingSet {
    /// The handshake and what leaks.
    pub condition: &'static str,
    /// The property that it breaks.
    pub property: &'static str,
    /// The mechanisms.
    pub missing: Vec<Mechanism>,
    /// The number of steps of the shortest attack.
    pub length: usize,
}

/// A handshake, what leaks, and what may be missing.
struct Condition {
    name: &'static str,
    /// The greatest size of a set: less where there are more states.
    size: usize,
    mechanisms: &'static [Mechanism],
    build: fn(&[Mechanism]) -> Box<dyn Subject>,
}

const INTERACTIVE: &[Mechanism] = &[
    InitSignature,
    ResponseSignature,
    CompleteSignature,
    ResponseMac,
    CompleteMac,
    InitSeal,
    ResponseSeal,
    CompleteSeal,
    InitiatorInTranscript,
    ResponderInTranscript,
    EphemeralsInTranscript,
    RatchetKeysInTranscript,
    OwnEphemeralSigned,
    PeerEphemeralSigned,
    IdentitiesSigned,
    TranscriptInKeys,
    TranscriptInSeals,
    TranscriptInMacs,
    ShareEe,
    ShareEs,
    ShareSe,
    SelfCheck,
    CardSignature,
];

const PREPARED: &[Mechanism] = &[
    PreparedSignature,
    PrekeySignature,
    OneTimeSignature,
    OneTimeErased,
    ReplaySet,
    IdentitySeal,
    SignatureSeal,
    ShareEe,
    ShareEs,
    ShareSe,
    ShareEo,
    PrekeysInTranscript,
    InitiatorInTranscript,
    ResponderInTranscript,
    EphemeralsInTranscript,
    RatchetKeysInTranscript,
    TranscriptInKeys,
    TranscriptInSeals,
    SelfCheck,
    CardSignature,
];

fn three_runs() -> Setup {
    let slots =
        vec![(Party::A, Role::Initiator), (Party::B, Role::Responder), (Party::A, Role::Responder)];
    Setup { slots, ..Setup::small() }.with_insider()
}

const CONDITIONS: [Condition; 5] = [
    Condition {
        name: "interactive",
        size: 3,
        mechanisms: INTERACTIVE,
        build: |missing| interactive("", "", three_runs().without(missing)),
    },
    Condition {
        name: "interactive, IDK_I and IDK_R leaked",
        size: 2,
        mechanisms: INTERACTIVE,
        build: |missing| {
            let setup = three_runs()
                .leaking(Secret::Idk(Party::A), When::Before)
                .leaking(Secret::Idk(Party::B), When::Before);
            interactive("", "", setup.without(missing))
        },
    },
    Condition {
        name: "interactive, EK_I leaked",
        size: 2,
        mechanisms: INTERACTIVE,
        build: |missing| {
            let setup = three_runs().leaking(Secret::Ephemeral(0), When::Before);
            interactive("", "", setup.without(missing))
        },
    },
    Condition {
        name: "prepared",
        size: 3,
        mechanisms: PREPARED,
        build: |missing| prepared("", "", prepared_setup().without(missing)),
    },
    Condition {
        name: "prepared, IDK_R and the signed prekey leaked",
        size: 3,
        mechanisms: PREPARED,
        build: |missing| {
            let mut setup = prepared_setup()
                .leaking(Secret::Idk(Party::B), When::Before)
                .leaking(Secret::SignedPrekey, When::Before);
            setup.one_time = Some(true);
            prepared("", "", setup.without(missing))
        },
    },
];

const LIMITS: Limits = Limits { states: 2_000_000, time: Duration::from_secs(60) };

/// Every minimal breaking set of up to `size` mechanisms.
pub fn breaking_sets(size: usize) -> Vec<BreakingSet> {
    CONDITIONS.iter().flat_map(|condition| of_condition(condition, size)).collect()
}

fn of_condition(condition: &Condition, size: usize) -> Vec<BreakingSet> {
    let properties = properties(condition);
    let mut found: Vec<BreakingSet> = Vec::new();
    for missing in subsets(condition.mechanisms, size.min(condition.size)) {
        let covers = |set: &BreakingSet| set.missing.iter().all(|one| missing.contains(one));
        let open: Vec<&'static str> = properties
            .iter()
            .copied()
            .filter(|property| !found.iter().any(|set| set.property == *property && covers(set)))
            .collect();
        if open.is_empty() {
            continue;
        }
        let outcome = (condition.build)(&missing).check(LIMITS, false, &|_| ());
        for property in open {
            if let Some(Verdict::Violated { length, .. }) = outcome.verdict(property) {
                let (condition, missing, length) = (condition.name, missing.clone(), *length);
                found.push(BreakingSet { condition, property, missing, length });
            }
        }
    }
    found.sort_by_key(|set| properties.iter().position(|property| *property == set.property));
    found
}

/// The claims about every state that hold while nothing is missing.
fn properties(condition: &Condition) -> Vec<&'static str> {
    let whole = (condition.build)(&[]);
    let always: Vec<&'static str> =
        whole.claims().into_iter().filter(|claim| claim.3).map(|claim| claim.0).collect();
    let outcome = whole.check(LIMITS, false, &|_| ());
    always.into_iter().filter(|name| outcome.verdict(name) == Some(&Verdict::Holds)).collect()
}

/// The sets of one, then of two, then of more mechanisms.
fn subsets(mechanisms: &[Mechanism], size: usize) -> Vec<Vec<Mechanism>> {
    let mut all: Vec<Vec<Mechanism>> = Vec::new();
    let mut level: Vec<(usize, Vec<Mechanism>)> = vec![(0, Vec::new())];
    for _ in 0..size {
        let mut next = Vec::new();
        for (from, set) in &level {
            for (at, mechanism) in mechanisms.iter().enumerate().skip(*from) {
                let mut larger = set.clone();
                larger.push(*mechanism);
                next.push((at + 1, larger));
            }
        }
        all.extend(next.iter().map(|(_, set)| set.clone()));
        level = next;
    }
    all
}

/// The sets as Markdown: a section for each condition, a row for each property.
pub fn markdown(sets: &[BreakingSet]) -> String {
    let mut text = String::new();
    let mut section = "";
    let mut property = "";
    for set in sets {
        if set.condition != section {
            (section, property) = (set.condition, "");
            let _ = write!(text, "\n\n### {section}\n\n| property | minimal sets |\n|---|---|");
        }
        if set.property != property {
            property = set.property;
            let _ = write!(text, "\n| {property} |");
        }
        let names: Vec<String> = set.missing.iter().map(|one| one.name()).collect();
        let _ = write!(text, " {{{}}}", names.join(", "));
    }
    text.push('\n');
    text.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{breaking_sets, markdown, subsets};
    use crate::handshake::mechanism::Mechanism::{CompleteMac, InitSeal, ShareEe};

    #[test]
    fn subsets_come_smallest_first() {
        let sets = subsets(&[InitSeal, ShareEe, CompleteMac], 2);
        assert_eq!(sets.len(), 6);
        assert_eq!(sets[3], [InitSeal, ShareEe]);
    }

    #[test]
    fn every_minimal_set_is_minimal() {
        let sets = breaking_sets(2);
        assert!(markdown(&sets).contains("### prepared"));
        for one in &sets {
            let inside = |other: &&super::BreakingSet| {
                *other != one
                    && (other.condition, other.property) == (one.condition, one.property)
                    && other.missing.iter().all(|mechanism| one.missing.contains(mechanism))
            };
            assert_eq!(sets.iter().find(inside), None, "{one:?}");
        }
    }
}
