//! Suite `0x0002` in both handshakes, and that nobody falls back from it unasked.

mod support;

use quipu::crypto::kdf::sha256;
use quipu::crypto::kem::KemSecret;
use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::SigningSecret;
use quipu::handshake::{
    COMPLETE_LENGTH, CompletePacket, PrekeyPacket, init_length, prekey_init_length, response_length,
};
use quipu::prekeys::Bundle;
use quipu::secret::Secret;
use quipu::session::SessionId;
use quipu::wire::Suite;
use quipu::{BytesError, Card, CardFields, Device, Event, PeerError};
use support::devices::{identity, meet, names, open, receive, refuse, say, state};
use support::forge::{Claims, Init, Kem};
use support::pair::NOW;
use support::prepared::{
    Forge, Parts, begin, card_in, device_in, fields_in, meet_prepared, prepare, private, publish,
    two,
};
use support::{Draws, Seeded, Untouchable};

const HYBRID: Suite = Suite::Hybrid;
const AUTHENTICATION: PeerError = PeerError::Authentication;
const EK_I: [u8; 32] = [0x11; 32];
const SEED: [u8; 64] = [0x55; 64];

fn signer(name: &str) -> SigningSecret {
    SigningSecret::new(&identity(name).secrets().0)
}

fn suite_of(at: &Device, peer: &Device) -> Suite {
    at.sessions(&peer.key()).expect("sessions").iter().next().expect("one").suite()
}

// Chapters 1.2, 4.2 and 5.5
#[test]
fn packets_have_the_lengths_of_the_tables() {
    for (suite, lengths) in [(Suite::X25519, [422, 268, 478]), (HYBRID, [1606, 1356, 1570])] {
        let formulas = [init_length(suite), response_length(suite), prekey_init_length(suite)];
        assert_eq!(formulas, lengths);
        let (mut ada, mut bob) = two(suite);
        let opening = open(&mut ada, &mut bob, NOW, 1);
        assert_eq!([opening.init.len(), opening.response.len()], lengths[..2]);
        let complete = CompletePacket::decode(&opening.complete).expect("a Complete");
        assert_eq!((complete.complete.len(), COMPLETE_LENGTH), (164, 164));
        let packet = begin(&mut ada, &bob, NOW, 2);
        assert_eq!(PrekeyPacket::decode(&packet).expect("one").handshake.len(), lengths[2]);
        for packet in [opening.init, opening.response, opening.complete, packet] {
            assert_eq!(packet[2..4], suite.number().to_be_bytes());
        }
    }
}

// CARD-12
#[test]
fn both_handshakes_work_in_the_suite_of_the_cards() {
    for (ours, theirs) in [(1, 1), (1, 3), (3, 1), (3, 3), (3, 7)] {
        let card = |name, suites| CardFields { suites, ..fields_in(name, Suite::X25519) };
        let make = |name, suites| {
            let card = Card::issue(&identity(name), card(name, suites)).expect("fields");
            Device::with_cards(identity(name), vec![card], Default::default())
        };
        let (mut ada, mut bob) = (make("ada", ours), make("bob", theirs));
        publish(&mut bob, 1, NOW, 1);
        let both = if ours & theirs & 2 == 2 { HYBRID } else { Suite::X25519 };
        meet(&mut ada, &mut bob, NOW, 2);
        assert_eq!([suite_of(&ada, &bob), suite_of(&bob, &ada)], [both, both]);
        meet_prepared(&mut ada, &mut bob, NOW + 1, 3);
        assert_eq!([suite_of(&ada, &bob), suite_of(&bob, &ada)], [both, both]);
        let there = say(&mut ada, &bob, NOW + 1, 4);
        assert_eq!(names(&receive(&mut bob, &ada, &there, NOW + 1).events), ["message"]);
    }
}

// PRIM-19, HS-23: implicit rejection; every 17th byte of the ciphertext
#[test]
fn wrong_ciphertext_of_a_response_is_like_a_wrong_mac() {
    let (mut ada, mut bob) = two(HYBRID);
    let card = *bob.card().expect("a card");
    let init = ada.connect(&card, NOW, &mut Seeded::new(1)).expect("may start");
    let response = receive(&mut bob, &ada, &init, NOW).replies.remove(0);
    for byte in (52..52 + 1088).step_by(17).chain([1324, 1355]) {
        let mut forged = response.clone();
        forged[byte] ^= 0x10;
        refuse(&mut ada, &bob.key(), &forged, NOW, AUTHENTICATION);
    }
    let mut zero = response.clone();
    zero[52..1140].fill(0);
    refuse(&mut ada, &bob.key(), &zero, NOW, AUTHENTICATION);
    assert_eq!(names(&receive(&mut ada, &bob, &response, NOW).events), ["established"]);
}

// PRIM-19, PRIM-20, PREP-23: the rest is sealed under what the wrong ciphertext does not give
#[test]
fn ciphertext_for_another_key_does_not_open_a_prekey_init() {
    let (ada, mut bob) = two(HYBRID);
    let genuine = Forge::of("ada", HYBRID, &Parts::of(&bob, Some(0), Some(0)));
    let other = *KemSecret::new(&Secret::new(SEED)).public().as_bytes();
    let forge = Forge { other_kem: Some(other), ..genuine.clone() };
    refuse(&mut bob, &ada.key(), &forge.packet(), NOW, AUTHENTICATION);
    let kem = genuine.parts.kem.as_ref().expect("one");
    let own = *KemSecret::new(&Secret::new(private(&bob, kem))).public().as_bytes();
    let twin = Forge { other_kem: Some(own), ..genuine };
    assert_eq!(names(&receive(&mut bob, &ada, &twin.packet(), NOW).events)[0], "established");
}

// PRIM-18: sealed and signed around the invalid key, so that only the check of step 5 refuses
#[test]
fn init_with_an_encapsulation_key_that_is_not_valid_is_refused() {
    let ada = card_in("ada", HYBRID);
    let claims = Claims { ts_i: NOW, card: ada.as_bytes(), psk_id: [0; 16] };
    let bob = card_in("bob", HYBRID);
    for (place, bytes, good) in [
        (0, [0, 0x0d, 0xd0], true),
        (0, [0x01, 0x0d, 0xd0], false),
        (0, [0, 0x1d, 0xd0], false),
        (1149, [0xff; 3], false),
    ] {
        let mut kem = Kem::of(SEED);
        kem.bytes[place..place + 3].copy_from_slice(&bytes);
        let init = Init::forge_with(Some(kem), EK_I, &bob, &claims, &signer("ada"));
        let mut at = device_in("bob", HYBRID);
        if good {
            let ada = device_in("ada", HYBRID);
            assert_eq!(receive(&mut at, &ada, &init.packet, NOW).replies.len(), 1);
        } else {
            refuse(&mut at, &identity("ada").key(), &init.packet, NOW, BytesError::Key);
        }
    }
}

// PREP-03, PRIM-18: signed by its owner, so that only the check of the key refuses
#[test]
fn record_with_an_encapsulation_key_that_is_not_valid_is_refused() {
    let (_, bob) = two(HYBRID);
    for kem in [None, Some(0)] {
        let mut parts = Parts::of(&bob, Some(0), kem);
        let record = parts.kem.as_mut().expect("one");
        for (bytes, error) in [([0, 0x0d, 0xd0], None), ([0x01, 0x0d, 0xd0], Some(BytesError::Key))]
        {
            record[26..29].copy_from_slice(&bytes);
            let signature = signer("bob").sign(Purpose::PREKEY, &sha256(&[&record[..1210]]));
            record[1210..].copy_from_slice(&signature);
            let bytes = Bundle::encode(&parts.card, &parts.signed, None, Some(record));
            assert_eq!(Bundle::verify(&bytes).err(), error.map(Into::into));
        }
    }
}

// PREP-09
#[test]
fn bundle_without_a_kem_prekey_gives_no_handshake_at_all() {
    let (mut ada, bob) = two(HYBRID);
    let parts = Parts { kem: None, ..Parts::of(&bob, Some(0), None) };
    let before = state(&ada, &bob.key());
    let refused = ada.prepare(&parts.bundle(), NOW, &mut Untouchable).err();
    assert_eq!(refused, Some(BytesError::Suite.into()));
    assert_eq!(state(&ada, &bob.key()), before);
    let mut modest = device_in("carol", Suite::X25519);
    prepare(&mut modest, &parts, NOW, 1);
    assert_eq!(suite_of(&modest, &bob), Suite::X25519);
}

// PREP-09: in suite 0x0001 the KEM prekey is not part of the handshake
#[test]
fn modest_peer_uses_nothing_of_a_kem_prekey() {
    let (_, mut bob) = two(HYBRID);
    let mut carol = device_in("carol", Suite::X25519);
    let packet = begin(&mut carol, &bob, NOW, 1);
    assert_eq!(names(&receive(&mut bob, &carol, &packet, NOW).events)[0], "established");
    assert_eq!(bob.prekeys().one_time(), [2, 3]);
}

/// Ada and Bob, of whom each had only suite `0x0001` on an older card that is still valid.
fn grown() -> [Device; 2] {
    ["ada", "bob"].map(|name| {
        let mut device = device_in(name, Suite::X25519);
        let fields = CardFields { created: NOW, ..fields_in(name, HYBRID) };
        device.issue_card(fields, NOW).expect("room");
        publish(&mut device, 4, NOW, u64::from(name.as_bytes()[0]));
        device
    })
}

fn with_old_card(of: &Device) -> Parts {
    let old = card_in(if of.key() == identity("ada").key() { "ada" } else { "bob" }, Suite::X25519);
    Parts { card: old.as_bytes().to_vec(), ..Parts::of(of, Some(0), None) }
}

/// Asserts that neither handshake starts towards Bob's older card.
#[track_caller]
fn does_not_start(ada: &mut Device, bob: &Device) {
    let before = state(ada, &bob.key());
    let parts = with_old_card(bob);
    let card = Card::verify(&parts.card).expect("genuine");
    let refused = ada.connect(&card, NOW, &mut Untouchable).err();
    assert_eq!(refused, Some(BytesError::Suite.into()));
    let refused = ada.prepare(&parts.bundle(), NOW, &mut Untouchable).err();
    assert_eq!(refused, Some(BytesError::Suite.into()));
    assert_eq!(state(ada, &bob.key()), before);
}

// CARD-16: for the initiator from the start of either handshake on
#[test]
fn initiator_does_not_go_below_a_suite_that_it_started_with() {
    for interactive in [true, false] {
        let [mut ada, bob] = grown();
        if interactive {
            let card = *bob.card().expect("a card");
            ada.connect(&card, NOW, &mut Seeded::new(1)).expect("may start");
        } else {
            prepare(&mut ada, &Parts::of(&bob, Some(0), Some(0)), NOW, 1);
        }
        does_not_start(&mut ada, &bob);
        ada.contacts_mut().set_least(bob.key(), Suite::X25519);
        ada.forget(&bob.key());
        prepare(&mut ada, &with_old_card(&bob), NOW, 2);
        assert_eq!(suite_of(&ada, &bob), Suite::X25519);
        assert_eq!(ada.contacts().least(&bob.key()), None, "suite 1 is not remembered");
        prepare(&mut ada, &Parts::of(&bob, Some(1), Some(1)), NOW, 3);
        does_not_start(&mut ada, &bob);
    }
}

/// Both handshakes of a device that has only Ada's older card: Init and `PrekeyInit`.
fn in_the_old_suite(bob: &Device) -> [Vec<u8>; 2] {
    let mut old = device_in("ada", Suite::X25519);
    let card = *bob.card().expect("a card");
    let init = old.connect(&card, NOW, &mut Seeded::new(7)).expect("may start");
    prepare(&mut old, &Parts::of(bob, Some(2), None), NOW, 8);
    [init, say(&mut old, bob, NOW, 9)]
}

// CARD-16: for the responder from a session on
#[test]
fn responder_does_not_go_below_a_suite_that_ended_in_a_session() {
    for interactive in [true, false] {
        let [mut ada, mut bob] = grown();
        if interactive {
            open(&mut ada, &mut bob, NOW, 1);
            assert_eq!(bob.contacts().least(&ada.key()), None);
            meet(&mut ada, &mut bob, NOW + 1, 2);
        } else {
            meet_prepared(&mut ada, &mut bob, NOW, 1);
        }
        assert_eq!(bob.contacts().least(&ada.key()), Some(HYBRID));
        for packet in in_the_old_suite(&bob) {
            refuse(&mut bob, &ada.key(), &packet, NOW, BytesError::Suite);
        }
        bob.contacts_mut().set_least(ada.key(), Suite::X25519);
        for packet in in_the_old_suite(&bob) {
            receive(&mut bob, &ada, &packet, NOW);
        }
        assert_eq!(bob.contacts().least(&ada.key()), None, "suite 1 is not remembered");
    }
}

// CARD-16: what ended in a session in one role counts in the other
#[test]
fn least_suite_holds_in_both_roles() {
    let [mut ada, mut bob] = grown();
    meet_prepared(&mut ada, &mut bob, NOW, 1);
    does_not_start(&mut bob, &ada);
    for packet in in_the_old_suite(&bob) {
        refuse(&mut bob, &ada.key(), &packet, NOW, BytesError::Suite);
    }
}

fn session(events: &[Event]) -> SessionId {
    match events {
        [Event::Established { session, .. }, ..] => *session,
        other => panic!("{other:?}"),
    }
}

// PRIM-20: everything the same but for the encapsulation
#[test]
fn another_encapsulation_gives_another_session() {
    let run = |random: [u8; 32]| {
        let (mut ada, bob) = two(HYBRID);
        let draws = vec![EK_I.to_vec(), random.to_vec(), vec![0x44; 32]];
        let bundle = Parts::of(&bob, Some(0), Some(0)).bundle();
        session(&ada.prepare(&bundle, NOW, &mut Draws(draws)).expect("may start"))
    };
    assert_eq!(run([1; 32]), run([1; 32]));
    assert_ne!(run([1; 32]), run([2; 32]));
}
