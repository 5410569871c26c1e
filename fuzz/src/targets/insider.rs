//! A peer who has the keys and breaks the rules: messages that carry a valid MAC.

use crate::story::draws;
use arbitrary::{Arbitrary, Unstructured};
use quipu::handshake::{Agreement, RatchetStart};
use quipu::keys::Party;
use quipu::limits::CHAIN_MAX;
use quipu::message::padded_length;
use quipu::secret::Secret;
use quipu::session::{Confirmation, Heard, Plaintext, Session};
use quipu::{DeviceId, Kind, PeerError};
use quipu_vectors::draws::Draws;
use quipu_vectors::insider::{Chain, Setup};
use quipu_vectors::perform::plain_content;
use quipu_vectors::trace::{MessagePlain, body, message, pair};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The private ratchet keys of the responder's step and of the insider's next one.
const STEPS: [[u8; 32]; 2] = [[0x31; 32], [0x32; 32]];

struct World {
    /// The responder, who has sent one message in chain 1.
    session: Vec<u8>,
    /// Chain 0 and chain 2.
    chains: [Chain; 2],
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let party = |byte: u8| Party {
        key: crate::story::identity(&format!("{byte}")).key(),
        device: DeviceId(1),
    };
    let (our, their) = (party(2), party(1));
    let keys = [*their.key.as_bytes(), *our.key.as_bytes()];
    let ratchet = [[0x21; 32], [0x22; 32]];
    let setup = Setup { sk: [1; 32], transcript: [2; 32], ik: keys, device: [1, 1], ratchet };
    let (ours, theirs) = (pair(&ratchet[1]), pair(&ratchet[0]).public());
    let shared = ours.agree(&theirs).expect("they agree");
    let ratchet = RatchetStart::Responder { ours: ours.public(), theirs, shared };
    let agreement = Agreement {
        suite: quipu::wire::Suite::X25519,
        secret: Secret::new(setup.sk),
        transcript: setup.transcript,
        ts_i: 0,
        our,
        their,
        ratchet,
        reduced: false,
    };
    let heard = Confirmation::Responder(Heard::Complete([0; 16], [0; 32]));
    let mut session = Session::new(agreement, heard, 0);
    let listed = vec![STEPS[0].to_vec(), vec![0; 16]];
    session.send(Kind::DATA, b"", &mut Draws::listed(listed)).expect("may send");
    let mut chains = setup.chains(&STEPS);
    let second = chains.remove(2);
    let session = session.snapshot().expose().to_vec();
    World { session, chains: [chains.remove(0), second] }
});

thread_local! {
    static KEYS: RefCell<BTreeMap<(bool, u32), [u8; 32]>> = const { RefCell::new(BTreeMap::new()) };
}

fn key(second: bool, number: u32) -> Secret<32> {
    let number = number.min(CHAIN_MAX);
    let chain = &WORLD.chains[usize::from(second)];
    let made = || *chain.key(number).expose();
    Secret::new(KEYS.with_borrow_mut(|keys| *keys.entry((second, number)).or_insert_with(made)))
}

/// A number in a header: mostly one of the first, sometimes one at the end.
#[derive(Debug, Clone, Copy, Arbitrary)]
struct Number(u8);

impl Number {
    fn value(self) -> u32 {
        match self.0 {
            number @ ..248 => u32::from(number % 48),
            248 => 300,
            249 => 2_500,
            250 => u32::MAX,
            end => CHAIN_MAX + 2 - u32::from(u8::MAX - end),
        }
    }
}

/// What the insider writes.
#[derive(Debug, Arbitrary)]
struct Written<'a> {
    second: bool,
    previous: Number,
    number: Number,
    kind: u8,
    content: &'a [u8],
    /// Bytes that are put over the padded body, from a place on.
    over: Option<(u16, &'a [u8])>,
    /// How many bytes of the body are left away, in steps of a bucket.
    shorter: u8,
    dh: u8,
    damage: u8,
}

/// What the session has accepted, in plain sets.
#[derive(Debug, Default)]
struct Seen {
    accepted: BTreeSet<(bool, u32)>,
    /// How far each chain has come.
    next: [u32; 2],
    stepped: bool,
    closed: bool,
}

/// Up to six messages under the right keys to one session.
pub(crate) fn insider(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let mut session = Session::restore(&WORLD.session, 0).expect("own snapshot");
    let mut seen = Seen::default();
    for _ in 0..6 {
        if data.is_empty() {
            return;
        }
        let Ok(written) = Written::arbitrary(&mut data) else { return };
        write(&written, &mut session, &mut seen);
    }
}

fn write(it: &Written<'_>, session: &mut Session, seen: &mut Seen) {
    let (pn, n) = (it.previous.value(), it.number.value());
    let mut body = body(it.kind, it.content);
    if let Some((at, bytes)) = it.over {
        let at = usize::from(at) % body.len();
        body[at..].iter_mut().zip(bytes).for_each(|(body, byte)| *body = *byte);
    }
    let buckets = usize::from(it.shorter % 4) * 16;
    body.truncate(body.len().saturating_sub(buckets).max(256));
    if padded_length(body.len()) != body.len() {
        return;
    }
    let chain = &WORLD.chains[usize::from(it.second)];
    let dh = if it.dh == 1 { WORLD.chains[usize::from(!it.second)].dh } else { chain.dh };
    let mut plain = MessagePlain::new(dh, pn, n, &body);
    (plain.damage_header, plain.damage_body) = (it.damage == 1, it.damage == 2);
    let header = Secret::new(chain.header);
    let (packet, _) = message(&key(it.second, n), &header, &chain.ad, &[it.damage; 16], &plain);

    let before = session.snapshot();
    match session.open(&packet) {
        Ok((advance, plaintext)) => {
            assert!(it.damage != 1 && it.damage != 2 && it.dh != 1, "accepted what is damaged");
            seen.accept(it.second, pn, n, &plaintext);
            let (kind, content) = plain_content(&plaintext.content);
            assert_eq!(quipu_vectors::trace::body(kind, &content), body, "MSG-10");
            session.commit(advance, 1);
            assert!(session.stored_keys() <= quipu::limits::SKIPPED_KEYS);
        }
        Err(error) => {
            let name = error.name();
            let blame = PeerError::ALL.iter().any(|it| it.name() == name) || name == "key";
            assert!(blame, "{name} is no word for a message");
            seen.refuse(it, (pn, n), &body, name);
        }
    }
    if session.snapshot().expose() == before.expose() {
        return;
    }
    assert!(seen.accepted.contains(&(it.second, n)), "a refusal changed the state");
    session.receipt(&mut draws(1)).map(drop).expect("within the chain");
}

impl Seen {
    fn accept(&mut self, second: bool, pn: u32, n: u32, plaintext: &Plaintext) {
        let at = usize::from(second);
        assert_eq!((plaintext.epoch, plaintext.number), (u32::from(second) * 2, n));
        assert!(n < CHAIN_MAX && pn <= CHAIN_MAX, "RATCHET-05");
        let mut due: Vec<(u32, u32)> = Vec::new();
        if second && !self.stepped {
            assert!(pn >= self.next[0], "RATCHET-11");
            due.extend((self.next[0]..pn).map(|number| (0, number)));
            (self.stepped, self.next[0]) = (true, pn);
        }
        assert!(second || !self.stepped || n < self.next[0], "RATCHET-12");
        due.extend((self.next[at]..n).map(|number| (plaintext.epoch, number)));
        self.next[at] = self.next[at].max(n + 1);
        let gap = plaintext.gap.iter();
        let gap: Vec<_> =
            gap.flat_map(|gap| (0..gap.count).map(|it| (gap.epoch, gap.first + it))).collect();
        assert_eq!(gap, due, "the gap is what was jumped over");
        assert!(self.accepted.insert((second, n)), "accepted twice");
        self.closed |= matches!(plaintext.content, quipu::Content::Close(_));
    }

    /// A message that an honest peer could have written is not refused.
    fn refuse(&self, it: &Written<'_>, (pn, n): (u32, u32), sealed: &[u8], name: &str) {
        let whole = it.damage != 1 && it.damage != 2 && it.dh != 1 && !self.closed;
        let honest = whole && *sealed == *body(it.kind, it.content) && n < CHAIN_MAX;
        let data = it.kind == 0x01 || it.kind >= 0x80;
        let fresh = n >= self.next[usize::from(it.second)];
        let follows = if it.second {
            self.stepped || (pn >= self.next[0] && pn <= CHAIN_MAX)
        } else {
            !self.stepped
        };
        // The header of a chain names the same previous length in every message.
        let steady = pn == 0 && !it.second;
        assert!(!(honest && data && fresh && follows && steady), "refused as {name}");
        let again = self.accepted.contains(&(it.second, n));
        if again && whole && n < CHAIN_MAX && pn <= CHAIN_MAX {
            assert!(
                ["duplicate", "clone_suspected", "expired", "protocol"].contains(&name),
                "{name}"
            );
        }
    }
}

/// Seeds: a few short conversations.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0; 64], vec![1; 64]];
    for seed in 0..12_u8 {
        let mut source = draws(seed);
        seeds.push(source.take::<256>().to_vec());
    }
    seeds
}
