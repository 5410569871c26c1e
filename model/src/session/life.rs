//! Chapter 8.2: one session of a device, and all that it has with the peer device.

use super::packet::{Note, Packet, Place, Time};
use super::rules::{DAY, Facts, Flaw, REPEATS, WEEK};

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Ours, and the responder has not answered on it.
    Unconfirmed,
    /// Ours, unconfirmed, and at a limit.
    GivenUp,
    /// Both sides have it.
    Confirmed,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// Its handshake.
    pub place: Place,
    /// Which Response.
    pub run: u8,
    /// Whether we are the initiator.
    pub ours: bool,
    /// Where it stands.
    pub status: Status,
    /// When it began here.
    pub created: Time,
    /// When the last message was accepted on it, or it began.
    pub last: Time,
    /// When it first stood below a confirmed session.
    pub below: Option<Time>,
    /// Whether the peer is known to have it confirmed.
    pub proven: bool,
    /// How many messages we sent.
    pub sent: u8,
    /// Which of the peer's messages were accepted.
    pub accepted: u32,
    /// How often Complete was repeated.
    pub repeats: u8,
    /// How often an opening was answered, and when last.
    pub answers: (u8, Time),
}

/// What happened on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// A session exists; it is less than a confirmed one that was here before.
    Established(Place, bool),
    /// The responder has answered on a session of ours.
    Confirmed(Place),
    /// A message was accepted.
    Message(Place, Note),
    /// The message behind an opening was refused.
    Refused(quipu::Error),
    /// An opening came again.
    Repeated(Place),
    /// A session was given up; so many messages were never confirmed.
    GivenUp(Place, u8),
    /// A session left.
    Dropped(Place),
}

impl Session {
    /// A session that begins.
    pub fn new(place: Place, run: u8, ours: bool, now: Time) -> Self {
        let status = if ours { Status::Unconfirmed } else { Status::Confirmed };
        Self {
            place,
            run,
            ours,
            status,
            created: now,
            last: now,
            below: None,
            proven: false,
            sent: 0,
            accepted: 0,
            repeats: 0,
            answers: (0, now),
        }
    }

    /// Whether an unconfirmed session has reached a limit.
    pub fn at_limit(&self, facts: &Facts<'_>, now: Time) -> bool {
        if self.status != Status::Unconfirmed || facts.broken(Flaw::NeverGivenUp) {
            return false;
        }
        let handshake = facts.handshake(self.place);
        let (messages, age) = facts.limits(handshake.kind);
        self.sent >= messages
            || now.saturating_sub(self.created) >= age
            || handshake.ts > now.saturating_add(DAY)
    }

    /// Whether a superseded session has had its time.
    pub fn outlived(&self, now: Time) -> bool {
        self.below.is_some_and(|moment| now.saturating_sub(moment.max(self.last)) >= WEEK)
    }

    /// The next message as it goes out.
    pub fn seal(&mut self, receipt: bool, facts: &Facts<'_>) -> Packet {
        let first = self.sent == 0;
        let later = self.ours && self.status == Status::Confirmed;
        let note = Note { number: self.sent, receipt, later };
        self.sent += 1;
        let alone = facts.broken(Flaw::OpeningOnce) && !first;
        if self.ours && self.status != Status::Confirmed && !alone {
            Packet::Opening(self.place, self.run, Some(note))
        } else {
            Packet::Message(self.place, note)
        }
    }

    /// Accepts a message. Returns whether it confirmed the session.
    pub fn accept(&mut self, note: Note, now: Time) -> bool {
        self.accepted |= 1 << note.number;
        self.last = self.last.max(now);
        let confirmed = self.status != Status::Confirmed;
        self.status = Status::Confirmed;
        self.proven |= self.ours || note.later;
        confirmed
    }

    fn give_up(&mut self, facts: &Facts<'_>, reports: &mut Vec<Report>) {
        if self.status == Status::Unconfirmed {
            self.status = Status::GivenUp;
            if !facts.broken(Flaw::GivenUpSilent) {
                reports.push(Report::GivenUp(self.place, self.sent));
            }
        }
    }
}

/// The sessions with the peer device, the greatest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sessions(pub Vec<Session>);

impl Sessions {
    /// A session by its handshake.
    pub fn get(&self, place: Place) -> Option<&Session> {
        self.0.iter().find(|session| session.place == place)
    }

    /// A session by its handshake.
    pub fn get_mut(&mut self, place: Place) -> Option<&mut Session> {
        self.0.iter_mut().find(|session| session.place == place)
    }

    /// How many stand there.
    pub fn count(&self, status: Status) -> usize {
        self.0.iter().filter(|it| it.status == status).count()
    }

    /// The session on which a message goes out.
    pub fn sending(&self, facts: &Facts<'_>, now: Time) -> Option<Place> {
        let sends = |it: &&Session| it.status != Status::GivenUp && !it.at_limit(facts, now);
        let mut able = self.0.iter().filter(sends);
        let found = if facts.broken(Flaw::LastWins) {
            able.max_by_key(|it| (it.created, it.place))
        } else if facts.broken(Flaw::OwnWins) {
            able.max_by_key(|it| (it.ours, facts.key(it.place)))
        } else {
            able.next()
        };
        found.map(|it| it.place)
    }

    /// The greatest confirmed session.
    pub fn greatest_confirmed(&self) -> Option<Place> {
        let mut confirmed = self.0.iter().filter(|it| it.status == Status::Confirmed);
        confirmed.next().map(|it| it.place)
    }

    /// Takes in a new session.
    pub fn insert(&mut self, session: Session, facts: &Facts<'_>, now: Time) -> Vec<Report> {
        let key = facts.key(session.place);
        let lesser = !session.ours
            && self.greatest_confirmed().is_some_and(|greatest| facts.key(greatest) > key);
        let mut reports = vec![Report::Established(session.place, lesser)];
        if session.status == Status::Unconfirmed {
            if facts.broken(Flaw::BeforeDropped) {
                self.0.retain(|it| it.status != Status::Unconfirmed);
            }
            self.0.iter_mut().for_each(|it| it.give_up(facts, &mut reports));
        }
        let at = self.0.partition_point(|it| facts.key(it.place) > key);
        self.0.insert(at, session);
        reports.extend(self.settle(facts, now));
        reports
    }

    /// Does what time demands: gives up and drops.
    pub fn settle(&mut self, facts: &Facts<'_>, now: Time) -> Vec<Report> {
        let mut reports = Vec::new();
        for session in self.0.iter_mut().filter(|it| it.at_limit(facts, now)) {
            session.give_up(facts, &mut reports);
        }
        let unproven = facts.broken(Flaw::UnprovenSupersedes);
        let mut greater = false;
        for session in &mut self.0 {
            if greater {
                session.below.get_or_insert(now);
            }
            greater |= session.status == Status::Confirmed && (unproven || session.proven);
        }
        self.drop_beyond(facts, now, &mut reports);
        reports
    }

    fn drop_beyond(&mut self, facts: &Facts<'_>, now: Time, reports: &mut Vec<Report>) {
        let mut counts = [0_usize; 2];
        let greatest = self.greatest_confirmed();
        self.0.retain(|session| {
            let (count, most) = match session.status {
                Status::Confirmed => (&mut counts[0], facts.rules.confirmed),
                Status::GivenUp => (&mut counts[1], facts.rules.given_up),
                Status::Unconfirmed => return true,
            };
            let outlived = session.outlived(now);
            *count += usize::from(!outlived);
            let deaf = session.status == Status::GivenUp && facts.broken(Flaw::GivenUpDeaf);
            let loser = facts.broken(Flaw::LoserDeleted)
                && greatest.is_some_and(|it| facts.key(it) > facts.key(session.place));
            let keep = *count <= most && !outlived && !deaf && !loser;
            if !keep {
                reports.push(Report::Dropped(session.place));
            }
            keep
        });
    }

    /// Completes that are due again.
    pub fn repeats(&mut self, interactive: impl Fn(Place) -> bool, now: Time) -> Vec<Packet> {
        let mut packets = Vec::new();
        for session in &mut self.0 {
            let age = now.saturating_sub(session.created);
            let passed = REPEATS.iter().take_while(|after| **after <= age).count();
            let passed = u8::try_from(passed).unwrap_or(u8::MAX);
            let open = session.status == Status::Unconfirmed && interactive(session.place);
            if open && passed > session.repeats {
                session.repeats = passed;
                packets.push(Packet::Opening(session.place, session.run, None));
            }
        }
        packets
    }
}
