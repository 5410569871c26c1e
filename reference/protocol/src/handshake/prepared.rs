//! Chapter 5.4 to 5.6: the prepared handshake, as its initiator makes it.

use super::initiator::{Start, suite, timestamp};
use super::schedule::{HandshakeSecret, IdentitySecret, Shares, Transcript};
use super::{Agreement, Psk, RatchetStart, prekey_init_length};
use crate::crypto::dh::DhSecret;
use crate::crypto::labels::{Extract, Purpose, Start as Begin};
use crate::crypto::{aead, draw};
use crate::error::{BytesError, CallerError, Error};
use crate::keys::{Card, Identity};
use crate::limits::DAY;
use crate::prekeys::{Bundle, KemRecord, PrekeyType};
use crate::wire::{PacketType, Suite};
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// A prepared handshake that has been made and not been sent.
#[derive(Debug)]
pub struct PreparedStart {
    /// The handshake bytes, to be put before every message until the responder has answered.
    pub handshake: Vec<u8>,
    /// What the session starts from.
    pub agreement: Agreement,
}

/// The records that a handshake in `suite` uses, mixed in their order.
///
/// ```text
/// t1 = mix(t0, SPK record), then mixed with the OPK record if used, then with the PQK record if used
/// ```
pub(super) fn records(responder: &Card, records: [Option<&[u8]>; 3]) -> Transcript {
    let t0 = Transcript::begin(Begin::PREPARED, responder);
    records.into_iter().flatten().fold(t0, |t, record| t.mix(&[record]))
}

/// Whether the first chain rests on prekeys that outlive it.
//= spec/05-prepared.md#5-9-reduced-forward-secrecy
//# [PREP-33] An implementation MUST report a session of this handshake as `reduced_forward_secrecy`
//# when no OPK was used, or in suite `0x0002` a last-resort PQK, until an initiator has accepted a
//# message on it, and a responder one of a later chain than the first.
pub(super) fn reduced(one_time: bool, kem: Option<&KemRecord>) -> bool {
    !one_time || kem.is_some_and(|it| it.fields().kind == PrekeyType::LastResortKem)
}

/// Starts a prepared handshake towards the owner of `bundle`. Draws `EK_I`, in suite `0x0002` the
/// encapsulation, and `RA`.
///
/// # Errors
/// `time`, `identity`, `suite`, `window`, `time`, `random`, `key`, in this order.
//= spec/05-prepared.md#5-6-initiator
//# [PREP-15] An initiator MUST check in this order: the bundle as PREP-06 and PREP-07; `time` as
//# PREP-08; pin and identity as HS-39 and HS-03; the suite as CARD-12, CARD-16 and PREP-09;
//# `window` when `ts_I` is more than `DAY` ahead of its present time; its own card valid at `ts_I`.
pub fn prepare(
    identity: &Identity,
    our: &Card,
    bundle: &Bundle,
    start: &Start<'_>,
    rng: &mut impl TryCryptoRng,
) -> Result<PreparedStart, Error> {
    bundle.valid_at(start.now)?;
    let peer = bundle.card();
    let suite = suite(identity, our, peer, start)?;
    //= spec/05-prepared.md#5-2-the-bundle
    //# [PREP-09] An initiator MUST refuse a bundle without a PQK as `suite` when the suite of the
    //# handshake is `0x0002`; it never falls back to suite `0x0001`.
    let kem = match suite {
        Suite::X25519 => None,
        Suite::Hybrid => Some(bundle.kem().ok_or(BytesError::Suite)?),
    };
    let ts_i = timestamp(start, DAY)?;
    our.valid_at(ts_i)?;

    let (signed, one_time) = (bundle.signed(), bundle.one_time());
    let ephemeral = DhSecret::draw(rng)?;
    let sealed = kem.map(|it| Ok::<_, Error>(it.key().encapsulate(&draw(rng)?))).transpose()?;
    let ours = DhSecret::draw(rng)?;
    //= spec/05-prepared.md#5-6-initiator
    //# [PREP-17] An initiator MUST draw a fresh `EK_I` and a fresh `RA` for each PrekeyInit and
    //# refuse as `random` an `RA` that equals `EK_I`, the SPK or the OPK; all draws come before the
    //# first agreement.
    let others = [Some(ephemeral.public()), Some(*signed.key()), one_time.map(|it| *it.key())];
    if others.contains(&Some(ours.public())) {
        return Err(CallerError::Random.into());
    }
    let es = ephemeral.agree(&peer.agreement_key())?;
    let ee = ephemeral.agree(signed.key())?;
    let eo = one_time.map(|it| ephemeral.agree(it.key())).transpose()?;
    let se = identity.agreement().agree(signed.key())?;
    let shared = ours.agree(signed.key())?;
    let (ciphertext, ss) = sealed.unzip();
    let shares = Shares { ss: ss.as_ref(), ee: &ee, es: &es, eo: eo.as_ref() };
    let secret = HandshakeSecret::new(suite, Extract::PREPARED, start.psk, &shares, &se);

    let mut packet = Vec::with_capacity(prekey_init_length(suite));
    packet.extend_from_slice(&PacketType::PrekeyInit.prefix(suite));
    packet.extend_from_slice(ephemeral.public().as_bytes());
    packet.extend_from_slice(&signed.fields().id.to_be_bytes());
    packet.extend_from_slice(&one_time.map_or(0, |it| it.fields().id).to_be_bytes());
    packet.extend(kem.iter().flat_map(|it| it.fields().id.to_be_bytes()));
    packet.extend(ciphertext.iter().flatten());

    let mixed =
        [Some(signed.as_bytes()), one_time.map(|it| it.as_bytes()), kem.map(|it| it.as_bytes())];
    let t2 = records(peer, mixed).mix(&[&packet]);
    let psk_id = start.psk.map(Psk::id).unwrap_or_default();
    let public = ours.public();
    let body =
        [ts_i.to_be_bytes().as_slice(), our.as_bytes(), &psk_id, &start.views, public.as_bytes()]
            .concat();
    let t3 = t2.mix(&[&body]);
    let clear = packet.len();
    aead::seal(IdentitySecret::new(suite, &shares).seal(t2), t2.hash(), &body, &mut packet);
    let t4 = t3.mix(&[packet.get(clear..).unwrap_or_default()]);
    let signature = identity.signing().sign(Purpose::PREPARED, t4.hash());
    let identified = packet.len();
    aead::seal(secret.signature(t4), t4.hash(), &signature, &mut packet);
    let t5 = t4.mix(&[packet.get(identified..).unwrap_or_default()]);
    let agreement = Agreement {
        suite,
        secret: secret.session(t5),
        transcript: *t5.hash(),
        ts_i,
        our: our.party(),
        their: peer.party(),
        ratchet: RatchetStart::Initiator { ours, theirs: *signed.key(), shared },
        reduced: reduced(one_time.is_some(), kem),
    };
    Ok(PreparedStart { handshake: packet, agreement })
}
