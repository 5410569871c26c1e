//! What the integration tests share: random sources, pairs of sessions, an oracle.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod devices;
pub(crate) mod forge;
pub(crate) mod insider;
pub(crate) mod oracle;
pub(crate) mod pair;
pub(crate) mod prepared;
pub(crate) mod users;
pub(crate) mod walk;

use core::convert::Infallible;
use core::fmt;
use quipu::crypto::kdf::sha256;
use rand_core::{TryCryptoRng, TryRng};

macro_rules! whole_draws {
    ($error:ty) => {
        type Error = $error;

        fn try_next_u32(&mut self) -> Result<u32, $error> {
            let mut bytes = [0; 4];
            self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
        }

        fn try_next_u64(&mut self) -> Result<u64, $error> {
            let mut bytes = [0; 8];
            self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
        }
    };
}

/// SHA-256 of a seed and a counter; remembers the length of every draw.
pub(crate) struct Seeded {
    seed: u64,
    pub(crate) draws: Vec<usize>,
}

impl Seeded {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, draws: Vec::new() }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let Ok(()) = self.try_fill_bytes(&mut bytes);
        bytes
    }
}

impl TryRng for Seeded {
    whole_draws!(Infallible);

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let draw = self.draws.len() as u64;
        for (block, chunk) in (0u64..).zip(bytes.chunks_mut(32)) {
            let counters = [self.seed.to_be_bytes(), draw.to_be_bytes(), block.to_be_bytes()];
            chunk.copy_from_slice(&sha256(&[counters.as_flattened()])[..chunk.len()]);
        }
        self.draws.push(bytes.len());
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

/// Gives good draws until `left` of them have been made, then fails.
pub(crate) struct Failing {
    pub(crate) left: usize,
    source: Seeded,
}

impl Failing {
    pub(crate) const fn after(left: usize) -> Self {
        Self { left, source: Seeded::new(0xfa11) }
    }
}

#[derive(Debug)]
pub(crate) struct NoEntropy;

impl fmt::Display for NoEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no entropy")
    }
}

impl core::error::Error for NoEntropy {}

impl TryRng for Failing {
    whole_draws!(NoEntropy);

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        self.left = self.left.checked_sub(1).ok_or(NoEntropy)?;
        let Ok(()) = self.source.try_fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Failing {}

/// Repeats one byte for ever.
pub(crate) struct Constant(pub(crate) u8);

impl TryRng for Constant {
    whole_draws!(Infallible);

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Constant {}

/// Gives these draws in order and panics when they are spent.
pub(crate) struct Exactly(pub(crate) Vec<[u8; 32]>);

impl TryRng for Exactly {
    whole_draws!(Infallible);

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0.remove(0)[..bytes.len()]);
        Ok(())
    }
}

impl TryCryptoRng for Exactly {}

/// Gives these draws in order, each of its own length, and panics when they are spent.
pub(crate) struct Draws(pub(crate) Vec<Vec<u8>>);

impl TryRng for Draws {
    whole_draws!(Infallible);

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0.remove(0));
        Ok(())
    }
}

impl TryCryptoRng for Draws {}

/// For operations that must not draw.
pub(crate) struct Untouchable;

impl TryRng for Untouchable {
    whole_draws!(Infallible);

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        panic!("{} bytes were drawn", bytes.len())
    }
}

impl TryCryptoRng for Untouchable {}
