//! Chapter 2 Primitives: the only module that names a cryptographic crate.
//!
//! It knows nothing about packets or sessions. Applications have no use for it; test vectors,
//! tools and auditors do.

pub mod aead;
pub mod dh;
pub mod kdf;
pub mod labels;
pub mod mac;
pub mod sign;

use crate::error::CallerError;
use crate::secret::Secret;
use rand_core::TryCryptoRng;

pub use subtle::{Choice, ConstantTimeEq};

/// `N` bytes of the caller's random source.
//# [PRIM-16]
pub(crate) fn draw<const N: usize>(rng: &mut impl TryCryptoRng) -> Result<Secret<N>, CallerError> {
    let mut outcome = Ok(());
    let secret = Secret::filled(|bytes| outcome = rng.try_fill_bytes(bytes));
    outcome.map(|()| secret).map_err(|_| CallerError::Random)
}
