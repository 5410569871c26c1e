"""Chapter 2.7: ML-KEM-768 with both random inputs given by the caller.

`kyber-py` lets the caller choose the randomness of an encapsulation; `cryptography` (48) does not.
It is Python and not constant-time: fit for reading vectors, not for a client.
"""

from kyber_py.ml_kem import ML_KEM_768

from .notation import Refused

EK_LENGTH, CT_LENGTH, SEED_LENGTH = 1184, 1088, 64
MODULUS = 3329
COEFFICIENTS_LENGTH = 1152  # 768 coefficients of 12 bits, two in three bytes; 32 bytes follow


def require_valid(ek):
    if len(ek) != EK_LENGTH:
        raise Refused("length")
    for i in range(0, COEFFICIENTS_LENGTH, 3):
        pair = int.from_bytes(ek[i : i + 3], "little")
        if pair & 0xFFF >= MODULUS or pair >> 12 >= MODULUS:  # PRIM-18
            raise Refused("key")


def public_key(seed):
    return ML_KEM_768.key_derive(seed)[0]


def encapsulate(ek, randomness):
    """The secret and the ciphertext."""
    require_valid(ek)
    return ML_KEM_768._encaps_internal(ek, randomness)


def decapsulate(seed, ct):
    """PRIM-19: a wrong ciphertext gives another secret. PREP-12: the key is expanded here and used once."""
    if len(ct) != CT_LENGTH:
        raise Refused("length")
    return ML_KEM_768.decaps(ML_KEM_768.key_derive(seed)[1], ct)
