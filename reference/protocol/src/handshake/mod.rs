//! Chapter 4 Interactive handshake: Init, Response, Complete.
//!
//! This module knows nothing about the ratchet; it ends with an [`Agreement`].

mod half_open;
mod initiator;
mod replay;
mod responder;
mod schedule;

pub use half_open::CompleteAccepted;
pub use initiator::{AwaitingResponse, ResponseAccepted, Start};
pub use replay::ReplayCache;
pub use responder::{InitAccepted, Local, Responder};

use crate::crypto::dh::{DhPublic, DhSecret, Shared};
use crate::error::BytesError;
use crate::keys::Party;
use crate::secret::Secret;
use crate::wire::{PacketType, Reader, Suite, push_lp32, read_prefix};
use alloc::vec::Vec;

/// Length of an Init.
pub const INIT_LENGTH: usize = 422;
/// Length of a Response.
pub const RESPONSE_LENGTH: usize = 268;
/// Length of a Complete without the message behind it.
pub const COMPLETE_LENGTH: usize = 164;

/// The name of a handshake while it is half open.
pub type HandshakeId = [u8; 16];

/// Two manifest hashes; zero in the profile `core`.
pub type Views = [u8; 64];

/// What a handshake leaves behind: everything that a session starts from.
#[derive(Debug)]
pub struct Agreement {
    /// The suite of handshake and session.
    pub suite: Suite,
    /// `SK`.
    pub secret: Secret<32>,
    /// `h9`.
    pub transcript: [u8; 32],
    /// `ts_I`, half of the session's key.
    pub ts_i: u64,
    /// Our device.
    pub our: Party,
    /// The peer's device.
    pub their: Party,
    /// The first ratchet keys.
    pub ratchet: RatchetStart,
}

/// The ratchet keys of a handshake, by role, with their X25519 output.
#[derive(Debug)]
pub enum RatchetStart {
    /// We announced `RA` and know `RB`.
    Initiator {
        /// `RA`.
        ours: DhSecret,
        /// `RB`.
        theirs: DhPublic,
        /// `X25519(RA, RB)`.
        shared: Shared,
    },
    /// We announced `RB` and know `RA`.
    Responder {
        /// Public half of `RB`; the private half has done its work.
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
    read_prefix(packet, PacketType::Response)?;
    let packet: &[u8; RESPONSE_LENGTH] = packet.try_into().map_err(|_| BytesError::Length)?;
    let mut reader = Reader::new(packet);
    reader.slice(4)?;
    reader.array()
}
