//! A device of the reference with what its application stores: identity, card, pins.

use super::dice::{Dice, Draws};
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::ReplayCache;
use quipu::secret::Secret;
use quipu::session::Status;
use quipu::wire::Suite;
use quipu::{Address, Card, CardFields, Device, DeviceId, Identity};

use super::book::{Key, Standing};

const DAY: u64 = 86_400_000;

/// A device and its storage.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) name: &'static str,
    pub(crate) key: IdentityKey,
    pub(crate) card: Card,
    pub(crate) device: Device,
    pub(crate) draws: Draws,
    secrets: [[u8; 32]; 2],
    pins: Vec<Card>,
}

impl Host {
    pub(crate) fn new(
        name: &'static str,
        now: u64,
        suite: Suite,
        dice: &mut Dice,
    ) -> Result<Self, String> {
        let secrets = [dice.key(), dice.key()];
        let address = Address::new(name.as_bytes()).map_err(|error| error.to_string())?;
        let fields = CardFields::new(address, DeviceId(1), now, now + 3_650 * DAY);
        let fields = CardFields { suites: Suite::X25519.bit() | suite.bit(), ..fields };
        let device = Device::new(identity(&secrets), fields, ReplayCache::default())
            .map_err(|error| format!("{name} could not issue a card: {error}"))?;
        let card = *device.card().ok_or("a new device has no card")?;
        let draws = Draws::new(dice.key());
        Ok(Self { name, key: device.key(), card, device, draws, secrets, pins: Vec::new() })
    }

    pub(crate) fn pin(&mut self, card: Card) {
        self.device.pin(card.fields().address, card.fields().device, card.key());
        self.pins.push(card);
    }

    /// The bytes of everything that a refusal must not change.
    pub(crate) fn state(&mut self, now: u64, peers: &[IdentityKey]) -> Vec<u8> {
        self.device.expire(now);
        let mut state = self.device.replay_cache().snapshot();
        state.extend_from_slice(self.device.prekeys().snapshot().expose());
        state.extend(format!("{:?}", self.device.contacts()).into_bytes());
        self.device.handshakes().for_each(|id| state.extend_from_slice(&id));
        for peer in peers {
            let snapshot = self.device.snapshot(peer);
            state.push(snapshot.is_some().into());
            state.extend_from_slice(snapshot.as_ref().map_or(&[], |it| it.expose()));
        }
        state
    }

    /// A new process: sessions and pins from storage, the replay cache perhaps.
    pub(crate) fn restart(
        &mut self,
        keep_cache: bool,
        peers: &[IdentityKey],
    ) -> Result<(), String> {
        let stored = self.device.replay_cache().snapshot();
        let cache = match keep_cache {
            true => {
                ReplayCache::restore(&stored).map_err(|error| format!("replay cache: {error}"))?
            }
            false => ReplayCache::default(),
        };
        if keep_cache && cache.snapshot() != stored {
            return Err("a restored replay cache has another snapshot".to_owned());
        }
        let mut device = Device::with_cards(identity(&self.secrets), vec![self.card], cache);
        for card in &self.pins {
            device.pin(card.fields().address, card.fields().device, card.key());
        }
        for peer in peers {
            let Some(stored) = self.device.snapshot(peer) else { continue };
            device
                .restore(peer, stored.expose(), |_| 0)
                .map_err(|error| format!("restore: {error}"))?;
            if device.snapshot(peer).is_none_or(|again| again.expose() != stored.expose()) {
                return Err("restored sessions have another snapshot".to_owned());
            }
        }
        self.device = device;
        Ok(())
    }

    /// What the device says of its sessions with a peer.
    pub(crate) fn sessions(&self, peer: &IdentityKey) -> Vec<(Key, Standing)> {
        let sessions = self.device.sessions(peer).into_iter().flat_map(|sessions| sessions.iter());
        let entry = |session: &quipu::session::Session| {
            let standing = match session.status() {
                Status::Unconfirmed => Standing::Unconfirmed,
                Status::GivenUp => Standing::GivenUp,
                Status::Confirmed => Standing::Confirmed,
            };
            ((session.key().ts_i, session.key().id), standing)
        };
        sessions.map(entry).collect()
    }
}

fn identity(secrets: &[[u8; 32]; 2]) -> Identity {
    Identity::new(&Secret::new(secrets[0]), Secret::new(secrets[1]))
}
