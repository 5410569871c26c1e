//! Chapter 2.7, 5.1 and 5.2: ML-KEM, prekey records, bundles.

use super::keys::{NOW, Person, resigned};
use super::{About, Against, Book, key, with};
use crate::trace::{pair, signer};
use quipu::crypto::kdf::sha256;
use quipu::crypto::kem::KemSecret;
use quipu::crypto::labels::Purpose;
use quipu::limits::DAY;
use quipu::prekeys::Bundle;
use quipu::secret::Secret;
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    let plain = [generate(), encapsulate(), decapsulate(), psk_id(), verify(), bundle()];
    plain.into_iter().chain(issue()).chain([verify_kem(), bundle_kem()]).collect()
}

/// A refusal: id, what was changed, requirement, error, flag, input.
pub(super) type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, Value);

/// Adds refusals of one twin.
pub(super) fn refuse(book: &mut Book, twin: &str, cases: Vec<Case<'_>>) {
    for (id, delta, requirement, error, flag, input) in cases {
        let about = About { id, comment: delta, requirements: &[requirement] };
        book.bad(about, Against { twin, delta, error, flag }, input, None);
    }
}

/// Adds tests that succeed: id, comment, input.
pub(super) fn accept(book: &mut Book, requirements: &[&str], cases: Vec<(&str, &str, Value)>) {
    for (id, comment, input) in cases {
        book.good(About { id, comment, requirements }, input, None);
    }
}

pub(super) fn seed64(name: &str) -> [u8; 64] {
    let halves = [key(&format!("{name} d")), key(&format!("{name} z"))];
    halves.as_flattened().try_into().expect("64 bytes")
}

pub(super) fn kem(name: &str) -> KemSecret {
    KemSecret::new(&Secret::new(seed64(name)))
}

pub(super) fn low_order() -> [u8; 32] {
    let mut one = [0; 32];
    one[0] = 1;
    one
}

pub(super) fn non_canonical() -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (0xf6, 0x7f);
    bytes
}

/// An encapsulation key whose first coefficient is `value`.
pub(super) fn with_coefficient(value: u16) -> Vec<u8> {
    let mut ek = kem("ek").public().as_bytes().to_vec();
    let [low, high] = value.to_le_bytes();
    (ek[0], ek[1]) = (low, (ek[1] & 0xf0) | (high & 0x0f));
    ek
}

fn generate() -> Book {
    let mut book = Book::only("hybrid", "kem-generate", "ML-KEM-768 key pairs from seeds");
    let cases = [("first", "a seed"), ("second", "another seed"), ("third", "a third seed")];
    for (id, comment) in cases {
        let input = json!({ "seed": hex::encode(seed64(id)) });
        book.good(About { id, comment, requirements: &["PREP-12"] }, input, None);
    }
    book
}

fn encapsulate() -> Book {
    let mut book = Book::only("hybrid", "kem-encapsulate", "encapsulation, and keys not to use");
    let input = |ek: &[u8]| json!({ "ek": hex::encode(ek) });
    let ek = kem("ek").public().as_bytes().to_vec();
    let greatest = with_coefficient(3328);
    accept(
        &mut book,
        &["PRIM-18"],
        vec![
            ("key", "a usual key", input(&ek)),
            ("coefficient-3328", "the greatest coefficient", input(&greatest)),
        ],
    );
    let mut last = ek.clone();
    (last[1150], last[1151]) = (0xff, 0xff);
    refuse(
        &mut book,
        "key",
        vec![
            (
                "coefficient-3329",
                "the first coefficient is 3329",
                "PRIM-18",
                "key",
                "Kem",
                input(&with_coefficient(3329)),
            ),
            (
                "coefficient-4095",
                "the first coefficient is 4095",
                "PRIM-18",
                "key",
                "Kem",
                input(&with_coefficient(4095)),
            ),
            (
                "last-coefficient",
                "the last coefficient is 4095",
                "PRIM-18",
                "key",
                "Kem",
                input(&last),
            ),
            ("all-ones", "every bit is set", "PRIM-18", "key", "Kem", input(&[0xff; 1184])),
            ("short", "a byte is missing", "PRIM-18", "length", "Layout", input(&ek[1..])),
            (
                "long",
                "a byte more",
                "PRIM-18",
                "length",
                "Layout",
                input(&[ek.as_slice(), &[0]].concat()),
            ),
        ],
    );
    book
}

fn decapsulate() -> Book {
    let mut book =
        Book::only("hybrid", "kem-decapsulate", "decapsulation, wrong ciphertexts included");
    let secret = kem("ek");
    let (ct, _) = secret.public().encapsulate(&Secret::new(key("encapsulation")));
    let input = |ct: &[u8]| json!({ "seed": hex::encode(seed64("ek")), "ct": hex::encode(ct) });
    let mut flipped = ct;
    flipped[0] ^= 1;
    let mut last = ct;
    last[1087] ^= 0x80;
    let (other, _) = kem("other").public().encapsulate(&Secret::new(key("encapsulation")));
    accept(
        &mut book,
        &["PRIM-19"],
        vec![
            ("ciphertext", "a genuine ciphertext", input(&ct)),
            ("first-bit", "its first bit flipped: another secret, no error", input(&flipped)),
            ("last-bit", "its last bit flipped: another secret, no error", input(&last)),
            ("zero", "all zero: another secret, no error", input(&[0; 1088])),
            ("for-another", "a ciphertext for another key", input(&other)),
        ],
    );
    refuse(
        &mut book,
        "ciphertext",
        vec![
            ("short", "a byte is missing", "PRIM-19", "length", "Layout", input(&ct[1..])),
            (
                "long",
                "a byte more",
                "PRIM-19",
                "length",
                "Layout",
                input(&[ct.as_slice(), &[0]].concat()),
            ),
        ],
    );
    book
}

fn psk_id() -> Book {
    let mut book = Book::new("psk-id", "names of pre-shared secrets");
    let input = |psk: &[u8]| json!({ "psk": hex::encode(psk) });
    let mut one = [0; 32];
    one[31] = 1;
    accept(
        &mut book,
        &["HS-40"],
        vec![
            ("usual", "a secret", input(&key("psk"))),
            ("one", "only the last bit set", input(&one)),
        ],
    );
    refuse(
        &mut book,
        "usual",
        vec![("zero", "all zero", "HS-40", "psk", "Caller", input(&[0; 32]))],
    );
    book
}

/// A record by its parts, to be signed whatever they are.
#[derive(Debug, Clone)]
pub(super) struct Rec {
    pub(super) version: u8,
    pub(super) kind: u8,
    pub(super) id: u32,
    pub(super) device: u32,
    pub(super) created: u64,
    pub(super) expires: u64,
    pub(super) key: Vec<u8>,
}

impl Rec {
    /// A usual record of a kind whose key has the private half `private(kind)`.
    pub(super) fn new(kind: u8) -> Self {
        let key = match kind {
            1 | 2 => pair(&private(kind)).public().as_bytes().to_vec(),
            _ => kem(&format!("prekey {kind}")).public().as_bytes().to_vec(),
        };
        let (created, expires) = (NOW - DAY, NOW + 29 * DAY);
        Self {
            version: 1,
            kind,
            id: 0x0a0b_0c00 + u32::from(kind),
            device: 1,
            created,
            expires,
            key,
        }
    }

    pub(super) fn body(&self) -> Vec<u8> {
        [
            [self.version, self.kind].as_slice(),
            &self.id.to_be_bytes(),
            &self.device.to_be_bytes(),
            &self.created.to_be_bytes(),
            &self.expires.to_be_bytes(),
            &self.key,
        ]
        .concat()
    }

    pub(super) fn signed(&self, seed: &[u8; 32]) -> Vec<u8> {
        signed(&self.body(), seed, Purpose::PREKEY)
    }
}

fn signed(body: &[u8], seed: &[u8; 32], purpose: Purpose) -> Vec<u8> {
    [body, &signer(seed).sign(purpose, &sha256(&[body]))].concat()
}

/// The private half of a curve prekey.
pub(super) fn private(kind: u8) -> [u8; 32] {
    key(&format!("prekey {kind}"))
}

/// A record of bob's, with a change.
pub(super) fn of_bob(kind: u8, alter: impl FnOnce(&mut Rec)) -> Vec<u8> {
    let mut record = Rec::new(kind);
    alter(&mut record);
    record.signed(&Person::new("bob").seed)
}

fn issue() -> Vec<Book> {
    let mut book = Book::only("prepared", "prekey-issue", "signing prekey records");
    let mut kem = Book::of("hybrid", "prekey-issue", "signing KEM prekey records");
    let input = |kind: u8, more: &Value| {
        let rec = Rec::new(kind);
        let private = match kind {
            1 | 2 => hex::encode(private(kind)),
            _ => hex::encode(seed64(&format!("prekey {kind}"))),
        };
        let input = json!({
            "ik_seed": hex::encode(Person::new("bob").seed), "type": kind, "id": rec.id,
            "device": 1, "created": rec.created.to_string(), "expires": rec.expires.to_string(),
            "private": private,
        });
        with(input, more)
    };
    let case = |id, comment, kind| (id, comment, input(kind, &json!({})));
    let curves =
        vec![case("signed", "a signed prekey", 1), case("one-time", "a one-time prekey", 2)];
    accept(&mut book, &["PREP-02"], curves);
    let kems = vec![
        case("one-time", "a one-time KEM prekey", 3),
        case("last-resort", "a last-resort KEM prekey", 4),
    ];
    accept(&mut kem, &["PREP-02", "PREP-12"], kems);
    let dates = |created: u64, expires: u64| {
        input(1, &json!({ "created": created.to_string(), "expires": expires.to_string() }))
    };
    refuse(
        &mut book,
        "signed",
        vec![
            ("id-zero", "id 0", "PREP-02", "encoding", "Caller", input(1, &json!({ "id": 0 }))),
            ("no-time", "expires when created", "PREP-02", "encoding", "Caller", dates(NOW, NOW)),
            (
                "backwards",
                "expires before created",
                "PREP-02",
                "encoding",
                "Caller",
                dates(NOW, NOW - 1),
            ),
        ],
    );
    vec![book, kem]
}

fn verify() -> Book {
    let mut book = Book::only("prepared", "prekey-verify", "the duties of a verifier of a record");
    let bob = Person::new("bob");
    let input = |types: &[u8], record: &[u8]| {
        json!({
            "record": hex::encode(record), "types": types, "ik": hex::encode(bob.ik()),
            "device": 1,
        })
    };
    let curve = |alter: &dyn Fn(&mut Rec)| input(&[1], &of_bob(1, alter));
    let kems = |alter: &dyn Fn(&mut Rec)| input(&[3, 4], &of_bob(3, alter));
    accept(
        &mut book,
        &["PREP-01", "PREP-02", "PREP-03", "PREP-04", "PREP-05"],
        vec![
            ("signed", "a signed prekey", curve(&|_| ())),
            ("one-time", "a one-time prekey", input(&[2], &of_bob(2, |_| ()))),
            ("one-time-kem", "a one-time KEM prekey", kems(&|_| ())),
            ("last-resort", "a last-resort KEM prekey", input(&[3, 4], &of_bob(4, |_| ()))),
            ("id-greatest", "the greatest id", curve(&|it| it.id = u32::MAX)),
            (
                "one-millisecond",
                "expires a millisecond after created",
                curve(&|it| it.expires = it.created + 1),
            ),
            (
                "all-time",
                "from the beginning to the end of time",
                curve(&|it| (it.created, it.expires) = (0, u64::MAX)),
            ),
            (
                "low-order",
                "a key of small order: refused where it is used",
                curve(&|it| it.key = low_order().to_vec()),
            ),
        ],
    );
    let good = of_bob(1, |_| ());
    let flipped = |at: usize| {
        let mut record = good.clone();
        record[at] ^= 1;
        input(&[1], &record)
    };
    let body = Rec::new(1).body();
    refuse(
        &mut book,
        "signed",
        vec![
            ("empty", "no bytes", "PREP-01", "length", "Layout", input(&[1], &[])),
            ("one-byte", "one byte", "PREP-01", "length", "Layout", input(&[1], &[1])),
            ("version-0", "version 0", "PREP-01", "version", "Layout", curve(&|it| it.version = 0)),
            ("version-2", "version 2", "PREP-01", "version", "Layout", curve(&|it| it.version = 2)),
            ("type-0", "type 0", "PREP-01", "type", "Layout", curve(&|it| it.kind = 0)),
            ("type-5", "type 5", "PREP-01", "type", "Layout", curve(&|it| it.kind = 5)),
            (
                "one-time-for-signed",
                "a one-time prekey where a signed one is expected",
                "PREP-01",
                "type",
                "Layout",
                input(&[1], &of_bob(2, |_| ())),
            ),
            (
                "kem-for-signed",
                "a KEM prekey where a signed one is expected",
                "PREP-01",
                "type",
                "Layout",
                input(&[1], &of_bob(3, |_| ())),
            ),
            (
                "short",
                "a byte is missing",
                "PREP-01",
                "length",
                "Layout",
                input(&[1], &good[..121]),
            ),
            (
                "long",
                "a byte more",
                "PREP-01",
                "length",
                "Layout",
                input(&[1], &[good.as_slice(), &[0]].concat()),
            ),
            (
                "kem-length",
                "the length of a KEM record",
                "PREP-01",
                "length",
                "Layout",
                curve(&|it| it.key.resize(1184, 0)),
            ),
            ("id-zero", "id 0", "PREP-02", "encoding", "Layout", curve(&|it| it.id = 0)),
            (
                "no-time",
                "expires when created",
                "PREP-02",
                "encoding",
                "Layout",
                curve(&|it| it.expires = it.created),
            ),
            (
                "backwards",
                "expires before created",
                "PREP-02",
                "encoding",
                "Layout",
                curve(&|it| it.expires = it.created - 1),
            ),
            (
                "key-not-canonical",
                "the key is p + 9",
                "PREP-03",
                "key",
                "NonCanonical",
                curve(&|it| it.key = non_canonical().to_vec()),
            ),
            (
                "key-high-bit",
                "the key has its highest bit set",
                "PREP-03",
                "key",
                "NonCanonical",
                curve(&|it| it.key[31] |= 0x80),
            ),
            ("edited-id", "the id was edited", "PREP-04", "signature", "Signature", flipped(5)),
            (
                "edited-device",
                "the device was edited",
                "PREP-04",
                "signature",
                "Signature",
                flipped(9),
            ),
            (
                "edited-created",
                "created was edited",
                "PREP-04",
                "signature",
                "Signature",
                flipped(17),
            ),
            (
                "edited-expires",
                "expires was edited",
                "PREP-04",
                "signature",
                "Signature",
                flipped(25),
            ),
            ("edited-key", "the key was edited", "PREP-04", "signature", "Signature", flipped(30)),
            (
                "edited-signature",
                "the signature was edited",
                "PREP-04",
                "signature",
                "Signature",
                flipped(60),
            ),
            (
                "other-signer",
                "signed by somebody else",
                "PREP-04",
                "signature",
                "Signature",
                input(&[1], &Rec::new(1).signed(&Person::new("mallory").seed)),
            ),
            (
                "other-purpose",
                "signed as a card",
                "PREP-04",
                "signature",
                "Signature",
                input(&[1], &signed(&body, &bob.seed, Purpose::CARD)),
            ),
            (
                "retyped",
                "a one-time prekey with its type edited",
                "PREP-04",
                "signature",
                "Signature",
                {
                    let mut record = of_bob(2, |_| ());
                    record[1] = 1;
                    input(&[1], &record)
                },
            ),
            (
                "other-device",
                "of another device",
                "PREP-05",
                "identity",
                "Identity",
                curve(&|it| it.device = 2),
            ),
            (
                "edited-and-of-other-device",
                "of another device and edited: the signature comes first",
                "PREP-04",
                "signature",
                "Signature",
                {
                    let mut record = of_bob(1, |it| it.device = 2);
                    record[30] ^= 1;
                    input(&[1], &record)
                },
            ),
        ],
    );
    refuse(
        &mut book,
        "one-time-kem",
        vec![
            (
                "kem-short",
                "a byte is missing",
                "PREP-01",
                "length",
                "Layout",
                kems(&|it| it.key.truncate(1183)),
            ),
            (
                "curve-length",
                "the length of a curve record",
                "PREP-01",
                "length",
                "Layout",
                kems(&|it| it.key.truncate(32)),
            ),
            ("kem-id-zero", "id 0", "PREP-02", "encoding", "Layout", kems(&|it| it.id = 0)),
            (
                "kem-other-device",
                "of another device",
                "PREP-05",
                "identity",
                "Identity",
                kems(&|it| it.device = 0),
            ),
            (
                "curve-for-kem",
                "a signed prekey where a KEM prekey is expected",
                "PREP-01",
                "type",
                "Layout",
                input(&[3, 4], &good),
            ),
            (
                "last-resort-for-one-time",
                "last-resort with its type edited",
                "PREP-04",
                "signature",
                "Signature",
                {
                    let mut record = of_bob(4, |_| ());
                    record[1] = 3;
                    input(&[3, 4], &record)
                },
            ),
        ],
    );
    book
}

/// A bundle of bob's.
pub(super) fn bundle_of(
    card: &[u8],
    spk: &[u8],
    opk: Option<&[u8]>,
    pqk: Option<&[u8]>,
) -> Vec<u8> {
    Bundle::encode(card, spk, opk, pqk)
}

fn bundle() -> Book {
    let mut book = Book::only("prepared", "bundle-verify", "what an initiator checks of a bundle");
    let bob = Person::new("bob");
    let card = bob.card.clone();
    let (spk, opk) = (of_bob(1, |_| ()), of_bob(2, |_| ()));
    let (pqk, last) = (of_bob(3, |_| ()), of_bob(4, |_| ()));
    let input = |bundle: &[u8]| json!({ "bundle": hex::encode(bundle), "now": NOW.to_string() });
    let made = |card: &[u8], spk: &[u8], opk: Option<&[u8]>, pqk: Option<&[u8]>| {
        input(&bundle_of(card, spk, opk, pqk))
    };
    let ahead = |at: u64| of_bob(1, |it| (it.created, it.expires) = (at, at + 30 * DAY));
    accept(
        &mut book,
        &["PREP-06", "PREP-07", "PREP-08"],
        vec![
            ("all", "every part", made(&card, &spk, Some(&opk), Some(&pqk))),
            ("signed-only", "a signed prekey alone", made(&card, &spk, None, None)),
            ("one-time", "with a one-time prekey", made(&card, &spk, Some(&opk), None)),
            ("last-resort", "with a last-resort prekey", made(&card, &spk, None, Some(&last))),
            (
                "a-day-ahead",
                "the signed prekey begins in exactly a day",
                made(&card, &ahead(NOW + DAY), None, None),
            ),
            (
                "last-millisecond",
                "the signed prekey expires in a millisecond",
                made(&card, &of_bob(1, |it| it.expires = NOW + 1), None, None),
            ),
        ],
    );
    let good = bundle_of(&card, &spk, Some(&opk), Some(&pqk));
    let changed = |at: usize, to: u8| {
        let mut bundle = good.clone();
        bundle[at] = to;
        input(&bundle)
    };
    let mut edited = card.clone();
    edited[73] ^= 1;
    let mut unsigned = opk.clone();
    unsigned[60] ^= 1;
    let old = Person::with("bob", NOW - 9 * DAY, NOW).card;
    let expired = |kind: u8| of_bob(kind, |it| it.expires = NOW);
    let mallorys = Rec::new(1).signed(&Person::new("mallory").seed);
    let other = resigned(&bob, |card| card[73] = 2);
    refuse(
        &mut book,
        "all",
        vec![
            ("empty", "no bytes", "PREP-06", "length", "Layout", input(&[])),
            ("one-byte", "one byte", "PREP-06", "length", "Layout", input(&[1])),
            ("version-2", "version 2", "PREP-06", "version", "Layout", changed(0, 2)),
            ("unknown-part", "an unknown part", "PREP-06", "encoding", "Layout", changed(1, 7)),
            (
                "highest-part",
                "the highest part bit",
                "PREP-06",
                "encoding",
                "Layout",
                changed(1, 0x83),
            ),
            ("part-missing", "a part is announced and missing", "PREP-06", "length", "Layout", {
                let mut bundle = bundle_of(&card, &spk, None, Some(&pqk));
                bundle[1] = 3;
                input(&bundle)
            }),
            (
                "part-hidden",
                "a part is there and not announced",
                "PREP-06",
                "length",
                "Layout",
                changed(1, 2),
            ),
            (
                "short",
                "a byte is missing",
                "PREP-06",
                "length",
                "Layout",
                input(&good[..good.len() - 1]),
            ),
            (
                "long",
                "a byte more",
                "PREP-06",
                "length",
                "Layout",
                input(&[good.as_slice(), &[0]].concat()),
            ),
            (
                "edited-card",
                "the card was edited",
                "CARD-08",
                "signature",
                "Signature",
                made(&edited, &spk, Some(&opk), Some(&pqk)),
            ),
            (
                "card-of-other-device",
                "records of another device than the card's",
                "PREP-05",
                "identity",
                "Identity",
                made(&other, &spk, Some(&opk), Some(&pqk)),
            ),
            (
                "foreign-signed",
                "the signed prekey is signed by somebody else",
                "PREP-04",
                "signature",
                "Signature",
                made(&card, &mallorys, Some(&opk), Some(&pqk)),
            ),
            (
                "one-time-as-signed",
                "a one-time prekey as signed prekey",
                "PREP-07",
                "type",
                "Layout",
                made(&card, &opk, Some(&opk), Some(&pqk)),
            ),
            (
                "signed-as-one-time",
                "a signed prekey as one-time prekey",
                "PREP-07",
                "type",
                "Layout",
                made(&card, &spk, Some(&spk), Some(&pqk)),
            ),
            (
                "unsigned-one-time",
                "the one-time prekey's signature was edited",
                "PREP-07",
                "signature",
                "Signature",
                made(&card, &spk, Some(&unsigned), Some(&pqk)),
            ),
            (
                "card-expired",
                "the card expires now",
                "PREP-08",
                "time",
                "Time",
                made(&old, &spk, Some(&opk), Some(&pqk)),
            ),
            (
                "signed-expired",
                "the signed prekey expires now",
                "PREP-08",
                "time",
                "Time",
                made(&card, &expired(1), Some(&opk), Some(&pqk)),
            ),
            (
                "signed-too-new",
                "the signed prekey begins in more than a day",
                "PREP-08",
                "time",
                "Time",
                made(&card, &ahead(NOW + DAY + 1), Some(&opk), Some(&pqk)),
            ),
            (
                "one-time-expired",
                "the one-time prekey expires now",
                "PREP-08",
                "time",
                "Time",
                made(&card, &spk, Some(&expired(2)), Some(&pqk)),
            ),
            (
                "kem-expired",
                "the KEM prekey expires now",
                "PREP-08",
                "time",
                "Time",
                made(&card, &spk, Some(&opk), Some(&expired(3))),
            ),
            (
                "expired-and-forged",
                "expired card, forged prekey: signatures come before dates",
                "PREP-08",
                "signature",
                "Signature",
                made(&old, &mallorys, Some(&opk), Some(&pqk)),
            ),
        ],
    );
    book
}

/// What only an implementation with ML-KEM can judge of a record.
fn verify_kem() -> Book {
    let mut book = Book::of("hybrid", "prekey-verify", "KEM prekey records with keys not to use");
    let input = |key: Vec<u8>| {
        json!({
            "record": hex::encode(of_bob(3, |it| it.key = key)), "types": [3, 4],
            "ik": hex::encode(Person::new("bob").ik()), "device": 1,
        })
    };
    let greatest = input(with_coefficient(3328));
    accept(
        &mut book,
        &["PREP-03"],
        vec![("coefficient-3328", "the greatest coefficient", greatest)],
    );
    let case = |id, delta, key| (id, delta, "PREP-03", "key", "Kem", input(key));
    refuse(
        &mut book,
        "coefficient-3328",
        vec![
            case("coefficient-3329", "the first coefficient is 3329", with_coefficient(3329)),
            case("coefficient-4095", "the first coefficient is 4095", with_coefficient(4095)),
            case("all-ones", "every bit of the key is set", vec![0xff; 1184]),
        ],
    );
    book
}

/// The same in a bundle.
fn bundle_kem() -> Book {
    let mut book = Book::of("hybrid", "bundle-verify", "bundles with a KEM prekey not to use");
    let input = |key: Vec<u8>| {
        let pqk = of_bob(3, |it| it.key = key);
        let bundle = bundle_of(&Person::new("bob").card, &of_bob(1, |_| ()), None, Some(&pqk));
        json!({ "bundle": hex::encode(bundle), "now": NOW.to_string() })
    };
    let greatest = input(with_coefficient(3328));
    accept(
        &mut book,
        &["PREP-07"],
        vec![("coefficient-3328", "the greatest coefficient", greatest)],
    );
    let wrong = input(with_coefficient(3329));
    let delta = "the first coefficient is 3329";
    let case = ("coefficient-3329", delta, "PREP-07", "key", "Kem", wrong);
    refuse(&mut book, "coefficient-3328", vec![case]);
    book
}
