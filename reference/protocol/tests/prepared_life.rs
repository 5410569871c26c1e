//! Sessions of the prepared handshake over time: replay, repetitions, and nobody who answers.

mod support;

use quipu::limits::COMPLETE_ANSWERS;
use quipu::session::Status;
use quipu::wire::Suite;
use quipu::{CallerError, Event, Kind, PeerError, StorageError};
use support::devices::{DAY, names, receive, refuse, say, sending, state, statuses};
use support::pair::NOW;
use support::prepared::{Parts, SUITES, begin, device_in, prepare, two, waiting};
use support::{Seeded, Untouchable};

// PREP-29: as long as the private half, over restarts
#[test]
fn handshake_bytes_without_their_session_are_a_replay() {
    for suite in SUITES {
        let (ada, mut bob, packet) = waiting(suite, None, None);
        receive(&mut bob, &ada, &packet, NOW);
        bob.forget(&ada.key());
        refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::Replay);
        let stored = bob.prekeys().snapshot();
        let mut again = device_in("bob", suite);
        again.restore_prekeys(stored.expose(), bob.prekeys().generation()).expect("own snapshot");
        for at in [&mut bob, &mut again] {
            refuse(at, &ada.key(), &packet, NOW + 44 * DAY - 1, PeerError::Replay);
            refuse(at, &ada.key(), &packet, NOW + 44 * DAY, PeerError::UnknownPrekey);
        }
    }
}

// PREP-31: what rolled back, would accept the packet again
#[test]
fn rolled_back_prekeys_are_refused() {
    let (ada, mut bob, packet) = waiting(Suite::Hybrid, None, None);
    let old = bob.prekeys().snapshot();
    receive(&mut bob, &ada, &packet, NOW);
    bob.forget(&ada.key());
    let least = bob.prekeys().generation();
    let before = state(&bob, &ada.key());
    assert_eq!(bob.restore_prekeys(old.expose(), least), Err(StorageError::Rollback));
    assert_eq!(state(&bob, &ada.key()), before);
    let newest = bob.prekeys().snapshot();
    assert_eq!(bob.restore_prekeys(newest.expose(), least), Ok(()));
    assert_eq!(state(&bob, &ada.key()).3, before.3);
    bob.restore_prekeys(old.expose(), least - 1).expect("the caller did not count");
    assert_eq!(names(&receive(&mut bob, &ada, &packet, NOW).events)[0], "established");
}

// SESSION-06: 100 messages
#[test]
fn prepared_session_is_given_up_with_its_hundredth_message_and_comes_back() {
    let (mut ada, mut bob) = two(Suite::X25519);
    let packet = begin(&mut ada, &bob, NOW, 1);
    let rng = &mut Seeded::new(2);
    for _ in 2..100 {
        let sent = ada.send(&bob.key(), Kind::DATA, b"", NOW, rng).expect("unconfirmed");
        assert!(sent.events.is_empty());
    }
    let last = ada.send(&bob.key(), Kind::DATA, b"", NOW, rng).expect("the hundredth");
    let [Event::GivenUp { sent: 100, .. }] = last.events.as_slice() else {
        panic!("{:?}", last.events)
    };
    let before = state(&ada, &bob.key());
    let more = ada.send(&bob.key(), Kind::DATA, b"", NOW, &mut Untouchable).map(|it| it.packet);
    assert_eq!((more, state(&ada, &bob.key())), (Err(CallerError::NoSession.into()), before));
    let receipt = receive(&mut bob, &ada, &packet, NOW).replies.remove(0);
    receive(&mut bob, &ada, &last.packet, NOW);
    assert_eq!(names(&receive(&mut ada, &bob, &receipt, NOW).events), ["confirmed", "message"]);
    assert_eq!(sending(&ada, &bob, NOW), sending(&bob, &ada, NOW));
    let more = say(&mut ada, &bob, NOW, 3);
    assert_eq!(names(&receive(&mut bob, &ada, &more, NOW).events), ["message"]);
}

// SESSION-06, SESSION-31: 7 days
#[test]
fn prepared_session_is_given_up_after_7_days_and_comes_back() {
    let (mut ada, mut bob) = two(Suite::X25519);
    let packet = begin(&mut ada, &bob, NOW, 1);
    let late = say(&mut ada, &bob, NOW + 7 * DAY - 1, 2);
    assert!(ada.due(NOW + 7 * DAY - 1).events.is_empty());
    let refused = ada.send(&bob.key(), Kind::DATA, b"", NOW + 7 * DAY, &mut Untouchable);
    assert_eq!(refused.map(|it| it.packet), Err(CallerError::NoSession.into()));
    assert_eq!(statuses(&ada, &bob), [Status::Unconfirmed]);
    let due = ada.due(NOW + 7 * DAY).events;
    assert!(matches!(due.as_slice(), [Event::GivenUp { sent: 2, .. }]), "{due:?}");
    let receipt = receive(&mut bob, &ada, &late, NOW + 9 * DAY).replies.remove(0);
    receive(&mut bob, &ada, &packet, NOW + 9 * DAY);
    let heard = receive(&mut ada, &bob, &receipt, NOW + 9 * DAY);
    assert_eq!(
        (names(&heard.events)[0], statuses(&ada, &bob)),
        ("confirmed", vec![Status::Confirmed])
    );
}

// SESSION-07: a second start ends the first, which may still be answered
#[test]
fn newer_prepared_session_gives_the_one_before_up() {
    let (mut ada, mut bob) = two(Suite::X25519);
    let first = begin(&mut ada, &bob, NOW, 1);
    let events = prepare(&mut ada, &Parts::of(&bob, Some(1), None), NOW + 1, 2);
    assert_eq!(names(&events), ["established", "given-up"]);
    let second = say(&mut ada, &bob, NOW + 1, 3);
    for (packet, status) in [(first, Status::Unconfirmed), (second, Status::Confirmed)] {
        let receipt = receive(&mut bob, &ada, &packet, NOW + 2).replies.remove(0);
        assert_eq!(names(&receive(&mut ada, &bob, &receipt, NOW + 2).events)[0], "confirmed");
        assert_eq!(statuses(&ada, &bob), [status, Status::Confirmed]);
    }
}

// PREP-30, SESSION-32
#[test]
fn repeated_handshake_bytes_are_answered_once_a_second_and_16_times() {
    let (mut ada, mut bob) = two(Suite::X25519);
    prepare(&mut ada, &Parts::of(&bob, Some(0), None), NOW, 1);
    let mut answers = |at: u64| {
        let packet = say(&mut ada, &bob, NOW, at);
        receive(&mut bob, &ada, &packet, NOW + at).replies.len()
    };
    assert_eq!([0, 1, 999, 1_000, 1_999, 2_000].map(&mut answers), [1, 0, 0, 1, 0, 1]);
    let rest: usize = (3..60).map(|second| answers(1_000 * second)).sum();
    assert_eq!(rest + 3, usize::from(COMPLETE_ANSWERS));
    let replayed = say(&mut ada, &bob, NOW, 70);
    receive(&mut bob, &ada, &replayed, NOW + 70_000);
    refuse(&mut bob, &ada.key(), &replayed, NOW + 80_000, PeerError::Duplicate);
}
