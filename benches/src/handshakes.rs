//! Chapters 4 and 5: both handshakes, both suites, each side apart.

use crate::primitive::Work;
use crate::report::in_place_of;
use crate::{Case, Draws, Floor, NOW, Operation, Primitive, timed};
use Primitive::{Agreement, Decapsulation, Encapsulation, KemPair, Pair, Signature, Verification};
use quipu::handshake::ReplayCache;
use quipu::limits::DAY;
use quipu::prekeys::Bundle;
use quipu::wire::Suite;
use quipu::{Address, CardFields, Device, DeviceId, Identity, Kind};
use rand_core::{TryCryptoRng, TryRng};
use std::time::Duration;

/// How far above its public-key operations a side may be.
const BOUND: f64 = 1.05;

/// From a bundle to a text there and an answer back that has been read, on both sides.
const FIRST_REPLY: &str = "from a bundle to the first reply, prepared 0x0002, both sides";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Initiator,
    Responder,
}

/// Rows of the table of chapter 5.10: pairs, agreements, signatures made and verified, KEM pairs,
/// encapsulations, decapsulations.
const INTERACTIVE: [(Side, [u32; 7]); 2] =
    [(Side::Initiator, [2, 4, 2, 1, 1, 0, 1]), (Side::Responder, [2, 4, 1, 3, 0, 1, 0])];
const PREPARED: [(Side, [u32; 7]); 2] =
    [(Side::Initiator, [2, 5, 1, 0, 0, 1, 0]), (Side::Responder, [0, 5, 0, 2, 1, 0, 1])];

const COLUMNS: [Primitive; 7] =
    [Pair, Agreement, Signature, Verification, KemPair, Encapsulation, Decapsulation];

pub(crate) fn all() -> Vec<Operation> {
    let mut all = Vec::new();
    for (suite, suite_name) in [(Suite::X25519, "0x0001"), (Suite::Hybrid, "0x0002")] {
        for (side, row) in INTERACTIVE {
            let name = format!("interactive handshake {suite_name}, {}", side.name());
            all.push(operation(name, suite, (side, row), interactive));
        }
        for (side, row) in PREPARED {
            let name = format!("prepared handshake {suite_name}, {}", side.name());
            all.push(operation(name, suite, (side, row), prepared));
        }
    }
    let both = case(FIRST_REPLY.into(), |at| first_reply(Suite::Hybrid, at));
    // Both rows, the four signatures of the bundle, and the step on each side for the reply.
    let [(_, one), (_, other)] = PREPARED;
    let mut row: [u32; 7] = std::array::from_fn(|at| one[at] + other[at]);
    row.iter_mut().zip([1, 2, 0, 4]).for_each(|(count, more)| *count += more);
    all.push(Operation::unbounded(both, floor(Suite::Hybrid, row)));
    all
}

/// A side of a handshake, and its primitives alone in the same place.
fn operation(
    name: String,
    suite: Suite,
    (side, row): (Side, [u32; 7]),
    handshake: fn(Suite, u64, &mut Watch<'_>),
) -> Operation {
    let floor = floor(suite, row);
    let works: Vec<(u32, Primitive)> = floor.clone();
    let in_place = Case::new(in_place_of(&name), move || {
        let mut works: Vec<Work> =
            works.iter().flat_map(|(count, it)| (0..*count).map(|_| it.public_key())).collect();
        move |times| {
            let once = |at| watch(side, Some(&mut works), |watch| handshake(suite, at, watch));
            (0..times).map(once).sum()
        }
    });
    let own = move |at| watch(side, None, |watch| handshake(suite, at, watch));
    Operation { in_place: Some(in_place), ..Operation::new(case(name, own), floor, BOUND) }
}

/// Takes the time of one side of a handshake: that of its own work, or of other work before it.
struct Watch<'a> {
    side: Side,
    time: Duration,
    other: Option<&'a mut [Work]>,
    own: bool,
}

fn watch(side: Side, other: Option<&mut Vec<Work>>, run: impl FnOnce(&mut Watch<'_>)) -> Duration {
    let own = other.is_none();
    let other = other.map(Vec::as_mut_slice);
    let mut watch = Watch { side, time: Duration::ZERO, other, own };
    run(&mut watch);
    watch.time
}

impl Watch<'_> {
    fn work<T>(&mut self, side: Side, work: impl FnOnce() -> T) -> T {
        if side != self.side {
            return work();
        }
        if let Some(other) = self.other.take() {
            self.time += timed(|| other.iter_mut().for_each(|it| it())).1;
        }
        let (outcome, time) = timed(work);
        if self.own {
            self.time += time;
        }
        outcome
    }
}

/// A case of which every operation is prepared by itself, from its number.
pub(crate) fn case(name: String, once: impl Fn(u64) -> Duration + 'static) -> Case {
    Case::new(name, || move |times| (0..times).map(&once).sum())
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
        }
    }
}

fn floor(suite: Suite, row: [u32; 7]) -> Floor {
    let columns = if suite == Suite::Hybrid { 7 } else { 4 };
    row.into_iter().zip(COLUMNS).take(columns).filter(|(count, _)| *count > 0).collect()
}

/// Fails at once: an answer that cannot be sealed is left out, and with it its ratchet step, which
/// belongs to the first message back and not to the handshake.
struct Failing;

impl TryRng for Failing {
    type Error = std::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(std::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(std::fmt::Error)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        Err(std::fmt::Error)
    }
}

impl TryCryptoRng for Failing {}

/// A device with one-time prekeys of every kind that its suites have.
pub(crate) fn device(name: &[u8], suite: Suite, seed: u64, cache: ReplayCache) -> Device {
    let draws = &mut Draws::new(seed);
    let address = Address::new(name).expect("an address");
    let fields = CardFields::new(address, DeviceId(1), NOW - DAY, NOW + DAY);
    let fields = CardFields { suites: Suite::X25519.bit() | suite.bit(), ..fields };
    let identity = Identity::generate(draws).expect("drawn");
    Device::new(identity, fields, cache).expect("fields")
}

fn interactive(suite: Suite, seed: u64, watch: &mut Watch<'_>) {
    let mut ada = device(b"ada", suite, 2 * seed, ReplayCache::default());
    let mut bob = device(b"bob", suite, 2 * seed + 1, ReplayCache::default());
    let draws = &mut Draws::new(!seed);
    let card = *bob.card().expect("a card");
    let init = watch.work(Side::Initiator, || ada.connect(&card, NOW, draws)).expect("may start");
    let response =
        watch.work(Side::Responder, || bob.receive(None, &init, NOW, draws)).expect("genuine");
    let complete = watch
        .work(Side::Initiator, || ada.receive(None, &response.replies[0], NOW, draws))
        .expect("genuine");
    watch
        .work(Side::Responder, || bob.receive(None, &complete.replies[0], NOW, &mut Failing))
        .expect("genuine");
}

/// With the first message; a one-time prekey is there, the bundle has been verified.
fn prepared(suite: Suite, seed: u64, watch: &mut Watch<'_>) {
    let mut ada = device(b"ada", suite, 2 * seed, ReplayCache::default());
    let mut bob = device(b"bob", suite, 2 * seed + 1, ReplayCache::default());
    let draws = &mut Draws::new(!seed);
    bob.publish(1, NOW, draws).expect("room");
    let bundle = Bundle::verify(&bundle(&bob)).expect("genuine");
    let packet = watch.work(Side::Initiator, || {
        ada.prepare(&bundle, NOW, draws).expect("may start");
        ada.send(&bob.key(), Kind::DATA, b"first", NOW, draws).expect("a session").packet
    });
    watch.work(Side::Responder, || bob.receive(None, &packet, NOW, &mut Failing)).expect("genuine");
}

fn first_reply(suite: Suite, seed: u64) -> Duration {
    let mut ada = device(b"ada", suite, 2 * seed, ReplayCache::default());
    let mut bob = device(b"bob", suite, 2 * seed + 1, ReplayCache::default());
    let (ada_key, bob_key, draws) = (ada.key(), bob.key(), &mut Draws::new(!seed));
    bob.publish(1, NOW, draws).expect("room");
    let bundle = bundle(&bob);
    let talk = || {
        let bundle = Bundle::verify(&bundle).expect("genuine");
        ada.prepare(&bundle, NOW, draws).expect("may start");
        let first = ada.send(&bob_key, Kind::DATA, b"first", NOW, draws).expect("a session");
        bob.receive(None, &first.packet, NOW, &mut Failing).expect("genuine");
        let reply = bob.send(&ada_key, Kind::DATA, b"reply", NOW, draws).expect("a session");
        ada.receive(Some(&bob_key), &reply.packet, NOW, draws).expect("genuine")
    };
    timed(talk).1
}

fn bundle(of: &Device) -> Vec<u8> {
    let records = of.prekeys().records();
    let kind = |kind| records.iter().find(|it| it[1] == kind).map(Vec::as_slice);
    let card = of.card().expect("a card").as_bytes();
    Bundle::encode(card, kind(1).expect("one"), kind(2), kind(3))
}
