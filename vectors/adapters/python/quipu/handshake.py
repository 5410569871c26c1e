"""Chapter 4: what both roles of the interactive handshake share. See initiator.py and responder.py.

All three are functions that change nothing; the caller (device.py) keeps open handshakes, the
half-open table and the replay cache.
"""

from dataclasses import dataclass

from .keys import Card
from .notation import HALF_OPEN_LIFETIME, PROTO
from .primitives import extract, mix, sha256

NO_PSK = bytes(32)
NO_PSK_ID = bytes(16)
NO_VIEWS = bytes(64)


@dataclass(frozen=True)
class Initiated:
    """What the initiator keeps between Init and Response."""

    handshake_id: bytes
    created: int
    ts_i: int
    ek_private: bytes
    ek_i: bytes
    es: bytes
    h3: bytes
    card_i: Card
    card_r: Card


@dataclass(frozen=True)
class Responded:
    """What the responder keeps between Response and Complete."""

    handshake_id: bytes
    created: int
    ts_i: int
    ek_i: bytes
    ek_r: bytes
    rb_private: bytes
    rb: bytes
    hs: bytes
    h6: bytes
    card_i: Card
    card_r: Card
    views_i: bytes
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

    sk: bytes
    transcript: bytes
    ra: bytes
    rb: bytes
    ratchet_private: bytes  # of RA for the initiator, of RB for the responder


def start_hash(card_r):
    return mix(sha256(PROTO + b"interactive"), card_r.raw)


def handshake_secret(ee, es, se):
    return extract(NO_PSK, b"interactive", ee + es + se)


def is_live(half_open, now):
    return now < half_open.created + HALF_OPEN_LIFETIME  # HS-27


def contradicts_pin(pins, card):
    """`pins`: (address field, device) -> IK (HS-12, HS-39)."""
    pin = pins.get((card.address_field, card.device))
    return pin is not None and pin != card.ik


def is_pinned(pins, card):
    return pins.get((card.address_field, card.device)) == card.ik  # CARD-11
