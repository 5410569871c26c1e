//! Two sides, a network that delivers any message at any time and as often as it likes, and a
//! thief.

use quipu::PeerError;

use super::knowledge::{Item, Knowledge};
use super::side::{CHAINS, Flaw, Message, OLD, SKIPPED, Side, at};

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

    pub(super) fn deliver(&self, world: &mut World, epoch: i8, number: u8) {
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

    pub(super) fn crash_in_send(&self, world: &mut World, side: usize) {
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

    pub(super) fn theft(&self, world: &World, victim: usize) -> Theft {
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

    pub(super) fn deliver_copy(&self, world: &mut World) {
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

    pub(super) fn garble(&self, world: &mut World, epoch: i8, number: u8) {
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

pub(super) fn receiver(epoch: i8) -> usize {
    1 - sender(epoch)
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
