//! Chapter 2.

use super::{About, Against, Book, key};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use quipu::crypto::kdf::sha256;
use quipu::crypto::labels::{Expand, Extract, Purpose};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

pub(super) fn books() -> Vec<Book> {
    vec![x25519(), sign(), verify(), mix(), extract(), expand(), seal(), open()]
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

fn x25519() -> Book {
    let mut book =
        Book::new("x25519", "X25519 with the keys that this protocol accepts and refuses");
    let input = |private: &str, public: &str| json!({ "private": private, "public": public });
    let rfc = [
        (
            "rfc7748-5-2",
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "RFC 7748, section 5.2, first",
        ),
        (
            "rfc7748-6-1-alice",
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            "RFC 7748, section 6.1, Alice's side",
        ),
    ];
    for (id, private, public, comment) in rfc {
        book.good(
            About { id, comment, requirements: &["PRIM-01", "PRIM-02"] },
            input(private, public),
            None,
        );
    }
    let private = hex(key("x25519"));
    let base = format!("09{}", "00".repeat(31));
    for (id, public, comment) in [
        ("base-point", base.clone(), "the base point: the result is the public key"),
        ("twist", format!("02{}", "00".repeat(31)), "a point of the twist, not of small order"),
        (
            "largest",
            format!("eb{}7f", "ff".repeat(30)),
            "p - 2, the greatest key that is not of small order",
        ),
    ] {
        book.good(
            About { id, comment, requirements: &["PRIM-01"] },
            input(&private, &public),
            None,
        );
    }
    for index in 0..4 {
        let public = super::super::trace::pair(&key(&format!("x25519 peer {index}")));
        let id = format!("pair-{index}");
        let about =
            About { id: &id, comment: "two drawn keys", requirements: &["PRIM-01", "PRIM-02"] };
        book.good(about, input(&private, &hex(public.public().as_bytes())), None);
    }
    let low = [
        ("zero", "00".repeat(32)),
        ("one", format!("01{}", "00".repeat(31))),
        (
            "order-8-a",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800".to_owned(),
        ),
        (
            "order-8-b",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157".to_owned(),
        ),
        ("minus-one", format!("ec{}7f", "ff".repeat(30))),
    ];
    for (name, public) in low {
        let id = format!("low-order-{name}");
        let about =
            About { id: &id, comment: "a point of small order", requirements: &["PRIM-02"] };
        let against = Against {
            twin: "pair-0",
            delta: "public replaced by a point of small order",
            error: "key",
            flag: "LowOrder",
        };
        book.bad(about, against, input(&private, &public), None);
    }
    let mut over: Vec<(String, String)> = (0xef..=0xffu8)
        .map(|first| {
            (format!("p-plus-{}", first - 0xed), format!("{first:02x}{}7f", "ff".repeat(30)))
        })
        .collect();
    over.push(("top-bit".to_owned(), format!("09{}80", "00".repeat(30))));
    over.push(("all-ones".to_owned(), "ff".repeat(32)));
    let rfc_second = "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493";
    over.push(("rfc7748-5-2-second".to_owned(), rfc_second.to_owned()));
    for (name, public) in over {
        let id = format!("non-canonical-{name}");
        let about =
            About { id: &id, comment: "not less than 2^255 - 19", requirements: &["PRIM-01"] };
        let against = Against {
            twin: "pair-0",
            delta: "public replaced by a non-canonical key",
            error: "key",
            flag: "NonCanonical",
        };
        book.bad(about, against, input(&private, &public), None);
    }
    book
}

fn sign() -> Book {
    let mut book = Book::new("ed25519-sign", "signatures, one purpose each");
    for purpose in Purpose::ALL {
        let name = core::str::from_utf8(purpose.label()).expect("labels are ASCII");
        let about =
            About { id: name, comment: "one purpose", requirements: &["PRIM-08", "PRIM-09"] };
        let input =
            json!({ "seed": hex(key("signer")), "purpose": name, "hash": hex(key("signed hash")) });
        book.good(about, input, None);
    }
    book
}

/// A signature by hand: `S = r + k a` with freely chosen `A` and `R`.
struct Forged {
    public: [u8; 32],
    signature: [u8; 64],
}

fn challenge(r: &[u8; 32], public: &[u8; 32], message: &[u8]) -> Scalar {
    let digest: [u8; 64] =
        Sha512::new().chain_update(r).chain_update(public).chain_update(message).finalize().into();
    Scalar::from_bytes_mod_order_wide(&digest)
}

fn message(purpose: &str) -> Vec<u8> {
    [b"QuipuV1".as_slice(), purpose.as_bytes(), &[0], &key("signed hash")].concat()
}

/// `A = aB + torsion`; searches a nonce whose challenge is a multiple of 8, or is not.
fn mixed_order(divisible: bool) -> Forged {
    let a = Scalar::from_bytes_mod_order(key("mixed order"));
    let public = (ED25519_BASEPOINT_POINT * a + EIGHT_TORSION[1]).compress().to_bytes();
    for nonce in 1u64.. {
        let r = Scalar::from(nonce);
        let point = (ED25519_BASEPOINT_POINT * r).compress().to_bytes();
        let k = challenge(&point, &public, &message("card"));
        if k.as_bytes()[0].is_multiple_of(8) == divisible {
            let signature = [point, (r + k * a).to_bytes()].concat();
            return Forged { public, signature: signature.try_into().expect("64 bytes") };
        }
    }
    unreachable!("every eighth nonce fits")
}

/// `A` of small order: `S = r` verifies whenever `k A` is the neutral element.
fn small_order_a(torsion: EdwardsPoint) -> Forged {
    let public = torsion.compress().to_bytes();
    for nonce in 1u64.. {
        let r = Scalar::from(nonce);
        let point = (ED25519_BASEPOINT_POINT * r).compress().to_bytes();
        let k = challenge(&point, &public, &message("card"));
        if (torsion * k).compress() == EIGHT_TORSION[0].compress() {
            let signature = [point, r.to_bytes()].concat();
            return Forged { public, signature: signature.try_into().expect("64 bytes") };
        }
    }
    unreachable!("every eighth nonce fits")
}

/// `R` the neutral element: `S = k a`.
fn small_order_r() -> Forged {
    let a = Scalar::from_bytes_mod_order(key("small order R"));
    let public = (ED25519_BASEPOINT_POINT * a).compress().to_bytes();
    let r = EIGHT_TORSION[0].compress().to_bytes();
    let k = challenge(&r, &public, &message("card"));
    let signature = [r, (k * a).to_bytes()].concat();
    Forged { public, signature: signature.try_into().expect("64 bytes") }
}

fn verify() -> Book {
    let mut book = Book::new("ed25519-verify", "strict verification, and signatures out of place");
    let signer = crate::trace::signer(&key("signer"));
    let (public, hash) = (*signer.public().as_bytes(), key("signed hash"));
    let input = |public: &[u8], purpose: &str, hash: &[u8], signature: &[u8]| -> Value {
        json!({ "public": hex(public), "purpose": purpose, "hash": hex(hash), "signature": hex(signature) })
    };
    let names: Vec<&str> =
        Purpose::ALL.iter().map(|it| core::str::from_utf8(it.label()).expect("ASCII")).collect();
    for (purpose, name) in Purpose::ALL.iter().zip(&names) {
        let about =
            About { id: name, comment: "one purpose", requirements: &["PRIM-06", "PRIM-09"] };
        book.good(about, input(&public, name, &hash, &signer.sign(*purpose, &hash)), None);
    }
    let mixed = mixed_order(true);
    let about = About {
        id: "mixed-order-a",
        comment: "A has a component of order 8, and k is a multiple of 8",
        requirements: &["PRIM-06"],
    };
    book.good(about, input(&mixed.public, "card", &hash, &mixed.signature), None);

    for (made, made_name) in Purpose::ALL.iter().zip(&names) {
        for used in names.iter().filter(|used| *used != made_name) {
            let id = format!("{made_name}-as-{used}");
            let comment = "a signature for one purpose in the place of another";
            let about = About { id: &id, comment, requirements: &["PRIM-09"] };
            let against =
                Against { twin: used, delta: "purpose", error: "signature", flag: "Signature" };
            book.bad(about, against, input(&public, used, &hash, &signer.sign(*made, &hash)), None);
        }
    }
    let good = signer.sign(Purpose::CARD, &hash);
    let flip = |at: usize| {
        let mut bytes = good;
        bytes[at] ^= 1;
        bytes
    };
    let order = Scalar::ZERO - Scalar::ONE;
    let mut high_s = good;
    let mut carry = 1u16;
    for (byte, add) in high_s[32..].iter_mut().zip(order.as_bytes()) {
        carry += u16::from(*byte) + u16::from(*add);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    let mut other_hash = hash;
    other_hash[31] ^= 1;
    let cofactored = mixed_order(false);
    let (zero_a, neutral_a, eight_a) = (
        small_order_a(EIGHT_TORSION[4]),
        small_order_a(EIGHT_TORSION[0]),
        small_order_a(EIGHT_TORSION[1]),
    );
    let r = small_order_r();
    let mut non_canonical = neutral_a.public;
    non_canonical =
        [[0xee].as_slice(), &[0xff; 30], &[0x7f]].concat().try_into().unwrap_or(non_canonical);
    let cases: Vec<(&str, &str, &[&str], Value)> = vec![
        ("first-byte-of-r", "R", &["PRIM-06"], input(&public, "card", &hash, &flip(0))),
        ("last-byte-of-r", "R", &["PRIM-06"], input(&public, "card", &hash, &flip(31))),
        ("first-byte-of-s", "S", &["PRIM-06"], input(&public, "card", &hash, &flip(32))),
        ("s-plus-l", "S + L in place of S", &["PRIM-03"], input(&public, "card", &hash, &high_s)),
        ("hash", "last byte of the hash", &["PRIM-09"], input(&public, "card", &other_hash, &good)),
        (
            "other-key",
            "another public key",
            &["PRIM-06"],
            input(
                crate::trace::signer(&key("other signer")).public().as_bytes(),
                "card",
                &hash,
                &good,
            ),
        ),
        (
            "all-zero",
            "an all-zero signature",
            &["PRIM-04"],
            input(&public, "card", &hash, &[0; 64]),
        ),
        (
            "neutral-a",
            "A is the neutral element, S = r",
            &["PRIM-04"],
            input(&neutral_a.public, "card", &hash, &neutral_a.signature),
        ),
        (
            "order-2-a",
            "A has order 2, S = r",
            &["PRIM-04"],
            input(&zero_a.public, "card", &hash, &zero_a.signature),
        ),
        (
            "order-8-a",
            "A has order 8, S = r",
            &["PRIM-04"],
            input(&eight_a.public, "card", &hash, &eight_a.signature),
        ),
        (
            "non-canonical-a",
            "A is p + 1 for the neutral element",
            &["PRIM-05"],
            input(&non_canonical, "card", &hash, &neutral_a.signature),
        ),
        (
            "neutral-r",
            "R is the neutral element, S = k a",
            &["PRIM-04"],
            input(&r.public, "card", &hash, &r.signature),
        ),
        (
            "cofactored-only",
            "A has a component of order 8, valid only with cofactor",
            &["PRIM-06"],
            input(&cofactored.public, "card", &hash, &cofactored.signature),
        ),
    ];
    for (id, delta, requirements, input) in cases {
        let against = Against { twin: "card", delta, error: "signature", flag: "Signature" };
        book.bad(About { id, comment: delta, requirements }, against, input, None);
    }
    book
}

fn mix() -> Book {
    let mut book = Book::new("mix", "the transcript hash");
    for (id, length) in [("empty", 0), ("one-byte", 1), ("block", 64), ("card", 218)] {
        let bytes: Vec<u8> = (0..length).map(|i: usize| i.to_le_bytes()[0]).collect();
        let about = About { id, comment: "bytes of one length", requirements: &["PRIM-10"] };
        book.good(about, json!({ "hash": hex(key("mix")), "bytes": hex(bytes) }), None);
    }
    book
}

fn extract() -> Book {
    let mut book = Book::new("extract", "LExtract under every label");
    for label in Extract::ALL {
        let name = core::str::from_utf8(label.label()).expect("ASCII");
        for (id, salt) in [("zero-salt", [0; 32]), ("salt", key("salt"))] {
            let id = format!("{}-{id}", name.replace(' ', "-"));
            let about =
                About { id: &id, comment: "one label", requirements: &["PRIM-10", "PRIM-11"] };
            book.good(
                about,
                json!({ "salt": hex(salt), "label": name, "ikm": hex(key("ikm")) }),
                None,
            );
        }
    }
    book
}

fn expand() -> Book {
    let mut book =
        Book::new("expand", "LExpand under every label, with the length of the registry");
    for label in Expand::ALL {
        let name = core::str::from_utf8(label.label()).expect("ASCII");
        let length = match name {
            "handshake id" | "session id" | "salt" => 16,
            "init seal" | "response seal" | "complete seal" | "header" | "body" => 44,
            "ratchet keys" => 96,
            _ => 32,
        };
        let id = name.replace(' ', "-");
        let context = if length == 96 {
            [key("new"), key("other")].concat()
        } else {
            key("context").to_vec()
        };
        let about = About { id: &id, comment: "one label", requirements: &["PRIM-10", "PRIM-11"] };
        let input = json!({ "prk": hex(key("prk")), "label": name, "context": hex(context), "length": length });
        book.good(about, input, None);
    }
    book
}

fn keys44() -> Vec<u8> {
    [key("seal").as_slice(), &key("nonce")[..12]].concat()
}

fn seal() -> Book {
    let mut book = Book::new("seal", "AES-256-GCM as this protocol uses it");
    for (id, length) in [("empty", 0), ("one-byte", 1), ("header", 40), ("long", 300)] {
        let about = About { id, comment: "plaintext of one length", requirements: &["PRIM-12"] };
        let input = json!({ "keys": hex(keys44()), "ad": hex(key("ad")), "plaintext": hex(vec![0x61; length]) });
        book.good(about, input, None);
    }
    book
}

fn open() -> Book {
    let mut book = Book::new("open", "AES-256-GCM: nothing is released before the tag");
    let seal = |ad: &[u8], plaintext: &[u8]| {
        let keys: [u8; 44] = keys44().try_into().expect("44 bytes");
        crate::trace::seal(&quipu::secret::Secret::new(keys), ad, plaintext)
    };
    let ad = sha256(&[b"ad"]);
    let input = |keys: &[u8], ad: &[u8], sealed: &[u8]| json!({ "keys": hex(keys), "ad": hex(ad), "sealed": hex(sealed) });
    for (id, length) in [("empty", 0), ("text", 40), ("long", 300)] {
        let about = About { id, comment: "plaintext of one length", requirements: &["PRIM-13"] };
        book.good(about, input(&keys44(), &ad, &seal(&ad, &vec![0x62; length])), None);
    }
    let sealed = seal(&ad, &[0x62; 40]);
    let at = |index: usize| {
        let mut sealed = sealed.clone();
        sealed[index] ^= 0x80;
        sealed
    };
    let mut other_keys = keys44();
    other_keys[0] ^= 1;
    let mut other_nonce = keys44();
    other_nonce[43] ^= 1;
    let longer = [sealed.as_slice(), &[0]].concat();
    let cases: Vec<(&str, &str, Value)> = vec![
        ("ciphertext", "first byte of the ciphertext", input(&keys44(), &ad, &at(0))),
        ("tag-first", "first byte of the tag", input(&keys44(), &ad, &at(40))),
        ("tag-last", "last byte of the tag", input(&keys44(), &ad, &at(55))),
        ("other-ad", "other associated data", input(&keys44(), &sha256(&[b"other"]), &sealed)),
        ("no-ad", "no associated data", input(&keys44(), &[], &sealed)),
        ("other-key", "first byte of the key", input(&other_keys, &ad, &sealed)),
        ("other-nonce", "last byte of the nonce", input(&other_nonce, &ad, &sealed)),
        ("truncated", "last byte of the tag cut off", input(&keys44(), &ad, &sealed[..55])),
        ("extended", "a zero byte behind the tag", input(&keys44(), &ad, &longer)),
        ("tag-only", "only 15 bytes", input(&keys44(), &ad, &sealed[..15])),
    ];
    for (id, delta, input) in cases {
        let against = Against { twin: "text", delta, error: "authentication", flag: "Tamper" };
        book.bad(About { id, comment: delta, requirements: &["PRIM-13"] }, against, input, None);
    }
    book
}
