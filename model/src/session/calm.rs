//! What follows when the network behaves: the honest continuation of any state.
//!
//! It shows that a good end can be reached, by one way that is the same at every call: every
//! packet arrives (or everything under way is lost), both sides talk, a message that no session
//! opens is answered with a handshake, and time passes when nothing else helps.

use super::device::Done;
use super::life::{Report, Status};
use super::packet::{Kind, Note, Place, Time};
use super::rules::{DAY, Flaw, INTERVAL, Rules, WEEK, WINDOW};
use super::world::World;
use quipu::{Error, PeerError};

/// How the applications act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// The handshake with which they start.
    pub kind: Kind,
    /// Whether what is under way is lost.
    pub lossy: bool,
}

impl World {
    /// Whether both sides, left in peace, end on one session that carries messages both ways.
    /// A clock that is more than a day wrong is set right. Ten minutes have to do, and a week when an unconfirmed prepared session has to end first.
    pub fn heals(&self, manner: Manner, rules: &Rules) -> bool {
        let mut world = self.clone();
        world.clocks = world.clocks.map(|ahead| if ahead > DAY { 0 } else { ahead });
        if manner.lossy {
            world.network.clear();
        }
        world.flush(manner, rules);
        for time in [0, WINDOW, INTERVAL] {
            if world.wait(time, manner, rules) {
                return true;
            }
        }
        world.waits_for_a_week(rules) && world.wait(WEEK, manner, rules)
    }

    fn waits_for_a_week(&self, rules: &Rules) -> bool {
        (0..2).any(|side| {
            let sessions = &self.devices[side].sessions;
            let sending = self.sending(side, rules).and_then(|place| sessions.get(place));
            sending.is_some_and(|it| it.status == Status::Unconfirmed)
        })
    }

    /// Time passes, then both talk.
    fn wait(&mut self, time: Time, manner: Manner, rules: &Rules) -> bool {
        self.pass(time);
        for side in [0, 1] {
            self.due(side, rules);
        }
        self.flush(manner, rules);
        (0..2).any(|_| self.talk(manner, rules))
    }

    /// Everything under way arrives, and what follows from it.
    fn flush(&mut self, manner: Manner, rules: &Rules) {
        for _ in 0..64 {
            if self.network.is_empty() {
                return;
            }
            let flying = self.network.remove(0);
            let result = self.deliver(flying.to, &flying.packet, true, rules);
            self.react(flying.to, &result, manner, rules);
        }
    }

    /// What an application does that wants to be reachable: at most once in 10 minutes it answers
    /// with a handshake.
    fn react(&mut self, side: usize, result: &Result<Done, Error>, manner: Manner, rules: &Rules) {
        let unknown = match result {
            Err(error) => *error == PeerError::UnknownSession.into(),
            Ok(done) => {
                let reacts = !rules.flaws.has(Flaw::LesserUnanswered);
                done.reports.iter().any(|it| matches!(it, Report::Established(_, true))) && reacts
            }
        };
        let now = self.clock(side);
        if unknown && self.devices[side].may_reconnect(now) && self.begin(side, manner, rules) {
            self.devices[side].reconnected = Some(now);
        }
    }

    /// Starts; a prepared session is of no use to the peer before its first message.
    fn begin(&mut self, side: usize, manner: Manner, rules: &Rules) -> bool {
        let begun = self.start(side, manner.kind, rules).is_ok();
        if begun && manner.kind == Kind::Prepared {
            let _ = self.send(side, rules);
        }
        begun
    }

    /// Each side says something. Whether both were heard, on one session.
    fn talk(&mut self, manner: Manner, rules: &Rules) -> bool {
        let heard = [0, 1].map(|side| self.say(side, manner, rules));
        let sending = [0, 1].map(|side| self.sending(side, rules));
        heard[0].is_some() && heard[0] == heard[1] && sending == heard
    }

    /// A side says something. The session on which it was heard.
    fn say(&mut self, side: usize, manner: Manner, rules: &Rules) -> Option<Place> {
        if self.sending(side, rules).is_none() {
            self.begin(side, manner, rules);
            self.flush(manner, rules);
        }
        let done = self.send(side, rules).ok()?;
        let packet = done.packets.first()?;
        let (place, Note { number, .. }) = (packet.place(), packet.note()?);
        self.flush(manner, rules);
        let accepted = self.ledger[usize::from(place)][side].accepted;
        (accepted & (1 << number) != 0).then_some(place)
    }
}
