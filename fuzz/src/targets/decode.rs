//! Decoders: what is read is the same when written.

use crate::edit::first;
use quipu::handshake::{CompletePacket, PrekeyPacket, response_id, response_length};
use quipu::limits::{BODY_MAX, BODY_MIN};
use quipu::message::{Content, Envelope, OVERHEAD, announce, padded_length};
use quipu::secret::SecretBytes;
use quipu::wire::{PacketType, Suite};
use quipu::{BytesError, Error};

/// What the first four bytes say, read once more in plain arithmetic.
fn prefix(packet: &[u8], kind: u8) -> Result<Suite, BytesError> {
    match packet {
        [] | [_] | [_, _] | [_, _, _] => Err(BytesError::Length),
        [version, ..] if *version != 1 => Err(BytesError::Version),
        [_, found, ..] if *found != kind => Err(BytesError::Type),
        [_, _, 0, 1, ..] => Ok(Suite::X25519),
        [_, _, 0, 2, ..] => Ok(Suite::Hybrid),
        _ => Err(BytesError::Suite),
    }
}

/// Each decoder of packets: the right error for the wrong prefix and length, or the same bytes.
pub(crate) fn packet(data: &[u8]) {
    let types: Vec<u8> = [0x01, 0x02, 0x03, 0x04, 0x10]
        .into_iter()
        .filter(|kind| prefix(data, *kind) != Err(BytesError::Type))
        .collect();
    match PacketType::of(data) {
        Ok(kind) => assert!(types.contains(&(kind as u8)), "{kind:?}"),
        Err(BytesError::Type) => assert!(types.is_empty()),
        Err(error) => assert_eq!(Err(error), prefix(data, 0x01)),
    }

    let layout = |kind, behind: fn(Suite) -> usize| {
        let suite = prefix(data, kind)?;
        let (head, rest) = data.split_at_checked(behind(suite)).ok_or(BytesError::Length)?;
        let (length, message) = rest.split_first_chunk::<4>().ok_or(BytesError::Length)?;
        let fits = u32::from_be_bytes(*length) as usize == message.len();
        if fits { Ok((suite, head, message)) } else { Err(BytesError::Length) }
    };
    let due = layout(0x03, |_| 164).map(|(_, head, message)| (head, message));
    let found = CompletePacket::decode(data);
    assert_eq!(found.map(|it| (it.complete.as_slice(), it.message)), due);
    if let Ok(it) = found {
        assert_eq!(CompletePacket::encode(it.complete, it.message), data);
        assert_eq!(it.id(), data[4..20]);
    }

    let due = layout(0x04, |suite| if suite == Suite::Hybrid { 1570 } else { 478 });
    let due = due.and_then(|it| if it.2.is_empty() { Err(BytesError::Length) } else { Ok(it) });
    let found = PrekeyPacket::decode(data);
    assert_eq!(found.map(|it| (it.suite, it.handshake, it.message)), due);
    if let Ok(it) = found {
        assert_eq!(PrekeyPacket::encode(it.handshake, it.message), data);
        assert!(matches!(it.names(), Ok(_) | Err(BytesError::Encoding)));
    }

    let right = |suite| data.len() == response_length(suite);
    let due =
        prefix(data, 0x02).and_then(|it| if right(it) { Ok(it) } else { Err(BytesError::Length) });
    assert_eq!(response_id(data).map(|id| id.to_vec()), due.map(|_| data[4..20].to_vec()));

    let padded = data.len().wrapping_sub(OVERHEAD);
    let bucket = (BODY_MIN..=BODY_MAX).contains(&padded) && padded_length(padded) == padded;
    let due =
        prefix(data, 0x10).and_then(|it| if bucket { Ok(it) } else { Err(BytesError::Length) });
    let found = Envelope::decode(data);
    assert_eq!(found.as_ref().map(Envelope::suite).map_err(|it| *it), due);
    assert!(found.is_ok_and(|it| it.mac()[..] == data[data.len() - 32..]) || due.is_err());
}

/// Content of each type: written again it is the same, and refused it is `content`.
pub(crate) fn content(data: &[u8]) {
    let (kind, bytes) = first(data);
    match Content::decode(kind, SecretBytes::new(bytes.to_vec())) {
        Ok(Content::Data(found, read)) => {
            assert!(kind == 0x01 || kind >= 0x80);
            assert_eq!((found.byte(), read.expose()), (kind, bytes));
        }
        Ok(Content::Receipt(receipt)) => assert_eq!((kind, &receipt.encode()[..]), (0x02, bytes)),
        Ok(Content::Close(close)) => assert_eq!((kind, &close.encode()[..]), (0x03, bytes)),
        Ok(Content::Announcement(manifests)) => {
            assert_eq!((kind, manifests.is_empty()), (0x04, false));
            assert_eq!(announce(manifests.iter().map(Vec::as_slice)), bytes);
        }
        Err(error) => {
            assert_eq!(Error::from(error).name(), "content");
            let length = match kind {
                0x01 | 0x80.. => None,
                0x02 => Some(16),
                0x03 => Some(8),
                _ => return,
            };
            assert!(length.is_some_and(|length| length != bytes.len()), "type {kind}");
        }
    }
}
