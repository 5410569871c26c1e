//! Debug output, error values and exports give no secret away.

mod support;

use quipu::crypto::kdf::expand;
use quipu::crypto::labels::Expand;
use quipu::ratchet::{ChainKey, step};
use quipu::secret::Secret;
use quipu::session::Session;
use quipu::wire::Suite;
use quipu::{CallerError, Kind};
use std::fmt::Debug;
use support::Seeded;
use support::devices::{connect, device, identity, open, receive, say};
use support::pair::{NOW, Start, accept, deliver, dh, pair, send, send_many, state};

/// All ways in which a run of secret bytes could stand in debug output, without white space.
fn forms(secret: &[u8]) -> [String; 3] {
    let run = &secret[..8];
    [hex::encode(run), bare(&format!("{run:?}")), bare(&format!("{run:02x?}"))]
}

fn bare(text: &str) -> String {
    text.replace([' ', '\n', '[', ']'], "")
}

#[track_caller]
fn assert_hidden(shown: &impl Debug, secrets: &[Vec<u8>]) {
    let shown =
        [format!("{shown:?}"), format!("{shown:#?}")].map(|it| bare(&it).replace(",)", ")"));
    for secret in secrets {
        for form in forms(secret) {
            assert!(!shown.iter().any(|it| it.contains(&form)), "{form} is shown");
        }
    }
}

/// What the session secret gives, and the private keys.
fn secrets(start: &Start) -> Vec<Vec<u8>> {
    let secret = Secret::new(start.secret);
    let labels =
        [Expand::ROOT, Expand::HEADER_INITIATOR, Expand::HEADER_RESPONDER, Expand::EXPORTER];
    let derived =
        labels.map(|label| expand::<32>(Suite::X25519, &secret, label, &[]).expose().to_vec());
    let macs = [Expand::HEADER_INITIATOR, Expand::HEADER_RESPONDER].map(|label| {
        let header = expand(Suite::X25519, &secret, label, &[]);
        expand::<32>(Suite::X25519, &header, Expand::MAC, &[]).expose().to_vec()
    });
    let given = [start.secret, start.ra, start.rb].map(Vec::from);
    [given.as_slice(), &derived, &macs].concat()
}

// PRIM-15: the forms find what is shown
#[test]
fn search_for_secrets_finds_them() {
    let secret = [200u8; 32];
    for shown in [format!("{secret:?}"), format!("{secret:#?}"), hex::encode(secret)] {
        assert!(forms(&secret).iter().any(|form| bare(&shown).contains(form)));
    }
}

// PRIM-15
#[test]
fn debug_of_a_session_shows_no_secret() {
    let start = Start::new(1);
    let (mut ada, mut bob) = (start.initiator(), start.responder());
    let secrets = secrets(&start);
    assert_hidden(&(&ada, &bob), &secrets);
    accept(&mut bob, &send_many(&mut ada, 3, &mut Seeded::new(1))[2]);
    let message = ada.send(Kind::DATA, b"attack at dawn", &mut Seeded::new(2)).expect("open");
    let (advance, plaintext) = bob.open(&message).expect("genuine");
    let all = [secrets.as_slice(), &[b"attack at dawn".to_vec()]].concat();
    assert_hidden(&(&advance, &plaintext), &all);
    assert!(!format!("{plaintext:?}").contains("attack"));
    bob.commit(advance, NOW);
    assert_hidden(&(&ada, &bob), &all);
}

/// The stored keys of a session with one digest: they stand before it at the end of a snapshot.
fn stored_keys(session: &Session) -> Vec<Vec<u8>> {
    let snapshot = state(session);
    let (before, _) = snapshot.split_at(snapshot.len() - 32 - 24 - 4);
    let (_, stored) = before.split_at(before.len() - 40 * session.stored_keys());
    stored.chunks(40).map(|key| key[8..].to_vec()).collect()
}

fn first_chain(start: &Start) -> ChainKey {
    let (ra, rb) = (dh(start.ra), dh(start.rb));
    let root = expand(Suite::X25519, &Secret::new(start.secret), Expand::ROOT, &[]);
    let shared = ra.agree(&rb.public()).expect("random keys agree");
    step(Suite::X25519, &root, &shared, &ra.public(), &rb.public()).chain
}

// PRIM-15: keys of skipped numbers are in the snapshot and nowhere else
#[test]
fn debug_of_a_session_shows_no_skipped_key() {
    let (mut ada, mut bob) = pair(2);
    accept(&mut bob, &send_many(&mut ada, 4, &mut Seeded::new(3))[3]);
    let keys = stored_keys(&bob);
    assert_eq!(keys.len(), 3);
    let (mut chain, mut wanted) = (first_chain(&Start::new(2)), Vec::new());
    for _ in 0..3 {
        let (key, next) = chain.advance();
        wanted.push(key.secret().expose().to_vec());
        chain = next;
    }
    assert_eq!(keys, wanted);
    assert_hidden(&bob, &keys);
}

// PRIM-15
#[test]
fn debug_of_identities_and_devices_shows_no_private_key() {
    let (mut ada, mut bob) = (device("ada"), device("bob"));
    let init = connect(&mut ada, &bob, NOW, 1);
    receive(&mut bob, &ada, &init, NOW);
    let mut private: Vec<Vec<u8>> = Vec::new();
    for name in ["ada", "bob"] {
        let (seed, idk) = identity(name).secrets();
        private.extend([seed.expose().to_vec(), idk.expose().to_vec()]);
        assert_hidden(&identity(name), &private);
    }
    private.push(Seeded::new(1).array::<32>().to_vec());
    assert_hidden(&(&ada, &bob), &private);
    open(&mut ada, &mut bob, NOW, 2);
    say(&mut ada, &bob, NOW, 3);
    private.push(Seeded::new(2).array::<32>().to_vec());
    assert_hidden(&(&ada, &bob), &private);
}

// SESSION-02
#[test]
fn exports_agree_on_both_sides_and_differ_by_label_context_and_length() {
    let (ada, bob) = pair(4);
    let export = |side: &Session, label: &[u8], context: &[u8], length| {
        side.export(label, context, length).map(|it| it.expose().to_vec())
    };
    let base = export(&ada, b"call", b"one", 32).expect("in range");
    assert_eq!(export(&bob, b"call", b"one", 32), Ok(base.clone()));
    for (label, context) in [(b"file".as_slice(), b"one"), (b"call", b"two")] {
        assert_ne!(export(&ada, label, context, 32), Ok(base.clone()));
    }
    assert_ne!(export(&ada, b"call", b"one", 33).expect("in range")[..32], base);
    assert_ne!(export(&pair(5).0, b"call", b"one", 32), Ok(base));
}

// SESSION-02
#[test]
fn export_outside_its_bounds_is_refused() {
    let (ada, _) = pair(6);
    let long = [b'x'; 65];
    for (label, length) in
        [(&long[..0], 32), (&long[..65], 32), (&long[..1], 0), (&long[..1], 8_161)]
    {
        assert_eq!(ada.export(label, b"", length).map(drop), Err(CallerError::Export));
    }
    for (label, length) in [(&long[..64], 1), (&long[..1], 8_160)] {
        assert_eq!(ada.export(label, b"", length).map(|it| it.expose().len()), Ok(length));
    }
}

// MSG-12: what is refused releases nothing
#[test]
fn errors_say_only_their_name() {
    let (mut ada, mut bob) = pair(7);
    let mut packet = send(&mut ada, &mut Seeded::new(8));
    packet[100] ^= 1;
    let error = deliver(&mut bob, &packet).expect_err("forged");
    assert_eq!(format!("{error} {error:?}"), "authentication Peer(Authentication)");
}
