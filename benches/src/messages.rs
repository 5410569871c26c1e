//! Chapters 6 and 7: messages, sent and received.

use crate::{Case, Draws, Floor, Operation, Primitive, Start, hear, timed};
use Primitive::{Agreement, Expand, Hmac, Open, Pair, Seal, Sha256};
use quipu::Kind;
use quipu::crypto::kdf::{expand, sha256};
use quipu::crypto::labels;
use quipu::limits::CHAIN_MAX;
use quipu::message::{CONTENT_BEGIN, OVERHEAD, padded_length, seal};
use quipu::ratchet::{Header, HeaderKeys, MessageKey};
use quipu::secret::{Secret, SecretBytes};
use quipu::session::Session;
use quipu::wire::{PROTO, Suite};
use std::hint::black_box;
use std::time::Duration;

/// Messages that are made ahead of a measurement; a fresh pair of sessions once they are spent.
const AHEAD: u64 = 64;

/// Bytes that are made ahead of a measurement, so that they stay in the cache: those of a floor do.
const AHEAD_BYTES: usize = 300_000;

/// Contents that the issues speak of; the last one is the longest that fits.
pub(crate) const SIZES: [(usize, &str, f64); 3] =
    [(32, "32 B", 1.25), (1024, "1 KiB", 1.10), (65_531, "64 KiB", 1.03)];

pub(crate) fn all() -> Vec<Operation> {
    let mut all = Vec::new();
    for (size, name, bound) in SIZES {
        let case = encrypt(format!("encrypt {name}"), size);
        all.push(Operation::new(case, sealing(size), bound));
        let case = decrypt(format!("decrypt {name}"), size);
        all.push(Operation::new(case, opening(size, 2), bound));
    }
    let case = convenient(format!("encrypt {}, a new buffer each", SIZES[1].1), SIZES[1].0);
    all.push(Operation::unbounded(case, sealing(SIZES[1].0)));
    all.push(Operation::new(ping_pong(32), turn(32), 1.03));
    let reversed = reversed("20 messages in reverse order, 1 KiB, decrypt all", 1024);
    all.push(Operation::unbounded(reversed, times(20, &opening(1024, 2))));
    let mut jump_floor = opening(32, 2);
    jump_floor.push((2 * (CHAIN_MAX - 1), Hmac(1)));
    all.push(Operation::unbounded(jump(), jump_floor));
    all.push(Operation::new(garbage(2), refusal(1024, 2), 1.10));
    all.push(Operation::new(garbage(7), refusal(1024, 7), 1.10));
    let mut forged_floor = refusal(1024, 2);
    let keys = [(1, Expand(36, 44)), (1, Open(58, 40)), (2, Hmac(1)), (1, Expand(34, 44))];
    forged_floor.extend(keys);
    all.push(Operation::unbounded(forged(), forged_floor));
    all
}

fn padded(size: usize) -> usize {
    padded_length(5 + size)
}

/// Chapters 6.1 and 7.2: the chain's two MACs, salt, header and body keys, two seals, hash, MAC.
fn sealing(size: usize) -> Floor {
    let padded = padded(size);
    let keys = [(2, Hmac(1)), (1, Expand(34, 16)), (1, Expand(36, 44)), (1, Expand(34, 44))];
    let rest = [(1, Seal(58, 40)), (1, Seal(112, padded)), (1, Sha256(92 + padded)), (1, Hmac(64))];
    keys.into_iter().chain(rest).collect()
}

/// The same for a receiver with so many candidates: the salt comes, every candidate is tried.
fn opening(size: usize, candidates: u32) -> Floor {
    let padded = padded(size);
    let keys = [(2, Hmac(1)), (1, Expand(36, 44)), (1, Expand(34, 44))];
    let rest = [(1, Open(58, 40)), (1, Open(112, padded))];
    keys.into_iter().chain(rest).chain(refusal(size, candidates)).collect()
}

/// Chapter 7.4, steps 1 and 2: one hash and a short MAC for each candidate.
fn refusal(size: usize, candidates: u32) -> Floor {
    vec![(1, Sha256(92 + padded(size))), (candidates, Hmac(64))]
}

/// A message that begins a chain, sent and received: chapter 6.1 on each side, then as above.
/// All seven candidates are there: the current, the next and five old chains.
fn turn(size: usize) -> Floor {
    let step = [(2, Hmac(49)), (2, Expand(90, 96)), (2, Expand(17, 32))];
    let public = [(1, Pair), (2, Agreement)];
    let floor = sealing(size).into_iter().chain(opening(size, 7));
    floor.chain(step).chain(public).collect()
}

fn times(count: u32, floor: &Floor) -> Floor {
    floor.iter().map(|(each, primitive)| (count * each, *primitive)).collect()
}

/// A session that may send `count` messages more.
struct Sender {
    session: Session,
    sent: u64,
    seed: u64,
}

impl Sender {
    fn new() -> Self {
        Self { session: Start::new(1).pair().0, sent: 0, seed: 1 }
    }

    fn ready(&mut self, count: u64) -> &mut Session {
        if self.sent + count > CHAIN_MAX.into() {
            self.seed += 1;
            (self.session, self.sent) = (Start::new(self.seed).pair().0, 0);
        }
        self.sent += count;
        &mut self.session
    }
}

/// Content that lies where its message will: each message is the content of the next.
fn encrypt(name: String, size: usize) -> Case {
    in_pieces(name, ahead(size), move || {
        let (mut sender, mut draws) = (Sender::new(), Draws::new(2));
        let mut message = vec![5; OVERHEAD + padded(size)];
        move |times| {
            let session = sender.ready(times);
            let mut send = || {
                message.truncate(CONTENT_BEGIN + size);
                session.send_in_place(Kind::DATA, &mut message, &mut draws).expect("may send");
            };
            timed(|| (0..times).for_each(|_| send())).1
        }
    })
}

fn convenient(name: String, size: usize) -> Case {
    in_pieces(name, ahead(size), move || {
        let (mut sender, content, mut draws) = (Sender::new(), vec![5; size], Draws::new(2));
        move |times| {
            let session = sender.ready(times);
            let mut send = || session.send(Kind::DATA, &content, &mut draws).expect("may send");
            timed(|| (0..times).for_each(|_| drop(black_box(send())))).1
        }
    })
}

/// How many messages of a size are made ahead.
fn ahead(size: usize) -> u64 {
    AHEAD.min((AHEAD_BYTES / (OVERHEAD + padded(size))) as u64)
}

/// Runs `n` operations in pieces of at most `piece`.
fn in_pieces<F: FnMut(u64) -> Duration + 'static>(
    name: impl Into<String>,
    piece: u64,
    make: impl FnOnce() -> F + 'static,
) -> Case {
    Case::new(name, move || {
        let mut run = make();
        move |times| {
            let whole = (0..times / piece).map(|_| run(piece)).sum::<Duration>();
            if times.is_multiple_of(piece) { whole } else { whole + run(times % piece) }
        }
    })
}

/// Two sides of which one sends.
struct Line {
    sender: Session,
    receiver: Session,
    draws: Draws,
    buffer: SecretBytes,
    sent: u64,
}

impl Line {
    fn new() -> Self {
        let (sender, receiver) = Start::new(1).pair();
        Self { sender, receiver, draws: Draws::new(2), buffer: SecretBytes::default(), sent: 0 }
    }

    fn make(&mut self, count: u64, size: usize) -> Vec<Vec<u8>> {
        if self.sent + count > CHAIN_MAX.into() {
            *self = Self::new();
        }
        self.sent += count;
        let content = vec![5; size];
        let mut send = || self.sender.send(Kind::DATA, &content, &mut self.draws).expect("sent");
        (0..count).map(|_| send()).collect()
    }

    fn hear(&mut self, message: &[u8]) {
        hear(&mut self.receiver, message, &mut self.buffer);
    }
}

fn decrypt(name: String, size: usize) -> Case {
    in_pieces(name, ahead(size), move || {
        let mut line = Line::new();
        move |times| {
            let messages = line.make(times, size);
            timed(|| messages.iter().for_each(|message| line.hear(message))).1
        }
    })
}

fn reversed(name: &str, size: usize) -> Case {
    Case::new(name, move || {
        let mut line = Line::new();
        let mut once = move || {
            let messages = line.make(20, size);
            timed(|| messages.iter().rev().for_each(|message| line.hear(message))).1
        };
        move |times| (0..times).map(|_| once()).sum()
    })
}

fn ping_pong(size: usize) -> Case {
    Case::plain(
        format!("a message that begins a chain, encrypt and decrypt, {size} B"),
        move || {
            let (mut one, mut other) = Start::new(1).pair();
            let (mut draws, mut buffer) = (Draws::new(2), SecretBytes::default());
            let mut message = vec![5; OVERHEAD + padded(size)];
            let mut turn = move || {
                message.truncate(CONTENT_BEGIN + size);
                one.send_in_place(Kind::DATA, &mut message, &mut draws).expect("may send");
                hear(&mut other, &message, &mut buffer);
                std::mem::swap(&mut one, &mut other);
            };
            (0..16).for_each(|_| turn());
            turn
        },
    )
}

/// The last message of a chain of which nothing else came. Opening changes nothing.
fn jump() -> Case {
    Case::plain("a jump to the end of a chain, decrypt 32 B", || {
        let mut line = Line::new();
        let last = line.make(CHAIN_MAX.into(), 32).pop().expect("one");
        move || line.receiver.open(&last).expect("genuine")
    })
}

/// Bytes of the right form that no candidate has made, for a receiver with 2 or 7 candidates.
fn garbage(candidates: usize) -> Case {
    Case::plain(format!("refuse garbage of 1 KiB, {candidates} candidates"), move || {
        let (mut one, mut other) = Start::new(1).pair();
        let draws = &mut Draws::new(3);
        let mut message = one.send(Kind::DATA, &[5; 1024], draws).expect("may send");
        let turns = if candidates == 7 { 12 } else { 0 };
        for _ in 0..turns {
            let message = one.send(Kind::DATA, b"", draws).expect("may send");
            hear(&mut other, &message, &mut SecretBytes::default());
            std::mem::swap(&mut one, &mut other);
        }
        message[100] ^= 1;
        move || other.open(&message).expect_err("garbage")
    })
}

/// What somebody who has the header key of a chain can make: a message whose body does not open.
fn forged() -> Case {
    Case::plain("refuse a forgery of 1 KiB under a leaked header key", || {
        let (receiver, message) = forgery();
        move || receiver.open(&message).expect_err("forged")
    })
}

fn forgery() -> (Session, Vec<u8>) {
    let start = Start::new(1);
    let (mut sender, receiver) = start.pair();
    let genuine = sender.send(Kind::DATA, &[5; 1024], &mut Draws::new(2)).expect("sent");
    let suite = Suite::X25519;
    let secret = Secret::new(start.secret);
    let header = expand(suite, &secret, labels::Expand::HEADER_INITIATOR, &[]);
    let keys = HeaderKeys::new(suite, header);
    let (ours, theirs) = (start.initiator, start.responder);
    let direction = sha256(&[
        PROTO,
        b"ad",
        &start.transcript,
        &[1],
        ours.key.as_bytes(),
        &ours.device.0.to_be_bytes(),
        theirs.key.as_bytes(),
        &theirs.device.0.to_be_bytes(),
    ]);
    let dh = quipu::message::Envelope::decode(&genuine)
        .map(|it| it.open_header(&keys, &direction).expect("our keys").dh)
        .expect("a message");
    let header = Header { dh, previous: 0, number: 0 };
    let wrong = MessageKey::new(Secret::new([1; 32]));
    let draw = Secret::new([2; 16]);
    let message = seal(suite, wrong, &keys, &direction, &header, &draw, 1, &[5; 1024]);
    (receiver, message)
}
