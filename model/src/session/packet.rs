//! What travels between the two devices, as far as chapter 8.2 can tell.

use std::fmt;

/// Milliseconds.
pub type Time = u32;

/// The place of a handshake in the order in which the handshakes of a run began.
pub type Place = u8;

/// Which of the two handshakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Chapter 4.
    Interactive,
    /// Chapter 5.
    Prepared,
}

impl Kind {
    /// Chapter 4 alone.
    pub const INTERACTIVE: &[Self] = &[Self::Interactive];
    /// Chapter 5 alone.
    pub const PREPARED: &[Self] = &[Self::Prepared];
    /// Either.
    pub const BOTH: &[Self] = &[Self::Interactive, Self::Prepared];
}

/// A handshake that began, as both sides come to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handshake {
    /// The initiator.
    pub by: usize,
    /// Which handshake.
    pub kind: Kind,
    /// `ts_I`.
    pub ts: Time,
    /// The life of the responder whose prekeys it uses.
    pub life: u8,
}

/// What is inside a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Note {
    /// The how many-eth of its sender on the session.
    pub number: u8,
    /// Whether it holds a receipt; otherwise text of the application.
    pub receipt: bool,
    /// Whether its sender had taken a chain of the receiver before: it is of a later chain than
    /// the first of its sender.
    pub later: bool,
}

/// A packet. `run` tells the ephemeral keys of one Response from those of another to the same
/// Init.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Packet {
    /// Init.
    Init(Place),
    /// Response.
    Response(Place, u8),
    /// Complete or the handshake bytes of a `PrekeyInit`, and the message behind.
    Opening(Place, u8, Option<Note>),
    /// A message alone.
    Message(Place, Note),
}

impl Packet {
    /// The handshake it is part of.
    pub fn place(&self) -> Place {
        match self {
            Self::Init(place)
            | Self::Response(place, _)
            | Self::Opening(place, ..)
            | Self::Message(place, _) => *place,
        }
    }

    /// The message in it.
    pub fn note(&self) -> Option<Note> {
        match self {
            Self::Init(_) | Self::Response(..) => None,
            Self::Opening(_, _, note) => *note,
            Self::Message(_, note) => Some(*note),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", if self.receipt { "receipt" } else { "text" }, self.number)
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Init(place) => write!(out, "Init of {place}"),
            Self::Response(place, _) => write!(out, "Response of {place}"),
            Self::Opening(place, _, None) => write!(out, "opening of {place}"),
            Self::Opening(place, _, Some(note)) => write!(out, "opening of {place} with {note}"),
            Self::Message(place, note) => write!(out, "{note} on {place}"),
        }
    }
}
