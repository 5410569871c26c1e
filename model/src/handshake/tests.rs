//! Every claim of every subject holds, and both engines say so.

use std::time::Duration;

use super::subjects;
use crate::engine::{Limits, Verdict};

#[test]
fn every_claim_holds_and_the_engines_agree() {
    let limits = Limits { states: 2_000_000, time: Duration::from_secs(60) };
    for subject in subjects() {
        let outcome = subject.check(limits, true, &|_| ());
        for (name, verdict) in &outcome.claims {
            assert_eq!(*verdict, Verdict::Holds, "{} {name}", subject.name());
        }
        let claims = subject.claims();
        let always = |name: &str| claims.iter().any(|claim| claim.0 == name && claim.3);
        assert!(outcome.engines_agree(always), "{}", subject.name());
    }
}

#[test]
fn an_identity_key_in_the_wrong_hands_is_enough() {
    use super::world::{Party, Secret, Setup, When};
    let limits = Limits { states: 2_000_000, time: Duration::from_secs(60) };
    let setup = Setup::small().leaking(Secret::Ik(Party::B), When::Before);
    let outcome = super::interactive("", "", setup).check(limits, false, &|_| ());
    assert!(matches!(outcome.verdict("agreement-initiator"), Some(Verdict::Violated { .. })));
}
