//! Chapter 2.4 Key derivation.

use super::labels::{Expand, Extract, Start};
use super::mac::hmac;
use crate::secret::{Secret, SecretBytes};
use crate::wire::{PROTO, Suite, length16, length32};
use alloc::vec;
use alloc::vec::Vec;
use hkdf::Hkdf;
use sha2::{Digest, Sha256, Sha512};

/// SHA-256 over the parts in order.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// SHA-512 over the parts in order.
pub fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = Sha512::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// `SHA-256(PROTO || label || parts)`.
pub(crate) fn start(label: Start, parts: &[&[u8]]) -> [u8; 32] {
    let all: Vec<&[u8]> =
        [PROTO.as_slice(), label.label()].into_iter().chain(parts.iter().copied()).collect();
    sha256(&all)
}

/// Adds the concatenation of `parts` to the transcript hash.
///
/// ```text
/// mix(h, bytes) = SHA-256(h || LP32(bytes))
/// ```
pub fn mix(hash: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let length = length32(parts.iter().map(|part| part.len()).sum());
    let all: Vec<&[u8]> =
        [hash.as_slice(), &length].into_iter().chain(parts.iter().copied()).collect();
    sha256(&all)
}

/// Extracts a pseudorandom key. The types hold salt and key to 32 bytes (PRIM-10).
///
/// ```text
/// LExtract(salt, label, ikm) = HMAC-SHA-256(salt, PROTO || suite || u8(len(label)) || label || ikm)
/// ```
//= spec/02-primitives.md#2-4-key-derivation
//# [PRIM-10] Every salt, `prk` and MAC key MUST be exactly 32 bytes; an interface takes no others.
pub fn extract(suite: Suite, salt: &Secret<32>, label: Extract, ikm: &[&[u8]]) -> Secret<32> {
    let label = label.label();
    let (suite, length) = (suite.bytes(), length8(label));
    let all: Vec<&[u8]> =
        [PROTO.as_slice(), &suite, &length, label].into_iter().chain(ikm.iter().copied()).collect();
    Secret::new(hmac(salt, &all))
}

/// Expands a pseudorandom key into `N` bytes.
///
/// ```text
/// LExpand(prk, label, ctx, L) = HKDF-Expand(prk, u16(L) || PROTO || suite || u8(len(label)) || label
///                                                || u16(len(ctx)) || ctx, L)
/// ```
pub fn expand<const N: usize>(
    suite: Suite,
    prk: &Secret<32>,
    label: Expand,
    context: &[&[u8]],
) -> Secret<N> {
    Secret::filled(|out| expand_into(suite, prk, label.label(), context, out))
}

/// `LExpand(exporter secret, "app:" || label, SHA-256(context), L)`. The caller checks the bounds.
pub(crate) fn export(
    suite: Suite,
    exporter: &Secret<32>,
    label: &[u8],
    context: &[u8],
    length: usize,
) -> SecretBytes {
    let mut out = vec![0; length];
    let label = [b"app:", label].concat();
    expand_into(suite, exporter, &label, &[&sha256(&[context])], &mut out);
    SecretBytes::new(out)
}

fn expand_into(suite: Suite, prk: &Secret<32>, label: &[u8], context: &[&[u8]], out: &mut [u8]) {
    let context_length: usize = context.iter().map(|part| part.len()).sum();
    let (length, suite, label_length, context_length) =
        (length16(out.len()), suite.bytes(), length8(label), length16(context_length));
    let info: Vec<&[u8]> =
        [length.as_slice(), PROTO, &suite, &label_length, label, &context_length]
            .into_iter()
            .chain(context.iter().copied())
            .collect();
    hkdf_expand(prk, &info, out);
}

/// `HKDF-Expand` of RFC 5869 over the parts of `info`. `out` has at most 8,160 bytes.
pub fn hkdf_expand(prk: &Secret<32>, info: &[&[u8]], out: &mut [u8]) {
    #[allow(clippy::expect_used, reason = "the two conditions are provable here")]
    Hkdf::<Sha256>::from_prk(prk.expose())
        .expect("32 bytes are the output size of SHA-256")
        .expand_multi_info(info, out)
        .expect("every caller asks for at most 8,160 bytes, 255 blocks of 32");
}

fn length8(bytes: &[u8]) -> [u8; 1] {
    [u8::try_from(bytes.len()).unwrap_or(u8::MAX)]
}
