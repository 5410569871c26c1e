//! Both handshakes against an attacker who is the network, and what devices keep around them.
//!
//! A and B are honest; E is the attacker with keys and cards of its own, and honest parties may
//! have it as a peer. What the model leaves out, and why that is no loss:
//!
//! - **Bytes.** Lengths and types are checked before anything else (ENC-01 to ENC-05), so a field
//!   is a term and terms of different kinds do not meet. Second encodings and keys of small order
//!   are terms of their own.
//! - **Hash chains.** A transcript hash is the tuple of what was mixed. Sealed parts, signatures
//!   and MACs are functions of the tuple and of keys, so the tuple leaves them out.
//! - **The handshake id and the prekey ids.** They select a run or a prekey; the attacker selects
//!   by choosing whom it hands a message to.
//! - **Views, `ts_R`, dates of cards.** Views are data for the application. Time is a few ticks
//!   longer than the window, where a model has a clock.
//! - **Suites in labels.** The suite is in the transcript; a model without it there has it nowhere.
//!
//! A removed [`mechanism::Mechanism`] takes the field, the check or the key out of the messages.
//! Bounds are in the name of each subject: what holds, holds for that many runs.

pub mod interactive;
mod leak;
pub mod mechanism;
mod policy;
pub mod prepared;
#[cfg(test)]
mod tests;
pub mod upkeep;
pub mod world;

use crate::engine::{Subject, subject};
use interactive::Interactive;
use prepared::Prepared;
use world::{Party, Role, Secret, Setup, When};

/// The handshake models.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let mut all = interactive_subjects();
    all.extend(prepared_subjects());
    all.push(upkeep::without("upkeep", &[], true));
    all.push(upkeep::without("upkeep-one-handshake", &[], false));
    all
}

/// The interactive handshake in a setup.
pub fn interactive(name: &str, bound: &str, setup: Setup) -> Box<dyn Subject> {
    let claims = interactive::claims(&setup);
    subject(name, bound, Interactive::new(setup), claims)
}

/// The prepared handshake in a setup.
pub fn prepared(name: &str, bound: &str, setup: Setup) -> Box<dyn Subject> {
    subject(name, bound, Prepared::new(setup), prepared::claims())
}

/// The prepared handshake in a setup in which what B keeps is seized.
pub fn seized(name: &str, bound: &str, setup: Setup) -> Box<dyn Subject> {
    subject(name, bound, Prepared::new(setup), prepared::claims_when_seized())
}

fn interactive_subjects() -> Vec<Box<dyn Subject>> {
    let one = "one run each of A and B, an insider";
    let leak = Setup::crossed()
        .leaking(Secret::Ephemeral(0), When::Before)
        .leaking(Secret::Ephemeral(3), When::Before);
    let mut strangers = Setup::crossed().with_insider();
    strangers.pinned = false;
    vec![
        interactive("interactive", one, Setup::small().with_insider()),
        interactive("interactive-hybrid", one, Setup::small().with_insider().hybrid()),
        interactive(
            "interactive-crossed",
            "A and B in both roles",
            Setup::crossed().with_insider(),
        ),
        interactive("interactive-unpinned", "A and B in both roles, no pins", strangers),
        interactive(
            "interactive-crossed-hybrid",
            "A and B in both roles, second suite",
            Setup::crossed().hybrid(),
        ),
        interactive("interactive-pairs", "two runs each of A and B", Setup::pairs().with_insider()),
        interactive("interactive-shared", "A and B in both roles, a shared secret", shared_setup()),
        interactive("interactive-ephemeral-leak", "both roles, EK of A's initiators leaked", leak),
        interactive("interactive-replay", "two responders, a clock of three", replay_setup()),
        interactive("interactive-restart", "two responders, B restarts", restart_setup()),
        interactive("interactive-old-cards", "older cards, A and B have met", met_setup()),
    ]
}

fn prepared_subjects() -> Vec<Box<dyn Subject>> {
    let bound = "one run of A, two of B";
    let mut restart = prepared_setup();
    restart.restart = true;
    let mut more = prepared_setup();
    more.slots.extend([(Party::A, Role::Initiator), (Party::B, Role::Responder)]);
    vec![
        prepared("prepared", bound, prepared_setup()),
        prepared("prepared-hybrid", bound, prepared_setup().hybrid()),
        prepared("prepared-restart", "one run of A, two of B, B restarts", restart),
        prepared("prepared-more", "two runs of A, three of B", more),
        seized("prepared-seized", "one run of A, two of B, B seized after", seized_setup()),
        seized(
            "prepared-seized-hybrid",
            "one run of A, two of B, B seized and X25519 broken after",
            seized_setup().hybrid().leaking(Secret::EveryX25519, When::After),
        ),
    ]
}

/// One initiator and two responders, who have one set of prekeys.
pub fn prepared_setup() -> Setup {
    let mut setup = Setup::small().with_insider();
    setup.slots.push((Party::B, Role::Responder));
    setup
}

/// The prepared handshake, all that B keeps seized afterwards; what is not reported as reduced
/// stays secret.
pub fn seized_setup() -> Setup {
    let kept = [
        Secret::Idk(Party::B),
        Secret::SignedPrekey,
        Secret::OneTimePrekey,
        Secret::LastKemPrekey,
        Secret::KemPrekey,
    ];
    let leaks = kept.map(|secret| (secret, When::After)).to_vec();
    Setup { leaks, test: Some(1), ..prepared_setup() }
}

/// A and B with a shared secret.
pub fn shared_setup() -> Setup {
    Setup { psk: true, ..Setup::crossed() }
}

/// One initiator, two responders, a clock.
pub fn replay_setup() -> Setup {
    let slots =
        vec![(Party::A, Role::Initiator), (Party::B, Role::Responder), (Party::B, Role::Responder)];
    Setup { slots, ticks: 2, ..Setup::small() }
}

/// One initiator, two responders, B loses its cache once.
pub fn restart_setup() -> Setup {
    Setup { restart: true, ticks: 0, ..replay_setup() }
}

/// Older cards without the second suite are about; A and B have met in the second.
pub fn met_setup() -> Setup {
    let mut setup = Setup { met: true, ..Setup::crossed().hybrid() };
    setup.slots.truncate(3);
    setup.peers.push(8);
    setup.claims.push(9);
    setup
}
