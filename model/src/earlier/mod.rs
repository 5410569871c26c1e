//! Three exchanges of earlier systems, as those systems did them, and how a relay breaks them.
//!
//! In each of them two people who have no key of each other beforehand swap public keys through
//! a relay. The attacker is that relay. Nothing that either side checks depends on who made the
//! key, so the relay puts its own key in the middle: the search finds the shortest way.
//!
//! What is left out: the bytes around the keys, lost packets, and everything after the first
//! message. None of them adds a check on where a key comes from.

mod exchange;
mod report;
#[cfg(test)]
mod tests;
mod told;

pub use exchange::{Exchange, Relay, Step};
pub use report::{Report, report};

use crate::engine::{Claim, Rule, Subject, subject};
use exchange::State;

/// Which exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An invite code stands for one side's Diffie-Hellman value at the relay; the joiner's
    /// value goes back. 2048-bit group, AES-GCM under the shared secret.
    InviteCode,
    /// A P-256 key is offered to a contact through the server; the contact accepts or rejects
    /// and answers with a key of its own; each side stores the other's key for that contact.
    ConsentSwap,
    /// Two peers join a room by its name, swap fresh X25519 keys through the relay and talk
    /// with NaCl box.
    RoomKeys,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InviteCode, Self::ConsentSwap, Self::RoomKeys];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::InviteCode => "earlier-invite-code",
            Self::ConsentSwap => "earlier-consent-swap",
            Self::RoomKeys => "earlier-room-keys",
        }
    }

    /// What it was.
    pub fn title(self) -> &'static str {
        match self {
            Self::InviteCode => "Diffie-Hellman through an invite code",
            Self::ConsentSwap => "a key that a contact consents to",
            Self::RoomKeys => "fresh keys in a named room",
        }
    }
}

/// The subjects: each exchange against a relay that forges, and against one that listens.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    Kind::ALL.into_iter().flat_map(|kind| [forging(kind), listening(kind)]).collect()
}

/// An exchange against a relay that forges: everything but `finishes` is violated.
pub fn forging(kind: Kind) -> Box<dyn Subject> {
    subject(kind.name(), BOUND, Exchange::new(kind, Relay::Forges), claims())
}

/// An exchange against a relay that only listens: everything holds.
pub fn listening(kind: Kind) -> Box<dyn Subject> {
    let name = format!("{}-listening", kind.name());
    subject(&name, BOUND, Exchange::new(kind, Relay::Listens), claims())
}

const BOUND: &str = "A and B, one exchange, one message from A";

/// What one would want of such an exchange.
pub fn claims() -> Vec<Claim<Exchange>> {
    let claim = |name, sentence, rule| Claim { name, sentence, requirements: &[], rule };
    vec![
        claim(
            "secrecy",
            "The relay cannot make the key of either side.",
            Rule::Always(Exchange::keys_are_secret),
        ),
        claim(
            "agreement-initiator",
            "When A has a key for B, B has answered A and has the same key.",
            Rule::Always(|_, state: &State| state.initiator_agrees()),
        ),
        claim(
            "agreement-responder",
            "When B has a key for A, A has offered it.",
            Rule::Always(|_, state: &State| state.responder_agrees()),
        ),
        claim(
            "message-secrecy",
            "The relay cannot read the message of A.",
            Rule::Always(Exchange::message_is_secret),
        ),
        claim(
            "message-authenticity",
            "What B takes for a message of A comes from A, under one key of both.",
            Rule::Always(|_, state: &State| state.message_is_genuine()),
        ),
        claim(
            "no-middle",
            "The relay does not read a message of A that B then takes for genuine.",
            Rule::Always(Exchange::nobody_in_the_middle),
        ),
        claim(
            "finishes",
            "Both sides have one key and B reads what A wrote.",
            Rule::Reached(|_, state: &State| state.is_finished()),
        ),
    ]
}
