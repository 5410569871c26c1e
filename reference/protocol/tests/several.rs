//! Chapter 8.2 through `Device`: several sessions, their limits, failing random sources.

mod support;

use quipu::limits::CHAIN_MAX;
use quipu::session::Status;
use quipu::{CallerError, Device, Event, Kind, PeerError, Received, StorageError};
use support::devices::{
    DAY, connect, device, identity, meet, names, open, pin, receive, refuse, say, sending, settle,
    state, statuses,
};
use support::pair::NOW;
use support::{Failing, Seeded, Untouchable};

fn two() -> (Device, Device) {
    (device("ada"), device("bob"))
}

fn times(at: &Device, peer: &Device) -> Vec<u64> {
    let all = at.sessions(&peer.key()).expect("sessions");
    all.iter().map(|session| session.key().ts_i - NOW).collect()
}

// SESSION-09
#[test]
fn four_greatest_confirmed_sessions_stay() {
    let (mut ada, mut bob) = two();
    for later in [0, 2, 1, 3] {
        meet(&mut ada, &mut bob, NOW + later, later);
    }
    assert_eq!(times(&ada, &bob), [4, 3, 2, 0]);
    meet(&mut ada, &mut bob, NOW + 9, 9);
    assert_eq!((times(&ada, &bob), times(&bob, &ada)), (vec![9, 4, 3, 2], vec![9, 4, 3, 2]));
}

// SESSION-07, SESSION-09
#[test]
fn one_unconfirmed_and_two_given_up_sessions_stay() {
    let (mut ada, mut bob) = two();
    for later in [0, 1, 2] {
        open(&mut ada, &mut bob, NOW + later, later);
    }
    let wanted = [Status::Unconfirmed, Status::GivenUp, Status::GivenUp];
    assert_eq!(statuses(&ada, &bob), wanted);
    let init = connect(&mut ada, &bob, NOW + 3, 3);
    let response = receive(&mut bob, &ada, &init, NOW + 3).replies.remove(0);
    let fourth = receive(&mut ada, &bob, &response, NOW + 3);
    assert_eq!(names(&fourth.events), ["established", "given-up", "dropped"]);
    assert_eq!((statuses(&ada, &bob), times(&ada, &bob)), (wanted.to_vec(), vec![3, 2, 1]));
}

// SESSION-10, SESSION-08
#[test]
fn superseded_session_leaves_7_days_after_its_last_message() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    let (first, second) = (say(&mut ada, &bob, NOW, 2), say(&mut ada, &bob, NOW, 3));
    let third = say(&mut ada, &bob, NOW, 4);
    settle(&mut ada, &mut bob, NOW + 10, 5);
    receive(&mut bob, &ada, &first, NOW + 20);
    assert_eq!(names(&bob.due(NOW + 7 * DAY + 19).events), Vec::<&str>::new());
    receive(&mut bob, &ada, &second, NOW + 7 * DAY + 19);
    assert_eq!(names(&bob.due(NOW + 14 * DAY + 18).events), Vec::<&str>::new());
    refuse(&mut bob, &ada.key(), &third, NOW + 14 * DAY + 19, PeerError::UnknownSession);
    assert_eq!(names(&bob.due(NOW + 14 * DAY + 19).events), ["dropped"]);
}

// SESSION-10: the newest session does not age
#[test]
fn greatest_session_stays_for_ever() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    assert!(ada.due(NOW + 80 * DAY).events.is_empty());
    assert!(sending(&ada, &bob, NOW + 80 * DAY).is_some());
}

// SESSION-06: CHAIN_MAX messages
#[test]
fn unconfirmed_session_is_given_up_with_its_last_message() {
    let (mut ada, mut bob) = two();
    open(&mut ada, &mut bob, NOW, 1);
    let rng = &mut Seeded::new(2);
    for _ in 1..CHAIN_MAX {
        let sent = ada.send(&bob.key(), Kind::DATA, b"", NOW, rng).expect("within the chain");
        assert!(sent.events.is_empty());
    }
    let last = ada.send(&bob.key(), Kind::DATA, b"", NOW, rng).expect("within the chain");
    let [Event::GivenUp { sent: CHAIN_MAX, .. }] = last.events.as_slice() else {
        panic!("{:?}", last.events)
    };
    let before = state(&ada, &bob.key());
    let more = ada.send(&bob.key(), Kind::DATA, b"", NOW, &mut Untouchable).map(|it| it.packet);
    assert_eq!((more, state(&ada, &bob.key())), (Err(CallerError::NoSession.into()), before));
}

// SESSION-03
#[test]
fn without_a_session_nothing_is_sent_and_nothing_drawn() {
    let (mut ada, bob) = two();
    let refused = ada.send(&bob.key(), Kind::DATA, b"", NOW, &mut Untouchable).map(|it| it.packet);
    assert_eq!(refused, Err(CallerError::NoSession.into()));
    let refused = ada.close(&bob.key(), NOW, &mut Untouchable).map(|it| it.packet);
    assert_eq!(refused, Err(CallerError::NoSession.into()));
    assert!(ada.snapshot(&bob.key()).is_none());
}

// SESSION-03: no fallback to a lesser session
#[test]
fn closed_greatest_session_refuses_to_send() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    meet(&mut ada, &mut bob, NOW + 1, 2);
    let close = ada.close(&bob.key(), NOW + 1, &mut Seeded::new(3)).expect("open").packet;
    let before = state(&ada, &bob.key());
    let refused = ada.send(&bob.key(), Kind::DATA, b"", NOW + 1, &mut Untouchable);
    assert_eq!(refused.map(|it| it.packet), Err(CallerError::Closed.into()));
    assert_eq!(state(&ada, &bob.key()), before);
    receive(&mut bob, &ada, &close, NOW + 1);
    let back = say(&mut bob, &ada, NOW + 1, 4);
    assert_eq!(names(&receive(&mut ada, &bob, &back, NOW + 1).events), ["message"]);
}

// SESSION-11, SESSION-12
#[test]
fn message_is_tried_on_the_sessions_of_the_named_device_only() {
    let (mut ada, mut bob) = two();
    let mut eve = device("eve");
    meet(&mut ada, &mut bob, NOW, 1);
    meet(&mut eve, &mut bob, NOW, 2);
    let message = say(&mut ada, &bob, NOW, 3);
    refuse(&mut bob, &eve.key(), &message, NOW, PeerError::UnknownSession);
    refuse(&mut bob, &identity("mallory").key(), &message, NOW, PeerError::UnknownSession);
    let before = state(&bob, &ada.key());
    let unnamed = bob.receive(None, &message, NOW, &mut Untouchable).map(drop);
    assert_eq!(
        (unnamed, &state(&bob, &ada.key())),
        (Err(PeerError::UnknownSession.into()), &before)
    );
    assert_eq!(names(&receive(&mut bob, &ada, &message, NOW).events), ["message"]);
}

// SESSION-12
#[test]
fn unknown_session_is_answered_with_a_handshake_once_in_10_minutes() {
    let (mut ada, bob) = two();
    let card = *bob.card().expect("a card");
    let mut reconnect = |later: u64| {
        let rng = &mut Seeded::new(later);
        ada.reconnect(&card, NOW + later, rng).expect("may start").is_some()
    };
    assert_eq!(
        [0, 1, 599_999, 600_000, 600_001].map(&mut reconnect),
        [true, false, false, true, false]
    );
}

// PRIM-16, SESSION-29
#[test]
fn failing_random_source_stops_every_step_of_a_handshake_unchanged() {
    let (mut ada, mut bob) = two();
    let card = *bob.card().expect("a card");
    let random = Err(CallerError::Random.into());
    let before = state(&ada, &bob.key());
    assert_eq!(ada.connect(&card, NOW, &mut Failing::after(0)).map(drop), random);
    assert_eq!(state(&ada, &bob.key()), before);

    let init = connect(&mut ada, &bob, NOW, 1);
    let before = state(&bob, &ada.key());
    for left in 0..2 {
        assert_eq!(bob.receive(None, &init, NOW, &mut Failing::after(left)).map(drop), random);
        assert_eq!(state(&bob, &ada.key()), before);
    }
    let response = receive(&mut bob, &ada, &init, NOW).replies.remove(0);
    let before = state(&ada, &bob.key());
    assert_eq!(ada.receive(None, &response, NOW, &mut Failing::after(0)).map(drop), random);
    assert_eq!(state(&ada, &bob.key()), before);
    assert_eq!(receive(&mut ada, &bob, &response, NOW).replies.len(), 1);
}

// SESSION-29
#[test]
fn handshake_draws_what_the_table_says() {
    let (mut ada, mut bob) = two();
    let (one, other) = (&mut Seeded::new(1), &mut Seeded::new(2));
    let card = *bob.card().expect("a card");
    let init = ada.connect(&card, NOW, one).expect("may start");
    let response = bob.receive(None, &init, NOW, other).expect("genuine").replies.remove(0);
    let complete = ada.receive(None, &response, NOW, one).expect("genuine").replies.remove(0);
    let receipt = bob.receive(None, &complete, NOW, other).expect("genuine").replies.remove(0);
    bob.receive(None, &complete, NOW, other).expect("repeated");
    ada.receive(Some(&bob.key()), &receipt, NOW, one).expect("genuine");
    assert_eq!(
        (one.draws.as_slice(), other.draws.as_slice()),
        ([32, 32].as_slice(), [32, 32, 32, 16].as_slice())
    );
}

// SESSION-24, SESSION-26
#[test]
fn device_restores_sessions_and_refuses_a_rollback() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    let stored = ada.snapshot(&bob.key()).expect("sessions");
    let newest =
        ada.sessions(&bob.key()).and_then(|all| all.iter().next()).expect("one").generation();
    let before = state(&ada, &bob.key());
    let rolled = ada.restore(&bob.key(), stored.expose(), |_| newest + 1);
    assert_eq!((rolled, state(&ada, &bob.key())), (Err(StorageError::Rollback), before.clone()));
    let stranger = ada.restore(&identity("eve").key(), stored.expose(), |_| 0);
    assert_eq!((stranger, state(&ada, &bob.key())), (Err(StorageError::Snapshot), before.clone()));
    assert_eq!(ada.restore(&bob.key(), stored.expose(), |_| newest), Ok(()));
    assert_eq!(state(&ada, &bob.key()).1, before.1);
}

/// What the first event of an accepted packet says about the pin.
fn pinned(received: &Received) -> bool {
    match received.events.as_slice() {
        [Event::Established { pinned, .. }, ..] => *pinned,
        other => panic!("{other:?}"),
    }
}

// CARD-11: at the Init for the responder, at the Response for the initiator
#[test]
fn session_says_whether_the_peer_was_pinned_when_it_began() {
    for (early, late) in [(true, false), (false, true), (false, false)] {
        let (mut ada, mut bob) = two();
        if early {
            pin(&mut bob, "ada");
            pin(&mut ada, "bob");
        }
        let init = connect(&mut ada, &bob, NOW, 1);
        let response = receive(&mut bob, &ada, &init, NOW).replies.remove(0);
        if late {
            pin(&mut bob, "ada");
            pin(&mut ada, "bob");
        }
        let accepted = receive(&mut ada, &bob, &response, NOW);
        let completed = receive(&mut bob, &ada, &accepted.replies[0], NOW);
        assert_eq!((pinned(&accepted), pinned(&completed)), (early || late, early));
    }
}

// RATCHET-20, SESSION-29
#[test]
fn accepting_a_message_draws_nothing() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    let there = say(&mut ada, &bob, NOW, 2);
    let received = bob.receive(Some(&ada.key()), &there, NOW, &mut Untouchable).expect("genuine");
    assert_eq!(names(&received.events), ["message"]);
    let back = say(&mut bob, &ada, NOW, 3);
    let received = ada.receive(Some(&bob.key()), &back, NOW, &mut Untouchable).expect("genuine");
    assert_eq!(names(&received.events), ["message"]);
}
