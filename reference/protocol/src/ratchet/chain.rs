//! Chapter 6.1 Steps.

use crate::crypto::dh::{DhPublic, Shared};
use crate::crypto::kdf::{Prk, expand, extract};
use crate::crypto::labels::{Expand, Extract};
use crate::crypto::mac::MacKey;
use crate::secret::Secret;
use crate::wire::Suite;

/// The key that a chain continues from.
#[derive(Debug)]
pub struct ChainKey(Secret<32>);

/// The key of one message.
#[derive(Debug)]
pub struct MessageKey(Secret<32>);

/// The header key of a chain, and the MAC key that comes out of it, set up: every message is
/// compared under every one that is kept.
#[derive(Debug)]
pub struct HeaderKeys {
    header: Secret<32>,
    mac: MacKey,
}

/// What a root step makes.
#[derive(Debug)]
pub struct Step {
    /// The next root.
    pub root: Secret<32>,
    /// The chain key of the new chain.
    pub chain: ChainKey,
    /// The header key of the next chain but one.
    pub next_header: Secret<32>,
}

/// One step of the root.
///
/// ```text
/// Step(rk, dh, dh_new, dh_other):
///     prk            = LExtract(rk, "ratchet", dh)
///     rk' | ck | nhk = LExpand(prk, "ratchet keys", dh_new || dh_other, 96)
/// ```
///
/// `new` is the key of the party whose chain the step makes.
pub fn step(
    suite: Suite,
    root: &Secret<32>,
    shared: &Shared,
    new: &DhPublic,
    other: &DhPublic,
) -> Step {
    let prk = extract(suite, root, Extract::RATCHET, &[shared.secret().expose()]);
    let keys: Secret<96> = expand(
        suite,
        &prk,
        Expand::RATCHET_KEYS,
        [*new.as_bytes(), *other.as_bytes()].as_flattened(),
    );
    let (thirds, _) = keys.expose().as_chunks::<32>();
    let third = |index| Secret::new(thirds.get(index).copied().unwrap_or_default());
    Step { root: third(0), chain: ChainKey(third(1)), next_header: third(2) }
}

impl ChainKey {
    /// Takes over 32 bytes.
    pub const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    /// Derives one message key and the chain key that follows it.
    ///
    /// ```text
    /// Chain(ck):
    ///     mk  = HMAC-SHA-256(ck, 0x01)
    ///     ck' = HMAC-SHA-256(ck, 0x02)
    /// ```
    ///
    /// Borrows: a message that fails to open must leave the old key in place.
    pub fn advance(&self) -> (MessageKey, Self) {
        let key = MacKey::new(&self.0);
        let message = MessageKey(Secret::new(key.mac(&[&[0x01]])));
        (message, Self(Secret::new(key.last(&[&[0x02]]))))
    }

    /// The 32 bytes.
    pub const fn secret(&self) -> &Secret<32> {
        &self.0
    }
}

impl MessageKey {
    /// Takes over 32 bytes.
    pub const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    /// The 32 bytes.
    pub const fn secret(&self) -> &Secret<32> {
        &self.0
    }

    /// Sets the key up for the two outputs that seal a message.
    pub(crate) fn prepare(self) -> Prk {
        Prk::new(&self.0)
    }
}

impl HeaderKeys {
    /// ```text
    /// MAK = LExpand(HK, "mac", "", 32)
    /// ```
    pub fn new(suite: Suite, header: Secret<32>) -> Self {
        let mac = MacKey::new(&expand(suite, &header, Expand::MAC, &[]));
        Self { header, mac }
    }

    /// `HK`.
    pub const fn header(&self) -> &Secret<32> {
        &self.header
    }

    /// `MAK`, set up.
    pub const fn mac(&self) -> &MacKey {
        &self.mac
    }
}
