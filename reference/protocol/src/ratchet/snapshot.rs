//! Chapter 8.6: the ratchet's part of a snapshot. Canonical: one encoding of each state.

use super::chain::{ChainKey, HeaderKeys};
use super::skipped::{SkippedKey, SkippedKeys};
use super::{ChainName, Digest, Lost, Ratchet, ReceivingChain, SendingChain, Turn};
use crate::crypto::dh::{DhPublic, DhSecret};
use crate::error::BytesError;
use crate::limits::{CHAIN_MAX, DIGESTS, OLD_CHAINS, SKIPPED_KEYS};
use crate::secret::{Secret, SecretBytes};
use crate::wire::{Reader, Suite, length32};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

impl Ratchet {
    pub(crate) fn encode(&self, out: &mut SecretBytes) {
        out.extend_from_slice(self.root.expose());
        out.extend_from_slice(self.their.as_bytes());
        match &self.turn {
            Turn::Ready { ours, chain } => {
                out.push(1);
                out.extend_from_slice(ours.private().expose());
                out.extend_from_slice(&chain.epoch.to_be_bytes());
                out.extend_from_slice(chain.key.secret().expose());
                out.extend_from_slice(&chain.number.to_be_bytes());
                out.extend_from_slice(chain.next_header.expose());
            }
            Turn::Pending { last } => {
                out.push(0);
                out.extend_from_slice(last.as_bytes());
            }
        }
        out.extend_from_slice(&self.previous_length.to_be_bytes());
        out.extend_from_slice(self.sending.header().expose());
        out.extend_from_slice(self.next_receiving.header().expose());
        out.push(self.receiving.is_some().into());
        if let Some(current) = &self.receiving {
            current.encode(out);
        }
        out.extend_from_slice(&length32(self.old.iter().flatten().count()));
        self.old.iter().flatten().for_each(|chain| chain.encode(out));
        out.reserve(self.skipped.len() * 40 + self.digests.len() * 24);
        out.extend_from_slice(&length32(self.skipped.len()));
        for key in self.skipped.iter() {
            out.extend_from_slice(&key.epoch.to_be_bytes());
            out.extend_from_slice(&key.number.to_be_bytes());
            out.extend_from_slice(&key.key);
        }
        out.extend_from_slice(&length32(self.digests.len()));
        for digest in &self.digests {
            out.extend_from_slice(&digest.epoch.to_be_bytes());
            out.extend_from_slice(&digest.number.to_be_bytes());
            out.extend_from_slice(&digest.mac);
        }
    }

    pub(crate) fn decode(suite: Suite, reader: &mut Reader<'_>) -> Result<Self, BytesError> {
        let root = secret(reader)?;
        let their = DhPublic::decode(reader.array()?)?;
        let turn = match reader.u8()? {
            0 => Turn::Pending { last: DhPublic::decode(reader.array()?)? },
            1 => Turn::Ready {
                ours: DhSecret::new(secret(reader)?),
                chain: SendingChain {
                    epoch: reader.u32()?,
                    key: ChainKey::new(secret(reader)?),
                    number: count(reader)?,
                    next_header: secret(reader)?,
                },
            },
            _ => return Err(BytesError::Encoding),
        };
        let previous_length = count(reader)?;
        let sending = HeaderKeys::new(suite, secret(reader)?);
        let next_receiving = HeaderKeys::new(suite, secret(reader)?);
        let receiving =
            if flag(reader)? { Some(ReceivingChain::decode(suite, reader)?) } else { None };
        if receiving.is_none() && matches!(turn, Turn::Pending { .. }) {
            return Err(BytesError::Encoding);
        }
        let mut old = [const { None }; OLD_CHAINS];
        let count = bounded(reader, OLD_CHAINS)?;
        for place in old.iter_mut().take(count) {
            *place = Some(Box::new(ChainName::decode(suite, reader)?));
        }
        let (skipped, digests) = (decode_skipped(reader)?, decode_digests(reader)?);
        Ok(Self {
            suite,
            root,
            their,
            turn,
            previous_length,
            sending,
            next_receiving,
            receiving,
            old,
            skipped,
            digests,
        })
    }
}

impl ChainName {
    fn encode(&self, out: &mut SecretBytes) {
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(self.header.header().expose());
        out.extend_from_slice(self.dh.as_bytes());
        out.extend_from_slice(&self.previous.to_be_bytes());
    }

    fn decode(suite: Suite, reader: &mut Reader<'_>) -> Result<Self, BytesError> {
        Ok(Self {
            epoch: reader.u32()?,
            header: HeaderKeys::new(suite, secret(reader)?),
            dh: DhPublic::decode(reader.array()?)?,
            previous: count(reader)?,
        })
    }
}

impl ReceivingChain {
    fn encode(&self, out: &mut SecretBytes) {
        self.name.encode(out);
        out.extend_from_slice(self.chain.secret().expose());
        out.extend_from_slice(&self.next.to_be_bytes());
        out.push(self.lost.is_some().into());
        if let Some(Lost { first, last }) = self.lost {
            out.extend_from_slice(&first.to_be_bytes());
            out.extend_from_slice(&last.to_be_bytes());
        }
    }

    fn decode(suite: Suite, reader: &mut Reader<'_>) -> Result<Self, BytesError> {
        let name = ChainName::decode(suite, reader)?;
        let chain = ChainKey::new(secret(reader)?);
        let next = count(reader)?;
        let lost = if flag(reader)? {
            Some(Lost { first: reader.u32()?, last: reader.u32()? })
        } else {
            None
        };
        if lost.is_some_and(|lost| lost.first > lost.last || lost.last >= next) {
            return Err(BytesError::Encoding);
        }
        Ok(Self { name, chain, next, lost })
    }
}

fn decode_skipped(reader: &mut Reader<'_>) -> Result<SkippedKeys, BytesError> {
    let mut skipped = SkippedKeys::new();
    let mut before = None;
    for _ in 0..bounded(reader, SKIPPED_KEYS)? {
        let key = SkippedKey { epoch: reader.u32()?, number: reader.u32()?, key: reader.array()? };
        let place = Some((key.epoch, key.number));
        if place <= before {
            return Err(BytesError::Encoding);
        }
        before = place;
        skipped.restore(key);
    }
    Ok(skipped)
}

fn decode_digests(reader: &mut Reader<'_>) -> Result<VecDeque<Digest>, BytesError> {
    let one = |reader: &mut Reader<'_>| {
        Ok(Digest { epoch: reader.u32()?, number: reader.u32()?, mac: reader.array()? })
    };
    list(reader, DIGESTS, one).map(VecDeque::from)
}

fn list<T>(
    reader: &mut Reader<'_>,
    most: usize,
    one: impl Fn(&mut Reader<'_>) -> Result<T, BytesError>,
) -> Result<Vec<T>, BytesError> {
    let length = bounded(reader, most)?;
    let mut all = Vec::with_capacity(length);
    for _ in 0..length {
        all.push(one(reader)?);
    }
    Ok(all)
}

fn bounded(reader: &mut Reader<'_>, most: usize) -> Result<usize, BytesError> {
    let length = usize::try_from(reader.u32()?).map_err(|_| BytesError::Encoding)?;
    if length <= most { Ok(length) } else { Err(BytesError::Encoding) }
}

fn secret(reader: &mut Reader<'_>) -> Result<Secret<32>, BytesError> {
    reader.array().map(Secret::new)
}

fn count(reader: &mut Reader<'_>) -> Result<u32, BytesError> {
    reader
        .u32()
        .and_then(|count| if count <= CHAIN_MAX { Ok(count) } else { Err(BytesError::Encoding) })
}

fn flag(reader: &mut Reader<'_>) -> Result<bool, BytesError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(BytesError::Encoding),
    }
}
