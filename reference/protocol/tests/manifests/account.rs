//! The account that issues a chain.

use super::make::{add, address, listed, manifest, revoke, revoked, seed};
use super::support::pair::NOW;
use super::support::{Failing, Seeded};
use quipu::account::{Account, Change, Manifest};
use quipu::crypto::sign::IdentityKey;
use quipu::{Address, CallerError, DeviceId, Error, PeerError};

// DEV-04 to DEV-09
#[test]
fn account_issues_its_chain() {
    let mut account = Account::new(&seed(1), address(), None).expect("an account");
    assert_eq!((account.newest(), account.address()), (None, address()));
    let first = account.issue(&[add(9), add(1), add(4)]).expect("issued").clone();
    assert_eq!(first, manifest(1, [0; 32], &[listed(1), listed(4), listed(9)]));
    let second = account.issue(&[add(2), revoke(4)]).expect("issued").clone();
    let devices = [listed(1), listed(2), revoked(4, NOW + 5), listed(9)];
    assert_eq!(second, manifest(2, first.hash(), &devices));
    assert_eq!((first.follow(&second), account.newest()), (Ok(true), Some(&second)));
    let mut stored = Account::new(&account.seed(), address(), Some(second)).expect("its own");
    assert_eq!(stored.key(), account.key());
    assert_eq!(stored.issue(&[revoke(1)]), account.issue(&[revoke(1)]));
}

// DEV-14
#[test]
fn changes_that_do_not_fit_the_list_are_refused() {
    let mut account = Account::new(&seed(1), address(), None).expect("an account");
    let known = listed(1).key;
    let other_id = Change::Add { device: DeviceId(7), key: known, now: NOW };
    let devices = Error::from(CallerError::Devices);
    assert_eq!(account.issue(&[add(1), other_id]), Err(devices), "within one list");
    assert_eq!(account.issue(&[revoke(1)]), Err(devices), "of nothing");
    assert_eq!(account.issue(&[]), Err(devices), "nothing");
    assert_eq!(account.newest(), None);
    account.issue(&[add(1), add(4), revoke(4)]).expect("issued");
    let before = account.newest().cloned();
    let key = IdentityKey::new([7; 32]);
    let cases = [
        add(1),
        Change::Add { device: DeviceId(1), key, now: NOW },
        Change::Add { device: DeviceId(4), key, now: NOW },
        other_id,
        Change::Add { device: DeviceId(7), key: listed(4).key, now: NOW },
        revoke(2),
        revoke(4),
    ];
    for wrong in cases {
        assert_eq!(account.issue(&[wrong]), Err(devices), "{wrong:?}");
        assert_eq!(account.issue(&[add(12), wrong, add(13)]), Err(devices), "{wrong:?}");
        assert_eq!(account.newest(), before.as_ref());
    }
    let early = Change::Revoke { device: DeviceId(1), now: NOW - 1 };
    let issued = account.issue(&[early]).expect("dated when it was added");
    assert_eq!(issued.devices()[0].revoked, Some(issued.devices()[0].added));
}

// DEV-14
#[test]
fn full_list_takes_revocations_only() {
    let mut account = Account::new(&seed(1), address(), None).expect("an account");
    let all: Vec<Change> = (0..65).map(add).collect();
    assert_eq!(account.issue(&all), Err(CallerError::Devices.into()));
    account.issue(&all[..64]).expect("64 devices");
    assert_eq!(account.issue(&[add(64)]), Err(CallerError::Devices.into()));
    assert_eq!(account.issue(&[revoke(3), add(64)]), Err(CallerError::Devices.into()));
    assert_eq!(account.issue(&[revoke(3)]).expect("issued").live().count(), 63);
}

fn first() -> Manifest {
    manifest(1, [0; 32], &[listed(1), revoked(4, NOW + 5), listed(9)])
}

#[test]
fn account_of_another_manifest_is_not_built() {
    let other = Address::new(b"bob").expect("an address");
    let refused = Account::new(&seed(1), other, Some(first()));
    assert_eq!(refused.map(drop), Err(PeerError::Identity));
    let refused = Account::new(&seed(2), address(), Some(first()));
    assert_eq!(refused.map(drop), Err(PeerError::Identity));
}

// DEV-04 to DEV-07: another device of the user holds the account key too
#[test]
fn account_takes_over_what_another_device_issued() {
    let account = |newest| Account::new(&seed(1), address(), newest).expect("an account");
    let mut phone = account(None);
    assert_eq!(phone.accept(first()), Ok(true));
    let mut laptop = account(Some(first()));
    let second = laptop.issue(&[add(2)]).expect("issued").clone();
    let third = laptop.issue(&[add(3)]).expect("issued").clone();
    assert_eq!(phone.accept(third.clone()), Err(PeerError::ManifestGap.into()));
    assert_eq!(phone.newest(), Some(&first()));
    assert_eq!(phone.accept(second.clone()), Ok(true));
    assert_eq!(phone.accept(second), Ok(false));
    assert_eq!(phone.accept(third.clone()), Ok(true));
    assert_eq!(phone.accept(first()), Err(PeerError::ManifestOld.into()));
    assert_eq!(phone.newest(), Some(&third));
    let stranger = &mut Account::generate(address(), &mut Seeded::new(5)).expect("an account");
    assert_eq!(stranger.accept(first()), Err(PeerError::Identity.into()));
    assert_eq!(stranger.newest(), None);
}

// PRIM-16
#[test]
fn account_key_is_one_draw() {
    let rng = &mut Seeded::new(3);
    let account = Account::generate(address(), rng).expect("an account");
    assert_eq!(rng.draws, [32]);
    assert_eq!(*account.seed().expose(), Seeded::new(3).array());
    assert!(!format!("{account:?}").contains(&format!("{:?}", account.seed().expose())));
    let refused = Account::generate(address(), &mut Failing::after(0));
    assert_eq!(refused.map(drop), Err(CallerError::Random));
}
