//! Chapter 2.4 and 2.6: HMAC-SHA-256 with 32-byte keys, never truncated.

use crate::secret::Secret;
use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// A MAC key that has been set up: for several MACs under one key.
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Sets up a key.
    pub fn new(key: &Secret<32>) -> Self {
        #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
        Self(Hmac::new_from_slice(key.expose()).expect("HMAC takes keys of every length"))
    }

    /// HMAC-SHA-256 over the parts in order.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        Self(self.0.clone()).last(parts)
    }

    /// The last MAC under this key.
    pub fn last(mut self, parts: &[&[u8]]) -> [u8; 32] {
        self.update(parts);
        self.0.finalize().into_bytes().into()
    }

    /// Takes in what comes before the parts of the last MAC.
    pub(super) fn update(&mut self, parts: &[&[u8]]) {
        parts.iter().for_each(|part| self.0.update(part));
    }
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

/// Whether `claimed` is the MAC of the parts, in constant time.
//= spec/02-primitives.md#2-6-secrets
//# [PRIM-14] A MAC MUST be 32 bytes, never truncated, and compared in constant time.
pub fn verify(key: &Secret<32>, parts: &[&[u8]], claimed: &[u8; 32]) -> Choice {
    Secret::new(hmac(key, parts)).expose().ct_eq(claimed)
}
