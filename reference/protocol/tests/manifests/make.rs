//! Makes manifests, and judges their layout once more in plain slices.

use super::support::Seeded;
use super::support::pair::NOW;
use quipu::account::{Change, Listed, Manifest};
use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::{IdentityKey, SigningSecret};
use quipu::secret::Secret;
use quipu::{Address, BytesError, DeviceId};

pub(crate) fn seed(number: u64) -> Secret<32> {
    Secret::new(Seeded::new(number).array())
}

/// The account key of these tests.
pub(crate) fn signing() -> SigningSecret {
    SigningSecret::new(&seed(1))
}

pub(crate) fn address() -> Address {
    Address::new(b"ada@example.org").expect("an address")
}

/// A device, added now.
pub(crate) fn listed(device: u32) -> Listed {
    let key = IdentityKey::new(Seeded::new(1 << 32 | u64::from(device)).array());
    Listed { device: DeviceId(device), key, added: NOW, revoked: None }
}

pub(crate) fn revoked(device: u32, at: u64) -> Listed {
    Listed { revoked: Some(at), ..listed(device) }
}

pub(crate) fn add(device: u32) -> Change {
    Change::Add { device: DeviceId(device), key: listed(device).key, now: NOW }
}

pub(crate) fn revoke(device: u32) -> Change {
    Change::Revoke { device: DeviceId(device), now: NOW + 5 }
}

pub(crate) fn manifest(number: u64, previous: [u8; 32], devices: &[Listed]) -> Manifest {
    Manifest::issue(&signing(), address(), number, previous, devices).expect("within the rules")
}

/// The bytes with a signature that fits.
pub(crate) fn resigned(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - 64;
    let signature = signing().sign(Purpose::MANIFEST, &sha256(&[&bytes[..body]]));
    bytes[body..].copy_from_slice(&signature);
    bytes
}

/// DEV-01 and DEV-02.
pub(crate) fn layout(bytes: &[u8]) -> Result<(), BytesError> {
    if bytes.len() < 139 {
        return Err(BytesError::Length);
    }
    if bytes[0] != 1 {
        return Err(BytesError::Version);
    }
    let count = usize::from(bytes[138]);
    if !(1..=64).contains(&count) {
        return Err(BytesError::Encoding);
    }
    if bytes.len() != 203 + 52 * count {
        return Err(BytesError::Length);
    }
    let zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let length = usize::from(bytes[1]);
    let addressed = (1..=64).contains(&length) && zero(&bytes[2 + length..66]);
    let one = bytes[98..106] == 1u64.to_be_bytes();
    let numbered = !zero(&bytes[98..106]) && one == zero(&bytes[106..138]);
    let devices: Vec<&[u8]> = bytes[139..bytes.len() - 64].chunks(52).collect();
    let ascending = devices.windows(2).all(|two| two[0][..4] < two[1][..4]);
    let keys = |at: usize| devices[at + 1..].iter().map(|it| &it[4..36]);
    let distinct = (0..count).all(|at| keys(at).all(|key| *key != devices[at][4..36]));
    let dated = devices.iter().all(|it| zero(&it[44..]) || it[36..44] <= it[44..]);
    let right = addressed && numbered && ascending && distinct && dated;
    if right { Ok(()) } else { Err(BytesError::Encoding) }
}
