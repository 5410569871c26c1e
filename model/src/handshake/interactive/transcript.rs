//! The transcript hash as a tuple of what was mixed, and the parts of it that are signed.
//!
//! Sealed parts, signatures and MACs are mixed too; here they are left out, because in this
//! algebra each of them is a function of what else is in the tuple and of keys that both sides
//! have checked. What a seeded bug no longer checks is thereby left to the attacker.

use super::script::Script;
use super::view::View;
use crate::handshake::mechanism::Mechanism as M;
use crate::handshake::world::{CARDS, Card, CardId, Key, card_of};
use crate::term::Term;

/// A variable of the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    CardR,
    CardI,
    Suite,
    Kem,
    Time,
    Psk,
    EkI,
    EkR,
    Ratchet,
}

/// The three moments at which the transcript is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    InitClear,
    InitWhole,
    ResponseClear,
    ResponseWhole,
    CompleteWhole,
}

impl Script<'_> {
    fn card(&mut self, id: CardId) -> Term {
        let card = card_of(id);
        let same_keys = |other: &&Card| {
            (other.ik, other.idk, other.address, other.old)
                == (card.ik, card.idk, card.address, card.old)
        };
        let named = if self.has(M::DeviceInTranscript) {
            card
        } else {
            CARDS.iter().find(same_keys).unwrap_or(card)
        };
        self.public_atom(&format!("card {}", named.name))
    }

    /// Every variable up to a moment that the transcript covers.
    fn fields(&mut self, moment: Moment) -> Vec<(Field, Term)> {
        let view = self.view;
        let mut fields = Vec::new();
        if self.has(M::ResponderInTranscript) {
            fields.push((Field::CardR, self.card(view.card_r)));
        }
        if self.has(M::SuiteInTranscript) {
            let suite = self.public_atom(&format!("suite {}", view.suite));
            fields.push((Field::Suite, suite));
        }
        if self.has(M::EphemeralsInTranscript) {
            fields.push((Field::EkI, view.ek_i.public(self.terms)));
        }
        if view.kem > 0 && self.has(M::KemInTranscript) {
            fields.push((Field::Kem, self.encapsulation_key()));
        }
        if moment >= Moment::InitWhole {
            if self.has(M::TimeInTranscript) {
                let time = self.public_atom(&format!("time {}", view.time));
                fields.push((Field::Time, time));
            }
            if self.has(M::InitiatorInTranscript) {
                fields.push((Field::CardI, self.card(view.card_i)));
            }
            let psk = self.public_atom(if view.psk { "psk id" } else { "no psk" });
            fields.push((Field::Psk, psk));
        }
        if moment >= Moment::ResponseClear {
            if self.has(M::EphemeralsInTranscript) {
                fields.push((Field::EkR, view.ek_r.public(self.terms)));
            }
            if view.ciphertext > 0 && self.has(M::KemInTranscript) {
                fields.push((Field::Kem, self.ciphertext()));
            }
        }
        if moment >= Moment::ResponseWhole && self.has(M::RatchetKeysInTranscript) {
            fields.push((Field::Ratchet, view.rb.public(self.terms)));
        }
        if moment == Moment::CompleteWhole && self.has(M::RatchetKeysInTranscript) {
            fields.push((Field::Ratchet, view.ra.public(self.terms)));
        }
        fields
    }

    pub(super) fn transcript(&mut self, moment: Moment) -> Term {
        let fields: Vec<Term> = self.fields(moment).into_iter().map(|(_, term)| term).collect();
        let hash = self.terms.function("h", &fields);
        let view = self.view;
        let number = match moment {
            Moment::InitClear => 1,
            Moment::InitWhole => 2,
            Moment::ResponseClear => 4,
            Moment::ResponseWhole => 5,
            Moment::CompleteWhole => 9,
        };
        self.terms.call(hash, || format!("h{number}{}", named(&view)));
        hash
    }

    /// The transcript as the context of a key, if it is one.
    pub(super) fn in_keys(&mut self, moment: Moment) -> Option<Term> {
        self.has(M::TranscriptInKeys).then(|| self.transcript(moment))
    }

    pub(super) fn signed(&mut self, moment: Moment, own: Field, peer: Field) -> Term {
        let (own_signed, peer_signed) =
            (self.has(M::OwnEphemeralSigned), self.has(M::PeerEphemeralSigned));
        let identities = self.has(M::IdentitiesSigned);
        if own_signed && peer_signed && identities {
            return self.transcript(moment);
        }
        let keep = |field: Field| match field {
            Field::CardI | Field::CardR => identities,
            field if field == own => own_signed,
            field if field == peer => peer_signed,
            _ => true,
        };
        let fields = self.fields(moment).into_iter();
        let fields: Vec<Term> =
            fields.filter(|(field, _)| keep(*field)).map(|(_, term)| term).collect();
        self.terms.function("h", &fields)
    }
}

/// The ephemerals of a view, behind the name of what is made of it.
pub(super) fn named(view: &View) -> String {
    let name = |key: Key| match key {
        Key::None => String::new(),
        Key::Ephemeral(slot) => format!("EK{}", slot + 1),
        Key::Odd(slot) => format!("odd EK{}", slot + 1),
        Key::Attackers => "X_E".to_owned(),
        other => format!("{other:?}"),
    };
    match view.ek_r {
        Key::None => format!("[{}]", name(view.ek_i)),
        _ => format!("[{}, {}]", name(view.ek_i), name(view.ek_r)),
    }
}
