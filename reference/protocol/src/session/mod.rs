//! Chapter 8 Sessions: one session with one peer device, as a value.
//!
//! This module knows nothing about other sessions with the same device.

mod life;
mod snapshot;

pub use life::{Confirmation, Status};

use crate::crypto::kdf::{self, expand, start};
use crate::crypto::labels::{Expand, Start};
use crate::crypto::{Choice, draw};
use crate::error::{CallerError, Error, PeerError};
use crate::handshake::{Agreement, RatchetStart};
use crate::keys::Party;
use crate::limits::{EXPORT_LABEL, EXPORT_LENGTH};
use crate::message::{
    CONTENT_MAX, Close, Content, Direction, Envelope, Kind, Receipt, seal,
};
use crate::ratchet::{Gap, Place, Ratchet, Taken};
use crate::secret::{Secret, SecretBytes};
use crate::wire::Suite;
use alloc::vec::Vec;
use life::Life;
use rand_core::TryCryptoRng;

/// The name of a session, the same on both sides.
pub type SessionId = [u8; 16];

/// What a session is ordered by: `(ts_I, session id)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey {
    /// The initiator's time.
    pub ts_i: u64,
    /// The session id.
    pub id: SessionId,
}

/// The role of a side in the handshake, kept for the life of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sent Init.
    Initiator,
    /// Sent Response.
    Responder,
}

impl Role {
    const fn byte(self) -> u8 {
        match self {
            Self::Initiator => 0x01,
            Self::Responder => 0x02,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
        }
    }
}

/// One session with one peer device. Not `Clone`: two live copies would reuse message keys.
#[derive(Debug)]
pub struct Session {
    suite: Suite,
    role: Role,
    key: SessionKey,
    our: Party,
    their: Party,
    transcript: [u8; 32],
    exporter: Secret<32>,
    outgoing: Direction,
    incoming: Direction,
    ratchet: Ratchet,
    generation: u64,
    closed: bool,
    peer_closed: Option<(u32, u32)>,
    life: Life,
}

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
}

impl Session {
    /// Starts a session at time `now` from what a handshake left behind.
    //# [SESSION-01]
    pub fn new(agreement: Agreement, confirmation: Confirmation, now: u64) -> Self {
        let Agreement { suite, secret, transcript, ts_i, our, their, ratchet } = agreement;
        let role = match ratchet {
            RatchetStart::Initiator { .. } => Role::Initiator,
            RatchetStart::Responder { .. } => Role::Responder,
        };
        let id = *expand(suite, &secret, Expand::SESSION_ID, &[]).expose();
        Self {
            suite,
            role,
            key: SessionKey { ts_i, id },
            our,
            their,
            transcript,
            exporter: expand(suite, &secret, Expand::EXPORTER, &[]),
            outgoing: direction(&transcript, role, our, their),
            incoming: direction(&transcript, role.other(), their, our),
            ratchet: Ratchet::new(suite, &secret, ratchet),
            generation: 0,
            closed: false,
            peer_closed: None,
            life: Life::new(confirmation, now),
        }
    }

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

    /// Seals a receipt for the newest receiving chain; `None` when there is no such chain.
    ///
    /// # Errors
    /// As [`Session::send`].
    pub fn receipt(&mut self, rng: &mut impl TryCryptoRng) -> Result<Option<Vec<u8>>, Error> {
        let Some(it) = self.ratchet.received() else { return Ok(None) };
        let receipt = Receipt { epoch: it.epoch, below: it.below, bitmap: it.bitmap };
        self.seal(Receipt::KIND, |_| receipt.encode().to_vec(), rng).map(Some)
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

    fn seal(
        &mut self,
        kind: u8,
        content: impl FnOnce((u32, u32)) -> Vec<u8>,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        //# [SESSION-19]
        if self.closed {
            return Err(CallerError::Closed.into());
        }
        let next = self.ratchet.next_place();
        let content = SecretBytes::new(content(next));
        //# [MSG-01]
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

    /// Compares the MAC of a message with every candidate, in constant time each.
    /// All are computed, whether or not one has matched.
    //# [MSG-07]
    pub fn candidate(&self, envelope: &Envelope<'_>) -> Option<Place> {
        if envelope.suite() != self.suite {
            return None;
        }
        let verdicts: Vec<(Place, Choice)> = self
            .ratchet
            .candidates()
            .map(|(place, keys)| (place, envelope.verifies(keys, &self.incoming)))
            .collect();
        verdicts.into_iter().find(|(_, verdict)| (*verdict).into()).map(|(place, _)| place)
    }

    /// Opens a message. Changes nothing and draws nothing.
    ///
    /// # Errors
    /// As the table of chapter 7.4, in its order.
    //# [MSG-05]
    //# [MSG-08]
    pub fn open(&self, message: &[u8]) -> Result<(Advance, Plaintext), Error> {
        let envelope = Envelope::decode(message)?;
        let place = self.candidate(&envelope).ok_or(PeerError::Authentication)?;
        self.open_at(&envelope, place)
    }

    /// Opens a message whose MAC has verified at `place`.
    ///
    /// # Errors
    /// As [`Session::open`] from step 3 on.
    pub fn open_at(
        &self,
        envelope: &Envelope<'_>,
        place: Place,
    ) -> Result<(Advance, Plaintext), Error> {
        let (_, keys) = self
            .ratchet
            .candidates()
            .find(|(candidate, _)| *candidate == place)
            .ok_or(PeerError::Authentication)?;
        let header = envelope.open_header(keys, &self.incoming)?;
        let taken = self.ratchet.take(place, &header, envelope.mac())?;
        let content = envelope.open_body(&taken.key, &self.incoming)?;
        let close = self.judge(&content, (taken.epoch, taken.number))?;
        //# [SESSION-13]
        let plaintext = Plaintext {
            epoch: taken.epoch,
            number: taken.number,
            gap: taken.gap.clone(),
            content,
        };
        Ok((Advance { taken, close }, plaintext))
    }

    /// What a message's content and place say about the session.
    fn judge(&self, content: &Content, place: (u32, u32)) -> Result<Option<(u32, u32)>, PeerError> {
        let close = match content {
            Content::Data(..) => None,
            //# [SESSION-18]
            Content::Receipt(receipt) => {
                let (newest, count) = self.ratchet.sent().ok_or(PeerError::Content)?;
                let sent = receipt.epoch <= newest && (newest - receipt.epoch).is_multiple_of(2);
                if !sent || (receipt.epoch == newest && receipt.end() > count.into()) {
                    return Err(PeerError::Content);
                }
                None
            }
            //# [SESSION-20]
            Content::Close(close) => {
                if (close.epoch, close.count) != (place.0, place.1.saturating_add(1)) {
                    return Err(PeerError::Content);
                }
                Some(place)
            }
        };
        //# [SESSION-21]
        let after_close = self.peer_closed.is_some_and(|end| place > end);
        let too_early = close.is_some() && self.ratchet.greatest_accepted() > Some(place);
        if after_close || too_early { Err(PeerError::Closed) } else { Ok(close) }
    }

    /// Applies what [`Session::open`] decided, at time `now`. Cannot fail.
    /// Returns whether this confirmed the session.
    //# [SESSION-23]
    pub fn commit(&mut self, advance: Advance, now: u64) -> bool {
        self.ratchet.commit_received(advance.taken);
        self.peer_closed = self.peer_closed.or(advance.close);
        self.generation += 1;
        self.life.accepted(now)
    }

    /// A secret of the session for the application.
    ///
    /// ```text
    /// export(label, context, L) = LExpand(exporter secret, "app:" || label, SHA-256(context), L)
    /// ```
    ///
    /// # Errors
    /// `export` unless the label has 1 to 64 bytes and the length is 1 to 8,160.
    pub fn export(&self, label: &[u8], context: &[u8], length: usize) -> Result<SecretBytes, CallerError> {
        export(self.suite, &self.exporter, label, context, length)
    }

    /// `(ts_I, session id)`.
    pub const fn key(&self) -> SessionKey {
        self.key
    }

    /// Our role.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The peer's device.
    pub const fn peer(&self) -> Party {
        self.their
    }

    /// Grows with every commit.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the peer's close was accepted; otherwise the end of the session is unknown.
    //# [SESSION-22]
    pub const fn peer_closed(&self) -> bool {
        self.peer_closed.is_some()
    }

    /// What a receipt sent now would say.
    pub fn received(&self) -> Option<Receipt> {
        let it = self.ratchet.received()?;
        Some(Receipt { epoch: it.epoch, below: it.below, bitmap: it.bitmap })
    }

    /// Number of stored skipped keys.
    pub fn stored_keys(&self) -> usize {
        self.ratchet.stored_keys()
    }
}

/// [`Session::export`] under an exporter secret.
///
/// # Errors
/// `export`.
pub fn export(
    suite: Suite,
    exporter: &Secret<32>,
    label: &[u8],
    context: &[u8],
    length: usize,
) -> Result<SecretBytes, CallerError> {
    //# [SESSION-02]
    if label.is_empty() || label.len() > EXPORT_LABEL || !(1..=EXPORT_LENGTH).contains(&length) {
        return Err(CallerError::Export);
    }
    Ok(kdf::export(suite, exporter, label, context, length))
}

/// ```text
/// AD_dir = SHA-256(PROTO || "ad" || transcript || role of the sender || IK_sender || device_sender
///                  || IK_receiver || device_receiver)
/// ```
fn direction(transcript: &[u8; 32], role: Role, sender: Party, receiver: Party) -> Direction {
    let parts: [&[u8]; 6] = [
        transcript,
        &[role.byte()],
        sender.key.as_bytes(),
        &sender.device.0.to_be_bytes(),
        receiver.key.as_bytes(),
        &receiver.device.0.to_be_bytes(),
    ];
    start(Start::AD, &parts)
}
