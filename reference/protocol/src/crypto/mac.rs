//! Chapter 2.4 and 2.6: HMAC-SHA-256 with 32-byte keys, never truncated.

use crate::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// HMAC-SHA-256 over the parts in order.
pub fn hmac(key: &Secret<32>, parts: &[&[u8]]) -> [u8; 32] {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of every length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Whether `claimed` is the MAC of the parts, in constant time.
//= spec/02-primitives.md#2-6-secrets
//# [PRIM-14] A MAC MUST be 32 bytes, never truncated, and compared in constant time.
pub fn verify(key: &Secret<32>, parts: &[&[u8]], claimed: &[u8; 32]) -> Choice {
    Secret::new(hmac(key, parts)).expose().ct_eq(claimed)
}
