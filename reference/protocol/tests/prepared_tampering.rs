//! `PrekeyInits` changed on the way, put together from two, and sealed with the right keys around
//! what must not be in them.

mod support;

use quipu::crypto::dh::DhPublic;
use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::SigningSecret;
use quipu::handshake::prekey_init_length;
use quipu::wire::Suite;
use quipu::{BytesError, Card, CardFields, Device, DeviceId, Error, PeerError};
use support::devices::{DAY, fields, identity, names, receive, refuse, say};
use support::pair::NOW;
use support::prepared::{
    Forge, Parts, SUITES, begin, card_in, device_in, fields_in, prepare, private, publish, two,
};

const AUTHENTICATION: PeerError = PeerError::Authentication;

/// What chapter 5.7 says about a packet of which one bit has been changed.
fn changed(suite: Suite, byte: usize, forged: &[u8]) -> Error {
    let behind = prekey_init_length(suite);
    let ids = if suite == Suite::Hybrid { 36..48 } else { 36..44 };
    match byte {
        0 => BytesError::Version.into(),
        1 => BytesError::Type.into(),
        2 | 3 => BytesError::Suite.into(),
        4..36 if DhPublic::decode(forged[4..36].try_into().expect("32 bytes")).is_err() => {
            BytesError::Key.into()
        }
        _ if ids.contains(&byte) => PeerError::UnknownPrekey.into(),
        _ if byte < behind => AUTHENTICATION.into(),
        _ if byte < behind + 4 => BytesError::Length.into(),
        _ => match byte - behind - 4 {
            0 => BytesError::Version.into(),
            1 => BytesError::Type.into(),
            2 | 3 => BytesError::Suite.into(),
            _ => AUTHENTICATION.into(),
        },
    }
}

// PREP-20, PREP-21, PREP-23, PREP-26, PRIM-19, ENC-08: every bit, of the ciphertext every 29th
#[test]
fn prekey_init_with_any_changed_bit_is_refused() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        let packet = begin(&mut ada, &bob, NOW, 1);
        let ciphertext = if suite == Suite::Hybrid { 48..1136 } else { 0..0 };
        for bit in 0..packet.len() * 8 {
            let byte = bit / 8;
            if ciphertext.contains(&byte) && bit % 29 != 0 {
                continue;
            }
            let mut forged = packet.clone();
            forged[byte] ^= 1 << (bit % 8);
            let error = changed(suite, byte, &forged);
            refuse(&mut bob, &ada.key(), &forged, NOW, error);
        }
        assert_eq!(names(&receive(&mut bob, &ada, &packet, NOW).events)[0], "established");
    }
}

// ENC-05, PREP-18
#[test]
fn prekey_init_of_any_other_length_is_refused() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        let packet = begin(&mut ada, &bob, NOW, 1);
        for length in (0..packet.len()).chain(packet.len() + 1..packet.len() + 9) {
            let mut forged = packet.clone();
            forged.resize(length, 0);
            refuse(&mut bob, &ada.key(), &forged, NOW, BytesError::Length);
        }
    }
}

// PREP-23: one front, another back, with one-time prekeys and without
#[test]
fn splices_of_two_prekey_inits_are_refused() {
    for (suite, with) in SUITES.iter().flat_map(|suite| [(*suite, true), (*suite, false)]) {
        let (mut ada, mut bob) = two(suite);
        let mut eve = device_in("eve", suite);
        let (one, two) = if with {
            let first = begin(&mut ada, &bob, NOW, 1);
            prepare(&mut ada, &Parts::of(&bob, Some(1), Some(1)), NOW, 2);
            (first, say(&mut ada, &bob, NOW, 3))
        } else {
            let reusable = Parts::of(&bob, None, None);
            prepare(&mut ada, &reusable, NOW, 1);
            prepare(&mut eve, &reusable, NOW, 2);
            (say(&mut ada, &bob, NOW, 3), say(&mut eve, &bob, NOW, 3))
        };
        assert_ne!(one, two);
        let inside = |at: usize| match suite {
            Suite::X25519 => (41..44).contains(&at),
            Suite::Hybrid => (41..44).contains(&at) || (44..48).contains(&at),
        };
        for at in 5..one.len() {
            for forged in [[&one[..at], &two[at..]].concat(), [&two[..at], &one[at..]].concat()] {
                if forged == one || forged == two {
                    continue;
                }
                let unknown = with && inside(at) && !names_known(&bob, suite, &forged);
                let error = if unknown { PeerError::UnknownPrekey } else { AUTHENTICATION };
                refuse(&mut bob, &ada.key(), &forged, NOW, error);
            }
        }
    }
}

/// Whether the ids in the clear part are those of records.
fn names_known(bob: &Device, suite: Suite, packet: &[u8]) -> bool {
    let records = bob.prekeys().records();
    let known = |id: &[u8]| records.iter().any(|it| it[2..6] == *id);
    known(&packet[40..44]) && (suite == Suite::X25519 || known(&packet[44..48]))
}

/// Bob, and what Ada would honestly make for him.
fn honest(suite: Suite) -> (Device, Forge) {
    let bob = two(suite).1;
    let parts = Parts::of(&bob, Some(0), Some(0));
    (bob, Forge::of("ada", suite, &parts))
}

#[track_caller]
fn bob_refuses(suite: Suite, change: impl Fn(&mut Forge), error: impl Into<Error>) {
    let (mut bob, mut forge) = honest(suite);
    change(&mut forge);
    refuse(&mut bob, &identity("ada").key(), &forge.packet(), NOW, error);
}

// Chapter 5.4: what is made here in the open is accepted, but for what the tests below put in
#[test]
fn prekey_init_made_in_the_open_is_accepted() {
    for suite in SUITES {
        let (mut bob, forge) = honest(suite);
        let received = receive(&mut bob, &device_in("ada", suite), &forge.packet(), NOW);
        assert_eq!(names(&received.events), ["established", "message"]);
    }
}

// PREP-24, PRIM-09
#[test]
fn wrong_signatures_are_refused() {
    for suite in SUITES {
        for signer in ["bob", "eve"] {
            bob_refuses(suite, |it| it.signer = signer, PeerError::Signature);
        }
        for purpose in Purpose::ALL.iter().filter(|it| **it != Purpose::PREPARED) {
            bob_refuses(suite, |it| it.purpose = *purpose, PeerError::Signature);
        }
    }
}

// PREP-25: the message would open, but for the check
#[test]
fn ratchet_key_that_repeats_a_key_of_the_exchange_is_refused() {
    for suite in SUITES {
        let (bob, forge) = honest(suite);
        let one_time = forge.parts.one_time.as_ref().expect("one");
        let keys = [forge.ephemeral, private(&bob, &forge.parts.signed), private(&bob, one_time)];
        for repeated in keys {
            let reflect = |it: &mut Forge| *it = it.clone().with_ratchet(repeated);
            bob_refuses(suite, reflect, PeerError::Protocol);
        }
    }
}

// PREP-25, PRIM-01, PRIM-02
#[test]
fn weak_ratchet_keys_are_refused() {
    let one: [u8; 32] = core::array::from_fn(|at| u8::from(at == 0));
    for weak in [[0; 32], one, [0xff; 32]] {
        bob_refuses(Suite::X25519, |it| it.said = weak, BytesError::Key);
    }
    bob_refuses(Suite::Hybrid, |it| it.said[31] |= 0x80, BytesError::Key);
}

// PRIM-01, PRIM-02
#[test]
fn weak_ephemerals_are_refused() {
    let (mut bob, forge) = honest(Suite::X25519);
    for weak in [[0; 32], [0xff; 32]] {
        let mut packet = forge.packet();
        packet[4..36].copy_from_slice(&weak);
        refuse(&mut bob, &identity("ada").key(), &packet, NOW, BytesError::Key);
    }
}

// PREP-21: the keys would agree, but for the type
#[test]
fn prekey_in_the_place_of_another_type_is_refused() {
    let unknown = PeerError::UnknownPrekey;
    for suite in SUITES {
        let take = |it: &mut Forge| it.parts.signed = it.parts.one_time.take().expect("one");
        bob_refuses(suite, take, unknown);
        bob_refuses(suite, |it| it.parts.one_time = Some(it.parts.signed.clone()), unknown);
    }
    let curve = |it: &mut Forge| {
        let id = it.parts.one_time.as_ref().expect("one")[2..6].to_vec();
        it.parts.kem.as_mut().expect("one")[2..6].copy_from_slice(&id);
    };
    bob_refuses(Suite::Hybrid, curve, unknown);
    bob_refuses(Suite::Hybrid, |it| it.parts.kem.as_mut().expect("one")[2..6].fill(0), unknown);
}

// PREP-23: records of the same keys with other dates are not in the transcript
#[test]
fn other_records_and_other_cards_of_the_same_keys_do_not_open() {
    for suite in SUITES {
        let date = |record: &mut Vec<u8>| record[17] ^= 1;
        bob_refuses(suite, |it| date(&mut it.parts.signed), AUTHENTICATION);
        bob_refuses(suite, |it| date(it.parts.one_time.as_mut().expect("one")), AUTHENTICATION);
        bob_refuses(suite, |it| it.parts.signed[121] ^= 1, AUTHENTICATION);
        bob_refuses(suite, |it| it.parts.card[217] ^= 1, AUTHENTICATION);
    }
    let date = |it: &mut Forge| it.parts.kem.as_mut().expect("one")[17] ^= 1;
    bob_refuses(Suite::Hybrid, date, AUTHENTICATION);
}

// PREP-23: without IDK_I the signature part does not open
#[test]
fn wrong_agreement_key_of_the_initiator_is_refused() {
    for suite in SUITES {
        bob_refuses(suite, |it| it.se[0] ^= 1, AUTHENTICATION);
    }
}

/// Bytes of a card that its owner has signed, whatever they say.
fn resigned(card: &Card, name: &str, change: impl Fn(&mut [u8; 218])) -> [u8; 218] {
    let mut bytes = *card.as_bytes();
    change(&mut bytes);
    let signer = SigningSecret::new(&identity(name).secrets().0);
    let signature = signer.sign(Purpose::CARD, &sha256(&[&bytes[..154]]));
    bytes[154..].copy_from_slice(&signature);
    bytes
}

// PRIM-02: a low-order IDK_I, found when it is used
#[test]
fn low_order_agreement_key_of_the_initiator_is_refused() {
    for suite in SUITES {
        let weak = |it: &mut Forge| {
            it.card = resigned(&card_in("ada", suite), "ada", |card| card[106..138].fill(0));
            it.se = [0; 32];
        };
        bob_refuses(suite, weak, BytesError::Key);
    }
}

// HS-14, CARD-02 to CARD-08
#[test]
fn edited_cards_are_refused_with_the_error_of_the_card() {
    let edits: [(usize, u8, Error); 6] = [
        (0, 3, BytesError::Version.into()),
        (4, 1, BytesError::Encoding.into()),
        (69, 1, BytesError::Encoding.into()),
        (146, 0xff, PeerError::Signature.into()),
        (80, 1, PeerError::Signature.into()),
        (217, 1, PeerError::Signature.into()),
    ];
    for (byte, mask, error) in edits {
        bob_refuses(Suite::X25519, |it| it.card[byte] ^= mask, error);
    }
}

// HS-14, CARD-10
#[test]
fn card_is_judged_at_the_time_of_the_handshake() {
    let dates = [
        (NOW + DAY, NOW + 2 * DAY, true),
        (NOW + DAY + 1, NOW + 2 * DAY, false),
        (NOW - DAY, NOW + 1, true),
        (NOW - DAY, NOW, false),
    ];
    for (created, expires, good) in dates {
        let (mut bob, mut forge) = honest(Suite::X25519);
        let fields = CardFields { created, expires, ..fields_in("ada", Suite::X25519) };
        forge.card = *Card::issue(&identity("ada"), fields).expect("valid fields").as_bytes();
        let late = NOW + 40 * DAY;
        if good {
            let ada = device_in("ada", Suite::X25519);
            let received = receive(&mut bob, &ada, &forge.packet(), late);
            assert_eq!(names(&received.events), ["established", "message"]);
        } else {
            refuse(&mut bob, &identity("ada").key(), &forge.packet(), late, PeerError::Time);
        }
    }
}

// HS-11, HS-12
#[test]
fn own_and_contradicted_identities_are_refused() {
    for suite in SUITES {
        let own = |it: &mut Forge| *it = Forge::of("bob", suite, &it.parts);
        bob_refuses(suite, own, PeerError::Identity);
        let own_place = Card::issue(&identity("eve"), fields_in("bob", suite)).expect("fields");
        let own_place = |it: &mut Forge| {
            *it = Forge::of("eve", suite, &it.parts);
            it.card = *own_place.as_bytes();
        };
        bob_refuses(suite, own_place, PeerError::Identity);
        let elsewhere = Card::issue(&identity("bob"), fields_in("zoe", suite)).expect("fields");
        let own_key = |it: &mut Forge| {
            *it = Forge::of("bob", suite, &it.parts);
            it.card = *elsewhere.as_bytes();
        };
        bob_refuses(suite, own_key, PeerError::Identity);
        let (mut bob, forge) = honest(suite);
        bob.pin(fields("ada").address, DeviceId(1), identity("eve").key());
        let from = identity("ada").key();
        refuse(&mut bob, &from, &forge.packet(), NOW, PeerError::Identity);
    }
}

// HS-15, CARD-12: the highest suite that both cards list, and no other
#[test]
fn other_suite_than_that_of_the_cards_is_refused() {
    let suite = BytesError::Suite;
    bob_refuses(Suite::Hybrid, |it| it.suite = Suite::X25519, suite);
    let lesser = *card_in("ada", Suite::X25519).as_bytes();
    bob_refuses(Suite::Hybrid, |it| it.card = lesser, suite);
    let mut bob = device_in("bob", Suite::X25519);
    let old = bob.card().expect("a card").as_bytes().to_vec();
    let fields = CardFields { created: NOW, ..fields_in("bob", Suite::Hybrid) };
    bob.issue_card(fields, NOW).expect("room");
    publish(&mut bob, 1, NOW, 1);
    let parts = Parts { card: old, ..Parts::of(&bob, Some(0), Some(0)) };
    let forge = Forge::of("ada", Suite::Hybrid, &parts);
    refuse(&mut bob, &identity("ada").key(), &forge.packet(), NOW, suite);
}
