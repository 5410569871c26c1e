"""Chapter 3: device identity and cards."""

from dataclasses import dataclass

from .notation import CARDS_KEPT, DAY, INIT_WINDOW, Refused, number, u8, u32, u64
from .primitives import (
    drawn,
    ed25519_public,
    ignore,
    require_canonical,
    sha256,
    sign,
    verify,
    x25519_public,
)

CARD_LENGTH = 218
SIGNED_LENGTH = 154
DEFINED_SUITES = 0b11  # suites 0x0001 and 0x0002; other bits are ignored (CARD-09)


@dataclass(frozen=True)
class Identity:
    ik_seed: bytes
    idk_private: bytes

    @staticmethod
    def new(draw):
        # KEY-01: two draws, neither derived from the other
        return Identity(drawn(draw, 32), drawn(draw, 32))

    @property
    def ik(self):
        return ed25519_public(self.ik_seed)

    @property
    def idk(self):
        return x25519_public(self.idk_private)


@dataclass(frozen=True)
class Card:
    raw: bytes

    @property
    def suites(self):
        return number(self.raw[1:5])

    @property
    def address_field(self):
        """Length and padded address: equal exactly when the addresses of two verified cards are equal."""
        return self.raw[5:70]

    @property
    def address(self):
        return self.raw[6 : 6 + self.raw[5]]

    @property
    def device(self):
        return self.raw[70:74]

    @property
    def ik(self):
        return self.raw[74:106]

    @property
    def idk(self):
        return self.raw[106:138]

    @property
    def created(self):
        return number(self.raw[138:146])

    @property
    def expires(self):
        return number(self.raw[146:154])

    def require_valid(self, time):
        if not (self.created <= time + DAY and time < self.expires):  # CARD-10
            raise Refused("time")

    def is_kept(self, now):
        return now <= self.expires + INIT_WINDOW  # CARD-13


def address_field(address):
    return u8(len(address)) + address + bytes(64 - len(address))


def issue_card(identity, suites, address, device, created, expires, note=ignore):
    in_range = 0 <= suites < 2**32 and 0 <= created < expires < 2**64
    if not in_range or not suites & 1 or not 1 <= len(address) <= 64 or len(device) != 4:  # CARD-15
        raise Refused("encoding")
    ik, idk = identity.ik, identity.idk
    note("ik", ik)
    note("idk", idk)
    body = u8(1) + u32(suites) + address_field(address) + device + ik + idk + u64(created) + u64(expires)
    digest = sha256(body)
    note("hash", digest)
    return Card(body + sign(identity.ik_seed, b"card", digest))


def verify_card(raw):
    if len(raw) != CARD_LENGTH:  # CARD-01
        raise Refused("length")
    if raw[0] != 1:  # CARD-02
        raise Refused("version")
    card = Card(bytes(raw))
    if not card.suites & 1:  # CARD-03
        raise Refused("encoding")
    if not 1 <= raw[5] <= 64:  # CARD-04
        raise Refused("encoding")
    if any(raw[6 + raw[5] : 70]):  # CARD-05
        raise Refused("encoding")
    if card.expires <= card.created:  # CARD-06
        raise Refused("encoding")
    require_canonical(card.idk)  # CARD-07
    verify(card.ik, b"card", sha256(raw[:SIGNED_LENGTH]), raw[SIGNED_LENGTH:])  # CARD-08
    return card


def handshake_suite(one, other):
    """The highest suite that both cards list (CARD-12)."""
    return (one.suites & other.suites & DEFINED_SUITES).bit_length()


def kept_cards(cards, now, is_needed):
    """`is_needed`: whether a signed prekey still needs the card (CARD-17).

    The newest stays whatever the clock says: it is what the device is (5.3), and a clock may run ahead.
    """
    return tuple(card for card in cards if card.is_kept(now) or is_needed(card) or card is cards[-1])  # CARD-13


def with_issued(cards, card):
    if len(cards) >= CARDS_KEPT:  # CARD-14
        raise Refused("cards")
    return (*cards, card)
