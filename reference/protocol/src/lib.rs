//! Quipu, an end-to-end encrypted messaging protocol: the reference implementation.
//!
//! A deterministic implementation of the specification in `spec/`. It contains no I/O, no clock and
//! no randomness source: time is a parameter, randomness is a parameter, bytes come in and go out.
//!
//! | chapter | module | begin with |
//! |---|---|---|
//! | 1 Notation | [`wire`] | |
//! | 2 Primitives | [`crypto`] | |
//! | 3 Keys and cards | [`keys`] | [`Identity`], [`Card`] |
//! | 4 Interactive handshake | [`handshake`] | |
//! | 5 Prepared handshake | [`prekeys`], [`handshake`] | [`prekeys::Prekeys`], [`prekeys::Bundle`] |
//! | 6 Ratchet | [`ratchet`] | |
//! | 7 Messages | [`message`] | |
//! | 8 Sessions | [`session`], [`sessions`], [`device`] | [`Device`] |
//! | 9 Devices and verification | [`account`], [`contacts`] | [`account::Account`], [`account::Fingerprint`] |
//! | 10 Sealed storage | [`storage`] | |
//!
//! Applications use [`Device`]; everything below it is public because specifications are read,
//! tested and modelled piece by piece.
//!
//! `open` decides on `&self`, `commit` cannot fail: a refused packet changes nothing.

#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]
#![deny(clippy::missing_errors_doc)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod account;
pub mod contacts;
pub mod crypto;
pub mod device;
pub mod error;
pub mod handshake;
pub mod keys;
pub mod limits;
pub mod message;
#[cfg(test)]
mod operations;
pub mod prekeys;
pub mod ratchet;
pub mod secret;
pub mod session;
pub mod sessions;
pub mod storage;
pub mod wire;

pub use device::{Device, Event, Outgoing, Received};
pub use error::{BytesError, CallerError, Error, PeerError, StorageError};
pub use keys::{Address, Card, CardFields, DeviceId, Identity};
pub use message::{Content, Kind};
