//! Chapter 4: the interactive handshake.

use super::{How, Plan, or_zero, parts};
use quipu::crypto::aead;
use quipu::crypto::kdf::{mix, sha256};
use quipu::crypto::kem::{KemPublic, KemSecret};
use quipu::secret::Secret;
use quipu_vectors::file::Object;
use quipu_vectors::perform::Fields;

/// `psk_id`, or zeros.
pub(super) fn psk(plan: &mut Plan, psk: Vec<u8>) -> Option<()> {
    let set = psk.iter().any(|byte| *byte != 0);
    plan.bytes("psk", psk);
    if !set {
        plan.bytes("psk_id", [0; 16]);
        return Some(());
    }
    // With suite 0x0001 in every handshake.
    let suite = std::mem::replace(&mut plan.suite, 1);
    let made = plan.expand("psk_id", "psk", "psk id", &[], 16);
    let id = plan.value("psk_id")?.to_vec();
    plan.suite = suite;
    plan.bytes("psk_id", id);
    made
}

pub(super) fn initiate(plan: &mut Plan, input: &Object, draws: &[Vec<u8>]) -> Option<()> {
    let get = Fields(input);
    let hybrid = plan.suite == 2;
    plan.bytes("ik_seed", get.bytes("ik_seed").ok()?);
    plan.bytes("idk_private", get.bytes("idk_private").ok()?);
    plan.bytes("card_r", get.bytes("card_r").ok()?);
    plan.bytes("card_i", get.bytes("card_i").ok()?);
    plan.cut("IDK_R", "card_r", 106, 138)?;
    let now = get.u64("now").ok()?;
    let floor = get.has("floor").then(|| get.u64("floor").ok()).flatten();
    plan.time("ts_i", floor.map_or(now, |floor| now.max(floor + 1)));
    psk(plan, or_zero(input, "psk", 32)?)?;
    plan.bytes("views_i", get.bytes("views").ok()?);
    plan.bytes("no salt", [0; 32]);
    plan.draws(if hybrid { &["private EK_I", "seed of ek"] } else { &["private EK_I"] }, draws)?;
    plan.public("ek_i", "private EK_I")?;
    if hybrid {
        let seed = plan.value("seed of ek")?.try_into().ok()?;
        let key = KemSecret::new(&Secret::new(seed)).public().as_bytes().to_vec();
        plan.bytes("ek", key);
    }
    plan.agree("es", "private EK_I", "IDK_R")?;
    plan.extract("k_es", "no salt", "init", &["es"])?;
    plan.prefix("start of Init", 1);
    let clear = parts([Some("start of Init"), Some("ek_i"), hybrid.then_some("ek")]);
    plan.start("interactive")?;
    plan.mix("h0", "start", &["card_r"])?;
    plan.mix("h1", "h0", &clear)?;
    let body = ["ts_i", "card_i", "psk_id", "views_i"];
    plan.mix("h2", "h1", &body)?;
    plan.sign("sig_i1", "ik_seed", "init", "h2")?;
    plan.expand("init_seal", "k_es", "init seal", &["h1"], 44)?;
    plan.seal("sealed Init", "init_seal", &["h1"], &[&body[..], &["sig_i1"]].concat())?;
    plan.mix("h3", "h2", &["sealed Init"])?;
    plan.expand("handshake_id", "k_es", "handshake id", &["h3"], 16)?;
    plan.join("init", &[clear.as_slice(), &["sealed Init"]].concat())
}

pub(super) fn respond(plan: &mut Plan, input: &Object, draws: &[Vec<u8>]) -> Option<()> {
    let get = Fields(input);
    let hybrid = plan.suite == 2;
    plan.bytes("ik_seed", get.bytes("ik_seed").ok()?);
    plan.bytes("idk_private", get.bytes("idk_private").ok()?);
    plan.bytes("init", get.bytes("init").ok()?);
    let end = plan.value("init")?.len().checked_sub(386)?;
    plan.cut("Init clear", "init", 0, end)?;
    plan.cut("EK_I", "init", 4, 36)?;
    plan.cut("sealed Init", "init", end, end + 386)?;
    plan.bytes("no salt", [0; 32]);
    plan.agree("es", "idk_private", "EK_I")?;
    plan.extract("k_es", "no salt", "init", &["es"])?;
    let card = get.list("cards").ok()?.iter().find_map(|card| opens(plan, card.as_str()?))?;
    let (card_r, plaintext) = card;
    plan.bytes("card_r", card_r);
    plan.start("interactive")?;
    plan.mix("h0", "start", &["card_r"])?;
    plan.mix("h1", "h0", &["Init clear"])?;
    plan.expand("init_seal", "k_es", "init seal", &["h1"], 44)?;
    let (ts, psk_id) = (plaintext.get(..8)?, plaintext.get(226..242)?);
    plan.time("ts_i", u64::from_be_bytes(ts.try_into().ok()?));
    plan.bytes("card_i", plaintext.get(8..226)?);
    plan.cut("IDK_I", "card_i", 106, 138)?;
    let psks = get.has("psks").then(|| get.list("psks").ok()).flatten();
    let psks = psks.into_iter().flatten().filter_map(|it| hex::decode(it.as_str()?).ok());
    let named = psks.into_iter().find(|it| {
        let mut other = Plan::new(1);
        psk(&mut other, it.clone()).is_some() && other.value("psk_id") == Some(psk_id)
    });
    psk(plan, named.unwrap_or_else(|| vec![0; 32]))?;
    plan.bytes("views_i", plaintext.get(242..306)?);
    plan.mix("h2", "h1", &["ts_i", "card_i", "psk_id", "views_i"])?;
    plan.mix("h3", "h2", &["sealed Init"])?;
    plan.expand("handshake id", "k_es", "handshake id", &["h3"], 16)?;
    let names = ["private EK_R", "private RB", "draw of the KEM"];
    plan.draws(if hybrid { &names } else { &names[..2] }, draws)?;
    plan.public("ek_r", "private EK_R")?;
    plan.public("rb", "private RB")?;
    if hybrid {
        let theirs = KemPublic::decode(plan.value("init")?.get(36..1220)?.try_into().ok()?).ok()?;
        let draw = plan.value("draw of the KEM")?.try_into().ok()?;
        let (ct, ss) = theirs.encapsulate(&Secret::new(draw));
        plan.bytes("ciphertext", ct);
        plan.bytes("ss", *ss.expose());
    }
    plan.agree("ee", "private EK_R", "EK_I")?;
    plan.agree("se", "private EK_R", "IDK_I")?;
    secret(plan, hybrid)?;
    plan.prefix("start of Response", 2);
    let ct = hybrid.then_some("ciphertext");
    let clear = parts([Some("start of Response"), Some("handshake id"), Some("ek_r"), ct]);
    plan.mix("h4", "h3", &clear)?;
    plan.time("ts_r", get.u64("now").ok()?);
    plan.bytes("views_r", get.bytes("views").ok()?);
    let body = ["ts_r", "rb", "views_r"];
    plan.mix("hash that sig_r signs", "h4", &body)?;
    plan.sign("sig_r", "ik_seed", "response", "hash that sig_r signs")?;
    plan.expand("response_seal", "hs", "response seal", &["h4"], 44)?;
    plan.seal("sealed Response", "response_seal", &["h4"], &[&body[..], &["sig_r"]].concat())?;
    plan.mix("h5", "h4", &["sealed Response"])?;
    plan.expand("response_mac", "hs", "response mac", &["h4"], 32)?;
    plan.hmac("mac_r", "response_mac", &["h5"])?;
    plan.mix("h6", "h5", &["mac_r"])?;
    plan.join("response", &[clear.as_slice(), &["sealed Response", "mac_r"]].concat())
}

/// Card and plaintext, when the Init opens with the card.
fn opens(plan: &Plan, card: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let card = hex::decode(card).ok()?;
    let h0 = mix(&sha256(&[b"QuipuV1interactive"]), &[&card]);
    let h1 = mix(&h0, &[plan.value("Init clear")?]);
    let info = plan.info("init seal", &h1, 44);
    let keys = super::Hash::Sha256.expand(plan.value("k_es")?, &info, 44, 1);
    let keys = Secret::new(keys.try_into().ok()?);
    let plaintext = aead::open(&keys, &h1, plan.value("sealed Init")?).ok()?;
    Some((card, plaintext.to_vec()))
}

/// `hs = LExtract(psk, "interactive", ss || ee || es || se)`.
fn secret(plan: &mut Plan, hybrid: bool) -> Option<()> {
    let ikm = parts([hybrid.then_some("ss"), Some("ee"), Some("es"), Some("se")]);
    plan.extract("hs", "psk", "interactive", &ikm)
}

pub(super) fn finish(plan: &mut Plan, get: &Fields<'_>, draws: &[Vec<u8>]) -> Option<()> {
    let hybrid = plan.suite == 2;
    let (input, earlier) = before(get, "initiate")?;
    initiate(plan, &input, &earlier)?;
    plan.bytes("response", get.bytes("response").ok()?);
    let whole = plan.value("response")?.len();
    let sealed = whole.checked_sub(216)?;
    plan.cut("Response clear", "response", 0, sealed)?;
    plan.cut("EK_R", "response", 20, 52)?;
    plan.cut("sealed Response", "response", sealed, whole - 32)?;
    plan.cut("MAC_R", "response", whole - 32, whole)?;
    if hybrid {
        let seed = plan.value("seed of ek")?.try_into().ok()?;
        let ct = plan.value("response")?.get(52..1140)?.try_into().ok()?;
        let ss = *KemSecret::new(&Secret::new(seed)).decapsulate(&ct).expose();
        plan.bytes("ss", ss);
    }
    plan.agree("ee", "private EK_I", "EK_R")?;
    plan.agree("se", "idk_private", "EK_R")?;
    secret(plan, hybrid)?;
    plan.mix("h4", "h3", &["Response clear"])?;
    plan.mix("h5", "h4", &["sealed Response"])?;
    plan.expand("response_mac", "hs", "response mac", &["h4"], 32)?;
    plan.mix("h6", "h5", &["MAC_R"])?;
    plan.expand("response_seal", "hs", "response seal", &["h4"], 44)?;
    plan.draws(&["private RA"], draws)?;
    plan.public("ra", "private RA")?;
    plan.prefix("start of Complete", 3);
    let clear = ["start of Complete", "handshake_id"];
    plan.mix("h7", "h6", &clear)?;
    plan.mix("hash that sig_i2 signs", "h7", &["ra"])?;
    plan.sign("sig_i2", "ik_seed", "complete", "hash that sig_i2 signs")?;
    plan.expand("complete_seal", "hs", "complete seal", &["h7"], 44)?;
    plan.seal("sealed Complete", "complete_seal", &["h7"], &["ra", "sig_i2"])?;
    plan.mix("h8", "h7", &["sealed Complete"])?;
    plan.expand("complete_mac", "hs", "complete mac", &["h7"], 32)?;
    plan.hmac("mac_i", "complete_mac", &["h8"])?;
    plan.mix("h9", "h8", &["mac_i"])?;
    plan.expand("sk", "hs", "session", &["h9"], 32)?;
    plan.join("complete", &[&clear[..], &["sealed Complete", "mac_i"]].concat())
}

pub(super) fn complete(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    let (input, earlier) = before(get, "respond")?;
    respond(plan, &input, &earlier)?;
    plan.bytes("complete", get.bytes("complete").ok()?);
    plan.cut("Complete clear", "complete", 0, 20)?;
    plan.cut("sealed Complete", "complete", 20, 132)?;
    plan.cut("MAC_I", "complete", 132, 164)?;
    plan.mix("h7", "h6", &["Complete clear"])?;
    plan.mix("h8", "h7", &["sealed Complete"])?;
    plan.expand("complete_mac", "hs", "complete mac", &["h7"], 32)?;
    plan.expand("complete_seal", "hs", "complete seal", &["h7"], 44)?;
    plan.mix("h9", "h8", &["MAC_I"])?;
    plan.expand("sk", "hs", "session", &["h9"], 32)?;
    let keys = Secret::new(plan.value("complete_seal")?.try_into().ok()?);
    let body = aead::open(&keys, plan.value("h7")?, plan.value("sealed Complete")?).ok()?;
    plan.bytes("plaintext of Complete", body.to_vec());
    plan.step("ra", How::Cut { of: "plaintext of Complete", from: 0, to: 32 })
}

/// Input and draws of the operation that came before.
fn before(get: &Fields<'_>, name: &str) -> Option<(Object, Vec<Vec<u8>>)> {
    let earlier = get.0.get(name)?;
    let input = earlier.get("input")?.as_object()?.clone();
    let draws = earlier.get("random")?.as_array()?.iter();
    let draws: Option<Vec<Vec<u8>>> = draws.map(|it| hex::decode(it.as_str()?).ok()).collect();
    Some((input, draws?))
}
