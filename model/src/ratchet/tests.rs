//! The ratchet.
