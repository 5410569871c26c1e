//! A model with its claims and its bound, whatever its types: what commands work on.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Agreement, Claim, Limits, Machine, Rule, explore, search, second_opinion};

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every state was visited and it holds.
    Holds,
    /// The shortest way to a state that breaks it, for people, and its number of steps. A claim
    /// that something can be reached has no such way.
    Violated {
        /// The number of steps.
        length: usize,
        /// The trace for people.
        told: Vec<String>,
    },
    /// Not every state was visited, so nothing is said.
    Incomplete,
}

impl Verdict {
    /// Whether a state breaks the claim.
    pub fn is_violated(&self) -> bool {
        matches!(self, Self::Violated { .. })
    }
}

/// What a run over a model found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The number of states.
    pub states: usize,
    /// The number of steps between them.
    pub transitions: usize,
    /// The number of steps to the farthest state.
    pub depth: usize,
    /// Whether every state was visited.
    pub complete: bool,
    /// Each claim by its name with what became of it.
    pub claims: Vec<(&'static str, Verdict)>,
    /// What stateright says, when it was asked.
    pub second: Option<Agreement>,
    /// How long it took.
    pub time: Duration,
}

impl Outcome {
    /// What became of a claim.
    pub fn verdict(&self, claim: &str) -> Option<&Verdict> {
        self.claims.iter().find(|(name, _)| *name == claim).map(|(_, verdict)| verdict)
    }

    /// Whether both engines say the same: the same answer and, when everything holds in every
    /// state, the same number of states.
    pub fn engines_agree(&self, always: impl Fn(&str) -> bool) -> bool {
        let holds =
            self.claims.iter().all(|(name, verdict)| !always(name) || *verdict == Verdict::Holds);
        self.second
            .is_none_or(|second| second.holds == holds && (!holds || second.states == self.states))
    }
}

/// A model with its claims and its bound.
pub trait Subject: Send + Sync {
    /// Its name on the command line.
    fn name(&self) -> &str;
    /// How many parties, sessions, messages: what "every state" means here.
    fn bound(&self) -> &str;
    /// Each claim: name, sentence, requirements, and whether it is about every state.
    fn claims(&self) -> Vec<(&'static str, &'static str, &'static [&'static str], bool)>;
    /// Visits every state and decides every claim; with `both`, stateright does too.
    fn check(&self, limits: Limits, both: bool, tick: &dyn Fn(usize)) -> Outcome;
    /// Serves stateright's Explorer until the process ends.
    fn explore(&self, address: SocketAddr);
}

impl fmt::Debug for dyn Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name(), self.bound())
    }
}

#[derive(Debug)]
struct Bound<M: Machine> {
    name: String,
    bound: String,
    machine: M,
    claims: Vec<Claim<M>>,
}

/// A subject out of a model.
pub fn subject<M: Machine>(
    name: &str,
    bound: &str,
    machine: M,
    claims: Vec<Claim<M>>,
) -> Box<dyn Subject> {
    Box::new(Bound { name: name.to_owned(), bound: bound.to_owned(), machine, claims })
}

impl<M: Machine> Subject for Bound<M> {
    fn name(&self) -> &str {
        &self.name
    }

    fn bound(&self) -> &str {
        &self.bound
    }

    fn claims(&self) -> Vec<(&'static str, &'static str, &'static [&'static str], bool)> {
        let row = |claim: &Claim<M>| {
            let always = matches!(claim.rule, Rule::Always(_));
            (claim.name, claim.sentence, claim.requirements, always)
        };
        self.claims.iter().map(row).collect()
    }

    fn check(&self, limits: Limits, both: bool, tick: &dyn Fn(usize)) -> Outcome {
        let begun = Instant::now();
        let found = search(&self.machine, limits, tick);
        let decide = |claim: &Claim<M>| {
            if !found.complete {
                return (claim.name, Verdict::Incomplete);
            }
            let first = found.first(&self.machine, claim);
            let verdict = match (claim.rule, first) {
                (Rule::Reached(_), Some(_)) => Verdict::Holds,
                (Rule::Reached(_), None) => Verdict::Violated { length: 0, told: Vec::new() },
                (_, None) => Verdict::Holds,
                (_, Some(at)) => {
                    let trace = found.trace(&self.machine, at);
                    let told = trace.told(&self.machine);
                    Verdict::Violated { length: trace.steps.len(), told }
                }
            };
            (claim.name, verdict)
        };
        let claims = self.claims.iter().map(decide).collect();
        let second = (both && found.complete).then(|| second_opinion(&self.machine, &self.claims));
        Outcome {
            states: found.states(),
            transitions: found.transitions,
            depth: found.depth,
            complete: found.complete,
            claims,
            second,
            time: begun.elapsed(),
        }
    }

    fn explore(&self, address: SocketAddr) {
        explore(&self.machine, &self.claims, address);
    }
}
