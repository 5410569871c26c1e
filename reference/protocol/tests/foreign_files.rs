//! Published files of others, as far as they fit our wrappers: NIST CAVP and SUPERCOP.

use quipu::PeerError;
use quipu::crypto::aead;
use quipu::crypto::sign::{IdentityKey, SigningSecret};
use quipu::secret::Secret;

fn rows(text: &'static str) -> impl Iterator<Item = Vec<Option<Vec<u8>>>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        line.split(' ')
            .map(|word| match word {
                "-" => Some(Vec::new()),
                "FAIL" => None,
                word => Some(hex::decode(word).expect("hex")),
            })
            .collect()
    })
}

fn array<const N: usize>(field: &Option<Vec<u8>>) -> [u8; N] {
    field.clone().expect("a value").try_into().expect("the right length")
}

// PRIM-13
#[test]
fn aes_256_gcm_opens_and_refuses_as_nist_says() {
    let (mut opened, mut refused) = (0, 0);
    for row in rows(include_str!("data/gcm_decrypt_256.txt")) {
        let [key, iv, ciphertext, ad, tag, plaintext] = &row[..] else { panic!("six fields") };
        let keys = [array::<32>(key).as_slice(), &array::<12>(iv)].concat();
        let keys = Secret::new(keys.try_into().expect("44 bytes"));
        let sealed = [ciphertext.clone().expect("a value"), array::<16>(tag).to_vec()].concat();
        let found = aead::open(&keys, ad.as_ref().expect("a value"), &sealed);
        match plaintext {
            Some(plaintext) => {
                assert_eq!(*found.expect("valid"), *plaintext);
                opened += 1;
            }
            None => {
                assert_eq!(found.expect_err("invalid"), PeerError::Authentication);
                refused += 1;
            }
        }
    }
    println!("foreign: nist gcmDecrypt256 {} run, {refused} refused", opened + refused);
    assert_eq!((opened, refused), (184, 191));
}

// PRIM-06, PRIM-08
#[test]
fn ed25519_agrees_with_supercop() {
    let mut run = 0;
    for row in rows(include_str!("data/ed25519_sign_input.txt")) {
        let [seed, public, message, signature] = &row[..] else { panic!("four fields") };
        let key = IdentityKey::new(array(public));
        assert_eq!(SigningSecret::new(&Secret::new(array(seed))).public(), key);
        let (message, mut signature) = (message.clone().expect("a value"), array::<64>(signature));
        assert_eq!(key.verifier().and_then(|it| it.verify_bytes(&message, &signature)), Ok(()));
        signature[run % 64] ^= 1;
        assert_eq!(
            key.verifier().and_then(|it| it.verify_bytes(&message, &signature)),
            Err(PeerError::Signature)
        );
        run += 1;
    }
    println!("foreign: supercop ed25519 {run} run");
    assert_eq!(run, 320);
}
