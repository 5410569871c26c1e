//! The scenario that parent and child play alike. The child leaves no copy of a secret that is not
//! the crate's; the parent learns all of them.

use crate::memory::Secret;
use crate::support::pair::{NOW, dh, pair};
use crate::support::prepared::fields_in;
use quipu::crypto::kdf::{expand, sha256};
use quipu::crypto::kem::KemSecret;
use quipu::crypto::labels::Expand;
use quipu::handshake::{CompletePacket, PrekeyPacket, ReplayCache};
use quipu::message::CONTENT_BEGIN;
use quipu::prekeys::Bundle;
use quipu::ratchet::ChainKey;
use quipu::secret::{Secret as Key, SecretBytes};
use quipu::wire::Suite;
use quipu::{Content, Device, Event, Identity, Kind, Received};
use rand_core::{TryCryptoRng, TryRng};
use sha2::block_api::compress256;
use std::collections::BTreeSet;
use std::convert::Infallible;

/// How far the child plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Everything still lives.
    Alive,
    /// Everything has been dropped.
    Dropped,
}

impl Stage {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Dropped => "dropped",
        }
    }

    pub(crate) fn of(name: &str) -> Self {
        [Self::Alive, Self::Dropped].into_iter().find(|it| it.name() == name).expect("a stage")
    }
}

/// What the parent knows.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    pub(crate) secrets: Vec<Secret>,
    draws: Vec<Vec<u8>>,
    public: BTreeSet<Vec<u8>>,
    /// The states at the end.
    last: Vec<SecretBytes>,
}

/// SplitMix64: writes in place, and leaves 8 bytes in a register at most.
struct Mixer<'a> {
    state: u64,
    learned: Option<&'a mut Learned>,
}

impl Mixer<'_> {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = self.state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }

    /// A text of 100 bytes, erased when dropped.
    fn text(&mut self) -> SecretBytes {
        let mut text = vec![0; 100];
        self.fill(&mut text);
        if let Some(learned) = &mut self.learned {
            learned.secrets.push(("plaintext", text[..96].to_vec()));
        }
        SecretBytes::new(text)
    }

    fn see(&mut self, packet: &[u8]) {
        if let Some(learned) = &mut self.learned {
            learned.public.insert(packet.to_vec());
        }
    }

    fn end(&mut self, at: &Device, peer: &Device) {
        self.keep(at, peer);
        if let Some(learned) = &mut self.learned {
            learned.last.push(at.snapshot(&peer.key()).expect("a session"));
            learned.last.push(at.prekeys().snapshot());
        }
    }

    fn keep(&mut self, at: &Device, peer: &Device) {
        if let Some(learned) = &mut self.learned {
            let sessions = at.sessions(&peer.key()).expect("a session");
            sessions.iter().for_each(|it| learned.state(it.snapshot().expose()));
        }
    }
}

impl TryRng for Mixer<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("draws are of bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("draws are of bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        if let Some(learned) = self.learned.as_mut().filter(|_| bytes.len() >= 32) {
            learned.draws.push(bytes.to_vec());
        }
        Ok(())
    }
}

impl TryCryptoRng for Mixer<'_> {}

/// What lives at the end.
#[derive(Debug)]
pub(crate) struct Kept {
    _devices: [Device; 2],
    _heard: Vec<Received>,
}

/// An interactive handshake of the hybrid suite and a prepared one, texts both ways with a gap,
/// receipts, snapshots and their restore; one text never arrives, so that its key stays stored.
pub(crate) fn play(stage: Stage, learned: Option<&mut Learned>) -> Option<Kept> {
    let mut mixer = Mixer { state: 0x0009_1bea_11fe, learned };
    let kept = talk(&mut mixer);
    if let Some(learned) = mixer.learned {
        learned.derive();
    }
    (stage == Stage::Alive).then_some(kept)
}

fn talk(rng: &mut Mixer<'_>) -> Kept {
    let [mut ada, mut bob] = ["ada", "bob"].map(|name| {
        let identity = Identity::generate(rng).expect("drawn");
        let fields = fields_in(name, Suite::Hybrid);
        Device::new(identity, fields, ReplayCache::default()).expect("fields")
    });
    let mut heard = Vec::new();
    let card = *bob.card().expect("a card");
    let init = ada.connect(&card, NOW, rng).expect("may start");
    let mut packets = vec![init];
    let mut to_bob = true;
    while let Some(packet) = packets.pop() {
        rng.see(&packet);
        let (at, from) = if to_bob { (&mut bob, &ada) } else { (&mut ada, &bob) };
        let received = at.receive(Some(&from.key()), &packet, NOW, rng).expect("genuine");
        packets.extend(received.replies);
        to_bob = !to_bob;
    }
    for round in 0..3 {
        let now = NOW + round;
        exchange(&mut ada, &mut bob, now, rng, &mut heard);
        exchange(&mut bob, &mut ada, now, rng, &mut heard);
        restore(&mut ada, &bob, rng);
        restore(&mut bob, &ada, rng);
    }
    prepared(&mut ada, &mut bob, rng, &mut heard);
    exchange(&mut bob, &mut ada, NOW + 5, rng, &mut heard);
    seal_in_place(rng);
    let lost = rng.text();
    let sent = ada.send(&bob.key(), Kind::DATA, lost.expose(), NOW + 5, rng).expect("a session");
    rng.see(&sent.packet);
    exchange(&mut ada, &mut bob, NOW + 5, rng, &mut heard);
    rng.end(&ada, &bob);
    rng.end(&bob, &ada);
    Kept { _devices: [ada, bob], _heard: heard.split_off(heard.len() - 2) }
}

/// Texts in memory that has no room for their messages.
fn seal_in_place(rng: &mut Mixer<'_>) {
    let (mut session, _) = pair(1);
    let place = |text: SecretBytes| [&[0; CONTENT_BEGIN], text.expose()].concat();
    // What lies behind one keeps it from growing where it is.
    let mut messages: Vec<_> = (0..20).map(|_| place(rng.text())).collect();
    for message in &mut messages {
        session.send_in_place(Kind::DATA, message, rng).expect("may send");
    }
}

fn prepared(from: &mut Device, to: &mut Device, rng: &mut Mixer<'_>, heard: &mut Vec<Received>) {
    let records = to.publish(1, NOW, rng).expect("room");
    let kind = |kind| records.iter().find(|it| it[1] == kind).map(Vec::as_slice);
    let card = to.card().expect("a card").as_bytes();
    let bytes = Bundle::encode(card, kind(1).expect("one"), kind(2), kind(3));
    let bundle = Bundle::verify(&bytes).expect("genuine");
    from.prepare(&bundle, NOW + 4, rng).expect("may start");
    exchange(from, to, NOW + 4, rng, heard);
}

/// Three texts, of which the second comes last, and a receipt.
fn exchange(
    from: &mut Device,
    to: &mut Device,
    now: u64,
    rng: &mut Mixer<'_>,
    heard: &mut Vec<Received>,
) {
    let mut packets = Vec::new();
    for _ in 0..3 {
        rng.keep(from, to);
        let text = rng.text();
        let sent = from.send(&to.key(), Kind::DATA, text.expose(), now, rng).expect("a session");
        rng.see(&sent.packet);
        packets.push(sent.packet);
    }
    packets.swap(1, 2);
    for packet in packets {
        let received = to.receive(Some(&from.key()), &packet, now, rng).expect("genuine");
        assert!(received.events.iter().any(|it| matches!(
            it,
            Event::Message { plaintext, .. } if matches!(plaintext.content, Content::Data(..))
        )));
        rng.keep(to, from);
        for reply in &received.replies {
            rng.see(reply);
            from.receive(Some(&to.key()), reply, now, rng).expect("genuine");
        }
        heard.push(received);
    }
}

/// What stands for a MAC key that is kept: the two states of SHA-256 behind its first blocks.
fn set_up(key: &[u8; 32]) -> [Vec<u8>; 2] {
    [0x36, 0x5c].map(|pad| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        state.iter().flat_map(|word| word.to_ne_bytes()).collect()
    })
}

/// FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A snapshot and back.
fn restore(at: &mut Device, peer: &Device, rng: &mut Mixer<'_>) {
    let snapshot = at.snapshot(&peer.key()).expect("a session");
    at.restore(&peer.key(), snapshot.expose(), |_| 0).expect("own snapshot");
    let prekeys = at.prekeys().snapshot();
    at.restore_prekeys(prekeys.expose(), 0).expect("own snapshot");
    rng.keep(at, peer);
}

impl Learned {
    /// What is over while the devices live: what neither stands in their states at the end nor is
    /// made of them. Identities and texts are left out.
    pub(crate) fn over(&self) -> Vec<Secret> {
        let mut alive: BTreeSet<Vec<u8>> = BTreeSet::new();
        for state in &self.last {
            alive.extend(state.expose().windows(8).map(<[u8]>::to_vec));
            for run in state.expose().array_windows() {
                let mac: Key<32> = expand(Suite::Hybrid, &Key::new(*run), Expand::MAC, &[]);
                let kept = set_up(mac.expose());
                alive.extend(kept.iter().flat_map(|it| it.windows(8)).map(<[u8]>::to_vec));
            }
        }
        let over = |(kind, bytes): &&Secret| {
            !["identity", "plaintext"].contains(kind)
                && !bytes.windows(8).any(|run| alive.contains(run))
        };
        self.secrets.iter().filter(over).cloned().collect()
    }

    /// Every run of 32 bytes of a snapshot may be a key, but not what stands before the exporter
    /// secret, nor the MACs of accepted messages and the digest at the end; what is public of the
    /// others is taken out at the end.
    fn state(&mut self, snapshot: &[u8]) {
        let (state, _) = snapshot.split_last_chunk::<32>().expect("a digest");
        let macs = |count: &usize| {
            let before = &state[..state.len() - 24 * count];
            before.last_chunk().map(|it| u32::from_be_bytes(*it) as usize) == Some(*count)
        };
        let count = (0..100).find(macs).expect("a list of MACs");
        let secret = &state[136..state.len() - 24 * count];
        self.secrets.extend(secret.windows(32).map(|run| ("state", run.to_vec())));
    }

    /// What comes out of the draws and the states, and without what is public.
    fn derive(&mut self) {
        let mut public: Vec<u8> = self.public.iter().flatten().copied().collect();
        for packet in &self.public {
            let opening = match packet[1] {
                0x03 => CompletePacket::decode(packet).expect("layout").complete.as_slice(),
                0x04 => PrekeyPacket::decode(packet).expect("layout").handshake,
                _ => continue,
            };
            public.extend(sha256(&[opening]));
        }
        let mut more: BTreeSet<Secret> = BTreeSet::new();
        let privates: Vec<[u8; 32]> =
            self.draws.iter().filter_map(|it| it.as_slice().try_into().ok()).collect();
        for private in &privates {
            public.extend(dh(*private).public().as_bytes());
            let signing = quipu::crypto::sign::SigningSecret::new(&Key::new(*private));
            public.extend(signing.public().as_bytes());
        }
        for (one, other) in privates.iter().flat_map(|it| privates.iter().map(move |jt| (it, jt))) {
            let shared = dh(*one).agree(&dh(*other).public()).expect("random keys agree");
            more.insert(("agreement", shared.secret().expose().to_vec()));
        }
        let states: BTreeSet<_> = self.secrets.iter().filter(|it| it.0 == "state").collect();
        for (_, run) in &states {
            let run: [u8; 32] = run.as_slice().try_into().expect("32 bytes");
            let (message, _) = ChainKey::new(Key::new(run)).advance();
            more.insert(("message key", message.secret().expose().to_vec()));
            let mac: Key<32> = expand(Suite::Hybrid, &Key::new(run), Expand::MAC, &[]);
            more.insert(("MAC key", mac.expose().to_vec()));
            more.extend(set_up(mac.expose()).map(|state| ("MAC key set up", state)));
        }
        for seed in self.draws.iter().filter(|it| it.len() == 64) {
            let seed = Key::new(seed.as_slice().try_into().expect("64 bytes"));
            public.extend(KemSecret::new(&seed).public().as_bytes());
        }
        self.secrets.extend(more);
        // Seed and agreement key of both identities come first.
        let kind = |index| if index < 4 { "identity" } else { "draw" };
        let draws = self.draws.drain(..).enumerate();
        self.secrets.extend(draws.map(|(index, bytes)| (kind(index), bytes)));
        let known: BTreeSet<&[u8]> = public.windows(8).collect();
        self.secrets.retain(|(_, bytes)| !bytes.windows(8).any(|run| known.contains(run)));
    }
}
