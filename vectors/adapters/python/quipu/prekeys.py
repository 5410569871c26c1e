"""Chapter 5.1 to 5.3: prekey records, the bundle, a device's own prekeys."""

from dataclasses import dataclass, field, replace
from typing import Optional

from . import kem
from .keys import CARD_LENGTH, Card, verify_card
from .notation import (
    DAY,
    HYBRID,
    ONE_TIME_PREKEYS,
    PREKEY_LIFETIME,
    PREKEY_RETENTION,
    PREKEY_ROTATION,
    PREPARED_PER_IDENTITY,
    PREPARED_TOTAL,
    PREPARED_UNPINNED,
    Refused,
    number,
    u8,
    u32,
    u64,
)
from .snapshots import pack, unpack
from .primitives import drawn, ignore, require_canonical, sha256, sign, verify, x25519_public

SPK, OPK, ONE_TIME_KEM, LAST_RESORT_KEM = 0x01, 0x02, 0x03, 0x04
KEM_TYPES = {ONE_TIME_KEM, LAST_RESORT_KEM}
ONE_TIME_TYPES = {OPK, ONE_TIME_KEM}
CURVE_RECORD, KEM_RECORD = 122, 1274
KEY_OFFSET, SIGNATURE_LENGTH = 26, 64
BUNDLE_OPK, BUNDLE_PQK = 0b01, 0b10


def record_length(record_type):
    return KEM_RECORD if record_type in KEM_TYPES else CURVE_RECORD


def public_half(record_type, private):
    return kem.public_key(private) if record_type in KEM_TYPES else x25519_public(private)


# 5.1 Prekey records


@dataclass(frozen=True)
class Record:
    raw: bytes

    @property
    def type(self):
        return self.raw[1]

    @property
    def id(self):
        return number(self.raw[2:6])

    @property
    def device(self):
        return self.raw[6:10]

    @property
    def created(self):
        return number(self.raw[10:18])

    @property
    def expires(self):
        return number(self.raw[18:26])

    @property
    def key(self):
        return self.raw[KEY_OFFSET:-SIGNATURE_LENGTH]

    def is_valid(self, time):
        return self.created <= time + DAY and time < self.expires

    def require_valid(self, time):
        if not self.is_valid(time):
            raise Refused("time")


def issue_record(ik_seed, record_type, record_id, device, created, expires, private, note=ignore):
    if not 0 < record_id < 2**32 or not 0 <= created < expires < 2**64:  # as PREP-02
        raise Refused("encoding")
    key = public_half(record_type, private)
    note("key", key)
    body = u8(1) + u8(record_type) + u32(record_id) + device + u64(created) + u64(expires) + key
    digest = sha256(body)
    note("hash", digest)
    return Record(body + sign(ik_seed, b"prekey", digest))


def verify_record(raw, types, ik, device):
    if len(raw) < 2:  # PREP-01
        raise Refused("length")
    if raw[0] != 1:
        raise Refused("version")
    if raw[1] not in types:
        raise Refused("type")
    if len(raw) != record_length(raw[1]):
        raise Refused("length")
    record = Record(bytes(raw))
    if record.id == 0 or record.expires <= record.created:  # PREP-02
        raise Refused("encoding")
    if record.type in KEM_TYPES:  # PREP-03
        kem.require_valid(record.key)
    else:
        require_canonical(record.key)
    verify(ik, b"prekey", sha256(raw[:-SIGNATURE_LENGTH]), raw[-SIGNATURE_LENGTH:])  # PREP-04
    if record.device != device:  # PREP-05
        raise Refused("identity")
    return record


# 5.2 The bundle


@dataclass(frozen=True)
class Bundle:
    card: Card
    spk: Record
    opk: Optional[Record] = None
    pqk: Optional[Record] = None

    @property
    def encoded(self):
        parts = (BUNDLE_OPK if self.opk else 0) | (BUNDLE_PQK if self.pqk else 0)
        behind = b"".join(record.raw for record in (self.spk, self.opk, self.pqk) if record)
        return u8(1) + u8(parts) + self.card.raw + behind


def verify_bundle(raw, now):
    if len(raw) < 2:  # PREP-06
        raise Refused("length")
    if raw[0] != 1:
        raise Refused("version")
    if raw[1] & ~(BUNDLE_OPK | BUNDLE_PQK):
        raise Refused("encoding")
    opk_length = CURVE_RECORD if raw[1] & BUNDLE_OPK else 0
    pqk_length = KEM_RECORD if raw[1] & BUNDLE_PQK else 0
    ends = [2]
    for length in (CARD_LENGTH, CURVE_RECORD, opk_length, pqk_length):
        ends.append(ends[-1] + length)
    if len(raw) != ends[-1]:
        raise Refused("length")
    card, spk, opk, pqk = (raw[start:end] for start, end in zip(ends, ends[1:]))

    card = verify_card(card)  # PREP-07
    spk = verify_record(spk, {SPK}, card.ik, card.device)
    opk = verify_record(opk, {OPK}, card.ik, card.device) if opk else None
    pqk = verify_record(pqk, KEM_TYPES, card.ik, card.device) if pqk else None
    for part in (card, spk, opk, pqk):  # PREP-08
        if part:
            part.require_valid(now)
    return Bundle(card, spk, opk, pqk)


# 5.3 A device's own prekeys


@dataclass(frozen=True)
class OwnPrekey:
    record: Record
    private: bytes  # of a KEM prekey the seed (PREP-12)
    replay: dict = field(default_factory=dict)  # of a signed prekey: hash of handshake bytes -> (IK, pinned)

    @property
    def age_key(self):
        return self.record.created, self.record.id

    def is_here(self, now):
        return now < self.record.expires + PREKEY_RETENTION  # PREP-11

    def require_room(self):
        if len(self.replay) >= PREPARED_TOTAL:  # PREP-27
            raise Refused("busy")

    def require_room_for(self, ik, pinned):
        entries = self.replay.values()
        if sum(one == ik for one, _ in entries) >= PREPARED_PER_IDENTITY:  # PREP-27
            raise Refused("busy")
        if not pinned and sum(not one for _, one in entries) >= PREPARED_UNPINNED:  # PREP-27
            raise Refused("busy")

    def is_fresh(self, now):
        """PREP-10: valid, and not due for its successor."""
        return self.record.is_valid(now) and now - self.record.created < PREKEY_ROTATION


@dataclass(frozen=True)
class Prekeys:
    """The private halves and their replay sets: one value with a generation (5.8)."""

    held: dict = field(default_factory=dict)  # id -> OwnPrekey; replaced, never changed
    generation: int = 0

    def _with(self, held):
        return replace(self, held=held, generation=self.generation + 1)

    def current(self, now):
        """Without those whose time has passed (PREP-11)."""
        return replace(self, held={name: one for name, one in self.held.items() if one.is_here(now)})

    def of_type(self, record_type):
        return [one for one in self.held.values() if one.record.type == record_type]

    def find(self, record_id, *types):
        one = self.held.get(record_id)
        if one is None or one.record.type not in types:  # PREP-21
            raise Refused("unknown_prekey")
        return one

    def covers(self, card):
        """CARD-17: a signed prekey was valid at a moment at which the card was."""
        signed = [one.record for one in self.of_type(SPK)]
        return any(one.created < card.expires + DAY and card.created < one.expires + DAY for one in signed)

    def issue(self, ik_seed, device, suite, now, one_time, draw):
        """What PREP-10 demands, then `one_time` of each kind: prekeys and the new records (8.7)."""
        hybrid = suite == HYBRID
        kinds = [OPK, ONE_TIME_KEM] if hybrid else [OPK]
        if any(len(self.of_type(kind)) + one_time > ONE_TIME_PREKEYS for kind in kinds):  # PREP-14
            raise Refused("prekeys")
        lasting = [SPK, LAST_RESORT_KEM] if hybrid else [SPK]
        wanted = [kind for kind in lasting if not any(one.is_fresh(now) for one in self.of_type(kind))]  # PREP-10
        wanted += [kind for kind in kinds for _ in range(one_time)]
        held, records = dict(self.held), []
        for kind in wanted:
            record_id = number(drawn(draw, 4))
            while record_id == 0 or record_id in held:  # PREP-13
                record_id = (record_id + 1) % 2**32
            private = drawn(draw, kem.SEED_LENGTH if kind in KEM_TYPES else 32)
            record = issue_record(ik_seed, kind, record_id, device, now, now + PREKEY_LIFETIME, private)
            held[record_id] = OwnPrekey(record, private)
            records.append(record)
        return self._with(held) if records else self, records

    # 5.8: the snapshot

    def snapshot(self):
        def entries(one):
            return sorted([name.hex(), ik.hex(), pinned] for name, (ik, pinned) in one.replay.items())

        held = sorted([one.record.raw.hex(), one.private.hex(), entries(one)] for one in self.held.values())
        return pack({"generation": self.generation, "prekeys": held})

    @staticmethod
    def restore(snapshot, least_generation=0):
        plain, held = unpack(snapshot), {}
        try:
            for record, private, replay in plain["prekeys"]:
                record = Record(bytes.fromhex(record))
                replay = {bytes.fromhex(name): (bytes.fromhex(ik), pinned) for name, ik, pinned in replay}
                held[record.id] = OwnPrekey(record, bytes.fromhex(private), replay)
            prekeys = Prekeys(held, plain["generation"])
        except (KeyError, TypeError, ValueError):
            raise Refused("snapshot") from None  # PREP-31
        if prekeys.snapshot() != snapshot:  # PREP-31
            raise Refused("snapshot")
        if prekeys.generation < least_generation:  # PREP-31
            raise Refused("rollback")
        return prekeys

    def used(self, ids, handshake_hash, ik, pinned):
        """After a PrekeyInit was accepted (PREP-26), or again after a restore (PREP-34).

        `ids`: of the prekeys that it used. What is not here any more is passed over.
        """
        held = {
            name: one
            for name, one in self.held.items()
            if name not in ids or one.record.type not in ONE_TIME_TYPES  # PREP-11
        }
        for name in set(ids) & set(held):
            spk = held[name]
            if spk.record.type == SPK and handshake_hash not in spk.replay:
                held[name] = replace(spk, replay={**spk.replay, handshake_hash: (ik, pinned)})
        return self if held == self.held else self._with(held)

    def filled(self, spk_id, entries):
        """As if handshakes had been accepted. `entries`: hash -> (IK, pinned)."""
        spk = self.held[spk_id]
        return self._with({**self.held, spk_id: replace(spk, replay={**spk.replay, **entries})})
