//! Terms: what a Dolev-Yao attacker reads and writes. Cryptography is perfect here: a term is
//! taken apart and put together by the rules of [`crate::knowledge`] and by no others.
//!
//! Terms are interned: equal terms have equal numbers, so a state of a model holds a few
//! numbers. A model owns its terms and makes them in the order of its search, which is the same
//! at every run.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// A term, by its number among the terms of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term(u32);

/// Who has an atom from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Known {
    /// Everybody.
    Everybody,
    /// The attacker, whose own key it is.
    Attacker,
    /// Its owner, while its public half is in a card or a directory.
    Published,
    /// Its owner.
    Owner,
}

/// How a term is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A name, a key or a random value.
    Atom(String, Known),
    /// The public half of a private key.
    Public(Term),
    /// Another encoding of a public key: the same agreement, different bytes.
    Odd(Term),
    /// A public key of small order.
    Low,
    /// What every agreement with a key of small order gives.
    Zero,
    /// The agreement of two private keys, the lesser term first.
    Agreed(Term, Term),
    /// The ciphertext of an encapsulated secret: encapsulation key, secret. The weakest KEM that
    /// keeps its secret: whoever opens it can encapsulate the same secret to another key.
    Ciphertext(Term, Term),
    /// Several terms one after the other.
    Bundle(Vec<Term>),
    /// A hash, a MAC or a key derivation: a function that cannot be turned round.
    Function(&'static str, Vec<Term>),
    /// A signature: private key, purpose, signed.
    Signature(Term, &'static str, Term),
    /// Sealed: key, associated data, plaintext.
    Sealed(Term, Term, Term),
}

/// All terms of a model.
#[derive(Debug, Default)]
pub struct Terms {
    nodes: IndexSet<Node, FxBuildHasher>,
    short: FxHashMap<Term, String>,
}

impl Terms {
    /// The term that is made in this way.
    pub fn of(&mut self, node: Node) -> Term {
        let (at, _) = self.nodes.insert_full(node);
        Term(u32::try_from(at).expect("fewer than 2^32 terms fit into memory"))
    }

    /// A name, a key or a random value.
    pub fn atom(&mut self, name: &str, known: Known) -> Term {
        self.of(Node::Atom(name.to_owned(), known))
    }

    /// The public half of a private key.
    pub fn public(&mut self, private: Term) -> Term {
        self.of(Node::Public(private))
    }

    /// The agreement of a private key with a public one, as X25519 computes it.
    ///
    /// # Panics
    ///
    /// When `public` is no public key.
    pub fn agree(&mut self, private: Term, public: Term) -> Term {
        match *self.node(public) {
            Node::Public(other) => self.of(Node::Agreed(private.min(other), private.max(other))),
            Node::Odd(same) => self.agree(private, same),
            Node::Low => self.of(Node::Zero),
            ref other => panic!("{other:?} is no public key"),
        }
    }

    /// A hash, a MAC or a key derivation.
    pub fn function(&mut self, name: &'static str, parts: &[Term]) -> Term {
        self.of(Node::Function(name, parts.to_vec()))
    }

    /// Several terms one after the other; one alone is itself.
    pub fn bundle(&mut self, parts: &[Term]) -> Term {
        match parts {
            [one] => *one,
            parts => self.of(Node::Bundle(parts.to_vec())),
        }
    }

    /// A signature.
    pub fn sign(&mut self, private: Term, purpose: &'static str, body: Term) -> Term {
        self.of(Node::Signature(private, purpose, body))
    }

    /// A sealed plaintext.
    pub fn seal(&mut self, key: Term, context: Term, plaintext: Term) -> Term {
        self.of(Node::Sealed(key, context, plaintext))
    }

    /// How a term is made.
    pub fn node(&self, term: Term) -> &Node {
        &self.nodes[term.0 as usize]
    }

    /// Gives a term a short name for people; the first one stays.
    pub fn call(&mut self, term: Term, name: impl FnOnce() -> String) {
        self.short.entry(term).or_insert_with(name);
    }

    /// A term for people.
    pub fn show(&self, term: Term) -> String {
        self.short.get(&term).cloned().unwrap_or_else(|| self.spell(term))
    }

    /// A term for people, its own short name left aside.
    pub fn spell(&self, term: Term) -> String {
        let list = |parts: &[Term]| {
            let parts: Vec<String> = parts.iter().map(|part| self.show(*part)).collect();
            parts.join(", ")
        };
        match self.node(term) {
            Node::Atom(name, _) => name.clone(),
            Node::Public(private) => format!("pub({})", self.show(*private)),
            Node::Odd(public) => format!("odd({})", self.show(*public)),
            Node::Low => "low-order key".to_owned(),
            Node::Zero => "zero".to_owned(),
            Node::Agreed(one, other) => {
                format!("DH({}, {})", self.show(*one), self.show(*other))
            }
            Node::Ciphertext(key, secret) => format!("KEM({})", list(&[*key, *secret])),
            Node::Bundle(parts) => format!("({})", list(parts)),
            Node::Function(name, parts) => format!("{name}({})", list(parts)),
            Node::Signature(private, purpose, body) => {
                format!("Sign({}, \"{purpose}\", {})", self.show(*private), self.show(*body))
            }
            Node::Sealed(key, _, plaintext) => {
                format!("seal({}, {})", self.show(*key), self.show(*plaintext))
            }
        }
    }

    /// The number of terms.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no term yet.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every term, in the order in which they were made.
    pub fn all(&self) -> impl Iterator<Item = Term> {
        (0..self.nodes.len()).map(|at| Term(u32::try_from(at).expect("made by of")))
    }
}
