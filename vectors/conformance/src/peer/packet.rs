//! Packets under way, their fields (chapters 3 to 7), and what a network does to them.

use std::ops::Range;

/// A packet and the device that made it.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) from: String,
    pub(crate) bytes: Vec<u8>,
}

const EK: usize = 1184;
const CT: usize = 1088;

/// The fields of a packet, in order: name and length; what is left belongs to the field `rest`.
fn layout(bytes: &[u8]) -> Vec<(&'static str, usize)> {
    let hybrid = bytes.get(2..4) == Some(&[0, 2]);
    let kem = |length: usize| if hybrid { length } else { 0 };
    let mut fields = vec![("version", 1), ("type", 1), ("suite", 2)];
    fields.extend(match bytes.get(1) {
        Some(0x01) => vec![("ek", 32), ("kem", kem(EK)), ("sealed", 370), ("tag", 16)],
        Some(0x02) => {
            vec![
                ("id", 16),
                ("ek", 32),
                ("kem", kem(CT)),
                ("sealed", 168),
                ("tag", 16),
                ("mac", 32),
            ]
        }
        Some(0x03) => vec![("id", 16), ("sealed", 96), ("tag", 16), ("mac", 32), ("length", 4)],
        Some(0x04) => vec![
            ("ek", 32),
            ("signed", 4),
            ("one-time", 4),
            ("kem-id", kem(4)),
            ("kem", kem(CT)),
            ("identity", 338),
            ("identity-tag", 16),
            ("signature", 64),
            ("tag", 16),
            ("length", 4),
        ],
        _ => {
            let body = bytes.len().saturating_sub(4 + 16 + 56 + 16 + 32);
            vec![("salt", 16), ("header", 40), ("header-tag", 16), ("body", body), ("tag", 16)]
        }
    });
    if !matches!(bytes.get(1), Some(0x01..=0x04)) {
        fields.push(("mac", 32));
    }
    fields
}

/// Where a field lies. A name that begins with `message-` is one of the message behind a handshake.
pub(crate) fn field(bytes: &[u8], name: &str) -> Result<Range<usize>, String> {
    let mut at = 0;
    for (known, length) in layout(bytes) {
        if known == name && length > 0 && at + length <= bytes.len() {
            return Ok(at..at + length);
        }
        at += length;
    }
    match name.strip_prefix("message-") {
        Some(inner) if at < bytes.len() && matches!(bytes.get(1), Some(0x03 | 0x04)) => {
            field(&bytes[at..], inner).map(|it| it.start + at..it.end + at)
        }
        _ => Err(format!("a packet of {} bytes has no field {name:?}", bytes.len())),
    }
}

/// What a network does to bytes: `flip FIELD`, `zero FIELD`, `ones FIELD`, `set FIELD HEX`, `cut FIELD`,
/// `cut-end`, `extend`, `keep COUNT`; `field` tells where a field lies.
pub(crate) fn alter(
    bytes: &[u8],
    words: &[&str],
    field: impl Fn(&str) -> Result<Range<usize>, String>,
) -> Result<Vec<u8>, String> {
    let mut bytes = bytes.to_vec();
    match words {
        [] => {}
        ["flip", name] => bytes[field(name)?.end - 1] ^= 1,
        ["flip-first", name] => bytes[field(name)?.start] ^= 1,
        ["flip-high", name] => bytes[field(name)?.end - 1] ^= 0x80,
        ["zero", name] => bytes[field(name)?].fill(0),
        ["ones", name] => bytes[field(name)?].fill(0xff),
        ["set", name, hex] => {
            let value = hex::decode(hex).map_err(|error| format!("set {name}: {error}"))?;
            bytes.splice(field(name)?, value);
        }
        ["cut", name] => bytes.truncate(field(name)?.start),
        ["cut-end"] => {
            bytes.pop();
        }
        ["keep", count] => {
            bytes.truncate(count.parse().map_err(|_| format!("keep {count}: not a number"))?);
        }
        ["extend"] => bytes.push(0),
        other => return Err(format!("no way to alter bytes: {other:?}")),
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{alter, field};

    #[test]
    fn fields_of_every_packet_end_where_the_packet_ends() {
        let of = |length: usize, kind: u8, suite: u8| {
            let mut packet = vec![0; length];
            (packet[0], packet[1], packet[3]) = (1, kind, suite);
            packet
        };
        for (packet, last) in [
            (of(422, 1, 1), "tag"),
            (of(1606, 1, 2), "tag"),
            (of(268, 2, 1), "mac"),
            (of(1356, 2, 2), "mac"),
            (of(168, 3, 1), "length"),
            (of(482, 4, 1), "length"),
            (of(1574, 4, 2), "length"),
            (of(124 + 64, 0x10, 1), "mac"),
            (of(482 + 124 + 64, 4, 1), "message-mac"),
        ] {
            assert_eq!(field(&packet, last).map(|it| it.end), Ok(packet.len()), "{last}");
        }
    }

    #[test]
    fn a_field_that_is_not_there_is_an_error() {
        let packet = [&[1, 1, 0, 1][..], &[0; 418]].concat();
        assert!(field(&packet, "kem").is_err());
        assert!(field(&packet, "message-mac").is_err());
        assert!(alter(&packet, &["flip", "mac"], |name| field(&packet, name)).is_err());
        assert!(alter(&packet, &["turn"], |name| field(&packet, name)).is_err());
    }
}
