//! The interactive handshake of chapter 4, run by honest parties over an attacker who is the
//! network.
//!
//! There is no queue. What an honest party sends, the attacker learns; what it receives is
//! anything that the attacker can make and that it accepts. Loss, order, repetition and
//! redirection are the attacker's free choice.

mod accept;
mod claims;
mod script;
mod told;
mod transcript;
pub(in crate::handshake) use told::key;
mod view;

pub use claims::claims;
pub use script::{Part, Script};
pub use view::{ATTACKER, Action, Slot, Stage, State, View, peer_is_honest, peer_of};

use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHashMap;

use super::leak::leaked;
use super::mechanism::Mechanism as M;
use super::world::{Key, Party, Role, Setup, When};
use crate::engine::Machine;
use crate::knowledge::Knowledge;
use crate::term::{Term, Terms};

/// The interactive handshake with its setup.
#[derive(Clone, Debug)]
pub struct Interactive {
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

impl Interactive {
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
        if stage == Stage::Done {
            self.afterwards(&mut book, slot, &mut next);
        }
        next
    }

    /// What leaks when a run has its session.
    fn afterwards(&self, book: &mut Book, slot: u8, next: &mut State) {
        if self.setup.test.is_some_and(|test| test != slot) {
            return;
        }
        for (secret, when) in &self.setup.leaks {
            if *when == When::After {
                for term in leaked(&mut book.terms, &self.setup, *secret) {
                    next.knowledge.learn(&book.terms, term);
                }
            }
        }
        if !self.setup.has(M::Erasure) && !self.setup.leaks.is_empty() {
            let key = Key::Ephemeral(self.setup.fresh(slot)).private(&mut book.terms);
            next.knowledge.learn(&book.terms, key);
        }
    }

    /// Whether the earlier runs of the same party and role have begun: runs are alike, so they
    /// begin in their order.
    fn in_order(&self, state: &State, slot: u8) -> bool {
        (0..slot).all(|other| {
            self.slot(other) != self.slot(slot) || state.slots[other as usize].stage != Stage::Idle
        })
    }

    fn restart(&self, state: &State) -> State {
        let mut next = state.clone();
        next.restarted = true;
        for slot in self.slots().filter(|slot| self.slot(*slot).0 == Party::B) {
            let run = &mut next.slots[slot as usize];
            if run.stage == Stage::Open {
                run.stage = Stage::Dropped;
            }
            run.forgotten = run.stage != Stage::Idle;
        }
        next
    }
}

impl Machine for Interactive {
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
        let slots = vec![idle; self.setup.slots.len()];
        vec![State { slots, knowledge, clock: 0, restarted: false }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let timed = self.setup.ticks > 0 || self.setup.restart;
        for slot in self.slots() {
            let (_, role) = self.slot(slot);
            if state.slots[slot as usize].stage == Stage::Idle && role == Role::Initiator {
                self.offers(state, slot, actions);
                // Knowledge only grows, so what begins at once loses the attacker nothing.
                if !timed {
                    return;
                }
            }
        }
        for slot in self.slots() {
            let (_, role) = self.slot(slot);
            match (role, state.slots[slot as usize].stage) {
                (Role::Responder, Stage::Idle) if self.in_order(state, slot) => {
                    self.inits(state, slot, actions);
                }
                (Role::Initiator, Stage::Open) => self.responses(state, slot, actions),
                (Role::Responder, Stage::Open) => self.completes(state, slot, actions),
                _ => {}
            }
        }
        if state.clock < self.setup.ticks {
            actions.push(Action::Tick);
        }
        if self.setup.restart && !state.restarted {
            actions.push(Action::Restart);
        }
    }

    fn next(&self, state: &State, action: &Action) -> Option<State> {
        Some(match *action {
            Action::Start(slot, view) => {
                self.step(state, slot, Stage::Open, view, Some(Part::Init))
            }
            Action::Init(slot, view) => {
                self.step(state, slot, Stage::Open, view, Some(Part::Response))
            }
            Action::Response(slot, view) => {
                self.step(state, slot, Stage::Done, view, Some(Part::Complete))
            }
            Action::Complete(slot, view) => self.step(state, slot, Stage::Done, view, None),
            Action::Tick => State { clock: state.clock + 1, ..state.clone() },
            Action::Restart => self.restart(state),
        })
    }

    fn honest(&self, action: &Action) -> bool {
        matches!(action, Action::Start(..) | Action::Tick)
    }

    fn tell(&self, before: &State, action: &Action, after: &State) -> Vec<String> {
        self.told(before, action, after)
    }
}
