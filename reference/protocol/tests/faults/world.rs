//! Two callers, a relay that loses nothing, and an observer who sees every packet.

use crate::caller::{Caller, Life, NAMES};
use crate::disk::{Crash, Disk, Fuse};
use crate::support::Seeded;
use crate::support::devices::{fields, identity};
use crate::support::pair::NOW;
use quipu::handshake::{CompletePacket, PrekeyPacket};
use quipu::prekeys::Bundle;
use quipu::{CallerError, Card, Error, PeerError};
use rand_core::{TryCryptoRng, TryRng};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Fresh keys, and a salt draw that never changes: whoever uses a message key twice shows one salt
/// with two texts.
#[derive(Debug, Default)]
pub(crate) struct OneSalt(u64);

impl TryRng for OneSalt {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("draws are of bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("draws are of bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0 += 1;
        if bytes.len() == 16 {
            bytes.fill(0);
            return Ok(());
        }
        Seeded::new(self.0).try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for OneSalt {}

/// Keeps packets in order until they are acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Relay {
    boxes: [Vec<Vec<u8>>; 2],
    records: [Vec<Vec<u8>>; 2],
    salts: BTreeMap<Vec<u8>, Vec<u8>>,
    twice: usize,
}

impl Relay {
    pub(crate) fn accept(&mut self, to: usize, packet: &[u8]) {
        let message = message(packet);
        if let Some(salt) = message.get(4..20) {
            let before = self.salts.entry(salt.to_vec()).or_insert_with(|| message.to_vec());
            self.twice += usize::from(before != message);
        }
        self.boxes[to].push(packet.to_vec());
    }

    pub(crate) fn next(&self, of: usize) -> Option<Vec<u8>> {
        self.boxes[of].first().cloned()
    }

    pub(crate) fn forget(&mut self, of: usize) {
        self.boxes[of].remove(0);
    }

    /// Hands out each one-time prekey once.
    pub(crate) fn bundle(&mut self, of: usize) -> Bundle {
        let card = Card::issue(&identity(NAMES[of]), fields(NAMES[of])).expect("fields");
        let records = &mut self.records[of];
        let one_time = (records.len() > 1).then(|| records.pop()).flatten();
        let bytes = Bundle::encode(card.as_bytes(), &records[0], one_time.as_deref(), None);
        Bundle::verify(&bytes).expect("genuine")
    }
}

/// The message that a packet carries; a handshake packet may carry none.
fn message(packet: &[u8]) -> &[u8] {
    match packet[1] {
        0x03 => CompletePacket::decode(packet).expect("layout").message,
        0x04 => PrekeyPacket::decode(packet).expect("layout").message,
        0x10 => packet,
        _ => &[],
    }
}

/// Everything but the callers.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) now: u64,
    pub(crate) relay: Relay,
    pub(crate) fuse: Fuse,
    pub(crate) disks: [Disk; 2],
    pub(crate) rng: OneSalt,
    /// At which step the clock jumps, and by how many milliseconds; set right when nobody works.
    pub(crate) jump: Option<(usize, i64)>,
    /// Whether the clock is wrong now.
    jumped: bool,
    /// Texts that were reported as never confirmed, and sent again.
    pub(crate) again: Vec<String>,
    wrong: Vec<String>,
}

impl Surroundings {
    /// What the application says to a text.
    pub(crate) fn answers(&self, text: &str) -> &'static [&'static str] {
        match text {
            "a0" => &["b0"],
            "a1" => &["b1"],
            "b1" => &["a2"],
            "a2" => &["b2"],
            _ => &[],
        }
    }

    /// What an honest peer and a relay that repeats may cause; anything else is wrong.
    pub(crate) fn refused(&mut self, error: Error) {
        let repeated = [PeerError::Duplicate, PeerError::Replay, PeerError::UnknownHandshake];
        let late = [PeerError::Time, PeerError::UnknownPrekey].map(Error::from);
        let late = self.jump.is_some() && late.contains(&error);
        if !late && !repeated.map(Error::from).contains(&error) {
            self.wrong(format!("refused as {error}"));
        }
    }

    /// What a clock that is wrong may cause at a call; anything else is wrong.
    pub(crate) fn not_now<T>(&mut self, error: Error) -> Option<T> {
        let allowed = [Error::from(PeerError::Time), CallerError::Window.into()];
        if self.jump.is_none() || !allowed.contains(&error) {
            self.wrong(format!("could not start: {error}"));
        }
        None
    }

    /// Lets the clock jump when its step has come.
    fn jump(&mut self) {
        if let Some((_, by)) = self.jump.filter(|it| !self.jumped && self.fuse.steps >= it.0) {
            self.now = self.now.saturating_add_signed(by);
            self.jumped = true;
        }
    }

    /// Somebody sets the clock right, once.
    fn set_right(&mut self) {
        if self.jumped
            && let Some((step, by)) = &mut self.jump
        {
            self.now = self.now.saturating_add_signed(-*by);
            (*step, *by) = (usize::MAX, 0);
            self.jumped = false;
        }
    }

    pub(crate) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }
}

/// Two devices and what is between them.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) around: Surroundings,
    pub(crate) callers: [Caller; 2],
    lives: [Life; 2],
    expected: [Vec<&'static str>; 2],
}

/// What a run showed.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) steps: usize,
    /// Whether every crash has come.
    pub(crate) crashed: bool,
    /// What should not have happened.
    pub(crate) wrong: Vec<String>,
}

impl World {
    pub(crate) fn new(
        lives: [Life; 2],
        wishes: [&[&'static str]; 2],
        mut disks: [Disk; 2],
        crashes: &[usize],
    ) -> Self {
        let mut relay = Relay::default();
        let mut start = |me: usize| {
            let mut caller = Caller::start(me, lives[me], &disks[me]).expect("no files yet");
            relay.records[me] = caller.prepare(wishes[me], &mut disks[me]);
            caller
        };
        let callers = [start(0), start(1)];
        let (fuse, rng) = (Fuse::new(crashes), OneSalt::default());
        let (again, wrong) = (Vec::new(), Vec::new());
        let (now, jump, jumped) = (NOW, None, false);
        let around = Surroundings { now, relay, fuse, disks, rng, jump, jumped, again, wrong };
        let of_ada = ["a0", "a1", "a2"].to_vec();
        let of_bob = [&["b0", "b1", "b2"], wishes[1]].concat();
        Self { around, callers, lives, expected: [of_bob, of_ada] }
    }

    /// Lets both work until nothing is left to do, or half an hour has passed.
    pub(crate) fn run(mut self) -> Seen {
        self.work();
        self.judge()
    }

    pub(crate) fn work(&mut self) {
        let mut idle = 0;
        while idle < 200 {
            let mut worked = false;
            for me in [0, 1] {
                self.around.jump();
                match self.callers[me].work(&mut self.around) {
                    Ok(did) => worked |= did,
                    Err(Crash) => {
                        self.restart(me);
                        worked = true;
                    }
                }
            }
            if worked {
                continue;
            }
            if self.callers.iter().all(Caller::silent) {
                break;
            }
            idle += 1;
            self.around.set_right();
            self.around.now += 10_000;
            for me in [0, 1] {
                if let Err(Crash) = self.callers[me].wait(&mut self.around) {
                    self.restart(me);
                }
            }
        }
    }

    /// Lets both work until both have the session and the first text is under way.
    pub(crate) fn step_until_session(&mut self) {
        while self.callers.iter().any(|it| it.inbox.is_empty()) {
            for me in [0, 1] {
                self.callers[me].work(&mut self.around).expect("no crash");
            }
        }
    }

    pub(crate) fn wrong(&self) -> Vec<&str> {
        self.around.wrong.iter().map(String::as_str).collect()
    }

    pub(crate) fn restart(&mut self, me: usize) {
        let started = Caller::start(me, self.lives[me], &self.around.disks[me]);
        self.callers[me] = started.expect("whole files");
    }

    fn judge(mut self) -> Seen {
        let peers = self.callers.iter().rev();
        for ((caller, expected), peer) in self.callers.iter().zip(&self.expected).zip(peers) {
            let mut inbox = caller.inbox.clone();
            inbox.sort();
            let mut fine = inbox == *expected;
            if self.around.jump.is_some() {
                // A text may come twice when it was reported as never confirmed; what does not come
                // is a gap here, or unconfirmed there.
                inbox.dedup_by(|one, other| one == other && self.around.again.contains(one));
                let twice = inbox.windows(2).any(|it| it[0] == it[1]);
                let lost = peer.said.iter().filter(|text| !inbox.contains(text)).count();
                fine = !twice && lost <= caller.gaps.len() + peer.unconfirmed();
            }
            if !fine {
                self.around.wrong.push(format!("arrived: {}", inbox.join(" ")));
            }
        }
        if self.around.relay.twice > 0 {
            self.around.wrong.push(String::from("two texts under one message key"));
        }
        let Surroundings { fuse, wrong, .. } = self.around;
        Seen { steps: fuse.steps, crashed: fuse.spent(), wrong }
    }
}
