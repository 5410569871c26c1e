//! Whoever has stolen every key but the one that signs. Each attack has a twin that differs in the
//! signature alone, or in the one key that is missing, and gets through.

mod support;

use quipu::crypto::kem::KemSecret;
use quipu::crypto::sign::SigningSecret;
use quipu::handshake::PrekeyPacket;
use quipu::secret::Secret;
use quipu::wire::Suite;
use quipu::{Card, CardFields, Device, Identity, PeerError};
use support::devices::{identity, names, receive, refuse};
use support::forge::{Claims, Init, Kem};
use support::pair::NOW;
use support::prepared::{
    Forge, Forged, Parts, SUITES, begin, card_in, device_in, fields_in, private, public, publish,
    two,
};
use support::{Draws, Seeded};

/// The best `PrekeyInit` in Ada's name that Bob's private keys give, all of them.
fn stolen(bob: &Device, suite: Suite, signer: &'static str) -> Forge {
    let parts = Parts::of(bob, Some(0), Some(0));
    let one_time = parts.one_time.as_ref().expect("one");
    let halves = [*identity("bob").secrets().1.expose(), private(bob, one_time)];
    let offered = [&parts.card[106..138], &one_time[26..58]];
    assert_eq!(halves.map(public), offered);
    if let Some(kem) = &parts.kem {
        let expanded = KemSecret::new(&Secret::new(private(bob, kem)));
        assert_eq!(expanded.public().as_bytes(), &kem[26..1210]);
    }
    let forge = Forge { signer, ..Forge::of("ada", suite, &parts) };
    forge.se_of_responder(private(bob, &parts.signed))
}

fn packet_of(made: &Forged) -> Vec<u8> {
    PrekeyPacket::encode(&made.handshake, &[0; 380])
}

// PREP-24: key compromise impersonation with everything of Bob's, IK_R included
#[test]
fn all_keys_of_the_responder_do_not_make_an_initiator() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        for thief in ["bob", "eve"] {
            let packet = stolen(&bob, suite, thief).packet();
            refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::Signature);
        }
        let twin = stolen(&bob, suite, "ada").packet();
        assert_eq!(names(&receive(&mut bob, &ada, &twin, NOW).events), ["established", "message"]);
        let packet = begin(&mut ada, &bob, NOW, 5);
        assert_eq!(names(&receive(&mut bob, &ada, &packet, NOW).events)[0], "established");
    }
}

// PREP-24: with IDK_I as well, and with it alone
#[test]
fn agreement_key_of_the_initiator_does_not_sign() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        let parts = Parts::of(&bob, Some(0), Some(0));
        let idk = *identity("ada").secrets().1.expose();
        for signer in ["eve", "bob"] {
            let forge = Forge { signer, ..Forge::of("ada", suite, &parts) };
            assert_eq!(public(idk), forge.card[106..138]);
            refuse(&mut bob, &ada.key(), &forge.packet(), NOW, PeerError::Signature);
        }
        let twin = Forge::of("ada", suite, &parts).packet();
        assert_eq!(names(&receive(&mut bob, &ada, &twin, NOW).events)[0], "established");
    }
}

// PREP-23: with IK_I and without IDK_I the signature part cannot be sealed
#[test]
fn signing_key_of_the_initiator_does_not_agree() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        let parts = Parts::of(&bob, Some(0), Some(0));
        let eves = Forge::of("eve", suite, &parts).se;
        let forge = Forge { se: eves, ..Forge::of("ada", suite, &parts) };
        refuse(&mut bob, &ada.key(), &forge.packet(), NOW, PeerError::Authentication);
    }
}

// PREP-24: the signed prekey alone, and with IDK_R
#[test]
fn leaked_signed_prekey_does_not_make_an_initiator() {
    for suite in SUITES {
        for one_time in [None, Some(0)] {
            let (ada, mut bob) = two(suite);
            let parts = Parts::of(&bob, one_time, one_time);
            let signed = private(&bob, &parts.signed);
            let forge = Forge::of("ada", suite, &parts).se_of_responder(signed);
            assert_eq!(forge.se, Forge::of("ada", suite, &parts).se);
            let forged = Forge { signer: "eve", ..forge.clone() }.packet();
            refuse(&mut bob, &ada.key(), &forged, NOW, PeerError::Signature);
            let twin = forge.packet();
            assert_eq!(names(&receive(&mut bob, &ada, &twin, NOW).events)[0], "established");
        }
    }
}

// PREP-24, chapter 5.4: RA is signed, so that nobody can put his own under a genuine signature
#[test]
fn ratchet_key_cannot_be_grafted_under_a_genuine_signature() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        let genuine = stolen(&bob, suite, "ada");
        let signature = Some(genuine.seal().signature);
        let graft = Forge { signature, ..genuine.clone() }.with_ratchet([0x79; 32]);
        refuse(&mut bob, &ada.key(), &graft.packet(), NOW, PeerError::Signature);
        let own = genuine.clone().with_ratchet([0x79; 32]);
        let same = Forge { signature, ..genuine.clone() };
        assert_eq!(same.packet(), genuine.packet());
        for twin in [same, own] {
            let (_, mut bob) = two(suite);
            let received = receive(&mut bob, &ada, &twin.packet(), NOW);
            assert_eq!(names(&received.events), ["established", "message"]);
        }
    }
}

// PREP-24: nor can time, card or anything else that is sealed with it
#[test]
fn signature_holds_for_one_packet() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        let genuine = stolen(&bob, suite, "ada");
        let signature = Some(genuine.seal().signature);
        let other = Parts::of(&bob, None, None);
        let mut elsewhere = Forge { parts: other, ..genuine.clone() };
        elsewhere.signature = signature;
        let mut changed = vec![elsewhere];
        changed.push(Forge { signature, ts_i: NOW + 1, ..genuine.clone() });
        changed.push(Forge { signature, ephemeral: [0x66; 32], ..genuine.clone() });
        if suite == Suite::Hybrid {
            changed.push(Forge { signature, encapsulation: [0x66; 32], ..genuine.clone() });
        }
        let dated = CardFields { expires: NOW + 1, ..fields_in("ada", suite) };
        let dated = Card::issue(&identity("ada"), dated).expect("valid fields");
        changed.push(Forge { signature, card: *dated.as_bytes(), ..genuine });
        for forge in changed {
            refuse(&mut bob, &ada.key(), &forge.packet(), NOW, PeerError::Signature);
        }
    }
}

// PREP-21, PREP-23: recorded for one device, sent to another
#[test]
fn recorded_packet_is_refused_by_another_device_and_another_card() {
    for suite in SUITES {
        let (mut ada, bob) = two(suite);
        let packet = begin(&mut ada, &bob, NOW, 1);
        let mut carol = device_in("carol", suite);
        publish(&mut carol, 3, NOW, 0xca201);
        refuse(&mut carol, &ada.key(), &packet, NOW, PeerError::UnknownPrekey);
        let parts = Parts::of(&carol, Some(0), Some(0));
        let mut renamed = packet.clone();
        renamed[36..40].copy_from_slice(&parts.signed[2..6]);
        renamed[40..44].copy_from_slice(&parts.one_time.as_ref().expect("one")[2..6]);
        if let Some(kem) = &parts.kem {
            renamed[44..48].copy_from_slice(&kem[2..6]);
        }
        refuse(&mut carol, &ada.key(), &renamed, NOW, PeerError::Authentication);
    }
}

// PREP-23: Eve puts Bob's records beside a card of her own; what Ada makes for her is not for Bob
#[test]
fn prekeys_under_another_card_make_packets_for_nobody() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        let parts = Parts::of(&bob, None, None);
        let eve = card_in("eve", suite).as_bytes().to_vec();
        let forge = Forge { parts: Parts { card: eve, ..parts }, ..honest(&bob, suite) };
        refuse(&mut bob, &ada.key(), &packet_of(&forge.seal()), NOW, PeerError::Authentication);
    }
}

fn honest(bob: &Device, suite: Suite) -> Forge {
    Forge::of("ada", suite, &Parts::of(bob, None, None))
}

// PREP-23: the same keys under a card that Bob has issued and forgotten
#[test]
fn packet_for_a_card_that_is_not_kept_is_refused() {
    for suite in SUITES {
        let (ada, mut bob) = two(suite);
        let other = CardFields { created: NOW, ..fields_in("bob", suite) };
        let other = Card::issue(&identity("bob"), other).expect("valid fields");
        let mut forge = honest(&bob, suite);
        forge.parts.card = other.as_bytes().to_vec();
        refuse(&mut bob, &ada.key(), &forge.packet(), NOW, PeerError::Authentication);
    }
}

// PREP-24: unknown key share: Eve, with an IDK that is Ada's, signs with her own key
#[test]
fn agreement_key_under_another_name_is_another_identity() {
    let suite = Suite::X25519;
    let (ada, mut bob) = two(suite);
    let mixed = Identity::new(&identity("eve").secrets().0, identity("ada").secrets().1);
    let card = Card::issue(&mixed, fields_in("eve", suite)).expect("valid fields");
    let mut forge = honest(&bob, suite);
    forge.card = *card.as_bytes();
    refuse(&mut bob, &ada.key(), &forge.packet(), NOW, PeerError::Signature);
    forge.signer = "eve";
    let received = receive(&mut bob, &device_in("eve", suite), &forge.packet(), NOW);
    assert_eq!(names(&received.events), ["established", "message"]);
    assert!(bob.sessions(&ada.key()).is_none());
}

const EK_I: [u8; 32] = [0x11; 32];
const EK_R: [u8; 32] = [0x22; 32];
const RB: [u8; 32] = [0x33; 32];
const RA: [u8; 32] = [0x44; 32];
const SEED: [u8; 64] = [0x55; 64];

fn signer(name: &str) -> SigningSecret {
    SigningSecret::new(&identity(name).secrets().0)
}

fn init(by: &str) -> Init {
    let ada = card_in("ada", Suite::Hybrid);
    let claims = Claims { ts_i: NOW, card: ada.as_bytes(), psk_id: [0; 16] };
    let bob = card_in("bob", Suite::Hybrid);
    Init::forge_with(Some(Kem::of(SEED)), EK_I, &bob, &claims, &signer(by))
}

// HS-16, HS-24, HS-29 in suite 0x0002: each with the genuine signature as its twin
#[test]
fn leaked_keys_do_not_sign_in_the_interactive_handshake_either() {
    let suite = Suite::Hybrid;
    let (ada, bob) = (device_in("ada", suite), device_in("bob", suite));
    for (by, good) in [("eve", false), ("bob", false), ("ada", true)] {
        let mut at = device_in("bob", suite);
        if good {
            assert_eq!(receive(&mut at, &ada, &init(by).packet, NOW).replies.len(), 1);
        } else {
            refuse(&mut at, &ada.key(), &init(by).packet, NOW, PeerError::Signature);
        }
    }
    for (by, good) in [("eve", false), ("ada", false), ("bob", true)] {
        let mut at = device_in("ada", suite);
        let draws = &mut Draws(vec![EK_I.to_vec(), SEED.to_vec()]);
        let sent = at.connect(bob.card().expect("a card"), NOW, draws).expect("may start");
        let init = init("ada");
        assert_eq!(sent, init.packet);
        let response = init.response(EK_R, &card_in("ada", suite), &public(RB), &signer(by));
        if good {
            assert_eq!(names(&receive(&mut at, &bob, &response, NOW).events), ["established"]);
        } else {
            refuse(&mut at, &bob.key(), &response, NOW, PeerError::Signature);
        }
    }
    for (by, good) in [("eve", false), ("bob", false), ("ada", true)] {
        let mut at = device_in("bob", suite);
        let init = init("ada");
        let received = at.receive(None, &init.packet, NOW, &mut Seeded::new(1)).expect("genuine");
        let idk: Secret<32> = identity("ada").secrets().1;
        let complete = init.complete(&received.replies[0], &idk, &public(RA), &signer(by));
        if good {
            assert_eq!(names(&receive(&mut at, &ada, &complete, NOW).events), ["established"]);
        } else {
            refuse(&mut at, &ada.key(), &complete, NOW, PeerError::Signature);
        }
    }
}
