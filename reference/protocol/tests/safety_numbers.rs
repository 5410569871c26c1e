//! Safety numbers: what two people compare.

mod support;

use quipu::account::Fingerprint;
use quipu::crypto::kdf::sha512;
use quipu::crypto::sign::IdentityKey;
use quipu::{Address, BytesError, PeerError};
use std::collections::BTreeSet;
use support::Seeded;

fn user(seed: u64, address: &str) -> Fingerprint {
    let key = IdentityKey::new(Seeded::new(seed).array());
    Fingerprint::of(&key, &Address::new(address.as_bytes()).expect("an address"))
}

fn two() -> (Fingerprint, Fingerprint) {
    (user(1, "ada@example.org"), user(2, "bob@example.org"))
}

// DEV-20
#[test]
fn both_sides_see_the_same_number() {
    for seed in 0..8 {
        let (ada, bob) = (user(seed, "ada@example.org"), user(100 + seed, "bob@example.org"));
        let number = Fingerprint::safety_number(&ada, &bob);
        assert_eq!(number, Fingerprint::safety_number(&bob, &ada));
        assert!(number.len() == 60 && number.bytes().all(|it| it.is_ascii_digit()), "{number}");
        let (first, second) = number.split_at(30);
        assert!(first <= second, "{number}");
        assert_eq!(BTreeSet::from([first, second]), [&*ada.digits(), &*bob.digits()].into());
    }
}

// DEV-20: 9.5, written out
#[test]
fn fingerprint_is_5200_hashes_of_key_and_address() {
    let key: [u8; 32] = Seeded::new(1).array();
    let mut hash = sha512(&[b"QuipuV1fingerprint\x01", &key, b"\x0fada@example.org", &key]);
    for _ in 1..5_200 {
        hash = sha512(&[&hash, &key]);
    }
    let ada = user(1, "ada@example.org");
    assert_eq!(*ada.as_bytes(), hash);
    let digits = hash[..30].chunks(5).map(|piece| {
        let integer = u64::from_be_bytes([&[0; 3], piece].concat().try_into().expect("8 bytes"));
        format!("{:05}", integer % 100_000)
    });
    assert_eq!(ada.digits(), digits.collect::<String>());
}

// DEV-20
#[test]
fn every_byte_of_key_and_address_changes_the_number() {
    let (key, address): ([u8; 32], _) = (Seeded::new(1).array(), *b"ada@example.org");
    let bob = user(2, "bob@example.org");
    let mut numbers = BTreeSet::new();
    let mut add = |key, address: &[u8]| {
        let address = Address::new(address).expect("an address");
        let ada = Fingerprint::of(&IdentityKey::new(key), &address);
        assert!(numbers.insert(Fingerprint::safety_number(&ada, &bob)), "{key:?} {address:?}");
    };
    add(key, &address);
    for byte in 0..32 {
        let mut other = key;
        other[byte] ^= 1;
        add(other, &address);
    }
    for byte in 0..address.len() {
        let mut other = address;
        other[byte] ^= 1;
        add(key, &other);
    }
    (1..address.len()).for_each(|length| add(key, &address[..length]));
    add(key, &[address.as_slice(), b"\0"].concat());
}

#[test]
fn longest_address_has_a_number() {
    let key = IdentityKey::new([7; 32]);
    let of = |bytes: &[u8]| Fingerprint::of(&key, &Address::new(bytes).expect("an address"));
    assert_ne!(of(&[b'a'; 64]).digits(), of(&[b'a'; 63]).digits());
}

// DEV-21
#[test]
fn code_of_the_peer_is_accepted_and_any_other_is_refused() {
    let (ada, bob) = two();
    let code = Fingerprint::scannable(&bob, &ada);
    assert_eq!(code[0], 1);
    assert_eq!((&code[1..33], &code[33..]), (&bob.as_bytes()[..32], &ada.as_bytes()[..32]));
    assert_eq!(Fingerprint::scan(&ada, &bob, &code), Ok(()));
    assert_eq!(
        Fingerprint::scan(&bob, &ada, &code),
        Err(PeerError::Identity.into()),
        "our own code, shown back"
    );
    let cyd = user(3, "cyd@example.org");
    for wrong in [Fingerprint::scannable(&cyd, &ada), Fingerprint::scannable(&bob, &cyd)] {
        assert_eq!(Fingerprint::scan(&ada, &bob, &wrong), Err(PeerError::Identity.into()));
    }
    for (byte, bit) in (0..65).flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
        let mut wrong = code;
        wrong[byte] ^= 1 << bit;
        let error = if byte == 0 { BytesError::Version.into() } else { PeerError::Identity.into() };
        assert_eq!(Fingerprint::scan(&ada, &bob, &wrong), Err(error), "byte {byte}");
    }
}

// DEV-21: `length` before `version` before `identity`
#[test]
fn code_of_another_length_is_refused() {
    let (ada, bob) = two();
    let code = Fingerprint::scannable(&bob, &ada);
    let long = [code.as_slice(), &[0]].concat();
    let cuts = (0..65).map(|length| &code[..length]).chain([long.as_slice(), &[2; 64]]);
    for wrong in cuts {
        assert_eq!(Fingerprint::scan(&ada, &bob, wrong), Err(BytesError::Length.into()));
    }
    assert_eq!(Fingerprint::scan(&ada, &bob, &[2; 65]), Err(BytesError::Version.into()));
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).expect("hex").try_into().expect("the right length")
}

/// libsignal's fingerprint: two zero bytes, the key with its type byte, a phone number; 5,200 times.
fn foreign(key: &str, number: &str) -> Fingerprint {
    let key: [u8; 33] = hex(key);
    Fingerprint::iterate(&[&[0, 0], &key, number.as_bytes()], &key, 5_200)
}

// libsignal, rust/protocol/src/fingerprint.rs and NumericFingerprintGeneratorTest.java
#[test]
fn iteration_and_digits_are_those_of_libsignal() {
    let alice = "0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868";
    let bob = "05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b";
    let (alice, bob) = (foreign(alice, "+14152222222"), foreign(bob, "+14153333333"));
    assert_eq!(
        Fingerprint::safety_number(&alice, &bob),
        "300354477692869396892869876765458257569162576843440918079131"
    );
    let scannable: [u8; 74] = hex(concat!(
        "080112220a201e301a0353dce3dbe7684cb8336e85136cdc0ee96219494ada305d62a7bd61df",
        "1a220a20d62cbf73a11592015b6b9f1682ac306fea3aaf3885b84d12bca631e9d4fb3a4d"
    ));
    assert_eq!(&scannable[6..38], &alice.as_bytes()[..32]);
    assert_eq!(&scannable[42..], &bob.as_bytes()[..32]);
    assert_eq!(Fingerprint::scannable(&alice, &bob)[1..33], scannable[6..38]);
}
