//! Ada and Bob: everything that they genuinely say to each other, and each state on the way.

use quipu::crypto::kdf::sha256;
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::ReplayCache;
use quipu::limits::DAY;
use quipu::prekeys::Bundle;
use quipu::secret::Secret;
use quipu::wire::Suite;
use quipu::{Address, CardFields, Device, DeviceId, Identity, Kind};
use quipu_vectors::draws::Draws;

/// When the stories begin.
pub(crate) const NOW: u64 = 1_700_000_000_000;
/// Both suites.
pub(crate) const SUITES: [Suite; 2] = [Suite::X25519, Suite::Hybrid];

/// A random source that is the same at every run.
pub(crate) const fn draws(seed: u8) -> Draws {
    Draws::seeded([seed; 32])
}

/// The same identity for a name at every call.
pub(crate) fn identity(name: &str) -> Identity {
    let secret = |of: &[u8]| Secret::new(sha256(&[of, name.as_bytes()]));
    Identity::new(&secret(b"sign"), secret(b"agree"))
}

/// What the card of a name says.
pub(crate) fn fields(name: &str, suite: Suite) -> CardFields {
    let address = Address::new(name.as_bytes()).expect("1 to 64 bytes");
    let suites = Suite::X25519.bit() | suite.bit();
    CardFields { suites, ..CardFields::new(address, DeviceId(1), NOW - DAY, NOW + 90 * DAY) }
}

/// A device with two one-time prekeys of each kind.
pub(crate) fn device(name: &str, suite: Suite) -> Device {
    let made = Device::new(identity(name), fields(name, suite), ReplayCache::default());
    let mut device = made.expect("valid fields");
    device.publish(2, NOW, &mut draws(name.as_bytes()[0])).expect("room");
    device
}

/// The bytes of a bundle of a device, with one-time prekeys or without.
pub(crate) fn bundle(of: &Device, one_time: bool) -> Vec<u8> {
    let records = of.prekeys().records();
    let kind = |kind| records.iter().find(|it| it[1] == kind).map(Vec::as_slice);
    let card = of.card().expect("a card").as_bytes();
    let kem = kind(3).filter(|_| one_time).or(kind(4));
    Bundle::encode(card, kind(1).expect("one"), kind(2).filter(|_| one_time), kem)
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Ada,
    Bob,
}

/// How Ada begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tale {
    Interactive,
    Prepared,
}

/// A tale up to a moment of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) ada: Device,
    pub(crate) bob: Device,
    /// Everything that was said, by name.
    pub(crate) packets: Vec<(&'static str, Vec<u8>)>,
    seed: u8,
}

/// What happens, one line a moment: who does it, what, and the name of what is said or heard.
type Moment = (Who, Deed, &'static str);

#[derive(Debug, Clone, Copy)]
enum Deed {
    Connect,
    Prepare,
    Say,
    Close,
    /// Hears what has this name; the answer gets the second.
    Hear(&'static str),
}

const INTERACTIVE: &[Moment] = &[
    (Who::Ada, Deed::Connect, "init"),
    (Who::Bob, Deed::Hear("init"), "response"),
    (Who::Ada, Deed::Hear("response"), "complete"),
    (Who::Ada, Deed::Say, "complete, a0"),
    (Who::Bob, Deed::Hear("complete"), "receipt"),
    (Who::Ada, Deed::Hear("receipt"), ""),
    (Who::Ada, Deed::Say, "a1"),
    (Who::Ada, Deed::Say, "a2"),
    (Who::Ada, Deed::Say, "a3"),
    (Who::Bob, Deed::Hear("a1"), ""),
    (Who::Bob, Deed::Hear("a3"), ""),
    (Who::Bob, Deed::Say, "b1"),
    (Who::Ada, Deed::Hear("b1"), ""),
    (Who::Ada, Deed::Say, "a4"),
    (Who::Bob, Deed::Hear("a4"), ""),
    (Who::Ada, Deed::Close, "close"),
    (Who::Bob, Deed::Hear("close"), ""),
];

const PREPARED: &[Moment] = &[
    (Who::Ada, Deed::Prepare, ""),
    (Who::Ada, Deed::Say, "p0"),
    (Who::Ada, Deed::Say, "p1"),
    (Who::Bob, Deed::Hear("p0"), "p receipt"),
    (Who::Ada, Deed::Hear("p receipt"), ""),
    (Who::Ada, Deed::Say, "p2"),
    (Who::Bob, Deed::Hear("p2"), ""),
];

/// What Ada and Bob say to each other in data messages.
pub(crate) fn said(name: &str) -> Vec<u8> {
    format!("this is {name}").into_bytes()
}

impl Tale {
    fn moments(self) -> &'static [Moment] {
        match self {
            Self::Interactive => INTERACTIVE,
            Self::Prepared => PREPARED,
        }
    }

    /// The state after this many moments; all of them when there are fewer.
    pub(crate) fn until(self, suite: Suite, moments: usize) -> Told {
        let (ada, bob) = (device("ada", suite), device("bob", suite));
        let mut told = Told { ada, bob, packets: Vec::new(), seed: 0 };
        self.moments().iter().take(moments).for_each(|moment| told.go_on(*moment));
        told
    }
}

impl Told {
    fn go_on(&mut self, (who, deed, name): Moment) {
        self.seed += 1;
        let rng = &mut draws(self.seed);
        let packets = core::mem::take(&mut self.packets);
        let heard = |name| packets.iter().find(|it| it.0 == name).map(|it| it.1.clone());
        let (one, peer) = match who {
            Who::Ada => (&mut self.ada, &self.bob),
            Who::Bob => (&mut self.bob, &self.ada),
        };
        let key = peer.key();
        let made = match deed {
            Deed::Connect => {
                let card = *peer.card().expect("a card");
                vec![one.connect(&card, NOW, rng).expect("may start")]
            }
            Deed::Prepare => {
                let bundle = Bundle::verify(&bundle(peer, true)).expect("genuine");
                one.prepare(&bundle, NOW, rng).expect("may start");
                Vec::new()
            }
            Deed::Say => {
                vec![one.send(&key, Kind::DATA, &said(name), NOW, rng).expect("a session").packet]
            }
            Deed::Close => vec![one.close(&key, NOW, rng).expect("a session").packet],
            Deed::Hear(what) => {
                let packet = heard(what).expect("it was said");
                one.receive(Some(&key), &packet, NOW, rng).expect("genuine").replies
            }
        };
        self.packets = packets;
        self.packets.extend(made.into_iter().map(|packet| (name, packet)));
    }

    /// One of the two, and the key of the other.
    pub(crate) fn side(self, who: Who) -> (Device, IdentityKey) {
        match who {
            Who::Ada => (self.ada, self.bob.key()),
            Who::Bob => (self.bob, self.ada.key()),
        }
    }
}
