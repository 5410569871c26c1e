//! Chapter 4.4: the replay cache. It refuses; it never evicts.

use crate::crypto::kdf::sha256;
use crate::crypto::sign::IdentityKey;
use crate::error::{BytesError, PeerError, StorageError};
use crate::limits::{INIT_WINDOW, REPLAY_PER_IDENTITY, REPLAY_TOTAL, REPLAY_UNPINNED};
use crate::wire::{Reader, length32};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

const SNAPSHOT_VERSION: u8 = 1;

/// Hashes of accepted Inits, each kept until its window has passed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReplayCache {
    entries: BTreeMap<[u8; 32], Entry>,
    by_time: BTreeSet<(u64, [u8; 32])>,
    per_identity: BTreeMap<IdentityKey, usize>,
    unpinned: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    ts_i: u64,
    identity: IdentityKey,
    pinned: bool,
}

impl ReplayCache {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn contains(&self, hash: &[u8; 32]) -> bool {
        self.entries.contains_key(hash)
    }

    /// Whether there is room for one more entry of `identity`.
    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-20] A responder MUST NOT evict a live entry of the replay cache; with 65,536 entries it
    //# refuses as `busy`.
    pub(super) fn room(&self, identity: &IdentityKey, pinned: bool) -> Result<(), PeerError> {
        let of_identity = self.per_identity.get(identity).copied().unwrap_or(0);
        let room = self.entries.len() < REPLAY_TOTAL
            && of_identity < REPLAY_PER_IDENTITY
            && (pinned || self.unpinned < REPLAY_UNPINNED);
        if room { Ok(()) } else { Err(PeerError::Busy) }
    }

    pub(super) fn insert(
        &mut self,
        hash: [u8; 32],
        ts_i: u64,
        identity: IdentityKey,
        pinned: bool,
    ) {
        if self.entries.insert(hash, Entry { ts_i, identity, pinned }).is_none() {
            self.by_time.insert((ts_i, hash));
            *self.per_identity.entry(identity).or_default() += 1;
            self.unpinned += usize::from(!pinned);
        }
    }

    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-19] A responder MUST enter the Init into its replay cache when, and only when, all
    //# checks have passed, and keep the entry until `ts_I + INIT_WINDOW` has passed.
    pub(super) fn expire(&mut self, now: u64) {
        while let Some((ts_i, hash)) = self.by_time.first().copied()
            && ts_i.saturating_add(INIT_WINDOW) < now
        {
            self.by_time.pop_first();
            self.remove(&hash);
        }
    }

    fn remove(&mut self, hash: &[u8; 32]) {
        let Some(entry) = self.entries.remove(hash) else { return };
        self.unpinned -= usize::from(!entry.pinned);
        if let Some(count) = self.per_identity.get_mut(&entry.identity) {
            *count -= 1;
            if *count == 0 {
                self.per_identity.remove(&entry.identity);
            }
        }
    }

    /// Canonical bytes: version, count, entries in the order of their hashes, SHA-256.
    //= spec/08-sessions.md#8-6-state-and-snapshots
    //# [SESSION-28] The replay cache of the responder MUST be restorable from a snapshot of its
    //# own.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(37 + self.entries.len() * 73);
        out.push(SNAPSHOT_VERSION);
        out.extend_from_slice(&length32(self.entries.len()));
        for (hash, entry) in &self.entries {
            out.extend_from_slice(hash);
            out.extend_from_slice(&entry.ts_i.to_be_bytes());
            out.extend_from_slice(entry.identity.as_bytes());
            out.push(entry.pinned.into());
        }
        let digest = sha256(&[&out]);
        out.extend_from_slice(&digest);
        out
    }

    /// Restores a snapshot.
    ///
    /// # Errors
    /// `snapshot_version`, `snapshot`.
    pub fn restore(bytes: &[u8]) -> Result<Self, StorageError> {
        if bytes.first().is_some_and(|version| *version != SNAPSHOT_VERSION) {
            return Err(StorageError::SnapshotVersion);
        }
        let (body, digest) = bytes.split_last_chunk::<32>().ok_or(StorageError::Snapshot)?;
        let cache = Self::decode(body).map_err(|_| StorageError::Snapshot)?;
        if sha256(&[body]) == *digest && cache.snapshot() == bytes {
            Ok(cache)
        } else {
            Err(StorageError::Snapshot)
        }
    }

    fn decode(body: &[u8]) -> Result<Self, BytesError> {
        let mut reader = Reader::new(body);
        reader.u8()?;
        let mut cache = Self::default();
        for _ in 0..reader.u32()? {
            let (hash, ts_i) = (reader.array()?, reader.u64()?);
            let (identity, pinned) = (IdentityKey::new(reader.array()?), reader.u8()?);
            cache.insert(hash, ts_i, identity, pinned != 0);
        }
        reader.finish()?;
        Ok(cache)
    }
}
