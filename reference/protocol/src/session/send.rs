//! Chapter 7.3 Sealing, and what only a session can say: receipts and close.

use super::Session;
use crate::crypto::draw;
use crate::error::{CallerError, Error};
use crate::message::{CONTENT_MAX, Close, Kind, Receipt, seal_into, sealed_length};
use alloc::vec::Vec;
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
        let mut message = Vec::new();
        self.seal(kind.byte(), content, rng, &mut message)?;
        Ok(message)
    }

    /// [`Session::send`], behind what `out` holds: takes no memory where `out` has room.
    ///
    /// # Errors
    /// As [`Session::send`]; `out` is as before.
    pub fn send_into(
        &mut self,
        kind: Kind,
        content: &[u8],
        rng: &mut impl TryCryptoRng,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.seal(kind.byte(), content, rng, out)
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
        let mut message = Vec::new();
        self.seal(Receipt::KIND, &receipt.encode(), rng, &mut message)?;
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
        let mut message = Vec::new();
        self.seal(Close::KIND, &close.encode(), rng, &mut message)?;
        self.closed = true;
        Ok(message)
    }

    //= spec/07-messages.md#7-3-sealing
    //# [MSG-14] A sender MUST check in this order: `no_session`, `closed`, `too_long`,
    //# `chain_limit`, `random`.
    fn seal(
        &mut self,
        kind: u8,
        content: &[u8],
        rng: &mut impl TryCryptoRng,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        //= spec/08-sessions.md#8-5-close
        //# [SESSION-19] A sender MUST NOT send anything on a session after its close, and refuse as
        //# `closed`.
        if self.closed {
            return Err(CallerError::Closed.into());
        }
        //= spec/07-messages.md#7-3-sealing
        //# [MSG-01] A sender MUST refuse content longer than 65,531 bytes as `too_long`.
        if content.len() > CONTENT_MAX {
            return Err(CallerError::TooLong.into());
        }
        let prepared = self.ratchet.prepare(rng)?;
        let salt = draw(rng)?;
        out.reserve_exact(sealed_length(content.len()));
        seal_into(
            self.suite,
            prepared.key,
            self.ratchet.sending_header(),
            &self.outgoing,
            &prepared.header,
            &salt,
            kind,
            content,
            out,
        );
        self.ratchet.commit_sent(prepared.advance);
        self.generation += 1;
        Ok(())
    }
}
