//! Whoever holds the keys of a session and does not keep its rules.

use super::Seeded;
use super::pair::{Start, dh};
use quipu::crypto::aead;
use quipu::crypto::kdf::{expand, sha256};
use quipu::crypto::labels::Expand;
use quipu::handshake::RatchetStart;
use quipu::keys::Party;
use quipu::message::Envelope;
use quipu::ratchet::{Header, Ratchet};
use quipu::secret::Secret;
use quipu::wire::Suite;

const SUITE: Suite = Suite::X25519;

pub(crate) struct Insider {
    ratchet: Ratchet,
    outgoing: [u8; 32],
    incoming: [u8; 32],
    rng: Seeded,
}

impl Insider {
    pub(crate) fn initiator(start: &Start) -> Self {
        let (ours, theirs) = (dh(start.ra), dh(start.rb).public());
        let shared = ours.agree(&theirs).expect("random keys agree");
        Self::new(start, RatchetStart::Initiator { ours, theirs, shared }, [1, 2])
    }

    pub(crate) fn responder(start: &Start) -> Self {
        let (ours, theirs) = (dh(start.rb), dh(start.ra).public());
        let shared = ours.agree(&theirs).expect("random keys agree");
        let ratchet = RatchetStart::Responder { ours: ours.public(), theirs, shared };
        Self::new(start, ratchet, [2, 1])
    }

    fn new(start: &Start, ratchet: RatchetStart, roles: [u8; 2]) -> Self {
        let ratchet = Ratchet::new(SUITE, &Secret::new(start.secret), ratchet);
        let [outgoing, incoming] = roles.map(|role| direction(start, role));
        Self { ratchet, outgoing, incoming, rng: Seeded::new(0x1115) }
    }

    /// Keeps the rules: accepts a message of the other side.
    pub(crate) fn hear(&mut self, message: &[u8]) {
        let envelope = Envelope::decode(message).expect("layout");
        let fits = |keys: &_| bool::from(envelope.verifies(keys, &self.incoming));
        let (place, keys) =
            self.ratchet.candidates().find(|(_, keys)| fits(keys)).expect("a known chain");
        let header = envelope.open_header(keys, &self.incoming).expect("header");
        let taken = self.ratchet.take(place, &header, envelope.mac()).expect("legal");
        self.ratchet.commit_received(taken);
    }

    /// A message that keeps all rules but those of its content.
    pub(crate) fn content(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        self.message(|_| (), &body(kind, content))
    }

    /// A message with a changed header.
    pub(crate) fn header(&mut self, change: impl FnOnce(&mut Header)) -> Vec<u8> {
        self.message(change, &body(1, b"insider"))
    }

    /// A message with any body, of a padded length or not.
    pub(crate) fn message(&mut self, change: impl FnOnce(&mut Header), body: &[u8]) -> Vec<u8> {
        let prepared = self.ratchet.prepare(&mut self.rng).expect("may send");
        let mut header = prepared.header;
        change(&mut header);
        let keys = self.ratchet.sending_header();
        let salt: [u8; 16] = self.rng.array();
        let mut out = [[1, 0x10, 0, 1].as_slice(), &salt].concat();
        let numbers = [header.previous.to_be_bytes(), header.number.to_be_bytes()];
        let plain = [header.dh.as_slice(), numbers.as_flattened()].concat();
        let ad = [b"header".as_slice(), &self.outgoing, &out].concat();
        aead::seal(expand(SUITE, keys.header(), Expand::HEADER, &salt), &ad, &plain, &mut out);
        let ad = [b"body".as_slice(), &self.outgoing, &out].concat();
        let key = expand(SUITE, prepared.key.secret(), Expand::BODY, &salt);
        aead::seal(key, &ad, body, &mut out);
        let tag = keys.mac().mac(&[&self.outgoing, &sha256(&[&out])]);
        self.ratchet.commit_sent(prepared.advance);
        [out.as_slice(), &tag].concat()
    }
}

/// A body padded to 256 bytes.
pub(crate) fn body(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("short").to_be_bytes();
    let mut body = [&[kind], length.as_slice(), content].concat();
    body.resize(256, 0);
    body
}

/// `AD_dir` of chapter 7.2 for messages that this role sends.
fn direction(start: &Start, role: u8) -> [u8; 32] {
    let party =
        |party: &Party| [party.key.as_bytes().as_slice(), &party.device.0.to_be_bytes()].concat();
    let mut parties = [party(&start.initiator), party(&start.responder)];
    if role == 2 {
        parties.reverse();
    }
    let [sender, receiver] = parties;
    sha256(&[b"QuipuV1", b"ad", &start.transcript, &[role], &sender, &receiver])
}
