//! Users with an account key and several devices.

use super::Seeded;
use super::devices::{DAY, identity};
use super::pair::NOW;
use super::prepared::publish;
use quipu::account::{Account, Change, Manifest};
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::ReplayCache;
use quipu::{Address, Card, CardFields, Device, DeviceId, Event};

/// A user's account and every manifest that it issued, in order.
pub(crate) struct User {
    pub(crate) name: &'static str,
    pub(crate) account: Account,
    pub(crate) manifests: Vec<Manifest>,
}

pub(crate) fn address(user: &str) -> Address {
    Address::new(user.as_bytes()).expect("1 to 64 bytes")
}

pub(crate) fn key(user: &str, number: u32) -> IdentityKey {
    identity(&format!("{user}{number}")).key()
}

/// A device that has the keys of `keys` and claims to be device `number` of `user`.
pub(crate) fn claiming(keys: &str, user: &str, number: u32) -> Device {
    let fields = CardFields::new(address(user), DeviceId(number), NOW - DAY, NOW + 90 * DAY);
    let fields = CardFields { suites: 1, ..fields };
    let mut device = Device::new(identity(keys), fields, ReplayCache::default()).expect("fields");
    publish(&mut device, 2, NOW, u64::from(keys.as_bytes()[0]) << 8 | u64::from(number));
    device
}

/// Device `number` of a user, with prekeys.
pub(crate) fn device_of(user: &str, number: u32) -> Device {
    claiming(&format!("{user}{number}"), user, number)
}

impl User {
    /// A user whose first manifest lists these devices.
    pub(crate) fn new(name: &'static str, numbers: &[u32]) -> Self {
        let seed = u64::from(name.as_bytes()[0]);
        let account = Account::generate(address(name), &mut Seeded::new(seed)).expect("drawn");
        let mut user = Self { name, account, manifests: Vec::new() };
        let changes: Vec<_> = numbers.iter().map(|number| user.added(*number)).collect();
        user.issue(&changes);
        user
    }

    pub(crate) fn added(&self, number: u32) -> Change {
        Change::Add { device: DeviceId(number), key: key(self.name, number), now: NOW }
    }

    pub(crate) fn issue(&mut self, changes: &[Change]) -> Manifest {
        let manifest = self.account.issue(changes).expect("within the rules").clone();
        self.manifests.push(manifest.clone());
        manifest
    }

    pub(crate) fn add(&mut self, number: u32) -> Manifest {
        self.issue(&[self.added(number)])
    }

    pub(crate) fn revoke(&mut self, number: u32) -> Manifest {
        self.issue(&[Change::Revoke { device: DeviceId(number), now: NOW }])
    }
}

/// Lets a device learn manifests, all of them good.
pub(crate) fn learn(at: &mut Device, manifests: &[Manifest]) -> Vec<Event> {
    let events = at.learn(manifests.iter().map(Manifest::as_bytes), false);
    let refused = events.iter().any(|it| matches!(it, Event::ManifestRefused { .. }));
    assert!(!refused, "{events:?}");
    events
}

pub(crate) fn card_of(at: &Device) -> Card {
    *at.card().expect("a card")
}
