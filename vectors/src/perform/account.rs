//! Chapter 12.3: manifests and safety numbers.

use super::{Done, Fields, Stop, broken, done, object};
use crate::trace::{self, Trace};
use quipu::account::{Account, Change, Fingerprint, Listed, Manifest};
use quipu::crypto::kdf::sha512;
use quipu::crypto::sign::IdentityKey;
use quipu::{Address, DeviceId};
use serde_json::{Value, json};

pub(super) fn perform(operation: &str, get: &Fields<'_>) -> Result<Done, Stop> {
    match operation {
        "manifest-issue" => issue(get),
        "manifest-change" => change(get),
        "manifest-verify" => {
            let manifest = Manifest::verify(&get.bytes("manifest")?)?;
            done(json!({
                "address": hex::encode(manifest.address().as_bytes()),
                "ak": hex::encode(manifest.key().as_bytes()),
                "number": manifest.number().to_string(),
                "previous": hex::encode(manifest.previous()),
                "devices": manifest.devices().iter().map(shown).collect::<Vec<_>>(),
                "hash": hex::encode(manifest.hash()),
            }))
        }
        "manifest-follow" => {
            let kept = Manifest::verify(&get.bytes("kept")?)?;
            let next = Manifest::verify(&get.bytes("next")?)?;
            done(json!({ "changed": kept.follow(&next)? }))
        }
        "fingerprint" => {
            let (key, address) = user(get, "key", "address")?;
            let fingerprint = Fingerprint::of(&key, &address);
            let bytes = address.as_bytes();
            let length = [u8::try_from(bytes.len()).map_err(|_| broken("an address"))?];
            let parts: [&[u8]; 6] =
                [b"QuipuV1fingerprint", &[1], key.as_bytes(), &length, bytes, key.as_bytes()];
            let mut trace = Trace::default();
            trace.note("first", &sha512(&parts));
            let output = json!({
                "fingerprint": hex::encode(fingerprint.as_bytes()),
                "digits": fingerprint.digits(),
            });
            Ok(Done { output: object(output), intermediate: trace.0 })
        }
        "safety-number" => {
            let (own, peer) = both(get)?;
            done(json!({
                "number": Fingerprint::safety_number(&own, &peer),
                "scannable": hex::encode(Fingerprint::scannable(&own, &peer)),
            }))
        }
        _ => {
            let (own, peer) = both(get)?;
            Fingerprint::scan(&own, &peer, &get.bytes("code")?)?;
            done(json!({}))
        }
    }
}

fn user(get: &Fields<'_>, key: &str, address: &str) -> Result<(IdentityKey, Address), Stop> {
    Ok((IdentityKey::new(get.array(key)?), Address::new(&get.bytes(address)?)?))
}

fn both(get: &Fields<'_>) -> Result<(Fingerprint, Fingerprint), Stop> {
    let (own, peer) =
        (user(get, "own_key", "own_address")?, user(get, "peer_key", "peer_address")?);
    Ok((Fingerprint::of(&own.0, &own.1), Fingerprint::of(&peer.0, &peer.1)))
}

fn shown(listed: &Listed) -> Value {
    json!({
        "device": listed.device.0,
        "ik": hex::encode(listed.key.as_bytes()),
        "added": listed.added.to_string(),
        "revoked": listed.revoked.unwrap_or(0).to_string(),
    })
}

fn change(get: &Fields<'_>) -> Result<Done, Stop> {
    let address = Address::new(&get.bytes("address")?)?;
    let kept = get.has("kept").then(|| Ok::<_, Stop>(Manifest::verify(&get.bytes("kept")?)?));
    let mut account = Account::new(&get.secret("ak_seed")?, address, kept.transpose()?)?;
    let now = get.u64("now")?;
    let change = |value: &Value| {
        let get = Fields(value.as_object().ok_or_else(|| broken("a change is an object"))?);
        let device = DeviceId(get.u32("device")?);
        Ok::<_, Stop>(match get.text("do")? {
            "add" => Change::Add { device, key: IdentityKey::new(get.array("ik")?), now },
            "revoke" => Change::Revoke { device, now },
            other => return Err(broken(format!("do {other:?}"))),
        })
    };
    let changes = get.list("changes")?.iter().map(change).collect::<Result<Vec<_>, _>>()?;
    let manifest = account.issue(&changes)?;
    done(json!({ "manifest": hex::encode(manifest.as_bytes()) }))
}

fn issue(get: &Fields<'_>) -> Result<Done, Stop> {
    let signer = trace::signer(&get.array("ak_seed")?);
    let listed = |value: &Value| {
        let get = Fields(value.as_object().ok_or_else(|| broken("a device is an object"))?);
        let (device, key) = (DeviceId(get.u32("device")?), IdentityKey::new(get.array("ik")?));
        let revoked = get.u64("revoked")?;
        let revoked = (revoked != 0).then_some(revoked);
        Ok::<_, Stop>(Listed { device, key, added: get.u64("added")?, revoked })
    };
    let devices = get.list("devices")?.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    let address = Address::new(&get.bytes("address")?)?;
    let (number, previous) = (get.u64("number")?, get.array("previous")?);
    let manifest = Manifest::issue(&signer, address, number, previous, &devices)?;
    let mut trace = Trace::default();
    trace.note("hash", &manifest.hash());
    let output = json!({ "manifest": hex::encode(manifest.as_bytes()) });
    Ok(Done { output: object(output), intermediate: trace.0 })
}
