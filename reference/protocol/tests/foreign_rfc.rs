//! Published values of RFCs, FIPS 180-4 and libsignal, through the wrappers of `quipu::crypto`.

use hex::FromHex;
use quipu::BytesError;
use quipu::crypto::dh::{DhPublic, DhSecret};
use quipu::crypto::kdf::{hkdf_expand, sha256};
use quipu::crypto::mac;
use quipu::crypto::sign::SigningSecret;
use quipu::ratchet::ChainKey;
use quipu::secret::Secret;

fn bytes<const N: usize>(text: &str) -> [u8; N]
where
    [u8; N]: FromHex<Error = hex::FromHexError>,
{
    <[u8; N]>::from_hex(text).expect("hex of the right length")
}

fn padded(short: &[u8]) -> Secret<32> {
    let mut out = [0; 32];
    out[..short.len()].copy_from_slice(short);
    Secret::new(out)
}

fn shared(private: [u8; 32], public: [u8; 32]) -> Result<[u8; 32], BytesError> {
    let public = DhPublic::decode(public)?;
    Ok(*DhSecret::new(Secret::new(private)).agree(&public)?.secret().expose())
}

// PRIM-01
#[test]
fn x25519_gives_the_values_of_rfc_7748() {
    let first = shared(
        bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
        bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
    );
    let wanted = bytes("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    assert_eq!(first, Ok(wanted));

    let private = bytes("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d");
    let mut public = bytes("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493");
    assert_eq!(shared(private, public), Err(BytesError::Key));
    public[31] &= 0x7f;
    let wanted = bytes("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
    assert_eq!(shared(private, public), Ok(wanted));
    println!("foreign: rfc 7748 5.2 2 run");
}

// PRIM-01, PRIM-02
#[test]
fn x25519_iterated_gives_the_values_of_rfc_7748() {
    let mut base = [0; 32];
    base[0] = 9;
    let (mut key, mut point) = (base, base);
    for round in 1..=1_000 {
        let next = shared(key, point).expect("outputs are canonical and not zero");
        point = core::mem::replace(&mut key, next);
        match round {
            1 => assert_eq!(
                hex::encode(key),
                "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
            ),
            1_000 => assert_eq!(
                hex::encode(key),
                "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"
            ),
            _ => {}
        }
    }
    println!("foreign: rfc 7748 5.2 iterated 2 run");
}

// PRIM-01
#[test]
fn x25519_key_pairs_are_those_of_rfc_7748() {
    let ada = bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    let bob = bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    let ada_public = bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    let bob_public = bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    let both = bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assert_eq!(DhSecret::new(Secret::new(ada)).public().as_bytes(), &ada_public);
    assert_eq!(DhSecret::new(Secret::new(bob)).public().as_bytes(), &bob_public);
    assert_eq!(shared(ada, bob_public), Ok(both));
    assert_eq!(shared(bob, ada_public), Ok(both));
    println!("foreign: rfc 7748 6.1 3 run");
}

// PRIM-08
#[test]
fn ed25519_public_keys_are_those_of_rfc_8032() {
    let pairs = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        ),
    ];
    for (seed, public) in pairs {
        let key = SigningSecret::new(&Secret::new(bytes(seed))).public();
        assert_eq!(hex::encode(key.as_bytes()), public);
    }
    println!("foreign: rfc 8032 public keys 3 run");
}

// PRIM-14
#[test]
fn hmac_gives_the_values_of_rfc_4231() {
    let counting: Vec<u8> = (1..=25).collect();
    let cases: [(&[u8], &[u8], &str); 5] = [
        (
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            &counting,
            &[0xcd; 50],
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
        (&[0x0c; 20], b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
    ];
    for (key, data, tag) in cases {
        let ours = hex::encode(mac::hmac(&padded(key), &[data]));
        assert_eq!(&ours[..tag.len()], tag);
    }
    println!("foreign: rfc 4231 5 run, 2 left out (long keys)");
}

// PRIM-10
#[test]
fn hkdf_gives_the_values_of_rfc_5869() {
    let counting = |first: u8, last: u8| (first..=last).collect::<Vec<u8>>();
    let cases = [
        (
            counting(0x00, 0x0c),
            counting(0xf0, 0xf9),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            Vec::new(),
            Vec::new(),
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for (salt, info, prk, okm) in cases {
        let extracted = mac::hmac(&padded(&salt), &[&[0x0b; 22]]);
        let mut out = [0; 42];
        hkdf_expand(&Secret::new(extracted), &[&info], &mut out);
        assert_eq!((hex::encode(extracted), hex::encode(out)), (prk.to_owned(), okm.to_owned()));
    }
    println!("foreign: rfc 5869 2 run, 1 left out (long salt)");
}

// PRIM-11
#[test]
fn sha_256_gives_the_values_of_fips_180_4() {
    let blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    let cases: [(&[u8], &str); 3] = [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (blocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ];
    for (message, digest) in cases {
        assert_eq!(hex::encode(sha256(&[message])), digest);
    }
    println!("foreign: sha-256 3 run");
}

// RATCHET-03
#[test]
fn chain_step_is_that_of_libsignal() {
    let seed = bytes("8ab72d6f4cc5ac0d387eaf463378ddb28edd07385b1cb01250c715982e7ad48f");
    let (_, next) = ChainKey::new(Secret::new(seed)).advance();
    assert_eq!(
        hex::encode(next.secret().expose()),
        "28e8f8fee54b801eef7c5cfb2f17f32c7b334485bbb70fac6ec10342a246d15d"
    );
    println!("foreign: libsignal chain step 1 run");
}
