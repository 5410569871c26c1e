//! Chapter 3.

use super::{About, Against, Book, key};
use crate::trace::signer;
use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::Purpose;
use quipu::keys::{Address, Card, CardFields};
use quipu::limits::DAY;
use quipu::secret::Secret;
use quipu::{DeviceId, Identity};
use serde_json::json;

pub(super) fn books() -> Vec<Book> {
    vec![issue(), verify(), valid()]
}

/// The time at which the vectors play.
pub(super) const NOW: u64 = 1_767_225_600_000;

/// A device of the cast: its private keys and its card.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) seed: [u8; 32],
    pub(super) private: [u8; 32],
    pub(super) card: Vec<u8>,
    pub(super) address: Vec<u8>,
}

impl Person {
    pub(super) fn new(name: &str) -> Self {
        Self::with(name, NOW - DAY, NOW + 90 * DAY)
    }

    pub(super) fn with(name: &str, created: u64, expires: u64) -> Self {
        let (seed, private) = (key(&format!("{name} IK")), key(&format!("{name} IDK")));
        let address = format!("{name}@example.org").into_bytes();
        let fields =
            CardFields::new(Address::new(&address).expect("short"), DeviceId(1), created, expires);
        let fields = CardFields { suites: 1, ..fields };
        let card = Card::issue(&identity(&seed, &private), fields).expect("valid fields");
        Self { seed, private, card: card.as_bytes().to_vec(), address }
    }

    pub(super) fn ik(&self) -> [u8; 32] {
        self.card[74..106].try_into().expect("32 bytes")
    }

    pub(super) fn idk(&self) -> [u8; 32] {
        self.card[106..138].try_into().expect("32 bytes")
    }
}

fn identity(seed: &[u8; 32], private: &[u8; 32]) -> Identity {
    Identity::new(&Secret::new(*seed), Secret::new(*private))
}

/// Changes a card and signs it again, so that only the check in question can refuse it.
pub(super) fn resigned(person: &Person, alter: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = person.card[..154].to_vec();
    alter(&mut body);
    let signature = signer(&person.seed).sign(Purpose::CARD, &sha256(&[&body]));
    [body.as_slice(), &signature].concat()
}

/// The cards that are signed and wrong: id, what is wrong, requirement, error.
pub(super) fn wrong_cards(
    person: &Person,
) -> Vec<(&'static str, &'static str, &'static str, &'static str, Vec<u8>)> {
    let p_plus_9 = [[0xf6].as_slice(), &[0xff; 30], &[0x7f]].concat();
    vec![
        (
            "suites-zero",
            "no suites",
            "CARD-03",
            "encoding",
            resigned(person, |card| card[1..5].fill(0)),
        ),
        (
            "suites-without-1",
            "suites without bit 0",
            "CARD-03",
            "encoding",
            resigned(person, |card| card[4] = 2),
        ),
        (
            "address-empty",
            "address length 0",
            "CARD-04",
            "encoding",
            resigned(person, |card| card[5..70].fill(0)),
        ),
        (
            "address-65",
            "address length 65",
            "CARD-04",
            "encoding",
            resigned(person, |card| card[5] = 65),
        ),
        (
            "address-255",
            "address length 255",
            "CARD-04",
            "encoding",
            resigned(person, |card| card[5] = 255),
        ),
        (
            "padding-first",
            "first padding byte of the address",
            "CARD-05",
            "encoding",
            resigned(person, |card| {
                let at = 6 + usize::from(card[5]);
                card[at] = 1;
            }),
        ),
        (
            "padding-last",
            "last padding byte of the address",
            "CARD-05",
            "encoding",
            resigned(person, |card| card[69] = 1),
        ),
        (
            "dates-equal",
            "expires equals created",
            "CARD-06",
            "encoding",
            resigned(person, |card| {
                let created = card[138..146].to_vec();
                card[146..154].copy_from_slice(&created);
            }),
        ),
        (
            "dates-swapped",
            "expires before created",
            "CARD-06",
            "encoding",
            resigned(person, |card| {
                let (a, b) = (card[138..146].to_vec(), card[146..154].to_vec());
                card[138..146].copy_from_slice(&b);
                card[146..154].copy_from_slice(&a);
            }),
        ),
        (
            "idk-non-canonical",
            "IDK is p + 9",
            "CARD-07",
            "key",
            resigned(person, |card| card[106..138].copy_from_slice(&p_plus_9)),
        ),
        (
            "idk-top-bit",
            "top bit of IDK",
            "CARD-07",
            "key",
            resigned(person, |card| card[137] |= 0x80),
        ),
        ("version-2", "version 2", "CARD-02", "version", resigned(person, |card| card[0] = 2)),
        ("version-0", "version 0", "CARD-02", "version", resigned(person, |card| card[0] = 0)),
    ]
}

fn issue() -> Book {
    let mut book = Book::new("card-issue", "signing a card");
    let input = |suites: u32, address: &[u8], device: u32, created: u64, expires: u64| {
        json!({
            "ik_seed": hex::encode(key("ada IK")), "idk_private": hex::encode(key("ada IDK")),
            "suites": suites, "address": hex::encode(address), "device": device,
            "created": created.to_string(), "expires": expires.to_string(),
        })
    };
    let ids = &["CARD-08", "KEY-02", "ENC-07"];
    let about = |id, comment| About { id, comment, requirements: ids };
    book.good(about("ada", "a usual card"), input(1, b"ada@example.org", 1, NOW, NOW + DAY), None);
    book.good(about("short", "shortest address, device 0"), input(1, b"a", 0, NOW, NOW + 1), None);
    book.good(
        about("long", "longest address, greatest device"),
        input(1, &[0xff; 64], u32::MAX, 0, u64::MAX),
        None,
    );
    book.good(
        about("unknown-suites", "suite bits that nobody knows"),
        input(0xffff_fffd, b"ada", 1, NOW, NOW + DAY),
        None,
    );
    for (id, delta, input) in [
        ("dates-equal", "expires equals created", input(1, b"ada@example.org", 1, NOW, NOW)),
        ("suites-zero", "no suites", input(0, b"ada@example.org", 1, NOW, NOW + DAY)),
        ("address-empty", "an empty address", input(1, b"", 1, NOW, NOW + DAY)),
        ("address-65", "an address of 65 bytes", input(1, &[0x61; 65], 1, NOW, NOW + DAY)),
    ] {
        let against = Against { twin: "ada", delta, error: "encoding", flag: "Caller" };
        book.bad(About { id, comment: delta, requirements: &["CARD-15"] }, against, input, None);
    }
    book
}

fn verify() -> Book {
    let mut book = Book::new("card-verify", "the duties of a verifier, one by one");
    let ada = Person::new("ada");
    let input = |card: &[u8]| json!({ "card": hex::encode(card) });
    let ids = &["CARD-08", "CARD-09"];
    let about = |id, comment| About { id, comment, requirements: ids };
    book.good(about("ada", "a usual card"), input(&ada.card), None);
    book.good(
        about("unknown-suites", "suite bits that nobody knows"),
        input(&resigned(&ada, |card| card[1..5].copy_from_slice(&[0xff, 0xff, 0xff, 0xfd]))),
        None,
    );
    book.good(
        about("long-address", "an address of 64 bytes"),
        input(&resigned(&ada, |card| card[5..70].fill(64))),
        None,
    );
    book.good(
        about("device-max", "greatest device"),
        input(&resigned(&ada, |card| card[70..74].fill(0xff))),
        None,
    );
    book.good(
        about("dates-extreme", "all of time"),
        input(&resigned(&ada, |card| {
            card[138..146].fill(0);
            card[146..154].fill(0xff);
        })),
        None,
    );
    for (id, delta, requirement, error, card) in wrong_cards(&ada) {
        let flag = if error == "key" { "NonCanonical" } else { "Layout" };
        let against = Against { twin: "ada", delta, error, flag };
        book.bad(
            About { id, comment: delta, requirements: &[requirement] },
            against,
            input(&card),
            None,
        );
    }
    let longer = [ada.card.as_slice(), &[0]].concat();
    for (id, delta, card) in [
        ("empty", "no bytes", &ada.card[..0]),
        ("short", "last byte cut off", &ada.card[..217]),
        ("long", "a zero byte behind", longer.as_slice()),
    ] {
        let against = Against { twin: "ada", delta, error: "length", flag: "Layout" };
        book.bad(
            About { id, comment: delta, requirements: &["CARD-01"] },
            against,
            input(card),
            None,
        );
    }
    for (id, delta, at) in [
        ("edited-suites", "unknown suite bit, not signed again", 1),
        ("edited-address", "first byte of the address", 6),
        ("edited-device", "last byte of the device", 73),
        ("edited-ik", "first byte of IK", 74),
        ("edited-idk", "first byte of IDK", 106),
        ("edited-created", "last byte of created", 145),
        ("edited-expires", "last byte of expires", 153),
        ("edited-r", "first byte of R", 154),
        ("edited-s", "first byte of S", 186),
    ] {
        let mut card = ada.card.clone();
        card[at] ^= 1;
        let against = Against { twin: "ada", delta, error: "signature", flag: "Signature" };
        book.bad(
            About { id, comment: delta, requirements: &["CARD-08"] },
            against,
            input(&card),
            None,
        );
    }
    let body = &ada.card[..154];
    let of_other = signer(&key("mallory IK")).sign(Purpose::CARD, &sha256(&[body]));
    let of_init = signer(&ada.seed).sign(Purpose::INIT, &sha256(&[body]));
    for (id, delta, signature) in [
        ("signed-by-other", "signed by another key", of_other),
        ("signed-as-init", "signed for another purpose", of_init),
    ] {
        let card = [body, &signature].concat();
        let against = Against { twin: "ada", delta, error: "signature", flag: "Signature" };
        book.bad(
            About { id, comment: delta, requirements: &["CARD-08", "PRIM-09"] },
            against,
            input(&card),
            None,
        );
    }
    book
}

fn valid() -> Book {
    let mut book = Book::new("card-valid", "the dates of a card, to the millisecond");
    let (created, expires) = (NOW, NOW + 10 * DAY);
    let ada = Person::with("ada", created, expires);
    let input =
        |card: &[u8], time: u64| json!({ "card": hex::encode(card), "time": time.to_string() });
    for (id, comment, time) in [
        ("now", "in between", NOW + DAY),
        ("a-day-early", "a day before created", created - DAY),
        ("last", "the last millisecond", expires - 1),
    ] {
        book.good(About { id, comment, requirements: &["CARD-10"] }, input(&ada.card, time), None);
    }
    let eternal = Person::with("ada", u64::MAX - 1, u64::MAX);
    let about =
        About { id: "end-of-time", comment: "t + DAY does not wrap", requirements: &["CARD-10"] };
    book.good(about, input(&eternal.card, u64::MAX - 2), None);
    for (id, delta, time) in [
        ("too-early", "a millisecond more than a day before created", created - DAY - 1),
        ("expired", "the millisecond of expires", expires),
        ("long-expired", "far later", u64::MAX),
        ("zero", "time 0", 0),
    ] {
        let against = Against { twin: "now", delta, error: "time", flag: "Time" };
        book.bad(
            About { id, comment: delta, requirements: &["CARD-10"] },
            against,
            input(&ada.card, time),
            None,
        );
    }
    book
}
