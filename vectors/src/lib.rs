//! Chapter 12 Vectors: file types, the embedded reference as a reader, the generator.
//!
//! This crate knows nothing about adapters or reports.

pub mod citations;
pub mod draws;
pub mod file;
mod filled;
pub mod flips;
pub mod generate;
pub mod insider;
pub mod lint;
pub mod perform;
pub mod registry;
pub mod script;
mod slots;
pub mod specification;
pub mod trace;
