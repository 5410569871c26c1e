//! The other way round: logs of networks that were simulated over the crate, accepted by the
//! model step by step. The devices live on between their steps, as they do in an application.

mod accept;
mod simulate;
#[cfg(test)]
mod tests;

pub use accept::{Refusal, accept};
pub use simulate::simulate;

use super::party::Output;
use super::real::Seen;
use crate::session::{Kind, Time};

/// How far the clock of each side is ahead: never by a whole second, as time passes in seconds,
/// so that no two handshakes have the same time.
const CLOCKS: [Time; 2] = [0, 500];

/// What happened on a side, and what it said and showed then.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The side.
    pub side: usize,
    /// What its clock showed.
    pub now: Time,
    what: What,
    said: Option<Result<Output, quipu::Error>>,
    seen: Seen,
}

/// What happens on a side.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// It starts a handshake.
    Start(Kind),
    /// It receives a packet.
    Receive(Vec<u8>),
    /// It sends a text.
    Send(Vec<u8>),
    /// It does what time demands.
    Due,
    /// It stops and starts again with what was durable.
    Crash,
}
