//! Chapter 8.6 State and snapshots. The layout is local to this implementation.
//!
//! ```text
//! version 1 | generation 8 | fields in the order of the struct | ratchet | SHA-256 of all before
//! ```

use super::life::Life;
use super::{Confirmation, Heard, Opening, Role, Session, SessionKey};
use crate::crypto::kdf::sha256;
use crate::crypto::sign::IdentityKey;
use crate::error::{BytesError, StorageError};
use crate::handshake::{COMPLETE_LENGTH, prekey_init_length};
use crate::keys::{DeviceId, Party};
use crate::prekeys::Names;
use crate::ratchet::Ratchet;
use crate::secret::{Secret, SecretBytes};
use crate::wire::{PacketType, Reader, Suite, read_prefix};
use alloc::boxed::Box;

const SNAPSHOT_VERSION: u8 = 3;

impl Session {
    /// The canonical bytes of the session. The caller seals them at rest.
    //= spec/08-sessions.md#8-6-state-and-snapshots
    //# [SESSION-26] A snapshot MUST restore to a session with the same snapshot.
    pub fn snapshot(&self) -> SecretBytes {
        let mut out = SecretBytes::with_capacity(2048);
        out.push(SNAPSHOT_VERSION);
        out.extend_from_slice(&self.generation.to_be_bytes());
        out.extend_from_slice(&self.suite.bytes());
        out.push(self.role.byte());
        out.extend_from_slice(&self.key.ts_i.to_be_bytes());
        out.extend_from_slice(&self.key.id);
        out.extend_from_slice(self.their.key.as_bytes());
        out.extend_from_slice(&self.their.device.0.to_be_bytes());
        out.extend_from_slice(&self.outgoing);
        out.extend_from_slice(&self.incoming);
        out.extend_from_slice(self.exporter.expose());
        out.push(self.reduced.into());
        out.push(self.closed.into());
        out.push(self.owes_receipt.into());
        out.push(self.peer_closed.is_some().into());
        if let Some((epoch, number)) = self.peer_closed {
            out.extend_from_slice(&epoch.to_be_bytes());
            out.extend_from_slice(&number.to_be_bytes());
        }
        self.life.encode(&mut out);
        self.ratchet.encode(&mut out);
        let digest = sha256(&[out.expose()]);
        out.extend_from_slice(&digest);
        out
    }

    /// Restores a snapshot whose generation is at least `least`.
    ///
    /// # Errors
    /// `snapshot_version`, `snapshot`, `rollback`, in this order.
    //= spec/08-sessions.md#8-6-state-and-snapshots
    //# [SESSION-25] A restore MUST refuse a snapshot version that it does not know as
    //# `snapshot_version`, and damaged or non-canonical bytes as `snapshot`.
    //= spec/08-sessions.md#8-6-state-and-snapshots
    //# [SESSION-27] A half-open handshake MUST NOT be part of any snapshot.
    pub fn restore(bytes: &[u8], least: u64) -> Result<Self, StorageError> {
        if bytes.first().is_some_and(|version| *version != SNAPSHOT_VERSION) {
            return Err(StorageError::SnapshotVersion);
        }
        let (body, digest) = bytes.split_last_chunk::<32>().ok_or(StorageError::Snapshot)?;
        if sha256(&[body]) != *digest {
            return Err(StorageError::Snapshot);
        }
        let session = Self::decode(body).map_err(|_| StorageError::Snapshot)?;
        if session.snapshot().expose() != bytes {
            return Err(StorageError::Snapshot);
        }
        //= spec/08-sessions.md#8-6-state-and-snapshots
        //# [SESSION-24] A restore MUST refuse a snapshot whose generation is less than the least
        //# that the caller accepts as `rollback`.
        if session.generation < least {
            return Err(StorageError::Rollback);
        }
        Ok(session)
    }

    fn decode(body: &[u8]) -> Result<Self, BytesError> {
        let mut reader = Reader::new(body);
        reader.u8()?;
        let generation = reader.u64()?;
        let suite = Suite::from_number(reader.u16()?)?;
        let role = match reader.u8()? {
            0x01 => Role::Initiator,
            0x02 => Role::Responder,
            _ => return Err(BytesError::Encoding),
        };
        let key = SessionKey { ts_i: reader.u64()?, id: reader.array()? };
        let their = party(&mut reader)?;
        let (outgoing, incoming) = (reader.array()?, reader.array()?);
        let exporter = Secret::new(reader.array()?);
        let reduced = reader.u8()? != 0;
        let closed = reader.u8()? != 0;
        let owes_receipt = reader.u8()? != 0;
        let peer_closed =
            if reader.u8()? != 0 { Some((reader.u32()?, reader.u32()?)) } else { None };
        let life = Life::decode(&mut reader)?;
        let ratchet = Ratchet::decode(suite, &mut reader)?;
        reader.finish()?;
        Ok(Self {
            suite,
            role,
            key,
            their,
            outgoing,
            incoming,
            exporter,
            ratchet,
            generation,
            reduced,
            closed,
            owes_receipt,
            peer_closed,
            life,
        })
    }
}

impl Life {
    fn encode(&self, out: &mut SecretBytes) {
        match &self.confirmation {
            Confirmation::Unconfirmed(opening) => {
                out.push(0);
                opening.encode(out);
            }
            Confirmation::GivenUp(opening) => {
                out.push(1);
                opening.encode(out);
            }
            Confirmation::Confirmed => out.push(2),
            Confirmation::Responder(Heard::Complete(id, hash)) => {
                out.push(3);
                out.extend_from_slice(id);
                out.extend_from_slice(hash);
            }
            Confirmation::Responder(Heard::Prepared(hash, names)) => {
                out.push(4);
                out.extend_from_slice(hash);
                for id in [names.signed, names.one_time.unwrap_or(0), names.kem.unwrap_or(0)] {
                    out.extend_from_slice(&id.to_be_bytes());
                }
            }
        }
        for time in [self.created, self.last_accepted, self.answered] {
            out.extend_from_slice(&time.to_be_bytes());
        }
        out.push(self.repeats);
        out.push(self.answers);
        out.push(self.superseded.is_some().into());
        out.extend_from_slice(&self.superseded.unwrap_or(0).to_be_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BytesError> {
        let confirmation = match reader.u8()? {
            0 => Confirmation::Unconfirmed(Opening::decode(reader)?),
            1 => Confirmation::GivenUp(Opening::decode(reader)?),
            2 => Confirmation::Confirmed,
            3 => Confirmation::Responder(Heard::Complete(reader.array()?, reader.array()?)),
            4 => {
                let hash = reader.array()?;
                let [signed, one_time, kem] = [reader.u32()?, reader.u32()?, reader.u32()?];
                let id = |id| (id != 0).then_some(id);
                let names = Names { signed, one_time: id(one_time), kem: id(kem) };
                Confirmation::Responder(Heard::Prepared(hash, names))
            }
            _ => return Err(BytesError::Encoding),
        };
        let (created, last_accepted, answered) = (reader.u64()?, reader.u64()?, reader.u64()?);
        let (repeats, answers) = (reader.u8()?, reader.u8()?);
        let (flag, moment) = (reader.u8()? != 0, reader.u64()?);
        let superseded = flag.then_some(moment);
        Ok(Self { confirmation, created, last_accepted, superseded, repeats, answered, answers })
    }
}

impl Opening {
    fn encode(&self, out: &mut SecretBytes) {
        match self {
            Self::Complete(complete) => out.extend_from_slice(complete.as_slice()),
            Self::Prepared(handshake) => out.extend_from_slice(handshake),
        }
    }

    /// Type and suite in the first four bytes say how long it is.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, BytesError> {
        let front: [u8; 4] = reader.array()?;
        match PacketType::of(&front)? {
            PacketType::Complete => {
                let rest: [u8; COMPLETE_LENGTH - 4] = reader.array()?;
                let complete = [front.as_slice(), &rest].concat();
                let complete = complete.first_chunk().ok_or(BytesError::Length)?;
                Ok(Self::Complete(Box::new(*complete)))
            }
            PacketType::PrekeyInit => {
                let suite = read_prefix(&front, PacketType::PrekeyInit)?;
                let rest = reader.slice(prekey_init_length(suite) - 4)?;
                Ok(Self::Prepared([front.as_slice(), rest].concat().into_boxed_slice()))
            }
            _ => Err(BytesError::Type),
        }
    }
}

fn party(reader: &mut Reader<'_>) -> Result<Party, BytesError> {
    Ok(Party { key: IdentityKey::new(reader.array()?), device: DeviceId(reader.u32()?) })
}
