//! Mistakes with the transcript and with key derivation (chapter 2.4).

use super::parts;
use super::plan::{Name, Plan, length};
use super::raw::Hash;
use super::slips::{HASH_FOR_HMAC, Slips, hashed};
use quipu::crypto::labels::{Expand, Extract};

pub(super) fn mix(out: &mut Slips, plan: &Plan, hash: &[u8], parts: &[Name]) {
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

pub(super) fn extract(
    out: &mut Slips,
    plan: &Plan,
    (salt_name, label): (Name, Name),
    ikm: &[Name],
) {
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

pub(super) fn expand(
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
