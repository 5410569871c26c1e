//! Defects that these tests found, each kept as the fact it violated.

mod support;

use quipu::{Card, Device, PeerError, StorageError};
use support::devices::{
    DAY, connect, device, fields, identity, meet, names, open, pin, receive, refuse, settle, state,
};
use support::pair::{NOW, accept, pair, send};
use support::{Seeded, Untouchable};

fn two() -> (Device, Device) {
    (device("ada"), device("bob"))
}

// SESSION-25
#[test]
fn damaged_snapshot_of_a_device_is_refused_at_every_byte() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    let card = *bob.card().expect("a card");
    ada.reconnect(&card, NOW, &mut Seeded::new(2)).expect("may start");
    let stored = ada.snapshot(&bob.key()).expect("sessions").expose().to_vec();
    let mut accepted = Vec::new();
    for (byte, mask) in (0..stored.len()).flat_map(|byte| [(byte, 1), (byte, 0x80)]) {
        let mut damaged = stored.clone();
        damaged[byte] ^= mask;
        if device("ada").restore(&bob.key(), &damaged, |_| 0).is_ok() {
            accepted.push(byte);
        }
    }
    assert_eq!(accepted, Vec::<usize>::new());
}

// SESSION-25: cut behind the first of two sessions
#[test]
fn cut_snapshot_of_a_device_is_refused() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    meet(&mut ada, &mut bob, NOW + 1, 2);
    let stored = ada.snapshot(&bob.key()).expect("sessions").expose().to_vec();
    for length in 0..stored.len() {
        let cut = device("ada").restore(&bob.key(), &stored[..length], |_| 0);
        assert_eq!(cut, Err(StorageError::Snapshot), "{length} of {} bytes", stored.len());
    }
}

// SESSION-25: of two sessions with one id only one address would be kept
#[test]
fn snapshot_of_two_sessions_with_one_id_is_refused() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    let stored = ada.snapshot(&bob.key()).expect("sessions").expose().to_vec();
    let sealed = |body: &[u8]| [body, &quipu::crypto::kdf::sha256(&[body])].concat();
    let (head, pieces) = stored[..stored.len() - 32].split_at(10);
    let front = 1 + usize::from(pieces[0]) + 4;
    // The same session, begun later: `ts_I` is behind version, generation, suite and role.
    let mut later = pieces[front..pieces.len() - 32].to_vec();
    later[12] += 1;
    let one = [&[1, b'e'], &pieces[front - 4..front], &sealed(&later)].concat();
    let restore = |pieces: &[&[u8]]| {
        let bytes = sealed(&[head, &pieces.concat()].concat());
        device("ada").restore(&bob.key(), &bytes, |_| 0)
    };
    assert_eq!(restore(&[&one]), Ok(()));
    assert_eq!(restore(&[pieces]), Ok(()));
    assert_eq!(restore(&[&one, pieces]), Err(StorageError::Snapshot));
}

// ENC-08: a refused start does not use up the 10 minutes
#[test]
fn refused_reconnect_changes_nothing() {
    let (mut ada, bob) = two();
    let card = *bob.card().expect("a card");
    let before = state(&ada, &bob.key());
    let refused = ada.reconnect(&card, NOW + 100 * DAY, &mut Untouchable);
    assert_eq!(refused.map(drop), Err(PeerError::Time.into()));
    assert_eq!(state(&ada, &bob.key()), before);
}

// HS-02 before HS-39, in the order of 4.3
#[test]
fn time_of_the_card_is_judged_before_its_pin() {
    let mut ada = device("ada");
    pin(&mut ada, "bob");
    let other = Card::issue(&identity("eve"), fields("bob")).expect("valid fields");
    let refused = ada.connect(&other, NOW + 100 * DAY, &mut Untouchable);
    assert_eq!(refused, Err(PeerError::Time.into()));
}

// SESSION-10, HS-33: a session whose 7 days are over is as dropped
#[test]
fn repeated_complete_of_an_outlived_session_is_unknown() {
    let (mut ada, mut bob) = two();
    let old = meet(&mut ada, &mut bob, NOW, 1).complete;
    settle(&mut ada, &mut bob, NOW + 1, 2);
    refuse(&mut bob, &ada.key(), &old, NOW + 8 * DAY, PeerError::UnknownHandshake);
}

// SESSION-10: every operation that succeeds does what time demands
#[test]
fn repeated_complete_drops_what_is_outlived() {
    let (mut ada, mut bob) = two();
    meet(&mut ada, &mut bob, NOW, 1);
    let newer = settle(&mut ada, &mut bob, NOW + 1, 2).complete;
    let received = receive(&mut bob, &ada, &newer, NOW + 8 * DAY);
    assert_eq!(names(&received.events), ["repeated", "dropped"]);
}

// SESSION-06: the same for an Init
#[test]
fn accepted_init_gives_up_what_is_at_its_limit() {
    let (mut ada, mut bob) = two();
    open(&mut ada, &mut bob, NOW, 1);
    let init = connect(&mut bob, &ada, NOW + 300_000, 2);
    let received = receive(&mut ada, &bob, &init, NOW + 300_000);
    assert_eq!(names(&received.events), ["response-sent", "given-up"]);
}

// PRIM-15: the tags of accepted messages are kept as digests
#[test]
fn debug_of_a_session_shows_no_tag() {
    let (mut ada, mut bob) = pair(1);
    let message = send(&mut ada, &mut Seeded::new(1));
    accept(&mut bob, &message);
    let tag = format!("{:?}", &message[message.len() - 32..message.len() - 16]);
    assert!(!format!("{bob:?}").contains(&tag));
}
