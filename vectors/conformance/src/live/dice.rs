//! Chance that can be repeated: one generator for the network's decisions, one for each device's draws;
//! and a source that fails.

use core::convert::Infallible;
use quipu::crypto::kdf::sha256;
use rand_core::{TryCryptoRng, TryRng};

/// The decisions of a run (SplitMix64).
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// True in `permille` of 1000 cases.
    pub(crate) fn chance(&mut self, permille: usize) -> bool {
        self.below(1000) < permille
    }

    /// Bytes that mean nothing.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    pub(crate) fn key(&mut self) -> [u8; 32] {
        sha256(&[&self.next().to_be_bytes()])
    }
}

/// A device's random source. It notes the length of every draw.
#[derive(Debug)]
pub(crate) struct Draws {
    key: [u8; 32],
    count: u64,
    drawn: Vec<usize>,
}

impl Draws {
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self { key, count: 0, drawn: Vec::new() }
    }

    /// The lengths drawn since the last call.
    pub(crate) fn take(&mut self) -> Vec<usize> {
        core::mem::take(&mut self.drawn)
    }

    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let block = sha256(&[&self.key, &self.count.to_be_bytes()]);
            self.count += 1;
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.drawn.push(out.len());
        self.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Draws {}

/// A random source that gives some draws and then fails.
#[derive(Debug)]
pub(crate) struct Failing {
    left: usize,
    source: Draws,
}

impl Failing {
    pub(crate) const fn after(left: usize) -> Self {
        Self { left, source: Draws::new([0x5f; 32]) }
    }
}

impl TryRng for Failing {
    type Error = std::io::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        self.left = self.left.checked_sub(1).ok_or(std::io::ErrorKind::Unsupported)?;
        self.source.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Failing {}
