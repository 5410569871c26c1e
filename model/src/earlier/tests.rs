//! What each exchange gives, and how long the attack on it is.

use std::time::Duration;

use super::{Kind, forging, listening, report};
use crate::engine::{Limits, Verdict};

const LIMITS: Limits = Limits { states: 1 << 20, time: Duration::from_secs(60) };

#[test]
fn a_relay_that_listens_learns_nothing() {
    for kind in Kind::ALL {
        let subject = listening(kind);
        let outcome = subject.check(LIMITS, true, &|_| ());
        for (name, verdict) in &outcome.claims {
            assert_eq!(*verdict, Verdict::Holds, "{} {name}", subject.name());
        }
        assert!(outcome.engines_agree(|name| name != "finishes"));
    }
}

#[test]
fn a_relay_that_forges_breaks_every_claim() {
    for kind in Kind::ALL {
        let outcome = forging(kind).check(LIMITS, true, &|_| ());
        for (name, verdict) in &outcome.claims {
            assert_eq!(*verdict == Verdict::Holds, *name == "finishes", "{kind:?} {name}");
        }
        assert!(outcome.engines_agree(|name| name != "finishes"));
    }
}

#[test]
fn the_relay_needs_five_or_six_steps_to_sit_in_the_middle() {
    for (kind, steps) in [(Kind::InviteCode, 5), (Kind::ConsentSwap, 6), (Kind::RoomKeys, 6)] {
        let report = report(kind);
        assert_eq!(report.steps, steps, "{:#?}", report.lines);
        assert!(report.lines.iter().any(|line| line.contains("in 0 of the")));
    }
}
