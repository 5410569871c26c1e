//! The mistakes of each step, really made.

use super::plan::{How, Name, Plan, Sort, digits, length};
use super::raw::{Hash, seal};
use super::{keys, parts};
use quipu::crypto::labels::{Expand, Extract};
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
        How::Mix { hash, parts } => mix(&mut out, plan, &get(hash), parts),
        How::Extract { salt, label, ikm } => extract(&mut out, plan, (salt, label), ikm),
        How::Expand { prk, label, context, length } => {
            expand(&mut out, plan, &get(prk), (label, *length), context);
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

const HASH_FOR_HMAC: &str = "is a hash of key and data in place of HMAC";

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
fn hashed(out: &mut Slips, hash: Hash, bytes: &[u8], size: usize) {
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

fn mix(out: &mut Slips, plan: &Plan, hash: &[u8], parts: &[Name]) {
    let bytes = plan.bytes_of(parts).unwrap_or_default();
    let of = |parts: &[&[u8]]| Some(Hash::Sha256.of(parts));
    let prefix = length(bytes.len(), 4);
    let little: Vec<u8> = prefix.iter().rev().copied().collect();
    out.add("length-missing", "is made without the length of the bytes", of(&[hash, &bytes]));
    let text = "is made with a little-endian length";
    out.add("length-little-endian", text, of(&[hash, &little, &bytes]));
    for size in [1, 2, 8] {
        let text = format!("is made with a length of {size} bytes, not 4");
        out.add("length-size", text, of(&[hash, &length(bytes.len(), size), &bytes]));
    }
    let text = "is made with the bytes before the hash so far";
    out.add("parts-swapped", text, of(&[&prefix, &bytes, hash]));
    out.add("part-missing", "is made without the hash so far", of(&[&prefix, &bytes]));
    out.add("mix-missing", "is the hash so far, with nothing mixed in", Some(hash.to_vec()));
    let right = Hash::Sha256.of(&[hash, &prefix, &bytes]);
    out.add("hash-twice", "is hashed twice", of(&[&right]));
    let twice = of(&[hash, &length(32, 4), &Hash::Sha256.of(&[&bytes])]);
    out.add("hash-twice", "mixes in the hash of the bytes", twice);
    let both = of(&[&length(hash.len(), 4), hash, &prefix, &bytes]);
    out.add("length-twice", "is made with a length before the hash so far too", both);
    let hmac = Hash::Sha256.hmac(hash, &bytes);
    out.add("hmac-for-hash", "is HMAC in place of a hash", Some(hmac));
    hashed(out, Hash::Sha256, &[hash, prefix.as_slice(), &bytes].concat(), 32);
    let whole = |it: &[u8]| of(&[hash, &length(it.len(), 4), it]);
    out.0.extend(parts::slips(plan, parts, whole));
}

/// What comes before the input of a labelled function, wrong in every way.
fn labelled(plan: &Plan, label: &str) -> Vec<(&'static str, String, Vec<u8>)> {
    let (proto, name) = (b"QuipuV1".as_slice(), label.as_bytes());
    let (suite, size) = (plan.suite.to_be_bytes(), length(name.len(), 1));
    let mut all = vec![
        (
            "label-length",
            "without the length byte before the label",
            [proto, &suite, name].concat(),
        ),
        ("label-nul", "with a NUL behind the label", [proto, &suite, name, &[0]].concat()),
        ("label-nul", "with a NUL behind the label", [proto, &suite, &size, name, &[0]].concat()),
        ("label-missing", "without the label", [proto, &suite].concat()),
        ("proto-missing", "without \"QuipuV1\"", [&suite, size.as_slice(), name].concat()),
        ("suite-missing", "without the suite number", [proto, &size, name].concat()),
        (
            "suite-little-endian",
            "with a little-endian suite number",
            [proto, &plan.suite.to_le_bytes(), &size, name].concat(),
        ),
    ];
    let other = |number: u16| [proto, &number.to_be_bytes(), &size, name].concat();
    all.push(("suite-other", "with suite number 0x0000", other(0)));
    all.push(("suite-other", "with suite number 0x0001", other(1)));
    all.push(("suite-other", "with suite number 0x0002", other(2)));
    let mut all: Vec<_> =
        all.into_iter().map(|(id, text, bytes)| (id, text.to_owned(), bytes)).collect();
    if let Some(bare) = label.strip_prefix("app:") {
        all.push(("label-other", "without `app:`".to_owned(), plan.labelled(bare)));
    }
    let labels =
        Extract::ALL.iter().map(|it| it.label()).chain(Expand::ALL.iter().map(|it| it.label()));
    for other in labels.filter_map(|it| std::str::from_utf8(it).ok()).filter(|it| *it != label) {
        let text = format!("with the label `{other}`, not `{label}`");
        all.push(("label-other", text, plan.labelled(other)));
    }
    all
}

fn extract(out: &mut Slips, plan: &Plan, (salt_name, label): (Name, Name), ikm: &[Name]) {
    let salt = plan.value(salt_name).unwrap_or_default();
    let bytes = plan.bytes_of(ikm).unwrap_or_default();
    let (of, prefix) = (Hash::Sha256, plan.labelled(label));
    let make = |prefix: &[u8], ikm: &[u8]| Some(of.hmac(salt, &[prefix, ikm].concat()));
    let text = "is made with salt and input swapped";
    out.add("salt-and-input", text, Some(of.hmac(&bytes, &[prefix.as_slice(), salt].concat())));
    out.add("salt-and-input", text, Some(of.hmac(&bytes, salt)));
    for (id, text, prefix) in labelled(plan, label) {
        out.add(id, format!("is made {text}"), make(&prefix, &bytes));
    }
    out.add("label-missing", "is plain HKDF-Extract, without a label", make(&[], &bytes));
    let whole = [prefix.as_slice(), &bytes].concat();
    out.add("hash-for-hmac", HASH_FOR_HMAC, Some(of.of(&[salt, &whole])));
    let cut = Hash::Sha512.hmac(salt, &whole)[..32].to_vec();
    out.add("sha512", "is made with SHA-512, cut to 32 bytes", Some(cut));
    out.add("hash-twice", "is made of the hash of the input", make(&prefix, &of.of(&[&bytes])));
    let text = format!("is made with a salt of zeros, not `{salt_name}`");
    out.add("salt-zero", text, Some(of.hmac(&[0; 32], &whole)));
    out.0.extend(parts::slips(plan, ikm, |it| make(&prefix, it)));
}

fn expand(
    out: &mut Slips,
    plan: &Plan,
    prk: &[u8],
    (label, size): (&str, usize),
    context: &[Name],
) {
    let bytes = plan.bytes_of(context).unwrap_or_default();
    let (of, right) = (Hash::Sha256, plan.info(label, &bytes, size));
    let make = |info: &[u8]| Some(of.expand(prk, info, size, 1));
    let (before, behind) = (length(size, 2), [length(bytes.len(), 2), bytes.clone()].concat());
    for (id, text, middle) in labelled(plan, label) {
        let info = [before.as_slice(), &middle, &behind].concat();
        out.add(id, format!("is made {text}"), make(&info));
    }
    let middle = plan.labelled(label);
    let little = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
    let infos = [
        (
            "length-missing",
            "without the length of the output",
            [middle.as_slice(), &behind].concat(),
        ),
        (
            "length-little-endian",
            "with a little-endian length of the output",
            [little(&before), middle.clone(), behind.clone()].concat(),
        ),
        (
            "context-length",
            "without the length of the context",
            [before.as_slice(), &middle, &bytes].concat(),
        ),
        (
            "length-little-endian",
            "with a little-endian length of the context",
            [before.as_slice(), &middle, &little(&length(bytes.len(), 2)), &bytes].concat(),
        ),
        ("label-missing", "with nothing but the context", bytes.clone()),
        (
            "label-missing",
            "with nothing but label and context",
            [label.as_bytes(), &bytes].concat(),
        ),
    ];
    for (id, text, info) in infos {
        out.add(id, format!("is made {text}"), make(&info));
    }
    for other in [12, 16, 32, 44, 48, 64, 76, 96] {
        if other != size {
            let mut value = of.expand(prk, &plan.info(label, &bytes, other), other.max(size), 1);
            value.truncate(size);
            out.add("length-other", format!("is made as {other} bytes, not {size}"), Some(value));
        }
    }
    out.add("counter", "is made with a counter from 0", Some(of.expand(prk, &right, size, 0)));
    let extracted = of.hmac(&[0; 32], prk);
    let text = "is made with HKDF-Extract before HKDF-Expand";
    out.add("extract-first", text, Some(of.expand(&extracted, &right, size, 1)));
    let mut plain = of.hmac(prk, &right);
    plain.truncate(size);
    out.add("counter", "is one HMAC, without the counter of HKDF-Expand", Some(plain));
    let long = Hash::Sha512.expand(prk, &right, size, 1);
    out.add("sha512", "is made with SHA-512", Some(long));
    if size == 44 {
        let okm = of.expand(prk, &right, size, 1);
        let text = "has the nonce before the key";
        out.add("nonce-first", text, Some([&okm[32..], &okm[..32]].concat()));
    }
    let whole = |it: &[u8]| make(&plan.info(label, it, size));
    out.0.extend(parts::slips(plan, context, whole));
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
