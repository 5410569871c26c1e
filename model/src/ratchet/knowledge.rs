//! Which keys of a session somebody has, and what follows from them.

use super::side::CHAINS;

/// The greatest number of messages of a chain.
pub(super) const NUMBERS: u8 = 3;

/// A secret of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The ratchet private key of the maker of this chain.
    Private(i8),
    /// The root that the step of this chain takes in.
    Root(i8),
    /// The key of a chain at a number.
    Chain(i8, u8),
    /// The header key of a chain.
    Header(i8),
    /// The key of a message.
    Message(i8, u8),
}

/// A set of secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Knowledge(u128);

impl Item {
    fn bit(self) -> Option<u32> {
        let chains = u32::try_from(CHAINS).ok()?;
        let of = |sort: u32, epoch: i8, number: u8| {
            let epoch = u32::try_from(epoch).ok().filter(|epoch| *epoch < chains)?;
            let number = u32::from(number);
            (number < u32::from(NUMBERS)).then_some((sort + number) * chains + epoch)
        };
        match self {
            Self::Private(epoch) => of(0, epoch, 0),
            Self::Root(epoch) => of(1, epoch, 0),
            Self::Header(epoch) => of(2, epoch, 0),
            Self::Chain(epoch, number) => of(3, epoch, number),
            Self::Message(epoch, number) => of(6, epoch, number),
        }
    }
}

impl Knowledge {
    /// Whether an item is known.
    pub fn has(self, item: Item) -> bool {
        item.bit().is_some_and(|bit| self.0 & (1 << bit) != 0)
    }

    /// Learns an item.
    pub fn add(&mut self, item: Item) {
        if let Some(bit) = item.bit() {
            self.0 |= 1 << bit;
        }
    }

    /// Learns everything that follows. Public keys are known: headers carry them.
    pub(super) fn close(&mut self, no_agreement: bool, static_header: bool) {
        let last = i8::try_from(CHAINS).unwrap_or(i8::MAX);
        for epoch in 0..last {
            let agreement = self.has(Item::Private(epoch)) || self.has(Item::Private(epoch - 1));
            if self.has(Item::Root(epoch)) && (agreement || no_agreement) {
                self.add(Item::Root(epoch + 1));
                self.add(Item::Chain(epoch, 0));
                self.add(Item::Header(epoch + 2));
            }
            for number in 0..NUMBERS {
                if self.has(Item::Chain(epoch, number)) {
                    self.add(Item::Message(epoch, number));
                    self.add(Item::Chain(epoch, number + 1));
                }
            }
        }
        if static_header && (0..last).any(|epoch| self.has(Item::Header(epoch))) {
            (0..last).for_each(|epoch| self.add(Item::Header(epoch)));
        }
    }
}
