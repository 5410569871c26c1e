//! What a device that keeps a manifest says to another one.

use super::make::{address, layout, listed, manifest, resigned, revoked, seed, signing};
use super::support::pair::NOW;
use proptest::prelude::*;
use quipu::account::{Account, Change, Listed, Manifest};
use quipu::crypto::sign::SigningSecret;
use quipu::{Address, BytesError, CallerError, DeviceId, Error, PeerError};
use std::collections::BTreeMap;

const DEVICES: [u32; 3] = [1, 4, 9];

fn devices() -> [Listed; 3] {
    let [first, second, third] = DEVICES.map(listed);
    [first, Listed { revoked: Some(NOW + 5), ..second }, third]
}

/// The kept manifest: number 3, its second device revoked.
fn kept() -> Manifest {
    manifest(3, [7; 32], &devices())
}

fn next(devices: &[Listed]) -> Manifest {
    manifest(4, kept().hash(), devices)
}

// DEV-09: nothing is compared but the hash
#[test]
fn same_manifest_again_has_no_effect() {
    assert_eq!(kept().follow(&kept()), Ok(false));
    let read = Manifest::verify(kept().as_bytes()).expect("valid");
    assert_eq!(kept().follow(&read), Ok(false));
}

#[test]
fn next_manifest_may_add_and_revoke() {
    let [first, second, third] = devices();
    let gone = Listed { revoked: Some(NOW + 9), ..first };
    assert_eq!(kept().follow(&next(&devices())), Ok(true), "no change");
    assert_eq!(kept().follow(&next(&[gone, second, third])), Ok(true), "a revocation");
    let more = [listed(0), gone, listed(2), second, third, revoked(10, NOW + 9)];
    assert_eq!(kept().follow(&next(&more)), Ok(true), "devices before, between and behind");
}

// DEV-08
#[test]
fn next_manifest_that_rewrites_a_device_is_refused() {
    let [first, second, third] = devices();
    let cases: [(&str, &[Listed]); 11] = [
        ("lacks the first", &[second, third]),
        ("lacks the last", &[first, second]),
        ("lacks a revoked one", &[first, third]),
        ("lacks all", &[listed(2)]),
        ("another key", &[Listed { key: listed(2).key, ..first }, second, third]),
        (
            "keys exchanged",
            &[Listed { key: third.key, ..first }, second, Listed { key: first.key, ..third }],
        ),
        ("another device id", &[Listed { device: DeviceId(2), ..first }, second, third]),
        ("added later", &[Listed { added: NOW + 1, ..first }, second, third]),
        ("added earlier", &[Listed { added: NOW - 1, ..first }, second, third]),
        ("revocation removed", &[first, listed(4), third]),
        ("revoked at another time", &[first, revoked(4, NOW + 6), third]),
    ];
    for (name, devices) in cases {
        assert_eq!(kept().follow(&next(devices)), Err(PeerError::Protocol), "{name}");
    }
}

// DEV-04 to DEV-08, in this order: each manifest breaks every later rule too
#[test]
fn rules_of_the_chain_are_checked_in_order() {
    let issue = |account: u64, address: &[u8], number, previous| {
        let (account, address) = (SigningSecret::new(&seed(account)), Address::new(address));
        let address = address.expect("an address");
        Manifest::issue(&account, address, number, previous, &[listed(2)]).expect("valid")
    };
    let ours = |number, previous| issue(1, address().as_bytes(), number, previous);
    let hash = kept().hash();
    let cases = [
        ("another key, older", issue(2, b"ada@example.org", 2, [8; 32]), PeerError::Identity),
        ("another key, same number", issue(2, b"ada@example.org", 3, hash), PeerError::Identity),
        ("another key, next", issue(2, b"ada@example.org", 4, hash), PeerError::Identity),
        ("another key, far", issue(2, b"ada@example.org", 9, hash), PeerError::Identity),
        ("another address, next", issue(1, b"bob@example.org", 4, hash), PeerError::Identity),
        ("first", ours(1, [0; 32]), PeerError::ManifestOld),
        ("the number before", ours(2, hash), PeerError::ManifestOld),
        ("same number, another list", ours(3, [7; 32]), PeerError::ManifestFork),
        ("same number, another previous", ours(3, hash), PeerError::ManifestFork),
        ("next of another", ours(4, [7; 32]), PeerError::ManifestFork),
        ("one between", ours(5, [7; 32]), PeerError::ManifestGap),
        ("one between, our hash", ours(5, hash), PeerError::ManifestGap),
        ("greatest number", ours(u64::MAX, hash), PeerError::ManifestGap),
        ("next, rewritten", ours(4, hash), PeerError::Protocol),
    ];
    for (name, manifest, error) in cases {
        assert_eq!(kept().follow(&manifest), Err(error), "{name}");
    }
}

// DEV-06
#[test]
fn same_devices_behind_another_previous_are_a_fork() {
    assert_eq!(kept().follow(&manifest(3, [8; 32], &devices())), Err(PeerError::ManifestFork));
    assert_eq!(kept().follow(&manifest(4, [8; 32], &devices())), Err(PeerError::ManifestFork));
}

#[test]
fn greatest_number_has_no_next() {
    let last = manifest(u64::MAX, [7; 32], &devices());
    assert_eq!(last.follow(&last), Ok(false));
    assert_eq!(kept().follow(&last), Err(PeerError::ManifestGap));
    let mut account = Account::new(&seed(1), address(), Some(last)).expect("an account");
    assert_eq!(account.issue(&[]), Err(BytesError::Encoding.into()));
}

/// The list as DEV-14 says, in a plain map.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model(BTreeMap<u32, Listed>);

impl Model {
    fn apply(&self, changes: &[Change]) -> Option<Self> {
        let mut list = self.clone();
        for change in changes {
            match *change {
                Change::Add { device, key, now } => {
                    let known = list.0.values().any(|it| it.key == key);
                    let added = Listed { device, key, added: now, revoked: None };
                    if known || list.0.insert(device.0, added).is_some() {
                        return None;
                    }
                }
                Change::Revoke { device, now } => {
                    let revoked = &mut list.0.get_mut(&device.0)?.revoked;
                    if revoked.replace(now).is_some() {
                        return None;
                    }
                }
            }
        }
        Some(list)
    }
}

/// Few devices and keys, so that they meet again; times that never go back.
fn changes(now: u64, raw: &[(bool, u32, u32)]) -> Vec<Change> {
    let change = |(add, device, key): &(bool, u32, u32)| match add {
        true => Change::Add { device: DeviceId(*device), key: listed(*key).key, now },
        false => Change::Revoke { device: DeviceId(*device), now },
    };
    raw.iter().map(change).collect()
}

fn batches() -> impl Strategy<Value = Vec<Vec<(bool, u32, u32)>>> {
    let change = (prop::bool::weighted(0.7), 0u32..12, 0u32..12);
    let change =
        change.prop_map(|(add, device, key)| (add, device, if key < 9 { device } else { key }));
    prop::collection::vec(prop::collection::vec(change, 0..4), 2..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    // DEV-04 to DEV-09, DEV-14: whatever an account issues, its chain is accepted in its order only
    #[test]
    fn chain_of_an_account_is_accepted_in_its_order_only(
        batches in batches(),
        split: prop::sample::Index,
        at: prop::sample::Index,
        mask in 1u8..,
    ) {
        let mut account = Account::new(&seed(1), address(), None).expect("an account");
        let (mut model, mut chain) = (Model::default(), Vec::new());
        for (step, raw) in (0u64..).zip(&batches) {
            let changes = changes(NOW + step, raw);
            let before = account.newest().cloned();
            match (account.issue(&changes).cloned(), model.apply(&changes)) {
                (Ok(manifest), Some(list)) => {
                    prop_assert_eq!(manifest.devices(), list.0.values().copied().collect::<Vec<_>>());
                    prop_assert_eq!(Manifest::verify(manifest.as_bytes()), Ok(manifest.clone()));
                    chain.push(manifest);
                    model = list;
                }
                (found, _) => {
                    prop_assert_eq!(found, Err(CallerError::Devices.into()));
                    prop_assert_eq!(account.newest(), before.as_ref());
                }
            }
        }
        for (kept, next) in (0..chain.len()).flat_map(|i| (0..chain.len()).map(move |j| (i, j))) {
            let wanted = match next.checked_sub(kept) {
                None => Err(PeerError::ManifestOld),
                Some(0) => Ok(false),
                Some(1) => Ok(true),
                Some(_) => Err(PeerError::ManifestGap),
            };
            prop_assert_eq!(chain[kept].follow(&chain[next]), wanted);
        }
        if chain.is_empty() {
            return Ok(());
        }
        branch(&chain, split.index(chain.len()))?;
        changed(split.get(&chain).as_bytes(), at, mask)?;
    }
}

/// The account key is used in two places: both branches follow what they share, and not each other.
fn branch(chain: &[Manifest], split: usize) -> Result<(), TestCaseError> {
    let shared = Some(chain[split].clone());
    let mut other = Account::new(&seed(1), address(), shared).expect("an account");
    let stranger = Change::Add { device: DeviceId(99), key: listed(99).key, now: NOW };
    let branched = other.issue(&[stranger]).expect("issued").clone();
    let further = other.issue(&[]).expect("issued").clone();
    prop_assert_eq!(chain[split].follow(&branched), Ok(true));
    prop_assert_eq!(branched.follow(&further), Ok(true));
    prop_assert_eq!(chain[split].follow(&further), Err(PeerError::ManifestGap));
    if let Some(theirs) = chain.get(split + 1) {
        prop_assert_eq!(theirs.follow(&branched), Err(PeerError::ManifestFork));
        prop_assert_eq!(theirs.follow(&further), Err(PeerError::ManifestFork));
        prop_assert_eq!(branched.follow(theirs), Err(PeerError::ManifestFork));
    }
    Ok(())
}

/// One byte differs: no manifest. Signed anew, it is judged by its layout.
fn changed(bytes: &[u8], at: prop::sample::Index, mask: u8) -> Result<(), TestCaseError> {
    let mut bytes = bytes.to_vec();
    let at = at.index(bytes.len());
    bytes[at] ^= mask;
    let signature = Error::from(PeerError::Signature);
    let wanted = layout(&bytes).map_or_else(Error::from, |()| signature);
    prop_assert_eq!(Manifest::verify(&bytes), Err(wanted));
    if at < bytes.len() - 64 {
        let found = Manifest::verify(&resigned(bytes.clone())).map(drop);
        let layout = layout(&bytes).map_err(Error::from);
        let key = (66..98).contains(&at);
        let signed = if key { Err(signature) } else { Ok(()) };
        prop_assert_eq!(found, layout.and(signed), "byte {} of {:?}", at, signing().public());
    }
    Ok(())
}
