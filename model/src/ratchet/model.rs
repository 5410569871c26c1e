//! Two sides, a network that delivers any message at any time and as often as it likes, and a
//! thief.

use quipu::PeerError;

use super::knowledge::{Item, Knowledge};
use super::side::{CHAINS, Flaw, Message, OLD, SKIPPED, Side, at};
use crate::engine::Machine;

/// A theft of the whole state of one side. It ends a run: what a passive thief will read of the
/// messages still to come is decided by what it has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Theft {
    /// The side.
    pub victim: usize,
    /// Whether it was Ready.
    pub ready: bool,
    /// The newest chain that it knew of.
    pub newest: i8,
    /// What the thief can work out.
    pub known: Knowledge,
    /// How many messages each chain had.
    pub sent: [u8; CHAINS],
    /// Whether a chain has ended, so that it will have no more.
    pub ended: [bool; CHAINS],
    /// Which numbers of each chain had been accepted.
    pub accepted: [u8; CHAINS],
    /// Which numbers the victim had jumped over and could still accept.
    pub waiting: [u8; CHAINS],
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The two sides, the initiator first.
    pub sides: [Side; 2],
    /// PN of each chain, and how many messages left the device.
    pub sent: [u8; CHAINS],
    /// Numbers that were accepted.
    pub accepted: [u8; CHAINS],
    /// Numbers that were reported as jumped over.
    pub jumped: [u8; CHAINS],
    /// For each side the numbers that it reported as jumped over and may still accept: kept here
    /// apart from the device, so that a device that keeps more shows.
    pub waiting: [Vec<(i8, u8)>; 2],
    /// Numbers that never left the device.
    pub unsent: [u8; CHAINS],
    /// The theft.
    pub theft: Option<Theft>,
    /// A message of a second copy, and to whom.
    pub copy: Option<(usize, Message)>,
    /// Whether the copy's message was accepted.
    pub copy_accepted: bool,
    /// Whether a side said `clone_suspected`.
    pub alarm: bool,
    /// Whether a restart happened while sending.
    pub crashed: bool,
    /// What went wrong.
    pub wrong: Option<Wrong>,
}

/// What must not happen, whatever the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// A message was accepted twice.
    Twice,
    /// A genuine message was refused that had not been accepted and whose keys must be there.
    Refused(PeerError),
    /// One key for two texts.
    KeyTwice,
    /// Both of two messages with one place were accepted.
    BothCopies,
    /// The second of two messages with one place was refused without a warning.
    Unnoticed,
    /// A garbled message changed the state.
    Changed,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A side sends.
    Send(usize),
    /// A side stops between sealing and storing.
    CrashInSend(usize),
    /// A message arrives.
    Deliver(i8, u8),
    /// A message under the right header key with another body arrives.
    Garble(i8, u8),
    /// The state of a side is stolen.
    Steal(usize),
    /// A second copy of a side sends.
    CopySends(usize),
    /// The copy's message arrives.
    DeliverCopy,
}

/// A model of chapter 6.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The number of chains.
    pub chains: i8,
    /// Messages of a chain.
    pub messages: u8,
    /// Whether there is a thief.
    pub thief: bool,
    /// Whether there can be a second copy.
    pub copies: bool,
    /// Whether messages are delivered again, garbled, or cut off by a crash.
    pub faults: bool,
    /// What is broken, as bits.
    pub flaws: u32,
}

impl Model {
    /// Whether a rule is broken.
    pub fn broken(&self, flaw: Flaw) -> bool {
        self.flaws & (1 << flaw as u8) != 0
    }

    fn receive(&self, world: &mut World, to: usize, message: &Message) -> Result<(), PeerError> {
        let mut side = world.sides[to].clone();
        let gap = side.receive(message, |flaw| self.broken(flaw))?;
        world.sides[to] = side;
        let waiting = &mut world.waiting[to];
        for (epoch, number) in gap {
            world.jumped[at(epoch)] |= 1 << number;
            waiting.push((epoch, number));
        }
        let oldest = world.sides[to].receiving - 2 * OLD;
        waiting.retain(|it| *it != (message.epoch, message.number) && it.0 >= oldest);
        let beyond = waiting.len().saturating_sub(SKIPPED);
        waiting.drain(..beyond);
        Ok(())
    }

    fn deliver(&self, world: &mut World, epoch: i8, number: u8) {
        let (to, chain, bit) = (receiver(epoch), at(epoch), 1 << number);
        let message = self.message(world, epoch, number);
        let expected = self.must_be_taken(world, epoch, number);
        match self.receive(world, to, &message) {
            Ok(()) if world.accepted[chain] & bit != 0 => world.wrong = Some(Wrong::Twice),
            Ok(()) => {
                world.accepted[chain] |= bit;
                let twin =
                    world.copy.is_some_and(|(_, it)| (it.epoch, it.number) == (epoch, number));
                if twin && world.copy_accepted {
                    world.wrong = Some(Wrong::BothCopies);
                }
            }
            Err(PeerError::CloneSuspected) => world.alarm = true,
            Err(error) if expected => world.wrong = Some(Wrong::Refused(error)),
            Err(_) => {}
        }
    }

    fn message(&self, world: &World, epoch: i8, number: u8) -> Message {
        let previous = if epoch >= 2 { world.sides[sender(epoch)].sent[at(epoch - 2)] } else { 0 };
        Message { epoch, number, previous, copy: false, other_key: false }
    }

    /// Whether nothing can be missing for a message: its chain is kept, no key can have been shed,
    /// and it has not been accepted.
    fn must_be_taken(&self, world: &World, epoch: i8, number: u8) -> bool {
        let side = &world.sides[receiver(epoch)];
        let fresh = world.accepted[at(epoch)] & (1 << number) == 0;
        let jumped: u32 = world.jumped.iter().map(|it| it.count_ones()).sum();
        let few = jumped as usize <= SKIPPED;
        let kept = epoch >= side.receiving - 2 * OLD;
        let pending_jump = world.unsent.iter().any(|it| *it != 0);
        fresh && few && kept && !pending_jump && world.copy.is_none()
    }

    fn theft(&self, world: &World, victim: usize) -> Theft {
        let side = &world.sides[victim];
        let mut ended = [false; CHAINS];
        for epoch in 0..self.chains {
            ended[at(epoch)] = epoch < world.sides[sender(epoch)].next_sending();
        }
        let mut waiting = [0; CHAINS];
        for (epoch, number) in &world.waiting[victim] {
            waiting[at(*epoch)] |= 1 << number;
        }
        Theft {
            victim,
            ready: side.ready,
            newest: side.newest(),
            known: side.reveal(|flaw| self.broken(flaw)),
            sent: world.sent,
            ended,
            accepted: world.accepted,
            waiting,
        }
    }

    fn deliver_copy(&self, world: &mut World) {
        let Some((to, message)) = world.copy else { return };
        match self.receive(world, to, &message) {
            Ok(()) => {
                world.copy_accepted = true;
                if world.accepted[at(message.epoch)] & (1 << message.number) != 0 {
                    world.wrong = Some(Wrong::BothCopies);
                }
            }
            Err(PeerError::CloneSuspected) => world.alarm = true,
            Err(PeerError::Duplicate | PeerError::Expired)
                if world.accepted[at(message.epoch)] & (1 << message.number) != 0 =>
            {
                world.wrong = Some(Wrong::Unnoticed);
            }
            Err(_) => {}
        }
    }

    fn garble(&self, world: &mut World, epoch: i8, number: u8) {
        let message = self.message(world, epoch, number);
        let to = receiver(epoch);
        let mut side = world.sides[to].clone();
        if side.receive(&message, |flaw| self.broken(flaw)).is_ok()
            && self.broken(Flaw::AdvancedBeforeBody)
        {
            world.sides[to] = side;
            world.wrong = Some(Wrong::Changed);
        }
    }
}

/// Who sends a chain.
pub(super) fn sender(epoch: i8) -> usize {
    usize::from(epoch % 2 != 0)
}

fn receiver(epoch: i8) -> usize {
    1 - sender(epoch)
}

impl Machine for Model {
    type State = World;
    type Action = Action;

    fn starts(&self) -> Vec<World> {
        vec![World {
            sides: [Side::new(true), Side::new(false)],
            sent: [0; CHAINS],
            accepted: [0; CHAINS],
            jumped: [0; CHAINS],
            waiting: [Vec::new(), Vec::new()],
            unsent: [0; CHAINS],
            theft: None,
            copy: None,
            copy_accepted: false,
            alarm: false,
            crashed: false,
            wrong: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.theft.is_some() || world.wrong.is_some() {
            return;
        }
        for side in [0, 1] {
            let epoch = world.sides[side].next_sending();
            let sent = world.sides[side].sent[at(epoch)];
            if epoch < self.chains && sent < self.messages {
                actions.push(Action::Send(side));
                if self.faults && !world.crashed {
                    actions.push(Action::CrashInSend(side));
                }
                if self.copies && world.copy.is_none() {
                    actions.push(Action::CopySends(side));
                }
            }
            if self.thief {
                actions.push(Action::Steal(side));
            }
        }
        for epoch in 0..self.chains {
            let numbers = 0..world.sent[at(epoch)];
            for number in numbers.filter(|it| world.unsent[at(epoch)] & (1 << it) == 0) {
                let again = world.accepted[at(epoch)] & (1 << number) != 0;
                if self.faults || !again {
                    actions.push(Action::Deliver(epoch, number));
                }
                if self.faults && !again {
                    actions.push(Action::Garble(epoch, number));
                }
            }
        }
        if world.copy.is_some() && !world.copy_accepted {
            actions.push(Action::DeliverCopy);
        }
    }

    fn next(&self, before: &World, action: &Action) -> Option<World> {
        let mut world = before.clone();
        match *action {
            Action::Send(side) => {
                let message = world.sides[side].send();
                world.sent[at(message.epoch)] = message.number + 1;
            }
            Action::CrashInSend(side) => {
                world.crashed = true;
                let durable = world.sides[side].clone();
                let message = world.sides[side].send();
                world.sent[at(message.epoch)] = message.number + 1;
                if self.broken(Flaw::SentBeforeDurable) {
                    world.sides[side] = durable;
                    world.wrong = Some(Wrong::KeyTwice);
                } else {
                    world.unsent[at(message.epoch)] |= 1 << message.number;
                }
            }
            Action::Deliver(epoch, number) => self.deliver(&mut world, epoch, number),
            Action::Garble(epoch, number) => self.garble(&mut world, epoch, number),
            Action::Steal(victim) => world.theft = Some(self.theft(&world, victim)),
            Action::CopySends(side) => {
                let mut copy = world.sides[side].clone();
                let drawn = !copy.ready;
                let message = Message { copy: true, other_key: drawn, ..copy.send() };
                world.copy = Some((1 - side, message));
            }
            Action::DeliverCopy => self.deliver_copy(&mut world),
        }
        (world != *before).then_some(world)
    }

    fn honest(&self, action: &Action) -> bool {
        matches!(action, Action::Send(_) | Action::Deliver(..))
    }

    fn tell(&self, _: &World, action: &Action, after: &World) -> Vec<String> {
        let name = |side: usize| ["P", "Q"][side];
        let step = match action {
            Action::Send(side) => format!("{} sends", name(*side)),
            Action::CrashInSend(side) => format!("{} stops while it sends", name(*side)),
            Action::Deliver(epoch, number) => {
                format!("{} receives {number} of chain {epoch}", name(receiver(*epoch)))
            }
            Action::Garble(epoch, number) => {
                let to = name(receiver(*epoch));
                format!("{to} receives another body as {number} of chain {epoch}")
            }
            Action::Steal(side) => format!("the state of {} is stolen", name(*side)),
            Action::CopySends(side) => format!("a second copy of {} sends", name(*side)),
            Action::DeliverCopy => "the message of the copy arrives".to_owned(),
        };
        let side = |index: usize| {
            let it = &after.sides[index];
            let state = if it.ready { "Ready" } else { "Pending" };
            format!("{} {state}, sends {}, receives {}", name(index), it.sending, it.receiving)
        };
        let mut lines = vec![step, side(0), side(1)];
        lines.extend(after.wrong.map(|wrong| format!("{wrong:?}")));
        lines
    }
}

impl Theft {
    /// Every message that there is or will be.
    pub fn messages(&self, model: &Model) -> impl Iterator<Item = (i8, u8)> {
        let most = model.messages;
        let count = move |epoch| if self.ended[at(epoch)] { self.sent[at(epoch)] } else { most };
        (0..model.chains)
            .flat_map(move |epoch| (0..count(epoch)).map(move |number| (epoch, number)))
    }

    /// Whether the thief reads the body of a message.
    pub fn reads_body(&self, epoch: i8, number: u8) -> bool {
        self.known.has(Item::Message(epoch, number))
    }

    /// Whether the thief reads the headers of a chain.
    pub fn reads_headers(&self, epoch: i8) -> bool {
        self.known.has(Item::Header(epoch))
    }
}
