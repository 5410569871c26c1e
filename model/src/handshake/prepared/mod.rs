//! The prepared handshake of chapter 5: B left prekeys behind, A writes to it through an
//! attacker who is the network and the directory.

mod accept;
mod claims;
mod script;
mod told;
mod view;

pub use claims::{claims, claims_when_seized};
pub use script::{Part, Script};
pub use view::{Action, Pqk, Slot, Stage, State, View};

use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHashMap;

use super::leak::leaked;
use super::mechanism::Mechanism as M;
use super::world::{Key, Party, Prekey, Role, Secret, Setup, When};
use crate::engine::Machine;
use crate::knowledge::Knowledge;
use crate::term::{Term, Terms};

/// The prepared handshake with its setup.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Who takes part, what is in place, what leaks.
    pub setup: Arc<Setup>,
    book: Arc<Mutex<Book>>,
}

/// The terms of a model, and which of them belong to which view.
#[derive(Debug, Default)]
pub struct Book {
    /// The terms.
    pub terms: Terms,
    made: FxHashMap<(Part, View), Term>,
}

impl Book {
    /// A part of a view as a term.
    pub fn part(&mut self, setup: &Setup, part: Part, view: View) -> Term {
        if let Some(term) = self.made.get(&(part, view)) {
            return *term;
        }
        let term = Script { setup, terms: &mut self.terms, view }.make(part);
        self.made.insert((part, view), term);
        term
    }
}

impl Prepared {
    /// The handshake in a setup.
    pub fn new(setup: Setup) -> Self {
        Self { setup: Arc::new(setup), book: Arc::default() }
    }

    /// The terms of this model.
    ///
    /// # Panics
    ///
    /// When a thread panicked with the terms in its hands.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nothing panics with the terms in its hands")
    }

    /// Who runs a slot, and in which role.
    pub fn slot(&self, slot: u8) -> (Party, Role) {
        self.setup.slots[slot as usize]
    }

    /// The numbers of the slots.
    pub fn slots(&self) -> std::ops::Range<u8> {
        0..u8::try_from(self.setup.slots.len()).expect("few slots")
    }

    /// Whether the attacker can make a part of a view.
    pub fn derives(&self, knowledge: &Knowledge, part: Part, view: View) -> bool {
        let mut book = self.book();
        let term = book.part(&self.setup, part, view);
        knowledge.derives(&book.terms, term)
    }

    /// A run goes on: the attacker sees what it sends.
    fn step(
        &self,
        state: &State,
        slot: u8,
        stage: Stage,
        view: View,
        sends: Option<Part>,
    ) -> State {
        let mut next = state.clone();
        next.slots[slot as usize] = Slot { stage, view, forgotten: false };
        let mut book = self.book();
        if let Some(part) = sends {
            let sent = book.part(&self.setup, part, view);
            next.knowledge.learn(&book.terms, sent);
        }
        if stage == Stage::Done && self.setup.test.is_none_or(|test| test == slot) {
            for (secret, when) in &self.setup.leaks {
                if *when == When::After && !self.erased(&next, *secret) {
                    for term in leaked(&mut book.terms, &self.setup, *secret) {
                        next.knowledge.learn(&book.terms, term);
                    }
                }
            }
        }
        next
    }

    /// Whether a responder's run has used something.
    fn used(&self, state: &State, uses: impl Fn(&View) -> bool) -> bool {
        let responder = |slot: &u8| self.slot(*slot).1 == Role::Responder;
        self.slots().filter(responder).any(|slot| {
            let run = &state.slots[slot as usize];
            run.stage == Stage::Done && uses(&run.view)
        })
    }

    /// Whether B has erased a prekey because it was used (PREP-26).
    fn erased(&self, state: &State, secret: Secret) -> bool {
        self.setup.has(M::OneTimeErased)
            && match secret {
                Secret::OneTimePrekey => {
                    let one_time = Key::Prekey(Prekey::OneTime);
                    self.used(state, |view| view.opk == one_time || view.spk == one_time)
                }
                Secret::KemPrekey => self.used(state, |view| view.pqk == Pqk::OneTime),
                _ => false,
            }
    }

    /// Whether the earlier runs of the same party and role have begun.
    fn in_order(&self, state: &State, slot: u8) -> bool {
        (0..slot).all(|other| {
            self.slot(other) != self.slot(slot) || state.slots[other as usize].stage != Stage::Idle
        })
    }
}

impl Machine for Prepared {
    type State = State;
    type Action = Action;

    fn starts(&self) -> Vec<State> {
        let mut knowledge = Knowledge::default();
        let mut book = self.book();
        for (secret, when) in &self.setup.leaks {
            if *when == When::Before {
                for term in leaked(&mut book.terms, &self.setup, *secret) {
                    knowledge.learn(&book.terms, term);
                }
            }
        }
        let idle = Slot { stage: Stage::Idle, view: View::EMPTY, forgotten: false };
        vec![State { slots: vec![idle; self.setup.slots.len()], knowledge, restarted: false }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for slot in self.slots() {
            let idle = state.slots[slot as usize].stage == Stage::Idle;
            if idle && self.slot(slot).1 == Role::Initiator {
                // Knowledge only grows, so what begins at once loses the attacker nothing.
                return self.offers(state, slot, actions);
            }
        }
        for slot in self.slots() {
            match (self.slot(slot).1, state.slots[slot as usize].stage) {
                (Role::Responder, Stage::Idle) if self.in_order(state, slot) => {
                    self.arrivals(state, slot, actions);
                }
                (Role::Initiator, Stage::Open) => self.answers(state, slot, actions),
                _ => {}
            }
        }
        if self.setup.restart && !state.restarted {
            actions.push(Action::Restart);
        }
    }

    fn next(&self, state: &State, action: &Action) -> Option<State> {
        Some(match *action {
            Action::Start(slot, view) => {
                self.step(state, slot, Stage::Open, view, Some(Part::PrekeyInit))
            }
            Action::Accept(slot, view) => {
                self.step(state, slot, Stage::Done, view, Some(Part::Answer))
            }
            Action::Answer(slot, view) => self.step(state, slot, Stage::Done, view, None),
            Action::Restart => {
                let mut next = State { restarted: true, ..state.clone() };
                let durable = self.setup.has(M::ReplaySetDurable);
                for run in &mut next.slots {
                    run.forgotten = run.stage == Stage::Done && !durable;
                }
                next
            }
        })
    }

    fn honest(&self, action: &Action) -> bool {
        matches!(action, Action::Start(..))
    }

    fn tell(&self, before: &State, action: &Action, after: &State) -> Vec<String> {
        self.told(before, action, after)
    }
}
