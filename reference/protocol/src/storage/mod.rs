//! Chapter 10 Sealed storage: what outlives the device, under a passphrase.
//!
//! This module knows nothing about sessions: their state does not outlive the device.

mod contents;
mod file;

pub use contents::{Import, backup, depart, import};
pub use file::{Kind, Opened, Parameters, Vault, open};
