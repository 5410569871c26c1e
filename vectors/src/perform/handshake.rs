//! Chapter 12.3.1: the interactive handshake.

use super::{Done, Fields, Stop, agrees, broken, draw_pair, object, unhex};
use crate::draws::Draws;
use crate::script;
use crate::trace::{self, Trace};
use quipu::contacts::Contacts;
use quipu::crypto::aead;
use quipu::crypto::dh::DhSecret;
use quipu::crypto::kdf::{expand, extract, mix, sha256};
use quipu::crypto::kem::{KemPublic, KemSecret};
use quipu::crypto::labels::{Expand, Extract};
use quipu::handshake::{
    AwaitingResponse, Claim, CompletePacket, Local, Psk, PskId, Psks, RatchetStart, ReplayCache,
    Responder, Standing, Start,
};
use quipu::keys::Card;
use quipu::secret::Secret;
use quipu::wire::Suite;
use quipu::{Address, Error, Identity};
use serde_json::json;

/// A started handshake.
pub(super) struct Initiated {
    awaiting: AwaitingResponse,
    traced: trace::InitTrace,
    psk: [u8; 32],
    kem: Option<KemSecret>,
    pub(super) done: Done,
}

/// The pre-shared secret that is set, if any.
pub(super) fn psk(get: &Fields<'_>) -> Result<Option<Psk>, Stop> {
    get.has("psk").then(|| Ok::<_, Stop>(Psk::new(get.secret("psk")?)?)).transpose()
}

pub(super) fn initiate(
    suite: Suite,
    get: &Fields<'_>,
    draws: &mut Draws,
) -> Result<Initiated, Stop> {
    let identity = get.identity()?;
    let our = Card::verify(&get.bytes("card_i")?)?;
    let peer = Card::verify(&get.bytes("card_r")?)?;
    let floor = get.has("floor").then(|| get.u64("floor")).transpose()?;
    let (psk, least) = (psk(get)?, get.suite("least")?);
    let (now, views) = (get.u64("now")?, get.array("views")?);
    let start = Start { now, floor, views, least, psk: psk.as_ref() };
    let mut peek = draws.clone();
    let (awaiting, packet) = AwaitingResponse::start(&identity, &our, &peer, &start, draws)?;
    let ek = draw_pair(&mut peek)?;
    let kem = match suite {
        Suite::X25519 => None,
        Suite::Hybrid => Some(KemSecret::new(&Secret::new(peek.take()))),
    };
    let plain = trace::InitPlain {
        suite,
        ek: kem.as_ref().map_or(Vec::new(), |kem| kem.public().as_bytes().to_vec()),
        ts: floor.map_or(now, |floor| now.max(floor + 1)),
        card: our.as_bytes().to_vec(),
        psk_id: psk.as_ref().map(Psk::id).unwrap_or_default(),
        views,
        signature: None,
    };
    let (seed, _) = identity.secrets();
    let traced = trace::init(seed.expose(), &ek, peer.as_bytes(), &plain);
    agrees("init", &traced.packet, &packet)?;
    let output = json!({ "init": hex::encode(packet), "handshake_id": hex::encode(awaiting.id()) });
    let done = Done { output: object(output), intermediate: traced.trace.0.clone() };
    let psk = get.array_or_zero("psk")?;
    Ok(Initiated { awaiting, traced, psk, kem, done })
}

/// An answered handshake.
pub(super) struct Responded {
    responder: Responder,
    traced: trace::ResponseTrace,
    pub(super) done: Done,
}

/// The responder's side of an operation: cards, pins, secrets.
pub(super) struct Side {
    pub(super) identity: Identity,
    pub(super) cards: Vec<Card>,
    pub(super) contacts: Contacts,
    pub(super) psks: Psks,
    expected: Option<PskId>,
    least: Option<Suite>,
}

impl Side {
    pub(super) fn new(get: &Fields<'_>) -> Result<Self, Stop> {
        let list =
            |name: &str| if get.has(name) { get.list(name).cloned() } else { Ok(Vec::new()) };
        let card = |card: &serde_json::Value| {
            Ok::<_, Stop>(Card::verify(&unhex(card.as_str().unwrap_or_default())?)?)
        };
        let mut contacts = Contacts::default();
        for value in list("pins")? {
            let (address, device, key) = script::pin(&value)?;
            contacts.pin(address, device, key);
        }
        let mut psks = Psks::default();
        for value in list("psks")? {
            let bytes = unhex(value.as_str().unwrap_or_default())?;
            let bytes = bytes.try_into().map_err(|_| broken("a secret has 32 bytes"))?;
            psks.add(Psk::new(Secret::new(bytes))?);
        }
        Ok(Self {
            identity: get.identity()?,
            cards: list("cards")?.iter().map(card).collect::<Result<_, _>>()?,
            contacts,
            psks,
            expected: get.has("expected").then(|| get.array("expected")).transpose()?,
            least: get.suite("least")?,
        })
    }

    pub(super) const fn local(&self) -> Local<'_> {
        Local { identity: &self.identity, cards: self.cards.as_slice(), psks: &self.psks }
    }

    pub(super) fn standing(&self, views: [u8; 64]) -> impl Fn(&Claim) -> Standing {
        move |claim| {
            let own = Address::new(b"own").expect("short");
            Standing {
                psk: self.expected,
                least: self.least,
                views: Some(views),
                ..self.contacts.standing(&own, claim)
            }
        }
    }
}

pub(super) fn respond(
    suite: Suite,
    get: &Fields<'_>,
    draws: &mut Draws,
) -> Result<Responded, Stop> {
    let side = Side::new(get)?;
    let (views, now, packet) = (get.array("views")?, get.u64("now")?, get.bytes("init")?);
    let mut responder = Responder::new(ReplayCache::default());
    let mut peek = draws.clone();
    let accepted =
        responder.receive_init(&side.local(), side.standing(views), &packet, now, draws)?;

    let (opened, mut intermediate) = open_init(suite, &side.identity, &side.cards, &packet)?;
    let (ek, rb) = (draw_pair(&mut peek)?, draw_pair(&mut peek)?);
    let kem = match suite {
        Suite::X25519 => None,
        Suite::Hybrid => {
            let theirs = KemPublic::decode(array(&packet[36..1220])?)?;
            let (ct, ss) = theirs.encapsulate(&Secret::new(peek.take()));
            Some((ct.to_vec(), *ss.expose()))
        }
    };
    let psk = side.psks.get(&accepted.psk_id).map_or([0; 32], |psk| *psk.secret().expose());
    let plain = trace::ResponsePlain {
        psk,
        kem,
        ts: now,
        rb: *rb.public().as_bytes(),
        views,
        signature: None,
        damage_seal: false,
        ek_r: None,
    };
    let (seed, _) = side.identity.secrets();
    let (ek_i, idk_i) = (array(&packet[4..36])?, *accepted.peer.agreement_key().as_bytes());
    let traced = trace::response(seed.expose(), &ek, (&ek_i, &idk_i), &opened, &plain);
    agrees("response", &traced.packet, &accepted.response)?;
    intermediate.extend(traced.trace.0.clone());
    let output = json!({
        "response": hex::encode(accepted.response),
        "card_i": hex::encode(accepted.peer.as_bytes()),
        "ts_i": accepted.ts_i.to_string(),
        "views_i": hex::encode(accepted.views),
        "pinned": accepted.pinned,
    });
    let done = Done { output: object(output), intermediate };
    Ok(Responded { responder, traced, done })
}

pub(super) fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Stop> {
    bytes.try_into().map_err(|_| broken("a short packet"))
}

/// The responder's side of `trace::init`: what an accepted Init says, in the open.
fn open_init(
    suite: Suite,
    identity: &Identity,
    cards: &[Card],
    packet: &[u8],
) -> Result<(trace::InitTrace, Vec<(String, String)>), Stop> {
    let mut trace = Trace::default();
    let (_, idk) = identity.secrets();
    let es = trace::agree(&DhSecret::new(idk), &array(&packet[4..36])?);
    trace.note("es", &es);
    let k_es = extract(suite, &Secret::new([0; 32]), Extract::INIT, &[&es]);
    trace.note("k_es", k_es.expose());
    let (clear, sealed) = packet.split_at(packet.len() - 386);
    for card in cards {
        let h0 = mix(&sha256(&[b"QuipuV1interactive"]), &[card.as_bytes()]);
        let h1 = mix(&h0, &[clear]);
        let keys: Secret<44> = expand(suite, &k_es, Expand::INIT_SEAL, &h1);
        let Ok(plain) = aead::open(&keys, &h1, sealed) else { continue };
        let h2 = mix(&h1, &[&plain[..306]]);
        let h3 = mix(&h2, &[sealed]);
        trace.note("h0", &h0);
        trace.note("h1", &h1);
        trace.note("init_seal", keys.expose());
        trace.note("h2", &h2);
        trace.note("h3", &h3);
        let id = *expand(suite, &k_es, Expand::HANDSHAKE_ID, &h3).expose();
        let intermediate = trace.0.clone();
        let packet = packet.to_vec();
        return Ok((trace::InitTrace { suite, packet, id, h3, es, trace }, intermediate));
    }
    Err(broken("the reference opened an Init that the trace cannot open"))
}

pub(super) fn finish(suite: Suite, get: &Fields<'_>, draws: &mut Draws) -> Result<Done, Stop> {
    let (input, mut earlier) = get.earlier("initiate")?;
    let inner = Fields(&input);
    let Initiated { awaiting, traced, psk, kem, .. } = initiate(suite, &inner, &mut earlier)?;
    let identity = inner.identity()?;
    let (response, now) = (get.bytes("response")?, get.u64("now")?);
    let mut peek = draws.clone();
    let accepted = awaiting.accept(&identity, &response, now, draws)?;

    let (seed, idk) = identity.secrets();
    let ek = draw_pair(&mut get.earlier("initiate")?.1)?;
    let ek_r = array(&response[20..52])?;
    let mut trace = Trace::default();
    let ss = match &kem {
        None => Vec::new(),
        Some(kem) => kem.decapsulate(&array(&response[52..1140])?).expose().to_vec(),
    };
    if !ss.is_empty() {
        trace.note("ss", &ss);
    }
    let (ee, se) = (trace::agree(&ek, &ek_r), trace::agree(&DhSecret::new(idk), &ek_r));
    trace.note("ee", &ee);
    trace.note("se", &se);
    let parts: [&[u8]; 4] = [&ss, &ee, &traced.es, &se];
    let hs = extract(suite, &Secret::new(psk), Extract::INTERACTIVE, &parts);
    trace.note("hs", hs.expose());
    let (before, mac) = response.split_at(response.len() - 32);
    let (clear, sealed) = before.split_at(before.len() - 184);
    let h4 = mix(&traced.h3, &[clear]);
    let h5 = mix(&h4, &[sealed]);
    let h6 = mix(&h5, &[mac]);
    trace.note("h4", &h4);
    trace.note("h5", &h5);
    trace.note("response_mac", expand::<32>(suite, &hs, Expand::RESPONSE_MAC, &h4).expose());
    trace.note("h6", &h6);
    trace.note("response_seal", expand::<44>(suite, &hs, Expand::RESPONSE_SEAL, &h4).expose());
    let ra = draw_pair(&mut peek)?;
    let plain =
        trace::CompletePlain { ra: *ra.public().as_bytes(), signature: None, damage_seal: false };
    let completed = trace::complete(seed.expose(), (suite, &traced.id), &hs, &h6, &plain);
    agrees("complete", &completed.packet, &accepted.complete)?;
    agrees("sk", completed.sk.expose(), accepted.agreement.secret.expose())?;
    let mut intermediate = trace.0;
    intermediate.extend(completed.trace.0);
    let output = json!({
        "complete": hex::encode(accepted.complete),
        "ts_r": accepted.ts_r.to_string(),
        "views_r": hex::encode(accepted.views),
        "sk": hex::encode(accepted.agreement.secret.expose()),
    });
    Ok(Done { output: object(output), intermediate })
}

pub(super) fn complete(suite: Suite, get: &Fields<'_>) -> Result<Done, Stop> {
    let (input, mut earlier) = get.earlier("respond")?;
    let Responded { mut responder, traced, .. } = respond(suite, &Fields(&input), &mut earlier)?;
    let bytes = get.bytes("complete")?;
    let packet = CompletePacket::decode(&bytes)?;
    let state = |of: &Responder| (of.ids().collect::<Vec<_>>(), of.replay_cache().snapshot());
    let before = state(&responder);
    let now = get.u64("now")?;
    let accepted = responder.receive_complete(&packet, now);
    if accepted.is_err() {
        responder.expire(now);
        if before != state(&responder)
            && !matches!(&accepted, Err(Error::Peer(quipu::PeerError::UnknownHandshake)))
        {
            return Err(broken("a refused Complete changed the responder"));
        }
    }
    let accepted = accepted?;
    let mut trace = Trace::default();
    let h7 = mix(&traced.h6, &[&bytes[..20]]);
    let h8 = mix(&h7, &[&bytes[20..132]]);
    let h9 = mix(&h8, &[&bytes[132..164]]);
    trace.note("h7", &h7);
    trace.note("h8", &h8);
    let hs = &traced.hs;
    trace.note("complete_mac", expand::<32>(suite, hs, Expand::COMPLETE_MAC, &h7).expose());
    trace.note("complete_seal", expand::<44>(suite, hs, Expand::COMPLETE_SEAL, &h7).expose());
    trace.note("h9", &h9);
    agrees("h9", &h9, &accepted.agreement.transcript)?;
    let RatchetStart::Responder { theirs, .. } = &accepted.agreement.ratchet else {
        return Err(broken("a responder got the role of an initiator"));
    };
    let output = json!({
        "sk": hex::encode(accepted.agreement.secret.expose()),
        "ra": hex::encode(theirs.as_bytes()),
    });
    Ok(Done { output: object(output), intermediate: trace.0 })
}
