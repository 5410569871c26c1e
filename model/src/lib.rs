//! The protocol as state machines, small enough to visit every state of them.
//!
//! A model ([`engine::Machine`]) says what can happen next; its claims say what must hold. Two
//! engines visit all states: a search of our own, which gives shortest traces and answers
//! whether a good end can still be reached, and stateright. They have to agree.

pub mod bugs_of_sessions;
pub mod delivery;
pub mod diagram;
pub mod engine;
pub mod lockstep;
pub mod ratchet;
pub mod session;
pub mod traces;
