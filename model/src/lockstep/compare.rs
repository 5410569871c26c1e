//! Whether the model and the crate say the same.

use quipu::session::SessionId;

use super::facts::{Carried, Fact, Shape, Spoken, shape, spoken};
use super::party::{Output, moment};
use super::real::{Seen, Shown};
use crate::session::{Action, Done, Handshake, Packet, Place, Report, Session};

/// The sessions that both know by one name.
pub(super) type Names = Vec<(Place, SessionId)>;

/// Compares an answer of the model with one of the crate. `names` has the sessions before and
/// receives those that begin.
///
/// # Errors
/// What each side says.
pub(super) fn answers(
    model: &Result<Done, quipu::Error>,
    real: &Result<Output, quipu::Error>,
    names: &mut Names,
) -> Result<(), String> {
    match (model, real) {
        (Ok(model), Ok(real)) => accepted(model, real, names),
        (Err(model), Err(real)) if model == real => match spoken(*model) {
            Spoken::Sessions => Ok(()),
            other => Err(format!("{model} belongs to {other:?}")),
        },
        _ => Err(format!("the model says {}; the crate says {}", tell(model), tell(real))),
    }
}

/// Receiving a message and looking at the clock draw nothing (RATCHET-20, SESSION-29).
///
/// # Errors
/// How often the crate drew.
pub(super) fn draws(action: &Action, real: &Result<Output, quipu::Error>) -> Result<(), String> {
    let none = match action {
        Action::Due(_) => true,
        Action::Deliver(it) | Action::Replay(it) => matches!(it.packet, Packet::Message(..)),
        _ => false,
    };
    match real {
        Ok(output) if none && output.drawn > 0 => {
            Err(format!("the crate draws {} times where nothing is drawn", output.drawn))
        }
        _ => Ok(()),
    }
}

fn tell<T: std::fmt::Debug>(said: &Result<T, quipu::Error>) -> String {
    match said {
        Ok(_) => "accepted".to_owned(),
        Err(error) => format!("refused as {error}"),
    }
}

fn accepted(model: &Done, real: &Output, names: &mut Names) -> Result<(), String> {
    let differ = || format!("the model reports {:?}; the crate {:?}", model.reports, real.facts);
    let answered = model.packets.iter().any(|packet| matches!(packet, Packet::Response(..)));
    let mut facts = real.facts.iter();
    if answered && facts.next() != Some(&Fact::ResponseSent) {
        return Err(differ());
    }
    for report in &model.reports {
        let fact = facts.next().ok_or_else(differ)?;
        if let (Report::Established(place, _), Fact::Established(id, _)) = (report, fact) {
            names.push((*place, *id));
        }
        if !same(report, fact, names) {
            return Err(differ());
        }
        if let (Report::Established(_, true), Fact::Established(id, _)) = (report, fact)
            && facts.next() != Some(&Fact::Lesser(*id))
        {
            return Err(differ());
        }
    }
    if facts.next().is_some() {
        return Err(differ());
    }
    let shapes: Vec<Option<Shape>> = real.packets.iter().map(|packet| shape(packet)).collect();
    let expected: Vec<Option<Shape>> = model.packets.iter().map(|it| Some(formed(it))).collect();
    if shapes != expected {
        return Err(format!("the model sends {:?}; the crate {shapes:?}", model.packets));
    }
    Ok(())
}

fn same(report: &Report, fact: &Fact, names: &Names) -> bool {
    let is = |place: &Place, id: &SessionId| names.contains(&(*place, *id));
    match (report, fact) {
        (Report::Established(place, _), Fact::Established(id, _))
        | (Report::Confirmed(place), Fact::Confirmed(id))
        | (Report::Repeated(place), Fact::Repeated(id))
        | (Report::Dropped(place), Fact::Dropped(id)) => is(place, id),
        (Report::GivenUp(place, sent), Fact::GivenUp(id, count)) => {
            is(place, id) && u32::from(*sent) == *count
        }
        (Report::Refused(error), Fact::Refused(refused)) => error == refused,
        (Report::Message(place, note), Fact::Message(id, epoch, carried)) => {
            let later = epoch.is_multiple_of(2) && *epoch >= 2;
            let carries = match carried {
                Carried::Text(bytes) => !note.receipt && *bytes == text(*place, note.number),
                Carried::Receipt => note.receipt,
                Carried::Foreign(_) => false,
            };
            is(place, id) && carries && later == note.later
        }
        _ => false,
    }
}

/// The content of a text: which it is.
pub(super) fn text(place: Place, number: u8) -> Vec<u8> {
    vec![place, number]
}

fn formed(packet: &Packet) -> Shape {
    match packet {
        Packet::Init(_) => Shape::Init,
        Packet::Response(..) => Shape::Response,
        Packet::Opening(_, _, note) => Shape::Opening(note.is_some()),
        Packet::Message(..) => Shape::Message,
    }
}

/// Compares what both show of a device.
///
/// # Errors
/// What each side shows.
pub(super) fn devices(
    sessions: &[Session],
    handshakes: &[Handshake],
    sending: Option<Place>,
    seen: &Seen,
) -> Result<(), String> {
    let alike = |(model, real): (&Session, &Shown)| {
        let ts = moment(handshakes[usize::from(model.place)].ts);
        (model.status, model.ours, ts) == (real.status, real.ours, real.ts)
    };
    let pairs = || sessions.iter().zip(&seen.sessions);
    if sessions.len() != seen.sessions.len() || !pairs().all(alike) {
        let list = |it: &Session| format!("{} {:?}", it.place, it.status);
        let model: Vec<String> = sessions.iter().map(list).collect();
        let real: Vec<_> = seen.sessions.iter().map(|it| it.status).collect();
        return Err(format!("the model has {model:?}; the crate {real:?}"));
    }
    let place = |id| pairs().find(|(_, real)| real.id == id).map(|(model, _)| model.place);
    let real = seen.sending.map(place);
    if real != sending.map(Some) {
        return Err(format!("the model sends on {sending:?}; the crate on {real:?}"));
    }
    Ok(())
}

/// The names of the sessions of a device.
pub(super) fn names(sessions: &[Session], seen: &Seen) -> Names {
    let pairs = sessions.iter().zip(&seen.sessions);
    pairs.map(|(model, real)| (model.place, real.id)).collect()
}

/// Compares the sessions that both sides have: ids and secrets.
///
/// # Errors
/// The handshake whose sessions differ.
pub(super) fn both(sessions: [&[Session]; 2], seen: [&Seen; 2]) -> Result<(), String> {
    for (model, real) in sessions[0].iter().zip(&seen[0].sessions) {
        let theirs = sessions[1].iter().zip(&seen[1].sessions);
        let theirs = theirs.filter(|(it, _)| (it.place, it.run) == (model.place, model.run));
        for (_, other) in theirs {
            if (real.id, real.export) != (other.id, other.export) {
                return Err(format!("the keys of {} differ on both sides", model.place));
            }
        }
    }
    Ok(())
}
