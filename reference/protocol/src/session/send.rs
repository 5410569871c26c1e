//! Chapter 7.3 Sealing, and what only a session can say: receipts and close.

use super::Session;
use crate::crypto::draw;
use crate::error::{CallerError, Error};
use crate::message::{CONTENT_MAX, Close, Kind, Receipt, seal};
use crate::secret::SecretBytes;
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
        self.seal(kind.byte(), |_| content.to_vec(), rng)
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
        let message = self.seal(Receipt::KIND, |_| receipt.encode().to_vec(), rng)?;
        self.owes_receipt = false;
        Ok(Some(message))
    }

    /// Seals the close of our direction. Nothing can be sent after it.
    ///
    /// # Errors
    /// As [`Session::send`].
    pub fn close(&mut self, rng: &mut impl TryCryptoRng) -> Result<Vec<u8>, Error> {
        let close = |(epoch, number): (u32, u32)| {
            Close { epoch, count: number.saturating_add(1) }.encode().to_vec()
        };
        let message = self.seal(Close::KIND, close, rng)?;
        self.closed = true;
        Ok(message)
    }

    //= spec/07-messages.md#7-3-sealing
    //# [MSG-14] A sender MUST check in this order: `no_session`, `closed`, `too_long`,
    //# `chain_limit`, `random`.
    fn seal(
        &mut self,
        kind: u8,
        content: impl FnOnce((u32, u32)) -> Vec<u8>,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        //= spec/08-sessions.md#8-5-close
        //# [SESSION-19] A sender MUST NOT send anything on a session after its close, and refuse as
        //# `closed`.
        if self.closed {
            return Err(CallerError::Closed.into());
        }
        let next = self.ratchet.next_place();
        let content = SecretBytes::new(content(next));
        //= spec/07-messages.md#7-3-sealing
        //# [MSG-01] A sender MUST refuse content longer than 65,531 bytes as `too_long`.
        if content.expose().len() > CONTENT_MAX {
            return Err(CallerError::TooLong.into());
        }
        let prepared = self.ratchet.prepare(rng)?;
        let salt = draw(rng)?;
        let message = seal(
            self.suite,
            prepared.key,
            self.ratchet.sending_header(),
            &self.outgoing,
            &prepared.header,
            &salt,
            kind,
            content.expose(),
        );
        self.ratchet.commit_sent(prepared.advance);
        self.generation += 1;
        Ok(message)
    }
}
