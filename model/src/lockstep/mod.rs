//! The crate in lockstep with the model of chapter 8.2: every action is done on both sides, and
//! both have to say the same.
//!
//! A state is that of the model, two devices of the crate as values and the bytes of the packets
//! under way. Whoever draws, draws bytes that depend on what for and where, never on what
//! happened elsewhere: the same story gives the same bytes. Session ids are drawn again until
//! they have the rank that the model gave them.
//!
//! Time is the same on both sides: 0 of the model is one fixed millisecond of 2026, and a clock
//! that is ahead in the model is ahead in the crate. Limits are those of the specification, so
//! what a model scales down stands at its real value here, or a prologue leads to it.

mod bounds;
mod compare;
mod draws;
mod facts;
pub mod logs;
mod party;
mod prologue;
mod real;
#[cfg(test)]
mod tests;

pub use bounds::{NAMES, named};
pub use facts::{Carried, Fact, Spoken, fact, spoken};
pub use real::{PacketId, PartyId};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use draws::{Draw, Purpose};
use party::{Call, Party};
use real::{Real, Reply};

use crate::engine::{Claim, Machine, Rule};
use crate::session::{Action, Done, Flying, Kind, Model, Packet, Place, World};

/// A state of the model and the same state of the crate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The model.
    pub world: World,
    /// The devices of the crate.
    pub parties: [PartyId; 2],
    /// The bytes of the packets under way, by receiver and packet.
    pub packets: Vec<(usize, Packet, PacketId)>,
    /// What each side said when they did not agree.
    pub divergence: Option<Arc<str>>,
}

/// What was compared.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How often each outcome of each action was compared.
    pub outcomes: BTreeMap<(&'static str, &'static str), usize>,
    /// The devices of the crate that were met.
    pub parties: usize,
    /// How often the crate was asked.
    pub asked: usize,
}

impl Tally {
    /// All comparisons.
    pub fn steps(&self) -> usize {
        self.outcomes.values().sum()
    }
}

/// A model of chapter 8.2 with the crate beside it.
#[derive(Clone, Debug)]
pub struct Lockstep {
    /// The model.
    pub model: Model,
    prologue: prologue::Prologue,
    shared: Arc<Mutex<(Real, Tally)>>,
}

impl Lockstep {
    /// A model with the crate beside it. Every run begins with what `prologue` does.
    pub(crate) fn new(model: Model, prologue: prologue::Prologue) -> Self {
        Self { model, prologue, shared: Arc::default() }
    }

    /// What was compared so far.
    pub fn tally(&self) -> Tally {
        let (real, tally) = &*self.shared();
        Tally { parties: real.parties(), asked: real.asked, ..tally.clone() }
    }

    fn shared(&self) -> MutexGuard<'_, (Real, Tally)> {
        self.shared.lock().expect("nobody panics while holding it")
    }

    /// A start of the model, reached on both sides, and what the prologue does then.
    fn start(&self, world: &World) -> Pair {
        let empty = World::new(world.now, world.clocks, world.ranks.clone());
        let parties = {
            let (real, _) = &mut *self.shared();
            [0, 1].map(|side| real.party(Party::new(side, 0)))
        };
        let mut pair = Pair { world: empty, parties, packets: Vec::new(), divergence: None };
        if self.model.bounds.acquainted {
            pair = prologue::acquaint(self, pair);
        }
        if pair.divergence.is_some() {
            return pair;
        }
        assert_eq!(pair.world, *world, "both begin where the model does");
        (self.prologue)(self, pair)
    }

    /// The state after an action on both sides; none when nothing changes.
    pub fn step(&self, before: &Pair, action: &Action) -> Option<Pair> {
        if before.divergence.is_some() {
            return None;
        }
        let mut after = before.clone();
        let said = self.model.act(&mut after.world, action);
        let (real, tally) = &mut *self.shared();
        let outcome = match &said {
            None => "done",
            Some(Ok(_)) => "accepted",
            Some(Err(error)) => error.name(),
        };
        *tally.outcomes.entry((kind(action), outcome)).or_default() += 1;
        let agreed = self.ask(real, before, &mut after, action, said.as_ref());
        if let Err(text) = agreed.and_then(|()| self.compare(real, &after)) {
            after.divergence = Some(text.into());
            return Some(after);
        }
        let idle = matches!(action, Action::Start(..) | Action::Send(_) | Action::Replay(_));
        let refused = matches!(said, Some(Err(_)));
        (!(idle && refused) && after != *before).then_some(after)
    }

    /// Does with the crate what the model has done.
    fn ask(
        &self,
        real: &mut Real,
        before: &Pair,
        after: &mut Pair,
        action: &Action,
        said: Option<&Result<Done, quipu::Error>>,
    ) -> Result<(), String> {
        match *action {
            Action::Crash(side) => {
                let crashed = real.get(before.parties[side]).crashed();
                after.parties[side] = real.party(crashed);
            }
            Action::Reinstall(side) => {
                let life = after.world.devices[side].life;
                after.parties[side] = real.party(Party::new(side, life));
            }
            _ => {}
        }
        match (self.reply(real, before, action)?, said) {
            (Some((side, reply)), Some(said)) => {
                Self::judge(real, before, after, action, (side, reply), said)?;
            }
            (None, None) => {}
            (Some(_), None) => return Err("the crate is asked and the model is not".to_owned()),
            (None, Some(_)) => return Err("the model is asked and the crate is not".to_owned()),
        }
        let under_way = |(to, packet, _): &(usize, Packet, PacketId)| {
            after.world.network.iter().any(|it| (it.to, it.packet) == (*to, *packet))
        };
        after.packets.retain(under_way);
        Ok(())
    }

    /// Compares what both say, and puts the packets of the crate under way.
    fn judge(
        real: &mut Real,
        before: &Pair,
        after: &mut Pair,
        action: &Action,
        (side, reply): (usize, Reply),
        said: &Result<Done, quipu::Error>,
    ) -> Result<(), String> {
        after.parties[side] = reply.after;
        let seen = real.seen(before.parties[side], before.world.clock(side));
        let mut names = compare::names(&before.world.devices[side].sessions.0, &seen);
        compare::answers(said, &reply.said, &mut names)?;
        compare::draws(action, &reply.said)?;
        if reply.said.is_err() && !reply.unchanged {
            return Err("a refusal changed the state of the crate".to_owned());
        }
        if let Ok(done) = said {
            fly(after, side, &done.packets, &reply.packets)?;
        }
        Ok(())
    }

    /// Asks the crate, when the action is something that a device does.
    ///
    /// # Errors
    /// The packet under way that the crate has not made.
    fn reply(
        &self,
        real: &mut Real,
        before: &Pair,
        action: &Action,
    ) -> Result<Option<(usize, Reply)>, String> {
        let world = &before.world;
        let started = u8::try_from(world.handshakes.len()).unwrap_or(u8::MAX);
        let (side, call, of, place, number) = match *action {
            Action::Start(side, Kind::Interactive) => {
                (side, Call::Connect, Draw::Start, started, 0)
            }
            Action::Start(side, Kind::Prepared) => {
                let call = Call::Prepare(world.devices[1 - side].life);
                (side, call, Draw::Start, started, 0)
            }
            Action::Deliver(flying) | Action::Replay(flying) => {
                let (of, place, number) = received(world, &flying);
                let is =
                    |it: &&(usize, Packet, PacketId)| (it.0, it.1) == (flying.to, flying.packet);
                let known = before.packets.iter().find(is);
                let (.., id) =
                    known.ok_or_else(|| format!("the crate never made {}", flying.packet))?;
                (flying.to, Call::Receive(real.bytes(*id)), of, place, number)
            }
            Action::Send(side) => {
                let place = world.sending(side, &self.model.rules).unwrap_or(u8::MAX);
                let number = sent(world, side, place);
                let text = compare::text(place, number);
                (side, Call::Send(text), Draw::Seal, place, number)
            }
            Action::Due(side) => (side, Call::Due, Draw::Seal, 0, 0),
            Action::Lose(_)
            | Action::Pass(_)
            | Action::Crash(_)
            | Action::Reinstall(_)
            | Action::Correct(_) => return Ok(None),
        };
        let at = u8::from(side == 1);
        let purpose = Purpose { side: at, of, place, number, attempt: 0 };
        let rank = world.ranks.get(usize::from(place)).copied().unwrap_or(place);
        Ok(Some((side, real.ask(before.parties[side], call, world.clock(side), purpose, rank))))
    }

    fn compare(&self, real: &mut Real, pair: &Pair) -> Result<(), String> {
        let world = &pair.world;
        let seen = [0, 1].map(|side| real.seen(pair.parties[side], world.clock(side)));
        for side in [0, 1] {
            let sessions = &world.devices[side].sessions.0;
            let sending = world.sending(side, &self.model.rules);
            compare::devices(sessions, &world.handshakes, sending, &seen[side])?;
        }
        let sessions = [0, 1].map(|side| world.devices[side].sessions.0.as_slice());
        compare::both(sessions, [&seen[0], &seen[1]])
    }
}

/// Puts the packets of the crate under way, each beside that of the model.
fn fly(pair: &mut Pair, side: usize, model: &[Packet], real: &[PacketId]) -> Result<(), String> {
    for (packet, id) in model.iter().zip(real) {
        let known = pair.packets.iter().find(|it| (it.0, it.1) == (1 - side, *packet));
        match known {
            Some((.., known)) if known != id => {
                return Err(format!("the crate makes {packet} again with other bytes"));
            }
            Some(_) => {}
            None => pair.packets.push((1 - side, *packet, *id)),
        }
    }
    pair.packets.sort_unstable();
    Ok(())
}

/// For what a device draws that receives a packet.
fn received(world: &World, flying: &Flying) -> (Draw, Place, u8) {
    match flying.packet {
        Packet::Init(place) => (Draw::Answer, place, world.devices[flying.to].run),
        Packet::Response(place, run) => (Draw::Finish, place, run),
        Packet::Opening(place, ..) | Packet::Message(place, _) => {
            (Draw::Seal, place, sent(world, flying.to, place))
        }
    }
}

/// How many messages a side has sent on a session.
fn sent(world: &World, side: usize, place: Place) -> u8 {
    world.devices[side].sessions.get(place).map_or(0, |session| session.sent)
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Start(_, Kind::Interactive) => "start interactive",
        Action::Start(_, Kind::Prepared) => "start prepared",
        Action::Deliver(it) | Action::Replay(it) => match it.packet {
            Packet::Init(_) => "receive Init",
            Packet::Response(..) => "receive Response",
            Packet::Opening(_, _, None) => "receive opening",
            Packet::Opening(_, _, Some(_)) => "receive opening with message",
            Packet::Message(..) => "receive message",
        },
        Action::Lose(_) => "lose",
        Action::Send(_) => "send",
        Action::Due(_) => "due",
        Action::Pass(_) => "pass",
        Action::Crash(_) => "restart",
        Action::Reinstall(_) => "lose everything",
        Action::Correct(_) => "correct",
    }
}

impl Machine for Lockstep {
    type State = Pair;
    type Action = Action;

    fn starts(&self) -> Vec<Pair> {
        self.model.starts().iter().map(|world| self.start(world)).collect()
    }

    fn actions(&self, pair: &Pair, actions: &mut Vec<Action>) {
        if pair.divergence.is_none() {
            self.model.actions(&pair.world, actions);
        }
    }

    fn next(&self, pair: &Pair, action: &Action) -> Option<Pair> {
        self.step(pair, action)
    }

    fn honest(&self, action: &Action) -> bool {
        self.model.honest(action)
    }

    fn tell(&self, before: &Pair, action: &Action, after: &Pair) -> Vec<String> {
        let mut lines = self.model.tell(&before.world, action, &after.world);
        lines.extend(after.divergence.iter().map(|text| format!("DIVERGENCE: {text}")));
        lines
    }
}

/// That both say the same.
pub fn claims() -> Vec<Claim<Lockstep>> {
    vec![Claim {
        name: "in-step",
        sentence: "The crate accepts and refuses, reports, sends and keeps what the model says.",
        requirements: &["SESSION-03", "SESSION-05", "SESSION-06", "SESSION-09", "SESSION-10"],
        rule: Rule::Always(|_, pair: &Pair| pair.divergence.is_none()),
    }]
}
