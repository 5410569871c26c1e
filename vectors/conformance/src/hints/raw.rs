//! The functions of chapter 2 with nothing fixed: other hashes, keys of any length, keys as they are.

use curve25519_dalek::montgomery::MontgomeryPoint;
use ed25519_dalek::{Signer, SigningKey};
use quipu::crypto::aead;
use quipu::crypto::kdf::{sha256, sha512};
use quipu::secret::Secret;

/// A hash function with the length of its blocks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    pub(super) fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha256 => sha256(parts).to_vec(),
            Self::Sha512 => sha512(parts).to_vec(),
        }
    }

    /// RFC 2104 with a key of any length.
    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        let block = if matches!(self, Self::Sha256) { 64 } else { 128 };
        let mut padded = if key.len() > block { self.of(&[key]) } else { key.to_vec() };
        padded.resize(block, 0);
        let pad = |with: u8| -> Vec<u8> { padded.iter().map(|byte| byte ^ with).collect() };
        self.of(&[&pad(0x5c), &self.of(&[&pad(0x36), data])])
    }

    /// RFC 5869, 2.3, with the counter beginning anywhere.
    pub(super) fn expand(self, prk: &[u8], info: &[u8], length: usize, counter: u8) -> Vec<u8> {
        let (mut out, mut last, mut counter) = (Vec::new(), Vec::new(), counter);
        while out.len() < length {
            last = self.hmac(prk, &[last.as_slice(), info, &[counter]].concat());
            out.extend_from_slice(&last);
            counter = counter.wrapping_add(1);
        }
        out.truncate(length);
        out
    }
}

/// X25519 with the private key as it is.
pub(super) fn unclamped(private: &[u8], public: &[u8]) -> Option<Vec<u8>> {
    let point = MontgomeryPoint(public.try_into().ok()?);
    let bits =
        private.iter().rev().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    Some(point.mul_bits_be(bits).as_bytes().to_vec())
}

/// The private key of RFC 7748 from 32 bytes.
pub(super) fn clamp(private: &[u8]) -> Vec<u8> {
    let mut out = private.to_vec();
    if let [first, .., last] = out.as_mut_slice() {
        *first &= 248;
        *last = *last & 127 | 64;
    }
    out
}

/// The base point of RFC 7748.
pub(super) const BASE: [u8; 32] = {
    let mut point = [0; 32];
    point[0] = 9;
    point
};

/// Ed25519 over any bytes.
pub(super) fn sign(seed: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    Some(SigningKey::from_bytes(seed.try_into().ok()?).sign(message).to_bytes().to_vec())
}

/// The public key of a seed.
pub(super) fn signer(seed: &[u8]) -> Option<Vec<u8>> {
    Some(SigningKey::from_bytes(seed.try_into().ok()?).verifying_key().to_bytes().to_vec())
}

/// AES-256-GCM: ciphertext and tag.
pub(super) fn seal(key: &[u8], nonce: &[u8], ad: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    let keys: [u8; 44] = [key, nonce].concat().try_into().ok()?;
    let mut out = Vec::new();
    aead::seal(Secret::new(keys), ad, plaintext, &mut out);
    Some(out)
}
