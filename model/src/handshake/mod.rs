//! Both handshakes against an attacker who is the network.

pub mod interactive;
pub mod mechanism;
#[cfg(test)]
mod tests;
pub mod world;

use crate::engine::{Subject, subject};
use interactive::Interactive;
use world::Setup;

/// The handshake models.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let run = |name: &str, bound: &str, setup: Setup| {
        subject(name, bound, Interactive::new(setup), interactive::claims())
    };
    vec![
        run("interactive", "one run each of A and B", Setup::small().with_insider()),
        run(
            "interactive-hybrid",
            "one run each of A and B",
            Setup::small().with_insider().hybrid(),
        ),
        run("interactive-crossed", "A and B in both roles", Setup::crossed().with_insider()),
    ]
}
