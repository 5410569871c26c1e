//! One device of the crate as a value: what is durable, and what led to the handshakes under way.
//!
//! No snapshot holds a handshake under way (SESSION-27). So a device is restored from the
//! snapshots of the last moment at which it had none, and lives through its inputs since again.

use std::sync::{Arc, LazyLock};

use quipu::crypto::sign::IdentityKey;
use quipu::handshake::{HandshakeId, ReplayCache, Responder};
use quipu::limits::HALF_OPEN_LIFETIME;
use quipu::prekeys::Bundle;
use quipu::secret::Secret;
use quipu::{Address, Card, CardFields, Device, DeviceId, Error, Identity, Kind};

use super::draws::{Draw, Draws, Purpose};
use super::facts::{Fact, fact};
use crate::session::{BEGIN, DAY, Time};

/// The moment at which the time of the model is 0.
const EPOCH: u64 = 1_767_225_600_000;

/// The moment that a clock of the model shows.
pub(super) fn moment(now: Time) -> u64 {
    EPOCH + u64::from(now)
}

/// What a device is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Call {
    /// Start an interactive handshake.
    Connect,
    /// Start a prepared handshake with the prekeys of a life of the peer.
    Prepare(u8),
    /// Take a packet.
    Receive(Arc<[u8]>),
    /// Send a text.
    Send(Vec<u8>),
    /// Do what time demands.
    Due,
}

/// A call, its time and its randomness.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Input {
    /// What the device is asked to do.
    pub call: Call,
    /// When.
    pub now: Time,
    /// For what it draws.
    pub purpose: Purpose,
}

/// What a device gives back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Output {
    /// What happened, in order.
    pub facts: Vec<Fact>,
    /// Packets to the peer.
    pub packets: Vec<Vec<u8>>,
    /// How many draws were made.
    pub drawn: u8,
}

/// What is durable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kept {
    /// The sessions with the peer.
    pub sessions: Option<Vec<u8>>,
    /// The replay cache.
    pub cache: Vec<u8>,
    /// The prekeys, with their replay set.
    pub prekeys: Vec<u8>,
}

/// A device as a value. Two with the same identity do the same at every input.
#[derive(Clone, Debug)]
pub(super) struct Party {
    side: usize,
    life: u8,
    /// What was durable when no handshake was under way, and the inputs since.
    base: Arc<Kept>,
    since: Vec<Input>,
    /// What is durable, and the handshakes under way with the input that began each.
    pub kept: Arc<Kept>,
    open: Vec<(HandshakeId, Input)>,
}

/// What tells devices apart.
pub(super) type PartyKey = (usize, u8, Arc<Kept>, Vec<(HandshakeId, Input)>);

impl Party {
    /// A device that begins with nothing but its identity and the prekeys of a life.
    pub(super) fn new(side: usize, life: u8) -> Self {
        let mut device = device(side, ReplayCache::default());
        publish(&mut device, side, life);
        let kept = Arc::new(kept(&device, side));
        Self { side, life, base: Arc::clone(&kept), since: Vec::new(), kept, open: Vec::new() }
    }

    /// What tells this device apart.
    pub(super) fn key(&self) -> PartyKey {
        let mut open = self.open.clone();
        open.sort_unstable();
        (self.side, self.life, Arc::clone(&self.kept), open)
    }

    /// The same without the handshakes and the entries of the replay cache that time has ended: a
    /// device may drop these whenever it is asked for something.
    pub(super) fn lasting(&self, now: Time) -> PartyKey {
        let (side, life, kept, mut open) = self.key();
        open.retain(|(_, began)| u64::from(now.saturating_sub(began.now)) < HALF_OPEN_LIFETIME);
        let cache = ReplayCache::restore(&kept.cache).expect("its own snapshot");
        let mut responder = Responder::new(cache);
        responder.expire(moment(now));
        let cache = responder.replay_cache().snapshot();
        (side, life, Arc::new(Kept { cache, ..(*kept).clone() }), open)
    }

    /// The device after a restart: handshakes under way and the replay cache are gone.
    pub(super) fn crashed(&self) -> Self {
        let cache = ReplayCache::default().snapshot();
        let kept = Arc::new(Kept { cache, ..(*self.kept).clone() });
        let base = Arc::clone(&kept);
        Self { base, since: Vec::new(), kept, open: Vec::new(), ..*self }
    }

    /// The device as the crate has it.
    pub(super) fn live(&self) -> Device {
        let cache = ReplayCache::restore(&self.base.cache).expect("its own snapshot");
        let mut device = device(self.side, cache);
        if let Some(sessions) = &self.base.sessions {
            let restored = device.restore(&key(1 - self.side), sessions, |_| 0);
            restored.expect("its own snapshot");
        }
        device.restore_prekeys(&self.base.prekeys, 0).expect("its own snapshot");
        for input in &self.since {
            let _ = apply(&mut device, self.side, input);
        }
        device
    }

    /// The device after a call, and what it says.
    pub(super) fn after(&self, input: &Input) -> (Self, Result<Output, Error>) {
        let mut device = self.live();
        let output = apply(&mut device, self.side, input);
        let kept = Arc::new(kept(&device, self.side));
        let mut next = Self { kept, ..self.clone() };
        let ids: Vec<HandshakeId> = device.handshakes().collect();
        next.open.retain(|(id, _)| ids.contains(id));
        let known = |id: &HandshakeId| self.open.iter().any(|(it, _)| it == id);
        next.open.extend(ids.into_iter().filter(|id| !known(id)).map(|id| (id, input.clone())));
        if next.open.is_empty() {
            (next.base, next.since) = (Arc::clone(&next.kept), Vec::new());
        } else if output.is_ok() || next.key() != self.key() {
            next.since.push(input.clone());
        }
        (next, output)
    }
}

/// Does with a device what an input says.
pub(super) fn apply(device: &mut Device, side: usize, input: &Input) -> Result<Output, Error> {
    let (now, peer) = (moment(input.now), 1 - side);
    let rng = &mut Draws::new(input.purpose);
    let (events, packets) = match &input.call {
        Call::Connect => (Vec::new(), vec![device.connect(&card(peer), now, rng)?]),
        Call::Prepare(life) => (device.prepare(&bundle(peer, *life), now, rng)?, Vec::new()),
        Call::Receive(packet) => {
            let received = device.receive(Some(&key(peer)), packet, now, rng)?;
            (received.events, received.replies)
        }
        Call::Send(text) => {
            let sent = device.send(&key(peer), Kind::DATA, text, now, rng)?;
            (sent.events, vec![sent.packet])
        }
        Call::Due => {
            let due = device.due(now);
            (due.events, due.packets.into_iter().map(|(_, packet)| packet).collect())
        }
    };
    Ok(Output { facts: events.iter().map(fact).collect(), packets, drawn: rng.made })
}

/// A device after a restart: handshakes under way and the replay cache are gone.
pub(super) fn restarted(device: &Device, side: usize) -> Device {
    let kept = Arc::new(kept(device, side));
    let base = Arc::clone(&kept);
    let party = Party { side, life: 0, base, since: Vec::new(), kept, open: Vec::new() };
    party.crashed().live()
}

fn kept(device: &Device, side: usize) -> Kept {
    let peer = key(1 - side);
    Kept {
        sessions: device.snapshot(&peer).map(|it| it.expose().to_vec()),
        cache: device.replay_cache().snapshot(),
        prekeys: device.prekeys().snapshot().expose().to_vec(),
    }
}

fn identity(side: usize) -> Identity {
    let byte = if side == 0 { 0x0a } else { 0x0b };
    Identity::new(&Secret::new([byte; 32]), Secret::new([byte | 0x10; 32]))
}

/// `IK` of a side.
pub(super) fn key(side: usize) -> IdentityKey {
    card(side).key()
}

fn card(side: usize) -> Card {
    static CARDS: LazyLock<[Card; 2]> = LazyLock::new(|| [0, 1].map(issue));
    CARDS[side]
}

fn issue(side: usize) -> Card {
    let address = Address::new([b"ada".as_slice(), b"bob"][side]).expect("1 to 64 bytes");
    let fields = CardFields::new(address, DeviceId(1), EPOCH, EPOCH + 120 * u64::from(DAY));
    Card::issue(&identity(side), CardFields { suites: 1, ..fields }).expect("valid fields")
}

fn device(side: usize, cache: ReplayCache) -> Device {
    let mut device = Device::with_cards(identity(side), vec![card(side)], cache);
    let fields = *card(1 - side).fields();
    device.pin(fields.address, fields.device, key(1 - side));
    device
}

/// The prekeys of a life: one signed prekey, no one-time ones.
fn publish(device: &mut Device, side: usize, life: u8) -> Vec<Vec<u8>> {
    let side = u8::try_from(side).unwrap_or(u8::MAX);
    let purpose = Purpose { side, of: Draw::Prekeys, place: life, number: 0, attempt: 0 };
    let records = device.publish(0, moment(BEGIN), &mut Draws::new(purpose));
    records.expect("there is room")
}

fn bundle(side: usize, life: u8) -> Bundle {
    let mut device = device(side, ReplayCache::default());
    let records = publish(&mut device, side, life);
    let bytes = Bundle::encode(card(side).as_bytes(), &records[0], None, None);
    Bundle::verify(&bytes).expect("made by its owner")
}
