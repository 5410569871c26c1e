//! One device as a pure function of its state and an event.
//!
//! Refusals carry the reasons of chapter 8.8, so that the real crate can be asked the same.

use quipu::{CallerError, Error, PeerError};

use super::life::{Report, Session, Sessions, Status};
use super::packet::{Handshake, Kind, Note, Packet, Place, Time};
use super::rules::{DAY, Facts, Flaw, HALF_OPEN, INTERVAL, RECEIPT, WINDOW};

/// A handshake under way, which Response it is, and when it began here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exchange {
    /// The handshake.
    pub place: Place,
    /// Which Response.
    pub run: u8,
    /// When it began here.
    pub created: Time,
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Device {
    /// Inits that wait for a Response.
    pub awaiting: Vec<Exchange>,
    /// Responses that wait for a Complete.
    pub half_open: Vec<Exchange>,
    /// The replay cache, as a bit for each handshake.
    pub cache: u16,
    /// The replay set of the signed prekey, as a bit for each handshake.
    pub used: u16,
    /// The sessions with the peer.
    pub sessions: Sessions,
    /// When an unknown session was last answered with a handshake.
    pub reconnected: Option<Time>,
    /// How often it has started.
    pub run: u8,
    /// How often it has lost everything.
    pub life: u8,
}

/// What a device does in answer to an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What happened, in order.
    pub reports: Vec<Report>,
    /// Packets to the peer.
    pub packets: Vec<Packet>,
}

impl Device {
    /// Starts a handshake: what everybody will know of it, or why it cannot be. The packet or
    /// session follows by [`Device::begin`], once the handshake has its place.
    ///
    /// # Errors
    /// `window`.
    pub fn plan(
        &self,
        kind: Kind,
        by: usize,
        life: u8,
        facts: &Facts<'_>,
        now: Time,
    ) -> Result<Handshake, Error> {
        let floor = match self.sessions.greatest_confirmed() {
            Some(place) => facts.handshake(place).ts + 1,
            None => 0,
        };
        let ts = now.max(floor);
        let ahead = if kind == Kind::Interactive { WINDOW } else { DAY };
        if ts > now.saturating_add(ahead) {
            return Err(CallerError::Window.into());
        }
        Ok(Handshake { by, kind, ts, life })
    }

    /// Begins a handshake that was planned.
    pub fn begin(&mut self, place: Place, facts: &Facts<'_>, now: Time) -> Done {
        match facts.handshake(place).kind {
            Kind::Interactive => {
                self.awaiting.retain(|it| now.saturating_sub(it.created) < HALF_OPEN);
                self.awaiting.push(Exchange { place, run: 0, created: now });
                Done { reports: Vec::new(), packets: vec![Packet::Init(place)] }
            }
            Kind::Prepared => {
                let session = Session::new(place, 0, true, now);
                let reports = self.sessions.insert(session, facts, now);
                Done { reports, packets: Vec::new() }
            }
        }
    }

    /// Whether an unknown session may be answered with a handshake.
    pub fn may_reconnect(&self, now: Time) -> bool {
        self.reconnected.is_none_or(|at| now.saturating_sub(at) >= INTERVAL)
    }

    /// Sends a text.
    ///
    /// # Errors
    /// `no_session`.
    pub fn send(&mut self, facts: &Facts<'_>, now: Time) -> Result<Done, Error> {
        let place = self.sessions.sending(facts, now).ok_or(CallerError::NoSession)?;
        let session = self.sessions.get_mut(place).ok_or(CallerError::NoSession)?;
        let packets = vec![session.seal(false, facts)];
        Ok(Done { packets, reports: self.sessions.settle(facts, now) })
    }

    /// Does what time demands.
    pub fn due(&mut self, facts: &Facts<'_>, now: Time) -> Done {
        self.expire(facts, now);
        let reports = self.sessions.settle(facts, now);
        let interactive = |place| facts.handshake(place).kind == Kind::Interactive;
        Done { reports, packets: self.sessions.repeats(interactive, now) }
    }

    fn expire(&mut self, facts: &Facts<'_>, now: Time) {
        let young = |it: &Exchange| now.saturating_sub(it.created) < HALF_OPEN;
        self.awaiting.retain(young);
        self.half_open.retain(young);
        for (place, handshake) in facts.handshakes.iter().enumerate() {
            if handshake.ts.saturating_add(WINDOW) < now {
                self.cache &= !(1 << place);
            }
        }
    }

    /// Stops and starts again with what was durable: handshakes under way and the cache are gone.
    pub fn crash(&mut self) {
        self.awaiting.clear();
        self.half_open.clear();
        self.cache = 0;
        self.run += 1;
    }

    /// Begins anew with nothing but its identity.
    pub fn reinstall(&mut self) {
        *self = Self { run: self.run + 1, life: self.life + 1, ..Self::default() };
    }

    /// Takes a packet; a refusal leaves the device as it was.
    ///
    /// # Errors
    /// Those of chapters 4.4 to 4.6, 5.7 and 7.4 that honest packets can meet.
    pub fn receive(
        &mut self,
        packet: &Packet,
        facts: &Facts<'_>,
        now: Time,
    ) -> Result<Done, Error> {
        match *packet {
            Packet::Init(place) => self.receive_init(place, facts, now),
            Packet::Response(place, run) => self.receive_response(place, run, facts, now),
            Packet::Opening(place, run, note) => {
                let living = |it: &&Session| !it.outlived(now) && !it.ours;
                let known = self.sessions.get(place).filter(living).map(|it| it.run);
                match (known, facts.handshake(place).kind) {
                    (Some(it), _) if it == run => self.repeated(place, note, facts, now),
                    (Some(_), _) => Err(PeerError::UnknownHandshake.into()),
                    (None, Kind::Interactive) => self.complete(place, run, note, facts, now),
                    (None, Kind::Prepared) => self.prekey_init(place, note, facts, now),
                }
            }
            Packet::Message(place, note) => {
                let reports = self.message(place, note, facts, now)?;
                Ok(Done { reports, packets: Vec::new() })
            }
        }
    }

    fn receive_init(&mut self, place: Place, facts: &Facts<'_>, now: Time) -> Result<Done, Error> {
        let ts = facts.handshake(place).ts;
        if self.cache & (1 << place) != 0 && ts.saturating_add(WINDOW) >= now {
            return Err(PeerError::Replay.into());
        }
        if now.abs_diff(ts) > WINDOW {
            return Err(PeerError::Time.into());
        }
        self.cache |= 1 << place;
        self.half_open.push(Exchange { place, run: self.run, created: now });
        self.half_open.sort_unstable();
        let packets = vec![Packet::Response(place, self.run)];
        if facts.broken(Flaw::ResponderEarly) && self.sessions.get(place).is_none() {
            let session = Session::new(place, self.run, false, now);
            return Ok(Done { reports: self.sessions.insert(session, facts, now), packets });
        }
        Ok(Done { reports: self.sessions.settle(facts, now), packets })
    }

    fn receive_response(
        &mut self,
        place: Place,
        run: u8,
        facts: &Facts<'_>,
        now: Time,
    ) -> Result<Done, Error> {
        let young = |it: &Exchange| it.place == place && now.saturating_sub(it.created) < HALF_OPEN;
        let at = self.awaiting.iter().position(young).ok_or(PeerError::UnknownHandshake)?;
        self.awaiting.remove(at);
        let reports = self.sessions.insert(Session::new(place, run, true, now), facts, now);
        Ok(Done { reports, packets: vec![Packet::Opening(place, run, None)] })
    }

    fn complete(
        &mut self,
        place: Place,
        run: u8,
        note: Option<Note>,
        facts: &Facts<'_>,
        now: Time,
    ) -> Result<Done, Error> {
        let young = |it: &Exchange| it.place == place && now.saturating_sub(it.created) < HALF_OPEN;
        let at = self.half_open.iter().position(young).ok_or(PeerError::UnknownHandshake)?;
        if self.half_open[at].run != run {
            return Err(PeerError::Authentication.into());
        }
        self.half_open.remove(at);
        let session = Session::new(place, run, false, now);
        let mut reports = self.sessions.insert(session, facts, now);
        if let Some(note) = note {
            match self.message(place, note, facts, now) {
                Ok(more) => reports.extend(more),
                Err(error) => reports.push(Report::Refused(error)),
            }
        }
        Ok(Done { reports, packets: self.answer(place, facts, now) })
    }

    fn prekey_init(
        &mut self,
        place: Place,
        note: Option<Note>,
        facts: &Facts<'_>,
        now: Time,
    ) -> Result<Done, Error> {
        let handshake = facts.handshake(place);
        if handshake.life != self.life {
            return Err(PeerError::UnknownPrekey.into());
        }
        if self.used & (1 << place) != 0 {
            return Err(PeerError::Replay.into());
        }
        if handshake.ts > now.saturating_add(DAY) {
            return Err(PeerError::Time.into());
        }
        let note = note.ok_or(quipu::BytesError::Length)?;
        self.used |= 1 << place;
        let mut session = Session::new(place, 0, false, now);
        session.accept(note, now);
        let mut reports = self.sessions.insert(session, facts, now);
        reports.push(Report::Message(place, note));
        Ok(Done { reports, packets: self.answer(place, facts, now) })
    }

    fn repeated(
        &mut self,
        place: Place,
        note: Option<Note>,
        facts: &Facts<'_>,
        now: Time,
    ) -> Result<Done, Error> {
        if facts.broken(Flaw::RepeatRefused) {
            return Err(PeerError::Protocol.into());
        }
        let mut reports = vec![Report::Repeated(place)];
        match note {
            Some(note) => reports.extend(self.message(place, note, facts, now)?),
            None => reports.extend(self.sessions.settle(facts, now)),
        }
        Ok(Done { reports, packets: self.answer(place, facts, now) })
    }

    /// The receipt that answers an opening, unless there have been enough.
    fn answer(&mut self, place: Place, facts: &Facts<'_>, now: Time) -> Vec<Packet> {
        let Some(session) = self.sessions.get_mut(place) else { return Vec::new() };
        let (count, at) = session.answers;
        let in_time = now.saturating_sub(at) >= RECEIPT && count < facts.rules.answers;
        if count > 0 && !in_time {
            return Vec::new();
        }
        session.answers = (count + 1, now);
        vec![session.seal(true, facts)]
    }

    fn message(
        &mut self,
        place: Place,
        note: Note,
        facts: &Facts<'_>,
        now: Time,
    ) -> Result<Vec<Report>, Error> {
        let living = |it: &&mut Session| !it.outlived(now);
        let session =
            self.sessions.get_mut(place).filter(living).ok_or(PeerError::UnknownSession)?;
        if session.accepted & (1 << note.number) != 0 {
            return Err(PeerError::Duplicate.into());
        }
        let mut reports = Vec::new();
        if session.accept(note, now) {
            reports.push(Report::Confirmed(place));
        }
        reports.push(Report::Message(place, note));
        reports.extend(self.sessions.settle(facts, now));
        Ok(reports)
    }

    /// Whether something is open that time or the peer will end.
    pub fn waits(&self) -> bool {
        !self.awaiting.is_empty()
            || self.sessions.0.iter().any(|it| it.status == Status::Unconfirmed)
    }
}
