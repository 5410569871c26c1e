//! Delivery: every claim in every state.

use std::time::Duration;

use super::subjects;
use crate::engine::{Limits, Verdict};

#[test]
fn every_claim_holds_and_both_engines_agree() {
    let limits = Limits { states: usize::MAX, time: Duration::from_secs(300) };
    for subject in subjects() {
        let always: Vec<_> =
            subject.claims().into_iter().filter(|it| it.3).map(|it| it.0).collect();
        let outcome = subject.check(limits, true, &|_| ());
        for (claim, verdict) in &outcome.claims {
            assert_eq!(*verdict, Verdict::Holds, "{claim}");
        }
        assert!(outcome.engines_agree(|name| always.contains(&name)));
    }
}
