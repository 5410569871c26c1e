//! Chapter 4 through `Device`: time, replay, repeats, tampering, pins.

mod support;

use quipu::handshake::{CompletePacket, ReplayCache};
use quipu::session::Status;
use quipu::{Device, Event, PeerError};
use support::devices::{
    connect, device, meet, names, open, receive, refuse, say, sending, statuses, with_cache,
};
use support::pair::NOW;

const WINDOW: u64 = 300_000;

fn two() -> (Device, Device) {
    (device("ada"), device("bob"))
}

// HS-10
#[test]
fn clock_may_differ_by_exactly_the_window() {
    let (mut ada, mut bob) = two();
    let key = ada.key();
    for (clock, error) in
        [(NOW - WINDOW - 1, true), (NOW + WINDOW + 1, true), (NOW - WINDOW, false)]
    {
        let init = connect(&mut ada, &bob, NOW, 1);
        if error {
            refuse(&mut bob, &key, &init, clock, PeerError::Time);
        } else {
            assert_eq!(names(&receive(&mut bob, &ada, &init, clock).events), ["response-sent"]);
        }
    }
    let init = connect(&mut ada, &bob, NOW, 2);
    assert_eq!(receive(&mut bob, &ada, &init, NOW + WINDOW).replies.len(), 1);
}

// HS-07, HS-19
#[test]
fn replayed_init_is_refused_to_the_last_millisecond_of_its_window() {
    let (mut ada, mut bob) = two();
    let init = connect(&mut ada, &bob, NOW, 1);
    receive(&mut bob, &ada, &init, NOW - WINDOW);
    for clock in [NOW - WINDOW, NOW, NOW + WINDOW] {
        refuse(&mut bob, &ada.key(), &init, clock, PeerError::Replay);
    }
    assert_eq!(bob.replay_cache().len(), 1);
    refuse(&mut bob, &ada.key(), &init, NOW + WINDOW + 1, PeerError::Time);
    assert!(bob.replay_cache().is_empty());
}

// SESSION-28, HS-07
#[test]
fn restored_replay_cache_still_refuses() {
    let (mut ada, mut bob) = two();
    let init = connect(&mut ada, &bob, NOW, 1);
    receive(&mut bob, &ada, &init, NOW);
    let cache = ReplayCache::restore(&bob.replay_cache().snapshot()).expect("own snapshot");
    assert_eq!(&cache, bob.replay_cache());
    let mut bob = with_cache("bob", cache);
    refuse(&mut bob, &ada.key(), &init, NOW, PeerError::Replay);
}

// HS-19, HS-27: a captured Init costs one Response and leads nowhere
#[test]
fn lost_replay_cache_costs_one_response_only() {
    let (mut ada, mut bob) = two();
    let opening = meet(&mut ada, &mut bob, NOW, 1);
    let mut bob = with_cache("bob", ReplayCache::default());
    let again = receive(&mut bob, &ada, &opening.init, NOW + 1);
    assert_eq!((names(&again.events), again.replies.len()), (vec!["response-sent"], 1));
    refuse(&mut bob, &ada.key(), &opening.init, NOW, PeerError::Replay);
    refuse(&mut bob, &ada.key(), &opening.complete, NOW, PeerError::Authentication);
    refuse(&mut ada, &bob.key(), &again.replies[0], NOW, PeerError::UnknownHandshake);
    assert!(bob.sessions(&ada.key()).is_none());
}

// HS-27: to the millisecond, on both sides
#[test]
fn half_open_handshakes_end_after_60_s_on_both_sides() {
    for (later, alive) in [(59_999, true), (60_000, false)] {
        let (mut ada, mut bob) = two();
        let init = connect(&mut ada, &bob, NOW, 1);
        let response = receive(&mut bob, &ada, &init, NOW).replies.remove(0);
        if !alive {
            refuse(&mut ada, &bob.key(), &response, NOW + later, PeerError::UnknownHandshake);
            continue;
        }
        let complete = receive(&mut ada, &bob, &response, NOW + later).replies.remove(0);
        refuse(&mut bob, &ada.key(), &complete, NOW + 60_000, PeerError::UnknownHandshake);
    }
    let (mut ada, mut bob) = two();
    let opening = open(&mut ada, &mut bob, NOW, 1);
    let last = receive(&mut bob, &ada, &opening.complete, NOW + 59_999);
    assert_eq!(names(&last.events), ["established"]);
}

// HS-27, SESSION-27
#[test]
fn restart_loses_half_open_handshakes() {
    let (mut ada, mut bob) = two();
    let opening = open(&mut ada, &mut bob, NOW, 1);
    let cache = ReplayCache::restore(&bob.replay_cache().snapshot()).expect("own snapshot");
    let mut restarted = with_cache("bob", cache);
    refuse(&mut restarted, &ada.key(), &opening.complete, NOW, PeerError::UnknownHandshake);
    let mut restarted = device("ada");
    refuse(&mut restarted, &bob.key(), &opening.response, NOW, PeerError::UnknownHandshake);
}

// SESSION-26: the Complete is still repeated after a restart
#[test]
fn restart_keeps_an_unconfirmed_session_and_its_complete() {
    let (mut ada, mut bob) = two();
    let opening = open(&mut ada, &mut bob, NOW, 1);
    let stored = ada.snapshot(&bob.key()).expect("a session");
    let mut ada = device("ada");
    ada.restore(&bob.key(), stored.expose(), |_| 0).expect("own snapshot");
    assert_eq!(ada.due(NOW + 2_000).packets, [(bob.key(), opening.complete.clone())]);
    let packet = say(&mut ada, &bob, NOW, 2);
    assert_eq!(&packet[..164], &opening.complete[..164]);
    assert_eq!(names(&receive(&mut bob, &ada, &packet, NOW).events), ["established", "message"]);
}

// HS-36, HS-33, HS-38
#[test]
fn lost_complete_is_made_good_by_any_message() {
    let (mut ada, mut bob) = two();
    open(&mut ada, &mut bob, NOW, 1);
    let (first, second) = (say(&mut ada, &bob, NOW, 2), say(&mut ada, &bob, NOW, 3));
    assert_eq!(CompletePacket::decode(&first).expect("layout").complete[..], second[..164]);
    let late = receive(&mut bob, &ada, &second, NOW);
    assert_eq!((names(&late.events), late.replies.len()), (vec!["established", "message"], 1));
    let early = receive(&mut bob, &ada, &first, NOW);
    assert_eq!((names(&early.events), early.replies.len()), (vec!["repeated", "message"], 0));
    refuse(&mut bob, &ada.key(), &first, NOW + 5_000, PeerError::Duplicate);
    let confirmed = receive(&mut ada, &bob, &late.replies[0], NOW);
    assert_eq!(names(&confirmed.events), ["confirmed", "message"]);
    assert_eq!(say(&mut ada, &bob, NOW, 4)[1], 0x10);
}

// HS-32
#[test]
fn complete_commits_alone_when_its_message_is_refused() {
    let (mut ada, mut bob) = two();
    open(&mut ada, &mut bob, NOW, 1);
    let mut packet = say(&mut ada, &bob, NOW, 2);
    *packet.last_mut().expect("not empty") ^= 1;
    let received = receive(&mut bob, &ada, &packet, NOW);
    let [Event::Established { .. }, Event::Refused { error }] = received.events.as_slice() else {
        panic!("{:?}", received.events)
    };
    assert_eq!((*error, received.replies.len()), (PeerError::UnknownSession.into(), 1));
    refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::UnknownSession);
}

// HS-37
#[test]
fn complete_is_repeated_at_2_6_and_18_seconds() {
    let (mut ada, mut bob) = two();
    let opening = open(&mut ada, &mut bob, NOW, 1);
    let repeated: Vec<u64> =
        (0..60_000).step_by(100).filter(|later| !ada.due(NOW + later).packets.is_empty()).collect();
    assert_eq!(repeated, [2_000, 6_000, 18_000]);
    let receipt = receive(&mut bob, &ada, &opening.complete, NOW).replies.remove(0);
    receive(&mut ada, &bob, &receipt, NOW);
    assert!(ada.due(NOW + 70_000).packets.is_empty());
}

// HS-37: not before, and not once confirmed
#[test]
fn confirmed_session_repeats_nothing() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    for later in [1_999, 2_000, 6_000, 18_000] {
        assert!(ada.due(NOW + later).packets.is_empty());
    }
}

// HS-38
#[test]
fn complete_is_answered_once_a_second_and_16_times() {
    let (mut ada, mut bob) = two();
    let complete = open(&mut ada, &mut bob, NOW, 1).complete;
    let mut answers = |later| receive(&mut bob, &ada, &complete, NOW + later).replies.len();
    assert_eq!([0, 1, 999, 1_000, 1_001, 1_999, 2_000].map(&mut answers), [1, 0, 0, 1, 0, 0, 1]);
    let more: usize = (3..100).map(|second| answers(second * 1_000)).sum();
    assert_eq!(more, 13);
}

// HS-34
#[test]
fn other_complete_with_the_id_of_a_session_is_unknown() {
    let (mut ada, mut bob) = two();
    let mut complete = meet(&mut ada, &mut bob, NOW, 1).complete;
    complete[140] ^= 1;
    refuse(&mut bob, &ada.key(), &complete, NOW, PeerError::UnknownHandshake);
}

// SESSION-06, SESSION-05, SESSION-03
#[test]
fn session_is_given_up_after_5_minutes_and_confirmed_by_a_late_receipt() {
    let (mut ada, mut bob) = two();
    let opening = open(&mut ada, &mut bob, NOW, 1);
    let receipt = receive(&mut bob, &ada, &opening.complete, NOW).replies.remove(0);
    say(&mut ada, &bob, NOW, 2);
    assert_eq!(names(&ada.due(NOW + WINDOW - 1).events), Vec::<&str>::new());
    assert_eq!(sending(&ada, &bob, NOW + WINDOW), None);
    let [Event::GivenUp { sent: 1, .. }] = ada.due(NOW + WINDOW).events.as_slice() else {
        panic!("not given up with one message")
    };
    let late = receive(&mut ada, &bob, &receipt, NOW + 2 * WINDOW);
    assert_eq!(names(&late.events), ["confirmed", "message"]);
    assert_eq!(statuses(&ada, &bob), [Status::Confirmed]);
    assert_eq!(sending(&ada, &bob, NOW + 2 * WINDOW), sending(&bob, &ada, NOW));
}
