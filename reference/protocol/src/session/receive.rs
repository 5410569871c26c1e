//! Chapter 7.4 Opening: decide on `&self`, then commit.

use super::Session;
use crate::error::{Error, PeerError};
use crate::message::{Content, Envelope};
use crate::ratchet::{Gap, Place, Taken};
use crate::secret::SecretBytes;
use alloc::vec::Vec;

/// An accepted message.
#[derive(Debug)]
pub struct Plaintext {
    /// The chain.
    pub epoch: u32,
    /// The number in the chain.
    pub number: u32,
    /// The numbers that this message jumped over.
    pub gap: Vec<Gap>,
    /// What it carries.
    pub content: Content,
}

/// What accepting a message will change. Made by [`Session::open`], spent by [`Session::commit`].
#[derive(Debug)]
pub struct Advance {
    taken: Taken,
    close: Option<(u32, u32)>,
    owes_receipt: bool,
}

impl Session {
    /// Compares the MAC of a message with every candidate, in constant time each.
    /// All are computed, whether or not one has matched.
    //= spec/07-messages.md#7-4-opening
    //# [MSG-07] A receiver MUST take as candidates the header keys of the current chain, the next
    //# chain and the old chains that it keeps, compute the MAC of every candidate and compare each
    //# in constant time.
    pub fn candidate(&self, envelope: &Envelope<'_>) -> Option<Place> {
        if envelope.suite() != self.suite {
            return None;
        }
        let verdict = |keys| bool::from(envelope.verifies(keys, &self.incoming));
        let verdicts =
            self.ratchet.candidates().map(|(place, keys)| verdict(keys).then_some(place));
        verdicts.fold(None, |found: Option<Place>, verdict| found.or(verdict))
    }

    /// Opens a message. Changes nothing and draws nothing.
    ///
    /// # Errors
    /// As the table of chapter 7.4, in its order.
    //= spec/07-messages.md#7-4-opening
    //# [MSG-05] A receiver MUST apply these checks in this order.
    //= spec/07-messages.md#7-4-opening
    //# [MSG-08] A session MUST refuse a message whose MAC verifies under none of its candidates as
    //# `authentication`.
    pub fn open(&self, message: &[u8]) -> Result<(Advance, Plaintext), Error> {
        self.open_into(message, SecretBytes::default())
    }

    /// [`Session::open`] with memory that has been used before: content for the application lies
    /// in it afterwards.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_into(
        &self,
        message: &[u8],
        buffer: SecretBytes,
    ) -> Result<(Advance, Plaintext), Error> {
        let envelope = Envelope::decode(message)?;
        //= spec/07-messages.md#7-4-opening
        //# [MSG-06] A receiver MUST verify the MAC before it decrypts anything.
        let place = self.candidate(&envelope).ok_or(PeerError::Authentication)?;
        self.open_at(&envelope, place, buffer)
    }

    /// Opens a message whose MAC has verified at `place`.
    ///
    /// # Errors
    /// As [`Session::open`] from step 3 on.
    pub fn open_at(
        &self,
        envelope: &Envelope<'_>,
        place: Place,
        buffer: SecretBytes,
    ) -> Result<(Advance, Plaintext), Error> {
        let (_, keys) = self
            .ratchet
            .candidates()
            .find(|(candidate, _)| *candidate == place)
            .ok_or(PeerError::Authentication)?;
        let header = envelope.open_header(keys, &self.incoming)?;
        let taken = self.ratchet.take(place, &header, envelope.mac())?;
        let content = envelope.open_body(&taken.key, &self.incoming, buffer)?;
        let close = self.judge(&content, (taken.epoch, taken.number))?;
        //= spec/08-sessions.md#8-3-order
        //# [SESSION-13] An implementation MUST report epoch, number and gap with every message that
        //# it hands to the application.
        let plaintext =
            Plaintext { epoch: taken.epoch, number: taken.number, gap: taken.gap.clone(), content };
        let owes_receipt = !matches!(plaintext.content, Content::Receipt(_));
        Ok((Advance { taken, close, owes_receipt }, plaintext))
    }

    /// What a message's content and place say about the session.
    fn judge(&self, content: &Content, place: (u32, u32)) -> Result<Option<(u32, u32)>, PeerError> {
        let close = match content {
            Content::Data(..) | Content::Announcement(_) => None,
            //= spec/08-sessions.md#8-4-receipts
            //# [SESSION-18] A receiver MUST refuse a receipt as `content` that names an epoch which
            //# the receiver never sent (an epoch that it sent has the parity of its own chains and
            //# is not greater than its newest), or claims in its newest sent chain a number that it
            //# has not sent; numbers of older epochs are not bounded.
            Content::Receipt(receipt) => {
                let (newest, count) = self.ratchet.sent().ok_or(PeerError::Content)?;
                let sent = receipt.epoch <= newest && (newest - receipt.epoch).is_multiple_of(2);
                if !sent || (receipt.epoch == newest && receipt.end() > count.into()) {
                    return Err(PeerError::Content);
                }
                None
            }
            //= spec/08-sessions.md#8-5-close
            //# [SESSION-20] A receiver MUST refuse a close whose epoch and count are not its own
            //# epoch and number plus one as `content`.
            Content::Close(close) => {
                if (close.epoch, close.count) != (place.0, place.1.saturating_add(1)) {
                    return Err(PeerError::Content);
                }
                Some(place)
            }
        };
        //= spec/08-sessions.md#8-5-close
        //# [SESSION-21] A receiver MUST refuse as `after_close` a message that comes after an
        //# accepted close in the order of its sender, and a close that comes before an accepted
        //# message.
        let after_close = self.peer_closed.is_some_and(|end| place > end);
        let too_early = close.is_some() && self.ratchet.greatest_accepted() > Some(place);
        if after_close || too_early { Err(PeerError::AfterClose) } else { Ok(close) }
    }

    /// Applies what [`Session::open`] decided, at time `now`. Cannot fail.
    /// Returns whether this confirmed the session.
    //= spec/08-sessions.md#8-6-state-and-snapshots
    //# [SESSION-23] A session's `generation` MUST grow with every commit.
    pub fn commit(&mut self, advance: Advance, now: u64) -> bool {
        self.ratchet.commit_received(advance.taken);
        self.peer_closed = self.peer_closed.or(advance.close);
        self.owes_receipt |= advance.owes_receipt;
        self.generation += 1;
        self.life.accepted(now)
    }
}
