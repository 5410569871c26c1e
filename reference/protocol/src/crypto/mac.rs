//! Chapter 2.4 and 2.6: HMAC-SHA-256 with 32-byte keys, never truncated.

use crate::secret::Secret;
use crate::wire::words;
use core::fmt;
use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, CoreProxy};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// A MAC key that has been set up: for several MACs under one key, and small enough to keep.
pub struct MacKey(HmacCore<Sha256>);

impl MacKey {
    /// Sets up a key.
    pub fn new(key: &Secret<32>) -> Self {
        #[cfg(test)]
        super::count::note(super::count::Operation::MacKey);
        #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
        Self(HmacCore::new_from_slice(key.expose()).expect("HMAC takes keys of every length"))
    }

    /// HMAC-SHA-256 over the parts in order.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        Self(self.0.clone()).last(parts)
    }

    /// Whether `claimed` is the MAC of the parts, in constant time.
    //= spec/02-primitives.md#2-6-secrets
    //# [PRIM-14] A MAC MUST be 32 bytes, never truncated, and compared in constant time.
    pub fn verify(&self, parts: &[&[u8]], claimed: &[u8; 32]) -> Choice {
        equal(Secret::new(self.mac(parts)).expose(), claimed)
    }

    /// The last MAC under this key.
    pub fn last(self, parts: &[&[u8]]) -> [u8; 32] {
        self.last_behind(&[], parts)
    }

    /// The last MAC under this key, over the parts in order, those of `first` first.
    pub(super) fn last_behind(self, first: &[&[u8]], parts: &[&[u8]]) -> [u8; 32] {
        #[cfg(test)]
        super::count::note(super::count::Operation::Mac);
        let mut mac = Hmac::<Sha256>::compose(self.0, Buffer::<HmacCore<Sha256>>::default());
        first.iter().chain(parts).for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }
}

/// Compares in words: byte by byte takes half as long as a compression.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> Choice {
    words(one).ct_eq(&words(other))
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// HMAC-SHA-256 over the parts in order.
pub fn hmac(key: &Secret<32>, parts: &[&[u8]]) -> [u8; 32] {
    MacKey::new(key).last(parts)
}

/// [`MacKey::verify`] under a key that is used once.
pub fn verify(key: &Secret<32>, parts: &[&[u8]], claimed: &[u8; 32]) -> Choice {
    MacKey::new(key).verify(parts, claimed)
}
