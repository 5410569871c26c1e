//! Chapter 5.4 to 5.7: PrekeyInit, resealed with the right keys where a check behind a seal is meant.

use super::keys::{NOW, Person, resigned, wrong_cards};
use super::prekeys::{
    Case, accept, bundle_of, kem, low_order, non_canonical, of_bob, private, refuse, seed64,
};
use super::{About, Against, Book, key, with};
use crate::trace::{self, PrekeyPlain, Publics, pair, signer};
use quipu::crypto::labels::Purpose;
use quipu::limits::DAY;
use quipu::secret::Secret;
use quipu::wire::Suite;
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    vec![
        initiate(Suite::X25519),
        respond(Suite::X25519),
        initiate(Suite::Hybrid),
        respond(Suite::Hybrid),
    ]
}

/// A refusal before its packet stands in an input.
type Packet<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, Vec<u8>);

fn hybrid(suite: Suite) -> bool {
    suite == Suite::Hybrid
}

/// A person whose card lists the suites of a file.
pub(super) fn person(name: &str, suite: Suite) -> Person {
    let mut it = Person::new(name);
    if hybrid(suite) {
        it.card = resigned(&it, |card| card[4] = 3);
    }
    it
}

fn book(operation: &str, suite: Suite, comment: &str) -> Book {
    let profile = if hybrid(suite) { "hybrid" } else { "prepared" };
    if hybrid(suite) {
        Book::of(profile, operation, comment)
    } else {
        Book::only(profile, operation, comment)
    }
}

fn initiate(suite: Suite) -> Book {
    let mut book = book("prepared-initiate", suite, "making a PrekeyInit");
    let (ada, bob) = (person("ada", suite), person("bob", suite));
    let card = bob.card.clone();
    let (spk, opk, pqk) = (of_bob(1, |_| ()), of_bob(2, |_| ()), of_bob(3, |_| ()));
    let kem = hybrid(suite).then_some(pqk.as_slice());
    let input = |bundle: &[u8], more: Value| {
        let base = json!({
            "ik_seed": hex::encode(ada.seed), "idk_private": hex::encode(ada.private),
            "card_i": hex::encode(&ada.card), "bundle": hex::encode(bundle),
            "now": NOW.to_string(), "views": "00".repeat(64),
        });
        with(base, &more)
    };
    let full = bundle_of(&card, &spk, Some(&opk), kem);
    let plain = |more: Value| input(&full, more);
    let floor = |at: u64| plain(json!({ "floor": at.to_string() }));
    let mut goods = vec![
        ("one-time", "with a one-time prekey", plain(json!({}))),
        (
            "signed-only",
            "without a one-time prekey",
            input(&bundle_of(&card, &spk, None, kem), json!({})),
        ),
        ("psk", "with a pre-shared secret", plain(json!({ "psk": hex::encode(key("psk")) }))),
        ("views", "manifest hashes", plain(json!({ "views": "5a".repeat(64) }))),
        ("floor", "a session of this millisecond: ts_I is one more", floor(NOW)),
        ("floor-at-a-day", "ts_I exactly a day ahead", floor(NOW + DAY - 1)),
        (
            "least",
            "the remembered suite is that of the file",
            plain(json!({ "least": suite.number() })),
        ),
    ];
    if hybrid(suite) {
        let last = of_bob(4, |_| ());
        goods.push((
            "last-resort",
            "a last-resort KEM prekey",
            input(&bundle_of(&card, &spk, Some(&opk), Some(&last)), json!({})),
        ));
    } else {
        goods.push((
            "kem-unused",
            "a KEM prekey that suite 1 does not use",
            input(&bundle_of(&card, &spk, Some(&opk), Some(&pqk)), json!({})),
        ));
    }
    accept(&mut book, &["PREP-15", "PREP-16", "PREP-17", "HS-41"], goods);

    let low = |kind: u8| of_bob(kind, |it| it.key = low_order().to_vec());
    let zero_idk = resigned(&bob, |card| card[106..138].copy_from_slice(&low_order()));
    let old_own = Person::with("ada", NOW - 9 * DAY, NOW);
    let late_own = Person::with("ada", NOW + DAY + 1, NOW + 9 * DAY);
    let own_prekeys = |kind: u8| super::prekeys::Rec::new(kind).signed(&ada.seed);
    let own = bundle_of(
        &ada.card,
        &own_prekeys(1),
        None,
        hybrid(suite).then(|| own_prekeys(3)).as_deref(),
    );
    let mut edited = full.clone();
    edited[300] ^= 1;
    let mut cases: Vec<Case<'_>> = vec![
        (
            "edited-bundle",
            "the signed prekey was edited",
            "PREP-07",
            "signature",
            "Signature",
            input(&edited, json!({})),
        ),
        (
            "card-expired",
            "the clock is at the end of the card",
            "PREP-15",
            "time",
            "Time",
            plain(json!({ "now": (NOW + 90 * DAY).to_string() })),
        ),
        (
            "prekey-expired",
            "the clock is at the end of the prekeys",
            "PREP-08",
            "time",
            "Time",
            plain(json!({ "now": (NOW + 29 * DAY).to_string() })),
        ),
        ("self", "the peer is ourselves", "HS-03", "identity", "Identity", input(&own, json!({}))),
        (
            "window",
            "ts_I a day and a millisecond ahead",
            "PREP-16",
            "window",
            "Time",
            floor(NOW + DAY),
        ),
        (
            "own-card-expired",
            "our own card expires now",
            "PREP-15",
            "time",
            "Time",
            plain(
                json!({ "card_i": hex::encode(if hybrid(suite) { resigned(&old_own, |card| card[4] = 3) } else { old_own.card.clone() }) }),
            ),
        ),
        (
            "own-card-too-new",
            "our own card begins in more than a day",
            "PREP-15",
            "time",
            "Time",
            plain(
                json!({ "card_i": hex::encode(if hybrid(suite) { resigned(&late_own, |card| card[4] = 3) } else { late_own.card.clone() }) }),
            ),
        ),
        (
            "low-order-signed",
            "the signed prekey is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            input(&bundle_of(&card, &low(1), Some(&opk), kem), json!({})),
        ),
        (
            "low-order-one-time",
            "the one-time prekey is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            input(&bundle_of(&card, &spk, Some(&low(2)), kem), json!({})),
        ),
        (
            "low-order-idk",
            "the peer's IDK is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            input(&bundle_of(&zero_idk, &spk, Some(&opk), kem), json!({})),
        ),
        (
            "psk-zero",
            "the pre-shared secret is all zero",
            "HS-40",
            "psk",
            "Caller",
            plain(json!({ "psk": "00".repeat(32) })),
        ),
    ];
    if hybrid(suite) {
        cases.push((
            "no-kem-prekey",
            "the bundle has no KEM prekey",
            "PREP-09",
            "suite",
            "Downgrade",
            input(&bundle_of(&card, &spk, Some(&opk), None), json!({})),
        ));
        let only_1 = Person::new("bob").card;
        cases.push((
            "older-card",
            "an older card of the peer lists suite 1 alone, and suite 2 is remembered",
            "CARD-16",
            "suite",
            "Downgrade",
            input(&bundle_of(&only_1, &spk, Some(&opk), kem), json!({ "least": 2 })),
        ));
    } else {
        cases.push((
            "least",
            "suite 2 is remembered",
            "CARD-16",
            "suite",
            "Downgrade",
            plain(json!({ "least": 2 })),
        ));
    }
    let cases = cases.into_iter().map(|mut case| {
        if case.0 == "least" {
            case.0 = "least-2";
        }
        case
    });
    refuse(&mut book, "one-time", cases.collect());
    if !hybrid(suite) {
        let repeats = [
            ("random-ek", "RA is EK_I", [key("a draw"), key("a draw")]),
            ("random-signed", "RA is the signed prekey", [key("a draw"), private(1)]),
            ("random-one-time", "RA is the one-time prekey", [key("a draw"), private(2)]),
        ];
        for (id, delta, random) in repeats {
            let about = About { id, comment: delta, requirements: &["PREP-17", "PRIM-17"] };
            let against = Against { twin: "one-time", delta, error: "random", flag: "Random" };
            book.bad(about, against, plain(json!({})), Some(&random));
        }
    }
    book
}

/// The cast of `prepared-respond`.
struct Cast {
    suite: Suite,
    ada: Person,
    bob: Person,
    to: Publics,
}

impl Cast {
    fn new(suite: Suite) -> Self {
        let (ada, bob) = (person("ada", suite), person("bob", suite));
        let to = Publics {
            card: bob.card.clone(),
            spk: of_bob(1, |_| ()),
            opk: Some(of_bob(2, |_| ())),
            pqk: hybrid(suite).then(|| of_bob(3, |_| ())),
        };
        Self { suite, ada, bob, to }
    }

    fn plain(&self, to: &Publics) -> PrekeyPlain {
        let base = PrekeyPlain::new(self.ada.card.clone(), NOW, &key("prepared RA"), to);
        let kem = to.pqk.as_ref().map(|record| {
            let name = format!("prekey {}", record[1]);
            let (ct, ss) = kem(&name).public().encapsulate(&Secret::new(key("prepared m")));
            let id = u32::from_be_bytes(record[2..6].try_into().expect("4 bytes"));
            (id, ct.to_vec(), *ss.expose())
        });
        PrekeyPlain { suite: self.suite, kem, ..base }
    }

    fn made(&self, to: &Publics, alter: impl FnOnce(&mut PrekeyPlain)) -> Vec<u8> {
        let mut plain = self.plain(to);
        alter(&mut plain);
        let me = (&self.ada.seed, &pair(&self.ada.private));
        trace::prekey_init(me, &pair(&key("prepared EK")), to, &plain).packet
    }

    fn packet(&self, alter: impl FnOnce(&mut PrekeyPlain)) -> Vec<u8> {
        self.made(&self.to, alter)
    }

    /// A packet of somebody else.
    fn of(&self, who: &Person, alter: impl FnOnce(&mut PrekeyPlain)) -> Vec<u8> {
        let mut plain = PrekeyPlain { card: who.card.clone(), ..self.plain(&self.to) };
        alter(&mut plain);
        let me = (&who.seed, &pair(&who.private));
        trace::prekey_init(me, &pair(&key("prepared EK")), &self.to, &plain).packet
    }

    fn input(&self, packet: &[u8], more: &Value) -> Value {
        let curve = |kind: u8| json!({ "record": hex::encode(of_bob(kind, |_| ())), "private": hex::encode(private(kind)) });
        let kem = |kind: u8| json!({ "record": hex::encode(of_bob(kind, |_| ())), "private": hex::encode(seed64(&format!("prekey {kind}"))) });
        let mut prekeys = vec![curve(1), curve(2)];
        if hybrid(self.suite) {
            prekeys.extend([kem(3), kem(4)]);
        }
        let base = json!({
            "ik_seed": hex::encode(self.bob.seed), "idk_private": hex::encode(self.bob.private),
            "cards": [hex::encode(&self.bob.card)], "pins": [], "psks": [], "prekeys": prekeys,
            "now": NOW.to_string(), "handshake": hex::encode(packet),
        });
        with(base, more)
    }
}

fn pin(person: &Person, ik: &[u8; 32]) -> Value {
    json!({ "address": hex::encode(&person.address), "device": 1, "ik": hex::encode(ik) })
}

fn flipped(packet: &[u8], at: usize) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[at] ^= 1;
    packet
}

fn psk() -> ([u8; 32], [u8; 16]) {
    let psk = quipu::handshake::Psk::new(Secret::new(key("psk"))).expect("not zero");
    (key("psk"), psk.id())
}

fn respond(suite: Suite) -> Book {
    let mut book = book("prepared-respond", suite, "the duties of a responder on PrekeyInit");
    let cast = Cast::new(suite);
    let good = cast.packet(|_| ());
    let alone = Publics { opk: None, ..cast.to.clone() };
    let (secret, id) = psk();
    let with_psk = cast.packet(|it| (it.psk, it.psk_id) = (secret, id));
    let known = json!({ "psks": [hex::encode(secret)] });
    let older = {
        let it = Person::with("bob", NOW - 30 * DAY, NOW + DAY);
        if hybrid(suite) { resigned(&it, |card| card[4] = 3) } else { it.card }
    };
    let created = NOW - DAY;
    let mut goods = vec![
        ("one-time", "with a one-time prekey", cast.input(&good, &json!({}))),
        (
            "signed-only",
            "without: reduced forward secrecy",
            cast.input(&cast.made(&alone, |_| ()), &json!({})),
        ),
        (
            "second-card",
            "sealed to the second kept card",
            cast.input(
                &good,
                &json!({ "cards": [hex::encode(&older), hex::encode(&cast.bob.card)] }),
            ),
        ),
        (
            "pinned",
            "the initiator is pinned",
            cast.input(&good, &json!({ "pins": [pin(&cast.ada, &cast.ada.ik())] })),
        ),
        (
            "earliest",
            "ts_I exactly a day before the signed prekey",
            cast.input(&cast.packet(|it| it.ts = created - DAY), &json!({})),
        ),
        (
            "latest",
            "ts_I exactly a day ahead",
            cast.input(&cast.packet(|it| it.ts = NOW + DAY), &json!({})),
        ),
        (
            "weeks-later",
            "received six weeks later",
            cast.input(&good, &json!({ "now": (NOW + 42 * DAY).to_string() })),
        ),
        (
            "psk-known",
            "a known pre-shared secret that is not expected",
            cast.input(&with_psk, &known),
        ),
        (
            "psk-expected",
            "the expected pre-shared secret",
            cast.input(&with_psk, &with(known.clone(), &json!({ "expected": hex::encode(id) }))),
        ),
        (
            "views",
            "manifest hashes",
            cast.input(&cast.packet(|it| it.views = [0x33; 64]), &json!({})),
        ),
        (
            "least",
            "the remembered suite is that of the file",
            cast.input(&good, &json!({ "least": suite.number() })),
        ),
    ];
    if hybrid(suite) {
        let last = Publics { pqk: Some(of_bob(4, |_| ())), ..cast.to.clone() };
        goods.push((
            "last-resort",
            "a last-resort KEM prekey: reduced forward secrecy",
            cast.input(&cast.made(&last, |_| ()), &json!({})),
        ));
    }
    // A card that is valid a day before the signed prekey was made.
    accept(&mut book, &["PREP-20", "PREP-22", "PREP-23", "PREP-33", "HS-13"], goods);
    packets(&cast, &mut book, &good);
    insiders(&cast, &mut book);
    situations(&cast, &mut book, &good, &with_psk);
    book
}

/// Changes that need no key.
fn packets(cast: &Cast, book: &mut Book, good: &[u8]) {
    let suite = cast.suite;
    let base = if hybrid(suite) { 1136 } else { 44 };
    let ids = |at: usize, id: u32| {
        let mut packet = good.to_vec();
        packet[at..at + 4].copy_from_slice(&id.to_be_bytes());
        packet
    };
    let set = |at: usize, bytes: &[u8]| {
        let mut packet = good.to_vec();
        packet[at..at + bytes.len()].copy_from_slice(bytes);
        packet
    };
    let mut cases: Vec<Packet<'_>> = vec![
        (
            "short",
            "a byte is missing",
            "ENC-05",
            "length",
            "Layout",
            good[..good.len() - 1].to_vec(),
        ),
        ("version", "version 2", "ENC-02", "version", "Layout", set(0, &[2])),
        ("type", "the type of an Init", "ENC-03", "type", "Layout", set(1, &[1])),
        ("suite", "a suite that nobody knows", "ENC-04", "suite", "Layout", set(2, &[0, 3])),
        (
            "unknown-signed",
            "an unknown signed prekey",
            "PREP-21",
            "unknown_prekey",
            "Replay",
            ids(36, 77),
        ),
        (
            "signed-zero",
            "the id of the signed prekey is zero",
            "PREP-21",
            "unknown_prekey",
            "Replay",
            ids(36, 0),
        ),
        (
            "signed-is-one-time",
            "a one-time prekey as signed prekey",
            "PREP-21",
            "unknown_prekey",
            "Layout",
            ids(36, 0x0a0b_0c02),
        ),
        (
            "unknown-one-time",
            "an unknown one-time prekey: used before",
            "PREP-21",
            "unknown_prekey",
            "Replay",
            ids(40, 77),
        ),
        (
            "one-time-is-signed",
            "a signed prekey as one-time prekey",
            "PREP-21",
            "unknown_prekey",
            "Layout",
            ids(40, 0x0a0b_0c01),
        ),
        (
            "one-time-removed",
            "the id of the one-time prekey is zeroed",
            "PREP-23",
            "authentication",
            "Tamper",
            ids(40, 0),
        ),
        (
            "ek-not-canonical",
            "EK_I is p + 9",
            "PRIM-01",
            "key",
            "NonCanonical",
            set(4, &non_canonical()),
        ),
        (
            "ek-low-order",
            "EK_I is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            set(4, &low_order()),
        ),
        ("flip-ek", "a bit of EK_I", "PREP-23", "authentication", "Tamper", flipped(good, 10)),
        (
            "flip-identity-first",
            "the first bit of the sealed identity",
            "PREP-23",
            "authentication",
            "Tamper",
            flipped(good, base),
        ),
        (
            "flip-identity-tag",
            "the tag of the sealed identity",
            "PREP-23",
            "authentication",
            "Tamper",
            flipped(good, base + 353),
        ),
        (
            "flip-signature-first",
            "the first bit of the sealed signature",
            "PREP-23",
            "authentication",
            "Tamper",
            flipped(good, base + 354),
        ),
        (
            "flip-signature-tag",
            "the tag of the sealed signature",
            "PREP-23",
            "authentication",
            "Tamper",
            flipped(good, base + 433),
        ),
    ];
    if hybrid(suite) {
        cases.extend([
            (
                "unknown-kem",
                "an unknown KEM prekey",
                "PREP-21",
                "unknown_prekey",
                "Replay",
                ids(44, 77),
            ),
            (
                "kem-zero",
                "the id of the KEM prekey is zero",
                "PREP-21",
                "unknown_prekey",
                "Downgrade",
                ids(44, 0),
            ),
            (
                "kem-is-curve",
                "a curve prekey as KEM prekey",
                "PREP-21",
                "unknown_prekey",
                "Layout",
                ids(44, 0x0a0b_0c01),
            ),
            (
                "kem-other",
                "the ciphertext for another KEM prekey",
                "PREP-23",
                "authentication",
                "Tamper",
                ids(44, 0x0a0b_0c04),
            ),
            (
                "flip-ciphertext-first",
                "the first bit of the ciphertext",
                "PRIM-19",
                "authentication",
                "Kem",
                flipped(good, 48),
            ),
            (
                "flip-ciphertext-last",
                "the last byte of the ciphertext",
                "PRIM-19",
                "authentication",
                "Kem",
                flipped(good, 1135),
            ),
            (
                "zero-ciphertext",
                "the ciphertext is all zero",
                "PRIM-19",
                "authentication",
                "Kem",
                set(48, &[0; 1088]),
            ),
        ]);
    }
    let cases = cases.into_iter().map(|(id, delta, requirement, error, flag, packet)| {
        (id, delta, requirement, error, flag, cast.input(&packet, &json!({})))
    });
    refuse(book, "one-time", cases.collect());
}

/// Packets of somebody who has every key but the one in question.
fn insiders(cast: &Cast, book: &mut Book) {
    let mallory = person("mallory", cast.suite);
    let spk = *pair(&private(1)).public().as_bytes();
    let opk = *pair(&private(2)).public().as_bytes();
    let ek = *pair(&key("prepared EK")).public().as_bytes();
    let sign =
        |seed: &[u8; 32], purpose: Purpose, hash: &[u8; 32]| signer(seed).sign(purpose, hash);
    let t4 = {
        let plain = cast.plain(&cast.to);
        let me = (&cast.ada.seed, &pair(&cast.ada.private));
        let made = trace::prekey_init(me, &pair(&key("prepared EK")), &cast.to, &plain);
        let (_, t4) = made.trace.0.into_iter().find(|(label, _)| label == "t4").expect("t4");
        let bytes: [u8; 32] = hex::decode(t4).expect("hex").try_into().expect("32 bytes");
        bytes
    };
    let genuine = sign(&cast.ada.seed, Purpose::PREPARED, &t4);
    let low_idk = resigned(&cast.ada, |card| card[106..138].copy_from_slice(&low_order()));
    let expired = {
        let it = Person::with("ada", NOW - 9 * DAY, NOW);
        if hybrid(cast.suite) { resigned(&it, |card| card[4] = 3) } else { it.card }
    };
    let own = {
        let mut it = person("bob", cast.suite);
        it.address = b"x".to_vec();
        it
    };
    let squatter = resigned(&mallory, |card| {
        card[5..70].copy_from_slice(&cast.bob.card[5..70]);
        card[70..74].copy_from_slice(&cast.bob.card[70..74]);
    });
    let other_suites = resigned(&cast.ada, |card| card[4] = if hybrid(cast.suite) { 1 } else { 3 });
    let older = {
        let it = Person::with("ada", NOW - 9 * DAY, NOW + DAY);
        if hybrid(cast.suite) { resigned(&it, |card| card[4] = 3) } else { it.card }
    };
    let mut cases: Vec<Packet<'_>> = vec![
        (
            "too-early",
            "ts_I more than a day before the signed prekey; the card of the initiator is older",
            "PREP-22",
            "time",
            "Time",
            cast.packet(|it| {
                it.ts = NOW - 2 * DAY - 1;
                it.card.clone_from(&older);
            }),
        ),
        (
            "too-late",
            "ts_I more than a day ahead",
            "PREP-22",
            "time",
            "Time",
            cast.packet(|it| it.ts = NOW + DAY + 1),
        ),
        (
            "end-of-time",
            "ts_I at the end of time",
            "PREP-22",
            "time",
            "Time",
            cast.packet(|it| it.ts = u64::MAX),
        ),
        (
            "own-identity",
            "our own identity",
            "HS-11",
            "identity",
            "Identity",
            cast.of(&own, |_| ()),
        ),
        (
            "own-place",
            "our own address and device",
            "HS-11",
            "identity",
            "Identity",
            cast.of(&mallory, |it| it.card = squatter.clone()),
        ),
        (
            "card-expired",
            "card_I expires at ts_I",
            "HS-14",
            "time",
            "Time",
            cast.packet(|it| it.card = expired.clone()),
        ),
        (
            "psk-unknown",
            "an unknown pre-shared secret",
            "HS-13",
            "authentication",
            "Identity",
            cast.packet(|it| (it.psk, it.psk_id) = (key("other psk"), [9; 16])),
        ),
        (
            "idk-low-order",
            "IDK_I is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            cast.packet(|it| it.card = low_idk.clone()),
        ),
        (
            "psk-not-named",
            "a pre-shared secret was used and not named",
            "PREP-23",
            "authentication",
            "Identity",
            cast.packet(|it| it.psk = key("psk")),
        ),
        (
            "damaged-identity",
            "the identity was damaged after sealing, the rest is right",
            "PREP-23",
            "authentication",
            "Tamper",
            cast.packet(|it| it.damage_identity = true),
        ),
        (
            "damaged-signature",
            "the signature was damaged after sealing",
            "PREP-23",
            "authentication",
            "Tamper",
            cast.packet(|it| it.damage_signature = true),
        ),
        (
            "signature-of-another",
            "signed by somebody else",
            "PREP-24",
            "signature",
            "Signature",
            cast.packet(|it| it.signature = Some(sign(&mallory.seed, Purpose::PREPARED, &t4))),
        ),
        (
            "signature-as-init",
            "signed as an Init",
            "PREP-24",
            "signature",
            "Signature",
            cast.packet(|it| it.signature = Some(sign(&cast.ada.seed, Purpose::INIT, &t4))),
        ),
        (
            "signature-zero",
            "a signature of zeros",
            "PREP-24",
            "signature",
            "Signature",
            cast.packet(|it| it.signature = Some([0; 64])),
        ),
        (
            "grafted-ra",
            "the genuine signature with another RA: who holds our prekeys cannot graft a session",
            "PREP-24",
            "signature",
            "Signature",
            cast.packet(|it| {
                it.ra = *pair(&key("mallory RA")).public().as_bytes();
                it.signature = Some(genuine);
            }),
        ),
        (
            "ra-not-canonical",
            "RA is p + 9",
            "PREP-25",
            "key",
            "NonCanonical",
            cast.packet(|it| it.ra = non_canonical()),
        ),
        (
            "ra-low-order",
            "RA is of small order",
            "PREP-25",
            "key",
            "LowOrder",
            cast.packet(|it| it.ra = low_order()),
        ),
        ("ra-is-ek", "RA is EK_I", "PREP-25", "protocol", "Insider", cast.packet(|it| it.ra = ek)),
        (
            "ra-is-signed",
            "RA is the signed prekey",
            "PREP-25",
            "protocol",
            "Insider",
            cast.packet(|it| it.ra = spk),
        ),
        (
            "ra-is-one-time",
            "RA is the one-time prekey",
            "PREP-25",
            "protocol",
            "Insider",
            cast.packet(|it| it.ra = opk),
        ),
    ];
    if hybrid(cast.suite) {
        cases.push((
            "suite-not-listed",
            "card_I lists suite 1 alone",
            "HS-15",
            "suite",
            "Downgrade",
            cast.packet(|it| it.card = other_suites.clone()),
        ));
    }
    let impostor = |id: &'static str| {
        (
            id,
            "somebody with all our prekey private halves and IDK, without the initiator's IK",
            "PREP-24",
            "signature",
            "Signature",
            cast.packet(|it| it.signature = Some(sign(&cast.bob.seed, Purpose::PREPARED, &t4))),
        )
    };
    cases.push(impostor("key-compromise"));
    let cases = cases.into_iter().map(|(id, delta, requirement, error, flag, packet)| {
        (id, delta, requirement, error, flag, cast.input(&packet, &json!({})))
    });
    refuse(book, "one-time", cases.collect());
    for (id, delta, requirement, error, card) in wrong_cards(&cast.ada) {
        let packet = cast.packet(|it| it.card = card);
        let (id, requirements) = (format!("card-{id}"), [requirement, "HS-14"]);
        let flag = if error == "signature" { "Signature" } else { "Layout" };
        let about = About { id: &id, comment: delta, requirements: &requirements };
        let against = Against { twin: "one-time", delta, error, flag };
        book.bad(about, against, cast.input(&packet, &json!({})), None);
    }
}

/// Refusals that come from the responder's own situation.
fn situations(cast: &Cast, book: &mut Book, good: &[u8], with_psk: &[u8]) {
    let (secret, id) = psk();
    let other = Person::with("bob", NOW - 30 * DAY, NOW + DAY).card;
    let full = cast.input(good, &json!({}));
    let without = |index: usize| {
        let mut prekeys = full["prekeys"].as_array().expect("a list").clone();
        prekeys.remove(index);
        cast.input(good, &json!({ "prekeys": prekeys }))
    };
    let least = if hybrid(cast.suite) {
        Vec::new()
    } else {
        vec![(
            "least-2",
            "suite 2 is remembered",
            "CARD-16",
            "suite",
            "Downgrade",
            cast.input(good, &json!({ "least": 2 })),
        )]
    };
    let mut cases: Vec<Case<'_>> = vec![
        ("other-card-only", "the card it was made for is not kept", "PREP-23", "authentication", "Tamper", cast.input(good, &json!({ "cards": [hex::encode(other)] }))),
        ("signed-gone", "the signed prekey's private half is gone", "PREP-21", "unknown_prekey", "Replay", without(0)),
        ("one-time-gone", "the one-time prekey has been used", "PREP-21", "unknown_prekey", "Replay", without(1)),
        ("pin-contradicted", "another IK is pinned", "HS-12", "identity", "Identity", cast.input(good, &json!({ "pins": [pin(&cast.ada, &person("mallory", cast.suite).ik())] }))),
        ("psk-missing", "a pre-shared secret is expected and none was used", "HS-13", "authentication", "Identity", cast.input(good, &json!({ "psks": [hex::encode(secret)], "expected": hex::encode(id) }))),
        ("psk-other", "another than the expected one was used", "HS-13", "authentication", "Identity", cast.input(with_psk, &json!({ "psks": [hex::encode(secret), hex::encode(key("second psk"))], "expected": "11".repeat(16) }))),
        ("psk-forgotten", "the one that was used is not known", "HS-13", "authentication", "Identity", cast.input(with_psk, &json!({}))),
        ("clock-back", "the clock is more than a day before ts_I", "PREP-22", "time", "Time", cast.input(good, &json!({ "now": (NOW - DAY - 1).to_string() }))),
    ];
    cases.extend(least);
    refuse(book, "one-time", cases);
}
