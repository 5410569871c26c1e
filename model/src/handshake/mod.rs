//! Both handshakes against an attacker who is the network.

pub mod interactive;
pub mod mechanism;
mod policy;
pub mod prepared;
#[cfg(test)]
mod tests;
pub mod world;

use crate::engine::{Subject, subject};
use interactive::Interactive;
use prepared::Prepared;
use world::{Party, Role, Setup};

/// The handshake models.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let run = |name: &str, bound: &str, setup: Setup| {
        subject(name, bound, Interactive::new(setup), interactive::claims())
    };
    let later = |name: &str, bound: &str, setup: Setup| {
        subject(name, bound, Prepared::new(setup), prepared::claims())
    };
    vec![
        run("interactive", "one run each of A and B", Setup::small().with_insider()),
        run(
            "interactive-hybrid",
            "one run each of A and B",
            Setup::small().with_insider().hybrid(),
        ),
        later("prepared", "one run of A, two of B", prepared_setup()),
        later("prepared-hybrid", "one run of A, two of B", prepared_setup().hybrid()),
        run("interactive-crossed", "A and B in both roles", Setup::crossed().with_insider()),
    ]
}

/// One initiator and two responders, who have one set of prekeys.
pub fn prepared_setup() -> Setup {
    let mut setup = Setup::small().with_insider();
    setup.slots.push((Party::B, Role::Responder));
    setup
}
