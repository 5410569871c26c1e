//! Packets sealed with the right keys by someone who must not get through.

mod support;

use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::SigningSecret;
use quipu::{BytesError, Card, Device, DeviceId, Error, PeerError};
use support::devices::{DAY, card, device, fields, identity, names, pin, receive, refuse};
use support::forge::{Claims, Init};
use support::pair::{NOW, dh};
use support::{Exactly, Untouchable};

const EK_I: [u8; 32] = [0x11; 32];
const EK_R: [u8; 32] = [0x22; 32];
const RB: [u8; 32] = [0x33; 32];
const RA: [u8; 32] = [0x44; 32];
const NOT_CANONICAL: [u8; 32] = [0xff; 32];

fn signer(name: &str) -> SigningSecret {
    SigningSecret::new(&identity(name).secrets().0)
}

fn public(private: [u8; 32]) -> [u8; 32] {
    *dh(private).public().as_bytes()
}

fn claims(card: &Card) -> Claims<'_> {
    Claims { ts_i: NOW, card: card.as_bytes(), psk_id: [0; 16] }
}

fn forged_init(claims: &Claims<'_>, by: &str) -> Vec<u8> {
    Init::forge(EK_I, &card("bob"), claims, &signer(by)).packet
}

#[track_caller]
fn bob_refuses(init: &[u8], error: impl Into<Error>) {
    refuse(&mut device("bob"), &identity("ada").key(), init, NOW, error);
}

// HS-16: the responder's own private keys do not sign for the initiator (key compromise)
#[test]
fn all_keys_of_the_responder_do_not_make_an_initiator() {
    let ada = card("ada");
    for thief in ["bob", "eve"] {
        bob_refuses(&forged_init(&claims(&ada), thief), PeerError::Signature);
    }
    let genuine = forged_init(&claims(&ada), "ada");
    assert_eq!(receive(&mut device("bob"), &device("ada"), &genuine, NOW).replies.len(), 1);
}

// HS-11, HS-12
#[test]
fn own_and_contradicted_identities_are_refused() {
    bob_refuses(&forged_init(&claims(&card("bob")), "bob"), PeerError::Identity);
    let own_key = Card::issue(&identity("bob"), fields("zoe")).expect("valid fields");
    bob_refuses(&forged_init(&claims(&own_key), "bob"), PeerError::Identity);
    let own_place = Card::issue(&identity("eve"), fields("bob")).expect("valid fields");
    bob_refuses(&forged_init(&claims(&own_place), "eve"), PeerError::Identity);
    let mut bob = device("bob");
    bob.pin(fields("ada").address, DeviceId(1), identity("eve").key());
    let init = forged_init(&claims(&card("ada")), "ada");
    refuse(&mut bob, &identity("ada").key(), &init, NOW, PeerError::Identity);
}

// HS-39, HS-03
#[test]
fn initiator_refuses_contradicted_and_own_identities() {
    let mut ada = device("ada");
    pin(&mut ada, "bob");
    let other = Card::issue(&identity("eve"), fields("bob")).expect("valid fields");
    for card in [other, card("ada")] {
        let refused = ada.connect(&card, NOW, &mut Untouchable);
        assert_eq!(refused, Err(PeerError::Identity.into()));
    }
    assert!(ada.connect(&card("bob"), NOW, &mut Exactly(vec![EK_I])).is_ok());
}

// HS-13
#[test]
fn named_pre_shared_key_is_refused() {
    let ada = card("ada");
    let claims = Claims { psk_id: [1; 16], ..claims(&ada) };
    bob_refuses(&forged_init(&claims, "ada"), PeerError::Authentication);
}

// HS-14, CARD-03 to CARD-08
#[test]
fn edited_cards_are_refused_with_the_error_of_the_card() {
    let edits: [(usize, u8, Error); 5] = [
        (0, 3, BytesError::Version.into()),
        (4, 1, BytesError::Encoding.into()),
        (69, 1, BytesError::Encoding.into()),
        (80, 1, PeerError::Signature.into()),
        (217, 1, PeerError::Signature.into()),
    ];
    for (byte, mask, error) in edits {
        let mut edited = *card("ada").as_bytes();
        edited[byte] ^= mask;
        let claims = Claims { ts_i: NOW, card: &edited, psk_id: [0; 16] };
        bob_refuses(&forged_init(&claims, "ada"), error);
    }
}

// HS-14, CARD-10
#[test]
fn card_that_is_not_valid_at_its_time_is_refused() {
    let dates = [
        (NOW + DAY, NOW + 2 * DAY, Ok(())),
        (NOW + DAY + 1, NOW + 2 * DAY, Err(())),
        (NOW - DAY, NOW + 1, Ok(())),
        (NOW - DAY, NOW, Err(())),
    ];
    for (created, expires, wanted) in dates {
        let mut dated = fields("ada");
        (dated.created, dated.expires) = (created, expires);
        let card = Card::issue(&identity("ada"), dated).expect("valid fields");
        let init = forged_init(&claims(&card), "ada");
        if wanted.is_ok() {
            assert_eq!(receive(&mut device("bob"), &device("ada"), &init, NOW).replies.len(), 1);
        } else {
            bob_refuses(&init, PeerError::Time);
        }
    }
}

// PRIM-01, PRIM-02
#[test]
fn weak_ephemeral_of_the_initiator_is_refused() {
    let mut init = forged_init(&claims(&card("ada")), "ada");
    for weak in [[0; 32], NOT_CANONICAL] {
        init[4..36].copy_from_slice(&weak);
        bob_refuses(&init, BytesError::Key);
    }
}

// HS-09: sealed to a card that is not kept
#[test]
fn init_for_another_card_is_refused() {
    let mut other = fields("bob");
    other.expires += 1;
    let other = Card::issue(&identity("bob"), other).expect("valid fields");
    let init = Init::forge(EK_I, &other, &claims(&card("ada")), &signer("ada"));
    bob_refuses(&init.packet, PeerError::Authentication);
}

fn answered() -> (Device, Init, Vec<u8>) {
    let mut bob = device("bob");
    let init = Init::forge(EK_I, &card("bob"), &claims(&card("ada")), &signer("ada"));
    let rng = &mut Exactly(vec![EK_R, RB]);
    let mut received = bob.receive(None, &init.packet, NOW, rng).expect("genuine");
    (bob, init, received.replies.remove(0))
}

#[track_caller]
fn completes(ratchet: [u8; 32], by: &str, error: Option<Error>) {
    let (mut bob, init, response) = answered();
    let idk = identity("ada").secrets().1;
    let packet = init.complete(&response, &idk, &ratchet, &signer(by));
    if let Some(error) = error {
        refuse(&mut bob, &identity("ada").key(), &packet, NOW, error);
    } else {
        assert_eq!(names(&receive(&mut bob, &device("ada"), &packet, NOW).events), ["established"]);
    }
}

// HS-29: with EK_I and IDK_I in hand, without IK_I
#[test]
fn leaked_agreement_keys_of_the_initiator_do_not_complete() {
    completes(public(RA), "eve", Some(PeerError::Signature.into()));
    completes(public(RA), "bob", Some(PeerError::Signature.into()));
    completes(public(RA), "ada", None);
}

// HS-30, PRIM-02
#[test]
fn weak_and_reflected_ratchet_keys_of_the_initiator_are_refused() {
    for reflected in [RB, EK_R, EK_I] {
        completes(public(reflected), "ada", Some(PeerError::Protocol.into()));
    }
    for weak in [[0; 32], NOT_CANONICAL] {
        completes(weak, "ada", Some(BytesError::Key.into()));
    }
}

#[track_caller]
fn responds(ephemeral: [u8; 32], ratchet: [u8; 32], by: &str, error: Option<Error>) {
    let mut ada = device("ada");
    let init = Init::forge(EK_I, &card("bob"), &claims(&card("ada")), &signer("ada"));
    let sent = ada.connect(&card("bob"), NOW, &mut Exactly(vec![EK_I])).expect("may start");
    assert_eq!(sent, init.packet);
    let packet = init.response(ephemeral, &card("ada"), &ratchet, &signer(by));
    if let Some(error) = error {
        refuse(&mut ada, &identity("bob").key(), &packet, NOW, error);
    } else {
        assert_eq!(names(&receive(&mut ada, &device("bob"), &packet, NOW).events), ["established"]);
    }
}

// HS-24: with IDK_R in hand, without IK_R
#[test]
fn leaked_agreement_key_of_the_responder_does_not_respond() {
    responds(EK_R, public(RB), "eve", Some(PeerError::Signature.into()));
    responds(EK_R, public(RB), "ada", Some(PeerError::Signature.into()));
    responds(EK_R, public(RB), "bob", None);
}

// HS-25, PRIM-02
#[test]
fn weak_and_reflected_keys_of_the_responder_are_refused() {
    for reflected in [EK_R, EK_I] {
        responds(EK_R, public(reflected), "bob", Some(PeerError::Protocol.into()));
    }
    responds(EK_I, public(RB), "bob", Some(PeerError::Protocol.into()));
    responds(EK_R, NOT_CANONICAL, "bob", Some(BytesError::Key.into()));
}

// PRIM-02: an all-zero output is found when RA meets RB
#[test]
fn low_order_ratchet_key_of_the_responder_is_refused() {
    let mut ada = device("ada");
    let init = Init::forge(EK_I, &card("bob"), &claims(&card("ada")), &signer("ada"));
    ada.connect(&card("bob"), NOW, &mut Exactly(vec![EK_I])).expect("may start");
    let packet = init.response(EK_R, &card("ada"), &[0; 32], &signer("bob"));
    let before = support::devices::state(&ada, &identity("bob").key());
    let refused = ada.receive(None, &packet, NOW, &mut Exactly(vec![RA])).map(drop);
    assert_eq!(refused, Err(BytesError::Key.into()));
    assert_eq!(support::devices::state(&ada, &identity("bob").key()), before);
}

// PRIM-09: a signature made for one purpose is none for another
#[test]
fn purposes_keep_signatures_apart() {
    let (key, hash) = (signer("ada"), [7; 32]);
    for made in Purpose::ALL {
        let signature = key.sign(*made, &hash);
        for asked in Purpose::ALL {
            let wanted = if made == asked { Ok(()) } else { Err(PeerError::Signature) };
            assert_eq!(key.public().verify(*asked, &hash, &signature), wanted);
        }
    }
}

// PRIM-17: keys of one exchange that repeat
#[test]
fn repeated_draws_of_an_exchange_are_refused() {
    let init = Init::forge(EK_I, &card("bob"), &claims(&card("ada")), &signer("ada"));
    for draws in [[EK_I, RB], [EK_R, EK_I], [EK_R, EK_R]] {
        let mut bob = device("bob");
        let before = support::devices::state(&bob, &identity("ada").key());
        let refused = bob.receive(None, &init.packet, NOW, &mut Exactly(draws.to_vec())).map(drop);
        assert_eq!(refused, Err(quipu::CallerError::Random.into()));
        assert_eq!(support::devices::state(&bob, &identity("ada").key()), before);
    }
    for draw in [EK_I, EK_R, RB] {
        let mut ada = device("ada");
        ada.connect(&card("bob"), NOW, &mut Exactly(vec![EK_I])).expect("may start");
        let packet = init.response(EK_R, &card("ada"), &public(RB), &signer("bob"));
        let refused = ada.receive(None, &packet, NOW, &mut Exactly(vec![draw])).map(drop);
        assert_eq!(refused, Err(quipu::CallerError::Random.into()));
    }
}
