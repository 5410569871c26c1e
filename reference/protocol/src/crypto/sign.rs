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

    /// The key set up to verify, for more than one signature.
    ///
    /// # Errors
    /// `signature` when it is not a key.
    pub fn verifier(&self) -> Result<Verifier, PeerError> {
        //= spec/02-primitives.md#2-3-ed25519
        //# [PRIM-05] A verifier MUST refuse as `signature` when the encoding of `A` or `R` is not
        //# canonical.
        if !self.is_canonical() {
            return Err(PeerError::Signature);
        }
        VerifyingKey::from_bytes(&self.0).map(Verifier).map_err(|_| PeerError::Signature)
    }

    /// [`Verifier::verify`] under a key that is used once.
    ///
    /// # Errors
    /// `signature`.
    pub fn verify(
        &self,
        purpose: Purpose,
        hash: &[u8; 32],
        signature: &[u8; 64],
    ) -> Result<(), PeerError> {
        self.verifier()?.verify(purpose, hash, signature)
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

/// A public key whose point has been decompressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Verifier(VerifyingKey);

impl Verifier {
    /// Strict verification of `signature` over `PROTO || purpose || 0x00 || hash`.
    ///
    /// `verify_strict` requires `S < L`, refuses small-order `A` and `R`, and compares the encoding
    /// of `[S]B - [k]A` with `R`, so that `R` is canonical. [`IdentityKey::verifier`] has seen to it
    /// that `A` is.
    ///
    /// # Errors
    /// `signature`.
    //= spec/02-primitives.md#2-3-ed25519
    //# [PRIM-03] A verifier MUST refuse as `signature` when `S` is not less than the group order
    //# `L`.
    //= spec/02-primitives.md#2-3-ed25519
    //# [PRIM-04] A verifier MUST refuse as `signature` when the public key `A` or the point `R` is
    //# of small order.
    //= spec/02-primitives.md#2-3-ed25519
    //# [PRIM-06] A verifier MUST check the equation without cofactor: the encoding of `[S]B - [k]A`
    //# equals the 32 bytes of `R`.
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
    //= spec/02-primitives.md#2-3-ed25519
    //# [PRIM-07] A verifier MUST NOT verify in batches.
    pub fn verify_bytes(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), PeerError> {
        #[cfg(test)]
        super::count::note(super::count::Operation::Verification);
        let key = &self.0;
        key.verify_strict(message, &Signature::from_bytes(signature))
            .map_err(|_| PeerError::Signature)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({:02x?})", &self.0.as_bytes()[..4])
    }
}

/// An Ed25519 seed. Signing derives the public key itself.
pub struct SigningSecret(SigningKey);

impl SigningSecret {
    /// Derives the key pair of a 32-byte seed.
    //= spec/02-primitives.md#2-3-ed25519
    //# [PRIM-08] The signing operation MUST derive the public key from the seed itself; it takes no
    //# public key.
    pub fn new(seed: &Secret<32>) -> Self {
        Self(SigningKey::from_bytes(seed.expose()))
    }

    /// The public key.
    pub fn public(&self) -> IdentityKey {
        IdentityKey(self.0.verifying_key().to_bytes())
    }

    /// The public key, set up to verify.
    pub fn verifier(&self) -> Verifier {
        Verifier(self.0.verifying_key())
    }

    pub(crate) fn seed(&self) -> Secret<32> {
        Secret::new(self.0.to_bytes())
    }

    /// `Sign(seed, purpose, hash)`.
    pub fn sign(&self, purpose: Purpose, hash: &[u8; 32]) -> [u8; 64] {
        #[cfg(test)]
        super::count::note(super::count::Operation::Signature);
        self.0.sign(&signed_bytes(purpose, hash)).to_bytes()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(..)")
    }
}

//= spec/02-primitives.md#2-3-ed25519
//# [PRIM-09] A signature MUST be made over `PROTO || purpose || 0x00 || hash` and nothing else,
//# each purpose used only where this specification names it.
fn signed_bytes(purpose: Purpose, hash: &[u8; 32]) -> Vec<u8> {
    [PROTO.as_slice(), purpose.label(), &[0], hash].concat()
}
