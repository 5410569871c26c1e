//! Chapter 6, 7.4, 8.3 to 8.5: two sides of one session, step by step.

use super::account::List;
use super::{About, Book, key};
use crate::insider::{Chain, Setup};
use crate::trace::{self, MessagePlain};
use quipu::limits::CHAIN_MAX;
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    let mut book = Book::new("session", "two sides of one session, step by step");
    orders(&mut book);
    bounds(&mut book);
    refusals(&mut book);
    insiders(&mut book);
    receipts_and_close(&mut book);
    let mut devices = Book::of("devices", "session", "announcements, layout alone");
    announcements(&mut devices);
    vec![book, devices]
}

/// What chapter 9.4 says of the content of an announcement, by an insider.
fn announcements(book: &mut Book) {
    let insider = setup().chains(&draws());
    let list = List::new("ada");
    let (first, next) = (list.signed(), list.next(|_| ()).signed());
    let lp32 = |bytes: &[u8]| {
        [u32::try_from(bytes.len()).expect("short").to_be_bytes().as_slice(), bytes].concat()
    };
    let with = |alter: &dyn Fn(&mut List)| {
        let mut list = list.clone();
        alter(&mut list);
        lp32(&list.signed())
    };
    let message = |content: &[u8]| insider[0].message(0, 0, &trace::body(4, content), |_| ());
    let s = Script::default;
    let mut unsigned = first.clone();
    let last = unsigned.len() - 1;
    unsigned[last] ^= 1;
    let goods = [
        ("one", "one manifest", lp32(&first)),
        ("two", "two manifests", [lp32(&first), lp32(&next)].concat()),
        ("unsigned", "a manifest whose signature is wrong: the layout is right", lp32(&unsigned)),
    ];
    for (id, comment, content) in goods {
        s().raw(1, &message(&content)).put(book, id, comment, &["DEV-17"], "Normal");
    }
    let bads = [
        ("empty", "no manifest", Vec::new()),
        ("length-only", "a length alone", vec![0, 0, 0, 0]),
        ("cut", "a manifest lacks a byte", lp32(&first)[..first.len() + 3].to_vec()),
        ("byte-more", "a byte behind the manifest", [lp32(&first), vec![0]].concat()),
        ("length-less", "the length is one less", {
            let mut content = lp32(&first);
            content[3] -= 1;
            content
        }),
        (
            "second-cut",
            "the second manifest is cut",
            [lp32(&first), lp32(&next)[..99].to_vec()].concat(),
        ),
        ("version-2", "a manifest of version 2", with(&|it| it.version = 2)),
        (
            "count-zero",
            "a manifest without devices",
            with(&|it| (it.devices, it.count) = (Vec::new(), 0)),
        ),
        ("number-zero", "number 0", with(&|it| it.number = 0)),
        ("descending", "device ids descend", with(&|it| it.devices.swap(0, 1))),
        ("address-empty", "an empty address", with(&|it| (it.length, it.address) = (0, [0; 64]))),
    ];
    for (id, comment, content) in bads {
        s().raw(1, &message(&content)).refuse("content").put(
            book,
            id,
            comment,
            &["DEV-17", "MSG-11"],
            "Insider",
        );
    }
}

fn setup() -> Setup {
    Setup {
        sk: key("session SK"),
        transcript: key("session h9"),
        ik: [key("session IK_I"), key("session IK_R")],
        device: [1, 2],
        ratchet: [key("session RA"), key("session RB")],
    }
}

fn setup_json() -> Value {
    let it = setup();
    json!({
        "sk": hex::encode(it.sk), "transcript": hex::encode(it.transcript),
        "ik_i": hex::encode(it.ik[0]), "device_i": it.device[0],
        "ik_r": hex::encode(it.ik[1]), "device_r": it.device[1],
        "ra_private": hex::encode(it.ratchet[0]), "rb_private": hex::encode(it.ratchet[1]),
    })
}

const SIDES: [&str; 2] = ["initiator", "responder"];

/// A script in short: sides are 0 (initiator) and 1 (responder).
#[derive(Default)]
struct Script(Vec<Value>);

impl Script {
    fn send(mut self, side: usize, save: &str) -> Self {
        let content = hex::encode(save);
        self.0.push(
            json!({ "as": SIDES[side], "do": "send", "type": 1, "content": content, "save": save }),
        );
        self
    }

    fn sends(self, side: usize, saves: &[&str]) -> Self {
        saves.iter().fold(self, |script, save| script.send(side, save))
    }

    /// A send whose ratchet key and salt draw are given.
    fn send_with(mut self, side: usize, save: &str, ratchet: &[u8; 32]) -> Self {
        let random = [hex::encode(ratchet), hex::encode([0x33; 16])];
        self.0.push(json!({ "as": SIDES[side], "do": "send", "type": 1, "content": hex::encode(save), "save": save, "random": random }));
        self
    }

    fn many(mut self, side: usize, count: u32, save: &str) -> Self {
        let seed = hex::encode(key(&format!("many {save}")));
        self.0.push(json!({ "as": SIDES[side], "do": "send-many", "count": count, "seed": seed, "save": save }));
        self
    }

    fn get(mut self, side: usize, saved: &str) -> Self {
        self.0.push(json!({ "as": SIDES[side], "do": "receive", "saved": saved }));
        self
    }

    fn gets(self, side: usize, saved: &[&str]) -> Self {
        saved.iter().fold(self, |script, saved| script.get(side, saved))
    }

    fn gap(mut self, gap: &Value) -> Self {
        self.0.last_mut().expect("there is a step")["gap"] = gap.clone();
        self
    }

    fn index(mut self, side: usize, saved: &str, index: u32) -> Self {
        self.0.push(json!({ "as": SIDES[side], "do": "receive", "saved": saved, "index": index }));
        self
    }

    fn refuse(mut self, error: &str) -> Self {
        self.0.last_mut().expect("there is a step")["error"] = json!(error);
        self
    }

    fn raw(mut self, side: usize, message: &[u8]) -> Self {
        self.0.push(json!({ "as": SIDES[side], "do": "receive", "message": hex::encode(message) }));
        self
    }

    fn act(mut self, side: usize, what: &str) -> Self {
        self.0.push(json!({ "as": SIDES[side], "do": what }));
        self
    }

    fn save(mut self, name: &str) -> Self {
        self.0.last_mut().expect("there is a step")["save"] = json!(name);
        self
    }

    fn put(self, book: &mut Book, id: &str, comment: &str, requirements: &[&str], flag: &str) {
        book.script(About { id, comment, requirements }, flag, &setup_json(), &self.0);
    }
}

fn orders(book: &mut Book) {
    let s = Script::default;
    let ids = &["RATCHET-01", "RATCHET-03", "SESSION-13", "SESSION-29"];
    s().sends(0, &["a", "b", "c"]).gets(1, &["a", "b", "c"]).put(
        book,
        "in-order",
        "three messages in order",
        ids,
        "Normal",
    );
    s().send(1, "a").get(0, "a").send(0, "b").get(1, "b").put(
        book,
        "responder-first",
        "the responder writes first",
        ids,
        "Normal",
    );
    s().send(0, "a")
        .send(1, "b")
        .get(1, "a")
        .get(0, "b")
        .send(1, "c")
        .send(0, "d")
        .get(0, "c")
        .get(1, "d")
        .put(book, "crossing", "both write at once", ids, "Normal");
    let mut turns = s();
    for turn in 0..12 {
        let name = format!("turn-{turn}");
        turns = turns.send(turn % 2, &name).get(1 - turn % 2, &name);
    }
    turns.put(book, "turns", "twelve turns, each with a step", ids, "Normal");
    let order = &["RATCHET-17", "SESSION-13", "SESSION-14"];
    s().sends(0, &["a", "b", "c"])
        .get(1, "c")
        .gap(&json!([[0, 0, 2]]))
        .get(1, "b")
        .gap(&json!([]))
        .get(1, "a")
        .put(book, "out-of-order", "2, 1, 0", order, "Order");
    s().sends(0, &["a", "b", "c", "d", "e"])
        .get(1, "b")
        .gap(&json!([[0, 0, 1]]))
        .get(1, "e")
        .gap(&json!([[0, 2, 2]]))
        .get(1, "a")
        .gap(&json!([]))
        .get(1, "d")
        .get(1, "c")
        .put(book, "gaps", "two gaps, filled late", order, "Order");
    s().sends(0, &["a", "b"])
        .get(1, "a")
        .send(1, "x")
        .get(0, "x")
        .sends(0, &["c", "d"])
        .get(1, "d")
        .gap(&json!([[0, 1, 1], [2, 0, 1]]))
        .get(1, "b")
        .get(1, "c")
        .put(
            book,
            "across-chains",
            "a new chain arrives before the rest of the old one",
            order,
            "Order",
        );
    s().send(0, "a")
        .get(1, "a")
        .send(1, "x")
        .get(0, "x")
        .send(0, "lost")
        .send(0, "c")
        .get(1, "c")
        .gap(&json!([[2, 0, 1]]))
        .put(book, "loss", "a lost message stays a gap", &["SESSION-14", "RATCHET-11"], "Order");
    let ids = &["SESSION-26", "SESSION-23", "SESSION-25"];
    s().sends(0, &["a", "b", "c"])
        .get(1, "c")
        .act(1, "restore")
        .get(1, "a")
        .act(0, "restore")
        .send(0, "d")
        .get(1, "d")
        .act(1, "restore")
        .send(1, "x")
        .act(1, "restore")
        .get(0, "x")
        .act(0, "restore")
        .send(0, "e")
        .gets(1, &["e", "b"])
        .put(book, "restore", "both sides restored in the middle, with skipped keys", ids, "Order");
    s().send(0, "a")
        .get(1, "a")
        .act(1, "restore")
        .get(1, "a")
        .refuse("duplicate")
        .act(1, "restore")
        .send(1, "b")
        .get(0, "b")
        .put(
            book,
            "restore-duplicate",
            "a duplicate after a restore",
            &["SESSION-26", "RATCHET-14"],
            "Replay",
        );
}

fn bounds(book: &mut Book) {
    let s = Script::default;
    let max = CHAIN_MAX;
    s().many(0, max, "m")
        .send(0, "more")
        .refuse("chain_limit")
        .index(1, "m", max - 1)
        .send(1, "turn")
        .get(0, "turn")
        .send(0, "again")
        .get(1, "again")
        .put(
            book,
            "chain-end",
            "a chain to its end, and the next one",
            &["RATCHET-02", "RATCHET-05"],
            "Bounds",
        );
    s().send(0, "a")
        .get(1, "a")
        .many(1, max, "m")
        .send(1, "more")
        .refuse("chain_limit")
        .act(1, "close")
        .refuse("chain_limit")
        .index(0, "m", 0)
        .put(
            book,
            "chain-end-responder",
            "the responder's chain to its end; not even a close fits",
            &["RATCHET-02"],
            "Bounds",
        );
    s().many(0, max, "m")
        .index(1, "m", max - 1)
        .gap(&json!([[0, 0, max - 1]]))
        .index(1, "m", max - 2)
        .index(1, "m", max - 2001)
        .index(1, "m", max - 2002)
        .refuse("expired")
        .index(1, "m", 0)
        .refuse("expired")
        .put(
            book,
            "jump",
            "a jump to the end: the 2,000 newest keys are kept",
            &["RATCHET-17", "RATCHET-14", "SESSION-14"],
            "Bounds",
        );
    s().many(0, 2002, "m").index(1, "m", 2000).index(1, "m", 0).put(
        book,
        "skip-2000",
        "exactly 2,000 skipped",
        &["RATCHET-17"],
        "Bounds",
    );
    s().many(0, 2002, "m")
        .index(1, "m", 2001)
        .index(1, "m", 0)
        .refuse("expired")
        .index(1, "m", 1)
        .put(book, "skip-2001", "2,001 skipped: the oldest is gone", &["RATCHET-17"], "Bounds");
    s().many(0, 1501, "m")
        .index(1, "m", 1000)
        .send(1, "turn")
        .get(0, "turn")
        .many(0, 1002, "k")
        .index(1, "k", 1001)
        .gap(&json!([[0, 1001, 500], [2, 0, 1001]]))
        .index(1, "m", 500)
        .refuse("expired")
        .index(1, "m", 501)
        .index(1, "m", 1001)
        .index(1, "k", 0)
        .put(
            book,
            "skip-order",
            "old chain's rest before the new chain's; the oldest leave",
            &["RATCHET-17"],
            "Bounds",
        );
    s().many(0, 1002, "m").index(1, "m", 0).put(
        book,
        "many",
        "a long chain, its first message",
        &["RATCHET-19"],
        "Normal",
    );
    let mut chain = s().sends(0, &["first", "kept"]).get(1, "first");
    for turn in 0..5 {
        let (x, y) = (format!("x{turn}"), format!("y{turn}"));
        chain = chain.send(1, &x).get(0, &x).send(0, &y).get(1, &y);
    }
    chain
        .get(1, "first")
        .refuse("duplicate")
        .get(1, "kept")
        .get(1, "kept")
        .refuse("duplicate")
        .put(
            book,
            "five-old-chains",
            "five newer chains: the first is still open",
            &["RATCHET-18", "MSG-07"],
            "Bounds",
        );
    let mut chain = s().sends(0, &["first", "kept"]).get(1, "first");
    for turn in 0..6 {
        let (x, y) = (format!("x{turn}"), format!("y{turn}"));
        chain = chain.send(1, &x).get(0, &x).send(0, &y).get(1, &y);
    }
    chain
        .get(1, "kept")
        .refuse("authentication")
        .get(1, "first")
        .refuse("authentication")
        .get(1, "y0")
        .refuse("duplicate")
        .put(
            book,
            "six-old-chains",
            "six newer chains: the first is gone",
            &["RATCHET-18"],
            "Bounds",
        );
    let mut digests = s().many(0, 1001, "m");
    for index in 0..1001 {
        digests = digests.index(1, "m", index);
    }
    digests.index(1, "m", 1).refuse("duplicate").index(1, "m", 0).refuse("expired").put(
        book,
        "digests",
        "the 1,000 last digests are kept",
        &["RATCHET-19", "RATCHET-14"],
        "Bounds",
    );
}

fn refusals(book: &mut Book) {
    let s = Script::default;
    for (id, comment, name) in [
        ("draw-own-key", "the drawn ratchet key is the one it replaces", "session RB"),
        ("draw-peers-key", "the drawn ratchet key is the peer's", "session RA"),
    ] {
        let mut script = s().send(0, "a").get(1, "a");
        let random = [hex::encode(key(name))];
        script.0.push(
            json!({ "as": SIDES[1], "do": "send", "type": 1, "content": "", "random": random }),
        );
        let ids = &["RATCHET-04", "PRIM-17", "ENC-08"];
        script.refuse("random").send(1, "b").get(0, "b").put(book, id, comment, ids, "Random");
    }
    let long = |mut script: Script| {
        let content = "00".repeat(65_532);
        script.0.push(json!({ "as": SIDES[0], "do": "send", "type": 1, "content": content }));
        script
    };
    long(s().act(0, "close")).refuse("closed").put(
        book,
        "too-long-after-close",
        "closed comes before too_long",
        &["MSG-14", "MSG-01"],
        "Caller",
    );
    long(s().many(0, CHAIN_MAX, "m")).refuse("too_long").put(
        book,
        "too-long-at-end",
        "too_long comes before chain_limit",
        &["MSG-14", "MSG-01"],
        "Caller",
    );
    s().send(0, "a")
        .get(1, "a")
        .get(1, "a")
        .refuse("duplicate")
        .send(0, "b")
        .get(1, "b")
        .get(1, "a")
        .refuse("duplicate")
        .put(
            book,
            "duplicate",
            "the same message twice",
            &["RATCHET-14", "RATCHET-16", "ENC-08"],
            "Replay",
        );
    s().sends(0, &["a", "b"]).get(1, "b").get(1, "a").get(1, "a").refuse("duplicate").put(
        book,
        "duplicate-late",
        "a late message twice",
        &["RATCHET-14", "RATCHET-16"],
        "Replay",
    );
    s().send(0, "a")
        .get(1, "a")
        .send(1, "x")
        .get(0, "x")
        .send(0, "b")
        .get(1, "b")
        .get(1, "a")
        .refuse("duplicate")
        .put(
            book,
            "duplicate-old-chain",
            "a duplicate of an old chain",
            &["RATCHET-14", "RATCHET-18"],
            "Replay",
        );
    s().sends(0, &["a", "b", "c"])
        .get(1, "b")
        .send(1, "x")
        .get(0, "x")
        .send(0, "d")
        .get(1, "d")
        .gap(&json!([[0, 2, 1]]))
        .get(1, "c")
        .get(1, "c")
        .refuse("duplicate")
        .get(1, "a")
        .get(1, "a")
        .refuse("duplicate")
        .put(
            book,
            "duplicate-old-chain-skipped",
            "numbers of an old chain that were skipped, each twice: no key is derived again",
            &["RATCHET-14", "RATCHET-16"],
            "Replay",
        );
    s().send(0, "a").get(0, "a").refuse("authentication").get(1, "a").put(
        book,
        "reflected",
        "a message back to its sender",
        &["MSG-08", "ENC-08"],
        "Identity",
    );
    s().send(0, "a")
        .send(1, "x")
        .get(0, "x")
        .get(1, "x")
        .refuse("authentication")
        .get(1, "a")
        .get(0, "a")
        .refuse("authentication")
        .put(book, "reflected-both", "both ways", &["MSG-08"], "Identity");
    let other = Setup { sk: key("other SK"), ..setup() };
    let spliced = other.chains(&[])[0].message(0, 0, &trace::body(1, b"a"), |_| ());
    s().raw(1, &spliced).refuse("authentication").send(0, "a").get(1, "a").put(
        book,
        "other-session",
        "a message of another session",
        &["MSG-08", "ENC-08"],
        "Identity",
    );
    let chain = &setup().chains(&[])[0];
    let good = chain.message(0, 0, &trace::body(1, b"late"), |_| ());
    for (id, at) in [("version", 0usize), ("salt", 4), ("header", 30), ("body", 90), ("mac", 379)] {
        let mut bad = good.clone();
        bad[at] ^= 2;
        let error = if at == 0 { "version" } else { "authentication" };
        s().raw(1, &bad).refuse(error).raw(1, &good).put(
            book,
            &format!("tampered-{id}"),
            "damaged on the way, then the genuine one",
            &["MSG-08", "ENC-08", "ENC-10"],
            "Tamper",
        );
    }
    s().send(0, "a")
        .raw(1, &chain.message(0, 0, &trace::body(1, b"a"), |it| it.damage_body = true))
        .refuse("authentication")
        .get(1, "a")
        .put(
            book,
            "body-damaged",
            "a good header over a damaged body: nothing moves",
            &["RATCHET-21", "MSG-12", "ENC-08"],
            "Insider",
        );
    s().send(0, "a")
        .raw(1, &chain.message(0, 5, &trace::body(1, b"a"), |it| it.damage_body = true))
        .refuse("authentication")
        .get(1, "a")
        .gap(&json!([]))
        .put(
            book,
            "body-damaged-ahead",
            "the same with a number ahead: no key is skipped",
            &["RATCHET-21", "ENC-08"],
            "Insider",
        );
}

/// Turn keys of the scripts below: chain 1 by the responder, chain 2 by the initiator.
fn draws() -> [[u8; 32]; 2] {
    [key("session chain 1"), key("session chain 2")]
}

fn low_order() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
}

/// Messages of a peer that holds all keys and does not follow the rules.
fn insiders(book: &mut Book) {
    let s = Script::default;
    let chains = setup().chains(&draws());
    let body = trace::body(1, b"bad");
    let bad = |chain: &Chain, pn, n, alter: &dyn Fn(&mut MessagePlain<'_>)| {
        chain.message(pn, n, &body, |it| alter(it))
    };
    let none = &|_: &mut MessagePlain<'_>| ();
    let other = *trace::pair(&key("another ratchet key")).public().as_bytes();
    let cases = [
        (
            "current-dh",
            "another dh in the current chain",
            "RATCHET-06",
            "clone_suspected",
            bad(&chains[0], 0, 1, &|it| it.dh = other),
        ),
        (
            "current-pn",
            "another pn in the current chain",
            "RATCHET-07",
            "protocol",
            bad(&chains[0], 1, 1, none),
        ),
        (
            "current-n",
            "n at CHAIN_MAX",
            "RATCHET-05",
            "too_far",
            bad(&chains[0], 0, CHAIN_MAX, none),
        ),
        (
            "current-n-max",
            "n at 2^32 - 1",
            "RATCHET-05",
            "too_far",
            bad(&chains[0], 0, 1, &|it| it.n = u32::MAX),
        ),
        (
            "current-pn-far",
            "pn beyond CHAIN_MAX",
            "RATCHET-05",
            "too_far",
            bad(&chains[0], CHAIN_MAX + 1, 1, none),
        ),
        (
            "current-dh-and-far",
            "another dh and n at CHAIN_MAX: ranges come first",
            "RATCHET-05",
            "too_far",
            bad(&chains[0], 0, 1, &|it| {
                it.dh = other;
                it.n = CHAIN_MAX;
            }),
        ),
        (
            "current-dh-and-pn",
            "another dh and pn: dh comes first",
            "RATCHET-06",
            "clone_suspected",
            bad(&chains[0], 1, 1, &|it| it.dh = other),
        ),
        (
            "new-in-pending",
            "a new chain while the receiver has not sent",
            "RATCHET-08",
            "protocol",
            {
                let hidden = Chain {
                    header: setup().header_after(&draws()[..1]),
                    ..setup().chains(&draws()).pop().expect("chain 2")
                };
                hidden.message(1, 0, &body, |_| ())
            },
        ),
    ];
    for (id, comment, requirement, error, message) in cases {
        let ordered = ["RATCHET-22", requirement, "ENC-08"];
        s().send(0, "a").get(1, "a").raw(1, &message).refuse(error).send(0, "b").get(1, "b").put(
            book,
            id,
            comment,
            if id.contains("-and-") { &ordered } else { &ordered[1..] },
            "Insider",
        );
    }
    let sealed = [
        ("mac-before-dh", "another dh", bad(&chains[0], 0, 1, &|it| it.dh = other)),
        ("mac-before-far", "n at CHAIN_MAX", bad(&chains[0], 0, CHAIN_MAX, none)),
    ];
    for (id, what, mut message) in sealed {
        if let Some(last) = message.last_mut() {
            *last ^= 1;
        }
        s().send(0, "a").get(1, "a").raw(1, &message).refuse("authentication").put(
            book,
            id,
            &format!("{what} under a damaged MAC: the MAC comes first"),
            &["MSG-06", "MSG-05", "ENC-08"],
            "Insider",
        );
    }
    let clone = chains[0].message(0, 0, &trace::body(1, b"another"), |_| ());
    s().send(0, "a")
        .get(1, "a")
        .raw(1, &clone)
        .refuse("clone_suspected")
        .get(1, "a")
        .refuse("duplicate")
        .put(book, "clone", "two messages with one number", &["RATCHET-14"], "Insider");
    new_chain_cases(book, &chains, &body);
    old_chain_cases(book, &chains, &body);
}

/// Chain 2 of the initiator, towards a responder that has sent chain 1.
fn new_chain_cases(book: &mut Book, chains: &[Chain], body: &[u8]) {
    let before = || {
        Script::default()
            .sends(0, &["a", "b"])
            .gets(1, &["a", "b"])
            .send_with(1, "x", &draws()[0])
            .get(0, "x")
    };
    let new = |pn, n, alter: &dyn Fn(&mut MessagePlain<'_>)| {
        chains[2].message(pn, n, body, |it| alter(it))
    };
    let none = &|_: &mut MessagePlain<'_>| ();
    let (own, peers) = (chains[1].dh, chains[0].dh);
    let begun = |dh| setup().chain_of(&draws()[..1], dh).message(2, 0, body, |_| ());
    let mut over = [0xff; 32];
    over[31] = 0x7f;
    let cases = [
        (
            "new-dh-non-canonical",
            "dh is 2^255 - 1",
            "RATCHET-09",
            "key",
            new(2, 0, &|it| it.dh = over),
        ),
        (
            "new-dh-peers",
            "dh is the key the peer already had",
            "RATCHET-10",
            "protocol",
            begun(peers),
        ),
        ("new-dh-own", "dh is the receiver's own key", "RATCHET-10", "protocol", begun(own)),
        ("new-dh-low-order", "dh is of small order", "RATCHET-13", "key", begun(low_order())),
        ("new-dh-zero", "dh is zero", "RATCHET-13", "key", begun([0; 32])),
        (
            "new-pn-small",
            "pn less than what was accepted",
            "RATCHET-11",
            "protocol",
            new(1, 0, none),
        ),
        ("new-pn-far", "pn beyond CHAIN_MAX", "RATCHET-05", "too_far", new(CHAIN_MAX + 1, 0, none)),
        ("new-n-far", "n at CHAIN_MAX", "RATCHET-05", "too_far", new(2, CHAIN_MAX, none)),
    ];
    for (id, comment, requirement, error, message) in cases {
        before().raw(1, &message).refuse(error).send_with(0, "c", &draws()[1]).get(1, "c").put(
            book,
            id,
            comment,
            &[requirement, "ENC-08"],
            "Insider",
        );
    }
    let first = chains[1].message(1, 0, body, |_| ());
    Script::default()
        .raw(0, &first)
        .refuse("protocol")
        .send_with(1, "x", &draws()[0])
        .get(0, "x")
        .put(
            book,
            "new-pn-first",
            "pn not zero where there was no chain",
            &["RATCHET-11", "ENC-08"],
            "Insider",
        );
    let genuine = chains[2].message(2, 3, &trace::body(1, b"ok"), |_| ());
    before().raw(1, &genuine).gap(&json!([[2, 0, 3]])).put(
        book,
        "new-genuine",
        "the same by a peer that follows the rules",
        &["RATCHET-15"],
        "Normal",
    );
    let damaged = chains[2].message(2, 3, body, |it| it.damage_body = true);
    before()
        .raw(1, &damaged)
        .refuse("authentication")
        .send(1, "y")
        .get(0, "y")
        .send_with(0, "c", &draws()[1])
        .get(1, "c")
        .put(
            book,
            "new-body-damaged",
            "a new chain over a damaged body: no step",
            &["RATCHET-21", "RATCHET-15", "ENC-08"],
            "Insider",
        );
}

/// Chain 0 of the initiator after chain 2 has begun: its end is 2.
fn old_chain_cases(book: &mut Book, chains: &[Chain], body: &[u8]) {
    let before = || {
        Script::default()
            .sends(0, &["a", "b"])
            .get(1, "a")
            .send_with(1, "x", &draws()[0])
            .get(0, "x")
            .send_with(0, "c", &draws()[1])
            .get(1, "c")
    };
    let old = |pn, n, alter: &dyn Fn(&mut MessagePlain<'_>)| {
        chains[0].message(pn, n, body, |it| alter(it))
    };
    let none = &|_: &mut MessagePlain<'_>| ();
    let other = chains[2].dh;
    let cases = [
        (
            "old-dh",
            "another dh in an old chain",
            "RATCHET-06",
            "clone_suspected",
            old(0, 1, &|it| it.dh = other),
        ),
        ("old-pn", "another pn in an old chain", "RATCHET-07", "protocol", old(1, 1, none)),
        ("old-n-end", "n at the end of an old chain", "RATCHET-12", "protocol", old(0, 2, none)),
        ("old-n-beyond", "n far beyond its end", "RATCHET-12", "protocol", old(0, 500, none)),
        (
            "old-clone",
            "another message under a used number",
            "RATCHET-14",
            "clone_suspected",
            old(0, 0, none),
        ),
    ];
    for (id, comment, requirement, error, message) in cases {
        before().raw(1, &message).refuse(error).get(1, "b").put(
            book,
            id,
            comment,
            &[requirement, "ENC-08"],
            "Insider",
        );
    }
}

fn receipts_and_close(book: &mut Book) {
    let s = Script::default;
    let ids = &["SESSION-16", "SESSION-18"];
    s().sends(0, &["a", "b"]).gets(1, &["a", "b"]).act(1, "receipt").save("r").get(0, "r").put(
        book,
        "receipt",
        "all accepted",
        ids,
        "Normal",
    );
    s().act(0, "receipt").put(
        book,
        "receipt-nothing",
        "nothing to say without a receiving chain",
        ids,
        "Normal",
    );
    s().act(1, "receipt").save("r").get(0, "r").put(
        book,
        "receipt-none",
        "nothing accepted yet",
        ids,
        "Normal",
    );
    s().sends(0, &["a", "b", "c", "d", "e"])
        .get(1, "e")
        .get(1, "b")
        .act(1, "receipt")
        .save("r")
        .get(0, "r")
        .get(1, "a")
        .act(1, "receipt")
        .save("r2")
        .get(0, "r2")
        .put(book, "receipt-gaps", "0 missing; then 2 and 3", ids, "Order");
    s().many(0, 3000, "m")
        .index(1, "m", 2999)
        .index(1, "m", 2500)
        .act(1, "receipt")
        .save("r")
        .get(0, "r")
        .put(book, "receipt-lost", "keys left the store: nothing beyond is claimed", ids, "Bounds");
    s().send(0, "a")
        .get(1, "a")
        .act(1, "receipt")
        .save("r")
        .act(1, "receipt")
        .get(0, "r")
        .act(0, "receipt")
        .send(0, "b")
        .get(1, "b")
        .act(1, "receipt")
        .put(
            book,
            "receipt-owed",
            "nothing is owed twice, nor for a receipt",
            &["SESSION-17"],
            "Order",
        );
    let insider = setup().chains(&draws());
    let receipt = |epoch: u32, below: u32, bitmap: u64| {
        let bytes =
            [epoch.to_be_bytes().as_slice(), &below.to_be_bytes(), &bitmap.to_be_bytes()].concat();
        insider[1].message(0, 0, &trace::body(2, &bytes), |_| ())
    };
    let sent = || s().sends(0, &["a", "b"]).gets(1, &["a", "b"]);
    sent().raw(0, &receipt(0, 1, 0)).put(book, "receipt-part", "one of two", ids, "Normal");
    for (id, comment, message) in [
        ("receipt-unsent-epoch", "a chain that was never sent", receipt(2, 0, 0)),
        ("receipt-own-epoch", "a chain of the receipt's own sender", receipt(1, 0, 0)),
        ("receipt-far-epoch", "chain 2^32 - 2", receipt(u32::MAX - 1, 0, 0)),
        ("receipt-beyond", "below is more than was sent", receipt(0, 3, 0)),
        ("receipt-bit-beyond", "a bit for a number that was not sent", receipt(0, 0, 2)),
        ("receipt-max", "everything at its greatest", receipt(0, u32::MAX, u64::MAX)),
    ] {
        sent().raw(0, &message).refuse("content").put(
            book,
            id,
            comment,
            &["SESSION-18", "ENC-08"],
            "Insider",
        );
    }
    let later = |below: u32| {
        let bytes = [[0; 4].as_slice(), &below.to_be_bytes(), &[0; 8]].concat();
        insider[1].message(0, 1, &trace::body(2, &bytes), |_| ())
    };
    sent()
        .send_with(1, "x", &draws()[0])
        .get(0, "x")
        .raw(0, &later(3))
        .refuse("content")
        .raw(0, &later(2))
        .put(
            book,
            "receipt-beyond-pending",
            "in Pending the count is that of the erased chain",
            &["SESSION-18", "ENC-08"],
            "Insider",
        );
    let [first, second] = draws();
    let third = setup().chains(&[first, second, key("session chain 3")]).pop().expect("chain 3");
    let newest = |epoch: u32| {
        let bytes = [epoch.to_be_bytes().as_slice(), &1_u32.to_be_bytes(), &[0; 8]].concat();
        third.message(1, 0, &trace::body(2, &bytes), |_| ())
    };
    s().sends(0, &["a"])
        .gets(1, &["a"])
        .send_with(1, "x", &first)
        .get(0, "x")
        .send_with(0, "y", &second)
        .get(1, "y")
        .raw(0, &newest(1))
        .refuse("content")
        .raw(0, &newest(2))
        .put(
            book,
            "receipt-older-own-epoch",
            "an older chain of the receipt's own sender, then the receiver's newest",
            &["SESSION-18", "ENC-08"],
            "Insider",
        );
    closes(book, &insider);
}

fn closes(book: &mut Book, insider: &[Chain]) {
    let s = Script::default;
    let ids = &["SESSION-19", "SESSION-20", "SESSION-21", "SESSION-22"];
    s().send(0, "a")
        .act(0, "close")
        .save("end")
        .gets(1, &["a", "end"])
        .send(0, "b")
        .refuse("closed")
        .act(0, "close")
        .refuse("closed")
        .act(0, "restore")
        .send(0, "c")
        .refuse("closed")
        .send(1, "x")
        .get(0, "x")
        .put(book, "close", "one direction ends, the other goes on", ids, "Normal");
    s().send(0, "a")
        .act(0, "close")
        .save("end")
        .get(1, "end")
        .gap(&json!([[0, 0, 1]]))
        .get(1, "a")
        .get(1, "end")
        .refuse("duplicate")
        .put(book, "close-early", "the close overtakes a message", ids, "Order");
    s().send(0, "a")
        .gets(1, &["a"])
        .act(1, "close")
        .save("end")
        .get(0, "end")
        .act(1, "receipt")
        .refuse("closed")
        .put(book, "close-responder", "the responder closes; no receipt after it", ids, "Normal");
    let close = |epoch: u32, count: u32, n: u32| {
        let bytes = [epoch.to_be_bytes(), count.to_be_bytes()].concat();
        insider[0].message(0, n, &trace::body(3, &bytes), |_| ())
    };
    s().send(0, "a").get(1, "a").raw(1, &close(0, 2, 1)).put(
        book,
        "close-count",
        "the right count",
        ids,
        "Normal",
    );
    for (id, comment, message) in [
        ("close-count-small", "a count one too small", close(0, 1, 1)),
        ("close-count-great", "a count one too great", close(0, 3, 1)),
        ("close-epoch", "another chain's epoch", close(2, 2, 1)),
        ("close-count-max", "the greatest count", close(0, u32::MAX, 1)),
    ] {
        s().send(0, "a")
            .get(1, "a")
            .raw(1, &message)
            .refuse("content")
            .send(0, "b")
            .get(1, "b")
            .put(book, id, comment, &["SESSION-20", "ENC-08"], "Insider");
    }
    s().sends(0, &["a", "b", "c"])
        .get(1, "c")
        .raw(1, &close(0, 2, 1))
        .refuse("after_close")
        .get(1, "b")
        .put(
            book,
            "close-before-accepted",
            "a close that comes before an accepted message",
            &["SESSION-21", "ENC-08"],
            "Insider",
        );
    let after = insider[0].message(0, 2, &trace::body(1, b"after"), |_| ());
    s().send(0, "a").raw(1, &close(0, 2, 1)).raw(1, &after).refuse("after_close").get(1, "a").put(
        book,
        "after-close",
        "a message after the close",
        &["SESSION-21", "ENC-08"],
        "Insider",
    );
    let next = insider[2].message(2, 0, &trace::body(1, b"after"), |_| ());
    s().send(0, "a")
        .raw(1, &close(0, 2, 1))
        .send_with(1, "x", &draws()[0])
        .raw(1, &next)
        .refuse("after_close")
        .put(
            book,
            "chain-after-close",
            "a new chain after the close",
            &["SESSION-21", "ENC-08"],
            "Insider",
        );
    s().send(0, "a").get(1, "a").act(1, "export").refuse("export").put_export(book);
}

impl Script {
    /// The export scripts: the same secret on both sides, in every state.
    fn put_export(mut self, book: &mut Book) {
        if let Some(step) = self.0.last_mut() {
            step["label"] = json!("");
            step["context"] = json!("");
            step["length"] = json!(32);
        }
        for side in SIDES {
            self.0.push(json!({ "as": side, "do": "export", "label": "files", "context": "0102", "length": 48 }));
        }
        self.put(book, "export", "the same export on both sides", &["SESSION-02"], "Caller");
    }
}
