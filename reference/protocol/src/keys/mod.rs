//! Chapter 3 Keys and cards: who a device is.
//!
//! This module knows nothing about handshakes or sessions.

mod card;

pub use card::{CARD_LENGTH, Card, CardFields};

use crate::crypto::dh::{DhPublic, DhSecret};
use crate::crypto::draw;
use crate::crypto::sign::{IdentityKey, SigningSecret};
use crate::error::{BytesError, CallerError};
use crate::secret::Secret;
use alloc::boxed::Box;
use core::fmt;
use rand_core::TryCryptoRng;

/// The two long-term key pairs of a device: in one place each, wherever the identity moves.
#[derive(Debug)]
pub struct Identity {
    sign: Box<SigningSecret>,
    agree: Box<DhSecret>,
}

impl Identity {
    /// Draws a new identity: `IK` seed 32, `IDK` private 32.
    ///
    /// # Errors
    /// `random`.
    //= spec/03-keys.md#3-1-device-identity
    //# [KEY-01] A device MUST draw `IK` and `IDK` independently and MUST NOT derive one from the
    //# other.
    pub fn generate(rng: &mut impl TryCryptoRng) -> Result<Self, CallerError> {
        let seed = draw(rng)?;
        Ok(Self::new(&seed, draw(rng)?))
    }

    /// The identity of stored private keys.
    pub fn new(ik_seed: &Secret<32>, idk_private: Secret<32>) -> Self {
        let (sign, agree) = (SigningSecret::new(ik_seed), DhSecret::new(idk_private));
        Self { sign: Box::new(sign), agree: Box::new(agree) }
    }

    /// The private keys, for storage: `IK` seed and `IDK` private. The caller seals them.
    pub fn secrets(&self) -> (Secret<32>, Secret<32>) {
        (self.sign.seed(), Secret::new(*self.agree.private().expose()))
    }

    /// `IK`.
    pub fn key(&self) -> IdentityKey {
        self.sign.public()
    }

    /// `IDK`.
    pub const fn agreement_key(&self) -> DhPublic {
        self.agree.public()
    }

    //= spec/03-keys.md#3-1-device-identity
    //# [KEY-02] A device MUST use `IK` only for signatures and `IDK` only for X25519.
    pub(crate) const fn signing(&self) -> &SigningSecret {
        &self.sign
    }

    pub(crate) const fn agreement(&self) -> &DhSecret {
        &self.agree
    }
}

/// The number of a device of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(pub u32);

/// A user's address: 1 to 64 opaque bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    padded: [u8; 64],
    length: u8,
}

impl Address {
    /// An address of 1 to 64 bytes.
    ///
    /// # Errors
    /// `encoding` for any other length.
    pub fn new(bytes: &[u8]) -> Result<Self, BytesError> {
        let mut padded = [0; 64];
        let room = padded.get_mut(..bytes.len()).ok_or(BytesError::Encoding)?;
        room.copy_from_slice(bytes);
        Self::decode(u8::try_from(bytes.len()).map_err(|_| BytesError::Encoding)?, padded)
    }

    pub(crate) fn decode(length: u8, padded: [u8; 64]) -> Result<Self, BytesError> {
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-04] A verifier MUST refuse a card whose address length is 0 or greater than 64 as
        //# `encoding`.
        let (address, padding) =
            padded.split_at_checked(length.into()).ok_or(BytesError::Encoding)?;
        if address.is_empty() {
            return Err(BytesError::Encoding);
        }
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-05] A verifier MUST refuse a card whose address padding is not zero as `encoding`.
        //= spec/01-notation.md#1-3-decoding
        //# [ENC-07] An encoder MUST set reserved and padding bytes to zero, and a decoder MUST
        //# refuse any other value.
        if padding.iter().any(|byte| *byte != 0) {
            return Err(BytesError::Encoding);
        }
        Ok(Self { padded, length })
    }

    /// Length and padded bytes, as in a card: what [`Self::decode`] takes.
    pub(crate) const fn parts(&self) -> (u8, &[u8; 64]) {
        (self.length, &self.padded)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.padded.get(..self.length.into()).unwrap_or_default()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.as_bytes().escape_ascii())
    }
}

/// One side of a session: its device's key and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    /// `IK` of the device.
    pub key: IdentityKey,
    /// Number of the device.
    pub device: DeviceId,
}
