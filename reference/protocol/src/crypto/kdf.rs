//! Chapter 2.4 Key derivation.

use super::labels::{Expand, Extract, Start};
use super::mac::MacKey;
use crate::secret::{Secret, SecretBytes};
use crate::wire::{PROTO, Suite, join, length16, length32};
use alloc::vec;
use core::fmt;
use hkdf::Hkdf;
use sha2::{Digest, Sha256, Sha512};

/// SHA-256 over the parts in order.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    hash_behind(&[], parts)
}

/// SHA-512 over the parts in order.
pub fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = Sha512::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// `SHA-256(PROTO || label || parts)`.
pub(crate) fn start(label: Start, parts: &[&[u8]]) -> [u8; 32] {
    hash_behind(&[PROTO, label.label()], parts)
}

/// Adds the concatenation of `parts` to the transcript hash.
///
/// ```text
/// mix(h, bytes) = SHA-256(h || LP32(bytes))
/// ```
pub fn mix(hash: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let length = length32(parts.iter().map(|part| part.len()).sum());
    hash_behind(&[hash, &length], parts)
}

/// SHA-256 over the parts in order, those of `first` first.
fn hash_behind(first: &[&[u8]], parts: &[&[u8]]) -> [u8; 32] {
    #[cfg(test)]
    super::count::note(super::count::Operation::Hash);
    let mut hash = Sha256::new();
    first.iter().chain(parts).for_each(|part| hash.update(part));
    hash.finalize().into()
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
    Secret::new(MacKey::new(salt).last_behind(&[PROTO, &suite, &length, label], ikm))
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
    context: &[u8],
) -> Secret<N> {
    Prk::new(prk).expand(suite, label, context)
}

/// A pseudorandom key that has been set up: for several outputs of one key.
pub struct Prk(Hkdf<Sha256>);

impl Prk {
    /// Sets up a key.
    pub fn new(key: &Secret<32>) -> Self {
        #[allow(clippy::expect_used, reason = "provable here")]
        Self(Hkdf::from_prk(key.expose()).expect("32 bytes are the output size of SHA-256"))
    }

    /// [`expand`] under this key.
    pub fn expand<const N: usize>(&self, suite: Suite, label: Expand, context: &[u8]) -> Secret<N> {
        Secret::filled(|out| self.expand_into(suite, label.label(), context, out))
    }

    fn expand_into(&self, suite: Suite, label: &[u8], context: &[u8], out: &mut [u8]) {
        // One piece for what has a fixed length: every piece costs a call for each block.
        let (length, suite, label_length) = (length16(out.len()), suite.bytes(), length8(label));
        let fixed: [u8; 12] = join(&[&length, PROTO, &suite, &label_length]);
        self.fill(&[&fixed, label, &length16(context.len()), context], out);
    }

    #[allow(clippy::expect_used, reason = "every caller asks for at most 255 blocks of 32")]
    fn fill(&self, info: &[&[u8]], out: &mut [u8]) {
        #[cfg(test)]
        super::count::note(super::count::Operation::Derivation);
        self.0.expand_multi_info(info, out).expect("at most 8,160 bytes");
    }
}

impl fmt::Debug for Prk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
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
    Prk::new(exporter).expand_into(suite, &label, &sha256(&[context]), &mut out);
    SecretBytes::new(out)
}

/// `HKDF-Expand` of RFC 5869 over the parts of `info`. `out` has at most 8,160 bytes.
pub fn hkdf_expand(prk: &Secret<32>, info: &[&[u8]], out: &mut [u8]) {
    Prk::new(prk).fill(info, out);
}

fn length8(bytes: &[u8]) -> [u8; 1] {
    [u8::try_from(bytes.len()).unwrap_or(u8::MAX)]
}
