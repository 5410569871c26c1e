//! Chapter 4: packets resealed with the right keys, so that the check in question is the one that refuses.

use super::keys::{NOW, Person, resigned, wrong_cards};
use super::{About, Against, Book, key, with};
use crate::trace::{
    self, CompletePlain, InitPlain, InitTrace, ResponsePlain, ResponseTrace, pair, signer,
};
use quipu::crypto::dh::DhSecret;
use quipu::crypto::labels::Purpose;
use quipu::limits::{DAY, HALF_OPEN_LIFETIME, INIT_WINDOW};
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    let cast = Cast::new();
    vec![initiate(&cast), respond(&cast), finish(&cast), complete(&cast)]
}

/// A change to one of the plain parts of a packet.
type Alter<P> = Box<dyn Fn(&mut P)>;

/// The same as [`Case`] before the packet has been sealed.
type Altered<P> = (&'static str, &'static str, &'static str, &'static str, &'static str, Alter<P>);

/// A packet to be refused: id, what was changed, requirement, error, flag, packet.
type Case = (String, String, &'static str, &'static str, &'static str, Vec<u8>);

struct Cast {
    ada: Person,
    bob: Person,
    mallory: Person,
}

fn low_order() -> [u8; 32] {
    hex::decode("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")
        .expect("hex")
        .try_into()
        .expect("32 bytes")
}

fn non_canonical() -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (0xf6, 0x7f);
    bytes
}

fn flipped(packet: &[u8], at: usize, mask: u8) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[at] ^= mask;
    packet
}

fn wrong_signature(seed: &[u8; 32]) -> [u8; 64] {
    signer(seed).sign(Purpose::INIT, &[7; 32])
}

impl Cast {
    fn new() -> Self {
        let (ada, bob, mallory) = (Person::new("ada"), Person::new("bob"), Person::new("mallory"));
        Self { ada, bob, mallory }
    }

    fn ek_i() -> DhSecret {
        pair(&key("EK_I"))
    }

    fn plain(&self) -> InitPlain {
        InitPlain::new(NOW, self.ada.card.clone())
    }

    fn init(&self, alter: impl FnOnce(&mut InitPlain)) -> InitTrace {
        let mut plain = self.plain();
        alter(&mut plain);
        trace::init(&self.ada.seed, &Self::ek_i(), &self.bob.card, &plain)
    }

    fn response(&self, alter: impl FnOnce(&mut ResponsePlain)) -> ResponseTrace {
        let mut plain = ResponsePlain::new(NOW, *pair(&key("RB")).public().as_bytes());
        alter(&mut plain);
        let ek_i = *Self::ek_i().public().as_bytes();
        let publics = (&ek_i, &self.ada.idk());
        trace::response(&self.bob.seed, &pair(&key("EK_R")), publics, &self.init(|_| ()), &plain)
    }

    fn complete(&self, alter: impl FnOnce(&mut CompletePlain)) -> Vec<u8> {
        let mut plain = CompletePlain {
            ra: *pair(&key("RA")).public().as_bytes(),
            signature: None,
            damage_seal: false,
        };
        alter(&mut plain);
        let response = self.response(|_| ());
        let id = self.init(|_| ()).id;
        let made = trace::complete(
            &self.ada.seed,
            (trace::SUITE, &id),
            &response.hs,
            &response.h6,
            &plain,
        );
        [made.packet.as_slice(), &[0; 4]].concat()
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

fn initiate(cast: &Cast) -> Book {
    let mut book = Book::new("handshake-initiate", "making an Init");
    let unknown = resigned(&cast.bob, |card| card[1..5].copy_from_slice(&[0x7f, 0, 0, 1]));
    let goods = [
        ("ada-to-bob", "a usual start", json!({})),
        (
            "views",
            "manifest hashes",
            json!({ "views": hex::encode([key("v"), key("w")].concat()) }),
        ),
        (
            "floor-before",
            "an older session: ts_I is now",
            json!({ "floor": (NOW - 1).to_string() }),
        ),
        (
            "floor-equal",
            "a session of this millisecond: ts_I is one more",
            json!({ "floor": NOW.to_string() }),
        ),
        (
            "floor-at-window",
            "ts_I exactly at the window",
            json!({ "floor": (NOW + INIT_WINDOW - 1).to_string() }),
        ),
        (
            "unknown-suites",
            "a peer with suites that nobody knows",
            json!({ "card_r": hex::encode(unknown) }),
        ),
    ];
    for (id, comment, more) in goods {
        let about = About { id, comment, requirements: &["HS-04", "HS-05", "CARD-12"] };
        let ek = [key("EK_I")];
        book.good(
            about,
            initiate_input(cast, &more),
            (id == "ada-to-bob").then_some(ek.as_slice()),
        );
    }
    let card = |card: &[u8]| json!({ "card_r": hex::encode(card) });
    let zero_idk = resigned(&cast.bob, |card| card[106..138].copy_from_slice(&low_order()));
    let old_own = Person::with("ada", NOW - 9 * DAY, NOW);
    let cases: Vec<(&str, &str, &str, &str, &str, Value)> = vec![
        (
            "expired",
            "the peer's card expires now",
            "HS-02",
            "time",
            "Time",
            card(&Person::with("bob", NOW - 9 * DAY, NOW).card),
        ),
        (
            "not-yet-valid",
            "the peer's card begins in more than a day",
            "HS-02",
            "time",
            "Time",
            card(&Person::with("bob", NOW + DAY + 1, NOW + 9 * DAY).card),
        ),
        (
            "own-card-expired",
            "our own card expires now",
            "HS-02",
            "time",
            "Time",
            json!({ "card_i": hex::encode(&old_own.card) }),
        ),
        ("self", "the peer is ourselves", "HS-03", "identity", "Identity", card(&cast.ada.card)),
        (
            "edited-card",
            "the peer's device was edited",
            "HS-01",
            "signature",
            "Signature",
            card(&flipped(&cast.bob.card, 73, 1)),
        ),
        (
            "short-card",
            "the peer's card lacks a byte",
            "CARD-01",
            "length",
            "Layout",
            card(&cast.bob.card[..217]),
        ),
        (
            "low-order-idk",
            "the peer's IDK is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            card(&zero_idk),
        ),
        (
            "window",
            "ts_I a millisecond beyond the window",
            "HS-05",
            "window",
            "Time",
            json!({ "floor": (NOW + INIT_WINDOW).to_string() }),
        ),
        (
            "floor-end-of-time",
            "the floor is the greatest time",
            "HS-05",
            "window",
            "Time",
            json!({ "floor": u64::MAX.to_string() }),
        ),
    ];
    for (id, delta, requirement, error, flag, more) in cases {
        let against = Against { twin: "ada-to-bob", delta, error, flag };
        let about = About { id, comment: delta, requirements: &[requirement] };
        book.bad(about, against, initiate_input(cast, &more), None);
    }
    book
}

fn respond_input(cast: &Cast, init: &[u8], more: &Value) -> Value {
    let base = json!({
        "cards": [hex::encode(&cast.bob.card)], "pins": [], "now": NOW.to_string(),
        "views": "00".repeat(64), "init": hex::encode(init),
    });
    with(with(base, &who(&cast.bob)), more)
}

fn pin(person: &Person, ik: &[u8; 32]) -> Value {
    json!({ "address": hex::encode(&person.address), "device": 1, "ik": hex::encode(ik) })
}

fn respond(cast: &Cast) -> Book {
    let mut book = Book::new("handshake-respond", "the duties of a responder on Init, one by one");
    let init = cast.init(|_| ());
    let older = Person::with("bob", NOW - 30 * DAY, NOW + DAY);
    let in_time = |ts: u64| cast.init(|plain| plain.ts = ts).packet;
    let views = cast.init(|plain| plain.views = [0x77; 64]).packet;
    let late = (NOW + INIT_WINDOW).to_string();
    let goods: Vec<(&str, &str, Vec<u8>, Value)> = vec![
        ("ada", "a usual Init", init.packet.clone(), json!({})),
        (
            "pinned",
            "the initiator is pinned",
            init.packet.clone(),
            json!({ "pins": [pin(&cast.ada, &cast.ada.ik())] }),
        ),
        (
            "other-pinned",
            "somebody else is pinned",
            init.packet.clone(),
            json!({ "pins": [pin(&cast.mallory, &cast.mallory.ik())] }),
        ),
        (
            "second-card",
            "sealed to the second kept card",
            init.packet.clone(),
            json!({ "cards": [hex::encode(&older.card), hex::encode(&cast.bob.card)] }),
        ),
        ("earliest", "ts_I exactly a window ago", init.packet.clone(), json!({ "now": late })),
        ("latest", "ts_I exactly a window ahead", in_time(NOW + INIT_WINDOW), json!({})),
        ("views", "manifest hashes of both sides", views, json!({ "views": "66".repeat(64) })),
    ];
    for (id, comment, packet, more) in goods {
        let requirements = &["HS-06", "HS-09", "HS-10", "HS-21", "CARD-11", "CARD-13"];
        let random = [key("EK_R"), key("RB")];
        let about = About { id, comment, requirements };
        book.good(
            about,
            respond_input(cast, &packet, &more),
            (id == "ada").then_some(random.as_slice()),
        );
    }
    for (id, delta, requirement, error, flag, packet) in init_cases(cast, &init.packet) {
        let against = Against { twin: "ada", delta: &delta, error, flag };
        let about = About { id: &id, comment: &delta, requirements: &[requirement] };
        book.bad(about, against, respond_input(cast, &packet, &json!({})), None);
    }
    respond_by_input(cast, &mut book, &init.packet);
    book
}

/// Refusals that come from the responder's own situation.
fn respond_by_input(cast: &Cast, book: &mut Book, init: &[u8]) {
    let other = [hex::encode(&Person::with("bob", NOW - 30 * DAY, NOW + DAY).card)];
    let just_late = (NOW + INIT_WINDOW + 1).to_string();
    let cases: Vec<(&str, &str, &str, &str, &str, Value)> = vec![
        (
            "other-card-only",
            "the card it was made for is not kept",
            "HS-09",
            "authentication",
            "Tamper",
            json!({ "cards": other }),
        ),
        (
            "no-cards",
            "no card is kept",
            "HS-09",
            "authentication",
            "Tamper",
            json!({ "cards": [] }),
        ),
        (
            "too-late",
            "ts_I a window and a millisecond ago",
            "HS-10",
            "time",
            "Time",
            json!({ "now": just_late }),
        ),
        ("long-past", "the clock at zero", "HS-10", "time", "Time", json!({ "now": "0" })),
        (
            "end-of-time",
            "the clock at its end",
            "HS-10",
            "time",
            "Time",
            json!({ "now": u64::MAX.to_string() }),
        ),
        (
            "pin-contradicted",
            "another IK is pinned for that address and device",
            "HS-12",
            "identity",
            "Identity",
            json!({ "pins": [pin(&cast.ada, &cast.mallory.ik())] }),
        ),
    ];
    for (id, delta, requirement, error, flag, more) in cases {
        let against = Against { twin: "ada", delta, error, flag };
        book.bad(
            About { id, comment: delta, requirements: &[requirement] },
            against,
            respond_input(cast, init, &more),
            None,
        );
    }
    let same = [key("EK_R"), key("EK_R")];
    let own = [key("EK_I")];
    let random: [(&str, &str, &[[u8; 32]]); 2] = [
        ("random-repeats", "both draws are equal", &same),
        ("random-is-peers", "EK_R equals EK_I", &own),
    ];
    for (id, delta, draws) in random {
        let against = Against { twin: "ada", delta, error: "random", flag: "Random" };
        let about = About { id, comment: delta, requirements: &["PRIM-17", "HS-21"] };
        book.bad(about, against, respond_input(cast, init, &json!({})), Some(draws));
    }
}

/// Inits that nobody should accept.
fn init_cases(cast: &Cast, good: &[u8]) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut wire = |id: &str, delta: &str, requirement, error, flag, packet: Vec<u8>| {
        cases.push((id.to_owned(), delta.to_owned(), requirement, error, flag, packet));
    };
    wire("three-bytes", "only three bytes", "ENC-01", "length", "Layout", good[..3].to_vec());
    wire("version-0", "version 0", "ENC-02", "version", "Layout", flipped(good, 0, 1));
    wire("version-2", "version 2", "ENC-02", "version", "Layout", flipped(good, 0, 3));
    wire("type-response", "type of a Response", "ENC-03", "type", "Layout", flipped(good, 1, 3));
    wire("type-unknown", "an unknown type", "ENC-03", "type", "Layout", flipped(good, 1, 0x40));
    wire("suite-0", "suite 0", "ENC-04", "suite", "Layout", flipped(good, 3, 1));
    wire("suite-256", "a suite in the high byte", "ENC-04", "suite", "Layout", flipped(good, 2, 1));
    wire(
        "version-before-length",
        "version 2 and a byte too few",
        "ENC-06",
        "version",
        "Layout",
        flipped(&good[..421], 0, 3),
    );
    wire("short", "last byte cut off", "ENC-05", "length", "Layout", good[..421].to_vec());
    wire("long", "a zero byte behind", "ENC-05", "length", "Layout", [good, &[0]].concat());
    wire(
        "ek-non-canonical",
        "EK_I is p + 9",
        "PRIM-01",
        "key",
        "NonCanonical",
        [&good[..4], &non_canonical(), &good[36..]].concat(),
    );
    wire(
        "ek-top-bit",
        "top bit of EK_I",
        "PRIM-01",
        "key",
        "NonCanonical",
        flipped(good, 35, 0x80),
    );
    wire(
        "ek-low-order",
        "EK_I is of small order",
        "PRIM-02",
        "key",
        "LowOrder",
        [&good[..4], &low_order(), &good[36..]].concat(),
    );
    wire(
        "ek-zero",
        "EK_I is zero",
        "PRIM-02",
        "key",
        "LowOrder",
        [&good[..4], &[0; 32], &good[36..]].concat(),
    );
    wire(
        "ek-flipped",
        "first byte of EK_I",
        "HS-09",
        "authentication",
        "Tamper",
        flipped(good, 4, 1),
    );
    for (name, at) in [
        ("ts", 36),
        ("card", 44),
        ("psk-id", 262),
        ("views", 278),
        ("signature", 342),
        ("tag", 421),
    ] {
        wire(
            &format!("sealed-{name}"),
            &format!("sealed {name}, not resealed"),
            "HS-09",
            "authentication",
            "Tamper",
            flipped(good, at, 1),
        );
    }
    cases.extend(sealed_cases(cast));
    cases
}

/// Inits sealed and signed with the right keys, and wrong inside.
fn sealed_cases(cast: &Cast) -> Vec<Case> {
    let zero_idk = resigned(&cast.ada, |card| card[106..138].copy_from_slice(&low_order()));
    let place = resigned(&cast.ada, |card| card[5..74].copy_from_slice(&cast.bob.card[5..74]));
    let (bob, mallory) = (cast.bob.seed, cast.mallory.seed);
    let (stale, early) = (
        Person::with("ada", NOW - 9 * DAY, NOW).card,
        Person::with("ada", NOW + DAY + 1, NOW + 9 * DAY).card,
    );
    let edited = flipped(&cast.ada.card, 73, 1);
    let alters: Vec<Altered<InitPlain>> = vec![
        (
            "too-early",
            "ts_I a window and a millisecond ahead",
            "HS-10",
            "time",
            "Time",
            Box::new(|it| it.ts = NOW + INIT_WINDOW + 1),
        ),
        ("ts-zero", "ts_I is zero", "HS-10", "time", "Time", Box::new(|it| it.ts = 0)),
        (
            "ts-max",
            "ts_I is the greatest time",
            "HS-10",
            "time",
            "Time",
            Box::new(|it| it.ts = u64::MAX),
        ),
        (
            "own-place",
            "the responder's own address and device under another IK",
            "HS-11",
            "identity",
            "Identity",
            Box::new(move |it| it.card.clone_from(&place)),
        ),
        (
            "psk",
            "a psk_id that nobody knows",
            "HS-13",
            "authentication",
            "Insider",
            Box::new(|it| it.psk_id = [1; 16]),
        ),
        (
            "card-expired",
            "card_I expires at ts_I",
            "HS-14",
            "time",
            "Time",
            Box::new(move |it| it.card.clone_from(&stale)),
        ),
        (
            "card-not-yet",
            "card_I begins more than a day after ts_I",
            "HS-14",
            "time",
            "Time",
            Box::new(move |it| it.card.clone_from(&early)),
        ),
        (
            "card-edited",
            "card_I not signed again",
            "HS-14",
            "signature",
            "Signature",
            Box::new(move |it| it.card.clone_from(&edited)),
        ),
        (
            "idk-low-order",
            "IDK_I is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            Box::new(move |it| it.card.clone_from(&zero_idk)),
        ),
        (
            "signed-by-other",
            "sig_I1 by another key",
            "HS-16",
            "signature",
            "Signature",
            Box::new(move |it| it.signature = Some(wrong_signature(&mallory))),
        ),
        (
            "signed-by-responder",
            "sig_I1 by the responder's own key",
            "HS-16",
            "signature",
            "Signature",
            Box::new(move |it| it.signature = Some(wrong_signature(&bob))),
        ),
        (
            "signature-zero",
            "sig_I1 all zero",
            "HS-16",
            "signature",
            "Signature",
            Box::new(|it| it.signature = Some([0; 64])),
        ),
    ];
    let mut cases: Vec<Case> = alters
        .into_iter()
        .map(|(id, delta, requirement, error, flag, alter)| {
            let packet = cast.init(|plain| alter(plain)).packet;
            (id.to_owned(), delta.to_owned(), requirement, error, flag, packet)
        })
        .collect();
    for (id, delta, _, error, card) in wrong_cards(&cast.ada) {
        let packet = cast.init(|plain| plain.card = card).packet;
        cases.push((
            format!("card-{id}"),
            format!("card_I: {delta}"),
            "HS-14",
            error,
            "Insider",
            packet,
        ));
    }
    let h2 = cast
        .init(|_| ())
        .trace
        .0
        .iter()
        .find(|(label, _)| label == "h2")
        .map(|(_, value)| value.clone());
    let h2: [u8; 32] =
        hex::decode(h2.expect("h2 is noted")).expect("hex").try_into().expect("32 bytes");
    let other_purpose = signer(&cast.ada.seed).sign(Purpose::COMPLETE, &h2);
    let packet = cast.init(|plain| plain.signature = Some(other_purpose)).packet;
    cases.push((
        "signed-as-complete".to_owned(),
        "sig_I1 for another purpose".to_owned(),
        "PRIM-09",
        "signature",
        "Signature",
        packet,
    ));
    let own = InitPlain { card: cast.bob.card.clone(), ..cast.plain() };
    let own = trace::init(&cast.bob.seed, &Cast::ek_i(), &cast.bob.card, &own).packet;
    cases.push((
        "own-ik".to_owned(),
        "the responder's own card, with his signature".to_owned(),
        "HS-11",
        "identity",
        "Identity",
        own,
    ));
    let to_other =
        trace::init(&cast.ada.seed, &Cast::ek_i(), &cast.mallory.card, &cast.plain()).packet;
    cases.push((
        "for-somebody-else".to_owned(),
        "made for another responder".to_owned(),
        "HS-09",
        "authentication",
        "Identity",
        to_other,
    ));
    cases
}

fn finish_input(cast: &Cast, response: &[u8], now: u64) -> Value {
    json!({
        "initiate": { "input": initiate_input(cast, &json!({})), "random": [hex::encode(key("EK_I"))] },
        "response": hex::encode(response), "now": now.to_string(),
    })
}

fn finish(cast: &Cast) -> Book {
    let mut book =
        Book::new("handshake-finish", "the duties of an initiator on Response, one by one");
    let good = cast.response(|_| ()).packet;
    let draws = [key("RA")];
    let skewed = cast.response(|plain| (plain.ts, plain.views) = (5, [0x55; 64])).packet;
    for (id, comment, packet, now) in [
        ("bob", "a usual Response", &good, NOW),
        ("last", "in the last millisecond", &good, NOW + HALF_OPEN_LIFETIME - 1),
        ("skewed-clock", "a responder with a wrong clock, and views", &skewed, NOW + 1000),
    ] {
        let requirements = &["HS-22", "HS-23", "HS-24", "HS-25", "HS-35"];
        book.good(
            About { id, comment, requirements },
            finish_input(cast, packet, now),
            Some(&draws),
        );
    }
    let ek_i = *Cast::ek_i().public().as_bytes();
    let ek_r = *pair(&key("EK_R")).public().as_bytes();
    let (ada, mallory) = (cast.ada.seed, cast.mallory.seed);
    let mut cases: Vec<Case> = wire_cases(&good, 2, 268, 20);
    for (name, at) in [
        ("ts", 52),
        ("rb", 60),
        ("views", 92),
        ("signature", 156),
        ("tag", 235),
        ("mac-first", 236),
        ("mac-last", 267),
    ] {
        cases.push((
            format!("flip-{name}"),
            format!("{name}, nothing recomputed"),
            "HS-23",
            "authentication",
            "Tamper",
            flipped(&good, at, 1),
        ));
    }
    let mut both = flipped(&good, 4, 1);
    both[20..52].copy_from_slice(&low_order());
    cases.push((
        "id-and-ek".to_owned(),
        "another handshake id and EK_R of small order: the id comes first".to_owned(),
        "HS-42",
        "unknown_handshake",
        "Tamper",
        both,
    ));
    let mut both = good.clone();
    both[20..52].copy_from_slice(&non_canonical());
    both[236] ^= 1;
    cases.push((
        "ek-and-mac".to_owned(),
        "EK_R is p + 9 and MAC_R another: the key comes first".to_owned(),
        "HS-42",
        "key",
        "NonCanonical",
        both,
    ));
    let alters: Vec<Altered<ResponsePlain>> = vec![
        (
            "seal-damaged",
            "sealed part damaged under a good MAC",
            "PRIM-13",
            "authentication",
            "Insider",
            Box::new(|it| it.damage_seal = true),
        ),
        (
            "signed-by-other",
            "sig_R by another key",
            "HS-24",
            "signature",
            "Signature",
            Box::new(move |it| it.signature = Some(wrong_signature(&mallory))),
        ),
        (
            "signed-by-initiator",
            "sig_R by the initiator's own key",
            "HS-24",
            "signature",
            "Signature",
            Box::new(move |it| it.signature = Some(wrong_signature(&ada))),
        ),
        (
            "signature-zero",
            "sig_R all zero",
            "HS-24",
            "signature",
            "Signature",
            Box::new(|it| it.signature = Some([0; 64])),
        ),
        (
            "rb-non-canonical",
            "RB is p + 9",
            "HS-25",
            "key",
            "NonCanonical",
            Box::new(|it| it.rb = non_canonical()),
        ),
        (
            "rb-low-order",
            "RB is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            Box::new(|it| it.rb = low_order()),
        ),
        (
            "rb-is-ek-r",
            "RB equals EK_R",
            "HS-25",
            "protocol",
            "Insider",
            Box::new(move |it| it.rb = ek_r),
        ),
        (
            "rb-is-ek-i",
            "RB equals EK_I",
            "HS-25",
            "protocol",
            "Insider",
            Box::new(move |it| it.rb = ek_i),
        ),
        (
            "signature-and-rb",
            "sig_R by another key and RB equals EK_I: the signature comes first",
            "HS-42",
            "signature",
            "Signature",
            Box::new(move |it| {
                it.rb = ek_i;
                it.signature = Some(wrong_signature(&mallory));
            }),
        ),
    ];
    for (id, delta, requirement, error, flag, alter) in alters {
        let packet = cast.response(|plain| alter(plain)).packet;
        cases.push((id.to_owned(), delta.to_owned(), requirement, error, flag, packet));
    }
    cases.push((
        "ek-is-ek-i".to_owned(),
        "EK_R equals EK_I".to_owned(),
        "HS-25",
        "protocol",
        "Insider",
        reflected(cast),
    ));
    for (id, delta, requirement, error, flag, packet) in cases {
        let against = Against { twin: "bob", delta: &delta, error, flag };
        let about = About { id: &id, comment: &delta, requirements: &[requirement] };
        book.bad(about, against, finish_input(cast, &packet, NOW), Some(&draws));
    }
    let against = Against {
        twin: "last",
        delta: "a millisecond later",
        error: "unknown_handshake",
        flag: "Time",
    };
    let about = About { id: "expired", comment: "60 s after Init", requirements: &["HS-27"] };
    book.bad(about, against, finish_input(cast, &good, NOW + HALF_OPEN_LIFETIME), Some(&draws));
    for (id, delta, draw) in [
        ("random-rb", "RA equals RB", "RB"),
        ("random-ek-i", "RA equals EK_I", "EK_I"),
        ("random-ek-r", "RA equals EK_R", "EK_R"),
    ] {
        let against = Against { twin: "bob", delta, error: "random", flag: "Random" };
        let about = About { id, comment: delta, requirements: &["PRIM-17"] };
        book.bad(about, against, finish_input(cast, &good, NOW), Some(&[key(draw)]));
    }
    book
}

/// A Response whose ephemeral is the initiator's own, by an attacker who knows `EK_I`.
fn reflected(cast: &Cast) -> Vec<u8> {
    let plain = ResponsePlain::new(NOW, *pair(&key("RB")).public().as_bytes());
    let ek_i = *Cast::ek_i().public().as_bytes();
    let publics = (&ek_i, &cast.ada.idk());
    trace::response(&cast.bob.seed, &Cast::ek_i(), publics, &cast.init(|_| ()), &plain).packet
}

/// What goes wrong in the clear part of a Response or Complete; `key_at` 0: it has no key there.
fn wire_cases(good: &[u8], kind: u8, length: usize, key_at: usize) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut wire = |id: &str, delta: &str, requirement, error, flag, packet: Vec<u8>| {
        cases.push((id.to_owned(), delta.to_owned(), requirement, error, flag, packet));
    };
    wire("three-bytes", "only three bytes", "ENC-01", "length", "Layout", good[..3].to_vec());
    wire("version-2", "version 2", "ENC-02", "version", "Layout", flipped(good, 0, 3));
    wire("type-init", "type of an Init", "ENC-03", "type", "Layout", flipped(good, 1, kind ^ 1));
    wire("type-unknown", "an unknown type", "ENC-03", "type", "Layout", flipped(good, 1, 0x40));
    wire("suite-0", "suite 0", "ENC-04", "suite", "Layout", flipped(good, 3, 1));
    wire(
        "short",
        "last byte cut off",
        "ENC-05",
        "length",
        "Layout",
        good[..good.len() - 1].to_vec(),
    );
    wire("long", "a zero byte behind", "ENC-05", "length", "Layout", [good, &[0]].concat());
    wire("header-only", "four bytes", "ENC-05", "length", "Layout", good[..4].to_vec());
    let of_id = if kind == 2 { "HS-22" } else { "HS-43" };
    wire(
        "id-first",
        "first byte of the handshake id",
        of_id,
        "unknown_handshake",
        "Tamper",
        flipped(good, 4, 1),
    );
    wire(
        "id-last",
        "last byte of the handshake id",
        of_id,
        "unknown_handshake",
        "Tamper",
        flipped(good, 19, 1),
    );
    if key_at != 0 {
        let put = |key: &[u8; 32]| [&good[..key_at], key, &good[key_at + 32..length]].concat();
        wire(
            "ek-non-canonical",
            "EK_R is p + 9",
            "PRIM-01",
            "key",
            "NonCanonical",
            put(&non_canonical()),
        );
        wire(
            "ek-low-order",
            "EK_R is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            put(&low_order()),
        );
        wire(
            "ek-flipped",
            "first byte of EK_R",
            "HS-23",
            "authentication",
            "Tamper",
            flipped(good, key_at, 1),
        );
    }
    cases
}

fn complete_input(cast: &Cast, packet: &[u8], now: u64) -> Value {
    let init = cast.init(|_| ()).packet;
    let random = [hex::encode(key("EK_R")), hex::encode(key("RB"))];
    json!({
        "respond": { "input": respond_input(cast, &init, &json!({})), "random": random },
        "complete": hex::encode(packet), "now": now.to_string(),
    })
}

fn complete(cast: &Cast) -> Book {
    let mut book =
        Book::new("handshake-complete", "the duties of a responder on Complete, one by one");
    let good = cast.complete(|_| ());
    for (id, comment, now) in [
        ("ada", "a usual Complete", NOW),
        ("last", "in the last millisecond", NOW + HALF_OPEN_LIFETIME - 1),
    ] {
        let about = About { id, comment, requirements: &["HS-28", "HS-29", "HS-30"] };
        book.good(about, complete_input(cast, &good, now), None);
    }
    let ek_i = *Cast::ek_i().public().as_bytes();
    let (ek_r, rb) =
        (*pair(&key("EK_R")).public().as_bytes(), *pair(&key("RB")).public().as_bytes());
    let (bob, mallory) = (cast.bob.seed, cast.mallory.seed);
    let mut cases: Vec<Case> = wire_cases(&good, 3, good.len(), 0);
    for (name, at) in
        [("ra", 20), ("signature", 52), ("tag", 131), ("mac-first", 132), ("mac-last", 163)]
    {
        cases.push((
            format!("flip-{name}"),
            format!("{name}, nothing recomputed"),
            "HS-28",
            "authentication",
            "Tamper",
            flipped(&good, at, 1),
        ));
    }
    cases.push((
        "length-one".to_owned(),
        "LP32 says 1, nothing follows".to_owned(),
        "ENC-05",
        "length",
        "Layout",
        flipped(&good, 167, 1),
    ));
    cases.push((
        "length-huge".to_owned(),
        "LP32 says 2^31".to_owned(),
        "ENC-05",
        "length",
        "Layout",
        flipped(&good, 164, 0x80),
    ));
    cases.push((
        "no-message-field".to_owned(),
        "the 164 bytes alone".to_owned(),
        "ENC-05",
        "length",
        "Layout",
        good[..164].to_vec(),
    ));
    let alters: Vec<Altered<CompletePlain>> = vec![
        (
            "seal-damaged",
            "sealed part damaged under a good MAC",
            "PRIM-13",
            "authentication",
            "Insider",
            Box::new(|it| it.damage_seal = true),
        ),
        (
            "signed-by-other",
            "sig_I2 by another key",
            "HS-29",
            "signature",
            "Signature",
            Box::new(move |it| it.signature = Some(wrong_signature(&mallory))),
        ),
        (
            "signed-by-responder",
            "sig_I2 by the responder's own key",
            "HS-29",
            "signature",
            "Signature",
            Box::new(move |it| it.signature = Some(wrong_signature(&bob))),
        ),
        (
            "signature-zero",
            "sig_I2 all zero: an attacker with EK_I and IDK_I",
            "HS-29",
            "signature",
            "Signature",
            Box::new(|it| it.signature = Some([0; 64])),
        ),
        (
            "ra-non-canonical",
            "RA is p + 9",
            "HS-30",
            "key",
            "NonCanonical",
            Box::new(|it| it.ra = non_canonical()),
        ),
        (
            "ra-low-order",
            "RA is of small order",
            "PRIM-02",
            "key",
            "LowOrder",
            Box::new(|it| it.ra = low_order()),
        ),
        (
            "ra-is-rb",
            "RA equals RB",
            "HS-30",
            "protocol",
            "Insider",
            Box::new(move |it| it.ra = rb),
        ),
        (
            "ra-is-ek-r",
            "RA equals EK_R",
            "HS-30",
            "protocol",
            "Insider",
            Box::new(move |it| it.ra = ek_r),
        ),
        (
            "ra-is-ek-i",
            "RA equals EK_I",
            "HS-30",
            "protocol",
            "Insider",
            Box::new(move |it| it.ra = ek_i),
        ),
        (
            "signature-and-ra",
            "sig_I2 by another key and RA equals RB: the signature comes first",
            "HS-43",
            "signature",
            "Signature",
            Box::new(move |it| {
                it.ra = rb;
                it.signature = Some(wrong_signature(&mallory));
            }),
        ),
    ];
    for (id, delta, requirement, error, flag, alter) in alters {
        let packet = cast.complete(|plain| alter(plain));
        cases.push((id.to_owned(), delta.to_owned(), requirement, error, flag, packet));
    }
    for (id, delta, requirement, error, flag, packet) in cases {
        let against = Against { twin: "ada", delta: &delta, error, flag };
        let about = About { id: &id, comment: &delta, requirements: &[requirement] };
        book.bad(about, against, complete_input(cast, &packet, NOW), None);
    }
    let against = Against {
        twin: "last",
        delta: "a millisecond later",
        error: "unknown_handshake",
        flag: "Time",
    };
    let about =
        About { id: "expired", comment: "60 s after the Response", requirements: &["HS-27"] };
    book.bad(about, against, complete_input(cast, &good, NOW + HALF_OPEN_LIFETIME), None);
    book
}
