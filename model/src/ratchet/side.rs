//! Chapter 6: one side of a ratchet, with the keys as names.

use quipu::PeerError;

use super::knowledge::{Item, Knowledge};

/// The number of chains that are named.
pub(super) const CHAINS: usize = 8;

/// `SKIPPED_KEYS`, scaled down.
pub(super) const SKIPPED: usize = 2;
/// `OLD_CHAINS`, scaled down.
pub(super) const OLD: i8 = 1;

/// A rule of the ratchet that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Flaw {
    /// The first key of a sending chain is kept when the chain ends.
    OldChainKept,
    /// The root and the private key of the step before are kept.
    OldRootKept,
    /// A message key is kept after its message was accepted or sent.
    MessageKeyKept,
    /// A skipped key is kept after its message was accepted.
    SkippedKept,
    /// A step adds no agreement.
    NoAgreement,
    /// Any number of skipped keys is stored.
    SkippedUnbounded,
    /// What a new chain says of the length of the one before is not looked at.
    PreviousIgnored,
    /// A message leaves before the state is durable.
    SentBeforeDurable,
    /// What was accepted is not remembered.
    DigestsForgotten,
    /// One header key for the session.
    HeaderKeyStatic,
    /// A new ratchet key is drawn on receive.
    Eager,
    /// A refused body leaves the chain where it derived it to.
    AdvancedBeforeBody,
    /// Another ratchet key in a known chain is not looked at.
    OtherKeyIgnored,
    /// Chains are never erased.
    ChainsKept,
    /// A number at or beyond `next` of an old chain is derived, although its key was skipped.
    OldChainDerived,
}

/// A message: its chain, its place, the length of the chain before, and whose copy wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// The chain.
    pub epoch: i8,
    /// The number in it.
    pub number: u8,
    /// PN.
    pub previous: u8,
    /// Whether a second copy of the sender wrote it.
    pub copy: bool,
    /// Whether its ratchet key is the copy's own.
    pub other_key: bool,
}

/// One side. What stands in arrays is indexed by the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Side {
    /// Whether it holds its own ratchet private key.
    pub ready: bool,
    /// The newest sending chain, erased in Pending; -1 or -2 before the first.
    pub sending: i8,
    /// The newest receiving chain; -1 before the first.
    pub receiving: i8,
    /// The length of each sending chain.
    pub sent: [u8; CHAINS],
    /// One more than the greatest accepted number of each receiving chain.
    pub next: [u8; CHAINS],
    /// The end of each old chain.
    pub end: [u8; CHAINS],
    /// PN of each receiving chain.
    pub previous: [u8; CHAINS],
    /// The numbers whose digests are there.
    pub digests: [u8; CHAINS],
    /// Those of them that a copy wrote.
    pub copies: [u8; CHAINS],
    /// Whether the chain has the ratchet key of a copy.
    pub other_key: [bool; CHAINS],
    /// The skipped keys, the oldest first.
    pub skipped: Vec<(i8, u8)>,
}

/// An index that is in range.
pub(super) fn at(epoch: i8) -> usize {
    usize::try_from(epoch).unwrap_or(CHAINS - 1)
}

/// What accepting a message gave: the numbers jumped over.
pub type Gap = Vec<(i8, u8)>;

impl Side {
    /// A side at the start: the initiator is Ready.
    pub fn new(initiator: bool) -> Self {
        Self {
            ready: initiator,
            sending: if initiator { 0 } else { -1 },
            receiving: if initiator { -1 } else { 0 },
            sent: [0; CHAINS],
            next: [0; CHAINS],
            end: [u8::MAX; CHAINS],
            previous: [0; CHAINS],
            digests: [0; CHAINS],
            copies: [0; CHAINS],
            other_key: [false; CHAINS],
            skipped: Vec::new(),
        }
    }

    /// The chain on which the next message goes out.
    pub fn next_sending(&self) -> i8 {
        if self.ready { self.sending } else { self.receiving + 1 }
    }

    /// Sends: in Pending with a step.
    pub fn send(&mut self) -> Message {
        if !self.ready {
            self.sending = self.receiving + 1;
            self.ready = true;
        }
        let epoch = self.sending;
        let number = self.sent[at(epoch)];
        self.sent[at(epoch)] += 1;
        let previous = if epoch >= 2 { self.sent[at(epoch - 2)] } else { 0 };
        Message { epoch, number, previous, copy: false, other_key: false }
    }

    /// Takes a message, as the table of 6.4. A refusal leaves the side as it was.
    ///
    /// # Errors
    /// Those of 6.4, and `authentication` when no header key is there.
    pub fn receive(
        &mut self,
        message: &Message,
        broken: impl Fn(Flaw) -> bool,
    ) -> Result<Gap, PeerError> {
        let oldest = if broken(Flaw::ChainsKept) { 0 } else { self.receiving - 2 * OLD };
        if message.epoch > self.receiving + 2 || message.epoch < oldest {
            return Err(PeerError::Authentication);
        }
        let mut gap = Gap::new();
        if message.epoch > self.receiving {
            self.take_chain(message, &broken, &mut gap)?;
        } else {
            self.judge_known(message, &broken)?;
        }
        self.take_number(message, &broken, &mut gap)?;
        self.shed(&broken);
        Ok(gap)
    }

    fn judge_known(
        &self,
        message: &Message,
        broken: &impl Fn(Flaw) -> bool,
    ) -> Result<(), PeerError> {
        let chain = at(message.epoch);
        if message.other_key != self.other_key[chain] && !broken(Flaw::OtherKeyIgnored) {
            return Err(PeerError::CloneSuspected);
        }
        if message.previous != self.previous[chain] || message.number >= self.end[chain] {
            return Err(PeerError::Protocol);
        }
        Ok(())
    }

    fn take_chain(
        &mut self,
        message: &Message,
        broken: &impl Fn(Flaw) -> bool,
        gap: &mut Gap,
    ) -> Result<(), PeerError> {
        if !self.ready {
            return Err(PeerError::Protocol);
        }
        let before = self.receiving;
        let next = if before < 0 { 0 } else { self.next[at(before)] };
        if message.previous < next {
            return Err(PeerError::Protocol);
        }
        if before >= 0 && !broken(Flaw::PreviousIgnored) {
            self.skip(before, next, message.previous, gap);
            self.end[at(before)] = message.previous;
            if !broken(Flaw::OldChainDerived) {
                self.next[at(before)] = message.previous;
            }
        } else if before >= 0 {
            self.end[at(before)] = next;
        }
        self.receiving = message.epoch;
        self.previous[at(message.epoch)] = message.previous;
        self.other_key[at(message.epoch)] = message.other_key;
        self.ready = false;
        Ok(())
    }

    fn skip(&mut self, epoch: i8, from: u8, to: u8, gap: &mut Gap) {
        for number in from..to {
            gap.push((epoch, number));
            self.skipped.push((epoch, number));
        }
    }

    fn take_number(
        &mut self,
        message: &Message,
        broken: &impl Fn(Flaw) -> bool,
        gap: &mut Gap,
    ) -> Result<(), PeerError> {
        let (chain, bit) = (at(message.epoch), 1 << message.number);
        if message.number >= self.next[chain] {
            self.skip(message.epoch, self.next[chain], message.number, gap);
            self.next[chain] = message.number + 1;
        } else {
            let key = (message.epoch, message.number);
            match self.skipped.iter().position(|it| *it == key) {
                Some(_) if broken(Flaw::SkippedKept) => {}
                Some(place) => drop(self.skipped.remove(place)),
                None if self.digests[chain] & bit == 0 => return Err(PeerError::Expired),
                None if (self.copies[chain] & bit != 0) == message.copy => {
                    return Err(PeerError::Duplicate);
                }
                None => return Err(PeerError::CloneSuspected),
            }
        }
        if !broken(Flaw::DigestsForgotten) {
            self.digests[chain] |= bit;
        }
        if message.copy {
            self.copies[chain] |= bit;
        }
        Ok(())
    }

    /// Erases what is beyond the limits.
    fn shed(&mut self, broken: &impl Fn(Flaw) -> bool) {
        let oldest = self.receiving - 2 * OLD;
        if !broken(Flaw::ChainsKept) {
            self.skipped.retain(|(epoch, _)| *epoch >= oldest);
            for epoch in 0..oldest.max(0) {
                self.digests[at(epoch)] = 0;
                self.copies[at(epoch)] = 0;
            }
        }
        let beyond = self.skipped.len().saturating_sub(SKIPPED);
        if !broken(Flaw::SkippedUnbounded) {
            self.skipped.drain(..beyond);
        }
    }

    /// What a thief finds.
    pub fn reveal(&self, broken: impl Fn(Flaw) -> bool) -> Knowledge {
        let mut known = Knowledge::default();
        let newest = self.newest();
        known.add(Item::Root(newest + 1));
        known.add(Item::Header(newest + 1));
        known.add(Item::Header(newest + 2));
        if self.ready {
            known.add(Item::Private(self.sending));
            known.add(Item::Chain(self.sending, self.sent[at(self.sending)]));
            known.add(Item::Header(self.sending));
        } else if broken(Flaw::Eager) {
            known.add(Item::Private(newest + 1));
        }
        let oldest = if broken(Flaw::ChainsKept) { 0 } else { self.receiving - 2 * OLD };
        for epoch in (oldest..=self.receiving).filter(|it| (self.receiving - it) % 2 == 0) {
            known.add(Item::Header(epoch));
        }
        if self.receiving >= 0 {
            known.add(Item::Chain(self.receiving, self.next[at(self.receiving)]));
        }
        for (epoch, number) in &self.skipped {
            known.add(Item::Message(*epoch, *number));
        }
        self.reveal_kept(&mut known, &broken);
        known.close(broken(Flaw::NoAgreement), broken(Flaw::HeaderKeyStatic));
        known
    }

    /// What a thief finds beyond, when something is broken.
    fn reveal_kept(&self, known: &mut Knowledge, broken: &impl Fn(Flaw) -> bool) {
        let own = (0..=self.sending).filter(|epoch| (self.sending - epoch) % 2 == 0);
        for epoch in own {
            if broken(Flaw::OldChainKept) {
                known.add(Item::Chain(epoch, 0));
            }
            if broken(Flaw::OldRootKept) {
                known.add(Item::Root(epoch));
                known.add(Item::Private(epoch));
            }
        }
        if broken(Flaw::MessageKeyKept) {
            for epoch in 0..=self.receiving {
                let accepted = self.digests[at(epoch)];
                let numbers = (0..8).filter(|number| accepted & (1 << number) != 0);
                numbers.for_each(|number| known.add(Item::Message(epoch, number)));
            }
        }
    }

    /// The newest chain that this side knows of.
    pub fn newest(&self) -> i8 {
        if self.ready { self.sending.max(self.receiving) } else { self.receiving }
    }
}
