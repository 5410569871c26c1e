//! What can happen in a conversation.

use arbitrary::Arbitrary;

/// One thing that happens; first whose it is, or whom it is for: Ada (false) or Bob.
#[derive(Debug, Arbitrary)]
pub(crate) enum Happens {
    Send(bool, u8),
    /// Sends and delivers.
    Talk(bool),
    Connect(bool),
    Prepare(bool, bool),
    Receipt(bool),
    Close(bool),
    Deliver(bool, Which),
    /// Delivers any packet, two times.
    Twice(bool, u8),
    Tamper(bool, u8, [u8; 8]),
    /// Delivers a packet to the side that sent it.
    Reflect(bool, u8),
    Raw(bool, [u8; 12]),
    Restore(bool),
    Wait(Time),
}

/// The oldest packet that has not been delivered, the newest, or any one once more.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub(crate) enum Which {
    Next,
    Newest,
    Back(u8),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
pub(crate) enum Time {
    Moment(u8),
    Seconds(u8),
    Minutes(u8),
    Days(u8),
}

impl Time {
    pub(crate) const fn milliseconds(self) -> u64 {
        match self {
            Self::Moment(count) => count as u64,
            Self::Seconds(count) => count as u64 * 1_000,
            Self::Minutes(count) => count as u64 * 60_000,
            Self::Days(count) => (count % 3) as u64 * 86_400_000,
        }
    }
}
