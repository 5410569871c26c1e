//! Which bodies and headers a thief reads, by what could be observed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::model::{Model, Theft, sender};
use super::side::{CHAINS, at};
use crate::engine::{Limits, search};

/// What could be observed of a message, relative to the theft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// Whether the victim was Ready.
    pub ready: bool,
    /// Whether the victim sent it.
    pub by_victim: bool,
    /// What had happened to it.
    pub when: When,
    /// Its chain, counted from the newest that the victim knew of.
    pub chain: Chain,
}

/// What had happened to a message at the theft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// The victim had sent it, or accepted it.
    Done,
    /// The victim had jumped over it, and could still accept it.
    JumpedOver,
    /// The victim had jumped over it, and over so many since that its key had left.
    Shed,
    /// It had been sent and the victim had not come to it.
    UnderWay,
    /// It was sent after the theft.
    After,
}

/// A chain, counted from the newest that the victim knew of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chain {
    /// So many before; 0 is the newest itself.
    Before(i8),
    /// So many after.
    After(i8),
}

/// What a thief can do with the messages of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Messages whose body stays secret.
    pub secret_bodies: usize,
    /// Messages whose body is read.
    pub read_bodies: usize,
    /// Messages whose header stays secret.
    pub secret_headers: usize,
    /// Messages whose header is read.
    pub read_headers: usize,
}

/// The class of a message of which somebody knows that it exists.
pub(super) fn class(theft: &Theft, epoch: i8, number: u8) -> Class {
    let by_victim = sender(epoch) == theft.victim;
    let sent = number < theft.sent[at(epoch)];
    let accepted = theft.accepted[at(epoch)] & (1 << number) != 0;
    let jumped = theft.accepted[at(epoch)] >> number != 0
        || (epoch + 2..i8::try_from(CHAINS).unwrap_or(i8::MAX))
            .step_by(2)
            .any(|later| theft.accepted[at(later)] != 0);
    let when = match () {
        () if !sent => When::After,
        () if by_victim || accepted => When::Done,
        () if theft.waiting[at(epoch)] & (1 << number) != 0 => When::JumpedOver,
        () if jumped => When::Shed,
        () => When::UnderWay,
    };
    let distance = epoch - theft.newest;
    let chain = if distance > 0 { Chain::After(distance) } else { Chain::Before(-distance) };
    Class { ready: theft.ready, by_victim, when, chain }
}

/// The rows, over every state of a model.
pub fn table(model: &Model) -> BTreeMap<Class, Row> {
    let limits = Limits { states: usize::MAX, time: Duration::from_secs(600) };
    let found = search(model, limits, &|_| ());
    let mut rows = BTreeMap::<Class, Row>::new();
    for world in found.all() {
        let Some(theft) = &world.theft else { continue };
        for (epoch, number) in theft.messages(model) {
            let row = rows.entry(class(theft, epoch, number)).or_default();
            match theft.reads_body(epoch, number) {
                true => row.read_bodies += 1,
                false => row.secret_bodies += 1,
            }
            match theft.reads_headers(epoch) {
                true => row.read_headers += 1,
                false => row.secret_headers += 1,
            }
        }
    }
    rows
}

fn word(secret: usize, read: usize) -> &'static str {
    match (secret, read) {
        (_, 0) => "secret",
        (0, _) => "read",
        _ => "depends",
    }
}

/// The table for the specification.
pub fn markdown(rows: &BTreeMap<Class, Row>) -> String {
    let mut out =
        String::from("| victim | message | chain | body | header |\n|---|---|---|---|---|\n");
    for (class, row) in rows {
        let state = if class.ready { "Ready" } else { "Pending" };
        let message = match (class.by_victim, class.when) {
            (true, When::After) => "sent by the victim, after",
            (true, _) => "sent by the victim, before",
            (false, When::Done) => "to the victim, accepted before",
            (false, When::JumpedOver) => "to the victim, jumped over before, key kept",
            (false, When::Shed) => "to the victim, jumped over before, key gone",
            (false, When::UnderWay) => "to the victim, under way",
            (false, When::After) => "to the victim, sent after",
        };
        let chain = match class.chain {
            Chain::Before(0) => "the newest".to_owned(),
            Chain::Before(distance) => format!("{distance} before"),
            Chain::After(distance) => format!("{distance} after"),
        };
        let body = word(row.secret_bodies, row.read_bodies);
        let header = word(row.secret_headers, row.read_headers);
        let _ = writeln!(out, "| {state} | {message} | {chain} | {body} | {header} |");
    }
    out
}
