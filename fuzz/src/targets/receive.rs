//! Packets to devices, in each state of them: raw bytes, and genuine packets with edits.

use crate::edit::{choose, edited, first};
use crate::stage::{Genuine, PLACES, Stage};
use crate::story::SUITES;
use quipu::wire::PacketType;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static GENUINE: LazyLock<[Genuine; 2]> = LazyLock::new(|| SUITES.map(Genuine::new));

thread_local! {
    static STAGES: RefCell<BTreeMap<(usize, usize), Stage>> = const { RefCell::new(BTreeMap::new()) };
}

/// Suite, way, state and packet, a byte each; then edits, or the bytes of a packet.
fn receive(kind: PacketType, data: &[u8]) {
    let (how, rest) = first(data);
    let (place, rest) = first(rest);
    let (which, rest) = first(rest);
    let (suite, place) = (usize::from(how & 1), usize::from(place) % PLACES.len());
    let genuine = &GENUINE[suite];
    let of_kind = |it: &&(&str, Vec<u8>)| PacketType::of(&it.1) == Ok(kind);
    let all: Vec<_> = genuine.packets.iter().filter(of_kind).collect();
    let packet = match how & 2 {
        0 => edited(&choose(&all, which).1, rest),
        _ => rest.to_vec(),
    };
    STAGES.with_borrow_mut(|stages| {
        let stage = stages
            .entry((suite, place))
            .or_insert_with(|| Stage::new(&PLACES[place], SUITES[suite]));
        stage.check(how & 4 == 0, &packet, genuine);
    });
}

/// Init to every state.
pub(crate) fn init(data: &[u8]) {
    receive(PacketType::Init, data);
}

/// Response to every state.
pub(crate) fn response(data: &[u8]) {
    receive(PacketType::Response, data);
}

/// Complete, with a message behind it or without, to every state.
pub(crate) fn complete(data: &[u8]) {
    receive(PacketType::Complete, data);
}

/// `PrekeyInit` to every state.
pub(crate) fn prekey_init(data: &[u8]) {
    receive(PacketType::PrekeyInit, data);
}

/// A message to every state.
pub(crate) fn message(data: &[u8]) {
    receive(PacketType::Message, data);
}

/// Seeds: every genuine packet, to every state, of both suites; and one that is not genuine.
pub(crate) fn seeds() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let kinds = [
        ("init", PacketType::Init),
        ("response", PacketType::Response),
        ("complete", PacketType::Complete),
        ("prekey_init", PacketType::PrekeyInit),
        ("message", PacketType::Message),
    ];
    let of_kind = |kind| {
        let count =
            GENUINE[0].packets.iter().filter(|it| PacketType::of(&it.1) == Ok(kind)).count();
        let bytes = |number: usize| u8::try_from(number).expect("few");
        let mut seeds = Vec::new();
        for suite in 0..2 {
            for (place, which) in
                (0..PLACES.len()).flat_map(|it| (0..count).map(move |at| (it, at)))
            {
                seeds.push(vec![suite, bytes(place), bytes(which)]);
            }
            seeds.push(vec![suite, 0, 0, 0, 0, 40, 1]);
            let packet = GENUINE[usize::from(suite)]
                .packets
                .iter()
                .find(|it| PacketType::of(&it.1) == Ok(kind));
            seeds.push([&[suite | 2, 0, 0], packet.expect("one").1.as_slice()].concat());
        }
        seeds
    };
    kinds.into_iter().map(|(name, kind)| (name, of_kind(kind))).collect()
}
