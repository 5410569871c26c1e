//! Bounds on half-open handshakes and on the replay cache.

mod support;

use quipu::crypto::kdf::sha256;
use quipu::handshake::ReplayCache;
use quipu::{Device, PeerError};
use support::devices::{connect, device, identity, pin, receive, refuse, with_cache};
use support::pair::NOW;

/// `count` Inits of one identity, each accepted.
fn flood(bob: &mut Device, name: &str, count: u64, now: u64) {
    let mut from = device(name);
    for seed in 0..count {
        let init = connect(&mut from, bob, now, seed ^ now);
        assert_eq!(receive(bob, &from, &init, now).replies.len(), 1, "{name} {seed}");
    }
}

#[track_caller]
fn busy(bob: &mut Device, name: &str, now: u64) {
    let mut from = device(name);
    let init = connect(&mut from, bob, now, 0xb5 ^ now);
    refuse(bob, &from.key(), &init, now, PeerError::Busy);
}

// HS-17, HS-27
#[test]
fn one_identity_has_32_half_open_handshakes_for_60_s() {
    let mut bob = device("bob");
    flood(&mut bob, "ada", 32, NOW);
    busy(&mut bob, "ada", NOW);
    flood(&mut bob, "eve", 1, NOW);
    busy(&mut bob, "ada", NOW + 59_999);
    flood(&mut bob, "ada", 1, NOW + 60_000);
}

// HS-17: a finished handshake is not half open any more
#[test]
fn complete_makes_room() {
    let mut bob = device("bob");
    let mut ada = device("ada");
    let opening = support::devices::open(&mut ada, &mut bob, NOW, 1);
    flood(&mut bob, "ada", 31, NOW);
    busy(&mut bob, "ada", NOW);
    receive(&mut bob, &ada, &opening.complete, NOW);
    flood(&mut bob, "ada", 1, NOW + 1);
}

// HS-18
#[test]
fn strangers_have_128_half_open_handshakes_and_contacts_still_get_in() {
    let mut bob = device("bob");
    pin(&mut bob, "ada");
    for stranger in ["one", "two", "three", "four"] {
        flood(&mut bob, stranger, 32, NOW);
    }
    busy(&mut bob, "five", NOW);
    flood(&mut bob, "ada", 1, NOW);
}

// HS-08
#[test]
fn table_of_256_half_open_handshakes_is_full_for_everybody() {
    let mut bob = device("bob");
    for contact in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
        pin(&mut bob, contact);
    }
    for contact in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        flood(&mut bob, contact, 32, NOW);
    }
    busy(&mut bob, "9", NOW);
    let garbage = [[1, 1, 0, 1].as_slice(), &[0; 418]].concat();
    refuse(&mut bob, &identity("9").key(), &garbage, NOW, PeerError::Busy);
    flood(&mut bob, "9", 1, NOW + 60_000);
}

// HS-17, HS-19, HS-20
#[test]
fn one_identity_has_64_cache_entries_until_their_windows_have_passed() {
    let mut bob = device("bob");
    flood(&mut bob, "ada", 32, NOW);
    flood(&mut bob, "ada", 32, NOW + 60_000);
    busy(&mut bob, "ada", NOW + 120_000);
    assert_eq!(bob.replay_cache().len(), 64);
    busy(&mut bob, "ada", NOW + 300_000);
    flood(&mut bob, "ada", 1, NOW + 300_001);
    assert_eq!(bob.replay_cache().len(), 33);
}

/// A cache with this many entries, each of another identity.
fn cache(entries: u32, pinned: bool) -> ReplayCache {
    let mut out = [[1].as_slice(), &entries.to_be_bytes()].concat();
    for number in 0..entries {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        out.extend([hash.as_slice(), &NOW.to_be_bytes(), &hash, &[u8::from(pinned)]].concat());
    }
    let digest = sha256(&[&out]);
    out.extend(digest);
    ReplayCache::restore(&out).expect("canonical")
}

// HS-18
#[test]
fn strangers_have_32768_cache_entries() {
    let mut bob = with_cache("bob", cache(32_768, false));
    busy(&mut bob, "eve", NOW);
    pin(&mut bob, "ada");
    flood(&mut bob, "ada", 1, NOW);
    flood(&mut bob, "eve", 1, NOW + 300_001);
    let mut bob = with_cache("bob", cache(32_767, false));
    flood(&mut bob, "eve", 1, NOW);
}

// HS-20
#[test]
fn full_cache_refuses_and_evicts_nothing() {
    let mut bob = with_cache("bob", cache(65_536, true));
    pin(&mut bob, "ada");
    busy(&mut bob, "ada", NOW + 300_000);
    assert_eq!(bob.replay_cache().len(), 65_536);
    flood(&mut bob, "ada", 1, NOW + 300_001);
    assert_eq!(bob.replay_cache().len(), 1);
}

// SESSION-25, SESSION-28
#[test]
fn damaged_replay_cache_is_refused_at_every_byte() {
    use quipu::StorageError::{Snapshot, SnapshotVersion};
    let snapshot = cache(3, false).snapshot();
    for byte in 0..snapshot.len() {
        let mut damaged = snapshot.clone();
        damaged[byte] ^= 1;
        let error = if byte == 0 { SnapshotVersion } else { Snapshot };
        assert_eq!(ReplayCache::restore(&damaged), Err(error), "byte {byte}");
        assert_eq!(ReplayCache::restore(&snapshot[..byte]), Err(Snapshot), "{byte} bytes");
    }
}
