//! Chapter 13: clients in other processes. The runner asks, an adapter answers, a line each.
//!
//! This module knows nothing about what is in a vector file.

mod answer;
mod lie;
mod play;
mod probe;
mod process;
mod serve;

pub use answer::Answer;
pub(crate) use answer::Hello;
pub(crate) use lie::{Lie, lie};
pub(crate) use play::{Played, Stop, failed, judge, one_step, play};
pub(crate) use probe::{Differs, PROBES, Probe, setup};
pub(crate) use process::{Adapter, Failed, greeting};
pub use serve::serve;

/// The version of chapter 13.
pub(crate) const VERSION: u64 = 1;

/// The profiles of version 1 of the protocol.
pub(crate) const PROFILES: [&str; 5] = ["core", "prepared", "hybrid", "devices", "storage"];
