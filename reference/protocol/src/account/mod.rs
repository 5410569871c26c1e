//! Chapter 9 Devices and verification: the account key, its list of devices, safety numbers.
//!
//! This module knows nothing about sessions, nor which manifests a device keeps.

mod fingerprint;
mod manifest;

pub use fingerprint::Fingerprint;
pub use manifest::{Listed, Manifest};

use crate::crypto::draw;
use crate::crypto::sign::{IdentityKey, SigningSecret};
use crate::error::{BytesError, CallerError, Error, PeerError};
use crate::keys::{Address, DeviceId};
use crate::limits::MANIFEST_DEVICES;
use crate::secret::Secret;
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// The account key of a user, on a device that holds it, with the newest manifest.
#[derive(Debug)]
pub struct Account {
    sign: SigningSecret,
    address: Address,
    newest: Option<Manifest>,
}

/// One change of the list of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Lists a device.
    Add {
        /// Its number, never used before.
        device: DeviceId,
        /// Its `IK`, never used before.
        key: IdentityKey,
        /// The present time.
        now: u64,
    },
    /// Revokes a listed device, for ever.
    Revoke {
        /// Its number.
        device: DeviceId,
        /// The present time; not zero, and not before the device was added.
        now: u64,
    },
}

impl Account {
    /// Draws a new account key: `AK` seed 32.
    ///
    /// # Errors
    /// `random`.
    pub fn generate(address: Address, rng: &mut impl TryCryptoRng) -> Result<Self, CallerError> {
        Ok(Self { sign: SigningSecret::new(&draw(rng)?), address, newest: None })
    }

    /// The account of a stored key and its newest manifest.
    ///
    /// # Errors
    /// `identity` when the manifest is of another account key or address.
    pub fn new(
        seed: &Secret<32>,
        address: Address,
        newest: Option<Manifest>,
    ) -> Result<Self, PeerError> {
        let mut account = Self { sign: SigningSecret::new(seed), address, newest: None };
        account.newest = newest.map(|manifest| account.own(manifest)).transpose()?;
        Ok(account)
    }

    /// The seed of `AK`, for storage. The caller seals it.
    pub fn seed(&self) -> Secret<32> {
        self.sign.seed()
    }

    /// `AK`.
    pub fn key(&self) -> IdentityKey {
        self.sign.public()
    }

    /// The user's address.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The newest manifest, if one was issued.
    pub const fn newest(&self) -> Option<&Manifest> {
        self.newest.as_ref()
    }

    /// Issues the next manifest, with all changes in their order.
    ///
    /// # Errors
    /// `devices` as DEV-14; `encoding` for what DEV-02 refuses. The newest manifest stays the newest.
    pub fn issue(&mut self, changes: &[Change]) -> Result<&Manifest, Error> {
        let (number, previous, mut devices) = match &self.newest {
            None => (1, [0; 32], Vec::new()),
            Some(newest) => {
                let number = newest.number().checked_add(1).ok_or(BytesError::Encoding)?;
                (number, newest.hash(), newest.devices().to_vec())
            }
        };
        changes.iter().try_for_each(|change| change.apply(&mut devices))?;
        if devices.is_empty() {
            return Err(CallerError::Devices.into());
        }
        devices.sort_unstable_by_key(|listed| listed.device);
        let next = Manifest::issue(&self.sign, self.address, number, previous, &devices)?;
        Ok(self.newest.insert(next))
    }

    /// Takes over a manifest that another device with this account key has issued: whether it is
    /// newer. Who issues without it forks the chain.
    ///
    /// # Errors
    /// As [`Manifest::follow`]; the newest manifest stays the newest.
    pub fn accept(&mut self, manifest: Manifest) -> Result<bool, Error> {
        let manifest = self.own(manifest)?;
        let newer = self.newest.as_ref().map_or(Ok(true), |newest| newest.follow(&manifest))?;
        if newer {
            self.newest = Some(manifest);
        }
        Ok(newer)
    }

    fn own(&self, manifest: Manifest) -> Result<Manifest, PeerError> {
        let own = (manifest.key(), manifest.address()) == (self.key(), self.address);
        if own { Ok(manifest) } else { Err(PeerError::Identity) }
    }
}

impl Change {
    //= spec/09-devices.md#9-3-which-devices
    //# [DEV-14] Issuing a manifest MUST be refused as `devices` when a device id or `IK` that is to
    //# be added is listed already, when one that is to be revoked is not listed or revoked already,
    //# or when the list would be empty or longer than `MANIFEST_DEVICES`; a device is added at the
    //# present time or at 1 if that is greater, and revoked at the present time or at its time of
    //# adding if that is greater.
    fn apply(self, devices: &mut Vec<Listed>) -> Result<(), CallerError> {
        match self {
            Self::Add { device, key, now } => {
                let listed = devices.iter().any(|it| it.device == device || it.key == key);
                if listed || devices.len() >= MANIFEST_DEVICES {
                    return Err(CallerError::Devices);
                }
                devices.push(Listed { device, key, added: now.max(1), revoked: None });
            }
            Self::Revoke { device, now } => {
                let live = devices.iter_mut().find(|it| it.device == device && it.is_live());
                let listed = live.ok_or(CallerError::Devices)?;
                listed.revoked = Some(now.max(listed.added).max(1));
            }
        }
        Ok(())
    }
}
