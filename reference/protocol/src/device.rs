//! Chapter 8: a device with all its handshakes and sessions. Packets in, packets and events out.
//!
//! This module knows nothing about transports, files or clocks.

use crate::crypto::sign::IdentityKey;
use crate::error::{CallerError, Error, PeerError, StorageError};
use crate::handshake::{
    AwaitingResponse, CompletePacket, HandshakeId, Local, ReplayCache, Responder, Start, Views, response_id,
};
use crate::keys::{Address, Card, CardFields, DeviceId, Identity};
use crate::limits::{CARDS_KEPT, INIT_WINDOW};
use crate::message::{Envelope, Kind};
use crate::secret::SecretBytes;
use crate::session::{Confirmation, Plaintext, Role, Session, SessionId, SessionKey};
use crate::sessions::{Change, Sessions};
use crate::wire::PacketType;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

const NO_VIEWS: Views = [0; 64];

/// One device: identity, cards, pins, handshakes under way, sessions.
#[derive(Debug)]
pub struct Device {
    identity: Identity,
    cards: Vec<Card>,
    pins: BTreeMap<(Address, DeviceId), IdentityKey>,
    responder: Responder,
    started: Vec<AwaitingResponse>,
    peers: BTreeMap<IdentityKey, Sessions>,
}

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
    /// A Complete came again.
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

impl Device {
    /// A device with one card. `cache` is the replay cache of its last run, or an empty one.
    ///
    /// # Errors
    /// As [`Card::issue`].
    pub fn new(identity: Identity, fields: CardFields, cache: ReplayCache) -> Result<Self, Error> {
        let card = Card::issue(&identity, fields)?;
        Ok(Self::with_cards(identity, vec![card], cache))
    }

    /// A device that had issued these cards, the newest last. At least one.
    pub fn with_cards(identity: Identity, cards: Vec<Card>, cache: ReplayCache) -> Self {
        Self {
            identity,
            cards,
            pins: BTreeMap::new(),
            responder: Responder::new(cache),
            started: Vec::new(),
            peers: BTreeMap::new(),
        }
    }

    /// `IK`.
    pub fn key(&self) -> IdentityKey {
        self.identity.key()
    }

    /// The newest card: what contacts should have.
    pub fn card(&self) -> Option<&Card> {
        self.cards.last()
    }

    /// Issues another card and forgets those that expired more than `INIT_WINDOW` ago.
    ///
    /// # Errors
    /// `cards`, and as [`Card::issue`].
    //# [CARD-14]
    pub fn issue_card(&mut self, fields: CardFields, now: u64) -> Result<&Card, Error> {
        let card = Card::issue(&self.identity, fields)?;
        let kept = |card: &&Card| card.fields().expires.saturating_add(INIT_WINDOW) >= now;
        if self.cards.iter().filter(kept).count() >= CARDS_KEPT {
            return Err(CallerError::Cards.into());
        }
        self.cards.retain(|card| kept(&card));
        self.cards.push(card);
        self.cards.last().ok_or(CallerError::Cards.into())
    }

    /// Pins the `IK` of a peer device, as SEC-01 asks.
    pub fn pin(&mut self, address: Address, device: DeviceId, key: IdentityKey) {
        self.pins.insert((address, device), key);
    }

    /// The sessions with a peer device.
    pub fn sessions(&self, peer: &IdentityKey) -> Option<&Sessions> {
        self.peers.get(peer)
    }

    /// Starts a handshake and makes the Init.
    ///
    /// # Errors
    /// As [`AwaitingResponse::start`]; `identity` also when a pin is contradicted.
    //# [HS-39]
    pub fn connect(
        &mut self,
        peer: &Card,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let pinned = self.pins.get(&(peer.fields().address, peer.fields().device));
        if pinned.is_some_and(|key| *key != peer.key()) {
            return Err(PeerError::Identity.into());
        }
        let floor = self.peers.get(&peer.key()).and_then(Sessions::floor);
        let start = Start { now, floor, views: NO_VIEWS };
        let our = self.cards.last().ok_or(PeerError::Time)?;
        let (awaiting, init) = AwaitingResponse::start(&self.identity, our, peer, &start, rng)?;
        self.started.retain(|it| !it.expired(now));
        self.started.push(awaiting);
        Ok(init)
    }

    /// Starts a handshake because a message was `unknown_session`; `None` within 10 minutes.
    ///
    /// # Errors
    /// As [`Device::connect`].
    //# [SESSION-12]
    pub fn reconnect(
        &mut self,
        peer: &Card,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Option<Vec<u8>>, Error> {
        if self.peers.entry(peer.key()).or_default().may_reconnect(now) {
            self.connect(peer, now, rng).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Takes a packet from the network. `from` is the device that the transport names.
    ///
    /// # Errors
    /// Those of the packet's type. Nothing but time has passed.
    pub fn receive(
        &mut self,
        from: Option<&IdentityKey>,
        packet: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        match PacketType::of(packet)? {
            PacketType::Init => self.receive_init(packet, now, rng),
            PacketType::Response => self.receive_response(packet, now, rng),
            PacketType::Complete => {
                self.receive_complete(&CompletePacket::decode(packet)?, now, rng)
            }
            PacketType::Message => {
                Envelope::decode(packet)?;
                let from = from.ok_or(PeerError::UnknownSession)?;
                let events = self.receive_message(from, packet, now)?;
                Ok(Received { events, replies: Vec::new() })
            }
        }
    }

    fn receive_init(
        &mut self,
        packet: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        let local = Local { identity: &self.identity, cards: &self.cards, views: &NO_VIEWS };
        let pin = |address: &Address, device| self.pins.get(&(*address, device)).copied();
        let accepted = self.responder.receive_init(&local, pin, packet, now, rng)?;
        let events = vec![Event::ResponseSent { peer: Box::new(accepted.peer) }];
        Ok(Received { events, replies: vec![accepted.response] })
    }

    fn receive_response(
        &mut self,
        packet: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        let id = response_id(packet)?;
        let index = self
            .started
            .iter()
            .position(|it| it.id() == id)
            .ok_or(PeerError::UnknownHandshake)?;
        let awaiting = self.started.get(index).ok_or(PeerError::UnknownHandshake)?;
        let accepted = awaiting.accept(&self.identity, packet, now, rng)?;
        let peer = *awaiting.peer();
        self.started.remove(index);
        let complete = Box::new(accepted.complete);
        //# [HS-35]
        let replies = vec![CompletePacket::encode(&complete, &[])];
        let confirmation = Confirmation::Unconfirmed(complete);
        let session = Session::new(accepted.agreement, confirmation, now);
        let place = (peer.fields().address, peer.fields().device);
        let pinned = self.pins.get(&place) == Some(&peer.key());
        let (_, events) = self.establish(peer, session, pinned, now);
        Ok(Received { events, replies })
    }

    //# [HS-31]
    //# [HS-32]
    fn receive_complete(
        &mut self,
        packet: &CompletePacket<'_>,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        for (peer, sessions) in &self.peers {
            if let Some(session) = sessions.repeated(packet)? {
                return self.receive_repeated(*peer, session, packet.message, now, rng);
            }
        }
        let accepted = self.responder.receive_complete(packet, now)?;
        let peer = accepted.peer.key();
        let session = Session::new(accepted.agreement, Confirmation::responder(packet), now);
        let (session, mut events) = self.establish(accepted.peer, session, accepted.pinned, now);
        if !packet.message.is_empty() {
            match self.receive_message(&peer, packet.message, now) {
                Ok(more) => events.extend(more),
                Err(error) => events.push(Event::Refused { error }),
            }
        }
        let replies = self.answer(&peer, &session, now, rng);
        Ok(Received { events, replies })
    }

    /// A Complete that is known: without effect, then the message behind it.
    fn receive_repeated(
        &mut self,
        peer: IdentityKey,
        session: SessionId,
        message: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        let mut events = vec![Event::Repeated { session }];
        if !message.is_empty() {
            events.extend(self.receive_message(&peer, message, now)?);
        }
        let replies = self.answer(&peer, &session, now, rng);
        Ok(Received { events, replies })
    }

    /// The receipt that answers a Complete, unless there have been enough or it cannot be sealed.
    fn answer(
        &mut self,
        peer: &IdentityKey,
        id: &SessionId,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Vec<Vec<u8>> {
        let session = self.peers.get_mut(peer).and_then(|sessions| sessions.get_mut(id));
        let may = session.is_some_and(|session| session.may_answer(now));
        let receipt = may.then(|| self.receipt(peer, id, rng));
        receipt.into_iter().flatten().flatten().collect()
    }

    fn receive_message(
        &mut self,
        from: &IdentityKey,
        message: &[u8],
        now: u64,
    ) -> Result<Vec<Event>, Error> {
        let sessions = self.peers.get_mut(from).ok_or(PeerError::UnknownSession)?;
        let (session, advance, plaintext) = sessions.open(message, now)?;
        let mut events = Vec::new();
        if sessions.commit(&session, advance, now) {
            events.push(Event::Confirmed { session });
        }
        events.push(Event::Message { peer: *from, session, plaintext });
        events.extend(sessions.settle(now).into_iter().map(Event::from));
        Ok(events)
    }

    fn establish(
        &mut self,
        peer: Card,
        session: Session,
        pinned: bool,
        now: u64,
    ) -> (SessionId, Vec<Event>) {
        let (id, role) = (session.key().id, session.role());
        //# [CARD-11]
        let mut events =
            vec![Event::Established { peer: Box::new(peer), session: id, role, pinned }];
        let changes = self.peers.entry(peer.key()).or_default().insert(session, now);
        events.extend(changes.into_iter().map(Event::from));
        (id, events)
    }

    /// Seals application content for a peer device.
    ///
    /// # Errors
    /// As [`Sessions::send`].
    pub fn send(
        &mut self,
        to: &IdentityKey,
        kind: Kind,
        content: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Outgoing, Error> {
        let sessions = self.peers.get_mut(to).ok_or(CallerError::NoSession)?;
        let packet = sessions.send(kind, content, now, rng)?;
        Ok(Outgoing { packet, events: sessions.settle(now).into_iter().map(Event::from).collect() })
    }

    /// Closes our direction of the sending session with a peer device.
    ///
    /// # Errors
    /// As [`Sessions::close`].
    pub fn close(
        &mut self,
        to: &IdentityKey,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Outgoing, Error> {
        let sessions = self.peers.get_mut(to).ok_or(CallerError::NoSession)?;
        let packet = sessions.close(now, rng)?;
        Ok(Outgoing { packet, events: sessions.settle(now).into_iter().map(Event::from).collect() })
    }

    /// A receipt for what was accepted on a session; `None` when nothing can be said.
    ///
    /// # Errors
    /// `no_session`, and as [`Session::receipt`].
    pub fn receipt(
        &mut self,
        to: &IdentityKey,
        session: &SessionId,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Option<Vec<u8>>, Error> {
        let session = self
            .peers
            .get_mut(to)
            .and_then(|sessions| sessions.get_mut(session))
            .ok_or(CallerError::NoSession)?;
        Ok(session.receipt(rng)?.map(|message| session.packet(message)))
    }

    /// Frees what has expired: handshakes under way and replay cache entries.
    pub fn expire(&mut self, now: u64) {
        self.started.retain(|it| !it.expired(now));
        self.responder.expire(now);
    }

    /// Does what time demands. May be called at any time; draws nothing.
    pub fn due(&mut self, now: u64) -> Due {
        let mut due = Due::default();
        self.expire(now);
        for (peer, sessions) in &mut self.peers {
            due.events.extend(sessions.settle(now).into_iter().map(Event::from));
            due.packets.extend(sessions.repeats(now).into_iter().map(|packet| (*peer, packet)));
        }
        due
    }

    /// Forgets all sessions with a peer device.
    pub fn forget(&mut self, peer: &IdentityKey) {
        self.peers.remove(peer);
    }

    /// The ids of the handshakes under way, ours first.
    pub fn handshakes(&self) -> impl Iterator<Item = HandshakeId> {
        self.started.iter().map(AwaitingResponse::id).chain(self.responder.ids())
    }

    /// The replay cache, for its snapshot.
    pub const fn replay_cache(&self) -> &ReplayCache {
        self.responder.replay_cache()
    }

    /// The sessions with a peer device, to be sealed and stored by the caller.
    pub fn snapshot(&self, peer: &IdentityKey) -> Option<SecretBytes> {
        self.peers.get(peer).map(Sessions::snapshot)
    }

    /// Puts stored sessions with a peer device in place of the present ones.
    ///
    /// # Errors
    /// As [`Sessions::restore`]; nothing has changed.
    pub fn restore(
        &mut self,
        peer: &IdentityKey,
        bytes: &[u8],
        least: impl Fn(&SessionKey) -> u64,
    ) -> Result<(), StorageError> {
        let sessions = Sessions::restore(bytes, least)?;
        if sessions.iter().any(|session| session.peer().key != *peer) {
            return Err(StorageError::Snapshot);
        }
        self.peers.insert(*peer, sessions);
        Ok(())
    }
}

impl From<Change> for Event {
    fn from(change: Change) -> Self {
        match change {
            Change::GivenUp(session, sent) => Self::GivenUp { session, sent },
            Change::Dropped(session) => Self::Dropped { session },
        }
    }
}
