//! Two sessions, messages in every chain that a receiver keeps, and forgeries of them.

use crate::valgrind::{public, public_bytes, secret, secret_bytes};
use quipu::crypto::dh::{DhPublic, DhSecret};
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::{Agreement, RatchetStart};
use quipu::keys::Party;
use quipu::secret::Secret;
use quipu::session::{Confirmation, Heard, Session};
use quipu::wire::Suite;
use quipu::{DeviceId, Kind};
use rand_core::{TryCryptoRng, TryRng};
use std::convert::Infallible;

const NOW: u64 = 1_700_000_000_000;

/// SplitMix64: what it gives is secret when it is asked for.
pub(crate) struct Draws {
    state: u64,
    secret: bool,
}

impl Draws {
    pub(crate) const fn new(seed: u64, secret: bool) -> Self {
        Self { state: seed, secret }
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        bytes
            .chunks_mut(8)
            .for_each(|it| it.copy_from_slice(&self.word().to_le_bytes()[..it.len()]));
        if self.secret {
            secret(&bytes);
        }
        bytes
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes
            .chunks_mut(8)
            .for_each(|it| it.copy_from_slice(&self.word().to_le_bytes()[..it.len()]));
        if self.secret {
            secret_bytes(bytes);
        }
        Ok(())
    }
}

impl TryCryptoRng for Draws {}

/// A receiver that keeps every chain it can, and a message that waits in each of them.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) sender: Session,
    pub(crate) receiver: Session,
    /// One message for each candidate of the receiver, the oldest chain first.
    pub(crate) waiting: Vec<Vec<u8>>,
}

impl Scene {
    /// With every secret of both sides marked for memcheck, or none.
    pub(crate) fn new(marked: bool) -> Self {
        let (mut sender, mut receiver) = pair(marked);
        let rng = &mut Draws::new(2, marked);
        let mut waiting = Vec::new();
        for _ in 0..6 {
            waiting.push(seal(&mut sender, rng));
            let message = seal(&mut sender, rng);
            hear(&mut receiver, &message);
            let message = seal(&mut receiver, rng);
            hear(&mut sender, &message);
        }
        waiting.push(seal(&mut sender, rng));
        Self { sender, receiver, waiting }
    }
}

/// Seals a text of 100 secret bytes; what goes over the network is public.
pub(crate) fn seal(by: &mut Session, rng: &mut Draws) -> Vec<u8> {
    let text: [u8; 100] = rng.array();
    let message = by.send(Kind::DATA, &text, rng).expect("an open session");
    public_bytes(&message);
    message
}

pub(crate) fn hear(by: &mut Session, message: &[u8]) {
    let (advance, _) = by.open(message).expect("genuine");
    by.commit(advance, NOW);
}

/// A message whose MAC first differs at this byte.
pub(crate) fn forged(message: &[u8], at: usize) -> Vec<u8> {
    let mut forged = message.to_vec();
    let mac = forged.len() - 32;
    forged[mac + at..].iter_mut().for_each(|byte| *byte ^= 0x55);
    forged
}

fn pair(marked: bool) -> (Session, Session) {
    let mut rng = Draws::new(1, marked);
    let [sk, ra, rb]: [[u8; 32]; 3] = [rng.array(), rng.array(), rng.array()];
    let [ra, rb] = [ra, rb].map(|private| DhSecret::new(Secret::new(private)));
    let [public_a, public_b] = [&ra, &rb].map(|it| known(it.public()));
    let [a, b] =
        [1, 2].map(|n| Party { key: IdentityKey::new([n; 32]), device: DeviceId(n.into()) });
    let agreement = |our, their, ratchet| Agreement {
        suite: Suite::X25519,
        secret: Secret::new(sk),
        transcript: [3; 32],
        ts_i: NOW,
        our,
        their,
        ratchet,
        reduced: false,
    };
    let shared = ra.agree(&public_b).expect("random keys agree");
    let ratchet = RatchetStart::Initiator { ours: ra, theirs: public_b, shared };
    let sender = Session::new(agreement(a, b, ratchet), Confirmation::Confirmed, NOW);
    let shared = rb.agree(&public_a).expect("random keys agree");
    let ratchet = RatchetStart::Responder { ours: public_b, theirs: public_a, shared };
    let heard = Confirmation::Responder(Heard::Complete([7; 16], [8; 32]));
    (sender, Session::new(agreement(b, a, ratchet), heard, NOW))
}

/// A public key is known to everybody, though it comes out of a secret one.
pub(crate) fn known(key: DhPublic) -> DhPublic {
    public(&key);
    key
}
