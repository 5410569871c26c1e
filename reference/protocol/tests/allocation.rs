//! How much memory hostile input makes each entry point ask for.
//!
//! One test: a second one beside it would be counted with it.

mod support;

use quipu::account::{Account, Change, Manifest};
use quipu::crypto::kdf::sha256;
use quipu::handshake::ReplayCache;
use quipu::keys::Party;
use quipu::limits::ARGON2_MEMORY;
use quipu::message::Content;
use quipu::prekeys::{Bundle, Prekeys};
use quipu::secret::SecretBytes;
use quipu::session::Session;
use quipu::storage::{self, Kind, Opened, Parameters, Vault};
use quipu::wire::Suite;
use quipu::{Card, Device, DeviceId, StorageError};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use support::Seeded;
use support::devices::{device, fields, meet};
use support::pair::{NOW, accept, pair, send, send_many, state, turn};
use support::prepared::{Parts, device_in, prepare, publish};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What a call may ask for in all: so many bytes, and so many for each byte of its input.
#[derive(Clone, Copy)]
struct Cap {
    bytes: usize,
    each: usize,
}

/// An entry point, and whether it accepted.
type Entry<'a> = (&'static str, Cap, &'a mut dyn FnMut(&[u8]) -> bool);

/// Whatever a stranger can make of a genuine input: every length, every field of four bytes at its
/// greatest, noise behind any beginning, and the same with a megabyte behind it.
fn hostile(genuine: &[u8]) -> Vec<Vec<u8>> {
    let stride = genuine.len() / 400 + 1;
    let places = || (0..genuine.len()).step_by(stride);
    let mut all: Vec<Vec<u8>> = places().map(|length| genuine[..length].to_vec()).collect();
    for at in places().filter(|at| at + 4 <= genuine.len()) {
        for value in [[0xff; 4], [0, 0xff, 0xff, 0xff], [0, 0, 0xff, 0xff]] {
            let mut changed = genuine.to_vec();
            changed[at..at + 4].copy_from_slice(&value);
            all.push(changed);
        }
    }
    let mut noise = Seeded::new(genuine.len() as u64);
    for at in places() {
        let mut changed = genuine.to_vec();
        changed[at..].chunks_mut(32).for_each(|it| {
            it.copy_from_slice(&noise.array::<32>()[..it.len()]);
        });
        all.push(changed);
    }
    let megabyte = vec![0xff; 1 << 20];
    all.extend([0, 1, 4, 20, genuine.len()].map(|at| [&genuine[..at], &megabyte].concat()));
    all
}

/// The same bytes with the SHA-256 at their end that a snapshot has.
fn repaired(mut snapshot: Vec<u8>) -> Vec<u8> {
    if let Some((body, digest)) = snapshot.split_last_chunk_mut::<32>() {
        *digest = sha256(&[body]);
    }
    snapshot
}

/// The most that any hostile input asked for, beside its length.
fn measure((name, cap, run): Entry<'_>, genuine: &[u8]) {
    let mut worst = (0, 0);
    let mut inputs = hostile(genuine);
    if name.ends_with("::restore") {
        inputs.extend(hostile(genuine).into_iter().map(repaired));
    }
    for input in &inputs {
        let region = Region::new(ALLOCATOR);
        let accepted = run(input);
        let asked = region.change().bytes_allocated;
        let most = cap.bytes + cap.each * input.len();
        assert!(asked <= most, "{name}: {asked} bytes for {} of input", input.len());
        worst = worst.max((asked, input.len()));
        assert!(!accepted || input.len() <= genuine.len(), "{name} accepts what is too long");
    }
    let region = Region::new(ALLOCATOR);
    assert!(run(genuine), "{name} accepts what is genuine");
    let used = region.change().bytes_allocated;
    println!(
        "{name}: {} inputs, at most {} bytes (for {} of input); genuine {used}; cap {} + {} * length",
        inputs.len(),
        worst.0,
        worst.1,
        cap.bytes,
        cap.each
    );
}

// ENC-04, ENC-05: a length that lies asks for nothing, and no packet for more than a few times itself
#[test]
fn hostile_input_asks_for_no_more_than_its_cap() {
    packets();
    values();
    stored();
}

fn packets() {
    let cap = Cap { bytes: 12_288, each: 1 };
    let rng = &mut Seeded::new(101);
    let (mut ada, mut bob) = pair(1);
    accept(&mut bob, &send_many(&mut ada, 3, rng)[2]);
    turn(&mut bob, &mut ada, rng);
    let message = send(&mut ada, rng);
    measure(("Session::open", cap, &mut |it| bob.open(it).is_ok()), &message);

    for suite in [Suite::X25519, Suite::Hybrid] {
        let new = || {
            let mut bob = device_in("bob", suite);
            publish(&mut bob, 1, NOW, 0xb0b);
            (device_in("ada", suite), bob)
        };
        let (mut ada, mut bob) = new();
        let from = ada.key();
        let card = *bob.card().expect("a card");
        let init = ada.connect(&card, NOW, rng).expect("may start");
        let receive = |at: &mut Device, packet: &[u8]| {
            let seed = packet.len() as u64;
            at.receive(Some(&from), packet, NOW, &mut Seeded::new(seed)).ok()
        };
        measure(("receive Init", cap, &mut |it| receive(&mut bob, it).is_some()), &init);
        let (_, mut bob) = new();
        let response = receive(&mut bob, &init).expect("genuine").replies.remove(0);
        let mut complete = Vec::new();
        let mut run = |it: &[u8]| {
            let received = receive(&mut ada, it);
            received.map(|mut it| complete = it.replies.remove(0)).is_some()
        };
        measure(("receive Response", cap, &mut run), &response);
        measure(("receive Complete", cap, &mut |it| receive(&mut bob, it).is_some()), &complete);
        let (mut ada, mut bob) = new();
        prepare(&mut ada, &Parts::of(&bob, Some(0), Some(0)), NOW, 3);
        let packet = support::devices::say(&mut ada, &bob, NOW, 4);
        measure(("receive PrekeyInit", cap, &mut |it| receive(&mut bob, it).is_some()), &packet);
    }
}

fn values() {
    let cap = Cap { bytes: 12_288, each: 1 };
    let mut bob = device_in("bob", Suite::Hybrid);
    publish(&mut bob, 1, NOW, 0xb0b);
    let bundle = Parts::of(&bob, Some(0), Some(0)).encode();
    measure(("Bundle::verify", cap, &mut |it| Bundle::verify(it).is_ok()), &bundle);
    let card = bob.card().expect("a card").as_bytes();
    measure(("Card::verify", cap, &mut |it| Card::verify(it).is_ok()), card);
    let mut account = Account::generate(fields("bob").address, &mut Seeded::new(5)).expect("drawn");
    let changes = (1..=32).map(|number| Change::Add {
        device: DeviceId(number),
        key: support::devices::identity(&number.to_string()).key(),
        now: NOW,
    });
    let manifest = account.issue(&changes.collect::<Vec<_>>()).expect("room").as_bytes().to_vec();
    measure(("Manifest::verify", cap, &mut |it| Manifest::verify(it).is_ok()), &manifest);
    let announced = quipu::message::announce([manifest.as_slice()]);
    // The opened bytes, and the manifests in them.
    let cap = Cap { each: 2, ..cap };
    let decode = |it: &[u8]| Content::decode(4, SecretBytes::new(it.to_vec())).is_ok();
    measure(("Content::decode", cap, &mut { decode }), &announced);
}

fn stored() {
    let cap = Cap { bytes: 12_288, each: 4 };
    let (mut ada, mut bob) = pair(6);
    accept(&mut bob, &send_many(&mut ada, 50, &mut Seeded::new(6))[49]);
    measure(("Session::restore", cap, &mut |it| Session::restore(it, 0).is_ok()), &state(&bob));

    let (mut ada, mut bob) = (device("ada"), device("bob"));
    meet(&mut ada, &mut bob, NOW, 7);
    let sessions = bob.snapshot(&ada.key()).expect("a session");
    let mut other = device("bob");
    let mut run = |it: &[u8]| other.restore(&ada.key(), it, |_| 0).is_ok();
    measure(("Device::restore", cap, &mut run), sessions.expose());
    let cache = bob.replay_cache().snapshot();
    measure(("ReplayCache::restore", cap, &mut |it| ReplayCache::restore(it).is_ok()), &cache);

    publish(&mut bob, 5, NOW, 8);
    let prekeys = bob.prekeys().snapshot();
    let owner = Party { key: bob.key(), device: DeviceId(1) };
    let mut run = |it: &[u8]| Prekeys::restore(it, &owner, 0).is_ok();
    measure(("Prekeys::restore", cap, &mut run), prekeys.expose());

    // A changed byte is refused before Argon2id.
    let least = Parameters { memory: 19_456, passes: 2, lanes: 1 };
    let rng = &mut Seeded::new(9);
    let vault = Vault::create(b"passphrase", least, rng).expect("a vault");
    let contents = storage::backup(&bob, None);
    let file = vault.seal(Kind::Backup, NOW, contents.expose(), rng).expect("sealed");
    let mut run = |it: &[u8]| storage::open(b"passphrase", Kind::Backup, it).is_ok();
    measure(("storage::open", cap, &mut run), &file);
    asked_for_by_headers(&file, cap);
    let mut run = |it: &[u8]| {
        let opened = Opened { created: NOW, plaintext: SecretBytes::new(it.to_vec()) };
        storage::import(Kind::Backup, &opened, NOW).is_ok()
    };
    measure(("storage::import", cap, &mut run), contents.expose());
}

/// The checksum has no key, so that a stranger chooses what Argon2id is told: memory within the
/// limits is asked for once, and beyond them nothing.
fn asked_for_by_headers(file: &[u8], cap: Cap) {
    let [least, greatest] = ARGON2_MEMORY;
    for (memory, mebibytes, error) in [
        (least - 1, 0, StorageError::FileParameters),
        (least, least / 1024, StorageError::Passphrase),
        (greatest, greatest / 1024, StorageError::Passphrase),
        (greatest + 1, 0, StorageError::FileParameters),
        (u32::MAX, 0, StorageError::FileParameters),
    ] {
        let mut changed = file.to_vec();
        changed[10..14].copy_from_slice(&memory.to_be_bytes());
        let changed = repaired(changed);
        let region = Region::new(ALLOCATOR);
        let refused = storage::open(b"another", Kind::Backup, &changed);
        let asked = region.change().bytes_allocated;
        assert_eq!(refused.err(), Some(error), "{memory} KiB");
        let memory = usize::try_from(mebibytes).expect("fits") << 20;
        assert!((memory..=memory + cap.bytes).contains(&asked), "{asked} bytes for {memory}");
        println!("storage::open with a header of a stranger: {asked} bytes for {memory}");
    }
}
