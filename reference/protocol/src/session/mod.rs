//! Chapter 8 Sessions: one session with one peer device, as a value.
//!
//! This module knows nothing about other sessions with the same device.

mod life;
mod receive;
mod send;
mod snapshot;

pub use life::{Confirmation, Heard, Opening, Status};
pub use receive::{Advance, Plaintext};

use crate::crypto::kdf::{self, expand, start};
use crate::crypto::labels::{Expand, Start};
use crate::error::CallerError;
use crate::handshake::{Agreement, RatchetStart};
use crate::keys::Party;
use crate::limits::{EXPORT_LABEL, EXPORT_LENGTH};
use crate::message::{Direction, Receipt};
use crate::ratchet::Ratchet;
use crate::secret::{Secret, SecretBytes};
use crate::wire::Suite;
use life::Life;

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
    their: Party,
    outgoing: Direction,
    incoming: Direction,
    exporter: Secret<32>,
    ratchet: Ratchet,
    generation: u64,
    reduced: bool,
    closed: bool,
    owes_receipt: bool,
    peer_closed: Option<(u32, u32)>,
    life: Life,
}

impl Session {
    /// Starts a session at time `now` from what a handshake left behind.
    //= spec/08-sessions.md#8-1-what-a-session-is
    //# [SESSION-01] An implementation MUST erase `SK` and the handshake secrets when the session
    //# exists.
    pub fn new(agreement: Agreement, confirmation: Confirmation, now: u64) -> Self {
        let Agreement { suite, secret, transcript, ts_i, our, their, ratchet, reduced } = agreement;
        let role = match ratchet {
            RatchetStart::Initiator { .. } => Role::Initiator,
            RatchetStart::Responder { .. } => Role::Responder,
        };
        let id = *expand(suite, &secret, Expand::SESSION_ID, &[]).expose();
        Self {
            suite,
            role,
            key: SessionKey { ts_i, id },
            their,
            outgoing: direction(&transcript, role, our, their),
            incoming: direction(&transcript, role.other(), their, our),
            exporter: expand(suite, &secret, Expand::EXPORTER, &[]),
            ratchet: Ratchet::new(suite, &secret, ratchet),
            generation: 0,
            reduced,
            closed: false,
            owes_receipt: role == Role::Responder,
            peer_closed: None,
            life: Life::new(confirmation, now),
        }
    }

    /// A secret of the session for the application.
    ///
    /// ```text
    /// export(label, context, L) = LExpand(exporter secret, "app:" || label, SHA-256(context), L)
    /// ```
    ///
    /// # Errors
    /// `export` unless the label has 1 to 64 bytes and the length is 1 to 8,160.
    pub fn export(
        &self,
        label: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<SecretBytes, CallerError> {
        export(self.suite, &self.exporter, label, context, length)
    }

    /// `(ts_I, session id)`.
    pub const fn key(&self) -> SessionKey {
        self.key
    }

    /// The suite of handshake and session.
    pub const fn suite(&self) -> Suite {
        self.suite
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
    //= spec/08-sessions.md#8-5-close
    //# [SESSION-22] An implementation MUST NOT report a session as cleanly closed without an
    //# accepted close; its end is otherwise unknown.
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
    //= spec/08-sessions.md#8-1-what-a-session-is
    //# [SESSION-02] An export label that is empty or longer than 64 bytes, or an export length of 0
    //# or more than 8,160 bytes, MUST be refused as `export`.
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
