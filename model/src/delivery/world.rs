//! Where every message is.

/// The number of messages.
pub(super) const MESSAGES: u8 = 2;
const ALL: u8 = (1 << MESSAGES) - 1;

/// Everything there is. Sets of messages are bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct World {
    /// How many the application has given to the sender.
    pub given: u8,
    /// The durable outbox.
    pub outbox: u8,
    /// Those that were sent at least once.
    pub tried: u8,
    /// Uploads under way.
    pub uploads: u8,
    /// Acknowledgements of the relay under way.
    pub stored: u8,
    /// The mailbox.
    pub mailbox: u8,
    /// What the relay remembers of messages that it had.
    pub seen: u8,
    /// Pushes under way.
    pub pushes: u8,
    /// Acknowledgements of the receiver under way.
    pub acks: u8,
    /// What the receiver accepted, durable.
    pub accepted: u8,
    /// What the application of the receiver has.
    pub delivered: u8,
    /// Accepted in memory alone: a stop would lose it.
    pub unstored: u8,
    /// What the application of the receiver has been given twice.
    pub twice: u8,
    /// Messages that came after a later one without being reported so.
    pub disorder: bool,
    /// What the sender was told has expired.
    pub told: u8,
    /// Word of expiry under way: it is stored until the sender has it.
    pub expired: u8,
    /// Whether the relay has read something.
    pub read: bool,
    /// Restarts.
    pub crashes: u8,
    /// Losses of packets.
    pub losses: u8,
    /// Whether time has expired once.
    pub aged: bool,
}

impl World {
    /// Whether everything has come to an end: delivered or told, and nothing is kept.
    pub fn finished(&self) -> bool {
        self.given == MESSAGES
            && (self.delivered | self.told) == ALL
            && self.outbox == 0
            && self.mailbox == 0
    }

    /// Whether a message is nowhere any more and nobody knows.
    pub fn vanished(&self) -> u8 {
        let given = ALL >> (MESSAGES - self.given);
        let somewhere = self.outbox
            | self.uploads
            | self.mailbox
            | self.pushes
            | self.unstored
            | self.delivered
            | self.expired
            | self.told;
        given & !somewhere
    }
}
