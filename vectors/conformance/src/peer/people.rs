//! What users publish: cards, prekeys and bundles, manifests.

use super::table::{Person, address, card, reference};
use crate::adapter::{Stop, failed};
use quipu::crypto::kdf::sha256;
use serde_json::{Value, json};
use std::ops::Range;

const DAY: u64 = 86_400_000;
const CARD: usize = 218;

/// The fields of a card that cases alter.
pub(crate) fn of_card(name: &str) -> Result<Range<usize>, String> {
    let fields = [
        ("version", 0..1),
        ("suites", 1..5),
        ("address-length", 5..6),
        ("address", 6..21),
        ("padding", 69..70),
        ("device", 70..74),
        ("ik", 74..106),
        ("idk", 106..138),
        ("created", 138..146),
        ("expires", 146..154),
        ("signature", 154..CARD),
    ];
    let found = fields.into_iter().find(|field| field.0 == name);
    found.map(|field| field.1).ok_or_else(|| format!("a card has no field {name:?}"))
}

/// The fields of a bundle that cases alter; `card-`, `signed-`, `one-time-` and `kem-` begin the
/// names of those of its parts.
pub(crate) fn of_bundle(bundle: &[u8], name: &str) -> Result<Range<usize>, String> {
    let none = || format!("this bundle has no field {name:?}");
    let shift = |range: Range<usize>, at: usize| range.start + at..range.end + at;
    if let Some(field) = name.strip_prefix("card-") {
        return of_card(field).map(|range| shift(range, 2));
    }
    let parts = *bundle.get(1).ok_or_else(none)?;
    let one_time = if parts & 1 == 1 { 122 } else { 0 };
    let (signed, kem) = (2 + CARD, 2 + CARD + 122 + one_time);
    let record = |at: usize, field: &str, length: usize| {
        let range = match field {
            "version" => 0..1,
            "type" => 1..2,
            "id" => 2..6,
            "device" => 6..10,
            "created" => 10..18,
            "expires" => 18..26,
            "key" => 26..length - 64,
            "signature" => length - 64..length,
            _ => return Err(none()),
        };
        let range = shift(range, at);
        if range.end <= bundle.len() { Ok(range) } else { Err(none()) }
    };
    match name.split_once('-') {
        None if name == "version" => Ok(0..1),
        None if name == "parts" => Ok(1..2),
        Some(("signed", field)) => record(signed, field, 122),
        Some(("onetime", field)) if one_time > 0 => record(signed + 122, field, 122),
        Some(("kem", field)) if parts & 2 == 2 => record(kem, field, 1274),
        _ => Err(none()),
    }
}

/// The fields of a manifest that cases alter.
pub(crate) fn of_manifest(manifest: &[u8], name: &str) -> Result<Range<usize>, String> {
    let end = manifest.len();
    Ok(match name {
        "version" => 0..1,
        "address" => 2..17,
        "ak" => 66..98,
        "number" => 98..106,
        "previous" => 106..138,
        "count" => 138..139,
        "signature" => end - 64..end,
        _ => return Err(format!("a manifest has no field {name:?}")),
    })
}

/// The records that a device has published, and which were handed out.
#[derive(Debug, Default)]
pub(crate) struct Records {
    all: Vec<Vec<u8>>,
    taken: usize,
    last: Vec<u8>,
}

impl Records {
    pub(crate) fn add(&mut self, record: Vec<u8>) {
        self.all.push(record);
    }

    fn newest(&self, kind: u8) -> Option<&Vec<u8>> {
        self.all.iter().rev().find(|record| record.get(1) == Some(&kind))
    }

    fn nth(&self, kind: u8, index: usize) -> Option<&Vec<u8>> {
        self.all.iter().filter(|record| record.get(1) == Some(&kind)).nth(index)
    }

    /// What a relay hands out: the next one-time prekeys, or none (`plain`), or the same bundle
    /// again.
    pub(crate) fn bundle(
        &mut self,
        card: &[u8],
        suite: u16,
        plain: bool,
        again: bool,
    ) -> Result<Vec<u8>, String> {
        if again {
            return Ok(self.last.clone());
        }
        let signed = self.newest(1).ok_or("no signed prekey was published")?;
        let one_time = self.nth(2, self.taken).filter(|_| !plain);
        let last_resort = self.newest(4).filter(|_| suite == 2);
        let kem = self.nth(3, self.taken).filter(|_| suite == 2 && !plain).or(last_resort);
        let parts = u8::from(one_time.is_some()) | if kem.is_some() { 2 } else { 0 };
        let empty = Vec::new();
        let bundle =
            [&[1, parts], card, signed, one_time.unwrap_or(&empty), kem.unwrap_or(&empty)].concat();
        self.taken += usize::from(!plain);
        self.last.clone_from(&bundle);
        Ok(bundle)
    }
}

/// A new card of a device.
pub(crate) fn renewed(person: &Person, suite: u16, now: u64) -> Result<String, Stop> {
    card(person, suite, now, now + 366 * DAY)
}

/// A pre-shared secret by its name.
pub(crate) fn psk(name: &str) -> String {
    hex::encode(sha256(&[b"live case secret ", name.as_bytes()]))
}

/// The next manifest of a user: these devices, `false` meaning revoked now.
pub(crate) fn manifest(
    owner: &Person,
    kept: Option<&String>,
    devices: &[(Person, bool)],
    now: u64,
) -> Result<String, Stop> {
    let listed = match kept {
        Some(kept) => reference("manifest-verify", &json!({ "manifest": kept }))?
            .get("devices")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let known = |person: &Person| listed.iter().any(|it| it["ik"] == person.ik);
    let changes: Vec<Value> = devices
        .iter()
        .filter_map(|(person, stays)| match (stays, known(person)) {
            (true, false) => Some(json!({ "do": "add", "device": person.device, "ik": person.ik })),
            (false, true) => Some(json!({ "do": "revoke", "device": person.device })),
            _ => None,
        })
        .collect();
    let mut input = json!({
        "ak_seed": hex::encode(sha256(&[b"live case account ", owner.account.as_bytes()])),
        "address": address(owner.user), "changes": changes, "now": now.to_string(),
    });
    if let Some(kept) = kept {
        input["kept"] = json!(kept);
    }
    let made = reference("manifest-change", &input)?;
    let manifest = made.get("manifest").and_then(Value::as_str).map(str::to_owned);
    manifest.ok_or_else(|| failed("manifest-change gave no manifest"))
}

/// The content of an announcement.
pub(crate) fn announcement(manifests: &[String]) -> String {
    let length = |hex: &String| format!("{:08x}", hex.len() / 2);
    manifests.iter().map(|hex| length(hex) + hex).collect()
}
