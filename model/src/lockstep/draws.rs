//! Randomness that is the same whenever the same thing is done in the same place.

use core::convert::Infallible;

use quipu::crypto::kdf::sha256;
use rand_core::{TryCryptoRng, TryRng};

/// What randomness is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Purpose {
    /// The side that draws.
    pub side: u8,
    /// For which of the operations that draw.
    pub of: Draw,
    /// The handshake; for prekeys the life of their owner.
    pub place: u8,
    /// For an Init the restarts so far, for a message its number.
    pub number: u8,
    /// The draw that is made instead when a session id does not have its rank.
    pub attempt: u8,
}

/// The operations that draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Draw {
    /// New prekeys.
    Prekeys,
    /// A handshake that starts.
    Start,
    /// The Response to an Init.
    Answer,
    /// The Complete that follows a Response.
    Finish,
    /// A message.
    Seal,
}

/// SHA-256 of a purpose and the number of the draw.
#[derive(Debug)]
pub(super) struct Draws {
    purpose: Purpose,
    /// How many draws were made.
    pub made: u8,
}

impl Draws {
    /// The draws for a purpose.
    pub(super) fn new(purpose: Purpose) -> Self {
        Self { purpose, made: 0 }
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let Purpose { side, of, place, number, attempt } = self.purpose;
        for (block, chunk) in (0_u8..).zip(bytes.chunks_mut(32)) {
            let label = [side, of as u8, place, number, attempt, self.made, block];
            chunk.copy_from_slice(&sha256(&[b"lockstep", &label])[..chunk.len()]);
        }
        self.made += 1;
        Ok(())
    }
}

impl TryCryptoRng for Draws {}
