//! What can happen to a ratchet, within a bound.

use super::model::{Model, World, receiver};
use super::side::{CHAINS, Message, Side, at};
use crate::engine::Machine;

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
            Action::CrashInSend(side) => self.crash_in_send(&mut world, side),
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
