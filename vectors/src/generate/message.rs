//! Chapter 6.1, 7 and 8.1: single messages and the keys around them.

use super::{About, Against, Book, key};
use crate::trace::{self, MessagePlain};
use quipu::secret::Secret;
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    vec![session_keys(), export(), ratchet_step(), chain_step(), padding(), seal(), open()]
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

fn session_keys() -> Book {
    let mut book = Book::new("session-keys", "what a session starts from");
    for (id, devices) in [("one", [1, 1]), ("devices", [0, u32::MAX])] {
        let input = json!({
            "sk": hex(key("SK")), "transcript": hex(key("h9")),
            "ik_i": hex(key("IK_I")), "device_i": devices[0],
            "ik_r": hex(key("IK_R")), "device_r": devices[1],
        });
        let about = About {
            id,
            comment: "all keys and both directions",
            requirements: &["SESSION-01", "PRIM-11"],
        };
        book.good(about, input, None);
    }
    book
}

fn export() -> Book {
    let mut book = Book::new("export", "secrets for the application");
    let input = |label: &str, context: &[u8], length: usize| json!({ "exporter": hex(key("exporter")), "label": label, "context": hex(context), "length": length });
    let long = "x".repeat(64);
    for (id, label, context, length) in [
        ("usual", "files", b"room 7".as_slice(), 32),
        ("one-byte", "f", b"", 1),
        ("longest-label", long.as_str(), b"", 64),
        ("longest", "files", b"", 8160),
        ("registry-name", "root", b"", 32),
    ] {
        let about = About { id, comment: "an export", requirements: &["SESSION-02"] };
        book.good(about, input(label, context, length), None);
    }
    let longer = "x".repeat(65);
    for (id, delta, label, length) in [
        ("empty-label", "an empty label", "", 32),
        ("long-label", "a label of 65 bytes", longer.as_str(), 32),
        ("nothing", "no bytes asked for", "files", 0),
        ("too-long", "8,161 bytes", "files", 8161),
    ] {
        let against = Against { twin: "usual", delta, error: "export", flag: "Caller" };
        book.bad(
            About { id, comment: delta, requirements: &["SESSION-02"] },
            against,
            input(label, b"room 7", length),
            None,
        );
    }
    book
}

fn ratchet_step() -> Book {
    let mut book = Book::new("ratchet-step", "one step of the root");
    for id in ["one", "two"] {
        let public =
            |name: &str| hex(trace::pair(&key(&format!("{id} {name}"))).public().as_bytes());
        let input = json!({
            "root": hex(key(id)), "dh": hex(key(&format!("{id} dh"))),
            "dh_new": public("new"), "dh_other": public("other"),
        });
        book.good(
            About { id, comment: "one step", requirements: &["RATCHET-01", "PRIM-10"] },
            input,
            None,
        );
    }
    book
}

fn chain_step() -> Book {
    let mut book = Book::new("chain-step", "one message key and the next chain key");
    let libsignal = "8ab72d6f4cc5ac0d387eaf463378ddb28edd07385b1cb01250c715982e7ad48f";
    let about = About {
        id: "libsignal",
        comment: "the seed of libsignal's published known answer (test_chain_key_derivation)",
        requirements: &["RATCHET-03"],
    };
    book.good(about, json!({ "chain": libsignal }), None);
    for id in ["one", "two"] {
        let about = About { id, comment: "one step", requirements: &["RATCHET-03"] };
        book.good(about, json!({ "chain": hex(key(id)) }), None);
    }
    book
}

fn padding() -> Book {
    let mut book = Book::new("padding", "padded length of a body for the length of its content");
    for length in [
        0, 1, 250, 251, 252, 258, 267, 268, 299, 1019, 1020, 1021, 4091, 4092, 9999, 16_379,
        16_380, 32_763, 63_483, 63_484, 65_531,
    ] {
        let id = length.to_string();
        let about = About { id: &id, comment: "one length", requirements: &["MSG-02"] };
        book.good(about, json!({ "length": length }), None);
    }
    for (id, length) in [("too-long", 65_532), ("far-too-long", 1_000_000)] {
        let against =
            Against { twin: "65531", delta: "more content", error: "too_long", flag: "Caller" };
        let about = About { id, comment: "content that does not fit", requirements: &["MSG-01"] };
        book.bad(about, against, json!({ "length": length }), None);
    }
    book
}

fn header() -> [u8; 32] {
    *trace::pair(&key("dh")).public().as_bytes()
}

fn seal() -> Book {
    let mut book = Book::new("message-seal", "sealing one message under given keys");
    let input = |kind: u8, content: &[u8]| {
        json!({
            "message_key": hex(key("mk")), "header_key": hex(key("hk")), "ad": hex(key("ad")),
            "dh": hex(header()), "pn": 3, "n": 7, "type": kind, "content": hex(content),
        })
    };
    for (id, kind, content) in [
        ("hello", 1, b"hello".to_vec()),
        ("empty", 1, Vec::new()),
        ("largest-small", 1, vec![0x61; 251]),
        ("next-bucket", 1, vec![0x61; 252]),
        ("application", 0x80, b"typing".to_vec()),
        ("application-last", 0xff, vec![0]),
        ("receipt", 2, [0; 16].to_vec()),
        ("close", 3, vec![0, 0, 0, 0, 0, 0, 0, 8]),
    ] {
        let about =
            About { id, comment: "one content", requirements: &["MSG-02", "MSG-03", "PRIM-12"] };
        book.good(about, input(kind, &content), None);
    }
    let about = About {
        id: "other-draw",
        comment: "the same with another draw: another salt, other keys",
        requirements: &["MSG-03"],
    };
    book.good(about, input(1, b"hello"), None);
    book
}

struct Sealed {
    body: Vec<u8>,
}

impl Sealed {
    fn message(&self, alter: impl FnOnce(&mut MessagePlain<'_>)) -> Vec<u8> {
        let mut plain = MessagePlain::new(header(), 3, 7, &self.body);
        alter(&mut plain);
        let (mk, hk) = (Secret::new(key("mk")), Secret::new(key("hk")));
        trace::message(&mk, &hk, &key("ad"), &[0x11; 16], &plain).0
    }

    fn of(kind: u8, content: &[u8]) -> Vec<u8> {
        Self { body: trace::body(kind, content) }.message(|_| ())
    }

    fn raw(body: Vec<u8>) -> Vec<u8> {
        Self { body }.message(|_| ())
    }
}

fn open_input(message: &[u8]) -> Value {
    json!({
        "message_key": hex(key("mk")), "header_key": hex(key("hk")), "ad": hex(key("ad")), "message": hex(message),
    })
}

/// A message to be refused: id, what was changed, requirement, error, flag, message.
type Case = (String, &'static str, &'static str, &'static str, &'static str, Vec<u8>);

fn open() -> Book {
    let mut book = Book::new("message-open", "opening one message under given keys");
    for (id, kind, content) in [
        ("hello", 1, b"hello".to_vec()),
        ("empty", 1, Vec::new()),
        ("largest-small", 1, vec![0x61; 251]),
        ("next-bucket", 1, vec![0x61; 252]),
        ("kilobyte", 1, vec![0x62; 1024]),
        ("application", 0x80, b"typing".to_vec()),
        ("receipt", 2, [0; 16].to_vec()),
        ("close", 3, vec![0, 0, 0, 0, 0, 0, 0, 8]),
    ] {
        let about =
            About { id, comment: "one content", requirements: &["MSG-05", "MSG-10", "MSG-11"] };
        book.good(about, open_input(&Sealed::of(kind, &content)), None);
    }
    let good = Sealed::of(1, b"hello");
    let flip = |at: usize, mask: u8| {
        let mut message = good.clone();
        message[at] ^= mask;
        message
    };
    let mut cases: Vec<Case> = Vec::new();
    let mut case = |id: &str, delta, requirement, error, flag, message: Vec<u8>| {
        cases.push((id.to_owned(), delta, requirement, error, flag, message));
    };
    case("empty-packet", "no bytes", "ENC-01", "length", "Layout", Vec::new());
    case("version-2", "version 2", "ENC-02", "version", "Layout", flip(0, 3));
    case("type-init", "type of an Init", "ENC-03", "type", "Layout", flip(1, 0x11));
    case("suite-0", "suite 0", "ENC-04", "suite", "Layout", flip(3, 1));
    case("short", "last byte cut off", "MSG-09", "length", "Layout", good[..379].to_vec());
    case(
        "long",
        "a zero byte behind",
        "MSG-09",
        "length",
        "Layout",
        [good.as_slice(), &[0]].concat(),
    );
    case("below-least", "124 bytes: no body", "MSG-09", "length", "Layout", good[..124].to_vec());
    case(
        "between",
        "a padded length between two buckets",
        "MSG-09",
        "length",
        "Layout",
        [good.as_slice(), &[0; 8]].concat(),
    );
    case(
        "beyond",
        "longer than the longest",
        "MSG-09",
        "length",
        "Bounds",
        [good.as_slice(), &vec![0; 67_584 - 256]].concat(),
    );
    case(
        "next-length",
        "zeros up to the next bucket",
        "MSG-08",
        "authentication",
        "Tamper",
        [good.as_slice(), &[0; 16]].concat(),
    );
    for (name, at) in [
        ("salt-first", 4),
        ("salt-last", 19),
        ("header-first", 20),
        ("header-tag", 75),
        ("body-first", 76),
        ("body-tag", 347),
        ("mac-first", 348),
        ("mac-last", 379),
    ] {
        case(
            &format!("flip-{name}"),
            "one bit, nothing recomputed",
            "MSG-08",
            "authentication",
            "Tamper",
            flip(at, 1),
        );
    }
    let half_mac = [&good[..364], &[0; 16]].concat();
    case(
        "half-mac",
        "second half of the MAC zero",
        "PRIM-14",
        "authentication",
        "Tamper",
        half_mac,
    );
    let sealed = Sealed { body: trace::body(1, b"hello") };
    case(
        "header-resealed",
        "sealed header damaged under a good MAC",
        "MSG-05",
        "authentication",
        "Insider",
        sealed.message(|it| it.damage_header = true),
    );
    case(
        "body-resealed",
        "sealed body damaged under a good MAC",
        "MSG-12",
        "authentication",
        "Insider",
        sealed.message(|it| it.damage_body = true),
    );
    padding_cases(&mut case);
    for (id, delta, kind, content) in [
        ("type-0", "content type 0", 0, vec![0]),
        ("type-4", "content type 4, of another profile", 4, vec![0; 32]),
        ("type-5", "content type 5", 5, vec![0]),
        ("type-7f", "content type 0x7f", 0x7f, vec![0]),
        ("receipt-short", "a receipt of 15 bytes", 2, vec![0; 15]),
        ("receipt-long", "a receipt of 17 bytes", 2, vec![0; 17]),
        ("receipt-empty", "an empty receipt", 2, Vec::new()),
        ("close-short", "a close of 7 bytes", 3, vec![0; 7]),
        ("close-long", "a close of 9 bytes", 3, vec![0; 9]),
    ] {
        case(id, delta, "MSG-11", "content", "Insider", Sealed::of(kind, &content));
    }
    for (id, delta, requirement, error, flag, message) in cases {
        let against = Against { twin: "hello", delta, error, flag };
        let about = About { id: &id, comment: delta, requirements: &[requirement] };
        book.bad(about, against, open_input(&message), None);
    }
    let about = About {
        id: "other-ad",
        comment: "another direction or session",
        requirements: &["MSG-08"],
    };
    let against = Against { twin: "hello", delta: "ad", error: "authentication", flag: "Identity" };
    let mut input = open_input(&good);
    input["ad"] = json!(hex(key("other ad")));
    book.bad(about, against, input, None);
    book
}

/// Bodies that are not padded exactly, resealed.
fn padding_cases(
    case: &mut impl FnMut(&str, &'static str, &'static str, &'static str, &'static str, Vec<u8>),
) {
    let body = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut body = trace::body(1, b"hello");
        change(&mut body);
        Sealed::raw(body)
    };
    let bodies: Vec<(&str, &'static str, Vec<u8>)> = vec![
        ("padding-first", "first padding byte is 1", body(&|it| it[10] = 1)),
        ("padding-last", "last padding byte is 0x80", body(&|it| it[255] = 0x80)),
        ("padding-two", "two padding bytes are 0x80", body(&|it| it[254..].fill(0x80))),
        (
            "padding-length-over",
            "length one more than fits",
            body(&|it| it[1..5].copy_from_slice(&252u32.to_be_bytes())),
        ),
        ("padding-length-huge", "length 2^32 - 1", body(&|it| it[1..5].fill(0xff))),
        ("padding-bucket", "a bucket too large", body(&|it| it.resize(272, 0))),
        ("padding-bucket-double", "twice the bucket", body(&|it| it.resize(512, 0))),
        ("padding-largest", "the largest bucket", body(&|it| it.resize(65_536, 0))),
    ];
    for (id, delta, message) in bodies {
        case(id, delta, "MSG-10", "padding", "Insider", message);
    }
}
