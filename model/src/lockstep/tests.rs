//! The crate says what the model says; and when it did not, it would be seen.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::engine::{Limits, search};
use crate::session::{Flaw, Flaws, Rules};

const LIMITS: Limits = Limits { states: 1_000_000, time: Duration::from_secs(600) };

/// Explores a bound and returns the divergence that is nearest to the start, told.
fn divergence(lockstep: &Lockstep) -> Option<Vec<String>> {
    let found = search(lockstep, LIMITS, &|_| ());
    assert!(found.complete);
    let claim = &claims()[0];
    let at = found.first(lockstep, claim)?;
    let trace = found.trace(lockstep, at);
    let start = trace.start.divergence.iter().map(|text| format!("DIVERGENCE: {text}"));
    Some(start.chain(trace.told(lockstep)).collect())
}

#[test]
fn crate_and_model_say_the_same() {
    let mut met = BTreeSet::new();
    for name in ["window", "five", "clock", "given-up-crossed"] {
        let (lockstep, _) = named(&format!("lockstep-{name}")).expect("a bound");
        assert_eq!(divergence(&lockstep), None, "{name}");
        met.extend(lockstep.tally().outcomes.into_keys().map(|(_, outcome)| outcome));
    }
    for error in ["window", "no_session", "time", "replay", "unknown_handshake"] {
        assert!(met.contains(error), "{error} was not met");
    }
}

#[test]
fn only_names_of_bounds_are_bounds() {
    for name in NAMES {
        assert!(named(name).is_some(), "{name}");
    }
    for name in ["lockstep", "lockstep-", "lockstep-up", "deep-five", "five", "session-crossed"] {
        assert!(named(name).is_none(), "{name}");
    }
}

#[test]
fn packet_that_the_crate_never_made_is_a_divergence() {
    let (lockstep, _) = named("lockstep-five").expect("a bound");
    let mut pair = lockstep.starts().remove(0);
    pair.packets.clear();
    let flying = pair.world.network[0];
    let after = lockstep.step(&pair, &Action::Deliver(flying)).expect("something happens");
    assert!(after.divergence.is_some_and(|text| text.contains("never made")));
}

#[test]
fn another_rule_of_the_model_is_a_divergence() {
    let (mut lockstep, _) = named("lockstep-five").expect("a bound");
    lockstep.model.rules = Rules { confirmed: 3, ..lockstep.model.rules };
    let told = divergence(&lockstep).expect("a fourth session is dropped by the model alone");
    assert!(told.last().is_some_and(|line| line.contains("DIVERGENCE")), "{told:#?}");
}

#[test]
fn rule_of_the_time_before_the_repair_is_a_divergence() {
    let (mut lockstep, _) = named("lockstep-superseded").expect("a bound");
    lockstep.model.bounds.losses = 0;
    let flaws = Flaws::one(Flaw::UnprovenSupersedes);
    lockstep.model.rules = Rules { flaws, ..lockstep.model.rules };
    let told = divergence(&lockstep).expect("a session is dropped that the initiator may need");
    assert!(told.last().is_some_and(|line| line.contains("DIVERGENCE")), "{told:#?}");
}

#[test]
fn same_story_gives_the_same_bytes() {
    let story = || {
        let (lockstep, _) = named("lockstep-five").expect("a bound");
        let pair = lockstep.starts().remove(0);
        let (real, _) = &*lockstep.shared();
        pair.packets.iter().map(|(.., id)| real.bytes(*id).to_vec()).collect::<Vec<_>>()
    };
    let packets = story();
    assert!(!packets.is_empty());
    assert_eq!(packets, story());
}
