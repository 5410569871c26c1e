//! Who takes part: two honest parties, a compromised one, their cards and keys, and which
//! secrets leak when.

use super::mechanism::{Mechanism, Mechanisms};
use crate::term::{Known, Node, Term, Terms};

/// A device with keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// Honest.
    A,
    /// Honest.
    B,
    /// The attacker, whom honest parties may have as a peer.
    E,
}

impl Party {
    /// Whether the attacker does not play it.
    pub fn honest(self) -> bool {
        self != Self::E
    }
}

/// The side of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Sends the first message.
    Initiator,
    /// Answers it.
    Responder,
}

/// A card: whose keys, which address and device, the highest suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    /// What people call it.
    pub name: &'static str,
    /// Whose `IK` it carries.
    pub ik: Party,
    /// Whose `IDK`.
    pub idk: Party,
    /// Whose address.
    pub address: Party,
    /// Which device of that address.
    pub device: u8,
    /// Whether it lists the first suite only, whatever else its owner can do.
    pub old: bool,
    /// Whether the holder of `ik` never signed it.
    pub edited: bool,
}

/// A card by its number.
pub type CardId = u8;

const fn card(name: &'static str, ik: Party, idk: Party, address: Party) -> Card {
    Card { name, ik, idk, address, device: 1, old: false, edited: false }
}

/// Every card of the model.
pub const CARDS: [Card; 12] = [
    card("A", Party::A, Party::A, Party::A),
    card("B", Party::B, Party::B, Party::B),
    card("E", Party::E, Party::E, Party::E),
    card("E with IDK_A", Party::E, Party::A, Party::E),
    card("E with IDK_B", Party::E, Party::B, Party::E),
    card("E under the address of A", Party::E, Party::E, Party::A),
    card("E under the address of B", Party::E, Party::E, Party::B),
    Card { device: 2, ..card("B, device 2", Party::B, Party::B, Party::B) },
    Card { old: true, ..card("B, older, first suite only", Party::B, Party::B, Party::B) },
    Card { old: true, ..card("A, older, first suite only", Party::A, Party::A, Party::A) },
    Card { edited: true, ..card("A with IDK_E", Party::A, Party::E, Party::A) },
    Card { edited: true, ..card("B with IDK_E", Party::B, Party::E, Party::B) },
];

/// A card by its number.
pub fn card_of(id: CardId) -> &'static Card {
    &CARDS[id as usize]
}

/// A secret that can leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// A signature key.
    Ik(Party),
    /// A long-term agreement key.
    Idk(Party),
    /// The ephemeral key of a slot.
    Ephemeral(u8),
    /// The first ratchet key of a slot.
    Ratchet(u8),
    /// The seed of the KEM key of a slot.
    KemSeed(u8),
    /// The pre-shared secret of A and B.
    Psk,
    /// The signed prekey of B.
    SignedPrekey,
    /// The one-time prekey of B.
    OneTimePrekey,
    /// The signed prekey of B whose time is over.
    ExpiredPrekey,
    /// The one-time KEM prekey of B.
    KemPrekey,
    /// The last-resort KEM prekey of B.
    LastKemPrekey,
    /// Every X25519 key: somebody has learned to compute discrete logarithms.
    EveryX25519,
}

/// When a secret leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before anything happens.
    Before,
    /// When the session that is looked at has begun on the side that is looked at.
    After,
}

/// What a model is about: who takes part, what is in place, what leaks.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The runs: who, and in which role. Those of one party and role begin in their order.
    pub slots: Vec<(Party, Role)>,
    /// What is in place.
    pub mechanisms: Mechanisms,
    /// What leaks.
    pub leaks: Vec<(Secret, When)>,
    /// The run that the claims are about; none: all of them.
    pub test: Option<u8>,
    /// Whether honest parties have the second suite.
    pub hybrid: bool,
    /// Whether A and B share a secret beforehand.
    pub psk: bool,
    /// Whether A and B have pinned each other.
    pub pinned: bool,
    /// Whether A and B have had a session in their highest suite before.
    pub met: bool,
    /// The cards towards which an initiator may start.
    pub peers: Vec<CardId>,
    /// The cards that an Init may claim.
    pub claims: Vec<CardId>,
    /// How often the clock may tick; a tick is longer than the window.
    pub ticks: u8,
    /// Whether a device may restart once.
    pub restart: bool,
    /// Whether a prepared handshake uses a one-time prekey; none: as the relay likes.
    pub one_time: Option<bool>,
    /// Whether the KEM prekey is the last resort; none: as the relay likes.
    pub last_resort: Option<bool>,
}

impl Setup {
    /// One initiator and one responder among A, B and E, everything in place, nothing leaks.
    pub fn small() -> Self {
        Self {
            slots: vec![(Party::A, Role::Initiator), (Party::B, Role::Responder)],
            mechanisms: Mechanisms::all(),
            leaks: Vec::new(),
            test: None,
            hybrid: false,
            psk: false,
            pinned: true,
            met: false,
            peers: vec![0, 1, 2, 11],
            claims: vec![0, 1, 2, 10],
            ticks: 0,
            restart: false,
            one_time: None,
            last_resort: None,
        }
    }

    /// Both parties in both roles.
    pub fn crossed() -> Self {
        use Party::{A, B};
        use Role::{Initiator, Responder};
        let slots = vec![(A, Initiator), (B, Responder), (A, Responder), (B, Initiator)];
        Self { slots, ..Self::small() }
    }

    /// Two runs of A as an initiator and two of B as a responder.
    pub fn pairs() -> Self {
        let (a, b) = ((Party::A, Role::Initiator), (Party::B, Role::Responder));
        Self { slots: vec![a, a, b, b], ..Self::small() }
    }

    /// With the cards of an insider: keys of others in his own card, addresses of others.
    #[must_use]
    pub fn with_insider(mut self) -> Self {
        self.peers.extend([3, 4, 6]);
        self.claims.extend([3, 4, 5]);
        self
    }

    /// In the second suite.
    #[must_use]
    pub fn hybrid(mut self) -> Self {
        self.hybrid = true;
        self
    }

    /// Without some mechanisms.
    #[must_use]
    pub fn without(mut self, missing: &[Mechanism]) -> Self {
        self.mechanisms = Mechanisms::without(missing);
        self
    }

    /// With a leak.
    #[must_use]
    pub fn leaking(mut self, secret: Secret, when: When) -> Self {
        self.leaks.push((secret, when));
        self
    }

    /// Whether a mechanism is in place.
    pub fn has(&self, mechanism: Mechanism) -> bool {
        self.mechanisms.has(mechanism)
    }

    /// The highest suite of a card.
    pub fn highest(&self, card: CardId) -> u8 {
        if self.hybrid && !card_of(card).old { 2 } else { 1 }
    }

    /// The run whose ephemerals a run has: its own, unless they are used again and again.
    pub fn fresh(&self, slot: u8) -> u8 {
        if self.has(Mechanism::FreshEphemerals) {
            return slot;
        }
        let same = |other: &(Party, Role)| *other == self.slots[slot as usize];
        let first = self.slots.iter().position(same).expect("the slot itself");
        u8::try_from(first).expect("few slots")
    }
}

/// An X25519 key other than an identity: by its owner, or one of the attacker's inventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// None.
    None,
    /// The ephemeral of a run.
    Ephemeral(u8),
    /// The ratchet key of a run.
    Ratchet(u8),
    /// A prekey of B: the signed one, or a one-time one.
    Prekey(Prekey),
    /// The attacker's first key.
    Attackers,
    /// The attacker's second key.
    AttackersOther,
    /// Of small order.
    Low,
    /// The ephemeral of a run in another encoding.
    Odd(u8),
}

/// A curve prekey of B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Prekey {
    /// The signed one.
    Signed,
    /// A signed one whose time is over.
    Expired,
    /// The one-time one.
    OneTime,
}

impl Key {
    /// Its private half.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn private(self, terms: &mut Terms) -> Term {
        match self {
            Self::Ephemeral(slot) | Self::Odd(slot) => {
                terms.atom(&format!("ek{}", slot + 1), Known::Owner)
            }
            Self::Ratchet(slot) => terms.atom(&format!("ratchet{}", slot + 1), Known::Owner),
            Self::Prekey(Prekey::Signed) => terms.atom("spk_B", Known::Published),
            Self::Prekey(Prekey::Expired) => terms.atom("old_spk_B", Known::Published),
            Self::Prekey(Prekey::OneTime) => terms.atom("opk_B", Known::Published),
            Self::Attackers => terms.atom("x_E", Known::Attacker),
            Self::AttackersOther => terms.atom("y_E", Known::Attacker),
            Self::None | Self::Low => panic!("{self:?} has no private half"),
        }
    }

    /// Its public half.
    pub fn public(self, terms: &mut Terms) -> Term {
        if self == Self::Low {
            return terms.of(Node::Low);
        }
        let private = self.private(terms);
        let public = terms.public(private);
        if matches!(self, Self::Odd(_)) { terms.of(Node::Odd(public)) } else { public }
    }

    /// Whether it has a private half that somebody computes with.
    pub fn regular(self) -> bool {
        !matches!(self, Self::None | Self::Low)
    }
}

/// The agreement of two keys, by whichever side has a private half.
pub fn agree(terms: &mut Terms, one: Key, other: Key) -> Term {
    let (private, public) = if one.regular() { (one, other) } else { (other, one) };
    let (private, public) = (private.private(terms), public.public(terms));
    terms.agree(private, public)
}

/// The private signature key of a party.
pub fn ik(terms: &mut Terms, party: Party) -> Term {
    long_term(terms, "ik", party)
}

/// The private agreement key of a party.
pub fn idk(terms: &mut Terms, party: Party) -> Term {
    long_term(terms, "idk", party)
}

fn long_term(terms: &mut Terms, name: &str, party: Party) -> Term {
    let known = if party.honest() { Known::Published } else { Known::Attacker };
    terms.atom(&format!("{name}_{party:?}"), known)
}
