//! Two sides of one session, made from raw keys.

use crate::Draws;
use quipu::crypto::dh::DhSecret;
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::{Agreement, RatchetStart};
use quipu::keys::Party;
use quipu::secret::{Secret, SecretBytes};
use quipu::session::{Confirmation, Heard, Session};
use quipu::wire::Suite;
use quipu::{Content, DeviceId, Kind};

/// The caller's clock.
pub const NOW: u64 = 1_700_000_000_000;

/// Everything that a session starts from.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    pub(crate) secret: [u8; 32],
    pub(crate) transcript: [u8; 32],
    initiator_key: [u8; 32],
    responder_key: [u8; 32],
    pub(crate) initiator: Party,
    pub(crate) responder: Party,
}

impl Start {
    /// Another seed, another session.
    pub fn new(seed: u64) -> Self {
        let draws = &mut Draws::new(seed);
        let [secret, transcript, initiator_key, responder_key] =
            std::array::from_fn(|_| draws.array());
        let mut party =
            |device| Party { key: IdentityKey::new(draws.array()), device: DeviceId(device) };
        let (initiator, responder) = (party(1), party(2));
        Self { secret, transcript, initiator_key, responder_key, initiator, responder }
    }

    /// Both sides.
    pub fn pair(&self) -> (Session, Session) {
        (self.initiator(), self.responder())
    }

    fn initiator(&self) -> Session {
        let (ours, theirs) = (key(self.initiator_key), key(self.responder_key).public());
        let shared = ours.agree(&theirs).expect("random keys agree");
        let ratchet = RatchetStart::Initiator { ours, theirs, shared };
        let agreement = self.agreement(self.initiator, self.responder, ratchet);
        Session::new(agreement, Confirmation::Confirmed, NOW)
    }

    fn responder(&self) -> Session {
        let (ours, theirs) = (key(self.responder_key), key(self.initiator_key).public());
        let shared = ours.agree(&theirs).expect("random keys agree");
        let ratchet = RatchetStart::Responder { ours: ours.public(), theirs, shared };
        let confirmation = Confirmation::Responder(Heard::Complete([7; 16], [8; 32]));
        Session::new(self.agreement(self.responder, self.initiator, ratchet), confirmation, NOW)
    }

    fn agreement(&self, our: Party, their: Party, ratchet: RatchetStart) -> Agreement {
        let (secret, transcript) = (Secret::new(self.secret), self.transcript);
        let suite = Suite::X25519;
        Agreement { suite, secret, transcript, ts_i: NOW, our, their, ratchet, reduced: false }
    }
}

fn key(private: [u8; 32]) -> DhSecret {
    DhSecret::new(Secret::new(private))
}

/// Accepts a message in memory that was used before, and gives the memory back.
pub fn hear(by: &mut Session, message: &[u8], buffer: &mut SecretBytes) {
    let (advance, plaintext) =
        by.open_into(message, std::mem::take(buffer)).expect("a genuine message");
    by.commit(advance, NOW);
    if let Content::Data(_, bytes) = plaintext.content {
        *buffer = bytes;
    }
}

/// A responder after so many turns, which are a message each way.
pub fn idle(turns: u32) -> Session {
    let (mut one, mut other) = Start::new(1).pair();
    let (draws, buffer) = (&mut Draws::new(2), &mut SecretBytes::default());
    for _ in 0..2 * turns {
        let message = one.send(Kind::DATA, b"", draws).expect("may send");
        hear(&mut other, &message, buffer);
        std::mem::swap(&mut one, &mut other);
    }
    other
}

/// Bytes of a session that has just begun: it has nothing on the heap, as tests/memory.rs of the protocol crate asserts.
pub const fn session_bytes() -> usize {
    size_of::<Session>()
}
