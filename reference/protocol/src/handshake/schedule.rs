//! Chapter 4.1 and 5.4 The computation, as far as both sides and both handshakes share it.

use crate::crypto::dh::Shared;
use crate::crypto::kdf::{expand, extract, mix, start};
use crate::crypto::labels::{Expand, Extract, Start};
use crate::handshake::Psk;
use crate::keys::Card;
use crate::secret::Secret;
use crate::wire::Suite;
use alloc::vec::Vec;

/// The transcript hash `h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Transcript([u8; 32]);

impl Transcript {
    /// ```text
    /// h0 = mix(SHA-256(PROTO || "interactive"), card_R)
    /// t0 = mix(SHA-256(PROTO || "prepared"), card_R)
    /// ```
    pub(super) fn begin(handshake: Start, responder: &Card) -> Self {
        Self(start(handshake, &[])).mix(&[responder.as_bytes()])
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
        expand(self.suite, &self.key, Expand::INIT_SEAL, h1.hash())
    }

    pub(super) fn handshake_id(&self, h3: Transcript) -> [u8; 16] {
        *expand(self.suite, &self.key, Expand::HANDSHAKE_ID, h3.hash()).expose()
    }
}

/// What X25519 and ML-KEM gave, `se` apart: the order of the formulas is kept in one place.
pub(super) struct Shares<'a> {
    pub(super) ss: Option<&'a Secret<32>>,
    pub(super) ee: &'a Shared,
    pub(super) es: &'a Shared,
    pub(super) eo: Option<&'a Shared>,
}

impl Shares<'_> {
    /// `ss || ee || es || eo`, with `se` before `eo` when there is one.
    //= spec/02-primitives.md#2-7-ml-kem-768
    //# [PRIM-20] An ML-KEM secret MUST enter a key agreement only before and together with the
    //# X25519 outputs, and its encapsulation key and ciphertext the transcript.
    fn parts<'a>(&'a self, se: Option<&'a Shared>) -> Vec<&'a [u8]> {
        let dh = [Some(self.ee), Some(self.es), se, self.eo].into_iter().flatten();
        let dh = dh.map(Shared::secret);
        self.ss.into_iter().chain(dh).map(|it| it.expose().as_slice()).collect()
    }
}

/// `k_id = LExtract(0^32, "prepared identity", ss || ee || es || eo)`
pub(super) struct IdentitySecret {
    suite: Suite,
    key: Secret<32>,
}

impl IdentitySecret {
    pub(super) fn new(suite: Suite, shares: &Shares<'_>) -> Self {
        let (zero, parts) = (Secret::new([0; 32]), shares.parts(None));
        Self { suite, key: extract(suite, &zero, Extract::PREPARED_IDENTITY, &parts) }
    }

    pub(super) fn seal(&self, t2: Transcript) -> Secret<44> {
        expand(self.suite, &self.key, Expand::IDENTITY_SEAL, t2.hash())
    }
}

/// ```text
/// hs = LExtract(psk, "interactive" or "prepared", ss || ee || es || se || eo)
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
    pub(super) fn new(
        suite: Suite,
        handshake: Extract,
        psk: Option<&Psk>,
        shares: &Shares<'_>,
        se: &Shared,
    ) -> Self {
        let none = Secret::new([0; 32]);
        let salt = psk.map_or(&none, Psk::secret);
        Self { suite, key: extract(suite, salt, handshake, &shares.parts(Some(se))) }
    }

    pub(super) fn response(&self, h4: Transcript) -> StepKeys {
        self.step(Expand::RESPONSE_SEAL, Expand::RESPONSE_MAC, h4)
    }

    pub(super) fn complete(&self, h7: Transcript) -> StepKeys {
        self.step(Expand::COMPLETE_SEAL, Expand::COMPLETE_MAC, h7)
    }

    pub(super) fn signature(&self, t4: Transcript) -> Secret<44> {
        expand(self.suite, &self.key, Expand::SIGNATURE_SEAL, t4.hash())
    }

    /// `SK = LExpand(hs, "session", h9 or t5, 32)`
    pub(super) fn session(&self, last: Transcript) -> Secret<32> {
        expand(self.suite, &self.key, Expand::SESSION, last.hash())
    }

    fn step(&self, seal: Expand, mac: Expand, at: Transcript) -> StepKeys {
        StepKeys {
            seal: expand(self.suite, &self.key, seal, at.hash()),
            mac: expand(self.suite, &self.key, mac, at.hash()),
        }
    }
}
