//! Chapter 5.10: the public-key operations of both handshakes, counted and compared with the table.
//! Chapter 7.4: what a refusal costs.

use crate::crypto::count::{Counts, counted, counted_all};
use crate::crypto::kdf::sha256;
use crate::error::{Error, PeerError};
use crate::handshake::ReplayCache;
use crate::message::Envelope;
use crate::prekeys::Bundle;
use crate::ratchet::Place;
use crate::wire::Suite;
use crate::{Address, CardFields, Device, DeviceId, Identity, Kind};
use alloc::vec::Vec;
use core::convert::Infallible;
use rand_core::{TryCryptoRng, TryRng};

const NOW: u64 = 1_700_000_000_000;
const DAY: u64 = 86_400_000;
const SUITES: [Suite; 2] = [Suite::X25519, Suite::Hybrid];

/// SHA-256 of a counter.
struct Drawn(u64);

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("draws are of bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("draws are of bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            chunk.copy_from_slice(&sha256(&[&self.0.to_be_bytes()])[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

/// Fails at once: an answer that cannot be sealed is left out.
struct Failing;

impl TryRng for Failing {
    type Error = core::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(core::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(core::fmt::Error)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        Err(core::fmt::Error)
    }
}

impl TryCryptoRng for Failing {}

/// Two devices with one-time prekeys.
fn two(suite: Suite) -> (Device, Device) {
    let [ada, bob] = [(b"ada", 1), (b"bob", 1 << 32)].map(|(name, seed)| {
        let rng = &mut Drawn(seed);
        let address = Address::new(name).expect("an address");
        let fields = CardFields::new(address, DeviceId(1), NOW - DAY, NOW + DAY);
        let suites = Suite::X25519.bit() | suite.bit();
        let identity = Identity::generate(rng).expect("drawn");
        let fields = CardFields { suites, ..fields };
        let mut device = Device::new(identity, fields, ReplayCache::default()).expect("fields");
        device.publish(2, NOW, rng).expect("room");
        device
    });
    (ada, bob)
}

/// A bundle of a device, with a one-time prekey or without, and with a KEM prekey if it has one.
fn bundle(of: &Device, one_time: bool) -> Vec<u8> {
    let records = of.prekeys().records();
    let kind = |kind| records.iter().find(|it| it[1] == kind).map(Vec::as_slice);
    let card = of.card().expect("a card").as_bytes();
    let kem = kind(if one_time { 3 } else { 4 });
    Bundle::encode(card, kind(1).expect("one"), kind(2).filter(|_| one_time), kem)
}

fn sum(one: Counts, other: Counts) -> Counts {
    core::array::from_fn(|at| one[at] + other[at])
}

/// Initiator and responder of an interactive handshake, the answer to Complete left out.
fn interactive(suite: Suite) -> [Counts; 2] {
    let (mut ada, mut bob) = two(suite);
    let rng = &mut Drawn(2 << 32);
    let card = *bob.card().expect("a card");
    let (init, started) = counted(|| ada.connect(&card, NOW, rng).expect("may start"));
    let (received, responded) = counted(|| bob.receive(None, &init, NOW, rng).expect("genuine"));
    let response = &received.replies[0];
    let (received, completed) = counted(|| ada.receive(None, response, NOW, rng).expect("genuine"));
    let complete = &received.replies[0];
    let (done, ended) =
        counted(|| bob.receive(None, complete, NOW, &mut Failing).expect("genuine"));
    assert!(done.replies.is_empty());
    [sum(started, completed), sum(responded, ended)]
}

/// Initiator and responder of a prepared handshake, with its first message.
fn prepared(suite: Suite, one_time: bool, rng: &mut impl TryCryptoRng) -> [Counts; 2] {
    let (mut ada, mut bob) = two(suite);
    let bundle = Bundle::verify(&bundle(&bob, one_time)).expect("genuine");
    let draws = &mut Drawn(2 << 32);
    let (packet, started) = counted(|| {
        ada.prepare(&bundle, NOW, draws).expect("may start");
        ada.send(&bob.key(), Kind::DATA, b"first", NOW, draws).expect("a session").packet
    });
    let (_, accepted) = counted(|| bob.receive(None, &packet, NOW, rng).expect("genuine"));
    [started, accepted]
}

/// The row of the table: seven numbers, those of ML-KEM only in suite `0x0002`.
fn row(suite: Suite, handshake: &str, side: &str) -> Counts {
    let chapter = include_str!("../../../spec/05-prepared.md");
    let (_, table) = chapter.split_once("\n## 5.10 ").expect("the chapter");
    let cells = |line: &str| line.split('|').map(|it| it.trim().into()).collect();
    let rows: Vec<Vec<alloc::string::String>> = table.lines().map(cells).collect();
    let found = rows.iter().find(|it| it.len() == 11 && it[1] == handshake && it[2] == side);
    let cells = &found.expect("a row of seven numbers")[3..10];
    let numbers: Vec<u32> = cells.iter().map(|it| it.parse().expect("a number")).collect();
    let kem = if suite == Suite::Hybrid { 7 } else { 4 };
    core::array::from_fn(|at| if at < kem { numbers[at] } else { 0 })
}

// Chapter 5.10: both agree exactly
#[test]
fn handshakes_cost_what_the_table_says() {
    for suite in SUITES {
        let sides = ["initiator", "responder"];
        assert_eq!(interactive(suite), sides.map(|side| row(suite, "interactive", side)));
        let counts = prepared(suite, true, &mut Failing);
        assert_eq!(counts, sides.map(|side| row(suite, "prepared", side)));
    }
}

// Chapter 5.10: what the text beside the table says
#[test]
fn one_time_prekey_is_one_agreement_and_the_answer_one_step() {
    for suite in SUITES {
        let [mut one, mut other] = prepared(suite, true, &mut Failing);
        one[1] -= 1;
        other[1] -= 1;
        assert_eq!(prepared(suite, false, &mut Failing), [one, other]);
        let answered = sum(other, [1, 1, 0, 0, 0, 0, 0]);
        assert_eq!(prepared(suite, false, &mut Drawn(3 << 32)), [one, answered]);
        let bytes = bundle(&two(suite).1, true);
        let (_, verified) = counted(|| Bundle::verify(&bytes).expect("genuine"));
        let signatures = if suite == Suite::Hybrid { 4 } else { 3 };
        assert_eq!(verified, [0, 0, 0, signatures, 0, 0, 0]);
    }
}

// HS-07, PREP-20, PREP-28: at the price of a hash
#[test]
fn replays_and_unknown_names_cost_no_public_key_operation() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        let rng = &mut Drawn(2 << 32);
        let bundle = Bundle::verify(&bundle(&bob, true)).expect("genuine");
        let card = *bob.card().expect("a card");
        let init = ada.connect(&card, NOW, rng).expect("may start");
        ada.prepare(&bundle, NOW, rng).expect("may start");
        let mut send = || ada.send(&bob.key(), Kind::DATA, b"", NOW, rng).expect("one").packet;
        let [first, second] = [send(), send()];
        let mut unknown = [36, 40].map(|at| {
            let mut packet = first.clone();
            packet[at..at + 4].fill(0xff);
            packet
        });
        let mut refuse = |packet: &[u8], error: PeerError| {
            let (refused, counts) = counted(|| bob.receive(None, packet, NOW, &mut Failing));
            assert_eq!((refused.err(), counts), (Some(Error::from(error)), [0; 7]));
        };
        unknown.iter_mut().for_each(|packet| refuse(packet, PeerError::UnknownPrekey));
        let rng = &mut Drawn(4 << 32);
        bob.receive(None, &init, NOW, rng).expect("genuine");
        bob.receive(None, &first, NOW, rng).expect("genuine");
        let (repeated, counts) = counted(|| bob.receive(None, &second, NOW, rng));
        assert_eq!((repeated.map(|it| it.replies.len()), counts), (Ok(0), [0; 7]));
        bob.forget(&ada.key());
        for packet in [&init, &first] {
            let (refused, counts) = counted(|| bob.receive(None, packet, NOW, &mut Failing));
            assert_eq!((refused.err(), counts), (Some(PeerError::Replay.into()), [0; 7]));
        }
    }
}

/// Two devices with one confirmed session.
fn met() -> (Device, Device) {
    let (mut ada, mut bob) = two(Suite::X25519);
    connect(&mut ada, &mut bob, &mut Drawn(2 << 32));
    (ada, bob)
}

fn connect(ada: &mut Device, bob: &mut Device, rng: &mut Drawn) {
    let (ada_key, bob_key) = (ada.key(), bob.key());
    let card = *bob.card().expect("a card");
    let mut packet = ada.connect(&card, NOW, rng).expect("may start");
    for at_bob in [true, false, true, false] {
        let (to, from) = if at_bob { (&mut *bob, ada_key) } else { (&mut *ada, bob_key) };
        let received = to.receive(Some(&from), &packet, NOW, rng).expect("genuine");
        packet = received.replies.into_iter().next().unwrap_or_default();
    }
}

/// A message there that does not arrive, and one there and one back that do.
fn turn(ada: &mut Device, bob: &mut Device, rng: &mut Drawn) -> Vec<u8> {
    let (ada_key, bob_key) = (ada.key(), bob.key());
    let mut send = || ada.send(&bob_key, Kind::DATA, b"", NOW, rng).expect("sent").packet;
    let (kept, genuine) = (send(), send());
    bob.receive(Some(&ada_key), &genuine, NOW, rng).expect("genuine");
    let back = bob.send(&ada_key, Kind::DATA, b"", NOW, rng).expect("sent").packet;
    ada.receive(Some(&bob_key), &back, NOW, rng).expect("genuine");
    kept
}

// MSG-07, MSG-08: a hash and one short MAC for each candidate, under keys that stand set up
#[test]
fn garbage_costs_a_hash_and_a_mac_for_each_candidate() {
    let (mut ada, mut bob) = met();
    let rng = &mut Drawn(3 << 32);
    for turns in 0..8 {
        let mut garbage = turn(&mut ada, &mut bob, rng);
        garbage[100] ^= 1;
        let receive = || bob.receive(Some(&ada.key()), &garbage, NOW, &mut Failing);
        let (refused, public, symmetric) = counted_all(receive);
        assert_eq!(refused.err(), Some(PeerError::UnknownSession.into()));
        let candidates = 2 + 5.min(turns + 1);
        assert_eq!((public, symmetric), ([0; 7], [1, 0, candidates, 0, 0]), "turn {turns}");
    }
}

// MSG-07: time does not tell which candidate has matched
#[test]
fn genuine_message_costs_the_mac_of_every_candidate_of_every_session() {
    let (mut ada, mut bob) = met();
    let rng = &mut Drawn(3 << 32);
    let mut packets: Vec<_> = (0..3).map(|_| turn(&mut ada, &mut bob, rng)).collect();
    packets.push(ada.send(&bob.key(), Kind::DATA, b"", NOW, rng).expect("sent").packet);
    connect(&mut ada, &mut bob, rng);
    packets.push(ada.send(&bob.key(), Kind::DATA, b"", NOW, rng).expect("sent").packet);

    let sessions = bob.sessions(&ada.key()).expect("two");
    let candidates = [2, 5];
    let (mut places, mut at) = (Vec::new(), Vec::new());
    for message in &packets {
        let envelope = Envelope::decode(message).expect("layout");
        for (index, session) in sessions.iter().enumerate() {
            let (place, _, symmetric) = counted_all(|| session.candidate(&envelope));
            assert_eq!(symmetric, [0, 0, candidates[index], 0, 0]);
            at.extend(place.is_some().then_some(index));
            places.extend(place);
        }
        let (opened, _, all) = counted_all(|| sessions.open(message, NOW).expect("genuine"));
        let session = sessions.get(&opened.0).expect("one of the two");
        let (_, _, alone) = counted_all(|| session.open(message).expect("genuine"));
        let other = usize::from(at.last() == Some(&0));
        assert_eq!(all[2] - alone[2], candidates[other]);
    }
    assert_eq!(at, [1, 1, 1, 1, 0]);
    assert_eq!(places, [Place::Old(1), Place::Old(0), Place::Current, Place::Next, Place::Next]);
}
