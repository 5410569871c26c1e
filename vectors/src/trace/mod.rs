//! The formulas of chapters 3, 4, 5 and 7 once more, in the open: every intermediate value has its name,
//! and every part can be replaced. The generator builds packets with it that no honest peer would
//! send, sealed with the right keys; the reader compares its results with those of the crate.

use quipu::crypto::dh::{DhPublic, DhSecret};
use quipu::crypto::kdf::{expand, extract, mix, sha256};
use quipu::crypto::labels::{Expand, Extract, Purpose};
use quipu::crypto::sign::SigningSecret;
use quipu::crypto::{aead, mac};
use quipu::secret::Secret;
use quipu::wire::Suite;

mod prepared;

pub use prepared::{PrekeyPlain, PrekeyTrace, Publics, prekey_init};

/// The suite of the profile `core`.
pub const SUITE: Suite = Suite::X25519;

/// Labels and values in the order of computation.
#[derive(Debug, Default, Clone)]
pub struct Trace(pub Vec<(String, String)>);

impl Trace {
    /// Notes a value.
    pub fn note(&mut self, label: &str, value: &[u8]) {
        self.0.push((label.to_owned(), hex::encode(value)));
    }
}

/// The first four bytes of a packet.
pub const fn prefix(kind: u8, suite: Suite) -> [u8; 4] {
    let [high, low] = suite.number().to_be_bytes();
    [1, kind, high, low]
}

/// Seals with 44 bytes of keys.
pub fn seal(keys: &Secret<44>, ad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    aead::seal(Secret::new(*keys.expose()), ad, plaintext, &mut out);
    out
}

/// A signing key from a seed.
pub fn signer(seed: &[u8; 32]) -> SigningSecret {
    SigningSecret::new(&Secret::new(*seed))
}

/// An X25519 key pair from a private key.
pub fn pair(private: &[u8; 32]) -> DhSecret {
    DhSecret::new(Secret::new(*private))
}

/// X25519 without the all-zero check, for packets with low-order keys: zero where the crate refuses.
pub fn agree(ours: &DhSecret, theirs: &[u8; 32]) -> [u8; 32] {
    DhPublic::decode(*theirs)
        .and_then(|theirs| ours.agree(&theirs))
        .map_or([0; 32], |shared| *shared.secret().expose())
}

/// What the sealed part of an Init says.
#[derive(Debug, Clone)]
pub struct InitPlain {
    /// The suite.
    pub suite: Suite,
    /// The encapsulation key; empty in suite `0x0001`.
    pub ek: Vec<u8>,
    /// `ts_I`.
    pub ts: u64,
    /// `card_I`.
    pub card: Vec<u8>,
    /// `psk_id`.
    pub psk_id: [u8; 16],
    /// `views_I`.
    pub views: [u8; 64],
    /// A signature in place of the right one.
    pub signature: Option<[u8; 64]>,
}

impl InitPlain {
    /// A usual one of suite `0x0001`.
    pub fn new(ts: u64, card: Vec<u8>) -> Self {
        let (suite, ek, psk_id, views, signature) = (SUITE, Vec::new(), [0; 16], [0; 64], None);
        Self { suite, ek, ts, card, psk_id, views, signature }
    }
}

/// A computed Init.
#[derive(Debug)]
pub struct InitTrace {
    /// The suite.
    pub suite: Suite,
    /// The packet.
    pub packet: Vec<u8>,
    /// The handshake id.
    pub id: [u8; 16],
    /// `h3`.
    pub h3: [u8; 32],
    /// `es`.
    pub es: [u8; 32],
    /// Every value.
    pub trace: Trace,
}

/// Computes an Init.
pub fn init(ik_seed: &[u8; 32], ek: &DhSecret, card_r: &[u8], plain: &InitPlain) -> InitTrace {
    let idk_r: [u8; 32] = card_r[106..138].try_into().expect("32 bytes");
    let mut trace = Trace::default();
    let ek_public = *ek.public().as_bytes();
    let suite = plain.suite;
    trace.note("ek_i", &ek_public);
    if !plain.ek.is_empty() {
        trace.note("ek", &plain.ek);
    }
    let es = agree(ek, &idk_r);
    trace.note("es", &es);
    let k_es = extract(suite, &Secret::new([0; 32]), Extract::INIT, &[&es]);
    trace.note("k_es", k_es.expose());
    let clear = [prefix(1, suite).as_slice(), &ek_public, &plain.ek].concat();
    let h0 = mix(&sha256(&[b"QuipuV1interactive"]), &[card_r]);
    let h1 = mix(&h0, &[&clear]);
    let body =
        [plain.ts.to_be_bytes().as_slice(), &plain.card, &plain.psk_id, &plain.views].concat();
    let h2 = mix(&h1, &[&body]);
    let signature = plain.signature.unwrap_or_else(|| signer(ik_seed).sign(Purpose::INIT, &h2));
    let keys: Secret<44> = expand(suite, &k_es, Expand::INIT_SEAL, &h1);
    let sealed = seal(&keys, &h1, &[body.as_slice(), &signature].concat());
    let h3 = mix(&h2, &[&sealed]);
    for (label, value) in [("h0", &h0), ("h1", &h1), ("h2", &h2)] {
        trace.note(label, value);
    }
    trace.note("sig_i1", &signature);
    trace.note("init_seal", keys.expose());
    trace.note("h3", &h3);
    let id = *expand(suite, &k_es, Expand::HANDSHAKE_ID, &h3).expose();
    InitTrace { suite, packet: [clear, sealed].concat(), id, h3, es, trace }
}

/// What the sealed part of a Response says, and what may be replaced.
#[derive(Debug, Clone)]
pub struct ResponsePlain {
    /// The pre-shared secret, or zero.
    pub psk: [u8; 32],
    /// Ciphertext and shared secret, in suite `0x0002`.
    pub kem: Option<(Vec<u8>, [u8; 32])>,
    /// `ts_R`.
    pub ts: u64,
    /// `RB`.
    pub rb: [u8; 32],
    /// `views_R`.
    pub views: [u8; 64],
    /// A signature in place of the right one.
    pub signature: Option<[u8; 64]>,
    /// A change to the sealed part before the MAC is made.
    pub damage_seal: bool,
    /// Public `EK_R` in place of that of the private key.
    pub ek_r: Option<[u8; 32]>,
}

impl ResponsePlain {
    /// A usual one of suite `0x0001`.
    pub fn new(ts: u64, rb: [u8; 32]) -> Self {
        let (psk, kem, views) = ([0; 32], None, [0; 64]);
        Self { psk, kem, ts, rb, views, signature: None, damage_seal: false, ek_r: None }
    }
}

/// A computed Response.
#[derive(Debug)]
pub struct ResponseTrace {
    /// The packet.
    pub packet: Vec<u8>,
    /// `hs`.
    pub hs: Secret<32>,
    /// `h6`.
    pub h6: [u8; 32],
    /// Values from `ek_r` on.
    pub trace: Trace,
}

/// Computes a Response. `ek_i` and `idk_i` are the initiator's public keys.
pub fn response(
    ik_seed: &[u8; 32],
    ek: &DhSecret,
    (ek_i, idk_i): (&[u8; 32], &[u8; 32]),
    init: &InitTrace,
    plain: &ResponsePlain,
) -> ResponseTrace {
    let mut trace = Trace::default();
    let ek_public = plain.ek_r.unwrap_or(*ek.public().as_bytes());
    trace.note("ek_r", &ek_public);
    trace.note("rb", &plain.rb);
    let (ee, se) = (agree(ek, ek_i), agree(ek, idk_i));
    let suite = init.suite;
    let (ct, ss) = plain.kem.as_ref().map_or((&[][..], &[][..]), |(ct, ss)| (ct, ss));
    if !ss.is_empty() {
        trace.note("ss", ss);
    }
    trace.note("ee", &ee);
    trace.note("se", &se);
    let parts: [&[u8]; 4] = [ss, &ee, &init.es, &se];
    let hs = extract(suite, &Secret::new(plain.psk), Extract::INTERACTIVE, &parts);
    trace.note("hs", hs.expose());
    let clear = [prefix(2, suite).as_slice(), &init.id, &ek_public, ct].concat();
    let h4 = mix(&init.h3, &[&clear]);
    let body = [plain.ts.to_be_bytes().as_slice(), &plain.rb, &plain.views].concat();
    let signature = plain
        .signature
        .unwrap_or_else(|| signer(ik_seed).sign(Purpose::RESPONSE, &mix(&h4, &[&body])));
    let keys: Secret<44> = expand(suite, &hs, Expand::RESPONSE_SEAL, &h4);
    let mut sealed = seal(&keys, &h4, &[body.as_slice(), &signature].concat());
    if plain.damage_seal {
        sealed[0] ^= 1;
    }
    let h5 = mix(&h4, &[&sealed]);
    let mac_key = expand(suite, &hs, Expand::RESPONSE_MAC, &h4);
    let mac = mac::hmac(&mac_key, &[&h5]);
    let h6 = mix(&h5, &[&mac]);
    trace.note("h4", &h4);
    trace.note("sig_r", &signature);
    trace.note("response_seal", keys.expose());
    trace.note("h5", &h5);
    trace.note("response_mac", mac_key.expose());
    trace.note("mac_r", &mac);
    trace.note("h6", &h6);
    ResponseTrace { packet: [clear.as_slice(), &sealed, &mac].concat(), hs, h6, trace }
}

/// What the sealed part of a Complete says, and what may be replaced.
#[derive(Debug, Clone)]
pub struct CompletePlain {
    /// `RA`.
    pub ra: [u8; 32],
    /// A signature in place of the right one.
    pub signature: Option<[u8; 64]>,
    /// A change to the sealed part before the MAC is made.
    pub damage_seal: bool,
}

/// A computed Complete.
#[derive(Debug)]
pub struct CompleteTrace {
    /// The 164 bytes.
    pub packet: Vec<u8>,
    /// `h9`.
    pub h9: [u8; 32],
    /// `SK`.
    pub sk: Secret<32>,
    /// Values from `ra` on.
    pub trace: Trace,
}

/// Computes a Complete.
pub fn complete(
    ik_seed: &[u8; 32],
    (suite, id): (Suite, &[u8; 16]),
    hs: &Secret<32>,
    h6: &[u8; 32],
    plain: &CompletePlain,
) -> CompleteTrace {
    let mut trace = Trace::default();
    trace.note("ra", &plain.ra);
    let clear = [prefix(3, suite).as_slice(), id].concat();
    let h7 = mix(h6, &[&clear]);
    trace.note("h7", &h7);
    let signature = plain
        .signature
        .unwrap_or_else(|| signer(ik_seed).sign(Purpose::COMPLETE, &mix(&h7, &[&plain.ra])));
    trace.note("sig_i2", &signature);
    let keys: Secret<44> = expand(suite, hs, Expand::COMPLETE_SEAL, &h7);
    trace.note("complete_seal", keys.expose());
    let mut sealed = seal(&keys, &h7, &[plain.ra.as_slice(), &signature].concat());
    if plain.damage_seal {
        sealed[0] ^= 1;
    }
    let h8 = mix(&h7, &[&sealed]);
    trace.note("h8", &h8);
    let mac_key = expand(suite, hs, Expand::COMPLETE_MAC, &h7);
    trace.note("complete_mac", mac_key.expose());
    let mac = mac::hmac(&mac_key, &[&h8]);
    trace.note("mac_i", &mac);
    let h9 = mix(&h8, &[&mac]);
    trace.note("h9", &h9);
    let sk = expand(suite, hs, Expand::SESSION, &h9);
    CompleteTrace { packet: [clear.as_slice(), &sealed, &mac].concat(), h9, sk, trace }
}

/// A message computed in the open; the body is taken as it is, padded or not.
#[derive(Debug, Clone)]
pub struct MessagePlain<'a> {
    /// Header: `dh`.
    pub dh: [u8; 32],
    /// Header: `pn`.
    pub pn: u32,
    /// Header: `n`.
    pub n: u32,
    /// The padded body.
    pub body: &'a [u8],
    /// Whether to damage the sealed header before the body and the MAC are made.
    pub damage_header: bool,
    /// Whether to damage the sealed body before the MAC is made.
    pub damage_body: bool,
    /// The suite that the packet names.
    pub named: Suite,
    /// The suite of the keys that seal header and body; that of the MAC key is [`SUITE`].
    pub sealed: Suite,
}

impl<'a> MessagePlain<'a> {
    /// A usual one.
    pub const fn new(dh: [u8; 32], pn: u32, n: u32, body: &'a [u8]) -> Self {
        let (damage_header, damage_body) = (false, false);
        Self { dh, pn, n, body, damage_header, damage_body, named: SUITE, sealed: SUITE }
    }
}

/// Computes a message under given keys.
pub fn message(
    mk: &Secret<32>,
    hk: &Secret<32>,
    ad: &[u8; 32],
    draw: &[u8; 16],
    plain: &MessagePlain<'_>,
) -> (Vec<u8>, Trace) {
    let mut trace = Trace::default();
    let salt: Secret<16> = expand(SUITE, mk, Expand::SALT, draw);
    trace.note("salt", salt.expose());
    let mut out = [prefix(0x10, plain.named).as_slice(), salt.expose()].concat();
    let header_keys: Secret<44> = expand(plain.sealed, hk, Expand::HEADER, salt.expose());
    trace.note("header_keys", header_keys.expose());
    let header = [plain.dh.as_slice(), &plain.pn.to_be_bytes(), &plain.n.to_be_bytes()].concat();
    let sealed = seal(&header_keys, &[b"header".as_slice(), ad, &out].concat(), &header);
    out.extend_from_slice(&sealed);
    if plain.damage_header {
        out[20] ^= 1;
    }
    let body_keys: Secret<44> = expand(plain.sealed, mk, Expand::BODY, salt.expose());
    trace.note("body_keys", body_keys.expose());
    let sealed = seal(&body_keys, &[b"body".as_slice(), ad, &out].concat(), plain.body);
    out.extend_from_slice(&sealed);
    if plain.damage_body {
        out[76] ^= 1;
    }
    let mak = expand(SUITE, hk, Expand::MAC, &[]);
    trace.note("mak", mak.expose());
    let hash = sha256(&[&out]);
    trace.note("hash", &hash);
    let tag = mac::hmac(&mak, &[ad, &hash]);
    out.extend_from_slice(&tag);
    (out, trace)
}

/// A body as chapter 7.1 lays it out.
pub fn body(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("content is short");
    let mut body = [[kind].as_slice(), &length.to_be_bytes(), content].concat();
    body.resize(quipu::message::padded_length(body.len()), 0);
    body
}
