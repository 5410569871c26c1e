//! Chapter 4 and 8.2: whole devices with a clock.

use super::found;
use super::keys::{NOW, Person, resigned};
use super::{About, Book, key, stored, tables};
use crate::trace::{self, CompletePlain, InitPlain, ResponsePlain, pair};
use quipu::limits::{
    DAY, HALF_OPEN_LIFETIME, INIT_WINDOW, RECEIPT_INTERVAL, SUPERSEDED_AGE, UNCONFIRMED_AGE,
};
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    let mut book = Book::new("device", "whole devices with a clock");
    handshakes(&mut book);
    replays(&mut book);
    bounds(&mut book);
    lives(&mut book);
    several(&mut book);
    clocks(&mut book);
    pins_and_cards(&mut book);
    stored::sessions(&mut book);
    tables::interactive(&mut book);
    found::put(&mut book, "core");
    vec![book]
}

pub(super) fn setup() -> Value {
    let devices: Vec<Value> = ["ada", "bob", "mallory"]
        .iter()
        .map(|name| {
            let it = Person::new(name);
            json!({
                "name": name, "ik_seed": hex::encode(it.seed),
                "idk_private": hex::encode(it.private), "card": hex::encode(it.card),
            })
        })
        .collect();
    json!({ "devices": devices })
}

/// A script in short; `now` is relative to `NOW`.
#[derive(Default)]
pub(super) struct Script(pub(super) Vec<Value>);

impl Script {
    pub(super) fn step(mut self, who: &str, what: &str, now: u64, more: &Value) -> Self {
        let mut step = json!({ "as": who, "do": what, "now": (NOW + now).to_string() });
        if let (Value::Object(step), Value::Object(more)) = (&mut step, more) {
            step.extend(more.clone());
        }
        self.0.push(step);
        self
    }

    pub(super) fn initiate(self, who: &str, to: &str, now: u64, save: &str) -> Self {
        let card = hex::encode(Person::new(to).card);
        self.step(who, "initiate", now, &json!({ "card": card, "save": save }))
    }

    pub(super) fn receive(
        self,
        who: &str,
        from: &str,
        saved: &str,
        now: u64,
        save: &[&str],
    ) -> Self {
        let mut more = json!({ "saved": saved });
        if !from.is_empty() {
            more["from"] = json!(from);
        }
        if !save.is_empty() {
            more["save"] = json!(save);
        }
        self.step(who, "receive", now, &more)
    }

    pub(super) fn raw(self, who: &str, packet: &[u8], now: u64) -> Self {
        self.step(who, "receive", now, &json!({ "packet": hex::encode(packet) }))
    }

    pub(super) fn send(self, who: &str, to: &str, now: u64, save: &str) -> Self {
        self.step(
            who,
            "send",
            now,
            &json!({ "to": to, "type": 1, "content": hex::encode(save), "save": save }),
        )
    }

    pub(super) fn due(self, who: &str, now: u64) -> Self {
        self.step(who, "due", now, &json!({}))
    }

    pub(super) fn restart(self, who: &str, now: u64, cache: bool) -> Self {
        self.step(who, "restart", now, &json!({ "cache": cache }))
    }

    pub(super) fn refuse(mut self, error: &str) -> Self {
        self.0.last_mut().expect("there is a step")["error"] = json!(error);
        self
    }

    /// A whole handshake; the names of its packets begin with `tag`.
    pub(super) fn handshake(self, from: &str, to: &str, now: u64, tag: &str) -> Self {
        let name = |part: &str| format!("{tag}-{part}");
        self.initiate(from, to, now, &name("init"))
            .receive(to, "", &name("init"), now, &[&name("response")])
            .receive(from, "", &name("response"), now, &[&name("complete")])
            .receive(to, "", &name("complete"), now, &[&name("receipt")])
    }

    /// A handshake and its confirmation.
    pub(super) fn meet(self, from: &str, to: &str, now: u64, tag: &str) -> Self {
        self.handshake(from, to, now, tag).receive(from, to, &format!("{tag}-receipt"), now, &[])
    }

    pub(super) fn put(
        self,
        book: &mut Book,
        id: &str,
        comment: &str,
        requirements: &[&str],
        flag: &str,
    ) {
        book.script(About { id, comment, requirements }, flag, &setup(), &self.0);
    }
}

fn handshakes(book: &mut Book) {
    let s = Script::default;
    s().meet("ada", "bob", 0, "h")
        .send("ada", "bob", 1, "m")
        .receive("bob", "ada", "m", 1, &[])
        .send("bob", "ada", 2, "n")
        .receive("ada", "bob", "n", 2, &[])
        .put(
            book,
            "meet",
            "handshake, confirmation, a message each way",
            &["HS-35", "HS-38", "SESSION-05", "CARD-11"],
            "Normal",
        );
    s().initiate("ada", "bob", 0, "i")
        .receive("bob", "", "i", 0, &["r"])
        .receive("ada", "", "r", 0, &["c"])
        .send("ada", "bob", 0, "m0")
        .receive("bob", "", "m0", 0, &["ack"])
        .receive("ada", "bob", "ack", 0, &[])
        .send("ada", "bob", 0, "m1")
        .receive("bob", "ada", "m1", 0, &[])
        .put(
            book,
            "complete-lost",
            "the empty Complete is lost; the one before the message serves",
            &["HS-36", "HS-32"],
            "Normal",
        );
    s().handshake("ada", "bob", 0, "h")
        .send("ada", "bob", 0, "m0")
        .receive("bob", "", "m0", RECEIPT_INTERVAL - 1, &[])
        .send("ada", "bob", 0, "m1")
        .receive("bob", "", "m1", RECEIPT_INTERVAL, &["ack"])
        .receive("ada", "bob", "ack", RECEIPT_INTERVAL, &[])
        .put(
            book,
            "receipt-lost",
            "the receipt is lost; a repeated Complete is answered, once a second",
            &["HS-33", "HS-38"],
            "Normal",
        );
    s().handshake("ada", "bob", 0, "h")
        .due("ada", 1999)
        .due("ada", 2000)
        .due("ada", 2001)
        .due("ada", 6000)
        .due("ada", 18_000)
        .due("ada", 60_000)
        .put(book, "repeats", "Complete again after 2, 6 and 18 s", &["HS-37"], "Normal");
    s().initiate("ada", "bob", 0, "i")
        .receive("bob", "", "i", 0, &["r"])
        .receive("ada", "", "r", 0, &["c"])
        .receive("ada", "", "r", 0, &[])
        .refuse("unknown_handshake")
        .put(
            book,
            "response-twice",
            "the same Response again",
            &["HS-22", "HS-26", "ENC-08"],
            "Replay",
        );
    s().handshake("ada", "bob", 0, "h")
        .send("bob", "ada", 0, "early")
        .receive("ada", "bob", "early", 0, &[])
        .put(
            book,
            "responder-writes",
            "the responder's message confirms as well as its receipt",
            &["SESSION-05"],
            "Normal",
        );
    s().initiate("ada", "bob", 0, "i")
        .receive("bob", "", "i", 0, &["r"])
        .send("bob", "ada", 0, "x")
        .refuse("no_session")
        .put(
            book,
            "half-open-silent",
            "nothing is sent before Complete",
            &["HS-31", "SESSION-03"],
            "Identity",
        );
    s().handshake("ada", "bob", 0, "h")
        .receive("bob", "", "h-complete", 5, &[])
        .receive("bob", "", "h-complete", 2000, &["again"])
        .receive("ada", "bob", "again", 2000, &[])
        .put(
            book,
            "complete-twice",
            "a byte-identical Complete again",
            &["HS-33", "HS-38"],
            "Replay",
        );
    let mut flood = s().meet("ada", "bob", 0, "h");
    for index in 1..=18 {
        flood = flood.receive("bob", "", "h-complete", index * RECEIPT_INTERVAL, &[]);
    }
    flood.put(
        book,
        "complete-flood",
        "a replayed Complete is answered at most 16 times",
        &["HS-38"],
        "Replay",
    );
    own_complete(book);
}

/// Packets of a handshake of ada's with bob, computed in the open.
fn own_handshake() -> (Vec<u8>, trace::InitTrace, [[u8; 32]; 2]) {
    let (ada, bob) = (Person::new("ada"), Person::new("bob"));
    let plain = InitPlain::new(NOW, ada.card.clone());
    let init = trace::init(&ada.seed, &pair(&key("device EK_I")), &bob.card, &plain);
    (init.packet.clone(), init, [key("device EK_R"), key("device RB")])
}

fn own_complete(book: &mut Book) {
    let (ada, bob) = (Person::new("ada"), Person::new("bob"));
    let (init, traced, draws) = own_handshake();
    let plain = ResponsePlain::new(NOW, *pair(&draws[1]).public().as_bytes());
    let ek_i = *pair(&key("device EK_I")).public().as_bytes();
    let response =
        trace::response(&bob.seed, &pair(&draws[0]), (&ek_i, &ada.idk()), &traced, &plain);
    let complete = |ra: &str| {
        let plain = CompletePlain {
            ra: *pair(&key(ra)).public().as_bytes(),
            signature: None,
            damage_seal: false,
        };
        trace::complete(&ada.seed, (trace::SUITE, &traced.id), &response.hs, &response.h6, &plain)
            .packet
    };
    let packet = |complete: &[u8], message: &[u8]| {
        let length = u32::try_from(message.len()).expect("short").to_be_bytes();
        [complete, &length, message].concat()
    };
    let random: Vec<String> = draws.iter().map(hex::encode).collect();
    let begin = || {
        Script::default().step(
            "bob",
            "receive",
            0,
            &json!({ "packet": hex::encode(&init), "random": random }),
        )
    };
    let good = complete("device RA");
    let garbage = vec![0x99; 50];
    begin().raw("bob", &packet(&good, &garbage), 0).send("bob", "ada", 0, "x").put(
        book,
        "complete-with-garbage",
        "Complete commits alone; the message behind it is refused",
        &["HS-32", "ENC-08"],
        "Tamper",
    );
    let mut bad = good.clone();
    bad[163] ^= 1;
    begin()
        .raw("bob", &packet(&bad, &[]), 0)
        .refuse("authentication")
        .raw("bob", &packet(&good, &[]), 0)
        .put(
            book,
            "complete-tampered",
            "a damaged Complete leaves the handshake half open",
            &["HS-28", "ENC-08", "ENC-10"],
            "Tamper",
        );
    begin()
        .raw("bob", &packet(&good, &[]), 0)
        .raw("bob", &packet(&complete("another RA"), &[]), 0)
        .refuse("unknown_handshake")
        .put(
            book,
            "complete-different",
            "another good Complete for the same handshake",
            &["HS-34", "ENC-08"],
            "Replay",
        );
    begin()
        .raw("bob", &packet(&good, &[]), 0)
        .raw("bob", &packet(&good, &garbage), 2000)
        .refuse("version")
        .put(
            book,
            "complete-again-with-garbage",
            "a repeated Complete whose message is refused is refused",
            &["HS-33", "ENC-09"],
            "Tamper",
        );
    begin().raw("bob", &packet(&good, &[]), HALF_OPEN_LIFETIME - 1).put(
        book,
        "complete-in-time",
        "in the last millisecond",
        &["HS-27"],
        "Time",
    );
    begin().raw("bob", &packet(&good, &[]), HALF_OPEN_LIFETIME).refuse("unknown_handshake").put(
        book,
        "complete-late",
        "60 s after the Response",
        &["HS-27"],
        "Time",
    );
    begin()
        .restart("bob", 1, true)
        .raw("bob", &packet(&good, &[]), 2)
        .refuse("unknown_handshake")
        .put(
            book,
            "complete-after-restart",
            "a restart drops what is half open",
            &["HS-27", "SESSION-27"],
            "Time",
        );
    begin()
        .raw("bob", &packet(&good, &[]), 0)
        .restart("bob", 1, true)
        .raw("bob", &packet(&good, &[]), 2000)
        .put(
            book,
            "complete-known-after-restart",
            "a session knows its Complete after a restart",
            &["HS-33", "SESSION-26"],
            "Order",
        );
}

fn replays(book: &mut Book) {
    Script::default()
        .initiate("ada", "bob", 0, "i")
        .receive("bob", "", "i", 0, &["r"])
        .receive("ada", "", "r", 0, &["c"])
        .receive("bob", "", "c", 0, &[])
        .restart("bob", 1, false)
        .receive("bob", "", "i", 2, &[])
        .receive("bob", "", "c", 3, &[])
        .put(
            book,
            "complete-known-first",
            "the cache is lost, a replayed Init is half open under the id of a session: its Complete is known all the same",
            &["HS-33", "HS-34"],
            "Replay",
        );
    let s = Script::default;
    let (w, begin) = (INIT_WINDOW, || {
        Script::default().initiate("ada", "bob", 0, "i").receive("bob", "", "i", 0, &["r"])
    });
    begin()
        .receive("bob", "", "i", 1, &[])
        .refuse("replay")
        .receive("bob", "", "i", w, &[])
        .refuse("replay")
        .receive("bob", "", "i", w + 1, &[])
        .refuse("time")
        .put(
            book,
            "replay",
            "the same Init again, until its window has passed",
            &["HS-07", "HS-19", "HS-10"],
            "Replay",
        );
    begin().restart("bob", 1, true).receive("bob", "", "i", 2, &[]).refuse("replay").put(
        book,
        "replay-after-restart",
        "the cache is restored",
        &["HS-07", "SESSION-28"],
        "Replay",
    );
    begin()
        .restart("bob", 1, false)
        .receive("bob", "", "i", 2, &["r2"])
        .receive("bob", "", "i", 3, &[])
        .refuse("replay")
        .receive("ada", "", "r2", 3, &["c"])
        .receive("bob", "", "c", 4, &[])
        .put(
            book,
            "cache-lost",
            "a lost cache costs one Response for each captured Init",
            &["HS-19"],
            "Replay",
        );
    s().initiate("ada", "bob", 0, "i")
        .receive("mallory", "", "i", 0, &[])
        .refuse("authentication")
        .receive("bob", "", "i", 0, &[])
        .put(
            book,
            "redirected",
            "an Init delivered to somebody else",
            &["HS-09", "ENC-08"],
            "Identity",
        );
    s().initiate("ada", "bob", 0, "i")
        .receive("ada", "", "i", 0, &[])
        .refuse("authentication")
        .put(book, "reflected", "an Init back to its sender", &["HS-09"], "Identity");
    s().initiate("ada", "bob", 0, "i")
        .receive("bob", "", "i", 0, &["r"])
        .receive("bob", "", "r", 0, &[])
        .refuse("unknown_handshake")
        .receive("ada", "", "r", HALF_OPEN_LIFETIME, &[])
        .refuse("unknown_handshake")
        .put(
            book,
            "response-late",
            "a Response reflected, and one too late",
            &["HS-22", "HS-27"],
            "Time",
        );
    let (init, ..) = own_handshake();
    let mut bad = init.clone();
    bad[400] ^= 1;
    s().raw("bob", &bad, 0).refuse("authentication").raw("bob", &init, 0).put(
        book,
        "garbage-is-not-cached",
        "a damaged Init does not keep the genuine one out",
        &["HS-19", "ENC-08"],
        "Tamper",
    );
    let forged = {
        let (ada, bob) = (Person::new("ada"), Person::new("bob"));
        let plain = InitPlain { signature: Some([3; 64]), ..InitPlain::new(NOW, ada.card) };
        trace::init(&ada.seed, &pair(&key("device EK_I")), &bob.card, &plain).packet
    };
    s().raw("bob", &forged, 0)
        .refuse("signature")
        .raw("bob", &forged, 1)
        .refuse("signature")
        .raw("bob", &init, 2)
        .put(
            book,
            "unsigned-is-not-cached",
            "only a signed Init enters the cache",
            &["HS-19"],
            "Replay",
        );
}

fn bounds(book: &mut Book) {
    let init = |index: u32, ts: u64| {
        let (ada, bob) = (Person::new("ada"), Person::new("bob"));
        let plain = InitPlain::new(ts, ada.card);
        trace::init(&ada.seed, &pair(&key(&format!("flood {index}"))), &bob.card, &plain).packet
    };
    let mut flood = Script::default();
    for index in 0..32 {
        flood = flood.raw("bob", &init(index, NOW), 0);
    }
    flood
        .raw("bob", &init(32, NOW), 0)
        .refuse("busy")
        .initiate("mallory", "bob", 0, "i")
        .receive("bob", "", "i", 0, &[])
        .raw("bob", &init(32, NOW), HALF_OPEN_LIFETIME)
        .put(
            book,
            "half-open-33",
            "32 half-open handshakes of one identity; others still get in",
            &["HS-17"],
            "Bounds",
        );
    let mut flood = Script::default();
    for index in 0..64 {
        let now = u64::from(index / 32) * HALF_OPEN_LIFETIME;
        flood = flood.raw("bob", &init(index, NOW), now);
    }
    flood
        .raw("bob", &init(64, NOW), 2 * HALF_OPEN_LIFETIME)
        .refuse("busy")
        .raw("bob", &init(65, NOW + INIT_WINDOW), INIT_WINDOW + 1)
        .put(
            book,
            "cache-65",
            "64 cached Inits of one identity; room again when their window has passed",
            &["HS-17", "HS-19"],
            "Bounds",
        );
}

fn lives(book: &mut Book) {
    let s = Script::default;
    let age = UNCONFIRMED_AGE;
    s().handshake("ada", "bob", 0, "h")
        .send("ada", "bob", 1, "m")
        .due("ada", age - 1)
        .due("ada", age)
        .send("ada", "bob", age, "n")
        .refuse("no_session")
        .put(
            book,
            "given-up",
            "5 minutes without an answer",
            &["SESSION-06", "SESSION-03"],
            "Time",
        );
    s().handshake("ada", "bob", 0, "h")
        .due("ada", age)
        .receive("ada", "bob", "h-receipt", age + 1, &[])
        .send("ada", "bob", age + 2, "m")
        .receive("bob", "ada", "m", age + 2, &[])
        .put(
            book,
            "given-up-confirmed",
            "a late answer confirms a given-up session",
            &["SESSION-05", "SESSION-08"],
            "Order",
        );
    s().handshake("ada", "bob", 0, "h")
        .send("ada", "bob", age, "m")
        .refuse("no_session")
        .receive("ada", "bob", "h-receipt", age, &[])
        .send("ada", "bob", age, "m")
        .put(
            book,
            "at-limit",
            "at the limit sending counts it as given up, receiving still confirms",
            &["SESSION-06", "SESSION-05"],
            "Time",
        );
    s().handshake("ada", "bob", 0, "h")
        .handshake("ada", "bob", 1000, "k")
        .receive("ada", "bob", "k-receipt", 1000, &[])
        .receive("ada", "bob", "h-receipt", 1000, &[])
        .send("ada", "bob", 1000, "m")
        .receive("bob", "ada", "m", 1000, &[])
        .put(
            book,
            "second-start",
            "a new session gives up the unconfirmed one before it",
            &["SESSION-07", "SESSION-05"],
            "Order",
        );
    let limit = SUPERSEDED_AGE;
    s().meet("ada", "bob", 0, "h")
        .send("bob", "ada", 1, "old")
        .meet("ada", "bob", 1000, "k")
        .receive("ada", "bob", "old", 2000, &[])
        .due("ada", 2000 + limit - 1)
        .due("ada", 2000 + limit)
        .receive("ada", "bob", "old", 2000 + limit, &[])
        .refuse("unknown_session")
        .put(
            book,
            "superseded",
            "a lesser session lives 7 days after its last message",
            &["SESSION-10", "SESSION-08"],
            "Time",
        );
    s().meet("ada", "bob", 0, "h")
        .send("bob", "ada", 1, "old")
        .meet("ada", "bob", 1000, "k")
        .receive("ada", "bob", "old", 1000 + limit, &[])
        .refuse("unknown_session")
        .put(
            book,
            "superseded-unasked",
            "without `due` it counts as dropped all the same",
            &["SESSION-10", "ENC-08"],
            "Time",
        );
    let below = || s().meet("ada", "bob", 0, "h").send("ada", "bob", 1, "old");
    below()
        .handshake("ada", "bob", 1000, "k")
        .send("ada", "bob", 1001, "first")
        .receive("bob", "", "first", 1001, &[])
        .due("bob", 1001 + limit)
        .receive("bob", "ada", "old", 1001 + limit, &[])
        .send("ada", "bob", 1001 + limit, "back")
        .receive("bob", "ada", "back", 1001 + limit, &[])
        .put(
            book,
            "below-unsettled",
            "below a session of which bob has heard the first chain only nothing ages: ada gave it up",
            &["SESSION-10", "SESSION-08"],
            "Time",
        );
    below()
        .meet("ada", "bob", 1000, "k")
        .send("ada", "bob", 2000, "later")
        .receive("bob", "ada", "later", 2000, &[])
        .due("bob", 1999 + limit)
        .receive("bob", "ada", "old", 2000 + limit, &[])
        .refuse("unknown_session")
        .due("bob", 2000 + limit)
        .put(
            book,
            "below-settled",
            "from the first message of a later chain on it ages",
            &["SESSION-10", "SESSION-31"],
            "Time",
        );
    let mut five = s();
    for index in 0..5 {
        five = five.meet("ada", "bob", index * 1000, &format!("h{index}"));
    }
    five.put(
        book,
        "five-sessions",
        "the fifth confirmed session drops the least",
        &["SESSION-09"],
        "Bounds",
    );
    let mut given = s();
    for index in 0..4 {
        given = given.handshake("ada", "bob", index * 1000, &format!("h{index}"));
    }
    given.put(
        book,
        "given-up-three",
        "a third given-up session drops the least",
        &["SESSION-09", "SESSION-07"],
        "Bounds",
    );
}

fn clocks(book: &mut Book) {
    let s = Script::default;
    let w = INIT_WINDOW;
    s().meet("ada", "bob", 1000, "h")
        .meet("ada", "bob", 0, "k")
        .send("bob", "ada", 2, "m")
        .receive("ada", "bob", "m", 2, &[])
        .put(
            book,
            "clock-back",
            "the clock went back: ts_I is one more than the greatest confirmed",
            &["HS-05", "SESSION-03"],
            "Time",
        );
    let card = json!({ "card": hex::encode(Person::new("bob").card) });
    s().meet("ada", "bob", w, "h")
        .step("ada", "initiate", 0, &card)
        .refuse("window")
        .initiate("ada", "bob", 1, "i")
        .receive("bob", "", "i", 1, &[])
        .put(
            book,
            "clock-back-window",
            "back by the window: not yet; a millisecond later: at its edge",
            &["HS-05", "ENC-08"],
            "Time",
        );
    s().handshake("ada", "bob", w, "h")
        .initiate("ada", "bob", 0, "i")
        .receive("bob", "", "i", 0, &[])
        .put(
            book,
            "floor-is-confirmed",
            "an unconfirmed session does not raise ts_I",
            &["HS-05"],
            "Time",
        );
    s().handshake("ada", "bob", DAY + 1, "h").due("ada", 1).due("ada", 0).put(
        book,
        "clock-back-a-day",
        "ts_I more than a day after the present time: given up",
        &["SESSION-06"],
        "Time",
    );
    s().handshake("ada", "bob", 0, "h")
        .due("ada", 2000)
        .restart("ada", 2500, true)
        .due("ada", 3000)
        .send("ada", "bob", 3000, "m")
        .due("ada", 6000)
        .receive("bob", "", "m", 6000, &["ack"])
        .receive("ada", "bob", "ack", 6000, &[])
        .put(
            book,
            "restart-unconfirmed",
            "a restart keeps Complete and how often it was repeated",
            &["SESSION-26", "HS-36", "HS-37"],
            "Order",
        );
}

fn several(book: &mut Book) {
    let ids = &["SESSION-03", "SESSION-04", "SESSION-08"];
    let start = || {
        Script::default().initiate("ada", "bob", 0, "a-init").initiate("bob", "ada", 5, "b-init")
    };
    start()
        .receive("bob", "", "a-init", 10, &["a-response"])
        .receive("ada", "", "b-init", 10, &["b-response"])
        .receive("ada", "", "a-response", 11, &["a-complete"])
        .receive("bob", "", "b-response", 11, &["b-complete"])
        .receive("bob", "", "a-complete", 12, &["a-receipt"])
        .receive("ada", "", "b-complete", 12, &["b-receipt"])
        .receive("ada", "bob", "a-receipt", 13, &[])
        .receive("bob", "ada", "b-receipt", 13, &[])
        .send("ada", "bob", 20, "from-ada")
        .send("bob", "ada", 20, "from-bob")
        .receive("bob", "ada", "from-ada", 21, &[])
        .receive("ada", "bob", "from-bob", 21, &[])
        .put(book, "crossed", "both start at once; both end on the greater session", ids, "Order");
    start()
        .receive("bob", "", "a-init", 10, &["a-response"])
        .receive("ada", "", "a-response", 11, &["a-complete"])
        .receive("bob", "", "a-complete", 12, &["a-receipt"])
        .receive("ada", "bob", "a-receipt", 12, &[])
        .send("bob", "ada", 13, "on-a")
        .receive("ada", "bob", "on-a", 13, &[])
        .receive("ada", "", "b-init", 14, &["b-response"])
        .receive("bob", "", "b-response", 15, &["b-complete"])
        .send("bob", "ada", 16, "on-b")
        .receive("ada", "", "on-b", 17, &["b-receipt"])
        .receive("bob", "ada", "b-receipt", 18, &[])
        .send("ada", "bob", 19, "answer")
        .receive("bob", "ada", "answer", 19, &[])
        .put(
            book,
            "crossed-late",
            "the second handshake finishes later and takes over",
            ids,
            "Order",
        );
    start()
        .receive("bob", "", "a-init", 10, &["a-response"])
        .receive("ada", "", "b-init", 10, &["b-response"])
        .receive("ada", "", "a-response", 11, &["a-complete"])
        .receive("bob", "", "a-complete", 12, &["a-receipt"])
        .receive("ada", "bob", "a-receipt", 13, &[])
        .send("ada", "bob", 14, "m")
        .receive("bob", "ada", "m", 14, &[])
        .put(book, "crossed-one-lost", "one of two crossed handshakes is lost", ids, "Order");
    let forgotten = |greater: fn(Script) -> Script| {
        let before = Script::default().meet("ada", "bob", 0, "h").store("bob", "ada", 0, "s");
        greater(before).restore("bob", 1, "s", &json!({}))
    };
    forgotten(|it| it.meet("ada", "bob", INIT_WINDOW, "k"))
        .meet("bob", "ada", 1000, "l")
        .send("ada", "bob", 1001, "in-vain")
        .receive("bob", "ada", "in-vain", 1001, &[])
        .refuse("unknown_session")
        .meet("ada", "bob", 1002, "n")
        .send("ada", "bob", 1003, "m")
        .receive("bob", "ada", "m", 1003, &[])
        .put(
            book,
            "lesser",
            "bob lost the greatest session and begins a lesser one; ada answers with her own",
            &["SESSION-33", "SESSION-12"],
            "Order",
        );
    forgotten(|it| it.handshake("ada", "bob", INIT_WINDOW, "k")).meet("bob", "ada", 1000, "l").put(
        book,
        "lesser-unconfirmed",
        "below a session that is not confirmed a new one is not reported",
        &["SESSION-33"],
        "Order",
    );
    forgotten(|it| it.meet("ada", "bob", 999, "k")).meet("bob", "ada", 1000, "l").put(
        book,
        "lesser-not",
        "a session that is the greatest is not reported",
        &["SESSION-33"],
        "Order",
    );
    start()
        .receive("bob", "", "a-init", 10, &["a-response"])
        .receive("ada", "", "b-init", 10, &["b-response"])
        .receive("bob", "", "b-response", 11, &["b-complete"])
        .receive("ada", "", "b-complete", 12, &["b-receipt"])
        .receive("bob", "ada", "b-receipt", 12, &[])
        .receive("ada", "", "a-response", 13, &["a-complete"])
        .receive("bob", "", "a-complete", 14, &["a-receipt"])
        .receive("ada", "bob", "a-receipt", 14, &[])
        .put(
            book,
            "crossed-lesser",
            "the lesser of two crossed handshakes ends last: reported, and nothing else",
            &["SESSION-33", "SESSION-03"],
            "Order",
        );
    Script::default()
        .meet("ada", "bob", 0, "h")
        .send("ada", "bob", 1, "before")
        .meet("bob", "ada", 2, "k")
        .receive("bob", "ada", "before", 3, &[])
        .send("ada", "bob", 4, "after")
        .receive("bob", "ada", "after", 4, &[])
        .put(
            book,
            "under-way",
            "a message of the lesser session, under way when the greater began",
            ids,
            "Order",
        );
    Script::default()
        .meet("ada", "bob", 0, "h")
        .send("ada", "bob", 1, "m")
        .receive("bob", "mallory", "m", 1, &[])
        .refuse("unknown_session")
        .receive("bob", "", "m", 1, &[])
        .refuse("unknown_session")
        .receive("bob", "ada", "m", 1, &[])
        .put(
            book,
            "wrong-peer",
            "a message is tried on the sessions of the named device only",
            &["SESSION-11", "SESSION-12", "ENC-08"],
            "Identity",
        );
    Script::default()
        .meet("ada", "bob", 0, "h")
        .step("ada", "close", 1, &json!({ "to": "bob", "save": "end" }))
        .receive("bob", "ada", "end", 1, &[])
        .send("ada", "bob", 2, "m")
        .refuse("closed")
        .meet("ada", "bob", 3, "k")
        .send("ada", "bob", 4, "n")
        .receive("bob", "ada", "n", 4, &[])
        .put(
            book,
            "closed-then-new",
            "after a close only a new session sends",
            &["SESSION-19", "SESSION-03"],
            "Order",
        );
    Script::default()
        .meet("ada", "bob", 0, "h")
        .restart("ada", 1, true)
        .restart("bob", 1, true)
        .send("ada", "bob", 2, "m")
        .receive("bob", "ada", "m", 2, &[])
        .put(book, "restart", "both restart and go on", &["SESSION-26"], "Order");
}

fn pins_and_cards(book: &mut Book) {
    let s = Script::default;
    let (ada, bob, mallory) = (Person::new("ada"), Person::new("bob"), Person::new("mallory"));
    let pin = |person: &Person, ik: &[u8; 32]| json!({ "address": hex::encode(&person.address), "device": 1, "ik": hex::encode(ik) });
    s().step("bob", "pin", 0, &pin(&ada, &ada.ik()))
        .step("ada", "pin", 0, &pin(&bob, &bob.ik()))
        .meet("ada", "bob", 0, "h")
        .put(book, "pinned", "both sides have pinned each other", &["CARD-11", "HS-12"], "Normal");
    s().step("bob", "pin", 0, &pin(&ada, &mallory.ik()))
        .initiate("ada", "bob", 0, "i")
        .receive("bob", "", "i", 0, &[])
        .refuse("identity")
        .put(
            book,
            "pin-contradicted",
            "the responder has pinned another key",
            &["HS-12", "ENC-08"],
            "Identity",
        );
    let card = hex::encode(&bob.card);
    s().step("ada", "pin", 0, &pin(&bob, &mallory.ik()))
        .step("ada", "initiate", 0, &json!({ "card": card }))
        .refuse("identity")
        .put(
            book,
            "pin-contradicted-start",
            "the initiator has pinned another key",
            &["HS-39", "ENC-08"],
            "Identity",
        );
    let own = hex::encode(&ada.card);
    s().step("ada", "initiate", 0, &json!({ "card": own })).refuse("identity").put(
        book,
        "self",
        "a handshake with oneself",
        &["HS-03", "ENC-08"],
        "Identity",
    );
    let impostor = {
        let card = resigned(&mallory, |card| card[5..74].copy_from_slice(&ada.card[5..74]));
        let plain = InitPlain::new(NOW, card);
        trace::init(&mallory.seed, &pair(&key("impostor")), &bob.card, &plain).packet
    };
    s().step("bob", "pin", 0, &pin(&ada, &ada.ik()))
        .raw("bob", &impostor, 0)
        .refuse("identity")
        .put(
            book,
            "impostor-pinned",
            "a stranger claims a pinned address and device",
            &["HS-12"],
            "Identity",
        );
    s().meet("ada", "bob", 0, "h")
        .raw("bob", &impostor, 1)
        .send("bob", "ada", 2, "m")
        .receive("ada", "bob", "m", 2, &[])
        .put(
            book,
            "impostor-unpinned",
            "a stranger claims an address that is not pinned: a peer of its own",
            &["SESSION-11", "CARD-11"],
            "Identity",
        );
    let next = |index: u64| {
        let card =
            resigned(&bob, |card| card[138..146].copy_from_slice(&(NOW + index).to_be_bytes()));
        json!({ "card": hex::encode(card) })
    };
    s().initiate("ada", "bob", 0, "i")
        .step("bob", "card", 1, &next(1))
        .receive("bob", "", "i", 2, &["r"])
        .receive("ada", "", "r", 2, &["c"])
        .receive("bob", "", "c", 2, &[])
        .put(book, "older-card", "an Init made for the card before", &["CARD-13"], "Order");
    s().step("bob", "card", 1, &next(1))
        .step("bob", "card", 1, &next(2))
        .step("bob", "card", 1, &next(3))
        .step("bob", "card", 1, &next(4))
        .refuse("cards")
        .step("bob", "card", 91 * DAY, &{
            let card = resigned(&bob, |card| {
                card[138..146].copy_from_slice(&(NOW + 91 * DAY).to_be_bytes());
                card[146..154].copy_from_slice(&(NOW + 99 * DAY).to_be_bytes());
            });
            json!({ "card": hex::encode(card) })
        })
        .put(book, "five-cards", "no fifth card while four are kept", &["CARD-14"], "Bounds");
    let late = |expires: u64| {
        let card = resigned(&bob, |card| {
            card[138..146].copy_from_slice(&(NOW + 90 * DAY).to_be_bytes());
            card[146..154].copy_from_slice(&expires.to_be_bytes());
        });
        json!({ "card": hex::encode(card) })
    };
    s().step("bob", "card", 1, &next(1))
        .step("bob", "card", 1, &next(2))
        .step("bob", "card", 1, &next(3))
        .step("bob", "card", 90 * DAY + INIT_WINDOW, &late(NOW + 99 * DAY))
        .refuse("cards")
        .step("bob", "card", 90 * DAY + INIT_WINDOW + 1, &late(NOW + 99 * DAY))
        .put(
            book,
            "card-kept",
            "a card is kept until a window after it expired",
            &["CARD-13", "CARD-14"],
            "Time",
        );
}
