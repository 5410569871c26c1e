//! The oracle's view of the sessions of one device with one peer: chapter 8.2.

use super::side::Side;
use serde_json::{Value, json};

const DAY: u64 = 86_400_000;
const UNCONFIRMED_AGE: u64 = 300_000;
const CHAIN_MAX: u32 = 10_000;
const REPEATS: [u64; 3] = [2_000, 6_000, 18_000];
const RECONNECT: u64 = 600_000;

/// `(ts_I, session id)`.
pub(crate) type Key = (u64, [u8; 16]);

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Unconfirmed,
    GivenUp,
    Confirmed,
}

/// One session on one device.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) standing: Standing,
    pub(crate) initiator: bool,
    /// The 164 bytes.
    pub(crate) complete: Vec<u8>,
    pub(crate) side: Side,
    created: u64,
    last_accepted: u64,
    superseded: Option<u64>,
    repeats: usize,
    answers: u32,
    answered: u64,
}

impl Entry {
    pub(crate) fn new(key: Key, initiator: bool, complete: Vec<u8>, now: u64) -> Self {
        let standing = if initiator { Standing::Unconfirmed } else { Standing::Confirmed };
        Self {
            key,
            standing,
            initiator,
            complete,
            side: Side::new(initiator),
            created: now,
            last_accepted: now,
            superseded: None,
            repeats: 0,
            answers: 0,
            answered: now,
        }
    }

    fn at_limit(&self, now: u64) -> bool {
        self.standing == Standing::Unconfirmed
            && (self.side.count() >= CHAIN_MAX
                || now.saturating_sub(self.created) >= UNCONFIRMED_AGE
                || self.key.0 > now + DAY)
    }

    /// SESSION-10.
    pub(crate) fn outlived(&self, now: u64) -> bool {
        let since = self.superseded.map(|moment| moment.max(self.last_accepted));
        since.is_some_and(|moment| now.saturating_sub(moment) >= 7 * DAY)
    }

    /// Whether the other side is known to have it confirmed.
    fn settled(&self) -> bool {
        let heard_later = self.side.newest().is_some_and(|epoch| epoch > 0);
        self.standing == Standing::Confirmed && (self.initiator || heard_later)
    }

    fn give_up(&mut self) -> Option<Value> {
        (self.standing == Standing::Unconfirmed).then(|| {
            self.standing = Standing::GivenUp;
            let sent = self.side.count();
            json!({ "event": "given-up", "session": hex::encode(self.key.1), "sent": sent })
        })
    }

    /// Notes an accepted message; whether it confirmed the session.
    pub(crate) fn accepted(&mut self, now: u64) -> bool {
        self.last_accepted = self.last_accepted.max(now);
        let confirms = self.standing != Standing::Confirmed;
        self.standing = Standing::Confirmed;
        confirms
    }

    /// HS-38: whether a Complete is answered now, by a session that can.
    pub(crate) fn answers(&mut self, now: u64) -> bool {
        let can = !self.side.closed && self.side.count() < CHAIN_MAX;
        let in_time = now.saturating_sub(self.answered) >= 1_000 && self.answers < 16;
        let may = can && (self.answers == 0 || in_time);
        if may {
            self.answers += 1;
            self.answered = now;
        }
        may
    }
}

/// All sessions with one peer, the greatest first.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) entries: Vec<Entry>,
    reconnected: Option<u64>,
}

impl Book {
    /// SESSION-03: the session that a message goes out on.
    pub(crate) fn sending(&mut self, now: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|it| it.standing != Standing::GivenUp && !it.at_limit(now))
    }

    /// The session, unless its 7 days are over.
    pub(crate) fn live(&self, id: &[u8; 16], now: u64) -> Option<&Entry> {
        self.entries.iter().find(|it| it.key.1 == *id && !it.outlived(now))
    }

    pub(crate) fn get(&mut self, id: &[u8; 16]) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|it| it.key.1 == *id)
    }

    pub(crate) fn floor(&self) -> Option<u64> {
        self.entries.iter().find(|it| it.standing == Standing::Confirmed).map(|it| it.key.0)
    }

    /// SESSION-33: whether a session that a responder begins now is less than a confirmed one.
    pub(crate) fn lesser(&self, key: Key, now: u64) -> bool {
        let mut living = self.entries.iter().filter(|it| !it.outlived(now));
        living.any(|it| it.standing == Standing::Confirmed && it.key > key)
    }

    /// SESSION-07, then what time demands.
    pub(crate) fn insert(&mut self, entry: Entry, now: u64) -> Vec<Value> {
        let mut events = Vec::new();
        if entry.standing == Standing::Unconfirmed {
            events.extend(self.entries.iter_mut().filter_map(Entry::give_up));
        }
        self.entries.push(entry);
        self.entries.sort_by_key(|entry| core::cmp::Reverse(entry.key));
        events.extend(self.settle(now));
        events
    }

    /// SESSION-06, SESSION-09, SESSION-10.
    pub(crate) fn settle(&mut self, now: u64) -> Vec<Value> {
        let limit = self.entries.iter_mut().filter(|it| it.at_limit(now));
        let mut events: Vec<Value> = limit.filter_map(Entry::give_up).collect();
        let settled = self.entries.iter().find(|it| it.settled()).map(|it| it.key);
        for entry in self.entries.iter_mut().filter(|it| settled.is_some_and(|key| it.key < key)) {
            entry.superseded.get_or_insert(now);
        }
        let (mut confirmed, mut given_up) = (0, 0);
        self.entries.retain(|entry| {
            let outlived = entry.outlived(now);
            let (count, most) = match entry.standing {
                Standing::Unconfirmed => return true,
                Standing::Confirmed => (&mut confirmed, 4),
                Standing::GivenUp => (&mut given_up, 2),
            };
            *count += u32::from(!outlived);
            let leaves = outlived || *count > most;
            if leaves {
                let session = hex::encode(entry.key.1);
                events.push(json!({ "event": "dropped", "session": session }));
            }
            !leaves
        });
        events
    }

    /// HS-37: the Completes that are due again.
    pub(crate) fn repeats(&mut self, now: u64) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        for entry in self.entries.iter_mut().filter(|it| it.standing == Standing::Unconfirmed) {
            let passed =
                REPEATS.iter().filter(|after| now.saturating_sub(entry.created) >= **after);
            let passed = passed.count();
            if passed > entry.repeats {
                entry.repeats = passed;
                packets.push([entry.complete.as_slice(), &[0; 4]].concat());
            }
        }
        packets
    }

    /// SESSION-12: whether a handshake may answer `unknown_session` or a lesser session now; notes it.
    pub(crate) fn reconnects(&mut self, now: u64) -> bool {
        let may = self.reconnected.is_none_or(|at| now.saturating_sub(at) >= RECONNECT);
        if may {
            self.reconnected = Some(now);
        }
        may
    }
}
