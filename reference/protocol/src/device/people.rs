//! Chapter 9: manifests, views and whole device sets.

use super::{Device, Event, Outgoing};
use crate::account::Manifest;
use crate::crypto::sign::IdentityKey;
use crate::error::{CallerError, Error, PeerError};
use crate::handshake::Views;
use crate::keys::{Address, Card};
use crate::message::{Content, Kind};
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// A device of a user and what there is to send to it.
pub type ForDevice = (IdentityKey, Result<Outgoing, Error>);

impl Device {
    /// Judges manifests one by one, keeps what is good, and ends sessions with devices that are
    /// not listed any more.
    pub fn learn<'a>(&mut self, manifests: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
        let mut events = Vec::new();
        for bytes in manifests {
            match Manifest::verify(bytes).and_then(|it| self.learn_one(it, &mut events)) {
                Ok(()) => {}
                Err(error) => {
                    events.push(Event::ManifestRefused { error });
                    break;
                }
            }
        }
        events
    }

    fn learn_one(&mut self, manifest: Manifest, events: &mut Vec<Event>) -> Result<(), Error> {
        let (address, number) = (manifest.address(), manifest.number());
        if !self.contacts.learn(manifest.clone())? {
            return Ok(());
        }
        events.push(Event::Manifest { address, number });
        //= spec/09-devices.md#9-3-which-devices
        //# [DEV-11] A device that accepts a manifest MUST drop every session with a device of that
        //# address that it does not list or has revoked.
        for sessions in self.peers.values_mut() {
            let left = sessions.keep(&address, |it| manifest.lists(it.device, &it.key));
            events.extend(left.into_iter().map(Event::from));
        }
        let lists = |card: &Card| {
            let (fields, key) = (card.fields(), card.key());
            fields.address != address || manifest.lists(fields.device, &key)
        };
        self.started.retain(|it| lists(it.peer()));
        self.responder.keep(lists);
        Ok(())
    }

    /// What the manifests of an announcement came to.
    //= spec/09-devices.md#9-4-views
    //# [DEV-18] A receiver MUST judge the manifests of an accepted announcement as 9.2 when their
    //# address is that of the sender's card, refuse them as `identity` otherwise, and report what
    //# came of it; the message stays accepted.
    pub(super) fn announced(&mut self, from: Option<&Address>, content: &Content) -> Vec<Event> {
        let Content::Announcement(manifests) = content else { return Vec::new() };
        let mut events = Vec::new();
        for bytes in manifests {
            let of_sender = |it: Manifest| match Some(&it.address()) == from {
                true => Ok(it),
                false => Err(PeerError::Identity.into()),
            };
            let judged = Manifest::verify(bytes).and_then(of_sender);
            if let Err(error) = judged.and_then(|it| self.learn_one(it, &mut events)) {
                events.push(Event::ManifestRefused { error });
                break;
            }
        }
        events
    }

    /// Announces manifests of our account to a peer device.
    ///
    /// # Errors
    /// As [`Device::send`].
    //= spec/09-devices.md#9-4-views
    //# [DEV-19] A device that has accepted or issued a newer manifest of its own account SHOULD
    //# announce it on every session.
    pub fn announce<'a>(
        &mut self,
        to: &IdentityKey,
        manifests: impl IntoIterator<Item = &'a [u8]>,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Outgoing, Error> {
        let sessions = self.peers.get_mut(to).ok_or(CallerError::NoSession)?;
        let packet = sessions.announce(manifests, now, rng)?;
        Ok(Outgoing { packet, events: self.settle(to, now) })
    }

    /// Seals content for every device of a user that its newest manifest lists, ourselves left
    /// out, ascending by device id. `no_session` asks for a handshake.
    //= spec/09-devices.md#9-3-which-devices
    //# [DEV-12] A sender to a user MUST encrypt to exactly the devices that the newest manifest
    //# lists and has not revoked, itself left out.
    pub fn send_all(
        &mut self,
        address: &Address,
        kind: Kind,
        content: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Vec<ForDevice> {
        let own = self.key();
        let listed = self.contacts.manifest(address).into_iter().flat_map(Manifest::live);
        let keys: Vec<_> = listed.map(|it| it.key).filter(|key| *key != own).collect();
        keys.into_iter().map(|key| (key, self.send(&key, kind, content, now, rng))).collect()
    }

    /// What the received views tell.
    pub(super) fn compare(&self, peer: &Card, received: &Views) -> Option<Event> {
        let own = self.address().ok()?;
        let [theirs, ours] = self.contacts.differences(&own, &peer.fields().address, received);
        (theirs || ours).then(|| Event::Views { peer: peer.key(), theirs, ours })
    }

    /// Whether the owner of a verified card is pinned or listed.
    pub(super) fn pinned(&self, peer: &Card) -> bool {
        let own = self.address();
        own.is_ok_and(|own| self.contacts.standing_of(&own, peer).pinned == Some(true))
    }
}
