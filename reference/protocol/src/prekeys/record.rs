//! Chapter 5.1 Prekey records.

use crate::crypto::dh::DhPublic;
use crate::crypto::kdf::sha256;
use crate::crypto::kem::{KEM_PUBLIC, KemPublic};
use crate::crypto::labels::Purpose;
use crate::crypto::sign::SigningSecret;
use crate::error::{BytesError, Error, PeerError};
use crate::keys::{Card, DeviceId, Party};
use crate::limits::DAY;
use crate::wire::Reader;
use alloc::vec::Vec;

const VERSION: u8 = 1;
const FIXED: usize = 26 + 64;

/// What a prekey is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrekeyType {
    /// `0x01`: signed prekey, X25519.
    Signed,
    /// `0x02`: one-time prekey, X25519.
    OneTime,
    /// `0x03`: one-time KEM prekey, ML-KEM-768.
    OneTimeKem,
    /// `0x04`: last-resort KEM prekey, ML-KEM-768.
    LastResortKem,
}

impl PrekeyType {
    /// The type byte.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Signed => 0x01,
            Self::OneTime => 0x02,
            Self::OneTimeKem => 0x03,
            Self::LastResortKem => 0x04,
        }
    }

    /// The type of a byte.
    ///
    /// # Errors
    /// `type`.
    pub const fn from_byte(byte: u8) -> Result<Self, BytesError> {
        match byte {
            0x01 => Ok(Self::Signed),
            0x02 => Ok(Self::OneTime),
            0x03 => Ok(Self::OneTimeKem),
            0x04 => Ok(Self::LastResortKem),
            _ => Err(BytesError::Type),
        }
    }
}

/// What a record says beside its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordFields {
    /// What the prekey is for.
    pub kind: PrekeyType,
    /// Random, never zero.
    pub id: u32,
    /// The device.
    pub device: DeviceId,
    /// Created, in milliseconds since 1970.
    pub created: u64,
    /// Expires, in milliseconds since 1970.
    pub expires: u64,
}

impl RecordFields {
    //= spec/05-prepared.md#5-1-prekey-records
    //# [PREP-02] A verifier MUST refuse a record with id 0 or with `expires` not greater than
    //# `created` as `encoding`.
    const fn check(&self) -> Result<(), BytesError> {
        if self.id == 0 || self.expires <= self.created {
            return Err(BytesError::Encoding);
        }
        Ok(())
    }
}

/// The public key in a record: X25519 or ML-KEM-768.
pub trait RecordKey: Sized {
    /// Length of the key.
    const LENGTH: usize;

    /// Reads and checks a key of [`Self::LENGTH`] bytes.
    ///
    /// # Errors
    /// `key`.
    fn read(bytes: &[u8]) -> Result<Self, BytesError>;

    /// The bytes.
    fn bytes(&self) -> &[u8];
}

impl RecordKey for DhPublic {
    const LENGTH: usize = 32;

    fn read(bytes: &[u8]) -> Result<Self, BytesError> {
        Self::decode(bytes.try_into().map_err(|_| BytesError::Length)?)
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl RecordKey for KemPublic {
    const LENGTH: usize = KEM_PUBLIC;

    fn read(bytes: &[u8]) -> Result<Self, BytesError> {
        Self::decode(bytes.try_into().map_err(|_| BytesError::Length)?)
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// A verified record. Only [`Record::verify`] and [`Record::issue`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<K> {
    fields: RecordFields,
    key: K,
    bytes: Vec<u8>,
}

/// A record of 122 bytes.
pub type CurveRecord = Record<DhPublic>;

/// A record of 1274 bytes.
pub type KemRecord = Record<KemPublic>;

impl<K: RecordKey> Record<K> {
    /// Length of a record with such a key.
    pub const LENGTH: usize = FIXED + K::LENGTH;

    /// Signs a record.
    ///
    /// ```text
    /// record.signature = Sign(IK, "prekey", SHA-256(record without its last 64 bytes))
    /// ```
    ///
    /// # Errors
    /// `encoding` as PREP-02.
    pub fn issue(
        signing: &SigningSecret,
        fields: RecordFields,
        key: K,
    ) -> Result<Self, BytesError> {
        fields.check()?;
        let mut bytes: Vec<u8> = [
            [VERSION, fields.kind.byte()].as_slice(),
            &fields.id.to_be_bytes(),
            &fields.device.0.to_be_bytes(),
            &fields.created.to_be_bytes(),
            &fields.expires.to_be_bytes(),
            key.bytes(),
        ]
        .concat();
        let signature = signing.sign(Purpose::PREKEY, &sha256(&[&bytes]));
        bytes.extend_from_slice(&signature);
        Ok(Self { fields, key, bytes })
    }

    /// Parses and verifies a record of a device.
    ///
    /// # Errors
    /// As PREP-01 to PREP-05, in that order.
    pub fn verify(bytes: &[u8], expected: &[PrekeyType], owner: &Party) -> Result<Self, Error> {
        let verify = |hash: &_, signature: &_| owner.key.verify(Purpose::PREKEY, hash, signature);
        Self::verify_by(bytes, expected, owner.device, verify)
    }

    /// [`Record::verify`] under the key of a card, which is set up.
    pub(super) fn verify_of(
        card: &Card,
        bytes: &[u8],
        expected: &[PrekeyType],
    ) -> Result<Self, Error> {
        let verify =
            |hash: &_, signature: &_| card.verifier().verify(Purpose::PREKEY, hash, signature);
        Self::verify_by(bytes, expected, card.fields().device, verify)
    }

    fn verify_by(
        bytes: &[u8],
        expected: &[PrekeyType],
        owner: DeviceId,
        verify: impl Fn(&[u8; 32], &[u8; 64]) -> Result<(), PeerError>,
    ) -> Result<Self, Error> {
        //= spec/05-prepared.md#5-1-prekey-records
        //# [PREP-01] A verifier MUST refuse a record of fewer than 2 bytes as `length`, a version
        //# other than `0x01` as `version`, a type that it does not expect as `type`, and a length
        //# that is not that of the type as `length`, in this order.
        let [version, kind] = *bytes.first_chunk::<2>().ok_or(BytesError::Length)?;
        if version != VERSION {
            return Err(BytesError::Version.into());
        }
        let kind = PrekeyType::from_byte(kind)?;
        if !expected.contains(&kind) {
            return Err(BytesError::Type.into());
        }
        let mut reader = Reader::new(bytes);
        reader.slice(2)?;
        let (id, device) = (reader.u32()?, DeviceId(reader.u32()?));
        let (created, expires) = (reader.u64()?, reader.u64()?);
        let (key, signature) = (reader.slice(K::LENGTH)?, reader.array()?);
        reader.finish()?;

        let fields = RecordFields { kind, id, device, created, expires };
        fields.check()?;
        //= spec/05-prepared.md#5-1-prekey-records
        //# [PREP-03] A verifier MUST refuse a record as `key` when its X25519 key is not canonical
        //# or its encapsulation key is not valid by PRIM-18.
        let key = K::read(key)?;
        //= spec/05-prepared.md#5-1-prekey-records
        //# [PREP-04] A verifier MUST refuse a record whose signature does not verify under the `IK`
        //# of the card as `signature`.
        let (body, _) = bytes.split_last_chunk::<64>().ok_or(BytesError::Length)?;
        verify(&sha256(&[body]), &signature)?;
        //= spec/05-prepared.md#5-1-prekey-records
        //# [PREP-05] A verifier MUST refuse a record whose device id is not that of the card as
        //# `identity`.
        if device != owner {
            return Err(PeerError::Identity.into());
        }
        Ok(Self { fields, key, bytes: bytes.to_vec() })
    }

    /// Checks the dates at time `at`.
    ///
    /// ```text
    /// record is valid at t  <=>  created <= t + DAY  and  t < expires
    /// ```
    ///
    /// # Errors
    /// `time`.
    pub const fn valid_at(&self, at: u64) -> Result<(), PeerError> {
        if self.fields.created <= at.saturating_add(DAY) && at < self.fields.expires {
            Ok(())
        } else {
            Err(PeerError::Time)
        }
    }

    /// What the record says.
    pub const fn fields(&self) -> &RecordFields {
        &self.fields
    }

    /// The public key.
    pub const fn key(&self) -> &K {
        &self.key
    }

    /// The bytes, signature included.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
