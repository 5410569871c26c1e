//! The ratchet: every claim in every state, and the table.

use std::time::Duration;

use super::{Flaw, NAMES, active_subject, markdown, named, subjects, table};
use crate::engine::{Limits, Verdict};

const NO_LIMIT: Limits = Limits { states: usize::MAX, time: Duration::from_secs(300) };

#[test]
fn every_claim_holds_and_both_engines_agree() {
    for subject in subjects() {
        let outcome = subject.check(NO_LIMIT, true, &|_| ());
        for (claim, verdict) in &outcome.claims {
            assert_eq!(*verdict, Verdict::Holds, "{} {claim}", subject.name());
        }
        assert!(outcome.engines_agree(|_| true), "{}", subject.name());
    }
    assert_eq!(subjects().len(), NAMES.len() + 1);
}

#[test]
fn claims_about_an_active_thief_fall_without_their_rules() {
    for (flaw, claim) in [
        (Flaw::NoAgreement, "closed-after-healing"),
        (Flaw::Eager, "closed-after-healing"),
        (Flaw::OtherKeyIgnored, "forged-step-noticed"),
    ] {
        let outcome = active_subject(1 << flaw as u8).check(NO_LIMIT, false, &|_| ());
        assert!(outcome.verdict(claim).is_some_and(Verdict::is_violated), "{flaw:?} {claim}");
    }
}

#[test]
fn no_cell_of_the_table_depends() {
    let (model, _) = named("ratchet-stolen").expect("a model of that name");
    let rows = table(&model);
    let told = markdown(&rows);
    assert_eq!(rows.len(), 36);
    assert!(!told.contains("depends"), "{told}");
    assert!(told.contains("| Ready | sent by the victim, after | 2 after | secret | read |"));
}
