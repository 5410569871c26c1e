//! What is genuine: every packet that a device has made, by its bytes.

use super::book::Key;
use super::side::Place;
use std::collections::BTreeMap;

/// Length of a Complete without its message.
pub(crate) const COMPLETE: usize = 164;

/// An Init.
#[derive(Debug, Clone)]
pub(crate) struct Init {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) ts: u64,
}

/// A Response, by the Init that it answers.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) init: Vec<u8>,
}

/// The 164 bytes of a Complete.
#[derive(Debug, Clone)]
pub(crate) struct Complete {
    pub(crate) init: Vec<u8>,
    pub(crate) response: Vec<u8>,
    pub(crate) from: usize,
    pub(crate) key: Key,
}

/// A message.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) session: [u8; 16],
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) place: Place,
    pub(crate) kind: u8,
    pub(crate) content: Vec<u8>,
}

/// Everything that is genuine.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) inits: BTreeMap<Vec<u8>, Init>,
    pub(crate) responses: BTreeMap<Vec<u8>, Response>,
    pub(crate) completes: BTreeMap<Vec<u8>, Complete>,
    pub(crate) letters: BTreeMap<Vec<u8>, Letter>,
    /// How many messages each chain of each session has carried.
    pub(crate) lengths: BTreeMap<([u8; 16], u32), u32>,
}

/// A packet that came, as far as it is genuine.
#[derive(Debug)]
pub(crate) enum Packet<'a> {
    Init(&'a Init),
    Response(&'a Response),
    /// A genuine Complete and whatever stands behind it.
    Complete(&'a Complete, &'a [u8]),
    Letter(&'a Letter),
    Foreign,
}

impl Facts {
    pub(crate) fn classify<'a>(&'a self, bytes: &'a [u8]) -> Packet<'a> {
        if let Some(init) = self.inits.get(bytes) {
            return Packet::Init(init);
        }
        if let Some(response) = self.responses.get(bytes) {
            return Packet::Response(response);
        }
        if let Some(letter) = self.letters.get(bytes) {
            return Packet::Letter(letter);
        }
        let parts = bytes.split_at_checked(COMPLETE);
        match parts.and_then(|(head, rest)| Some((self.completes.get(head)?, rest))) {
            Some((complete, rest)) => Packet::Complete(complete, rest),
            None => Packet::Foreign,
        }
    }

    /// The final length of a chain.
    pub(crate) fn length(&self, session: &[u8; 16], epoch: Option<u32>) -> u32 {
        let length = epoch.and_then(|epoch| self.lengths.get(&(*session, epoch)));
        length.copied().unwrap_or(0)
    }
}

/// The message behind a Complete, when `LP32` ends the packet.
pub(crate) fn behind(rest: &[u8]) -> Option<&[u8]> {
    let (length, message) = rest.split_first_chunk::<4>()?;
    (u32::from_be_bytes(*length) as usize == message.len()).then_some(message)
}
