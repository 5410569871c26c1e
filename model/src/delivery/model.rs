//! Outbox, network, mailbox, push, receiver, acknowledgement; each can stop at any moment.

use super::world::{MESSAGES, World};
use crate::engine::Machine;

/// A rule of delivery that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Flaw {
    /// The receiver acknowledges before it stores.
    AckBeforeStore,
    /// The receiver hands over whatever comes.
    NoDuplicates,
    /// The relay deletes what it pushed.
    DeletedOnPush,
    /// The relay forgets its mailbox when it stops.
    VolatileMailbox,
    /// The sender forgets what it sent.
    ClearedOnSend,
    /// The receiver forgets what it accepted when it stops.
    VolatileState,
    /// The sender sends once.
    NoRetry,
    /// The receiver says nothing of the order.
    NoOrder,
    /// The relay drops what has expired and says nothing.
    SilentExpiry,
    /// The relay reads what it keeps.
    ReadingRelay,
    /// The receiver stores its state and its plaintext one after the other.
    TwoCommits,
    /// The receiver does not acknowledge a duplicate again.
    DuplicateUnacknowledged,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The application gives a message to the sender.
    Give,
    /// The sender uploads, for the first time or again.
    Upload(u8),
    /// An upload arrives.
    Arrive(u8),
    /// The relay's acknowledgement arrives.
    Confirm(u8),
    /// The relay pushes.
    Push(u8),
    /// A push arrives.
    Receive(u8),
    /// The receiver stores what it has in memory.
    Store,
    /// The receiver's acknowledgement arrives.
    Ack(u8),
    /// Everything under way in one direction is lost.
    Lose(Leg),
    /// What the mailbox has expires.
    Expire,
    /// Word of an expiry arrives.
    Tell(u8),
    /// A part stops and starts again.
    Crash(Part),
}

/// A leg of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// Uploads.
    Uploads,
    /// Acknowledgements of the relay.
    Stored,
    /// Pushes.
    Pushes,
    /// Acknowledgements of the receiver.
    Acks,
}

/// What can stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The sender.
    Sender,
    /// The relay.
    Relay,
    /// The receiver.
    Receiver,
}

/// The model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Model {
    /// Restarts.
    pub crashes: u8,
    /// Losses.
    pub losses: u8,
    /// Whether messages expire.
    pub expiry: bool,
    /// What is broken, as bits.
    pub flaws: u32,
}

fn messages(set: u8) -> impl Iterator<Item = u8> {
    (0..MESSAGES).filter(move |message| set & (1 << message) != 0)
}

impl Model {
    fn broken(&self, flaw: Flaw) -> bool {
        self.flaws & (1 << flaw as u8) != 0
    }

    fn arrive(&self, world: &mut World, bit: u8) {
        world.uploads &= !bit;
        if world.seen & bit == 0 {
            world.mailbox |= bit;
            world.seen |= bit;
        }
        world.stored |= bit;
        world.read |= self.broken(Flaw::ReadingRelay);
    }

    fn receive(&self, world: &mut World, bit: u8) {
        world.pushes &= !bit;
        let known = (world.accepted | world.unstored) & bit != 0;
        if known && !self.broken(Flaw::NoDuplicates) {
            if world.accepted & bit != 0 && !self.broken(Flaw::DuplicateUnacknowledged) {
                world.acks |= bit;
            }
            return;
        }
        if self.broken(Flaw::AckBeforeStore) {
            world.unstored |= bit;
            world.acks |= bit;
            return;
        }
        if self.broken(Flaw::TwoCommits) {
            world.accepted |= bit;
            world.unstored |= bit;
            return;
        }
        self.hand_over(world, bit);
        world.acks |= bit;
    }

    /// State and plaintext become durable in one step.
    fn hand_over(&self, world: &mut World, bit: u8) {
        world.twice |= world.delivered & bit;
        world.disorder |= self.broken(Flaw::NoOrder) && world.delivered > bit;
        world.accepted |= bit;
        world.delivered |= bit;
    }

    fn crash(&self, world: &mut World, part: Part) {
        world.crashes += 1;
        match part {
            Part::Sender if self.broken(Flaw::ClearedOnSend) => world.outbox &= !world.tried,
            Part::Sender => {}
            Part::Relay if self.broken(Flaw::VolatileMailbox) => world.mailbox = 0,
            Part::Relay => {}
            Part::Receiver => {
                world.unstored = 0;
                if self.broken(Flaw::VolatileState) {
                    world.accepted = 0;
                }
            }
        }
    }

    fn upload(&self, world: &mut World, bit: u8) {
        world.uploads |= bit;
        world.tried |= bit;
        if self.broken(Flaw::ClearedOnSend) {
            world.outbox &= !bit;
        }
    }

    fn expire(&self, world: &mut World) {
        world.aged = true;
        if !self.broken(Flaw::SilentExpiry) {
            world.expired |= world.mailbox;
        }
        world.mailbox = 0;
    }
}

impl Machine for Model {
    type State = World;
    type Action = Action;

    fn starts(&self) -> Vec<World> {
        vec![World::default()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.given < MESSAGES {
            actions.push(Action::Give);
        }
        let once = if self.broken(Flaw::NoRetry) { world.tried } else { 0 };
        actions.extend(messages(world.outbox & !once).map(Action::Upload));
        actions.extend(messages(world.uploads).map(Action::Arrive));
        actions.extend(messages(world.stored).map(Action::Confirm));
        actions.extend(messages(world.mailbox).map(Action::Push));
        actions.extend(messages(world.pushes).map(Action::Receive));
        actions.extend(messages(world.acks).map(Action::Ack));
        actions.extend(messages(world.expired).map(Action::Tell));
        if world.unstored != 0 {
            actions.push(Action::Store);
        }
        if world.losses < self.losses {
            let legs = [Leg::Uploads, Leg::Stored, Leg::Pushes, Leg::Acks];
            actions.extend(legs.map(Action::Lose));
        }
        if self.expiry && !world.aged && world.mailbox != 0 {
            actions.push(Action::Expire);
        }
        if world.crashes < self.crashes {
            actions.extend([Part::Sender, Part::Relay, Part::Receiver].map(Action::Crash));
        }
    }

    fn next(&self, before: &World, action: &Action) -> Option<World> {
        let mut world = *before;
        match *action {
            Action::Give => {
                world.outbox |= 1 << world.given;
                world.given += 1;
            }
            Action::Upload(message) => self.upload(&mut world, 1 << message),
            Action::Arrive(message) => self.arrive(&mut world, 1 << message),
            Action::Confirm(message) => {
                world.stored &= !(1 << message);
                world.outbox &= !(1 << message);
            }
            Action::Push(message) => {
                world.pushes |= 1 << message;
                if self.broken(Flaw::DeletedOnPush) {
                    world.mailbox &= !(1 << message);
                }
            }
            Action::Receive(message) => self.receive(&mut world, 1 << message),
            Action::Store => {
                for message in messages(world.unstored) {
                    self.hand_over(&mut world, 1 << message);
                    world.acks |= 1 << message;
                }
                world.unstored = 0;
            }
            Action::Ack(message) => {
                world.acks &= !(1 << message);
                world.mailbox &= !(1 << message);
            }
            Action::Lose(leg) => {
                world.losses += 1;
                match leg {
                    Leg::Uploads => world.uploads = 0,
                    Leg::Stored => world.stored = 0,
                    Leg::Pushes => world.pushes = 0,
                    Leg::Acks => world.acks = 0,
                }
            }
            Action::Expire => self.expire(&mut world),
            Action::Tell(message) => {
                world.expired &= !(1 << message);
                world.told |= 1 << message;
            }
            Action::Crash(part) => self.crash(&mut world, part),
        }
        (world != *before).then_some(world)
    }

    fn honest(&self, action: &Action) -> bool {
        !matches!(action, Action::Lose(_) | Action::Crash(_) | Action::Expire)
    }

    fn tell(&self, _: &World, action: &Action, after: &World) -> Vec<String> {
        let set = |set: u8| messages(set).map(|it| it.to_string()).collect::<Vec<_>>().join(" ");
        let step = match action {
            Action::Give => "the application gives a message to the sender".to_owned(),
            Action::Upload(message) => format!("the sender uploads {message}"),
            Action::Arrive(message) => format!("the relay stores {message}"),
            Action::Confirm(message) => format!("the sender hears that {message} is stored"),
            Action::Push(message) => format!("the relay pushes {message}"),
            Action::Receive(message) => format!("the receiver gets {message}"),
            Action::Store => "the receiver stores what it has".to_owned(),
            Action::Ack(message) => format!("the relay hears that {message} was accepted"),
            Action::Lose(leg) => format!("lost: {leg:?}"),
            Action::Expire => "what the mailbox has expires".to_owned(),
            Action::Tell(message) => format!("the sender hears that {message} expired"),
            Action::Crash(part) => format!("{part:?} restarts"),
        };
        let state = format!(
            "outbox [{}], mailbox [{}], delivered [{}]",
            set(after.outbox),
            set(after.mailbox),
            set(after.delivered)
        );
        vec![step, state]
    }
}
