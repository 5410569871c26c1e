//! Chapters 5.8, 8.6 and 9.3: snapshots that are stored, damaged, too old, and put back.

use super::device::Script;
use super::keys::Person;
use super::people::{Published, both, everybody, meet, second, setup};
use super::{About, Book};
use quipu::limits::DAY;
use quipu::wire::Suite;
use serde_json::{Value, json};

/// Id, comment, what happened after the snapshot.
type Late<'a> = (&'a str, &'a str, fn(Script) -> Script);

const DAMAGES: [(&str, &str, &str); 3] = [
    ("version", "snapshot_version", "a version of snapshots that nobody knows"),
    ("cut", "snapshot", "the last byte of a snapshot is missing"),
    ("flip", "snapshot", "a bit in the middle of a snapshot is another"),
];

impl Script {
    pub(super) fn store(self, who: &str, of: &str, now: u64, slot: &str) -> Self {
        let mut more = json!({ "slot": slot });
        if !of.is_empty() {
            more["of"] = json!(of);
        }
        self.step(who, "store", now, &more)
    }

    pub(super) fn restore(self, who: &str, now: u64, slot: &str, more: &Value) -> Self {
        self.step(who, "restore", now, &super::with(json!({ "slot": slot }), more))
    }
}

fn counter() -> Value {
    json!({ "counter": true })
}

fn s() -> Script {
    Script::default()
}

/// Snapshots of sessions.
pub(super) fn sessions(book: &mut Book) {
    let met = || s().meet("ada", "bob", 0, "h").send("ada", "bob", 1, "m0");
    met()
        .store("ada", "bob", 2, "a")
        .restore("ada", 2, "a", &counter())
        .receive("bob", "ada", "m0", 2, &[])
        .send("bob", "ada", 3, "n0")
        .receive("ada", "bob", "n0", 3, &[])
        .store("ada", "bob", 4, "a")
        .restore("ada", 4, "a", &counter())
        .send("ada", "bob", 4, "m1")
        .receive("bob", "ada", "m1", 4, &[])
        .put(
            book,
            "store-and-restore",
            "stored and put back, in Ready and in Pending: the generation is that of the counter",
            &["SESSION-24", "SESSION-26"],
            "Normal",
        );
    let late: [Late<'_>; 3] = [
        ("send", "a message was sent since", |it| it.send("ada", "bob", 2, "m1")),
        ("receive", "a message was accepted since", |it| {
            it.send("bob", "ada", 2, "n0").receive("ada", "bob", "n0", 2, &[])
        }),
        ("close", "the session was closed since", |it| {
            it.step("ada", "close", 2, &json!({ "to": "bob" }))
        }),
    ];
    for (id, comment, since) in late {
        since(met().store("ada", "bob", 1, "a"))
            .restore("ada", 3, "a", &counter())
            .refuse("rollback")
            .receive("bob", "ada", "m0", 3, &[])
            .send("bob", "ada", 4, "n")
            .receive("ada", "bob", "n", 4, &[])
            .put(
                book,
                &format!("rollback-{id}"),
                &format!("a snapshot that is too old: {comment}"),
                &["SESSION-24", "SESSION-23", "ENC-08"],
                "Rollback",
            );
    }
    for (damage, error, comment) in DAMAGES {
        met()
            .store("ada", "bob", 1, "a")
            .restore("ada", 1, "a", &json!({ "damage": damage }))
            .refuse(error)
            .restore("ada", 1, "a", &json!({ "damage": damage, "counter": true }))
            .refuse(error)
            .restore("ada", 1, "a", &counter())
            .send("ada", "bob", 2, "m1")
            .receive("bob", "ada", "m1", 2, &[])
            .put(
                book,
                &format!("snapshot-{damage}"),
                comment,
                &["SESSION-25", "ENC-08"],
                "Rollback",
            );
    }
    met()
        .store("ada", "bob", 1, "a")
        .send("ada", "bob", 2, "m1")
        .receive("bob", "ada", "m1", 2, &[])
        .restore("ada", 3, "a", &json!({}))
        .send("ada", "bob", 4, "another")
        .receive("bob", "ada", "another", 4, &[])
        .refuse("clone_suspected")
        .send("ada", "bob", 5, "m2")
        .receive("bob", "ada", "m2", 5, &[])
        .put(
            book,
            "restored-older",
            "a caller without a counter puts an older snapshot back: a number is used twice, and the peer sees it",
            &["RATCHET-14", "SESSION-24"],
            "Rollback",
        );
    met()
        .store("ada", "bob", 1, "a")
        .send("bob", "ada", 2, "n0")
        .receive("ada", "bob", "n0", 2, &[])
        .restore("ada", 3, "a", &json!({}))
        .send("bob", "ada", 4, "n1")
        .receive("ada", "bob", "n1", 4, &[])
        .receive("ada", "bob", "n0", 5, &[])
        .put(
            book,
            "restored-older-receives",
            "an older snapshot knows nothing of what was accepted after it: the peer's messages still open",
            &["SESSION-14", "SESSION-26"],
            "Rollback",
        );
    met()
        .receive("bob", "ada", "m0", 1, &[])
        .send("bob", "ada", 2, "n0")
        .receive("ada", "bob", "n0", 2, &[])
        .store("ada", "bob", 3, "a")
        .send("ada", "bob", 3, "m1")
        .receive("bob", "ada", "m1", 3, &[])
        .send("bob", "ada", 4, "n1")
        .restore("ada", 5, "a", &json!({}))
        .receive("ada", "bob", "n1", 5, &[])
        .refuse("protocol")
        .receive("ada", "bob", "n0", 5, &[])
        .refuse("duplicate")
        .put(
            book,
            "restored-before-a-step",
            "an older snapshot lacks a step of its own: the answer to it is a new chain in Pending",
            &["RATCHET-08", "ENC-08"],
            "Rollback",
        );
}

/// Snapshots of prekeys with their replay sets.
pub(super) fn prekeys(book: &mut Book) {
    let bob = Published::new("bob", Suite::X25519, 0, 2);
    let stored = || s().publish("bob", &bob).store("bob", "", 1, "p");
    let sent =
        |script: Script| script.prepare("ada", &bob.bundle(Some(0)), 2).send("ada", "bob", 2, "m0");
    sent(stored())
        .restore("bob", 2, "p", &counter())
        .receive("bob", "", "m0", 3, &["ack"])
        .receive("ada", "bob", "ack", 3, &[])
        .plain(
            book,
            "store-and-restore",
            "prekeys are stored and put back: a PrekeyInit arrives",
            &["PREP-31", "PREP-11"],
            "Normal",
        );
    sent(stored())
        .receive("bob", "", "m0", 3, &[])
        .restore("bob", 4, "p", &counter())
        .refuse("rollback")
        .plain(
            book,
            "rollback-accepted",
            "prekeys that are too old: a PrekeyInit was accepted since",
            &["PREP-31", "ENC-08"],
            "Rollback",
        );
    stored()
        .step("bob", "prekeys", 2, &json!({ "one_time": 1 }))
        .restore("bob", 3, "p", &counter())
        .refuse("rollback")
        .plain(
            book,
            "rollback-drawn",
            "prekeys that are too old: one was drawn since",
            &["PREP-31", "ENC-08"],
            "Rollback",
        );
    for (damage, error, comment) in DAMAGES {
        sent(stored())
            .restore("bob", 2, "p", &json!({ "damage": damage, "counter": true }))
            .refuse(error)
            .receive("bob", "", "m0", 3, &[])
            .plain(
                book,
                &format!("snapshot-{damage}"),
                comment,
                &["PREP-31", "ENC-08"],
                "Rollback",
            );
    }
    let used = |script: Script| {
        script
            .step("mallory", "prepare", 5, &json!({ "bundle": bob.bundle(Some(0)) }))
            .send("mallory", "bob", 5, "x0")
            .receive("bob", "", "x0", 6, &[])
            .refuse("unknown_prekey")
    };
    let accepted = || sent(stored()).receive("bob", "", "m0", 3, &["ack"]);
    used(accepted().restore("bob", 4, "p", &json!({})))
        .receive("ada", "bob", "ack", 7, &[])
        .meet("ada", "bob", 10_000, "h")
        .send("ada", "bob", 10_000, "settles")
        .receive("bob", "ada", "settles", 10_000, &[])
        .due("bob", 10_000 + 7 * DAY)
        .receive("bob", "", "m0", 10_001 + 7 * DAY, &[])
        .refuse("replay")
        .plain(
            book,
            "restored-older-prekeys",
            "older prekeys are put back: by its session the one-time prekey stays erased and the handshake stays known",
            &["PREP-34", "PREP-29"],
            "Rollback",
        );
    let first = s().meet("ada", "bob", 0, "h").publish("bob", &bob);
    let both_stored = sent(first.store("bob", "", 1, "p").store("bob", "ada", 1, "old"))
        .receive("bob", "", "m0", 3, &[])
        .store("bob", "ada", 3, "new")
        .restore("bob", 4, "old", &json!({}))
        .restore("bob", 4, "p", &json!({}));
    used(both_stored.restore("bob", 4, "new", &json!({}))).plain(
        book,
        "restored-sessions-after-prekeys",
        "prekeys first, then the sessions: the one-time prekey that a session used is erased",
        &["PREP-34"],
        "Rollback",
    );
}

/// Sessions that a manifest has ended do not come back with a snapshot.
pub(super) fn contacts(book: &mut Book) {
    let (bob, bob2) = (Person::new("bob"), second());
    let first = both();
    let next = first.next(|it| it.devices[1].revoked = super::keys::NOW);
    let begin = meet(s().manifest("ada", &[&first]), "ada", ("bob", &bob), 0, "h");
    let script = meet(begin, "ada", ("bob2", &bob2), 1, "k")
        .store("ada", "bob2", 2, "a")
        .store("ada", "bob", 2, "b")
        .manifest("ada", &[&next])
        .restore("ada", 3, "a", &json!({}))
        .restore("ada", 3, "b", &json!({}))
        .send("ada", "bob2", 4, "m")
        .refuse("no_session")
        .send("bob2", "ada", 4, "late")
        .receive("ada", "bob2", "late", 4, &[])
        .refuse("unknown_session")
        .send("ada", "bob", 5, "n")
        .receive("bob", "ada", "n", 5, &[]);
    let comment =
        "a snapshot from before a revocation: the sessions of the revoked device end again";
    let requirements = &["DEV-25", "DEV-11"];
    let about = About { id: "revoked-and-restored", comment, requirements };
    book.script(about, "Rollback", &setup(&everybody()), &script.0);
}
