//! The layouts of the specification, each in one place.

use super::read::{Holds, Reader, number};
use super::{Annotated, Kind};
use Holds::{Bytes, Named, Number, Only, Sealed, Text, Time};
use quipu::crypto::kdf::sha256;
use quipu::message::padded_length;

const SUITES: &[(u64, &str)] = &[(1, "X25519"), (2, "X25519 and ML-KEM-768")];
const PREKEYS: &[(u64, &str)] =
    &[(1, "signed"), (2, "one-time"), (3, "one-time KEM"), (4, "last-resort KEM")];
const FILES: &[(u64, &str)] = &[(1, "backup"), (2, "move"), (3, "state")];
const PARTS: &[(u64, &str)] = &[(0, "no OPK, no PQK"), (1, "OPK"), (2, "PQK"), (3, "OPK and PQK")];

/// The bytes with the names of their fields, as far as they go.
pub(crate) fn annotate(kind: Kind, bytes: &[u8]) -> Annotated {
    let mut reader = Reader::new(bytes);
    let it = &mut reader;
    match kind {
        Kind::Card => card(it),
        Kind::Init => init(it),
        Kind::Response => response(it),
        Kind::Complete => complete(it),
        Kind::PrekeyInit => prekey_init(it),
        Kind::Message => message(it, 0),
        Kind::Record => record(it),
        Kind::Bundle => bundle(it),
        Kind::Manifest => manifest(it, 0),
        Kind::File => file(it, bytes),
        Kind::Receipt => receipt(it),
        Kind::Close => close(it),
        Kind::Announcement => announcement(it),
        Kind::Code => code(it),
    }
    reader.end();
    Annotated { kind, length: bytes.len(), fields: reader.fields, troubles: reader.troubles }
}

/// What bytes are, where their beginning and length say it.
pub(crate) fn guess(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"QuipuSF1") {
        return Some(Kind::File);
    }
    let [1, kind, rest @ ..] = bytes else { return None };
    let count = bytes.get(138).map_or(0, |it| usize::from(*it));
    match (*kind, bytes.len()) {
        (1 | 2, 122) | (3 | 4, 1274) => return Some(Kind::Record),
        (0..=3, 342 | 464 | 1616 | 1738) if rest.first() == Some(&1) => return Some(Kind::Bundle),
        (_, 218) if rest.get(2).is_some_and(|it| it & 1 == 1) => return Some(Kind::Card),
        (_, 65) => return Some(Kind::Code),
        _ => {}
    }
    match (*kind, rest) {
        (1, [0, 1 | 2, ..]) => Some(Kind::Init),
        (2, [0, 1 | 2, ..]) => Some(Kind::Response),
        (3, [0, 1 | 2, ..]) => Some(Kind::Complete),
        (4, [0, 1 | 2, ..]) => Some(Kind::PrekeyInit),
        (0x10, [0, 1 | 2, ..]) => Some(Kind::Message),
        (1..=64, _) if count > 0 && bytes.len() == 203 + 52 * count => Some(Kind::Manifest),
        (0, [0, 0, suites, ..]) if suites & 1 == 1 => Some(Kind::Card),
        (0..=3, [1, 0, ..]) => Some(Kind::Bundle),
        _ => None,
    }
}

/// The first four bytes of a packet; whether the suite is `0x0002`.
fn packet(it: &mut Reader<'_>, kind: &'static [(u64, &'static str)]) -> bool {
    it.take("version", 1, Only(1));
    it.take("type", 1, Named(kind));
    it.number("suite", 2, Named(SUITES)) == Some(2)
}

fn card(it: &mut Reader<'_>) {
    it.take("version", 1, Only(1));
    it.take("suites", 4, Number);
    address(it);
    it.take("device id", 4, Number);
    it.take("IK", 32, Bytes);
    it.take("IDK", 32, Bytes);
    it.take("created", 8, Time);
    it.take("expires", 8, Time);
    it.take("signature", 64, Bytes);
}

fn address(it: &mut Reader<'_>) {
    let length = it.number("address length", 1, Number).unwrap_or(0);
    if !(1..=64).contains(&length) {
        it.trouble(format!("an address has 1 to 64 bytes, not {length}"));
    }
    it.take("address", 64, Text(usize::try_from(length).unwrap_or(64)));
}

fn init(it: &mut Reader<'_>) {
    let hybrid = packet(it, &[(1, "Init")]);
    it.take("EK_I", 32, Bytes);
    if hybrid {
        it.take("ek", 1184, Bytes);
    }
    it.take("ts_I", 8, Sealed);
    it.take("card_I", 218, Sealed);
    it.take("psk_id", 16, Sealed);
    it.take("views_I", 64, Sealed);
    it.take("sig_I1", 64, Sealed);
    it.take("tag", 16, Bytes);
}

fn response(it: &mut Reader<'_>) {
    let hybrid = packet(it, &[(2, "Response")]);
    it.take("handshake id", 16, Bytes);
    it.take("EK_R", 32, Bytes);
    if hybrid {
        it.take("ciphertext", 1088, Bytes);
    }
    it.take("ts_R", 8, Sealed);
    it.take("RB", 32, Sealed);
    it.take("views_R", 64, Sealed);
    it.take("sig_R", 64, Sealed);
    it.take("tag", 16, Bytes);
    it.take("MAC_R", 32, Bytes);
}

fn complete(it: &mut Reader<'_>) {
    packet(it, &[(3, "Complete")]);
    it.take("handshake id", 16, Bytes);
    it.take("RA", 32, Sealed);
    it.take("sig_I2", 64, Sealed);
    it.take("tag", 16, Bytes);
    it.take("MAC_I", 32, Bytes);
    behind(it);
}

fn prekey_init(it: &mut Reader<'_>) {
    let hybrid = packet(it, &[(4, "PrekeyInit")]);
    it.take("EK_I", 32, Bytes);
    it.take("id of the SPK", 4, Number);
    it.take("id of the OPK", 4, Number);
    if hybrid {
        it.take("id of the PQK", 4, Number);
        it.take("ciphertext", 1088, Bytes);
    }
    it.take("ts_I", 8, Sealed);
    it.take("card_I", 218, Sealed);
    it.take("psk_id", 16, Sealed);
    it.take("views_I", 64, Sealed);
    it.take("RA", 32, Sealed);
    it.take("tag of the identity", 16, Bytes);
    it.take("sig_I", 64, Sealed);
    it.take("tag of the signature", 16, Bytes);
    behind(it);
}

/// `LP32(message)` behind a handshake; without it the bytes are the handshake alone.
fn behind(it: &mut Reader<'_>) {
    if it.left() == 0 {
        return;
    }
    let length = it.number("length of the message", 4, Number).unwrap_or(0);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > it.left() {
        it.trouble(format!("{} bytes of the message are missing", length - it.left()));
    }
    if length > 0 {
        let more = it.left().saturating_sub(length);
        it.part("message", |it| message(it, more));
    }
}

/// A message with so many bytes behind it.
fn message(it: &mut Reader<'_>, more: usize) {
    packet(it, &[(0x10, "message")]);
    it.take("salt", 16, Bytes);
    it.part("header", |it| {
        it.take("dh", 32, Sealed);
        it.take("pn", 4, Sealed);
        it.take("n", 4, Sealed);
        it.take("tag", 16, Bytes);
    });
    let body = it.left().saturating_sub(48 + more);
    if !(256..=65_536).contains(&body) || padded_length(body) != body {
        it.trouble(format!("{body} is not a padded length of a body (chapter 7.5)"));
    }
    it.part("body", |it| {
        it.take("content type", 1.min(body), Sealed);
        it.take("length", 4.min(body.saturating_sub(1)), Sealed);
        it.take("content and padding", body.saturating_sub(5), Sealed);
        it.take("tag", 16, Bytes);
    });
    it.take("MAC", 32, Bytes);
}

fn record(it: &mut Reader<'_>) {
    it.take("version", 1, Only(1));
    let kem = it.number("type", 1, Named(PREKEYS)).is_some_and(|it| it >= 3);
    it.take("id", 4, Number);
    it.take("device id", 4, Number);
    it.take("created", 8, Time);
    it.take("expires", 8, Time);
    it.take("key", if kem { 1184 } else { 32 }, Bytes);
    it.take("signature", 64, Bytes);
}

fn bundle(it: &mut Reader<'_>) {
    it.take("version", 1, Only(1));
    let parts = it.number("parts", 1, Named(PARTS)).unwrap_or(0);
    it.part("card", card);
    it.part("SPK", record);
    if parts & 1 == 1 {
        it.part("OPK", record);
    }
    if parts & 2 == 2 {
        it.part("PQK", record);
    }
}

fn manifest(it: &mut Reader<'_>, more: usize) {
    it.take("version", 1, Only(1));
    address(it);
    it.take("AK", 32, Bytes);
    it.take("number", 8, Number);
    it.take("previous", 32, Bytes);
    let count = it.number("count", 1, Number).unwrap_or(0);
    for device in 1..=count {
        // The signature is the last: what is too much or missing is a matter of the devices.
        if it.left() <= more + 64 {
            it.trouble(format!("{count} devices are announced, {} are there", device - 1));
            break;
        }
        it.part(&format!("device {device}"), |it| {
            it.take("id", 4, Number);
            it.take("IK", 32, Bytes);
            it.take("added", 8, Time);
            it.take("revoked", 8, Time);
        });
    }
    it.take("signature", 64, Bytes);
}

fn file(it: &mut Reader<'_>, bytes: &[u8]) {
    let magic = it.take("magic", 8, Text(8));
    if magic != b"QuipuSF1" {
        it.trouble("magic is not \"QuipuSF1\"");
    }
    it.take("version", 1, Only(1));
    it.take("kind", 1, Named(FILES));
    it.take("memory", 4, Number);
    it.take("passes", 4, Number);
    it.take("lanes", 4, Number);
    it.take("salt", 16, Bytes);
    it.take("draw", 32, Bytes);
    it.take("created", 8, Time);
    let length = it.number("length", 4, Number).unwrap_or(0);
    it.take("commitment", 32, Bytes);
    it.take("plaintext", usize::try_from(length).unwrap_or(usize::MAX), Sealed);
    it.take("tag", 16, Bytes);
    let checksum = it.take("checksum", 32, Bytes);
    let before = bytes.len().saturating_sub(it.left() + checksum.len());
    if checksum.len() == 32 && sha256(&[&bytes[..before]]) != *checksum {
        it.trouble("checksum is not SHA-256 of everything before it");
    }
}

fn receipt(it: &mut Reader<'_>) {
    it.take("epoch", 4, Number);
    it.take("below", 4, Number);
    it.take("bitmap", 8, Bytes);
}

fn close(it: &mut Reader<'_>) {
    it.take("epoch", 4, Number);
    it.take("count", 4, Number);
}

fn announcement(it: &mut Reader<'_>) {
    let mut place = 1;
    while it.left() > 0 {
        it.part(&format!("manifest {place}"), |it| {
            let length = number(it.take("length", 4, Number));
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let more = it.left().saturating_sub(length);
            if length > it.left() {
                it.trouble(format!("{} bytes of the manifest are missing", length - it.left()));
            }
            manifest(it, more);
        });
        place += 1;
    }
}

fn code(it: &mut Reader<'_>) {
    it.take("version", 1, Only(1));
    it.take("own fingerprint", 32, Bytes);
    it.take("peer's fingerprint", 32, Bytes);
}
