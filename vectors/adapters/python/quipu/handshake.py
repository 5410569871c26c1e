"""What chapters 4 and 5 share. See initiator.py and responder.py (4), prepared.py (5).

All three are functions that change nothing; the caller (device.py) keeps open handshakes, the
half-open table, the replay cache and the prekeys.
"""

from dataclasses import dataclass

from .keys import Card, verify_card
from .notation import HALF_OPEN_LIFETIME, HYBRID, PROTO, Refused, number, u64
from .primitives import extract, mix, sha256


@dataclass(frozen=True)
class Claim:
    """What the initiator says about itself under a seal, in Init and in PrekeyInit."""

    LENGTH = 306

    ts_i: int
    card: Card
    psk_id: bytes
    views: bytes

    @property
    def encoded(self):
        return u64(self.ts_i) + self.card.raw + self.psk_id + self.views

    @staticmethod
    def read(data):
        return Claim(number(data[:8]), Card(data[8:226]), data[226:242], data[242:306])


@dataclass(frozen=True)
class Initiated:
    """What the initiator keeps between Init and Response."""

    suite: int
    handshake_id: bytes
    created: int
    claim: Claim
    psk: bytes
    ek_private: bytes
    kem_seed: bytes  # empty in suite 0x0001
    ek_i: bytes
    es: bytes
    h3: bytes
    card_r: Card


@dataclass(frozen=True)
class Responded:
    """What the responder keeps between Response and Complete."""

    suite: int
    handshake_id: bytes
    created: int
    claim: Claim
    ek_i: bytes
    ek_r: bytes
    rb_private: bytes
    rb: bytes
    hs: bytes
    h6: bytes
    card_r: Card
    pinned: bool


@dataclass(frozen=True)
class Remembered:
    """One entry of the replay cache."""

    ik: bytes
    pinned: bool
    until: int


@dataclass(frozen=True)
class Agreed:
    """What a finished handshake gives to a session."""

    suite: int
    sk: bytes
    transcript: bytes
    ra: bytes
    rb: bytes  # the signed prekey in chapter 5
    ratchet_private: bytes  # of RA for the initiator, of RB for the responder


def start_hash(label, card_r):
    return mix(sha256(PROTO + label), card_r.raw)


def handshake_secret(suite, psk, label, ss, ee, es, se, eo=b""):
    return extract(suite, psk, label, ss + ee + es + se + eo)


def is_live(half_open, now):
    return now < half_open.created + HALF_OPEN_LIFETIME  # HS-27


def plan(identity, card_i, card_r, contacts, now, floor, ahead, has_kem=True):
    """Suite and ts_I of a handshake that we start towards a verified card (4.3, PREP-15).

    `ahead`: how far ts_I may be.
    """
    contacts.require_identity(card_r)  # HS-39, DEV-10
    if card_r.ik == identity.ik:  # HS-03
        raise Refused("identity")
    suite = contacts.suite_with(card_i, card_r)  # CARD-12, CARD-16
    if suite == HYBRID and not has_kem:  # PREP-09
        raise Refused("suite")
    ts_i = now if floor is None else max(now, floor + 1)  # HS-05, PREP-16
    if ts_i - now > ahead:
        raise Refused("window")
    card_i.require_valid(ts_i)  # HS-02
    return suite, ts_i


def require_claim(identity, cards, contacts, card_r, suite, claim):
    """The pre-shared secret of a handshake that we receive, its claim judged (4.4 and 5.7)."""
    card_i = claim.card
    place = (card_i.address_field, card_i.device)
    if card_i.ik == identity.ik or any(place == (own.address_field, own.device) for own in cards):
        raise Refused("identity")  # HS-11
    contacts.require_identity(card_i)  # HS-12, DEV-10
    psk = contacts.accepted_psk(claim.psk_id, card_i.ik)  # HS-13
    verify_card(card_i.raw)  # HS-14
    card_i.require_valid(claim.ts_i)  # HS-14
    if contacts.suite_with(card_r, card_i) != suite:  # HS-15, CARD-16
        raise Refused("suite")
    return psk
