//! The oracle: what each device must do with each packet, from the specification and from what was
//! sent. It holds no key; it predicts events, replies, draws and errors.

use super::book::{Book, Entry, Standing};
use super::facts::{Complete, Facts, Init, Letter, Packet, behind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const WINDOW: u64 = 300_000;
const HALF_OPEN: u64 = 60_000;

/// What must happen to a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Accepted.
    Accept,
    /// Refused with this error.
    Refuse(&'static str),
    /// Not genuine: refused with any error.
    Foreign,
}

/// One device as the oracle knows it.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// Its `IK` in hex.
    pub(crate) key: String,
    /// Devices whose `IK` it has pinned.
    pub(crate) pins: BTreeSet<usize>,
    /// Its Inits without a Response, and when they were made.
    pub(crate) starts: BTreeMap<Vec<u8>, u64>,
    /// Inits that it answered: the Response and when.
    pub(crate) half_open: BTreeMap<Vec<u8>, (Vec<u8>, u64)>,
    /// Inits in the replay cache.
    pub(crate) cache: BTreeMap<Vec<u8>, u64>,
    /// Sessions with each other device.
    pub(crate) books: BTreeMap<usize, Book>,
}

impl Model {
    /// Forgets what has expired.
    pub(crate) fn expire(&mut self, now: u64) {
        self.starts.retain(|_, made| now.saturating_sub(*made) < HALF_OPEN);
        self.half_open.retain(|_, (_, made)| now.saturating_sub(*made) < HALF_OPEN);
        self.cache.retain(|_, ts| *ts + WINDOW >= now);
    }

    pub(crate) fn book(&mut self, peer: usize) -> &mut Book {
        self.books.entry(peer).or_default()
    }
}

/// Everything that the oracle knows.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    pub(crate) facts: Facts,
    pub(crate) models: Vec<Model>,
    /// The suite number of every handshake.
    pub(crate) suite: u16,
}

impl Oracle {
    /// What device `at` must do with a packet that the transport says is from `from`.
    pub(crate) fn judge(&self, at: usize, from: Option<usize>, bytes: &[u8], now: u64) -> Verdict {
        let model = &self.models[at];
        match self.facts.classify(bytes) {
            Packet::Foreign => Verdict::Foreign,
            Packet::Init(init) => self.judge_init(at, init, bytes, now),
            Packet::Response(response) if model.starts.contains_key(&response.init) => {
                Verdict::Accept
            }
            Packet::Response(_) => Verdict::Refuse("unknown_handshake"),
            Packet::Letter(letter) => self.judge_letter(at, from, letter, now),
            Packet::Complete(complete, rest) => {
                let Some(message) = behind(rest) else { return Verdict::Refuse("length") };
                self.judge_complete(at, complete, message, now)
            }
        }
    }

    fn judge_init(&self, at: usize, init: &Init, bytes: &[u8], now: u64) -> Verdict {
        let model = &self.models[at];
        let sender = |it: &Vec<u8>| self.facts.inits.get(it).map(|it| it.from);
        let of_sender = |it: &&Vec<u8>| sender(it) == Some(init.from);
        let unpinned = |it: &&Vec<u8>| sender(it).is_some_and(|from| !model.pins.contains(&from));
        let strangers = || model.half_open.keys().filter(unpinned).count();
        if model.cache.contains_key(bytes) {
            Verdict::Refuse("replay")
        } else if model.half_open.len() >= 256 {
            Verdict::Refuse("busy")
        } else if init.to != at {
            Verdict::Refuse("authentication")
        } else if now.abs_diff(init.ts) > WINDOW {
            Verdict::Refuse("time")
        } else if model.half_open.keys().filter(of_sender).count() >= 32
            || model.cache.keys().filter(of_sender).count() >= 64
            || (!model.pins.contains(&init.from) && strangers() >= 128)
        {
            Verdict::Refuse("busy")
        } else {
            Verdict::Accept
        }
    }

    fn judge_letter(&self, at: usize, from: Option<usize>, letter: &Letter, now: u64) -> Verdict {
        let unknown = Verdict::Refuse("unknown_session");
        if letter.to != at || from != Some(letter.from) {
            return unknown;
        }
        let book = self.models[at].books.get(&letter.from);
        let Some(entry) = book.and_then(|book| book.live(&letter.session, now)) else {
            return unknown;
        };
        entry.side.judge(letter.place).map_or_else(Verdict::Refuse, |()| Verdict::Accept)
    }

    /// The message behind an accepted Complete of `from`.
    fn judge_behind(&self, at: usize, from: usize, message: &[u8], now: u64) -> Verdict {
        match self.facts.letters.get(message) {
            Some(letter) => self.judge_letter(at, Some(from), letter, now),
            None => Verdict::Foreign,
        }
    }

    fn judge_complete(&self, at: usize, complete: &Complete, message: &[u8], now: u64) -> Verdict {
        let model = &self.models[at];
        let known = |entry: &&Entry| {
            let begun = self.facts.completes.get(&entry.complete);
            !entry.initiator
                && !entry.outlived(now)
                && begun.is_some_and(|begun| begun.init == complete.init)
        };
        let session = model.books.values().flat_map(|book| &book.entries).find(known);
        if let Some(session) = session {
            return match () {
                () if session.key != complete.key => Verdict::Refuse("unknown_handshake"),
                () if message.is_empty() => Verdict::Accept,
                () => self.judge_behind(at, complete.from, message, now),
            };
        }
        match model.half_open.get(&complete.init) {
            Some((response, _)) if *response == complete.response => Verdict::Accept,
            Some(_) => Verdict::Refuse("authentication"),
            None => Verdict::Refuse("unknown_handshake"),
        }
    }

    /// Notes a message that device `at` has accepted; the events.
    fn accept_letter(&mut self, at: usize, letter: &Letter, now: u64) -> Vec<Value> {
        let Self { facts, models, .. } = self;
        let book = models[at].book(letter.from);
        let Some(entry) = book.get(&letter.session) else { return Vec::new() };
        let former = facts.length(&letter.session, entry.side.newest());
        let gap = entry.side.accept(letter.kind, letter.place, former);
        let (session, (epoch, number)) = (hex::encode(letter.session), letter.place);
        let mut events = Vec::new();
        if entry.accepted(now) {
            events.push(json!({ "event": "confirmed", "session": session }));
        }
        events.push(json!({
            "event": "message", "session": session, "epoch": epoch, "n": number, "gap": gap,
            "type": letter.kind, "content": hex::encode(&letter.content),
        }));
        events.extend(book.settle(now));
        events
    }

    /// Notes a packet that device `at` has accepted. `id` is the id of the session that began.
    pub(crate) fn accept(
        &mut self,
        at: usize,
        bytes: &[u8],
        id: Option<[u8; 16]>,
        now: u64,
    ) -> Vec<Value> {
        match self.facts.classify(bytes) {
            Packet::Foreign => Vec::new(),
            Packet::Init(init) => {
                let (from, ts) = (init.from, init.ts);
                let peer = self.models[from].key.clone();
                let model = &mut self.models[at];
                model.cache.insert(bytes.to_vec(), ts);
                let mut events = vec![json!({ "event": "response-sent", "peer": peer })];
                events.extend(model.book(from).settle(now));
                events
            }
            Packet::Response(response) => {
                let init = response.init.clone();
                self.accept_response(at, &init, id.unwrap_or_default(), now)
            }
            Packet::Letter(letter) => {
                let letter = letter.clone();
                self.accept_letter(at, &letter, now)
            }
            Packet::Complete(complete, rest) => {
                let (complete, message) =
                    (complete.clone(), behind(rest).unwrap_or_default().to_vec());
                self.accept_complete(at, &complete, &bytes[..164], &message, now)
            }
        }
    }

    fn accept_response(&mut self, at: usize, init: &[u8], id: [u8; 16], now: u64) -> Vec<Value> {
        let Some(fact) = self.facts.inits.get(init).cloned() else { return Vec::new() };
        let mut events = vec![self.established(at, fact.to, id, "initiator")];
        self.models[at].starts.remove(init);
        // The Complete is put in when the reply has been seen.
        let entry = Entry::new((fact.ts, id), true, Vec::new(), now);
        events.extend(self.models[at].book(fact.to).insert(entry, now));
        events
    }

    fn established(&self, at: usize, peer: usize, id: [u8; 16], role: &str) -> Value {
        let (pinned, key) = (self.models[at].pins.contains(&peer), &self.models[peer].key);
        let session = hex::encode(id);
        let mut event = json!({ "event": "established", "peer": key, "session": session, "role": role, "pinned": pinned });
        if self.suite != 1 {
            event["suite"] = json!(self.suite);
        }
        event
    }

    fn accept_complete(
        &mut self,
        at: usize,
        complete: &Complete,
        head: &[u8],
        message: &[u8],
        now: u64,
    ) -> Vec<Value> {
        let (from, (ts, id)) = (complete.from, complete.key);
        let repeated = self.models[at].book(from).get(&id).is_some();
        let mut events = Vec::new();
        if repeated {
            events.push(json!({ "event": "repeated", "session": hex::encode(id) }));
        } else {
            events.push(self.established(at, from, id, "responder"));
            if self.models[at].book(from).lesser((ts, id), now) {
                events.push(json!({ "event": "lesser", "session": hex::encode(id) }));
            }
            self.models[at].half_open.remove(&complete.init);
            let entry = Entry::new((ts, id), false, head.to_vec(), now);
            events.extend(self.models[at].book(from).insert(entry, now));
        }
        if message.is_empty() {
            events.extend(self.models[at].book(from).settle(now));
            return events;
        }
        match (self.judge_behind(at, from, message, now), self.facts.letters.get(message).cloned())
        {
            (Verdict::Accept, Some(letter)) => events.extend(self.accept_letter(at, &letter, now)),
            (Verdict::Refuse(error), _) => {
                events.push(json!({ "event": "refused", "error": error }))
            }
            _ => events.push(json!({ "event": "refused", "error": Value::Null })),
        }
        events
    }

    /// The sessions of `at` with `peer`: key and standing, the greatest first.
    pub(crate) fn sessions(&mut self, at: usize, peer: usize) -> Vec<(super::book::Key, Standing)> {
        self.models[at].book(peer).entries.iter().map(|it| (it.key, it.standing)).collect()
    }
}
