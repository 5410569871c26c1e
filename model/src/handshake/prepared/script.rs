//! The messages and keys of chapter 5 as terms, out of a view.

use super::view::{Pqk, View};
use crate::handshake::interactive::{ATTACKER, key};
use crate::handshake::mechanism::Mechanism as M;
use crate::handshake::world::{CARDS, Card, CardId, Key, Setup, agree, card_of, idk, ik};
use crate::term::{Known, Node, Term, Terms};

/// What is made of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The handshake bytes.
    PrekeyInit,
    /// The first answer of the responder.
    Answer,
    /// `SK`.
    Session,
    /// The key of the first chain.
    First,
    /// The key of the responder's first answer.
    Later,
    /// Who the initiator is, as the sealed identity says it.
    Contact,
    /// `sig_I` alone.
    Signature,
}

/// Makes terms out of one view.
#[derive(Debug)]
pub struct Script<'a> {
    /// The setup with its mechanisms.
    pub setup: &'a Setup,
    /// The terms of the model.
    pub terms: &'a mut Terms,
    /// The view.
    pub view: View,
}

impl Script<'_> {
    /// A part as a term.
    pub fn make(&mut self, part: Part) -> Term {
        match part {
            Part::PrekeyInit => self.prekey_init(),
            Part::Session => self.session(),
            Part::First => {
                let (session, step) =
                    (self.session(), agree(self.terms, self.view.ra, self.view.spk));
                self.terms.function("first message", &[session, step])
            }
            Part::Later => {
                let first = self.make(Part::First);
                let step = agree(self.terms, self.view.ra, self.view.rb);
                self.terms.function("first answer", &[first, step])
            }
            Part::Answer => {
                let key = self.make(Part::Later);
                let nothing = self.public_atom("");
                let receipt = self.public_atom("receipt");
                let sealed = self.terms.seal(key, nothing, receipt);
                let public = self.view.rb.public(self.terms);
                self.terms.bundle(&[public, sealed])
            }
            Part::Contact => self.contact(),
            Part::Signature => {
                let private = ik(self.terms, card_of(self.view.card_i).ik);
                let body = self.transcript(true);
                self.terms.sign(private, "prepared", body)
            }
        }
    }

    fn has(&self, mechanism: M) -> bool {
        self.setup.has(mechanism)
    }

    fn public_atom(&mut self, name: &str) -> Term {
        self.terms.atom(name, Known::Everybody)
    }

    fn card(&mut self, id: CardId) -> Term {
        let card = card_of(id);
        let same = |other: &&Card| {
            (other.ik, other.idk, other.address, other.old)
                == (card.ik, card.idk, card.address, card.old)
        };
        let named = match self.has(M::DeviceInTranscript) {
            true => card,
            false => CARDS.iter().find(same).unwrap_or(card),
        };
        self.public_atom(&format!("card {}", named.name))
    }

    /// The transcript: `t2`, or with what the sealed identity says `t4`.
    fn transcript(&mut self, whole: bool) -> Term {
        let view = self.view;
        let mut fields = Vec::new();
        if self.has(M::ResponderInTranscript) {
            fields.push(self.card(view.card_r));
        }
        if self.has(M::PrekeysInTranscript) {
            fields.push(view.spk.public(self.terms));
            let none = self.public_atom("no one-time prekey");
            let opk = if view.opk == Key::None { none } else { view.opk.public(self.terms) };
            fields.push(opk);
            if view.pqk == Pqk::LastAsOneTime && self.has(M::PrekeyType) {
                fields.push(self.public_atom("one-time type"));
            }
        }
        if view.suite == 2 && self.has(M::KemInTranscript) {
            let (key, ciphertext) = (self.pqk(), self.ciphertext());
            fields.extend([key, ciphertext]);
        }
        if self.has(M::SuiteInTranscript) {
            fields.push(self.public_atom(&format!("suite {}", view.suite)));
        }
        if self.has(M::EphemeralsInTranscript) {
            fields.push(view.ek_i.public(self.terms));
        }
        if whole {
            if self.has(M::InitiatorInTranscript) {
                fields.push(self.card(view.card_i));
            }
            fields.push(self.public_atom(if view.psk { "psk id" } else { "no psk" }));
            if self.has(M::RatchetKeysInTranscript) {
                fields.push(view.ra.public(self.terms));
            }
        }
        let hash = self.terms.function("t", &fields);
        let name = if whole { "t4" } else { "t2" };
        self.terms.call(hash, || format!("{name}[{}]", key(view.ek_i)));
        hash
    }

    fn pqk(&mut self) -> Term {
        let seed = match self.view.pqk {
            Pqk::OneTime => self.terms.atom("pqk_B", Known::Published),
            Pqk::Last | Pqk::LastAsOneTime => self.terms.atom("last_pqk_B", Known::Published),
            Pqk::Attackers | Pqk::None => self.terms.atom("seed_E", Known::Attacker),
        };
        self.terms.public(seed)
    }

    fn kem_secret(&mut self) -> Term {
        if self.view.ciphertext == ATTACKER {
            return self.terms.atom("ss_E", Known::Attacker);
        }
        self.terms.atom(&format!("ss{}", self.view.ciphertext), Known::Owner)
    }

    fn ciphertext(&mut self) -> Term {
        let (key, secret) = (self.pqk(), self.kem_secret());
        self.terms.of(Node::Ciphertext(key, secret))
    }

    /// The secrets of `k_id`; with `se` and the pre-shared one those of `hs`.
    fn secrets(&mut self, with_identity: bool) -> Vec<Term> {
        let view = self.view;
        let mut parts = Vec::new();
        if view.suite == 2 && self.has(M::KemInKeys) {
            parts.push(self.kem_secret());
        }
        if self.has(M::ShareEe) {
            parts.push(agree(self.terms, view.ek_i, view.spk));
        }
        if self.has(M::ShareEs) {
            let private = idk(self.terms, card_of(view.card_r).idk);
            let public = view.ek_i.public(self.terms);
            parts.push(self.terms.agree(private, public));
        }
        if self.has(M::ShareSe) && with_identity {
            let private = idk(self.terms, card_of(view.card_i).idk);
            let public = view.spk.public(self.terms);
            parts.push(self.terms.agree(private, public));
        }
        if self.has(M::ShareEo) && view.opk != Key::None {
            parts.push(agree(self.terms, view.ek_i, view.opk));
        }
        parts
    }

    fn hs(&mut self) -> Term {
        let secret = self.view.psk && self.has(M::PskInKeys);
        let psk = match secret {
            true => self.terms.atom("psk", Known::Owner),
            false => self.public_atom("no psk"),
        };
        let mut parts = vec![psk];
        parts.extend(self.secrets(true));
        let hs = self.terms.function("prepared", &parts);
        let view = self.view;
        self.terms.call(hs, || format!("hs[{}]", key(view.ek_i)));
        hs
    }

    fn contact(&mut self) -> Term {
        match self.view.ek_i {
            Key::Ephemeral(slot) | Key::Odd(slot) => {
                self.terms.atom(&format!("who calls in run {}", slot + 1), Known::Owner)
            }
            _ => self.terms.atom("a name of the attacker's choice", Known::Attacker),
        }
    }

    fn sealed(&mut self, label: &'static str, key: Term, whole: bool, plain: &[Term]) -> Term {
        let hash = self.transcript(whole);
        let mut inputs = vec![key];
        inputs.extend(self.has(M::TranscriptInKeys).then_some(hash));
        let key = self.terms.function(label, &inputs);
        let nothing = self.public_atom("");
        let data = if self.has(M::TranscriptInSeals) { hash } else { nothing };
        let plain = self.terms.bundle(plain);
        self.terms.seal(key, data, plain)
    }

    fn prekey_init(&mut self) -> Term {
        let view = self.view;
        let mut parts = vec![view.ek_i.public(self.terms)];
        if view.suite == 2 {
            parts.push(self.ciphertext());
        }
        let identity = [self.contact(), view.ra.public(self.terms)];
        if self.has(M::IdentitySeal) {
            let secrets = self.secrets(false);
            let k_id = self.terms.function("prepared identity", &secrets);
            self.terms.call(k_id, || "k_id".to_owned());
            parts.push(self.sealed("identity seal", k_id, false, &identity));
        } else {
            parts.extend(identity);
        }
        let signature = if self.has(M::PreparedSignature) {
            self.make(Part::Signature)
        } else {
            self.public_atom("no signature")
        };
        if self.has(M::SignatureSeal) {
            let hs = self.hs();
            parts.push(self.sealed("signature seal", hs, true, &[signature]));
        } else {
            parts.push(signature);
        }
        // Step 18: the first message has to open on the new session.
        let first = self.make(Part::First);
        let nothing = self.public_atom("");
        let message = self.public_atom("first message");
        parts.push(self.terms.seal(first, nothing, message));
        self.terms.bundle(&parts)
    }

    fn session(&mut self) -> Term {
        let mut inputs = vec![self.hs()];
        if self.has(M::TranscriptInKeys) {
            inputs.push(self.transcript(true));
        }
        let session = self.terms.function("session", &inputs);
        let view = self.view;
        self.terms.call(session, || format!("SK[{}]", key(view.ek_i)));
        session
    }
}
