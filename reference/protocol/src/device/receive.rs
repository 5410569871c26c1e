//! Chapter 4 and 8: packets in, by type.

use super::{Device, Event, Received};
use crate::crypto::sign::IdentityKey;
use crate::error::{Error, PeerError};
use crate::handshake::{Claim, CompletePacket, Local, PrekeyPacket, PskId, response_id};
use crate::keys::Card;
use crate::message::Envelope;
use crate::session::{Confirmation, Heard, Opening, Role, Session, SessionId};
use crate::wire::PacketType;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

impl Device {
    /// Takes a packet from the network. `from` is the device that the transport names.
    ///
    /// # Errors
    /// Those of the packet's type. Nothing but time has passed.
    //= spec/01-notation.md#1-4-refusals
    //# [ENC-08] A refusal MUST leave the state of the device byte-identical to the state before the
    //# call.
    //= spec/01-notation.md#1-4-refusals
    //# [ENC-09] A refusal MUST NOT cause any bytes to be sent.
    //= spec/01-notation.md#1-4-refusals
    //# [ENC-10] A refusal MUST NOT end, reset or restart a session or a half-open handshake.
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
            PacketType::PrekeyInit => {
                self.receive_prekey_init(&PrekeyPacket::decode(packet)?, now, rng)
            }
            PacketType::Message => {
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
        let own = self.address()?;
        let psks = self.contacts.psks();
        let local = Local { identity: &self.identity, cards: &self.cards, psks };
        let standing = |claim: &Claim| self.contacts.standing(&own, claim);
        let accepted = self.responder.receive_init(&local, standing, packet, now, rng)?;
        let mut events = vec![Event::ResponseSent { peer: Box::new(accepted.peer) }];
        events.extend(self.compare(&accepted.peer, &accepted.views));
        events.extend(self.settle(&accepted.peer.key(), now));
        Ok(Received { events, replies: vec![accepted.response] })
    }

    fn receive_response(
        &mut self,
        packet: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        let id = response_id(packet)?;
        let index =
            self.started.iter().position(|it| it.id() == id).ok_or(PeerError::UnknownHandshake)?;
        let awaiting = self.started.get(index).ok_or(PeerError::UnknownHandshake)?;
        let accepted = awaiting.accept(&self.identity, packet, now, rng)?;
        let (peer, psk_id) = (*awaiting.peer(), awaiting.psk_id());
        self.started.remove(index);
        let complete = Box::new(accepted.complete);
        //= spec/04-handshake.md#4-7-repeating-complete
        //# [HS-35] An initiator MUST send Complete as soon as it has accepted the Response, with or
        //# without a message.
        let replies = vec![CompletePacket::encode(&complete, &[])];
        let confirmation = Confirmation::Unconfirmed(Opening::Complete(complete));
        let session = Session::new(accepted.agreement, confirmation, now);
        let pinned = self.pinned(&peer);
        let (_, mut events) = self.establish(peer, session, pinned, psk_id, now);
        events.extend(self.compare(&peer, &accepted.views));
        Ok(Received { events, replies })
    }

    //= spec/04-handshake.md#4-6-responder-receiving-complete
    //# [HS-31] A responder MUST NOT send or deliver anything of the session before Complete has
    //# verified.
    //= spec/04-handshake.md#4-6-responder-receiving-complete
    //# [HS-32] An accepted Complete MUST commit alone: when the message behind it is refused, the
    //# session exists and the message is refused with its own error.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-34] A new session MUST take its place before the message behind its Complete is
    //# received, and after the first message of its PrekeyInit has been opened; whenever one does,
    //# a device MUST at once apply limits, SESSION-09 and SESSION-10, in this order, to all
    //# sessions with that device.
    fn receive_complete(
        &mut self,
        packet: &CompletePacket<'_>,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        for (peer, sessions) in &self.peers {
            if let Some(session) = sessions.repeated(packet, now)? {
                return self.receive_repeated(*peer, session, packet.message, now, rng);
            }
        }
        let accepted = self.responder.receive_complete(packet, now)?;
        let peer = accepted.peer.key();
        let session =
            Session::new(accepted.agreement, Confirmation::Responder(Heard::complete(packet)), now);
        let (pinned, psk_id) = (accepted.pinned, accepted.psk_id);
        let (session, mut events) = self.establish(accepted.peer, session, pinned, psk_id, now);
        if !packet.message.is_empty() {
            match self.receive_message(Some(&peer), packet.message, now) {
                Ok(more) => events.extend(more),
                Err(error) => events.push(Event::Refused { error }),
            }
        }
        let replies = self.answer(&peer, &session, now, rng);
        Ok(Received { events, replies })
    }

    /// An opening that is known: without effect, then the message behind it.
    pub(super) fn receive_repeated(
        &mut self,
        peer: IdentityKey,
        session: SessionId,
        message: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        let mut events = vec![Event::Repeated { session }];
        if message.is_empty() {
            events.extend(self.settle(&peer, now));
        } else {
            events.extend(self.receive_message(Some(&peer), message, now)?);
        }
        let replies = self.answer(&peer, &session, now, rng);
        Ok(Received { events, replies })
    }

    /// The receipt that answers an opening, unless there have been enough or it cannot be sealed.
    pub(super) fn answer(
        &mut self,
        peer: &IdentityKey,
        id: &SessionId,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Vec<Vec<u8>> {
        let session = self.peers.get_mut(peer).and_then(|sessions| sessions.get_mut(id));
        let Some(session) = session else { return Vec::new() };
        if !session.may_answer(now) {
            return Vec::new();
        }
        let Ok(Some(receipt)) = session.answer(rng) else { return Vec::new() };
        session.answered(now);
        vec![session.packet(receipt)]
    }

    fn receive_message(
        &mut self,
        from: Option<&IdentityKey>,
        message: &[u8],
        now: u64,
    ) -> Result<Vec<Event>, Error> {
        let known = from.and_then(|from| Some((*from, self.peers.get_mut(from)?)));
        let Some((peer, sessions)) = known else {
            Envelope::decode(message)?;
            return Err(PeerError::UnknownSession.into());
        };
        let (session, advance, plaintext) = sessions.open(message, now)?;
        let mut events = Vec::new();
        if sessions.commit(&session, advance, now) {
            events.push(Event::Confirmed { session });
        }
        let learned = self.announced(&peer, &session, &plaintext.content);
        events.push(Event::Message { peer, session, plaintext });
        events.extend(learned);
        events.extend(self.settle(&peer, now));
        Ok(events)
    }

    pub(super) fn establish(
        &mut self,
        peer: Card,
        session: Session,
        pinned: bool,
        psk_id: PskId,
        now: u64,
    ) -> (SessionId, Vec<Event>) {
        let (id, role) = (session.key().id, session.role());
        //= spec/03-keys.md#3-2-the-card
        //# [CARD-11] An implementation MUST report to its application, with every session, whether
        //# the peer's `IK` was pinned when the session began: for the responder when it accepted
        //# the Init, for the initiator when it accepted the Response.
        let mut events = vec![Event::Established {
            peer: Box::new(peer),
            session: id,
            role,
            pinned,
            suite: session.suite(),
            psk_id,
            reduced_forward_secrecy: session.reduced_forward_secrecy(),
        }];
        self.contacts.raise(peer.key(), session.suite());
        let sessions = self.peers.entry(peer.key()).or_default();
        //= spec/08-sessions.md#8-2-several-sessions-with-one-device
        //# [SESSION-33] A responder that accepts a handshake whose session is less than its
        //# greatest confirmed one MUST report the new session as `lesser`; an implementation SHOULD
        //# answer that with a handshake of its own, which counts as one in the 10 minutes of
        //# SESSION-12.
        if role == Role::Responder && sessions.lesser(&session.key(), now) {
            events.push(Event::Lesser { session: id });
        }
        sessions.note(id, peer.fields().address);
        let changes = sessions.insert(session, now);
        events.extend(changes.into_iter().map(Event::from));
        (id, events)
    }
}
