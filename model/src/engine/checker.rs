//! The second engine: stateright, with its Explorer.
//!
//! stateright calls a run done after a limit, too, and with several properties its traces are
//! not the shortest. So it gets no limit and one property: all claims that hold in every state.

use std::net::SocketAddr;

use stateright::{Checker, Model, Property};

use super::{Claim, Machine, Rule};

/// What stateright says of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Whether every [`Rule::Always`] claim holds in every state.
    pub holds: bool,
    /// The number of states; all of them only when everything holds.
    pub states: usize,
}

/// A machine in the shape that stateright asks for.
#[derive(Clone, Debug)]
struct Adapted<M: Machine> {
    machine: M,
    claims: Vec<Claim<M>>,
}

impl<M: Machine> Model for Adapted<M> {
    type State = M::State;
    type Action = M::Action;

    fn init_states(&self) -> Vec<M::State> {
        self.machine.starts()
    }

    fn actions(&self, state: &M::State, actions: &mut Vec<M::Action>) {
        self.machine.actions(state, actions);
    }

    fn next_state(&self, state: &M::State, action: M::Action) -> Option<M::State> {
        self.machine.next(state, &action)
    }

    fn format_step(&self, state: &M::State, action: M::Action) -> Option<String> {
        let after = self.machine.next(state, &action)?;
        Some(format!("{}\n\n{after:#?}", self.machine.tell(state, &action, &after).join("\n")))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("claims", |model: &Self, state| {
            model.claims.iter().all(|claim| match claim.rule {
                Rule::Always(holds) => holds(&model.machine, state),
                Rule::Recoverable(_) | Rule::Reached(_) => true,
            })
        })]
    }
}

/// Visits every state with stateright.
pub fn second_opinion<M: Machine>(machine: &M, claims: &[Claim<M>]) -> Agreement {
    let adapted = Adapted { machine: machine.clone(), claims: claims.to_vec() };
    let checker = adapted.checker().spawn_bfs().join();
    Agreement { holds: checker.discovery("claims").is_none(), states: checker.unique_state_count() }
}

/// Serves stateright's Explorer until the process ends.
pub fn explore<M: Machine>(machine: &M, claims: &[Claim<M>], address: SocketAddr) {
    Adapted { machine: machine.clone(), claims: claims.to_vec() }.checker().serve(address);
}
