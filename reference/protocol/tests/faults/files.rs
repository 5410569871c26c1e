//! What a caller's files hold, sealed or not.

use crate::disk::{Crash, Disk, Fuse};
use crate::support::Seeded;
use crate::support::pair::NOW;
use quipu::StorageError;
use quipu::session::SessionId;
use quipu::storage::{Kind, Opened, Parameters, Vault, open};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::LazyLock;

const LEAST: Parameters = Parameters { memory: 19_456, passes: 2, lanes: 1 };
const PHRASE: &[u8] = b"passphrase";

static VAULT: LazyLock<Vault> =
    LazyLock::new(|| Vault::create(PHRASE, LEAST, &mut Seeded::new(1)).expect("a vault"));

/// What lies in the file `state`: sessions, texts that arrived, texts to send, texts sent on a
/// session that is not confirmed, packets to hand to the relay.
pub(crate) type State = (Vec<u8>, Vec<String>, Vec<String>, Vec<(SessionId, String)>, Vec<Vec<u8>>);
/// What lies in the file `prekeys`: prekeys and replay cache.
pub(crate) type Keys = (Vec<u8>, Vec<u8>);
/// What lies in the file `least`: generations of the prekeys and of each session.
pub(crate) type Least = (u64, Vec<(u64, SessionId, u64)>);

pub(crate) fn save(
    disk: &mut Disk,
    name: &'static str,
    value: &impl Serialize,
    sealed: bool,
    fuse: &mut Fuse,
) -> Result<(), Crash> {
    let mut bytes = serde_json::to_vec(value).expect("JSON");
    if sealed {
        let rng = &mut Seeded::new(fuse.steps as u64);
        bytes = VAULT.seal(Kind::State, NOW, &bytes, rng).expect("sealed");
    }
    disk.replace(name, &bytes, fuse)
}

/// Opens the sealed file of the state.
pub(crate) fn open_state(disk: &Disk) -> Result<Opened, StorageError> {
    open(PHRASE, Kind::State, &disk.read("state").expect("a file"))
}

/// What a file holds; `None` when there is no file.
pub(crate) fn load<T: DeserializeOwned>(
    disk: &Disk,
    name: &'static str,
    sealed: bool,
) -> Result<Option<T>, StorageError> {
    let Some(file) = disk.read(name) else { return Ok(None) };
    let plain =
        if sealed { open(PHRASE, Kind::State, &file)?.plaintext.expose().to_vec() } else { file };
    serde_json::from_slice(&plain).map(Some).map_err(|_| StorageError::Snapshot)
}
