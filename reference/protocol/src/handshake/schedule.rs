//! Chapter 4.1 The computation, as far as both sides share it.

use crate::crypto::dh::Shared;
use crate::crypto::kdf::{expand, extract, mix, start};
use crate::crypto::labels::{Expand, Extract, Start};
use crate::keys::Card;
use crate::secret::Secret;
use crate::wire::Suite;

/// The transcript hash `h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Transcript([u8; 32]);

impl Transcript {
    /// ```text
    /// h0 = mix(SHA-256(PROTO || "interactive"), card_R)
    /// ```
    pub(super) fn interactive(responder: &Card) -> Self {
        Self(start(Start::INTERACTIVE, &[])).mix(&[responder.as_bytes()])
    }

    pub(super) fn mix(self, parts: &[&[u8]]) -> Self {
        Self(mix(&self.0, parts))
    }

    pub(super) const fn hash(&self) -> &[u8; 32] {
        &self.0
    }
}

/// `k_es = LExtract(0^32, "init", es)`: what Init is sealed under.
pub(super) struct InitSecret {
    suite: Suite,
    key: Secret<32>,
}

impl InitSecret {
    pub(super) fn new(suite: Suite, es: &Shared) -> Self {
        let key = extract(suite, &Secret::new([0; 32]), Extract::INIT, &[es.secret().expose()]);
        Self { suite, key }
    }

    pub(super) fn seal(&self, h1: Transcript) -> Secret<44> {
        expand(self.suite, &self.key, Expand::INIT_SEAL, &[h1.hash()])
    }

    pub(super) fn handshake_id(&self, h3: Transcript) -> [u8; 16] {
        *expand(self.suite, &self.key, Expand::HANDSHAKE_ID, &[h3.hash()]).expose()
    }
}

/// ```text
/// hs = LExtract(psk, "interactive", ss || ee || es || se || eo)
/// ```
#[derive(Debug)]
pub(super) struct HandshakeSecret {
    suite: Suite,
    key: Secret<32>,
}

/// Keys of Response at `h4` or Complete at `h7`: what seals it and what authenticates it.
pub(super) struct StepKeys {
    pub(super) seal: Secret<44>,
    pub(super) mac: Secret<32>,
}

impl HandshakeSecret {
    pub(super) fn new(suite: Suite, ee: &Shared, es: &Shared, se: &Shared) -> Self {
        let parts = [ee, es, se].map(|shared| shared.secret().expose().as_slice());
        Self { suite, key: extract(suite, &Secret::new([0; 32]), Extract::INTERACTIVE, &parts) }
    }

    pub(super) fn response(&self, h4: Transcript) -> StepKeys {
        self.step(Expand::RESPONSE_SEAL, Expand::RESPONSE_MAC, h4)
    }

    pub(super) fn complete(&self, h7: Transcript) -> StepKeys {
        self.step(Expand::COMPLETE_SEAL, Expand::COMPLETE_MAC, h7)
    }

    /// `SK = LExpand(hs, "session", h9, 32)`
    pub(super) fn session(&self, h9: Transcript) -> Secret<32> {
        expand(self.suite, &self.key, Expand::SESSION, &[h9.hash()])
    }

    fn step(&self, seal: Expand, mac: Expand, at: Transcript) -> StepKeys {
        StepKeys {
            seal: expand(self.suite, &self.key, seal, &[at.hash()]),
            mac: expand(self.suite, &self.key, mac, &[at.hash()]),
        }
    }
}
