//! Chapter 2.7 ML-KEM-768, with its randomness as a parameter.

use crate::error::BytesError;
use crate::secret::Secret;
use libcrux_ml_kem::mlkem768;

/// Length of an encapsulation key.
pub const KEM_PUBLIC: usize = 1184;
/// Length of a ciphertext.
pub const KEM_CIPHERTEXT: usize = 1088;

/// A valid encapsulation key. 1184 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KemPublic([u8; KEM_PUBLIC]);

impl KemPublic {
    /// Checks the encapsulation key of a peer.
    ///
    /// # Errors
    /// `key`.
    //= spec/02-primitives.md#2-7-ml-kem-768
    //# [PRIM-18] A receiver of an encapsulation key MUST refuse it as `key` when it is not valid by
    //# FIPS 203, section 7.2: a coefficient is not less than 3329.
    pub fn decode(bytes: [u8; KEM_PUBLIC]) -> Result<Self, BytesError> {
        if mlkem768::validate_public_key(&bytes.into()) {
            Ok(Self(bytes))
        } else {
            Err(BytesError::Key)
        }
    }

    /// The 1184 bytes.
    pub const fn as_bytes(&self) -> &[u8; KEM_PUBLIC] {
        &self.0
    }

    /// Makes a ciphertext and its shared secret out of 32 random bytes.
    pub fn encapsulate(&self, random: &Secret<32>) -> ([u8; KEM_CIPHERTEXT], Secret<32>) {
        #[cfg(test)]
        super::count::note(super::count::Operation::Encapsulation);
        let (ciphertext, shared) = mlkem768::encapsulate(&self.0.into(), *random.expose());
        (*ciphertext.as_slice(), Secret::new(shared))
    }
}

/// An expanded decapsulation key, for the length of one exchange. At rest there is only its seed.
#[derive(Debug)]
pub struct KemSecret {
    expanded: Secret<2400>,
    public: KemPublic,
}

impl KemSecret {
    /// Expands the seed `d || z` of 64 bytes.
    pub fn new(seed: &Secret<64>) -> Self {
        #[cfg(test)]
        super::count::note(super::count::Operation::KemPair);
        let pair = mlkem768::generate_key_pair(*seed.expose());
        Self { expanded: Secret::new(*pair.sk()), public: KemPublic(*pair.pk()) }
    }

    /// The encapsulation key.
    pub const fn public(&self) -> &KemPublic {
        &self.public
    }

    /// The shared secret of a ciphertext; for a wrong ciphertext another one.
    //= spec/02-primitives.md#2-7-ml-kem-768
    //# [PRIM-19] Decapsulation MUST NOT report an error for a ciphertext of the right length; a
    //# wrong one gives another secret (implicit rejection), and what is sealed or authenticated
    //# under it fails as `authentication`.
    pub fn decapsulate(&self, ciphertext: &[u8; KEM_CIPHERTEXT]) -> Secret<32> {
        #[cfg(test)]
        super::count::note(super::count::Operation::Decapsulation);
        let expanded = (*self.expanded.expose()).into();
        Secret::new(mlkem768::decapsulate(&expanded, &(*ciphertext).into()))
    }
}
