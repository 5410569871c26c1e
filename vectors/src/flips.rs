//! Chapter 4.8: what each byte of each packet gives when it is changed on the way, by asking the
//! reference about every byte and nine changes of each.

use crate::draws::Draws;
use quipu::handshake::ReplayCache;
use quipu::keys::{Address, CardFields};
use quipu::limits::DAY;
use quipu::{Device, DeviceId, Error, Identity, Kind};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const NOW: u64 = 1_767_225_600_000;

/// Errors of one byte, over the eight single bits and all bits.
type Verdicts = BTreeSet<&'static str>;

/// A packet, who receives it, and the names of its parts with their ends.
struct Subject {
    name: &'static str,
    packet: Vec<u8>,
    parts: &'static [(&'static str, usize)],
}

const INIT: &[(&str, usize)] =
    &[("version", 1), ("type", 2), ("suite", 4), ("`EK_I`", 36), ("sealed part", 422)];
const RESPONSE: &[(&str, usize)] = &[
    ("version", 1),
    ("type", 2),
    ("suite", 4),
    ("handshake id", 20),
    ("`EK_R`", 52),
    ("sealed part", 236),
    ("`MAC_R`", 268),
];
const COMPLETE: &[(&str, usize)] = &[
    ("version", 1),
    ("type", 2),
    ("suite", 4),
    ("handshake id", 20),
    ("sealed part", 132),
    ("`MAC_I`", 164),
    ("`LP32` of an empty message", 168),
];
const MESSAGE: &[(&str, usize)] = &[
    ("version", 1),
    ("type", 2),
    ("suite", 4),
    ("salt", 20),
    ("sealed header", 76),
    ("sealed body", 348),
    ("MAC", 380),
];

fn device(name: &str, draws: &mut Draws) -> Device {
    let identity = Identity::generate(draws).expect("draws do not fail");
    let address = Address::new(name.as_bytes()).expect("a short name");
    let fields = CardFields { suites: 1, ..CardFields::new(address, DeviceId(1), NOW, NOW + DAY) };
    Device::new(identity, fields, ReplayCache::default()).expect("valid fields")
}

/// Both devices and every packet between them up to `stage`.
fn play(stage: usize) -> (Device, Device, Vec<Vec<u8>>) {
    let draws = &mut Draws::seeded([0x51; 32]);
    let (mut ada, mut bob) = (device("ada", draws), device("bob", draws));
    let card = *bob.card().expect("a card");
    let mut packets = vec![ada.connect(&card, NOW, draws).expect("a start")];
    if stage > 0 {
        packets.push(bob.receive(None, &packets[0], NOW, draws).expect("Init").replies.remove(0));
    }
    if stage > 1 {
        packets
            .push(ada.receive(None, &packets[1], NOW, draws).expect("Response").replies.remove(0));
    }
    if stage > 2 {
        let receipt =
            bob.receive(None, &packets[2], NOW, draws).expect("Complete").replies.remove(0);
        ada.receive(Some(&bob.key()), &receipt, NOW, draws).expect("receipt");
        let sent = ada.send(&bob.key(), Kind::DATA, b"hello", NOW, draws).expect("a message");
        packets.push(sent.packet);
    }
    (ada, bob, packets)
}

fn verdict(stage: usize, packet: &[u8]) -> &'static str {
    let (mut ada, mut bob, _) = play(stage);
    let draws = &mut Draws::seeded([0x52; 32]);
    let from = ada.key();
    let outcome = match stage {
        1 => ada.receive(None, packet, NOW, draws),
        _ => bob.receive(Some(&from), packet, NOW, draws),
    };
    outcome.map_or_else(Error::name, |_| "ACCEPTED")
}

/// The errors of every byte of a packet.
fn verdicts(stage: usize, packet: &[u8]) -> Vec<Verdicts> {
    let masks: Vec<u8> = (0..8).map(|bit| 1u8 << bit).chain([0xff]).collect();
    (0..packet.len())
        .map(|at| {
            masks
                .iter()
                .map(|mask| {
                    let mut changed = packet.to_vec();
                    changed[at] ^= mask;
                    verdict(stage, &changed)
                })
                .collect()
        })
        .collect()
}

/// The table as Markdown.
pub fn table() -> String {
    let subjects: Vec<Subject> =
        [("Init", INIT), ("Response", RESPONSE), ("Complete", COMPLETE), ("message", MESSAGE)]
            .into_iter()
            .enumerate()
            .map(|(stage, (name, parts))| Subject {
                name,
                packet: play(stage).2.remove(stage),
                parts,
            })
            .collect();
    let mut out = String::from("| packet | part | bytes | error |\n|---|---|---|---|\n");
    for (stage, Subject { name, packet, parts }) in subjects.iter().enumerate() {
        let found = verdicts(stage, packet);
        let mut begin = 0;
        for (part, end) in *parts {
            let errors: Verdicts = found[begin..*end].iter().flatten().copied().collect();
            let names: Vec<String> = errors.iter().map(|error| format!("`{error}`")).collect();
            let _ =
                writeln!(out, "| {name} | {part} | {begin} to {} | {} |", end - 1, names.join(" "));
            begin = *end;
        }
    }
    out
}
