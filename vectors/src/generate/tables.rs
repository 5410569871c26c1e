//! Chapter 8.9: tables and counts at their limit and one beyond it.

use super::device::Script;
use super::keys::{NOW, Person};
use super::people::Published;
use super::{Book, key};
use crate::trace::{self, InitPlain, pair};
use quipu::limits::{
    HALF_OPEN_LIFETIME, HALF_OPEN_PER_IDENTITY, HALF_OPEN_UNPINNED, INIT_WINDOW, ONE_TIME_PREKEYS,
    PREPARED_PER_IDENTITY, PREPARED_TOTAL, PREPARED_UNPINNED, REPLAY_TOTAL, REPLAY_UNPINNED,
    UNCONFIRMED_MESSAGES_PREPARED,
};
use quipu::wire::Suite;
use serde_json::{Value, json};

fn s() -> Script {
    Script::default()
}

impl Script {
    fn filled(self, who: &str, filled: &Value) -> Self {
        self.step(who, "restart", 0, &json!({ "cache": true, "filled": [filled] }))
    }

    fn pinned(self, who: &str, of: &Person) -> Self {
        let address = hex::encode(&of.address);
        let more = json!({ "address": address, "device": 1, "ik": hex::encode(of.ik()) });
        self.step(who, "pin", 0, &more)
    }

    /// An Init of somebody's that is accepted, or refused with an error.
    fn knock(self, who: &str, now: u64, tag: &str, error: Option<&str>) -> Self {
        let it = self.initiate(who, "bob", now, tag).receive("bob", "", tag, now, &[]);
        error.into_iter().fold(it, Self::refuse)
    }
}

/// The tables of chapter 4.
pub(super) fn interactive(book: &mut Book) {
    let mallory = Person::new("mallory");
    s().filled("bob", &json!({ "count": REPLAY_TOTAL - 1, "pinned": true }))
        .knock("ada", 0, "i0", None)
        .knock("mallory", 1, "i1", Some("busy"))
        .knock("mallory", INIT_WINDOW, "i2", Some("busy"))
        .knock("mallory", INIT_WINDOW + 1, "i3", None)
        .put(
            book,
            "cache-full",
            "the cache takes 65,536 entries and evicts none; there is room when they have expired",
            &["HS-20", "HS-19"],
            "Bounds",
        );
    s().filled("bob", &json!({ "count": REPLAY_UNPINNED - 1, "pinned": false }))
        .knock("ada", 0, "i0", None)
        .knock("ada", 1, "i1", Some("busy"))
        .knock("mallory", 1, "i2", Some("busy"))
        .pinned("bob", &mallory)
        .knock("mallory", 2, "i3", None)
        .put(
            book,
            "cache-unpinned",
            "strangers hold 32,768 entries of the cache; contacts still get in",
            &["HS-18"],
            "Bounds",
        );
    crowd(book);
}

/// 256 half-open handshakes of eight people, four of them pinned.
fn crowd(book: &mut Book) {
    let bob = Person::new("bob");
    let init = |person: &Person, index: usize| {
        let ephemeral = pair(&key(&format!("crowd {index}")));
        let plain = InitPlain::new(NOW, person.card.clone());
        trace::init(&person.seed, &ephemeral, &bob.card, &plain).packet
    };
    let groups = HALF_OPEN_UNPINNED / HALF_OPEN_PER_IDENTITY;
    let people: Vec<Person> =
        (0..2 * groups).map(|index| Person::new(&format!("guest {index}"))).collect();
    let mut script = s().pinned("bob", &Person::new("mallory"));
    for (number, person) in people.iter().enumerate() {
        if number >= groups {
            script = script.pinned("bob", person);
        }
        for index in 0..HALF_OPEN_PER_IDENTITY {
            let packet = init(person, number * HALF_OPEN_PER_IDENTITY + index);
            script = script.raw("bob", &packet, 0);
        }
        if number + 1 == groups {
            script = script.knock("ada", 0, "stranger", Some("busy"));
        }
    }
    script
        .knock("mallory", 0, "contact", Some("busy"))
        .receive("bob", "", "contact", HALF_OPEN_LIFETIME, &[])
        .receive("bob", "", "stranger", HALF_OPEN_LIFETIME, &[])
        .put(
            book,
            "half-open-full",
            "128 handshakes of strangers and 256 in all are half open; a minute later there is room",
            &["HS-18", "HS-08", "HS-27"],
            "Bounds",
        );
}

/// The tables and counts of chapter 5.
pub(super) fn prepared(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 0);
    let (ada, mallory) = (Person::new("ada"), Person::new("mallory"));
    let filled = |count: usize, more: &Value| {
        let base = json!({ "count": count, "pinned": false, "spk_id": bob.signed_id() });
        s().publish("bob", &bob).filled("bob", &super::with(base, more))
    };
    let knock = |script: Script, who: &str, tag: &str, error: Option<&str>| {
        let it = script.prepare(who, &bob.bundle(None), 1).send(who, "bob", 1, tag);
        let it = it.receive("bob", "", tag, 2, &[]);
        error.into_iter().fold(it, Script::refuse)
    };
    let script = filled(PREPARED_PER_IDENTITY - 1, &json!({ "ik": hex::encode(ada.ik()) }));
    let script = knock(script, "ada", "m0", None);
    let script = knock(script, "ada", "m1", Some("busy"));
    knock(script, "mallory", "m2", None).plain(
        book,
        "set-of-one",
        "one identity has 512 entries in the replay set of a signed prekey; others still get in",
        &["PREP-27"],
        "Bounds",
    );
    let script = knock(filled(PREPARED_UNPINNED - 1, &json!({})), "ada", "m0", None);
    let script = knock(script, "mallory", "m1", Some("busy")).pinned("bob", &mallory);
    script.receive("bob", "", "m1", 3, &[]).plain(
        book,
        "set-unpinned",
        "strangers hold 32,768 entries of the replay set; contacts still get in",
        &["PREP-27"],
        "Bounds",
    );
    let script = filled(PREPARED_TOTAL - 1, &json!({ "pinned": true }));
    let script = knock(script, "ada", "m0", None).pinned("bob", &mallory);
    knock(script, "mallory", "m1", Some("busy")).plain(
        book,
        "set-full",
        "the replay set takes 65,536 entries and evicts none",
        &["PREP-27", "PREP-20"],
        "Bounds",
    );
    unanswered(book);
    s().step(
        "bob",
        "prekeys",
        0,
        &json!({ "one_time": ONE_TIME_PREKEYS, "seed": hex::encode(key("a thousand")) }),
    )
    .step("bob", "prekeys", 1, &json!({ "one_time": 1 }))
    .refuse("prekeys")
    .plain(
        book,
        "a-thousand",
        "exactly 1,000 one-time prekeys, and one more",
        &["PREP-14"],
        "Bounds",
    );
}

/// 100 messages of a session that nobody has answered.
fn unanswered(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 1);
    let mut script = s().publish("bob", &bob).prepare("ada", &bob.bundle(Some(0)), 0);
    for index in 0..UNCONFIRMED_MESSAGES_PREPARED {
        script = script.send("ada", "bob", 1, &format!("m{index}"));
    }
    script
        .send("ada", "bob", 2, "m100")
        .refuse("no_session")
        .receive("bob", "", "m99", 2, &["ack"])
        .receive("ada", "bob", "ack", 3, &[])
        .send("ada", "bob", 3, "n")
        .receive("bob", "ada", "n", 3, &[])
        .plain(
            book,
            "hundred-unanswered",
            "given up with the 100th message without an answer; a late answer confirms it",
            &["SESSION-06", "PREP-18", "SESSION-05"],
            "Bounds",
        );
}
