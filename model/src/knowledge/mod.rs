//! What the attacker knows: the terms that cannot be made out of the others, and whether a term
//! can be made out of them. Deduction as Dolev and Yao have it, with X25519 and a KEM.

mod proof;
#[cfg(test)]
mod tests;

use crate::term::{Known, Node, Term, Terms};

/// Everything that the attacker has seen, without what can be made out of the rest. Equal
/// knowledge is an equal value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Knowledge {
    basis: Vec<Term>,
}

impl Knowledge {
    /// The terms that cannot be made out of the others, sorted.
    pub fn basis(&self) -> &[Term] {
        &self.basis
    }

    /// Takes in a term: taken apart, and everything opened that it opens.
    pub fn learn(&mut self, terms: &Terms, new: Term) {
        if self.take_in(terms, new) {
            while let Some(found) = self.opened(terms) {
                self.take_in(terms, found);
            }
            self.shrink(terms);
        }
    }

    /// Whether the term, or a part of it, is new.
    fn take_in(&mut self, terms: &Terms, new: Term) -> bool {
        if let Node::Bundle(parts) = terms.node(new) {
            let mut any = false;
            for part in parts {
                any |= self.take_in(terms, *part);
            }
            return any;
        }
        if self.derives(terms, new) {
            return false;
        }
        let Err(place) = self.basis.binary_search(&new) else { return false };
        self.basis.insert(place, new);
        true
    }

    /// Something new inside what has been seen, that a known key opens.
    fn opened(&self, terms: &Terms) -> Option<Term> {
        self.basis.iter().find_map(|term| {
            let (key, inside) = match *terms.node(*term) {
                Node::Sealed(key, _, plaintext) => (key, plaintext),
                Node::Ciphertext(key, secret) => match *terms.node(key) {
                    Node::Public(private) => (private, secret),
                    _ => return None,
                },
                Node::Odd(public) => return (!self.derives(terms, public)).then_some(public),
                _ => return None,
            };
            (!self.derives(terms, inside) && self.derives(terms, key)).then_some(inside)
        })
    }

    /// Drops what can be made out of the rest.
    fn shrink(&mut self, terms: &Terms) {
        for at in (0..self.basis.len()).rev() {
            let term = self.basis.remove(at);
            if !self.derives(terms, term) {
                self.basis.insert(at, term);
            }
        }
    }

    /// Whether the attacker can make a term.
    pub fn derives(&self, terms: &Terms, term: Term) -> bool {
        self.basis.binary_search(&term).is_ok() || self.makes(terms, term)
    }

    /// Whether a term can be put together out of known parts.
    fn makes(&self, terms: &Terms, term: Term) -> bool {
        let all = |parts: &[Term]| parts.iter().all(|part| self.derives(terms, *part));
        match terms.node(term) {
            Node::Atom(_, known) => matches!(known, Known::Everybody | Known::Attacker),
            Node::Low | Node::Zero => true,
            Node::Public(private) => {
                matches!(terms.node(*private), Node::Atom(_, Known::Published))
                    || self.derives(terms, *private)
            }
            Node::Odd(public) => self.derives(terms, *public),
            Node::Agreed(one, other) => {
                self.agrees(terms, *one, *other) || self.agrees(terms, *other, *one)
            }
            Node::Bundle(parts) | Node::Function(_, parts) => all(parts),
            Node::Ciphertext(key, secret) => all(&[*key, *secret]),
            Node::Signature(private, _, body) => all(&[*private, *body]),
            Node::Sealed(key, context, plaintext) => all(&[*key, *context, *plaintext]),
        }
    }

    /// Whether the attacker has one private key and the public half of the other.
    fn agrees(&self, terms: &Terms, private: Term, other: Term) -> bool {
        self.derives(terms, private) && self.sees(terms, other)
    }

    /// Whether the attacker has the public half of a private key.
    fn sees(&self, terms: &Terms, private: Term) -> bool {
        let published = matches!(terms.node(private), Node::Atom(_, Known::Published));
        let is_half = |term: &Term| *terms.node(*term) == Node::Public(private);
        published || self.derives(terms, private) || self.basis.iter().any(is_half)
    }
}
