//! Chapter 12.5, `store` and `restore`: what the caller of a device keeps of its snapshots.

use crate::perform::{Stop, broken};
use quipu::Device;
use quipu::crypto::sign::IdentityKey;
use quipu::secret::SecretBytes;
use quipu::session::{Session, SessionKey};
use std::collections::BTreeMap;

/// Snapshots of one device by name.
#[derive(Debug, Default)]
pub(crate) struct Slots(BTreeMap<String, Slot>);

/// Of the sessions with a peer, or of the prekeys.
#[derive(Debug)]
struct Slot {
    of: Option<IdentityKey>,
    bytes: SecretBytes,
}

impl Slots {
    pub(crate) fn store(
        &mut self,
        slot: &str,
        device: &Device,
        of: Option<IdentityKey>,
    ) -> Result<(), Stop> {
        let bytes = match of {
            Some(peer) => device.snapshot(&peer).ok_or_else(|| broken("no session to store"))?,
            None => device.prekeys().snapshot(),
        };
        self.0.insert(slot.to_owned(), Slot { of, bytes });
        Ok(())
    }

    /// With `counter`, nothing older than what the device has at present is accepted.
    pub(crate) fn restore(
        &self,
        slot: &str,
        device: &mut Device,
        damage: Option<&str>,
        counter: bool,
    ) -> Result<(), Stop> {
        let Slot { of, bytes } = self.0.get(slot).ok_or_else(|| broken(format!("slot {slot}")))?;
        let bytes = damaged(bytes.expose(), damage)?;
        let Some(peer) = of else {
            let least = if counter { device.prekeys().generation() } else { 0 };
            return Ok(device.restore_prekeys(&bytes, least)?);
        };
        let present = device.sessions(peer).into_iter().flat_map(|it| it.iter());
        let present: Vec<(SessionKey, u64)> =
            present.map(|it: &Session| (it.key(), it.generation())).collect();
        let least = |key: &SessionKey| {
            let found = present.iter().find(|(known, _)| counter && known == key);
            found.map_or(0, |(_, generation)| *generation)
        };
        Ok(device.restore(peer, &bytes, least)?)
    }
}

fn damaged(bytes: &[u8], damage: Option<&str>) -> Result<Vec<u8>, Stop> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    match damage {
        None => {}
        Some("version") => bytes[0] = 0xff,
        Some("cut") => bytes.truncate(bytes.len() - 1),
        Some("flip") => bytes[middle] ^= 1,
        Some(other) => return Err(broken(format!("damage {other:?}"))),
    }
    Ok(bytes)
}
