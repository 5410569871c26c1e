//! A refusal changes nothing; no draw where none belongs; snapshots hold or are refused.

mod support;

use proptest::prelude::*;
use quipu::session::Session;
use quipu::{CallerError, Kind, PeerError, StorageError};
use support::pair::{accept, pair, refuse, restored, send, send_many, state, turn};
use support::walk::{Op, Walk, expected, honest, hostile};
use support::{Failing, Seeded};

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    // ENC-08, ENC-10, MSG-08
    #[test]
    fn hostile_packets_between_honest_ones_change_nothing(
        seed in any::<u64>(),
        ops in prop::collection::vec(prop_oneof![2 => honest(), 3 => hostile()], 1..60),
    ) {
        let mut walk = Walk::new(seed);
        walk.step(Op::Send { side: 0, count: 3, length: 10 });
        walk.step(Op::Deliver { to: 1, back: 1 });
        walk.step(Op::Send { side: 1, count: 3, length: 10 });
        walk.run(&ops);
    }

    // MSG-08, ENC-08
    #[test]
    fn random_bytes_behind_any_prefix_are_refused(
        prefix in prop_oneof![Just(vec![1, 0x10, 0, 1]), prop::collection::vec(any::<u8>(), 0..6)],
        length in prop_oneof![0..500usize, Just(376usize)],
        seed in any::<u64>(),
    ) {
        let (_, mut bob) = pair(seed);
        let mut rest = vec![0; length];
        rand_core::TryRng::try_fill_bytes(&mut Seeded::new(seed), &mut rest).expect("infallible");
        let packet = [prefix, rest].concat();
        refuse(&mut bob, &packet, expected(&packet));
    }
}

/// Sessions in the middle of a conversation, with skipped keys and old chains, and a fresh packet.
fn busy(seed: u64) -> (Session, Session, Vec<u8>) {
    let (mut ada, mut bob) = pair(seed);
    let rng = &mut Seeded::new(seed);
    for _ in 0..3 {
        accept(&mut bob, &send_many(&mut ada, 4, rng)[2]);
        turn(&mut bob, &mut ada, rng);
    }
    let packet = send(&mut ada, rng);
    (ada, bob, packet)
}

// MSG-06, ENC-08
#[test]
fn every_flipped_bit_of_a_message_is_refused() {
    let (_, mut bob, packet) = busy(1);
    for (byte, mask) in
        (0..packet.len()).flat_map(|byte| [(byte, 0x01), (byte, 0x80), (byte, 0xff)])
    {
        let mut forged = packet.clone();
        forged[byte] ^= mask;
        refuse(&mut bob, &forged, expected(&forged));
    }
    accept(&mut bob, &packet);
}

// ENC-05, MSG-09
#[test]
fn every_shorter_and_every_longer_message_is_refused() {
    let (_, mut bob, packet) = busy(2);
    for length in (0..packet.len()).chain(packet.len() + 1..packet.len() + 200) {
        let mut forged = packet.clone();
        forged.resize(length, 0);
        refuse(&mut bob, &forged, expected(&forged));
    }
    accept(&mut bob, &packet);
}

// MSG-06
#[test]
fn every_splice_of_two_messages_is_refused() {
    let (mut ada, mut bob, one) = busy(3);
    let two = send(&mut ada, &mut Seeded::new(33));
    for at in 5..one.len() {
        let forged = [&one[..at], &two[at..]].concat();
        refuse(&mut bob, &forged, PeerError::Authentication);
    }
    assert_eq!((accept(&mut bob, &two).1, accept(&mut bob, &one).1), (2, 1));
}

// MSG-06
#[test]
fn every_splice_of_two_sessions_and_of_two_directions_is_refused() {
    let (_, mut bob, one) = busy(14);
    let (_, _, strange) = busy(15);
    let reflected = send(&mut restored(&bob), &mut Seeded::new(14));
    for other in [strange, reflected] {
        for at in 5..one.len() {
            for forged in [[&one[..at], &other[at..]].concat(), [&other[..at], &one[at..]].concat()]
            {
                refuse(&mut bob, &forged, PeerError::Authentication);
            }
        }
    }
}

// MSG-08
#[test]
fn messages_of_other_sessions_and_directions_are_refused() {
    let (mut ada, mut bob, packet) = busy(4);
    let (_, mut stranger) = pair(5);
    refuse(&mut stranger, &packet, PeerError::Authentication);
    refuse(&mut ada, &packet, PeerError::Authentication);
    let back = send(&mut bob, &mut Seeded::new(44));
    refuse(&mut bob, &back, PeerError::Authentication);
}

// PRIM-16, SESSION-29
#[test]
fn failing_random_source_leaves_the_state_unchanged() {
    let (mut ada, mut bob, packet) = busy(6);
    accept(&mut bob, &packet);
    for (side, draws) in [(&mut ada, 1), (&mut bob, 2)] {
        let before = state(side);
        for left in 0..draws {
            let failed = Err(CallerError::Random.into());
            assert_eq!(side.send(Kind::DATA, b"text", &mut Failing::after(left)), failed);
            assert_eq!(side.close(&mut Failing::after(left)), failed);
            assert_eq!(side.receipt(&mut Failing::after(left)), Err(CallerError::Random.into()));
            assert_eq!(state(side), before);
        }
        assert!(side.send(Kind::DATA, b"text", &mut Failing::after(draws)).is_ok());
    }
}

// SESSION-29, RATCHET-20
#[test]
fn sending_draws_16_bytes_in_ready_and_32_and_16_in_pending() {
    let (mut ada, mut bob) = pair(7);
    let (ready, pending) = (&mut Seeded::new(1), &mut Seeded::new(2));
    accept(&mut bob, &send(&mut ada, ready));
    send(&mut bob, pending);
    send(&mut bob, pending);
    assert_eq!(
        (ready.draws.as_slice(), pending.draws.as_slice()),
        ([16].as_slice(), [32, 16, 16].as_slice())
    );
}

// RATCHET-21, ENC-08
#[test]
fn opening_without_commit_changes_nothing() {
    let (_, bob, packet) = busy(8);
    let before = state(&bob);
    let (_, first) = bob.open(&packet).expect("genuine");
    let (_, second) = bob.open(&packet).expect("genuine still");
    assert_eq!((first.epoch, first.number), (second.epoch, second.number));
    assert_eq!(state(&bob), before);
}

// SESSION-23
#[test]
fn generation_grows_by_commits_and_by_nothing_else() {
    let (mut ada, mut bob, packet) = busy(9);
    let generations = (ada.generation(), bob.generation());
    refuse(&mut bob, &packet[..379], quipu::BytesError::Length);
    accept(&mut bob, &packet);
    refuse(&mut bob, &packet, PeerError::Duplicate);
    send(&mut ada, &mut Seeded::new(9));
    assert_eq!((ada.generation(), bob.generation()), (generations.0 + 1, generations.1 + 1));
}

// SESSION-24
#[test]
fn older_generation_is_a_rollback() {
    let (_, bob, _) = busy(10);
    let (snapshot, generation) = (state(&bob), bob.generation());
    let least = |least| Session::restore(&snapshot, least).map(|it| it.generation());
    assert_eq!(least(generation), Ok(generation));
    assert_eq!(least(generation - 1), Ok(generation));
    assert_eq!(least(generation + 1), Err(StorageError::Rollback));
    assert_eq!(least(u64::MAX), Err(StorageError::Rollback));
}

// SESSION-25
#[test]
fn snapshot_with_any_damaged_byte_is_refused() {
    let (_, bob, _) = busy(11);
    let snapshot = state(&bob);
    for (byte, mask) in (0..snapshot.len()).flat_map(|byte| [(byte, 0x01), (byte, 0x80)]) {
        let mut damaged = snapshot.clone();
        damaged[byte] ^= mask;
        let error = if byte == 0 { StorageError::SnapshotVersion } else { StorageError::Snapshot };
        assert_eq!(Session::restore(&damaged, 0).err(), Some(error), "byte {byte}");
    }
}

// SESSION-25
#[test]
fn snapshot_of_any_other_length_is_refused() {
    let (_, bob, _) = busy(12);
    let snapshot = state(&bob);
    for length in 0..snapshot.len() {
        let cut = Session::restore(&snapshot[..length], 0).err();
        assert_eq!(cut, Some(StorageError::Snapshot), "{length} bytes");
    }
    let longer = [snapshot.as_slice(), &[0]].concat();
    assert_eq!(Session::restore(&longer, 0).err(), Some(StorageError::Snapshot));
}

// SESSION-25: with a right hash
#[test]
fn snapshot_whose_lost_numbers_are_not_below_the_next_is_refused() {
    let (mut ada, mut bob) = pair(14);
    let packets = send_many(&mut ada, 2_501, &mut Seeded::new(14));
    accept(&mut bob, &packets[2_500]);
    let snapshot = state(&bob);
    let words = |next: u32, first: u32, last: u32| {
        [&next.to_be_bytes()[..], &[1], &first.to_be_bytes(), &last.to_be_bytes()].concat()
    };
    let genuine = words(2_501, 0, 499);
    let at = snapshot.windows(13).position(|it| it == genuine).expect("500 keys have left");
    let restore = |words: &[u8]| {
        let mut changed = snapshot.clone();
        changed[at..at + 13].copy_from_slice(words);
        let (body, digest) = changed.split_last_chunk_mut::<32>().expect("longer");
        *digest = quipu::crypto::kdf::sha256(&[body]);
        Session::restore(&changed, 0).map(|it| state(&it) == changed)
    };
    for (next, first, last) in [(2_501, 0, 499), (2_501, 499, 499), (500, 0, 499)] {
        assert_eq!(restore(&words(next, first, last)), Ok(true), "{next} {first} {last}");
    }
    for (next, first, last) in [(2_501, 500, 499), (499, 0, 499), (2_501, 2_501, 2_501)] {
        let refused = restore(&words(next, first, last));
        assert_eq!(refused, Err(StorageError::Snapshot), "{next} {first} {last}");
    }
}

// SESSION-26
#[test]
fn restored_sessions_go_on_where_they_were() {
    let (ada, bob, packet) = busy(13);
    let (mut ada, mut bob) = (restored(&ada), restored(&bob));
    assert_eq!(accept(&mut bob, &packet), (6, 1));
    assert_eq!(accept(&mut ada, &send(&mut bob, &mut Seeded::new(13))), (7, 0));
}
