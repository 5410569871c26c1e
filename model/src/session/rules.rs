//! The limits of chapter 8.2, with counts scaled down, and what can be taken away from its rules.

use super::packet::{Handshake, Kind, Place, Time};

/// `HALF_OPEN_LIFETIME`.
pub(super) const HALF_OPEN: Time = 60_000;
/// `INIT_WINDOW`.
pub(super) const WINDOW: Time = 300_000;
/// `DAY`.
pub const DAY: Time = 86_400_000;
/// `HANDSHAKE_INTERVAL`.
pub(super) const INTERVAL: Time = 600_000;
/// `SUPERSEDED_AGE`.
pub(super) const WEEK: Time = 7 * DAY;
/// `RECEIPT_INTERVAL`.
pub(super) const RECEIPT: Time = 1_000;
/// `COMPLETE_REPEATS`.
pub(super) const REPEATS: [Time; 3] = [2_000, 6_000, 18_000];

/// A rule of the protocol that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Flaw {
    /// The session that came last is the one to send on.
    LastWins,
    /// A device prefers the sessions that it began.
    OwnWins,
    /// A confirmed session ends every lesser one.
    LoserDeleted,
    /// The opening goes before the first message only.
    OpeningOnce,
    /// The responder has the session as soon as it has sent Response.
    ResponderEarly,
    /// A session that is given up receives no more.
    GivenUpDeaf,
    /// Giving up is not reported.
    GivenUpSilent,
    /// No limit makes a session given up.
    NeverGivenUp,
    /// A repeated opening is an error.
    RepeatRefused,
    /// A session stands below every greater one that is confirmed on this side.
    UnprovenSupersedes,
    /// A lesser session of the peer is not answered with a handshake.
    LesserUnanswered,
    /// A new unconfirmed session replaces the one before it, without a word.
    BeforeDropped,
}

/// A set of flaws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws(pub u32);

impl Flaws {
    /// The protocol as specified.
    pub const NONE: Self = Self(0);

    /// The set of one flaw.
    pub const fn one(flaw: Flaw) -> Self {
        Self(1 << flaw as u8)
    }

    /// Whether a flaw is in the set.
    pub const fn has(self, flaw: Flaw) -> bool {
        self.0 & (1 << flaw as u8) != 0
    }

    /// The set with one more flaw.
    #[must_use]
    pub const fn and(self, flaw: Flaw) -> Self {
        Self(self.0 | 1 << flaw as u8)
    }
}

/// Limits that a model scales down, and the flaws of the protocol in it.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// `SESSIONS_CONFIRMED`.
    pub confirmed: usize,
    /// `SESSIONS_GIVEN_UP`.
    pub given_up: usize,
    /// `CHAIN_MAX` and `UNCONFIRMED_MESSAGES_PREPARED`.
    pub messages: [u8; 2],
    /// `COMPLETE_ANSWERS`.
    pub answers: u8,
    /// What is broken.
    pub flaws: Flaws,
}

impl Rules {
    /// The limits of the specification; `CHAIN_MAX` is beyond every bound.
    pub const SPEC: Self =
        Self { confirmed: 4, given_up: 2, messages: [255, 100], answers: 16, flaws: Flaws::NONE };
}

/// What everybody knows: the handshakes so far, and how their session ids compare.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The handshakes.
    pub handshakes: &'a [Handshake],
    /// The rank of the session id of each.
    pub ranks: &'a [u8],
    /// The rules.
    pub rules: &'a Rules,
}

impl Facts<'_> {
    /// A handshake.
    pub fn handshake(&self, place: Place) -> &Handshake {
        &self.handshakes[usize::from(place)]
    }

    /// `(ts_I, session id)`.
    pub fn key(&self, place: Place) -> (Time, u8) {
        let rank = self.ranks.get(usize::from(place)).copied().unwrap_or(place);
        (self.handshake(place).ts, rank)
    }

    /// Whether a rule is broken.
    pub fn broken(&self, flaw: Flaw) -> bool {
        self.rules.flaws.has(flaw)
    }

    /// The limits of an unconfirmed session: messages and age.
    pub fn limits(&self, kind: Kind) -> (u8, Time) {
        match kind {
            Kind::Interactive => (self.rules.messages[0], WINDOW),
            Kind::Prepared => (self.rules.messages[1], WEEK),
        }
    }
}
