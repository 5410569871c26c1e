//! Chapter 6.4: the store of skipped keys. Oldest first, bounded, erased when they leave.

use super::chain::{ChainKey, MessageKey};
use crate::limits::SKIPPED_KEYS;
use crate::secret::{Secret, SecretList};
use zeroize::Zeroize;

#[derive(Clone, Copy, Zeroize)]
pub(super) struct SkippedKey {
    pub(super) epoch: u32,
    pub(super) number: u32,
    pub(super) key: [u8; 32],
}

/// Keys in the order in which they were skipped, which is the order of (epoch, number).
#[derive(Debug)]
pub(super) struct SkippedKeys(SecretList<SkippedKey>);

impl SkippedKeys {
    pub(super) const fn new() -> Self {
        Self(SecretList::new())
    }

    pub(super) fn len(&self) -> usize {
        self.0.as_slice().len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SkippedKey> {
        self.0.as_slice().iter()
    }

    pub(super) fn contains(&self, epoch: u32, number: u32) -> bool {
        self.position(epoch, number).is_some()
    }

    pub(super) fn first_of(&self, epoch: u32) -> Option<u32> {
        let keys = self.0.as_slice();
        let first = keys.partition_point(|key| key.epoch < epoch);
        keys.get(first).filter(|key| key.epoch == epoch).map(|key| key.number)
    }

    pub(super) fn get(&self, epoch: u32, number: u32) -> Option<MessageKey> {
        let key = self.0.as_slice().get(self.position(epoch, number)?)?;
        Some(MessageKey::new(Secret::new(key.key)))
    }

    pub(super) fn remove(&mut self, epoch: u32, number: u32) {
        if let Some(index) = self.position(epoch, number) {
            self.0.remove(index);
        }
    }

    /// Adds a run of newer keys; reports each key that leaves to keep the bound.
    //= spec/06-ratchet.md#6-4-receiving
    //# [RATCHET-17] A receiver MUST keep the 2,000 newest skipped keys of a session; the oldest
    //# leave first, in the order in which they were skipped, also when a single message skips more.
    pub(super) fn append(
        &mut self,
        run: &mut SecretList<SkippedKey>,
        mut left: impl FnMut(u32, u32),
    ) {
        self.0.append(run);
        let excess = self.len().saturating_sub(SKIPPED_KEYS);
        self.iter().take(excess).for_each(|key| left(key.epoch, key.number));
        self.0.remove_first(excess);
    }

    /// Erases all keys of chains before `epoch`.
    pub(super) fn forget_before(&mut self, epoch: u32) {
        let gone = self.0.as_slice().partition_point(|key| key.epoch < epoch);
        self.0.remove_first(gone);
    }

    pub(super) fn restore(&mut self, key: SkippedKey) {
        self.0.push(key);
    }

    fn position(&self, epoch: u32, number: u32) -> Option<usize> {
        self.0.as_slice().binary_search_by_key(&(epoch, number), |key| (key.epoch, key.number)).ok()
    }
}

/// Keys that one message skips: the newest `SKIPPED_KEYS` of them, and how many came before.
#[derive(Debug)]
pub(super) struct Skip {
    pub(super) keys: SecretList<SkippedKey>,
    omit: u32,
}

impl Skip {
    /// For a message that skips `total` numbers in all.
    pub(super) fn new(total: u32) -> Self {
        let room = u32::try_from(SKIPPED_KEYS).unwrap_or(u32::MAX);
        Self { keys: SecretList::new(), omit: total.saturating_sub(room) }
    }

    /// Derives `chain` forward over the numbers from `from` up to but excluding `to`.
    /// Returns the chain key at `to` and how many of the numbers were not kept.
    pub(super) fn run(
        &mut self,
        chain: &ChainKey,
        epoch: u32,
        from: u32,
        to: u32,
    ) -> (Option<ChainKey>, u32) {
        let omitted = self.omit.min(to.saturating_sub(from));
        self.omit -= omitted;
        let mut forward = None;
        for number in from..to {
            let (key, next) = forward.as_ref().unwrap_or(chain).advance();
            if number >= from + omitted {
                self.keys.push(SkippedKey { epoch, number, key: *key.secret().expose() });
            }
            forward = Some(next);
        }
        (forward, omitted)
    }
}
