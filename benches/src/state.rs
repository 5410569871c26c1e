//! Chapters 4.4 and 8.6: what is stored, and a full replay cache.

use crate::handshakes::device;
use crate::{Case, Draws, NOW, Operation, Primitive, Start, hear, timed};
use quipu::Kind;
use quipu::crypto::kdf::sha256;
use quipu::handshake::ReplayCache;
use quipu::limits::{REPLAY_PER_IDENTITY, REPLAY_TOTAL};
use quipu::secret::SecretBytes;
use quipu::session::Session;
use quipu::wire::Suite;
use std::time::Duration;

pub(crate) fn all() -> Vec<Operation> {
    let mut all = Vec::new();
    for (skipped, name) in [(0, "new"), (2_000, "with 2,000 skipped keys")] {
        let length = receiver(skipped).snapshot().expose().len();
        let floor = vec![(1, Primitive::Sha256(length))];
        let name_of = |what: &str| format!("{what} a session, {name}");
        let snapshot = Case::plain(name_of("snapshot"), move || {
            let session = receiver(skipped);
            move || session.snapshot()
        });
        let restore = Case::plain(name_of("restore"), move || {
            let bytes = receiver(skipped).snapshot();
            move || Session::restore(bytes.expose(), 0).expect("our own")
        });
        all.push(Operation::unbounded(snapshot, floor.clone()));
        all.push(Operation::unbounded(restore, floor));
    }
    all.push(Operation::unbounded(init(0, "an empty replay cache"), Vec::new()));
    let name = "a replay cache with room for one more";
    all.push(Operation::unbounded(init(REPLAY_TOTAL - 1, name), Vec::new()));
    all
}

/// A receiver that has jumped over so many numbers.
fn receiver(skipped: u32) -> Session {
    let (mut sender, mut receiver) = Start::new(1).pair();
    let draws = &mut Draws::new(2);
    let mut send = || sender.send(Kind::DATA, b"", draws).expect("may send");
    let last = (0..skipped).map(|_| send()).last();
    if last.is_some() {
        hear(&mut receiver, &send(), &mut SecretBytes::default());
    }
    receiver
}

/// A responder's whole work on Init, whose entry is the last that fits.
fn init(entries: usize, name: &str) -> Case {
    Case::new(format!("responder: Init with {name}"), move || {
        let cache = cache(entries);
        move |times| (0..times).map(|at| accept(&cache, at)).sum()
    })
}

fn accept(cache: &[u8], seed: u64) -> Duration {
    let mut ada = device(b"ada", Suite::X25519, 2 * seed, ReplayCache::default());
    let cache = ReplayCache::restore(cache).expect("made here");
    let mut bob = device(b"bob", Suite::X25519, 2 * seed + 1, cache);
    let draws = &mut Draws::new(!seed);
    let init = ada.connect(bob.card().expect("a card"), NOW, draws).expect("may start");
    timed(|| bob.receive(None, &init, NOW, draws).expect("room for one")).1
}

/// The snapshot of a replay cache: all entries living and of keys that are pinned.
fn cache(entries: usize) -> Vec<u8> {
    let draws = &mut Draws::new(7);
    let mut hashes: Vec<[u8; 32]> = (0..entries).map(|_| draws.array()).collect();
    hashes.sort_unstable();
    let mut bytes = vec![1];
    bytes.extend_from_slice(&(entries as u32).to_be_bytes());
    for (at, hash) in hashes.iter().enumerate() {
        bytes.extend_from_slice(hash);
        bytes.extend_from_slice(&NOW.to_be_bytes());
        bytes.extend_from_slice(&sha256(&[&(at / REPLAY_PER_IDENTITY).to_be_bytes()]));
        bytes.push(1);
    }
    let digest = sha256(&[&bytes]);
    bytes.extend_from_slice(&digest);
    bytes
}
