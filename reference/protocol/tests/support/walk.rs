//! Any interleaving of what two sides and a network can do, checked against the oracle.

use super::Seeded;
use super::oracle::{Mark, Oracle, Place, Sender};
use super::pair::{deliver, pair, refuse, restored};
use proptest::prelude::*;
use quipu::session::Session;
use quipu::{Error, Kind};
use std::collections::BTreeSet;

/// One thing that happens. `side` 0 is the initiator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Send {
        side: usize,
        count: u16,
        length: u16,
    },
    Receipt {
        side: usize,
    },
    /// Delivers the packet `back` places from the newest of its direction: new, late or again.
    Deliver {
        to: usize,
        back: usize,
    },
    /// Delivers up to `count` packets in their order, beginning `back` places from the newest.
    Stream {
        to: usize,
        back: usize,
        count: usize,
    },
    Restore {
        side: usize,
    },
    /// Delivers packet `back` to the side that sent it.
    Reflect {
        from: usize,
        back: usize,
    },
    Flip {
        to: usize,
        back: usize,
        byte: usize,
        mask: u8,
    },
    Cut {
        to: usize,
        back: usize,
        length: usize,
    },
    Extend {
        to: usize,
        back: usize,
        more: usize,
    },
    /// Puts the front of one packet before the back of another of the same length.
    Splice {
        to: usize,
        back: usize,
        other: usize,
        at: usize,
    },
}

pub(crate) fn honest() -> impl Strategy<Value = Op> {
    let back = || prop_oneof![4 => 0..4usize, 2 => 0..60usize, 1 => 0..4_000usize];
    prop_oneof![
        4 => (0..2usize, 1..6u16, 0..600u16)
            .prop_map(|(side, count, length)| Op::Send { side, count, length }),
        1 => (0..2usize, 50..900u16).prop_map(|(side, count)| Op::Send { side, count, length: 0 }),
        1 => (0..2usize).prop_map(|side| Op::Receipt { side }),
        8 => (0..2usize, back()).prop_map(|(to, back)| Op::Deliver { to, back }),
        1 => (0..2usize, back(), 1..80usize)
            .prop_map(|(to, back, count)| Op::Stream { to, back, count }),
        1 => (0..2usize).prop_map(|side| Op::Restore { side }),
    ]
}

pub(crate) fn hostile() -> impl Strategy<Value = Op> {
    let place = || (0..2usize, 0..40usize);
    prop_oneof![
        place().prop_map(|(from, back)| Op::Reflect { from, back }),
        (place(), any::<usize>(), 1..=255u8).prop_map(|((to, back), byte, mask)| Op::Flip {
            to,
            back,
            byte,
            mask
        }),
        (place(), any::<usize>()).prop_map(|((to, back), length)| Op::Cut { to, back, length }),
        (place(), 1..300usize).prop_map(|((to, back), more)| Op::Extend { to, back, more }),
        (place(), 0..40usize, any::<usize>()).prop_map(|((to, back), other, at)| Op::Splice {
            to,
            back,
            other,
            at
        }),
    ]
}

/// The two sides, their models and everything that was ever sent.
pub(crate) struct Walk {
    pub(crate) sides: [Session; 2],
    pub(crate) oracles: [Oracle; 2],
    senders: [Sender; 2],
    /// Whether a side owes a receipt: it accepted something else since its last one.
    owed: [bool; 2],
    /// By receiving side, in the order of sending.
    pub(crate) sent: [Vec<(Mark, Vec<u8>)>; 2],
    receipts: [BTreeSet<Place>; 2],
    /// By receiving side, in the order of acceptance, with the gap of each.
    pub(crate) heard: [Vec<(Place, Vec<Place>)>; 2],
    rng: Seeded,
}

impl Walk {
    pub(crate) fn new(seed: u64) -> Self {
        let (initiator, responder) = pair(seed);
        Self {
            sides: [initiator, responder],
            oracles: [Oracle::new(false), Oracle::new(true)],
            senders: [Sender::new(false), Sender::new(true)],
            owed: [false, true],
            sent: Default::default(),
            receipts: Default::default(),
            heard: Default::default(),
            rng: Seeded::new(seed ^ 0xd1ce),
        }
    }

    pub(crate) fn run(&mut self, ops: &[Op]) {
        ops.iter().for_each(|op| self.step(*op));
    }

    pub(crate) fn step(&mut self, op: Op) {
        match op {
            Op::Send { side, count, length } => {
                (0..count).for_each(|_| self.send(side, length.into()));
            }
            Op::Receipt { side } => self.receipt(side),
            Op::Deliver { to, back } => drop(self.place(to, back).map(|at| self.deliver(to, at))),
            Op::Stream { to, back, count } => {
                let begin = self.place(to, back).unwrap_or(0);
                let end = self.sent[to].len().min(begin + count);
                (begin..end).for_each(|at| self.deliver(to, at));
            }
            Op::Restore { side } => self.sides[side] = restored(&self.sides[side]),
            Op::Reflect { from, back } => self.forge(1 - from, back, from, |_| ()),
            Op::Flip { to, back, byte, mask } => self.forge(to, back, to, |packet| {
                let at = byte % packet.len();
                packet[at] ^= mask;
            }),
            Op::Cut { to, back, length } => {
                self.forge(to, back, to, |packet| packet.truncate(length % packet.len()));
            }
            Op::Extend { to, back, more } => {
                self.forge(to, back, to, |packet| packet.resize(packet.len() + more, 0));
            }
            Op::Splice { to, back, other, at } => self.splice(to, back, other, at),
        }
    }

    fn place(&self, to: usize, back: usize) -> Option<usize> {
        let length = self.sent[to].len();
        (length > 0).then(|| length - 1 - back % length)
    }

    fn send(&mut self, side: usize, length: usize) {
        let packet = self.sides[side].send(Kind::DATA, &vec![0x5a; length], &mut self.rng);
        let mark = self.senders[side].send();
        self.sent[1 - side].push((mark, packet.expect("within the chain")));
    }

    fn receipt(&mut self, side: usize) {
        let packet = self.sides[side].receipt(&mut self.rng).expect("within the chain");
        let possible = self.oracles[side].receipt().is_some();
        assert_eq!(packet.is_some(), possible && self.owed[side], "SESSION-17");
        if let Some(packet) = packet {
            self.owed[side] = false;
            let mark = self.senders[side].send();
            self.receipts[1 - side].insert(mark.place);
            self.sent[1 - side].push((mark, packet));
        }
    }

    /// Delivers a genuine packet and compares with the oracle.
    pub(crate) fn deliver(&mut self, to: usize, at: usize) {
        let (mark, packet) = &self.sent[to][at];
        match self.oracles[to].judge(*mark) {
            Ok(gap) => {
                let plaintext = deliver(&mut self.sides[to], packet).expect("the oracle says so");
                let jumped = plaintext.gap.iter();
                let jumped: Vec<Place> = jumped
                    .flat_map(|gap| (0..gap.count).map(|it| (gap.epoch, gap.first + it)))
                    .collect();
                assert_eq!(((plaintext.epoch, plaintext.number), &jumped), (mark.place, &gap));
                self.oracles[to].accept(*mark, &gap);
                self.senders[to].hear(mark.place.0);
                self.owed[to] |= !self.receipts[to].contains(&mark.place);
                self.heard[to].push((mark.place, gap));
            }
            Err(error) => refuse(&mut self.sides[to], packet, error),
        }
        self.compare(to);
    }

    fn compare(&self, to: usize) {
        let receipt = self.sides[to].received().map(|it| (it.epoch, it.below, it.bitmap));
        assert_eq!(receipt, self.oracles[to].receipt());
        assert_eq!(self.sides[to].stored_keys(), self.oracles[to].stored());
    }

    fn forge(&mut self, of: usize, back: usize, by: usize, change: impl Fn(&mut Vec<u8>)) {
        let Some(at) = self.place(of, back) else { return };
        let mut packet = self.sent[of][at].1.clone();
        change(&mut packet);
        refuse(&mut self.sides[by], &packet, expected(&packet));
    }

    fn splice(&mut self, to: usize, back: usize, other: usize, at: usize) {
        let (Some(one), Some(two)) = (self.place(to, back), self.place(to, other)) else { return };
        let (one, two) = (&self.sent[to][one].1, &self.sent[to][two].1);
        let at = 4 + at % 300;
        let packet = [&one[..at], &two[at..]].concat();
        if self.sent[to].iter().all(|(_, genuine)| *genuine != packet) {
            refuse(&mut self.sides[to], &packet, expected(&packet));
        }
    }
}

/// What chapter 7.4 says about bytes that nobody sealed.
pub(crate) fn expected(packet: &[u8]) -> Error {
    use quipu::message::{OVERHEAD, padded_length};
    use quipu::{BytesError, PeerError};
    let bucket =
        |padded: usize| (256..=65_536).contains(&padded) && padded_length(padded) == padded;
    match packet {
        [] | [_] | [_, _] | [_, _, _] => BytesError::Length.into(),
        [version, ..] if *version != 1 => BytesError::Version.into(),
        [_, kind, ..] if *kind != 0x10 => BytesError::Type.into(),
        [_, _, high, low, ..] if *high != 0 || ![1, 2].contains(low) => BytesError::Suite.into(),
        _ if packet.len().checked_sub(OVERHEAD).is_some_and(bucket) => {
            PeerError::Authentication.into()
        }
        _ => BytesError::Length.into(),
    }
}
