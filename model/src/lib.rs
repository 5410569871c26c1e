//! The protocol as state machines, small enough to visit every state of them.
//!
//! A model ([`engine::Machine`]) says what can happen next; its claims say what must hold. Two
//! engines visit all states: a search of our own, which gives shortest traces and answers
//! whether a good end can still be reached, and stateright. They have to agree.

pub mod breaking_sets;
pub mod bugs;
pub mod compromise;
pub mod delivery;
pub mod diagram;
pub mod earlier;
pub mod engine;
pub mod handshake;
pub mod knowledge;
pub mod lockstep;
mod random;
pub mod ratchet;
pub mod session;
mod tables;
pub mod term;
pub mod traces;

use engine::Subject;

/// Whether a model is of this protocol or of one that it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every claim has to hold.
    Ours,
    /// The claims that do not hold are on record.
    Earlier,
}

/// A model to be checked.
#[derive(Debug)]
pub struct Model {
    /// Of which protocol it is.
    pub kind: Kind,
    /// The model with its claims and its bound.
    pub subject: Box<dyn Subject>,
}

/// A model with a mistake, and the claim that has to find it.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// Its number, for ever.
    pub number: u16,
    /// A short name without spaces.
    pub name: &'static str,
    /// The mistake as a sentence.
    pub what: &'static str,
    /// The claim that has to be violated.
    pub claim: &'static str,
    /// The model with the mistake.
    pub build: fn() -> Box<dyn Subject>,
}

impl Bug {
    /// Number and name.
    pub fn label(&self) -> String {
        format!("bug-{:02}-{}", self.number, self.name)
    }
}

/// Every model: of the three earlier exchanges, and of this protocol.
pub fn models() -> Vec<Model> {
    let earlier = earlier::subjects().into_iter().map(|subject| {
        let listening = subject.name().ends_with("-listening");
        Model { kind: if listening { Kind::Ours } else { Kind::Earlier }, subject }
    });
    let ours = [handshake::subjects(), ratchet::subjects(), session::subjects()];
    let ours = ours.into_iter().flatten().chain(delivery::subjects());
    earlier.chain(ours.map(|subject| Model { kind: Kind::Ours, subject })).collect()
}

pub use bugs::bugs;
pub use tables::tables;

/// The state diagrams of the specification: name and text.
pub fn diagrams() -> Vec<(&'static str, String)> {
    vec![
        ("interactive-initiator", diagram::interactive(true)),
        ("interactive-responder", diagram::interactive(false)),
        ("prepared-initiator", diagram::prepared(true)),
        ("prepared-responder", diagram::prepared(false)),
        ("ratchet", diagram::ratchet()),
        ("session", diagram::session()),
    ]
}
