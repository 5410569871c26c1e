//! Chapter 5: the prepared handshake.

use super::handshake::psk;
use super::{Name, Plan, or_zero, parts};
use quipu::crypto::aead;
use quipu::crypto::kdf::mix;
use quipu::crypto::kem::{KemPublic, KemSecret};
use quipu::secret::Secret;
use quipu_vectors::file::Test;
use quipu_vectors::perform::Fields;
use serde_json::Value;

const BODY: [Name; 5] = ["ts_i", "card_i", "psk_id", "views_i", "ra"];

pub(super) fn initiate(plan: &mut Plan, get: &Fields<'_>, draws: &[Vec<u8>]) -> Option<()> {
    let hybrid = plan.suite == 2;
    plan.bytes("ik_seed", get.bytes("ik_seed").ok()?);
    plan.bytes("idk_private", get.bytes("idk_private").ok()?);
    plan.bytes("card_i", get.bytes("card_i").ok()?);
    plan.bytes("bundle", get.bytes("bundle").ok()?);
    plan.cut("card_r", "bundle", 2, 220)?;
    plan.cut("SPK record", "bundle", 220, 342)?;
    let has = plan.value("bundle")?[1];
    if has & 1 == 1 {
        plan.cut("OPK record", "bundle", 342, 464)?;
    }
    if hybrid {
        let end = plan.value("bundle")?.len();
        plan.cut("PQK record", "bundle", end.checked_sub(1274)?, end)?;
        plan.cut("id of the PQK", "PQK record", 2, 6)?;
    }
    let opk = has & 1 == 1;
    keys(plan, opk)?;
    let now = get.u64("now").ok()?;
    let floor = get.has("floor").then(|| get.u64("floor").ok()).flatten();
    plan.time("ts_i", floor.map_or(now, |floor| now.max(floor + 1)));
    psk(plan, or_zero(get.0, "psk", 32)?)?;
    plan.bytes("views_i", get.bytes("views").ok()?);
    let names: &[Name] = match hybrid {
        true => &["private EK_I", "draw of the KEM", "private RA"],
        false => &["private EK_I", "private RA"],
    };
    plan.draws(names, draws)?;
    plan.public("ek_i", "private EK_I")?;
    plan.public("ra", "private RA")?;
    if hybrid {
        let key = plan.value("PQK record")?.get(26..1210)?.try_into().ok()?;
        let draw = plan.value("draw of the KEM")?.try_into().ok()?;
        let (ct, ss) = KemPublic::decode(key).ok()?.encapsulate(&Secret::new(draw));
        plan.bytes("ciphertext", ct);
        plan.bytes("ss", *ss.expose());
    }
    plan.agree("es", "private EK_I", "IDK_R")?;
    plan.agree("ee", "private EK_I", "SPK")?;
    if opk {
        plan.agree("eo", "private EK_I", "OPK")?;
    }
    plan.agree("se", "idk_private", "SPK")?;
    secrets(plan, hybrid, opk)?;
    plan.prefix("start of PrekeyInit", 4);
    let more = |name| hybrid.then_some(name);
    let clear = parts([
        Some("start of PrekeyInit"),
        Some("ek_i"),
        Some("id of the SPK"),
        Some("id of the OPK"),
        more("id of the PQK"),
        more("ciphertext"),
    ]);
    transcript(plan, hybrid, opk, &clear)?;
    plan.mix("t3", "t2", &BODY)?;
    plan.expand("identity_seal", "k_id", "identity seal", &["t2"], 44)?;
    plan.seal("sealed identity", "identity_seal", &["t2"], &BODY)?;
    plan.mix("t4", "t3", &["sealed identity"])?;
    plan.sign("sig_i", "ik_seed", "prepared", "t4")?;
    plan.expand("signature_seal", "hs", "signature seal", &["t4"], 44)?;
    plan.seal("sealed signature", "signature_seal", &["t4"], &["sig_i"])?;
    plan.mix("t5", "t4", &["sealed signature"])?;
    plan.expand("sk", "hs", "session", &["t5"], 32)?;
    plan.join("handshake", &[clear.as_slice(), &["sealed identity", "sealed signature"]].concat())
}

/// The responder's public keys out of card and records.
fn keys(plan: &mut Plan, opk: bool) -> Option<()> {
    plan.cut("IDK_R", "card_r", 106, 138)?;
    plan.cut("SPK", "SPK record", 26, 58)?;
    plan.cut("id of the SPK", "SPK record", 2, 6)?;
    if opk {
        plan.cut("OPK", "OPK record", 26, 58)?;
        return plan.cut("id of the OPK", "OPK record", 2, 6);
    }
    plan.bytes("id of the OPK", [0; 4]);
    Some(())
}

fn secrets(plan: &mut Plan, hybrid: bool, opk: bool) -> Option<()> {
    let (ss, eo) = (hybrid.then_some("ss"), opk.then_some("eo"));
    plan.bytes("no salt", [0; 32]);
    let ikm = parts([ss, Some("ee"), Some("es"), eo]);
    plan.extract("k_id", "no salt", "prepared identity", &ikm)?;
    plan.extract("hs", "psk", "prepared", &parts([ss, Some("ee"), Some("es"), Some("se"), eo]))
}

fn transcript(plan: &mut Plan, hybrid: bool, opk: bool, clear: &[Name]) -> Option<()> {
    plan.start("prepared")?;
    plan.mix("t0", "start", &["card_r"])?;
    let records =
        parts([Some("SPK record"), opk.then_some("OPK record"), hybrid.then_some("PQK record")]);
    let steps: [Name; 3] = ["t0 and SPK", "t0, SPK and OPK", "t1"];
    let mut hash = "t0";
    for (at, record) in records.iter().copied().enumerate() {
        let name = if at + 1 == records.len() { "t1" } else { steps[at] };
        plan.mix(name, hash, &[record])?;
        hash = name;
    }
    plan.mix("t2", "t1", clear)
}

pub(super) fn respond(plan: &mut Plan, get: &Fields<'_>, test: &Test) -> Option<()> {
    let hybrid = plan.suite == 2;
    plan.bytes("idk_private", get.bytes("idk_private").ok()?);
    plan.bytes("handshake", get.bytes("handshake").ok()?);
    let packet = plan.value("handshake")?.to_vec();
    let id = |at: usize| packet.get(at..at + 4).map(<[u8]>::to_vec);
    let prekeys = get.list("prekeys").ok()?;
    let held = |kinds: &[u8], id: &[u8]| prekeys.iter().find_map(|it| prekey(it, kinds, id));
    let (spk, spk_private) = held(&[1], &id(36)?)?;
    plan.bytes("SPK record", spk);
    plan.bytes("private SPK", spk_private);
    let opk = id(40)? != [0; 4];
    if opk {
        let (record, private) = held(&[2], &id(40)?)?;
        plan.bytes("OPK record", record);
        plan.bytes("private OPK", private);
    }
    if hybrid {
        let (record, seed) = held(&[3, 4], &id(44)?)?;
        plan.bytes("PQK record", record);
        let ct = packet.get(48..1136)?.try_into().ok()?;
        let ss = KemSecret::new(&Secret::new(seed.try_into().ok()?)).decapsulate(&ct);
        plan.bytes("ss", *ss.expose());
    }
    let end = packet.len().checked_sub(434)?;
    plan.cut("clear", "handshake", 0, end)?;
    plan.cut("EK_I", "handshake", 4, 36)?;
    plan.cut("sealed identity", "handshake", end, end + 354)?;
    plan.cut("sealed signature", "handshake", end + 354, end + 434)?;
    plan.agree("es", "idk_private", "EK_I")?;
    plan.agree("ee", "private SPK", "EK_I")?;
    if opk {
        plan.agree("eo", "private OPK", "EK_I")?;
    }
    // The vector says which card opens it, by `t0`.
    let due = test.intermediate.iter().find(|(label, _)| label == "t0")?.1.as_str();
    plan.start("prepared")?;
    let start: [u8; 32] = plan.value("start")?.try_into().ok()?;
    let cards = get.list("cards").ok()?.iter().filter_map(|it| hex::decode(it.as_str()?).ok());
    let card = cards.into_iter().find(|card| hex::encode(mix(&start, &[card])) == due)?;
    plan.bytes("card_r", card);
    let shown = |label: &str| {
        let output = test.output.as_ref()?.get(label)?.as_str()?;
        hex::decode(output).ok()
    };
    plan.bytes("card_i", shown("card_i")?);
    plan.cut("IDK_I", "card_i", 106, 138)?;
    plan.agree("se", "private SPK", "IDK_I")?;
    let psks = get.has("psks").then(|| get.list("psks").ok()).flatten();
    let psks = psks.into_iter().flatten().filter_map(|it| hex::decode(it.as_str()?).ok());
    let psk_id = shown("psk_id")?;
    let named = psks.into_iter().find(|it| {
        let mut other = Plan::new(1);
        psk(&mut other, it.clone()).is_some() && other.value("psk_id") == Some(&psk_id)
    });
    psk(plan, named.unwrap_or_else(|| vec![0; 32]))?;
    secrets(plan, hybrid, opk)?;
    transcript(plan, hybrid, opk, &["clear"])?;
    plan.expand("identity_seal", "k_id", "identity seal", &["t2"], 44)?;
    let seal = Secret::new(plan.value("identity_seal")?.try_into().ok()?);
    let body = aead::open(&seal, plan.value("t2")?, plan.value("sealed identity")?).ok()?;
    plan.time("ts_i", u64::from_be_bytes(body.get(..8)?.try_into().ok()?));
    plan.bytes("views_i", body.get(242..306)?);
    plan.bytes("ra", body.get(306..338)?);
    plan.mix("t3", "t2", &BODY)?;
    plan.mix("t4", "t3", &["sealed identity"])?;
    plan.expand("signature_seal", "hs", "signature seal", &["t4"], 44)?;
    plan.mix("t5", "t4", &["sealed signature"])?;
    plan.expand("sk", "hs", "session", &["t5"], 32)
}

/// Record and private half of a prekey, when it has the id and one of the types.
fn prekey(value: &Value, kinds: &[u8], id: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let bytes = |name: &str| hex::decode(value.get(name)?.as_str()?).ok();
    let (record, private) = (bytes("record")?, bytes("private")?);
    let fits = kinds.contains(record.get(1)?) && record.get(2..6)? == id;
    fits.then_some((record, private))
}
