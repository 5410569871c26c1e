//! Manifests, their chains and the account that issues them. Here: one manifest.

mod account;
mod chains;
mod make;
#[path = "../support/mod.rs"]
mod support;

use make::{address, layout, listed, manifest, resigned, revoked, seed, signing};
use quipu::account::{Listed, Manifest};
use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::SigningSecret;
use quipu::{BytesError, DeviceId, Error, PeerError};
use support::pair::NOW;

fn sample() -> Manifest {
    manifest(1, [0; 32], &[listed(1), revoked(4, NOW + 5), listed(9)])
}

#[test]
fn manifest_reads_back() {
    let issued = sample();
    assert_eq!(issued.as_bytes().len(), 139 + 3 * 52 + 64);
    let read = Manifest::verify(issued.as_bytes()).expect("valid");
    assert_eq!(read, issued);
    assert_eq!(read.address(), address());
    assert_eq!(read.key(), signing().public());
    assert_eq!((read.number(), read.previous()), (1, [0; 32]));
    assert_eq!(read.hash(), sha256(&[&read.as_bytes()[..139 + 3 * 52]]));
    assert_eq!(read.devices(), [listed(1), revoked(4, NOW + 5), listed(9)]);
    assert_eq!(read.live().collect::<Vec<_>>(), [&listed(1), &listed(9)]);
}

#[test]
fn device_is_listed_only_with_its_key_and_unrevoked() {
    let manifest = sample();
    assert!(manifest.lists(DeviceId(1), &listed(1).key));
    assert!(manifest.lists(DeviceId(9), &listed(9).key));
    for (device, key) in [(1, 9), (4, 4), (2, 1), (2, 2)] {
        assert!(!manifest.lists(DeviceId(device), &listed(key).key), "{device} {key}");
    }
}

// DEV-01 to DEV-03
#[test]
fn manifest_with_any_changed_byte_is_refused() {
    let bytes = sample().as_bytes().to_vec();
    for (byte, mask) in (0..bytes.len()).flat_map(|byte| [(byte, 1), (byte, 0x80)]) {
        let mut changed = bytes.clone();
        changed[byte] ^= mask;
        let wanted = layout(&changed).map_or_else(Error::from, |()| PeerError::Signature.into());
        assert_eq!(Manifest::verify(&changed), Err(wanted), "byte {byte}");
        assert_eq!(Manifest::check_layout(&changed), layout(&changed), "byte {byte}");
    }
}

// DEV-01, DEV-02: the signature is genuine, the layout decides
#[test]
fn resigned_manifest_is_judged_by_its_layout() {
    let bytes = sample().as_bytes().to_vec();
    let (mut accepted, mut refused) = (0, 0);
    for (byte, mask) in (0..bytes.len() - 64).flat_map(|byte| [(byte, 1), (byte, 0x80)]) {
        let mut changed = bytes.clone();
        changed[byte] ^= mask;
        let changed = resigned(changed);
        match (Manifest::verify(&changed), layout(&changed)) {
            (Ok(manifest), Ok(())) => {
                assert_eq!(manifest.as_bytes(), changed);
                accepted += 1;
            }
            (Err(error), Ok(())) => {
                assert!((66..98).contains(&byte), "only the key decides: byte {byte}");
                assert_eq!(error, PeerError::Signature.into());
            }
            (found, Err(error)) => {
                assert_eq!(found, Err(error.into()), "byte {byte}");
                refused += 1;
            }
        }
    }
    assert_eq!((accepted, refused), (291, 235), "of 263 bytes outside the key, twice");
}

// DEV-01: `length`, `version`, `encoding`, `length`, in this order
#[test]
fn length_version_and_count_are_checked_in_order() {
    let bytes = sample().as_bytes().to_vec();
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        assert_eq!(Manifest::verify(cut), Err(BytesError::Length.into()), "{length} bytes");
    }
    let check = |changes: &[(usize, u8)], length: usize, error: BytesError| {
        let mut changed = bytes.clone();
        changes.iter().for_each(|(at, value)| changed[*at] = *value);
        changed.resize(length, 0);
        assert_eq!(Manifest::verify(&changed), Err(error.into()), "{changes:?} {length}");
        assert_eq!(Manifest::check_layout(&changed), Err(error));
    };
    let whole = bytes.len();
    check(&[(0, 2), (138, 0)], 139, BytesError::Version);
    check(&[(0, 2), (138, 0)], 138, BytesError::Length);
    check(&[(0, 0)], whole, BytesError::Version);
    check(&[(138, 0)], whole, BytesError::Encoding);
    check(&[(138, 0)], 203, BytesError::Encoding);
    check(&[(138, 65)], 139, BytesError::Encoding);
    check(&[(138, 65)], 203 + 65 * 52, BytesError::Encoding);
    check(&[(138, 2)], whole, BytesError::Length);
    check(&[(138, 4)], whole, BytesError::Length);
    check(&[(1, 0), (138, 2)], whole, BytesError::Length);
    check(&[], whole + 1, BytesError::Length);
    check(&[], whole + 52, BytesError::Length);
}

// DEV-02
#[test]
fn each_rule_of_the_fields_refuses() {
    let bytes = sample().as_bytes().to_vec();
    let check = |rule: &str, changes: &[(usize, &[u8])]| {
        let mut changed = bytes.clone();
        for (at, value) in changes {
            changed[*at..*at + value.len()].copy_from_slice(value);
        }
        let encoding = Err(BytesError::Encoding.into());
        assert_eq!(Manifest::verify(&changed), encoding, "{rule}, before the signature");
        assert_eq!(Manifest::verify(&resigned(changed)), encoding, "{rule}");
    };
    let number = |number: u64| number.to_be_bytes();
    let entry = |index: usize| &bytes[139 + 52 * index..139 + 52 * (index + 1)];
    check("no address", &[(1, &[0; 65])]);
    check("address too long", &[(1, &[65])]);
    check("address padding", &[(65, &[1])]);
    check("number 0", &[(98, &number(0))]);
    check("number 0 with a previous", &[(98, &number(0)), (106, &[7; 32])]);
    check("number 1 with a previous", &[(106, &[7; 32])]);
    check("number 2 without a previous", &[(98, &number(2))]);
    check("greatest number without a previous", &[(98, &number(u64::MAX))]);
    check("one device id twice", &[(139 + 52, &entry(0)[..4])]);
    check("one device twice", &[(139 + 52, entry(0))]);
    check("descending", &[(139, entry(1)), (139 + 52, entry(0))]);
    check("neighbours with one key", &[(143 + 52, &entry(0)[4..36])]);
    check("one key first and last", &[(143 + 104, &entry(0)[4..36])]);
    check("revoked before it was added", &[(183, &number(NOW - 1))]);
    check("revoked at the least time", &[(183, &number(1))]);
}

// DEV-02: the bounds that are allowed
#[test]
fn fields_at_their_bounds_are_accepted() {
    let at_once = Listed { revoked: Some(NOW), ..listed(0) };
    let all = Listed { added: 0, revoked: Some(u64::MAX), ..listed(u32::MAX) };
    let previous = core::array::from_fn(|at| u8::from(at == 31));
    let issued = manifest(u64::MAX, previous, &[at_once, all]);
    assert_eq!(Manifest::verify(issued.as_bytes()), Ok(issued));
    let full: Vec<Listed> = (0..64).map(listed).collect();
    let issued = manifest(1, [0; 32], &full);
    assert_eq!(issued.as_bytes().len(), 3_531);
    assert_eq!(Manifest::verify(issued.as_bytes()), Ok(issued));
}

// DEV-01, DEV-02: what would be refused is not issued
#[test]
fn manifest_outside_the_rules_is_not_issued() {
    let many: Vec<Listed> = (0..300).map(listed).collect();
    let twice = Listed { device: DeviceId(2), ..listed(1) };
    let cases: [(u64, [u8; 32], &[Listed]); 11] = [
        (1, [0; 32], &[]),
        (1, [0; 32], &many[..65]),
        (1, [0; 32], &many[..256]),
        (1, [0; 32], &many[..257]),
        (0, [0; 32], &many[..1]),
        (1, [1; 32], &many[..1]),
        (2, [0; 32], &many[..1]),
        (1, [0; 32], &[listed(2), listed(1)]),
        (1, [0; 32], &[listed(1), twice]),
        (1, [0; 32], &[revoked(1, NOW - 1)]),
        (1, [0; 32], &[Listed { added: 0, revoked: Some(0), ..listed(1) }]),
    ];
    for (number, previous, devices) in cases {
        let refused = Manifest::issue(&signing(), address(), number, previous, devices);
        assert_eq!(refused, Err(BytesError::Encoding), "{number} {}", devices.len());
    }
}

// DEV-03
#[test]
fn signature_of_another_key_or_purpose_is_refused() {
    let bytes = sample().as_bytes().to_vec();
    let other = SigningSecret::new(&seed(2));
    let hash = sample().hash();
    let wrong = [
        other.sign(Purpose::MANIFEST, &hash),
        signing().sign(Purpose::CARD, &hash),
        signing().sign(Purpose::MANIFEST, &sha256(&[&bytes])),
        [0; 64],
    ];
    for signature in wrong {
        let forged = [&bytes[..bytes.len() - 64], &signature].concat();
        assert_eq!(Manifest::verify(&forged), Err(PeerError::Signature.into()));
        assert_eq!(Manifest::check_layout(&forged), Ok(()));
    }
}
