//! The messages and keys of chapter 4 as terms, out of a view.

use super::transcript::{Field, Moment, named};
use super::view::{ATTACKER, View};
use crate::handshake::mechanism::Mechanism as M;
use crate::handshake::world::{Key, Setup, agree, card_of, idk, ik};
use crate::term::{Known, Node, Term, Terms};

/// What is made of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The first message.
    Init,
    /// The second message.
    Response,
    /// The third message.
    Complete,
    /// `SK`.
    Session,
    /// The key of the initiator's first message: `SK` and the first ratchet step.
    First,
    /// Who the initiator is, as Init says it.
    Contact,
    /// The key under which a responder would send before Complete.
    Early,
    /// `sig_R` alone.
    ResponseSignature,
    /// `sig_I1` alone.
    InitSignature,
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
            Part::Init => self.init(),
            Part::Response => self.response(),
            Part::Complete => self.complete(),
            Part::Session => self.session(),
            Part::First => {
                let (session, step) =
                    (self.session(), agree(self.terms, self.view.ra, self.view.rb));
                self.terms.function("first message", &[session, step])
            }
            Part::Contact => self.contact(),
            Part::Early => {
                let hs = self.hs();
                let h = self.in_keys(Moment::ResponseWhole);
                self.derive("early", hs, h)
            }
            Part::ResponseSignature => {
                let by = card_of(self.view.card_r).ik;
                let body = self.signed(Moment::ResponseWhole, Field::EkR, Field::EkI);
                self.signature(by, "response", body)
            }
            Part::InitSignature => {
                let by = card_of(self.view.card_i).ik;
                let body = self.signed(Moment::InitWhole, Field::EkI, Field::EkR);
                self.signature(by, "init", body)
            }
        }
    }

    pub(super) fn has(&self, mechanism: M) -> bool {
        self.setup.has(mechanism)
    }

    pub(super) fn public_atom(&mut self, name: &str) -> Term {
        self.terms.atom(name, Known::Everybody)
    }

    fn signature(
        &mut self,
        by: crate::handshake::world::Party,
        purpose: &'static str,
        body: Term,
    ) -> Term {
        let purpose = self.purpose(purpose);
        let private = ik(self.terms, by);
        self.terms.sign(private, purpose, body)
    }

    fn purpose(&self, purpose: &'static str) -> &'static str {
        if self.has(M::PurposesDiffer) { purpose } else { "handshake" }
    }

    fn derive(&mut self, label: &'static str, key: Term, context: Option<Term>) -> Term {
        let parts: Vec<Term> = std::iter::once(key).chain(context).collect();
        self.terms.function(label, &parts)
    }

    fn seal(&mut self, label: &'static str, key: Term, moment: Moment, plain: &[Term]) -> Term {
        let context = self.in_keys(moment);
        let key = self.derive(label, key, context);
        let nothing = self.public_atom("");
        let data = if self.has(M::TranscriptInSeals) { self.transcript(moment) } else { nothing };
        let plain = self.terms.bundle(plain);
        self.terms.seal(key, data, plain)
    }

    fn mac(&mut self, label: &'static str, moment: Moment) -> Term {
        let hs = self.hs();
        let context = self.in_keys(moment);
        let key = self.derive(label, hs, context);
        let body = self.has(M::TranscriptInMacs).then(|| self.transcript(moment));
        self.derive("mac", key, body)
    }

    pub(super) fn encapsulation_key(&mut self) -> Term {
        let seed = if self.view.kem == ATTACKER {
            self.terms.atom("seed_E", Known::Attacker)
        } else {
            self.terms.atom(&format!("seed{}", self.view.kem), Known::Owner)
        };
        self.terms.public(seed)
    }

    fn kem_secret(&mut self) -> Term {
        if self.view.ciphertext == ATTACKER {
            return self.terms.atom("ss_E", Known::Attacker);
        }
        self.terms.atom(&format!("ss{}", self.view.ciphertext), Known::Owner)
    }

    pub(super) fn ciphertext(&mut self) -> Term {
        let (key, secret) = (self.encapsulation_key(), self.kem_secret());
        self.terms.of(Node::Ciphertext(key, secret))
    }

    fn es(&mut self) -> Term {
        let party = card_of(self.view.card_r).idk;
        let (private, public) = (idk(self.terms, party), self.view.ek_i.public(self.terms));
        self.terms.agree(private, public)
    }

    fn hs(&mut self) -> Term {
        let view = self.view;
        let name = if view.psk && self.has(M::PskInKeys) { Known::Owner } else { Known::Everybody };
        let psk = self.terms.atom(if name == Known::Owner { "psk" } else { "no psk" }, name);
        let mut parts = vec![psk];
        if view.ciphertext > 0 && self.has(M::KemInKeys) {
            parts.push(self.kem_secret());
        }
        if self.has(M::ShareEe) {
            parts.push(agree(self.terms, view.ek_i, view.ek_r));
        }
        if self.has(M::ShareEs) {
            parts.push(self.es());
        }
        if self.has(M::ShareSe) {
            let private = idk(self.terms, card_of(view.card_i).idk);
            let public = view.ek_r.public(self.terms);
            parts.push(self.terms.agree(private, public));
        }
        let hs = self.terms.function("interactive", &parts);
        self.terms.call(hs, || format!("hs{}", named(&view)));
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

    fn init(&mut self) -> Term {
        let time = self.public_atom(&format!("time {}", self.view.time));
        let mut plain = vec![self.contact(), time];
        if self.has(M::InitSignature) {
            plain.push(self.make(Part::InitSignature));
        }
        let mut parts = vec![self.view.ek_i.public(self.terms)];
        if self.view.kem > 0 {
            parts.push(self.encapsulation_key());
        }
        if self.has(M::InitSeal) {
            let es = self.es();
            let key = self.terms.function("init", &[es]);
            self.terms.call(key, || "k_es".to_owned());
            parts.push(self.seal("init seal", key, Moment::InitClear, &plain));
        } else {
            parts.extend(plain);
        }
        self.terms.bundle(&parts)
    }

    fn response(&mut self) -> Term {
        let mut plain = vec![self.view.rb.public(self.terms)];
        if self.has(M::ResponseSignature) {
            plain.push(self.make(Part::ResponseSignature));
        }
        let mut parts = vec![self.view.ek_r.public(self.terms)];
        if self.view.ciphertext > 0 {
            parts.push(self.ciphertext());
        }
        self.under_hs("response", Moment::ResponseClear, &plain, &mut parts);
        if self.has(M::ResponseMac) {
            let label = self.purpose("response mac");
            parts.push(self.mac(label, Moment::ResponseWhole));
        }
        self.terms.bundle(&parts)
    }

    fn complete(&mut self) -> Term {
        let mut plain = vec![self.view.ra.public(self.terms)];
        if self.has(M::CompleteSignature) {
            let by = card_of(self.view.card_i).ik;
            let body = self.signed(Moment::CompleteWhole, Field::EkI, Field::EkR);
            plain.push(self.signature(by, "complete", body));
        }
        let mut parts = Vec::new();
        self.under_hs("complete", Moment::ResponseWhole, &plain, &mut parts);
        if self.has(M::CompleteMac) {
            let label = self.purpose("complete mac");
            parts.push(self.mac(label, Moment::CompleteWhole));
        }
        self.terms.bundle(&parts)
    }

    /// The sealed part of Response or Complete, or the bare one when nothing seals it.
    fn under_hs(
        &mut self,
        message: &'static str,
        moment: Moment,
        plain: &[Term],
        parts: &mut Vec<Term>,
    ) {
        let (mechanism, label) = match message {
            "response" => (M::ResponseSeal, "response seal"),
            _ => (M::CompleteSeal, "complete seal"),
        };
        if self.has(mechanism) {
            let hs = self.hs();
            let label = self.purpose(label);
            parts.push(self.seal(label, hs, moment, plain));
        } else {
            parts.extend_from_slice(plain);
        }
    }

    fn session(&mut self) -> Term {
        let hs = self.hs();
        let context = self.in_keys(Moment::CompleteWhole);
        let session = self.derive("session", hs, context);
        let view = self.view;
        self.terms.call(session, || format!("SK{}", named(&view)));
        session
    }
}
