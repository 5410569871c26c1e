//! Chapter 7.3 Sealing, and what only a session can say: receipts and close.

use super::Session;
use crate::crypto::draw;
use crate::error::{BytesError, CallerError, Error};
use crate::message::{
    CONTENT_BEGIN, CONTENT_MAX, Close, Kind, Receipt, seal_in_place, sealed_length, unsealed,
};
use crate::ratchet::Prepared;
use crate::secret::{Secret, SecretBytes};
use alloc::vec::Vec;
use core::mem;
use rand_core::TryCryptoRng;

impl Session {
    /// Seals application content. Draws as chapter 8.7; the packet still lacks its Complete,
    /// see [`Session::packet`].
    ///
    /// # Errors
    /// `closed`, `too_long`, `chain_limit`, `random`.
    pub fn send(
        &mut self,
        kind: Kind,
        content: &[u8],
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        self.seal(kind.byte(), content, rng)
    }

    /// [`Session::send`] of the content that lies in `message` behind [`CONTENT_BEGIN`] bytes,
    /// whatever those are; afterwards the message lies there. Copies nothing, and takes no memory
    /// where `message` has room for [`sealed_length`] bytes; memory that is too small is erased.
    ///
    /// # Errors
    /// As [`Session::send`], and `length` when `message` ends before its content begins; `message`
    /// is as before.
    pub fn send_in_place(
        &mut self,
        kind: Kind,
        message: &mut Vec<u8>,
        rng: &mut impl TryCryptoRng,
    ) -> Result<(), Error> {
        let length = message.len().checked_sub(CONTENT_BEGIN).ok_or(BytesError::Length)?;
        let sealing = self.prepare(length, rng)?;
        if message.capacity() < sealed_length(length) {
            let roomy = unsealed(message.get(CONTENT_BEGIN..).unwrap_or_default());
            drop(SecretBytes::new(mem::replace(message, roomy)));
        }
        self.seal_prepared(sealing, kind.byte(), message);
        Ok(())
    }

    /// Seals a receipt for the newest receiving chain; `None` when none is owed: nothing but
    /// receipts was accepted since the last one.
    ///
    /// # Errors
    /// As [`Session::send`].
    //= spec/08-sessions.md#8-4-receipts
    //# [SESSION-17] A device MUST NOT send a receipt for a message that holds only a receipt.
    //= spec/08-sessions.md#8-4-receipts
    //# [SESSION-32] A device that is asked for a receipt and owes none MUST send nothing and draw
    //# nothing; the answer to a repeated Complete (HS-38) or PrekeyInit (PREP-30) is sent whether
    //# owed or not.
    pub fn receipt(&mut self, rng: &mut impl TryCryptoRng) -> Result<Option<Vec<u8>>, Error> {
        if self.owes_receipt { self.answer(rng) } else { Ok(None) }
    }

    /// Seals a receipt, owed or not: the answer to a repeated Complete.
    pub(crate) fn answer(&mut self, rng: &mut impl TryCryptoRng) -> Result<Option<Vec<u8>>, Error> {
        let Some(it) = self.ratchet.received() else { return Ok(None) };
        let receipt = Receipt { epoch: it.epoch, below: it.below, bitmap: it.bitmap };
        let message = self.seal(Receipt::KIND, &receipt.encode(), rng)?;
        self.owes_receipt = false;
        Ok(Some(message))
    }

    /// Seals the close of our direction. Nothing can be sent after it.
    ///
    /// # Errors
    /// As [`Session::send`].
    pub fn close(&mut self, rng: &mut impl TryCryptoRng) -> Result<Vec<u8>, Error> {
        let (epoch, number) = self.ratchet.next_place();
        let close = Close { epoch, count: number.saturating_add(1) };
        let message = self.seal(Close::KIND, &close.encode(), rng)?;
        self.closed = true;
        Ok(message)
    }

    fn seal(
        &mut self,
        kind: u8,
        content: &[u8],
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let sealing = self.prepare(content.len(), rng)?;
        let mut message = unsealed(content);
        self.seal_prepared(sealing, kind, &mut message);
        Ok(message)
    }

    /// Everything that can fail about a message with so much content. Changes nothing.
    //= spec/07-messages.md#7-3-sealing
    //# [MSG-14] A sender MUST check in this order: `no_session`, `closed`, `too_long`,
    //# `chain_limit`, `random`.
    fn prepare(
        &self,
        length: usize,
        rng: &mut impl TryCryptoRng,
    ) -> Result<(Prepared, Secret<16>), Error> {
        //= spec/08-sessions.md#8-5-close
        //# [SESSION-19] A sender MUST NOT send anything on a session after its close, and refuse as
        //# `closed`.
        if self.closed {
            return Err(CallerError::Closed.into());
        }
        //= spec/07-messages.md#7-3-sealing
        //# [MSG-01] A sender MUST refuse content longer than 65,531 bytes as `too_long`.
        if length > CONTENT_MAX {
            return Err(CallerError::TooLong.into());
        }
        Ok((self.ratchet.prepare(rng)?, draw(rng)?))
    }

    fn seal_prepared(
        &mut self,
        (prepared, salt): (Prepared, Secret<16>),
        kind: u8,
        message: &mut Vec<u8>,
    ) {
        seal_in_place(
            self.suite,
            prepared.key,
            self.ratchet.sending_header(),
            &self.outgoing,
            &prepared.header,
            &salt,
            kind,
            message,
        );
        self.ratchet.commit_sent(prepared.advance);
        self.generation += 1;
    }
}
