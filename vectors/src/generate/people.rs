//! Chapters 5 and 9 with whole devices: prepared handshakes, suite `0x0002`, devices of a user.

use super::account::{Entry, List};
use super::device::Script;
use super::found;
use super::keys::{NOW, Person, resigned};
use super::prekeys::{Rec, bundle_of};
use super::prepared::person;
use super::{About, Book, key, stored, tables};
use crate::insider::Setup;
use crate::trace::{self, CompletePlain, InitPlain, ResponsePlain, pair};
use quipu::crypto::kem::KemSecret;
use quipu::limits::DAY;
use quipu::secret::Secret;
use quipu::wire::Suite;
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    let mut prepared = Book::of("prepared", "device", "prepared handshakes of whole devices");
    let mut hybrid = Book::of("hybrid", "device", "whole devices in suite 0x0002");
    let mut devices = Book::of("devices", "device", "manifests, views and announcements");
    meetings(&mut prepared, Suite::X25519);
    deliveries(&mut prepared);
    stores(&mut prepared);
    lives(&mut prepared);
    lost(&mut prepared);
    crossings(&mut prepared);
    strangers(&mut prepared);
    receipts(&mut prepared);
    stored::prekeys(&mut prepared);
    tables::prepared(&mut prepared);
    meetings(&mut hybrid, Suite::Hybrid);
    suites(&mut hybrid);
    other_suites(&mut hybrid);
    lists(&mut devices);
    revocations(&mut devices);
    announcements(&mut devices);
    takeovers(&mut devices);
    pinned(&mut devices);
    vouchers(&mut devices);
    views(&mut devices);
    stored::contacts(&mut devices);
    for (book, profile) in
        [(&mut prepared, "prepared"), (&mut hybrid, "hybrid"), (&mut devices, "devices")]
    {
        found::put(book, profile);
    }
    vec![prepared, hybrid, devices]
}

/// The prekeys that a device publishes at one moment.
#[derive(Clone)]
pub(super) struct Published {
    who: Person,
    suite: Suite,
    tag: String,
    now: u64,
    one_time: usize,
}

impl Published {
    pub(super) fn new(who: &str, suite: Suite, now: u64, one_time: usize) -> Self {
        let tag = format!("{who} at {now}");
        Self { who: person(who, suite), suite, tag, now: NOW + now, one_time }
    }

    /// Kinds in the order of their draws.
    fn kinds(&self) -> Vec<(u8, String)> {
        let hybrid = self.suite == Suite::Hybrid;
        let mut kinds = vec![(1, "signed".to_owned())];
        kinds.extend(hybrid.then(|| (4, "last".to_owned())));
        kinds.extend((0..self.one_time).map(|index| (2, format!("one-time {index}"))));
        let kem = if hybrid { self.one_time } else { 0 };
        kinds.extend((0..kem).map(|index| (3, format!("kem {index}"))));
        kinds
    }

    fn private(&self, kind: u8, name: &str) -> Vec<u8> {
        let one = key(&format!("{} {name}", self.tag));
        if kind < 3 { one.to_vec() } else { [one, key(&format!("{} {name} z", self.tag))].concat() }
    }

    fn id(&self, name: &str) -> [u8; 4] {
        *key(&format!("{} {name} id", self.tag)).first_chunk().expect("4 bytes")
    }

    /// The id of the signed prekey.
    pub(super) fn signed_id(&self) -> u32 {
        u32::from_be_bytes(self.id("signed"))
    }

    fn random(&self) -> Value {
        let draws = self.kinds();
        let draws = draws.iter().flat_map(|(kind, name)| {
            [hex::encode(self.id(name)), hex::encode(self.private(*kind, name))]
        });
        draws.collect()
    }

    fn record(&self, kind: u8, name: &str) -> Vec<u8> {
        let private = self.private(kind, name);
        let key = if kind < 3 {
            let private = private.try_into().expect("32 bytes");
            pair(&private).public().as_bytes().to_vec()
        } else {
            let seed = Secret::new(private.try_into().expect("64 bytes"));
            KemSecret::new(&seed).public().as_bytes().to_vec()
        };
        let (id, created) = (u32::from_be_bytes(self.id(name)), self.now);
        let rec = Rec { id, created, expires: created + 30 * DAY, key, ..Rec::new(kind) };
        rec.signed(&self.who.seed)
    }

    /// A bundle with the one-time prekeys of an index, or without.
    pub(super) fn bundle(&self, index: Option<usize>) -> String {
        let opk = index.map(|index| self.record(2, &format!("one-time {index}")));
        let kem = match index {
            Some(index) => self.record(3, &format!("kem {index}")),
            None => self.record(4, "last"),
        };
        let kem = (self.suite == Suite::Hybrid).then_some(kem);
        let spk = self.record(1, "signed");
        hex::encode(bundle_of(&self.who.card, &spk, opk.as_deref(), kem.as_deref()))
    }
}

impl Script {
    pub(super) fn publish(self, who: &str, it: &Published) -> Self {
        let more = json!({ "one_time": it.one_time, "random": it.random() });
        self.step(who, "prekeys", it.now - NOW, &more)
    }

    pub(super) fn prepare(self, who: &str, bundle: &str, now: u64) -> Self {
        self.step(who, "prepare", now, &json!({ "bundle": bundle }))
    }

    pub(super) fn manifest(self, who: &str, lists: &[&List]) -> Self {
        let manifests: Vec<String> = lists.iter().map(|it| hex::encode(it.signed())).collect();
        self.step(who, "manifest", 0, &json!({ "manifests": manifests }))
    }

    fn announce(self, who: &str, to: &str, lists: &[&List], save: &str) -> Self {
        let content: Vec<u8> = lists
            .iter()
            .flat_map(|it| {
                let manifest = it.signed();
                let length = u32::try_from(manifest.len()).expect("short").to_be_bytes();
                [length.as_slice(), &manifest].concat()
            })
            .collect();
        let more = json!({ "to": to, "type": 4, "content": hex::encode(content), "save": save });
        self.step(who, "send", 1, &more)
    }

    fn pin(self, who: &str, of: &Person) -> Self {
        let more = json!({
            "address": hex::encode(&of.address), "device": 1, "ik": hex::encode(of.ik()),
        });
        self.step(who, "pin", 0, &more)
    }

    fn done(self, book: &mut Book, setup: &Value, about: About<'_>, flag: &str) {
        book.script(about, flag, setup, &self.0);
    }

    fn in_suite(self, book: &mut Book, suite: Suite, about: (&str, &str, &[&str], &str)) {
        let (id, comment, requirements, flag) = about;
        let people = ["ada", "bob", "mallory"].map(|name| (name, person(name, suite)));
        self.done(book, &setup(&people), About { id, comment, requirements }, flag);
    }

    pub(super) fn plain(
        self,
        book: &mut Book,
        id: &str,
        comment: &str,
        requirements: &[&str],
        flag: &str,
    ) {
        self.in_suite(book, Suite::X25519, (id, comment, requirements, flag));
    }
}

pub(super) fn setup(people: &[(&str, Person)]) -> Value {
    let devices: Vec<Value> = people
        .iter()
        .map(|(name, it)| {
            json!({
                "name": name, "ik_seed": hex::encode(it.seed),
                "idk_private": hex::encode(it.private), "card": hex::encode(&it.card),
            })
        })
        .collect();
    json!({ "devices": devices })
}

fn s() -> Script {
    Script::default()
}

/// Handshakes that succeed, in a suite.
fn meetings(book: &mut Book, suite: Suite) {
    let bob = Published::new("bob", suite, 0, 2);
    let begin = || s().publish("bob", &bob);
    begin()
        .prepare("ada", &bob.bundle(Some(0)), 0)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 1, &["ack"])
        .receive("ada", "bob", "ack", 2, &[])
        .send("ada", "bob", 3, "m1")
        .receive("bob", "ada", "m1", 3, &[])
        .send("bob", "ada", 4, "n0")
        .receive("ada", "bob", "n0", 4, &[])
        .in_suite(
            book,
            suite,
            (
                "meet",
                "a first message to somebody who is away, an answer, a message each way",
                &["PREP-18", "PREP-26", "PREP-30", "SESSION-05"],
                "Normal",
            ),
        );
    begin()
        .prepare("ada", &bob.bundle(None), 0)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 1, &["ack"])
        .prepare("mallory", &bob.bundle(None), 1)
        .send("mallory", "bob", 2, "m1")
        .receive("bob", "", "m1", 2, &[])
        .in_suite(
            book,
            suite,
            (
                "reduced",
                "without one-time prekeys: reduced forward secrecy, and usable again",
                &["PREP-33", "PREP-26"],
                "Normal",
            ),
        );
    begin()
        .prepare("ada", &bob.bundle(Some(0)), 0)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 1, &[])
        .prepare("mallory", &bob.bundle(Some(0)), 1)
        .send("mallory", "bob", 2, "m1")
        .receive("bob", "", "m1", 2, &[])
        .refuse("unknown_prekey")
        .in_suite(
            book,
            suite,
            (
                "one-time-twice",
                "a one-time prekey opens one session",
                &["PREP-11", "PREP-21", "PREP-19"],
                "Replay",
            ),
        );
    begin()
        .prepare("ada", &bob.bundle(Some(1)), 0)
        .send("ada", "bob", 1, "m0")
        .restart("bob", 2, true)
        .receive("bob", "", "m0", 3, &["ack"])
        .restart("bob", 4, true)
        .receive("bob", "", "m0", 5, &[])
        .refuse("duplicate")
        .in_suite(
            book,
            suite,
            (
                "restarts",
                "prekeys and replay sets outlive a restart",
                &["PREP-29", "PREP-34"],
                "Replay",
            ),
        );
    if suite == Suite::Hybrid {
        return;
    }
    s().meet("ada", "bob", 0, "h")
        .step(
            "ada",
            "initiate",
            1,
            &json!({ "card": hex::encode(person("bob", suite).card), "save": "again" }),
        )
        .in_suite(
            book,
            Suite::X25519,
            ("suite-grows", "a peer's newer card lists more", &["CARD-16"], "Normal"),
        );
}

/// Orders and repetitions of packets.
fn deliveries(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 1);
    let begin = || {
        let sent = s().publish("bob", &bob).prepare("ada", &bob.bundle(Some(0)), 0);
        sent.send("ada", "bob", 1, "m0").send("ada", "bob", 1, "m1").send("ada", "bob", 1, "m2")
    };
    begin()
        .receive("bob", "", "m2", 2, &["ack"])
        .receive("bob", "", "m0", 2, &[])
        .receive("bob", "", "m1", 2, &[])
        .plain(
            book,
            "last-first",
            "the last packet arrives first: any of them begins the session",
            &["PREP-28", "SESSION-14"],
            "Order",
        );
    begin()
        .receive("bob", "", "m1", 2, &[])
        .receive("bob", "", "m1", 2, &[])
        .refuse("duplicate")
        .receive("bob", "", "m0", 3, &[])
        .plain(
            book,
            "packet-twice",
            "the same packet again is a duplicate message",
            &["PREP-28"],
            "Replay",
        );
    begin()
        .receive("bob", "", "m0", 2, &["first"])
        .receive("bob", "", "m1", 1_001, &[])
        .receive("bob", "", "m2", 1_002, &["second"])
        .receive("ada", "bob", "first", 1_003, &[])
        .receive("ada", "bob", "second", 1_003, &[])
        .plain(
            book,
            "answers",
            "known handshake bytes are answered at most once a second",
            &["PREP-30"],
            "Bounds",
        );
    s().publish("bob", &bob)
        .prepare("ada", &bob.bundle(Some(0)), 0)
        .due("ada", 2_000)
        .due("ada", 18_000)
        .plain(
            book,
            "no-repeats",
            "nothing is sent before the first message, and nothing repeated by itself",
            &["PREP-18"],
            "Order",
        );
    s().publish("bob", &bob)
        .prepare("ada", &bob.bundle(Some(0)), 0)
        .send("ada", "bob", 1, "m0")
        .receive("mallory", "", "m0", 2, &[])
        .refuse("unknown_prekey")
        .receive("ada", "", "m0", 2, &[])
        .refuse("unknown_prekey")
        .receive("bob", "", "m0", 2, &[])
        .plain(
            book,
            "misdirected",
            "a packet for somebody else, and reflected",
            &["PREP-21"],
            "Tamper",
        );
}

/// Rotation, retention, bounds, cards.
fn stores(book: &mut Book) {
    let none =
        |script: Script, now: u64| script.step("bob", "prekeys", now, &json!({ "one_time": 0 }));
    let at = |now: u64, one_time: usize| Published::new("bob", Suite::X25519, now, one_time);
    let week = 7 * DAY;
    let first = s().publish("bob", &at(0, 0));
    none(none(first, 1), week - 1).publish("bob", &at(week, 0)).plain(
        book,
        "rotation",
        "a new signed prekey after exactly a week",
        &["PREP-10"],
        "Time",
    );
    s().publish("bob", &at(100 * DAY, 0)).publish("bob", &at(0, 0)).plain(
        book,
        "rotation-clock-ahead",
        "a prekey of a clock that ran ahead does not count as new",
        &["PREP-10"],
        "Time",
    );
    let private = |name: &str| hex::encode(key(&format!("prekey with a taken id {name}")));
    let drawn = [
        ("00000007", "signed"),
        ("00000007", "one"),
        ("ffffffff", "two"),
        ("ffffffff", "three"),
        ("00000000", "four"),
    ];
    let random: Vec<String> =
        drawn.iter().flat_map(|(id, name)| [(*id).to_owned(), private(name)]).collect();
    s().step("bob", "prekeys", 0, &json!({ "one_time": 4, "random": random })).plain(
        book,
        "ids-taken",
        "ids that are in use or zero: the next greater one that is neither",
        &["PREP-13"],
        "Random",
    );
    s().step("bob", "prekeys", 0, &json!({ "one_time": 1_001 })).refuse("prekeys").plain(
        book,
        "too-many-at-once",
        "more than 1,000 one-time prekeys at once",
        &["PREP-14"],
        "Bounds",
    );
    s().publish("bob", &at(0, 3))
        .step("bob", "prekeys", 1, &json!({ "one_time": 998 }))
        .refuse("prekeys")
        .plain(book, "too-many", "more than 1,000 one-time prekeys", &["PREP-14"], "Bounds");
    let bob = at(0, 1);
    let sent = || {
        s().publish("bob", &bob)
            .prepare("ada", &bob.bundle(Some(0)), DAY)
            .send("ada", "bob", DAY, "m0")
    };
    sent().receive("bob", "", "m0", 44 * DAY - 1, &[]).plain(
        book,
        "retention",
        "received in the last millisecond of the private half",
        &["PREP-11"],
        "Time",
    );
    sent().receive("bob", "", "m0", 44 * DAY, &[]).refuse("unknown_prekey").plain(
        book,
        "retention-over",
        "the private half is gone",
        &["PREP-11"],
        "Time",
    );
    let card = |from: u64, to: u64| {
        let it = Person::with("bob", NOW + from, NOW + to);
        json!({ "card": hex::encode(it.card) })
    };
    let cards = |script: Script| {
        script.step("bob", "card", 1, &card(0, DAY)).step("bob", "card", 2, &card(1, DAY)).step(
            "bob",
            "card",
            3,
            &card(2, DAY),
        )
    };
    cards(s().publish("bob", &at(0, 0)))
        .step("bob", "card", 40 * DAY, &card(40 * DAY, 70 * DAY))
        .refuse("cards")
        .step("bob", "card", 44 * DAY, &card(44 * DAY, 70 * DAY))
        .plain(
            book,
            "cards-kept",
            "expired cards are kept as long as a signed prekey of their time",
            &["CARD-17", "CARD-14"],
            "Bounds",
        );
    cards(s()).step("bob", "card", 2 * DAY, &card(2 * DAY, 70 * DAY)).plain(
        book,
        "cards-without-prekeys",
        "without prekeys they go soon",
        &["CARD-17", "CARD-13"],
        "Bounds",
    );
}

/// Giving up, superseding, replay afterwards.
fn lives(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 2);
    let begin = || s().publish("bob", &bob).prepare("ada", &bob.bundle(Some(0)), 0);
    let week = 7 * DAY;
    begin()
        .send("ada", "bob", 1, "m0")
        .due("ada", week - 1)
        .due("ada", week)
        .send("ada", "bob", week, "m1")
        .refuse("no_session")
        .plain(
            book,
            "given-up",
            "given up after exactly a week without an answer",
            &["SESSION-06"],
            "Time",
        );
    begin()
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 2, &["ack"])
        .due("ada", week)
        .receive("ada", "bob", "ack", week, &[])
        .send("ada", "bob", week, "m1")
        .receive("bob", "ada", "m1", week, &[])
        .plain(
            book,
            "given-up-and-back",
            "an answer after that confirms the session",
            &["SESSION-05", "SESSION-08"],
            "Order",
        );
    begin()
        .send("ada", "bob", 1, "m0")
        .prepare("ada", &bob.bundle(Some(1)), 2)
        .send("ada", "bob", 2, "m1")
        .receive("bob", "", "m1", 3, &["ack1"])
        .receive("bob", "", "m0", 3, &["ack0"])
        .receive("ada", "bob", "ack0", 4, &[])
        .receive("ada", "bob", "ack1", 4, &[])
        .send("bob", "ada", 5, "n")
        .receive("ada", "bob", "n", 5, &[])
        .plain(
            book,
            "prepared-again",
            "a newer own session gives the older one up; both arrive",
            &["SESSION-07", "SESSION-03"],
            "Order",
        );
    let later = || {
        begin()
            .send("ada", "bob", 1, "m0")
            .receive("bob", "", "m0", 2, &["ack"])
            .receive("ada", "bob", "ack", 3, &[])
            .meet("ada", "bob", 10_000, "h")
            .send("ada", "bob", 10_000, "settles")
            .receive("bob", "ada", "settles", 10_000, &[])
            .due("bob", 10_000 + week)
    };
    later().receive("bob", "", "m0", 10_001 + week, &[]).refuse("replay").plain(
        book,
        "replay",
        "the session is gone, its handshake bytes are known",
        &["PREP-29"],
        "Replay",
    );
    later()
        .restart("bob", 10_001 + week, false)
        .receive("bob", "", "m0", 10_002 + week, &[])
        .refuse("replay")
        .plain(book, "replay-after-restart", "the same after a restart", &["PREP-29"], "Replay");
    later().receive("bob", "", "m0", 44 * DAY, &[]).refuse("unknown_prekey").plain(
        book,
        "replay-after-prekey",
        "the set ends with the private half, and so does the packet",
        &["PREP-29", "PREP-21"],
        "Replay",
    );
}

/// Giving up a session of which the other side has the better opinion, and losing one.
fn lost(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 2);
    let ada = Published::new("ada", Suite::X25519, 0, 1);
    let begin = || s().publish("bob", &bob).publish("ada", &ada).meet("ada", "bob", 0, "h");
    begin()
        .prepare("ada", &bob.bundle(Some(0)), 10)
        .send("ada", "bob", 11, "m0")
        .receive("bob", "", "m0", 12, &["ack"])
        .due("bob", 8 * DAY)
        .send("ada", "bob", 8 * DAY, "back")
        .receive("bob", "ada", "back", 8 * DAY, &[])
        .receive("ada", "bob", "ack", 8 * DAY, &[])
        .send("ada", "bob", 8 * DAY, "m1")
        .receive("bob", "ada", "m1", 8 * DAY, &[])
        .plain(
            book,
            "fallback",
            "the answer is lost: after 7 days ada goes on on the session before, which bob still has",
            &["SESSION-10", "SESSION-03"],
            "Time",
        );
    let ahead = DAY / 2;
    begin()
        .store("bob", "ada", 1, "before")
        .prepare("ada", &bob.bundle(Some(0)), ahead)
        .send("ada", "bob", ahead, "m0")
        .receive("bob", "", "m0", 2, &["ack"])
        .receive("ada", "bob", "ack", ahead, &[])
        .restore("bob", 3, "before", &json!({}))
        .prepare("bob", &ada.bundle(Some(0)), 10)
        .send("bob", "ada", 10, "n0")
        .receive("ada", "", "n0", ahead + 10, &[])
        .send("ada", "bob", ahead + 10, "in-vain")
        .receive("bob", "ada", "in-vain", 11, &[])
        .refuse("unknown_session")
        .prepare("ada", &bob.bundle(Some(1)), ahead + 20)
        .send("ada", "bob", ahead + 20, "m1")
        .receive("bob", "", "m1", 21, &["ack-m1"])
        .receive("ada", "bob", "ack-m1", ahead + 21, &[])
        .send("bob", "ada", 22, "n1")
        .receive("ada", "bob", "n1", ahead + 22, &[])
        .plain(
            book,
            "lesser",
            "bob lost a session that began 12 hours ahead; ada's own handshake ends that",
            &["SESSION-33", "SESSION-12"],
            "Time",
        );
}

/// Both sides at once.
fn crossings(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 1);
    let ada = Published::new("ada", Suite::X25519, 0, 1);
    let begin = || s().publish("bob", &bob).publish("ada", &ada);
    begin()
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .prepare("bob", &ada.bundle(Some(0)), 2)
        .send("ada", "bob", 3, "a")
        .send("bob", "ada", 3, "b")
        .receive("bob", "", "a", 4, &["ack-a"])
        .receive("ada", "", "b", 4, &["ack-b"])
        .receive("ada", "bob", "ack-a", 5, &[])
        .receive("bob", "ada", "ack-b", 5, &[])
        .send("ada", "bob", 6, "a2")
        .receive("bob", "ada", "a2", 6, &[])
        .send("bob", "ada", 6, "b2")
        .receive("ada", "bob", "b2", 6, &[])
        .plain(
            book,
            "crossed",
            "both prepare at once: both end on the greater session",
            &["SESSION-03", "SESSION-04"],
            "Order",
        );
    begin()
        .initiate("ada", "bob", 1, "i")
        .prepare("bob", &ada.bundle(Some(0)), 2)
        .send("bob", "ada", 2, "b")
        .receive("bob", "", "i", 3, &["r"])
        .receive("ada", "", "b", 3, &["ack-b"])
        .receive("ada", "", "r", 4, &["c"])
        .receive("bob", "", "c", 5, &["ack-c"])
        .receive("ada", "bob", "ack-c", 6, &[])
        .receive("bob", "ada", "ack-b", 6, &[])
        .send("ada", "bob", 7, "a2")
        .receive("bob", "ada", "a2", 7, &[])
        .plain(
            book,
            "crossed-mixed",
            "one side calls, the other prepares",
            &["SESSION-03"],
            "Order",
        );
    begin()
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .prepare("bob", &ada.bundle(Some(0)), 1)
        .send("ada", "bob", 1, "a")
        .send("bob", "ada", 1, "b")
        .receive("ada", "", "b", 2, &["ack-b"])
        .receive("bob", "", "a", 2, &["ack-a"])
        .receive("bob", "ada", "ack-b", 3, &[])
        .receive("ada", "bob", "ack-a", 3, &[])
        .send("ada", "bob", 4, "a2")
        .receive("bob", "ada", "a2", 4, &[])
        .plain(
            book,
            "crossed-equal",
            "in the same millisecond: the session id decides",
            &["SESSION-03"],
            "Order",
        );
}

/// Pins, secrets, suites.
fn strangers(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 1);
    let mallory = Person::new("mallory");
    let wrong = |of: &Person| json!({ "address": hex::encode(&of.address), "device": 1, "ik": hex::encode(mallory.ik()) });
    s().publish("bob", &bob)
        .step("ada", "pin", 0, &wrong(&Person::new("bob")))
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .refuse("identity")
        .plain(
            book,
            "pin-initiator",
            "the bundle contradicts a pin",
            &["HS-39", "PREP-15"],
            "Identity",
        );
    s().publish("bob", &bob)
        .step("bob", "pin", 0, &wrong(&Person::new("ada")))
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 2, &[])
        .refuse("identity")
        .plain(book, "pin-responder", "the initiator contradicts a pin", &["HS-12"], "Identity");
    let secret = |peer: &str| json!({ "psk": hex::encode(key("psk")), "peer": hex::encode(Person::new(peer).ik()) });
    s().publish("bob", &bob)
        .step("ada", "psk", 0, &secret("bob"))
        .step("bob", "psk", 0, &json!({ "psk": hex::encode(key("psk")) }))
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 2, &["ack"])
        .receive("ada", "bob", "ack", 3, &[])
        .plain(
            book,
            "psk-invite",
            "an invite: the responder knows the secret, the initiator has set it",
            &["HS-41", "HS-13"],
            "Normal",
        );
    s().publish("bob", &bob)
        .step("bob", "psk", 0, &secret("ada"))
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 2, &[])
        .refuse("authentication")
        .plain(book, "psk-missing", "the responder expects a secret", &["HS-13"], "Identity");
    s().publish("bob", &bob)
        .step("ada", "psk", 0, &secret("bob"))
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 2, &[])
        .refuse("authentication")
        .step("ada", "psk", 2, &json!({ "psk": "00".repeat(32) }))
        .refuse("psk")
        .plain(
            book,
            "psk-unknown",
            "the responder does not know the secret",
            &["HS-13", "HS-40"],
            "Identity",
        );
    s().step("ada", "psk", 0, &secret("bob"))
        .step("bob", "psk", 0, &secret("ada"))
        .meet("ada", "bob", 1, "h")
        .send("ada", "bob", 2, "m")
        .receive("bob", "ada", "m", 2, &[])
        .plain(
            book,
            "psk-interactive",
            "a pre-shared secret in the interactive handshake",
            &["HS-41", "HS-13"],
            "Normal",
        );
    s().step("ada", "psk", 0, &secret("bob"))
        .step("bob", "psk", 0, &json!({ "psk": hex::encode(key("second psk")) }))
        .initiate("ada", "bob", 1, "i")
        .receive("bob", "", "i", 1, &[])
        .refuse("authentication")
        .plain(
            book,
            "psk-interactive-other",
            "another secret than the known one",
            &["HS-13"],
            "Identity",
        );
    let least = |peer: &str, suite: u8| json!({ "peer": hex::encode(Person::new(peer).ik()), "suite": suite });
    s().publish("bob", &bob)
        .step("ada", "least", 0, &least("bob", 2))
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .refuse("suite")
        .initiate("ada", "bob", 1, "i")
        .refuse("suite")
        .step("ada", "least", 2, &least("bob", 1))
        .prepare("ada", &bob.bundle(Some(0)), 3)
        .plain(
            book,
            "least",
            "suite 2 is remembered, until the user decides otherwise",
            &["CARD-16"],
            "Downgrade",
        );
    s().publish("bob", &bob)
        .step("bob", "least", 0, &least("ada", 2))
        .prepare("ada", &bob.bundle(Some(0)), 1)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 2, &[])
        .refuse("suite")
        .initiate("ada", "bob", 3, "i")
        .receive("bob", "", "i", 3, &[])
        .refuse("suite")
        .plain(
            book,
            "least-responder",
            "the responder remembers suite 2",
            &["CARD-16"],
            "Downgrade",
        );
}

/// Messages of a session of suite `0x0001` that name suite `0x0002`, made with all its keys, towards a
/// device that has both suites.
fn other_suites(book: &mut Book) {
    let (ada, bob) = (Person::new("ada"), person("bob", Suite::Hybrid));
    let [ek_i, ek_r, ra, rb] = ["EK_I", "EK_R", "RA", "RB"].map(|it| key(&format!("suites {it}")));
    let public = |private: &[u8; 32]| *pair(private).public().as_bytes();
    let plain = InitPlain::new(NOW, ada.card.clone());
    let init = trace::init(&ada.seed, &pair(&ek_i), &bob.card, &plain);
    let plain = ResponsePlain::new(NOW, public(&rb));
    let publics = (&public(&ek_i), &ada.idk());
    let response = trace::response(&bob.seed, &pair(&ek_r), publics, &init, &plain);
    let plain = CompletePlain { ra: public(&ra), signature: None, damage_seal: false };
    let named = (trace::SUITE, &init.id);
    let complete = trace::complete(&ada.seed, named, &response.hs, &response.h6, &plain);
    let session = Setup {
        sk: *complete.sk.expose(),
        transcript: complete.h9,
        ik: [ada.ik(), bob.ik()],
        device: [1, 1],
        ratchet: [ra, rb],
    };
    let chains = session.chains(&[]);
    let message = |named: Suite, sealed: Suite| {
        chains[0].message(0, 0, &trace::body(1, b"a"), |it| (it.named, it.sealed) = (named, sealed))
    };
    let receive = |script: Script, now: u64, message: &[u8]| {
        let more = json!({ "packet": hex::encode(message), "from": "ada" });
        script.step("bob", "receive", now, &more)
    };
    let (one, two) = (Suite::X25519, Suite::Hybrid);
    let genuine = message(one, one);
    for (id, comment, message) in [
        ("suite-of-the-number", "the seals are of the suite that it names", message(two, two)),
        ("suite-of-the-session", "the seals are of the suite of the session", message(two, one)),
    ] {
        let begun = json!({
            "packet": hex::encode(&init.packet), "random": [hex::encode(ek_r), hex::encode(rb)],
        });
        let packet = [complete.packet.as_slice(), &[0; 4]].concat();
        let met = s().step("bob", "receive", 0, &begun).raw("bob", &packet, 0);
        let refused = receive(met, 1, &message).refuse("unknown_session");
        let about = About {
            id,
            comment: &format!("a message with another suite number: {comment}"),
            requirements: &["SESSION-11", "SESSION-12", "ENC-08"],
        };
        let people = setup(&[("ada", ada.clone()), ("bob", bob.clone())]);
        receive(refused, 2, &genuine).done(book, &people, about, "Insider");
    }
}

/// What only suite `0x0002` has.
fn suites(book: &mut Book) {
    let suite = Suite::Hybrid;
    let bob = Published::new("bob", suite, 0, 1);
    let call = |script: Script, who: &str, to: &str, now: u64, save: &str| {
        let card = hex::encode(person(to, suite).card);
        script.step(who, "initiate", now, &json!({ "card": card, "save": save }))
    };
    let handshake = || {
        call(s(), "ada", "bob", 0, "i")
            .receive("bob", "", "i", 0, &["r"])
            .receive("ada", "", "r", 0, &["c"])
            .receive("bob", "", "c", 0, &["ack"])
            .receive("ada", "bob", "ack", 0, &[])
    };
    handshake()
        .send("ada", "bob", 1, "m")
        .receive("bob", "ada", "m", 1, &[])
        .send("bob", "ada", 2, "n")
        .receive("ada", "bob", "n", 2, &[])
        .in_suite(
            book,
            suite,
            (
                "interactive",
                "the interactive handshake, a message each way",
                &["HS-35", "CARD-12"],
                "Normal",
            ),
        );
    let old = hex::encode(Person::new("bob").card);
    handshake()
        .step("ada", "initiate", 3, &json!({ "card": old, "save": "j" }))
        .refuse("suite")
        .step(
            "ada",
            "least",
            3,
            &json!({ "peer": hex::encode(Person::new("bob").ik()), "suite": 1 }),
        )
        .step("ada", "initiate", 4, &json!({ "card": old, "save": "j" }))
        .in_suite(
            book,
            suite,
            (
                "older-card",
                "an older card of the peer is no way back to suite 1",
                &["CARD-16"],
                "Downgrade",
            ),
        );
    call(s(), "ada", "bob", 0, "i")
        .step("ada", "initiate", 1, &json!({ "card": old, "save": "j" }))
        .refuse("suite")
        .in_suite(
            book,
            suite,
            (
                "started-only",
                "a handshake that was only started is remembered too",
                &["CARD-16"],
                "Downgrade",
            ),
        );
    let no_kem = {
        let (spk, opk) = (bob.record(1, "signed"), bob.record(2, "one-time 0"));
        hex::encode(bundle_of(&bob.who.card, &spk, Some(&opk), None))
    };
    s().publish("bob", &bob).prepare("ada", &no_kem, 1).refuse("suite").in_suite(
        book,
        suite,
        (
            "no-kem-prekey",
            "a bundle without KEM prekey is never answered with suite 1",
            &["PREP-09"],
            "Downgrade",
        ),
    );
    let week = 7 * DAY;
    s().publish("bob", &Published::new("bob", suite, 0, 0))
        .step("bob", "prekeys", week - 1, &json!({ "one_time": 0 }))
        .publish("bob", &Published::new("bob", suite, week, 1))
        .in_suite(
            book,
            suite,
            (
                "rotation",
                "signed and last-resort prekeys rotate together",
                &["PREP-10", "PREP-13"],
                "Time",
            ),
        );
    s().publish("bob", &bob)
        .prepare("ada", &bob.bundle(Some(0)), 0)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 2, &["p-ack"])
        .receive("ada", "bob", "p-ack", 3, &[])
        .send("ada", "bob", 4, "m1")
        .receive("bob", "ada", "m1", 4, &[])
        .restart("ada", 5, true)
        .restart("bob", 5, true)
        .send("bob", "ada", 6, "n0")
        .receive("ada", "bob", "n0", 6, &[])
        .in_suite(
            book,
            suite,
            (
                "prepared-restart",
                "a session of suite 2 outlives restarts of both sides",
                &["SESSION-26"],
                "Normal",
            ),
        );
}

/// A second device of bob's.
pub(super) fn second() -> Person {
    let mut it = Person::new("bob");
    it.seed = key("bob second IK");
    it.private = key("bob second IDK");
    let fields = quipu::keys::CardFields {
        suites: 1,
        ..quipu::keys::CardFields::new(
            quipu::Address::new(&it.address).expect("short"),
            quipu::DeviceId(2),
            NOW - DAY,
            NOW + 90 * DAY,
        )
    };
    let identity = quipu::Identity::new(&Secret::new(it.seed), Secret::new(it.private));
    it.card = quipu::Card::issue(&identity, fields).expect("valid fields").as_bytes().to_vec();
    it
}

/// The second device with a card of another address.
fn moved() -> Person {
    let mut it = second();
    it.card = resigned(&it, |card| {
        card[5..70].fill(0);
        card[5] = 4;
        card[6..10].copy_from_slice(b"else");
    });
    it
}

/// A device of mallory's that claims the address of somebody else.
fn squatter(of: &str) -> Person {
    let mut it = Person::new("mallory");
    let victim = Person::new(of);
    it.card = resigned(&it, |card| {
        card[5..70].copy_from_slice(&victim.card[5..70]);
        card[70..74].copy_from_slice(&77u32.to_be_bytes());
    });
    it.address = victim.address;
    it
}

pub(super) fn everybody() -> Vec<(&'static str, Person)> {
    vec![
        ("ada", Person::new("ada")),
        ("bob", Person::new("bob")),
        ("bob2", second()),
        ("mallory", Person::new("mallory")),
    ]
}

/// Bob's list with both devices.
pub(super) fn both() -> List {
    List::with("bob", vec![Entry::new(1, Person::new("bob").ik()), Entry::new(2, second().ik())])
}

fn put(
    script: Script,
    book: &mut Book,
    id: &str,
    comment: &str,
    requirements: &[&str],
    flag: &str,
) {
    script.done(book, &setup(&everybody()), About { id, comment, requirements }, flag);
}

fn call(script: Script, who: &str, to: &Person, now: u64, save: &str) -> Script {
    script.step(who, "initiate", now, &json!({ "card": hex::encode(&to.card), "save": save }))
}

/// A whole handshake with a person whose card is not that of its name.
pub(super) fn meet(script: Script, who: &str, to: (&str, &Person), now: u64, tag: &str) -> Script {
    let name = |part: &str| format!("{tag}-{part}");
    call(script, who, to.1, now, &name("i"))
        .receive(to.0, "", &name("i"), now, &[&name("r")])
        .receive(who, "", &name("r"), now, &[&name("c")])
        .receive(to.0, "", &name("c"), now, &[&name("ack")])
        .receive(who, to.0, &name("ack"), now, &[])
}

fn lists(book: &mut Book) {
    let (bob, bob2) = (Person::new("bob"), second());
    let all = json!({ "address": hex::encode(&bob.address), "type": 1, "content": hex::encode("to all") });
    put(
        meet(s().manifest("ada", &[&both()]), "ada", ("bob", &bob), 0, "h")
            .step("ada", "send-all", 1, &all),
        book,
        "send-all-one",
        "a session with one of two devices",
        &["DEV-12", "DEV-13"],
        "Normal",
    );
    let two = meet(s().manifest("ada", &[&both()]), "ada", ("bob", &bob), 0, "h");
    put(
        meet(two, "ada", ("bob2", &bob2), 1, "k").step("ada", "send-all", 2, &all),
        book,
        "send-all-two",
        "a message for each device",
        &["DEV-12"],
        "Normal",
    );
    put(
        meet(s(), "ada", ("bob", &bob), 0, "h")
            .step("ada", "send-all", 1, &all)
            .refuse("no_session"),
        book,
        "send-all-without",
        "without a manifest there is no device set",
        &["DEV-12"],
        "Identity",
    );
    let theirs = List::with("mallory", vec![Entry::new(1, bob.ik())]);
    let to_mallory = json!({ "address": hex::encode(Person::new("mallory").address), "type": 1, "content": hex::encode("for mallory") });
    put(
        meet(s().manifest("ada", &[&theirs]), "ada", ("bob", &bob), 0, "h").step(
            "ada",
            "send-all",
            1,
            &to_mallory,
        ),
        book,
        "send-all-foreign",
        "a list with somebody else's device gets nothing of his session",
        &["DEV-12"],
        "Identity",
    );
    let own = s().manifest("bob", &[&both()]).manifest("bob2", &[&both()]);
    put(
        meet(own, "bob", ("bob2", &bob2), 0, "h").step("bob", "send-all", 1, &all),
        book,
        "own-devices",
        "one's own other device; oneself is left out",
        &["DEV-12"],
        "Normal",
    );
    put(
        s().manifest("ada", &[&both()]).manifest("ada", &[&both()]),
        book,
        "again",
        "the same manifest again is no news",
        &["DEV-09"],
        "Normal",
    );
    let alone = List::with("bob", vec![Entry::new(1, bob.ik())]);
    put(
        call(s().manifest("ada", &[&alone]), "ada", &bob2, 0, "i").refuse("identity"),
        book,
        "unlisted-initiator",
        "no handshake with a device that is not listed",
        &["DEV-10"],
        "Identity",
    );
    put(
        call(s().manifest("ada", &[&alone]), "bob2", &Person::new("ada"), 0, "i")
            .receive("ada", "", "i", 0, &[])
            .refuse("identity"),
        book,
        "unlisted-responder",
        "no handshake of a device that is not listed",
        &["DEV-10"],
        "Identity",
    );
    let other_id = List::with("bob", vec![Entry::new(1, bob2.ik()), Entry::new(2, bob.ik())]);
    put(
        call(s().manifest("ada", &[&other_id]), "ada", &bob, 0, "i").refuse("identity"),
        book,
        "swapped",
        "device id and IK are listed, and not together",
        &["DEV-10"],
        "Identity",
    );
    let pin = json!({ "address": hex::encode(&bob.address), "device": 1, "ik": hex::encode(Person::new("mallory").ik()) });
    put(
        meet(
            s().manifest("ada", &[&both()]).step("ada", "pin", 0, &pin),
            "ada",
            ("bob", &bob),
            1,
            "h",
        ),
        book,
        "over-pins",
        "the manifest decides in place of pins",
        &["DEV-10", "DEV-13"],
        "Normal",
    );
    put(
        s().manifest("bob", &[&List::with("bob", vec![Entry::new(2, bob2.ik())])]),
        book,
        "own-unlisted",
        "a first manifest of one's own that does not list oneself",
        &["DEV-22"],
        "Fork",
    );
}

fn revocations(book: &mut Book) {
    let (bob, bob2) = (Person::new("bob"), second());
    let first = both();
    let next = first.next(|it| it.devices[1].revoked = NOW);
    let with_both = || {
        let one = meet(s().manifest("ada", &[&first]), "ada", ("bob", &bob), 0, "h");
        meet(one, "ada", ("bob2", &bob2), 1, "k")
    };
    put(
        with_both()
            .send("bob2", "ada", 2, "late")
            .manifest("ada", &[&next])
            .receive("ada", "bob2", "late", 3, &[])
            .refuse("unknown_session")
            .send("ada", "bob2", 4, "m")
            .refuse("no_session")
            .send("ada", "bob", 4, "n")
            .receive("bob", "ada", "n", 4, &[]),
        book,
        "revoked",
        "a revoked device has no session any more; the others keep theirs",
        &["DEV-11", "DEV-08"],
        "Identity",
    );
    put(
        call(with_both().manifest("ada", &[&next]), "bob2", &Person::new("ada"), 2, "i")
            .receive("ada", "", "i", 2, &[])
            .refuse("identity"),
        book,
        "revoked-returns",
        "a revoked device gets no new session",
        &["DEV-10"],
        "Identity",
    );
    put(
        call(s().manifest("ada", &[&first]), "bob2", &Person::new("ada"), 0, "i")
            .receive("ada", "", "i", 0, &["r"])
            .receive("bob2", "", "r", 0, &["c"])
            .manifest("ada", &[&next])
            .receive("ada", "", "c", 1, &[])
            .refuse("unknown_handshake"),
        book,
        "revoked-half-open",
        "a revoked device cannot finish its handshake",
        &["DEV-11"],
        "Identity",
    );
    put(
        call(s().manifest("ada", &[&first]), "ada", &bob2, 0, "i")
            .receive("bob2", "", "i", 0, &["r"])
            .manifest("ada", &[&next])
            .receive("ada", "", "r", 1, &[])
            .refuse("unknown_handshake"),
        book,
        "revoked-started",
        "nor can we finish ours with it",
        &["DEV-11"],
        "Identity",
    );
    put(
        call(s().manifest("ada", &[&first]), "bob", &Person::new("ada"), 0, "i")
            .receive("ada", "", "i", 0, &["r"])
            .receive("bob", "", "r", 0, &["c"])
            .manifest("ada", &[&next])
            .receive("ada", "", "c", 1, &["a"])
            .receive("bob", "ada", "a", 1, &[])
            .send("ada", "bob", 2, "m")
            .receive("bob", "ada", "m", 2, &[]),
        book,
        "listed-half-open",
        "a device that is still listed finishes its handshake",
        &["DEV-11", "DEV-24"],
        "Identity",
    );
    let foreign = first.next(|it| it.seed = key("mallory AK"));
    let replaced =
        List { seed: key("bob new AK"), ..List::with("bob", vec![Entry::new(1, bob.ik())]) };
    let decided = json!({ "manifests": [hex::encode(replaced.signed())], "replace": true });
    put(
        with_both()
            .manifest("ada", &[&foreign])
            .step("ada", "manifest", 2, &decided)
            .send("ada", "bob2", 3, "m")
            .refuse("no_session")
            .send("ada", "bob", 3, "n"),
        book,
        "replaced",
        "another account key: only by a decision of the user, and with its effects",
        &["DEV-04", "DEV-23", "DEV-11"],
        "Fork",
    );
    let third = next.next(|_| ());
    let branch = first.next(|it| it.devices[0].revoked = NOW);
    put(
        s().manifest("ada", &[&first])
            .manifest("ada", &[&third])
            .manifest("ada", &[&next, &third])
            .manifest("ada", &[&next])
            .manifest("ada", &[&branch])
            .manifest("ada", &[&third.next(|_| ()), &branch, &third]),
        book,
        "chain",
        "gap, both, older, older branch, and a list that stops at the first refusal",
        &["DEV-05", "DEV-06", "DEV-07"],
        "Fork",
    );
}

fn announcements(book: &mut Book) {
    let (bob, bob2) = (Person::new("bob"), second());
    let first = both();
    let next = first.next(|it| it.devices[1].revoked = NOW);
    let known = || meet(s().manifest("ada", &[&first]), "ada", ("bob", &bob), 0, "h");
    put(
        meet(known(), "ada", ("bob2", &bob2), 0, "k")
            .announce("bob", "ada", &[&next], "m")
            .receive("ada", "bob", "m", 1, &[]),
        book,
        "announced",
        "the next manifest, announced: a session ends",
        &["DEV-18", "DEV-11", "DEV-19"],
        "Normal",
    );
    put(
        meet(known(), "ada", ("bob2", &bob2), 0, "k")
            .announce("bob2", "ada", &[&next], "m")
            .receive("ada", "bob2", "m", 1, &[])
            .send("bob2", "ada", 2, "n")
            .receive("ada", "bob2", "n", 2, &[])
            .refuse("unknown_session"),
        book,
        "announced-own-end",
        "a device announces that it has been revoked",
        &["DEV-18", "DEV-11"],
        "Normal",
    );
    put(
        meet(s().pin("ada", &bob), "ada", ("bob", &bob), 0, "h")
            .announce("bob", "ada", &[&first, &next], "m")
            .receive("ada", "bob", "m", 1, &[]),
        book,
        "first-by-pinned",
        "a first manifest on the word of a pinned device that it lists",
        &["DEV-22"],
        "Normal",
    );
    put(
        meet(s(), "ada", ("bob", &bob), 0, "h").announce("bob", "ada", &[&first], "m").receive(
            "ada",
            "bob",
            "m",
            1,
            &[],
        ),
        book,
        "first-by-stranger",
        "a first manifest on the word of a device that is not pinned",
        &["DEV-22"],
        "Fork",
    );
    let without = List::with("bob", vec![Entry::new(2, bob2.ik())]);
    put(
        meet(s().pin("ada", &bob), "ada", ("bob", &bob), 0, "h")
            .announce("bob", "ada", &[&without], "m")
            .receive("ada", "bob", "m", 1, &[]),
        book,
        "first-without-sender",
        "a first manifest that does not list its announcer",
        &["DEV-22"],
        "Fork",
    );
    let third = next.next(|_| ());
    let branch = first.next(|it| it.devices[0].revoked = NOW);
    let wrong = [
        ("announced-gap", "with one missing between", vec![&third], "DEV-07"),
        ("announced-chain", "two in order", vec![&next, &third], "DEV-19"),
        (
            "announced-unordered",
            "out of order: the first is refused",
            vec![&third, &next],
            "DEV-07",
        ),
    ];
    for (id, comment, lists, requirement) in wrong {
        put(
            known().announce("bob", "ada", &lists, "m").receive("ada", "bob", "m", 1, &[]),
            book,
            id,
            comment,
            &["DEV-18", requirement],
            "Fork",
        );
    }
    put(
        known()
            .announce("bob", "ada", &[&next], "m")
            .receive("ada", "bob", "m", 1, &[])
            .announce("bob", "ada", &[&first], "n")
            .receive("ada", "bob", "n", 1, &[])
            .announce("bob", "ada", &[&branch], "o")
            .receive("ada", "bob", "o", 1, &[]),
        book,
        "announced-old-and-forked",
        "an older one and another branch: refused, reported, the messages stay accepted",
        &["DEV-05", "DEV-06", "DEV-18"],
        "Fork",
    );
    let foreign = List::with("mallory", vec![Entry::new(1, Person::new("mallory").ik())]);
    let known_too = meet(s().manifest("ada", &[&first]), "ada", ("bob", &bob), 0, "h");
    put(
        known_too
            .manifest("ada", &[&foreign])
            .announce("bob", "ada", &[&foreign.next(|_| ())], "m")
            .receive("ada", "bob", "m", 1, &[]),
        book,
        "announced-foreign",
        "a manifest of another address",
        &["DEV-18"],
        "Identity",
    );
    let forged = List { seed: key("mallory AK"), ..next.clone() };
    put(
        known().announce("bob", "ada", &[&forged], "m").receive("ada", "bob", "m", 1, &[]),
        book,
        "announced-forged",
        "a manifest of another account key",
        &["DEV-18", "DEV-04"],
        "Fork",
    );
    put(
        meet(
            s().manifest("bob", &[&first]).manifest("bob2", &[&first]),
            "bob",
            ("bob2", &bob2),
            0,
            "h",
        )
        .announce("bob2", "bob", &[&first.next(|_| ())], "m")
        .receive("bob", "bob2", "m", 1, &[]),
        book,
        "announced-by-own-device",
        "the next manifest of one's own account, by one's other device",
        &["DEV-18", "DEV-19"],
        "Normal",
    );
    put(
        meet(s().pin("bob", &bob), "bob", ("bob2", &bob2), 0, "h")
            .announce("bob2", "bob", &[&first], "m")
            .receive("bob", "bob2", "m", 1, &[]),
        book,
        "first-own-announced",
        "a first manifest of one's own address comes from the application alone",
        &["DEV-22"],
        "Fork",
    );
}

fn takeovers(book: &mut Book) {
    let (ada, bob) = (Person::new("ada"), Person::new("bob"));
    let with = |name: &'static str, it: Person| {
        let mut people = everybody();
        people.retain(|(other, _)| *other != "mallory");
        people.push((name, it));
        setup(&people)
    };
    let claims = squatter("ada");
    let list =
        List { seed: key("mallory AK"), ..List::with("ada", vec![Entry::new(77, claims.ik())]) };
    meet(s().pin("bob", &ada).meet("ada", "bob", 0, "h"), "mallory", ("bob", &bob), 1, "k")
        .announce("mallory", "bob", &[&list], "m")
        .receive("bob", "mallory", "m", 2, &[])
        .send("ada", "bob", 3, "genuine")
        .receive("bob", "ada", "genuine", 3, &[])
        .done(book, &with("mallory", claims), About { id: "takeover", comment: "a stranger claims somebody's address and announces a list for it: refused, the genuine session stays", requirements: &["DEV-22"] }, "Identity");
    let claims = squatter("bob");
    let list = List {
        seed: key("mallory AK"),
        ..List::with("bob", vec![Entry::new(1, bob.ik()), Entry::new(77, claims.ik())])
    };
    meet(s(), "mallory", ("bob", &bob), 1, "k")
        .announce("mallory", "bob", &[&list], "m")
        .receive("bob", "mallory", "m", 2, &[])
        .done(
            book,
            &with("mallory", claims),
            About {
                id: "takeover-own",
                comment: "a stranger claims our own address and announces a list for it",
                requirements: &["DEV-22"],
            },
            "Identity",
        );
    let claims = squatter("ada");
    let genuine = List::with("ada", vec![Entry::new(1, ada.ik())]);
    call(s().manifest("bob", &[&genuine]), "mallory", &bob, 1, "i")
        .receive("bob", "", "i", 1, &[])
        .refuse("identity")
        .done(
            book,
            &with("mallory", claims),
            About {
                id: "squatter",
                comment: "a device that the list of its address does not have",
                requirements: &["DEV-10"],
            },
            "Identity",
        );
}

/// First manifests beside pins, and devices that come back.
fn pinned(book: &mut Book) {
    let (ada, bob, bob2) = (Person::new("ada"), Person::new("bob"), second());
    let with = |name: &'static str, it: Person| {
        let mut people = everybody();
        people.retain(|(other, _)| *other != name);
        people.push((name, it));
        setup(&people)
    };
    let claims = squatter("ada");
    let list =
        List { seed: key("mallory AK"), ..List::with("ada", vec![Entry::new(77, claims.ik())]) };
    let pin = json!({
        "address": hex::encode(&claims.address), "device": 77, "ik": hex::encode(claims.ik()),
    });
    let before = s().pin("bob", &ada).step("bob", "pin", 0, &pin).meet("ada", "bob", 0, "h");
    meet(before, "mallory", ("bob", &bob), 1, "k")
        .announce("mallory", "bob", &[&list], "m")
        .receive("bob", "mallory", "m", 2, &[])
        .send("ada", "bob", 3, "genuine")
        .receive("bob", "ada", "genuine", 3, &[])
        .done(
            book,
            &with("mallory", claims),
            About {
                id: "takeover-pinned",
                comment: "a stranger who was pinned for an address beside its genuine device announces a list without it",
                requirements: &["DEV-22"],
            },
            "Identity",
        );
    let alone = List::with("bob", vec![Entry::new(2, bob2.ik())]);
    let decided = json!({ "manifests": [hex::encode(alone.signed())], "replace": true });
    put(
        meet(s().pin("ada", &bob), "ada", ("bob", &bob), 0, "h")
            .manifest("ada", &[&alone])
            .step("ada", "manifest", 1, &decided)
            .send("ada", "bob", 2, "m")
            .refuse("no_session"),
        book,
        "first-without-pinned",
        "a first manifest that lacks a pinned device: only by a decision of the user",
        &["DEV-22", "DEV-23", "DEV-11"],
        "Fork",
    );
    let pinned_revoked = both().next(|it| it.devices[0].revoked = NOW);
    put(
        s().pin("ada", &bob).manifest("ada", &[&pinned_revoked]),
        book,
        "first-with-pinned-revoked",
        "a first manifest in which a pinned device is revoked",
        &["DEV-22"],
        "Fork",
    );
    let replaced =
        List { seed: key("bob new AK"), ..List::with("bob", vec![Entry::new(2, bob2.ik())]) };
    let own = json!({ "manifests": [hex::encode(replaced.signed())], "replace": true });
    put(
        s().manifest("bob", &[&both()]).step("bob", "manifest", 1, &own),
        book,
        "replaced-own-unlisted",
        "a list of one's own that does not list oneself is not taken by decision either",
        &["DEV-23"],
        "Fork",
    );
    let first = both();
    let next = first.next(|it| it.devices[1].revoked = NOW);
    let moved = moved();
    let revoked = meet(s().manifest("ada", &[&first]), "bob2", ("ada", &ada), 0, "h")
        .manifest("ada", &[&next]);
    let card = json!({ "card": hex::encode(&moved.card) });
    call(revoked.step("bob2", "card", 1, &card), "bob2", &ada, 2, "i")
        .receive("ada", "", "i", 2, &[])
        .refuse("identity")
        .done(
            book,
            &setup(&everybody()),
            About {
                id: "revoked-elsewhere",
                comment: "a revoked device with a card of another address",
                requirements: &["DEV-24"],
            },
            "Identity",
        );
    let restored = meet(s().manifest("ada", &[&first]), "ada", ("bob2", &bob2), 0, "h")
        .manifest("ada", &[&next])
        .restart("ada", 1, true);
    put(
        call(restored, "ada", &moved, 2, "i").refuse("identity"),
        book,
        "revoked-elsewhere-initiator",
        "nor do we start one with it, after a restart",
        &["DEV-24"],
        "Identity",
    );
}

/// One pinned device beside others, and what follows from a revocation.
fn vouchers(book: &mut Book) {
    let (ada, bob) = (Person::new("ada"), Person::new("bob"));
    let mut people = everybody();
    people.retain(|(name, _)| *name != "mallory");
    let claims = squatter("ada");
    let both = List {
        seed: key("mallory AK"),
        ..List::with("ada", vec![Entry::new(1, ada.ik()), Entry::new(77, claims.ik())])
    };
    let next = both.next(|it| it.devices[0].revoked = NOW);
    let pin = json!({
        "address": hex::encode(&claims.address), "device": 77, "ik": hex::encode(claims.ik()),
    });
    people.push(("mallory", claims));
    let before = s().pin("bob", &ada).step("bob", "pin", 0, &pin).meet("ada", "bob", 0, "h");
    meet(before, "mallory", ("bob", &bob), 1, "k")
        .announce("mallory", "bob", &[&both, &next], "m")
        .receive("bob", "mallory", "m", 2, &[])
        .send("ada", "bob", 3, "genuine")
        .receive("bob", "ada", "genuine", 3, &[])
        .done(
            book,
            &setup(&people),
            About {
                id: "takeover-in-two-steps",
                comment: "a pinned stranger announces a list with the genuine device, then one without: two pinned devices, so the user decides",
                requirements: &["DEV-22"],
            },
            "Identity",
        );
    let first = self::both();
    let next = first.next(|it| it.devices[1].revoked = NOW);
    let moved = moved();
    let card = json!({ "card": hex::encode(&moved.card) });
    let under_two = || {
        let one = meet(s().manifest("ada", &[&first]), "bob2", ("ada", &ada), 0, "h");
        meet(one.step("bob2", "card", 1, &card), "bob2", ("ada", &ada), 2, "k")
    };
    put(
        under_two()
            .manifest("ada", &[&next])
            .send("bob2", "ada", 3, "m")
            .receive("ada", "bob2", "m", 3, &[])
            .refuse("unknown_session"),
        book,
        "revoked-other-sessions",
        "a revocation ends the sessions under other addresses too",
        &["DEV-24"],
        "Identity",
    );
    let half = meet(s().manifest("ada", &[&first]), "bob2", ("ada", &ada), 0, "h");
    put(
        call(half.step("bob2", "card", 1, &card), "bob2", &ada, 2, "i")
            .receive("ada", "", "i", 2, &["r"])
            .receive("bob2", "", "r", 2, &["c"])
            .manifest("ada", &[&next])
            .receive("ada", "", "c", 3, &[])
            .refuse("unknown_handshake"),
        book,
        "revoked-other-handshakes",
        "and the handshakes under way under other addresses",
        &["DEV-24"],
        "Identity",
    );
    put(
        call(s().manifest("ada", &[&first]), "bob2", &ada, 0, "i")
            .receive("ada", "", "i", 0, &["r"])
            .manifest("ada", &[&next])
            .step("bob2", "card", 1, &card)
            .step("bob2", "initiate", 2, &json!({ "card": hex::encode(&ada.card), "save": "j" }))
            .receive("ada", "", "j", 2, &[])
            .refuse("identity"),
        book,
        "revoked-under-way-elsewhere",
        "whose handshake was ended does not come back under another address",
        &["DEV-24"],
        "Identity",
    );
    put(
        half_open(half_open(s().manifest("ada", &[&first]), "bob", "i"), "mallory", "j")
            .manifest("ada", &[&next])
            .receive("ada", "", "i-c", 1, &["i-ack"])
            .receive("bob", "ada", "i-ack", 1, &[])
            .receive("ada", "", "j-c", 1, &["j-ack"])
            .receive("mallory", "ada", "j-ack", 1, &[]),
        book,
        "revoked-others-under-way",
        "handshakes with a listed device and with one of another address go on",
        &["DEV-11"],
        "Identity",
    );
    let mut there = List::with("else", vec![Entry::new(2, second().ik())]);
    (there.length, there.address) = (4, [0; 64]);
    there.address[..4].copy_from_slice(b"else");
    let ended = meet(s().manifest("ada", &[&first]), "bob2", ("ada", &ada), 0, "h")
        .manifest("ada", &[&there])
        .manifest("ada", &[&next])
        .step("bob2", "card", 1, &card);
    put(
        half_open(ended, "bob2", "i")
            .manifest("ada", &[&next.next(|_| ())])
            .receive("ada", "", "i-c", 1, &["i-ack"])
            .receive("bob2", "ada", "i-ack", 1, &[]),
        book,
        "revoked-listed-elsewhere",
        "an ended device goes on under an address whose manifest lists it",
        &["DEV-24"],
        "Identity",
    );
}

/// A handshake towards ada that lacks only its Complete, `tag-c`.
fn half_open(script: Script, who: &str, tag: &str) -> Script {
    let name = |part: &str| format!("{tag}-{part}");
    call(script, who, &Person::new("ada"), 1, &name("i"))
        .receive("ada", "", &name("i"), 1, &[&name("r")])
        .receive(who, "", &name("r"), 1, &[&name("c")])
}

/// Receipts that an application asks for.
fn receipts(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 1);
    let none = json!({ "to": "ada", "session": "00".repeat(16) });
    s().publish("bob", &bob)
        .prepare("ada", &bob.bundle(Some(0)), 0)
        .send("ada", "bob", 1, "m0")
        .receive("bob", "", "m0", 2, &["ack"])
        .step("bob", "receipt", 3, &none)
        .refuse("no_session")
        .plain(
            book,
            "receipt-unknown",
            "a receipt for a session that is not there",
            &["SESSION-32"],
            "Caller",
        );
}

fn views(book: &mut Book) {
    let (bob, ada) = (Person::new("bob"), Person::new("ada"));
    let (bobs, adas) = (both(), List::with("ada", vec![Entry::new(1, ada.ik())]));
    let next = bobs.next(|_| ());
    put(
        meet(
            s().manifest("ada", &[&bobs])
                .manifest("bob", &[&bobs])
                .manifest("ada", &[&adas])
                .manifest("bob", &[&adas]),
            "ada",
            ("bob", &bob),
            0,
            "h",
        ),
        book,
        "views-agree",
        "both know both lists: nothing to report",
        &["DEV-15", "DEV-16"],
        "Normal",
    );
    put(
        meet(
            s().manifest("ada", &[&bobs]).manifest("bob", &[&bobs, &next]),
            "ada",
            ("bob", &bob),
            0,
            "h",
        ),
        book,
        "views-behind",
        "the initiator keeps an older list of the responder",
        &["DEV-16"],
        "Fork",
    );
    put(
        meet(s().manifest("ada", &[&adas]), "ada", ("bob", &bob), 0, "h"),
        book,
        "views-unknown",
        "the responder keeps no list of the initiator",
        &["DEV-16"],
        "Fork",
    );
    let published = Published::new("bob", Suite::X25519, 0, 0);
    put(
        s().manifest("bob", &[&bobs, &next])
            .manifest("ada", &[&bobs])
            .publish("bob", &published)
            .prepare("ada", &published.bundle(None), 1)
            .send("ada", "bob", 1, "m0")
            .receive("bob", "", "m0", 2, &[]),
        book,
        "views-prepared",
        "the views of a PrekeyInit",
        &["DEV-15", "DEV-16"],
        "Fork",
    );
}
