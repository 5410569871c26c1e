//! A thief who does not stay passive: what it can make a side accept, and what that costs.
//!
//! One message of each chain, so that what counts is who made which step. A chain that the thief
//! made has `other_key`; two sides have the same keys of a chain when they agree on who made it
//! and all before it.

use super::knowledge::{Item, Knowledge, NUMBERS};
use super::model::{receiver, sender};
use super::side::{CHAINS, Flaw, Message, OLD, Side, at};
use crate::engine::Machine;
use quipu::PeerError;

/// A model of chapter 6 with a thief who becomes active.
#[derive(Clone, Copy, Debug)]
pub struct Active {
    /// The number of chains.
    pub chains: i8,
    /// What is broken, as bits.
    pub flaws: u32,
}

/// The theft of the whole state of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stolen {
    /// The side.
    pub victim: usize,
    /// Whether it was Ready.
    pub ready: bool,
    /// The newest chain that it knew of.
    pub newest: i8,
    /// What the thief can work out of the session of the two sides.
    pub known: Knowledge,
}

/// A side that has taken a step of the thief for one of its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fooled {
    /// The first chain that the thief made.
    pub epoch: i8,
    /// What the thief can work out of the session as this side has it.
    pub known: Knowledge,
}

/// What must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// A side that took a step of the thief accepted a later message of its peer.
    HeardPeer,
    /// A message of the peer in the chain that the thief made was not refused as
    /// `clone_suspected`.
    Unnoticed,
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stage {
    /// The two sides, the initiator first.
    pub sides: [Side; 2],
    /// The chains whose message was accepted by the peer.
    pub accepted: [bool; CHAINS],
    /// The theft.
    pub stolen: Option<Stolen>,
    /// What the thief has made of each side.
    pub fooled: [Option<Fooled>; 2],
    /// Whether each side has accepted a message of the thief in a chain of its peer.
    pub misled: [bool; 2],
    /// Whether a side that was Ready has refused a chain of its peer for what the thief wrote.
    pub deaf: bool,
    /// What went wrong.
    pub wrong: Option<Wrong>,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A side sends.
    Send(usize),
    /// The message of a chain arrives.
    Deliver(i8),
    /// The state of a side is stolen.
    Steal(usize),
    /// The thief begins a chain towards a side, with a key of its own.
    ForgeStep(usize),
    /// The thief writes on in the chain of a side's peer.
    ForgeMessage(usize),
}

impl Stage {
    /// Whether the thief has been passive until now.
    pub fn untouched(&self) -> bool {
        self.fooled == [None; 2] && self.misled == [false; 2]
    }

    /// What the thief knows of the session as a side has it.
    pub fn known(&self, side: usize) -> Knowledge {
        let stolen = self.stolen.map(|it| it.known).unwrap_or_default();
        self.fooled[side].map_or(stolen, |it| it.known)
    }

    /// The chain that a side would take from its peer as the next one; none while it is Pending.
    pub fn next_chain(&self, side: usize) -> Option<i8> {
        self.sides[side].ready.then(|| next_received(&self.sides[side]))
    }

    /// The chain of its peer in which a side would take one more message.
    pub fn present_chain(&self, side: usize) -> Option<i8> {
        Some(self.sides[side].receiving).filter(|epoch| *epoch >= 0)
    }

    /// Whether a side would accept a chain that the thief begins.
    pub fn step_open(&self, side: usize) -> bool {
        let known = self.known(side);
        let can = |epoch| known.has(Item::Root(epoch)) && known.has(Item::Header(epoch));
        self.next_chain(side).is_some_and(can)
    }

    /// The number under which a side would accept a message of the thief in its peer's present
    /// chain.
    pub fn message_open(&self, side: usize) -> Option<u8> {
        let (epoch, known) = (self.present_chain(side)?, self.known(side));
        let mut numbers = self.sides[side].next[at(epoch)]..NUMBERS;
        numbers
            .find(|number| known.has(Item::Chain(epoch, *number)) && known.has(Item::Header(epoch)))
    }
}

/// The next chain that a side would take.
fn next_received(side: &Side) -> i8 {
    if side.receiving < 0 { 1 } else { side.receiving + 2 }
}

impl Active {
    fn broken(&self, flaw: Flaw) -> bool {
        self.flaws & (1 << flaw as u8) != 0
    }

    fn receive(&self, world: &mut Stage, to: usize, message: &Message) -> Result<(), PeerError> {
        let mut side = world.sides[to].clone();
        side.receive(message, |flaw| self.broken(flaw))?;
        world.sides[to] = side;
        Ok(())
    }

    /// A message of the peer arrives. A chain that is new to the receiver opens only when both
    /// have the same keys, so when they agree on who made every chain before.
    fn deliver(&self, world: &mut Stage, epoch: i8) {
        let (to, from) = (receiver(epoch), sender(epoch));
        let previous = if epoch >= 2 { world.sides[from].sent[at(epoch - 2)] } else { 0 };
        let message = Message { epoch, number: 0, previous, copy: false, other_key: false };
        let known = epoch <= world.sides[to].receiving;
        let agree = (0..epoch)
            .all(|it| world.sides[to].other_key[at(it)] == world.sides[from].other_key[at(it)]);
        let kept = epoch >= world.sides[to].receiving - 2 * OLD;
        let taken = world.fooled[to];
        let result = if known || agree {
            self.receive(world, to, &message)
        } else {
            Err(PeerError::Authentication)
        };
        world.accepted[at(epoch)] |= result.is_ok();
        match (taken, result) {
            (Some(it), Err(error))
                if it.epoch == epoch && kept && error != PeerError::CloneSuspected =>
            {
                world.wrong = Some(Wrong::Unnoticed);
            }
            (Some(it), Ok(())) if it.epoch == epoch => world.wrong = Some(Wrong::Unnoticed),
            (Some(it), Ok(())) if epoch > it.epoch => world.wrong = Some(Wrong::HeardPeer),
            (None, Err(PeerError::Protocol)) if world.misled[to] && world.sides[to].ready => {
                world.deaf = true;
            }
            _ => {}
        }
    }

    /// The thief begins a chain: from here it has the keys of a session of its own with this side.
    fn forge_step(&self, world: &mut Stage, side: usize) {
        let (epoch, before) = (next_received(&world.sides[side]), world.known(side));
        let previous = world.sides[side].receiving;
        let previous = if previous < 0 { 0 } else { world.sides[side].next[at(previous)] };
        let message = Message { epoch, number: 0, previous, copy: true, other_key: true };
        if self.receive(world, side, &message).is_err() {
            return;
        }
        let mut known = Knowledge::default();
        for item in [Item::Root(epoch), Item::Header(epoch), Item::Header(epoch + 1)] {
            if before.has(item) {
                known.add(item);
            }
        }
        known.add(Item::Private(epoch));
        known.close(self.broken(Flaw::NoAgreement), self.broken(Flaw::HeaderKeyStatic));
        let epoch = world.fooled[side].map_or(epoch, |it| it.epoch);
        world.fooled[side] = Some(Fooled { epoch, known });
    }

    fn forge_message(&self, world: &mut Stage, side: usize) {
        let Some(number) = world.message_open(side) else { return };
        let it = &world.sides[side];
        let epoch = it.receiving;
        let (previous, other_key) = (it.previous[at(epoch)], it.other_key[at(epoch)]);
        let message = Message { epoch, number, previous, copy: true, other_key };
        world.misled[side] |= self.receive(world, side, &message).is_ok();
    }
}

impl Machine for Active {
    type State = Stage;
    type Action = Act;

    fn starts(&self) -> Vec<Stage> {
        vec![Stage {
            sides: [Side::new(true), Side::new(false)],
            accepted: [false; CHAINS],
            stolen: None,
            fooled: [None; 2],
            misled: [false; 2],
            deaf: false,
            wrong: None,
        }]
    }

    fn actions(&self, world: &Stage, actions: &mut Vec<Act>) {
        if world.wrong.is_some() {
            return;
        }
        for side in [0, 1] {
            let epoch = world.sides[side].next_sending();
            if epoch < self.chains && world.sides[side].sent[at(epoch)] == 0 {
                actions.push(Act::Send(side));
            }
            if world.stolen.is_none() {
                actions.push(Act::Steal(side));
            }
            if world.step_open(side) && next_received(&world.sides[side]) < self.chains {
                actions.push(Act::ForgeStep(side));
            }
            if world.message_open(side).is_some() && !world.misled[side] {
                actions.push(Act::ForgeMessage(side));
            }
        }
        let sent = |epoch: &i8| world.sides[sender(*epoch)].sent[at(*epoch)] > 0;
        let fresh = |epoch: &i8| !world.accepted[at(*epoch)];
        actions.extend((0..self.chains).filter(sent).filter(fresh).map(Act::Deliver));
    }

    fn next(&self, before: &Stage, action: &Act) -> Option<Stage> {
        let mut world = before.clone();
        match *action {
            Act::Send(side) => drop(world.sides[side].send()),
            Act::Deliver(epoch) => self.deliver(&mut world, epoch),
            Act::Steal(victim) => {
                let side = &world.sides[victim];
                let known = side.reveal(|flaw| self.broken(flaw));
                let (ready, newest) = (side.ready, side.newest());
                world.stolen = Some(Stolen { victim, ready, newest, known });
            }
            Act::ForgeStep(side) => self.forge_step(&mut world, side),
            Act::ForgeMessage(side) => self.forge_message(&mut world, side),
        }
        (world != *before).then_some(world)
    }

    fn honest(&self, action: &Act) -> bool {
        matches!(action, Act::Send(_) | Act::Deliver(_))
    }

    fn tell(&self, _: &Stage, action: &Act, after: &Stage) -> Vec<String> {
        let name = |side: usize| ["P", "Q"][side];
        let step = match action {
            Act::Send(side) => format!("{} sends", name(*side)),
            Act::Deliver(epoch) => format!("{} gets chain {epoch}", name(receiver(*epoch))),
            Act::Steal(side) => format!("the state of {} is stolen", name(*side)),
            Act::ForgeStep(side) => format!("the thief begins a chain towards {}", name(*side)),
            Act::ForgeMessage(side) => format!("the thief writes to {} as its peer", name(*side)),
        };
        let fooled = [0, 1].into_iter().filter(|side| after.fooled[*side].is_some());
        let fooled = fooled.map(|side| format!("{} talks with the thief", name(side)));
        std::iter::once(step).chain(fooled).collect()
    }
}
