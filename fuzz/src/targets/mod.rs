//! The targets, by what they are about.

pub(crate) mod conversation;
pub(crate) mod decode;
pub(crate) mod frames;
pub(crate) mod happens;
pub(crate) mod insider;
pub(crate) mod receive;
pub(crate) mod restore;
pub(crate) mod signed;
pub(crate) mod storage;
pub(crate) mod vectors;
