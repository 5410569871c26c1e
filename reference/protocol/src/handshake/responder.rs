//! Chapter 4.4 and 4.6: the responder.

use super::half_open::{CompleteAccepted, HalfOpen, respond};
use super::judge::{Claim, Claims, Local, Standing, judge};
use super::replay::ReplayCache;
use super::schedule::{InitSecret, Transcript};
use super::{CompletePacket, HandshakeId, PskId, Views, init_length};
use crate::crypto::aead;
use crate::crypto::dh::{DhPublic, Shared};
use crate::crypto::kdf::sha256;
use crate::crypto::kem::{KEM_PUBLIC, KemPublic};
use crate::crypto::labels::{Purpose, Start};
use crate::error::{BytesError, Error, PeerError};
use crate::keys::{CARD_LENGTH, Card};
use crate::limits::{
    HALF_OPEN_LIFETIME, HALF_OPEN_PER_IDENTITY, HALF_OPEN_TOTAL, HALF_OPEN_UNPINNED, INIT_WINDOW,
};
use crate::wire::{PacketType, Reader, Suite, read_prefix};
use alloc::boxed::Box;
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// The responder: half-open handshakes and the replay cache.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "a list that moves its elements leaves secrets behind")]
pub struct Responder {
    replay: ReplayCache,
    half_open: Vec<Box<HalfOpen>>,
}

/// An accepted Init.
#[derive(Debug)]
pub struct InitAccepted {
    /// The Response to send.
    pub response: Vec<u8>,
    /// The initiator's card, verified.
    pub peer: Card,
    /// Whether the application had pinned this identity.
    pub pinned: bool,
    /// The initiator's clock.
    pub ts_i: u64,
    /// The initiator's manifest hashes.
    pub views: Views,
    /// The pre-shared secret that was used; zero: none.
    pub psk_id: PskId,
}

/// An Init whose seal has been opened and whose claims have not been judged.
pub(super) struct Opened {
    pub(super) suite: Suite,
    pub(super) our: Card,
    pub(super) es: Shared,
    pub(super) their_ephemeral: DhPublic,
    pub(super) their_kem: Option<KemPublic>,
    pub(super) ts_i: u64,
    pub(super) card: [u8; CARD_LENGTH],
    pub(super) psk_id: [u8; 16],
    pub(super) views: Views,
    pub(super) signature: [u8; 64],
    pub(super) h2: Transcript,
    pub(super) h3: Transcript,
    pub(super) id: HandshakeId,
}

impl Responder {
    /// A responder whose replay cache was restored.
    pub fn new(replay: ReplayCache) -> Self {
        Self { replay, half_open: Vec::new() }
    }

    /// The replay cache, for its snapshot.
    pub const fn replay_cache(&self) -> &ReplayCache {
        &self.replay
    }

    /// The ids of the half-open handshakes, the oldest first.
    pub fn ids(&self) -> impl Iterator<Item = HandshakeId> {
        self.half_open.iter().map(|entry| entry.id)
    }

    /// The cards of the peers of the half-open handshakes.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &Card> {
        self.half_open.iter().map(|entry| &entry.peer)
    }

    /// Drops half-open handshakes with devices that are not to be kept.
    pub(crate) fn keep(&mut self, keep: impl Fn(&Card) -> bool) {
        self.half_open.retain(|entry| keep(&entry.peer));
    }

    /// Drops what has expired. Every receiving operation does this first.
    //= spec/04-handshake.md#4-5-initiator-receiving-response
    //# [HS-27] Both sides MUST drop a half-open handshake 60 s after they created it, and MUST NOT
    //# keep it over a restart.
    pub fn expire(&mut self, now: u64) {
        self.replay.expire(now);
        self.half_open.retain(|entry| now.saturating_sub(entry.created) < HALF_OPEN_LIFETIME);
    }

    /// Accepts an Init and makes the Response. Draws `EK_R`, `RB`.
    ///
    /// `standing` tells what the application knows of a claimed identity.
    ///
    /// # Errors
    /// As the table of chapter 4.4, in its order; then `random`. Nothing but time has passed.
    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-06] A responder MUST apply the checks of this table in their order.
    pub fn receive_init(
        &mut self,
        local: &Local<'_>,
        standing: impl Fn(&Claim) -> Standing,
        init: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<InitAccepted, Error> {
        self.expire(now);
        let hash = sha256(&[init]);
        let opened = self.open_init(local, init, &hash)?;
        //= spec/04-handshake.md#4-4-responder-receiving-init
        //# [HS-10] A responder MUST refuse an Init as `time` unless `|now - ts_I| <= INIT_WINDOW`,
        //# the bounds included.
        if now.abs_diff(opened.ts_i) > INIT_WINDOW {
            return Err(PeerError::Time.into());
        }
        let Opened { suite, our, ts_i, card, psk_id, views, .. } = &opened;
        let claims = Claims { suite: *suite, our, ts_i: *ts_i, card, psk_id };
        let judged = judge(local, standing, &claims)?;
        //= spec/04-handshake.md#4-4-responder-receiving-init
        //# [HS-16] A responder MUST refuse an Init whose `sig_I1` does not verify under the `IK` of
        //# `card_I` as `signature`.
        judged.peer.verifier().verify(Purpose::INIT, opened.h2.hash(), &opened.signature)?;
        self.room(&judged.peer, judged.pinned)?;

        let (entry, response) = respond(local, &opened, &judged, now, rng)?;
        let (peer, pinned) = (judged.peer, judged.pinned);
        self.replay.insert(hash, *ts_i, peer.key(), pinned);
        self.half_open.push(Box::new(entry));
        let (ts_i, views, psk_id) = (*ts_i, *views, *psk_id);
        Ok(InitAccepted { response, peer, pinned, ts_i, views, psk_id })
    }

    fn open_init(&self, local: &Local<'_>, init: &[u8], hash: &[u8; 32]) -> Result<Opened, Error> {
        //= spec/01-notation.md#1-3-decoding
        //# [ENC-06] A decoder MUST apply ENC-01 to ENC-05 in this order and before any public-key
        //# operation.
        let suite = read_prefix(init, PacketType::Init)?;
        if init.len() != init_length(suite) {
            return Err(BytesError::Length.into());
        }
        let mut reader = Reader::new(init);
        let clear = reader.slice(36 + super::kem(suite, KEM_PUBLIC))?;
        let sealed = reader.slice(386)?;
        let mut fields = Reader::new(clear.get(4..).unwrap_or_default());
        let their_ephemeral = DhPublic::decode(fields.array()?)?;
        //= spec/04-handshake.md#4-4-responder-receiving-init
        //# [HS-07] A responder MUST refuse an Init whose hash is in its replay cache as `replay`,
        //# before any public-key operation.
        if self.replay.contains(hash) {
            return Err(PeerError::Replay.into());
        }
        //= spec/04-handshake.md#4-4-responder-receiving-init
        //# [HS-08] A responder MUST refuse an Init as `busy`, before any public-key operation,
        //# while 256 handshakes are half open.
        if self.half_open.len() >= HALF_OPEN_TOTAL {
            return Err(PeerError::Busy.into());
        }
        let es = local.identity.agreement().agree(&their_ephemeral)?;
        let their_kem = match suite {
            Suite::X25519 => None,
            Suite::Hybrid => Some(KemPublic::decode(fields.array()?)?),
        };
        let secret = InitSecret::new(suite, &es);
        //= spec/04-handshake.md#4-4-responder-receiving-init
        //# [HS-09] A responder MUST try to open the seal with each card that it keeps, and refuse
        //# as `authentication` when none opens it.
        //= spec/03-keys.md#3-4-a-device-s-own-cards
        //# [CARD-13] A device MUST keep each card that it issued until it has expired more than
        //# `INIT_WINDOW` ago, and its newest always, and try an Init against each card that it
        //# keeps.
        let (our, h1, body) = local
            .cards
            .iter()
            .find_map(|card| {
                let h1 = Transcript::begin(Start::INTERACTIVE, card).mix(&[clear]);
                aead::open(&secret.seal(h1), h1.hash(), sealed).ok().map(|body| (*card, h1, body))
            })
            .ok_or(PeerError::Authentication)?;
        let (claims, signature) = body.split_last_chunk::<64>().ok_or(PeerError::Authentication)?;
        let h2 = h1.mix(&[claims]);
        let h3 = h2.mix(&[sealed]);
        let mut reader = Reader::new(claims);
        let (ts_i, card) = (reader.u64()?, reader.array()?);
        let (psk_id, views) = (reader.array()?, reader.array()?);
        reader.finish()?;
        let id = secret.handshake_id(h3);
        let signature = *signature;
        Ok(Opened {
            suite,
            our,
            es,
            their_ephemeral,
            their_kem,
            ts_i,
            card,
            psk_id,
            views,
            signature,
            h2,
            h3,
            id,
        })
    }

    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-17] A responder MUST refuse an Init as `busy` when its identity holds 32 half-open
    //# handshakes or 64 cache entries.
    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-18] A responder MUST refuse an Init of an identity that is not pinned as `busy` while
    //# such identities hold 128 half-open handshakes or 32,768 cache entries.
    fn room(&self, peer: &Card, pinned: bool) -> Result<(), PeerError> {
        let of_identity = self.half_open.iter().filter(|entry| entry.peer.key() == peer.key());
        let unpinned = self.half_open.iter().filter(|entry| !entry.pinned);
        if of_identity.count() >= HALF_OPEN_PER_IDENTITY
            || (!pinned && unpinned.count() >= HALF_OPEN_UNPINNED)
        {
            return Err(PeerError::Busy);
        }
        self.replay.room(&peer.key(), pinned)
    }

    /// Accepts the 164 bytes of a Complete and ends the half-open handshake.
    ///
    /// # Errors
    /// As the table of chapter 4.6, in its order. The handshake stays half open.
    //= spec/04-handshake.md#4-6-responder-receiving-complete
    //# [HS-43] A responder MUST apply the checks of this table in their order, and refuse a
    //# Complete whose handshake id is neither half open nor that of a session as
    //# `unknown_handshake`.
    pub fn receive_complete(
        &mut self,
        packet: &CompletePacket<'_>,
        now: u64,
    ) -> Result<CompleteAccepted, Error> {
        self.expire(now);
        let id = packet.id();
        let index = self
            .half_open
            .iter()
            .position(|entry| entry.id == id)
            .ok_or(PeerError::UnknownHandshake)?;
        let accepted = self
            .half_open
            .get(index)
            .ok_or(PeerError::UnknownHandshake)?
            .accept(packet.complete)?;
        self.half_open.remove(index);
        Ok(accepted)
    }
}
