//! Chapter 10.1: Argon2id.
