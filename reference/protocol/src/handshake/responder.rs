//! Chapter 4.4 and 4.6: the responder.

use super::replay::ReplayCache;
use super::schedule::{HandshakeSecret, InitSecret, Transcript};
use super::{
    Agreement, COMPLETE_LENGTH, CompletePacket, HandshakeId, INIT_LENGTH, RESPONSE_LENGTH,
    RatchetStart, Views,
};
use crate::crypto::dh::{DhPublic, DhSecret, Shared};
use crate::crypto::kdf::sha256;
use crate::crypto::labels::Purpose;
use crate::crypto::sign::IdentityKey;
use crate::crypto::{aead, mac};
use crate::error::{BytesError, CallerError, Error, PeerError};
use crate::keys::{Address, CARD_LENGTH, Card, DeviceId, Identity};
use crate::limits::{
    HALF_OPEN_LIFETIME, HALF_OPEN_PER_IDENTITY, HALF_OPEN_TOTAL, HALF_OPEN_UNPINNED, INIT_WINDOW,
};
use crate::wire::{PacketType, Reader, Suite, read_prefix};
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// Our side of an incoming handshake.
#[derive(Debug, Clone, Copy)]
pub struct Local<'a> {
    /// Our identity.
    pub identity: &'a Identity,
    /// Every card that we keep; an Init is tried against each.
    pub cards: &'a [Card],
    /// The manifest hashes to send.
    pub views: &'a Views,
}

/// The responder: half-open handshakes and the replay cache.
#[derive(Debug, Default)]
pub struct Responder {
    replay: ReplayCache,
    half_open: Vec<HalfOpen>,
}

#[derive(Debug)]
struct HalfOpen {
    id: HandshakeId,
    suite: Suite,
    created: u64,
    ts_i: u64,
    our: Card,
    peer: Card,
    pinned: bool,
    secret: HandshakeSecret,
    ratchet: DhSecret,
    ephemerals: [DhPublic; 2],
    h6: Transcript,
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
}

/// An Init whose seal has been opened and whose claims have not been judged.
struct Opened {
    suite: Suite,
    our: Card,
    es: Shared,
    their_ephemeral: DhPublic,
    ts_i: u64,
    card: [u8; CARD_LENGTH],
    psk_id: [u8; 16],
    views: Views,
    signature: [u8; 64],
    h2: Transcript,
    h3: Transcript,
    id: HandshakeId,
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

    /// Number of half-open handshakes.
    pub fn half_open(&self) -> usize {
        self.half_open.len()
    }

    /// The ids of the half-open handshakes, the oldest first.
    pub fn ids(&self) -> impl Iterator<Item = HandshakeId> {
        self.half_open.iter().map(|entry| entry.id)
    }

    /// Drops what has expired. Every receiving operation does this first.
    //# [HS-27]
    pub fn expire(&mut self, now: u64) {
        self.replay.expire(now);
        self.half_open.retain(|entry| now.saturating_sub(entry.created) < HALF_OPEN_LIFETIME);
    }

    /// Accepts an Init and makes the Response. Draws `EK_R`, `RB`.
    ///
    /// `pin` tells which `IK` the application has pinned for an address and device.
    ///
    /// # Errors
    /// As the table of chapter 4.4, in its order; then `random`. Nothing but time has passed.
    //# [HS-06]
    pub fn receive_init(
        &mut self,
        local: &Local<'_>,
        pin: impl Fn(&Address, DeviceId) -> Option<IdentityKey>,
        init: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<InitAccepted, Error> {
        self.expire(now);
        let hash = sha256(&[init]);
        let opened = self.open_init(local, init, &hash)?;
        let (peer, pinned) = judge(local, pin, &opened, now)?;
        self.room(&peer, pinned)?;

        let (entry, response) = respond(local, &opened, peer, pinned, now, rng)?;
        self.replay.insert(hash, opened.ts_i, peer.key(), pinned);
        self.half_open.push(entry);
        Ok(InitAccepted { response, peer, pinned, ts_i: opened.ts_i, views: opened.views })
    }

    fn open_init(&self, local: &Local<'_>, init: &[u8], hash: &[u8; 32]) -> Result<Opened, Error> {
        //# [ENC-06]
        let suite = read_prefix(init, PacketType::Init)?;
        let init: &[u8; INIT_LENGTH] = init.try_into().map_err(|_| BytesError::Length)?;
        let (clear, sealed) = init.split_at(36);
        let their_ephemeral = DhPublic::decode(Reader::new(clear.get(4..).unwrap_or_default()).array()?)?;
        //# [HS-07]
        if self.replay.contains(hash) {
            return Err(PeerError::Replay.into());
        }
        //# [HS-08]
        if self.half_open.len() >= HALF_OPEN_TOTAL {
            return Err(PeerError::Busy.into());
        }
        let es = local.identity.agreement().agree(&their_ephemeral)?;
        let secret = InitSecret::new(suite, &es);
        //# [HS-09]
        //# [CARD-13]
        let (our, h1, body) = local
            .cards
            .iter()
            .find_map(|card| {
                let h1 = Transcript::interactive(card).mix(&[clear]);
                aead::open(&secret.seal(h1), h1.hash(), sealed).ok().map(|body| (*card, h1, body))
            })
            .ok_or(PeerError::Authentication)?;
        let (claims, signature) =
            body.split_last_chunk::<64>().ok_or(PeerError::Authentication)?;
        let h2 = h1.mix(&[claims]);
        let h3 = h2.mix(&[sealed]);
        let mut reader = Reader::new(claims);
        let (ts_i, card) = (reader.u64()?, reader.array()?);
        let (psk_id, views) = (reader.array()?, reader.array()?);
        reader.finish()?;
        let id = secret.handshake_id(h3);
        let signature = *signature;
        Ok(Opened { suite, our, es, their_ephemeral, ts_i, card, psk_id, views, signature, h2, h3, id })
    }

    //# [HS-17]
    //# [HS-18]
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
    //# [HS-34]
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

/// Steps 7 to 11 of chapter 4.4: who says this, and may they?
fn judge(
    local: &Local<'_>,
    pin: impl Fn(&Address, DeviceId) -> Option<IdentityKey>,
    opened: &Opened,
    now: u64,
) -> Result<(Card, bool), Error> {
    //# [HS-10]
    if now.abs_diff(opened.ts_i) > INIT_WINDOW {
        return Err(PeerError::Time.into());
    }
    let (claimed_key, claimed_place) = Card::claims(&opened.card);
    //# [HS-11]
    let places = local.cards.iter().map(|card| (card.fields().address, card.fields().device));
    if claimed_key == local.identity.key() || places.into_iter().any(|own| Some(own) == claimed_place) {
        return Err(PeerError::Identity.into());
    }
    //# [HS-12]
    let pinned = claimed_place.and_then(|(address, device)| pin(&address, device));
    if pinned.is_some_and(|key| key != claimed_key) {
        return Err(PeerError::Identity.into());
    }
    //# [HS-13]
    if opened.psk_id != [0; 16] {
        return Err(PeerError::Authentication.into());
    }
    //# [HS-14]
    let peer = Card::verify(&opened.card)?;
    peer.valid_at(opened.ts_i)?;
    //# [HS-15]
    if opened.our.suite_with(&peer)? != opened.suite {
        return Err(BytesError::Suite.into());
    }
    //# [HS-16]
    peer.key().verify(Purpose::INIT, opened.h2.hash(), &opened.signature)?;
    Ok((peer, pinned.is_some()))
}

//# [HS-21]
fn respond(
    local: &Local<'_>,
    opened: &Opened,
    peer: Card,
    pinned: bool,
    now: u64,
    rng: &mut impl TryCryptoRng,
) -> Result<(HalfOpen, Vec<u8>), Error> {
    let ephemeral = DhSecret::draw(rng)?;
    let ratchet = DhSecret::draw(rng)?;
    let ephemerals = [opened.their_ephemeral, ephemeral.public()];
    if ephemeral.public() == opened.their_ephemeral || ephemerals.contains(&ratchet.public()) {
        return Err(CallerError::Random.into());
    }
    let ee = ephemeral.agree(&opened.their_ephemeral)?;
    let se = ephemeral.agree(&peer.agreement_key())?;
    let suite = opened.suite;
    let secret = HandshakeSecret::new(suite, &ee, &opened.es, &se);

    let mut response = Vec::with_capacity(RESPONSE_LENGTH);
    response.extend_from_slice(&PacketType::Response.prefix(suite));
    response.extend_from_slice(&opened.id);
    response.extend_from_slice(ephemeral.public().as_bytes());
    let h4 = opened.h3.mix(&[&response]);
    let body =
        [now.to_be_bytes().as_slice(), ratchet.public().as_bytes(), local.views].concat();
    let signature = local.identity.signing().sign(Purpose::RESPONSE, h4.mix(&[&body]).hash());
    let keys = secret.response(h4);
    let clear = response.len();
    aead::seal(keys.seal, h4.hash(), &[body.as_slice(), &signature].concat(), &mut response);
    let h5 = h4.mix(&[response.get(clear..).unwrap_or_default()]);
    let mac = mac::hmac(&keys.mac, &[h5.hash()]);
    response.extend_from_slice(&mac);
    let h6 = h5.mix(&[&mac]);
    let (id, our, ts_i) = (opened.id, opened.our, opened.ts_i);
    let entry =
        HalfOpen { id, suite, created: now, ts_i, our, peer, pinned, secret, ratchet, ephemerals, h6 };
    Ok((entry, response))
}

impl HalfOpen {
    fn accept(&self, complete: &[u8; COMPLETE_LENGTH]) -> Result<CompleteAccepted, Error> {
        if read_prefix(complete, PacketType::Complete)? != self.suite {
            return Err(BytesError::Suite.into());
        }
        let mut reader = Reader::new(complete);
        let (clear, sealed, claimed) = (reader.slice(20)?, reader.slice(112)?, reader.array()?);
        let h7 = self.h6.mix(&[clear]);
        let h8 = h7.mix(&[sealed]);
        let keys = self.secret.complete(h7);
        //# [HS-28]
        if !bool::from(mac::verify(&keys.mac, &[h8.hash()], &claimed)) {
            return Err(PeerError::Authentication.into());
        }
        let body = aead::open(&keys.seal, h7.hash(), sealed)?;
        let mut reader = Reader::new(&body);
        let (ratchet, signature) = (reader.array::<32>()?, reader.array()?);
        reader.finish()?;
        //# [HS-29]
        self.peer.key().verify(Purpose::COMPLETE, h7.mix(&[&ratchet]).hash(), &signature)?;
        //# [HS-30]
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
        };
        Ok(CompleteAccepted { agreement, peer: self.peer, pinned: self.pinned })
    }
}
