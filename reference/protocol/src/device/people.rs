//! Chapter 9: manifests, views and whole device sets.

use super::{Device, Event, Outgoing};
use crate::account::{Listed, Manifest};
use crate::crypto::sign::IdentityKey;
use crate::error::{CallerError, Error, PeerError};
use crate::handshake::{Claim, Views};
use crate::keys::{Address, Card, Party};
use crate::message::{Content, Kind};
use crate::session::{Session, SessionId};
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// A device of a user and what there is to send to it.
pub type ForDevice = (IdentityKey, Result<Outgoing, Error>);

impl Device {
    /// Takes manifests from the application, one by one: keeps what is good, and ends what there is
    /// with devices that are not listed any more. With `replace`, the user has decided that they
    /// need not follow the kept one.
    //= spec/09-devices.md#9-2-the-chain
    //# [DEV-23] A device MUST NOT replace a kept manifest by one that does not follow it, nor take
    //# a first one that lacks a pinned device, without a decision of its user; the new one is
    //# unverified, DEV-11 applies, and one of its own address that does not list the device itself
    //# is refused as `identity` all the same.
    pub fn learn<'a>(
        &mut self,
        manifests: impl IntoIterator<Item = &'a [u8]>,
        replace: bool,
    ) -> Vec<Event> {
        self.judge(manifests, |device, manifest| {
            let own = device.address()? == manifest.address();
            let listed = !own || manifest.live().any(|it| it.key == device.key());
            if replace && listed {
                device.contacts.manifests.remove(&manifest.address());
            }
            Ok(listed && (replace || device.contacts.lists_pins(manifest)))
        })
    }

    /// What the manifests of an announcement came to.
    //= spec/09-devices.md#9-4-views
    //# [DEV-18] A receiver MUST judge the manifests of an accepted announcement as 9.2 when their
    //# address is that of the sender's card, refuse them as `identity` otherwise, after DEV-01 to
    //# DEV-03, and report what came of it; the message stays accepted. The sender's card is that
    //# with which the session began.
    pub(super) fn announced(
        &mut self,
        peer: &IdentityKey,
        session: &SessionId,
        content: &Content,
    ) -> Vec<Event> {
        let Content::Announcement(manifests) = content else { return Vec::new() };
        let sessions = self.peers.get(peer);
        let party = sessions.and_then(|it| it.get(session)).map(Session::peer);
        let address = sessions.and_then(|it| it.address(session)).copied();
        self.judge(manifests.iter().map(Vec::as_slice), |device, manifest| {
            if Some(manifest.address()) != address {
                return Err(PeerError::Identity.into());
            }
            let place = party.and_then(|party| Some((address?, party.device)));
            let claim = Claim { key: *peer, place };
            let own = device.address()?;
            let pinned = device.contacts.standing(&own, &claim).pinned == Some(true);
            let lists = party.is_some_and(|party| manifest.lists(party.device, peer));
            let alone = device.contacts.pinned(&manifest.address()) == 1;
            Ok(manifest.address() != own && pinned && lists && alone)
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
        let under_way = self.started.iter().map(|it| it.peer()).chain(self.responder.peers());
        let ended = under_way.filter(|card| !listed(card)).map(Card::key).collect::<Vec<_>>();
        self.contacts.ended.extend(ended);
        self.end_unlisted(manifest, events);
        let Self { contacts, started, responder, .. } = self;
        let keep = |card: &Card| {
            listed(card) && (!contacts.ended.contains(&card.key()) || contacts.lists(card))
        };
        started.retain(|it| keep(it.peer()));
        responder.keep(keep);
    }

    /// Ends the sessions under the address of a manifest that it does not list, remembers whose they
    /// were, and ends the other sessions of those devices, unless a manifest lists them there.
    //= spec/09-devices.md#9-3-which-devices
    //# [DEV-24] A device MUST remember the `IK` of every device with which DEV-11 has ended a
    //# session or a handshake under way, end its other sessions and handshakes with that `IK`, and
    //# refuse a handshake with it as `identity`, except under addresses whose kept manifest lists
    //# its device id and `IK` together, not revoked.
    fn end_unlisted(&mut self, manifest: &Manifest, events: &mut Vec<Event>) {
        for (peer, sessions) in &mut self.peers {
            let address = manifest.address();
            let unlisted = |under: Option<&Address>, it: &Party| {
                under == Some(&address) && !manifest.lists(it.device, &it.key)
            };
            if sessions.any(unlisted) {
                self.contacts.ended.insert(*peer);
            }
            if !self.contacts.ended.contains(peer) {
                continue;
            }
            let left = sessions.keep(|under, it| {
                let manifest = under.and_then(|address| self.contacts.manifest(address));
                manifest.is_some_and(|manifest| manifest.lists(it.device, &it.key))
            });
            events.extend(left.into_iter().map(Event::from));
        }
    }

    /// Ends what kept manifests do not allow, after sessions or contacts were put back.
    //= spec/09-devices.md#9-3-which-devices
    //# [DEV-25] After restoring sessions or contacts a device MUST drop the sessions that DEV-11
    //# and DEV-24 drop.
    pub(super) fn enforce_all(&mut self) {
        let manifests: Vec<Manifest> = self.contacts.manifests.values().cloned().collect();
        manifests.iter().for_each(|manifest| self.end_unlisted(manifest, &mut Vec::new()));
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
    //# the address lists and has not revoked, itself left out, where the sending session
    //# (SESSION-03) began with a card of that address, device id and `IK`, and refuse as
    //# `no_session` for each device where it did not, and altogether without a manifest.
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
            let sessions = self.peers.get(&key);
            let sending = sessions.and_then(|it| it.sending(now).map(|session| (it, session)));
            let theirs = sending.is_some_and(|(it, session)| {
                let place = (it.address(&session.key().id), session.peer().device);
                place == (Some(address), device)
            });
            let outcome = if theirs {
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
