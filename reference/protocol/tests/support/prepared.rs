//! Devices that left prekeys behind; and chapter 5.4 once more, computed in the open, for packets
//! that no honest device makes.

use super::Seeded;
use super::devices::{fields, identity, names, receive, say};
use super::pair::{NOW, dh};
use quipu::crypto::aead;
use quipu::crypto::dh::DhPublic;
use quipu::crypto::kdf::{expand, extract, mix, sha256};
use quipu::crypto::kem::KemPublic;
use quipu::crypto::labels::{Expand, Extract, Purpose};
use quipu::crypto::sign::{IdentityKey, SigningSecret};
use quipu::handshake::{Agreement, PrekeyPacket, RatchetStart, ReplayCache, prekey_init_length};
use quipu::keys::Party;
use quipu::prekeys::Bundle;
use quipu::secret::Secret;
use quipu::session::{Confirmation, Opening, Session};
use quipu::wire::Suite;
use quipu::{Card, CardFields, Content, Device, DeviceId, Event, Kind};

pub(crate) const SUITES: [Suite; 2] = [Suite::X25519, Suite::Hybrid];

pub(crate) fn fields_in(name: &str, suite: Suite) -> CardFields {
    let suites = if suite == Suite::Hybrid { 3 } else { 1 };
    CardFields { suites, ..fields(name) }
}

pub(crate) fn card_in(name: &str, suite: Suite) -> Card {
    Card::issue(&identity(name), fields_in(name, suite)).expect("valid fields")
}

pub(crate) fn device_in(name: &str, suite: Suite) -> Device {
    Device::new(identity(name), fields_in(name, suite), ReplayCache::default()).expect("fields")
}

pub(crate) fn publish(at: &mut Device, count: usize, now: u64, seed: u64) -> Vec<Vec<u8>> {
    at.publish(count, now, &mut Seeded::new(seed)).expect("room")
}

/// Ada, and Bob, who has left three one-time prekeys of each kind.
pub(crate) fn two(suite: Suite) -> (Device, Device) {
    let mut bob = device_in("bob", suite);
    publish(&mut bob, 3, NOW, 0xb0b);
    (device_in("ada", suite), bob)
}

/// What a relay hands out for one handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) card: Vec<u8>,
    pub(crate) signed: Vec<u8>,
    pub(crate) one_time: Option<Vec<u8>>,
    pub(crate) kem: Option<Vec<u8>>,
}

impl Parts {
    /// The newest card and signed prekey, and these one-time prekeys; `kem: None` is the last
    /// resort, if there is one.
    pub(crate) fn of(at: &Device, one_time: Option<usize>, kem: Option<usize>) -> Self {
        let records = at.prekeys().records();
        let of_kind = |kind| records.iter().filter(move |it| it[1] == kind).cloned();
        Self {
            card: at.card().expect("a card").as_bytes().to_vec(),
            signed: of_kind(1).next_back().expect("a signed prekey"),
            one_time: one_time.and_then(|index| of_kind(2).nth(index)),
            kem: kem.map_or_else(|| of_kind(4).next_back(), |index| of_kind(3).nth(index)),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        Bundle::encode(&self.card, &self.signed, self.one_time.as_deref(), self.kem.as_deref())
    }

    pub(crate) fn bundle(&self) -> Bundle {
        Bundle::verify(&self.encode()).expect("genuine")
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Vec<u8>> {
        [Some(&self.signed), self.one_time.as_ref(), self.kem.as_ref()].into_iter().flatten()
    }
}

/// Each way to put a bundle together in a suite, and whether its first chain is reduced.
pub(crate) fn ways(suite: Suite) -> Vec<(Option<usize>, Option<usize>, bool)> {
    match suite {
        Suite::X25519 => vec![(Some(0), None, false), (None, None, true)],
        Suite::Hybrid => vec![
            (Some(0), Some(0), false),
            (Some(0), None, true),
            (None, Some(0), true),
            (None, None, true),
        ],
    }
}

pub(crate) fn prepare(from: &mut Device, parts: &Parts, now: u64, seed: u64) -> Vec<Event> {
    from.prepare(&parts.bundle(), now, &mut Seeded::new(seed)).expect("may start")
}

/// A prepared handshake with one-time prekeys, and its first packet.
pub(crate) fn begin(from: &mut Device, to: &Device, now: u64, seed: u64) -> Vec<u8> {
    prepare(from, &Parts::of(to, Some(0), Some(0)), now, seed);
    say(from, to, now, seed ^ 0xbe61)
}

/// Ada and Bob and her first packet, which is still under way.
pub(crate) fn waiting(
    suite: Suite,
    one_time: Option<usize>,
    kem: Option<usize>,
) -> (Device, Device, Vec<u8>) {
    let (mut ada, bob) = two(suite);
    prepare(&mut ada, &Parts::of(&bob, one_time, kem), NOW, 1);
    let packet = say(&mut ada, &bob, NOW, 2);
    (ada, bob, packet)
}

/// A whole prepared handshake; both sides are confirmed.
pub(crate) fn meet_prepared(from: &mut Device, to: &mut Device, now: u64, seed: u64) -> Vec<u8> {
    let packet = begin(from, to, now, seed);
    let receipt = receive(to, from, &packet, now).replies.remove(0);
    assert_eq!(names(&receive(from, to, &receipt, now).events), ["confirmed", "message"]);
    packet
}

/// Each text that arrived with these events, with its number.
pub(crate) fn texts(events: &[Event]) -> Vec<(u32, Vec<u8>)> {
    let text = |event: &Event| match event {
        Event::Message { plaintext, .. } => match &plaintext.content {
            Content::Data(_, bytes) => Some((plaintext.number, bytes.expose().to_vec())),
            _ => None,
        },
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

/// The private half that a device keeps behind a record: out of its snapshot.
pub(crate) fn private<const N: usize>(at: &Device, record: &[u8]) -> [u8; N] {
    let snapshot = at.prekeys().snapshot();
    let place = snapshot.expose().windows(record.len()).position(|it| it == record);
    let behind = &snapshot.expose()[place.expect("held") + record.len()..];
    *behind.first_chunk().expect("the private half")
}

fn agree(private: [u8; 32], public: &[u8]) -> [u8; 32] {
    let public = DhPublic::decode(public.try_into().expect("32 bytes")).expect("canonical");
    *dh(private).agree(&public).expect("not zero").secret().expose()
}

pub(crate) fn public(private: [u8; 32]) -> [u8; 32] {
    *dh(private).public().as_bytes()
}

/// Everything that a `PrekeyInit` is made of; every field may be set to what it must not be.
#[derive(Clone)]
pub(crate) struct Forge {
    pub(crate) suite: Suite,
    pub(crate) parts: Parts,
    pub(crate) ephemeral: [u8; 32],
    pub(crate) encapsulation: [u8; 32],
    /// The key that is encapsulated to, when it is not that of the record.
    pub(crate) other_kem: Option<[u8; 1184]>,
    /// The private half of `RA`, and the bytes that stand for its public half in the packet.
    pub(crate) ratchet: [u8; 32],
    pub(crate) said: [u8; 32],
    pub(crate) ts_i: u64,
    pub(crate) card: [u8; 218],
    pub(crate) psk_id: [u8; 16],
    pub(crate) psk: [u8; 32],
    pub(crate) se: [u8; 32],
    /// Who signs, for what; or a signature from elsewhere.
    pub(crate) signer: &'static str,
    pub(crate) purpose: Purpose,
    pub(crate) signature: Option<[u8; 64]>,
}

/// Handshake bytes and what their maker knows.
pub(crate) struct Forged {
    pub(crate) handshake: Vec<u8>,
    pub(crate) secret: [u8; 32],
    pub(crate) transcript: [u8; 32],
    pub(crate) signature: [u8; 64],
}

impl Forge {
    /// What an honest initiator of this name would make.
    pub(crate) fn of(name: &'static str, suite: Suite, parts: &Parts) -> Self {
        let ratchet = [0x72; 32];
        Self {
            suite,
            parts: parts.clone(),
            ephemeral: [0x65; 32],
            encapsulation: [0x6b; 32],
            other_kem: None,
            ratchet,
            said: public(ratchet),
            ts_i: NOW,
            card: *card_in(name, suite).as_bytes(),
            psk_id: [0; 16],
            psk: [0; 32],
            se: agree(*identity(name).secrets().1.expose(), &parts.signed[26..58]),
            signer: name,
            purpose: Purpose::PREPARED,
            signature: None,
        }
    }

    /// The same with another ratchet key, of which the private half is known.
    pub(crate) fn with_ratchet(mut self, private: [u8; 32]) -> Self {
        (self.ratchet, self.said) = (private, public(private));
        self
    }

    /// `se` as whoever holds the private half of the signed prekey computes it.
    pub(crate) fn se_of_responder(mut self, signed: [u8; 32]) -> Self {
        self.se = agree(signed, &self.card[106..138]);
        self
    }

    pub(crate) fn seal(&self) -> Forged {
        let (suite, parts) = (self.suite, &self.parts);
        let es = agree(self.ephemeral, &parts.card[106..138]);
        let ee = agree(self.ephemeral, &parts.signed[26..58]);
        let eo = parts.one_time.as_ref().map(|it| agree(self.ephemeral, &it[26..58]));
        let kem = parts.kem.as_ref().filter(|_| suite == Suite::Hybrid);
        let sealed = kem.map(|it| {
            let key = self.other_kem.unwrap_or_else(|| it[26..1210].try_into().expect("1184"));
            let key = KemPublic::decode(key).expect("valid");
            key.encapsulate(&Secret::new(self.encapsulation))
        });
        let ss = sealed.as_ref().map(|(_, ss)| *ss.expose());

        let mut out = [&[1, 4], suite.number().to_be_bytes().as_slice()].concat();
        out.extend_from_slice(&public(self.ephemeral));
        out.extend_from_slice(&parts.signed[2..6]);
        out.extend_from_slice(parts.one_time.as_ref().map_or(&[0; 4], |it| &it[2..6]));
        out.extend(kem.iter().flat_map(|it| &it[2..6]));
        out.extend(sealed.iter().flat_map(|(ciphertext, _)| ciphertext));
        let mixed = [Some(&parts.signed), parts.one_time.as_ref(), kem];
        let t1 = mix(&sha256(&[b"QuipuV1prepared"]), &[&parts.card]);
        let t1 = mixed.into_iter().flatten().fold(t1, |t, record| mix(&t, &[record]));
        let t2 = mix(&t1, &[&out]);

        let shared: Vec<[u8; 32]> = [ss, Some(ee), Some(es)].into_iter().flatten().collect();
        let zero = Secret::new([0; 32]);
        let all: Vec<&[u8]> = shared.iter().chain(&eo).map(<[u8; 32]>::as_slice).collect();
        let k_id = extract(suite, &zero, Extract::PREPARED_IDENTITY, &all);
        let all = shared.iter().chain([&self.se]).chain(&eo);
        let all: Vec<&[u8]> = all.map(<[u8; 32]>::as_slice).collect();
        let hs = extract(suite, &Secret::new(self.psk), Extract::PREPARED, &all);

        let ts_i = self.ts_i.to_be_bytes();
        let body = [ts_i.as_slice(), &self.card, &self.psk_id, &[0; 64], &self.said].concat();
        let t3 = mix(&t2, &[&body]);
        let clear = out.len();
        let keys = expand(suite, &k_id, Expand::IDENTITY_SEAL, &t2);
        aead::seal(keys, &t2, &body, &mut out);
        let t4 = mix(&t3, &[&out[clear..]]);
        let signer = SigningSecret::new(&identity(self.signer).secrets().0);
        let signature = self.signature.unwrap_or_else(|| signer.sign(self.purpose, &t4));
        let identified = out.len();
        let keys = expand(suite, &hs, Expand::SIGNATURE_SEAL, &t4);
        aead::seal(keys, &t4, &signature, &mut out);
        let t5 = mix(&t4, &[&out[identified..]]);
        assert_eq!(out.len(), prekey_init_length(suite));
        let secret = *expand(suite, &hs, Expand::SESSION, &t5).expose();
        Forged { handshake: out, secret, transcript: t5, signature }
    }

    /// The session of whoever made this, to seal its messages on.
    pub(crate) fn session(&self) -> Session {
        let made = self.seal();
        let ours = dh(self.ratchet);
        let theirs = self.parts.signed[26..58].try_into().expect("32 bytes");
        let theirs = DhPublic::decode(theirs).expect("canonical");
        let shared = ours.agree(&theirs).expect("not zero");
        let agreement = Agreement {
            suite: self.suite,
            secret: Secret::new(made.secret),
            transcript: made.transcript,
            ts_i: self.ts_i,
            our: party(&self.card),
            their: party(&self.parts.card),
            ratchet: RatchetStart::Initiator { ours, theirs, shared },
            reduced: false,
        };
        let opening = Opening::Prepared(made.handshake.into_boxed_slice());
        Session::new(agreement, Confirmation::Unconfirmed(opening), NOW)
    }

    /// A whole packet; its message opens whenever the handshake is let through.
    pub(crate) fn packet(&self) -> Vec<u8> {
        let mut session = self.session();
        let message = session.send(Kind::DATA, b"forged", &mut Seeded::new(0xf0)).expect("fresh");
        PrekeyPacket::encode(&self.seal().handshake, &message)
    }
}

/// Key and number of the device of a card, whether or not the card is good.
pub(crate) fn party(card: &[u8]) -> Party {
    let device = u32::from_be_bytes(card[70..74].try_into().expect("4 bytes"));
    let key = IdentityKey::new(card[74..106].try_into().expect("32 bytes"));
    Party { key, device: DeviceId(device) }
}
