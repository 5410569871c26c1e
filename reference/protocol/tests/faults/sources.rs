//! Random sources that repeat themselves.

use crate::support::devices::{DAY, card, device, say};
use crate::support::pair::{NOW, accept, pair, state};
use crate::support::prepared::{Parts, prepare, two};
use crate::support::{Constant, Seeded};
use quipu::session::Session;
use quipu::wire::Suite;
use quipu::{CallerError, Error, Kind};
use std::collections::BTreeSet;

/// Sends with a constant source: the salt, or a refusal that has changed nothing.
fn salt(from: &mut Session, to: &mut Session, byte: u8) -> Option<[u8; 16]> {
    let before = state(from);
    match from.send(Kind::DATA, b"text", &mut Constant(byte)) {
        Ok(message) => {
            accept(to, &message);
            Some(message[4..20].try_into().expect("16 bytes"))
        }
        Err(error) => {
            assert_eq!((error, state(from)), (Error::from(CallerError::Random), before));
            None
        }
    }
}

// MSG-03, PRIM-12: the salt comes out of the message key, so that it is new with every message,
// even when every draw of both sides is the same for ever
#[test]
fn constant_source_never_repeats_a_salt_in_a_session() {
    for (ours, theirs) in [(0, 0), (9, 9), (0, 255), (9, 11)] {
        let (mut ada, mut bob) = pair(1);
        let (mut salts, mut refused) = (BTreeSet::new(), 0);
        for turn in 0..40 {
            for _ in 0..1 + turn % 3 {
                let made = [salt(&mut ada, &mut bob, ours), salt(&mut bob, &mut ada, theirs)];
                refused += made.iter().filter(|it| it.is_none()).count();
                made.into_iter().flatten().for_each(|it| assert!(salts.insert(it), "{ours}"));
            }
        }
        println!("draws of {ours} and {theirs}: {} salts, {refused} refused", salts.len());
        assert!(salts.len() >= 80);
    }
}

// HS-04: a limit that chapter 11.3 names. The key of Init's seal comes out of EK_I alone, so that a
// source that repeats EK_I repeats key and nonce of that seal; nothing behind it.
#[test]
fn repeated_ephemeral_repeats_the_first_seal_and_no_other() {
    let (mut ada, mut bob) = (device("ada"), device("bob"));
    let mut run = |now: u64| {
        let init = ada.connect(&card("bob"), now, &mut Seeded::new(5)).expect("may start");
        let bob_rng = &mut Seeded::new(6);
        let response = bob.receive(None, &init, now, bob_rng).expect("genuine").replies.remove(0);
        let rng = &mut Seeded::new(7);
        let complete = ada.receive(None, &response, now, rng).expect("genuine").replies.remove(0);
        [init, response, complete]
    };
    let (one, other) = (run(NOW), run(NOW + DAY / 2));
    assert_eq!(one[0][4..36], other[0][4..36], "EK_I");
    // The card stands behind ts_I: under one key and nonce its ciphertext is the same.
    assert_ne!(one[0][36..44], other[0][36..44], "two texts");
    assert_eq!(one[0][44..200], other[0][44..200], "under one key and nonce");
    // Behind the handshake id, EK_R and RB nothing is the same.
    for (packet, begin) in [(1, 52), (2, 20)] {
        let same = one[packet][begin..].iter().zip(&other[packet][begin..]);
        let same = same.filter(|(one, other)| one == other).count();
        assert!(same < 16, "{same} bytes of packet {packet}");
    }
}

// PREP-17: the same limit of a PrekeyInit: its signature and its message are sealed under other keys
#[test]
fn repeated_draws_repeat_the_first_seal_of_a_prekey_init_and_no_other() {
    let run = |now: u64| {
        let (mut ada, bob) = two(Suite::X25519);
        prepare(&mut ada, &Parts::of(&bob, Some(0), None), now, 5);
        say(&mut ada, &bob, now, 6)
    };
    let (one, other) = (run(NOW), run(NOW + 1));
    assert_eq!(one[..44], other[..44], "EK_I and the names of the prekeys");
    assert_ne!(one[44..52], other[44..52], "two texts");
    assert_eq!(one[52..382], other[52..382], "under one key and nonce");
    let same = one[382..].iter().zip(&other[382..]).filter(|(one, other)| one == other).count();
    assert_eq!(one.len(), other.len());
    assert!(same < 24, "{same} bytes behind it");
}
