//! Chapter 5.7: of several things that are wrong, the first of the table is told.

mod support;

use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::SigningSecret;
use quipu::handshake::prekey_init_length;
use quipu::limits::{PREPARED_PER_IDENTITY, PREPARED_TOTAL, PREPARED_UNPINNED};
use quipu::wire::Suite;
use quipu::{BytesError, Card, CardFields, Device, DeviceId, Error, PeerError};
use support::devices::{DAY, fields, identity, names, pin, receive, refuse};
use support::pair::NOW;
use support::prepared::{Forge, Parts, begin, device_in, fields_in, prepare, public, two};

/// What may be wrong behind the first seal, in the order of the table.
const STEPS: [&str; 11] = [
    "9 time",
    "10 identity",
    "11 psk",
    "12 card",
    "12 dates",
    "12 suite",
    "13 low order",
    "14 seal",
    "15 signature",
    "16 ratchet key",
    "18 message",
];

fn told(step: usize) -> Error {
    match STEPS[step] {
        "9 time" | "12 dates" => PeerError::Time.into(),
        "10 identity" => PeerError::Identity.into(),
        "11 psk" | "14 seal" | "18 message" => PeerError::Authentication.into(),
        "12 card" | "15 signature" => PeerError::Signature.into(),
        "12 suite" => BytesError::Suite.into(),
        "13 low order" => BytesError::Key.into(),
        _ => PeerError::Protocol.into(),
    }
}

/// A packet to Bob in which everything from this step on is wrong, and Bob.
fn wrong_from(first: usize) -> (Device, Vec<u8>) {
    let (_, mut bob) = two(Suite::Hybrid);
    let wrong = |step: &str| STEPS[first..].contains(&step);
    let mut forge = Forge::of("ada", Suite::Hybrid, &Parts::of(&bob, Some(0), Some(0)));
    if wrong("12 suite") {
        forge = Forge::of("ada", Suite::X25519, &forge.parts);
    }
    let mut dated = fields_in("ada", Suite::Hybrid);
    if wrong("12 dates") {
        dated.expires = NOW;
    }
    let card = Card::issue(&identity("ada"), dated).expect("valid fields");
    forge.card = *card.as_bytes();
    if wrong("13 low order") {
        forge.card[106..138].fill(0);
        let signer = SigningSecret::new(&identity("ada").secrets().0);
        let signature = signer.sign(Purpose::CARD, &sha256(&[&forge.card[..154]]));
        forge.card[154..].copy_from_slice(&signature);
        forge.se = [0; 32];
    }
    if wrong("12 card") {
        forge.card[217] ^= 1;
    }
    if wrong("9 time") {
        forge.ts_i = NOW + DAY + 1;
    }
    if wrong("10 identity") {
        bob.pin(fields("ada").address, DeviceId(1), identity("eve").key());
    }
    if wrong("11 psk") {
        forge.psk_id = [1; 16];
    }
    if wrong("14 seal") {
        forge.se = [1; 32];
    }
    if wrong("15 signature") {
        forge.signer = "bob";
    }
    if wrong("16 ratchet key") {
        forge.said = public(forge.ephemeral);
    }
    let mut packet = forge.packet();
    if wrong("18 message") {
        *packet.last_mut().expect("not empty") ^= 1;
    }
    (bob, packet)
}

// PREP-20
#[test]
fn first_of_everything_that_is_wrong_behind_the_seal_is_told() {
    for step in 0..STEPS.len() {
        let (mut bob, packet) = wrong_from(step);
        refuse(&mut bob, &identity("ada").key(), &packet, NOW, told(step));
    }
    let (mut bob, packet) = wrong_from(STEPS.len());
    let ada = device_in("ada", Suite::Hybrid);
    assert_eq!(names(&receive(&mut bob, &ada, &packet, NOW).events)[0], "established");
}

// PREP-20: steps 1 to 8
#[test]
fn first_of_everything_that_is_wrong_in_the_clear_is_told() {
    let (mut ada, mut bob) = two(Suite::Hybrid);
    let packet = begin(&mut ada, &bob, NOW, 1);
    let mut wrong: Vec<(std::ops::Range<usize>, u8, Error)> = vec![
        (0..1, 2, BytesError::Version.into()),
        (1..2, 5, BytesError::Type.into()),
        (3..4, 3, BytesError::Suite.into()),
        (1570..1574, 0, BytesError::Length.into()),
        (36..40, 7, PeerError::UnknownPrekey.into()),
        (44..48, 7, PeerError::UnknownPrekey.into()),
        (4..36, 0xff, BytesError::Key.into()),
        (1200..1201, 7, PeerError::Authentication.into()),
    ];
    while let Some((_, _, error)) = wrong.first() {
        let mut forged = packet.clone();
        wrong.iter().for_each(|(place, byte, _)| forged[place.clone()].fill(*byte));
        refuse(&mut bob, &ada.key(), &forged, NOW, *error);
        wrong.remove(0);
    }
    assert_eq!(names(&receive(&mut bob, &ada, &packet, NOW).events)[0], "established");
}

/// Bob with this many entries in the replay set of his signed prekey, of whom some were pinned.
fn crowded(count: usize, pinned: usize) -> Device {
    let (_, mut bob) = two(Suite::X25519);
    let mut snapshot = bob.prekeys().snapshot().expose().to_vec();
    let body = snapshot.len() - 32;
    let place = 1 + 8 + 2 + 122 + 32;
    let mut set = u32::try_from(count).expect("small").to_be_bytes().to_vec();
    for entry in 0..count {
        let mut hash = [0; 65];
        hash[..8].copy_from_slice(&(entry as u64).to_be_bytes());
        // No identity holds more than its share.
        hash[32..40].copy_from_slice(&(entry as u64 / 500).to_be_bytes());
        hash[64] = u8::from(entry < pinned);
        set.extend_from_slice(&hash);
    }
    snapshot.truncate(body);
    snapshot.splice(place..place + 4, set);
    let digest = sha256(&[&snapshot]);
    snapshot.extend_from_slice(&digest);
    bob.restore_prekeys(&snapshot, 0).expect("canonical");
    bob
}

/// A packet of Ada to Bob with a one-time prekey.
fn from_ada(bob: &Device) -> (Device, Vec<u8>) {
    let mut ada = device_in("ada", Suite::X25519);
    let packet = begin(&mut ada, bob, NOW, 1);
    (ada, packet)
}

// PREP-27
#[test]
fn strangers_fill_half_of_a_replay_set() {
    let mut bob = crowded(PREPARED_UNPINNED - 1, 0);
    let (ada, packet) = from_ada(&bob);
    assert_eq!(names(&receive(&mut bob, &ada, &packet, NOW).events)[0], "established");
    let mut eve = device_in("eve", Suite::X25519);
    prepare(&mut eve, &Parts::of(&bob, None, None), NOW, 2);
    let packet = support::devices::say(&mut eve, &bob, NOW, 3);
    refuse(&mut bob, &eve.key(), &packet, NOW, PeerError::Busy);
    pin(&mut bob, "eve");
    assert_eq!(names(&receive(&mut bob, &eve, &packet, NOW).events)[0], "established");
}

// PREP-27: pinned entries do not count among the strangers'
#[test]
fn replay_set_takes_65_536_entries() {
    let mut bob = crowded(PREPARED_TOTAL - 1, PREPARED_UNPINNED);
    pin(&mut bob, "ada");
    let (ada, packet) = from_ada(&bob);
    assert_eq!(names(&receive(&mut bob, &ada, &packet, NOW).events)[0], "established");
    let mut bob = crowded(PREPARED_TOTAL, PREPARED_TOTAL);
    let (ada, packet) = from_ada(&bob);
    pin(&mut bob, "ada");
    refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::Busy);
}

// PREP-27: one identity, pinned or not, has its share
#[test]
fn one_identity_does_not_fill_a_replay_set() {
    let mut bob = crowded(0, 0);
    pin(&mut bob, "ada");
    let (mut ada, mut last) = (device_in("ada", Suite::X25519), Vec::new());
    for number in 0..=PREPARED_PER_IDENTITY {
        prepare(&mut ada, &Parts::of(&bob, None, None), NOW, number as u64);
        last = support::devices::say(&mut ada, &bob, NOW, number as u64);
        if number < PREPARED_PER_IDENTITY {
            let events = receive(&mut bob, &ada, &last, NOW).events;
            assert_eq!(names(&events)[0], "established");
        }
    }
    refuse(&mut bob, &ada.key(), &last, NOW, PeerError::Busy);
    let mut eve = device_in("eve", Suite::X25519);
    prepare(&mut eve, &Parts::of(&bob, None, None), NOW, 2);
    let other = support::devices::say(&mut eve, &bob, NOW, 3);
    assert_eq!(names(&receive(&mut bob, &eve, &other, NOW).events)[0], "established");
}

// PREP-20: step 5 is before step 6, step 17 behind step 16
#[test]
fn full_replay_set_is_told_in_its_place() {
    let mut bob = crowded(PREPARED_TOTAL, PREPARED_TOTAL);
    let (ada, mut packet) = from_ada(&bob);
    packet[40..44].fill(7);
    refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::Busy);
    packet[36..40].fill(7);
    refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::UnknownPrekey);
    let mut bob = crowded(PREPARED_UNPINNED, 0);
    let mut forge = Forge::of("ada", Suite::X25519, &Parts::of(&bob, Some(0), None));
    let mut damaged = forge.packet();
    damaged[prekey_init_length(Suite::X25519) + 100] ^= 1;
    refuse(&mut bob, &ada.key(), &damaged, NOW, PeerError::Busy);
    forge.said = public(forge.ephemeral);
    refuse(&mut bob, &ada.key(), &forge.packet(), NOW, PeerError::Protocol);
}

// PREP-23: tried against every kept card
#[test]
fn packet_opens_with_any_kept_card() {
    let (ada, mut bob) = two(Suite::X25519);
    let mut packets = vec![(ada, begin_with(&bob, "ada"))];
    for (later, name) in [(1, "eve"), (2, "carol"), (3, "dora")] {
        let fields = CardFields { created: NOW + later, ..fields_in("bob", Suite::X25519) };
        bob.issue_card(fields, NOW).expect("room");
        packets.push((device_in(name, Suite::X25519), begin_with(&bob, name)));
    }
    for (from, packet) in packets {
        assert_eq!(names(&receive(&mut bob, &from, &packet, NOW).events)[0], "established");
    }
    let ada = device_in("ada", Suite::X25519);
    let mut forge = Forge::of("ada", Suite::X25519, &Parts::of(&bob, Some(0), None));
    forge.parts.card[153] ^= 1;
    refuse(&mut bob, &ada.key(), &forge.packet(), NOW, PeerError::Authentication);
}

/// A packet to Bob's newest card, without a one-time prekey.
fn begin_with(bob: &Device, name: &'static str) -> Vec<u8> {
    Forge::of(name, Suite::X25519, &Parts::of(bob, None, None)).packet()
}
