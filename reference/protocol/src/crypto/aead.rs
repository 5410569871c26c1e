//! Chapter 2.5 Authenticated encryption: AES-256-GCM, key and nonce out of one 44-byte output.

use crate::error::PeerError;
use crate::secret::Secret;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aes::Aes256Enc;
use aes_gcm::{AeadInOut, AesGcm, Key, KeyInit, Nonce};
use alloc::vec;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// GCM runs AES in one direction, so that the keys of the other are never made.
type Aes256Gcm = AesGcm<Aes256Enc, U12>;

/// Length of a tag.
pub const TAG: usize = 16;

/// Appends `seal(keys, ad, plaintext)` to `out`. Takes the keys: they seal once.
pub fn seal(keys: Secret<44>, ad: &[u8], plaintext: &[u8], out: &mut Vec<u8>) {
    let begin = out.len();
    out.extend_from_slice(plaintext);
    out.resize(out.len() + TAG, 0);
    seal_in_place(keys, ad, out.get_mut(begin..).unwrap_or_default());
}

/// Replaces a plaintext and 16 bytes behind it by `seal(keys, ad, plaintext)`.
//= spec/02-primitives.md#2-5-authenticated-encryption
//# [PRIM-12] A sealing key MUST be derived for one sealing and used once; key and nonce are the 32
//# and 12 bytes of one 44-byte output.
#[allow(clippy::expect_used, reason = "bounded by the layouts of chapters 7 and 10")]
pub(crate) fn seal_in_place(keys: Secret<44>, ad: &[u8], place: &mut [u8]) {
    let (key, nonce) = halves(&keys);
    let (body, tag) = place.split_last_chunk_mut().expect("every caller leaves room for the tag");
    *tag = Aes256Gcm::new(key)
        .encrypt_inout_detached(&nonce, ad, body.into())
        .expect("less than 2^32 bytes, below the bound of GCM")
        .into();
}

/// Opens what `seal` made.
///
/// # Errors
/// `authentication`; nothing of the plaintext is released.
//= spec/02-primitives.md#2-5-authenticated-encryption
//# [PRIM-13] A receiver MUST refuse a sealed part whose tag does not verify as `authentication` and
//# release no plaintext of it.
pub fn open(keys: &Secret<44>, ad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, PeerError> {
    let length = sealed.len().checked_sub(TAG).ok_or(PeerError::Authentication)?;
    let mut plaintext = Zeroizing::new(vec![0; length]);
    open_into(keys, ad, sealed, &mut plaintext)?;
    Ok(plaintext)
}

/// Opens what `seal` made into a place of the length of the plaintext.
///
/// # Errors
/// `authentication`; the place is as before.
pub(crate) fn open_into(
    keys: &Secret<44>,
    ad: &[u8],
    sealed: &[u8],
    out: &mut [u8],
) -> Result<(), PeerError> {
    let (sealed, tag) = sealed.split_last_chunk::<TAG>().ok_or(PeerError::Authentication)?;
    let (key, nonce) = halves(keys);
    #[allow(clippy::expect_used, reason = "every caller makes the place for these bytes")]
    let both = InOutBuf::new(sealed, out).expect("of one length");
    Aes256Gcm::new(key)
        .decrypt_inout_detached(&nonce, ad, both, tag.into())
        .map_err(|_| PeerError::Authentication)
}

/// The key and the nonce. Who has them sets the cipher up where it lies: moving it costs.
fn halves(keys: &Secret<44>) -> (&Key<Aes256Gcm>, Nonce<U12>) {
    #[cfg(test)]
    super::count::note(super::count::Operation::Cipher);
    let [key @ .., _, _, _, _, _, _, _, _, _, _, _, _] = keys.expose();
    let [.., a, b, c, d, e, f, g, h, i, j, k, l] = *keys.expose();
    (key.into(), [a, b, c, d, e, f, g, h, i, j, k, l].into())
}
