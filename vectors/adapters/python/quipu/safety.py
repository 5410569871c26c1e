"""Chapter 9.5: what two users compare."""

import hashlib

from .notation import FINGERPRINT_ITERATIONS, PROTO, Refused, number, u8
from .primitives import ignore, same

CODE_LENGTH = 65


def fingerprint(key, address, note=ignore):
    value = hashlib.sha512(PROTO + b"fingerprint" + u8(1) + key + u8(len(address)) + address + key).digest()
    note("first", value)
    for _ in range(FINGERPRINT_ITERATIONS - 1):
        value = hashlib.sha512(value + key).digest()
    return value


def digits(value):
    return "".join(f"{number(value[i : i + 5]) % 100_000:05}" for i in range(0, 30, 5))


def safety_number(own, peer):
    """Of two fingerprints, the same on both sides (DEV-20)."""
    return "".join(sorted([digits(own), digits(peer)]))


def scannable(own, peer):
    return u8(1) + own[:32] + peer[:32]


def require_scanned(code, own, peer):
    """DEV-21: the peer's code shows the peer first."""
    if len(code) != CODE_LENGTH:
        raise Refused("length")
    if code[0] != 1:
        raise Refused("version")
    if not same(code, scannable(peer, own)):
        raise Refused("identity")
