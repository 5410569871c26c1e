//! No message is accepted twice; what is told about the second copy.

mod support;

use proptest::prelude::*;
use quipu::PeerError;
use support::Seeded;
use support::pair::{accept, accept_all, pair, refuse, restored, send, send_many, turn};
use support::walk::{Walk, honest};

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    // RATCHET-14, RATCHET-16
    #[test]
    fn no_message_is_accepted_twice_in_any_interleaving(
        seed in any::<u64>(),
        ops in prop::collection::vec(honest(), 1..50),
    ) {
        let mut walk = Walk::new(seed);
        walk.run(&ops);
        for to in [0, 1] {
            let accepted = walk.oracles[to].accepted.clone();
            for (mark, packet) in walk.sent[to].clone() {
                if accepted.contains(&mark.place) {
                    let error = walk.oracles[to].judge(mark).expect_err("accepted before");
                    refuse(&mut walk.sides[to], &packet, error);
                }
            }
        }
    }
}

// RATCHET-14
#[test]
fn second_copy_is_a_duplicate() {
    let (mut ada, mut bob) = pair(1);
    let packet = send(&mut ada, &mut Seeded::new(2));
    accept(&mut bob, &packet);
    refuse(&mut bob, &packet, PeerError::Duplicate);
    refuse(&mut restored(&bob), &packet, PeerError::Duplicate);
}

// RATCHET-16, RATCHET-14
#[test]
fn stored_key_opens_once() {
    let (mut ada, mut bob) = pair(2);
    let packets = send_many(&mut ada, 3, &mut Seeded::new(3));
    accept(&mut bob, &packets[2]);
    assert_eq!((accept(&mut bob, &packets[0]), bob.stored_keys()), ((0, 0), 1));
    refuse(&mut bob, &packets[0], PeerError::Duplicate);
}

// RATCHET-19
#[test]
fn thousand_newest_are_duplicates_and_the_one_before_is_expired() {
    let (mut ada, mut bob) = pair(3);
    let packets = send_many(&mut ada, 1_001, &mut Seeded::new(4));
    accept_all(&mut bob, &packets);
    refuse(&mut bob, &packets[0], PeerError::Expired);
    refuse(&mut bob, &packets[1], PeerError::Duplicate);
    refuse(&mut bob, &packets[1_000], PeerError::Duplicate);
}

// RATCHET-19
#[test]
fn digests_leave_in_the_order_of_acceptance() {
    let (mut ada, mut bob) = pair(4);
    let mut packets = send_many(&mut ada, 1_001, &mut Seeded::new(5));
    packets.reverse();
    accept_all(&mut bob, &packets);
    refuse(&mut bob, &packets[0], PeerError::Expired);
    refuse(&mut bob, &packets[1], PeerError::Duplicate);
    refuse(&mut bob, &packets[1_000], PeerError::Duplicate);
}

// RATCHET-14: two texts under one number
#[test]
fn two_messages_from_one_restored_snapshot_raise_clone_suspected() {
    let (mut ada, mut bob) = pair(5);
    let mut copy = restored(&ada);
    let first = send(&mut ada, &mut Seeded::new(6));
    let second = send(&mut copy, &mut Seeded::new(7));
    accept(&mut bob, &first);
    refuse(&mut bob, &second, PeerError::CloneSuspected);
}

// RATCHET-06: two chains begun from one snapshot
#[test]
fn two_chains_from_one_restored_snapshot_raise_clone_suspected() {
    let (mut ada, mut bob) = pair(6);
    turn(&mut ada, &mut bob, &mut Seeded::new(8));
    let mut copy = restored(&ada);
    let first = send(&mut ada, &mut Seeded::new(9));
    let second = send(&mut copy, &mut Seeded::new(10));
    accept(&mut bob, &first);
    refuse(&mut bob, &second, PeerError::CloneSuspected);
}

// RATCHET-06, RATCHET-18: the same in an old chain
#[test]
fn clone_is_seen_in_an_old_chain_too() {
    let (mut ada, mut bob) = pair(7);
    let mut copy = restored(&ada);
    let rng = &mut Seeded::new(11);
    turn(&mut ada, &mut bob, rng);
    turn(&mut ada, &mut bob, rng);
    let late = send(&mut copy, &mut Seeded::new(12));
    refuse(&mut bob, &late, PeerError::CloneSuspected);
}

// RATCHET-18
#[test]
fn message_of_a_chain_that_left_does_not_authenticate() {
    let (mut ada, mut bob) = pair(8);
    let rng = &mut Seeded::new(13);
    let first = send(&mut ada, rng);
    accept(&mut bob, &first);
    for _ in 0..6 {
        let back = send(&mut bob, rng);
        accept(&mut ada, &back);
        refuse(&mut bob, &first, PeerError::Duplicate);
        let there = send(&mut ada, rng);
        accept(&mut bob, &there);
    }
    refuse(&mut bob, &first, PeerError::Authentication);
}
