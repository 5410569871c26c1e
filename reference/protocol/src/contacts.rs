//! Chapter 3.2, 3.3, 4.2 and 9: what a device remembers of other people, apart from sessions.
//!
//! This module knows nothing about packets.

use crate::account::Manifest;
use crate::crypto::sign::IdentityKey;
use crate::error::{CallerError, Error, PeerError};
use crate::handshake::{Claim, Psk, PskId, Psks, Standing, Views};
use crate::keys::{Address, Card, DeviceId};
use crate::wire::Suite;
use alloc::collections::{BTreeMap, BTreeSet};

/// Pins, least suites, pre-shared secrets and manifests. To be stored by the caller.
#[derive(Debug, Default)]
pub struct Contacts {
    pub(crate) pins: BTreeMap<(Address, DeviceId), IdentityKey>,
    pub(crate) suites: BTreeMap<IdentityKey, Suite>,
    pub(crate) psks: Psks,
    pub(crate) expected: BTreeMap<IdentityKey, PskId>,
    pub(crate) manifests: BTreeMap<Address, Manifest>,
    pub(crate) ended: BTreeSet<IdentityKey>,
}

impl Contacts {
    /// Pins the `IK` of a peer device, as SEC-01 asks.
    pub fn pin(&mut self, address: Address, device: DeviceId, key: IdentityKey) {
        self.pins.insert((address, device), key);
    }

    /// Adds a pre-shared secret, as of an invite. Returns its name.
    pub fn add_psk(&mut self, psk: Psk) -> PskId {
        let id = psk.id();
        self.psks.add(psk);
        id
    }

    /// Sets the secret that handshakes with a peer device use, both ways; `None`: none.
    ///
    /// # Errors
    /// `psk` when the name is not known.
    pub fn expect_psk(&mut self, peer: IdentityKey, id: Option<PskId>) -> Result<(), CallerError> {
        match id {
            None => self.expected.remove(&peer),
            Some(id) if self.psks.get(&id).is_none() => return Err(CallerError::Psk),
            Some(id) => self.expected.insert(peer, id),
        };
        Ok(())
    }

    /// The secret that is set for a peer device.
    //= spec/04-handshake.md#4-2-layouts
    //# [HS-41] An initiator MUST use the pre-shared secret that its application has set for the
    //# peer's `IK`, and none where none is set.
    pub fn psk(&self, peer: &IdentityKey) -> Option<&Psk> {
        self.expected.get(peer).and_then(|id| self.psks.get(id))
    }

    /// The pre-shared secrets.
    pub const fn psks(&self) -> &Psks {
        &self.psks
    }

    /// The user's decision about the least suite with a peer device.
    pub fn set_least(&mut self, peer: IdentityKey, suite: Suite) {
        self.suites.remove(&peer);
        self.raise(peer, suite);
    }

    /// The greatest suite of earlier handshakes with a peer device.
    pub fn least(&self, peer: &IdentityKey) -> Option<Suite> {
        self.suites.get(peer).copied()
    }

    pub(crate) fn raise(&mut self, peer: IdentityKey, suite: Suite) {
        if self.least(&peer).unwrap_or(Suite::X25519) < suite {
            self.suites.insert(peer, suite);
        }
    }

    /// Number of pins, remembered suites, pre-shared secrets, manifests and ended devices.
    pub fn counts(&self) -> [usize; 5] {
        let psks = self.psks.iter().count();
        [self.pins.len(), self.suites.len(), psks, self.manifests.len(), self.ended.len()]
    }

    /// The newest manifest of an address.
    pub fn manifest(&self, address: &Address) -> Option<&Manifest> {
        self.manifests.get(address)
    }

    /// Whether the kept manifest of the address of a card lists its device, not revoked.
    pub(crate) fn lists(&self, card: &Card) -> bool {
        let manifest = self.manifest(&card.fields().address);
        manifest.is_some_and(|it| it.lists(card.fields().device, &card.key()))
    }

    /// How many devices are pinned for an address.
    pub(crate) fn pinned(&self, address: &Address) -> usize {
        self.pins.keys().filter(|(pinned, _)| pinned == address).count()
    }

    /// Whether a manifest lists, not revoked, every device that is pinned for its address.
    pub(crate) fn lists_pins(&self, manifest: &Manifest) -> bool {
        let mut pins = self.pins.iter().filter(|((address, _), _)| *address == manifest.address());
        pins.all(|((_, device), key)| manifest.lists(*device, key))
    }

    /// Judges a manifest and keeps it. Returns whether it is news. `vouched` says whether
    /// somebody's word stands behind a first one.
    ///
    /// # Errors
    /// As DEV-04 to DEV-08 and DEV-22; nothing has changed.
    //= spec/09-devices.md#9-2-the-chain
    //# [DEV-22] A device MUST take the first manifest of an address only from its application (an
    //# invite, a contact) and only when the manifest lists, not revoked, every device that is
    //# pinned for the address, or from the announcement of a device that the manifest lists, not
    //# revoked, and that is the only one pinned for the address, and refuse any other as
    //# `identity`; the first one of its own address (that of its newest card) only from its
    //# application, and only when it lists the device itself.
    pub(crate) fn learn(&mut self, manifest: Manifest, vouched: bool) -> Result<bool, Error> {
        let kept = self.manifests.get(&manifest.address());
        let first = if vouched { Ok(true) } else { Err(PeerError::Identity) };
        let news = kept.map_or(first, |kept| kept.follow(&manifest))?;
        if news {
            self.manifests.insert(manifest.address(), manifest);
        }
        Ok(news)
    }

    /// What is known of a claimed identity. `own` is our address.
    //= spec/09-devices.md#9-3-which-devices
    //# [DEV-10] A device MUST NOT start a handshake with, and MUST refuse as `identity` a handshake
    //# of, a device that claims the address and whose device id and `IK` are not listed together,
    //# or are revoked; the manifest decides in place of pins.
    //= spec/09-devices.md#9-3-which-devices
    //# [DEV-13] A device MUST treat a device that a kept manifest lists, not revoked, as pinned
    //# (CARD-11, HS-18).
    pub fn standing(&self, own: &Address, claim: &Claim) -> Standing {
        let pinned = claim.place.and_then(|(address, device)| {
            let manifest = self.manifest(&address).map(|it| it.lists(device, &claim.key));
            if manifest != Some(true) && self.ended.contains(&claim.key) {
                return Some(false);
            }
            manifest.or_else(|| self.pins.get(&(address, device)).map(|key| *key == claim.key))
        });
        Standing {
            pinned,
            psk: self.expected.get(&claim.key).copied(),
            least: self.least(&claim.key),
            views: claim.place.map(|(address, _)| self.views(own, &address)),
        }
    }

    /// What is known of the device of a verified card.
    pub fn standing_of(&self, own: &Address, card: &Card) -> Standing {
        let place = Some((card.fields().address, card.fields().device));
        self.standing(own, &Claim { key: card.key(), place })
    }

    /// The hashes of our newest manifest and of the peer's that we keep.
    //= spec/09-devices.md#9-4-views
    //# [DEV-15] A device MUST send its views in Init, Response and PrekeyInit.
    pub fn views(&self, own: &Address, peer: &Address) -> Views {
        let hash = |address| self.manifest(address).map(Manifest::hash).unwrap_or_default();
        let mut views = [0; 64];
        let all = hash(own).into_iter().chain(hash(peer));
        views.iter_mut().zip(all).for_each(|(place, byte)| *place = byte);
        views
    }

    /// Whether the peer's own manifest is not the one that we keep, and whether it keeps another
    /// of ours than our newest.
    //= spec/09-devices.md#9-4-views
    //# [DEV-16] A device MUST compare the views of an accepted handshake with its own and report a
    //# difference to its application: `theirs` when the peer's own manifest is not the one we keep
    //# of it, `ours` when the peer keeps another of ours than our newest.
    pub fn differences(&self, own: &Address, peer: &Address, received: &Views) -> [bool; 2] {
        let (views, (theirs, ours)) = (self.views(own, peer), received.split_at(32));
        [!views.ends_with(theirs), !views.starts_with(ours)]
    }
}
