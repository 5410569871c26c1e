//! The model accepts what the crate does, and nothing else.

use std::collections::BTreeMap;

use quipu::PeerError;

use super::*;
use crate::lockstep::facts::Fact;

const RUNS: u8 = 200;
const STEPS: usize = 60;

#[test]
fn simulated_networks_are_accepted() {
    let (mut events, mut met) = (0, BTreeMap::new());
    for seed in 0..RUNS {
        let log = simulate(seed, STEPS);
        assert_eq!(accept(&log), Ok(()), "seed {seed}");
        events += log.len();
        for entry in &log {
            let outcome = match &entry.said {
                None => "restarted",
                Some(Ok(_)) => "accepted",
                Some(Err(error)) => error.name(),
            };
            *met.entry(outcome).or_insert(0) += 1;
        }
    }
    println!("{events} events: {met:?}");
    assert!(events >= 10_000);
    for outcome in ["accepted", "duplicate", "no_session", "replay", "unknown_handshake"] {
        assert!(met.contains_key(outcome), "{outcome} was not met");
    }
}

/// The first step of a log that is such, and the log with it changed.
fn changed(such: impl Fn(&Entry) -> bool, change: impl Fn(&mut Entry)) -> (usize, Vec<Entry>) {
    let mut log = (0..RUNS).map(|seed| simulate(seed, STEPS)).find(|log| log.iter().any(&such));
    let log = log.as_mut().expect("it happens");
    let at = log.iter().position(such).expect("it happens");
    change(&mut log[at]);
    (at, log.clone())
}

fn tells(entry: &Entry, fact: fn(&Fact) -> bool) -> bool {
    matches!(&entry.said, Some(Ok(output)) if output.facts.iter().any(fact))
}

#[test]
fn refusal_that_did_not_happen_is_rejected() {
    let message = |entry: &Entry| tells(entry, |it| matches!(it, Fact::Message(..)));
    let (at, log) = changed(message, |it| it.said = Some(Err(PeerError::Duplicate.into())));
    assert_eq!(accept(&log).map_err(|it| it.step), Err(at));
}

#[test]
fn event_that_is_missing_is_rejected() {
    let confirmed = |entry: &Entry| tells(entry, |it| matches!(it, Fact::Confirmed(_)));
    let (at, log) = changed(confirmed, |it| {
        if let Some(Ok(output)) = &mut it.said {
            output.facts.retain(|fact| !matches!(fact, Fact::Confirmed(_)));
        }
    });
    assert_eq!(accept(&log).map_err(|it| it.step), Err(at));
}

#[test]
fn packet_that_nobody_sent_is_rejected() {
    let receives = |entry: &Entry| matches!(entry.what, What::Receive(_));
    let (at, log) = changed(receives, |it| it.what = What::Receive(vec![0; 4]));
    assert_eq!(accept(&log).map_err(|it| it.step), Err(at));
}

#[test]
fn another_sending_session_is_rejected() {
    let several = |entry: &Entry| entry.seen.sessions.len() > 1 && entry.seen.sending.is_some();
    let (at, log) = changed(several, |it| it.seen.sending = None);
    assert_eq!(accept(&log).map_err(|it| it.step), Err(at));
}
