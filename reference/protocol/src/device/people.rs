//! Chapter 9: manifests, views and whole device sets.

use super::{Device, Event, Outgoing};
use crate::account::{Listed, Manifest};
use crate::crypto::sign::IdentityKey;
use crate::error::{CallerError, Error, PeerError};
use crate::handshake::{Claim, Views};
use crate::keys::{Address, Card};
use crate::message::{Content, Kind};
use crate::session::{Session, SessionId};
use crate::sessions::Sessions;
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// A device of a user and what there is to send to it.
pub type ForDevice = (IdentityKey, Result<Outgoing, Error>);

impl Device {
    /// Takes manifests from the application, one by one: keeps what is good, and ends what there is
    /// with devices that are not listed any more. With `replace`, the user has decided that they
    /// need not follow the kept one.
    //= spec/09-devices.md#9-2-the-chain
    //# [DEV-23] Only a decision of its user MUST replace a kept manifest by one that does not
    //# follow it; the new one is unverified, and DEV-11 applies.
    pub fn learn<'a>(
        &mut self,
        manifests: impl IntoIterator<Item = &'a [u8]>,
        replace: bool,
    ) -> Vec<Event> {
        self.judge(manifests, |device, manifest| {
            let own = device.address()? == manifest.address();
            let vouched = !own || manifest.live().any(|it| it.key == device.key());
            if replace && vouched {
                device.contacts.manifests.remove(&manifest.address());
            }
            Ok(vouched)
        })
    }

    /// What the manifests of an announcement came to.
    //= spec/09-devices.md#9-4-views
    //# [DEV-18] A receiver MUST judge the manifests of an accepted announcement as 9.2 when their
    //# address is that of the sender's card, refuse them as `identity` otherwise, and report what
    //# came of it; the message stays accepted.
    pub(super) fn announced(
        &mut self,
        peer: &IdentityKey,
        session: &SessionId,
        content: &Content,
    ) -> Vec<Event> {
        let Content::Announcement(manifests) = content else { return Vec::new() };
        let sessions = self.peers.get(peer);
        let party = sessions.and_then(|it| it.get(session)).map(Session::peer);
        let address = sessions.and_then(Sessions::address).copied();
        self.judge(manifests.iter().map(Vec::as_slice), |device, manifest| {
            if Some(manifest.address()) != address {
                return Err(PeerError::Identity.into());
            }
            let place = party.and_then(|party| Some((address?, party.device)));
            let claim = Claim { key: *peer, place };
            let own = device.address()?;
            let pinned = device.contacts.standing(&own, &claim).pinned == Some(true);
            let lists = party.is_some_and(|party| manifest.lists(party.device, peer));
            Ok(manifest.address() != own && pinned && lists)
        })
    }

    /// Judges manifests until one is refused; `vouched` says whether a first one may be taken.
    fn judge<'a>(
        &mut self,
        manifests: impl IntoIterator<Item = &'a [u8]>,
        vouched: impl Fn(&mut Self, &Manifest) -> Result<bool, Error>,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        for bytes in manifests {
            let judged = Manifest::verify(bytes).and_then(|manifest| {
                let vouched = vouched(self, &manifest)?;
                Ok((self.contacts.learn(manifest.clone(), vouched)?, manifest))
            });
            match judged {
                Ok((true, manifest)) => self.enforce(&manifest, &mut events),
                Ok((false, _)) => {}
                Err(error) => {
                    events.push(Event::ManifestRefused { error });
                    break;
                }
            }
        }
        events
    }

    //= spec/09-devices.md#9-3-which-devices
    //# [DEV-11] A device that accepts a manifest MUST drop every session and every handshake under
    //# way with a device that claims that address and that the manifest does not list or has
    //# revoked.
    fn enforce(&mut self, manifest: &Manifest, events: &mut Vec<Event>) {
        let (address, number) = (manifest.address(), manifest.number());
        events.push(Event::Manifest { address, number });
        let listed = |card: &Card| {
            card.fields().address != address || manifest.lists(card.fields().device, &card.key())
        };
        self.started.retain(|it| listed(it.peer()));
        self.responder.keep(listed);
        for sessions in self.peers.values_mut().filter(|it| it.address() == Some(&address)) {
            let left = sessions.keep(|it| manifest.lists(it.device, &it.key));
            events.extend(left.into_iter().map(Event::from));
        }
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
    /// out, ascending by device id. `no_session` for a device asks for a handshake.
    ///
    /// # Errors
    /// `no_session` without a manifest.
    //= spec/09-devices.md#9-3-which-devices
    //# [DEV-12] A sender to a user MUST encrypt to exactly the devices that the newest manifest of
    //# the address lists and has not revoked, itself left out, on sessions whose peer's card has
    //# that address, device id and `IK`; without a manifest it refuses as `no_session`.
    pub fn send_all(
        &mut self,
        address: &Address,
        kind: Kind,
        content: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<ForDevice>, CallerError> {
        let own = self.key();
        let manifest = self.contacts.manifest(address).ok_or(CallerError::NoSession)?;
        let listed: Vec<Listed> = manifest.live().filter(|it| it.key != own).copied().collect();
        let mut sent = Vec::new();
        for Listed { device, key, .. } in listed {
            let sessions = self.peers.get(&key).filter(|it| it.address() == Some(address));
            let theirs = sessions.and_then(|it| it.sending(now)).map(|it| it.peer().device);
            let outcome = if theirs == Some(device) {
                self.send(&key, kind, content, now, rng)
            } else {
                Err(CallerError::NoSession.into())
            };
            sent.push((key, outcome));
        }
        Ok(sent)
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
