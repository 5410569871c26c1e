//! Chapter 12.5, `filled` of `restart`: entries that a restored cache or set holds in addition.

use crate::perform::{Fields, Stop, broken};
use quipu::crypto::kdf::sha256;
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::ReplayCache;
use quipu::keys::Party;
use quipu::prekeys::{Names, Prekeys};
use std::collections::BTreeMap;

/// One entry of a cache as its snapshot writes it: hash, `ts_I`, identity, pinned.
const ENTRY: usize = 73;

/// The entries that one element of `filled` stands for: hash, identity.
fn entries<'a>(
    get: &'a Fields<'_>,
    number: usize,
) -> Result<impl Iterator<Item = ([u8; 32], [u8; 32])> + 'a, Stop> {
    let same = get.has("ik").then(|| get.array("ik")).transpose()?;
    let number = [u8::try_from(number).map_err(|_| broken("too many elements of filled"))?];
    Ok((0..get.u32("count")?).map(move |index| {
        let parts = |name: &'static [u8]| sha256(&[name, &number, &index.to_be_bytes()]);
        (parts(b"filled hash"), same.unwrap_or_else(|| parts(b"filled identity")))
    }))
}

fn pinned(get: &Fields<'_>) -> Result<bool, Stop> {
    let value = get.0.get("pinned").and_then(serde_json::Value::as_bool);
    value.ok_or_else(|| broken("pinned is missing"))
}

/// Adds the entries without `spk_id` to a replay cache.
pub(crate) fn cache(
    cache: &ReplayCache,
    filled: &[Fields<'_>],
    now: u64,
) -> Result<ReplayCache, Stop> {
    let before = cache.snapshot();
    let mut all = BTreeMap::new();
    for entry in before[5..before.len() - 32].chunks_exact(ENTRY) {
        all.insert(entry[..32].to_vec(), entry[32..].to_vec());
    }
    for (number, get) in filled.iter().enumerate().filter(|(_, get)| !get.has("spk_id")) {
        let pinned = [u8::from(pinned(get)?)];
        for (hash, identity) in entries(get, number)? {
            let rest = [now.to_be_bytes().as_slice(), &identity, &pinned].concat();
            all.insert(hash.to_vec(), rest);
        }
    }
    let count = u32::try_from(all.len()).map_err(|_| broken("too many entries"))?;
    let mut bytes = [&before[..1], &count.to_be_bytes()].concat();
    all.into_iter().for_each(|(hash, rest)| bytes.extend(hash.into_iter().chain(rest)));
    let digest = sha256(&[&bytes]);
    bytes.extend(digest);
    Ok(ReplayCache::restore(&bytes)?)
}

/// Adds the entries with `spk_id` to the replay sets of prekeys.
pub(crate) fn prekeys(
    prekeys: &Prekeys,
    owner: &Party,
    filled: &[Fields<'_>],
) -> Result<Prekeys, Stop> {
    let mut all = Prekeys::restore(prekeys.snapshot().expose(), owner, 0)?;
    for (number, get) in filled.iter().enumerate().filter(|(_, get)| get.has("spk_id")) {
        let names = Names { signed: get.u32("spk_id")?, one_time: None, kem: None };
        let pinned = pinned(get)?;
        for (hash, identity) in entries(get, number)? {
            all.consume(&names, hash, IdentityKey::new(identity), pinned);
        }
    }
    Ok(all)
}
