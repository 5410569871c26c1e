//! Mistakes with keys: how a private key is read, what is signed.

use super::raw::{self, BASE, Hash, clamp, unclamped};
use super::slips::Slips;
use quipu::crypto::labels::Purpose;

/// A private key, read wrongly in every usual way.
fn private(seed: &[u8]) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let reversed: Vec<u8> = seed.iter().rev().copied().collect();
    vec![
        ("key-unclamped", "with a private key that is not clamped", seed.to_vec()),
        ("key-reversed", "with a private key read big-endian", clamp(&reversed)),
        (
            "key-hashed",
            "with the private key hashed by SHA-512, as in Ed25519",
            clamp(&Hash::Sha512.of(&[seed])[..32]),
        ),
        ("key-hashed", "with the private key hashed by SHA-256", clamp(&Hash::Sha256.of(&[seed]))),
    ]
}

pub(super) fn public(out: &mut Slips, seed: &[u8]) {
    for (id, text, key) in private(seed) {
        out.add(id, format!("is made {text}"), unclamped(&key, &BASE));
    }
    let text = "is the Ed25519 key of these bytes, not the X25519 key";
    out.add("key-other-curve", text, raw::signer(seed));
}

pub(super) fn agree(out: &mut Slips, seed: &[u8], public: &[u8]) {
    for (id, text, key) in private(seed) {
        out.add(id, format!("is made {text}"), unclamped(&key, public));
    }
    let reversed: Vec<u8> = public.iter().rev().copied().collect();
    let made = unclamped(&clamp(seed), &reversed);
    out.add("key-reversed", "is made with a public key read big-endian", made);
    let Some(shared) = unclamped(&clamp(seed), public) else { return };
    let text = "is the SHA-256 of the shared secret";
    out.add("hash-twice", text, Some(Hash::Sha256.of(&[&shared])));
    let own = unclamped(&clamp(seed), &BASE);
    out.add("key-own", "is the own public key", own.clone());
    let text = "is made with the own public key";
    out.add("key-own", text, own.and_then(|own| unclamped(&clamp(seed), &own)));
}

pub(super) fn signer(out: &mut Slips, seed: &[u8]) {
    let text = "is the X25519 key of these bytes, not the Ed25519 key";
    out.add("key-other-curve", text, unclamped(&clamp(seed), &BASE));
    let hashed = Hash::Sha256.of(&[seed]);
    out.add("key-hashed", "is made with the seed hashed by SHA-256", raw::signer(&hashed));
    let half = Hash::Sha512.of(&[seed])[..32].to_vec();
    out.add("key-hashed", "is made with the seed hashed by SHA-512", raw::signer(&half));
    let reversed: Vec<u8> = seed.iter().rev().copied().collect();
    out.add("key-reversed", "is made with the seed reversed", raw::signer(&reversed));
}

pub(super) fn sign(out: &mut Slips, seed: &[u8], purpose: &str, hash: &[u8]) {
    let (proto, name) = (b"QuipuV1".as_slice(), purpose.as_bytes());
    let mut add = |id, text: &str, message: Vec<u8>| {
        out.add(id, format!("signs {text}"), raw::sign(seed, &message));
    };
    let right = [proto, name, &[0], hash].concat();
    add("sign-nul", "without the NUL behind the purpose", [proto, name, hash].concat());
    add("proto-missing", "without \"QuipuV1\"", [name, &[0], hash].concat());
    add("label-missing", "without the purpose", [proto, &[0], hash].concat());
    add("sign-bare", "the hash alone", hash.to_vec());
    add("hash-twice", "the SHA-256 of what is to be signed", Hash::Sha256.of(&[&right]));
    add("sha512", "the SHA-512 of what is to be signed", Hash::Sha512.of(&[&right]));
    let text = hex::encode(hash);
    add("hex-text", "the hex text of the hash", [proto, name, &[0], text.as_bytes()].concat());
    for other in Purpose::ALL.iter().map(|it| it.label()).filter(|it| *it != name) {
        let shown = String::from_utf8_lossy(other);
        let text = format!("for the purpose `{shown}`, not `{purpose}`");
        add("label-other", &text, [proto, other, &[0], hash].concat());
    }
    let text = "signs with the seed hashed by SHA-256";
    out.add("key-hashed", text, raw::sign(&Hash::Sha256.of(&[seed]), &right));
}
