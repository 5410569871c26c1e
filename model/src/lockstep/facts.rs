//! What the crate says, in the words of the model. No `match` here has a wildcard: an event, an
//! error or a status of the crate that the model does not know does not compile.

use quipu::message::Content;
use quipu::session::{Role, SessionId, Status as RealStatus};
use quipu::wire::PacketType;
use quipu::{BytesError, CallerError, Error, Event, PeerError, StorageError};

use crate::session::Status;

/// An event of the crate, as far as the model can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `Event::ResponseSent`.
    ResponseSent,
    /// `Event::Established`: the session, and whether it is ours.
    Established(SessionId, bool),
    /// The session that began is less than the greatest confirmed one.
    Lesser(SessionId),
    /// `Event::Confirmed`.
    Confirmed(SessionId),
    /// `Event::Message`: the session, the epoch and what it carries.
    Message(SessionId, u32, Carried),
    /// `Event::Refused`.
    Refused(Error),
    /// `Event::Repeated`.
    Repeated(SessionId),
    /// `Event::GivenUp`, with the number of messages.
    GivenUp(SessionId, u32),
    /// `Event::Dropped`.
    Dropped(SessionId),
    /// What no session of the model leads to.
    Foreign(&'static str),
}

/// What a message carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A text, by its bytes.
    Text(Vec<u8>),
    /// A receipt.
    Receipt,
    /// What no device of the model sends.
    Foreign(&'static str),
}

/// An event in the words of the model.
pub fn fact(event: &Event) -> Fact {
    match event {
        Event::ResponseSent { .. } => Fact::ResponseSent,
        Event::Established {
            session,
            role,
            peer: _,
            pinned: _,
            suite: _,
            psk_id: _,
            reduced_forward_secrecy: _,
        } => Fact::Established(*session, ours(*role)),
        Event::Lesser { session } => Fact::Lesser(*session),
        Event::Confirmed { session } => Fact::Confirmed(*session),
        Event::Message { session, plaintext, .. } => {
            Fact::Message(*session, plaintext.epoch, carried(&plaintext.content))
        }
        Event::Refused { error } => Fact::Refused(*error),
        Event::Repeated { session } => Fact::Repeated(*session),
        Event::GivenUp { session, sent } => Fact::GivenUp(*session, *sent),
        Event::Dropped { session } => Fact::Dropped(*session),
        Event::Views { .. } => Fact::Foreign("views"),
        Event::Manifest { .. } => Fact::Foreign("manifest"),
        Event::ManifestRefused { .. } => Fact::Foreign("manifest-refused"),
    }
}

fn carried(content: &Content) -> Carried {
    match content {
        Content::Data(_, bytes) => Carried::Text(bytes.expose().to_vec()),
        Content::Receipt(_) => Carried::Receipt,
        Content::Close(_) => Carried::Foreign("close"),
        Content::Announcement(_) => Carried::Foreign("announcement"),
    }
}

/// Whether a role is that of who began.
pub(super) fn ours(role: Role) -> bool {
    match role {
        Role::Initiator => true,
        Role::Responder => false,
    }
}

/// A status in the words of the model.
pub(super) fn status(status: RealStatus) -> Status {
    match status {
        RealStatus::Unconfirmed => Status::Unconfirmed,
        RealStatus::GivenUp => Status::GivenUp,
        RealStatus::Confirmed => Status::Confirmed,
    }
}

/// A packet in the words of the model, without what is under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Init.
    Init,
    /// Response.
    Response,
    /// Complete or handshake bytes, and whether a message follows.
    Opening(bool),
    /// A message alone.
    Message,
}

/// The shape of a packet; none when it has none.
pub(super) fn shape(packet: &[u8]) -> Option<Shape> {
    Some(match PacketType::of(packet).ok()? {
        PacketType::Init => Shape::Init,
        PacketType::Response => Shape::Response,
        PacketType::Complete => {
            let complete = quipu::handshake::CompletePacket::decode(packet).ok()?;
            Shape::Opening(!complete.message.is_empty())
        }
        PacketType::PrekeyInit => {
            let prepared = quipu::handshake::PrekeyPacket::decode(packet).ok()?;
            Shape::Opening(!prepared.message.is_empty())
        }
        PacketType::Message => Shape::Message,
    })
}

/// The model that speaks of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// The model of sessions: two devices, their packets delivered in any order, late or again.
    Sessions,
    /// Packets that no honest device makes, or bytes that were changed: the attacker's models.
    Attacker,
    /// Chains, numbers and skipped keys: the model of the ratchet.
    Ratchet,
    /// What one call is given, or one file: a single vector says it all.
    Vectors,
}

/// The model that speaks of an error.
pub fn spoken(error: Error) -> Spoken {
    match error {
        Error::Bytes(error) => bytes(error),
        Error::Peer(error) => peer(error),
        Error::Caller(error) => caller(error),
        Error::Storage(error) => storage(error),
    }
}

fn bytes(error: BytesError) -> Spoken {
    match error {
        BytesError::Length
        | BytesError::Version
        | BytesError::Type
        | BytesError::Suite
        | BytesError::Encoding
        | BytesError::Key => Spoken::Attacker,
    }
}

fn peer(error: PeerError) -> Spoken {
    match error {
        PeerError::Authentication
        | PeerError::Time
        | PeerError::Replay
        | PeerError::UnknownHandshake
        | PeerError::UnknownPrekey
        | PeerError::UnknownSession
        | PeerError::Duplicate => Spoken::Sessions,
        PeerError::Signature | PeerError::Identity | PeerError::Busy => Spoken::Attacker,
        PeerError::Protocol
        | PeerError::TooFar
        | PeerError::Expired
        | PeerError::CloneSuspected
        | PeerError::AfterClose => Spoken::Ratchet,
        PeerError::Padding
        | PeerError::Content
        | PeerError::ManifestOld
        | PeerError::ManifestFork
        | PeerError::ManifestGap => Spoken::Vectors,
    }
}

fn caller(error: CallerError) -> Spoken {
    match error {
        CallerError::NoSession | CallerError::Window => Spoken::Sessions,
        CallerError::ChainLimit => Spoken::Ratchet,
        CallerError::Closed
        | CallerError::TooLong
        | CallerError::Cards
        | CallerError::Export
        | CallerError::Random
        | CallerError::Psk
        | CallerError::Prekeys
        | CallerError::Devices => Spoken::Vectors,
    }
}

fn storage(error: StorageError) -> Spoken {
    match error {
        StorageError::Rollback
        | StorageError::Snapshot
        | StorageError::SnapshotVersion
        | StorageError::FileKind
        | StorageError::FileVersion
        | StorageError::FileTruncated
        | StorageError::FileDamaged
        | StorageError::FileParameters
        | StorageError::Passphrase => Spoken::Vectors,
    }
}
