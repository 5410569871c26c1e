//! Chapter 4 Interactive handshake: Init, Response, Complete. Chapter 5 Prepared handshake:
//! `PrekeyInit`. Both compute the same values in the same order.
//!
//! This module knows nothing about the ratchet; it ends with an [`Agreement`].

mod half_open;
mod initiator;
mod judge;
mod prepared;
mod prepared_responder;
mod psk;
mod replay;
mod responder;
mod schedule;

pub use half_open::CompleteAccepted;
pub use initiator::{AwaitingResponse, ResponseAccepted, Start};
pub use judge::{Claim, Local, Standing};
pub use prepared::{PreparedStart, prepare};
pub use prepared_responder::{PrekeyPacket, PreparedAccepted, accept_prepared};
pub use psk::{Psk, PskId, Psks};
pub use replay::ReplayCache;
pub use responder::{InitAccepted, Responder};

use crate::crypto::dh::{DhPublic, DhSecret, Shared};
use crate::crypto::kem::{KEM_CIPHERTEXT, KEM_PUBLIC};
use crate::error::BytesError;
use crate::keys::Party;
use crate::secret::Secret;
use crate::wire::{PacketType, Reader, Suite, push_lp32, read_prefix};
use alloc::vec::Vec;

/// Length of an Init.
pub const fn init_length(suite: Suite) -> usize {
    422 + kem(suite, KEM_PUBLIC)
}

/// Length of a Response.
pub const fn response_length(suite: Suite) -> usize {
    268 + kem(suite, KEM_CIPHERTEXT)
}

/// Length of the handshake bytes of a `PrekeyInit`.
pub const fn prekey_init_length(suite: Suite) -> usize {
    478 + kem(suite, 4 + KEM_CIPHERTEXT)
}

/// What suite `0x0002` adds to a layout.
const fn kem(suite: Suite, length: usize) -> usize {
    match suite {
        Suite::X25519 => 0,
        Suite::Hybrid => length,
    }
}

/// Length of a Complete without the message behind it.
pub const COMPLETE_LENGTH: usize = 164;

/// The name of a handshake while it is half open.
pub type HandshakeId = [u8; 16];

/// The sender's newest manifest and the newest of the peer that it keeps, by hash; zero: none.
pub type Views = [u8; 64];

/// What a handshake leaves behind: everything that a session starts from.
#[derive(Debug)]
pub struct Agreement {
    /// The suite of handshake and session.
    pub suite: Suite,
    /// `SK`.
    pub secret: Secret<32>,
    /// `h9` or `t5`.
    pub transcript: [u8; 32],
    /// `ts_I`, half of the session's key.
    pub ts_i: u64,
    /// Our device.
    pub our: Party,
    /// The peer's device.
    pub their: Party,
    /// The first ratchet keys.
    pub ratchet: RatchetStart,
    /// Whether the first chain rests on prekeys that outlive it.
    pub reduced: bool,
}

/// The ratchet keys of a handshake, by role, with their X25519 output.
#[derive(Debug)]
pub enum RatchetStart {
    /// We announced `RA` and know `RB` or the signed prekey.
    Initiator {
        /// `RA`.
        ours: DhSecret,
        /// `RB` or the signed prekey.
        theirs: DhPublic,
        /// `X25519(RA, RB)`.
        shared: Shared,
    },
    /// We announced `RB` or the signed prekey and know `RA`.
    Responder {
        /// Public half of `RB` or of the signed prekey.
        ours: DhPublic,
        /// `RA`.
        theirs: DhPublic,
        /// `X25519(RB, RA)`.
        shared: Shared,
    },
}

/// The 164 bytes of a Complete, and the message behind them.
#[derive(Debug, Clone, Copy)]
pub struct CompletePacket<'a> {
    /// The 164 bytes.
    pub complete: &'a [u8; COMPLETE_LENGTH],
    /// The message, perhaps empty.
    pub message: &'a [u8],
}

impl<'a> CompletePacket<'a> {
    /// Takes a Complete packet apart.
    ///
    /// # Errors
    /// As ENC-01 to ENC-05.
    pub fn decode(packet: &'a [u8]) -> Result<Self, BytesError> {
        read_prefix(packet, PacketType::Complete)?;
        let (complete, rest) = packet.split_first_chunk().ok_or(BytesError::Length)?;
        let mut reader = Reader::new(rest);
        let message = reader.lp32()?;
        reader.finish()?;
        Ok(Self { complete, message })
    }

    /// Puts a Complete packet together.
    pub fn encode(complete: &[u8; COMPLETE_LENGTH], message: &[u8]) -> Vec<u8> {
        let mut packet = complete.to_vec();
        push_lp32(&mut packet, message);
        packet
    }

    /// The handshake id in the clear part.
    pub fn id(&self) -> HandshakeId {
        let [_, _, _, _, id @ ..] = self.complete;
        id.first_chunk().copied().unwrap_or_default()
    }
}

/// The handshake id of a Response whose layout is right.
///
/// # Errors
/// As ENC-01 to ENC-05.
pub fn response_id(packet: &[u8]) -> Result<HandshakeId, BytesError> {
    let suite = read_prefix(packet, PacketType::Response)?;
    if packet.len() != response_length(suite) {
        return Err(BytesError::Length);
    }
    let mut reader = Reader::new(packet);
    reader.slice(4)?;
    reader.array()
}
