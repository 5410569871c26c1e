//! Chapter 5.3 A device's own prekeys, and the replay set of 5.8.

use super::record::{CurveRecord, KemRecord, PrekeyType, Record, RecordFields};
use crate::crypto::dh::DhSecret;
use crate::crypto::draw;
use crate::crypto::kem::KemSecret;
use crate::crypto::sign::IdentityKey;
use crate::error::{CallerError, Error, PeerError};
use crate::keys::{Card, DeviceId, Identity};
use crate::limits::{
    DAY, ONE_TIME_PREKEYS, PREKEY_LIFETIME, PREKEY_RETENTION, PREKEY_ROTATION,
    PREPARED_PER_IDENTITY, PREPARED_TOTAL, PREPARED_UNPINNED,
};
use crate::secret::Secret;
use crate::wire::{Suite, be32};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// The private halves of a device's prekeys, and which handshakes they have served.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "a list that moves its elements leaves secrets behind")]
pub struct Prekeys {
    pub(super) generation: u64,
    pub(super) signed: Vec<Box<Signed>>,
    pub(super) one_time: Vec<Box<Curve>>,
    pub(super) kem: Vec<Box<Kem>>,
}

/// A curve prekey with its private half.
#[derive(Debug)]
pub(super) struct Curve {
    pub(super) record: CurveRecord,
    pub(super) secret: DhSecret,
}

/// A KEM prekey with its seed.
#[derive(Debug)]
pub(super) struct Kem {
    pub(super) record: KemRecord,
    pub(super) seed: Secret<64>,
}

/// A signed prekey and the handshakes that used it: whose each was, and whether that was pinned.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) prekey: Curve,
    pub(super) seen: BTreeMap<[u8; 32], (IdentityKey, bool)>,
    per_identity: BTreeMap<IdentityKey, usize>,
    unpinned: usize,
}

/// The prekeys that a `PrekeyInit` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// Id of the signed prekey.
    pub signed: u32,
    /// Id of the one-time prekey.
    pub one_time: Option<u32>,
    /// Id of the KEM prekey, in suite `0x0002`.
    pub kem: Option<u32>,
}

/// Records and private halves for one handshake.
#[derive(Debug, Clone, Copy)]
pub struct Private<'a> {
    /// The signed prekey.
    pub signed: (&'a CurveRecord, &'a DhSecret),
    /// The one-time prekey.
    pub one_time: Option<(&'a CurveRecord, &'a DhSecret)>,
    /// The KEM prekey: its record and seed.
    pub kem: Option<(&'a KemRecord, &'a Secret<64>)>,
}

impl Prekeys {
    /// Draws what PREP-10 demands now, and `one_time` prekeys of each kind. Returns the records to
    /// publish, in the order of the draws.
    ///
    /// # Errors
    /// `prekeys`, `random`; nothing but time has passed.
    //= spec/05-prepared.md#5-3-a-device-s-own-prekeys
    //# [PREP-10] A device MUST draw a new signed prekey, and for suite `0x0002` a new last-resort
    //# KEM prekey, when it has none that is valid at the present time and less than
    //# `PREKEY_ROTATION` old; each is judged by itself, and every prekey expires `PREKEY_LIFETIME`
    //# after its creation.
    pub fn replenish(
        &mut self,
        identity: &Identity,
        card: &Card,
        one_time: usize,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<Vec<u8>>, Error> {
        self.expire(now);
        let hybrid = card.fields().suites & Suite::Hybrid.bit() != 0;
        //= spec/05-prepared.md#5-3-a-device-s-own-prekeys
        //# [PREP-14] A device MUST refuse to hold more than `ONE_TIME_PREKEYS` one-time prekeys of
        //# a kind, as `prekeys`.
        let [curves, kems] = self.one_time();
        let held = if hybrid { curves.max(kems) } else { curves };
        if one_time > ONE_TIME_PREKEYS.saturating_sub(held) {
            return Err(CallerError::Prekeys.into());
        }
        let fresh = |record: &RecordFields| {
            record.created <= now.saturating_add(DAY)
                && now < record.expires
                && now.saturating_sub(record.created) < PREKEY_ROTATION
        };
        let signed = !self.signed.iter().any(|it| fresh(it.prekey.record.fields()));
        let mut last = self.kem.iter().filter(|it| !it.one_time());
        let last = !last.any(|it| fresh(it.record.fields()));

        let mut maker = Maker { identity, device: card.fields().device, now, used: self.ids() };
        let mut made = Self::default();
        if signed {
            made.signed.push(Box::new(Signed::new(maker.curve(PrekeyType::Signed, rng)?)));
        }
        if hybrid && last {
            made.kem.push(Box::new(maker.kem(PrekeyType::LastResortKem, rng)?));
        }
        for _ in 0..one_time {
            made.one_time.push(Box::new(maker.curve(PrekeyType::OneTime, rng)?));
        }
        for _ in 0..if hybrid { one_time } else { 0 } {
            made.kem.push(Box::new(maker.kem(PrekeyType::OneTimeKem, rng)?));
        }
        let records = made.records();
        self.generation += u64::from(!records.is_empty());
        self.signed.append(&mut made.signed);
        self.one_time.append(&mut made.one_time);
        self.kem.append(&mut made.kem);
        Ok(records)
    }

    /// Every record, by kind: signed, last-resort, one-time, one-time KEM.
    pub fn records(&self) -> Vec<Vec<u8>> {
        let (one_time_kem, last): (Vec<&Kem>, Vec<&Kem>) =
            self.kem.iter().map(AsRef::as_ref).partition(|it| it.one_time());
        let signed = self.signed.iter().map(|it| it.prekey.record.as_bytes());
        let one_time = self.one_time.iter().map(|it| it.record.as_bytes());
        let kem = |list: Vec<&Kem>| {
            list.into_iter().map(|it| it.record.as_bytes().to_vec()).collect::<Vec<_>>()
        };
        let signed = signed.map(<[u8]>::to_vec).chain(kem(last));
        signed.chain(one_time.map(<[u8]>::to_vec)).chain(kem(one_time_kem)).collect()
    }

    /// Erases private halves whose time has passed. Every operation treats them as gone anyway.
    //= spec/05-prepared.md#5-3-a-device-s-own-prekeys
    //# [PREP-11] A device MUST erase the private half of a prekey `PREKEY_RETENTION` after the
    //# record expires, and that of a one-time prekey when it has been used.
    pub fn expire(&mut self, now: u64) {
        self.signed.retain(|it| held(it.prekey.record.fields(), now));
        self.one_time.retain(|it| held(it.record.fields(), now));
        self.kem.retain(|it| held(it.record.fields(), now));
    }

    /// Whether a signed prekey that is still held was valid at any moment at which the card was.
    //= spec/03-keys.md#3-4-a-device-s-own-cards
    //# [CARD-17] A device MUST keep a card, and try a PrekeyInit against it, as long as it holds
    //# the private half of a signed prekey that was valid at any moment at which the card was: of
    //# both, `created` is less than the other's `expires` plus `DAY`.
    pub fn need(&self, card: &Card, now: u64) -> bool {
        let (from, to) = (card.fields().created, card.fields().expires);
        let mut signed = self.signed.iter().map(|it| it.prekey.record.fields());
        signed.any(|it| {
            let overlap =
                it.created < to.saturating_add(DAY) && from < it.expires.saturating_add(DAY);
            held(it, now) && overlap
        })
    }

    /// The private halves that a `PrekeyInit` with this hash asks for.
    ///
    /// # Errors
    /// `unknown_prekey`, `replay`, `busy` as steps 3 to 6 of chapter 5.7.
    pub fn find(&self, names: &Names, hash: &[u8; 32], now: u64) -> Result<Private<'_>, PeerError> {
        //= spec/05-prepared.md#5-7-responder
        //# [PREP-21] A responder MUST refuse a PrekeyInit as `unknown_prekey` when it does not hold
        //# the private half of a prekey that the packet names, or the prekey is of another type
        //# than its place asks for.
        let signed = self.signed(names.signed, now).ok_or(PeerError::UnknownPrekey)?;
        //= spec/05-prepared.md#5-8-the-same-handshake-bytes-again
        //# [PREP-29] A responder MUST keep the hash of the handshake bytes of every accepted
        //# PrekeyInit as long as the private half of the SPK, over restarts, and refuse known
        //# handshake bytes without a session as `replay`.
        if signed.seen.contains_key(hash) {
            return Err(PeerError::Replay);
        }
        if signed.seen.len() >= PREPARED_TOTAL {
            return Err(PeerError::Busy);
        }
        let one_time = names.one_time.map(|id| {
            let found = self.one_time.iter().find(|it| it.record.fields().id == id);
            found.filter(|it| held(it.record.fields(), now)).ok_or(PeerError::UnknownPrekey)
        });
        let kem = names.kem.map(|id| {
            let found = self.kem.iter().find(|it| it.record.fields().id == id);
            found.filter(|it| held(it.record.fields(), now)).ok_or(PeerError::UnknownPrekey)
        });
        Ok(Private {
            signed: (&signed.prekey.record, &signed.prekey.secret),
            one_time: one_time.transpose()?.map(|it| (&it.record, &it.secret)),
            kem: kem.transpose()?.map(|it| (&it.record, &it.seed)),
        })
    }

    /// Whether the replay set of a signed prekey takes one more entry of such an identity.
    ///
    /// # Errors
    /// `busy`.
    //= spec/05-prepared.md#5-7-responder
    //# [PREP-27] A responder MUST refuse a PrekeyInit as `busy` when the replay set of the SPK
    //# holds `PREPARED_TOTAL` entries, one of an identity that holds `PREPARED_PER_IDENTITY` of
    //# them, and one of an identity that is not pinned when such identities hold
    //# `PREPARED_UNPINNED`.
    pub fn room(
        &self,
        signed: u32,
        identity: &IdentityKey,
        pinned: bool,
        now: u64,
    ) -> Result<(), PeerError> {
        let room = self.signed(signed, now).is_some_and(|it| {
            let of_identity = it.per_identity.get(identity).copied().unwrap_or(0);
            it.seen.len() < PREPARED_TOTAL
                && of_identity < PREPARED_PER_IDENTITY
                && (pinned || it.unpinned < PREPARED_UNPINNED)
        });
        if room { Ok(()) } else { Err(PeerError::Busy) }
    }

    /// Notes an accepted `PrekeyInit` and erases the one-time prekeys that it used.
    pub fn consume(&mut self, names: &Names, hash: [u8; 32], identity: IdentityKey, pinned: bool) {
        if let Some(signed) =
            self.signed.iter_mut().find(|it| it.prekey.record.fields().id == names.signed)
        {
            signed.note(hash, identity, pinned);
        }
        self.one_time.retain(|it| Some(it.record.fields().id) != names.one_time);
        self.kem.retain(|it| !it.one_time() || Some(it.record.fields().id) != names.kem);
        self.generation += 1;
    }

    /// Notes a handshake of a session that was restored, unless it is noted.
    //= spec/05-prepared.md#5-8-the-same-handshake-bytes-again
    //# [PREP-34] After restoring sessions or prekeys a device MUST enter the handshake of every
    //# session of this handshake that it has into the replay set of its SPK, and erase the one-time
    //# prekeys that it used.
    pub(crate) fn reconcile(&mut self, names: &Names, hash: [u8; 32], identity: IdentityKey) {
        let signed = self.signed.iter().find(|it| it.prekey.record.fields().id == names.signed);
        if signed.is_some_and(|it| !it.seen.contains_key(&hash)) {
            self.consume(names, hash, identity, true);
        }
    }

    /// Grows with every commit.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Number of one-time curve prekeys and of one-time KEM prekeys.
    pub fn one_time(&self) -> [usize; 2] {
        [self.one_time.len(), self.kem.iter().filter(|it| it.one_time()).count()]
    }

    fn signed(&self, id: u32, now: u64) -> Option<&Signed> {
        let found =
            self.signed.iter().map(AsRef::as_ref).find(|it| it.prekey.record.fields().id == id);
        found.filter(|it| held(it.prekey.record.fields(), now))
    }

    fn ids(&self) -> Vec<u32> {
        let signed = self.signed.iter().map(|it| it.prekey.record.fields().id);
        let one_time = self.one_time.iter().map(|it| it.record.fields().id);
        let kem = self.kem.iter().map(|it| it.record.fields().id);
        signed.chain(one_time).chain(kem).collect()
    }
}

impl Signed {
    pub(super) const fn new(prekey: Curve) -> Self {
        Self { prekey, seen: BTreeMap::new(), per_identity: BTreeMap::new(), unpinned: 0 }
    }

    pub(super) fn note(&mut self, hash: [u8; 32], identity: IdentityKey, pinned: bool) {
        if self.seen.insert(hash, (identity, pinned)).is_none() {
            *self.per_identity.entry(identity).or_default() += 1;
            self.unpinned += usize::from(!pinned);
        }
    }
}

impl Kem {
    pub(super) fn one_time(&self) -> bool {
        self.record.fields().kind == PrekeyType::OneTimeKem
    }
}

/// Makes new prekeys with ids that are not in use.
struct Maker<'a> {
    identity: &'a Identity,
    device: DeviceId,
    now: u64,
    used: Vec<u32>,
}

impl Maker<'_> {
    fn curve(&mut self, kind: PrekeyType, rng: &mut impl TryCryptoRng) -> Result<Curve, Error> {
        let fields = self.fields(kind, rng)?;
        let secret = DhSecret::draw(rng)?;
        let record = Record::issue(self.identity.signing(), fields, secret.public())?;
        Ok(Curve { record, secret })
    }

    //= spec/05-prepared.md#5-3-a-device-s-own-prekeys
    //# [PREP-12] A device MUST NOT keep an ML-KEM private key longer than the call that uses it;
    //# what it keeps is the 64-byte seed.
    fn kem(&mut self, kind: PrekeyType, rng: &mut impl TryCryptoRng) -> Result<Kem, Error> {
        let fields = self.fields(kind, rng)?;
        let seed = draw(rng)?;
        let record =
            Record::issue(self.identity.signing(), fields, *KemSecret::new(&seed).public())?;
        Ok(Kem { record, seed })
    }

    //= spec/05-prepared.md#5-3-a-device-s-own-prekeys
    //# [PREP-13] The id of a new prekey MUST be drawn at random; when it is zero or in use on this
    //# device, the id is the next greater number, zero following 2^32 - 1, that is neither.
    fn fields(
        &mut self,
        kind: PrekeyType,
        rng: &mut impl TryCryptoRng,
    ) -> Result<RecordFields, CallerError> {
        let drawn: Secret<4> = draw(rng)?;
        let mut id = be32(*drawn.expose());
        while id == 0 || self.used.contains(&id) {
            id = id.wrapping_add(1);
        }
        self.used.push(id);
        let expires = self.now.saturating_add(PREKEY_LIFETIME);
        Ok(RecordFields { kind, id, device: self.device, created: self.now, expires })
    }
}

const fn held(fields: &RecordFields, now: u64) -> bool {
    now < fields.expires.saturating_add(PREKEY_RETENTION)
}
