//! Chapter 6.3 Sending: prepare on `&self`, then commit.

use super::chain::{ChainKey, HeaderKeys, MessageKey, step};
use super::{Header, Ratchet, SendingChain, Turn};
use crate::crypto::dh::DhSecret;
use crate::error::{CallerError, Error};
use crate::limits::CHAIN_MAX;
use crate::secret::Secret;
use rand_core::TryCryptoRng;

/// The key and header of the next message, and what sending it will change.
#[derive(Debug)]
pub struct Prepared {
    /// The message key: it seals once.
    pub key: MessageKey,
    /// The header.
    pub header: Header,
    /// What to commit once the message has been sealed.
    pub advance: SendAdvance,
}

/// What sending a message changes.
#[derive(Debug)]
pub struct SendAdvance(Change);

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "lives for one call; a box would ask for memory")]
enum Change {
    /// The sending chain went forward.
    Forward { key: ChainKey },
    /// A new sending chain began.
    Step { root: Secret<32>, ours: DhSecret, chain: SendingChain },
}

impl Ratchet {
    /// Takes the key of the next message; in Pending, draws a ratchet key (32 bytes) first.
    ///
    /// # Errors
    /// `chain_limit`, `random`.
    pub fn prepare(&self, rng: &mut impl TryCryptoRng) -> Result<Prepared, Error> {
        match &self.turn {
            Turn::Ready { ours, chain } => {
                //= spec/06-ratchet.md#6-3-sending
                //# [RATCHET-02] A sender MUST refuse to send as `chain_limit` when its chain has
                //# carried `CHAIN_MAX` messages.
                if chain.number >= CHAIN_MAX {
                    return Err(CallerError::ChainLimit.into());
                }
                let (key, next) = chain.key.advance();
                let header = Header {
                    dh: *ours.public().as_bytes(),
                    previous: self.previous_length,
                    number: chain.number,
                };
                let advance = SendAdvance(Change::Forward { key: next });
                Ok(Prepared { key, header, advance })
            }
            Turn::Pending { last } => {
                let epoch = self.receiving.as_ref().map_or(0, |chain| chain.name.epoch);
                let epoch = epoch.checked_add(1).ok_or(CallerError::ChainLimit)?;
                //= spec/06-ratchet.md#6-3-sending
                //# [RATCHET-01] A sender in Pending MUST draw a new ratchet key and make a step
                //# before it sends.
                let ours = DhSecret::draw(rng)?;
                //= spec/06-ratchet.md#6-3-sending
                //# [RATCHET-04] A sender MUST refuse as `random` a drawn ratchet key whose public
                //# half equals the peer's or the one it replaces.
                if ours.public() == *last || ours.public() == self.their {
                    return Err(CallerError::Random.into());
                }
                let shared = ours.agree(&self.their)?;
                let made = step(self.suite, &self.root, &shared, &ours.public(), &self.their);
                let (key, next) = made.chain.advance();
                let dh = *ours.public().as_bytes();
                let header = Header { dh, previous: self.previous_length, number: 0 };
                let next_header = made.next_header;
                let chain = SendingChain { epoch, key: next, number: 1, next_header };
                let advance = SendAdvance(Change::Step { root: made.root, ours, chain });
                Ok(Prepared { key, header, advance })
            }
        }
    }

    /// The header key of the chain on which the next message goes.
    pub const fn sending_header(&self) -> &HeaderKeys {
        &self.sending
    }

    /// Applies what [`Ratchet::prepare`] decided. Cannot fail.
    //= spec/06-ratchet.md#6-3-sending
    //# [RATCHET-03] A sender MUST use each message key for one message and erase it.
    pub fn commit_sent(&mut self, advance: SendAdvance) {
        match advance.0 {
            Change::Forward { key } => {
                if let Turn::Ready { chain, .. } = &mut self.turn {
                    chain.key = key;
                    chain.number += 1;
                }
            }
            Change::Step { root, ours, chain } => {
                self.root = root;
                self.turn = Turn::Ready { ours, chain };
            }
        }
    }
}

impl Ratchet {
    /// Epoch and number of the next message to be sent.
    pub fn next_place(&self) -> (u32, u32) {
        match &self.turn {
            Turn::Ready { chain, .. } => (chain.epoch, chain.number),
            Turn::Pending { .. } => {
                let epoch = self.receiving.as_ref().map_or(0, |chain| chain.name.epoch);
                (epoch.saturating_add(1), 0)
            }
        }
    }
}
