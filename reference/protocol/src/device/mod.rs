//! Chapter 8: a device with all its handshakes and sessions. Packets in, packets and events out.
//!
//! This module knows nothing about transports, files or clocks.

mod event;
mod people;
mod prepared;
mod receive;

pub use event::{Due, Event, Outgoing, Received};
pub use people::ForDevice;

use crate::contacts::Contacts;
use crate::crypto::sign::IdentityKey;
use crate::error::{CallerError, Error, PeerError, StorageError};
use crate::handshake::{AwaitingResponse, HandshakeId, ReplayCache, Responder, Start};
use crate::keys::{Address, Card, CardFields, DeviceId, Identity};
use crate::limits::{CARDS_KEPT, INIT_WINDOW};
use crate::message::Kind;
use crate::prekeys::Prekeys;
use crate::secret::SecretBytes;
use crate::session::{SessionId, SessionKey};
use crate::sessions::Sessions;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// One device: identity, cards, contacts, prekeys, handshakes under way, sessions.
#[derive(Debug)]
pub struct Device {
    identity: Identity,
    cards: Vec<Card>,
    contacts: Contacts,
    prekeys: Prekeys,
    responder: Responder,
    // In boxes: a list that moves its elements leaves secrets behind.
    started: Vec<Box<AwaitingResponse>>,
    peers: BTreeMap<IdentityKey, Sessions>,
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
            contacts: Contacts::default(),
            prekeys: Prekeys::default(),
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

    /// Issues another card and forgets those that no packet under way can still need.
    ///
    /// # Errors
    /// `cards`, and as [`Card::issue`].
    //= spec/03-keys.md#3-4-a-device-s-own-cards
    //# [CARD-14] A device MUST refuse to issue a fifth card while it keeps four, as `cards`.
    pub fn issue_card(&mut self, fields: CardFields, now: u64) -> Result<&Card, Error> {
        let card = Card::issue(&self.identity, fields)?;
        let kept = |card: &&Card| {
            card.fields().expires.saturating_add(INIT_WINDOW) >= now || self.prekeys.need(card, now)
        };
        let mut cards: Vec<Card> = self.cards.iter().filter(kept).copied().collect();
        if cards.len() >= CARDS_KEPT {
            return Err(CallerError::Cards.into());
        }
        cards.push(card);
        self.cards = cards;
        self.cards.last().ok_or(CallerError::Cards.into())
    }

    /// Pins the `IK` of a peer device, as SEC-01 asks.
    pub fn pin(&mut self, address: Address, device: DeviceId, key: IdentityKey) {
        self.contacts.pin(address, device, key);
    }

    /// What is remembered of other people.
    pub const fn contacts(&self) -> &Contacts {
        &self.contacts
    }

    /// What is remembered of other people: stored contacts are put back here.
    pub const fn contacts_mut(&mut self) -> &mut Contacts {
        &mut self.contacts
    }

    /// What an export holds: everything but what lives.
    pub(crate) fn parts(&self) -> (&Identity, &[Card], &Contacts, &Prekeys) {
        (&self.identity, &self.cards, &self.contacts, &self.prekeys)
    }

    /// The device with what an export held.
    pub(crate) fn with(self, contacts: Contacts, prekeys: Prekeys) -> Self {
        Self { contacts, prekeys, ..self }
    }

    /// The address on the newest card.
    fn address(&self) -> Result<Address, PeerError> {
        self.cards.last().map(|card| card.fields().address).ok_or(PeerError::Time)
    }

    /// The sessions with a peer device.
    pub fn sessions(&self, peer: &IdentityKey) -> Option<&Sessions> {
        self.peers.get(peer)
    }

    /// Starts a handshake and makes the Init.
    ///
    /// # Errors
    /// As [`AwaitingResponse::start`]; `identity` also when a pin is contradicted.
    //= spec/04-handshake.md#4-3-initiator-sending-init
    //# [HS-39] An initiator MUST refuse as `identity` to start towards a card whose address and
    //# device id its application has pinned to another `IK`.
    pub fn connect(
        &mut self,
        peer: &Card,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        peer.valid_at(now)?;
        let own = self.address()?;
        if self.contacts.standing_of(&own, peer).pinned == Some(false) {
            return Err(PeerError::Identity.into());
        }
        let start = self.start(&own, peer, now);
        let our = self.cards.last().ok_or(PeerError::Time)?;
        let (awaiting, init) = AwaitingResponse::start(&self.identity, our, peer, &start, rng)?;
        self.contacts.raise(peer.key(), awaiting.suite());
        self.started.retain(|it| !it.expired(now));
        self.started.push(Box::new(awaiting));
        Ok(init)
    }

    /// What a handshake towards `peer` starts with.
    fn start(&self, own: &Address, peer: &Card, now: u64) -> Start<'_> {
        Start {
            now,
            floor: self.peers.get(&peer.key()).and_then(|it| it.floor(now)),
            views: self.contacts.views(own, &peer.fields().address),
            least: self.contacts.least(&peer.key()),
            psk: self.contacts.psk(&peer.key()),
        }
    }

    /// Starts a handshake because a message was `unknown_session` or a session was reported as
    /// [`Event::Lesser`]; `None` within 10 minutes of the last.
    ///
    /// # Errors
    /// As [`Device::connect`].
    pub fn reconnect(
        &mut self,
        peer: &Card,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Option<Vec<u8>>, Error> {
        if self.peers.get(&peer.key()).is_some_and(|sessions| !sessions.may_reconnect(now)) {
            return Ok(None);
        }
        let init = self.connect(peer, now, rng)?;
        self.peers.entry(peer.key()).or_default().reconnected(now);
        Ok(Some(init))
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
        Ok(Outgoing { packet, events: self.settle(to, now) })
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
        Ok(Outgoing { packet, events: self.settle(to, now) })
    }

    /// A receipt for what was accepted on a session; `None` when nothing can be said.
    ///
    /// # Errors
    /// `no_session`, and as [`crate::session::Session::receipt`].
    pub fn receipt(
        &mut self,
        to: &IdentityKey,
        session: &SessionId,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Option<Vec<u8>>, Error> {
        let session = self
            .peers
            .get_mut(to)
            .and_then(|sessions| sessions.get_mut(session))
            .filter(|session| !session.outlived(now))
            .ok_or(CallerError::NoSession)?;
        Ok(session.receipt(rng)?.map(|message| session.packet(message)))
    }

    /// Does what time demands of the sessions with one peer device.
    fn settle(&mut self, peer: &IdentityKey, now: u64) -> Vec<Event> {
        let changes = self.peers.get_mut(peer).map(|sessions| sessions.settle(now));
        changes.into_iter().flatten().map(Event::from).collect()
    }

    /// Frees what has expired: handshakes under way, replay cache entries, prekeys.
    pub fn expire(&mut self, now: u64) {
        self.started.retain(|it| !it.expired(now));
        self.responder.expire(now);
        self.prekeys.expire(now);
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
        self.started.iter().map(|it| it.id()).chain(self.responder.ids())
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
        self.reconcile();
        self.enforce_all();
        Ok(())
    }
}
