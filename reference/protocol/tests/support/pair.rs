//! Two sides of one session, made from raw keys.

use super::Seeded;
use quipu::crypto::dh::DhSecret;
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::{Agreement, RatchetStart};
use quipu::keys::Party;
use quipu::secret::Secret;
use quipu::session::{Confirmation, Heard, Plaintext, Session};
use quipu::wire::Suite;
use quipu::{Content, DeviceId, Error, Kind};

pub(crate) const NOW: u64 = 1_700_000_000_000;

/// Everything that a session starts from.
#[derive(Clone, Copy)]
pub(crate) struct Start {
    pub(crate) secret: [u8; 32],
    pub(crate) transcript: [u8; 32],
    pub(crate) ra: [u8; 32],
    pub(crate) rb: [u8; 32],
    pub(crate) initiator: Party,
    pub(crate) responder: Party,
}

impl Start {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = &mut Seeded::new(seed);
        let [secret, transcript, ra, rb] = core::array::from_fn(|_| rng.array());
        let mut party =
            |device| Party { key: IdentityKey::new(rng.array()), device: DeviceId(device) };
        Self { secret, transcript, ra, rb, initiator: party(1), responder: party(2) }
    }

    pub(crate) fn initiator(&self) -> Session {
        self.initiator_with(Confirmation::Confirmed)
    }

    pub(crate) fn initiator_with(&self, confirmation: Confirmation) -> Session {
        let (ours, theirs) = (dh(self.ra), dh(self.rb).public());
        let shared = ours.agree(&theirs).expect("random keys agree");
        let ratchet = RatchetStart::Initiator { ours, theirs, shared };
        Session::new(self.agreement(self.initiator, self.responder, ratchet), confirmation, NOW)
    }

    pub(crate) fn responder(&self) -> Session {
        let (ours, theirs) = (dh(self.rb), dh(self.ra).public());
        let shared = ours.agree(&theirs).expect("random keys agree");
        let ratchet = RatchetStart::Responder { ours: ours.public(), theirs, shared };
        let confirmation = Confirmation::Responder(Heard::Complete([7; 16], [8; 32]));
        Session::new(self.agreement(self.responder, self.initiator, ratchet), confirmation, NOW)
    }

    fn agreement(&self, our: Party, their: Party, ratchet: RatchetStart) -> Agreement {
        Agreement {
            suite: Suite::X25519,
            secret: Secret::new(self.secret),
            transcript: self.transcript,
            ts_i: NOW,
            our,
            their,
            ratchet,
            reduced: false,
        }
    }
}

pub(crate) fn dh(private: [u8; 32]) -> DhSecret {
    DhSecret::new(Secret::new(private))
}

pub(crate) fn pair(seed: u64) -> (Session, Session) {
    let start = Start::new(seed);
    (start.initiator(), start.responder())
}

pub(crate) fn state(session: &Session) -> Vec<u8> {
    session.snapshot().expose().to_vec()
}

pub(crate) fn deliver(to: &mut Session, message: &[u8]) -> Result<Plaintext, Error> {
    let (advance, plaintext) = to.open(message)?;
    to.commit(advance, NOW);
    Ok(plaintext)
}

/// The place of a message that must be accepted.
pub(crate) fn accept(to: &mut Session, message: &[u8]) -> (u32, u32) {
    let plaintext = deliver(to, message).expect("a genuine message");
    (plaintext.epoch, plaintext.number)
}

pub(crate) fn accept_all(to: &mut Session, messages: &[Vec<u8>]) {
    for message in messages {
        accept(to, message);
    }
}

/// Asserts that a message is refused with exactly this error and that nothing has changed.
#[track_caller]
pub(crate) fn refuse(by: &mut Session, message: &[u8], error: impl Into<Error>) {
    let before = state(by);
    assert_eq!(deliver(by, message).map(|it| (it.epoch, it.number)), Err(error.into()));
    assert_eq!(state(by), before, "a refusal changed the state");
}

pub(crate) fn restored(session: &Session) -> Session {
    let snapshot = session.snapshot();
    let copy = Session::restore(snapshot.expose(), session.generation()).expect("own snapshot");
    assert_eq!(copy.snapshot().expose(), snapshot.expose(), "SESSION-26");
    copy
}

pub(crate) fn send(from: &mut Session, rng: &mut Seeded) -> Vec<u8> {
    from.send(Kind::DATA, b"quipu", rng).expect("may send")
}

pub(crate) fn send_many(from: &mut Session, count: u32, rng: &mut Seeded) -> Vec<Vec<u8>> {
    (0..count).map(|_| send(from, rng)).collect()
}

pub(crate) fn data(plaintext: &Plaintext) -> &[u8] {
    match &plaintext.content {
        Content::Data(_, bytes) => bytes.expose(),
        other => panic!("not data: {other:?}"),
    }
}

/// One turn: both sides send one message and accept it, so that each begins a new chain.
pub(crate) fn turn(one: &mut Session, other: &mut Session, rng: &mut Seeded) {
    let there = send(one, rng);
    accept(other, &there);
    let back = send(other, rng);
    accept(one, &back);
}
