//! Knowledge against a naive closure, on small universes drawn at random.

use super::Knowledge;
use crate::random::SplitMix;
use crate::term::{Known, Node, Term, Terms};

/// A universe: atoms, their public halves, all agreements, and terms made of earlier ones.
fn universe(draw: &mut SplitMix) -> Terms {
    let mut terms = Terms::default();
    let kinds = [Known::Owner, Known::Published, Known::Owner, Known::Attacker, Known::Owner];
    let mut made = Vec::new();
    for (number, known) in kinds.into_iter().enumerate() {
        made.push(terms.atom(&format!("k{number}"), known));
    }
    let privates = made.clone();
    for private in &privates {
        let public = terms.public(*private);
        made.push(public);
        made.push(terms.of(Node::Odd(public)));
    }
    for one in &privates[..3] {
        for other in &privates[..3] {
            let public = terms.public(*other);
            made.push(terms.agree(*one, public));
        }
    }
    for _ in 0..14 {
        let pick = |draw: &mut SplitMix, made: &[Term]| made[draw.below(made.len())];
        let (one, two, three) = (pick(draw, &made), pick(draw, &made), pick(draw, &made));
        let private = privates[draw.below(privates.len())];
        let term = match draw.below(5) {
            0 => terms.bundle(&[one, two]),
            1 => terms.function("f", &[one, two]),
            2 => terms.sign(private, "purpose", one),
            3 => terms.seal(one, two, three),
            _ => {
                let public = terms.public(private);
                terms.of(Node::Ciphertext(public, one))
            }
        };
        made.push(term);
    }
    terms
}

/// Everything that follows, by trying every rule on every term until nothing is new.
fn closure(terms: &Terms, seen: &[Term]) -> Vec<bool> {
    let all: Vec<Term> = terms.all().collect();
    let at = |term: Term| all.binary_search(&term).expect("a term of the universe");
    let mut has: Vec<bool> = all.iter().map(|term| seen.contains(term)).collect();
    let mut begun = true;
    let mut before = has.clone();
    while begun || has != before {
        begun = false;
        before.clone_from(&has);
        for term in &all {
            let half = |private: &Term| {
                all.iter()
                    .any(|other| has[at(*other)] && *terms.node(*other) == Node::Public(*private))
            };
            let made = match terms.node(*term) {
                Node::Atom(_, known) => matches!(known, Known::Everybody | Known::Attacker),
                Node::Low | Node::Zero => true,
                Node::Public(private) => {
                    has[at(*private)]
                        || matches!(terms.node(*private), Node::Atom(_, Known::Published))
                }
                Node::Odd(public) => has[at(*public)],
                Node::Agreed(one, other) => {
                    (has[at(*one)] && half(other)) || (has[at(*other)] && half(one))
                }
                Node::Bundle(parts) | Node::Function(_, parts) => {
                    parts.iter().all(|part| has[at(*part)])
                }
                Node::Ciphertext(one, other) | Node::Signature(one, _, other) => {
                    has[at(*one)] && has[at(*other)]
                }
                Node::Sealed(key, context, plaintext) => {
                    has[at(*key)] && has[at(*context)] && has[at(*plaintext)]
                }
            };
            has[at(*term)] |= made;
            if has[at(*term)] {
                take_apart(terms, *term, &mut has, &at);
            }
        }
    }
    has
}

fn take_apart(terms: &Terms, term: Term, has: &mut [bool], at: &dyn Fn(Term) -> usize) {
    match terms.node(term) {
        Node::Bundle(parts) => parts.iter().for_each(|part| has[at(*part)] = true),
        Node::Odd(public) => has[at(*public)] = true,
        Node::Sealed(key, _, plaintext) if has[at(*key)] => has[at(*plaintext)] = true,
        Node::Ciphertext(key, secret) => {
            if let Node::Public(private) = terms.node(*key)
                && has[at(*private)]
            {
                has[at(*secret)] = true;
            }
        }
        _ => {}
    }
}

#[test]
fn what_is_derivable_is_what_a_naive_closure_reaches() {
    let mut draw = SplitMix(4);
    for _ in 0..20_000 {
        let terms = universe(&mut draw);
        let all: Vec<Term> = terms.all().collect();
        let seen: Vec<Term> = (0..draw.below(7)).map(|_| all[draw.below(all.len())]).collect();
        let mut knowledge = Knowledge::default();
        seen.iter().for_each(|term| knowledge.learn(&terms, *term));
        let expected = closure(&terms, &seen);
        for (at, term) in all.iter().enumerate() {
            assert_eq!(
                knowledge.derives(&terms, *term),
                expected[at],
                "{} from {:?}",
                terms.spell(*term),
                seen.iter().map(|term| terms.spell(*term)).collect::<Vec<_>>()
            );
            assert_eq!(knowledge.why(&terms, *term).is_empty(), !expected[at]);
            assert_eq!(knowledge.lacks(&terms, *term).is_empty(), expected[at]);
        }
    }
}

#[test]
fn the_order_of_learning_leaves_no_mark() {
    let mut draw = SplitMix(5);
    for _ in 0..5_000 {
        let terms = universe(&mut draw);
        let all: Vec<Term> = terms.all().collect();
        let mut seen: Vec<Term> = (0..6).map(|_| all[draw.below(all.len())]).collect();
        let mut forwards = Knowledge::default();
        seen.iter().for_each(|term| forwards.learn(&terms, *term));
        seen.reverse();
        let mut backwards = Knowledge::default();
        seen.iter().for_each(|term| backwards.learn(&terms, *term));
        assert_eq!(forwards, backwards);
        for term in forwards.basis() {
            let rest = Knowledge {
                basis: forwards.basis().iter().copied().filter(|other| other != term).collect(),
            };
            assert!(!rest.derives(&terms, *term), "a basis holds nothing twice");
        }
    }
}
