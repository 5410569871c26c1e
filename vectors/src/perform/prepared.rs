//! Chapter 12.3 and 12.3.2: ML-KEM, prekeys, bundles, the prepared handshake.

use super::handshake::{Side, array, psk};
use super::{Done, Fields, Stop, agrees, broken, done, draw_pair, object};
use crate::draws::Draws;
use crate::trace::{self, PrekeyPlain, Publics, Trace};
use quipu::crypto::dh::{DhPublic, DhSecret};
use quipu::crypto::kdf::{expand, extract, mix, sha256};
use quipu::crypto::kem::{KEM_CIPHERTEXT, KemPublic, KemSecret};
use quipu::crypto::labels::{Expand, Extract};
use quipu::handshake::{
    PrekeyPacket, Psk, RatchetStart, Start, accept_prepared, prekey_init_length, prepare,
};
use quipu::keys::Card;
use quipu::prekeys::{
    Bundle, CurveRecord, KemRecord, PrekeyType, Private, Record, RecordFields, RecordKey,
};
use quipu::secret::Secret;
use quipu::wire::Suite;
use quipu::{DeviceId, PeerError};
use serde_json::{Value, json};

pub(super) fn primitive(
    operation: &str,
    get: &Fields<'_>,
    draws: &mut Draws,
) -> Result<Done, Stop> {
    match operation {
        "kem-generate" => {
            let secret = KemSecret::new(&get.secret("seed")?);
            done(json!({ "ek": hex::encode(secret.public().as_bytes()) }))
        }
        "kem-encapsulate" => {
            let ek = KemPublic::decode(sized(get, "ek")?)?;
            let (ct, shared) = ek.encapsulate(&Secret::new(draws.take()));
            done(json!({ "ct": hex::encode(ct), "secret": hex::encode(shared.expose()) }))
        }
        "kem-decapsulate" => {
            let shared = KemSecret::new(&get.secret("seed")?).decapsulate(&sized(get, "ct")?);
            done(json!({ "secret": hex::encode(shared.expose()) }))
        }
        _ => {
            let psk = Psk::new(get.secret("psk")?)?;
            done(json!({ "psk_id": hex::encode(psk.id()) }))
        }
    }
}

/// Bytes whose length is part of the test.
fn sized<const N: usize>(get: &Fields<'_>, name: &str) -> Result<[u8; N], Stop> {
    get.bytes(name)?.try_into().map_err(|_| Stop::from(quipu::BytesError::Length))
}

pub(super) fn issue(get: &Fields<'_>) -> Result<Done, Stop> {
    let signer = trace::signer(&get.array("ik_seed")?);
    let kind = PrekeyType::from_byte(get.byte("type")?)?;
    let (id, device) = (get.u32("id")?, DeviceId(get.u32("device")?));
    let (created, expires) = (get.u64("created")?, get.u64("expires")?);
    let fields = RecordFields { kind, id, device, created, expires };
    let (key, record) = match kind {
        PrekeyType::Signed | PrekeyType::OneTime => {
            let key = trace::pair(&get.array("private")?).public();
            let record = Record::issue(&signer, fields, key)?;
            (key.as_bytes().to_vec(), record.as_bytes().to_vec())
        }
        PrekeyType::OneTimeKem | PrekeyType::LastResortKem => {
            let key = *KemSecret::new(&get.secret("private")?).public();
            let record = Record::issue(&signer, fields, key)?;
            (key.as_bytes().to_vec(), record.as_bytes().to_vec())
        }
    };
    let mut trace = Trace::default();
    trace.note("key", &key);
    trace.note("hash", &sha256(&[&record[..record.len() - 64]]));
    let output = json!({ "record": hex::encode(record) });
    Ok(Done { output: object(output), intermediate: trace.0 })
}

pub(super) fn verify(get: &Fields<'_>) -> Result<Done, Stop> {
    let record = get.bytes("record")?;
    let key = quipu::crypto::sign::IdentityKey::new(get.array("ik")?);
    let owner = quipu::keys::Party { key, device: DeviceId(get.u32("device")?) };
    let types = get
        .list("types")?
        .iter()
        .map(|it| it.as_u64().and_then(|it| u8::try_from(it).ok()).ok_or_else(|| broken("a type")))
        .map(|byte| Ok(PrekeyType::from_byte(byte?)?))
        .collect::<Result<Vec<_>, Stop>>()?;
    let curve = |kind: &PrekeyType| matches!(kind, PrekeyType::Signed | PrekeyType::OneTime);
    if types.iter().all(curve) {
        shown(&Record::<DhPublic>::verify(&record, &types, &owner)?)
    } else if types.iter().any(curve) {
        Err(broken("types of curve and KEM keys together"))
    } else {
        shown(&Record::<KemPublic>::verify(&record, &types, &owner)?)
    }
}

fn shown<K: RecordKey>(record: &Record<K>) -> Result<Done, Stop> {
    let fields = record.fields();
    done(json!({
        "type": fields.kind.byte(),
        "id": fields.id,
        "created": fields.created.to_string(),
        "expires": fields.expires.to_string(),
        "key": hex::encode(record.key().bytes()),
    }))
}

pub(super) fn bundle(get: &Fields<'_>) -> Result<Done, Stop> {
    let bundle = Bundle::verify(&get.bytes("bundle")?)?;
    bundle.valid_at(get.u64("now")?)?;
    done(json!({
        "spk_id": bundle.signed().fields().id,
        "opk_id": bundle.one_time().map_or(0, |it| it.fields().id),
        "pqk_id": bundle.kem().map_or(0, |it| it.fields().id),
    }))
}

pub(super) fn initiate(suite: Suite, get: &Fields<'_>, draws: &mut Draws) -> Result<Done, Stop> {
    let identity = get.identity()?;
    let our = Card::verify(&get.bytes("card_i")?)?;
    let bundle = Bundle::verify(&get.bytes("bundle")?)?;
    let floor = get.has("floor").then(|| get.u64("floor")).transpose()?;
    let (psk, least) = (psk(get)?, get.suite("least")?);
    let (now, views) = (get.u64("now")?, get.array("views")?);
    let start = Start { now, floor, views, least, psk: psk.as_ref() };
    let mut peek = draws.clone();
    let made = prepare(&identity, &our, &bundle, &start, draws)?;

    let ek = draw_pair(&mut peek)?;
    let pqk = bundle.kem().filter(|_| suite == Suite::Hybrid);
    let kem = pqk.map(|record| {
        let (ct, ss) = record.key().encapsulate(&Secret::new(peek.take()));
        (record.fields().id, ct.to_vec(), *ss.expose())
    });
    let to = Publics {
        card: bundle.card().as_bytes().to_vec(),
        spk: bundle.signed().as_bytes().to_vec(),
        opk: bundle.one_time().map(|it| it.as_bytes().to_vec()),
        pqk: pqk.map(|it| it.as_bytes().to_vec()),
    };
    let ts = floor.map_or(now, |floor| now.max(floor + 1));
    let plain = PrekeyPlain {
        suite,
        psk_id: psk.as_ref().map(Psk::id).unwrap_or_default(),
        psk: get.array_or_zero("psk")?,
        views,
        kem,
        ..PrekeyPlain::new(our.as_bytes().to_vec(), ts, &peek.take(), &to)
    };
    let (seed, idk) = identity.secrets();
    let traced = trace::prekey_init((seed.expose(), &DhSecret::new(idk)), &ek, &to, &plain);
    agrees("handshake", &traced.packet, &made.handshake)?;
    agrees("sk", traced.sk.expose(), made.agreement.secret.expose())?;
    agrees("t5", &traced.t5, &made.agreement.transcript)?;
    let output = json!({
        "handshake": hex::encode(&made.handshake),
        "sk": hex::encode(made.agreement.secret.expose()),
    });
    Ok(Done { output: object(output), intermediate: traced.trace.0 })
}

/// The prekeys of a test.
#[derive(Default)]
struct Held {
    curve: Vec<(CurveRecord, DhSecret)>,
    kem: Vec<(KemRecord, Secret<64>)>,
}

impl Held {
    fn new(list: &[Value], card: &Card) -> Result<Self, Stop> {
        let mut held = Self::default();
        for value in list {
            let get = Fields(value.as_object().ok_or_else(|| broken("a prekey is an object"))?);
            let record = get.bytes("record")?;
            let kind = PrekeyType::from_byte(record.get(1).copied().unwrap_or_default())?;
            match kind {
                PrekeyType::Signed | PrekeyType::OneTime => {
                    let record = Record::verify(&record, &[kind], &card.party())?;
                    held.curve.push((record, trace::pair(&get.array("private")?)));
                }
                PrekeyType::OneTimeKem | PrekeyType::LastResortKem => {
                    let record = Record::verify(&record, &[kind], &card.party())?;
                    held.kem.push((record, get.secret("private")?));
                }
            }
        }
        Ok(held)
    }

    fn curve(&self, kind: PrekeyType, id: u32) -> Result<(&CurveRecord, &DhSecret), Stop> {
        let fits = |record: &CurveRecord| (record.fields().kind, record.fields().id) == (kind, id);
        let found = self.curve.iter().find(|(record, _)| fits(record));
        found.map(|(record, secret)| (record, secret)).ok_or(PeerError::UnknownPrekey.into())
    }

    fn private(&self, names: &quipu::prekeys::Names) -> Result<Private<'_>, Stop> {
        let signed = self.curve(PrekeyType::Signed, names.signed)?;
        let one_time = names.one_time.map(|id| self.curve(PrekeyType::OneTime, id)).transpose()?;
        let kem = names.kem.map(|id| {
            let found = self.kem.iter().find(|(record, _)| record.fields().id == id);
            found.map(|(record, seed)| (record, seed)).ok_or(Stop::from(PeerError::UnknownPrekey))
        });
        Ok(Private { signed, one_time, kem: kem.transpose()? })
    }
}

pub(super) fn respond(suite: Suite, get: &Fields<'_>) -> Result<Done, Stop> {
    let side = Side::new(get)?;
    let card = side.cards.last().ok_or_else(|| broken("no card"))?;
    let held = Held::new(get.list("prekeys")?, card)?;
    let (bytes, now) = (get.bytes("handshake")?, get.u64("now")?);
    let packet = PrekeyPacket::encode(&bytes, &[0]);
    let packet = PrekeyPacket::decode(&packet)?;
    let private = held.private(&packet.names()?)?;
    let accepted = accept_prepared(&side.local(), side.standing([0; 64]), &private, &packet, now)?;
    let agreement = &accepted.agreement;
    let RatchetStart::Responder { theirs, .. } = &agreement.ratchet else {
        return Err(broken("a responder got the role of an initiator"));
    };
    if packet.suite != suite {
        return Err(broken("the packet is of another suite than the file"));
    }
    let psk = side.psks.get(&accepted.psk_id).map_or([0; 32], |psk| *psk.secret().expose());
    let (intermediate, sk) = traced(suite, &side, &private, &bytes, &accepted.peer, psk)?;
    agrees("sk", sk.expose(), agreement.secret.expose())?;
    let output = json!({
        "sk": hex::encode(agreement.secret.expose()),
        "card_i": hex::encode(accepted.peer.as_bytes()),
        "ts_i": agreement.ts_i.to_string(),
        "views_i": hex::encode(accepted.views),
        "pinned": accepted.pinned,
        "psk_id": hex::encode(accepted.psk_id),
        "ra": hex::encode(theirs.as_bytes()),
        "reduced": agreement.reduced,
    });
    Ok(Done { output: object(output), intermediate: intermediate.0 })
}

/// The responder's formulas in the open, for an accepted handshake.
fn traced(
    suite: Suite,
    side: &Side,
    private: &Private<'_>,
    bytes: &[u8],
    peer: &Card,
    psk: [u8; 32],
) -> Result<(Trace, Secret<32>), Stop> {
    let mut trace = Trace::default();
    let ek_i: [u8; 32] = array(&bytes[4..36])?;
    let (clear, rest) = bytes.split_at(prekey_init_length(suite) - 434);
    let ss = match private.kem {
        None => Vec::new(),
        Some((_, seed)) => {
            let ct: [u8; KEM_CIPHERTEXT] = array(&clear[48..])?;
            KemSecret::new(seed).decapsulate(&ct).expose().to_vec()
        }
    };
    if !ss.is_empty() {
        trace.note("ss", &ss);
    }
    let es = trace::agree(&DhSecret::new(side.identity.secrets().1), &ek_i);
    let (spk, spk_secret) = private.signed;
    let ee = trace::agree(spk_secret, &ek_i);
    trace.note("es", &es);
    trace.note("ee", &ee);
    let eo = private.one_time.map(|(_, secret)| trace::agree(secret, &ek_i).to_vec());
    if let Some(eo) = &eo {
        trace.note("eo", eo);
    }
    let eo = eo.unwrap_or_default();
    let zero = Secret::new([0; 32]);
    let k_id = extract(suite, &zero, Extract::PREPARED_IDENTITY, &[&ss, &ee, &es, &eo]);
    trace.note("k_id", k_id.expose());
    let records = [
        Some(spk.as_bytes()),
        private.one_time.map(|(record, _)| record.as_bytes()),
        private.kem.map(|(record, _)| record.as_bytes()),
    ];
    let (identity, sealed) = rest.split_at(354);
    for card in &side.cards {
        let t0 = mix(&sha256(&[b"QuipuV1prepared"]), &[card.as_bytes()]);
        let t1 = records.into_iter().flatten().fold(t0, |t, record| mix(&t, &[record]));
        let t2 = mix(&t1, &[clear]);
        let keys: Secret<44> = expand(suite, &k_id, Expand::IDENTITY_SEAL, &t2);
        let Ok(body) = quipu::crypto::aead::open(&keys, &t2, identity) else { continue };
        let (t3, se) =
            (mix(&t2, &[&body]), trace::agree(spk_secret, peer.agreement_key().as_bytes()));
        let t4 = mix(&t3, &[identity]);
        for (label, value) in [("t0", &t0), ("t1", &t1), ("t2", &t2)] {
            trace.note(label, value);
        }
        trace.note("identity_seal", keys.expose());
        trace.note("t3", &t3);
        trace.note("t4", &t4);
        trace.note("se", &se);
        let parts: [&[u8]; 5] = [&ss, &ee, &es, &se, &eo];
        let hs = extract(suite, &Secret::new(psk), Extract::PREPARED, &parts);
        trace.note("hs", hs.expose());
        let keys: Secret<44> = expand(suite, &hs, Expand::SIGNATURE_SEAL, &t4);
        trace.note("signature_seal", keys.expose());
        let t5 = mix(&t4, &[sealed]);
        trace.note("t5", &t5);
        return Ok((trace, expand(suite, &hs, Expand::SESSION, &t5)));
    }
    Err(broken("the reference opened a PrekeyInit that the trace cannot open"))
}
