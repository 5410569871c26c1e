//! What one side knows of its handshake, and the state of all of them.

use crate::handshake::world::{CardId, Key, Role, card_of};
use crate::knowledge::Knowledge;

/// The free variables of a handshake as one side sees them: everything that is mixed into the
/// transcript and is not a function of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// The responder's card.
    pub card_r: CardId,
    /// The initiator's card.
    pub card_i: CardId,
    /// The suite.
    pub suite: u8,
    /// `ts_I`, in ticks.
    pub time: u8,
    /// Whether the pre-shared secret is named.
    pub psk: bool,
    /// `EK_I`.
    pub ek_i: Key,
    /// Whose encapsulation key: 0 none, a run counted from 1, or [`ATTACKER`].
    pub kem: u8,
    /// `EK_R`.
    pub ek_r: Key,
    /// Who encapsulated, counted in the same way.
    pub ciphertext: u8,
    /// `RB`.
    pub rb: Key,
    /// `RA`.
    pub ra: Key,
}

/// The attacker as the owner of an encapsulation key or of an encapsulated secret.
pub const ATTACKER: u8 = 100;

impl View {
    /// Nothing known yet.
    pub const EMPTY: Self = Self {
        card_r: 0,
        card_i: 0,
        suite: 0,
        time: 0,
        psk: false,
        ek_i: Key::None,
        kem: 0,
        ek_r: Key::None,
        ciphertext: 0,
        rb: Key::None,
        ra: Key::None,
    };

    /// Without what Complete adds.
    #[must_use]
    pub fn up_to_response(self) -> Self {
        Self { ra: Key::None, ..self }
    }

    /// Without what Response and Complete add.
    #[must_use]
    pub fn up_to_init(self) -> Self {
        Self { ek_r: Key::None, ciphertext: 0, rb: Key::None, ra: Key::None, ..self }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Not begun.
    Idle,
    /// Its device has restarted: the half-open handshake is gone.
    Dropped,
    /// Init or Response has been sent.
    Open,
    /// There is a session.
    Done,
}

/// A run of the handshake by an honest party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// How far it is.
    pub stage: Stage,
    /// What it knows.
    pub view: View,
    /// Whether its Init left the replay cache because the device restarted.
    pub forgotten: bool,
}

/// All runs, what the attacker knows, the time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The runs, in the order of the setup.
    pub slots: Vec<Slot>,
    /// What the attacker knows.
    pub knowledge: Knowledge,
    /// The time in ticks.
    pub clock: u8,
    /// Whether a device has restarted.
    pub restarted: bool,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A run begins, towards the card of this view.
    Start(u8, View),
    /// A responder's run accepts an Init and answers.
    Init(u8, View),
    /// An initiator's run accepts a Response and sends Complete.
    Response(u8, View),
    /// A responder's run accepts a Complete.
    Complete(u8, View),
    /// Time passes, longer than the window.
    Tick,
    /// The device of B restarts without its replay cache.
    Restart,
}

/// The card of the peer as a run sees it.
pub fn peer_of(role: Role, view: &View) -> CardId {
    match role {
        Role::Initiator => view.card_r,
        Role::Responder => view.card_i,
    }
}

/// Whether the peer's key is that of an honest party.
pub fn peer_is_honest(role: Role, view: &View) -> bool {
    card_of(peer_of(role, view)).ik.honest()
}
