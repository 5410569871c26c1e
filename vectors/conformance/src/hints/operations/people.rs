//! Chapters 3, 5, 9 and 10: cards, prekey records, manifests, fingerprints, sealed files.

use super::{Hash, How, Name, Plan, Sort, address};
use quipu_vectors::file::Test;
use quipu_vectors::perform::Fields;
use serde_json::Value;

pub(super) fn card(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    plan.bytes("ik_seed", get.bytes("ik_seed").ok()?);
    plan.bytes("idk_private", get.bytes("idk_private").ok()?);
    plan.step("ik", How::Signer { seed: "ik_seed" })?;
    plan.public("idk", "idk_private")?;
    plan.bytes("version", [1]);
    plan.number("suites", get.u32("suites").ok()?);
    address(plan, ("address length", "address"), &get.bytes("address").ok()?)?;
    plan.number("device", get.u32("device").ok()?);
    plan.time("created", get.u64("created").ok()?);
    plan.time("expires", get.u64("expires").ok()?);
    let fields = [
        "version",
        "suites",
        "address length",
        "address",
        "device",
        "ik",
        "idk",
        "created",
        "expires",
    ];
    plan.hash("hash", &fields)?;
    plan.sign("signature", "ik_seed", "card", "hash")?;
    plan.join("card", &[&fields[..], &["signature"]].concat())
}

pub(super) fn prekey(plan: &mut Plan, get: &Fields<'_>, test: &Test) -> Option<()> {
    plan.bytes("ik_seed", get.bytes("ik_seed").ok()?);
    plan.bytes("private", get.bytes("private").ok()?);
    if plan.value("private")?.len() == 32 {
        plan.public("key", "private")?;
    } else {
        let (_, key) = test.intermediate.iter().find(|(label, _)| label == "key")?;
        plan.bytes("key", hex::decode(key).ok()?);
    }
    plan.bytes("version", [1]);
    plan.bytes("type", [get.byte("type").ok()?]);
    plan.number("id", get.u32("id").ok()?);
    plan.number("device", get.u32("device").ok()?);
    plan.time("created", get.u64("created").ok()?);
    plan.time("expires", get.u64("expires").ok()?);
    let fields = ["version", "type", "id", "device", "created", "expires", "key"];
    plan.hash("hash", &fields)?;
    plan.sign("signature", "ik_seed", "prekey", "hash")?;
    plan.join("record", &[&fields[..], &["signature"]].concat())
}

pub(super) fn manifest(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    plan.bytes("ak_seed", get.bytes("ak_seed").ok()?);
    plan.step("AK", How::Signer { seed: "ak_seed" })?;
    plan.bytes("version", [1]);
    address(plan, ("address length", "address"), &get.bytes("address").ok()?)?;
    plan.given("number", Sort::Number, get.u64("number").ok()?.to_be_bytes());
    plan.bytes("previous", get.bytes("previous").ok()?);
    let devices = get.list("devices").ok()?;
    plan.bytes("count", [u8::try_from(devices.len()).ok()?]);
    let devices: Option<Vec<Vec<u8>>> = devices.iter().map(device).collect();
    plan.bytes("devices", devices?.concat());
    let fields =
        ["version", "address length", "address", "AK", "number", "previous", "count", "devices"];
    plan.hash("hash", &fields)?;
    plan.sign("signature", "ak_seed", "manifest", "hash")?;
    plan.join("manifest", &[&fields[..], &["signature"]].concat())
}

fn device(value: &Value) -> Option<Vec<u8>> {
    let get = Fields(value.as_object()?);
    let (id, ik) = (get.u32("device").ok()?.to_be_bytes(), get.bytes("ik").ok()?);
    let time = |name: &str| get.u64(name).ok().map(u64::to_be_bytes);
    Some([id.as_slice(), &ik, &time("added")?, &time("revoked")?].concat())
}

pub(super) fn fingerprint(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    let names = ["key", "address length", "address", "first", "fingerprint", "digits"];
    one(plan, get.bytes("key").ok()?, &get.bytes("address").ok()?, names)
}

/// A fingerprint: the values of one user under their names.
fn one(plan: &mut Plan, key: Vec<u8>, address: &[u8], names: [Name; 6]) -> Option<()> {
    let [key_name, length, address_name, first, fingerprint, digits] = names;
    plan.bytes("PROTO", *b"QuipuV1");
    plan.bytes("\"fingerprint\"", *b"fingerprint");
    plan.given("0x01", Sort::Constant, [1]);
    plan.bytes(key_name, key);
    plan.bytes(length, [u8::try_from(address.len()).ok()?]);
    plan.bytes(address_name, address);
    let parts = vec!["PROTO", "\"fingerprint\"", "0x01", key_name, length, address_name, key_name];
    plan.step(first, How::Hash { hash: Hash::Sha512, parts })?;
    plan.step(fingerprint, How::Iterate { first, key: key_name, times: 5_199 })?;
    plan.step(digits, How::Digits { of: fingerprint })
}

pub(super) fn safety_number(plan: &mut Plan, get: &Fields<'_>) -> Option<()> {
    let names = [
        "own_key",
        "own address length",
        "own_address",
        "first of ours",
        "own fingerprint",
        "own digits",
    ];
    one(plan, get.bytes("own_key").ok()?, &get.bytes("own_address").ok()?, names)?;
    let names = [
        "peer_key",
        "peer address length",
        "peer_address",
        "first of theirs",
        "peer fingerprint",
        "peer digits",
    ];
    one(plan, get.bytes("peer_key").ok()?, &get.bytes("peer_address").ok()?, names)?;
    let mut order = ["own digits", "peer digits"];
    if plan.value("own digits") > plan.value("peer digits") {
        order.reverse();
    }
    plan.join("number", &order)?;
    plan.cut("own half", "own fingerprint", 0, 32)?;
    plan.cut("peer half", "peer fingerprint", 0, 32)?;
    plan.bytes("version of the code", [1]);
    plan.join("scannable", &["version of the code", "own half", "peer half"])
}

pub(super) fn file(plan: &mut Plan, get: &Fields<'_>, draws: &[Vec<u8>]) -> Option<()> {
    plan.bytes("passphrase", get.bytes("passphrase").ok()?);
    plan.draws(&["salt", "draw"], draws)?;
    plan.bytes("magic", *b"QuipuSF1");
    plan.bytes("version", [1]);
    plan.bytes("kind", [get.byte("kind").ok()?]);
    let mut parameters = [0; 3];
    for (place, name) in ["memory", "passes", "lanes"].into_iter().enumerate() {
        parameters[place] = get.u32(name).ok()?;
        plan.number(name, parameters[place]);
    }
    let [memory, passes, lanes] = parameters;
    plan.time("created", get.u64("created").ok()?);
    let plaintext = get.bytes("plaintext").ok()?;
    plan.number("length", u32::try_from(plaintext.len()).ok()?);
    plan.bytes("plaintext", plaintext);
    let (passphrase, salt) = ("passphrase", "salt");
    plan.step("master", How::Master { passphrase, salt, memory, passes, lanes })?;
    let header = [
        "magic", "version", "kind", "memory", "passes", "lanes", "salt", "draw", "created",
        "length",
    ];
    plan.hash("hash of the header", &header)?;
    plan.expand("76 bytes", "master", "sealed file", &["hash of the header"], 76)?;
    plan.cut("file_seal", "76 bytes", 0, 44)?;
    plan.cut("commitment", "76 bytes", 44, 76)?;
    plan.seal("sealed", "file_seal", &header, &["plaintext"])?;
    let before = [&header[..], &["commitment", "sealed"]].concat();
    plan.hash("checksum", &before)?;
    plan.join("file", &[before.as_slice(), &["checksum"]].concat())
}
