//! How often an operation asks for memory, and how much a session keeps.
//!
//! One test: a second one beside it would be counted with it.

mod support;

use quipu::crypto::kdf::sha256;
use quipu::handshake::ReplayCache;
use quipu::limits::{HALF_OPEN_UNPINNED, REPLAY_PER_IDENTITY, REPLAY_TOTAL};
use quipu::message::{CONTENT_BEGIN, sealed_length};
use quipu::secret::SecretBytes;
use quipu::session::Session;
use quipu::{Content, Kind};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use support::Seeded;
use support::devices::{connect, device};
use support::pair::{NOW, Start, pair, send_many};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What `run` gives, how often it asked for memory and how much more is in use after it.
fn counted<T>(run: impl FnOnce() -> T) -> (T, usize, isize) {
    let region = Region::new(ALLOCATOR);
    let outcome = run();
    let it = region.change();
    let kept = it.bytes_allocated.cast_signed() - it.bytes_deallocated.cast_signed();
    (outcome, it.allocations + it.reallocations, kept)
}

/// Accepts in memory that was used before, and gives it back.
fn hear(by: &mut Session, message: &[u8], buffer: SecretBytes) -> SecretBytes {
    let (advance, plaintext) = by.open_into(message, buffer).expect("genuine");
    by.commit(advance, NOW);
    match plaintext.content {
        Content::Data(_, bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn operations_ask_for_as_much_memory_as_promised() {
    messages_ask_for_one_piece_or_none();
    refusals_ask_for_none();
    a_million_idle_sessions_fit_in_two_gigabytes();
    half_open_handshakes_and_a_full_replay_cache_are_small();
}

// A list of the last 1,000 digests grows by doubling until it is full: not by messages.
fn messages_ask_for_one_piece_or_none() {
    let (mut one, mut other) = pair(1);
    let rng = &mut Seeded::new(2);
    let mut buffer = SecretBytes::default();
    for message in send_many(&mut one, 1_100, rng) {
        buffer = hear(&mut other, &message, buffer);
    }
    for size in [0, 32, 1024] {
        let content = vec![5; size];
        let mut message = Vec::with_capacity(sealed_length(size));
        message.resize(CONTENT_BEGIN, 7);
        message.extend_from_slice(&content);
        let (_, asked, _) = counted(|| one.send_in_place(Kind::DATA, &mut message, rng));
        assert_eq!(asked, 0, "send_in_place, {size} bytes");
        buffer = hear(&mut other, &message, SecretBytes::default());
        assert_eq!(buffer.expose(), content);
        let (message, asked, _) = counted(|| one.send(Kind::DATA, &content, rng).expect("sent"));
        assert_eq!(asked, 1, "send, {size} bytes");
        let (heard, asked, _) = counted(|| hear(&mut other, &message, buffer));
        assert_eq!((asked, heard.expose()), (0, &content[..]), "open_into");
        let message = one.send(Kind::DATA, &content, rng).expect("sent");
        let (opened, asked, _) = counted(|| other.open(&message).expect("genuine"));
        assert_eq!(asked, 1, "open, {size} bytes");
        let (_, asked, _) = counted(|| other.commit(opened.0, NOW));
        assert_eq!(asked, 0, "commit");
    }
}

fn refusals_ask_for_none() {
    let (mut one, other) = pair(1);
    let mut message = one.send(Kind::DATA, &[5; 1024], &mut Seeded::new(2)).expect("sent");
    message[100] ^= 1;
    let (refused, asked, _) = counted(|| other.open(&message).is_err());
    assert_eq!((refused, asked), (true, 0));
}

fn a_million_idle_sessions_fit_in_two_gigabytes() {
    let start = Start::new(1);
    let heap = |make: &dyn Fn() -> Session| counted(make).2;
    let new = heap(&|| start.initiator()).max(heap(&|| start.responder()));
    assert_eq!(new, 0, "a new session lies in one place");
    let used = heap(&|| talked(200));
    let most = heap(&|| talked(10_000));
    let inline = size_of::<Session>();
    let all = |heap: isize| inline + heap.unsigned_abs();
    println!("a new session: {} bytes", all(new));
    println!("after 200 messages each way, a turn each: {} bytes", all(used));
    println!("after 10,000 messages in one chain: {} bytes", all(most));
    for (name, each, snapshot) in [
        ("new", all(new), start.responder().snapshot()),
        ("after 200 turns", all(used), talked(200).snapshot()),
    ] {
        let restored = |_| Session::restore(snapshot.expose(), 0).expect("our own");
        let (sessions, _, kept) = counted(|| (0..10_000).map(restored).collect::<Vec<_>>());
        println!("10,000 sessions, {name}: {kept} bytes");
        assert!(kept.unsigned_abs() <= sessions.len() * each, "{name}");
        println!("1,000,000 sessions, {name}: {each} MB, computed");
        assert!(each <= 2_000, "{name}");
    }
}

/// 128 of identities that are not pinned, which is all that those may have.
fn half_open_handshakes_and_a_full_replay_cache_are_small() {
    let mut bob = device("bob");
    let opening = |at: usize| connect(&mut device(&format!("ada {at}")), &bob, NOW, at as u64);
    let inits: Vec<_> = (0..HALF_OPEN_UNPINNED).map(opening).collect();
    let rng = &mut Seeded::new(9);
    let (_, _, kept) = counted(|| {
        for init in &inits {
            bob.receive(None, init, NOW, rng).expect("genuine");
        }
    });
    println!("{HALF_OPEN_UNPINNED} half-open handshakes: {kept} bytes");
    assert!(kept <= 300_000, "{kept} bytes half open");
    let bytes = full_cache();
    let (cache, _, kept) = counted(|| ReplayCache::restore(&bytes).expect("made here"));
    println!("a replay cache with {} entries: {kept} bytes", cache.len());
    assert!(cache.len() == REPLAY_TOTAL && kept <= 20_000_000, "{kept} bytes to remember");
}

/// The snapshot of a replay cache that can take no more.
fn full_cache() -> Vec<u8> {
    let rng = &mut Seeded::new(7);
    let mut hashes: Vec<[u8; 32]> = (0..REPLAY_TOTAL).map(|_| rng.array()).collect();
    hashes.sort_unstable();
    let mut bytes = vec![1];
    bytes.extend_from_slice(&u32::try_from(REPLAY_TOTAL).expect("less").to_be_bytes());
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

/// A responder that has accepted so many messages.
fn talked(count: u32) -> Session {
    let (mut one, mut other) = pair(1);
    let rng = &mut Seeded::new(2);
    if count > 1_000 {
        let mut buffer = SecretBytes::default();
        for message in send_many(&mut one, count, rng) {
            buffer = hear(&mut other, &message, buffer);
        }
    } else {
        (0..count).for_each(|_| support::pair::turn(&mut one, &mut other, rng));
    }
    other
}
