//! Two devices, a clock, and a network that does what it likes.

use crate::edit::edited;
use crate::stage::State;
use crate::story::{NOW, SUITES, Tale, Who, bundle, draws, identity};
use crate::targets::happens::{Happens, Time, Which};
use arbitrary::{Arbitrary, Unstructured};
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::ReplayCache;
use quipu::prekeys::Bundle;
use quipu::session::Status;
use quipu::{Card, Content, Device, Event, Kind};
use quipu_vectors::draws::Draws;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

struct Packet {
    bytes: Vec<u8>,
    delivered: bool,
}

struct World {
    /// Ada and Bob.
    sides: [Device; 2],
    keys: [IdentityKey; 2],
    /// By receiver.
    sent: [Vec<Packet>; 2],
    /// By sender: what was said, and how often it was heard.
    said: [BTreeMap<Vec<u8>, u32>; 2],
    confirmed: BTreeSet<([u8; 16], usize)>,
    now: u64,
    rng: Draws,
    count: u8,
}

/// The most that happens: what is bounded by time never fills.
const EVENTS: usize = 48;

/// Up to 48 things happen; then one handshake without loss, and both talk.
pub(crate) fn conversation(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok((suite, met)) = <(bool, u8)>::arbitrary(&mut data) else { return };
    let mut world = World::new(&STARTS[usize::from(met) % 3][usize::from(suite)]);
    for _ in 0..EVENTS {
        let Ok(happens) = Happens::arbitrary(&mut data) else { break };
        world.step(happens);
        if data.is_empty() {
            break;
        }
    }
    world.repair();
}

/// Cards and stored sessions of both sides, from which a conversation goes on.
type Start = [(Card, Option<Vec<u8>>); 2];

/// Before they met, after they met, and after Ada has written to Bob; in both suites.
static STARTS: LazyLock<[[Start; 2]; 3]> = LazyLock::new(|| {
    let tales = [(Tale::Interactive, 0), (Tale::Interactive, 6), (Tale::Prepared, 5)];
    tales.map(|(tale, moments)| {
        SUITES.map(|suite| {
            [Who::Ada, Who::Bob].map(|who| {
                let (device, peer) = tale.until(suite, moments).side(who);
                let stored = device.snapshot(&peer).map(|it| it.expose().to_vec());
                (*device.card().expect("a card"), stored)
            })
        })
    })
});

impl World {
    fn new(start: &Start) -> Self {
        let keys = start.each_ref().map(|(card, _)| card.key());
        let side = |at: usize| {
            let ((card, stored), who) = (&start[at], identity(["ada", "bob"][at]));
            let mut device = Device::with_cards(who, vec![*card], ReplayCache::default());
            if let Some(stored) = stored {
                device.restore(&keys[1 - at], stored, |_| 0).expect("own snapshot");
            }
            device
        };
        let sides = [side(0), side(1)];
        let (sent, said) = (Default::default(), Default::default());
        Self {
            sides,
            keys,
            sent,
            said,
            confirmed: BTreeSet::new(),
            now: NOW,
            rng: draws(0xcc),
            count: 0,
        }
    }

    fn step(&mut self, happens: Happens) {
        self.count += 1;
        match happens {
            Happens::Send(side, length) => drop(self.send(side.into(), length)),
            Happens::Talk(side) => {
                self.send(side.into(), 1);
                self.deliver((!side).into(), Which::Newest);
            }
            Happens::Connect(side) => self.connect(side.into()),
            Happens::Prepare(side, one_time) => self.prepare(side.into(), one_time),
            Happens::Receipt(side) => self.receipt(side.into()),
            Happens::Close(side) => {
                let at = usize::from(side);
                let closed = self.sides[at].close(&self.keys[1 - at], self.now, &mut self.rng);
                closed.into_iter().for_each(|out| self.post(1 - at, out.packet));
            }
            Happens::Deliver(to, which) => self.deliver(to.into(), which),
            Happens::Twice(to, back) => {
                self.deliver(to.into(), Which::Back(back));
                self.deliver(to.into(), Which::Back(back));
            }
            Happens::Tamper(to, back, edits) => self.tamper(to.into(), back, &edits),
            Happens::Reflect(to, back) => {
                let packet = self.back(1 - usize::from(to), back).map(|it| it.bytes.clone());
                packet.into_iter().for_each(|packet| self.refuse(to.into(), &packet));
            }
            Happens::Raw(to, bytes) => self.refuse(to.into(), &bytes),
            Happens::Restore(side) => self.restore(side.into()),
            Happens::Wait(time) => {
                self.now += time.milliseconds();
                for side in [0, 1] {
                    let due = self.sides[side].due(self.now);
                    assert!(due.packets.iter().all(|(peer, _)| *peer == self.keys[1 - side]));
                    due.packets.into_iter().for_each(|(_, packet)| self.post(1 - side, packet));
                }
            }
        }
        self.bounds();
    }

    fn post(&mut self, to: usize, bytes: Vec<u8>) {
        self.sent[to].push(Packet { bytes, delivered: false });
    }

    fn back(&self, to: usize, back: u8) -> Option<&Packet> {
        let length = self.sent[to].len();
        self.sent[to].get(length.checked_sub(1)? - usize::from(back) % length)
    }

    fn send(&mut self, side: usize, length: u8) -> bool {
        let content = [&[self.count], vec![length; length.into()].as_slice()].concat();
        let (to, rng) = (self.keys[1 - side], &mut self.rng);
        match self.sides[side].send(&to, Kind::DATA, &content, self.now, rng) {
            Ok(out) => {
                self.said[side].insert(content, 0);
                self.post(1 - side, out.packet);
                true
            }
            Err(error) => {
                let name = error.name();
                assert!(["no_session", "closed"].contains(&name), "{name}");
                false
            }
        }
    }

    fn connect(&mut self, side: usize) {
        let card = *self.sides[1 - side].card().expect("a card");
        match self.sides[side].connect(&card, self.now, &mut self.rng) {
            Ok(init) => self.post(1 - side, init),
            Err(error) => assert_eq!(error.name(), "window"),
        }
    }

    fn prepare(&mut self, side: usize, one_time: bool) {
        let peer = &mut self.sides[1 - side];
        if peer.prekeys().records().is_empty() {
            peer.publish(2, self.now, &mut self.rng).expect("room");
        }
        let bytes = bundle(&self.sides[1 - side], one_time);
        let bundle = Bundle::verify(&bytes).expect("genuine");
        if let Err(error) = self.sides[side].prepare(&bundle, self.now, &mut self.rng) {
            assert!(["window", "time"].contains(&error.name()), "{error}");
        }
    }

    fn receipt(&mut self, side: usize) {
        let peer = self.keys[1 - side];
        let sessions = self.sides[side].sessions(&peer);
        let ids: Vec<_> =
            sessions.into_iter().flat_map(|all| all.iter()).map(|it| it.key().id).collect();
        for id in ids {
            let receipt = self.sides[side].receipt(&peer, &id, self.now, &mut self.rng);
            receipt.into_iter().flatten().for_each(|packet| self.post(1 - side, packet));
        }
    }

    fn deliver(&mut self, to: usize, which: Which) {
        let sent = &mut self.sent[to];
        let at = match which {
            Which::Next => sent.iter().position(|it| !it.delivered),
            Which::Newest => sent.iter().rposition(|it| !it.delivered),
            Which::Back(back) => {
                sent.len().checked_sub(1).map(|last| last - usize::from(back) % sent.len())
            }
        };
        let Some(packet) = at.map(|at| &mut sent[at]) else { return };
        packet.delivered = true;
        let packet = packet.bytes.clone();
        self.receive(to, &packet);
    }

    /// What is heard was said and is new, or nothing has changed.
    fn receive(&mut self, to: usize, packet: &[u8]) -> bool {
        let peer = self.keys[1 - to];
        self.sides[to].expire(self.now);
        let before = State::of(&self.sides[to], &peer);
        match self.sides[to].receive(Some(&peer), packet, self.now, &mut self.rng) {
            Ok(received) => {
                received.events.iter().for_each(|event| self.hear(to, event));
                received.replies.into_iter().for_each(|reply| self.post(1 - to, reply));
                true
            }
            Err(error) => {
                assert!(["bytes", "peer"].contains(&error.blame()), "{error}");
                let state = State::of(&self.sides[to], &peer);
                assert!(state == before, "{error} changed the state");
                false
            }
        }
    }

    fn hear(&mut self, at: usize, event: &Event) {
        match event {
            Event::Message { peer, plaintext, .. } => {
                assert_eq!(*peer, self.keys[1 - at]);
                if let Content::Data(_, bytes) = &plaintext.content {
                    let heard = self.said[1 - at].get_mut(bytes.expose());
                    let heard = heard.expect("nobody said what was heard");
                    *heard += 1;
                    assert_eq!(*heard, 1, "heard twice");
                }
            }
            Event::Confirmed { session } => {
                assert!(self.confirmed.insert((*session, at)), "confirmed twice");
            }
            Event::Established { peer, .. } => assert_eq!(peer.key(), self.keys[1 - at]),
            _ => {}
        }
    }

    /// A packet that its receiver has no reason to accept, unless the edits changed nothing.
    fn tamper(&mut self, to: usize, back: u8, edits: &[u8]) {
        let Some(packet) = self.back(to, back) else { return };
        let packet = edited(&packet.bytes, edits);
        if self.sent[to].iter().all(|it| it.bytes != packet) {
            self.refuse(to, &packet);
        }
    }

    fn refuse(&mut self, to: usize, packet: &[u8]) {
        let heard = |said: &BTreeMap<_, u32>| said.values().sum::<u32>();
        let before = heard(&self.said[1 - to]);
        let accepted = self.receive(to, packet);
        // The handshake bytes of a Complete stand alone: only the message behind it is refused.
        let complete = packet.get(1) == Some(&0x03) && before == heard(&self.said[1 - to]);
        assert!(!accepted || complete, "accepted a forgery");
    }

    fn restore(&mut self, side: usize) {
        let peer = self.keys[1 - side];
        let before = State::of(&self.sides[side], &peer);
        let prekeys = self.sides[side].prekeys().snapshot();
        self.sides[side].restore_prekeys(prekeys.expose(), 0).expect("own snapshot");
        if let Some(sessions) = self.sides[side].snapshot(&peer) {
            let restored = self.sides[side].restore(&peer, sessions.expose(), |_| 0);
            restored.expect("own snapshot");
        }
        assert!(State::of(&self.sides[side], &peer) == before, "SESSION-26");
    }

    /// What is kept is never more than chapter 8.9 allows.
    fn bounds(&self) {
        for side in [0, 1] {
            let Some(sessions) = self.sides[side].sessions(&self.keys[1 - side]) else { continue };
            let count = |status| sessions.iter().filter(|it| it.status() == status).count();
            let all = [Status::Confirmed, Status::Unconfirmed, Status::GivenUp].map(count);
            assert!(all[0] <= 4 && all[1] <= 1 && all[2] <= 2, "{all:?}");
            assert!(sessions.iter().is_sorted_by(|one, next| one.key() > next.key()));
        }
    }

    /// Whatever has happened: a handshake without loss, and each side hears the other.
    fn repair(&mut self) {
        // The packets under way are lost; half-open handshakes and the window of `ts_I` pass.
        self.step(Happens::Wait(Time::Minutes(10)));
        self.sent = Default::default();
        self.connect(0);
        for _ in 0..4 {
            for to in [1, 0] {
                while self.sent[to].iter().any(|it| !it.delivered) {
                    self.deliver(to, Which::Next);
                }
            }
        }
        for side in [0, 1, 0] {
            self.count = self.count.wrapping_add(1);
            assert!(self.send(side, 0), "a new session is there to send on");
            let packet = self.sent[1 - side].pop().expect("it was sent").bytes;
            assert!(self.receive(1 - side, &packet), "a new session opens");
        }
        let sending = |side: usize| {
            let sessions = self.sides[side].sessions(&self.keys[1 - side]);
            sessions.and_then(|it| it.sending(self.now)).map(|it| it.key())
        };
        assert_eq!(sending(0), sending(1), "both send on one session");
    }
}

/// Seeds: conversations drawn at random, short and long.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let drawn = |seed: u8| draws(seed).take::<512>();
    let start = |seed: u8| [[seed & 1, seed >> 1].as_slice(), &drawn(seed)].concat();
    (0..24).map(|seed| start(seed)[..20 + 20 * usize::from(seed)].to_vec()).collect()
}
