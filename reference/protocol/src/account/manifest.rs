//! Chapters 9.1 The manifest and 9.2 The chain.

use crate::crypto::kdf::sha256;
use crate::crypto::labels::Purpose;
use crate::crypto::sign::{IdentityKey, SigningSecret};
use crate::error::{BytesError, Error, PeerError};
use crate::keys::{Address, DeviceId};
use crate::limits::MANIFEST_DEVICES;
use crate::wire::Reader;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

const VERSION: u8 = 1;
/// Length without devices and signature.
const HEAD: usize = 139;

/// A verified list of a user's devices. Only [`Manifest::verify`] and [`Manifest::issue`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    bytes: Vec<u8>,
    address: Address,
    key: IdentityKey,
    number: u64,
    previous: [u8; 32],
    hash: [u8; 32],
    devices: Vec<Listed>,
}

/// One device of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub device: DeviceId,
    /// Its `IK`.
    pub key: IdentityKey,
    /// When it was added, in milliseconds since 1970.
    pub added: u64,
    /// When it was revoked, if it was: never zero.
    pub revoked: Option<u64>,
}

impl Manifest {
    /// Parses and verifies a manifest.
    ///
    /// ```text
    /// hash of a manifest  = SHA-256(manifest without its last 64 bytes)
    /// manifest.signature  = Sign(AK, "manifest", hash of the manifest)
    /// ```
    ///
    /// # Errors
    /// As DEV-01 to DEV-03, in that order.
    pub fn verify(bytes: &[u8]) -> Result<Self, Error> {
        let (manifest, signature) = Self::decode(bytes)?;
        //= spec/09-devices.md#9-1-the-manifest
        //# [DEV-03] A verifier MUST refuse a manifest whose signature does not verify under its
        //# `AK` as `signature`.
        manifest.key.verify(Purpose::MANIFEST, &manifest.hash, &signature)?;
        Ok(manifest)
    }

    /// Checks the layout alone: what an announcement carries.
    ///
    /// # Errors
    /// As DEV-01 and DEV-02, in that order.
    pub fn check_layout(bytes: &[u8]) -> Result<(), BytesError> {
        Self::decode(bytes).map(|_| ())
    }

    /// Signs a manifest with any number. [`super::Account::issue`] continues a chain.
    ///
    /// # Errors
    /// `encoding` as DEV-01 and DEV-02, and for a revocation at time zero, which has no encoding.
    pub fn issue(
        account: &SigningSecret,
        address: Address,
        number: u64,
        previous: [u8; 32],
        devices: &[Listed],
    ) -> Result<Self, BytesError> {
        let count = u8::try_from(devices.len()).map_err(|_| BytesError::Encoding)?;
        let (length, padded) = address.parts();
        let mut bytes = [
            [VERSION, length].as_slice(),
            padded,
            account.public().as_bytes(),
            &number.to_be_bytes(),
            &previous,
            &[count],
        ]
        .concat();
        devices.iter().for_each(|listed| listed.encode(&mut bytes));
        let signature = account.sign(Purpose::MANIFEST, &sha256(&[&bytes]));
        bytes.extend_from_slice(&signature);
        let (manifest, _) = Self::decode(&bytes)?;
        if manifest.devices == devices { Ok(manifest) } else { Err(BytesError::Encoding) }
    }

    fn decode(bytes: &[u8]) -> Result<(Self, [u8; 64]), BytesError> {
        //= spec/09-devices.md#9-1-the-manifest
        //# [DEV-01] A verifier MUST refuse a manifest shorter than 139 bytes as `length`, a version
        //# other than `0x01` as `version`, a count of 0 or more than `MANIFEST_DEVICES` as
        //# `encoding`, and a length that is not that of the count as `length`, in this order.
        if bytes.len() < HEAD {
            return Err(BytesError::Length);
        }
        let mut reader = Reader::new(bytes);
        if reader.u8()? != VERSION {
            return Err(BytesError::Version);
        }
        let (length, padded) = (reader.u8()?, reader.array()?);
        let key = IdentityKey::new(reader.array()?);
        let (number, previous) = (reader.u64()?, reader.array()?);
        let count = usize::from(reader.u8()?);
        if count == 0 || count > MANIFEST_DEVICES {
            return Err(BytesError::Encoding);
        }
        let devices: Result<Vec<_>, _> = (0..count).map(|_| Listed::decode(&mut reader)).collect();
        let (devices, signature) = (devices?, reader.array()?);
        reader.finish()?;

        let address = Address::decode(length, padded)?;
        check(&key, number, &previous, &devices)?;
        let (body, _) = bytes.split_last_chunk::<64>().ok_or(BytesError::Length)?;
        let hash = sha256(&[body]);
        let bytes = bytes.to_vec();
        Ok((Self { bytes, address, key, number, previous, hash, devices }, signature))
    }

    /// Judges a manifest against this one, which is kept: whether it is the next one. If not, it is
    /// this one again.
    ///
    /// # Errors
    /// `identity`, `manifest_old`, `manifest_fork`, `manifest_gap`, `protocol` as DEV-04 to DEV-08;
    /// `identity` also for another address, whose chain is another.
    pub fn follow(&self, next: &Self) -> Result<bool, PeerError> {
        //= spec/09-devices.md#9-2-the-chain
        //# [DEV-04] A device MUST refuse a manifest with another `AK` or another address than the
        //# kept one as `identity`.
        if (next.key, next.address) != (self.key, self.address) {
            return Err(PeerError::Identity);
        }
        match next.number.checked_sub(self.number) {
            //= spec/09-devices.md#9-2-the-chain
            //# [DEV-05] A device MUST refuse a manifest whose number is less than the kept one's as
            //# `manifest_old`.
            None => Err(PeerError::ManifestOld),
            //= spec/09-devices.md#9-2-the-chain
            //# [DEV-09] A manifest that is the kept one again MUST be accepted without effect.
            Some(0) if next.hash == self.hash => Ok(false),
            //= spec/09-devices.md#9-2-the-chain
            //# [DEV-06] A device MUST refuse a manifest as `manifest_fork` when its number is the
            //# kept one's and its hash is not, or when its number is the next and its `previous` is
            //# not the hash of the kept one.
            Some(0) => Err(PeerError::ManifestFork),
            Some(1) if next.previous != self.hash => Err(PeerError::ManifestFork),
            //= spec/09-devices.md#9-2-the-chain
            //# [DEV-08] A device MUST refuse the next manifest as `protocol` when it lacks a device
            //# of the kept one, gives it another `IK` or another time of adding, or changes or
            //# removes a revocation.
            Some(1) if !self.devices.iter().all(|kept| next.keeps(kept)) => {
                Err(PeerError::Protocol)
            }
            Some(1) => Ok(true),
            //= spec/09-devices.md#9-2-the-chain
            //# [DEV-07] A device MUST refuse a manifest whose number is more than one greater than
            //# the kept one's as `manifest_gap`.
            Some(_) => Err(PeerError::ManifestGap),
        }
    }

    fn keeps(&self, kept: &Listed) -> bool {
        self.devices.iter().any(|listed| {
            (listed.device, listed.key, listed.added) == (kept.device, kept.key, kept.added)
                && (kept.is_live() || listed.revoked == kept.revoked)
        })
    }

    /// The user's address.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// `AK`.
    pub const fn key(&self) -> IdentityKey {
        self.key
    }

    /// The number in the chain, from 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The hash of the manifest before; zero in the first.
    pub const fn previous(&self) -> [u8; 32] {
        self.previous
    }

    /// The hash: all but the signature.
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The bytes: 203 and 52 for each device.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Every device that was ever listed, ascending.
    pub fn devices(&self) -> &[Listed] {
        &self.devices
    }

    /// The devices that are not revoked, ascending.
    pub fn live(&self) -> impl Iterator<Item = &Listed> {
        self.devices.iter().filter(|listed| listed.is_live())
    }

    /// Whether device and key are listed together and not revoked.
    pub fn lists(&self, device: DeviceId, key: &IdentityKey) -> bool {
        self.live().any(|listed| listed.device == device && listed.key == *key)
    }
}

/// The rules of 9.1 for fields that have a place of their own.
//= spec/09-devices.md#9-1-the-manifest
//# [DEV-02] A verifier MUST refuse a manifest as `encoding` whose address is not as in a card,
//# whose number is 0, whose `previous` is zero with a number other than 1 or not zero with number
//# 1, whose device ids do not ascend, which lists one `IK` twice, in which a device is revoked
//# before it was added, or which lists its own `AK` as an `IK`.
fn check(
    account: &IdentityKey,
    number: u64,
    previous: &[u8; 32],
    devices: &[Listed],
) -> Result<(), BytesError> {
    let numbered = number != 0 && (number == 1) == (*previous == [0; 32]);
    let ascending = devices.is_sorted_by(|one, next| one.device < next.device);
    let keys: BTreeSet<_> = devices.iter().map(|listed| listed.key).collect();
    let dated = devices.iter().all(|it| it.revoked.is_none_or(|revoked| it.added <= revoked));
    let apart = keys.len() == devices.len() && !keys.contains(account);
    if numbered && ascending && apart && dated { Ok(()) } else { Err(BytesError::Encoding) }
}

impl Listed {
    /// Whether it is not revoked.
    pub const fn is_live(&self) -> bool {
        self.revoked.is_none()
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BytesError> {
        let (device, key) = (DeviceId(reader.u32()?), IdentityKey::new(reader.array()?));
        let (added, revoked) = (reader.u64()?, reader.u64()?);
        Ok(Self { device, key, added, revoked: (revoked != 0).then_some(revoked) })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.device.0.to_be_bytes());
        out.extend_from_slice(self.key.as_bytes());
        out.extend_from_slice(&self.added.to_be_bytes());
        out.extend_from_slice(&self.revoked.unwrap_or(0).to_be_bytes());
    }
}
