//! Sealed files, and what is in them.

use crate::edit::{choose, edited, first};
use crate::story::{NOW, SUITES, device, draws, fields, identity};
use crate::targets::signed::MANIFESTS;
use quipu::account::Account;
use quipu::crypto::kdf::sha256;
use quipu::handshake::Psk;
use quipu::secret::{Secret, SecretBytes};
use quipu::storage::{Import, Kind, Opened, Parameters, Vault, backup, depart, import, open};
use quipu::wire::Suite;
use quipu::{Device, DeviceId, StorageError};
use std::sync::LazyLock;

const PASSPHRASE: &[u8] = b"quipu";
const KINDS: [Kind; 3] = [Kind::Backup, Kind::Move, Kind::State];
const CHEAPEST: Parameters = Parameters { memory: 19_456, passes: 2, lanes: 1 };
/// Bytes of the header before the salt that say what Argon2id costs.
const COST: core::ops::Range<usize> = 10..22;

/// A device that remembers something of every kind.
fn full(suite: Suite) -> Device {
    let mut device = device("ada", suite);
    let bob = identity("bob").key();
    device.pin(fields("bob", suite).address, DeviceId(1), bob);
    let contacts = device.contacts_mut();
    let psk = |byte| Psk::new(Secret::new([byte; 32])).expect("not zero");
    let (expected, _) = (contacts.add_psk(psk(1)), contacts.add_psk(psk(2)));
    contacts.expect_psk(bob, Some(expected)).expect("known");
    contacts.set_least(bob, suite);
    device.learn(MANIFESTS.iter().map(|it| it.as_bytes()), false);
    device
}

fn account() -> Account {
    let newest = MANIFESTS.last().cloned();
    Account::new(&Secret::new([7; 32]), fields("ada", SUITES[0]).address, newest).expect("own")
}

/// Contents by kind, of both suites, with the account key.
static CONTENTS: LazyLock<Vec<(Kind, Vec<u8>)>> = LazyLock::new(|| {
    let of = |suite| {
        let saved = backup(&full(suite), Some(&account())).expose().to_vec();
        let moved = depart(full(suite), Some(&account())).expose().to_vec();
        let plain = backup(&device("ada", suite), None).expose().to_vec();
        [(Kind::Backup, saved), (Kind::Move, moved), (Kind::Backup, plain)]
    };
    SUITES.into_iter().flat_map(of).collect()
});

static FILES: LazyLock<Vec<(Kind, Vec<u8>)>> = LazyLock::new(|| {
    let vault = Vault::create(PASSPHRASE, CHEAPEST, &mut draws(1)).expect("within the limits");
    let seal =
        |kind: Kind, bytes: &[u8]| vault.seal(kind, NOW, bytes, &mut draws(2)).expect("short");
    let states = [(Kind::State, b"".as_slice()), (Kind::State, b"a state")];
    let contents = CONTENTS.iter().map(|(kind, bytes)| (*kind, bytes.as_slice()));
    contents.chain(states).map(|(kind, bytes)| (kind, seal(kind, bytes))).collect()
});

/// Three ways: an edited file, an edited file whose checksum is right, edited contents.
pub(crate) fn storage(data: &[u8]) {
    let (way, rest) = first(data);
    let (which, rest) = first(rest);
    match way {
        0x00..0x50 => file(which, rest, false, usize::from(way)),
        0x50..0x53 => file(which, rest, true, usize::from(way)),
        _ => contents(which, rest, way),
    }
}

fn file(which: u8, edits: &[u8], checksum: bool, expected: usize) {
    let (kind, genuine) = choose(&FILES, which);
    let expected = KINDS[expected % 3];
    let mut bytes = edited(genuine, edits);
    if let (true, Some(length)) = (checksum, bytes.len().checked_sub(32)) {
        // What is dearer than the cheapest is left out, unless it is refused unread.
        let cost = bytes.get(COST).map(<[u8]>::to_vec);
        let number = |at: usize| {
            let bytes = cost.as_ref()?.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_be_bytes(bytes))
        };
        let parameters = (number(0), number(4), number(8));
        if let (Some(memory), Some(passes), Some(lanes)) = parameters {
            let found = Parameters { memory, passes, lanes };
            if found != CHEAPEST && found.check().is_ok() {
                return;
            }
        }
        let digest = sha256(&[&bytes[..length]]);
        bytes[length..].copy_from_slice(&digest);
    }
    match open(PASSPHRASE, expected, &bytes) {
        Ok(opened) => {
            assert!(bytes == *genuine && expected == *kind, "opened a forgery");
            let contents = CONTENTS.iter().find(|it| it.1 == opened.plaintext.expose());
            assert!(contents.is_some() || *kind == Kind::State);
            assert_eq!(opened.created, NOW);
        }
        Err(error) => {
            let intact = bytes == *genuine;
            assert_eq!(intact, intact && error == StorageError::FileKind && expected != *kind);
            let due = match checksum {
                false => !matches!(error, StorageError::Passphrase | StorageError::FileParameters),
                true => !matches!(error, StorageError::Snapshot | StorageError::Rollback),
            };
            assert!(due, "{error}");
        }
    }
}

fn contents(which: u8, rest: &[u8], way: u8) {
    let (kind, genuine) = choose(&CONTENTS, which);
    let kind = if way & 1 == 0 { *kind } else { KINDS[usize::from(way >> 1) % 3] };
    let bytes = if way & 0x80 == 0 { edited(genuine, rest) } else { rest.to_vec() };
    let created = if way & 2 == 0 { NOW } else { NOW - 172_800_000 };
    let opened = Opened { created, plaintext: SecretBytes::new(bytes.clone()) };
    match import(kind, &opened, NOW) {
        Ok(imported) => again(kind, imported, created, &bytes),
        Err(error) => {
            let due = if kind == Kind::State {
                StorageError::FileKind
            } else {
                StorageError::FileDamaged
            };
            assert_eq!(error, due);
            let genuine = CONTENTS.iter().any(|it| it.0 == kind && it.1 == bytes);
            assert!(!genuine, "genuine contents were refused");
        }
    }
}

/// What was imported gives the same contents once more.
fn again(kind: Kind, imported: Import, created: u64, bytes: &[u8]) {
    let address = imported.cards().last().expect("at least one").fields().address;
    let seed = imported.account().map(|seed| Secret::new(*seed.expose()));
    let account = seed.map(|seed| Account::new(&seed, address, None).expect("no manifest"));
    let old = created != NOW;
    let mut device = imported.into_device();
    if kind == Kind::Backup || old {
        let none = device.prekeys().records().is_empty();
        assert!(none, "prekeys of a backup or of an old file");
    }
    if kind == Kind::Backup {
        assert!(backup(&device, account.as_ref()).expose() == bytes, "another backup");
    } else if !old {
        assert!(depart(device, account.as_ref()).expose() == bytes, "another move file");
        return;
    }
    device.due(NOW);
}

/// Seeds: each file and each of the contents, as they are.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let files = (0..8).flat_map(|which| [vec![which % 3, which], vec![0x50 + which % 3, which]]);
    let contents = (0..6).flat_map(|which| (0x60..0x68).map(move |way| vec![way, which]));
    files.chain(contents).collect()
}
