"""Chapter 4.3 and 4.5: the initiator sends Init and receives Response."""

from . import kem
from .handshake import Agreed, Claim, Initiated, handshake_secret, is_live, plan, start_hash
from .keys import Identity, verify_card
from .notation import (
    HYBRID,
    INIT_WINDOW,
    RESPONSE_LENGTH,
    TYPE_COMPLETE,
    TYPE_INIT,
    TYPE_RESPONSE,
    Refused,
    first_four,
    number,
    packet_type,
    suite_of,
)
from .primitives import (
    drawn,
    expand,
    extract,
    hmac_sha256,
    ignore,
    mix,
    open_sealed,
    require_canonical,
    same,
    seal,
    sign,
    verify,
    x25519,
    x25519_public,
)

# 4.3 Initiator: sending Init


def initiate(identity: Identity, card_i, card_r_bytes, contacts, now, floor, views, draw, note=ignore):
    """Gives Init and what to keep.

    `floor`: ts_I of the greatest confirmed session with that device, or None. `views`: of two cards.
    """
    card_r = verify_card(card_r_bytes)  # HS-01
    card_r.require_valid(now)  # HS-02
    suite, ts_i = plan(identity, card_i, card_r, contacts, now, floor, INIT_WINDOW)
    psk_id, psk = contacts.psk_for(card_r.ik)  # HS-41
    claim = Claim(ts_i, card_i, psk_id, views(card_i, card_r))  # DEV-15

    ek_private = drawn(draw, 32)  # HS-04
    ek_i = x25519_public(ek_private)
    note("ek_i", ek_i)
    kem_seed, ek = b"", b""
    if suite == HYBRID:
        kem_seed = drawn(draw, kem.SEED_LENGTH)
        ek = kem.public_key(kem_seed)
        note("ek", ek)
    es = x25519(ek_private, card_r.idk)
    note("es", es)
    k_es = extract(suite, bytes(32), b"init", es)
    note("k_es", k_es)
    clear = first_four(TYPE_INIT, suite) + ek_i + ek
    h0 = start_hash(b"interactive", card_r)
    note("h0", h0)
    h1 = mix(h0, clear)
    note("h1", h1)
    h2 = mix(h1, claim.encoded)
    note("h2", h2)
    signature = sign(identity.ik_seed, b"init", h2)
    note("sig_i1", signature)
    init_seal = expand(suite, k_es, b"init seal", h1, 44)
    note("init_seal", init_seal)
    sealed = seal(init_seal, h1, claim.encoded + signature)
    h3 = mix(h2, sealed)
    note("h3", h3)
    handshake_id = expand(suite, k_es, b"handshake id", h3, 16)
    kept = Initiated(suite, handshake_id, now, claim, psk, ek_private, kem_seed, ek_i, es, h3, card_r)
    return clear + sealed, kept


# 4.5 Initiator: receiving Response

SEALED_LENGTH = 184


def finish(identity, open_handshakes, response, now, draw, note=ignore):
    """`open_handshakes`: id -> Initiated. Gives Initiated, the 164 bytes of Complete, Agreed, ts_R, views."""
    packet_type(response, {TYPE_RESPONSE})  # step 1
    suite = suite_of(response)
    start = RESPONSE_LENGTH[suite] - SEALED_LENGTH - 32
    clear, sealed, mac_r = response[:start], response[start:-32], response[-32:]
    initiated = open_handshakes.get(clear[4:20])
    if initiated is None or not is_live(initiated, now):  # HS-22, step 2
        raise Refused("unknown_handshake")
    if suite != initiated.suite:  # step 1
        raise Refused("suite")
    ek_r, ct = clear[20:52], clear[52:]
    require_canonical(ek_r)  # step 3
    ss = b""
    if suite == HYBRID:
        ss = kem.decapsulate(initiated.kem_seed, ct)  # PRIM-19
        note("ss", ss)
    ee = x25519(initiated.ek_private, ek_r)  # step 3
    note("ee", ee)
    se = x25519(identity.idk_private, ek_r)
    note("se", se)
    hs = handshake_secret(suite, initiated.psk, b"interactive", ss, ee, initiated.es, se)
    note("hs", hs)
    h4 = mix(initiated.h3, clear)
    note("h4", h4)
    h5 = mix(h4, sealed)
    note("h5", h5)
    response_mac = expand(suite, hs, b"response mac", h4, 32)
    note("response_mac", response_mac)
    if not same(mac_r, hmac_sha256(response_mac, h5)):  # HS-23, step 4
        raise Refused("authentication")
    h6 = mix(h5, mac_r)
    note("h6", h6)
    response_seal = expand(suite, hs, b"response seal", h4, 44)
    note("response_seal", response_seal)
    plain = open_sealed(response_seal, h4, sealed)  # HS-23, step 5
    answer, signature = plain[:104], plain[104:]
    verify(initiated.card_r.ik, b"response", mix(h4, answer), signature)  # HS-24, step 6
    ts_r, rb, views_r = number(answer[:8]), answer[8:40], answer[40:104]
    require_canonical(rb)  # HS-25, step 7
    if len({rb, ek_r, initiated.ek_i}) != 3:  # HS-25
        raise Refused("protocol")

    ra_private = drawn(draw, 32)
    ra = x25519_public(ra_private)
    if ra in (rb, ek_r, initiated.ek_i):  # PRIM-17
        raise Refused("random")
    x25519(ra_private, rb)  # PRIM-02
    note("ra", ra)
    complete_clear = first_four(TYPE_COMPLETE, suite) + initiated.handshake_id
    h7 = mix(h6, complete_clear)
    note("h7", h7)
    signature = sign(identity.ik_seed, b"complete", mix(h7, ra))
    note("sig_i2", signature)
    complete_seal = expand(suite, hs, b"complete seal", h7, 44)
    note("complete_seal", complete_seal)
    complete_sealed = seal(complete_seal, h7, ra + signature)
    h8 = mix(h7, complete_sealed)
    note("h8", h8)
    complete_mac = expand(suite, hs, b"complete mac", h7, 32)
    note("complete_mac", complete_mac)
    mac_i = hmac_sha256(complete_mac, h8)
    note("mac_i", mac_i)
    h9 = mix(h8, mac_i)
    note("h9", h9)
    agreed = Agreed(suite, expand(suite, hs, b"session", h9, 32), h9, ra, rb, ra_private)
    return initiated, complete_clear + complete_sealed + mac_i, agreed, ts_r, views_r
