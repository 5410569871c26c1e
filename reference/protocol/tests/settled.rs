//! Chapter 8.2, what the model found: a session that only one side believes in, and one that only
//! one side still has.

mod support;

use quipu::session::Session;
use quipu::sessions::Sessions;
use quipu::{CallerError, Device, Event, Kind, PeerError};
use support::devices::{
    DAY, connect, meet, names, open, receive, refuse, say, sending, settle, state, statuses,
};
use support::pair::NOW;
use support::prepared::{Parts, begin, meet_prepared, prepare, publish, two};
use support::{Seeded, Untouchable};

fn both() -> (Device, Device) {
    let (mut ada, bob) = two(quipu::wire::Suite::X25519);
    publish(&mut ada, 3, NOW, 0xada);
    (ada, bob)
}

// SESSION-10, SESSION-03: the trace of the model
#[test]
fn initiator_that_gave_the_greater_session_up_is_heard_on_the_lesser_one() {
    let (mut ada, mut bob) = both();
    meet(&mut ada, &mut bob, NOW, 1);
    let first = sending(&ada, &bob, NOW);
    let packet = begin(&mut ada, &bob, NOW + 10, 2);
    receive(&mut bob, &ada, &packet, NOW + 11);
    let later = NOW + 8 * DAY;
    assert_eq!(names(&ada.due(later).events), ["given-up"]);
    assert_eq!(sending(&ada, &bob, later), first);
    assert!(bob.due(later).events.is_empty());
    let back = say(&mut ada, &bob, later, 3);
    assert_eq!(names(&receive(&mut bob, &ada, &back, later).events), ["message"]);
}

// SESSION-10: neither the handshake nor messages of the first chain settle a session
#[test]
fn first_chain_settles_nothing_and_the_next_one_does() {
    let (mut ada, mut bob) = both();
    meet(&mut ada, &mut bob, NOW, 1);
    let old = say(&mut ada, &bob, NOW, 2);
    let opening = open(&mut ada, &mut bob, NOW + 10, 3);
    let receipt = receive(&mut bob, &ada, &opening.complete, NOW + 10).replies.remove(0);
    for seed in 4..7 {
        let early = say(&mut ada, &bob, NOW + 11, seed);
        receive(&mut bob, &ada, &early, NOW + 11);
    }
    assert!(bob.due(NOW + 50 * DAY).events.is_empty());
    receive(&mut ada, &bob, &receipt, NOW + 20);
    let later = say(&mut ada, &bob, NOW + 50 * DAY, 8);
    receive(&mut bob, &ada, &later, NOW + 50 * DAY);
    assert!(bob.due(NOW + 57 * DAY - 1).events.is_empty());
    refuse(&mut bob, &ada.key(), &old, NOW + 57 * DAY, PeerError::UnknownSession);
    assert_eq!(names(&bob.due(NOW + 57 * DAY).events), ["dropped"]);
}

// SESSION-10, SESSION-26: what settles a session is in its snapshot, and stays
#[test]
fn settled_session_stays_settled_over_restore_and_later_chains() {
    for turns in [0_u64, 1, 8] {
        let (mut ada, mut bob) = both();
        settle(&mut ada, &mut bob, NOW, 1);
        for turn in 0..turns {
            let there = say(&mut bob, &ada, NOW, 10 + turn);
            receive(&mut ada, &bob, &there, NOW);
            let back = say(&mut ada, &bob, NOW, 30 + turn);
            receive(&mut bob, &ada, &back, NOW);
        }
        let before = state(&bob, &ada.key()).1;
        let stored = bob.snapshot(&ada.key()).expect("sessions");
        bob.restore(&ada.key(), stored.expose(), |_| 0).expect("own snapshot");
        assert_eq!(state(&bob, &ada.key()).1, before);
        let settled = |at: &Device, peer: &Device| -> Vec<bool> {
            at.sessions(&peer.key()).expect("one").iter().map(|it| it.settled()).collect()
        };
        assert_eq!((settled(&bob, &ada), settled(&ada, &bob)), (vec![true], vec![true]));
    }
}

// SESSION-33, SESSION-12: the trace of the model
#[test]
fn lesser_session_of_a_device_that_lost_its_state_is_reported_and_answered() {
    let (mut ada, mut bob) = both();
    let ahead = NOW + DAY / 2;
    let packet = begin(&mut ada, &bob, ahead, 1);
    let receipt = receive(&mut bob, &ada, &packet, NOW).replies.remove(0);
    receive(&mut ada, &bob, &receipt, ahead);
    bob.forget(&ada.key());
    let packet = begin(&mut bob, &ada, NOW + 10, 2);
    let received = receive(&mut ada, &bob, &packet, ahead + 10);
    assert_eq!(names(&received.events), ["established", "lesser", "message"]);
    let [Event::Established { session, .. }, Event::Lesser { session: lesser }, _] =
        received.events.as_slice()
    else {
        panic!("{:?}", received.events)
    };
    assert_eq!(session, lesser);
    // Without an answer ada stays on a session that bob does not have.
    let vain = say(&mut ada, &bob, ahead + 10, 3);
    refuse(&mut bob, &ada.key(), &vain, NOW + 11, PeerError::UnknownSession);
    meet_ahead(&mut ada, &mut bob, ahead + 20, NOW + 20);
    assert_eq!(sending(&ada, &bob, ahead + 20), sending(&bob, &ada, NOW + 20));
}

/// A prepared handshake between two clocks.
fn meet_ahead(from: &mut Device, to: &mut Device, ahead: u64, now: u64) {
    prepare(from, &Parts::of(to, Some(0), None), ahead, 77);
    let packet = say(from, to, ahead, 78);
    let received = receive(to, from, &packet, now);
    assert_eq!(names(&received.events), ["established", "message"]);
    receive(from, to, &received.replies[0], ahead);
}

// SESSION-33: both answers count together
#[test]
fn lesser_and_unknown_sessions_share_the_10_minutes() {
    let (mut ada, mut bob) = both();
    meet(&mut ada, &mut bob, NOW + 200_000, 1);
    bob.forget(&ada.key());
    let opening = open(&mut bob, &mut ada, NOW, 2);
    let received = receive(&mut ada, &bob, &opening.complete, NOW);
    assert_eq!(names(&received.events), ["established", "lesser"]);
    let card = *bob.card().expect("a card");
    let mut again = |later: u64| {
        let started = ada.reconnect(&card, NOW + later, &mut Seeded::new(later));
        started.expect("may start").is_some()
    };
    assert_eq!([0, 1, 599_999, 600_000].map(&mut again), [true, false, false, true]);
}

// SESSION-33: greater, below an unconfirmed one, or of the initiator
#[test]
fn other_sessions_are_not_reported_as_lesser() {
    let (mut ada, mut bob) = both();
    open(&mut ada, &mut bob, NOW + 200_000, 1);
    let opening = open(&mut bob, &mut ada, NOW, 2);
    let below = receive(&mut ada, &bob, &opening.complete, NOW);
    assert_eq!(names(&below.events), ["established"]);
    assert_eq!(statuses(&ada, &bob).len(), 2);
    let opening = open(&mut bob, &mut ada, NOW + 200_001, 3);
    let greater = receive(&mut ada, &bob, &opening.complete, NOW + 200_001);
    assert_eq!(names(&greater.events), ["established"]);

    let (mut ada, mut bob) = both();
    let init = connect(&mut ada, &bob, NOW, 4);
    let response = receive(&mut bob, &ada, &init, NOW).replies.remove(0);
    meet(&mut bob, &mut ada, NOW + 1, 5);
    let own = receive(&mut ada, &bob, &response, NOW + 2);
    assert_eq!(names(&own.events), ["established"]);
    let theirs = receive(&mut bob, &ada, &own.replies[0], NOW + 2);
    assert_eq!(names(&theirs.events), ["established", "lesser"]);
}

// SESSION-10: prepared sessions on both ends of the rule
#[test]
fn prepared_session_settles_by_its_second_chain() {
    let (mut ada, mut bob) = both();
    meet(&mut ada, &mut bob, NOW, 1);
    meet_prepared(&mut ada, &mut bob, NOW + 10, 2);
    assert!(bob.due(NOW + 20 * DAY).events.is_empty());
    assert_eq!(names(&ada.due(NOW + 20 * DAY).events), ["dropped"]);
    let later = say(&mut ada, &bob, NOW + 20 * DAY, 3);
    receive(&mut bob, &ada, &later, NOW + 20 * DAY);
    assert_eq!(names(&bob.due(NOW + 27 * DAY).events), ["dropped"]);
}

// SESSION-31, SESSION-10: also where the settled session above it is gone, as in an old snapshot
#[test]
fn session_whose_days_are_over_is_not_sent_on() {
    let (mut ada, mut bob) = both();
    meet(&mut ada, &mut bob, NOW, 1);
    meet(&mut ada, &mut bob, NOW + 10, 2);
    for seed in 3..6 {
        let there = say(&mut ada, &bob, NOW + 10, seed);
        receive(&mut bob, &ada, &there, NOW + 10);
        let back = say(&mut bob, &ada, NOW + 10, seed + 10);
        receive(&mut ada, &bob, &back, NOW + 10);
    }
    assert!(ada.due(NOW + 10).events.is_empty());
    let sessions = ada.sessions(&bob.key()).expect("two");
    let lesser = sessions.iter().last().expect("the first").snapshot();
    let mut alone = Sessions::default();
    let changes = alone.insert(Session::restore(lesser.expose(), 0).expect("own"), NOW + 10);
    assert!(changes.is_empty(), "{changes:?}");
    let over = NOW + 10 + 7 * DAY;
    assert!(alone.sending(over - 1).is_some());
    assert!(alone.sending(over).is_none());
    let ts_i = alone.iter().next().map(|it| it.key().ts_i);
    assert!(ts_i.is_some());
    assert_eq!([alone.floor(over - 1), alone.floor(over)], [ts_i, None]);
    let before = alone.snapshot();
    let sent = alone.send(Kind::DATA, b"", over, &mut Untouchable);
    assert_eq!(sent, Err(CallerError::NoSession.into()));
    assert_eq!(alone.snapshot().expose(), before.expose());
}
