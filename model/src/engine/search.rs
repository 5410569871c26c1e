//! The search of our own: breadth first, states kept whole, shortest traces.

use std::time::{Duration, Instant};

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::{Claim, Machine, Rule, Trace};

/// When a search gives up. What it has not visited is never said to hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The greatest number of states.
    pub states: usize,
    /// The longest time.
    pub time: Duration,
}

/// All states of a model and how they were first reached.
#[derive(Debug)]
pub struct Search<M: Machine> {
    states: IndexSet<M::State, FxBuildHasher>,
    /// The state from which each was first reached; a start is its own.
    parents: Vec<u32>,
    /// Steps by honest actions.
    honest: Vec<(u32, u32)>,
    /// Steps that were taken, those to known states included.
    pub transitions: usize,
    /// The number of steps to the state farthest from a start.
    pub depth: usize,
    /// Whether every state has been visited.
    pub complete: bool,
}

/// Visits every state within the limits. `tick` hears the number of states now and then.
pub fn search<M: Machine>(machine: &M, limits: Limits, tick: &dyn Fn(usize)) -> Search<M> {
    let begun = Instant::now();
    let mut found = Search {
        states: machine.starts().into_iter().collect(),
        parents: Vec::new(),
        honest: Vec::new(),
        transitions: 0,
        depth: 0,
        complete: false,
    };
    found.parents = (0..found.states.len()).map(index).collect();
    let mut end_of_level = found.states.len();
    let mut actions = Vec::new();
    let mut at = 0;
    while let Some(state) = found.states.get_index(at).cloned() {
        if at == end_of_level {
            found.depth += 1;
            end_of_level = found.states.len();
        }
        if at % 4096 == 0 {
            tick(found.states.len());
            if begun.elapsed() > limits.time {
                return found;
            }
        }
        if found.states.len() > limits.states {
            return found;
        }
        actions.clear();
        machine.actions(&state, &mut actions);
        for action in &actions {
            let Some(next) = machine.next(&state, action) else { continue };
            found.transitions += 1;
            let (to, new) = found.states.insert_full(next);
            if new {
                found.parents.push(index(at));
            }
            if machine.honest(action) {
                found.honest.push((index(at), index(to)));
            }
        }
        at += 1;
    }
    found.complete = true;
    found
}

/// Four bytes name a state: memory ends before the numbers do.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("fewer than 2^32 states fit into memory")
}

impl<M: Machine> Search<M> {
    /// The number of states.
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// Every state, in the order in which they were found.
    pub fn all(&self) -> impl Iterator<Item = &M::State> {
        self.states.iter()
    }

    /// The first state, nearest to a start, that decides the claim: one that breaks it, or for
    /// [`Rule::Reached`] one that shows it.
    pub fn first(&self, machine: &M, claim: &Claim<M>) -> Option<usize> {
        match claim.rule {
            Rule::Always(holds) => self.all().position(|state| !holds(machine, state)),
            Rule::Reached(holds) => self.all().position(|state| holds(machine, state)),
            Rule::Recoverable(goal) => {
                let good = self.can_reach(|state| goal(machine, state));
                good.into_iter().position(|good| !good)
            }
        }
    }

    /// For every state whether honest actions can lead from it to a goal.
    fn can_reach(&self, goal: impl Fn(&M::State) -> bool) -> Vec<bool> {
        let mut good: Vec<bool> = self.all().map(goal).collect();
        let mut first = vec![0_usize; self.states() + 1];
        for (_, to) in &self.honest {
            first[*to as usize + 1] += 1;
        }
        for at in 0..self.states() {
            first[at + 1] += first[at];
        }
        let mut place = first.clone();
        let mut from_of = vec![0_u32; self.honest.len()];
        for (from, to) in &self.honest {
            from_of[place[*to as usize]] = *from;
            place[*to as usize] += 1;
        }
        let mut open: Vec<usize> = (0..self.states()).filter(|at| good[*at]).collect();
        while let Some(at) = open.pop() {
            for from in &from_of[first[at]..first[at + 1]] {
                let from = *from as usize;
                if !good[from] {
                    good[from] = true;
                    open.push(from);
                }
            }
        }
        good
    }

    /// The shortest way to a state.
    pub fn trace(&self, machine: &M, to: usize) -> Trace<M> {
        let mut way = vec![to];
        let mut at = to;
        while self.parents[at] as usize != at {
            at = self.parents[at] as usize;
            way.push(at);
        }
        way.reverse();
        let start = self.states[at].clone();
        let steps = way.windows(2).map(|pair| self.step(machine, pair[0], pair[1])).collect();
        Trace { start, steps }
    }

    /// The action that leads from one state to another.
    fn step(&self, machine: &M, from: usize, to: usize) -> (M::Action, M::State) {
        let (before, after) = (&self.states[from], &self.states[to]);
        let mut actions = Vec::new();
        machine.actions(before, &mut actions);
        let action = actions
            .into_iter()
            .find(|action| machine.next(before, action).as_ref() == Some(after))
            .expect("a model does the same thing twice");
        (action, after.clone())
    }
}
