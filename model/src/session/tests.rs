//! Sessions: the rules one by one, and the models that are small enough for every test run.

use std::time::Duration;

use super::rules::DAY;
use super::{Flaws, Kind, NAMES, Status, World, named, subject_of};
use crate::engine::{Limits, Machine, Verdict};

const NO_LIMIT: Limits = Limits { states: usize::MAX, time: Duration::from_secs(300) };

#[test]
fn every_claim_holds_and_both_engines_agree() {
    for name in ["session-restarted", "session-reinstalled", "session-clock"] {
        let subject = subject_of(name, Flaws::NONE).expect("a model of that name");
        let outcome = subject.check(NO_LIMIT, true, &|_| ());
        for (claim, verdict) in &outcome.claims {
            assert_eq!(*verdict, Verdict::Holds, "{name} {claim}");
        }
        assert!(outcome.engines_agree(|_| true), "{name}");
    }
}

#[test]
fn every_name_has_a_model() {
    assert!(NAMES.iter().all(|name| named(name).is_some()));
}

#[test]
fn ranks_of_session_ids_take_every_order() {
    let (model, _) = named("session-in-a-row").expect("a model of that name");
    let ranks: Vec<_> = model.starts().into_iter().map(|world| world.ranks).collect();
    assert_eq!(ranks.len(), 6);
    assert!(ranks.iter().all(|it| ranks.iter().filter(|other| *other == it).count() == 1));
}

#[test]
fn clock_that_is_ahead_is_passed_only_by_an_answer_to_the_lesser_session() {
    let (model, _) = named("session-reinstalled").expect("a model of that name");
    let mut world = model.starts().remove(0);
    world.reinstall(1);
    let rules = &model.rules;
    let floor = world.handshakes[0].ts;
    assert!(world.start(1, Kind::Prepared, rules).is_ok());
    assert_eq!(floor - world.handshakes[1].ts, DAY / 2, "the new session is the lesser one");
    assert!(world.start(0, Kind::Prepared, rules).is_ok());
    assert_eq!(world.handshakes[2].ts, floor + 1);
}

#[test]
fn acquainted_devices_have_one_confirmed_session() {
    let (model, _) = named("session-superseded").expect("a model of that name");
    let world: World = model.starts().remove(0);
    for device in &world.devices {
        let statuses: Vec<_> = device.sessions.0.iter().map(|it| it.status).collect();
        assert_eq!(statuses, [Status::Confirmed]);
    }
    assert!(world.network.is_empty());
}
