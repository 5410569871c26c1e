//! Chapter 7 Messages: layout, sealing and opening of one message under given keys.
//!
//! This module knows nothing about which key is the right one.

mod content;
mod padding;

pub use content::{Close, Content, Kind, Receipt, announce};
pub use padding::padded_length;

use crate::crypto::Choice;
use crate::crypto::aead;
use crate::crypto::kdf::{expand, sha256};
use crate::crypto::labels::{Ad, Expand};
use crate::error::{BytesError, Error, PeerError};
use crate::limits::{BODY_MAX, BODY_MIN};
use crate::ratchet::{Header, HeaderKeys, MessageKey};
use crate::secret::{Secret, SecretBytes};
use crate::wire::{PacketType, Reader, Suite, join, read_prefix};
use alloc::vec::Vec;

/// What a message adds to its padded body.
pub const OVERHEAD: usize = 124;
/// Longest content of one message.
pub const CONTENT_MAX: usize = BODY_MAX - padding::BEFORE;
/// Where the content of a message lies before it is sealed: behind everything that comes first.
pub const CONTENT_BEGIN: usize = 76 + padding::BEFORE;

/// `AD_dir` of chapter 7.2: who sends to whom, in which session.
pub type Direction = [u8; 32];

/// Seals one message. Takes the message key: it seals once.
///
/// ```text
/// sealed header = seal(header keys, "header" || AD_dir || bytes[0..20], dh || u32(pn) || u32(n))
/// sealed body   = seal(body keys, "body" || AD_dir || bytes[0..76], padded body)
/// MAC           = HMAC-SHA-256(MAK, AD_dir || SHA-256(all bytes before the MAC))
/// ```
///
/// `draw` is 16 random bytes. The caller has checked that `content` fits.
//= spec/07-messages.md#7-3-sealing
//# [MSG-03] A sender MUST derive the salt from the message key and a 16-byte draw.
#[allow(clippy::too_many_arguments, reason = "they are the inputs of the formula")]
pub fn seal(
    suite: Suite,
    key: MessageKey,
    header_keys: &HeaderKeys,
    direction: &Direction,
    header: &Header,
    draw: &Secret<16>,
    kind: u8,
    content: &[u8],
) -> Vec<u8> {
    let mut message = unsealed(content);
    seal_in_place(suite, key, header_keys, direction, header, draw, kind, &mut message);
    message
}

/// Length of a message with `length` bytes of content.
pub const fn sealed_length(length: usize) -> usize {
    OVERHEAD + padded_length(padding::BEFORE + length)
}

/// Content where [`seal_in_place`] takes it, with room for the rest of its message.
pub(crate) fn unsealed(content: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(sealed_length(content.len()));
    message.resize(CONTENT_BEGIN, 0);
    message.extend_from_slice(content);
    message
}

/// [`seal`] of the content that lies in `message` behind [`CONTENT_BEGIN`] bytes, whatever those
/// are; afterwards the message lies there.
#[allow(clippy::too_many_arguments, reason = "they are the inputs of the formula")]
#[allow(clippy::expect_used, reason = "a message has 380 bytes at least")]
pub(crate) fn seal_in_place(
    suite: Suite,
    key: MessageKey,
    header_keys: &HeaderKeys,
    direction: &Direction,
    header: &Header,
    draw: &Secret<16>,
    kind: u8,
    message: &mut Vec<u8>,
) {
    //= spec/07-messages.md#7-3-sealing
    //# [MSG-02] A sender MUST pad the body to exactly `pad(5 + length)` bytes.
    //= spec/07-messages.md#7-5-padding
    //# [MSG-13] A sender MUST NOT compress content in this layer.
    let length = message.len().saturating_sub(CONTENT_BEGIN);
    message.resize(sealed_length(length), 0);
    let (before, mac) = message.split_last_chunk_mut::<32>().expect("longer");
    let (front, body) = before.split_first_chunk_mut::<76>().expect("longer");

    let key = key.prepare();
    let salt: Secret<16> = key.expand(suite, Expand::SALT, draw.expose());
    let clear: [u8; 20] = join(&[&PacketType::Message.prefix(suite), salt.expose()]);

    let keys = expand(suite, header_keys.header(), Expand::HEADER, salt.expose());
    let (previous, number) = (header.previous.to_be_bytes(), header.number.to_be_bytes());
    *front = join(&[&clear, &header.dh, &previous, &number, &[0; aead::TAG]]);
    let plain = front.get_mut(20..).unwrap_or_default();
    aead::seal_in_place(keys, &header_ad(direction, &clear), plain);

    let keys = key.expand(suite, Expand::BODY, salt.expose());
    padding::begin(kind, length, body);
    aead::seal_in_place(keys, &body_ad(direction, front), body);

    *mac = header_keys.mac().mac(&[direction, &sha256(&[before])]);
}

/// `"header" || AD_dir || bytes[0..20]`
fn header_ad(direction: &Direction, clear: &[u8; 20]) -> [u8; 58] {
    join(&[Ad::HEADER.label(), direction, clear])
}

/// `"body" || AD_dir || bytes[0..76]`
fn body_ad(direction: &Direction, front: &[u8; 76]) -> [u8; 112] {
    join(&[Ad::BODY.label(), direction, front])
}

/// A message whose layout has been checked and whose bytes have been hashed once.
#[derive(Debug)]
pub struct Envelope<'a> {
    suite: Suite,
    front: &'a [u8; 76],
    clear: &'a [u8; 20],
    salt: &'a [u8; 16],
    header: &'a [u8],
    body: &'a [u8],
    mac: &'a [u8; 32],
    hash: [u8; 32],
}

impl<'a> Envelope<'a> {
    /// Checks the layout of a message.
    ///
    /// # Errors
    /// As ENC-01 to ENC-05 and MSG-09.
    pub fn decode(message: &'a [u8]) -> Result<Self, BytesError> {
        let suite = read_prefix(message, PacketType::Message)?;
        //= spec/07-messages.md#7-4-opening
        //# [MSG-09] A receiver MUST refuse a message whose length less 124 is not one of the 129
        //# padded lengths as `length`.
        let padded = message.len().checked_sub(OVERHEAD).ok_or(BytesError::Length)?;
        if !(BODY_MIN..=BODY_MAX).contains(&padded) || padded_length(padded) != padded {
            return Err(BytesError::Length);
        }
        let (before, mac) = message.split_last_chunk().ok_or(BytesError::Length)?;
        let (front, body) = before.split_first_chunk().ok_or(BytesError::Length)?;
        let (clear, header) = front.split_first_chunk::<20>().ok_or(BytesError::Length)?;
        let (_, salt) = clear.split_last_chunk().ok_or(BytesError::Length)?;
        Ok(Self { suite, front, clear, salt, header, body, mac, hash: sha256(&[before]) })
    }

    /// The suite.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The MAC as it came.
    pub const fn mac(&self) -> &[u8; 32] {
        self.mac
    }

    /// Whether the MAC verifies under these keys, in constant time.
    pub fn verifies(&self, keys: &HeaderKeys, direction: &Direction) -> Choice {
        let both = [*direction, self.hash];
        keys.mac().verify(&[both.as_flattened()], self.mac)
    }

    /// Opens the header.
    ///
    /// # Errors
    /// `authentication`.
    pub fn open_header(&self, keys: &HeaderKeys, direction: &Direction) -> Result<Header, Error> {
        let keys = expand(self.suite, keys.header(), Expand::HEADER, self.salt);
        let ad = header_ad(direction, self.clear);
        let mut plain = Secret::<40>::new([0; 40]);
        aead::open_into(&keys, &ad, self.header, plain.room())?;
        let mut reader = Reader::new(plain.expose());
        let header = Header { dh: reader.array()?, previous: reader.u32()?, number: reader.u32()? };
        reader.finish()?;
        Ok(header)
    }

    /// Opens the body and takes it apart. Data lies in `buffer` afterwards, whose memory is used
    /// again.
    ///
    /// # Errors
    /// `authentication`, `padding`, `content`; nothing of the body is released.
    //= spec/07-messages.md#7-4-opening
    //# [MSG-12] A receiver MUST NOT release any plaintext of a message that it refuses.
    pub fn open_body(
        &self,
        key: &MessageKey,
        direction: &Direction,
        mut buffer: SecretBytes,
    ) -> Result<Content, PeerError> {
        let keys = expand(self.suite, key.secret(), Expand::BODY, self.salt);
        let ad = body_ad(direction, self.front);
        let plain = buffer.room(self.body.len().saturating_sub(aead::TAG));
        aead::open_into(&keys, &ad, self.body, plain)?;
        let (kind, length) = padding::unpad(plain)?;
        buffer.keep(padding::BEFORE..padding::BEFORE + length);
        Content::decode(kind, buffer)
    }
}
