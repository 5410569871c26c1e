//! Chapter 9: manifests and safety numbers.

use super::keys::NOW;
use super::prekeys::{Case, accept, refuse};
use super::{Book, key};
use crate::trace::signer;
use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::Purpose;
use quipu::limits::DAY;
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    vec![issue(), change(), verify(), follow(), fingerprint(), safety_number(), scan()]
}

/// A device in a list.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) device: u32,
    pub(super) ik: [u8; 32],
    pub(super) added: u64,
    pub(super) revoked: u64,
}

impl Entry {
    pub(super) fn new(device: u32, ik: [u8; 32]) -> Self {
        Self { device, ik, added: NOW - DAY, revoked: 0 }
    }

    fn json(&self) -> Value {
        json!({
            "device": self.device, "ik": hex::encode(self.ik), "added": self.added.to_string(),
            "revoked": self.revoked.to_string(),
        })
    }
}

/// A manifest by its parts, to be signed whatever they are.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) version: u8,
    pub(super) length: u8,
    pub(super) address: [u8; 64],
    pub(super) seed: [u8; 32],
    pub(super) number: u64,
    pub(super) previous: [u8; 32],
    pub(super) count: u8,
    pub(super) devices: Vec<Entry>,
}

impl List {
    /// Number 1 of a user with two devices of made-up keys.
    pub(super) fn new(name: &str) -> Self {
        let devices = vec![
            Entry::new(1, key(&format!("{name} first IK"))),
            Entry::new(2, key(&format!("{name} second IK"))),
        ];
        Self::with(name, devices)
    }

    pub(super) fn with(name: &str, devices: Vec<Entry>) -> Self {
        let text = format!("{name}@example.org");
        let mut address = [0; 64];
        address[..text.len()].copy_from_slice(text.as_bytes());
        Self {
            version: 1,
            length: u8::try_from(text.len()).expect("short"),
            address,
            seed: key(&format!("{name} AK")),
            number: 1,
            previous: [0; 32],
            count: u8::try_from(devices.len()).expect("few"),
            devices,
        }
    }

    /// The next one with a change.
    pub(super) fn next(&self, alter: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        (next.number, next.previous) = (self.number + 1, self.hash());
        alter(&mut next);
        next.count = u8::try_from(next.devices.len()).expect("few");
        next
    }

    fn body(&self) -> Vec<u8> {
        let mut body = [
            [self.version, self.length].as_slice(),
            &self.address,
            signer(&self.seed).public().as_bytes(),
            &self.number.to_be_bytes(),
            &self.previous,
            &[self.count],
        ]
        .concat();
        for it in &self.devices {
            body.extend_from_slice(&it.device.to_be_bytes());
            body.extend_from_slice(&it.ik);
            body.extend_from_slice(&it.added.to_be_bytes());
            body.extend_from_slice(&it.revoked.to_be_bytes());
        }
        body
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        sha256(&[&self.body()])
    }

    pub(super) fn signed(&self) -> Vec<u8> {
        let signature = signer(&self.seed).sign(Purpose::MANIFEST, &self.hash());
        [self.body().as_slice(), &signature].concat()
    }

    fn changed(&self, alter: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut list = self.clone();
        alter(&mut list);
        list.signed()
    }
}

fn many(count: u32) -> Vec<Entry> {
    (1..=count).map(|device| Entry::new(device, key(&format!("many {device}")))).collect()
}

fn issue() -> Book {
    let mut book = Book::only("devices", "manifest-issue", "signing manifests");
    let input = |number: u64, previous: [u8; 32], devices: &[Entry]| {
        json!({
            "ak_seed": hex::encode(key("ada AK")), "address": hex::encode("ada@example.org"),
            "number": number.to_string(), "previous": hex::encode(previous),
            "devices": devices.iter().map(Entry::json).collect::<Vec<_>>(),
        })
    };
    let two = List::new("ada").devices;
    let revoked = {
        let mut devices = two.clone();
        devices[1].revoked = NOW;
        devices
    };
    accept(
        &mut book,
        &["DEV-02"],
        vec![
            ("first", "number 1 with two devices", input(1, [0; 32], &two)),
            ("one-device", "a single device", input(1, [0; 32], &two[..1])),
            ("next", "number 2 with a revoked device", input(2, List::new("ada").hash(), &revoked)),
            ("sixty-four", "as many devices as there can be", input(1, [0; 32], &many(64))),
        ],
    );
    let swapped: Vec<Entry> = two.iter().rev().cloned().collect();
    let early = {
        let mut devices = two.clone();
        devices[1].revoked = devices[1].added - 1;
        devices
    };
    refuse(
        &mut book,
        "first",
        vec![
            ("none", "no device", "DEV-02", "encoding", "Caller", input(1, [0; 32], &[])),
            (
                "sixty-five",
                "a device too many",
                "DEV-02",
                "encoding",
                "Caller",
                input(1, [0; 32], &many(65)),
            ),
            ("number-zero", "number 0", "DEV-02", "encoding", "Caller", input(0, [0; 32], &two)),
            (
                "first-with-previous",
                "number 1 with a previous",
                "DEV-02",
                "encoding",
                "Caller",
                input(1, [1; 32], &two),
            ),
            (
                "descending",
                "device ids descend",
                "DEV-02",
                "encoding",
                "Caller",
                input(1, [0; 32], &swapped),
            ),
            (
                "revoked-early",
                "revoked before it was added",
                "DEV-02",
                "encoding",
                "Caller",
                input(1, [0; 32], &early),
            ),
        ],
    );
    book
}

fn change() -> Book {
    let mut book = Book::only("devices", "manifest-change", "the next manifest of an account");
    let first = List::new("ada");
    let revoked = first.next(|it| it.devices[1].revoked = NOW);
    let input = |kept: Option<&List>, changes: &[Value], now: u64| {
        let mut input = json!({
            "ak_seed": hex::encode(first.seed), "address": hex::encode("ada@example.org"),
            "changes": changes, "now": now.to_string(),
        });
        if let Some(kept) = kept {
            input["kept"] = json!(hex::encode(kept.signed()));
        }
        input
    };
    let add = |device: u32, name: &str| json!({ "do": "add", "device": device, "ik": hex::encode(key(name)) });
    let revoke = |device: u32| json!({ "do": "revoke", "device": device });
    let full = List::with("ada", many(64));
    let early = NOW - 9 * DAY;
    accept(
        &mut book,
        &["DEV-14"],
        vec![
            ("first", "the first manifest", input(None, &[add(1, "one IK")], NOW)),
            ("add", "a device more", input(Some(&first), &[add(7, "seven IK")], NOW)),
            (
                "add-between",
                "an id between the others",
                input(Some(&revoked), &[add(0, "zero IK")], NOW),
            ),
            ("revoke", "a device revoked", input(Some(&first), &[revoke(2)], NOW)),
            (
                "both",
                "one added and one revoked",
                input(Some(&first), &[add(3, "three IK"), revoke(1)], NOW),
            ),
            (
                "clock-back",
                "a clock before the time of adding",
                input(Some(&first), &[revoke(2)], early),
            ),
            ("clock-zero", "a clock at zero", input(None, &[add(1, "one IK")], 0)),
            ("nothing", "nothing changes but the number", input(Some(&first), &[], NOW)),
        ],
    );
    let wrong = |changes: &[Value]| input(Some(&first), changes, NOW);
    refuse(
        &mut book,
        "add",
        vec![
            (
                "id-listed",
                "the device id is listed",
                "DEV-14",
                "devices",
                "Caller",
                wrong(&[add(2, "new IK")]),
            ),
            (
                "ik-listed",
                "the IK is listed",
                "DEV-14",
                "devices",
                "Caller",
                wrong(&[add(3, "ada first IK")]),
            ),
            (
                "id-revoked",
                "the device id is listed as revoked",
                "DEV-14",
                "devices",
                "Caller",
                input(Some(&revoked), &[add(2, "new IK")], NOW),
            ),
            (
                "unknown-revoked",
                "the device is not listed",
                "DEV-14",
                "devices",
                "Caller",
                wrong(&[revoke(9)]),
            ),
            (
                "revoked-again",
                "the device is revoked already",
                "DEV-14",
                "devices",
                "Caller",
                input(Some(&revoked), &[revoke(2)], NOW),
            ),
            (
                "revoked-twice",
                "revoked twice in one change",
                "DEV-14",
                "devices",
                "Caller",
                wrong(&[revoke(1), revoke(1)]),
            ),
            (
                "full",
                "the list is full",
                "DEV-14",
                "devices",
                "Bounds",
                input(Some(&full), &[add(65, "new IK")], NOW),
            ),
            (
                "empty",
                "a first manifest without devices",
                "DEV-14",
                "devices",
                "Caller",
                input(None, &[], NOW),
            ),
        ],
    );
    book
}

fn verify() -> Book {
    let mut book = Book::only("devices", "manifest-verify", "the duties of a verifier");
    let list = List::new("ada");
    let input = |manifest: &[u8]| json!({ "manifest": hex::encode(manifest) });
    let made = |alter: &dyn Fn(&mut List)| input(&list.changed(alter));
    let second = list.next(|it| it.devices[0].revoked = NOW);
    accept(
        &mut book,
        &["DEV-01", "DEV-02", "DEV-03"],
        vec![
            ("first", "number 1", input(&list.signed())),
            ("second", "number 2 with a revoked device", input(&second.signed())),
            (
                "sixty-four",
                "as many devices as there can be",
                made(&|it| (it.devices, it.count) = (many(64), 64)),
            ),
            (
                "greatest-number",
                "the greatest number",
                made(&|it| (it.number, it.previous) = (u64::MAX, [7; 32])),
            ),
            (
                "revoked-at-once",
                "revoked when added",
                made(&|it| it.devices[0].revoked = it.devices[0].added),
            ),
            (
                "long-address",
                "an address of 64 bytes",
                made(&|it| (it.length, it.address) = (64, [0x61; 64])),
            ),
        ],
    );
    let good = list.signed();
    let flipped = |at: usize| {
        let mut manifest = good.clone();
        manifest[at] ^= 1;
        input(&manifest)
    };
    let signed_as = |purpose: Purpose, seed: &[u8; 32]| {
        input(&[list.body().as_slice(), &signer(seed).sign(purpose, &list.hash())].concat())
    };
    let cases: Vec<Case<'_>> = vec![
        ("empty", "no bytes", "DEV-01", "length", "Layout", input(&[])),
        ("header-short", "138 bytes", "DEV-01", "length", "Layout", input(&good[..138])),
        ("version-0", "version 0", "DEV-01", "version", "Layout", made(&|it| it.version = 0)),
        ("version-2", "version 2", "DEV-01", "version", "Layout", made(&|it| it.version = 2)),
        (
            "count-zero",
            "no device",
            "DEV-01",
            "encoding",
            "Layout",
            made(&|it| (it.devices, it.count) = (Vec::new(), 0)),
        ),
        (
            "count-65",
            "a device too many",
            "DEV-01",
            "encoding",
            "Bounds",
            made(&|it| (it.devices, it.count) = (many(65), 65)),
        ),
        (
            "count-less",
            "one more device than counted",
            "DEV-01",
            "length",
            "Layout",
            made(&|it| it.count = 1),
        ),
        (
            "count-more",
            "one device fewer than counted",
            "DEV-01",
            "length",
            "Layout",
            made(&|it| it.count = 3),
        ),
        (
            "short",
            "a byte is missing",
            "DEV-01",
            "length",
            "Layout",
            input(&good[..good.len() - 1]),
        ),
        (
            "long",
            "a byte more",
            "DEV-01",
            "length",
            "Layout",
            input(&[good.as_slice(), &[0]].concat()),
        ),
        (
            "address-empty",
            "an empty address",
            "DEV-02",
            "encoding",
            "Layout",
            made(&|it| (it.length, it.address) = (0, [0; 64])),
        ),
        (
            "address-65",
            "address length 65",
            "DEV-02",
            "encoding",
            "Layout",
            made(&|it| it.length = 65),
        ),
        (
            "address-padding",
            "a byte behind the address",
            "DEV-02",
            "encoding",
            "Layout",
            made(&|it| it.address[63] = 1),
        ),
        ("number-zero", "number 0", "DEV-02", "encoding", "Layout", made(&|it| it.number = 0)),
        (
            "first-with-previous",
            "number 1 with a previous",
            "DEV-02",
            "encoding",
            "Fork",
            made(&|it| it.previous[31] = 1),
        ),
        (
            "second-without-previous",
            "number 2 without a previous",
            "DEV-02",
            "encoding",
            "Fork",
            made(&|it| it.number = 2),
        ),
        (
            "ids-equal",
            "a device id stands twice",
            "DEV-02",
            "encoding",
            "Layout",
            made(&|it| it.devices[1].device = 1),
        ),
        (
            "ids-descend",
            "device ids descend",
            "DEV-02",
            "encoding",
            "Layout",
            made(&|it| it.devices.swap(0, 1)),
        ),
        (
            "ik-twice",
            "an IK stands twice",
            "DEV-02",
            "encoding",
            "Identity",
            made(&|it| it.devices[1].ik = it.devices[0].ik),
        ),
        (
            "ak-as-ik",
            "the account key is listed as a device",
            "DEV-02",
            "encoding",
            "Identity",
            made(&|it| it.devices[1].ik = *signer(&it.seed).public().as_bytes()),
        ),
        (
            "revoked-early",
            "revoked before it was added",
            "DEV-02",
            "encoding",
            "Layout",
            made(&|it| it.devices[0].revoked = it.devices[0].added - 1),
        ),
        (
            "edited-address",
            "the address was edited",
            "DEV-03",
            "signature",
            "Signature",
            flipped(3),
        ),
        (
            "edited-ak",
            "the account key was edited",
            "DEV-03",
            "signature",
            "Signature",
            flipped(70),
        ),
        ("edited-ik", "an IK was edited", "DEV-03", "signature", "Signature", flipped(150)),
        (
            "edited-added",
            "a time of adding was edited",
            "DEV-03",
            "signature",
            "Signature",
            flipped(182),
        ),
        (
            "edited-signature",
            "the signature was edited",
            "DEV-03",
            "signature",
            "Signature",
            flipped(good.len() - 40),
        ),
        (
            "other-signer",
            "signed by somebody else",
            "DEV-03",
            "signature",
            "Signature",
            signed_as(Purpose::MANIFEST, &key("mallory AK")),
        ),
        (
            "other-purpose",
            "signed as a card",
            "DEV-03",
            "signature",
            "Signature",
            signed_as(Purpose::CARD, &list.seed),
        ),
    ];
    refuse(&mut book, "first", cases);
    book
}

fn follow() -> Book {
    let mut book = Book::only("devices", "manifest-follow", "a manifest against the kept one");
    let first = List::new("ada");
    let second = first.next(|it| it.devices.push(Entry::new(3, key("ada third IK"))));
    let third = second.next(|it| it.devices[0].revoked = NOW);
    let fourth = third.next(|_| ());
    let input = |kept: &List, next: &List| json!({ "kept": hex::encode(kept.signed()), "next": hex::encode(next.signed()) });
    accept(
        &mut book,
        &["DEV-04", "DEV-05", "DEV-06", "DEV-07", "DEV-08", "DEV-09"],
        vec![
            ("added", "the next one adds a device", input(&first, &second)),
            ("revoked", "the next one revokes a device", input(&second, &third)),
            ("unchanged", "the next one changes nothing", input(&third, &fourth)),
            ("again", "the kept one again", input(&second, &second)),
        ],
    );
    let other_key = first.next(|it| it.seed = key("mallory AK"));
    let elsewhere = first.next(|it| it.address[0] = b'x');
    let branch = first.next(|it| it.devices.push(Entry::new(3, key("another third IK"))));
    let of_branch = first.next(|it| it.devices[1].revoked = NOW).next(|it| {
        it.devices.clone_from(&second.devices);
    });
    let loses = first.next(|it| {
        it.devices.remove(0);
    });
    let rekeyed = first.next(|it| it.devices[0].ik = key("new IK"));
    let redated = first.next(|it| it.devices[0].added += 1);
    let unrevoked = third.next(|it| it.devices[0].revoked = 0);
    let later = third.next(|it| it.devices[0].revoked += 1);
    refuse(
        &mut book,
        "added",
        vec![
            (
                "other-account",
                "another account key",
                "DEV-04",
                "identity",
                "Fork",
                input(&first, &other_key),
            ),
            (
                "other-address",
                "another address",
                "DEV-04",
                "identity",
                "Identity",
                input(&first, &elsewhere),
            ),
            (
                "older",
                "number 1 after number 2",
                "DEV-05",
                "manifest_old",
                "Fork",
                input(&second, &first),
            ),
            (
                "much-older",
                "number 1 after number 4",
                "DEV-05",
                "manifest_old",
                "Fork",
                input(&fourth, &first),
            ),
            (
                "forked",
                "another number 2",
                "DEV-06",
                "manifest_fork",
                "Fork",
                input(&second, &branch),
            ),
            (
                "of-a-branch",
                "number 3 of another number 2",
                "DEV-06",
                "manifest_fork",
                "Fork",
                input(&second, &of_branch),
            ),
            (
                "gap",
                "number 3 after number 1",
                "DEV-07",
                "manifest_gap",
                "Fork",
                input(&first, &third),
            ),
            (
                "wide-gap",
                "number 4 after number 1",
                "DEV-07",
                "manifest_gap",
                "Fork",
                input(&first, &fourth),
            ),
            (
                "lost-device",
                "a device is gone",
                "DEV-08",
                "protocol",
                "Fork",
                input(&first, &loses),
            ),
            (
                "rekeyed",
                "a device has another IK",
                "DEV-08",
                "protocol",
                "Fork",
                input(&first, &rekeyed),
            ),
            (
                "redated",
                "a device has another time of adding",
                "DEV-08",
                "protocol",
                "Fork",
                input(&first, &redated),
            ),
            (
                "unrevoked",
                "a revoked device is back",
                "DEV-08",
                "protocol",
                "Fork",
                input(&third, &unrevoked),
            ),
            (
                "revoked-again",
                "a revocation has another time",
                "DEV-08",
                "protocol",
                "Fork",
                input(&third, &later),
            ),
        ],
    );
    book
}

fn user(name: &str) -> (String, String) {
    let ak = hex::encode(signer(&key(&format!("{name} AK"))).public().as_bytes());
    (ak, hex::encode(format!("{name}@example.org")))
}

fn fingerprint() -> Book {
    let mut book = Book::only("devices", "fingerprint", "fingerprints of keys and addresses");
    let input = |key: &str, address: &str| json!({ "key": key, "address": address });
    let (ada, bob) = (user("ada"), user("bob"));
    accept(
        &mut book,
        &["DEV-20"],
        vec![
            ("ada", "a user", input(&ada.0, &ada.1)),
            ("bob", "another user", input(&bob.0, &bob.1)),
            ("other-address", "the same key, another address", input(&ada.0, &bob.1)),
            ("other-key", "another key, the same address", input(&bob.0, &ada.1)),
            ("longest-address", "an address of 64 bytes", input(&ada.0, &"61".repeat(64))),
            ("shortest-address", "an address of one byte", input(&ada.0, "00")),
            ("zero-key", "a key of zeros", input(&"00".repeat(32), &ada.1)),
        ],
    );
    book
}

fn pair_of(own: &(String, String), peer: &(String, String)) -> Value {
    json!({ "own_key": own.0, "own_address": own.1, "peer_key": peer.0, "peer_address": peer.1 })
}

fn safety_number() -> Book {
    let mut book = Book::only("devices", "safety-number", "60 digits, the same on both sides");
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    accept(
        &mut book,
        &["DEV-20"],
        vec![
            ("ada-bob", "as ada sees it", pair_of(&ada, &bob)),
            ("bob-ada", "as bob sees it: the same number", pair_of(&bob, &ada)),
            ("ada-eve", "with somebody else", pair_of(&ada, &eve)),
            ("with-oneself", "with oneself", pair_of(&ada, &ada)),
        ],
    );
    book
}

fn scan() -> Book {
    let mut book = Book::only("devices", "scan", "comparing a scanned code");
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let code = |own: &(String, String), peer: &(String, String)| {
        let print = |it: &(String, String)| {
            let key: [u8; 32] = hex::decode(&it.0).expect("hex").try_into().expect("32 bytes");
            let address = quipu::Address::new(&hex::decode(&it.1).expect("hex")).expect("short");
            quipu::account::Fingerprint::of(&quipu::crypto::sign::IdentityKey::new(key), &address)
        };
        quipu::account::Fingerprint::scannable(&print(own), &print(peer)).to_vec()
    };
    let input = |code: &[u8]| {
        let mut input = pair_of(&ada, &bob);
        input["code"] = json!(hex::encode(code));
        input
    };
    let good = code(&bob, &ada);
    accept(&mut book, &["DEV-21"], vec![("bobs-code", "the code that bob shows", input(&good))]);
    let changed = |at: usize| {
        let mut code = good.clone();
        code[at] ^= 1;
        input(&code)
    };
    refuse(
        &mut book,
        "bobs-code",
        vec![
            ("empty", "no bytes", "DEV-21", "length", "Layout", input(&[])),
            ("short", "a byte is missing", "DEV-21", "length", "Layout", input(&good[..64])),
            (
                "long",
                "a byte more",
                "DEV-21",
                "length",
                "Layout",
                input(&[good.as_slice(), &[0]].concat()),
            ),
            ("version-2", "version 2", "DEV-21", "version", "Layout", {
                let mut code = good.clone();
                code[0] = 2;
                input(&code)
            }),
            (
                "own-code",
                "the code that ada herself shows",
                "DEV-21",
                "identity",
                "Identity",
                input(&code(&ada, &bob)),
            ),
            (
                "eves-code",
                "the code that eve shows to ada",
                "DEV-21",
                "identity",
                "Identity",
                input(&code(&eve, &ada)),
            ),
            (
                "for-eve",
                "the code that bob shows to eve",
                "DEV-21",
                "identity",
                "Identity",
                input(&code(&bob, &eve)),
            ),
            (
                "first-half",
                "a bit of the first fingerprint",
                "DEV-21",
                "identity",
                "Identity",
                changed(1),
            ),
            (
                "first-half-end",
                "the last bit of the first fingerprint",
                "DEV-21",
                "identity",
                "Identity",
                changed(32),
            ),
            (
                "second-half",
                "a bit of the second fingerprint",
                "DEV-21",
                "identity",
                "Identity",
                changed(33),
            ),
            (
                "second-half-end",
                "the last bit of the second fingerprint",
                "DEV-21",
                "identity",
                "Identity",
                changed(64),
            ),
        ],
    );
    book
}
