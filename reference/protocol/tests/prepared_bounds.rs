//! Prekeys over time: rotation, retention, ids, bounds, dates, snapshots, the cards they need.

mod support;

use quipu::crypto::kdf::sha256;
use quipu::limits::{PREKEY_LIFETIME, PREKEY_RETENTION, PREKEY_ROTATION};
use quipu::prekeys::Bundle;
use quipu::wire::Suite;
use quipu::{CallerError, Card, CardFields, Device, PeerError, StorageError};
use support::devices::{DAY, identity, names, receive, refuse, state};
use support::pair::NOW;
use support::prepared::{
    Forge, Parts, SUITES, begin, device_in, fields_in, meet_prepared, publish, two, waiting,
};
use support::{Exactly, Seeded, Untouchable};

fn kinds(records: &[Vec<u8>]) -> Vec<u8> {
    records.iter().map(|it| it[1]).collect()
}

fn be64(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().expect("8 bytes"))
}

// PREP-10
#[test]
fn signed_prekeys_are_renewed_when_the_newest_is_7_days_old() {
    for (suite, both) in [(Suite::X25519, [1].as_slice()), (Suite::Hybrid, &[1, 4])] {
        let mut bob = device_in("bob", suite);
        let first = publish(&mut bob, 0, NOW, 1);
        assert_eq!(kinds(&first), both);
        for record in first {
            let dates = [be64(&record[10..18]), be64(&record[18..26])];
            assert_eq!(dates, [NOW, NOW + 30 * DAY]);
        }
        for (at, made) in [(1, &[][..]), (7 * DAY - 1, &[]), (7 * DAY, both), (14 * DAY - 1, &[])] {
            assert_eq!(kinds(&publish(&mut bob, 0, NOW + at, at)), made, "{at}");
        }
        assert_eq!(kinds(&publish(&mut bob, 0, NOW + 14 * DAY, 2)), both);
    }
    assert_eq!([PREKEY_ROTATION, PREKEY_LIFETIME], [7 * DAY, 30 * DAY]);
}

// PREP-10: a device that learns suite 0x0002 makes the last resort without waiting
#[test]
fn new_suite_gets_its_last_resort_prekey_at_once() {
    let mut bob = device_in("bob", Suite::X25519);
    assert_eq!(kinds(&publish(&mut bob, 1, NOW, 1)), [1, 2]);
    let fields = CardFields { created: NOW, ..fields_in("bob", Suite::Hybrid) };
    bob.issue_card(fields, NOW).expect("room");
    assert_eq!(kinds(&publish(&mut bob, 1, NOW, 2)), [4, 2, 3]);
}

// PREP-11, PREP-21: 30 days and 14 more, then the private halves are gone
#[test]
fn private_halves_live_14_days_longer_than_their_records() {
    let end = NOW + PREKEY_LIFETIME + PREKEY_RETENTION;
    assert_eq!(end, NOW + 44 * DAY);
    for suite in SUITES {
        for one_time in [Some(0), None] {
            let (ada, mut bob, packet) = waiting(suite, one_time, one_time);
            refuse(&mut bob, &ada.key(), &packet, end, PeerError::UnknownPrekey);
            assert_eq!((bob.prekeys().records().len(), bob.prekeys().one_time()), (0, [0, 0]));
            let (ada, mut bob, packet) = waiting(suite, one_time, one_time);
            bob.expire(end - 1);
            let received = receive(&mut bob, &ada, &packet, end - 1);
            assert_eq!(names(&received.events), ["established", "message"]);
        }
    }
}

// PREP-11: gone for the check even when nothing has swept them out
#[test]
fn expired_prekeys_are_not_used_before_they_are_swept() {
    let end = NOW + 44 * DAY;
    for kem in [None, Some(0)] {
        let (ada, mut bob, packet) = waiting(Suite::Hybrid, Some(0), kem);
        let before = state(&bob, &ada.key());
        let outcome = bob.receive(None, &packet, end, &mut Untouchable);
        assert_eq!(outcome.map(drop), Err(PeerError::UnknownPrekey.into()));
        assert_eq!(state(&bob, &ada.key()), before);
    }
}

// PREP-11: one-time prekeys that are older than the signed prekey beside them
#[test]
fn expired_one_time_prekeys_are_not_used_beside_a_younger_signed_prekey() {
    let (ada, mut bob) = two(Suite::Hybrid);
    publish(&mut bob, 1, NOW + 7 * DAY, 3);
    let end = NOW + 44 * DAY;
    for (one_time, kem) in [(Some(0), Some(3)), (Some(3), Some(0)), (Some(3), Some(3))] {
        let forge = Forge::of("ada", Suite::Hybrid, &Parts::of(&bob, one_time, kem));
        let packet = Forge { ts_i: NOW + 7 * DAY, ..forge }.packet();
        let before = state(&bob, &ada.key());
        let outcome = bob.receive(None, &packet, end, &mut Seeded::new(1));
        if (one_time, kem) == (Some(3), Some(3)) {
            assert_eq!(names(&outcome.expect("held").events)[0], "established");
        } else {
            assert_eq!(outcome.map(drop), Err(PeerError::UnknownPrekey.into()));
            assert_eq!(state(&bob, &ada.key()), before);
        }
    }
}

// PREP-13: ids from the draws, but for zero and those in use
#[test]
fn ids_are_drawn_and_never_zero_or_in_use() {
    let mut bob = device_in("bob", Suite::X25519);
    let high = |id: u32| {
        let mut draw = [0; 32];
        draw[..4].copy_from_slice(&id.to_be_bytes());
        draw
    };
    let ids = [0, 1, u32::MAX, u32::MAX, 77, 1];
    let draws = ids.iter().zip(1..).flat_map(|(id, number)| [high(*id), [number; 32]]).collect();
    let records = bob.publish(5, NOW, &mut Exactly(draws)).expect("room");
    let made: Vec<u32> =
        records.iter().map(|it| u32::from_be_bytes(it[2..6].try_into().expect("4"))).collect();
    assert_eq!(made, [1, 2, u32::MAX, 3, 77, 4]);
    let draws = [0, u32::MAX].iter().zip(10..).flat_map(|(id, it)| [high(*id), [it; 32]]).collect();
    let records = bob.publish(2, NOW, &mut Exactly(draws)).expect("room");
    assert_eq!([&records[0][2..6], &records[1][2..6]], [5u32.to_be_bytes(), 6u32.to_be_bytes()]);
}

// PREP-14
#[test]
fn device_holds_a_thousand_one_time_prekeys_of_a_kind() {
    let mut bob = device_in("bob", Suite::X25519);
    publish(&mut bob, 999, NOW, 1);
    let before = state(&bob, &bob.key());
    for count in [2, 1_000, usize::MAX] {
        let refused = bob.publish(count, NOW, &mut Untouchable);
        assert_eq!(refused, Err(CallerError::Prekeys.into()));
        assert_eq!(state(&bob, &bob.key()), before);
    }
    assert_eq!(publish(&mut bob, 1, NOW, 2).len(), 1);
    let refused = bob.publish(1, NOW, &mut Untouchable);
    assert_eq!(refused, Err(CallerError::Prekeys.into()));
    assert_eq!(publish(&mut bob, 0, NOW + 7 * DAY, 3).len(), 1);
}

// PREP-22: the bounds are included, on both sides
#[test]
fn time_of_a_prepared_handshake_is_held_to_its_window() {
    let bob = || two(Suite::X25519).1;
    let (key, parts) = (identity("ada").key(), Parts::of(&bob(), Some(0), None));
    let mut fields = fields_in("ada", Suite::X25519);
    fields.created -= 9 * DAY;
    let card = *Card::issue(&identity("ada"), fields).expect("valid fields").as_bytes();
    let at = |ts_i| Forge { ts_i, card, ..Forge::of("ada", Suite::X25519, &parts) }.packet();
    for (ts_i, now) in [
        (NOW - DAY - 1, NOW),
        (NOW - DAY - 1, NOW + 40 * DAY),
        (NOW + DAY + 1, NOW),
        (NOW + 21 * DAY + 1, NOW + 20 * DAY),
        (0, NOW),
    ] {
        refuse(&mut bob(), &key, &at(ts_i), now, PeerError::Time);
    }
    for (ts_i, now) in [(NOW - DAY, NOW), (NOW - DAY, NOW + 40 * DAY), (NOW + DAY, NOW)] {
        let outcome = bob().receive(None, &at(ts_i), now, &mut Seeded::new(1)).expect("in time");
        assert_eq!(names(&outcome.events), ["established", "message"]);
    }
}

// PREP-16: a floor in the future, by a day and no more
#[test]
fn next_prepared_handshake_exceeds_the_greatest_confirmed_session() {
    let (mut ada, mut bob) = two(Suite::X25519);
    meet_prepared(&mut ada, &mut bob, NOW + DAY, 1);
    let bundle = Parts::of(&bob, Some(0), None).bundle();
    let before = state(&ada, &bob.key());
    let refused = ada.prepare(&bundle, NOW, &mut Untouchable).err();
    assert_eq!(refused, Some(CallerError::Window.into()));
    assert_eq!(state(&ada, &bob.key()), before);
    ada.prepare(&bundle, NOW + 1, &mut Seeded::new(2)).expect("a day ahead");
    let times: Vec<u64> =
        ada.sessions(&bob.key()).expect("two").iter().map(|it| it.key().ts_i).collect();
    assert_eq!(times, [NOW + DAY + 1, NOW + DAY]);
}

/// Asserts whether a prepared handshake may start now; if not, it is for `time`, before any draw.
#[track_caller]
fn starts(parts: &Parts, now: u64, good: bool) {
    let mut ada = device_in("ada", Suite::Hybrid);
    let bundle = Bundle::verify(&parts.encode()).expect("dates do not matter to it");
    let before = state(&ada, &identity("bob").key());
    if good {
        assert!(ada.prepare(&bundle, now, &mut Seeded::new(now)).is_ok());
    } else {
        let refused = ada.prepare(&bundle, now, &mut Untouchable).err();
        assert_eq!(refused, Some(PeerError::Time.into()));
        assert_eq!(state(&ada, &identity("bob").key()), before);
    }
}

// PREP-08, PREP-15: card, signed prekey, one-time prekey, KEM prekey, each by itself
#[test]
fn bundle_is_judged_by_the_dates_of_card_and_records() {
    let (_, mut bob) = two(Suite::Hybrid);
    let old = Parts::of(&bob, Some(0), Some(0));
    publish(&mut bob, 1, NOW + 7 * DAY, 5);
    let young = Parts::of(&bob, Some(3), Some(3));
    let one_old = [
        Parts { signed: old.signed.clone(), ..young.clone() },
        Parts { one_time: old.one_time.clone(), ..young.clone() },
        Parts { kem: old.kem.clone(), ..young.clone() },
    ];
    for parts in one_old {
        starts(&parts, NOW + 30 * DAY - 1, true);
        starts(&parts, NOW + 30 * DAY, false);
    }
    starts(&young, NOW + 37 * DAY - 1, true);
    starts(&young, NOW + 37 * DAY, false);
    let one_young = [
        Parts { signed: young.signed.clone(), ..old.clone() },
        Parts { one_time: young.one_time.clone(), ..old.clone() },
        Parts { kem: young.kem.clone(), ..old.clone() },
    ];
    for parts in one_young {
        starts(&parts, NOW + 6 * DAY - 1, false);
        starts(&parts, NOW + 6 * DAY, true);
    }
    let fields = CardFields { expires: NOW + DAY, ..fields_in("bob", Suite::Hybrid) };
    let card = Card::issue(&identity("bob"), fields).expect("valid fields").as_bytes().to_vec();
    starts(&Parts { card: card.clone(), ..old.clone() }, NOW + DAY - 1, true);
    starts(&Parts { card, ..old }, NOW + DAY, false);
}

// PREP-31
#[test]
fn damaged_or_foreign_snapshot_of_prekeys_is_refused() {
    let (_, mut bob) = two(Suite::Hybrid);
    let good = bob.prekeys().snapshot().expose().to_vec();
    let before = state(&bob, &bob.key());
    let mut refused = |bytes: &[u8], error| {
        assert_eq!(bob.restore_prekeys(bytes, 0), Err(error));
        assert_eq!(state(&bob, &bob.key()), before);
    };
    for byte in 0..good.len() {
        let mut damaged = good.clone();
        damaged[byte] ^= 1;
        let error = if byte == 0 { StorageError::SnapshotVersion } else { StorageError::Snapshot };
        refused(&damaged, error);
    }
    let lengths = (0..good.len()).step_by(7).chain([good.len() - 1]);
    lengths.for_each(|length| refused(&good[..length], StorageError::Snapshot));
    let redigested = |body: Vec<u8>| [body.as_slice(), &sha256(&[&body])].concat();
    let body = &good[..good.len() - 32];
    let mut other_half = body.to_vec();
    other_half[9 + 1 + 122] ^= 8;
    refused(&redigested(other_half), StorageError::Snapshot);
    let mut unordered = body.to_vec();
    let kem = 1274 + 64;
    let last = body.len() - 2 * kem;
    unordered[last..].rotate_left(kem);
    refused(&redigested(unordered), StorageError::Snapshot);
    refused(&redigested([body, &[0]].concat()), StorageError::Snapshot);
    let mut eve = device_in("eve", Suite::Hybrid);
    assert_eq!(eve.restore_prekeys(&good, 0), Err(StorageError::Snapshot));
    assert_eq!(bob.restore_prekeys(&redigested(body.to_vec()), 0), Ok(()));
}

fn issue(at: &mut Device, from: u64, to: u64, now: u64) -> Result<(), quipu::Error> {
    let fields = CardFields { created: from, expires: to, ..fields_in("bob", Suite::X25519) };
    at.issue_card(fields, now).map(drop)
}

// CARD-17, CARD-14: the card on which a PrekeyInit under way was made
#[test]
fn card_stays_as_long_as_a_signed_prekey_of_its_time() {
    let mut bob = Device::with_cards(
        identity("bob"),
        vec![
            Card::issue(
                &identity("bob"),
                CardFields { expires: NOW + DAY, ..fields_in("bob", Suite::X25519) },
            )
            .expect("valid"),
        ],
        quipu::handshake::ReplayCache::default(),
    );
    publish(&mut bob, 1, NOW, 1);
    let mut ada = device_in("ada", Suite::X25519);
    let packet = begin(&mut ada, &bob, NOW, 2);
    for day in [2, 3, 4] {
        issue(&mut bob, NOW + day * DAY, NOW + 90 * DAY, NOW + day * DAY).expect("room");
    }
    let last = NOW + 44 * DAY - 1;
    assert_eq!(issue(&mut bob, last, last + DAY, last), Err(CallerError::Cards.into()));
    assert_eq!(names(&receive(&mut bob, &ada, &packet, last).events)[0], "established");
    assert_eq!(issue(&mut bob, last + 1, last + DAY, last + 1), Ok(()));
}

// CARD-17: of both, `created` is less than the other's `expires` plus a day
#[test]
fn card_is_needed_when_its_time_and_that_of_a_held_signed_prekey_meet() {
    let (_, bob) = two(Suite::X25519);
    let needed = |created, expires, now| {
        let fields = CardFields { created, expires, ..fields_in("bob", Suite::X25519) };
        bob.prekeys().need(&Card::issue(&identity("bob"), fields).expect("valid"), now)
    };
    let end = NOW + 30 * DAY;
    let from = NOW - 9 * DAY;
    assert!(needed(from, NOW - DAY + 1, NOW) && !needed(from, NOW - DAY, NOW));
    let to = end + 9 * DAY;
    assert!(needed(end + DAY - 1, to, NOW) && !needed(end + DAY, to, NOW));
    assert!(needed(NOW, end, NOW + 44 * DAY - 1) && !needed(NOW, end, NOW + 44 * DAY));
}
