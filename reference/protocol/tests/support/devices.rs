//! Devices that meet over a network that the test plays.

use super::Seeded;
use super::pair::NOW;
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::ReplayCache;
use quipu::secret::Secret;
use quipu::session::{SessionId, Status};
use quipu::{Address, Card, CardFields, Device, DeviceId, Error, Event, Identity, Kind, Received};

pub(crate) const DAY: u64 = 86_400_000;

/// The identity of a name: the same at every call.
pub(crate) fn identity(name: &str) -> Identity {
    let mut seed = Seeded::new(u64::from_be_bytes(*sha(name).first_chunk().expect("32 bytes")));
    Identity::new(&Secret::new(seed.array()), Secret::new(seed.array()))
}

fn sha(name: &str) -> [u8; 32] {
    quipu::crypto::kdf::sha256(&[name.as_bytes()])
}

pub(crate) fn fields(name: &str) -> CardFields {
    let address = Address::new(name.as_bytes()).expect("1 to 64 bytes");
    CardFields { suites: 1, ..CardFields::new(address, DeviceId(1), NOW - DAY, NOW + 90 * DAY) }
}

pub(crate) fn card(name: &str) -> Card {
    Card::issue(&identity(name), fields(name)).expect("valid fields")
}

pub(crate) fn device(name: &str) -> Device {
    with_cache(name, ReplayCache::default())
}

pub(crate) fn with_cache(name: &str, cache: ReplayCache) -> Device {
    Device::new(identity(name), fields(name), cache).expect("valid fields")
}

pub(crate) fn pin(at: &mut Device, name: &str) {
    at.pin(fields(name).address, DeviceId(1), identity(name).key());
}

/// All there is to see, sessions with the peer, replay cache, prekeys, contacts.
pub(crate) type State = (String, Option<Vec<u8>>, Vec<u8>, Vec<u8>, String);

/// Everything that a refusal must leave as it is.
pub(crate) fn state(device: &Device, peer: &IdentityKey) -> State {
    let sessions = device.snapshot(peer).map(|it| it.expose().to_vec());
    let prekeys = device.prekeys().snapshot().expose().to_vec();
    let contacts = format!("{:?}", device.contacts());
    (format!("{device:?}"), sessions, device.replay_cache().snapshot(), prekeys, contacts)
}

/// Asserts one exact error and that what has not expired is unchanged.
#[track_caller]
pub(crate) fn refuse(
    at: &mut Device,
    from: &IdentityKey,
    packet: &[u8],
    now: u64,
    error: impl Into<Error>,
) {
    at.expire(now);
    let before = state(at, from);
    let outcome = at.receive(Some(from), packet, now, &mut super::Untouchable);
    assert_eq!(outcome.map(|it| names(&it.events)), Err(error.into()));
    assert_eq!(state(at, from), before, "a refusal changed the state");
}

pub(crate) fn receive(at: &mut Device, from: &Device, packet: &[u8], now: u64) -> Received {
    let seed = u64::from(packet[20]) << 32 | u64::from(*packet.last().expect("not empty"));
    at.receive(Some(&from.key()), packet, now, &mut Seeded::new(seed ^ now)).expect("accepted")
}

pub(crate) fn names(events: &[Event]) -> Vec<&'static str> {
    events
        .iter()
        .map(|event| match event {
            Event::ResponseSent { .. } => "response-sent",
            Event::Established { .. } => "established",
            Event::Confirmed { .. } => "confirmed",
            Event::Message { .. } => "message",
            Event::Refused { .. } => "refused",
            Event::Lesser { .. } => "lesser",
            Event::Repeated { .. } => "repeated",
            Event::GivenUp { .. } => "given-up",
            Event::Dropped { .. } => "dropped",
            Event::Views { .. } => "views",
            Event::Manifest { .. } => "manifest",
            Event::ManifestRefused { .. } => "manifest-refused",
        })
        .collect()
}

/// The packets of a handshake up to Complete, which has not been delivered.
pub(crate) struct Opening {
    pub(crate) init: Vec<u8>,
    pub(crate) response: Vec<u8>,
    pub(crate) complete: Vec<u8>,
}

pub(crate) fn connect(from: &mut Device, to: &Device, now: u64, seed: u64) -> Vec<u8> {
    let card = *to.card().expect("a card");
    from.connect(&card, now, &mut Seeded::new(seed)).expect("may start")
}

pub(crate) fn open(from: &mut Device, to: &mut Device, now: u64, seed: u64) -> Opening {
    let init = connect(from, to, now, seed);
    let response = receive(to, from, &init, now).replies.remove(0);
    let complete = receive(from, to, &response, now).replies.remove(0);
    Opening { init, response, complete }
}

/// A whole handshake; both sides are confirmed.
pub(crate) fn meet(from: &mut Device, to: &mut Device, now: u64, seed: u64) -> Opening {
    let opening = open(from, to, now, seed);
    let receipt = receive(to, from, &opening.complete, now).replies.remove(0);
    receive(from, to, &receipt, now);
    opening
}

/// The same, and the responder knows that the initiator has it confirmed.
pub(crate) fn settle(from: &mut Device, to: &mut Device, now: u64, seed: u64) -> Opening {
    let opening = meet(from, to, now, seed);
    let message = say(from, to, now, seed ^ 0x5e77);
    receive(to, from, &message, now);
    opening
}

pub(crate) fn say(from: &mut Device, to: &Device, now: u64, seed: u64) -> Vec<u8> {
    let rng = &mut Seeded::new(seed);
    from.send(&to.key(), Kind::DATA, b"quipu", now, rng).expect("a session").packet
}

/// The session on which `at` sends to `peer`.
pub(crate) fn sending(at: &Device, peer: &Device, now: u64) -> Option<SessionId> {
    Some(at.sessions(&peer.key())?.sending(now)?.key().id)
}

pub(crate) fn statuses(at: &Device, peer: &Device) -> Vec<Status> {
    at.sessions(&peer.key()).map_or(Vec::new(), |all| all.iter().map(|it| it.status()).collect())
}
