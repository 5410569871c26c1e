//! The exchange of two public keys through a relay, as a machine.

use std::sync::{Arc, Mutex, MutexGuard};

use super::Kind;
use crate::engine::Machine;
use crate::knowledge::Knowledge;
use crate::term::{Known, Term, Terms};

/// What the relay does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relay {
    /// It passes on what it gets, and remembers it.
    Listens,
    /// It hands out whatever it can make.
    Forges,
}

/// Whose key or message something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// The side that invites, offers or joins first.
    A,
    /// The other side.
    B,
    /// The relay.
    Relay,
}

impl Who {
    const ALL: [Self; 3] = [Self::A, Self::B, Self::Relay];
}

/// How far one side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Nothing has happened.
    Idle,
    /// Its own key is with the relay.
    Sent,
    /// A key was offered to it and its user is asked.
    Asked(Who),
    /// Its user has rejected.
    Rejected,
    /// It has a key with the owner of this public key.
    Keyed(Who),
}

impl Side {
    /// Whose public key it has taken.
    pub fn keyed(self) -> Option<Who> {
        if let Self::Keyed(who) = self { Some(who) } else { None }
    }
}

/// Both sides, the message, and what the relay knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// A.
    pub a: Side,
    /// B.
    pub b: Side,
    /// Whether A has sent its message.
    pub said: bool,
    /// Whose message B has taken for one of A.
    pub read: Option<Who>,
    /// What the relay knows.
    pub knowledge: Knowledge,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A hands its public key to the relay.
    Offer,
    /// B joins the room and hands its public key to the relay.
    Join,
    /// The relay hands B this public key as that of A.
    ToB(Who),
    /// B's user accepts the offer; B answers with its own key.
    Accept,
    /// B's user rejects the offer.
    Reject,
    /// The relay hands A this public key as that of B.
    ToA(Who),
    /// A sends its message under its key.
    Say,
    /// The relay hands B the message of this author under B's key.
    Read(Who),
}

/// One of the exchanges with its relay.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Which.
    pub kind: Kind,
    /// What the relay does.
    pub relay: Relay,
    terms: Arc<Mutex<Terms>>,
}

impl Exchange {
    /// An exchange.
    pub fn new(kind: Kind, relay: Relay) -> Self {
        Self { kind, relay, terms: Arc::default() }
    }

    /// The terms of this model.
    pub fn terms(&self) -> MutexGuard<'_, Terms> {
        self.terms.lock().expect("nothing panics with the terms in its hands")
    }

    /// The private key of somebody.
    pub fn private(terms: &mut Terms, who: Who) -> Term {
        match who {
            Who::A => terms.atom("a", Known::Owner),
            Who::B => terms.atom("b", Known::Owner),
            Who::Relay => terms.atom("e", Known::Attacker),
        }
    }

    /// The public key of somebody.
    pub fn public(terms: &mut Terms, who: Who) -> Term {
        let private = Self::private(terms, who);
        terms.public(private)
    }

    /// The key between a side and the owner of the public key that it has taken.
    pub fn key(terms: &mut Terms, side: Who, peer: Who) -> Term {
        let (private, public) = (Self::private(terms, side), Self::public(terms, peer));
        let agreed = terms.agree(private, public);
        terms.function("key", &[agreed])
    }

    /// The first message of somebody, as it is said.
    pub fn message(terms: &mut Terms, who: Who) -> Term {
        match who {
            Who::Relay => terms.atom("a message of the relay's own", Known::Attacker),
            _ => terms.atom("the message of A", Known::Owner),
        }
    }

    /// A message under a key.
    pub fn sealed(terms: &mut Terms, key: Term, who: Who) -> Term {
        let (nothing, message) = (terms.atom("", Known::Everybody), Self::message(terms, who));
        terms.seal(key, nothing, message)
    }

    /// Whether the relay can hand over this public key as that of `honest`.
    fn hands(&self, state: &State, honest: Who, key: Who) -> bool {
        let mut terms = self.terms();
        let public = Self::public(&mut terms, key);
        (self.relay == Relay::Forges || key == honest) && state.knowledge.derives(&terms, public)
    }

    fn reads(&self, state: &State, author: Who) -> bool {
        let Some(peer) = state.b.keyed() else { return false };
        let mut terms = self.terms();
        let key = Self::key(&mut terms, Who::B, peer);
        let sealed = Self::sealed(&mut terms, key, author);
        (self.relay == Relay::Forges || author == Who::A) && state.knowledge.derives(&terms, sealed)
    }

    pub(super) fn keys_are_secret(&self, state: &State) -> bool {
        let mut terms = self.terms();
        [(Who::A, state.a), (Who::B, state.b)].into_iter().all(|(side, stage)| {
            stage.keyed().is_none_or(|peer| {
                let key = Self::key(&mut terms, side, peer);
                !state.knowledge.derives(&terms, key)
            })
        })
    }

    pub(super) fn message_is_secret(&self, state: &State) -> bool {
        let mut terms = self.terms();
        let message = Self::message(&mut terms, Who::A);
        !state.knowledge.derives(&terms, message)
    }

    pub(super) fn nobody_in_the_middle(&self, state: &State) -> bool {
        self.message_is_secret(state) || state.read != Some(Who::A)
    }

    fn learn(&self, state: &mut State, what: impl FnOnce(&mut Terms) -> Term) {
        let mut terms = self.terms();
        let term = what(&mut terms);
        state.knowledge.learn(&terms, term);
    }
}

impl State {
    /// Whether A's key, if it has one, is B's too.
    pub fn initiator_agrees(&self) -> bool {
        self.a.keyed().is_none_or(|peer| peer == Who::B && self.b == Side::Keyed(Who::A))
            || self.a == Side::Keyed(Who::B) && self.b == Side::Sent
    }

    /// Whether B's key, if it has one, is with A.
    pub fn responder_agrees(&self) -> bool {
        self.b.keyed().is_none_or(|peer| peer == Who::A && self.a != Side::Idle)
    }

    /// Whether what B has read came from A under a key of both.
    pub fn message_is_genuine(&self) -> bool {
        self.read.is_none_or(|author| {
            author == Who::A && self.a == Side::Keyed(Who::B) && self.b == Side::Keyed(Who::A)
        })
    }

    /// Whether both have one key and the message has arrived.
    pub fn is_finished(&self) -> bool {
        self.read == Some(Who::A) && self.message_is_genuine()
    }
}

impl Machine for Exchange {
    type State = State;
    type Action = Step;

    fn starts(&self) -> Vec<State> {
        let knowledge = Knowledge::default();
        vec![State { a: Side::Idle, b: Side::Idle, said: false, read: None, knowledge }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Step>) {
        actions.extend([Step::Offer, Step::Join]);
        actions.extend(Who::ALL.map(Step::ToB));
        actions.extend([Step::Accept, Step::Reject]);
        actions.extend(Who::ALL.map(Step::ToA));
        actions.push(Step::Say);
        actions.extend([Who::A, Who::Relay].map(Step::Read));
        actions.retain(|step| self.next(state, step).is_some());
    }

    fn next(&self, state: &State, action: &Step) -> Option<State> {
        let mut next = state.clone();
        match (*action, state.a, state.b) {
            (Step::Offer, Side::Idle, _) => {
                next.a = Side::Sent;
                self.learn(&mut next, |terms| Self::public(terms, Who::A));
            }
            (Step::Join, _, Side::Idle) if self.kind == Kind::RoomKeys => {
                next.b = Side::Sent;
                self.learn(&mut next, |terms| Self::public(terms, Who::B));
            }
            (Step::ToB(key), _, b) if key != Who::B && self.hands(state, Who::A, key) => {
                next.b = match (self.kind, b) {
                    (Kind::ConsentSwap, Side::Idle) => Side::Asked(key),
                    (Kind::InviteCode, Side::Idle) => {
                        self.learn(&mut next, |terms| Self::public(terms, Who::B));
                        Side::Keyed(key)
                    }
                    (Kind::RoomKeys, Side::Sent) => Side::Keyed(key),
                    _ => return None,
                };
            }
            (Step::Accept, _, Side::Asked(key)) => {
                next.b = Side::Keyed(key);
                self.learn(&mut next, |terms| Self::public(terms, Who::B));
            }
            (Step::Reject, _, Side::Asked(_)) => next.b = Side::Rejected,
            (Step::ToA(key), Side::Sent, _) if key != Who::A && self.hands(state, Who::B, key) => {
                next.a = Side::Keyed(key);
            }
            (Step::Say, Side::Keyed(peer), _) if !state.said => {
                next.said = true;
                self.learn(&mut next, |terms| {
                    let key = Self::key(terms, Who::A, peer);
                    Self::sealed(terms, key, Who::A)
                });
            }
            (Step::Read(author), ..) if state.read.is_none() && self.reads(state, author) => {
                next.read = Some(author);
            }
            _ => return None,
        }
        Some(next)
    }

    fn honest(&self, action: &Step) -> bool {
        !matches!(action, Step::ToA(Who::Relay) | Step::ToB(Who::Relay) | Step::Read(Who::Relay))
    }

    fn tell(&self, before: &State, action: &Step, after: &State) -> Vec<String> {
        self.told(before, *action, after)
    }
}
