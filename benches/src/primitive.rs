//! The primitives that the specification demands, as one-shot calls of the crates of `Cargo.toml`.
//!
//! Each call sets up its key, as the formulas of the specification do: none of them says that a
//! key is set up once and used twice, and who does that is below the floor.
//!
//! Each call waits for the one before, as the steps of a protocol do: an output goes into the next
//! input. Calls that do not wait overlap in the processor, and their times are not times to wait.

use crate::{Case, Draws};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aes::Aes256Enc;
use aes_gcm::{AeadInOut, AesGcm};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use libcrux_ml_kem::mlkem768;
use sha2::{Digest, Sha256};
use std::fmt;
use std::hint::black_box;
use x25519_dalek::{PublicKey, StaticSecret};

/// With the keys of the one direction that GCM needs.
type Aes256Gcm = AesGcm<Aes256Enc, U12>;

/// A primitive with the sizes that its cost depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Primitive {
    /// SHA-256 of so many bytes.
    Sha256(usize),
    /// HMAC-SHA-256 of so many bytes, with key set-up.
    Hmac(usize),
    /// HKDF-Expand with `info` of so many bytes to so many bytes, with key set-up.
    Expand(usize, usize),
    /// AES-256-GCM sealing into another place: associated data, plaintext; with key set-up.
    Seal(usize, usize),
    /// AES-256-GCM opening into another place: associated data, plaintext; with key set-up.
    Open(usize, usize),
    /// X25519 key pair.
    Pair,
    /// X25519 with a foreign key.
    Agreement,
    /// Ed25519 signature.
    Signature,
    /// Ed25519 strict verification from the 32 bytes of the key.
    Verification,
    /// ML-KEM-768 key pair from a seed.
    KemPair,
    /// ML-KEM-768 encapsulation, with the check of the key.
    Encapsulation,
    /// ML-KEM-768 decapsulation.
    Decapsulation,
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(length) => write!(f, "SHA-256, {length} B"),
            Self::Hmac(length) => write!(f, "HMAC-SHA-256, {length} B"),
            Self::Expand(info, length) => write!(f, "HKDF-Expand, {info} to {length} B"),
            Self::Seal(ad, length) => write!(f, "AES-256-GCM seal, {ad} + {length} B"),
            Self::Open(ad, length) => write!(f, "AES-256-GCM open, {ad} + {length} B"),
            Self::Pair => f.write_str("X25519 key pair"),
            Self::Agreement => f.write_str("X25519 agreement"),
            Self::Signature => f.write_str("Ed25519 signature"),
            Self::Verification => f.write_str("Ed25519 verification"),
            Self::KemPair => f.write_str("ML-KEM-768 key pair"),
            Self::Encapsulation => f.write_str("ML-KEM-768 encapsulation"),
            Self::Decapsulation => f.write_str("ML-KEM-768 decapsulation"),
        }
    }
}

impl Primitive {
    /// Those that criterion measures by themselves.
    pub fn examples() -> Vec<Self> {
        let mut all: Vec<_> = [64, 1024, 65_536].map(Self::Sha256).into();
        all.extend([1, 64].map(Self::Hmac));
        all.extend([16, 44, 96].map(|length| Self::Expand(34, length)));
        all.extend([40, 256, 1088, 65_536].map(|length| Self::Seal(112, length)));
        all.extend([40, 256, 1088, 65_536].map(|length| Self::Open(112, length)));
        all.extend([Self::Pair, Self::Agreement, Self::Signature, Self::Verification]);
        all.extend([Self::KemPair, Self::Encapsulation, Self::Decapsulation]);
        all
    }

    /// The case that measures it.
    pub fn case(self) -> Case {
        let name = self.to_string();
        match self {
            Self::Sha256(length) => sha256(name, length),
            Self::Hmac(length) => hmac(name, length),
            Self::Expand(info, length) => expand(name, info, length),
            Self::Seal(ad, length) => seal(name, ad, length),
            Self::Open(ad, length) => open(name, ad, length),
            _ => Case::plain(name, move || self.public_key()),
        }
    }

    /// One operation of a public key.
    pub(crate) fn public_key(self) -> Work {
        match self {
            Self::Pair | Self::Agreement => agreement(self),
            Self::Signature | Self::Verification => signature(self),
            Self::KemPair | Self::Encapsulation | Self::Decapsulation => kem(self),
            other => panic!("{other} is no operation of a public key"),
        }
    }
}

fn sha256(name: String, length: usize) -> Case {
    Case::plain(name, move || {
        let mut bytes = vec![1; length];
        move || bytes[0] = Sha256::digest(black_box(&bytes))[0]
    })
}

fn hmac(name: String, length: usize) -> Case {
    Case::plain(name, move || {
        let (mut key, bytes) = ([7; 32], vec![1; length]);
        move || {
            let mut mac = Hmac::<Sha256>::new_from_slice(black_box(&key)).expect("any length");
            mac.update(black_box(&bytes));
            key = mac.finalize().into_bytes().into();
        }
    })
}

fn expand(name: String, info: usize, length: usize) -> Case {
    Case::plain(name, move || {
        let (mut key, info, mut out) = ([7; 32], vec![1; info], vec![0; length]);
        move || {
            let expander = Hkdf::<Sha256>::from_prk(black_box(&key)).expect("32 bytes");
            expander.expand(black_box(&info), &mut out).expect("short");
            key[..16].copy_from_slice(&out[..16]);
        }
    })
}

/// From one place to another: the caller keeps the plaintext.
fn seal(name: String, ad: usize, length: usize) -> Case {
    Case::plain(name, move || {
        let (mut key, nonce, ad, plain) = ([7; 32], [8; 12], vec![1; ad], vec![2; length]);
        let mut out = plain.clone();
        move || {
            let cipher = Aes256Gcm::new(black_box(&key).into());
            let both = InOutBuf::new(&plain, &mut out).expect("of one length");
            let tag = cipher.encrypt_inout_detached(&nonce.into(), &ad, both).expect("short");
            key[..16].copy_from_slice(&tag);
        }
    })
}

/// From one place to another: the transport keeps what came.
fn open(name: String, ad: usize, length: usize) -> Case {
    Case::plain(name, move || {
        let (mut key, nonce, ad, mut out) = ([7; 32], [8; 12], vec![1; ad], vec![2; length]);
        let cipher = Aes256Gcm::new(&key.into());
        let plain = out.as_mut_slice().into();
        let tag = cipher.encrypt_inout_detached(&nonce.into(), &ad, plain).expect("short");
        let sealed = out.clone();
        move || {
            let cipher = Aes256Gcm::new(black_box(&key).into());
            let both = InOutBuf::new(&sealed, &mut out).expect("of one length");
            cipher.decrypt_inout_detached(&nonce.into(), &ad, both, &tag).expect("genuine");
            key[0] = 5 + out[0]; // The plaintext is all 2: the key stays as it is.
        }
    })
}

/// Some work, done when called.
pub(crate) type Work = Box<dyn FnMut()>;

fn work<T>(mut once: impl FnMut() -> T + 'static) -> Work {
    Box::new(move || drop(black_box(once())))
}

fn agreement(which: Primitive) -> Work {
    let [one, other]: [[u8; 32]; 2] = [Draws::new(1).array(), Draws::new(2).array()];
    let public = PublicKey::from(&StaticSecret::from(other));
    let secret = move || StaticSecret::from(black_box(one));
    match which {
        Primitive::Pair => work(move || PublicKey::from(&secret()).to_bytes()),
        _ => work(move || secret().diffie_hellman(black_box(&public)).to_bytes()),
    }
}

fn signature(which: Primitive) -> Work {
    let (key, message) = (SigningKey::from_bytes(&Draws::new(1).array()), [9; 72]);
    let public = key.verifying_key().to_bytes();
    let made = key.sign(&message);
    match which {
        Primitive::Signature => work(move || key.sign(black_box(&message))),
        _ => work(move || {
            let key = VerifyingKey::from_bytes(black_box(&public)).expect("a key");
            key.verify_strict(&message, &made).expect("genuine");
        }),
    }
}

fn kem(which: Primitive) -> Work {
    let (seed, random): ([u8; 64], [u8; 32]) = (Draws::new(1).array(), Draws::new(2).array());
    let pair = mlkem768::generate_key_pair(seed);
    let public: [u8; 1184] = *pair.pk();
    let secret = pair.sk().to_owned();
    let (ciphertext, _) = mlkem768::encapsulate(&public.into(), random);
    match which {
        Primitive::KemPair => work(move || *mlkem768::generate_key_pair(black_box(seed)).pk()),
        Primitive::Encapsulation => work(move || {
            let public = black_box(public).into();
            assert!(mlkem768::validate_public_key(&public), "valid");
            mlkem768::encapsulate(&public, random).1
        }),
        _ => work(move || mlkem768::decapsulate(&black_box(secret).into(), black_box(&ciphertext))),
    }
}
