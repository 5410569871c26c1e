//! Chapter 2 Primitives: the only module that names a cryptographic crate.
//!
//! It knows nothing about packets or sessions. Applications have no use for it; test vectors,
//! tools and auditors do.

pub mod aead;
#[cfg(test)]
pub(crate) mod count;
pub mod dh;
pub mod kdf;
pub mod kem;
pub mod labels;
pub mod mac;
pub mod passphrase;
pub mod sign;

use crate::error::CallerError;
use crate::secret::Secret;
use rand_core::TryCryptoRng;

pub use subtle::{Choice, ConstantTimeEq};

//= spec/08-sessions.md#8-7-draws
//# [SESSION-29] An implementation MUST draw exactly what this table lists, in this order, and
//# nothing for a call that it refuses before the first draw.
/// `N` bytes of the caller's random source.
//= spec/02-primitives.md#2-6-secrets
//# [PRIM-16] A random draw MUST come from a cryptographically secure source; when the source fails,
//# the operation is refused as `random` and state is unchanged.
pub(crate) fn draw<const N: usize>(rng: &mut impl TryCryptoRng) -> Result<Secret<N>, CallerError> {
    let mut outcome = Ok(());
    let secret = Secret::filled(|bytes| outcome = rng.try_fill_bytes(bytes));
    outcome.map(|()| secret).map_err(|_| CallerError::Random)
}
