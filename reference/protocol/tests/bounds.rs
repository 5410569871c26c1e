//! Behaviour exactly at the limits of chapters 6 to 8.

mod support;

use quipu::limits::CHAIN_MAX;
use quipu::message::{CONTENT_BEGIN, CONTENT_MAX};
use quipu::ratchet::Gap;
use quipu::session::Session;
use quipu::{BytesError, CallerError, Error, Kind, PeerError};
use rand_core::TryCryptoRng;
use support::pair::{accept, data, deliver, pair, refuse, send, send_many, state, turn};
use support::{Constant, Failing, Seeded, Untouchable};

// RATCHET-02, RATCHET-17, SESSION-14, SESSION-16
#[test]
fn whole_chain_may_be_jumped_and_its_2000_newest_keys_stay() {
    let (mut ada, mut bob) = pair(1);
    let packets = send_many(&mut ada, CHAIN_MAX, &mut Seeded::new(1));
    let full = state(&ada);
    let more = ada.send(Kind::DATA, b"", &mut Untouchable);
    assert_eq!((more, state(&ada)), (Err(CallerError::ChainLimit.into()), full));

    let last = deliver(&mut bob, &packets[9_999]).expect("never too far");
    assert_eq!((last.epoch, last.number), (0, 9_999));
    assert_eq!(last.gap, [Gap { epoch: 0, first: 0, count: 9_999 }]);
    assert_eq!(bob.stored_keys(), 2_000);
    for expired in [0, 5_000, 7_998] {
        refuse(&mut bob, &packets[expired], PeerError::Expired);
    }
    for kept in [7_999, 9_000, 9_998] {
        assert_eq!(accept(&mut bob, &packets[kept]).1 as usize, kept);
    }
    let receipt = bob.received().expect("a chain");
    assert_eq!((receipt.below, receipt.bitmap), (0, 0));

    let back = send(&mut bob, &mut Seeded::new(2));
    accept(&mut ada, &back);
    assert_eq!(accept(&mut bob, &send(&mut ada, &mut Seeded::new(3))), (2, 0));
}

// RATCHET-17, SESSION-14
#[test]
fn one_message_may_jump_two_chains() {
    let (mut ada, mut bob) = pair(2);
    let rng = &mut Seeded::new(4);
    accept(&mut bob, &send(&mut ada, rng));
    let first = send_many(&mut ada, 1_800, rng);
    accept(&mut ada, &send(&mut bob, rng));
    let second = send_many(&mut ada, 301, rng);
    let last = deliver(&mut bob, &second[300]).expect("never too far");
    let gaps = [Gap { epoch: 0, first: 1, count: 1_800 }, Gap { epoch: 2, first: 0, count: 300 }];
    assert_eq!((last.gap.as_slice(), bob.stored_keys()), (gaps.as_slice(), 2_000));
    refuse(&mut bob, &first[99], PeerError::Expired);
    assert_eq!(accept(&mut bob, &first[100]), (0, 101));
    assert_eq!(accept(&mut bob, &second[0]), (2, 0));
}

// RATCHET-17
#[test]
fn oldest_skipped_keys_leave_first_over_all_chains() {
    let (mut ada, mut bob) = pair(3);
    let rng = &mut Seeded::new(5);
    let first = send_many(&mut ada, 1_501, rng);
    accept(&mut bob, &first[1_500]);
    accept(&mut bob, &first[0]);
    accept(&mut ada, &send(&mut bob, rng));
    let second = send_many(&mut ada, 1_001, rng);
    accept(&mut bob, &second[1_000]);
    assert_eq!(bob.stored_keys(), 2_000);
    refuse(&mut bob, &first[1], PeerError::Expired);
    refuse(&mut bob, &first[499], PeerError::Expired);
    assert_eq!(accept(&mut bob, &first[500]), (0, 500));
    assert_eq!(accept(&mut bob, &second[0]), (2, 0));
}

// RATCHET-17: a key is not lost when its place is just enough
#[test]
fn exactly_2000_skipped_keys_all_stay() {
    let (mut ada, mut bob) = pair(4);
    let packets = send_many(&mut ada, 2_002, &mut Seeded::new(6));
    accept(&mut bob, &packets[2_000]);
    assert_eq!(bob.stored_keys(), 2_000);
    accept(&mut bob, &packets[2_001]);
    assert_eq!((accept(&mut bob, &packets[0]), bob.stored_keys()), ((0, 0), 1_999));
}

// RATCHET-18
#[test]
fn sixth_newer_chain_drops_the_oldest_with_its_keys() {
    let (mut ada, mut bob) = pair(5);
    let rng = &mut Seeded::new(7);
    let packets = send_many(&mut ada, 4, rng);
    accept(&mut bob, &packets[3]);
    accept(&mut ada, &send(&mut bob, rng));
    for _ in 0..5 {
        turn(&mut ada, &mut bob, rng);
    }
    assert_eq!((bob.stored_keys(), accept(&mut bob, &packets[0])), (3, (0, 0)));
    turn(&mut ada, &mut bob, rng);
    assert_eq!(bob.stored_keys(), 0);
    refuse(&mut bob, &packets[1], PeerError::Authentication);
    refuse(&mut bob, &packets[3], PeerError::Authentication);
}

// RATCHET-17, RATCHET-18: the old chain makes room before the new keys come
#[test]
fn sixth_newer_chain_makes_room_before_its_own_keys_are_stored() {
    let (mut ada, mut bob) = pair(6);
    let rng = &mut Seeded::new(8);
    accept(&mut bob, &send_many(&mut ada, 1_001, rng)[1_000]);
    accept(&mut ada, &send(&mut bob, rng));
    let second = send_many(&mut ada, 1_001, rng);
    accept(&mut bob, &second[1_000]);
    accept(&mut ada, &send(&mut bob, rng));
    for _ in 0..4 {
        turn(&mut ada, &mut bob, rng);
    }
    let newest = send_many(&mut ada, 1_001, rng);
    accept(&mut bob, &newest[1_000]);
    assert_eq!(bob.stored_keys(), 2_000);
    assert_eq!(accept(&mut bob, &second[0]), (2, 0));
    assert_eq!(accept(&mut bob, &newest[0]), (12, 0));
}

// MSG-01, MSG-02
#[test]
fn content_up_to_65531_bytes_arrives_and_one_more_is_too_long() {
    let (mut ada, mut bob) = pair(7);
    let rng = &mut Seeded::new(9);
    let sizes = [0, 1, 250, 251, 252, 258, 259, 32_763, 32_764, 65_530, 65_531];
    for size in sizes {
        let content: Vec<u8> = (0..size).map(|at| at as u8).collect();
        let packet = ada.send(Kind::application(7), &content, rng).expect("fits");
        assert_eq!(packet.len(), 124 + quipu::message::padded_length(5 + size));
        let plaintext = deliver(&mut bob, &packet).expect("genuine");
        assert_eq!(data(&plaintext), content);
    }
    let before = state(&ada);
    let refused = ada.send(Kind::DATA, &vec![0; CONTENT_MAX + 1], &mut Untouchable);
    assert_eq!((CONTENT_MAX, refused), (65_531, Err(CallerError::TooLong.into())));
    assert_eq!(state(&ada), before);
}

/// Content where it is sealed in place, behind bytes that do not matter.
fn unsealed(content: &[u8]) -> Vec<u8> {
    [&[9; CONTENT_BEGIN], content].concat()
}

// MSG-02: one message, however it is made
#[test]
fn content_sealed_in_place_is_the_same_message() {
    for size in [0, 1, 251, 252, 1_024, 65_531] {
        let content: Vec<u8> = (0..size).map(|at| at as u8).collect();
        let [(mut one, _), (mut other, _)] = [pair(7), pair(7)];
        let kind = Kind::application(7);
        let message = one.send(kind, &content, &mut Seeded::new(9)).expect("fits");
        let mut place = unsealed(&content);
        other.send_in_place(kind, &mut place, &mut Seeded::new(9)).expect("fits");
        assert_eq!(place, message, "{size}");
        assert_eq!(state(&one), state(&other));
    }
}

// MSG-01, MSG-14, RATCHET-02: the content is as before, and so is the session
#[test]
fn what_cannot_be_sealed_in_place_stays_as_it_is() {
    let (mut ada, _) = pair(7);
    let long = unsealed(&vec![5; CONTENT_MAX + 1]);
    refuse_in_place(&mut ada, &long, &mut Untouchable, CallerError::TooLong);
    refuse_in_place(&mut ada, &[9; CONTENT_BEGIN - 1], &mut Untouchable, BytesError::Length);
    refuse_in_place(&mut ada, &unsealed(b"text"), &mut Failing::after(0), CallerError::Random);
    let rng = &mut Seeded::new(9);
    send_many(&mut ada, CHAIN_MAX, rng);
    refuse_in_place(&mut ada, &unsealed(b"text"), &mut Untouchable, CallerError::ChainLimit);
    let (mut ada, _) = pair(7);
    ada.close(rng).expect("open");
    refuse_in_place(&mut ada, &long, &mut Untouchable, CallerError::Closed);
}

fn refuse_in_place(
    by: &mut Session,
    content: &[u8],
    rng: &mut impl TryCryptoRng,
    error: impl Into<Error>,
) {
    let (before, mut place) = (state(by), content.to_vec());
    assert_eq!(by.send_in_place(Kind::DATA, &mut place, rng), Err(error.into()));
    assert_eq!((place.as_slice(), state(by)), (content, before));
}

// SESSION-16
#[test]
fn receipt_names_what_was_accepted_around_a_hole() {
    let (mut ada, mut bob) = pair(8);
    let packets = send_many(&mut ada, 70, &mut Seeded::new(10));
    for index in [0, 1, 3, 66, 67] {
        accept(&mut bob, &packets[index]);
    }
    let receipt = bob.received().expect("a chain");
    assert_eq!((receipt.epoch, receipt.below, receipt.bitmap), (0, 2, 1 | 1 << 63));
    accept(&mut bob, &packets[2]);
    let receipt = bob.received().expect("a chain");
    assert_eq!((receipt.below, receipt.bitmap), (4, 1 << 61 | 1 << 62));
}

// SESSION-17
#[test]
fn receipt_is_sent_once_for_what_was_accepted_and_never_for_a_receipt() {
    let (mut ada, mut bob) = pair(13);
    let rng = &mut Seeded::new(14);
    accept(&mut bob, &send(&mut ada, rng));
    let receipt = bob.receipt(rng).expect("open").expect("owed");
    let before = state(&bob);
    assert!(bob.receipt(&mut Untouchable).expect("open").is_none());
    assert_eq!(state(&bob), before);
    accept(&mut ada, &receipt);
    assert!(ada.receipt(&mut Untouchable).expect("open").is_none());
    accept(&mut ada, &send(&mut bob, rng));
    assert!(ada.receipt(rng).expect("open").is_some());
}

// SESSION-16: nothing can be said without a receiving chain
#[test]
fn initiator_that_heard_nothing_sends_no_receipt() {
    let (mut ada, _) = pair(9);
    let before = state(&ada);
    assert!(ada.receipt(&mut Untouchable).expect("no refusal").is_none());
    assert_eq!((ada.received(), state(&ada)), (None, before));
}

// SESSION-19, SESSION-22
#[test]
fn nothing_is_sent_after_the_own_close() {
    let (mut ada, mut bob) = pair(10);
    let rng = &mut Seeded::new(11);
    accept(&mut bob, &send(&mut ada, rng));
    accept(&mut ada, &send(&mut bob, rng));
    let close = ada.close(rng).expect("open");
    let before = state(&ada);
    assert_eq!(ada.send(Kind::DATA, b"", &mut Untouchable), Err(CallerError::Closed.into()));
    assert_eq!(ada.close(&mut Untouchable), Err(CallerError::Closed.into()));
    assert_eq!(ada.receipt(&mut Untouchable), Err(CallerError::Closed.into()));
    assert_eq!((state(&ada), bob.peer_closed()), (before, false));
    accept(&mut bob, &close);
    assert!(bob.peer_closed() && !ada.peer_closed());
    assert_eq!(accept(&mut ada, &send(&mut bob, rng)), (3, 0));
}

// SESSION-21
#[test]
fn messages_under_way_before_the_close_are_accepted_after_it() {
    let (mut ada, mut bob) = pair(11);
    let rng = &mut Seeded::new(12);
    let packets = send_many(&mut ada, 3, rng);
    let close = ada.close(rng).expect("open");
    assert_eq!(deliver(&mut bob, &close).expect("genuine").gap[0].count, 3);
    packets.iter().for_each(|packet| assert_eq!(accept(&mut bob, packet).0, 0));
    refuse(&mut bob, &close, PeerError::Duplicate);
}

// RATCHET-04
#[test]
fn drawn_ratchet_key_that_repeats_is_refused() {
    let (mut ada, mut bob) = pair(12);
    let rng = &mut Seeded::new(13);
    accept(&mut bob, &send(&mut ada, rng));
    accept(&mut ada, &bob.send(Kind::DATA, b"", &mut Constant(0x55)).expect("first draw"));
    let before = state(&ada);
    assert_eq!(ada.send(Kind::DATA, b"", &mut Constant(0x55)), Err(CallerError::Random.into()));
    assert_eq!(state(&ada), before);
    accept(&mut bob, &send(&mut ada, rng));
    assert_eq!(bob.send(Kind::DATA, b"", &mut Constant(0x55)), Err(CallerError::Random.into()));
}
