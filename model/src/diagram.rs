//! State diagrams as Mermaid, out of the transitions that the models really take.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use crate::engine::{Limits, Machine, search};
use crate::ratchet;
use crate::session::{self, Action, Kind, Packet, Status, World};

/// From, to: what leads there.
type Edges = BTreeMap<(&'static str, &'static str), Vec<&'static str>>;

const NOTHING: &str = "[*]";

/// Walks every transition of a model; `states` names the state of each thing in it, `event` what
/// an action is to such a thing.
fn walk<M: Machine>(
    machine: &M,
    states: impl Fn(&M::State) -> Vec<&'static str>,
    event: impl Fn(&M::State, &M::Action, usize) -> Option<&'static str>,
    edges: &mut Edges,
) {
    let limits = Limits { states: usize::MAX, time: Duration::from_secs(600) };
    let found = search(machine, limits, &|_| ());
    let mut actions = Vec::new();
    for before in found.all() {
        actions.clear();
        machine.actions(before, &mut actions);
        let was = states(before);
        for action in &actions {
            let Some(after) = machine.next(before, action) else { continue };
            for (thing, is) in states(&after).into_iter().enumerate() {
                let from = was.get(thing).copied().unwrap_or(NOTHING);
                let Some(label) = event(before, action, thing) else { continue };
                let labels = edges.entry((from, is)).or_default();
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
        }
    }
}

fn mermaid(edges: &Edges) -> String {
    let mut out = String::from("stateDiagram-v2\n");
    for ((from, to), labels) in edges {
        let mut labels = labels.clone();
        labels.sort_unstable();
        let _ = writeln!(out, "    {from} --> {to}: {}", labels.join(", "));
    }
    out
}

fn changes(edges: Edges) -> Edges {
    edges.into_iter().filter(|((from, to), _)| from != to).collect()
}

fn model(name: &str) -> session::Model {
    session::named(name).map(|(model, _)| model).expect("a model of that name")
}

/// The life of a session on one device, as chapter 8.2 has it.
pub fn session() -> String {
    let mut edges = Edges::new();
    for name in ["session-superseded", "session-given-up-crossed", "session-counted"] {
        walk(&model(name), lives, life_event, &mut edges);
    }
    mermaid(&changes(edges))
}

/// The states of all sessions: of every handshake, at each side.
fn lives(world: &World) -> Vec<&'static str> {
    let all = 0..u8::try_from(world.handshakes.len()).unwrap_or(u8::MAX);
    let state = |place, side: usize| match world.devices[side].sessions.get(place) {
        None => NOTHING,
        Some(it) if it.status == Status::Unconfirmed => "Unconfirmed",
        Some(it) if it.status == Status::GivenUp => "GivenUp",
        Some(it) if it.below.is_some() => "Superseded",
        Some(_) => "Confirmed",
    };
    all.flat_map(|place| [state(place, 0), state(place, 1)]).collect()
}

fn life_event(before: &World, action: &Action, thing: usize) -> Option<&'static str> {
    let (place, side) = (thing / 2, thing % 2);
    Some(match action {
        Action::Deliver(it) | Action::Replay(it) if it.to == side => {
            let own = usize::from(it.packet.place()) == place;
            match it.packet {
                _ if !own => "another session begins or is settled",
                Packet::Init(_) => return None,
                Packet::Response(..) => "Response accepted",
                Packet::Opening(..) if before.devices[side].sessions.0.is_empty() => {
                    "Complete or PrekeyInit accepted"
                }
                Packet::Opening(..) => "Complete or PrekeyInit accepted",
                Packet::Message(..) => "message accepted",
            }
        }
        Action::Start(by, Kind::Prepared) if *by == side => {
            if place == before.handshakes.len() {
                "PrekeyInit made"
            } else {
                "another session begins or is settled"
            }
        }
        Action::Send(by) if *by == side => "its time or count is over",
        Action::Due(by) if *by == side => "its time or count is over",
        _ => return None,
    })
}

/// One side of a ratchet, as chapter 6.2 has it.
pub fn ratchet() -> String {
    let (model, _) = ratchet::named("ratchet-order").expect("a model of that name");
    let mut edges = Edges::new();
    let states = |world: &ratchet::World| {
        world.sides.iter().map(|it| if it.ready { "Ready" } else { "Pending" }).collect()
    };
    walk(&model, states, ratchet_event, &mut edges);
    edges.insert((NOTHING, "Ready"), vec!["initiator"]);
    edges.insert((NOTHING, "Pending"), vec!["responder"]);
    mermaid(&edges)
}

fn ratchet_event(
    before: &ratchet::World,
    action: &ratchet::Action,
    side: usize,
) -> Option<&'static str> {
    match action {
        ratchet::Action::Send(by) if *by == side => Some(if before.sides[side].ready {
            "send on own chain"
        } else {
            "send, with a new key and a step"
        }),
        ratchet::Action::Deliver(epoch, number) if usize::from(epoch % 2 == 0) == side => {
            let chain = usize::try_from(*epoch).unwrap_or(0);
            let again = before.accepted[chain] & (1 << number) != 0;
            if again {
                return None;
            }
            let new = *epoch > before.sides[side].receiving;
            Some(if new { "receive a new chain" } else { "receive on a known chain" })
        }
        _ => None,
    }
}

/// The initiator of an interactive handshake, or the responder.
pub fn interactive(initiator: bool) -> String {
    handshake(initiator, Kind::Interactive)
}

/// The initiator of a prepared handshake, or the responder.
pub fn prepared(initiator: bool) -> String {
    handshake(initiator, Kind::Prepared)
}

fn handshake(initiator: bool, kind: Kind) -> String {
    let mut edges = Edges::new();
    let role = move |world: &World, place: usize, side: usize| {
        world
            .handshakes
            .get(place)
            .is_some_and(|it| (it.by == side) == initiator && it.kind == kind)
    };
    let states = move |world: &World| {
        let places = 0..world.handshakes.len();
        let state = |place: usize, side: usize| match u8::try_from(place) {
            Ok(number) if role(world, place, side) => exchange(world, number, side),
            _ => NOTHING,
        };
        places.flat_map(|place| [state(place, 0), state(place, 1)]).collect()
    };
    for name in ["session-given-up-crossed", "session-restarted"] {
        walk(&model(name), states, exchange_event, &mut edges);
    }
    mermaid(&changes(edges))
}

fn exchange(world: &World, place: u8, side: usize) -> &'static str {
    let device = &world.devices[side];
    match device.sessions.get(place).map(|it| it.status) {
        Some(Status::Confirmed) => "Session",
        Some(_) => "Unconfirmed",
        None if device.awaiting.iter().any(|it| it.place == place) => "AwaitingResponse",
        None if device.half_open.iter().any(|it| it.place == place) => "HalfOpen",
        None => NOTHING,
    }
}

fn exchange_event(before: &World, action: &Action, thing: usize) -> Option<&'static str> {
    let (place, side) = (thing / 2, thing % 2);
    Some(match action {
        Action::Start(by, kind) if *by == side && place == before.handshakes.len() => match kind {
            Kind::Interactive => "Init sent",
            Kind::Prepared => "PrekeyInit made",
        },
        Action::Deliver(it) | Action::Replay(it) if it.to == side => {
            if usize::from(it.packet.place()) != place {
                return None;
            }
            match it.packet {
                Packet::Init(_) => "Init accepted, Response sent",
                Packet::Response(..) => "Response accepted, Complete sent",
                Packet::Opening(..) => match before.handshakes[place].kind {
                    Kind::Interactive => "Complete accepted, receipt sent",
                    Kind::Prepared => "PrekeyInit accepted, receipt sent",
                },
                Packet::Message(..) => "message accepted",
            }
        }
        Action::Due(by) if *by == side => "60 s have passed",
        Action::Start(by, _) if *by == side => "60 s have passed",
        Action::Crash(by) if *by == side => "restart",
        _ => return None,
    })
}
