"""Chapter 4.4 and 4.6: the responder receives Init and Complete."""

from . import kem
from .handshake import (
    Agreed,
    Claim,
    Remembered,
    Responded,
    handshake_secret,
    is_live,
    require_claim,
    start_hash,
)
from .notation import (
    COMPLETE_LENGTH,
    HALF_OPEN_PER_IDENTITY,
    HALF_OPEN_TOTAL,
    HALF_OPEN_UNPINNED,
    HYBRID,
    INIT_LENGTH,
    INIT_WINDOW,
    REPLAY_PER_IDENTITY,
    REPLAY_TOTAL,
    REPLAY_UNPINNED,
    TYPE_COMPLETE,
    TYPE_INIT,
    TYPE_RESPONSE,
    Refused,
    first_four,
    packet_type,
    suite_of,
    u64,
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
    sha256,
    sign,
    verify,
    x25519,
    x25519_public,
)

# 4.4 Responder: receiving Init

SEALED_LENGTH = 386


def respond(identity, cards, contacts, replay, half_open, now, views, init, draw, note=ignore):
    """`replay`: hash -> Remembered; `half_open`: id -> Responded; both without what has expired.

    `views`: of two cards. Gives the Response, what to keep and the cache entry.
    """
    packet_type(init, {TYPE_INIT})  # HS-06, step 1
    suite = suite_of(init)
    start = INIT_LENGTH[suite] - SEALED_LENGTH
    clear, sealed = init[:start], init[start:]
    ek_i, ek = clear[4:36], clear[36:]
    require_canonical(ek_i)  # step 2
    init_hash = sha256(init)
    if init_hash in replay:  # HS-07, step 3
        raise Refused("replay")
    if len(half_open) >= HALF_OPEN_TOTAL:  # HS-08, step 4
        raise Refused("busy")
    es = x25519(identity.idk_private, ek_i)  # step 5
    note("es", es)
    if suite == HYBRID:
        kem.require_valid(ek)  # PRIM-18
    k_es = extract(suite, bytes(32), b"init", es)
    note("k_es", k_es)
    card_r, h0, h1, init_seal, plain = _open_init(suite, cards, k_es, clear, sealed)  # HS-09, step 6
    note("h0", h0)
    note("h1", h1)
    note("init_seal", init_seal)
    claim, signature = Claim.read(plain), plain[Claim.LENGTH :]
    card_i = claim.card
    if abs(now - claim.ts_i) > INIT_WINDOW:  # HS-10, step 7
        raise Refused("time")
    psk = require_claim(identity, cards, contacts, card_r, suite, claim)  # steps 8 to 10
    pinned = contacts.is_pinned(card_i)  # CARD-11
    h2 = mix(h1, claim.encoded)
    note("h2", h2)
    verify(card_i.ik, b"init", h2, signature)  # HS-16, step 11
    _require_room(replay, half_open, card_i.ik, pinned)  # step 12
    h3 = mix(h2, sealed)
    note("h3", h3)

    ek_private = drawn(draw, 32)  # HS-21
    ek_r = x25519_public(ek_private)
    if ek_r == ek_i:  # PRIM-17: before the next draw
        raise Refused("random")
    rb_private = drawn(draw, 32)  # HS-21
    rb = x25519_public(rb_private)
    if rb in (ek_r, ek_i):  # PRIM-17
        raise Refused("random")
    note("ek_r", ek_r)
    note("rb", rb)
    ss, ct = b"", b""
    if suite == HYBRID:
        ss, ct = kem.encapsulate(ek, drawn(draw, 32))
        note("ss", ss)
    ee = x25519(ek_private, ek_i)  # step 13
    note("ee", ee)
    se = x25519(ek_private, card_i.idk)  # step 13
    note("se", se)
    hs = handshake_secret(suite, psk, b"interactive", ss, ee, es, se)
    note("hs", hs)
    handshake_id = expand(suite, k_es, b"handshake id", h3, 16)
    response_clear = first_four(TYPE_RESPONSE, suite) + handshake_id + ek_r + ct
    h4 = mix(h3, response_clear)
    note("h4", h4)
    answer = u64(now) + rb + views(card_r, card_i)  # DEV-15
    signature = sign(identity.ik_seed, b"response", mix(h4, answer))
    note("sig_r", signature)
    response_seal = expand(suite, hs, b"response seal", h4, 44)
    note("response_seal", response_seal)
    response_sealed = seal(response_seal, h4, answer + signature)
    h5 = mix(h4, response_sealed)
    note("h5", h5)
    response_mac = expand(suite, hs, b"response mac", h4, 32)
    note("response_mac", response_mac)
    mac_r = hmac_sha256(response_mac, h5)
    note("mac_r", mac_r)
    h6 = mix(h5, mac_r)
    note("h6", h6)
    kept = Responded(suite, handshake_id, now, claim, ek_i, ek_r, rb_private, rb, hs, h6, card_r, pinned)
    entry = (init_hash, Remembered(card_i.ik, pinned, claim.ts_i + INIT_WINDOW))  # HS-19
    return response_clear + response_sealed + mac_r, kept, entry


def _open_init(suite, cards, k_es, clear, sealed):
    for card in cards:
        h0 = start_hash(b"interactive", card)
        h1 = mix(h0, clear)
        init_seal = expand(suite, k_es, b"init seal", h1, 44)
        try:
            return card, h0, h1, init_seal, open_sealed(init_seal, h1, sealed)
        except Refused:
            continue
    raise Refused("authentication")  # HS-09


def _require_room(replay, half_open, ik, pinned):
    if sum(entry.claim.card.ik == ik for entry in half_open.values()) >= HALF_OPEN_PER_IDENTITY:  # HS-17
        raise Refused("busy")
    if sum(entry.ik == ik for entry in replay.values()) >= REPLAY_PER_IDENTITY:  # HS-17
        raise Refused("busy")
    if not pinned:  # HS-18
        if sum(not entry.pinned for entry in half_open.values()) >= HALF_OPEN_UNPINNED:
            raise Refused("busy")
        if sum(not entry.pinned for entry in replay.values()) >= REPLAY_UNPINNED:
            raise Refused("busy")
    if len(replay) >= REPLAY_TOTAL:  # HS-20
        raise Refused("busy")


# 4.6 Responder: receiving Complete


def complete(half_open, packet, now, note=ignore):
    """`half_open`: id -> Responded; `packet` a Complete packet whose message is left to the caller."""
    packet_type(packet, {TYPE_COMPLETE})  # step 1
    clear, sealed, mac_i = packet[:20], packet[20:132], packet[132:COMPLETE_LENGTH]
    responded = half_open.get(clear[4:20])
    if responded is None or not is_live(responded, now):  # step 2, HS-27
        raise Refused("unknown_handshake")
    if suite_of(packet) != responded.suite:  # step 1
        raise Refused("suite")
    suite, hs = responded.suite, responded.hs
    h7 = mix(responded.h6, clear)
    note("h7", h7)
    h8 = mix(h7, sealed)
    note("h8", h8)
    complete_mac = expand(suite, hs, b"complete mac", h7, 32)
    note("complete_mac", complete_mac)
    if not same(mac_i, hmac_sha256(complete_mac, h8)):  # HS-28, step 3
        raise Refused("authentication")
    complete_seal = expand(suite, hs, b"complete seal", h7, 44)
    note("complete_seal", complete_seal)
    plain = open_sealed(complete_seal, h7, sealed)  # HS-28, step 4
    ra, signature = plain[:32], plain[32:]
    verify(responded.claim.card.ik, b"complete", mix(h7, ra), signature)  # HS-29, step 5
    require_canonical(ra)  # HS-30, step 6
    if ra in (responded.rb, responded.ek_r, responded.ek_i):  # HS-30
        raise Refused("protocol")
    x25519(responded.rb_private, ra)  # PRIM-02
    h9 = mix(h8, mac_i)
    note("h9", h9)
    sk = expand(suite, hs, b"session", h9, 32)
    return responded, Agreed(suite, sk, h9, ra, responded.rb, responded.rb_private)
