//! A device in each state that a packet can find it in.

use crate::story::{NOW, Tale, Told, Who, draws, fields, identity};
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::{CompletePacket, HandshakeId, PrekeyPacket};
use quipu::wire::{PacketType, Suite};
use quipu::{Device, DeviceId, Error, Event};
use std::collections::BTreeSet;

/// How a state differs from the moment of the tale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twist {
    None,
    /// Ten minutes have passed.
    Late,
    /// The sessions with the peer have been forgotten.
    Forgetful,
    /// Another key is pinned for the peer.
    Pinned,
}

/// A state by name: who, when, and the genuine packets that it accepts.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: &'static str,
    tale: Tale,
    until: usize,
    who: Who,
    twist: Twist,
    pub(crate) accepts: &'static [&'static str],
}

macro_rules! places {
    ($($name:literal: $tale:ident $until:literal $who:ident $twist:ident => $accepts:expr;)*) => {
        /// Every state.
        pub(crate) const PLACES: &[Place] = &[$(Place {
            name: $name,
            tale: Tale::$tale,
            until: $until,
            who: Who::$who,
            twist: Twist::$twist,
            accepts: &$accepts,
        },)*];
    };
}

places! {
    "Bob, alone": Interactive 1 Bob None => ["init", "p0", "p1"];
    "Bob, who has sent Response": Interactive 2 Bob None => ["complete", "complete, a0", "p0", "p1"];
    "Bob, who has accepted Complete": Interactive 5 Bob None => ["complete", "complete, a0", "a1", "a2", "a3", "p0", "p1"];
    "Bob, who waits for a number": Interactive 12 Bob None => ["complete", "complete, a0", "a2", "a4", "close", "p0", "p1"];
    "Bob, in a new chain": Interactive 15 Bob None => ["complete", "complete, a0", "a2", "close", "p0", "p1"];
    "Bob, who has heard the close": Interactive 17 Bob None => ["complete", "complete, a0", "a2", "p0", "p1"];
    "Bob, who has accepted a PrekeyInit": Prepared 4 Bob None => ["init", "p1", "p2"];
    "Bob, who has heard more": Prepared 7 Bob None => ["init", "p1"];
    "Bob, late": Interactive 1 Bob Late => ["p0", "p1"];
    "Bob, late with a Response": Interactive 2 Bob Late => ["p0", "p1"];
    "Bob, who has forgotten a session": Interactive 12 Bob Forgetful => ["p0", "p1"];
    "Bob, who has forgotten a prepared one": Prepared 4 Bob Forgetful => ["init"];
    "Bob, who has pinned another key": Interactive 1 Bob Pinned => [];
    "Ada, alone": Interactive 0 Ada None => [];
    "Ada, who has sent Init": Interactive 1 Ada None => ["response"];
    "Ada, who has accepted Response": Interactive 4 Ada None => ["receipt"];
    "Ada, confirmed": Interactive 9 Ada None => ["b1"];
    "Ada, in a new chain": Interactive 14 Ada None => [];
    "Ada, with a prepared session": Prepared 3 Ada None => ["p receipt"];
}

/// Everything that a refusal must leave as it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    sessions: Option<Vec<u8>>,
    cache: Vec<u8>,
    prekeys: Vec<u8>,
    handshakes: Vec<HandshakeId>,
    rest: String,
}

impl State {
    pub(crate) fn of(device: &Device, peer: &IdentityKey) -> Self {
        Self {
            sessions: device.snapshot(peer).map(|it| it.expose().to_vec()),
            cache: device.replay_cache().snapshot(),
            prekeys: device.prekeys().snapshot().expose().to_vec(),
            handshakes: device.handshakes().collect(),
            rest: format!("{:?}", device.contacts()),
        }
    }
}

/// A device in a state.
#[derive(Debug)]
pub(crate) struct Stage {
    place: &'static Place,
    suite: Suite,
    device: Device,
    peer: IdentityKey,
    now: u64,
    before: State,
}

impl Stage {
    pub(crate) fn new(place: &'static Place, suite: Suite) -> Self {
        let told: Told = place.tale.until(suite, place.until);
        let (mut device, peer) = told.side(place.who);
        let now = if place.twist == Twist::Late { NOW + 600_000 } else { NOW };
        match place.twist {
            Twist::Forgetful => device.forget(&peer),
            Twist::Pinned => {
                device.pin(fields("ada", suite).address, DeviceId(1), identity("eve").key());
            }
            Twist::Late | Twist::None => {}
        }
        device.due(now);
        let before = State::of(&device, &peer);
        Self { place, suite, device, peer, now, before }
    }

    /// The device and the key of its peer.
    pub(crate) fn device(&self) -> (&Device, &IdentityKey) {
        (&self.device, &self.peer)
    }

    /// Gives the device a packet: what it said, and whether it is as before.
    fn receive(&mut self, from: bool, packet: &[u8]) -> (Result<Vec<Event>, Error>, bool) {
        let from = from.then_some(&self.peer);
        let received = self.device.receive(from, packet, self.now, &mut draws(0xf0));
        let same = State::of(&self.device, &self.peer) == self.before;
        (received.map(|it| it.events), same)
    }

    /// Gives the device a packet and checks what must be true of any packet. The device is as it
    /// was afterwards.
    pub(crate) fn check(&mut self, from: bool, packet: &[u8], genuine: &Genuine) {
        let place = self.place;
        let name = genuine.name(packet).filter(|_| from || PacketType::of(packet) != MESSAGE);
        let (outcome, same) = self.receive(from, packet);
        match outcome {
            Ok(events) => {
                assert!(genuine.allows(packet, &events), "{}: accepted a forgery", place.name);
                if let Some(name) = name {
                    let due = place.accepts.contains(&name);
                    assert!(due, "{}: accepted {name}", place.name);
                }
                *self = Self::new(place, self.suite);
            }
            Err(error) => {
                assert!(same, "{}: {error} changed the state", place.name);
                let due = name.is_none_or(|name| !place.accepts.contains(&name));
                assert!(due, "{}: refused {name:?} as {error}", place.name);
                let allowed = allowed(packet, genuine.head(packet));
                assert!(allowed.contains(&error.name()), "{}: {error}", place.name);
            }
        }
    }
}

const MESSAGE: Result<PacketType, quipu::BytesError> = Ok(PacketType::Message);

/// The refusals that the specification has for a packet that an outsider could have made.
fn allowed(packet: &[u8], genuine: bool) -> &'static [&'static str] {
    const LAYOUT: &[&str] = &["length", "version", "type", "suite"];
    match (PacketType::of(packet), genuine) {
        (Err(_), _) => &LAYOUT[..3],
        (Ok(PacketType::Init), true) => &["replay", "time", "identity", "authentication"],
        (Ok(PacketType::Init), false) => &["length", "suite", "key", "authentication"],
        (Ok(PacketType::Response), _) => {
            &["length", "suite", "key", "unknown_handshake", "authentication"]
        }
        (Ok(PacketType::Complete), true) => &[
            "length",
            "version",
            "type",
            "suite",
            "unknown_handshake",
            "unknown_session",
            "duplicate",
        ],
        (Ok(PacketType::Complete), false) => {
            &["length", "suite", "unknown_handshake", "authentication"]
        }
        (Ok(PacketType::PrekeyInit), true) => &[
            "length",
            "version",
            "type",
            "suite",
            "unknown_prekey",
            "unknown_session",
            "duplicate",
            "replay",
            "identity",
            "authentication",
        ],
        (Ok(PacketType::PrekeyInit), false) => {
            // Who is pinned is looked at before the signature, which may be the part that is edited.
            &["length", "suite", "encoding", "key", "unknown_prekey", "identity", "authentication"]
        }
        (Ok(PacketType::Message), _) => {
            &["length", "suite", "unknown_session", "duplicate", "expired", "after_close"]
        }
    }
}

/// Everything that was genuinely said in a suite.
#[derive(Debug)]
pub(crate) struct Genuine {
    pub(crate) packets: Vec<(&'static str, Vec<u8>)>,
    heads: BTreeSet<Vec<u8>>,
    messages: BTreeSet<Vec<u8>>,
}

impl Genuine {
    pub(crate) fn new(suite: Suite) -> Self {
        let tales = [Tale::Interactive, Tale::Prepared];
        let packets: Vec<_> =
            tales.into_iter().flat_map(|tale| tale.until(suite, usize::MAX).packets).collect();
        let (heads, messages) = packets
            .iter()
            .map(|(_, packet)| split(packet))
            .map(|(head, message)| (head.to_vec(), message.to_vec()))
            .unzip();
        Self { packets, heads, messages }
    }

    fn name(&self, packet: &[u8]) -> Option<&'static str> {
        self.packets.iter().find(|it| it.1 == packet).map(|it| it.0)
    }

    /// Whether the handshake bytes are genuine.
    fn head(&self, packet: &[u8]) -> bool {
        let (head, _) = split(packet);
        !head.is_empty() && self.heads.contains(head)
    }

    /// Whether a packet may be accepted with these events: each part that had an effect is genuine.
    fn allows(&self, packet: &[u8], events: &[Event]) -> bool {
        let (head, message) = split(packet);
        let opened = events.iter().any(|event| matches!(event, Event::Message { .. }));
        let refused = events.iter().any(|event| matches!(event, Event::Refused { .. }));
        self.heads.contains(head)
            && opened != (message.is_empty() || refused)
            && (refused || self.messages.contains(message))
    }
}

/// The handshake bytes of a packet, and the message.
fn split(packet: &[u8]) -> (&[u8], &[u8]) {
    match PacketType::of(packet) {
        Ok(PacketType::Message) => (&[], packet),
        Ok(PacketType::Complete) => CompletePacket::decode(packet)
            .map_or((packet, &[]), |it| (it.complete.as_slice(), it.message)),
        Ok(PacketType::PrekeyInit) => {
            PrekeyPacket::decode(packet).map_or((packet, &[]), |it| (it.handshake, it.message))
        }
        _ => (packet, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::SUITES;

    #[test]
    fn each_state_accepts_just_these_genuine_packets() {
        for suite in SUITES {
            let genuine = Genuine::new(suite);
            for place in PLACES {
                let accepts = |(_, packet): &&(&str, Vec<u8>)| {
                    Stage::new(place, suite).receive(true, packet).0.is_ok()
                };
                let accepted: BTreeSet<_> =
                    genuine.packets.iter().filter(accepts).map(|(name, _)| *name).collect();
                let due: BTreeSet<_> = place.accepts.iter().copied().collect();
                assert_eq!(accepted, due, "{}", place.name);
            }
        }
    }
}
