//! Chapter 1 Notation: the one door for bytes.
//!
//! This module knows nothing about keys or messages.

use crate::error::BytesError;
use alloc::vec::Vec;

/// `PROTO` of the specification.
pub const PROTO: &[u8; 7] = b"QuipuV1";

pub(crate) const VERSION: u8 = 1;

/// A cipher suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suite {
    /// `0x0001`: X25519, Ed25519, HKDF-SHA-256, HMAC-SHA-256, AES-256-GCM.
    X25519,
    /// `0x0002`: the same and ML-KEM-768.
    Hybrid,
}

impl Suite {
    /// The number on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::X25519 => 0x0001,
            Self::Hybrid => 0x0002,
        }
    }

    pub(crate) const fn bytes(self) -> [u8; 2] {
        self.number().to_be_bytes()
    }

    /// The bit in the suites of a card.
    pub const fn bit(self) -> u32 {
        match self {
            Self::X25519 => 1,
            Self::Hybrid => 2,
        }
    }

    /// The suite with this number, if it is implemented.
    ///
    /// # Errors
    /// `suite` for every other number.
    pub const fn from_number(number: u16) -> Result<Self, BytesError> {
        match number {
            0x0001 => Ok(Self::X25519),
            0x0002 => Ok(Self::Hybrid),
            _ => Err(BytesError::Suite),
        }
    }

    /// The highest suite in both bit sets.
    pub(crate) const fn highest(ours: u32, theirs: u32) -> Result<Self, BytesError> {
        if ours & theirs & Self::Hybrid.bit() != 0 {
            Ok(Self::Hybrid)
        } else if ours & theirs & Self::X25519.bit() != 0 {
            Ok(Self::X25519)
        } else {
            Err(BytesError::Suite)
        }
    }
}

/// The type of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// First packet of the interactive handshake.
    Init = 0x01,
    /// Second packet of the interactive handshake.
    Response = 0x02,
    /// Third packet of the interactive handshake, with a message behind it.
    Complete = 0x03,
    /// The packet of the prepared handshake, with a message behind it.
    PrekeyInit = 0x04,
    /// A message of a session.
    Message = 0x10,
}

impl PacketType {
    /// The type of a packet, read without checking anything else.
    ///
    /// # Errors
    /// `length`, `version`, `type` as ENC-01 to ENC-03.
    pub fn of(packet: &[u8]) -> Result<Self, BytesError> {
        let [version, kind, _, _] = packet.first_chunk::<4>().ok_or(BytesError::Length)?;
        if *version != VERSION {
            return Err(BytesError::Version);
        }
        match *kind {
            0x01 => Ok(Self::Init),
            0x02 => Ok(Self::Response),
            0x03 => Ok(Self::Complete),
            0x04 => Ok(Self::PrekeyInit),
            0x10 => Ok(Self::Message),
            _ => Err(BytesError::Type),
        }
    }

    pub(crate) const fn prefix(self, suite: Suite) -> [u8; 4] {
        let [high, low] = suite.bytes();
        let kind = match self {
            Self::Init => 0x01,
            Self::Response => 0x02,
            Self::Complete => 0x03,
            Self::PrekeyInit => 0x04,
            Self::Message => 0x10,
        };
        [VERSION, kind, high, low]
    }
}

/// Reads the first four bytes of a packet that must have type `expected`.
pub(crate) fn read_prefix(packet: &[u8], expected: PacketType) -> Result<Suite, BytesError> {
    //= spec/01-notation.md#1-3-decoding
    //# [ENC-01] A decoder MUST refuse fewer than 4 bytes as `length`.
    let [version, kind, high, low] = *packet.first_chunk::<4>().ok_or(BytesError::Length)?;
    //= spec/01-notation.md#1-3-decoding
    //# [ENC-02] A decoder MUST refuse a version other than `0x01` as `version`.
    if version != VERSION {
        return Err(BytesError::Version);
    }
    //= spec/01-notation.md#1-3-decoding
    //# [ENC-03] A decoder MUST refuse a type that it does not expect as `type`.
    let [_, expected_kind, _, _] = expected.prefix(Suite::X25519);
    if kind != expected_kind {
        return Err(BytesError::Type);
    }
    //= spec/01-notation.md#1-3-decoding
    //# [ENC-04] A decoder MUST refuse a suite that it does not implement as `suite`.
    Suite::from_number(u16::from_be_bytes([high, low]))
}

/// Reads fields from the front of `bytes`.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn slice(&mut self, length: usize) -> Result<&'a [u8], BytesError> {
        let (front, rest) = self.0.split_at_checked(length).ok_or(BytesError::Length)?;
        self.0 = rest;
        Ok(front)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], BytesError> {
        let (front, rest) = self.0.split_first_chunk::<N>().ok_or(BytesError::Length)?;
        self.0 = rest;
        Ok(*front)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, BytesError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, BytesError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, BytesError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, BytesError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn lp32(&mut self) -> Result<&'a [u8], BytesError> {
        let length = self.u32()?;
        self.slice(usize::try_from(length).map_err(|_| BytesError::Length)?)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every decode ends here.
    //= spec/01-notation.md#1-3-decoding
    //# [ENC-05] A decoder MUST refuse a length other than those of the version, type and suite as
    //# `length`, and so consume every byte.
    pub(crate) const fn finish(self) -> Result<(), BytesError> {
        if self.0.is_empty() { Ok(()) } else { Err(BytesError::Length) }
    }
}

/// `u32` of a length that limits keep far below 2^32.
pub(crate) fn length32(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

/// 32 bytes as four integers: for a comparison in few steps.
pub(crate) fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let (words, _) = bytes.as_chunks();
    core::array::from_fn(|at| words.get(at).map_or(0, |word| u64::from_ne_bytes(*word)))
}

/// The concatenation of parts that have `N` bytes together, without memory from the heap.
#[allow(clippy::expect_used, reason = "every caller joins parts of fixed lengths")]
pub(crate) fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut all = [0; N];
    let mut begin = 0;
    for part in parts {
        let end = begin + part.len();
        all.get_mut(begin..end).expect("at most N bytes").copy_from_slice(part);
        begin = end;
    }
    debug_assert_eq!(begin, N, "exactly N bytes");
    all
}

/// `u16` of a length that limits keep below 2^16.
pub(crate) fn length16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

/// A big-endian number.
pub(crate) const fn be32(bytes: [u8; 4]) -> u32 {
    u32::from_be_bytes(bytes)
}

pub(crate) fn push_lp32(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&length32(bytes.len()));
    out.extend_from_slice(bytes);
}
