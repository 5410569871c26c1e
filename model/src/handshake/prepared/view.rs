//! What one side knows of a prepared handshake, and the state of all of them.

use crate::handshake::world::{CardId, Key};
use crate::knowledge::Knowledge;

/// The free variables of a prepared handshake as one side sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// The responder's card.
    pub card_r: CardId,
    /// The initiator's card.
    pub card_i: CardId,
    /// The suite.
    pub suite: u8,
    /// Whether the pre-shared secret is named.
    pub psk: bool,
    /// The signed prekey.
    pub spk: Key,
    /// The one-time prekey, or none.
    pub opk: Key,
    /// The KEM prekey.
    pub pqk: Pqk,
    /// `EK_I`.
    pub ek_i: Key,
    /// Who encapsulated: 0 nobody, a run counted from 1, or the attacker.
    pub ciphertext: u8,
    /// `RA`.
    pub ra: Key,
    /// The ratchet key of the responder's first answer.
    pub rb: Key,
}

/// A KEM prekey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pqk {
    /// None: the first suite.
    None,
    /// B's one-time one.
    OneTime,
    /// B's last resort.
    Last,
    /// B's last resort with the type of a one-time one.
    LastAsOneTime,
    /// The attacker's.
    Attackers,
}

impl View {
    /// Nothing known yet.
    pub const EMPTY: Self = Self {
        card_r: 0,
        card_i: 0,
        suite: 0,
        psk: false,
        spk: Key::None,
        opk: Key::None,
        pqk: Pqk::None,
        ek_i: Key::None,
        ciphertext: 0,
        ra: Key::None,
        rb: Key::None,
    };

    /// Without the answer: what the handshake bytes say.
    #[must_use]
    pub fn handshake(self) -> Self {
        Self { rb: Key::None, ..self }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Not begun.
    Idle,
    /// The initiator has a session that nobody has answered.
    Open,
    /// The initiator has an answer; the responder has a session.
    Done,
}

/// A run by an honest party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// How far it is.
    pub stage: Stage,
    /// What it knows.
    pub view: View,
    /// Whether the replay set lost it over a restart.
    pub forgotten: bool,
}

/// All runs, what the attacker knows, whether B has restarted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The runs, in the order of the setup.
    pub slots: Vec<Slot>,
    /// What the attacker knows.
    pub knowledge: Knowledge,
    /// Whether B has restarted; its sessions are not in the replay set then, unless that is
    /// durable.
    pub restarted: bool,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An initiator takes a bundle and sends a PrekeyInit with its first message.
    Start(u8, View),
    /// A responder accepts a PrekeyInit and answers.
    Accept(u8, View),
    /// An initiator accepts the answer.
    Answer(u8, View),
    /// B restarts, its sessions gone.
    Restart,
}
