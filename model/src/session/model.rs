//! What can happen, within a bound.

use super::calm::Manner;
use super::device::Done;
use super::packet::{Kind, Time};
use super::rules::{DAY, Rules};
use super::world::{Flying, Moment, World};
use crate::engine::Machine;
use quipu::Error;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A side starts a handshake.
    Start(usize, Kind),
    /// A packet arrives.
    Deliver(Flying),
    /// A packet arrives, and a copy of it stays under way.
    Replay(Flying),
    /// A packet is lost.
    Lose(Flying),
    /// A side sends a text.
    Send(usize),
    /// A side does what its clock demands.
    Due(usize),
    /// Time passes.
    Pass(Moment),
    /// A side stops and starts again with what was durable.
    Crash(usize),
    /// A side loses everything but its identity.
    Reinstall(usize),
    /// A side's clock is set right.
    Correct(usize),
}

/// What a device said; none when no device was asked.
pub type Said = Option<Result<Done, Error>>;

/// How much can happen.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Handshakes that each side may begin.
    pub starts: [u8; 2],
    /// Those that it may choose from.
    pub kinds: [&'static [Kind]; 2],
    /// Texts that each side may send.
    pub texts: [u8; 2],
    /// Packets lost.
    pub losses: u8,
    /// Packets delivered a second time.
    pub replays: u8,
    /// Restarts.
    pub crashes: u8,
    /// Losses of all state.
    pub reinstalls: u8,
    /// Moments that pass, and which.
    pub moments: (u8, &'static [Moment]),
    /// Clocks set right.
    pub corrections: u8,
    /// Whether both sides have a session at the start, begun by the first one.
    pub acquainted: bool,
}

impl Bounds {
    /// A handshake of each side, of either kind, and a text of each; nothing goes wrong.
    pub const BASE: Self = Self {
        starts: [1, 1],
        kinds: [Kind::BOTH; 2],
        texts: [1, 1],
        losses: 0,
        replays: 0,
        crashes: 0,
        reinstalls: 0,
        moments: (0, &[]),
        corrections: 0,
        acquainted: false,
    };
}

/// A model of chapter 8.2.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// How much can happen.
    pub bounds: Bounds,
    /// How far the clock of each side is ahead.
    pub clocks: [Time; 2],
    /// The rules.
    pub rules: Rules,
    /// How applications act when the network behaves.
    pub manner: Kind,
}

/// The time at which every run begins, so that clocks can be behind.
pub const BEGIN: Time = 2 * DAY;

impl Model {
    /// Both ways in which applications go on: with what is under way, or without it.
    pub fn manners(&self) -> [Manner; 2] {
        [false, true].map(|lossy| Manner { kind: self.manner, lossy })
    }

    /// Lets something happen. Returns what the device said that had a part in it.
    pub fn act(&self, world: &mut World, action: &Action) -> Said {
        let rules = &self.rules;
        match *action {
            Action::Start(side, kind) => {
                let said = world.start(side, kind, rules);
                world.spent.starts[side] += u8::from(said.is_ok());
                return Some(said);
            }
            Action::Send(side) => {
                let said = world.send(side, rules);
                world.spent.texts[side] += u8::from(said.is_ok());
                return Some(said);
            }
            Action::Deliver(flying) => {
                world.network.retain(|it| *it != flying);
                return Some(world.deliver(flying.to, &flying.packet, true, rules));
            }
            Action::Replay(flying) => {
                world.spent.replays += 1;
                return Some(world.deliver(flying.to, &flying.packet, false, rules));
            }
            Action::Due(side) => return Some(Ok(world.due(side, rules))),
            Action::Lose(flying) => {
                world.spent.losses += 1;
                world.network.retain(|it| *it != flying);
            }
            Action::Pass(moment) => {
                world.spent.moments += 1;
                world.pass(moment.time());
            }
            Action::Crash(side) => {
                world.spent.crashes += 1;
                world.devices[side].crash();
            }
            Action::Reinstall(side) => {
                world.spent.reinstalls += 1;
                world.reinstall(side);
            }
            Action::Correct(side) if world.clocks[side] > 0 => {
                world.spent.corrections += 1;
                world.clocks[side] = 0;
            }
            Action::Correct(_) => {}
        }
        None
    }

    /// Both sides have a session that carried a message each way.
    fn acquaint(&self, world: &mut World) {
        let started = world.start(0, Kind::Prepared, &self.rules);
        let sent = world.send(0, &self.rules);
        debug_assert!(started.is_ok() && sent.is_ok(), "nothing is in the way");
        for _ in 0..2 {
            while let Some(flying) = world.network.pop() {
                let accepted = world.deliver(flying.to, &flying.packet, true, &self.rules);
                debug_assert!(accepted.is_ok(), "nothing is in the way");
            }
            let _ = world.send(0, &self.rules);
        }
        while let Some(flying) = world.network.pop() {
            let _ = world.deliver(flying.to, &flying.packet, true, &self.rules);
        }
    }
}

/// All orders of so many ranks.
fn permutations(count: u8) -> Vec<Vec<u8>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let insert = |shorter: Vec<u8>| {
        (0..=shorter.len()).rev().map(move |at| {
            let mut longer = shorter.clone();
            longer.insert(at, last);
            longer
        })
    };
    permutations(last).into_iter().flat_map(insert).collect()
}

impl Machine for Model {
    type State = World;
    type Action = Action;

    fn starts(&self) -> Vec<World> {
        let first = u8::from(self.bounds.acquainted);
        let count = self.bounds.starts.iter().sum::<u8>();
        let begin = |ranks: Vec<u8>| {
            let known = (0..first).chain(ranks.into_iter().map(|rank| rank + first)).collect();
            let mut world = World::new(BEGIN, self.clocks, known);
            if self.bounds.acquainted {
                self.acquaint(&mut world);
            }
            world
        };
        permutations(count).into_iter().map(begin).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        let (bounds, spent) = (&self.bounds, &world.spent);
        for flying in &world.network {
            actions.push(Action::Deliver(*flying));
            if spent.replays < bounds.replays {
                actions.push(Action::Replay(*flying));
            }
            if spent.losses < bounds.losses {
                actions.push(Action::Lose(*flying));
            }
        }
        for side in [0, 1] {
            if spent.starts[side] < bounds.starts[side] {
                actions.extend(bounds.kinds[side].iter().map(|kind| Action::Start(side, *kind)));
            }
            if spent.texts[side] < bounds.texts[side] {
                actions.push(Action::Send(side));
            }
            if spent.moments > 0 {
                actions.push(Action::Due(side));
            }
            if spent.crashes < bounds.crashes {
                actions.push(Action::Crash(side));
            }
            if spent.reinstalls < bounds.reinstalls {
                actions.push(Action::Reinstall(side));
            }
            if spent.corrections < bounds.corrections {
                actions.push(Action::Correct(side));
            }
        }
        if spent.moments < bounds.moments.0 {
            actions.extend(bounds.moments.1.iter().map(|moment| Action::Pass(*moment)));
        }
    }

    fn next(&self, before: &World, action: &Action) -> Option<World> {
        let mut world = before.clone();
        let said = self.act(&mut world, action);
        let idle = matches!(action, Action::Start(..) | Action::Send(_) | Action::Replay(_));
        let refused = matches!(said, Some(Err(_)));
        (!(idle && refused) && world != *before).then_some(world)
    }

    fn honest(&self, action: &Action) -> bool {
        match action {
            Action::Start(..)
            | Action::Deliver(_)
            | Action::Send(_)
            | Action::Due(_)
            | Action::Pass(_)
            | Action::Correct(_) => true,
            Action::Replay(_) | Action::Lose(_) | Action::Crash(_) | Action::Reinstall(_) => false,
        }
    }

    fn tell(&self, before: &World, action: &Action, after: &World) -> Vec<String> {
        let name = |side: usize| ["Ada", "Bob"][side];
        let step = match action {
            Action::Start(side, kind) => format!("{} starts, {kind:?}", name(*side)),
            Action::Deliver(it) => format!("{} receives {}", name(it.to), it.packet),
            Action::Replay(it) => format!("{} receives a copy of {}", name(it.to), it.packet),
            Action::Lose(it) => format!("lost: {} to {}", it.packet, name(it.to)),
            Action::Send(side) => format!("{} sends", name(*side)),
            Action::Due(side) => format!("{} looks at the clock", name(*side)),
            Action::Pass(moment) => format!("time passes: {moment:?}"),
            Action::Crash(side) => format!("{} restarts", name(*side)),
            Action::Reinstall(side) => format!("{} loses everything", name(*side)),
            Action::Correct(side) => format!("{} sets its clock right", name(*side)),
        };
        let mut lines = vec![step];
        if let Action::Deliver(it) = action {
            let mut world = before.clone();
            if let Err(error) = world.deliver(it.to, &it.packet, true, &self.rules) {
                lines.push(format!("refused: {error}"));
            }
        }
        let side = |side: usize| {
            let sessions = after.devices[side].sessions.0.iter();
            let list = sessions.map(|it| format!("{} {:?}", it.place, it.status));
            let sends = after.sending(side, &self.rules);
            let sends = sends.map_or("nowhere".to_owned(), |place| format!("on {place}"));
            format!("{} has [{}], sends {sends}", name(side), list.collect::<Vec<_>>().join(", "))
        };
        lines.extend([side(0), side(1)]);
        lines
    }
}
