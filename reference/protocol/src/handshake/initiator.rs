//! Chapter 4.3 and 4.5: the initiator.

use super::schedule::{HandshakeSecret, InitSecret, Shares, Transcript};
use super::{
    Agreement, COMPLETE_LENGTH, HandshakeId, Psk, PskId, RatchetStart, Views, init_length,
    response_id,
};
use crate::crypto::dh::{DhPublic, DhSecret, Shared};
use crate::crypto::kem::{KEM_CIPHERTEXT, KemSecret};
use crate::crypto::labels::{Extract, Purpose, Start as Begin};
use crate::crypto::{aead, draw, mac};
use crate::error::{BytesError, CallerError, Error, PeerError};
use crate::keys::{Card, Identity};
use crate::limits::{HALF_OPEN_LIFETIME, INIT_WINDOW};
use crate::wire::{PacketType, Reader, Suite, read_prefix};
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// When and with what a handshake starts.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The present time.
    pub now: u64,
    /// `ts_I` of the greatest confirmed session with that device; `None` without one.
    pub floor: Option<u64>,
    /// The manifest hashes to send.
    pub views: Views,
    /// The greatest suite of earlier handshakes with that device; `None` without one.
    pub least: Option<Suite>,
    /// The pre-shared secret that is set for that device.
    pub psk: Option<&'a Psk>,
}

/// The initiator between Init and Response.
#[derive(Debug)]
pub struct AwaitingResponse {
    suite: Suite,
    our: Card,
    peer: Card,
    ephemeral: DhSecret,
    kem: Option<KemSecret>,
    psk: Option<Psk>,
    es: Shared,
    h3: Transcript,
    id: HandshakeId,
    ts_i: u64,
    started: u64,
}

/// An accepted Response.
#[derive(Debug)]
pub struct ResponseAccepted {
    /// The 164 bytes to send and to repeat.
    pub complete: [u8; COMPLETE_LENGTH],
    /// What the session starts from.
    pub agreement: Agreement,
    /// The responder's clock.
    pub ts_r: u64,
    /// The responder's manifest hashes.
    pub views: Views,
}

struct Opened {
    suite: Suite,
    secret: HandshakeSecret,
    their_ephemeral: DhPublic,
    their_ratchet: DhPublic,
    ts_r: u64,
    views: Views,
    h6: Transcript,
}

impl AwaitingResponse {
    /// Starts a handshake towards `peer` and makes the Init. Draws `EK_I`.
    ///
    /// # Errors
    /// `time`, `identity`, `suite`, `window`, `time`, `random`, `key`, in this order.
    //= spec/04-handshake.md#4-3-initiator-sending-init
    //# [HS-02] An initiator MUST refuse as `time` to start towards a card that is not valid at its
    //# present time, and to start with a card of its own that is not valid at `ts_I`.
    //= spec/04-handshake.md#4-3-initiator-sending-init
    //# [HS-01] An initiator MUST refuse to start towards a card whose signature it has not
    //# verified.
    pub fn start(
        identity: &Identity,
        our: &Card,
        peer: &Card,
        start: &Start<'_>,
        rng: &mut impl TryCryptoRng,
    ) -> Result<(Self, Vec<u8>), Error> {
        peer.valid_at(start.now)?;
        let suite = suite(identity, our, peer, start)?;
        let ts_i = timestamp(start, INIT_WINDOW)?;
        our.valid_at(ts_i)?;
        //= spec/04-handshake.md#4-3-initiator-sending-init
        //# [HS-04] An initiator MUST draw a fresh `EK_I` for each Init and use it in no other
        //# exchange.
        let ephemeral = DhSecret::draw(rng)?;
        let kem = match suite {
            Suite::X25519 => None,
            Suite::Hybrid => Some(KemSecret::new(&draw(rng)?)),
        };
        let es = ephemeral.agree(&peer.agreement_key())?;

        let mut init = Vec::with_capacity(init_length(suite));
        init.extend_from_slice(&PacketType::Init.prefix(suite));
        init.extend_from_slice(ephemeral.public().as_bytes());
        init.extend(kem.iter().flat_map(|kem| kem.public().as_bytes()));
        let h1 = Transcript::begin(Begin::INTERACTIVE, peer).mix(&[&init]);
        let psk_id = start.psk.map(Psk::id).unwrap_or_default();
        let body = [ts_i.to_be_bytes().as_slice(), our.as_bytes(), &psk_id, &start.views].concat();
        let h2 = h1.mix(&[&body]);
        let signature = identity.signing().sign(Purpose::INIT, h2.hash());
        let secret = InitSecret::new(suite, &es);
        let clear = init.len();
        aead::seal(secret.seal(h1), h1.hash(), &[body.as_slice(), &signature].concat(), &mut init);
        let h3 = h2.mix(&[init.get(clear..).unwrap_or_default()]);
        let id = secret.handshake_id(h3);
        let (our, peer, started) = (*our, *peer, start.now);
        let psk = start.psk.map(Psk::copy);
        Ok((Self { suite, our, peer, ephemeral, kem, psk, es, h3, id, ts_i, started }, init))
    }

    /// The handshake id, by which the Response will name this handshake.
    pub const fn id(&self) -> HandshakeId {
        self.id
    }

    /// The suite.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The name of the pre-shared secret; zero: none.
    pub fn psk_id(&self) -> PskId {
        self.psk.as_ref().map(Psk::id).unwrap_or_default()
    }

    /// The card that the handshake was started towards.
    pub const fn peer(&self) -> &Card {
        &self.peer
    }

    /// Whether 60 s have passed since Init.
    pub const fn expired(&self, now: u64) -> bool {
        now.saturating_sub(self.started) >= HALF_OPEN_LIFETIME
    }

    /// Accepts a Response and makes Complete. Draws `RA`. The caller drops `self` on success.
    ///
    /// # Errors
    /// As the table of chapter 4.5; then `random`.
    //= spec/04-handshake.md#4-5-initiator-receiving-response
    //# [HS-42] An initiator MUST apply the checks of this table in their order.
    //= spec/04-handshake.md#4-5-initiator-receiving-response
    //# [HS-26] An initiator MUST erase the private half of `EK_I`, and that of `ek`, when a
    //# Response has been accepted.
    pub fn accept(
        &self,
        identity: &Identity,
        response: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<ResponseAccepted, Error> {
        let opened = self.open(identity, response, now)?;
        let ours = DhSecret::draw(rng)?;
        //= spec/02-primitives.md#2-6-secrets
        //# [PRIM-17] A sender MUST refuse as `random` when a key it has just drawn equals a key of
        //# the same exchange that this specification requires to differ, at once and before any
        //# further draw.
        let others = [opened.their_ratchet, opened.their_ephemeral, self.ephemeral.public()];
        if others.contains(&ours.public()) {
            return Err(CallerError::Random.into());
        }
        let shared = ours.agree(&opened.their_ratchet)?;
        let (complete, h9) = self.complete(identity, &opened, &ours);
        let agreement = Agreement {
            suite: opened.suite,
            secret: opened.secret.session(h9),
            transcript: *h9.hash(),
            ts_i: self.ts_i,
            our: self.our.party(),
            their: self.peer.party(),
            ratchet: RatchetStart::Initiator { ours, theirs: opened.their_ratchet, shared },
            reduced: false,
        };
        Ok(ResponseAccepted { complete, agreement, ts_r: opened.ts_r, views: opened.views })
    }

    fn open(&self, identity: &Identity, response: &[u8], now: u64) -> Result<Opened, Error> {
        let suite = read_prefix(response, PacketType::Response)?;
        let id = response_id(response)?;
        if suite != self.suite {
            return Err(BytesError::Suite.into());
        }
        let mut reader = Reader::new(response);
        let clear = reader.slice(52 + super::kem(suite, KEM_CIPHERTEXT))?;
        let sealed = reader.slice(184)?;
        let claimed = reader.array()?;
        //= spec/04-handshake.md#4-5-initiator-receiving-response
        //# [HS-22] An initiator MUST refuse a Response whose handshake id belongs to none of its
        //# open handshakes as `unknown_handshake`.
        if id != self.id || self.expired(now) {
            return Err(PeerError::UnknownHandshake.into());
        }
        let mut fields = Reader::new(clear.get(20..).unwrap_or_default());
        let their_ephemeral = DhPublic::decode(fields.array()?)?;
        let ee = self.ephemeral.agree(&their_ephemeral)?;
        let se = identity.agreement().agree(&their_ephemeral)?;
        let ss = match &self.kem {
            Some(kem) => Some(kem.decapsulate(&fields.array()?)),
            None => None,
        };
        let shares = Shares { ss: ss.as_ref(), ee: &ee, es: &self.es, eo: None };
        let psk = self.psk.as_ref();
        let secret = HandshakeSecret::new(suite, Extract::INTERACTIVE, psk, &shares, &se);

        let h4 = self.h3.mix(&[clear]);
        let h5 = h4.mix(&[sealed]);
        let keys = secret.response(h4);
        //= spec/04-handshake.md#4-5-initiator-receiving-response
        //# [HS-23] An initiator MUST verify `MAC_R` before it opens the sealed part, and refuse as
        //# `authentication` when either fails.
        if !bool::from(mac::verify(&keys.mac, &[h5.hash()], &claimed)) {
            return Err(PeerError::Authentication.into());
        }
        let body = aead::open(&keys.seal, h4.hash(), sealed)?;
        let mut reader = Reader::new(&body);
        let (ts_r, ratchet, views) = (reader.u64()?, reader.array()?, reader.array()?);
        let signature = reader.array()?;
        reader.finish()?;
        //= spec/04-handshake.md#4-5-initiator-receiving-response
        //# [HS-24] An initiator MUST refuse a Response whose `sig_R` does not verify under the `IK`
        //# of the card that it started towards as `signature`.
        let signed = h4.mix(&[&u64::to_be_bytes(ts_r), &ratchet, &views]);
        self.peer.verifier().verify(Purpose::RESPONSE, signed.hash(), &signature)?;
        //= spec/04-handshake.md#4-5-initiator-receiving-response
        //# [HS-25] An initiator MUST refuse a Response whose `RB` is not canonical as `key`, and as
        //# `protocol` when `RB`, `EK_R` and `EK_I` are not three different keys.
        let their_ratchet = DhPublic::decode(ratchet)?;
        let ours = self.ephemeral.public();
        if their_ratchet == their_ephemeral || their_ratchet == ours || their_ephemeral == ours {
            return Err(PeerError::Protocol.into());
        }
        let h6 = h5.mix(&[&claimed]);
        Ok(Opened { suite, secret, their_ephemeral, their_ratchet, ts_r, views, h6 })
    }

    fn complete(
        &self,
        identity: &Identity,
        opened: &Opened,
        ours: &DhSecret,
    ) -> ([u8; COMPLETE_LENGTH], Transcript) {
        let mut complete = Vec::with_capacity(COMPLETE_LENGTH);
        complete.extend_from_slice(&PacketType::Complete.prefix(opened.suite));
        complete.extend_from_slice(&self.id);
        let h7 = opened.h6.mix(&[&complete]);
        let public = ours.public();
        let signature =
            identity.signing().sign(Purpose::COMPLETE, h7.mix(&[public.as_bytes()]).hash());
        let keys = opened.secret.complete(h7);
        let clear = complete.len();
        let body = [public.as_bytes().as_slice(), &signature].concat();
        aead::seal(keys.seal, h7.hash(), &body, &mut complete);
        let h8 = h7.mix(&[complete.get(clear..).unwrap_or_default()]);
        let mac = mac::hmac(&keys.mac, &[h8.hash()]);
        complete.extend_from_slice(&mac);
        (complete.first_chunk().copied().unwrap_or([0; COMPLETE_LENGTH]), h8.mix(&[&mac]))
    }
}

//= spec/04-handshake.md#4-3-initiator-sending-init
//# [HS-05] An initiator MUST set `ts_I` to its present time, or if that is greater to one more than
//# the `ts_I` of its greatest confirmed session with that device, and refuse as `window` when that
//# is more than `INIT_WINDOW` ahead of its present time.
//= spec/05-prepared.md#5-6-initiator
//# [PREP-16] An initiator MUST set `ts_I` as HS-05 says, with `DAY` in place of `INIT_WINDOW`.
pub(super) fn timestamp(start: &Start<'_>, window: u64) -> Result<u64, CallerError> {
    let least = start.floor.map_or(0, |floor| floor.saturating_add(1));
    let ts_i = start.now.max(least);
    if ts_i - start.now > window { Err(CallerError::Window) } else { Ok(ts_i) }
}

/// Whom, and in which suite: what both handshakes check before they draw.
pub(super) fn suite(
    identity: &Identity,
    our: &Card,
    peer: &Card,
    start: &Start<'_>,
) -> Result<Suite, Error> {
    //= spec/04-handshake.md#4-3-initiator-sending-init
    //# [HS-03] An initiator MUST refuse as `identity` to start towards its own `IK`.
    if peer.key() == identity.key() {
        return Err(PeerError::Identity.into());
    }
    let suite = our.suite_with(peer)?;
    //= spec/03-keys.md#3-3-suites-of-a-handshake
    //# [CARD-16] A device MUST remember for each peer device the greatest suite of a handshake with
    //# it that it started as initiator or that ended in a session, and refuse a handshake of a
    //# lesser suite with it as `suite`; only its user lowers what it remembers. Suite `0x0001` need
    //# not be remembered.
    if start.least.is_some_and(|least| suite < least) {
        return Err(BytesError::Suite.into());
    }
    Ok(suite)
}
