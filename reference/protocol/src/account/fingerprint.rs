//! Chapter 9.5 Safety numbers.

use crate::crypto::ConstantTimeEq;
use crate::crypto::kdf::sha512;
use crate::crypto::labels::Start;
use crate::crypto::sign::IdentityKey;
use crate::error::{BytesError, Error, PeerError};
use crate::keys::Address;
use crate::limits::FINGERPRINT_ITERATIONS;
use crate::wire::PROTO;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const VERSION: u8 = 1;

/// What stands for a user's key and address when people compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 64]);

impl Fingerprint {
    /// The fingerprint of a user: of `AK`, or of the `IK` of a device without a manifest.
    ///
    /// ```text
    /// key(user)      = AK; for a device without a manifest, its IK
    /// h_1            = SHA-512(PROTO || "fingerprint" || 0x01 || key || u8(len(address)) || address || key)
    /// h_i            = SHA-512(h_(i-1) || key)                        fingerprint = h_5200
    /// ```
    pub fn of(key: &IdentityKey, address: &Address) -> Self {
        let (key, (length, _)) = (key.as_bytes(), address.parts());
        let (label, version, length) = (Start::FINGERPRINT.label(), [VERSION], [length]);
        let start = [PROTO.as_slice(), label, &version, key, &length, address.as_bytes()];
        Self::iterate(&start, key, FINGERPRINT_ITERATIONS)
    }

    /// The iteration alone, over any beginning and key: for vectors of others.
    ///
    /// Signal's numeric fingerprints have two zero bytes, the key and an identifier as `start`.
    pub fn iterate(start: &[&[u8]], key: &[u8], iterations: usize) -> Self {
        let first: Vec<&[u8]> = start.iter().copied().chain([key]).collect();
        Self((1..iterations).fold(sha512(&first), |hash, _| sha512(&[&hash, key])))
    }

    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// One user's half of a safety number: 30 digits.
    ///
    /// ```text
    /// digits(user)   = for each of the six 5-byte pieces of fingerprint[0..30], as a big-endian integer mod 100,000,
    ///                  five decimal digits with leading zeros: 30 digits
    /// ```
    pub fn digits(&self) -> String {
        let integer = |piece: &[u8]| piece.iter().fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
        let pieces = self.0.chunks_exact(5).take(6);
        pieces.map(|piece| format!("{:05}", integer(piece) % 100_000)).collect()
    }

    /// The 60 digits that two users compare.
    ///
    /// ```text
    /// safety number  = the lesser of both users' digits, then the greater: 60 digits
    /// ```
    //= spec/09-devices.md#9-5-safety-numbers
    //# [DEV-20] The safety number MUST be the same on both sides and contain each user's key and
    //# address.
    pub fn safety_number(own: &Self, peer: &Self) -> String {
        let (own, peer) = (own.digits(), peer.digits());
        if own <= peer { own + &peer } else { peer + &own }
    }

    /// The code that the peer scans.
    ///
    /// ```text
    /// scannable      = 0x01 || fingerprint(own)[0..32] || fingerprint(peer)[0..32]: 65 bytes
    /// ```
    pub fn scannable(own: &Self, peer: &Self) -> [u8; 65] {
        let mut code = [VERSION; 65];
        code.iter_mut().skip(1).zip(halves(own, peer)).for_each(|(to, from)| *to = from);
        code
    }

    /// Compares a code that the peer has shown.
    ///
    /// # Errors
    /// `length`, `version`, `identity`, in that order.
    pub fn scan(own: &Self, peer: &Self, code: &[u8]) -> Result<(), Error> {
        //= spec/09-devices.md#9-5-safety-numbers
        //# [DEV-21] A scanner MUST refuse a code that is not 65 bytes long as `length`, one whose
        //# version is not `0x01` as `version`, and one as `identity` unless its first fingerprint
        //# is the peer's and its second our own, compared in constant time.
        let [version, shown @ ..] = <&[u8; 65]>::try_from(code).map_err(|_| BytesError::Length)?;
        if *version != VERSION {
            return Err(BytesError::Version.into());
        }
        if shown.ct_eq(&halves(peer, own)).into() {
            Ok(())
        } else {
            Err(PeerError::Identity.into())
        }
    }
}

/// `first[0..32] || second[0..32]`
fn halves(first: &Fingerprint, second: &Fingerprint) -> [u8; 64] {
    let mut both = first.0;
    both.iter_mut().skip(32).zip(second.0).for_each(|(to, from)| *to = from);
    both
}
