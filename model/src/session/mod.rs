//! Chapter 8.2: several sessions with one peer device, over a network that loses, repeats,
//! delays and reorders.

mod bounds;
mod calm;
mod claims;
mod device;
mod life;
mod model;
mod packet;
mod rules;
#[cfg(test)]
mod tests;
mod world;

pub use bounds::{NAMES, named, subject_of, subjects};
pub use calm::Manner;
pub use claims::claims;
pub use device::{Device, Done, Exchange};
pub use life::{Report, Session, Sessions, Status};
pub use model::{Action, BEGIN, Bounds, Model, Said};
pub use packet::{Handshake, Kind, Note, Packet, Place, Time};
pub use rules::{DAY, Facts, Flaw, Flaws, Rules};
pub use world::{Flying, Ledger, Moment, Spent, World};
