//! Chapter 12.3.3: whole conversations that follow from a seed, hashed.

use super::{Done, Fields, Stop, broken, object, plain_content};
use crate::draws::Draws;
use crate::trace::Trace;
use quipu::crypto::kdf::sha256;
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::ReplayCache;
use quipu::message::Kind;
use quipu::session::Plaintext;
use quipu::wire::Suite;
use quipu::{Address, CardFields, Device, DeviceId, Event, Identity};
use serde_json::json;

pub(super) fn perform(suite: Suite, get: &Fields<'_>) -> Result<Done, Stop> {
    let (seed, mut hash): ([u8; 32], [u8; 32]) = (get.array("seed")?, get.array("before")?);
    let (first, count) = (get.u32("first")?, get.u32("count")?);
    let end = first.checked_add(count).filter(|end| *end > first);
    let end = end.ok_or_else(|| broken("count is 0, or first and count are too great"))?;
    let mut intermediate = Vec::new();
    for number in first..end {
        let mut conversation = Conversation::new(suite, &seed, number)?;
        conversation.talk()?;
        let log = sha256(&[&conversation.log]);
        conversation.trace.note("log", &log);
        hash = sha256(&[&hash, &log]);
        intermediate = conversation.trace.0;
    }
    if count > 1 {
        intermediate.clear();
    }
    Ok(Done { output: object(json!({ "after": hex::encode(hash) })), intermediate })
}

/// A is the initiator, B the responder; everything happens at one time.
struct Conversation {
    draws: Draws,
    now: u64,
    devices: [Device; 2],
    log: Vec<u8>,
    trace: Trace,
}

const A: usize = 0;
const B: usize = 1;

impl Conversation {
    fn new(suite: Suite, seed: &[u8; 32], number: u32) -> Result<Self, Stop> {
        let seed = sha256(&[seed, &number.to_be_bytes()]);
        let mut trace = Trace::default();
        trace.note("seed", &seed);
        let mut draws = Draws::seeded(seed);
        let mut person = || {
            let identity = Identity::generate(&mut draws)?;
            Ok::<_, Stop>((identity, draws.take::<32>()))
        };
        let people = [person()?, person()?];
        let times: [u8; 14] = draws.take();
        let now = integer(&times[..6]);
        let lives = [integer(&times[6..10]), integer(&times[10..])];
        let suites = if suite == Suite::Hybrid { 3 } else { 1 };
        let devices = people.into_iter().zip(lives).map(|((identity, bytes), life)| {
            let length = 1 + usize::from(bytes[0] % 64);
            let address = Address::new(&[bytes, bytes].concat()[..length])?;
            let [.., a, b, c, d] = bytes;
            let device = DeviceId(u32::from_be_bytes([a, b, c, d]));
            let expires = now + 1 + life;
            let fields = CardFields { suites, address, device, created: now, expires };
            Ok(Device::new(identity, fields, ReplayCache::default())?)
        });
        let devices: Vec<Device> = devices.collect::<Result<_, Stop>>()?;
        let devices: [Device; 2] = devices.try_into().map_err(|_| broken("two devices"))?;
        for (name, device) in ["card_a", "card_b"].into_iter().zip(&devices) {
            trace.note(name, device.card().ok_or_else(|| broken("no card"))?.as_bytes());
        }
        Ok(Self { draws, now, devices, log: Vec::new(), trace })
    }

    fn talk(&mut self) -> Result<(), Stop> {
        let card = *self.devices[B].card().ok_or_else(|| broken("no card"))?;
        let init = self.devices[A].connect(&card, self.now, &mut self.draws)?;
        self.put("init", &init);
        let response = self.receive(B, None, &init)?;
        self.put("response", &response);
        let complete = self.receive(A, None, &response)?;
        self.put("complete", &complete);
        let receipt = self.receive(B, None, &complete)?;
        self.put("receipt_b", &receipt);
        self.accept(A, &receipt)?;

        let sent = [self.send(A, 0)?, self.send(A, 1)?, self.send(A, 2)?];
        [0, 2, 1].into_iter().try_for_each(|index| self.accept(B, &sent[index]))?;
        let sent = [self.send(B, 3)?, self.send(B, 4)?];
        [1, 0].into_iter().try_for_each(|index| self.accept(A, &sent[index]))?;
        let sent = [self.send(A, 5)?, self.receipt(A)?, self.close(A, "close_a")?];
        sent.iter().try_for_each(|packet| self.accept(B, packet))?;
        let last = self.close(B, "close_b")?;
        self.accept(A, &last)?;
        [A, B].into_iter().try_for_each(|side| self.derived(side))
    }

    fn peer(&self, side: usize) -> IdentityKey {
        self.devices[1 - side].key()
    }

    /// A packet is put on the wire.
    fn put(&mut self, label: &str, packet: &[u8]) {
        self.trace.note(label, packet);
        self.lp32(packet);
    }

    fn lp32(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.log.extend_from_slice(&length.to_be_bytes());
        self.log.extend_from_slice(bytes);
    }

    /// The reply to a packet of the handshake.
    fn receive(
        &mut self,
        side: usize,
        from: Option<&IdentityKey>,
        packet: &[u8],
    ) -> Result<Vec<u8>, Stop> {
        let device = &mut self.devices[side];
        let received = device.receive(from, packet, self.now, &mut self.draws)?;
        received.replies.into_iter().next().ok_or_else(|| broken("a handshake without a reply"))
    }

    /// A message is accepted.
    fn accept(&mut self, side: usize, packet: &[u8]) -> Result<(), Stop> {
        let peer = self.peer(side);
        let device = &mut self.devices[side];
        let received = device.receive(Some(&peer), packet, self.now, &mut self.draws)?;
        let plaintext = received.events.into_iter().find_map(|event| match event {
            Event::Message { plaintext, .. } => Some(plaintext),
            _ => None,
        });
        let Plaintext { epoch, number, gap, content, .. } =
            plaintext.ok_or_else(|| broken("a packet without a message"))?;
        let gap: u32 = gap.iter().map(|it| it.count).sum();
        let (kind, bytes) = plain_content(&content);
        for field in [epoch, number, gap] {
            self.log.extend_from_slice(&field.to_be_bytes());
        }
        self.log.push(kind);
        self.lp32(&bytes);
        Ok(())
    }

    fn send(&mut self, side: usize, number: u32) -> Result<Vec<u8>, Stop> {
        let peer = self.peer(side);
        let bytes: [u8; 32] = self.draws.take();
        let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]) % 1_000);
        let content: Vec<u8> = bytes.iter().copied().cycle().take(length).collect();
        let kind = if bytes[2] < 0x80 { Kind::DATA } else { Kind::application(bytes[2]) };
        let device = &mut self.devices[side];
        let sent = device.send(&peer, kind, &content, self.now, &mut self.draws)?;
        self.put(&format!("message_{number}"), &sent.packet);
        Ok(sent.packet)
    }

    fn receipt(&mut self, side: usize) -> Result<Vec<u8>, Stop> {
        let (peer, id) = (self.peer(side), self.session(side)?.0);
        let device = &mut self.devices[side];
        let packet = device.receipt(&peer, &id, self.now, &mut self.draws)?;
        let packet = packet.ok_or_else(|| broken("no receipt is owed"))?;
        self.put("receipt_a", &packet);
        Ok(packet)
    }

    fn close(&mut self, side: usize, label: &str) -> Result<Vec<u8>, Stop> {
        let peer = self.peer(side);
        let sent = self.devices[side].close(&peer, self.now, &mut self.draws)?;
        self.put(label, &sent.packet);
        Ok(sent.packet)
    }

    /// Session id and an exported secret of a side.
    fn session(&self, side: usize) -> Result<([u8; 16], [u8; 32]), Stop> {
        let sessions = self.devices[side].sessions(&self.peer(side));
        let session = sessions.and_then(|it| it.iter().next()).ok_or_else(|| broken("none"))?;
        let okm = session.export(b"conversation", &[], 32)?;
        let okm = okm.expose().try_into().map_err(|_| broken("32 bytes"))?;
        Ok((session.key().id, okm))
    }

    fn derived(&mut self, side: usize) -> Result<(), Stop> {
        let (id, okm) = self.session(side)?;
        if side == A {
            self.trace.note("session_id", &id);
            self.trace.note("okm", &okm);
        }
        self.log.extend_from_slice(&id);
        self.log.extend_from_slice(&okm);
        Ok(())
    }
}

fn integer(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
