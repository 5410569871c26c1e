//! Visits every state of a model and says what holds. Knows nothing about protocols.

mod checker;
mod search;
mod subject;
#[cfg(test)]
mod tests;

pub use checker::{Agreement, explore, second_opinion};
pub use search::{Limits, Search, search};
pub use subject::{Outcome, Subject, Verdict, subject};

use std::fmt::Debug;
use std::hash::Hash;

/// What can happen: states and the actions that lead from one to the next.
///
/// The order of starts and actions is the same at every call; nothing is drawn at random.
pub trait Machine: Clone + Send + Sync + 'static {
    /// Everything that decides what can still happen, and nothing else.
    type State: Clone + Eq + Hash + Debug + Send + Sync;
    /// One thing that happens.
    type Action: Clone + Eq + Debug + Send + Sync;

    /// The states in which it can begin.
    fn starts(&self) -> Vec<Self::State>;
    /// What can happen in a state.
    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>);
    /// The state after an action; none when nothing changes.
    fn next(&self, state: &Self::State, action: &Self::Action) -> Option<Self::State>;
    /// Whether an action needs no attacker, no loss and no crash. A [`Rule::Recoverable`] end
    /// has to be reached by such actions alone.
    fn honest(&self, action: &Self::Action) -> bool;
    /// A step of a trace for people: who does what, and below it why it is possible.
    fn tell(&self, before: &Self::State, action: &Self::Action, after: &Self::State)
    -> Vec<String>;
}

/// What has to hold, under a name that traces, tables and the specification use.
#[derive(Debug)]
pub struct Claim<M: Machine> {
    /// A short name without spaces, the same in every model that has the claim.
    pub name: &'static str,
    /// The claim as a sentence.
    pub sentence: &'static str,
    /// The requirements of the specification that it rests on.
    pub requirements: &'static [&'static str],
    /// How it is decided.
    pub rule: Rule<M>,
}

/// A condition on a state of a model.
pub type Condition<M> = fn(&M, &<M as Machine>::State) -> bool;

/// How a claim is decided.
#[derive(Debug)]
pub enum Rule<M: Machine> {
    /// True in every state.
    Always(Condition<M>),
    /// From every state honest actions alone can lead to one where it is true (AG EF).
    Recoverable(Condition<M>),
    /// True in some state: shows that the model can do what the other claims are about.
    Reached(Condition<M>),
}

impl<M: Machine> Clone for Claim<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Machine> Copy for Claim<M> {}

impl<M: Machine> Clone for Rule<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Machine> Copy for Rule<M> {}

/// A way through a model: the start and the actions taken from it, each with what it led to.
#[derive(Clone, Debug)]
pub struct Trace<M: Machine> {
    /// Where it begins.
    pub start: M::State,
    /// Each action and the state after it.
    pub steps: Vec<(M::Action, M::State)>,
}

impl<M: Machine> Trace<M> {
    /// The last state.
    pub fn end(&self) -> &M::State {
        self.steps.last().map_or(&self.start, |(_, state)| state)
    }

    /// The trace for people, one numbered paragraph a step.
    pub fn told(&self, machine: &M) -> Vec<String> {
        let mut before = &self.start;
        let mut lines = Vec::new();
        for (number, (action, after)) in self.steps.iter().enumerate() {
            for (row, line) in machine.tell(before, action, after).into_iter().enumerate() {
                lines.push(match row {
                    0 => format!("{:>3}  {line}", number + 1),
                    _ => format!("       {line}"),
                });
            }
            before = after;
        }
        lines
    }
}
