//! What is verified by a signature: cards, bundles, manifests. The fuzzer may ask for a new
//! signature under the right key, so that what lies behind that check is reached too.

use crate::edit::{choose, edited, first};
use crate::story::{NOW, SUITES, bundle as bundle_of, device, fields, identity};
use quipu::account::{Listed, Manifest};
use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::SigningSecret;
use quipu::prekeys::{Bundle, CurveRecord};
use quipu::secret::Secret;
use quipu::{Address, Card, DeviceId, Error};
use std::sync::LazyLock;

/// Signs bytes anew under their key.
fn signed(mut bytes: Vec<u8>, signing: &SigningSecret, purpose: Purpose) -> Vec<u8> {
    if let Some(length) = bytes.len().checked_sub(64) {
        let signature = signing.sign(purpose, &sha256(&[&bytes[..length]]));
        bytes[length..].copy_from_slice(&signature);
    }
    bytes
}

fn check(error: Error, allowed: &[&str]) {
    assert!(allowed.contains(&error.name()), "{error} has no place here");
}

static SIGNING: LazyLock<SigningSecret> = LazyLock::new(|| {
    let (seed, _) = identity("ada").secrets();
    SigningSecret::new(&seed)
});

static CARDS: LazyLock<[Card; 2]> = LazyLock::new(|| {
    SUITES.map(|suite| Card::issue(&identity("ada"), fields("ada", suite)).expect("valid fields"))
});

/// Raw bytes, an edited card, or an edited card that its owner has signed.
pub(crate) fn card(data: &[u8]) {
    let (way, rest) = first(data);
    let genuine = choose(&*CARDS, way >> 2);
    let bytes = match way % 4 {
        0 => rest.to_vec(),
        1 => edited(genuine.as_bytes(), rest),
        _ => signed(edited(genuine.as_bytes(), rest), &SIGNING, Purpose::CARD),
    };
    match Card::verify(&bytes) {
        Ok(card) => {
            assert_eq!(card.as_bytes()[..], bytes);
            let fields = *card.fields();
            assert!(fields.suites & 1 == 1 && fields.expires > fields.created);
            assert_eq!(Address::new(fields.address.as_bytes()), Ok(fields.address));
            assert!(way % 4 != 1 || bytes == genuine.as_bytes(), "accepted a forgery");
            if (card.key(), card.agreement_key()) == (genuine.key(), genuine.agreement_key()) {
                assert_eq!(Card::issue(&identity("ada"), fields), Ok(card));
            }
            for at in [0, NOW, u64::MAX] {
                let valid = fields.created <= at.saturating_add(86_400_000) && at < fields.expires;
                assert_eq!(card.valid_at(at).is_ok(), valid);
            }
        }
        Err(error) => {
            check(error, &["length", "version", "encoding", "key", "signature"]);
            assert!(CARDS.iter().all(|card| card.as_bytes()[..] != bytes), "a genuine card");
        }
    }
}

static BUNDLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let of = |suite| [true, false].map(|one_time| bundle_of(&device("ada", suite), one_time));
    SUITES.into_iter().flat_map(of).collect()
});

/// Where the parts of a bundle end.
fn ends(bytes: &[u8]) -> [usize; 4] {
    let parts = bytes.get(1).copied().unwrap_or_default();
    let one_time = if parts & 1 == 0 { 0 } else { CurveRecord::LENGTH };
    let curve = 220 + CurveRecord::LENGTH;
    [220, curve, curve + one_time, bytes.len()]
}

/// Raw bytes, an edited bundle, or one of which the owner has signed a part once more.
pub(crate) fn bundle(data: &[u8]) {
    let (way, rest) = first(data);
    let genuine = choose(&BUNDLES, way >> 3);
    let mut bytes = match way % 8 {
        0 => rest.to_vec(),
        _ => edited(genuine, rest),
    };
    if let Some(part) = usize::from(way % 8).checked_sub(4) {
        let (ends, purpose) = (ends(&bytes), [Purpose::CARD, Purpose::PREKEY][part.min(1)]);
        let begin = part.checked_sub(1).map_or(2, |before| ends[before]);
        if let Some(piece) = bytes.get(begin..ends[part]) {
            let piece = signed(piece.to_vec(), &SIGNING, purpose);
            bytes[begin..ends[part]].copy_from_slice(&piece);
        }
    }
    match Bundle::verify(&bytes) {
        Ok(bundle) => {
            let one_time = bundle.one_time().map(CurveRecord::as_bytes);
            let kem = bundle.kem().map(|it| it.as_bytes());
            let card = bundle.card();
            let again = Bundle::encode(card.as_bytes(), bundle.signed().as_bytes(), one_time, kem);
            assert_eq!(again, bytes);
            assert!(bundle.signed().fields().device == card.fields().device);
            let edited = matches!(way % 8, 1..4);
            assert!(!edited || BUNDLES.contains(&bytes), "accepted a forgery");
        }
        Err(error) => {
            let names = ["length", "version", "type", "encoding", "key", "signature", "identity"];
            check(error, &names);
            assert!(!BUNDLES.contains(&bytes), "a genuine bundle");
        }
    }
}

static ACCOUNT: LazyLock<SigningSecret> =
    LazyLock::new(|| SigningSecret::new(&Secret::new([7; 32])));

/// Three manifests, each the next of the one before.
pub(crate) static MANIFESTS: LazyLock<Vec<Manifest>> = LazyLock::new(|| {
    let address = Address::new(b"ada").expect("1 to 64 bytes");
    let key = |number| identity(&format!("ada{number}")).key();
    let new =
        |number| Listed { device: DeviceId(number), key: key(number), added: NOW, revoked: None };
    let gone = Listed { revoked: Some(NOW + 1), ..new(2) };
    let lists = [vec![new(1)], vec![new(1), new(2)], vec![new(1), gone, new(3)]];
    let mut chain: Vec<Manifest> = Vec::new();
    for (number, devices) in (1..).zip(lists) {
        let previous = chain.last().map_or([0; 32], Manifest::hash);
        let next = Manifest::issue(&ACCOUNT, address, number, previous, &devices);
        chain.push(next.expect("within the rules"));
    }
    chain
});

/// Raw bytes, an edited manifest, or an edited manifest that its owner has signed.
pub(crate) fn manifest(data: &[u8]) {
    let (way, rest) = first(data);
    let genuine = choose(&MANIFESTS, way >> 2).as_bytes();
    let bytes = match way % 4 {
        0 => rest.to_vec(),
        1 => edited(genuine, rest),
        _ => signed(edited(genuine, rest), &ACCOUNT, Purpose::MANIFEST),
    };
    let verified = Manifest::verify(&bytes);
    match (&verified, Manifest::check_layout(&bytes)) {
        (Ok(_), Ok(())) => {}
        (Err(error), Ok(())) => check(*error, &["signature"]),
        (found, Err(error)) => assert_eq!(found.as_ref().err(), Some(&error.into())),
    }
    let Ok(found) = verified else {
        let names = ["length", "version", "encoding", "signature"];
        verified.map_or_else(|error| check(error, &names), drop);
        assert!(MANIFESTS.iter().all(|it| it.as_bytes() != bytes), "a genuine manifest");
        return;
    };
    assert_eq!(found.as_bytes(), bytes);
    assert!(way % 4 != 1 || bytes == genuine, "accepted a forgery");
    let (address, previous) = (found.address(), found.previous());
    if found.key() == ACCOUNT.public() {
        let again = Manifest::issue(&ACCOUNT, address, found.number(), previous, found.devices());
        assert_eq!(again.as_ref(), Ok(&found));
    }
    for kept in MANIFESTS.iter() {
        let next = kept.follow(&found);
        if next == Ok(true) {
            assert_eq!((found.number(), previous), (kept.number() + 1, kept.hash()));
        }
        assert_eq!(next == Ok(false), found == *kept);
    }
}

/// Seeds: the genuine bytes, behind the byte that says so.
pub(crate) fn seeds() -> [(&'static str, Vec<Vec<u8>>); 3] {
    let raw = |bytes: &[u8]| [&[0], bytes].concat();
    let ways = |count: u8| (0..count).map(|way| vec![way]);
    [
        ("card", CARDS.iter().map(|it| raw(it.as_bytes())).chain(ways(8)).collect()),
        ("bundle", BUNDLES.iter().map(|it| raw(it)).chain(ways(32)).collect()),
        ("manifest", MANIFESTS.iter().map(|it| raw(it.as_bytes())).chain(ways(12)).collect()),
    ]
}
