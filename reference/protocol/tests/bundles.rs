//! Prekey records and bundles: what an initiator takes from a relay, and what it refuses.

mod support;

use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::SigningSecret;
use quipu::prekeys::{Bundle, CurveRecord, KemRecord};
use quipu::wire::Suite;
use quipu::{BytesError, Card, CardFields, DeviceId, Error, PeerError};
use support::devices::identity;
use support::pair::NOW;
use support::prepared::{Parts, device_in, fields_in, publish, two};

fn parts() -> Parts {
    Parts::of(&two(Suite::Hybrid).1, Some(0), Some(0))
}

/// The record once more, signed by its owner for a purpose.
fn signed_for(record: &[u8], purpose: Purpose, by: &str) -> Vec<u8> {
    let body = &record[..record.len() - 64];
    let signer = SigningSecret::new(&identity(by).secrets().0);
    [body, &signer.sign(purpose, &sha256(&[body]))].concat()
}

fn resigned(record: &[u8]) -> Vec<u8> {
    signed_for(record, Purpose::PREKEY, "bob")
}

fn judge(parts: &Parts) -> Option<Error> {
    Bundle::verify(&parts.encode()).err()
}

/// Each record of a bundle in turn, changed.
fn changed(change: impl Fn(&[u8]) -> Vec<u8>) -> [Parts; 3] {
    let (mut signed, mut one_time, mut kem) = (parts(), parts(), parts());
    signed.signed = change(&signed.signed);
    one_time.one_time = one_time.one_time.map(|it| change(&it));
    kem.kem = kem.kem.map(|it| change(&it));
    [signed, one_time, kem]
}

#[track_caller]
fn refused(change: impl Fn(&[u8]) -> Vec<u8>, error: impl Into<Error>) {
    let error = Some(error.into());
    assert_eq!(changed(change).map(|parts| judge(&parts)), [error; 3]);
}

fn edited(record: &[u8], edits: &[(usize, u8)]) -> Vec<u8> {
    let mut record = record.to_vec();
    edits.iter().for_each(|(place, byte)| record[*place] = *byte);
    record
}

// PREP-07: as it comes, and resigned: what follows differs from it in one thing each
#[test]
fn genuine_records_are_accepted() {
    assert_eq!(changed(<[u8]>::to_vec).map(|parts| judge(&parts)), [None; 3]);
    assert_eq!(changed(resigned).map(|parts| judge(&parts)), [None; 3]);
}

// PREP-01: version before type
#[test]
fn versions_and_types_that_are_not_expected_are_refused() {
    refused(|it| resigned(&edited(it, &[(0, 2), (1, 9)])), BytesError::Version);
    for kind in [0, 5, 255] {
        refused(|it| resigned(&edited(it, &[(1, kind)])), BytesError::Type);
    }
    let moved = changed(|it| resigned(&edited(it, &[(1, if it[1] == 1 { 2 } else { 1 })])));
    assert_eq!(moved.map(|parts| judge(&parts)), [Some(BytesError::Type.into()); 3]);
    let last = changed(|it| resigned(&edited(it, &[(1, 4)])));
    let wanted = [Some(BytesError::Type.into()), Some(BytesError::Type.into()), None];
    assert_eq!(last.map(|parts| judge(&parts)), wanted);
}

// PREP-01: as single records, of every length
#[test]
fn records_of_any_other_length_are_refused() {
    let (parts, card) = (parts(), Card::verify(&parts().card).expect("genuine").party());
    let kem = parts.kem.expect("one");
    let expected = [quipu::prekeys::PrekeyType::Signed, quipu::prekeys::PrekeyType::OneTimeKem];
    for length in (0..130).filter(|it| *it != 122) {
        let mut record = parts.signed.clone();
        record.resize(length, 0);
        let refused = CurveRecord::verify(&record, &expected[..1], &card).err();
        assert_eq!(refused, Some(BytesError::Length.into()));
    }
    for length in [0, 1, 2, 122, 1_210, 1_273, 1_275] {
        let mut record = kem.clone();
        record.resize(length, 0);
        let refused = KemRecord::verify(&record, &expected[1..], &card).err();
        assert_eq!(refused, Some(BytesError::Length.into()));
    }
    let refused = CurveRecord::verify(&kem, &expected, &card).err();
    assert_eq!(refused, Some(BytesError::Length.into()));
}

// PREP-02
#[test]
fn id_zero_and_dates_without_length_are_refused() {
    refused(|it| resigned(&[&it[..2], &[0; 4], &it[6..]].concat()), BytesError::Encoding);
    for (created, expires) in [(NOW, NOW), (NOW, NOW - 1), (u64::MAX, 0)] {
        let dates = [created.to_be_bytes(), expires.to_be_bytes()];
        let dated = |it: &[u8]| resigned(&[&it[..10], dates.as_flattened(), &it[26..]].concat());
        refused(dated, BytesError::Encoding);
    }
}

// PREP-03, PRIM-01, PRIM-18
#[test]
fn keys_that_are_not_canonical_or_not_valid_are_refused() {
    refused(|it| resigned(&[&it[..26], &[0xff; 32], &it[58..]].concat()), BytesError::Key);
}

// PREP-04: one-time prekeys too
#[test]
fn records_that_their_owner_did_not_sign_are_refused() {
    refused(|it| signed_for(it, Purpose::PREKEY, "eve"), PeerError::Signature);
    refused(|it| signed_for(it, Purpose::CARD, "bob"), PeerError::Signature);
    for place in [2, 9, 17, 25, 30] {
        refused(|it| edited(it, &[(place, it[place] ^ 1)]), PeerError::Signature);
    }
    refused(|it| edited(it, &[(it.len() - 1, it[it.len() - 1] ^ 1)]), PeerError::Signature);
}

// PREP-04, PREP-05: signature before device
#[test]
fn records_of_another_device_are_refused() {
    refused(|it| resigned(&edited(it, &[(9, 2)])), PeerError::Identity);
    let second = CardFields { device: DeviceId(2), ..fields_in("bob", Suite::Hybrid) };
    let second = Card::issue(&identity("bob"), second).expect("valid fields");
    let moved = Parts { card: second.as_bytes().to_vec(), ..parts() };
    assert_eq!(judge(&moved), Some(PeerError::Identity.into()));
    let mut eve = device_in("eve", Suite::Hybrid);
    publish(&mut eve, 1, NOW, 7);
    let moved = Parts { card: Parts::of(&eve, None, None).card, ..parts() };
    assert_eq!(judge(&moved), Some(PeerError::Signature.into()));
}

// PREP-06: in this order
#[test]
fn bundles_of_any_other_layout_are_refused() {
    for (one_time, kem) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut parts = parts();
        parts.one_time = parts.one_time.filter(|_| one_time);
        parts.kem = parts.kem.filter(|_| kem);
        let good = parts.encode();
        assert_eq!(good[1], u8::from(one_time) | u8::from(kem) << 1);
        assert_eq!(
            Bundle::verify(&good).map(|it| (it.one_time().is_some(), it.kem().is_some())),
            Ok((one_time, kem))
        );
        for length in (0..good.len()).chain(good.len() + 1..good.len() + 3) {
            let mut other = good.clone();
            other.resize(length, 0);
            assert_eq!(Bundle::verify(&other).err(), Some(BytesError::Length.into()));
        }
        let mut other = edited(&good, &[(0, 2), (1, 7)]);
        assert_eq!(Bundle::verify(&other).err(), Some(BytesError::Version.into()));
        other[0] = 1;
        other.truncate(3);
        assert_eq!(Bundle::verify(&other).err(), Some(BytesError::Encoding.into()));
        for known in (0..4).filter(|it| *it != good[1]) {
            let other = edited(&good, &[(1, known)]);
            assert_eq!(Bundle::verify(&other).err(), Some(BytesError::Length.into()));
        }
    }
}

// PREP-07: card, signed prekey, one-time prekey, KEM prekey
#[test]
fn first_bad_part_of_a_bundle_is_told() {
    let genuine = parts();
    let mut bad = genuine.clone();
    bad.card[0] = 2;
    bad.signed[121] ^= 1;
    bad.one_time = bad.one_time.map(|it| edited(&it, &[(1, 1)]));
    bad.kem = bad.kem.map(|it| resigned(&edited(&it, &[(9, 2)])));
    assert_eq!(judge(&bad), Some(BytesError::Version.into()));
    bad.card = genuine.card;
    assert_eq!(judge(&bad), Some(PeerError::Signature.into()));
    bad.signed = genuine.signed;
    assert_eq!(judge(&bad), Some(BytesError::Type.into()));
    bad.one_time = genuine.one_time;
    assert_eq!(judge(&bad), Some(PeerError::Identity.into()));
    bad.kem = genuine.kem;
    assert_eq!(judge(&bad), None);
}
