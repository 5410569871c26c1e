//! What a device allows whatever the cryptography says: chapters 3 and 4.

use super::mechanism::Mechanism as M;
use super::world::{CARDS, CardId, Party, Setup, card_of, ik};
use crate::knowledge::Knowledge;
use crate::term::Terms;

impl Setup {
    /// The cards that a party keeps, the newest first.
    pub fn own_cards(&self, party: Party) -> Vec<CardId> {
        let listed = |id: &CardId| self.peers.contains(id) && card_of(*id).idk == party;
        let newest = match party {
            Party::A => 0,
            Party::B => 1,
            Party::E => 2,
        };
        let cards = u8::try_from(CARDS.len()).expect("few cards");
        let others = (0..cards).filter(|id| card_of(*id).ik == party && *id != newest);
        std::iter::once(newest).chain(others.filter(listed)).collect()
    }

    /// Whether the two share a secret beforehand.
    pub fn shares(&self, party: Party, peer: CardId) -> bool {
        self.psk && card_of(peer).ik.honest() && card_of(peer).ik != party
    }

    /// Whether policy allows a peer: not oneself (HS-03, HS-11), and not another key under a
    /// pinned address (HS-12, HS-39).
    pub fn may_be(&self, party: Party, peer: CardId) -> bool {
        let card = card_of(peer);
        let own = card.ik == party || card.address == party;
        let contradicts = card.address.honest() && card.ik != card.address;
        !(own && self.has(M::SelfCheck) || self.pinned && contradicts && self.has(M::Pin))
    }

    /// Whether there is such a card: one that its key never signed needs the key, or nobody who
    /// looks at the signature.
    pub fn exists(&self, terms: &mut Terms, knowledge: &Knowledge, card: CardId) -> bool {
        !card_of(card).edited || self.signs(terms, knowledge, card_of(card).ik, M::CardSignature)
    }

    /// Whether the attacker can sign in the name of a party where a mechanism looks.
    pub fn signs(
        &self,
        terms: &mut Terms,
        knowledge: &Knowledge,
        party: Party,
        mechanism: M,
    ) -> bool {
        let private = ik(terms, party);
        !self.has(mechanism) || knowledge.derives(terms, private)
    }

    /// Whether a suite is too small for what a device remembers (CARD-16).
    pub fn forgot(&self, peer: CardId, suite: u8) -> bool {
        let known = self.met && self.hybrid && card_of(peer).ik.honest();
        known && suite < 2 && self.has(M::SuiteMemory)
    }

    /// The suites that a responder takes (CARD-12, HS-15).
    pub fn suites(&self, card_r: CardId, card_i: CardId) -> Vec<u8> {
        let highest = self.highest(card_r).min(self.highest(card_i));
        let from = if self.has(M::HighestSuite) { highest } else { 1 };
        (from..=highest).filter(|suite| !self.forgot(card_i, *suite)).collect()
    }
}
