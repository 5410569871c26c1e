//! Delivery over a blind relay: every message reaches the application once, or its sender is
//! told that it did not.
//!
//! What a relay has to do, as the model takes it:
//!
//! 1. A relay MUST make an upload durable before it acknowledges it.
//! 2. A relay MUST keep a message until its receiver has acknowledged it or it expires.
//! 3. A relay MUST NOT delete a message because it pushed it.
//! 4. A relay MUST push what it keeps again after either side has restarted.
//! 5. A relay MUST take an upload that it has or had as accepted, without a second copy.
//! 6. A relay MUST tell the sender of a message that it expired.
//! 7. A relay MUST keep nothing but sealed bytes, their queue and their place in it.
//!
//! What its clients have to do:
//!
//! 8. A sender MUST keep a sealed message until the relay has acknowledged it, and send the same
//!    bytes again until then.
//! 9. A receiver MUST make plaintext and state durable in one step before it acknowledges.
//! 10. A receiver MUST acknowledge a `duplicate` again, and MUST NOT hand it over again.
//! 11. A receiver MUST hand messages to its application with their number, so that one that comes
//!     late is seen to.

mod claims;
mod model;
#[cfg(test)]
mod tests;
mod world;

pub use claims::{claims, subject_of, subjects};
pub use model::{Action, Flaw, Model};
pub use world::World;
