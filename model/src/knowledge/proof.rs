//! Why the attacker has a term, or which part of it stops him; for people.

use super::Knowledge;
use crate::term::{Known, Node, Term, Terms};

impl Knowledge {
    /// How the attacker makes a term: a proof, one line a step, parts below what they make.
    /// Empty when he cannot.
    pub fn why(&self, terms: &Terms, term: Term) -> Vec<String> {
        let mut lines = Vec::new();
        if self.derives(terms, term) {
            self.prove(terms, term, 0, &mut Vec::new(), &mut lines);
        }
        lines
    }

    fn prove(
        &self,
        terms: &Terms,
        term: Term,
        depth: usize,
        proven: &mut Vec<Term>,
        lines: &mut Vec<String>,
    ) {
        let (reason, parts) = self.reason(terms, term);
        let again = proven.contains(&term) && !parts.is_empty();
        let reason = if again { "as above" } else { reason };
        let indent = "  ".repeat(depth);
        let shown = terms.show(term);
        let spelled = terms.spell(term);
        let equals = if shown == spelled || again || parts.is_empty() {
            String::new()
        } else {
            format!(" = {spelled}")
        };
        lines.push(format!("{indent}{shown}{equals}: {reason}"));
        if !again {
            proven.push(term);
            for part in parts {
                self.prove(terms, part, depth + 1, proven, lines);
            }
        }
    }

    /// Why a derivable term is derivable, and out of what.
    fn reason(&self, terms: &Terms, term: Term) -> (&'static str, Vec<Term>) {
        if self.basis.binary_search(&term).is_ok() {
            let reason = match terms.node(term) {
                Node::Atom(..) => "learned",
                _ => "seen",
            };
            return (reason, Vec::new());
        }
        match terms.node(term) {
            Node::Atom(_, Known::Attacker) => ("the attacker's own", Vec::new()),
            Node::Atom(..) | Node::Low | Node::Zero => ("public", Vec::new()),
            Node::Public(private) if self.derives(terms, *private) => ("from", vec![*private]),
            Node::Public(_) => ("public", Vec::new()),
            Node::Odd(public) => ("from", vec![*public]),
            Node::Agreed(one, other) => {
                let one_sided = self.agrees(terms, *one, *other);
                ("with the public half of the other", vec![if one_sided { *one } else { *other }])
            }
            Node::Bundle(parts) | Node::Function(_, parts) => ("from", parts.clone()),
            Node::Ciphertext(key, secret) => ("encapsulated", vec![*key, *secret]),
            Node::Signature(private, _, body) => ("signed", vec![*private, *body]),
            Node::Sealed(key, _, plaintext) => ("sealed", vec![*key, *plaintext]),
        }
    }

    /// The way to the first part that the attacker cannot make: the term, a part of it that he
    /// lacks, a part of that, and so on. Empty when he can make the term.
    pub fn lacks(&self, terms: &Terms, term: Term) -> Vec<Term> {
        let mut way = Vec::new();
        let mut next = (!self.derives(terms, term)).then_some(term);
        while let Some(term) = next {
            way.push(term);
            let parts = match terms.node(term) {
                Node::Atom(..) | Node::Low | Node::Zero => Vec::new(),
                Node::Public(private) | Node::Odd(private) => vec![*private],
                Node::Agreed(one, other) => vec![*one, *other],
                Node::Bundle(parts) | Node::Function(_, parts) => parts.clone(),
                Node::Ciphertext(key, secret) => vec![*key, *secret],
                Node::Signature(private, _, body) => vec![*private, *body],
                Node::Sealed(key, context, plaintext) => vec![*key, *context, *plaintext],
            };
            next = parts.into_iter().find(|part| !self.derives(terms, *part));
        }
        way
    }
}
