//! Chapter 4.2: pre-shared secrets and their names.

use crate::crypto::kdf::expand;
use crate::crypto::labels::Expand;
use crate::error::CallerError;
use crate::secret::Secret;
use crate::wire::Suite;
use alloc::collections::BTreeMap;

/// The name of a pre-shared secret; zero: none.
pub type PskId = [u8; 16];

/// A pre-shared secret: 32 bytes out of a KDF or a random source, never a password.
#[derive(Debug)]
pub struct Psk {
    secret: Secret<32>,
    id: PskId,
}

impl Psk {
    /// Takes over 32 secret bytes.
    ///
    /// ```text
    /// psk_id = LExpand(psk, "psk id", "", 16)
    /// ```
    ///
    /// # Errors
    /// `psk` when they are all zero.
    //= spec/04-handshake.md#4-2-layouts
    //# [HS-40] An implementation MUST refuse a pre-shared secret that is all zero as `psk`.
    pub fn new(secret: Secret<32>) -> Result<Self, CallerError> {
        if secret.expose() == &[0; 32] {
            return Err(CallerError::Psk);
        }
        let id = *expand(Suite::X25519, &secret, Expand::PSK_ID, &[]).expose();
        Ok(Self { secret, id })
    }

    /// The name.
    pub const fn id(&self) -> PskId {
        self.id
    }

    /// A copy for a handshake under way.
    pub(super) const fn copy(&self) -> Self {
        Self { secret: Secret::new(*self.secret.expose()), id: self.id }
    }

    /// The 32 bytes.
    pub const fn secret(&self) -> &Secret<32> {
        &self.secret
    }
}

/// The pre-shared secrets that a device knows, by name.
#[derive(Debug, Default)]
pub struct Psks(BTreeMap<PskId, Psk>);

impl Psks {
    /// Adds a secret.
    pub fn add(&mut self, psk: Psk) {
        self.0.insert(psk.id, psk);
    }

    /// The secret of a name.
    pub fn get(&self, id: &PskId) -> Option<&Psk> {
        self.0.get(id)
    }

    /// Every secret, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Psk> {
        self.0.values()
    }
}
