//! Chapter 5: prekeys and prepared handshakes of a device.

use super::{Device, Event, Received};
use crate::error::{Error, PeerError, StorageError};
use crate::handshake::{Claim, Local, PrekeyPacket, accept_prepared, prepare};
use crate::prekeys::{Bundle, Prekeys};
use crate::session::{Confirmation, Heard, Opening, Session};
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

impl Device {
    /// Draws the prekeys that are due and `one_time` of each one-time kind. Returns the records to
    /// publish beside the newest card.
    ///
    /// # Errors
    /// `prekeys`, `random`; nothing but time has passed.
    pub fn publish(
        &mut self,
        one_time: usize,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let card = self.cards.last().ok_or(PeerError::Time)?;
        self.prekeys.replenish(&self.identity, card, one_time, now, rng)
    }

    /// The prekeys, for their snapshot.
    pub const fn prekeys(&self) -> &Prekeys {
        &self.prekeys
    }

    /// Puts stored prekeys in place of the present ones.
    ///
    /// # Errors
    /// As [`Prekeys::restore`]; nothing has changed.
    pub fn restore_prekeys(&mut self, bytes: &[u8], least: u64) -> Result<(), StorageError> {
        let card = self.cards.last().ok_or(StorageError::Snapshot)?;
        self.prekeys = Prekeys::restore(bytes, &card.party(), least)?;
        self.reconcile();
        Ok(())
    }

    /// Brings the prekeys up to date with the sessions, after either was restored.
    pub(super) fn reconcile(&mut self) {
        for (peer, sessions) in &self.peers {
            for (hash, names) in sessions.iter().filter_map(Session::prepared) {
                self.prekeys.reconcile(names, *hash, *peer);
            }
        }
    }

    /// Starts a prepared handshake: the session exists, unconfirmed, and its first message is the
    /// first thing that the peer sees of it.
    ///
    /// # Errors
    /// As PREP-15, in its order.
    pub fn prepare(
        &mut self,
        bundle: &Bundle,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<Event>, Error> {
        bundle.valid_at(now)?;
        let (peer, own) = (*bundle.card(), self.address()?);
        if self.contacts.standing_of(&own, &peer).pinned == Some(false) {
            return Err(PeerError::Identity.into());
        }
        let start = self.start(&own, &peer, now);
        let our = self.cards.last().ok_or(PeerError::Time)?;
        let made = prepare(&self.identity, our, bundle, &start, rng)?;
        let psk_id = start.psk.map(crate::handshake::Psk::id).unwrap_or_default();
        let opening = Opening::Prepared(made.handshake.into_boxed_slice());
        let session = Session::new(made.agreement, Confirmation::Unconfirmed(opening), now);
        let pinned = self.pinned(&peer);
        Ok(self.establish(peer, session, pinned, psk_id, now).1)
    }

    //= spec/05-prepared.md#5-7-responder
    //# [PREP-26] A session of a PrekeyInit MUST exist, its one-time prekeys be erased and its hash
    //# be in the replay set exactly when its first message has been accepted, all in one step.
    pub(super) fn receive_prekey_init(
        &mut self,
        packet: &PrekeyPacket<'_>,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Received, Error> {
        let hash = packet.hash();
        let known = self.peers.iter().find_map(|(peer, sessions)| {
            sessions.prepared(&hash, now).map(|session| (*peer, session))
        });
        if let Some((peer, session)) = known {
            return self.receive_repeated(peer, session, packet.message, now, rng);
        }
        let names = packet.names()?;
        let private = self.prekeys.find(&names, &hash, now)?;
        let own = self.address()?;
        let psks = self.contacts.psks();
        let local = Local { identity: &self.identity, cards: &self.cards, psks };
        let standing = |claim: &Claim| self.contacts.standing(&own, claim);
        let accepted = accept_prepared(&local, standing, &private, packet, now)?;
        self.prekeys.room(names.signed, &accepted.peer.key(), accepted.pinned, now)?;
        let heard = Confirmation::Responder(Heard::Prepared(hash, names));
        let mut session = Session::new(accepted.agreement, heard, now);
        let (advance, plaintext) = session.open(packet.message)?;

        session.commit(advance, now);
        self.prekeys.consume(&names, hash, accepted.peer.key(), accepted.pinned);
        let (peer, pinned, psk_id) = (accepted.peer, accepted.pinned, accepted.psk_id);
        let (id, mut events) = self.establish(peer, session, pinned, psk_id, now);
        events.extend(self.compare(&peer, &accepted.views));
        let learned = self.announced(&peer.key(), &id, &plaintext.content);
        events.push(Event::Message { peer: peer.key(), session: id, plaintext });
        events.extend(learned);
        let replies: Vec<_> = self.answer(&peer.key(), &id, now, rng);
        Ok(Received { events, replies })
    }
}
