//! Chapter 5.2 The bundle.

use super::record::{CurveRecord, KemRecord, PrekeyType, Record};
use crate::crypto::dh::DhPublic;
use crate::crypto::kem::KemPublic;
use crate::error::{BytesError, Error, PeerError};
use crate::keys::{CARD_LENGTH, Card};
use crate::wire::Reader;
use alloc::vec;
use alloc::vec::Vec;

const VERSION: u8 = 1;
const ONE_TIME: u8 = 1;
const KEM: u8 = 2;

/// What an initiator fetches: a card and prekeys, all verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    card: Card,
    signed: CurveRecord,
    one_time: Option<CurveRecord>,
    kem: Option<KemRecord>,
}

impl Bundle {
    /// Parses and verifies a bundle. Dates are for [`Bundle::valid_at`].
    ///
    /// # Errors
    /// As PREP-06 and PREP-07, in that order.
    pub fn verify(bytes: &[u8]) -> Result<Self, Error> {
        //= spec/05-prepared.md#5-2-the-bundle
        //# [PREP-06] An initiator MUST refuse a bundle of fewer than 2 bytes as `length`, a version
        //# other than `0x01` as `version`, unknown parts as `encoding`, and a length that is not
        //# that of the parts as `length`, in this order.
        let [version, parts] = *bytes.first_chunk::<2>().ok_or(BytesError::Length)?;
        if version != VERSION {
            return Err(BytesError::Version.into());
        }
        if parts & !(ONE_TIME | KEM) != 0 {
            return Err(BytesError::Encoding.into());
        }
        let mut reader = Reader::new(bytes);
        reader.slice(2)?;
        let card = reader.slice(CARD_LENGTH)?;
        let signed = reader.slice(CurveRecord::LENGTH)?;
        let one_time = part(&mut reader, parts & ONE_TIME, CurveRecord::LENGTH)?;
        let kem = part(&mut reader, parts & KEM, KemRecord::LENGTH)?;
        reader.finish()?;

        //= spec/05-prepared.md#5-2-the-bundle
        //# [PREP-07] An initiator MUST then verify the card as chapter 3, the SPK record (type
        //# `0x01`), the OPK record if present (type `0x02`) and the PQK record if present (type
        //# `0x03` or `0x04`), in this order.
        let card = Card::verify(card)?;
        let signed = Record::<DhPublic>::verify_of(&card, signed, &[PrekeyType::Signed])?;
        let one_time = one_time
            .map(|bytes| Record::<DhPublic>::verify_of(&card, bytes, &[PrekeyType::OneTime]))
            .transpose()?;
        let kinds = [PrekeyType::OneTimeKem, PrekeyType::LastResortKem];
        let kem =
            kem.map(|bytes| Record::<KemPublic>::verify_of(&card, bytes, &kinds)).transpose()?;
        Ok(Self { card, signed, one_time, kem })
    }

    /// Puts a bundle together from bytes, as a relay does. Nothing is verified.
    pub fn encode(
        card: &[u8],
        signed: &[u8],
        one_time: Option<&[u8]>,
        kem: Option<&[u8]>,
    ) -> Vec<u8> {
        let parts =
            if one_time.is_some() { ONE_TIME } else { 0 } | if kem.is_some() { KEM } else { 0 };
        let mut out = vec![VERSION, parts];
        for piece in [Some(card), Some(signed), one_time, kem].into_iter().flatten() {
            out.extend_from_slice(piece);
        }
        out
    }

    /// Checks the dates of card and records at time `at`.
    ///
    /// # Errors
    /// `time`.
    //= spec/05-prepared.md#5-2-the-bundle
    //# [PREP-08] An initiator MUST refuse a bundle as `time` when the card or a record is not valid
    //# at its present time, in the order of PREP-07, after all have verified.
    pub fn valid_at(&self, at: u64) -> Result<(), PeerError> {
        self.card.valid_at(at)?;
        self.signed.valid_at(at)?;
        self.one_time.iter().try_for_each(|record| record.valid_at(at))?;
        self.kem.iter().try_for_each(|record| record.valid_at(at))
    }

    /// The card.
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// The signed prekey.
    pub const fn signed(&self) -> &CurveRecord {
        &self.signed
    }

    /// The one-time prekey.
    pub const fn one_time(&self) -> Option<&CurveRecord> {
        self.one_time.as_ref()
    }

    /// The KEM prekey.
    pub const fn kem(&self) -> Option<&KemRecord> {
        self.kem.as_ref()
    }
}

fn part<'a>(
    reader: &mut Reader<'a>,
    present: u8,
    length: usize,
) -> Result<Option<&'a [u8]>, BytesError> {
    if present == 0 { Ok(None) } else { reader.slice(length).map(Some) }
}
