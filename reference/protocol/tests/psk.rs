//! Pre-shared secrets in both handshakes and both suites.

mod support;

use quipu::crypto::kdf::expand;
use quipu::crypto::labels::Expand;
use quipu::crypto::sign::SigningSecret;
use quipu::handshake::{Psk, PskId};
use quipu::secret::Secret;
use quipu::wire::Suite;
use quipu::{CallerError, Device, Event, PeerError};
use support::Draws;
use support::devices::{connect, identity, names, open, receive, refuse, say, state};
use support::forge::{Claims, Init, Kem};
use support::pair::NOW;
use support::prepared::{
    Forge, Parts, SUITES, begin, card_in, device_in, meet_prepared, public, two,
};

const X: [u8; 32] = [0x58; 32];
const Y: [u8; 32] = [0x59; 32];
const AUTHENTICATION: PeerError = PeerError::Authentication;

fn psk(secret: [u8; 32]) -> Psk {
    Psk::new(Secret::new(secret)).expect("not zero")
}

fn knows(at: &mut Device, secret: [u8; 32]) -> PskId {
    at.contacts_mut().add_psk(psk(secret))
}

/// Sets a secret for handshakes with a device.
fn expects(at: &mut Device, peer: &Device, secret: [u8; 32]) -> PskId {
    let id = knows(at, secret);
    at.contacts_mut().expect_psk(peer.key(), Some(id)).expect("known");
    id
}

/// The name of the secret of a session that has just begun.
fn used(events: &[Event]) -> PskId {
    match events {
        [Event::Established { psk_id, .. }, ..] => *psk_id,
        other => panic!("{other:?}"),
    }
}

/// Begins both handshakes from Ada to Bob and gives the first packet of each.
fn first_packets(ada: &mut Device, bob: &Device) -> [Vec<u8>; 2] {
    [connect(ada, bob, NOW, 1), begin(ada, bob, NOW, 2)]
}

#[track_caller]
fn first_packets_are_refused(ada: &mut Device, bob: &mut Device) {
    for packet in first_packets(ada, bob) {
        refuse(bob, &ada.key(), &packet, NOW, AUTHENTICATION);
    }
}

#[track_caller]
fn both_handshakes_use(ada: &mut Device, bob: &mut Device, name: PskId) {
    let init = connect(ada, bob, NOW, 1);
    let response = receive(bob, ada, &init, NOW).replies.remove(0);
    let accepted = receive(ada, bob, &response, NOW);
    let completed = receive(bob, ada, &accepted.replies[0], NOW);
    assert_eq!([used(&accepted.events), used(&completed.events)], [name; 2]);
    let packet = begin(ada, bob, NOW + 1, 2);
    assert_eq!(used(&receive(bob, ada, &packet, NOW + 1).events), name);
    let next = say(ada, bob, NOW + 1, 3);
    assert_eq!(names(&receive(bob, ada, &next, NOW + 1).events), ["repeated", "message"]);
}

// HS-40
#[test]
fn secret_of_zeros_is_refused() {
    assert_eq!(Psk::new(Secret::new([0; 32])).map(|it| it.id()), Err(CallerError::Psk));
    let mut least = [0; 32];
    least[31] = 1;
    assert!(Psk::new(Secret::new(least)).is_ok());
}

// Chapter 4.2: the name is that of the formula, in every suite the same
#[test]
fn name_is_derived_in_suite_1() {
    let named = *expand(Suite::X25519, &Secret::new(X), Expand::PSK_ID, &[]).expose();
    assert_eq!(psk(X).id(), named);
    for suite in SUITES {
        let (mut ada, bob) = two(suite);
        assert_eq!(expects(&mut ada, &bob, X), named);
    }
}

// HS-41: a name that is not known cannot be set
#[test]
fn only_a_known_secret_can_be_set() {
    let (mut ada, bob) = two(Suite::X25519);
    let before = state(&ada, &bob.key());
    let refused = ada.contacts_mut().expect_psk(bob.key(), Some(psk(X).id()));
    assert_eq!((refused, state(&ada, &bob.key())), (Err(CallerError::Psk), before));
}

// HS-13, HS-41
#[test]
fn same_secret_on_both_sides_works() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        let name = expects(&mut ada, &bob, X);
        expects(&mut bob, &ada, X);
        both_handshakes_use(&mut ada, &mut bob, name);
        let (mut ada, mut bob) = two(suite);
        expects(&mut ada, &bob, X);
        knows(&mut bob, Y);
        knows(&mut bob, X);
        both_handshakes_use(&mut ada, &mut bob, name);
    }
}

// HS-41: none where none is set, whatever is known
#[test]
fn known_secret_that_is_not_set_is_not_used() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        knows(&mut ada, X);
        knows(&mut bob, X);
        both_handshakes_use(&mut ada, &mut bob, [0; 16]);
        let (mut ada, mut bob) = two(suite);
        expects(&mut ada, &bob, X);
        ada.contacts_mut().expect_psk(bob.key(), None).expect("none");
        both_handshakes_use(&mut ada, &mut bob, [0; 16]);
    }
}

// HS-13: unknown, other than expected, none where one is expected
#[test]
fn other_secrets_than_the_expected_are_refused_at_the_first_packet() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        expects(&mut ada, &bob, X);
        first_packets_are_refused(&mut ada, &mut bob);
        expects(&mut bob, &ada, Y);
        first_packets_are_refused(&mut ada, &mut bob);
        knows(&mut bob, X);
        first_packets_are_refused(&mut ada, &mut bob);
        let (mut ada, mut bob) = two(suite);
        expects(&mut bob, &ada, X);
        first_packets_are_refused(&mut ada, &mut bob);
        bob.contacts_mut().expect_psk(ada.key(), None).expect("none");
        both_handshakes_use(&mut ada, &mut bob, [0; 16]);
    }
}

// HS-13: what is set for one device says nothing of another
#[test]
fn secret_is_expected_of_one_device() {
    let (mut ada, mut bob) = two(Suite::X25519);
    let mut eve = device_in("eve", Suite::X25519);
    expects(&mut bob, &ada, X);
    both_handshakes_use(&mut eve, &mut bob, [0; 16]);
    let name = expects(&mut ada, &bob, X);
    both_handshakes_use(&mut ada, &mut bob, name);
}

fn kem(suite: Suite) -> Option<Kem> {
    (suite == Suite::Hybrid).then(|| Kem::of([0x55; 64]))
}

fn signer(name: &str) -> SigningSecret {
    SigningSecret::new(&identity(name).secrets().0)
}

/// An Init that names a secret which its maker does not have, with all of Ada's keys.
fn named_without_the_secret(suite: Suite) -> Init {
    let card = card_in("ada", suite);
    let claims = Claims { ts_i: NOW, card: card.as_bytes(), psk_id: psk(X).id() };
    Init::forge_with(kem(suite), [0x11; 32], &card_in("bob", suite), &claims, &signer("ada"))
}

// HS-13, HS-28: every key of the initiator, but not the secret: found at Complete
#[test]
fn initiator_without_the_secret_does_not_complete() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        expects(&mut bob, &ada, X);
        let init = named_without_the_secret(suite);
        let response = receive(&mut bob, &ada, &init.packet, NOW).replies.remove(0);
        let idk = identity("ada").secrets().1;
        let complete = init.complete(&response, &idk, &public([0x44; 32]), &signer("ada"));
        refuse(&mut bob, &ada.key(), &complete, NOW, AUTHENTICATION);
        assert!(bob.sessions(&ada.key()).is_none());
    }
}

// HS-23: every key of the responder, but not the secret: found at Response
#[test]
fn responder_without_the_secret_does_not_respond() {
    for suite in SUITES {
        for (set, good) in [(true, false), (false, true)] {
            let (mut ada, bob) = two(suite);
            if set {
                expects(&mut ada, &bob, X);
            }
            let draws = [vec![0x11; 32], vec![0x55; 64]];
            let card = *bob.card().expect("a card");
            let sent = ada.connect(&card, NOW, &mut Draws(draws.to_vec()));
            let name = if set { psk(X).id() } else { [0; 16] };
            let own = card_in("ada", suite);
            let claims = Claims { ts_i: NOW, card: own.as_bytes(), psk_id: name };
            let init = Init::forge_with(kem(suite), [0x11; 32], &card, &claims, &signer("ada"));
            assert_eq!(sent.as_ref(), Ok(&init.packet));
            let response = init.response([0x22; 32], &own, &public([0x33; 32]), &signer("bob"));
            if good {
                assert_eq!(names(&receive(&mut ada, &bob, &response, NOW).events), ["established"]);
            } else {
                refuse(&mut ada, &bob.key(), &response, NOW, AUTHENTICATION);
            }
        }
    }
}

// HS-13, step 14: named, and not known by its maker; with it, the same packet is accepted
#[test]
fn prekey_init_without_the_secret_does_not_open() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        let name = expects(&mut bob, &ada, X);
        let parts = Parts::of(&bob, Some(0), Some(0));
        let forge = Forge { psk_id: name, ..Forge::of("ada", suite, &parts) };
        for wrong in [[0; 32], Y] {
            let packet = Forge { psk: wrong, ..forge.clone() }.packet();
            refuse(&mut bob, &ada.key(), &packet, NOW, AUTHENTICATION);
        }
        let packet = Forge { psk: X, ..forge }.packet();
        assert_eq!(used(&receive(&mut bob, &ada, &packet, NOW).events), name);
    }
}

// HS-13: the secret is used even when nothing names it: no packet without the name is made with it
#[test]
fn secret_without_its_name_does_not_open() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        knows(&mut bob, X);
        let parts = Parts::of(&bob, Some(0), Some(0));
        let packet = Forge { psk: X, ..Forge::of("ada", suite, &parts) }.packet();
        refuse(&mut bob, &ada.key(), &packet, NOW, AUTHENTICATION);
    }
}

// HS-41: the secret of a handshake under way stays the one that it began with
#[test]
fn secret_that_changes_under_way_does_not_change_the_handshake() {
    let (mut ada, mut bob) = two(Suite::X25519);
    let name = expects(&mut ada, &bob, X);
    expects(&mut bob, &ada, X);
    let init = connect(&mut ada, &bob, NOW, 1);
    expects(&mut ada, &bob, Y);
    let response = receive(&mut bob, &ada, &init, NOW).replies.remove(0);
    expects(&mut bob, &ada, Y);
    let accepted = receive(&mut ada, &bob, &response, NOW);
    let completed = receive(&mut bob, &ada, &accepted.replies[0], NOW);
    assert_eq!([used(&accepted.events), used(&completed.events)], [name; 2]);
    meet_prepared(&mut ada, &mut bob, NOW + 1, 3);
    open(&mut ada, &mut bob, NOW + 2, 4);
}
