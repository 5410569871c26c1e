//! Chapter 6: the ratchet, with keys as names; what a thief of a whole state can read.

mod active;
mod active_claims;
mod claims;
mod knowledge;
mod machine;
mod model;
mod side;
mod table;
#[cfg(test)]
mod tests;

pub use active::{Act, Active, Fooled, Stage, Stolen, Wrong as ActiveWrong};
pub use active_claims::{ACTIVE, active, active_claims, active_markdown, active_subject};
pub use claims::{NAMES, claims, named, subject_of, subjects};
pub use knowledge::{Item, Knowledge};
pub use machine::Action;
pub use model::{Model, Theft, World, Wrong};
pub use side::{Flaw, Gap, Message, Side};
pub use table::{Chain, Class, Row, When, markdown, table};
