//! Chapter 5.4 in the open.

use super::{Trace, agree, pair, prefix, seal, signer};
use quipu::crypto::dh::DhSecret;
use quipu::crypto::kdf::{expand, extract, mix, sha256};
use quipu::crypto::labels::{Expand, Extract, Purpose};
use quipu::secret::Secret;
use quipu::wire::Suite;

/// What a `PrekeyInit` says, and what may be replaced.
#[derive(Debug, Clone)]
pub struct PrekeyPlain {
    /// The suite.
    pub suite: Suite,
    /// `ts_I`.
    pub ts: u64,
    /// `card_I`.
    pub card: Vec<u8>,
    /// `psk_id`.
    pub psk_id: [u8; 16],
    /// The pre-shared secret, or zero.
    pub psk: [u8; 32],
    /// `views_I`.
    pub views: [u8; 64],
    /// `RA`.
    pub ra: [u8; 32],
    /// Id of the signed prekey in the packet.
    pub spk_id: u32,
    /// Id of the one-time prekey in the packet.
    pub opk_id: u32,
    /// Id of the KEM prekey in the packet, ciphertext, shared secret.
    pub kem: Option<(u32, Vec<u8>, [u8; 32])>,
    /// Public `EK_I` in place of that of the private key.
    pub ek: Option<[u8; 32]>,
    /// A signature in place of the right one.
    pub signature: Option<[u8; 64]>,
    /// A change to the sealed identity.
    pub damage_identity: bool,
    /// A change to the sealed signature.
    pub damage_signature: bool,
}

/// The responder's public values.
#[derive(Debug, Clone)]
pub struct Publics {
    /// `card_R`.
    pub card: Vec<u8>,
    /// The signed prekey's record.
    pub spk: Vec<u8>,
    /// The one-time prekey's record.
    pub opk: Option<Vec<u8>>,
    /// The KEM prekey's record.
    pub pqk: Option<Vec<u8>>,
}

/// A computed `PrekeyInit`.
#[derive(Debug)]
pub struct PrekeyTrace {
    /// The handshake bytes.
    pub packet: Vec<u8>,
    /// `t5`.
    pub t5: [u8; 32],
    /// `SK`.
    pub sk: Secret<32>,
    /// Every value.
    pub trace: Trace,
}

/// Computes the handshake bytes of a `PrekeyInit`. `idk` is the initiator's `IDK`.
pub fn prekey_init(
    (ik_seed, idk): (&[u8; 32], &DhSecret),
    ek: &DhSecret,
    to: &Publics,
    plain: &PrekeyPlain,
) -> PrekeyTrace {
    let suite = plain.suite;
    let key = |record: &[u8]| -> [u8; 32] { record[26..58].try_into().expect("32 bytes") };
    let idk_r: [u8; 32] = to.card[106..138].try_into().expect("32 bytes");
    let spk = key(&to.spk);
    let ek_public = plain.ek.unwrap_or(*ek.public().as_bytes());
    let mut trace = Trace::default();
    trace.note("ek_i", &ek_public);
    let ss: &[u8] = plain.kem.as_ref().map_or(&[], |(_, _, ss)| ss);
    if !ss.is_empty() {
        trace.note("ss", ss);
    }
    let (es, ee) = (agree(ek, &idk_r), agree(ek, &spk));
    trace.note("es", &es);
    trace.note("ee", &ee);
    let eo = to.opk.as_ref().map(|record| agree(ek, &key(record)));
    if let Some(eo) = &eo {
        trace.note("eo", eo);
    }
    let eo: &[u8] = eo.as_ref().map_or(&[], |eo| eo);
    let se = agree(idk, &spk);
    trace.note("se", &se);
    let zero = Secret::new([0; 32]);
    let k_id = extract(suite, &zero, Extract::PREPARED_IDENTITY, &[ss, &ee, &es, eo]);
    trace.note("k_id", k_id.expose());
    let parts: [&[u8]; 5] = [ss, &ee, &es, &se, eo];
    let hs = extract(suite, &Secret::new(plain.psk), Extract::PREPARED, &parts);
    trace.note("hs", hs.expose());

    let mut clear = [
        prefix(4, suite).as_slice(),
        &ek_public,
        &plain.spk_id.to_be_bytes(),
        &plain.opk_id.to_be_bytes(),
    ]
    .concat();
    if let Some((id, ct, _)) = &plain.kem {
        clear.extend_from_slice(&id.to_be_bytes());
        clear.extend_from_slice(ct);
    }
    let t0 = mix(&sha256(&[b"QuipuV1prepared"]), &[&to.card]);
    let records = [Some(&to.spk), to.opk.as_ref(), to.pqk.as_ref()];
    let t1 = records.into_iter().flatten().fold(t0, |t, record| mix(&t, &[record]));
    let t2 = mix(&t1, &[&clear]);
    let body =
        [plain.ts.to_be_bytes().as_slice(), &plain.card, &plain.psk_id, &plain.views, &plain.ra]
            .concat();
    let t3 = mix(&t2, &[&body]);
    for (label, value) in [("t0", &t0), ("t1", &t1), ("t2", &t2), ("ra", &plain.ra), ("t3", &t3)] {
        trace.note(label, value);
    }
    let keys: Secret<44> = expand(suite, &k_id, Expand::IDENTITY_SEAL, &t2);
    trace.note("identity_seal", keys.expose());
    let mut identity = seal(&keys, &t2, &body);
    identity[0] ^= u8::from(plain.damage_identity);
    let t4 = mix(&t3, &[&identity]);
    trace.note("t4", &t4);
    let signature = plain.signature.unwrap_or_else(|| signer(ik_seed).sign(Purpose::PREPARED, &t4));
    trace.note("sig_i", &signature);
    let keys: Secret<44> = expand(suite, &hs, Expand::SIGNATURE_SEAL, &t4);
    trace.note("signature_seal", keys.expose());
    let mut sealed = seal(&keys, &t4, &signature);
    sealed[0] ^= u8::from(plain.damage_signature);
    let t5 = mix(&t4, &[&sealed]);
    trace.note("t5", &t5);
    let sk = expand(suite, &hs, Expand::SESSION, &t5);
    PrekeyTrace { packet: [clear, identity, sealed].concat(), t5, sk, trace }
}

impl PrekeyPlain {
    /// A usual one with these private halves drawn by name.
    pub fn new(card: Vec<u8>, ts: u64, ra: &[u8; 32], to: &Publics) -> Self {
        let id = |record: &[u8]| u32::from_be_bytes(record[2..6].try_into().expect("4 bytes"));
        Self {
            suite: Suite::X25519,
            ts,
            card,
            psk_id: [0; 16],
            psk: [0; 32],
            views: [0; 64],
            ra: *pair(ra).public().as_bytes(),
            spk_id: id(&to.spk),
            opk_id: to.opk.as_ref().map_or(0, |record| id(record)),
            kem: None,
            ek: None,
            signature: None,
            damage_identity: false,
            damage_signature: false,
        }
    }
}
