//! Chapter 8.2: the life cycle of one session. Time comes in as a parameter.

use super::Session;
use crate::crypto::kdf::sha256;
use crate::handshake::{COMPLETE_LENGTH, CompletePacket, HandshakeId, PrekeyPacket};
use crate::limits::{
    CHAIN_MAX, COMPLETE_ANSWERS, COMPLETE_REPEATS, DAY, RECEIPT_INTERVAL, SUPERSEDED_AGE,
    UNCONFIRMED_AGE, UNCONFIRMED_AGE_PREPARED, UNCONFIRMED_MESSAGES_PREPARED,
};
use crate::prekeys::Names;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// What a session remembers of the end of its handshake.
#[derive(Debug)]
pub enum Confirmation {
    /// Initiator, not confirmed: what to put before every message.
    Unconfirmed(Opening),
    /// Initiator, given up: still receives, and still puts this before what it sends.
    GivenUp(Opening),
    /// Initiator, confirmed.
    Confirmed,
    /// Responder: how to know the packet again that began the session.
    Responder(Heard),
}

/// The bytes that an initiator repeats until it has been answered.
#[derive(Debug, Clone)]
pub enum Opening {
    /// The 164 bytes of Complete.
    Complete(Box<[u8; COMPLETE_LENGTH]>),
    /// The handshake bytes of a `PrekeyInit`.
    Prepared(Box<[u8]>),
}

impl Opening {
    /// A message as it goes out behind these bytes.
    fn packet(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Complete(complete) => CompletePacket::encode(complete, message),
            //= spec/05-prepared.md#5-6-initiator
            //# [PREP-18] Until it has accepted one message of the responder on the session, an
            //# initiator MUST put the same handshake bytes before every message of the session; it
            //# sends none without a message.
            Self::Prepared(handshake) => PrekeyPacket::encode(handshake, message),
        }
    }
}

/// What a responder accepted to begin a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A Complete: its handshake id, SHA-256 of the 164 bytes.
    Complete(HandshakeId, [u8; 32]),
    /// A `PrekeyInit`: SHA-256 of the handshake bytes, and the prekeys that it used.
    Prepared([u8; 32], Names),
}

impl Heard {
    /// That of this Complete.
    pub fn complete(packet: &CompletePacket<'_>) -> Self {
        Self::Complete(packet.id(), sha256(&[packet.complete]))
    }
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Ours, and the responder has not answered on it.
    Unconfirmed,
    /// Ours, unconfirmed, and at a limit.
    GivenUp,
    /// Both sides have it.
    Confirmed,
}

#[derive(Debug)]
pub(super) struct Life {
    pub(super) confirmation: Confirmation,
    pub(super) created: u64,
    pub(super) last_accepted: u64,
    pub(super) superseded: Option<u64>,
    pub(super) repeats: u8,
    pub(super) answered: u64,
    pub(super) answers: u8,
}

impl Life {
    pub(super) const fn new(confirmation: Confirmation, now: u64) -> Self {
        Self {
            confirmation,
            created: now,
            last_accepted: now,
            superseded: None,
            repeats: 0,
            answered: now,
            answers: 0,
        }
    }

    /// Whether this confirmed the session.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-05] An initiator MUST treat an unconfirmed or given-up session as confirmed when it
    //# has accepted a message on it.
    pub(super) fn accepted(&mut self, now: u64) -> bool {
        self.last_accepted = self.last_accepted.max(now);
        let open =
            matches!(self.confirmation, Confirmation::Unconfirmed(_) | Confirmation::GivenUp(_));
        if open {
            self.confirmation = Confirmation::Confirmed;
        }
        open
    }
}

impl Session {
    /// Where the session stands.
    pub const fn status(&self) -> Status {
        match self.life.confirmation {
            Confirmation::Unconfirmed(_) => Status::Unconfirmed,
            Confirmation::GivenUp(_) => Status::GivenUp,
            Confirmation::Confirmed | Confirmation::Responder(_) => Status::Confirmed,
        }
    }

    /// A sealed message as it goes out: behind its opening until the session is confirmed.
    //= spec/04-handshake.md#4-7-repeating-complete
    //# [HS-36] Until it has accepted one message of the responder on the session, an initiator MUST
    //# put the same 164 bytes before every message of the session.
    pub fn packet(&self, message: Vec<u8>) -> Vec<u8> {
        match &self.life.confirmation {
            Confirmation::Unconfirmed(opening) | Confirmation::GivenUp(opening) => {
                opening.packet(&message)
            }
            Confirmation::Confirmed | Confirmation::Responder(_) => message,
        }
    }

    /// Whether a Complete is the one of this session: `None` when it names another handshake.
    //= spec/04-handshake.md#4-6-responder-receiving-complete
    //# [HS-33] A responder MUST treat a byte-identical repetition of an accepted Complete as
    //# accepted without effect, and go on to the message behind it; when that message is refused,
    //# the packet is refused with its error.
    //= spec/04-handshake.md#4-6-responder-receiving-complete
    //# [HS-34] A responder MUST refuse a different Complete with the handshake id of an existing
    //# session as `unknown_handshake`.
    pub fn knows_complete(&self, packet: &CompletePacket<'_>) -> Option<bool> {
        match &self.life.confirmation {
            Confirmation::Responder(Heard::Complete(id, hash)) if *id == packet.id() => {
                Some(*hash == sha256(&[packet.complete]))
            }
            _ => None,
        }
    }

    /// Whether the session began with handshake bytes of this hash.
    //= spec/05-prepared.md#5-8-the-same-handshake-bytes-again
    //# [PREP-28] A responder MUST treat handshake bytes of a session that it has as known, without
    //# effect, and go on to the message behind them; when that message is refused, the packet is
    //# refused with its error.
    pub(crate) fn knows_prepared(&self, hash: &[u8; 32]) -> bool {
        self.prepared().is_some_and(|(it, _)| it == hash)
    }

    /// Hash of the handshake bytes that began the session, and the prekeys that they used.
    pub(crate) const fn prepared(&self) -> Option<(&[u8; 32], &Names)> {
        match &self.life.confirmation {
            Confirmation::Responder(Heard::Prepared(hash, names)) => Some((hash, names)),
            _ => None,
        }
    }

    /// Whether we know that the other side has the session confirmed. Once so, always so: no chain
    /// of the peer comes before one that was accepted.
    pub const fn settled(&self) -> bool {
        match self.life.confirmation {
            Confirmation::Unconfirmed(_) | Confirmation::GivenUp(_) => false,
            Confirmation::Confirmed => true,
            Confirmation::Responder(_) => !self.ratchet.receives_first(),
        }
    }

    /// Whether the first chain rests on prekeys that outlive it, and is still in use.
    pub const fn reduced_forward_secrecy(&self) -> bool {
        self.reduced && !self.settled()
    }

    /// Complete again, when it is time for it.
    //= spec/04-handshake.md#4-7-repeating-complete
    //# [HS-37] An initiator SHOULD repeat Complete with an empty message 2 s, 6 s and 18 s after it
    //# first sent it, until the session is confirmed; moments that have passed together are one
    //# repetition.
    pub fn repeat(&mut self, now: u64) -> Option<Vec<u8>> {
        let Confirmation::Unconfirmed(opening @ Opening::Complete(_)) = &self.life.confirmation
        else {
            return None;
        };
        let age = now.saturating_sub(self.life.created);
        let passed = (0_u8..).zip(COMPLETE_REPEATS).take_while(|(_, after)| *after <= age);
        let passed = passed.last().map_or(0, |(index, _)| index + 1);
        if passed <= self.life.repeats {
            return None;
        }
        let packet = opening.packet(&[]);
        self.life.repeats = passed;
        self.generation += 1;
        Some(packet)
    }

    /// Whether a Complete or a `PrekeyInit` may be answered now.
    //= spec/04-handshake.md#4-7-repeating-complete
    //# [HS-38] A responder MUST answer an accepted Complete with a receipt (chapter 8), and a
    //# repeated one with a receipt again, at most one a second and at most `COMPLETE_ANSWERS` for a
    //# session.
    //= spec/05-prepared.md#5-8-the-same-handshake-bytes-again
    //# [PREP-30] A responder MUST answer an accepted PrekeyInit with a receipt, and a repeated one
    //# with a receipt again, at most one a second and at most `COMPLETE_ANSWERS` for a session.
    pub(crate) const fn may_answer(&self, now: u64) -> bool {
        let in_time = now.saturating_sub(self.life.answered) >= RECEIPT_INTERVAL;
        self.life.answers == 0 || (in_time && self.life.answers < COMPLETE_ANSWERS)
    }

    /// Notes that Complete was answered.
    pub(crate) const fn answered(&mut self, now: u64) {
        self.life.answered = now;
        self.life.answers += 1;
        self.generation += 1;
    }

    /// Whether an unconfirmed session has reached a limit.
    pub(crate) fn at_limit(&self, now: u64) -> bool {
        let Confirmation::Unconfirmed(opening) = &self.life.confirmation else { return false };
        let (most, age) = match opening {
            Opening::Complete(_) => (CHAIN_MAX, UNCONFIRMED_AGE),
            Opening::Prepared(_) => (UNCONFIRMED_MESSAGES_PREPARED, UNCONFIRMED_AGE_PREPARED),
        };
        let sent = self.ratchet.sent().map_or(0, |(_, count)| count);
        sent >= most
            || now.saturating_sub(self.life.created) >= age
            || self.key.ts_i > now.saturating_add(DAY)
    }

    /// Whether a message may go out on the session now.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-31] An operation MUST treat a session at a limit as given up for sending, and one
    //# whose 7 days are over as dropped.
    pub(crate) fn may_send(&self, now: u64) -> bool {
        self.status() != Status::GivenUp && !self.at_limit(now) && !self.outlived(now)
    }

    /// Gives an unconfirmed session up. Returns how many messages were never confirmed.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-06] An initiator MUST give an unconfirmed session up when it reaches a limit, and
    //# report which numbers were sent on it and never confirmed.
    pub(crate) fn give_up(&mut self) -> Option<u32> {
        let Confirmation::Unconfirmed(opening) = &self.life.confirmation else { return None };
        self.life.confirmation = Confirmation::GivenUp(opening.clone());
        self.generation += 1;
        self.ratchet.sent().map(|(_, count)| count)
    }

    /// Notes that a greater session is settled.
    pub(crate) fn supersede(&mut self, now: u64) {
        if self.life.superseded.is_none() {
            self.life.superseded = Some(now);
            self.generation += 1;
        }
    }

    /// Whether a superseded session has had its time.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-10] A device MUST drop a session 7 days after the later of two moments: when it
    //# first stood below a settled session, and when the last message was accepted on it or else it
    //# began.
    pub(crate) fn outlived(&self, now: u64) -> bool {
        self.life.superseded.is_some_and(|moment| {
            now.saturating_sub(moment.max(self.life.last_accepted)) >= SUPERSEDED_AGE
        })
    }
}
