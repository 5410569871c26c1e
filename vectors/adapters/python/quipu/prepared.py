"""Chapter 5.4 to 5.8: one message to a peer that is offline, both roles."""

from dataclasses import dataclass

from . import kem
from .handshake import Agreed, Claim, handshake_secret, plan, require_claim, start_hash
from .keys import Card
from .notation import (
    DAY,
    HYBRID,
    PREPARED_LENGTH,
    TYPE_PREPARED,
    Refused,
    first_four,
    number,
    require_first_four,
    suite_of,
    u32,
)
from .prekeys import KEM_TYPES, LAST_RESORT_KEM, OPK, SPK
from .primitives import (
    drawn,
    expand,
    extract,
    ignore,
    mix,
    open_sealed,
    require_canonical,
    seal,
    sha256,
    sign,
    verify,
    x25519,
    x25519_public,
)

IDENTITY_LENGTH = Claim.LENGTH + 32 + 16
SEALED_LENGTH = IDENTITY_LENGTH + 64 + 16
NO_ID = 0


@dataclass(frozen=True)
class Prepared:
    """What either side knows when the handshake is done."""

    agreed: Agreed
    claim: Claim
    card_r: Card
    reduced: bool  # PREP-33
    handshake_hash: bytes


@dataclass(frozen=True)
class Opened:
    """A PrekeyInit as the responder judged it."""

    prepared: Prepared
    pinned: bool
    used: tuple  # ids of the prekeys, the signed one first


def _identity_key(suite, ss, ee, es, eo):
    return extract(suite, bytes(32), b"prepared identity", ss + ee + es + eo)


def _transcript(card_r, records, clear):
    t0 = start_hash(b"prepared", card_r)
    t1 = t0
    for record in records:
        t1 = mix(t1, record.raw)
    return t0, t1, mix(t1, clear)


def _is_reduced(opk, pqk):
    return opk is None or (pqk is not None and pqk.type == LAST_RESORT_KEM)  # PREP-33


# 5.6 Initiator


def initiate(identity, card_i, bundle, contacts, now, floor, views, draw, note=ignore):
    """`bundle`: verified and valid (PREP-15). Gives the handshake bytes and Prepared."""
    card_r, spk, opk = bundle.card, bundle.spk, bundle.opk
    has_kem = bundle.pqk is not None
    suite, ts_i = plan(identity, card_i, card_r, contacts, now, floor, DAY, has_kem)  # PREP-16
    pqk = bundle.pqk if suite == HYBRID else None
    psk_id, psk = contacts.psk_for(card_r.ik)  # HS-41
    claim = Claim(ts_i, card_i, psk_id, views(card_i, card_r))  # DEV-15

    ek_private = drawn(draw, 32)  # PREP-17
    randomness = drawn(draw, 32) if pqk else b""
    ra_private = drawn(draw, 32)
    ek_i, ra = x25519_public(ek_private), x25519_public(ra_private)
    if ra in (ek_i, spk.key, opk and opk.key):
        raise Refused("random")
    note("ek_i", ek_i)
    ss, ct = b"", b""
    if pqk:
        ss, ct = kem.encapsulate(pqk.key, randomness)
        note("ss", ss)
    es = x25519(ek_private, card_r.idk)
    note("es", es)
    ee = x25519(ek_private, spk.key)
    note("ee", ee)
    eo = b""
    if opk:
        eo = x25519(ek_private, opk.key)
        note("eo", eo)
    se = x25519(identity.idk_private, spk.key)
    note("se", se)
    k_id = _identity_key(suite, ss, ee, es, eo)
    note("k_id", k_id)
    hs = handshake_secret(suite, psk, b"prepared", ss, ee, es, se, eo)
    note("hs", hs)
    clear = first_four(TYPE_PREPARED, suite) + ek_i + u32(spk.id) + u32(opk.id if opk else NO_ID)
    if pqk:
        clear += u32(pqk.id) + ct
    t0, t1, t2 = _transcript(card_r, [record for record in (spk, opk, pqk) if record], clear)
    note("t0", t0)
    note("t1", t1)
    note("t2", t2)
    note("ra", ra)
    content = claim.encoded + ra
    t3 = mix(t2, content)
    note("t3", t3)
    identity_seal = expand(suite, k_id, b"identity seal", t2, 44)
    note("identity_seal", identity_seal)
    sealed_identity = seal(identity_seal, t2, content)
    t4 = mix(t3, sealed_identity)
    note("t4", t4)
    signature = sign(identity.ik_seed, b"prepared", t4)
    note("sig_i", signature)
    signature_seal = expand(suite, hs, b"signature seal", t4, 44)
    note("signature_seal", signature_seal)
    sealed_signature = seal(signature_seal, t4, signature)
    t5 = mix(t4, sealed_signature)
    note("t5", t5)
    handshake = clear + sealed_identity + sealed_signature
    agreed = Agreed(suite, expand(suite, hs, b"session", t5, 32), t5, ra, spk.key, ra_private)
    return handshake, Prepared(agreed, claim, card_r, _is_reduced(opk, pqk), sha256(handshake))


# 5.7 Responder


def require_layout(handshake):
    """Step 1, without the message."""
    require_first_four(handshake, {TYPE_PREPARED})
    if len(handshake) != PREPARED_LENGTH[suite_of(handshake)]:  # ENC-05
        raise Refused("length")


def respond(identity, cards, contacts, prekeys, now, handshake, note=ignore):
    """Steps 3 to 17 for handshake bytes of the right layout that no session here bears; draws nothing."""
    suite, handshake_hash = suite_of(handshake), sha256(handshake)
    clear, sealed = handshake[:-SEALED_LENGTH], handshake[-SEALED_LENGTH:]
    sealed_identity, sealed_signature = sealed[:IDENTITY_LENGTH], sealed[IDENTITY_LENGTH:]
    ek_i, spk_id, opk_id = clear[4:36], number(clear[36:40]), number(clear[40:44])
    spk = prekeys.find(spk_id, SPK)  # PREP-21, step 3
    if handshake_hash in spk.replay:  # PREP-29, step 4
        raise Refused("replay")
    spk.require_room()  # PREP-27, step 5
    opk = prekeys.find(opk_id, OPK) if opk_id != NO_ID else None  # PREP-21, step 6
    pqk = prekeys.find(number(clear[44:48]), *KEM_TYPES) if suite == HYBRID else None
    used = [one.record for one in (spk, opk, pqk) if one]

    require_canonical(ek_i)  # step 7
    ss, eo = b"", b""
    if pqk:
        ss = kem.decapsulate(pqk.private, clear[48:])
        note("ss", ss)
    es = x25519(identity.idk_private, ek_i)
    note("es", es)
    ee = x25519(spk.private, ek_i)
    note("ee", ee)
    if opk:
        eo = x25519(opk.private, ek_i)
        note("eo", eo)
    k_id = _identity_key(suite, ss, ee, es, eo)
    note("k_id", k_id)
    card_r, hashes, identity_seal, content = _open_identity(suite, cards, used, clear, k_id, sealed_identity)  # step 8
    t0, t1, t2 = hashes
    note("t0", t0)
    note("t1", t1)
    note("t2", t2)
    note("identity_seal", identity_seal)
    claim, ra = Claim.read(content), content[Claim.LENGTH :]
    card_i = claim.card
    if not spk.record.created - DAY <= claim.ts_i <= now + DAY:  # PREP-22, step 9
        raise Refused("time")
    psk = require_claim(identity, cards, contacts, card_r, suite, claim)  # steps 10 to 12
    t3 = mix(t2, content)
    note("t3", t3)
    t4 = mix(t3, sealed_identity)
    note("t4", t4)
    se = x25519(spk.private, card_i.idk)  # step 13
    note("se", se)
    hs = handshake_secret(suite, psk, b"prepared", ss, ee, es, se, eo)
    note("hs", hs)
    signature_seal = expand(suite, hs, b"signature seal", t4, 44)
    note("signature_seal", signature_seal)
    signature = open_sealed(signature_seal, t4, sealed_signature)  # PREP-23, step 14
    verify(card_i.ik, b"prepared", t4, signature)  # PREP-24, step 15
    require_canonical(ra)  # PREP-25, step 16
    if ra in (ek_i, spk.record.key, opk and opk.record.key):
        raise Refused("protocol")
    x25519(spk.private, ra)
    pinned = contacts.is_pinned(card_i)  # CARD-11
    spk.require_room_for(card_i.ik, pinned)  # step 17
    t5 = mix(t4, sealed_signature)
    note("t5", t5)
    agreed = Agreed(suite, expand(suite, hs, b"session", t5, 32), t5, ra, spk.record.key, spk.private)
    reduced = _is_reduced(opk and opk.record, pqk and pqk.record)
    ids = tuple(record.id for record in used)
    return Opened(Prepared(agreed, claim, card_r, reduced, handshake_hash), pinned, ids)


def _open_identity(suite, cards, used, clear, k_id, sealed):
    for card in cards:
        hashes = _transcript(card, used, clear)
        identity_seal = expand(suite, k_id, b"identity seal", hashes[2], 44)
        try:
            return card, hashes, identity_seal, open_sealed(identity_seal, hashes[2], sealed)
        except Refused:
            continue
    raise Refused("authentication")  # PREP-23
