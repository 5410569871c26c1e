//! Chapter 2.2 X25519.

use super::draw;
use crate::error::{BytesError, CallerError};
use crate::secret::Secret;
use core::fmt;
use rand_core::TryCryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};

/// A canonical X25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DhPublic([u8; 32]);

impl DhPublic {
    /// Checks that `bytes` are canonical: below 2^255 - 19 as a little-endian integer.
    ///
    /// # Errors
    /// `key`.
    //= spec/02-primitives.md#2-2-x25519
    //# [PRIM-01] A receiver MUST refuse an X25519 public key that is not canonical as `key`: as a
    //# little-endian integer it is less than 2^255 - 19.
    pub fn decode(bytes: [u8; 32]) -> Result<Self, BytesError> {
        let [first, middle @ .., last] = bytes;
        let below = last < 0x7f || (last == 0x7f && (middle != [0xff; 30] || first < 0xed));
        if below { Ok(Self(bytes)) } else { Err(BytesError::Key) }
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DhPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DhPublic({:02x?})", &self.0[..4])
    }
}

/// An X25519 private key with its public key.
#[derive(Debug)]
pub struct DhSecret {
    private: Secret<32>,
    public: DhPublic,
}

/// The output of X25519.
#[derive(Debug)]
pub struct Shared(Secret<32>);

impl Shared {
    /// Takes over an output that was computed elsewhere: for vectors.
    pub const fn new(output: Secret<32>) -> Self {
        Self(output)
    }

    /// The 32 bytes.
    pub const fn secret(&self) -> &Secret<32> {
        &self.0
    }
}

impl DhSecret {
    /// Takes over a private key and computes its public key.
    pub fn new(private: Secret<32>) -> Self {
        #[cfg(test)]
        super::count::note(super::count::Operation::Pair);
        let public = PublicKey::from(&StaticSecret::from(*private.expose()));
        Self { private, public: DhPublic(public.to_bytes()) }
    }

    pub(crate) fn draw(rng: &mut impl TryCryptoRng) -> Result<Self, CallerError> {
        draw(rng).map(Self::new)
    }

    /// The public key.
    pub const fn public(&self) -> DhPublic {
        self.public
    }

    pub(crate) const fn private(&self) -> &Secret<32> {
        &self.private
    }

    /// `X25519(self, theirs)`.
    ///
    /// # Errors
    /// `key` when the output is all zero.
    pub fn agree(&self, theirs: &DhPublic) -> Result<Shared, BytesError> {
        #[cfg(test)]
        super::count::note(super::count::Operation::Agreement);
        let shared = StaticSecret::from(*self.private.expose())
            .diffie_hellman(&PublicKey::from(*theirs.as_bytes()));
        //= spec/02-primitives.md#2-2-x25519
        //# [PRIM-02] Every X25519 call MUST be refused as `key` when its output is all zero, at
        //# every call site including the ratchet.
        if shared.was_contributory() {
            Ok(Shared(Secret::new(shared.to_bytes())))
        } else {
            Err(BytesError::Key)
        }
    }
}
