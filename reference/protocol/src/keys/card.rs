//! Chapter 3.2 The card.

use super::{Address, DeviceId, Identity, Party};
use crate::crypto::dh::DhPublic;
use crate::crypto::kdf::sha256;
use crate::crypto::labels::Purpose;
use crate::crypto::sign::{IdentityKey, Verifier};
use crate::error::{BytesError, Error, PeerError};
use crate::limits::DAY;
use crate::wire::{Reader, Suite};
use alloc::vec::Vec;

/// Length of a card.
pub const CARD_LENGTH: usize = 218;
const VERSION: u8 = 1;

/// A verified card. Only [`Card::verify`] and [`Card::issue`] make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    bytes: [u8; CARD_LENGTH],
    fields: CardFields,
    key: IdentityKey,
    verifier: Verifier,
    agreement: DhPublic,
}

/// What the owner of a card chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardFields {
    /// Bit set of suites; bit 0 is always set.
    pub suites: u32,
    /// The user's address.
    pub address: Address,
    /// The number of the device.
    pub device: DeviceId,
    /// Created, in milliseconds since 1970.
    pub created: u64,
    /// Expires, in milliseconds since 1970.
    pub expires: u64,
}

impl CardFields {
    /// Fields with every suite of this implementation.
    pub const fn new(address: Address, device: DeviceId, created: u64, expires: u64) -> Self {
        Self {
            suites: Suite::X25519.bit() | Suite::Hybrid.bit(),
            address,
            device,
            created,
            expires,
        }
    }

    const fn check(&self) -> Result<(), BytesError> {
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-03] A verifier MUST refuse a card whose suites do not have bit 0 set as
        //# `encoding`.
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-09] A verifier MUST ignore suite bits that it does not know, and keep the bytes as
        //# they are.
        if self.suites & Suite::X25519.bit() == 0 {
            return Err(BytesError::Encoding);
        }
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-06] A verifier MUST refuse a card whose `expires` is not greater than its
        //# `created` as `encoding`.
        if self.expires <= self.created {
            return Err(BytesError::Encoding);
        }
        Ok(())
    }
}

impl Card {
    /// Signs a card for `identity`.
    ///
    /// ```text
    /// card.signature = Sign(IK, "card", SHA-256(card[0..154]))
    /// ```
    ///
    /// # Errors
    /// `encoding` as CARD-03 and CARD-06.
    //= spec/03-keys.md#3-4-a-device-s-own-cards
    //# [CARD-15] A device MUST refuse to issue a card with fields outside the rules of 3.2 as
    //# `encoding`, before CARD-14.
    pub fn issue(identity: &Identity, fields: CardFields) -> Result<Self, BytesError> {
        fields.check()?;
        let (key, agreement) = (identity.key(), identity.agreement_key());
        let body: Vec<u8> = [
            [VERSION].as_slice(),
            &fields.suites.to_be_bytes(),
            &[fields.address.length],
            &fields.address.padded,
            &fields.device.0.to_be_bytes(),
            key.as_bytes(),
            agreement.as_bytes(),
            &fields.created.to_be_bytes(),
            &fields.expires.to_be_bytes(),
        ]
        .concat();
        let signature = identity.signing().sign(Purpose::CARD, &sha256(&[&body]));
        let bytes = Reader::new(&[body.as_slice(), &signature].concat()).array()?;
        let verifier = identity.signing().verifier();
        Ok(Self { bytes, fields, key, verifier, agreement })
    }

    /// Parses and verifies a card.
    ///
    /// # Errors
    /// As CARD-01 to CARD-08, in that order.
    pub fn verify(bytes: &[u8]) -> Result<Self, Error> {
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-01] A verifier MUST refuse a card that is not 218 bytes long as `length`.
        let bytes: [u8; CARD_LENGTH] = bytes.try_into().map_err(|_| BytesError::Length)?;
        let mut reader = Reader::new(&bytes);
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-02] A verifier MUST refuse a card whose version is not `0x01` as `version`.
        if reader.u8()? != VERSION {
            return Err(BytesError::Version.into());
        }
        let suites = reader.u32()?;
        let (length, padded) = (reader.u8()?, reader.array()?);
        let device = DeviceId(reader.u32()?);
        let key = IdentityKey::new(reader.array()?);
        let agreement: [u8; 32] = reader.array()?;
        let (created, expires) = (reader.u64()?, reader.u64()?);
        let signature = reader.array()?;
        reader.finish()?;

        if suites & Suite::X25519.bit() == 0 {
            return Err(BytesError::Encoding.into());
        }
        let address = Address::decode(length, padded)?;
        let fields = CardFields { suites, address, device, created, expires };
        fields.check()?;
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-07] A verifier MUST refuse a card whose `IDK` is not canonical as `key`.
        let agreement = DhPublic::decode(agreement)?;
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-08] A verifier MUST refuse a card whose signature does not verify under its own
        //# `IK` as `signature`.
        let (body, _) = bytes.split_last_chunk::<64>().ok_or(BytesError::Length)?;
        let verifier = key.verifier()?;
        verifier.verify(Purpose::CARD, &sha256(&[body]), &signature)?;
        Ok(Self { bytes, fields, key, verifier, agreement })
    }

    /// What unverified bytes claim: the key, and the place of the device if it can be read.
    pub(crate) fn claims(bytes: &[u8; CARD_LENGTH]) -> (IdentityKey, Option<(Address, DeviceId)>) {
        let read = || {
            let mut reader = Reader::new(bytes);
            reader.slice(5)?;
            let place = (reader.u8()?, reader.array()?, DeviceId(reader.u32()?));
            Ok::<_, BytesError>((place, IdentityKey::new(reader.array()?)))
        };
        read().map_or((IdentityKey::new([0; 32]), None), |((length, padded, device), key)| {
            (key, Address::decode(length, padded).ok().map(|address| (address, device)))
        })
    }

    /// Checks the dates at time `at`.
    ///
    /// ```text
    /// card is valid at t  <=>  created <= t + DAY  and  t < expires
    /// ```
    ///
    /// # Errors
    /// `time`.
    //= spec/03-keys.md#3-2-the-card
    //# [CARD-10] A user of a card MUST refuse it as `time` when it is not valid at the time of use.
    pub const fn valid_at(&self, at: u64) -> Result<(), PeerError> {
        if self.fields.created <= at.saturating_add(DAY) && at < self.fields.expires {
            Ok(())
        } else {
            Err(PeerError::Time)
        }
    }

    /// The suite of a handshake between two cards.
    ///
    /// # Errors
    /// `suite`; impossible between verified cards of this version.
    //= spec/03-keys.md#3-3-suites-of-a-handshake
    //# [CARD-12] The suite of a handshake MUST be the highest suite that both cards list; a
    //# responder refuses any other as `suite`.
    pub(crate) const fn suite_with(&self, other: &Self) -> Result<Suite, BytesError> {
        Suite::highest(self.fields.suites, other.fields.suites)
    }

    /// The 218 bytes.
    pub const fn as_bytes(&self) -> &[u8; CARD_LENGTH] {
        &self.bytes
    }

    /// What the owner chose.
    pub const fn fields(&self) -> &CardFields {
        &self.fields
    }

    /// `IK` of the device.
    pub const fn key(&self) -> IdentityKey {
        self.key
    }

    /// `IK` of the device, set up to verify.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// `IDK` of the device.
    pub const fn agreement_key(&self) -> DhPublic {
        self.agreement
    }

    /// Key and number of the device.
    pub const fn party(&self) -> Party {
        Party { key: self.key, device: self.fields.device }
    }
}
