//! temporary
use crate::engine::{Limits, Verdict};
use std::time::Duration;
#[test]
fn all() {
    let limits = Limits { states: 40_000_000, time: Duration::from_secs(100) };
    for subject in super::subjects() {
        let outcome = subject.check(limits, false, &|_| ());
        println!(
            "{} {} states {} depth {} {:?}",
            subject.name(),
            outcome.complete,
            outcome.states,
            outcome.depth,
            outcome.time
        );
        for (name, verdict) in outcome.claims {
            if let Verdict::Violated { told, length } = verdict {
                println!("  {name} violated {length}\n{}", told.join("\n"));
            }
        }
    }
}
