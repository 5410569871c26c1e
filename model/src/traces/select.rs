//! Which ways are taken: a shortest one to everything that can happen in another situation, and
//! long ones at random.

use std::collections::BTreeSet;
use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::engine::{Limits, Machine, search};
use crate::random::SplitMix;
use crate::session::{
    Action, Bounds, DAY, Done, Flying, Kind, Model, Moment, Note, Packet, Report, Rules, Time,
    World,
};

/// A trace: the model in which it is one, and its actions.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Where it is from.
    pub name: &'static str,
    /// The model.
    pub model: Model,
    /// What happens.
    pub actions: Vec<Action>,
}

const BOUNDS: Bounds = Bounds { replays: 1, ..Bounds::BASE };

/// The models: clocks differ by a millisecond at least, so that no two handshakes of different
/// sides have the same time and no session id decides an order.
fn models() -> Vec<(&'static str, Model)> {
    let model =
        |clocks, bounds| Model { bounds, clocks, rules: Rules::SPEC, manner: Kind::Interactive };
    let moments = (1, [Moment::Minute, Moment::FiveMinutes, Moment::Days].as_slice());
    let days = (3, [Moment::Days].as_slice());
    let once = Bounds { starts: [1, 0], ..BOUNDS };
    vec![
        ("crossed", model([0, 1], BOUNDS)),
        ("crossed-back", model([1, 0], BOUNDS)),
        (
            "restarted",
            model([0, 1], Bounds { kinds: [Kind::BOTH, Kind::INTERACTIVE], crashes: 1, ..BOUNDS }),
        ),
        ("waited", model([0, 1], Bounds { moments, losses: 1, ..once })),
        ("aged", model([0, 1], Bounds { moments: days, losses: 1, texts: [2, 1], ..once })),
        ("again", model([0, 1], Bounds { starts: [2, 0], moments, ..once })),
        ("clock", model([2 * DAY, 0], Bounds { corrections: 1, ..BOUNDS })),
        ("ahead", model([DAY / 2, 0], Bounds { corrections: 1, replays: 0, ..BOUNDS })),
    ]
}

/// The traces, the same at every call.
pub fn chosen() -> Vec<Chosen> {
    let mut traces = Vec::new();
    let mut known = FxHashSet::default();
    for (name, model) in models() {
        let mut ways = shortest(&model, &mut known);
        ways.extend(random(&model, name));
        let kept = (0..ways.len()).filter(|at| !prefix(&ways, *at));
        traces.extend(kept.map(|at| Chosen { name, model, actions: ways[at].clone() }));
    }
    traces
}

/// Whether a way is the beginning of another one, or the same as an earlier one.
fn prefix(ways: &[Vec<Action>], at: usize) -> bool {
    let way = &ways[at];
    ways.iter()
        .enumerate()
        .any(|(other, it)| it.starts_with(way) && (it.len() > way.len() || other < at))
}

/// What happens in which situation: the action, what is said of it, and all sessions.
type Class = (String, String, String);

/// A shortest way to each class that is not known yet.
fn shortest(model: &Model, known: &mut FxHashSet<Class>) -> Vec<Vec<Action>> {
    let limits = Limits { states: 2_000_000, time: Duration::from_secs(600) };
    let found = search(model, limits, &|_| ());
    assert!(found.complete, "the bounds are small");
    let (mut ways, mut actions) = (Vec::new(), Vec::new());
    for (at, world) in found.all().enumerate() {
        actions.clear();
        model.actions(world, &mut actions);
        for action in &actions {
            if !tells(world, action) || !known.insert(class(model, world, action)) {
                continue;
            }
            let mut way: Vec<Action> =
                found.trace(model, at).steps.into_iter().map(|(action, _)| action).collect();
            way.push(*action);
            if clear(model, &way) {
                ways.push(way);
            }
        }
    }
    ways
}

/// Whether an action asks a device for something.
fn tells(world: &World, action: &Action) -> bool {
    match action {
        Action::Deliver(it) | Action::Replay(it) => world.network.contains(it),
        Action::Start(..) | Action::Send(_) | Action::Due(_) => true,
        _ => false,
    }
}

fn class(model: &Model, world: &World, action: &Action) -> Class {
    let mut after = world.clone();
    let said = match model.act(&mut after, action) {
        None => "done".to_owned(),
        Some(Ok(done)) => format!("{:?}", reported(&done)),
        Some(Err(error)) => error.name().to_owned(),
    };
    let side = match action {
        Action::Start(side, _) | Action::Send(side) | Action::Due(side) => *side,
        Action::Deliver(it) | Action::Replay(it) => it.to,
        _ => 0,
    };
    let list = |world: &World, side: usize| {
        let sessions = world.devices[side].sessions.0.iter();
        sessions.map(|it| format!("{:?}{}", it.status, it.ours)).collect::<Vec<_>>().join(" ")
    };
    let situation = format!("{} | {}", list(world, side), list(&after, side));
    (format!("{side} {}", what(world, action)), said, situation)
}

fn reported(done: &Done) -> Vec<&'static str> {
    let name = |report: &Report| match report {
        Report::Established(_, false) => "established",
        Report::Established(_, true) => "lesser",
        Report::Confirmed(_) => "confirmed",
        Report::Message(..) => "message",
        Report::Refused(_) => "refused",
        Report::Repeated(_) => "repeated",
        Report::GivenUp(..) => "given-up",
        Report::Dropped(_) => "dropped",
    };
    done.reports.iter().map(name).collect()
}

/// An action without the name of its handshake, and where that handshake's session stands.
fn what(world: &World, action: &Action) -> String {
    let packet = |it: &Flying| {
        let place = it.packet.place();
        let session = world.devices[it.to].sessions.get(place).map(|it| (it.status, it.ours));
        let receipt = it.packet.note().map(|Note { receipt, .. }| receipt);
        let shape = match it.packet {
            Packet::Init(_) => "Init",
            Packet::Response(..) => "Response",
            Packet::Opening(..) => "opening",
            Packet::Message(..) => "message",
        };
        let kind = world.handshakes[usize::from(place)].kind;
        format!("receives {shape} {kind:?} {receipt:?} on {session:?}")
    };
    match action {
        Action::Start(_, kind) => format!("starts {kind:?}"),
        Action::Deliver(it) | Action::Replay(it) => packet(it),
        other => format!("{other:?}"),
    }
}

/// Whether no session id decides an order in it.
fn clear(model: &Model, way: &[Action]) -> bool {
    let mut world = model.starts().remove(0);
    for action in way {
        model.act(&mut world, action);
    }
    let times: BTreeSet<Time> = world.handshakes.iter().map(|it| it.ts).collect();
    times.len() == world.handshakes.len()
}

/// Long ways at random, from a seed that is fixed.
fn random(model: &Model, name: &str) -> Vec<Vec<Action>> {
    const WAYS: usize = 100;
    let seed = name.bytes().fold(0x5eed, |sum, byte| sum * 31 + u64::from(byte));
    let mut random = SplitMix(seed);
    let mut ways: Vec<Vec<Action>> = Vec::new();
    while ways.len() < WAYS {
        let (mut world, mut way) = (model.starts().remove(0), Vec::new());
        for _ in 0..16 {
            let mut actions = Vec::new();
            model.actions(&world, &mut actions);
            actions.retain(|action| !matches!(action, Action::Lose(_)));
            if actions.is_empty() {
                break;
            }
            let action = actions[random.below(actions.len())];
            model.act(&mut world, &action);
            way.push(action);
        }
        if clear(model, &way) {
            ways.push(way);
        }
    }
    ways
}
