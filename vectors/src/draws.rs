//! Injected randomness: the draws of a test, no more and no less.

use core::convert::Infallible;
use quipu::crypto::kdf::sha256;
use rand_core::{TryCryptoRng, TryRng};

/// Where draws come from.
#[derive(Debug, Clone)]
enum Source {
    Listed(Vec<Vec<u8>>),
    Seeded([u8; 32]),
}

/// A scripted random source. It notes a draw of a wrong size, too many draws and what is left over.
#[derive(Debug, Clone)]
pub struct Draws {
    source: Source,
    next: usize,
    fault: Option<String>,
    made: Vec<Vec<u8>>,
}

impl Draws {
    /// The draws that were made.
    pub fn made(&self) -> &[Vec<u8>] {
        &self.made
    }

    /// The draws of a vector, in order.
    pub const fn listed(draws: Vec<Vec<u8>>) -> Self {
        Self { source: Source::Listed(draws), next: 0, fault: None, made: Vec::new() }
    }

    /// Draw number `k` is the first bytes of `SHA-256(seed || u32(k))`.
    pub const fn seeded(seed: [u8; 32]) -> Self {
        Self { source: Source::Seeded(seed), next: 0, fault: None, made: Vec::new() }
    }

    /// The next draw.
    pub fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.draw(&mut bytes);
        bytes
    }

    //= spec/12-vectors.md#12-2-a-test
    //# [VEC-02] A reader MUST fail a test that draws more or less than `random` lists.
    /// What was wrong with the draws, after the operation.
    ///
    /// # Errors
    /// A sentence for the report.
    pub fn finish(&self, refused: bool) -> Result<(), String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        match &self.source {
            Source::Listed(draws) if self.next < draws.len() && !refused => {
                Err(format!("drew {} times, {} listed", self.next, draws.len()))
            }
            _ => Ok(()),
        }
    }

    fn draw(&mut self, out: &mut [u8]) {
        let index = self.next;
        self.next += 1;
        match &self.source {
            Source::Seeded(seed) => {
                let number = u32::try_from(index).unwrap_or(u32::MAX).to_be_bytes();
                let mut block = sha256(&[seed, &number]);
                for chunk in out.chunks_mut(32) {
                    chunk.copy_from_slice(&block[..chunk.len()]);
                    block = sha256(&[&block]);
                }
            }
            Source::Listed(draws) => match draws.get(index) {
                Some(bytes) if bytes.len() == out.len() => out.copy_from_slice(bytes),
                Some(bytes) => {
                    let text = format!("draw {index}: {} bytes, {} listed", out.len(), bytes.len());
                    self.fault = Some(text);
                }
                None => {
                    self.fault = Some(format!("draw {index}: {} bytes, none listed", out.len()))
                }
            },
        }
        self.made.push(out.to_vec());
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.draw(&mut bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.draw(&mut bytes);
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.draw(out);
        Ok(())
    }
}

impl TryCryptoRng for Draws {}
