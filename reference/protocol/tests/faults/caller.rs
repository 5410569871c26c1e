//! One device as its application runs it: everything is stored before it is sent or acknowledged.

use crate::disk::{Crash, Disk, Fuse};
use crate::files::{Keys, Least, State, load, save};
use crate::support::Seeded;
use crate::support::devices::{fields, identity};
use crate::support::pair::NOW;
use crate::world::{Relay, Surroundings};
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::ReplayCache;
use quipu::session::{SessionId, SessionKey, Status};
use quipu::{CallerError, Card, Content, Device, Error, Event, Kind, StorageError};
use std::collections::BTreeSet;

pub(crate) const NAMES: [&str; 2] = ["ada", "bob"];
/// In which order a caller does its duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// As MSG-04, SEC-03, SESSION-15 and PREP-32 ask.
    Right,
    /// The packet leaves before the state is durable.
    SendsFirst,
    /// The relay forgets a packet before the state is durable.
    AcknowledgesFirst,
    /// The prekeys are durable before the session.
    PrekeysFirst,
}

/// How a caller lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) habit: Habit,
    /// Whether the first handshake is a prepared one.
    pub(crate) prepared: bool,
    /// Whether the files are sealed.
    pub(crate) sealed: bool,
}

#[derive(Debug)]
pub(crate) struct Caller {
    me: usize,
    life: Life,
    pub(crate) device: Device,
    peer: IdentityKey,
    pub(crate) inbox: Vec<String>,
    wishes: Vec<String>,
    sent: Vec<(SessionId, String)>,
    outbox: Vec<Vec<u8>>,
    keys: Keys,
    /// Every text that the user wanted to say since the process began.
    pub(crate) said: BTreeSet<String>,
    /// Numbers that were reported as jumped over and have not come since.
    pub(crate) gaps: BTreeSet<(SessionId, u32, u32)>,
}

impl Caller {
    /// A device that is new, or what its files say.
    pub(crate) fn start(me: usize, life: Life, disk: &Disk) -> Result<Self, StorageError> {
        let (prekeys, cache): Keys = load(disk, "prekeys", life.sealed)?.unwrap_or_default();
        let replay =
            if cache.is_empty() { ReplayCache::default() } else { ReplayCache::restore(&cache)? };
        let mut device = Device::new(identity(NAMES[me]), fields(NAMES[me]), replay)
            .expect("the fields of a card");
        let peer = identity(NAMES[1 - me]).key();
        let least: Least = load(disk, "least", life.sealed)?.unwrap_or_default();
        if !prekeys.is_empty() {
            device.restore_prekeys(&prekeys, least.0)?;
        }
        let state: State = load(disk, "state", life.sealed)?.unwrap_or_default();
        let (sessions, inbox, wishes, sent, outbox) = state;
        if !sessions.is_empty() {
            let of = |key: &SessionKey| {
                let same = |it: &&(u64, SessionId, u64)| (it.0, it.1) == (key.ts_i, key.id);
                least.1.iter().find(same).map_or(0, |it| it.2)
            };
            device.restore(&peer, &sessions, of)?;
        }
        let keys = (prekeys, cache);
        Ok(Self {
            me,
            life,
            device,
            peer,
            inbox,
            wishes,
            sent,
            outbox,
            keys,
            said: BTreeSet::new(),
            gaps: BTreeSet::new(),
        })
    }

    /// The same device, started from these files.
    pub(crate) fn again(&self, disk: &Disk) -> Result<Self, StorageError> {
        Self::start(self.me, self.life, disk)
    }

    /// What the user wants to say, and the prekeys that the relay hands out.
    pub(crate) fn prepare(&mut self, wishes: &[&str], disk: &mut Disk) -> Vec<Vec<u8>> {
        wishes.iter().for_each(|it| self.wish(it));
        let seed = 0x9e11 + self.me as u64;
        let records = self.device.publish(4, NOW, &mut Seeded::new(seed)).expect("room");
        self.store(disk, &mut Fuse::new(&[])).expect("no crash");
        records
    }

    /// One more text.
    pub(crate) fn wish(&mut self, text: &str) {
        self.wishes.push(text.to_owned());
        self.said.insert(text.to_owned());
    }

    /// How many texts are not known to have a session that the peer knows.
    pub(crate) fn unconfirmed(&self) -> usize {
        self.wishes.len() + self.sent.len()
    }

    /// Whether nothing is left to be sent.
    pub(crate) fn silent(&self) -> bool {
        self.outbox.is_empty() && self.wishes.is_empty() && self.sent.is_empty()
    }

    /// Does one piece of work; `false` when there is none.
    pub(crate) fn work(&mut self, around: &mut Surroundings) -> Result<bool, Crash> {
        if let Some(packet) = self.outbox.first().cloned() {
            self.post(&packet, around)?;
            self.outbox.remove(0);
            return Ok(true);
        }
        if let Some(packet) = around.relay.next(self.me) {
            return self.take(&packet, around).map(|()| true);
        }
        if self.wishes.is_empty() { Ok(false) } else { self.speak(around) }
    }

    /// Lets time do what it does.
    pub(crate) fn wait(&mut self, around: &mut Surroundings) -> Result<(), Crash> {
        let due = self.device.due(around.now);
        if due.events.is_empty() && due.packets.is_empty() {
            return Ok(());
        }
        self.note(due.events, around);
        self.outbox.extend(due.packets.into_iter().map(|(_, packet)| packet));
        self.store(&mut around.disks[self.me], &mut around.fuse)
    }

    fn post(&self, packet: &[u8], around: &mut Surroundings) -> Result<(), Crash> {
        around.fuse.step()?;
        self.observe(around, "sent");
        around.relay.accept(1 - self.me, packet);
        around.fuse.step()
    }

    fn take(&mut self, packet: &[u8], around: &mut Surroundings) -> Result<(), Crash> {
        let (now, rng) = (around.now, &mut around.rng);
        match self.device.receive(Some(&self.peer), packet, now, rng) {
            Ok(received) => {
                self.note(received.events, around);
                self.outbox.extend(received.replies);
                if self.life.habit == Habit::AcknowledgesFirst {
                    self.acknowledge(&mut around.relay, &mut around.fuse)?;
                    return self.store(&mut around.disks[self.me], &mut around.fuse);
                }
                self.store(&mut around.disks[self.me], &mut around.fuse)?;
                self.observe(around, "acknowledged");
            }
            Err(error) => around.refused(error),
        }
        self.acknowledge(&mut around.relay, &mut around.fuse)
    }

    fn acknowledge(&self, relay: &mut Relay, fuse: &mut Fuse) -> Result<(), Crash> {
        fuse.step()?;
        relay.forget(self.me);
        fuse.step()
    }

    /// Seals the next text, or starts a handshake when there is no session for it.
    fn speak(&mut self, around: &mut Surroundings) -> Result<bool, Crash> {
        let (now, text) = (around.now, self.wishes[0].clone());
        let sessions = self.device.sessions(&self.peer);
        let session =
            sessions.and_then(|all| all.sending(now)).map(|it| (it.key().id, it.status()));
        let rng = &mut around.rng;
        // A text that is sealed again is not the same text: here it says when it was sealed.
        let content = format!("{text}|{}", around.fuse.steps);
        let packet = match self.device.send(&self.peer, Kind::DATA, content.as_bytes(), now, rng) {
            Ok(outgoing) => {
                let (session, status) = session.expect("what is sent is sent on a session");
                self.wishes.remove(0);
                if status == Status::Unconfirmed {
                    self.sent.push((session, text));
                }
                self.note(outgoing.events, around);
                Some(outgoing.packet)
            }
            Err(Error::Caller(CallerError::NoSession)) => match self.begin(around) {
                Some(packet) => packet,
                None => return Ok(false),
            },
            Err(error) => panic!("{error}"),
        };
        if self.life.habit == Habit::SendsFirst {
            packet.iter().try_for_each(|packet| self.post(packet, around))?;
            self.store(&mut around.disks[self.me], &mut around.fuse)?;
        } else {
            self.outbox.extend(packet);
            self.store(&mut around.disks[self.me], &mut around.fuse)?;
        }
        Ok(true)
    }

    /// Starts a handshake unless one is under way; a prepared one has no packet of its own.
    fn begin(&mut self, around: &mut Surroundings) -> Option<Option<Vec<u8>>> {
        let rng = &mut around.rng;
        if self.life.prepared {
            let bundle = around.relay.bundle(1 - self.me);
            return match self.device.prepare(&bundle, around.now, rng) {
                Ok(events) => {
                    self.note(events, around);
                    Some(None)
                }
                Err(error) => around.not_now(error),
            };
        }
        self.device.expire(around.now);
        let name = NAMES[1 - self.me];
        let card = Card::issue(&identity(name), fields(name)).expect("the fields of a card");
        let waiting = self.device.handshakes().next().is_some();
        if waiting {
            return None;
        }
        match self.device.connect(&card, around.now, rng) {
            Ok(init) => Some(Some(init)),
            Err(error) => around.not_now(error),
        }
    }

    fn note(&mut self, events: Vec<Event>, around: &mut Surroundings) {
        for event in events {
            match event {
                Event::Message { plaintext, session, .. } => {
                    for gap in &plaintext.gap {
                        let numbers = gap.first..gap.first + gap.count;
                        self.gaps.extend(numbers.map(|it| (session, gap.epoch, it)));
                    }
                    self.gaps.remove(&(session, plaintext.epoch, plaintext.number));
                    if let Content::Data(_, bytes) = plaintext.content {
                        self.hear(bytes.expose(), &session, around);
                    }
                }
                Event::Confirmed { session } => self.sent.retain(|it| it.0 != session),
                Event::GivenUp { session, .. } => {
                    let lost = self.sent.extract_if(.., |it| it.0 == session);
                    let lost = lost.map(|it| it.1).collect::<Vec<_>>();
                    around.again.extend(lost.iter().cloned());
                    self.wishes.splice(..0, lost);
                }
                _ => (),
            }
        }
    }

    /// A text has arrived: the application answers it, and asks for a receipt.
    fn hear(&mut self, text: &[u8], session: &SessionId, around: &mut Surroundings) {
        let text = String::from_utf8(text.to_vec()).expect("a text");
        let text = text.split('|').next().expect("a first part").to_owned();
        if !self.inbox.contains(&text) {
            around.answers(&text).iter().for_each(|it| self.wish(it));
        }
        self.inbox.push(text);
        let receipt = self.device.receipt(&self.peer, session, around.now, &mut around.rng);
        self.outbox.extend(receipt.expect("an open session"));
    }

    fn sessions(&self) -> Vec<u8> {
        self.device.snapshot(&self.peer).map_or(Vec::new(), |it| it.expose().to_vec())
    }

    /// Stores what has changed, in the order of PREP-32, and at last the generations.
    fn store(&mut self, disk: &mut Disk, fuse: &mut Fuse) -> Result<(), Crash> {
        let keys = (
            self.device.prekeys().snapshot().expose().to_vec(),
            self.device.replay_cache().snapshot(),
        );
        let changed = keys != self.keys;
        if changed && self.life.habit == Habit::PrekeysFirst {
            save(disk, "prekeys", &keys, self.life.sealed, fuse)?;
        }
        // A handshake that is half open does not outlive the process, nor do its packets.
        let outbox: Vec<_> = self.outbox.iter().filter(|packet| packet[1] > 2).collect();
        let state = (self.sessions(), &self.inbox, &self.wishes, &self.sent, outbox);
        save(disk, "state", &state, self.life.sealed, fuse)?;
        if changed && self.life.habit != Habit::PrekeysFirst {
            save(disk, "prekeys", &keys, self.life.sealed, fuse)?;
        }
        self.keys = keys;
        let sessions = self.device.sessions(&self.peer).into_iter().flat_map(|all| all.iter());
        let of = |key: SessionKey, generation| (key.ts_i, key.id, generation);
        let sessions: Vec<_> = sessions.map(|it| of(it.key(), it.generation())).collect();
        let least: Least = (self.device.prekeys().generation(), sessions);
        save(disk, "least", &least, self.life.sealed, fuse)
    }

    /// Compares what is durable with what is known, when something becomes known to others.
    fn observe(&self, around: &mut Surroundings, what: &str) {
        let disk = &around.disks[self.me];
        if self.life.sealed || self.life.habit != Habit::Right {
            return;
        }
        let state: State =
            load(disk, "state", self.life.sealed).expect("whole").unwrap_or_default();
        let keys: Keys =
            load(disk, "prekeys", self.life.sealed).expect("whole").unwrap_or_default();
        if (&state.0, &state.1) != (&self.sessions(), &self.inbox) || keys != self.keys {
            around.wrong(format!("{} before it was durable", what));
        }
    }
}
