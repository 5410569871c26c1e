//! Chapter 6 Ratchet: chains, steps and what is kept of them.
//!
//! This module knows nothing about wire layouts, bodies or sessions.

mod chain;
mod receive;
mod send;
mod skipped;
mod snapshot;

pub use chain::{ChainKey, HeaderKeys, MessageKey, Step, step};
pub use receive::{Gap, Place, Taken};
pub use send::{Prepared, SendAdvance};

use crate::crypto::dh::{DhPublic, DhSecret};
use crate::crypto::kdf::expand;
use crate::crypto::labels::Expand;
use crate::handshake::RatchetStart;
use crate::limits::OLD_CHAINS;
use crate::secret::Secret;
use crate::wire::Suite;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::fmt;
use skipped::SkippedKeys;

/// What the sealed header of a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The sender's ratchet key, as it came.
    pub dh: [u8; 32],
    /// Length of the sender's previous chain.
    pub previous: u32,
    /// Number of the message in its chain.
    pub number: u32,
}

/// One side of a ratchet.
///
/// ```text
///            send a new chain                  receive a new chain
/// Pending ----------------------> Ready      Ready --------------------> Pending
/// ```
#[derive(Debug)]
pub struct Ratchet {
    suite: Suite,
    root: Secret<32>,
    their: DhPublic,
    turn: Turn,
    previous_length: u32,
    /// Of the chain on which the next message goes: in Pending, of the one that it will begin.
    sending: HeaderKeys,
    next_receiving: HeaderKeys,
    receiving: Option<ReceivingChain>,
    /// Chains that a newer one has ended, the newest first: each at the `pn` of the one after it.
    /// Boxes, since a list that moves its elements leaves secrets behind.
    old: [Option<Box<ChainName>>; OLD_CHAINS],
    skipped: SkippedKeys,
    digests: VecDeque<Digest>,
}

#[derive(Debug)]
enum Turn {
    /// Holds its own private key: may send, may take a new chain.
    Ready { ours: DhSecret, chain: SendingChain },
    /// Took a chain and has not sent since. Remembers the key that it will replace.
    Pending { last: DhPublic },
}

#[derive(Debug)]
struct SendingChain {
    epoch: u32,
    key: ChainKey,
    number: u32,
    /// The header key of the chain after it, not set up: nothing goes under it yet.
    next_header: Secret<32>,
}

/// What identifies a receiving chain.
#[derive(Debug)]
struct ChainName {
    epoch: u32,
    header: HeaderKeys,
    dh: DhPublic,
    previous: u32,
}

#[derive(Debug)]
struct ReceivingChain {
    name: ChainName,
    chain: ChainKey,
    next: u32,
    lost: Option<Lost>,
}

/// Numbers of the current chain whose keys left the store unused: all lie in this range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lost {
    first: u32,
    last: u32,
}

/// The first half of the MAC of an accepted message. Debug does not print it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Digest {
    epoch: u32,
    number: u32,
    mac: [u8; 16],
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}, {}, ..)", self.epoch, self.number)
    }
}

/// What has been accepted of the newest receiving chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// The chain.
    pub epoch: u32,
    /// Every number less than this was accepted; this one was not.
    pub below: u32,
    /// Bit `i`: number `below + 1 + i` was accepted.
    pub bitmap: u64,
}

impl Ratchet {
    /// The start of both sides.
    ///
    /// ```text
    /// rk1 | ck0 | nhk0 = Step(root, X25519(P0, Q0), P0 || Q0)
    /// ```
    pub fn new(suite: Suite, secret: &Secret<32>, start: RatchetStart) -> Self {
        let root: Secret<32> = expand(suite, secret, Expand::ROOT, &[]);
        let header_i = HeaderKeys::new(suite, expand(suite, secret, Expand::HEADER_INITIATOR, &[]));
        let header_r = HeaderKeys::new(suite, expand(suite, secret, Expand::HEADER_RESPONDER, &[]));
        match start {
            RatchetStart::Initiator { ours, theirs, shared } => {
                let first = step(suite, &root, &shared, &ours.public(), &theirs);
                let (key, next_header) = (first.chain, first.next_header);
                let chain = SendingChain { epoch: 0, key, number: 0, next_header };
                let turn = Turn::Ready { ours, chain };
                Self::with(suite, first.root, theirs, turn, header_i, header_r, None)
            }
            RatchetStart::Responder { ours, theirs, shared } => {
                let first = step(suite, &root, &shared, &theirs, &ours);
                let name = ChainName { epoch: 0, header: header_i, dh: theirs, previous: 0 };
                let receiving = ReceivingChain { name, chain: first.chain, next: 0, lost: None };
                let turn = Turn::Pending { last: ours };
                let next_receiving = HeaderKeys::new(suite, first.next_header);
                Self::with(
                    suite,
                    first.root,
                    theirs,
                    turn,
                    header_r,
                    next_receiving,
                    Some(receiving),
                )
            }
        }
    }

    const fn with(
        suite: Suite,
        root: Secret<32>,
        their: DhPublic,
        turn: Turn,
        sending: HeaderKeys,
        next_receiving: HeaderKeys,
        receiving: Option<ReceivingChain>,
    ) -> Self {
        Self {
            suite,
            root,
            their,
            turn,
            previous_length: 0,
            sending,
            next_receiving,
            receiving,
            old: [const { None }; OLD_CHAINS],
            skipped: SkippedKeys::new(),
            digests: VecDeque::new(),
        }
    }

    /// Whether no chain of the peer after its first has been accepted.
    pub const fn receives_first(&self) -> bool {
        match &self.receiving {
            None => true,
            Some(chain) => chain.name.epoch == 0,
        }
    }

    /// What a receipt may claim: nothing without a receiving chain.
    //= spec/08-sessions.md#8-4-receipts
    //# [SESSION-16] A receipt MUST NOT claim a number that was not accepted; `expired` is never
    //# claimed.
    pub fn received(&self) -> Option<Received> {
        let ReceivingChain { name, next, lost, .. } = self.receiving.as_ref()?;
        let epoch = name.epoch;
        let below = lost.map_or_else(
            || self.skipped.first_of(epoch).unwrap_or(*next),
            |lost| lost.first.min(self.skipped.first_of(epoch).unwrap_or(u32::MAX)),
        );
        let accepted = |number: u32| {
            number < *next
                && lost.is_none_or(|lost| number > lost.last)
                && !self.skipped.contains(epoch, number)
        };
        let bitmap = (0..64u32)
            .filter(|bit| accepted(below.saturating_add(1).saturating_add(*bit)))
            .fold(0, |bits, bit| bits | 1 << bit);
        Some(Received { epoch, below, bitmap })
    }

    /// Epoch and count of the newest chain that we sent.
    pub fn sent(&self) -> Option<(u32, u32)> {
        match &self.turn {
            Turn::Ready { chain, .. } => Some((chain.epoch, chain.number)),
            Turn::Pending { .. } => {
                let epoch = self.receiving.as_ref()?.name.epoch.checked_sub(1)?;
                Some((epoch, self.previous_length))
            }
        }
    }

    /// Epoch and number of the greatest message that was accepted.
    pub fn greatest_accepted(&self) -> Option<(u32, u32)> {
        let current = self.receiving.as_ref()?;
        Some((current.name.epoch, current.next.checked_sub(1)?))
    }

    /// Number of stored skipped keys.
    pub fn stored_keys(&self) -> usize {
        self.skipped.len()
    }
}
