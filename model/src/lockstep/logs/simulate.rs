//! Two devices of the crate over a network that loses, repeats, delays and reorders.

use std::sync::Arc;

use quipu::Device;

use super::{CLOCKS, Entry, What};
use crate::lockstep::draws::{Draw, Purpose};
use crate::lockstep::party::{self, Call, Input, Party};
use crate::lockstep::real::show;
use crate::random::SplitMix;
use crate::session::{BEGIN, Kind, Time};

/// The model counts handshakes and messages in bits.
const STARTS: u8 = 14;
const TEXTS: u8 = 14;
/// How many steps a packet is under way: the ratchet forgets chains, the model does not.
const STEPS: usize = 12;

struct Network {
    seed: u8,
    random: SplitMix,
    now: Time,
    devices: [Device; 2],
    /// Receiver, bytes, and the step in which it was sent.
    packets: Vec<(usize, Vec<u8>, usize)>,
    starts: u8,
    texts: [u8; 2],
    log: Vec<Entry>,
}

/// A log of so many steps, the same for the same seed.
pub fn simulate(seed: u8, steps: usize) -> Vec<Entry> {
    let devices = [0, 1].map(|side| Party::new(side, 0).live());
    let random = SplitMix(u64::from(seed) << 32 | 0x5eed);
    let (packets, log) = (Vec::new(), Vec::new());
    let mut network =
        Network { seed, random, now: BEGIN, devices, packets, starts: 0, texts: [0; 2], log };
    while network.log.len() < steps {
        network.step();
    }
    network.log
}

impl Network {
    fn step(&mut self) {
        let seconds = match self.random.below(40) {
            0 => 4 * 86_400,
            1 => 300,
            2 | 3 => 60,
            _ => 1,
        };
        self.now += seconds * 1_000;
        let at = self.log.len();
        self.packets.retain(|(.., sent)| at - sent < STEPS);
        let side = self.random.below(2);
        match self.random.below(16) {
            0 | 1 if self.starts < STARTS => {
                self.starts += 1;
                let kind = [Kind::Interactive, Kind::Prepared][self.random.below(2)];
                self.act(side, What::Start(kind));
            }
            2..=4 if self.texts[side] < TEXTS => {
                self.texts[side] += 1;
                let text = format!("{at}").into_bytes();
                self.act(side, What::Send(text));
            }
            5 => self.act(side, What::Due),
            6 => self.act(side, What::Crash),
            _ if self.packets.is_empty() => {}
            how => {
                let place = self.random.below(self.packets.len());
                let (to, packet, _) = self.packets[place].clone();
                if how < 14 {
                    self.packets.remove(place);
                }
                if how > 7 {
                    self.act(to, What::Receive(packet));
                }
            }
        }
    }

    fn act(&mut self, side: usize, what: What) {
        let (at, now) = (self.log.len(), self.now + CLOCKS[side]);
        let call = match &what {
            What::Start(Kind::Interactive) => Some(Call::Connect),
            What::Start(Kind::Prepared) => Some(Call::Prepare(0)),
            What::Receive(packet) => Some(Call::Receive(Arc::from(packet.as_slice()))),
            What::Send(text) => Some(Call::Send(text.clone())),
            What::Due => Some(Call::Due),
            What::Crash => None,
        };
        let said = call.map(|call| {
            let purpose = self.purpose(side, at);
            party::apply(&mut self.devices[side], side, &Input { call, now, purpose })
        });
        if said.is_none() {
            self.devices[side] = party::restarted(&self.devices[side], side);
        }
        let made = said.iter().flatten().flat_map(|output| output.packets.iter().cloned());
        self.packets.extend(made.map(|packet| (1 - side, packet, at)));
        let seen = self.devices[side].snapshot(&party::key(1 - side));
        let seen = seen.map(|bytes| show(bytes.expose(), now)).unwrap_or_default();
        self.log.push(Entry { side, now, what, said, seen });
    }

    /// Every step draws for itself.
    fn purpose(&self, side: usize, at: usize) -> Purpose {
        let byte = |it: usize| u8::try_from(it & 0xff).unwrap_or(u8::MAX);
        let (place, number) = (byte(at), byte(at >> 8));
        Purpose { side: byte(side), of: Draw::Seal, place, number, attempt: self.seed }
    }
}
