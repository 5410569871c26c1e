//! Chapter 4.4 and 4.6: the responder between Response and Complete.

use super::judge::{Judged, Local};
use super::responder::Opened;
use super::schedule::{HandshakeSecret, Shares, Transcript};
use super::{Agreement, COMPLETE_LENGTH, HandshakeId, PskId, RatchetStart, Views, response_length};
use crate::crypto::dh::{DhPublic, DhSecret};
use crate::crypto::labels::{Extract, Purpose};
use crate::crypto::{aead, draw, mac};
use crate::error::{BytesError, CallerError, Error, PeerError};
use crate::keys::Card;
use crate::wire::{PacketType, Reader, Suite, read_prefix};
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

#[derive(Debug)]
pub(super) struct HalfOpen {
    pub(super) id: HandshakeId,
    suite: Suite,
    pub(super) created: u64,
    ts_i: u64,
    our: Card,
    pub(super) peer: Card,
    pub(super) pinned: bool,
    views: Views,
    psk_id: PskId,
    secret: HandshakeSecret,
    ratchet: DhSecret,
    ephemerals: [DhPublic; 2],
    h6: Transcript,
}

/// An accepted Complete.
#[derive(Debug)]
pub struct CompleteAccepted {
    /// What the session starts from.
    pub agreement: Agreement,
    /// The initiator's card.
    pub peer: Card,
    /// Whether the application had pinned this identity at Init.
    pub pinned: bool,
    /// The initiator's manifest hashes, from Init.
    pub views: Views,
    /// The pre-shared secret that was used; zero: none.
    pub psk_id: PskId,
}

//= spec/04-handshake.md#4-4-responder-receiving-init
//# [HS-21] A responder MUST draw `EK_R` and `RB` only after all checks have passed, both fresh for
//# this handshake.
pub(super) fn respond(
    local: &Local<'_>,
    opened: &Opened,
    judged: &Judged<'_>,
    now: u64,
    rng: &mut impl TryCryptoRng,
) -> Result<(HalfOpen, Vec<u8>), Error> {
    let ephemeral = DhSecret::draw(rng)?;
    if ephemeral.public() == opened.their_ephemeral {
        return Err(CallerError::Random.into());
    }
    let ratchet = DhSecret::draw(rng)?;
    let ephemerals = [opened.their_ephemeral, ephemeral.public()];
    if ephemerals.contains(&ratchet.public()) {
        return Err(CallerError::Random.into());
    }
    let kem = opened.their_kem.as_ref().map(|key| Ok::<_, Error>(key.encapsulate(&draw(rng)?)));
    let (ciphertext, ss) = kem.transpose()?.unzip();
    let (peer, pinned) = (judged.peer, judged.pinned);
    let ee = ephemeral.agree(&opened.their_ephemeral)?;
    let se = ephemeral.agree(&peer.agreement_key())?;
    let suite = opened.suite;
    let shares = Shares { ss: ss.as_ref(), ee: &ee, es: &opened.es, eo: None };
    let secret = HandshakeSecret::new(suite, Extract::INTERACTIVE, judged.psk, &shares, &se);

    let mut response = Vec::with_capacity(response_length(suite));
    response.extend_from_slice(&PacketType::Response.prefix(suite));
    response.extend_from_slice(&opened.id);
    response.extend_from_slice(ephemeral.public().as_bytes());
    response.extend(ciphertext.iter().flatten());
    let h4 = opened.h3.mix(&[&response]);
    let body = [now.to_be_bytes().as_slice(), ratchet.public().as_bytes(), &judged.views].concat();
    let signature = local.identity.signing().sign(Purpose::RESPONSE, h4.mix(&[&body]).hash());
    let keys = secret.response(h4);
    let clear = response.len();
    aead::seal(keys.seal, h4.hash(), &[body.as_slice(), &signature].concat(), &mut response);
    let h5 = h4.mix(&[response.get(clear..).unwrap_or_default()]);
    let mac = mac::hmac(&keys.mac, &[h5.hash()]);
    response.extend_from_slice(&mac);
    let h6 = h5.mix(&[&mac]);
    let (id, our, ts_i) = (opened.id, opened.our, opened.ts_i);
    let entry = HalfOpen {
        id,
        suite,
        created: now,
        ts_i,
        our,
        peer,
        pinned,
        views: opened.views,
        psk_id: opened.psk_id,
        secret,
        ratchet,
        ephemerals,
        h6,
    };
    Ok((entry, response))
}

impl HalfOpen {
    pub(super) fn accept(
        &self,
        complete: &[u8; COMPLETE_LENGTH],
    ) -> Result<CompleteAccepted, Error> {
        if read_prefix(complete, PacketType::Complete)? != self.suite {
            return Err(BytesError::Suite.into());
        }
        let mut reader = Reader::new(complete);
        let (clear, sealed, claimed) = (reader.slice(20)?, reader.slice(112)?, reader.array()?);
        let h7 = self.h6.mix(&[clear]);
        let h8 = h7.mix(&[sealed]);
        let keys = self.secret.complete(h7);
        //= spec/04-handshake.md#4-6-responder-receiving-complete
        //# [HS-28] A responder MUST verify `MAC_I` before it opens the sealed part, and refuse as
        //# `authentication` when either fails.
        if !bool::from(mac::verify(&keys.mac, &[h8.hash()], &claimed)) {
            return Err(PeerError::Authentication.into());
        }
        let body = aead::open(&keys.seal, h7.hash(), sealed)?;
        let mut reader = Reader::new(&body);
        let (ratchet, signature) = (reader.array::<32>()?, reader.array()?);
        reader.finish()?;
        //= spec/04-handshake.md#4-6-responder-receiving-complete
        //# [HS-29] A responder MUST refuse a Complete whose `sig_I2` does not verify under the `IK`
        //# of `card_I` as `signature`.
        self.peer.verifier().verify(Purpose::COMPLETE, h7.mix(&[&ratchet]).hash(), &signature)?;
        //= spec/04-handshake.md#4-6-responder-receiving-complete
        //# [HS-30] A responder MUST refuse a Complete whose `RA` is not canonical as `key`, and as
        //# `protocol` when `RA` equals `RB`, `EK_R` or `EK_I`.
        let theirs = DhPublic::decode(ratchet)?;
        if theirs == self.ratchet.public() || self.ephemerals.contains(&theirs) {
            return Err(PeerError::Protocol.into());
        }
        let shared = self.ratchet.agree(&theirs)?;
        let h9 = h8.mix(&[&claimed]);
        let agreement = Agreement {
            suite: self.suite,
            secret: self.secret.session(h9),
            transcript: *h9.hash(),
            ts_i: self.ts_i,
            our: self.our.party(),
            their: self.peer.party(),
            ratchet: RatchetStart::Responder { ours: self.ratchet.public(), theirs, shared },
            reduced: false,
        };
        let (peer, pinned, views, psk_id) = (self.peer, self.pinned, self.views, self.psk_id);
        Ok(CompleteAccepted { agreement, peer, pinned, views, psk_id })
    }
}
