//! What has to hold of what is kept.

use super::{CACHE, Initiator, PER_IDENTITY, State, TOTAL, Upkeep};
use crate::engine::{Claim, Rule};

/// The claims about what is kept.
pub fn claims() -> Vec<Claim<Upkeep>> {
    let claim = |name, sentence, requirements, rule| Claim { name, sentence, requirements, rule };
    vec![
        claim(
            "no-wedge",
            "Whatever has happened, both sides can still come to a session that works.",
            &["ENC-08", "HS-27", "HS-33", "HS-36", "HS-38"],
            Rule::Recoverable(|model, state: &State| {
                // A lost Init or Response is not repeated: A starts again (4.3).
                let waits = matches!(state.initiator, Initiator::Idle | Initiator::Sent);
                state.session && state.initiator == Initiator::Confirmed || !model.retries && waits
            }),
        ),
        claim(
            "no-replay",
            "B does not accept an Init twice.",
            &["HS-07", "HS-19", "HS-20"],
            Rule::Always(|_, state: &State| state.accepted < 2),
        ),
        claim(
            "contacts-get-in",
            "Strangers leave room for a contact.",
            &["HS-18"],
            Rule::Always(|model: &Upkeep, state: &State| {
                state.strangers <= TOTAL - PER_IDENTITY
                    && state.cache_others + state.garbage < CACHE
                    && model.cache_entries(state) <= CACHE
            }),
        ),
        claim(
            "refusal-changes-nothing",
            "While A waits for an answer to its Complete, B has what it needs to accept it.",
            &["ENC-08"],
            Rule::Always(|_, state: &State| {
                state.initiator != Initiator::Unconfirmed
                    || state.restarted
                    || state.half_open
                    || state.session
            }),
        ),
        claim(
            "half-open-ends",
            "No half-open handshake outlives its time or a restart.",
            &["HS-27"],
            Rule::Always(|_, state: &State| !state.outlived),
        ),
        claim(
            "finishes",
            "Both sides have a session that works.",
            &["HS-35"],
            Rule::Reached(|_, state: &State| {
                state.session && state.initiator == Initiator::Confirmed
            }),
        ),
    ]
}
