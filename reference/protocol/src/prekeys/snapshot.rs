//! Chapter 5.8: the prekeys as bytes. The lists are those of chapter 10.3; the frame is local.
//!
//! ```text
//! version 1 | generation 8 | lists | SHA-256 of all before
//! ```

use super::record::{CurveRecord, KemRecord, PrekeyType, Record};
use super::store::{Curve, Kem, Prekeys, Signed};
use crate::crypto::dh::{DhPublic, DhSecret};
use crate::crypto::kdf::sha256;
use crate::crypto::kem::{KemPublic, KemSecret};
use crate::crypto::sign::IdentityKey;
use crate::error::{BytesError, Error, StorageError};
use crate::keys::Party;
use crate::secret::{Secret, SecretBytes};
use crate::wire::{Reader, length16, length32};
use alloc::boxed::Box;
use alloc::vec::Vec;

const SNAPSHOT_VERSION: u8 = 1;

impl Prekeys {
    /// The canonical bytes. The caller seals them at rest.
    pub fn snapshot(&self) -> SecretBytes {
        let mut out = SecretBytes::default();
        out.push(SNAPSHOT_VERSION);
        out.extend_from_slice(&self.generation.to_be_bytes());
        self.encode(&mut out);
        let digest = sha256(&[out.expose()]);
        out.extend_from_slice(&digest);
        out
    }

    /// Restores a snapshot whose generation is at least `least`, of this device.
    ///
    /// # Errors
    /// `snapshot_version`, `snapshot`, `rollback`, in this order.
    //= spec/05-prepared.md#5-8-the-same-handshake-bytes-again
    //# [PREP-31] A snapshot of the prekeys MUST be refused as `rollback` when its generation is
    //# less than the least that the caller accepts, as `snapshot_version` when its version is not
    //# known, and as `snapshot` when it is damaged or not canonical, in the order of 8.6.
    pub fn restore(bytes: &[u8], owner: &Party, least: u64) -> Result<Self, StorageError> {
        if bytes.first().is_some_and(|version| *version != SNAPSHOT_VERSION) {
            return Err(StorageError::SnapshotVersion);
        }
        let (body, digest) = bytes.split_last_chunk::<32>().ok_or(StorageError::Snapshot)?;
        if sha256(&[body]) != *digest {
            return Err(StorageError::Snapshot);
        }
        let read = || {
            let mut reader = Reader::new(body);
            reader.u8()?;
            let generation = reader.u64()?;
            let prekeys = Self { generation, ..Self::decode(&mut reader, owner)? };
            reader.finish()?;
            Ok::<_, Error>(prekeys)
        };
        let prekeys = read().map_err(|_| StorageError::Snapshot)?;
        if prekeys.snapshot().expose() != bytes {
            return Err(StorageError::Snapshot);
        }
        if prekeys.generation < least {
            return Err(StorageError::Rollback);
        }
        Ok(prekeys)
    }

    /// The lists of chapter 10.3, each ascending by creation, then id.
    pub(crate) fn encode(&self, out: &mut SecretBytes) {
        let mut signed: Vec<&Signed> = self.signed.iter().map(AsRef::as_ref).collect();
        signed.sort_by_key(|it| order(&it.prekey.record));
        out.extend_from_slice(&length16(signed.len()));
        for it in signed {
            out.extend_from_slice(it.prekey.record.as_bytes());
            out.extend_from_slice(it.prekey.secret.private().expose());
            out.extend_from_slice(&length32(it.seen.len()));
            for (hash, (identity, pinned)) in &it.seen {
                out.extend_from_slice(hash);
                out.extend_from_slice(identity.as_bytes());
                out.push((*pinned).into());
            }
        }
        let (last, one_time): (Vec<&Kem>, Vec<&Kem>) =
            self.kem.iter().map(AsRef::as_ref).partition(|it| !it.one_time());
        out.extend_from_slice(&length16(last.len()));
        kems(last, out);
        let mut curves: Vec<&Curve> = self.one_time.iter().map(AsRef::as_ref).collect();
        curves.sort_by_key(|it| order(&it.record));
        out.extend_from_slice(&length16(curves.len()));
        for it in curves {
            out.extend_from_slice(it.record.as_bytes());
            out.extend_from_slice(it.secret.private().expose());
        }
        out.extend_from_slice(&length16(one_time.len()));
        kems(one_time, out);
    }

    /// Reads the lists and checks that private halves and records belong together.
    pub(crate) fn decode(reader: &mut Reader<'_>, owner: &Party) -> Result<Self, Error> {
        let mut prekeys = Self::default();
        for _ in 0..reader.u16()? {
            let mut signed = Signed::new(curve(reader, PrekeyType::Signed, owner)?);
            for _ in 0..reader.u32()? {
                let (hash, key, pinned) = (reader.array()?, reader.array()?, reader.u8()?);
                signed.note(hash, IdentityKey::new(key), pinned != 0);
            }
            prekeys.signed.push(Box::new(signed));
        }
        for _ in 0..reader.u16()? {
            prekeys.kem.push(Box::new(kem(reader, PrekeyType::LastResortKem, owner)?));
        }
        for _ in 0..reader.u16()? {
            prekeys.one_time.push(Box::new(curve(reader, PrekeyType::OneTime, owner)?));
        }
        for _ in 0..reader.u16()? {
            prekeys.kem.push(Box::new(kem(reader, PrekeyType::OneTimeKem, owner)?));
        }
        Ok(prekeys)
    }
}

fn order<K: super::RecordKey>(record: &Record<K>) -> (u64, u32) {
    (record.fields().created, record.fields().id)
}

fn kems(mut list: Vec<&Kem>, out: &mut SecretBytes) {
    list.sort_by_key(|it| order(&it.record));
    for it in list {
        out.extend_from_slice(it.record.as_bytes());
        out.extend_from_slice(it.seed.expose());
    }
}

fn curve(reader: &mut Reader<'_>, kind: PrekeyType, owner: &Party) -> Result<Curve, Error> {
    let record = reader.slice(CurveRecord::LENGTH)?;
    let record = Record::<DhPublic>::verify(record, &[kind], owner)?;
    let secret = DhSecret::new(Secret::new(reader.array()?));
    if secret.public() == *record.key() {
        Ok(Curve { record, secret })
    } else {
        Err(BytesError::Key.into())
    }
}

fn kem(reader: &mut Reader<'_>, kind: PrekeyType, owner: &Party) -> Result<Kem, Error> {
    let record = reader.slice(KemRecord::LENGTH)?;
    let record = Record::<KemPublic>::verify(record, &[kind], owner)?;
    let seed = Secret::new(reader.array()?);
    if KemSecret::new(&seed).public() == record.key() {
        Ok(Kem { record, seed })
    } else {
        Err(BytesError::Key.into())
    }
}
