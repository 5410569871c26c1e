//! Chapter 6.4 Receiving: decide on `&self`, then commit.

use super::chain::{ChainKey, HeaderKeys, MessageKey, step};
use super::skipped::Skip;
use super::{ChainName, Digest, Header, Lost, Ratchet, ReceivingChain, Turn};
use crate::crypto::dh::DhPublic;
use crate::error::{Error, PeerError};
use crate::limits::{CHAIN_MAX, DIGESTS};
use crate::secret::Secret;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The header key under which a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// That of the newest receiving chain.
    Current,
    /// That of the chain after it.
    Next,
    /// That of an older chain, 0 the newest.
    Old(usize),
}

/// Numbers that a message jumped over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The chain.
    pub epoch: u32,
    /// The first number.
    pub first: u32,
    /// How many numbers.
    pub count: u32,
}

/// The key of a legal message, and what accepting it will change.
#[derive(Debug)]
pub struct Taken {
    /// The message key.
    pub key: MessageKey,
    /// The chain of the message.
    pub epoch: u32,
    /// The number of the message.
    pub number: u32,
    /// What it jumped over.
    pub gap: Vec<Gap>,
    change: Change,
    digest: Digest,
}

#[derive(Debug)]
enum Change {
    /// A stored key was used.
    Stored,
    /// The current chain went forward.
    Forward { chain: ChainKey, skip: Skip, lost: Option<Lost> },
    /// A new chain began.
    Step { root: Secret<32>, next_header: HeaderKeys, begun: ReceivingChainStart, skip: Skip },
}

#[derive(Debug)]
struct ReceivingChainStart {
    dh: DhPublic,
    previous: u32,
    chain: ChainKey,
    lost: Option<Lost>,
}

impl Ratchet {
    /// Every header key under which a message may come.
    pub fn candidates(&self) -> impl Iterator<Item = (Place, &HeaderKeys)> {
        let current = self.receiving.iter().map(|chain| (Place::Current, &chain.name.header));
        let next = core::iter::once((Place::Next, &self.next_receiving));
        let old = self.old.iter().flatten().enumerate();
        let old = old.map(|(index, chain)| (Place::Old(index), &chain.header));
        current.chain(next).chain(old)
    }

    /// Checks legality and derives the message key. Changes nothing and draws nothing.
    ///
    /// # Errors
    /// As the table of chapter 6.4, in its order.
    //= spec/06-ratchet.md#6-4-receiving
    //# [RATCHET-22] A receiver MUST apply the checks of the message's column of this table in their
    //# order.
    //= spec/06-ratchet.md#6-4-receiving
    //# [RATCHET-20] A receiver MUST NOT draw randomness.
    pub fn take(&self, place: Place, header: &Header, mac: &[u8; 32]) -> Result<Taken, Error> {
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-05] A receiver MUST refuse `n >= CHAIN_MAX` or `pn > CHAIN_MAX` as `too_far`
        //# before any step of a chain or of the root.
        if header.number >= CHAIN_MAX || header.previous > CHAIN_MAX {
            return Err(PeerError::TooFar.into());
        }
        let mac = *mac.first_chunk::<16>().unwrap_or(&[0; 16]);
        match place {
            Place::Current => {
                let current = self.receiving.as_ref().ok_or(PeerError::Protocol)?;
                current.name.check(header)?;
                if header.number < current.next {
                    self.take_stored(current.name.epoch, header.number, mac)
                } else {
                    Ok(take_forward(current, header.number, mac))
                }
            }
            Place::Next => self.take_step(header, mac),
            Place::Old(index) => {
                let chain = self.old.iter().flatten().nth(index).ok_or(PeerError::Protocol)?;
                chain.check(header)?;
                //= spec/06-ratchet.md#6-4-receiving
                //# [RATCHET-12] A receiver MUST refuse a message of an old chain as `protocol`
                //# unless `n` is less than that chain's end.
                if self.end(index).is_none_or(|end| header.number >= end) {
                    return Err(PeerError::Protocol.into());
                }
                self.take_stored(chain.epoch, header.number, mac)
            }
        }
    }

    /// Where an old chain ended: what the chain after it says.
    fn end(&self, index: usize) -> Option<u32> {
        let after = match index.checked_sub(1) {
            None => &self.receiving.as_ref()?.name,
            Some(newer) => self.old.get(newer)?.as_deref()?,
        };
        Some(after.previous)
    }

    //= spec/06-ratchet.md#6-4-receiving
    //# [RATCHET-14] A receiver MUST refuse a number below `next` without a stored key as
    //# `duplicate`, `clone_suspected` or `expired` by its recorded digest.
    fn take_stored(&self, epoch: u32, number: u32, mac: [u8; 16]) -> Result<Taken, Error> {
        if let Some(key) = self.skipped.get(epoch, number) {
            let (gap, change) = (Vec::new(), Change::Stored);
            let digest = Digest { epoch, number, mac };
            return Ok(Taken { key, epoch, number, gap, change, digest });
        }
        let recorded = self.digests.iter().find(|it| it.epoch == epoch && it.number == number);
        Err(match recorded {
            Some(digest) if digest.mac == mac => PeerError::Duplicate,
            Some(_) => PeerError::CloneSuspected,
            None => PeerError::Expired,
        }
        .into())
    }

    fn take_step(&self, header: &Header, mac: [u8; 16]) -> Result<Taken, Error> {
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-08] A receiver in Pending MUST refuse a new chain as `protocol`.
        let Turn::Ready { ours, .. } = &self.turn else {
            return Err(PeerError::Protocol.into());
        };
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-09] A receiver MUST refuse a new chain whose `dh` is not canonical as `key`.
        let dh = DhPublic::decode(header.dh)?;
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-10] A receiver MUST refuse a new chain whose `dh` is the peer's present ratchet
        //# key or its own as `protocol`.
        if dh == self.their || dh == ours.public() {
            return Err(PeerError::Protocol.into());
        }
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-11] A receiver MUST refuse a new chain as `protocol` when `pn` is less than the
        //# number after the highest accepted one of the current chain, or not zero without a
        //# current chain.
        let next = self.receiving.as_ref().map_or(0, |current| current.next);
        if header.previous < next || (self.receiving.is_none() && header.previous != 0) {
            return Err(PeerError::Protocol.into());
        }
        let epoch = match &self.receiving {
            Some(current) => current.name.epoch.checked_add(2).ok_or(PeerError::TooFar)?,
            None => 1,
        };
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-13] A receiver MUST refuse a new chain as `key` when `X25519(own private, dh)`
        //# is all zero.
        let shared = ours.agree(&dh)?;
        let made = step(self.suite, &self.root, &shared, &dh, &ours.public());

        let mut skip = Skip::new(header.previous - next + header.number);
        let mut gap = Vec::new();
        if let Some(current) = &self.receiving {
            skip.run(&current.chain, current.name.epoch, next, header.previous);
            push_gap(&mut gap, current.name.epoch, next, header.previous);
        }
        let (forward, omitted) = skip.run(&made.chain, epoch, 0, header.number);
        push_gap(&mut gap, epoch, 0, header.number);
        let (key, chain) = forward.as_ref().unwrap_or(&made.chain).advance();
        let begun = ReceivingChainStart {
            dh,
            previous: header.previous,
            chain,
            lost: Lost::range(0, omitted),
        };
        let next_header = HeaderKeys::new(self.suite, made.next_header);
        let change = Change::Step { root: made.root, next_header, begun, skip };
        let number = header.number;
        let digest = Digest { epoch, number, mac };
        Ok(Taken { key, epoch, number, gap, change, digest })
    }

    /// Applies what [`Ratchet::take`] decided. Cannot fail.
    //= spec/06-ratchet.md#6-4-receiving
    //# [RATCHET-21] A receiver MUST commit all changes of an accepted message in one step, after
    //# the body has been opened and checked.
    //= spec/06-ratchet.md#6-4-receiving
    //# [RATCHET-16] A receiver MUST erase a message key when its message has been accepted.
    pub fn commit_received(&mut self, taken: Taken) {
        let Taken { epoch, number, change, digest, .. } = taken;
        match change {
            Change::Stored => self.skipped.remove(epoch, number),
            Change::Forward { chain, skip, lost } => {
                if let Some(current) = &mut self.receiving {
                    current.chain = chain;
                    current.next = number + 1;
                    current.lose(lost);
                }
                self.store(skip);
            }
            Change::Step { root, next_header, begun, skip } => {
                self.begin(epoch, number, root, next_header, begun);
                self.store(skip);
            }
        }
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-19] A receiver MUST record the first 16 bytes of the MAC of the last 1,000
        //# accepted messages of the chains that it keeps.
        self.digests.push_back(digest);
        if self.digests.len() > DIGESTS {
            self.digests.pop_front();
        }
    }

    //= spec/06-ratchet.md#6-4-receiving
    //# [RATCHET-15] A receive step MUST end in Pending and erase the own ratchet private key, the
    //# sending chain and its header key.
    //= spec/06-ratchet.md#6-4-receiving
    //# [RATCHET-18] A receiver MUST keep the header keys of the current chain and of the five
    //# before it, and erase a chain with all its stored keys and digests when a sixth newer chain
    //# begins.
    fn begin(
        &mut self,
        epoch: u32,
        number: u32,
        root: Secret<32>,
        next_header: HeaderKeys,
        begun: ReceivingChainStart,
    ) {
        self.root = root;
        self.their = begun.dh;
        let header = core::mem::replace(&mut self.next_receiving, next_header);
        let name = ChainName { epoch, header, dh: begun.dh, previous: begun.previous };
        let current =
            ReceivingChain { name, chain: begun.chain, next: number + 1, lost: begun.lost };
        if let Some(former) = self.receiving.replace(current) {
            self.old.rotate_right(1);
            if let Some(newest) = self.old.first_mut() {
                *newest = Some(Box::new(former.name));
            }
        }
        let oldest = self.old.iter().flatten().last().map_or(epoch, |chain| chain.epoch);
        self.skipped.forget_before(oldest);
        self.digests.retain(|digest| digest.epoch >= oldest);
        // A long chain that is gone leaves room for a thousand.
        self.digests.shrink_to(self.digests.len() + 1);
        if let Turn::Ready { ours, chain } = &self.turn {
            self.previous_length = chain.number;
            let next_header = Secret::new(*chain.next_header.expose());
            self.sending = HeaderKeys::new(self.suite, next_header);
            self.turn = Turn::Pending { last: ours.public() };
        }
    }

    fn store(&mut self, mut skip: Skip) {
        let current = &mut self.receiving;
        self.skipped.append(&mut skip.keys, |epoch, number| {
            if let Some(current) = current.as_mut().filter(|it| it.name.epoch == epoch) {
                current.lose(Lost::range(number, 1));
            }
        });
    }
}

fn take_forward(current: &ReceivingChain, number: u32, mac: [u8; 16]) -> Taken {
    let epoch = current.name.epoch;
    let mut skip = Skip::new(number - current.next);
    let (forward, omitted) = skip.run(&current.chain, epoch, current.next, number);
    let (key, chain) = forward.as_ref().unwrap_or(&current.chain).advance();
    let mut gap = Vec::new();
    push_gap(&mut gap, epoch, current.next, number);
    let change = Change::Forward { chain, skip, lost: Lost::range(current.next, omitted) };
    Taken { key, epoch, number, gap, change, digest: Digest { epoch, number, mac } }
}

//= spec/08-sessions.md#8-3-order
//# [SESSION-14] A gap MUST list every number that the message jumped over, including numbers whose
//# keys left the store at once.
fn push_gap(gaps: &mut Vec<Gap>, epoch: u32, first: u32, end: u32) {
    if first < end {
        gaps.push(Gap { epoch, first, count: end - first });
    }
}

impl ChainName {
    fn check(&self, header: &Header) -> Result<(), PeerError> {
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-06] A receiver MUST refuse a message under the header key of a known chain with
        //# another `dh` as `clone_suspected`.
        if header.dh != *self.dh.as_bytes() {
            return Err(PeerError::CloneSuspected);
        }
        //= spec/06-ratchet.md#6-4-receiving
        //# [RATCHET-07] A receiver MUST refuse a message under the header key of a known chain with
        //# another `pn` as `protocol`.
        if header.previous != self.previous {
            return Err(PeerError::Protocol);
        }
        Ok(())
    }
}

impl ReceivingChain {
    fn lose(&mut self, more: Option<Lost>) {
        self.lost = match (self.lost, more) {
            (Some(a), Some(b)) => {
                Some(Lost { first: a.first.min(b.first), last: a.last.max(b.last) })
            }
            (lost, None) | (None, lost) => lost,
        };
    }
}

impl Lost {
    const fn range(first: u32, count: u32) -> Option<Self> {
        match count {
            0 => None,
            _ => Some(Self { first, last: first + (count - 1) }),
        }
    }
}
