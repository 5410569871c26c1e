//! Chapter 2.3 Ed25519.

use super::labels::Purpose;
use crate::error::PeerError;
use crate::secret::Secret;
use crate::wire::PROTO;
use alloc::vec::Vec;
use core::fmt;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// An Ed25519 public key: the name of a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentityKey([u8; 32]);

impl IdentityKey {
    /// Any 32 bytes; what is not a key verifies nothing.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Strict verification of `signature` over `PROTO || purpose || 0x00 || hash`.
    ///
    /// `verify_strict` requires `S < L`, refuses small-order `A` and `R`, and compares the encoding
    /// of `[S]B - [k]A` with `R`, so that `R` is canonical. Canonical `A` is checked here.
    ///
    /// # Errors
    /// `signature`.
    //# [PRIM-03]
    //# [PRIM-04]
    //# [PRIM-06]
    pub fn verify(
        &self,
        purpose: Purpose,
        hash: &[u8; 32],
        signature: &[u8; 64],
    ) -> Result<(), PeerError> {
        self.verify_bytes(&signed_bytes(purpose, hash), signature)
    }

    /// Strict verification of `signature` over any bytes: for vectors of others.
    ///
    /// # Errors
    /// `signature`.
    pub fn verify_bytes(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), PeerError> {
        //# [PRIM-05]
        if !self.is_canonical() {
            return Err(PeerError::Signature);
        }
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| PeerError::Signature)?;
        key.verify_strict(message, &Signature::from_bytes(signature))
            .map_err(|_| PeerError::Signature)
    }

    fn is_canonical(&self) -> bool {
        let [first, middle @ .., last] = self.0;
        let high = last & 0x7f;
        high < 0x7f || middle != [0xff; 30] || first < 0xed
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityKey({:02x?})", &self.0[..4])
    }
}

/// An Ed25519 seed. Signing derives the public key itself.
pub struct SigningSecret(SigningKey);

impl SigningSecret {
    /// Derives the key pair of a 32-byte seed.
    //# [PRIM-08]
    pub fn new(seed: &Secret<32>) -> Self {
        Self(SigningKey::from_bytes(seed.expose()))
    }

    /// The public key.
    pub fn public(&self) -> IdentityKey {
        IdentityKey(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn seed(&self) -> Secret<32> {
        Secret::new(self.0.to_bytes())
    }

    /// `Sign(seed, purpose, hash)`.
    pub fn sign(&self, purpose: Purpose, hash: &[u8; 32]) -> [u8; 64] {
        self.0.sign(&signed_bytes(purpose, hash)).to_bytes()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(..)")
    }
}

//# [PRIM-09]
fn signed_bytes(purpose: Purpose, hash: &[u8; 32]) -> Vec<u8> {
    [PROTO.as_slice(), purpose.label(), &[0], hash].concat()
}
