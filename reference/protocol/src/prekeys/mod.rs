//! Chapter 5.1 to 5.3 Prekeys: what a device leaves behind for those who write to it while it is away.
//!
//! This module knows nothing about sessions or handshakes under way.

mod bundle;
mod record;
mod snapshot;
mod store;

pub use bundle::Bundle;
pub use record::{CurveRecord, KemRecord, PrekeyType, Record, RecordFields, RecordKey};
pub use store::{Names, Prekeys, Private};
