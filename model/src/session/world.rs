//! Two devices and the network between them.

use super::device::{Device, Done};
use super::life::{Report, Status};
use super::packet::{Handshake, Kind, Packet, Place, Time};
use super::rules::{DAY, Facts, Rules};
use quipu::Error;

/// A packet under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flying {
    /// The side that it goes to.
    pub to: usize,
    /// The packet.
    pub packet: Packet,
    /// Whether it has been under way for days: the relay keeps it a week.
    pub old: bool,
}

/// What became of the messages of one side on one session. No device sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// The numbers of texts that were sent.
    pub texts: u32,
    /// The numbers of texts that were accepted.
    pub accepted: u32,
    /// The numbers of texts that were delivered and refused.
    pub refused: u32,
    /// The numbers that the sender was told were never confirmed.
    pub told: u32,
    /// Whether either side has lost the session together with all its state, or to make room for
    /// others.
    pub lost: bool,
}

/// What happens from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// The life of a half-open handshake.
    Minute,
    /// The life of an unconfirmed session, and the window.
    FiveMinutes,
    /// Four days: two of them are more than a week.
    Days,
}

impl Moment {
    /// How long it lasts.
    pub fn time(self) -> Time {
        match self {
            Self::Minute => 60_000,
            Self::FiveMinutes => 300_000,
            Self::Days => 4 * DAY,
        }
    }
}

/// How much of everything has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spent {
    /// Handshakes begun by each side.
    pub starts: [u8; 2],
    /// Texts sent by each side.
    pub texts: [u8; 2],
    /// Packets lost.
    pub losses: u8,
    /// Packets delivered a second time.
    pub replays: u8,
    /// Restarts.
    pub crashes: u8,
    /// Losses of all state.
    pub reinstalls: u8,
    /// Moments that passed.
    pub moments: u8,
    /// Clocks set right.
    pub corrections: u8,
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The true time.
    pub now: Time,
    /// How far the clock of each side is ahead of it.
    pub clocks: [Time; 2],
    /// The ranks of the session ids.
    pub ranks: Vec<u8>,
    /// The handshakes.
    pub handshakes: Vec<Handshake>,
    /// The devices.
    pub devices: [Device; 2],
    /// The packets under way, sorted, each once.
    pub network: Vec<Flying>,
    /// The messages: for each handshake those of each side.
    pub ledger: Vec<[Ledger; 2]>,
    /// How much of everything has happened.
    pub spent: Spent,
    /// Whether a session was given up or dropped for another reason than its age.
    pub disturbed: bool,
}

impl World {
    /// Nothing has happened.
    pub fn new(now: Time, clocks: [Time; 2], ranks: Vec<u8>) -> Self {
        Self {
            now,
            clocks,
            ranks,
            handshakes: Vec::new(),
            devices: [Device::default(), Device::default()],
            network: Vec::new(),
            ledger: Vec::new(),
            spent: Spent::default(),
            disturbed: false,
        }
    }

    /// What a side's clock shows.
    pub fn clock(&self, side: usize) -> Time {
        self.now + self.clocks[side]
    }

    /// What the rules look at.
    pub fn facts<'a>(&'a self, rules: &'a Rules) -> Facts<'a> {
        Facts { handshakes: &self.handshakes, ranks: &self.ranks, rules }
    }

    /// Lets a device do something, in the light of the facts.
    fn with<T>(
        &mut self,
        side: usize,
        rules: &Rules,
        act: impl FnOnce(&mut Device, &Facts<'_>, Time) -> T,
    ) -> T {
        let now = self.clock(side);
        let facts = Facts { handshakes: &self.handshakes, ranks: &self.ranks, rules };
        act(&mut self.devices[side], &facts, now)
    }

    /// The session on which a side sends.
    pub fn sending(&self, side: usize, rules: &Rules) -> Option<Place> {
        let facts = self.facts(rules);
        self.devices[side].sessions.sending(&facts, self.clock(side))
    }

    /// A side starts a handshake.
    ///
    /// # Errors
    /// `window`.
    pub fn start(&mut self, side: usize, kind: Kind, rules: &Rules) -> Result<Done, Error> {
        let life = self.devices[1 - side].life;
        let handshake =
            self.with(side, rules, |device, facts, now| device.plan(kind, side, life, facts, now))?;
        let place = u8::try_from(self.handshakes.len()).unwrap_or(u8::MAX);
        self.handshakes.push(handshake);
        self.ledger.push([Ledger::default(); 2]);
        let done = self.with(side, rules, |device, facts, now| device.begin(place, facts, now));
        self.note(side, &done, rules);
        Ok(done)
    }

    /// A side sends a text.
    ///
    /// # Errors
    /// `no_session`.
    pub fn send(&mut self, side: usize, rules: &Rules) -> Result<Done, Error> {
        let done = self.with(side, rules, Device::send)?;
        self.note(side, &done, rules);
        Ok(done)
    }

    /// A side does what its clock demands.
    pub fn due(&mut self, side: usize, rules: &Rules) -> Done {
        let done = self.with(side, rules, Device::due);
        self.note(side, &done, rules);
        done
    }

    /// A packet reaches a side. With `last` no copy of it is under way any more.
    ///
    /// # Errors
    /// As [`Device::receive`].
    pub fn deliver(
        &mut self,
        to: usize,
        packet: &Packet,
        last: bool,
        rules: &Rules,
    ) -> Result<Done, Error> {
        let result = self.with(to, rules, |device, facts, now| device.receive(packet, facts, now));
        match &result {
            Ok(done) => {
                self.note(to, done, rules);
                let refused = done.reports.iter().any(|it| matches!(it, Report::Refused(_)));
                if refused && last {
                    self.refuse(to, packet);
                }
            }
            Err(_) if last => self.refuse(to, packet),
            Err(_) => {}
        }
        result
    }

    fn refuse(&mut self, to: usize, packet: &Packet) {
        if let Some(note) = packet.note().filter(|note| !note.receipt) {
            self.ledger[usize::from(packet.place())][1 - to].refused |= 1 << note.number;
        }
    }

    /// Writes down what a device did and puts its packets under way.
    fn note(&mut self, side: usize, done: &Done, rules: &Rules) {
        for report in &done.reports {
            match *report {
                Report::Message(place, note) if !note.receipt => {
                    self.ledger[usize::from(place)][1 - side].accepted |= 1 << note.number;
                }
                Report::GivenUp(place, sent) => {
                    self.ledger[usize::from(place)][side].told |= (1 << sent) - 1;
                    self.disturbed = true;
                }
                Report::Dropped(place) => {
                    self.disturbed = true;
                    if self.crowded(side, rules) {
                        self.ledger[usize::from(place)].iter_mut().for_each(|it| it.lost = true);
                    }
                }
                _ => {}
            }
        }
        for packet in &done.packets {
            if let Some(note) = packet.note().filter(|note| !note.receipt) {
                self.ledger[usize::from(packet.place())][side].texts |= 1 << note.number;
            }
            self.fly(Flying { to: 1 - side, packet: *packet, old: false });
        }
    }

    /// Whether a device has as many sessions as it may keep.
    fn crowded(&self, side: usize, rules: &Rules) -> bool {
        let count = |status| self.devices[side].sessions.count(status);
        count(Status::Confirmed) >= rules.confirmed || count(Status::GivenUp) >= rules.given_up
    }

    fn fly(&mut self, flying: Flying) {
        if let Err(at) = self.network.binary_search(&flying) {
            self.network.insert(at, flying);
        }
    }

    /// Time passes. What has been under way for a week is gone.
    pub fn pass(&mut self, time: Time) {
        self.now += time;
        if time >= 4 * DAY {
            self.network.retain(|it| !it.old && time < 7 * DAY);
            self.network.iter_mut().for_each(|it| it.old = true);
        }
    }

    /// A side loses everything but its identity.
    pub fn reinstall(&mut self, side: usize) {
        self.devices[side].reinstall();
        self.ledger.iter_mut().flatten().for_each(|it| it.lost = true);
        self.disturbed = true;
    }

    /// Whether nothing is under way and nothing waits for time or an answer.
    pub fn quiet(&self) -> bool {
        self.network.is_empty() && !self.devices.iter().any(Device::waits)
    }

    /// The texts of a side on a session that were delivered and refused, of which its sender was
    /// not told and will not be.
    pub fn stranded(&self, place: Place, from: usize) -> u32 {
        let ledger = &self.ledger[usize::from(place)][from];
        let end = self.devices[from].sessions.get(place).map(|it| it.status);
        let pending = end == Some(Status::Unconfirmed);
        if pending || ledger.lost { 0 } else { ledger.refused & !ledger.accepted & !ledger.told }
    }
}
