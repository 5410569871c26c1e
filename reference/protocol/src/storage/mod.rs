//! Chapter 10 Sealed storage: what outlives the device, under a passphrase.
//!
//! This module knows nothing about sessions: their state does not outlive the device.

mod file;

pub use file::{Kind, Opened, Parameters, Vault, open};
