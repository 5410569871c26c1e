//! Chapter 4 in suite `0x0002`.

use super::keys::{NOW, Person, resigned};
use super::prekeys::{Case, accept, kem, low_order, refuse, seed64, with_coefficient};
use super::prepared::person;
use super::{About, Against, Book, key, with};
use crate::trace::{self, CompletePlain, InitPlain, InitTrace, ResponsePlain, ResponseTrace, pair};
use quipu::crypto::kem::KemPublic;
use quipu::secret::Secret;
use quipu::wire::Suite;
use serde_json::{Value, json};

const SUITE: Suite = Suite::Hybrid;

pub(super) fn books() -> Vec<Book> {
    let cast = Cast { ada: person("ada", SUITE), bob: person("bob", SUITE) };
    vec![initiate(&cast), respond(&cast), finish(&cast), complete(&cast)]
}

struct Cast {
    ada: Person,
    bob: Person,
}

impl Cast {
    fn ek() -> Vec<u8> {
        kem("init").public().as_bytes().to_vec()
    }

    fn init(&self, alter: impl FnOnce(&mut InitPlain)) -> InitTrace {
        let base = InitPlain::new(NOW, self.ada.card.clone());
        let mut plain = InitPlain { suite: SUITE, ek: Self::ek(), ..base };
        alter(&mut plain);
        trace::init(&self.ada.seed, &pair(&key("EK_I")), &self.bob.card, &plain)
    }

    fn response(&self, alter: impl FnOnce(&mut ResponsePlain)) -> ResponseTrace {
        let mut plain = ResponsePlain::new(NOW, *pair(&key("RB")).public().as_bytes());
        let ek = KemPublic::decode(Self::ek().try_into().expect("1184 bytes")).expect("valid");
        let (ct, ss) = ek.encapsulate(&Secret::new(key("encapsulation")));
        plain.kem = Some((ct.to_vec(), *ss.expose()));
        alter(&mut plain);
        let ek_i = *pair(&key("EK_I")).public().as_bytes();
        let publics = (&ek_i, &self.ada.idk());
        trace::response(&self.bob.seed, &pair(&key("EK_R")), publics, &self.init(|_| ()), &plain)
    }
}

fn who(person: &Person) -> Value {
    json!({ "ik_seed": hex::encode(person.seed), "idk_private": hex::encode(person.private) })
}

fn initiate_input(cast: &Cast, more: &Value) -> Value {
    let base = json!({
        "card_i": hex::encode(&cast.ada.card), "card_r": hex::encode(&cast.bob.card),
        "now": NOW.to_string(), "views": "00".repeat(64),
    });
    with(with(base, &who(&cast.ada)), more)
}

fn listed(draws: &[&[u8]]) -> Value {
    draws.iter().map(hex::encode).collect()
}

fn initiate(cast: &Cast) -> Book {
    let mut book = Book::of("hybrid", "handshake-initiate", "making an Init in suite 0x0002");
    let unknown = resigned(&cast.bob, |card| card[1..5].copy_from_slice(&[0x7f, 0, 0, 3]));
    accept(
        &mut book,
        &["HS-04", "CARD-12", "CARD-16", "PRIM-20"],
        vec![
            ("ada-to-bob", "a usual start", initiate_input(cast, &json!({}))),
            ("least", "suite 2 is remembered", initiate_input(cast, &json!({ "least": 2 }))),
            (
                "psk",
                "with a pre-shared secret",
                initiate_input(cast, &json!({ "psk": hex::encode(key("psk")) })),
            ),
            (
                "unknown-suites",
                "a peer with suites that nobody knows",
                initiate_input(cast, &json!({ "card_r": hex::encode(unknown) })),
            ),
        ],
    );
    let only_1 = Person::new("bob").card;
    let own_1 = Person::new("ada").card;
    let zero_idk = resigned(&cast.bob, |card| card[106..138].copy_from_slice(&low_order()));
    let more = |value: Value| initiate_input(cast, &value);
    refuse(
        &mut book,
        "ada-to-bob",
        vec![
            (
                "older-card",
                "an older card of the peer lists suite 1 alone, and suite 2 is remembered",
                "CARD-16",
                "suite",
                "Downgrade",
                more(json!({ "card_r": hex::encode(only_1), "least": 2 })),
            ),
            (
                "own-older-card",
                "our own card lists suite 1 alone, and suite 2 is remembered",
                "CARD-16",
                "suite",
                "Downgrade",
                more(json!({ "card_i": hex::encode(own_1), "least": 2 })),
            ),
            (
                "low-order-idk",
                "the peer's IDK is of small order",
                "PRIM-02",
                "key",
                "LowOrder",
                more(json!({ "card_r": hex::encode(zero_idk) })),
            ),
            (
                "window",
                "ts_I beyond the window",
                "HS-05",
                "window",
                "Time",
                more(json!({ "floor": (NOW + 300_000).to_string() })),
            ),
        ],
    );
    book
}

fn respond_input(cast: &Cast, init: &[u8], more: &Value) -> Value {
    let base = json!({
        "cards": [hex::encode(&cast.bob.card)], "pins": [], "now": NOW.to_string(),
        "views": "00".repeat(64), "init": hex::encode(init),
    });
    with(with(base, &who(&cast.bob)), more)
}

fn respond(cast: &Cast) -> Book {
    let mut book = Book::of("hybrid", "handshake-respond", "the duties on Init in suite 0x0002");
    let init = cast.init(|_| ()).packet;
    let secret = quipu::handshake::Psk::new(Secret::new(key("psk"))).expect("not zero");
    let with_psk = cast.init(|it| it.psk_id = secret.id()).packet;
    let known = json!({ "psks": [hex::encode(key("psk"))], "expected": hex::encode(secret.id()) });
    accept(
        &mut book,
        &["HS-15", "CARD-16", "PRIM-18", "PRIM-20", "HS-21"],
        vec![
            ("ada", "a usual Init", respond_input(cast, &init, &json!({}))),
            ("least", "suite 2 is remembered", respond_input(cast, &init, &json!({ "least": 2 }))),
            ("psk", "the expected pre-shared secret", respond_input(cast, &with_psk, &known)),
            (
                "coefficient-3328",
                "the greatest coefficient",
                respond_input(
                    cast,
                    &cast.init(|it| it.ek = with_coefficient(3328)).packet,
                    &json!({}),
                ),
            ),
        ],
    );
    let flipped = |at: usize| {
        let mut packet = init.clone();
        packet[at] ^= 1;
        packet
    };
    let suite_1 = trace::init(
        &cast.ada.seed,
        &pair(&key("EK_I")),
        &cast.bob.card,
        &InitPlain::new(NOW, cast.ada.card.clone()),
    );
    let only_1 = Person::new("ada").card;
    let bob_1 = Person::new("bob").card;
    let to_1 = trace::init(
        &cast.ada.seed,
        &pair(&key("EK_I")),
        &bob_1,
        &InitPlain { suite: SUITE, ek: Cast::ek(), ..InitPlain::new(NOW, cast.ada.card.clone()) },
    );
    let downgraded = trace::init(
        &cast.ada.seed,
        &pair(&key("EK_I")),
        &cast.bob.card,
        &InitPlain::new(NOW, only_1.clone()),
    );
    let mut low = init.clone();
    low[4..36].copy_from_slice(&low_order());
    let plain = |packet: &[u8]| respond_input(cast, packet, &json!({}));
    let cases: Vec<Case<'_>> = vec![
        ("short", "a byte is missing", "ENC-05", "length", "Layout", plain(&init[..1605])),
        (
            "long",
            "a byte more",
            "ENC-05",
            "length",
            "Layout",
            plain(&[init.as_slice(), &[0]].concat()),
        ),
        (
            "suite-1-length",
            "the length of suite 1",
            "ENC-05",
            "length",
            "Layout",
            plain(&init[..422]),
        ),
        ("ek-i-low-order", "EK_I is of small order", "PRIM-02", "key", "LowOrder", plain(&low)),
        (
            "coefficient-3329",
            "the first coefficient of ek is 3329",
            "PRIM-18",
            "key",
            "Kem",
            plain(&cast.init(|it| it.ek = with_coefficient(3329)).packet),
        ),
        (
            "coefficient-4095",
            "the first coefficient of ek is 4095",
            "PRIM-18",
            "key",
            "Kem",
            plain(&cast.init(|it| it.ek = with_coefficient(4095)).packet),
        ),
        (
            "flip-ek",
            "a bit of the last 32 bytes of ek",
            "HS-09",
            "authentication",
            "Tamper",
            plain(&flipped(1200)),
        ),
        (
            "flip-seal",
            "a bit of the sealed part",
            "HS-09",
            "authentication",
            "Tamper",
            plain(&flipped(1300)),
        ),
        (
            "suite-1",
            "an Init of suite 1 between cards that list both",
            "HS-15",
            "suite",
            "Downgrade",
            plain(&suite_1.packet),
        ),
        (
            "card-of-suite-1",
            "card_I lists suite 1 alone",
            "HS-15",
            "suite",
            "Downgrade",
            plain(&cast.init(|it| it.card.clone_from(&only_1)).packet),
        ),
        (
            "own-card-of-suite-1",
            "our own card lists suite 1 alone",
            "HS-15",
            "suite",
            "Downgrade",
            respond_input(cast, &to_1.packet, &json!({ "cards": [hex::encode(&bob_1)] })),
        ),
        (
            "least-2",
            "an older card_I, suite 1, and suite 2 is remembered",
            "CARD-16",
            "suite",
            "Downgrade",
            respond_input(cast, &downgraded.packet, &json!({ "least": 2 })),
        ),
        (
            "signature",
            "a signature of zeros",
            "HS-16",
            "signature",
            "Signature",
            plain(&cast.init(|it| it.signature = Some([0; 64])).packet),
        ),
        (
            "psk-missing",
            "a pre-shared secret is expected and none is named",
            "HS-13",
            "authentication",
            "Identity",
            respond_input(cast, &init, &known),
        ),
    ];
    refuse(&mut book, "ada", cases);
    book
}

fn finish(cast: &Cast) -> Book {
    let mut book = Book::of("hybrid", "handshake-finish", "the duties on Response in suite 0x0002");
    let seed = seed64("init");
    let initiate = json!({
        "input": initiate_input(cast, &json!({})), "random": listed(&[&key("EK_I"), &seed]),
    });
    let input = |response: &[u8]| json!({ "initiate": initiate.clone(), "now": NOW.to_string(), "response": hex::encode(response) });
    let response = cast.response(|_| ()).packet;
    accept(
        &mut book,
        &["HS-23", "HS-26", "PRIM-19"],
        vec![("bob", "a usual Response", input(&response))],
    );
    let flipped = |at: usize| {
        let mut packet = response.clone();
        packet[at] ^= 1;
        input(&packet)
    };
    let other = cast.response(|it| {
        let (ct, ss) = kem("other").public().encapsulate(&Secret::new(key("encapsulation")));
        it.kem = Some((ct.to_vec(), *ss.expose()));
    });
    let without = cast.response(|it| it.kem = it.kem.take().map(|(ct, _)| (ct, [0; 32])));
    let damaged = cast.response(|it| {
        if let Some((ct, _)) = &mut it.kem {
            ct[7] ^= 1;
        }
    });
    refuse(
        &mut book,
        "bob",
        vec![
            ("short", "a byte is missing", "ENC-05", "length", "Layout", input(&response[..1355])),
            (
                "suite-1-length",
                "the length of suite 1",
                "ENC-05",
                "length",
                "Layout",
                input(&response[..268]),
            ),
            (
                "flip-ciphertext-first",
                "a bit of the ciphertext",
                "HS-23",
                "authentication",
                "Tamper",
                flipped(52),
            ),
            (
                "flip-ciphertext-last",
                "the last bit of the ciphertext",
                "HS-23",
                "authentication",
                "Tamper",
                flipped(1139),
            ),
            ("flip-mac", "a bit of the MAC", "HS-23", "authentication", "Tamper", flipped(1340)),
            (
                "other-ciphertext",
                "a ciphertext for another key, authenticated with its secret: implicit rejection looks like a wrong MAC",
                "PRIM-19",
                "authentication",
                "Kem",
                input(&other.packet),
            ),
            (
                "damaged-ciphertext",
                "the ciphertext was damaged before the MAC was made",
                "PRIM-19",
                "authentication",
                "Kem",
                input(&damaged.packet),
            ),
            (
                "zero-secret",
                "authenticated with a shared secret of zeros",
                "PRIM-20",
                "authentication",
                "Kem",
                input(&without.packet),
            ),
            (
                "signature",
                "a signature of zeros",
                "HS-24",
                "signature",
                "Signature",
                input(&cast.response(|it| it.signature = Some([0; 64])).packet),
            ),
            (
                "psk-used",
                "the responder used a pre-shared secret",
                "HS-23",
                "authentication",
                "Identity",
                input(&cast.response(|it| it.psk = key("psk")).packet),
            ),
        ],
    );
    book
}

fn complete(cast: &Cast) -> Book {
    let mut book =
        Book::of("hybrid", "handshake-complete", "the duties on Complete in suite 0x0002");
    let respond = json!({
        "input": respond_input(cast, &cast.init(|_| ()).packet, &json!({})),
        "random": listed(&[&key("EK_R"), &key("RB"), &key("encapsulation")]),
    });
    let made = |alter: &dyn Fn(&mut CompletePlain), suite: Suite| {
        let ra = *pair(&key("RA")).public().as_bytes();
        let mut plain = CompletePlain { ra, signature: None, damage_seal: false };
        alter(&mut plain);
        let (init, response) = (cast.init(|_| ()), cast.response(|_| ()));
        let made =
            trace::complete(&cast.ada.seed, (suite, &init.id), &response.hs, &response.h6, &plain);
        [made.packet.as_slice(), &[0; 4]].concat()
    };
    let input = |complete: &[u8]| json!({ "respond": respond.clone(), "now": NOW.to_string(), "complete": hex::encode(complete) });
    let good = made(&|_| (), SUITE);
    let about = About { id: "ada", comment: "a usual Complete", requirements: &["HS-28", "HS-29"] };
    book.good(about, input(&good), None);
    let mut flipped = good.clone();
    flipped[140] ^= 1;
    let cases = vec![
        ("flip-mac", "a bit of the MAC", "HS-28", "authentication", "Tamper", input(&flipped)),
        (
            "suite-1",
            "a Complete of suite 1, computed in suite 1",
            "ENC-05",
            "suite",
            "Downgrade",
            input(&made(&|_| (), Suite::X25519)),
        ),
        (
            "signature",
            "a signature of zeros",
            "HS-29",
            "signature",
            "Signature",
            input(&made(&|it| it.signature = Some([0; 64]), SUITE)),
        ),
        (
            "ra-low-order",
            "RA is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            input(&made(&|it| it.ra = low_order(), SUITE)),
        ),
    ];
    for (id, delta, requirement, error, flag, value) in cases {
        let about = About { id, comment: delta, requirements: &[requirement] };
        book.bad(about, Against { twin: "ada", delta, error, flag }, value, None);
    }
    book
}
