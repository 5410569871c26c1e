"""Chapter 2: agreement, signatures, key derivation, authenticated encryption. ML-KEM: see kem.py."""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .notation import PROTO, Refused, lp32, u8, u16

FIELD = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

# The y coordinates of the eight points of small order, either sign of x: (0,1), (0,-1), the two of
# order 4 (y = 0) and the four of order 8.
_ORDER_EIGHT = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
SMALL_ORDER_Y = {1, FIELD - 1, 0, _ORDER_EIGHT, FIELD - _ORDER_EIGHT}


def ignore(label, value):
    """Takes the intermediate values of a computation when nobody compares them."""


def same(left, right):
    return hmac.compare_digest(left, right)  # PRIM-14


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac_sha256(key, data):
    assert len(key) == 32  # PRIM-10
    return hmac.digest(key, data, "sha256")


def drawn(draw, length):
    """A draw of exactly `length` bytes (PRIM-16)."""
    try:
        data = draw(length)
    except OSError:
        raise Refused("random") from None
    if len(data) != length:
        raise Refused("random")
    return bytes(data)


# 2.2 X25519


def require_canonical(public):
    if int.from_bytes(public, "little") >= FIELD:  # PRIM-01
        raise Refused("key")


def x25519(private, public):
    require_canonical(public)  # PRIM-01
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )
    except ValueError:  # the library's own check of PRIM-02
        raise Refused("key") from None
    if shared == bytes(32):  # PRIM-02
        raise Refused("key")
    return shared


def x25519_public(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


# 2.3 Ed25519


def ed25519_public(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _signed(purpose, digest):
    return PROTO + purpose + b"\x00" + digest  # PRIM-09


def sign(seed, purpose, digest):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(_signed(purpose, digest))  # PRIM-08


def _require_sound_point(encoding):
    y = int.from_bytes(encoding, "little") & (2**255 - 1)
    if y >= FIELD:  # PRIM-05; x = 0 with the sign set is among the points of small order
        raise Refused("signature")
    if y in SMALL_ORDER_Y:  # PRIM-04
        raise Refused("signature")


def verify(public, purpose, digest, signature):
    if len(public) != 32 or len(signature) != 64:
        raise Refused("signature")
    _require_sound_point(public)
    _require_sound_point(signature[:32])
    if int.from_bytes(signature[32:], "little") >= GROUP_ORDER:  # PRIM-03
        raise Refused("signature")
    try:
        # OpenSSL recomputes R without cofactor and compares its encoding (PRIM-06), one at a time (PRIM-07)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _signed(purpose, digest))
    except (InvalidSignature, ValueError):
        raise Refused("signature") from None


# 2.4 Key derivation


def mix(transcript, data):
    return sha256(transcript + lp32(data))


def extract(suite, salt, label, ikm):
    return hmac_sha256(salt, PROTO + u16(suite) + u8(len(label)) + label + ikm)


def expand(suite, prk, label, context, length):
    info = u16(length) + PROTO + u16(suite) + u8(len(label)) + label + u16(len(context)) + context
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac_sha256(prk, block + info + u8(counter))
        output += block
        counter += 1
    return output[:length]


# 2.5 Authenticated encryption


def seal(keys, ad, plaintext):
    return AESGCM(keys[:32]).encrypt(keys[32:44], plaintext, ad)  # PRIM-12


def open_sealed(keys, ad, sealed):
    if len(sealed) < 16:
        raise Refused("authentication")
    try:
        return AESGCM(keys[:32]).decrypt(keys[32:44], sealed, ad)
    except InvalidTag:  # PRIM-13
        raise Refused("authentication") from None
