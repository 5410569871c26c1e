//! The terms behind the secrets that leak.

use super::world::{Key, Party, Prekey, Secret, Setup, idk, ik};
use crate::term::{Known, Term, Terms};

/// The terms of a secret that leaks.
pub(super) fn leaked(terms: &mut Terms, setup: &Setup, secret: Secret) -> Vec<Term> {
    match secret {
        Secret::Ik(party) => vec![ik(terms, party)],
        Secret::Idk(party) => vec![idk(terms, party)],
        Secret::Ephemeral(slot) => vec![Key::Ephemeral(slot).private(terms)],
        Secret::Ratchet(slot) => vec![Key::Ratchet(slot).private(terms)],
        Secret::KemSeed(slot) => vec![terms.atom(&format!("seed{}", slot + 1), Known::Owner)],
        Secret::Psk => vec![terms.atom("psk", Known::Owner)],
        Secret::SignedPrekey => vec![Key::Prekey(Prekey::Signed).private(terms)],
        Secret::OneTimePrekey => vec![Key::Prekey(Prekey::OneTime).private(terms)],
        Secret::ExpiredPrekey => vec![Key::Prekey(Prekey::Expired).private(terms)],
        Secret::KemPrekey => vec![terms.atom("pqk_B", Known::Published)],
        Secret::LastKemPrekey => vec![terms.atom("last_pqk_B", Known::Published)],
        Secret::EveryX25519 => {
            let prekeys = [Prekey::Signed, Prekey::Expired, Prekey::OneTime].map(Key::Prekey);
            let mut keys = prekeys.to_vec();
            for slot in 0..u8::try_from(setup.slots.len()).expect("few slots") {
                keys.extend([Key::Ephemeral(slot), Key::Ratchet(slot)]);
            }
            let mut all = vec![idk(terms, Party::A), idk(terms, Party::B)];
            all.extend(keys.into_iter().map(|key| key.private(terms)));
            all
        }
    }
}
