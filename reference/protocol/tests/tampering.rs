//! Every byte of every handshake packet, changed on the way.

mod support;

use quipu::{BytesError, Device, Error, PeerError};
use support::devices::{Opening, connect, device, names, open, receive, refuse};
use support::pair::NOW;

fn two() -> (Device, Device) {
    (device("ada"), device("bob"))
}

/// What ENC-01 to ENC-05 and the tables say when one byte of a packet is changed.
fn changed(byte: usize, clear: usize, in_clear: Error, behind: Error) -> Error {
    match byte {
        0 => BytesError::Version.into(),
        1 => BytesError::Type.into(),
        2 | 3 => BytesError::Suite.into(),
        _ if byte < clear => in_clear,
        _ => behind,
    }
}

fn flips(packet: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..packet.len()).flat_map(|byte| [(byte, 0x02), (byte, 0x40)]).map(|(byte, mask)| {
        let mut forged = packet.to_vec();
        forged[byte] ^= mask;
        (byte, forged)
    })
}

// HS-06, ENC-08
#[test]
fn init_with_any_changed_byte_is_refused() {
    let (mut ada, mut bob) = two();
    let init = connect(&mut ada, &bob, NOW, 1);
    for (byte, forged) in flips(&init) {
        let authentication = PeerError::Authentication.into();
        let error = changed(byte, 36, authentication, authentication);
        refuse_unless_length(&mut bob, &ada, &forged, byte, error);
    }
    assert!(bob.replay_cache().is_empty());
    assert_eq!(receive(&mut bob, &ada, &init, NOW).replies.len(), 1);
}

/// A changed type byte may be another type that this device also takes: then the length is wrong.
fn refuse_unless_length(at: &mut Device, from: &Device, forged: &[u8], byte: usize, error: Error) {
    let other_type = byte == 1 && matches!(forged[1], 0x01..=0x03 | 0x10);
    let error = if other_type { BytesError::Length.into() } else { error };
    refuse(at, &from.key(), forged, NOW, error);
}

// HS-22, HS-23, ENC-08
#[test]
fn response_with_any_changed_byte_is_refused() {
    let (mut ada, mut bob) = two();
    let init = connect(&mut ada, &bob, NOW, 1);
    let response = receive(&mut bob, &ada, &init, NOW).replies.remove(0);
    for (byte, forged) in flips(&response) {
        let behind = PeerError::Authentication.into();
        let error = changed(byte, 20, PeerError::UnknownHandshake.into(), behind);
        refuse_unless_length(&mut ada, &bob, &forged, byte, error);
    }
    assert_eq!(names(&receive(&mut ada, &bob, &response, NOW).events), ["established"]);
}

// HS-28, ENC-08
#[test]
fn complete_with_any_changed_byte_is_refused() {
    let (mut ada, mut bob) = two();
    let Opening { complete, .. } = open(&mut ada, &mut bob, NOW, 1);
    for (byte, forged) in flips(&complete) {
        let behind =
            if byte < 164 { PeerError::Authentication.into() } else { BytesError::Length.into() };
        let error = changed(byte, 20, PeerError::UnknownHandshake.into(), behind);
        refuse_unless_length(&mut bob, &ada, &forged, byte, error);
    }
    assert_eq!(names(&receive(&mut bob, &ada, &complete, NOW).events), ["established"]);
}

// ENC-01, ENC-05
#[test]
fn handshake_packets_of_any_other_length_are_refused() {
    let (mut ada, mut bob) = two();
    let opening = open(&mut ada, &mut bob, NOW, 1);
    let mut other = device("bob");
    let init = connect(&mut ada, &other, NOW, 2);
    for length in (0..init.len()).chain([423, 500, 70_000]) {
        let mut forged = init.clone();
        forged.resize(length, 0);
        refuse(&mut other, &ada.key(), &forged, NOW, BytesError::Length);
    }
    for length in (0..opening.complete.len()).chain([169, 300]) {
        let mut forged = opening.complete.clone();
        forged.resize(length, 0);
        refuse(&mut bob, &ada.key(), &forged, NOW, BytesError::Length);
    }
}
