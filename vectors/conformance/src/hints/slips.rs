//! The mistakes of each step, really made.

use super::plan::{How, Name, Plan, Sort, digits};
use super::raw::{Hash, seal};
use super::{kdf, keys, parts};
use quipu::crypto::passphrase::argon2id;

/// A value as a mistake gives it.
#[derive(Debug)]
pub(super) struct Slip {
    /// The kind of mistake.
    pub(super) id: &'static str,
    /// What follows the name of the value: `is made without …`.
    pub(super) text: String,
    pub(super) value: Vec<u8>,
}

/// A list of mistakes under construction.
#[derive(Debug, Default)]
pub(super) struct Slips(pub(super) Vec<Slip>);

impl Slips {
    pub(super) fn add(
        &mut self,
        id: &'static str,
        text: impl Into<String>,
        value: Option<Vec<u8>>,
    ) {
        self.0.extend(value.map(|value| Slip { id, text: text.into(), value }));
    }
}

/// What typical mistakes make of a step.
pub(super) fn of(plan: &Plan, name: Name, how: &How) -> Vec<Slip> {
    let mut out = Slips::default();
    let get = |name: Name| plan.value(name).unwrap_or_default().to_vec();
    let join = |parts: &[Name]| plan.bytes_of(parts).unwrap_or_default();
    match how {
        How::Given(sort) => given(&mut out, plan, &get(name), sort),
        How::Hash { hash, parts } => {
            let bytes = join(parts);
            let (size, right) = (hash.of(&[]).len(), hash.of(&[&bytes]));
            hashed(&mut out, *hash, &bytes, size);
            out.add("hash-twice", "is hashed twice", Some(hash.of(&[&right])));
            out.add("hash-missing", "is not hashed", Some(bytes));
            out.0.extend(parts::slips(plan, parts, |it| Some(hash.of(&[it]))));
        }
        How::Mix { hash, parts } => kdf::mix(&mut out, plan, &get(hash), parts),
        How::Extract { salt, label, ikm } => kdf::extract(&mut out, plan, (salt, label), ikm),
        How::Expand { prk, label, context, length } => {
            kdf::expand(&mut out, plan, &get(prk), (label, *length), context);
        }
        How::Hmac { key, parts } => {
            let (of, key, data) = (Hash::Sha256, get(key), join(parts));
            out.add(
                "key-and-data",
                "is made with key and data swapped",
                Some(of.hmac(&data, &key)),
            );
            out.add("hash-for-hmac", HASH_FOR_HMAC, Some(of.of(&[&key, &data])));
            let cut = Hash::Sha512.hmac(&key, &data)[..32].to_vec();
            out.add("sha512", "is made with SHA-512, cut to 32 bytes", Some(cut));
            let hashed = of.hmac(&key, &of.of(&[&data]));
            out.add("hash-twice", "is made over the hash of its data", Some(hashed));
            out.0.extend(parts::slips(plan, parts, |it| Some(of.hmac(&key, it))));
        }
        How::Public { private } => keys::public(&mut out, &get(private)),
        How::Agree { private, public } => keys::agree(&mut out, &get(private), &get(public)),
        How::Signer { seed } => keys::signer(&mut out, &get(seed)),
        How::Sign { seed, purpose, hash } => {
            keys::sign(&mut out, &get(seed), purpose, &get(hash));
        }
        How::Seal { keys, ad, plain } => sealed(&mut out, plan, &get(keys), ad, plain),
        How::Join { parts } => {
            out.0.extend(parts::slips(plan, parts, |it| Some(it.to_vec())));
        }
        How::Cut { of, from, to } => cut(&mut out, &get(of), *from, *to),
        How::Master { passphrase, salt, memory, passes, lanes } => {
            let Ok(salt) = get(salt).try_into() else { return out.0 };
            let made = |passphrase: &[u8], passes: u32, lanes: u32| {
                let master = argon2id(passphrase, &salt, *memory, passes, lanes).ok();
                master.map(|it| it.expose().to_vec())
            };
            let passphrase = get(passphrase);
            let text = "is made with passes and lanes swapped";
            out.add("parts-swapped", text, made(&passphrase, *lanes, *passes));
            let hex = hex::encode(&passphrase);
            let text = "is made of the hex text of the passphrase";
            out.add("hex-text", text, made(hex.as_bytes(), *passes, *lanes));
        }
        How::Iterate { first, key, times } => {
            let (first, key) = (get(first), get(key));
            let again = |times: usize, key: &[u8]| {
                Some((0..times).fold(first.clone(), |hash, _| Hash::Sha512.of(&[&hash, key])))
            };
            out.add("iterations", "is hashed once too seldom", again(times - 1, &key));
            out.add("iterations", "is hashed once too often", again(times + 1, &key));
            out.add("part-missing", "is hashed again without the key", again(*times, &[]));
        }
        How::Digits { of } => {
            let reversed = |five: Vec<u8>| five.into_iter().rev().collect();
            let text = digits(&get(of), reversed).into_bytes();
            out.add("little-endian", "reads its pieces as little-endian numbers", Some(text));
            let four = digits(&get(of), |five| five[1..].to_vec()).into_bytes();
            out.add("digits-cut", "reads four of the five bytes of each piece", Some(four));
        }
    }
    out.0
}

pub(super) const HASH_FOR_HMAC: &str = "is a hash of key and data in place of HMAC";

fn given(out: &mut Slips, plan: &Plan, value: &[u8], sort: &Sort) {
    let reversed: Vec<u8> = value.iter().rev().copied().collect();
    match sort {
        Sort::Bytes => {}
        Sort::Constant => {
            for other in 0..=4u8 {
                let text = format!("is 0x{other:02x}, not 0x{}", hex::encode(value));
                out.add("constant", text, Some(vec![other]));
            }
            let letter = value.iter().map(|byte| byte.wrapping_add(b'0')).collect();
            out.add("constant", "is the digit as text, not a number", Some(letter));
        }
        Sort::Padded => {
            let end = value.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
            out.add("unpadded", "is not padded", Some(value[..end].to_vec()));
        }
        Sort::Number => out.add("little-endian", "is written little-endian", Some(reversed)),
        Sort::Time => {
            out.add("little-endian", "is written little-endian", Some(reversed));
            let number = value.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
            let other = |number: u64| Some(number.to_be_bytes().to_vec());
            out.add("seconds", "is in seconds, not milliseconds", other(number / 1_000));
            let micro = number.checked_mul(1_000).and_then(other);
            out.add("microseconds", "is in microseconds, not milliseconds", micro);
        }
        Sort::Draw(others) => {
            for other in others {
                let text = format!("is drawn in the place of `{other}`");
                out.add("draw-order", text, plan.value(other).map(<[u8]>::to_vec));
            }
        }
    }
}

/// A hash over the right bytes with another function, in another form.
pub(super) fn hashed(out: &mut Slips, hash: Hash, bytes: &[u8], size: usize) {
    let mut other = match hash {
        Hash::Sha256 => Hash::Sha512.of(&[bytes]),
        Hash::Sha512 => Hash::Sha256.of(&[bytes]),
    };
    other.truncate(size);
    let text = match hash {
        Hash::Sha256 => "is made with SHA-512, cut to 32 bytes",
        Hash::Sha512 => "is made with SHA-256",
    };
    out.add("sha512", text, Some(other));
}

fn sealed(out: &mut Slips, plan: &Plan, keys: &[u8], ad: &[Name], plain: &[Name]) {
    let Some((key, nonce)) = keys.split_at_checked(32) else { return };
    let data = plan.bytes_of(ad).unwrap_or_default();
    let text = plan.bytes_of(plain).unwrap_or_default();
    let right = seal(key, nonce, &data, &text).unwrap_or_default();
    let (bytes, tag) = right.split_at(text.len());
    out.add("tag-first", "has the tag before the ciphertext", Some([tag, bytes].concat()));
    out.add("tag-missing", "has no tag", Some(bytes.to_vec()));
    out.add("ad-missing", "is sealed without associated data", seal(key, nonce, &[], &text));
    let first = seal(&keys[12..], &keys[..12], &data, &text);
    out.add("nonce-first", "takes the nonce from the front of the keys", first);
    out.add("nonce-zero", "is sealed with a nonce of zeros", seal(key, &[0; 12], &data, &text));
    let reversed: Vec<u8> = nonce.iter().rev().copied().collect();
    out.add(
        "little-endian",
        "is sealed with the nonce reversed",
        seal(key, &reversed, &data, &text),
    );
    for (id, how, data) in parts::wrong(plan, ad) {
        let how = format!("is sealed with associated data {}", how.trim_start_matches("with "));
        out.add(id, how, seal(key, nonce, &data, &text));
    }
    for (id, how, text) in parts::wrong(plan, plain) {
        let how = format!("is a plaintext {how}");
        out.add(id, how, seal(key, nonce, &data, &text));
    }
}

fn cut(out: &mut Slips, of: &[u8], from: usize, to: usize) {
    let size = to - from;
    for other in (0..of.len()).step_by(4).filter(|at| *at != from && at + size <= of.len()) {
        let text = format!("is taken from byte {other}, not {from}");
        out.add("output-order", text, Some(of[other..other + size].to_vec()));
    }
}
