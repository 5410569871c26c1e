//! Chapters 6.4, 7.4 and 8: what an authenticated peer may not do, and what it is called.

mod support;

use quipu::session::Session;
use quipu::{BytesError, Error, PeerError};
use support::Seeded;
use support::insider::{Insider, body};
use support::pair::{Start, accept, deliver, dh, refuse, restored, send};

const NOT_CANONICAL: [u8; 32] = [0xff; 32];

fn to_responder(seed: u64) -> (Insider, Session) {
    let start = Start::new(seed);
    (Insider::initiator(&start), start.responder())
}

fn to_initiator(seed: u64) -> (Insider, Session, Start) {
    let start = Start::new(seed);
    (Insider::responder(&start), start.initiator(), start)
}

/// A responder that has accepted two messages of chain 0 and has answered.
fn after_a_turn(seed: u64) -> (Insider, Session) {
    let (mut insider, mut bob) = to_responder(seed);
    for _ in 0..2 {
        accept(&mut bob, &insider.header(|_| ()));
    }
    insider.hear(&send(&mut bob, &mut Seeded::new(seed)));
    (insider, bob)
}

// MSG-05: the insider keeps every rule that it is not asked to break
#[test]
fn insider_that_keeps_the_rules_is_accepted() {
    let (mut insider, mut bob) = after_a_turn(1);
    assert_eq!(accept(&mut bob, &insider.header(|_| ())), (2, 0));
    let (mut insider, mut ada, _) = to_initiator(1);
    assert_eq!(accept(&mut ada, &insider.header(|_| ())), (1, 0));
}

// RATCHET-05
#[test]
fn number_and_previous_beyond_the_chain_are_too_far() {
    let (mut insider, mut bob) = to_responder(2);
    refuse(&mut bob, &insider.header(|it| it.number = 10_000), PeerError::TooFar);
    refuse(&mut bob, &insider.header(|it| it.number = u32::MAX), PeerError::TooFar);
    refuse(&mut bob, &insider.header(|it| it.previous = 10_001), PeerError::TooFar);
    let both = insider.header(|it| (it.number, it.dh) = (10_000, NOT_CANONICAL));
    refuse(&mut bob, &both, PeerError::TooFar);
}

// RATCHET-06
#[test]
fn other_ratchet_key_in_a_known_chain_is_a_clone() {
    let (mut insider, mut bob) = to_responder(3);
    refuse(&mut bob, &insider.header(|it| it.dh[0] ^= 1), PeerError::CloneSuspected);
    let both = insider.header(|it| (it.previous, it.dh) = (1, NOT_CANONICAL));
    refuse(&mut bob, &both, PeerError::CloneSuspected);
}

// RATCHET-07
#[test]
fn other_previous_length_in_a_known_chain_is_a_protocol_error() {
    let (mut insider, mut bob) = to_responder(4);
    refuse(&mut bob, &insider.header(|it| it.previous = 1), PeerError::Protocol);
}

// RATCHET-08
#[test]
fn new_chain_in_pending_is_a_protocol_error() {
    let (mut insider, mut bob) = to_responder(5);
    insider.hear(&send(&mut restored(&bob), &mut Seeded::new(5)));
    refuse(&mut bob, &insider.header(|_| ()), PeerError::Protocol);
}

// RATCHET-09, RATCHET-10, RATCHET-13
#[test]
fn weak_and_reflected_ratchet_keys_are_refused() {
    let keys = |start: &Start| {
        let [ours, theirs] = [start.ra, start.rb].map(|key| *dh(key).public().as_bytes());
        let refused: [([u8; 32], Error); 4] = [
            (NOT_CANONICAL, BytesError::Key.into()),
            ([0; 32], BytesError::Key.into()),
            (ours, PeerError::Protocol.into()),
            (theirs, PeerError::Protocol.into()),
        ];
        refused
    };
    for index in 0..4 {
        let (mut insider, mut ada, start) = to_initiator(6);
        let (key, error) = keys(&start)[index];
        refuse(&mut ada, &insider.header(|it| it.dh = key), error);
    }
}

// RATCHET-11
#[test]
fn previous_length_below_what_was_accepted_is_a_protocol_error() {
    let (mut insider, mut bob) = after_a_turn(7);
    refuse(&mut bob, &insider.header(|it| it.previous = 1), PeerError::Protocol);
    let (mut insider, mut ada, _) = to_initiator(7);
    refuse(&mut ada, &insider.header(|it| it.previous = 1), PeerError::Protocol);
}

// RATCHET-12
#[test]
fn number_beyond_the_end_of_an_old_chain_is_a_protocol_error() {
    let start = Start::new(8);
    let (mut insider, mut longer, mut bob) =
        (Insider::initiator(&start), Insider::initiator(&start), start.responder());
    accept(&mut bob, &insider.header(|_| ()));
    insider.hear(&send(&mut bob, &mut Seeded::new(8)));
    accept(&mut bob, &insider.header(|_| ()));
    longer.header(|_| ());
    refuse(&mut bob, &longer.header(|_| ()), PeerError::Protocol);
}

// MSG-10
#[test]
fn every_other_padding_is_refused() {
    let mut not_zero = body(1, b"text");
    not_zero[255] = 1;
    let mut overlong = body(1, b"text");
    overlong[1..5].copy_from_slice(&252u32.to_be_bytes());
    let mut greatest = body(1, b"text");
    greatest[1..5].fill(0xff);
    let mut next_bucket = body(1, b"text");
    next_bucket.resize(272, 0);
    for wrong in [not_zero, overlong, greatest, next_bucket] {
        let (mut insider, mut bob) = to_responder(9);
        refuse(&mut bob, &insider.message(|_| (), &wrong), PeerError::Padding);
    }
}

// MSG-11
#[test]
fn reserved_types_and_wrong_layouts_are_content_errors() {
    let reserved = (0u8..=0xff).filter(|kind| !matches!(kind, 0x01..=0x03 | 0x80..=0xff));
    for kind in reserved {
        let (mut insider, mut bob) = to_responder(10);
        refuse(&mut bob, &insider.content(kind, b"text"), PeerError::Content);
    }
    for (kind, length) in [(2, 15), (2, 17), (2, 0), (3, 7), (3, 9), (3, 0)] {
        let (mut insider, mut bob) = to_responder(10);
        refuse(&mut bob, &insider.content(kind, &vec![0; length]), PeerError::Content);
    }
}

fn receipt(epoch: u32, below: u32, bitmap: u64) -> Vec<u8> {
    [epoch.to_be_bytes().as_slice(), &below.to_be_bytes(), &bitmap.to_be_bytes()].concat()
}

// SESSION-18
#[test]
fn receipt_for_what_was_never_sent_is_a_content_error() {
    let wrong = [
        receipt(1, 2, 0),
        receipt(1, 0, 1),
        receipt(0, 0, 0),
        receipt(2, 0, 0),
        receipt(3, 0, 0),
        receipt(1, u32::MAX, 0),
        receipt(1, u32::MAX, u64::MAX),
        receipt(u32::MAX, 0, 0),
    ];
    for content in &wrong {
        let (mut insider, mut bob) = after_a_turn(11);
        refuse(&mut bob, &insider.content(2, content), PeerError::Content);
    }
    for content in [receipt(1, 1, 0), receipt(1, 0, 0)] {
        let (mut insider, mut bob) = after_a_turn(11);
        assert!(deliver(&mut bob, &insider.content(2, &content)).is_ok());
    }
}

// SESSION-18: the responder has sent nothing yet
#[test]
fn receipt_to_a_side_that_sent_nothing_is_a_content_error() {
    let (mut insider, mut bob) = to_responder(12);
    refuse(&mut bob, &insider.content(2, &receipt(1, 0, 0)), PeerError::Content);
    let (mut insider, mut bob) = to_responder(12);
    refuse(&mut bob, &insider.content(2, &receipt(0, 0, 0)), PeerError::Content);
}

// SESSION-20
#[test]
fn close_with_another_place_is_a_content_error() {
    for (epoch, count) in [(0u32, 0u32), (0, 2), (1, 1), (2, 1), (u32::MAX, 1), (0, u32::MAX)] {
        let (mut insider, mut bob) = to_responder(13);
        let content = [epoch.to_be_bytes(), count.to_be_bytes()];
        refuse(&mut bob, &insider.content(3, content.as_flattened()), PeerError::Content);
    }
}

// SESSION-21, SESSION-22
#[test]
fn close_before_an_accepted_message_is_refused() {
    let (mut insider, mut bob) = to_responder(14);
    let early = insider.content(3, &[0, 0, 0, 0, 0, 0, 0, 1]);
    accept(&mut bob, &insider.header(|_| ()));
    refuse(&mut bob, &early, PeerError::AfterClose);
    assert!(!bob.peer_closed());
}

// SESSION-21
#[test]
fn message_after_the_close_is_refused() {
    let (mut insider, mut bob) = to_responder(15);
    let before = insider.header(|_| ());
    let close = insider.content(3, &[0, 0, 0, 0, 0, 0, 0, 2]);
    let after = insider.header(|_| ());
    accept(&mut bob, &close);
    refuse(&mut bob, &after, PeerError::AfterClose);
    assert_eq!((accept(&mut bob, &before), bob.peer_closed()), ((0, 0), true));
}
