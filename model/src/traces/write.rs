//! A trace as a line of JSON: what each device does at what time, and what has to come of it.

use quipu::crypto::kdf::sha256;
use serde_json::{Map, Value, json};

use super::Chosen;
use crate::engine::Machine;
use crate::session::{Action, Done, Flying, Kind, Packet, Report};

/// The name of a side.
fn name(side: usize) -> &'static str {
    ["ada", "bob"][side]
}

/// A trace as a line. Its name has a digest, so that it stays when other traces come and go.
pub(super) fn line(chosen: &Chosen) -> String {
    let mut world = chosen.model.starts().remove(0);
    let mut steps = Vec::new();
    for action in &chosen.actions {
        let clocks = [0, 1].map(|side| world.clock(side));
        let said = chosen.model.act(&mut world, action);
        let Some((side, mut step)) = asked(action) else { continue };
        step.insert("as".to_owned(), name(side).into());
        step.insert("now".to_owned(), clocks[side].into());
        match said {
            Some(Err(error)) => {
                step.insert("error".to_owned(), error.name().into());
            }
            Some(Ok(done)) => {
                let events: Vec<String> = events(&done);
                step.insert("events".to_owned(), json!(events));
                let packets = done.packets.iter().map(|it| packet(1 - side, it));
                step.insert("packets".to_owned(), packets.collect::<Vec<_>>().into());
            }
            None => {}
        }
        steps.push(Value::Object(step));
    }
    let steps = Value::from(steps);
    let digest = sha256(&[steps.to_string().as_bytes()]);
    let digest: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{}-{digest}", chosen.name);
    format!("{}\n", json!({ "name": name, "steps": steps }))
}

/// Who is asked, and for what.
fn asked(action: &Action) -> Option<(usize, Map<String, Value>)> {
    let (side, step) = match *action {
        Action::Start(side, Kind::Interactive) => (side, json!({ "do": "initiate" })),
        Action::Start(side, Kind::Prepared) => (side, json!({ "do": "prepare" })),
        Action::Deliver(Flying { to, packet: it, .. })
        | Action::Replay(Flying { to, packet: it, .. }) => {
            (to, json!({ "do": "receive", "packet": packet(to, &it) }))
        }
        Action::Send(side) => (side, json!({ "do": "send" })),
        Action::Due(side) => (side, json!({ "do": "due" })),
        Action::Crash(side) => (side, json!({ "do": "restart" })),
        Action::Lose(_) | Action::Pass(_) | Action::Reinstall(_) | Action::Correct(_) => {
            return None;
        }
    };
    step.as_object().cloned().map(|step| (side, step))
}

/// The name of a packet to a side: two with one name are the same bytes.
fn packet(to: usize, packet: &Packet) -> String {
    let to = name(to);
    let note = |receipt| if receipt { "receipt" } else { "text" };
    match packet {
        Packet::Init(place) => format!("{to}-init-{place}"),
        Packet::Response(place, run) => format!("{to}-response-{place}-{run}"),
        Packet::Opening(place, run, None) => format!("{to}-opening-{place}-{run}"),
        Packet::Opening(place, run, Some(it)) => {
            format!("{to}-opening-{place}-{run}-{}-{}", note(it.receipt), it.number)
        }
        Packet::Message(place, it) => {
            format!("{to}-message-{place}-{}-{}", note(it.receipt), it.number)
        }
    }
}

/// The events of a step, sessions by their handshakes.
fn events(done: &Done) -> Vec<String> {
    let event = |report: &Report| match report {
        Report::Established(place, false) => vec![format!("established {place}")],
        Report::Established(place, true) => {
            vec![format!("established {place}"), format!("lesser {place}")]
        }
        Report::Confirmed(place) => vec![format!("confirmed {place}")],
        Report::Message(place, note) if note.receipt => vec![format!("receipt {place}")],
        Report::Message(place, note) => vec![format!("message {place} {}", note.number)],
        Report::Refused(error) => vec![format!("refused {error}")],
        Report::Repeated(place) => vec![format!("repeated {place}")],
        Report::GivenUp(place, sent) => vec![format!("given-up {place} {sent}")],
        Report::Dropped(place) => vec![format!("dropped {place}")],
    };
    let answered = done.packets.iter().any(|it| matches!(it, Packet::Response(..)));
    let first = answered.then(|| "response-sent".to_owned());
    first.into_iter().chain(done.reports.iter().flat_map(event)).collect()
}
