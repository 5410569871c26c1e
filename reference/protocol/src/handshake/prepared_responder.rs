//! Chapter 5.7: the responder of a prepared handshake, up to the message behind it.

use super::judge::{Claim, Claims, Local, Standing, judge};
use super::prepared::{records, reduced};
use super::schedule::{HandshakeSecret, IdentitySecret, Shares, Transcript};
use super::{Agreement, PskId, RatchetStart, Views, prekey_init_length};
use crate::crypto::aead;
use crate::crypto::dh::{DhPublic, Shared};
use crate::crypto::kdf::sha256;
use crate::crypto::kem::{KEM_CIPHERTEXT, KemSecret};
use crate::crypto::labels::{Extract, Purpose};
use crate::error::{BytesError, Error, PeerError};
use crate::keys::{CARD_LENGTH, Card};
use crate::limits::DAY;
use crate::prekeys::{Names, Private};
use crate::wire::{PacketType, Reader, Suite, push_lp32, read_prefix};
use alloc::vec::Vec;

/// The handshake bytes of a `PrekeyInit`, and the message behind them.
#[derive(Debug, Clone, Copy)]
pub struct PrekeyPacket<'a> {
    /// The suite.
    pub suite: Suite,
    /// The handshake bytes.
    pub handshake: &'a [u8],
    /// The message, never empty.
    pub message: &'a [u8],
}

impl<'a> PrekeyPacket<'a> {
    /// Takes a `PrekeyInit` packet apart.
    ///
    /// # Errors
    /// As ENC-01 to ENC-05; `length` for an empty message.
    pub fn decode(packet: &'a [u8]) -> Result<Self, BytesError> {
        let suite = read_prefix(packet, PacketType::PrekeyInit)?;
        let mut reader = Reader::new(packet);
        let handshake = reader.slice(prekey_init_length(suite))?;
        let message = reader.lp32()?;
        reader.finish()?;
        if message.is_empty() {
            return Err(BytesError::Length);
        }
        Ok(Self { suite, handshake, message })
    }

    /// Puts a packet together.
    pub fn encode(handshake: &[u8], message: &[u8]) -> Vec<u8> {
        let mut packet = handshake.to_vec();
        push_lp32(&mut packet, message);
        packet
    }

    /// What names this handshake in replay sets.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&[self.handshake])
    }

    /// The prekeys that it asks for.
    ///
    /// # Errors
    /// None that a decoded packet gives.
    pub fn names(&self) -> Result<Names, BytesError> {
        Clear::read(self.suite, self.handshake).map(|clear| clear.names)
    }
}

/// What an accepted handshake says; its message has still to be opened.
#[derive(Debug)]
pub struct PreparedAccepted {
    /// What the session starts from.
    pub agreement: Agreement,
    /// The initiator's card, verified.
    pub peer: Card,
    /// Whether the application had pinned this identity.
    pub pinned: bool,
    /// The initiator's manifest hashes.
    pub views: Views,
    /// The pre-shared secret that was used; zero: none.
    pub psk_id: PskId,
}

/// The clear part.
struct Clear<'a> {
    bytes: &'a [u8],
    ephemeral: [u8; 32],
    names: Names,
    ciphertext: Option<[u8; KEM_CIPHERTEXT]>,
}

impl<'a> Clear<'a> {
    fn read(suite: Suite, handshake: &'a [u8]) -> Result<Self, BytesError> {
        let bytes = Reader::new(handshake).slice(44 + super::kem(suite, 4 + KEM_CIPHERTEXT))?;
        let mut reader = Reader::new(bytes);
        reader.slice(4)?;
        let (ephemeral, signed, one_time) = (reader.array()?, reader.u32()?, reader.u32()?);
        let (kem, ciphertext) = match suite {
            Suite::X25519 => (None, None),
            Suite::Hybrid => (Some(reader.u32()?), Some(reader.array()?)),
        };
        reader.finish()?;
        let names = Names { signed, one_time: (one_time != 0).then_some(one_time), kem };
        Ok(Self { bytes, ephemeral, names, ciphertext })
    }
}

/// The sealed identity, opened with one of our cards.
struct Opened<'a> {
    our: &'a Card,
    t4: Transcript,
    ts_i: u64,
    card: [u8; CARD_LENGTH],
    psk_id: PskId,
    views: Views,
    ratchet: [u8; 32],
}

/// Steps 7 to 16 of chapter 5.7: changes nothing and draws nothing.
///
/// # Errors
/// As the table of chapter 5.7, in its order.
//= spec/05-prepared.md#5-7-responder
//# [PREP-20] A responder MUST apply the checks of this table in their order.
pub fn accept_prepared(
    local: &Local<'_>,
    standing: impl Fn(&Claim) -> Standing,
    private: &Private<'_>,
    packet: &PrekeyPacket<'_>,
    now: u64,
) -> Result<PreparedAccepted, Error> {
    let suite = packet.suite;
    let clear = Clear::read(suite, packet.handshake)?;
    let (spk, spk_secret) = private.signed;
    let ephemeral = DhPublic::decode(clear.ephemeral)?;
    let es = local.identity.agreement().agree(&ephemeral)?;
    let ee = spk_secret.agree(&ephemeral)?;
    let eo = private.one_time.map(|(_, secret)| secret.agree(&ephemeral)).transpose()?;
    let ss = private.kem.zip(clear.ciphertext);
    let ss = ss.map(|((_, seed), ciphertext)| KemSecret::new(seed).decapsulate(&ciphertext));
    let shares = Shares { ss: ss.as_ref(), ee: &ee, es: &es, eo: eo.as_ref() };
    let opened = open(local, private, packet, &clear, &shares)?;
    //= spec/05-prepared.md#5-7-responder
    //# [PREP-22] A responder MUST refuse a PrekeyInit as `time` unless `SPK.created - DAY <= ts_I
    //# <= now + DAY`, the bounds included.
    let from = spk.fields().created.saturating_sub(DAY);
    if opened.ts_i < from || opened.ts_i > now.saturating_add(DAY) {
        return Err(PeerError::Time.into());
    }
    let Opened { our, t4, ts_i, card, psk_id, .. } = &opened;
    let judged = judge(local, standing, &Claims { suite, our, ts_i: *ts_i, card, psk_id })?;
    let se = spk_secret.agree(&judged.peer.agreement_key())?;
    let secret = HandshakeSecret::new(suite, Extract::PREPARED, judged.psk, &shares, &se);
    let (_, sealed) = packet.handshake.split_last_chunk::<80>().ok_or(BytesError::Length)?;
    let signature = aead::open(&secret.signature(*t4), t4.hash(), sealed)?;
    let t5 = t4.mix(&[sealed]);
    let signature = signature.as_slice().try_into().map_err(|_| BytesError::Length)?;
    //= spec/05-prepared.md#5-7-responder
    //# [PREP-24] A responder MUST refuse a PrekeyInit whose `sig_I` does not verify under the `IK`
    //# of `card_I` as `signature`.
    judged.peer.verifier().verify(Purpose::PREPARED, t4.hash(), signature)?;
    let theirs = DhPublic::decode(opened.ratchet)?;
    let shared = first_step(private, &ephemeral, &theirs)?;
    let agreement = Agreement {
        suite,
        secret: secret.session(t5),
        transcript: *t5.hash(),
        ts_i: *ts_i,
        our: our.party(),
        their: judged.peer.party(),
        ratchet: RatchetStart::Responder { ours: *spk.key(), theirs, shared },
        reduced: reduced(private.one_time.is_some(), private.kem.map(|(record, _)| record)),
    };
    let (peer, pinned) = (judged.peer, judged.pinned);
    Ok(PreparedAccepted { agreement, peer, pinned, views: opened.views, psk_id: *psk_id })
}

//= spec/05-prepared.md#5-7-responder
//# [PREP-23] A responder MUST refuse a PrekeyInit whose identity opens with none of the cards that
//# it keeps, or whose signature part does not open, as `authentication`.
fn open<'a>(
    local: &Local<'a>,
    private: &Private<'_>,
    packet: &PrekeyPacket<'_>,
    clear: &Clear<'_>,
    shares: &Shares<'_>,
) -> Result<Opened<'a>, Error> {
    let mixed = [
        Some(private.signed.0.as_bytes()),
        private.one_time.map(|(record, _)| record.as_bytes()),
        private.kem.map(|(record, _)| record.as_bytes()),
    ];
    let secret = IdentitySecret::new(packet.suite, shares);
    let mut reader = Reader::new(packet.handshake);
    reader.slice(clear.bytes.len())?;
    let sealed = reader.slice(354)?;
    let (our, t2, body) = local
        .cards
        .iter()
        .find_map(|card| {
            let t2 = records(card, mixed).mix(&[clear.bytes]);
            aead::open(&secret.seal(t2), t2.hash(), sealed).ok().map(|body| (card, t2, body))
        })
        .ok_or(PeerError::Authentication)?;
    let t4 = t2.mix(&[&body]).mix(&[sealed]);
    let mut reader = Reader::new(&body);
    let (ts_i, card, psk_id) = (reader.u64()?, reader.array()?, reader.array()?);
    let (views, ratchet) = (reader.array()?, reader.array()?);
    reader.finish()?;
    Ok(Opened { our, t4, ts_i, card, psk_id, views, ratchet })
}

/// `X25519(SPK, RA)`, if `RA` is a key of its own.
//= spec/05-prepared.md#5-7-responder
//# [PREP-25] A responder MUST refuse a PrekeyInit whose `RA` is not canonical or agrees to zero
//# with the SPK as `key`, and as `protocol` when `RA` equals `EK_I`, the SPK or the OPK.
fn first_step(
    private: &Private<'_>,
    ephemeral: &DhPublic,
    theirs: &DhPublic,
) -> Result<Shared, Error> {
    let (spk, secret) = private.signed;
    let one_time = private.one_time.map(|(record, _)| record.key());
    if theirs == ephemeral || theirs == spk.key() || Some(theirs) == one_time {
        return Err(PeerError::Protocol.into());
    }
    Ok(secret.agree(theirs)?)
}
