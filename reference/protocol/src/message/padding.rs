//! Chapter 7.5 Padding.

use crate::error::PeerError;
use crate::limits::BODY_MIN;
use crate::wire::{Reader, join, length32};

/// The padded length of a body of `length` bytes.
///
/// ```text
/// padme(L) = L rounded up to a multiple of 2^(E - S),   E = floor(log2 L),   S = floor(log2 E) + 1
/// pad(L)   = max(256, padme(L))                          L = 5 + length of the content
/// ```
///
/// Nikitin et al., *Reducing Metadata Leakage from Encrypted Files and Communication with PURBs*,
/// PETS 2019, section 4.
pub const fn padded_length(length: usize) -> usize {
    if length <= BODY_MIN {
        return BODY_MIN;
    }
    let exponent = length.ilog2();
    let unit = 1 << (exponent - (exponent.ilog2() + 1));
    length.next_multiple_of(unit)
}

/// Writes what comes before the content of a body: its type and its length.
pub(super) fn begin(kind: u8, length: usize, body: &mut [u8]) {
    if let Some(before) = body.first_chunk_mut::<BEFORE>() {
        *before = join(&[&[kind], &length32(length)]);
    }
}

/// Bytes of a body before its content.
pub(super) const BEFORE: usize = 5;

/// Content type and length of the content of a padded body.
//= spec/07-messages.md#7-4-opening
//# [MSG-10] A receiver MUST refuse a body that is not padded exactly as MSG-02 as `padding`: a
//# length that does not fit, a bucket that is not the content's, or a padding byte that is not
//# zero.
pub(super) fn unpad(body: &[u8]) -> Result<(u8, usize), PeerError> {
    let mut reader = Reader::new(body);
    let kind = reader.u8().map_err(|_| PeerError::Padding)?;
    let length = reader.lp32().map_err(|_| PeerError::Padding)?.len();
    let exact = padded_length(BEFORE + length) == body.len();
    let padding = body.get(BEFORE + length..).unwrap_or_default();
    let zero = padding.iter().fold(0, |all, byte| all | byte) == 0;
    if exact && zero { Ok((kind, length)) } else { Err(PeerError::Padding) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BODY_MAX;
    use alloc::collections::BTreeSet;

    #[test]
    fn there_are_129_padded_lengths() {
        let all: BTreeSet<usize> = (5..=BODY_MAX).map(padded_length).collect();
        assert_eq!(all.len(), 129);
        assert_eq!((all.first(), all.last()), (Some(&256), Some(&65_536)));
        assert!(all.iter().all(|length| padded_length(*length) == *length));
    }

    #[test]
    fn overhead_is_at_most_twelve_percent() {
        assert!((BODY_MIN..=BODY_MAX).all(|length| padded_length(length) * 100 <= length * 112));
    }
    // MSG-10: no byte of the padding makes up for another
    #[test]
    fn two_equal_bytes_of_padding_are_refused() {
        let mut body = [0; BODY_MIN];
        assert_eq!(unpad(&body), Ok((0, 0)));
        body[BODY_MIN - 2..].fill(1);
        assert_eq!(unpad(&body), Err(PeerError::Padding));
    }
}
