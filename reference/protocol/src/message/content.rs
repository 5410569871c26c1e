//! Chapter 7.6 Content types.

use crate::account::Manifest;
use crate::error::{BytesError, PeerError};
use crate::secret::SecretBytes;
use crate::wire::{Reader, push_lp32};
use alloc::vec::Vec;

/// What an accepted message carries.
#[derive(Debug)]
pub enum Content {
    /// Bytes for the application.
    Data(Kind, SecretBytes),
    /// What the sender has accepted.
    Receipt(Receipt),
    /// The sender's last message on the session.
    Close(Close),
    /// Manifests of the sender's account, of the right layout and not yet judged.
    Announcement(Vec<Vec<u8>>),
}

/// A content type that belongs to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind(u8);

impl Kind {
    /// Application data.
    pub const DATA: Self = Self(0x01);

    /// A manifest announcement; its content is made by [`announce`].
    pub(crate) const ANNOUNCEMENT: Self = Self(0x04);

    /// One of the 128 types for applications: `0x80 + number`, of which 7 bits count.
    pub const fn application(number: u8) -> Self {
        Self(0x80 | number)
    }

    /// The type byte.
    pub const fn byte(self) -> u8 {
        self.0
    }
}

/// `epoch u32 || below u32 || bitmap u64`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The chain that the receipt is about.
    pub epoch: u32,
    /// Every number less than this was accepted; this one was not.
    pub below: u32,
    /// Bit `i`: number `below + 1 + i` was accepted.
    pub bitmap: u64,
}

/// `epoch u32 || count u32`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The chain that carries the close.
    pub epoch: u32,
    /// Its final count, the close included.
    pub count: u32,
}

impl Receipt {
    /// The type byte.
    pub const KIND: u8 = 0x02;

    /// The 16 bytes.
    pub fn encode(&self) -> [u8; 16] {
        let all =
            u128::from(self.epoch) << 96 | u128::from(self.below) << 64 | u128::from(self.bitmap);
        all.to_be_bytes()
    }

    /// One more than the greatest number that the receipt claims; 0 when it claims none.
    pub(crate) fn end(&self) -> u64 {
        let bits = u64::from(u64::BITS - self.bitmap.leading_zeros());
        let below = u64::from(self.below);
        if bits == 0 { below } else { below + 1 + bits }
    }
}

impl Close {
    /// The type byte.
    pub const KIND: u8 = 0x03;

    /// The 8 bytes.
    pub fn encode(&self) -> [u8; 8] {
        (u64::from(self.epoch) << 32 | u64::from(self.count)).to_be_bytes()
    }
}

/// The content of an announcement: each manifest as `LP32(manifest)`.
pub fn announce<'a>(manifests: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut content = Vec::new();
    manifests.into_iter().for_each(|manifest| push_lp32(&mut content, manifest));
    content
}

//= spec/09-devices.md#9-4-views
//# [DEV-17] A receiver MUST refuse an announcement as `content` that is not one or more
//# `LP32(manifest)`, each of the layout of DEV-01 and DEV-02.
fn announcement(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, BytesError> {
    let mut manifests = Vec::new();
    while manifests.is_empty() || !reader.is_empty() {
        let manifest = reader.lp32()?;
        Manifest::check_layout(manifest)?;
        manifests.push(manifest.to_vec());
    }
    Ok(manifests)
}

impl Content {
    /// Reads content of a type.
    ///
    /// # Errors
    /// `content`.
    //= spec/07-messages.md#7-4-opening
    //# [MSG-11] A receiver MUST refuse content whose type is reserved or whose layout is not that
    //# of its type as `content`.
    pub fn decode(kind: u8, bytes: SecretBytes) -> Result<Self, PeerError> {
        match kind {
            0x01 | 0x80..=0xff => Ok(Self::Data(Kind(kind), bytes)),
            _ => Self::parse(kind, bytes.expose()).map_err(|_| PeerError::Content),
        }
    }

    fn parse(kind: u8, bytes: &[u8]) -> Result<Self, BytesError> {
        let mut reader = Reader::new(bytes);
        let content = match kind {
            Receipt::KIND => Self::Receipt(Receipt {
                epoch: reader.u32()?,
                below: reader.u32()?,
                bitmap: reader.u64()?,
            }),
            0x04 => Self::Announcement(announcement(&mut reader)?),
            Close::KIND => Self::Close(Close { epoch: reader.u32()?, count: reader.u32()? }),
            _ => return Err(BytesError::Type),
        };
        reader.finish().map(|()| content)
    }
}
