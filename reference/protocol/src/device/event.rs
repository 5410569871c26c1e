//! Chapter 12.5: what a device reports.

use crate::crypto::sign::IdentityKey;
use crate::error::Error;
use crate::handshake::PskId;
use crate::keys::{Address, Card};
use crate::session::{Plaintext, Role, SessionId};
use crate::sessions::Change;
use crate::wire::Suite;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// An Init was accepted; the Response is among the replies.
    ResponseSent {
        /// The initiator's card.
        peer: Box<Card>,
    },
    /// A session exists.
    Established {
        /// The peer's card.
        peer: Box<Card>,
        /// The session.
        session: SessionId,
        /// Our role.
        role: Role,
        /// Whether the peer's `IK` was pinned when the session began.
        pinned: bool,
        /// The suite.
        suite: Suite,
        /// The pre-shared secret that was used; zero: none.
        psk_id: PskId,
        /// Whether the first chain rests on prekeys that outlive it.
        reduced_forward_secrecy: bool,
    },
    /// The session that a responder has just established is less than its greatest confirmed one:
    /// the peer has probably lost that one. To be answered with [`super::Device::reconnect`].
    Lesser {
        /// The new session.
        session: SessionId,
    },
    /// The responder has answered on a session of ours.
    Confirmed {
        /// The session.
        session: SessionId,
    },
    /// A message was accepted.
    Message {
        /// The peer's `IK`.
        peer: IdentityKey,
        /// The session.
        session: SessionId,
        /// The message.
        plaintext: Plaintext,
    },
    /// The message behind an accepted Complete was refused.
    Refused {
        /// Why.
        error: Error,
    },
    /// A Complete or the handshake bytes of a `PrekeyInit` came again.
    Repeated {
        /// Its session.
        session: SessionId,
    },
    /// An unconfirmed session reached a limit.
    GivenUp {
        /// The session.
        session: SessionId,
        /// The numbers from 0 up to but excluding this were never confirmed.
        sent: u32,
    },
    /// A session left.
    Dropped {
        /// The session.
        session: SessionId,
    },
    /// The views of a handshake and ours differ.
    Views {
        /// The peer's `IK`.
        peer: IdentityKey,
        /// The peer's own manifest is not the one that we keep of it.
        theirs: bool,
        /// The peer keeps another manifest of ours than our newest.
        ours: bool,
    },
    /// A manifest is now the newest of its address.
    Manifest {
        /// The address.
        address: Address,
        /// The number.
        number: u64,
    },
    /// A manifest was refused; those behind it were not looked at.
    ManifestRefused {
        /// Why.
        error: Error,
    },
}

/// What receiving a packet gave.
#[derive(Debug, Default)]
pub struct Received {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Packets to send back to where the packet came from.
    pub replies: Vec<Vec<u8>>,
}

/// A packet to send, and what happened on the way.
#[derive(Debug)]
pub struct Outgoing {
    /// The packet.
    pub packet: Vec<u8>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// What time demands.
#[derive(Debug, Default)]
pub struct Due {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Packets to send, each to a peer.
    pub packets: Vec<(IdentityKey, Vec<u8>)>,
}

impl From<Change> for Event {
    fn from(change: Change) -> Self {
        match change {
            Change::GivenUp(session, sent) => Self::GivenUp { session, sent },
            Change::Dropped(session) => Self::Dropped { session },
        }
    }
}
