//! Chapter 10.1 The file. This file knows nothing about what is sealed.

use crate::crypto::labels::Expand;
use crate::crypto::{ConstantTimeEq, aead, draw, kdf, passphrase};
use crate::error::{BytesError, CallerError, Error, StorageError};
use crate::limits::{ARGON2_LANES, ARGON2_MEMORY, ARGON2_PASSES};
use crate::secret::{Secret, SecretBytes};
use crate::wire::{Reader, Suite};
use alloc::vec::Vec;
use core::mem;
use rand_core::TryCryptoRng;

const MAGIC: &[u8; 8] = b"QuipuSF1";
const VERSION: u8 = 1;
const HEADER: usize = 82;
const CHECKSUM: usize = 32;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `0x01`: an identity that outlives its device.
    Backup,
    /// `0x02`: a device that goes on elsewhere.
    Move,
    /// `0x03`: a snapshot, sealed at rest.
    State,
}

impl Kind {
    /// The byte in the file.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Backup => 0x01,
            Self::Move => 0x02,
            Self::State => 0x03,
        }
    }
}

/// What a guess of the passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Parameters {
    /// The second choice of RFC 9106.
    pub const RECOMMENDED: Self = Self { memory: 65_536, passes: 3, lanes: 4 };

    /// Compares with `ARGON2_MEMORY`, `ARGON2_PASSES` and `ARGON2_LANES`.
    ///
    /// # Errors
    /// `file_parameters`.
    pub fn check(&self) -> Result<(), StorageError> {
        let within = |value, [least, greatest]: [u32; 2]| (least..=greatest).contains(&value);
        if within(self.memory, ARGON2_MEMORY)
            && within(self.passes, ARGON2_PASSES)
            && within(self.lanes, ARGON2_LANES)
        {
            Ok(())
        } else {
            Err(StorageError::FileParameters)
        }
    }

    fn master(&self, phrase: &[u8], salt: &[u8; 16]) -> Result<Secret<32>, StorageError> {
        passphrase::argon2id(phrase, salt, self.memory, self.passes, self.lanes)
    }
}

/// A passphrase that has been through Argon2id: seals any number of files.
#[derive(Debug)]
pub struct Vault {
    master: Secret<32>,
    parameters: Parameters,
    salt: [u8; 16],
}

impl Vault {
    /// Draws the salt, 16, and runs Argon2id: a second or so.
    ///
    /// # Errors
    /// `passphrase` when it is empty, `file_parameters` outside the limits, before the draw;
    /// `random`.
    pub fn create(
        passphrase: &[u8],
        parameters: Parameters,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Self, Error> {
        //= spec/10-storage.md#10-1-the-file
        //# [STORE-08] A writer MUST draw a new salt for each `master` and a new draw for each file,
        //# and refuse an empty passphrase as `passphrase` and parameters outside the limits as
        //# `file_parameters`.
        if passphrase.is_empty() {
            return Err(StorageError::Passphrase.into());
        }
        parameters.check()?;
        let salt = *draw(rng)?.expose();
        Ok(Self { master: parameters.master(passphrase, &salt)?, parameters, salt })
    }

    /// Seals a file. Draws 32.
    ///
    /// ```text
    /// keys | commitment = LExpand(master, "sealed file", SHA-256(file[0..82]), 76)
    /// sealed = seal(keys, file[0..82], plaintext)
    /// ```
    ///
    /// # Errors
    /// `too_long` from 2^32 bytes, before the draw; `random`.
    pub fn seal(
        &self,
        kind: Kind,
        created: u64,
        plaintext: &[u8],
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let length = u32::try_from(plaintext.len()).map_err(|_| CallerError::TooLong)?;
        let draw: Secret<32> = draw(rng)?;
        let header = [
            MAGIC.as_slice(),
            &[VERSION, kind.byte()],
            &self.parameters.memory.to_be_bytes(),
            &self.parameters.passes.to_be_bytes(),
            &self.parameters.lanes.to_be_bytes(),
            &self.salt,
            draw.expose(),
            &created.to_be_bytes(),
            &length.to_be_bytes(),
        ]
        .concat();
        let mut file = header.clone();
        let (keys, commitment) = keys(&self.master, &header);
        file.extend_from_slice(&commitment);
        aead::seal(keys, &header, plaintext, &mut file);
        let checksum = kdf::sha256(&[&file]);
        file.extend_from_slice(&checksum);
        Ok(file)
    }
}

/// What a file held.
#[derive(Debug)]
pub struct Opened {
    /// When it was sealed, in milliseconds since 1970.
    pub created: u64,
    /// Its contents.
    pub plaintext: SecretBytes,
}

/// Opens a file of a kind.
///
/// # Errors
/// As STORE-01 to STORE-06, in that order; `passphrase` also for an empty one, which seals nothing.
pub fn open(passphrase: &[u8], kind: Kind, file: &[u8]) -> Result<Opened, StorageError> {
    //= spec/10-storage.md#10-1-the-file
    //# [STORE-01] A reader MUST refuse bytes that do not begin with the magic as `file_kind`.
    let behind = file.strip_prefix(MAGIC).ok_or(StorageError::FileKind)?;
    //= spec/10-storage.md#10-1-the-file
    //# [STORE-02] A reader MUST refuse a version other than `0x01` as `file_version`, before it
    //# reads anything behind it.
    if behind.first().is_some_and(|version| *version != VERSION) {
        return Err(StorageError::FileVersion);
    }
    //= spec/10-storage.md#10-1-the-file
    //# [STORE-03] A reader MUST refuse fewer bytes than the header or than `162 + L` as
    //# `file_truncated`, and more, or a wrong checksum, as `file_damaged`.
    let (head, behind) = file.split_at_checked(HEADER).ok_or(StorageError::FileTruncated)?;
    let header = Header::decode(head).map_err(|_| StorageError::FileTruncated)?;
    let length = usize::try_from(header.length).ok().and_then(|it| it.checked_add(aead::TAG));
    let (claimed, behind) = behind.split_first_chunk().ok_or(StorageError::FileTruncated)?;
    let claimed: &[u8; 32] = claimed;
    let (sealed, checksum) = length
        .and_then(|length| behind.split_at_checked(length))
        .filter(|(_, checksum)| checksum.len() >= CHECKSUM)
        .ok_or(StorageError::FileTruncated)?;
    if checksum != kdf::sha256(&[head, claimed, sealed]) {
        return Err(StorageError::FileDamaged);
    }
    //= spec/10-storage.md#10-1-the-file
    //# [STORE-04] A reader MUST refuse a file whose kind is not the expected one as `file_kind`.
    if header.kind != kind.byte() {
        return Err(StorageError::FileKind);
    }
    //= spec/10-storage.md#10-1-the-file
    //# [STORE-05] A reader MUST refuse parameters outside the limits as `file_parameters` before it
    //# runs Argon2id, and when the memory is not to be had.
    header.parameters.check()?;
    if passphrase.is_empty() {
        return Err(StorageError::Passphrase);
    }
    let master = header.parameters.master(passphrase, &header.salt)?;
    //= spec/10-storage.md#10-1-the-file
    //# [STORE-06] A reader MUST refuse a file whose commitment differs, compared in constant time,
    //# or whose seal does not open, as `passphrase` and release nothing of it.
    let (keys, commitment) = keys(&master, head);
    if !bool::from(commitment.ct_eq(claimed)) {
        return Err(StorageError::Passphrase);
    }
    let mut plaintext = aead::open(&keys, head, sealed).map_err(|_| StorageError::Passphrase)?;
    let plaintext = SecretBytes::new(mem::take(&mut *plaintext));
    Ok(Opened { created: header.created, plaintext })
}

struct Header {
    kind: u8,
    parameters: Parameters,
    salt: [u8; 16],
    created: u64,
    length: u32,
}

impl Header {
    fn decode(bytes: &[u8]) -> Result<Self, BytesError> {
        let mut reader = Reader::new(bytes);
        reader.slice(MAGIC.len() + 1)?;
        let kind = reader.u8()?;
        let (memory, passes, lanes) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let salt = reader.array()?;
        let _draw: [u8; 32] = reader.array()?;
        let (created, length) = (reader.u64()?, reader.u32()?);
        reader.finish()?;
        let parameters = Parameters { memory, passes, lanes };
        Ok(Self { kind, parameters, salt, created, length })
    }
}

/// `LExpand` with suite `0x0001`.
fn keys(master: &Secret<32>, head: &[u8]) -> (Secret<44>, [u8; 32]) {
    let label = Expand::SEALED_FILE;
    let all: Secret<76> = kdf::expand(Suite::X25519, master, label, &kdf::sha256(&[head]));
    let (keys, commitment) = all.expose().split_at(44);
    let keys = Secret::filled(|out| out.copy_from_slice(keys));
    (keys, *commitment.first_chunk().unwrap_or(&[0; 32]))
}
