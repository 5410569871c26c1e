//! Everything around the messages of the interactive handshake that is not cryptography: the
//! replay cache, half-open handshakes, repeated and wrong packets, strangers, restarts.
//!
//! The cryptography is taken from [`mod@super::interactive`]: only A can make its Init and its
//! Complete, so here they are flags on the wire. Bounds are scaled down to three half-open
//! handshakes, two of one identity, one of strangers, and three cache entries.

mod claims;

pub use claims::claims;

use crate::engine::{Machine, Subject, subject};

/// A rule about what is kept and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// A wrong Complete changes nothing (ENC-08).
    WrongCompleteChangesNothing,
    /// Half-open handshakes end by themselves (HS-27).
    HalfOpenExpires,
    /// A repeated Complete is accepted again and answered (HS-33, HS-38).
    RepetitionAccepted,
    /// The initiator repeats Complete until it has an answer (HS-36).
    CompleteRepeated,
    /// Only an Init that has passed all checks enters the cache (HS-19).
    CacheAfterChecks,
    /// An entry stays as long as its Init is inside the window (HS-19).
    CacheLivesWindow,
    /// A full cache refuses and evicts nothing (HS-20).
    NothingEvicted,
    /// Strangers have a bound of their own (HS-18).
    StrangersBounded,
    /// An Init in the cache is refused (HS-07).
    CacheAsked,
    /// A half-open handshake does not outlive a restart (HS-27).
    HalfOpenDropped,
}

const TOTAL: u8 = 3;
const PER_IDENTITY: u8 = 2;
const STRANGERS: u8 = 1;
const CACHE: u8 = 3;
const WINDOW: u8 = 2;

/// The handshake without its cryptography.
#[derive(Clone, Debug)]
pub struct Upkeep {
    /// Whether time passes, B may restart, and A may start again.
    pub retries: bool,
    /// The rules that are forgotten.
    pub missing: Vec<Keep>,
}

/// How far A is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Initiator {
    /// No exchange.
    Idle,
    /// Init is sent.
    Sent,
    /// Complete is sent, nothing of B accepted yet.
    Unconfirmed,
    /// Something of B has been accepted.
    Confirmed,
}

/// A, B, and what is on the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// A.
    pub initiator: Initiator,
    /// Whether B's half-open handshake for this Init is there.
    pub half_open: bool,
    /// Half-open handshakes of earlier Inits of A.
    pub stale: u8,
    /// Half-open handshakes of strangers.
    pub strangers: u8,
    /// Whether B has the session.
    pub session: bool,
    /// How long the Init stays inside the window.
    pub window: u8,
    /// How long its cache entry lives; 0: there is none.
    pub cached: u8,
    /// Cache entries of others that live, and those that never end.
    pub cache_others: u8,
    /// Cache entries of garbage.
    pub garbage: u8,
    /// How often B has accepted this Init.
    pub accepted: u8,
    /// Whether B has restarted since the Init was made.
    pub restarted: bool,
    /// Whether a half-open handshake has outlived its time or a restart.
    pub outlived: bool,
    /// Whether Response, Complete and the receipt are on the way.
    pub wire: [bool; 3],
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A sends a new Init.
    Start,
    /// B gets the Init, for the first time or again.
    Init,
    /// A gets the Response and sends Complete.
    Response,
    /// B gets the Complete.
    Complete,
    /// A repeats the Complete.
    Repeat,
    /// A gets the receipt.
    Receipt,
    /// What is on the way is lost.
    Lose(usize),
    /// A relay sends an old Init again.
    Replay,
    /// Somebody sends a Complete that does not verify.
    WrongComplete,
    /// Somebody sends an Init that does not verify, dated far ahead.
    Garbage,
    /// A stranger sends an Init of its own.
    Stranger,
    /// Time passes: a half-open handshake is over, half the window too.
    Tick,
    /// B restarts, its cache restored, its half-open handshakes gone.
    Restart,
}

impl Upkeep {
    fn has(&self, rule: Keep) -> bool {
        !self.missing.contains(&rule)
    }

    fn cache_entries(&self, state: &State) -> u8 {
        state.cache_others + state.garbage + u8::from(state.cached > 0)
    }

    fn accept_init(&self, state: &State) -> Option<State> {
        let known = state.cached > 0 && self.has(Keep::CacheAsked);
        let full = state.stale + state.strangers + u8::from(state.half_open) >= TOTAL;
        let cache_full = self.cache_entries(state) >= CACHE;
        if known || full || state.window == 0 || state.stale >= PER_IDENTITY || cache_full {
            return None;
        }
        let mut next = state.clone();
        next.half_open = true;
        next.cached = if self.has(Keep::CacheLivesWindow) { state.window } else { 1 };
        next.accepted = (state.accepted + 1).min(2);
        next.wire[0] = true;
        Some(next)
    }

    fn accept_complete(&self, state: &State) -> Option<State> {
        if state.session {
            let mut next = state.clone();
            next.wire[2] = true;
            return self.has(Keep::RepetitionAccepted).then_some(next);
        }
        state.half_open.then(|| {
            let mut next = state.clone();
            (next.half_open, next.session, next.wire[2]) = (false, true, true);
            next
        })
    }

    fn stranger(&self, state: &State) -> Option<State> {
        let bound = if self.has(Keep::StrangersBounded) { STRANGERS } else { TOTAL };
        let full = state.stale + state.strangers + u8::from(state.half_open) >= TOTAL;
        let mut next = state.clone();
        if self.cache_entries(state) >= CACHE {
            if self.has(Keep::NothingEvicted) {
                return None;
            }
            next.cached = 0;
        } else {
            next.cache_others += 1;
        }
        next.strangers += 1;
        let cache_bound = if self.has(Keep::StrangersBounded) { CACHE - 1 } else { CACHE };
        let cached_too_many = next.cache_others > cache_bound;
        (!full && next.strangers <= bound && !cached_too_many).then_some(next)
    }

    /// Within one handshake A starts once.
    fn may_start(&self, state: &State) -> bool {
        self.retries || !state.session && !state.half_open
    }

    fn tick(&self, state: &State) -> State {
        let mut next = state.clone();
        if self.has(Keep::HalfOpenExpires) {
            (next.half_open, next.stale, next.strangers) = (false, 0, 0);
        }
        next.outlived |= next.half_open;
        next.window = state.window.saturating_sub(1);
        next.cached = state.cached.saturating_sub(1);
        next.cache_others = 0;
        if state.initiator != Initiator::Confirmed {
            next.initiator = Initiator::Idle;
        }
        next.wire = [false; 3];
        next
    }
}

impl Machine for Upkeep {
    type State = State;
    type Action = Action;

    fn starts(&self) -> Vec<State> {
        vec![State {
            initiator: Initiator::Idle,
            half_open: false,
            stale: 0,
            strangers: 0,
            session: false,
            window: 0,
            cached: 0,
            cache_others: 0,
            garbage: 0,
            accepted: 0,
            restarted: false,
            outlived: false,
            wire: [false; 3],
        }]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        use Action::{
            Complete, Garbage, Init, Lose, Receipt, Repeat, Replay, Response, Restart, Start,
            Stranger, Tick, WrongComplete,
        };
        actions.extend([Start, Init, Response, Complete, Repeat, Receipt]);
        actions.extend([Lose(0), Lose(1), Lose(2), Replay, WrongComplete, Garbage, Stranger]);
        if self.retries {
            actions.extend([Tick, Restart]);
        }
    }

    fn next(&self, state: &State, action: &Action) -> Option<State> {
        let mut next = state.clone();
        match *action {
            Action::Start if state.initiator == Initiator::Idle && self.may_start(state) => {
                let fresh = self.starts()[0].clone();
                let stale = state.stale + u8::from(state.half_open);
                next = State {
                    initiator: Initiator::Sent,
                    stale: stale.min(PER_IDENTITY),
                    strangers: state.strangers,
                    cache_others: state.cache_others,
                    garbage: state.garbage,
                    window: WINDOW,
                    ..fresh
                };
            }
            Action::Init if state.initiator == Initiator::Sent && state.accepted == 0 => {
                return self.accept_init(state);
            }
            Action::Replay if state.accepted > 0 => return self.accept_init(state),
            Action::Response if state.initiator == Initiator::Sent && state.wire[0] => {
                next.initiator = Initiator::Unconfirmed;
                next.wire = [false, true, false];
            }
            Action::Complete if state.wire[1] => return self.accept_complete(state),
            Action::Repeat
                if state.initiator == Initiator::Unconfirmed
                    && self.has(Keep::CompleteRepeated) =>
            {
                next.wire[1] = true;
            }
            Action::Receipt if state.wire[2] && state.initiator == Initiator::Unconfirmed => {
                next.initiator = Initiator::Confirmed;
                next.wire[2] = false;
            }
            Action::Lose(which) => next.wire[which] = false,
            Action::WrongComplete if !self.has(Keep::WrongCompleteChangesNothing) => {
                next.half_open = false;
            }
            Action::Garbage
                if !self.has(Keep::CacheAfterChecks) && self.cache_entries(state) < CACHE =>
            {
                next.garbage += 1;
            }
            Action::Stranger => return self.stranger(state),
            Action::Tick => next = self.tick(state),
            Action::Restart => {
                if self.has(Keep::HalfOpenDropped) {
                    (next.half_open, next.stale, next.strangers) = (false, 0, 0);
                }
                next.outlived |= next.half_open;
                next.restarted = true;
            }
            _ => return None,
        }
        (next != *state).then_some(next)
    }

    fn honest(&self, action: &Action) -> bool {
        use Action::{Complete, Init, Receipt, Repeat, Response, Start, Tick};
        matches!(action, Start | Init | Response | Complete | Repeat | Receipt | Tick)
    }

    fn tell(&self, _: &State, action: &Action, after: &State) -> Vec<String> {
        let what = match action {
            Action::Start => "A -> B   Init",
            Action::Init => "network -> B   the Init; B accepts it",
            Action::Response => "network -> A   the Response; A answers with Complete",
            Action::Complete => "network -> B   the Complete; B accepts it",
            Action::Repeat => "A -> B   the Complete again",
            Action::Receipt => "network -> A   the receipt",
            Action::Lose(_) => "the network loses what was on the way",
            Action::Replay => "network -> B   the same Init again; B accepts it    REPLAYED",
            Action::WrongComplete => "network -> B   a Complete that does not verify    FORGED",
            Action::Garbage => "network -> B   an Init that does not verify    FORGED",
            Action::Stranger => "a stranger -> B   an Init of its own; B accepts it",
            Action::Tick => "a minute and more passes",
            Action::Restart => "B restarts",
        };
        let (a, b) = (after.initiator, if after.session { "a session" } else { "none" });
        vec![what.to_owned(), format!("A is {a:?}, B has {b}, half open: {}", after.half_open)]
    }
}

/// A model without some rules, with retries or within one handshake.
pub fn without(name: &str, missing: &[Keep], retries: bool) -> Box<dyn Subject> {
    let bound = if retries { "repeated handshakes, scaled bounds" } else { "one handshake" };
    subject(name, bound, Upkeep { retries, missing: missing.to_vec() }, claims())
}
