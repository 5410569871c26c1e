//! Chapters 6, 7 and 8: session keys, the ratchet, messages.

use super::{Plan, Sort};
use quipu::message::padded_length;
use quipu_vectors::perform::Fields;

pub(super) fn keys(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    plan.bytes("sk", get.bytes("sk").ok()?);
    plan.bytes("transcript", get.bytes("transcript").ok()?);
    plan.bytes("PROTO", *b"QuipuV1");
    plan.bytes("ad", *b"ad");
    for (ik, device, side) in [("ik_i", "device_i", "initiator"), ("ik_r", "device_r", "responder")]
    {
        plan.bytes(ik, get.bytes(ik).ok()?);
        plan.number(device, get.u32(device).ok()?);
        plan.join(side, &[ik, device])?;
    }
    plan.given("role of the initiator", Sort::Constant, [1]);
    plan.given("role of the responder", Sort::Constant, [2]);
    plan.expand("root", "sk", "root", &[], 32)?;
    plan.expand("header_initiator", "sk", "header initiator", &[], 32)?;
    plan.expand("header_responder", "sk", "header responder", &[], 32)?;
    plan.expand("session_id", "sk", "session id", &[], 16)?;
    plan.expand("exporter", "sk", "exporter", &[], 32)?;
    let sides = ["role of the initiator", "initiator", "responder"];
    plan.hash("ad_initiator", &[&["PROTO", "ad", "transcript"], &sides[..]].concat())?;
    let sides = ["role of the responder", "responder", "initiator"];
    plan.hash("ad_responder", &[&["PROTO", "ad", "transcript"], &sides[..]].concat())
}

pub(super) fn export(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    plan.bytes("exporter", get.bytes("exporter").ok()?);
    plan.bytes("context", get.bytes("context").ok()?);
    plan.hash("hash of the context", &["context"])?;
    let label = format!("app:{}", get.text("label").ok()?);
    plan.expand("okm", "exporter", &label, &["hash of the context"], get.usize("length").ok()?)
}

pub(super) fn ratchet_step(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    plan.bytes("root before", get.bytes("root").ok()?);
    for name in ["dh", "dh_new", "dh_other"] {
        plan.bytes(name, get.bytes(name).ok()?);
    }
    plan.extract("prk", "root before", "ratchet", &["dh"])?;
    plan.expand("96 bytes", "prk", "ratchet keys", &["dh_new", "dh_other"], 96)?;
    plan.cut("root", "96 bytes", 0, 32)?;
    plan.cut("chain", "96 bytes", 32, 64)?;
    plan.cut("next_header", "96 bytes", 64, 96)
}

pub(super) fn chain_step(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    plan.bytes("chain before", get.bytes("chain").ok()?);
    plan.given("constant of the message key", Sort::Constant, [1]);
    plan.given("constant of the chain", Sort::Constant, [2]);
    plan.hmac("message_key", "chain before", &["constant of the message key"])?;
    plan.hmac("chain", "chain before", &["constant of the chain"])
}

pub(super) fn message_seal(plan: &mut Plan, get: &Fields<'_>, draws: &[Vec<u8>]) -> Option<()> {
    plan.bytes("message_key", get.bytes("message_key").ok()?);
    plan.bytes("header_key", get.bytes("header_key").ok()?);
    plan.bytes("ad", get.bytes("ad").ok()?);
    plan.bytes("\"header\"", *b"header");
    plan.bytes("\"body\"", *b"body");
    plan.bytes("dh", get.bytes("dh").ok()?);
    plan.number("pn", get.u32("pn").ok()?);
    plan.number("n", get.u32("n").ok()?);
    let content = get.bytes("content").ok()?;
    let used = 5 + content.len();
    plan.bytes("type", [get.byte("type").ok()?]);
    plan.number("length", u32::try_from(content.len()).ok()?);
    plan.bytes("content", content);
    plan.bytes("padding", vec![0; padded_length(used) - used]);
    plan.draws(&["draw of the salt"], draws)?;
    plan.prefix("bytes 0 to 4", 0x10);
    plan.expand("salt", "message_key", "salt", &["draw of the salt"], 16)?;
    plan.expand("header_keys", "header_key", "header", &["salt"], 44)?;
    let front = ["bytes 0 to 4", "salt"];
    let ad = [&["\"header\"", "ad"], &front[..]].concat();
    plan.seal("sealed header", "header_keys", &ad, &["dh", "pn", "n"])?;
    plan.expand("body_keys", "message_key", "body", &["salt"], 44)?;
    let ad = [&["\"body\"", "ad"], &front[..], &["sealed header"]].concat();
    plan.seal("sealed body", "body_keys", &ad, &["type", "length", "content", "padding"])?;
    plan.expand("mak", "header_key", "mac", &[], 32)?;
    let before = [&front[..], &["sealed header", "sealed body"]].concat();
    plan.hash("hash", &before)?;
    plan.hmac("MAC", "mak", &["ad", "hash"])?;
    plan.join("message", &[before.as_slice(), &["MAC"]].concat())
}

pub(super) fn message_open(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    plan.bytes("header_key", get.bytes("header_key").ok()?);
    plan.bytes("message", get.bytes("message").ok()?);
    let end = plan.value("message")?.len();
    plan.cut("bytes before the MAC", "message", 0, end.checked_sub(32)?)?;
    plan.expand("mak", "header_key", "mac", &[], 32)?;
    plan.hash("hash", &["bytes before the MAC"])
}
