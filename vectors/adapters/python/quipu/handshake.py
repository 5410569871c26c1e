"""Chapter 4: the interactive handshake, both roles, as functions that change nothing.

The caller (device.py) keeps open handshakes, the half-open table and the replay cache.
"""

from dataclasses import dataclass

from .keys import Card, Identity, handshake_suite, verify_card
from .notation import (
    COMPLETE_LENGTH,
    HALF_OPEN_LIFETIME,
    HALF_OPEN_PER_IDENTITY,
    HALF_OPEN_TOTAL,
    HALF_OPEN_UNPINNED,
    INIT_WINDOW,
    PROTO,
    REPLAY_PER_IDENTITY,
    REPLAY_TOTAL,
    REPLAY_UNPINNED,
    SUITE,
    TYPE_COMPLETE,
    TYPE_INIT,
    TYPE_RESPONSE,
    Refused,
    first_four,
    number,
    packet_type,
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


# 4.3 Initiator: sending Init


def initiate(identity: Identity, card_i, card_r_bytes, now, floor, views, draw, note=ignore):
    card_r = verify_card(card_r_bytes)  # HS-01
    card_r.require_valid(now)  # HS-02
    if card_r.ik == identity.ik:  # HS-03
        raise Refused("identity")
    if handshake_suite(card_i, card_r) != SUITE:  # CARD-12
        raise Refused("suite")
    ts_i = max(now, floor + 1)  # HS-05
    if ts_i - now > INIT_WINDOW:  # HS-05
        raise Refused("window")

    ek_private = drawn(draw, 32)  # HS-04
    ek_i = x25519_public(ek_private)
    note("ek_i", ek_i)
    es = x25519(ek_private, card_r.idk)
    note("es", es)
    k_es = extract(bytes(32), b"init", es)
    note("k_es", k_es)
    clear = first_four(TYPE_INIT) + ek_i
    h0 = start_hash(card_r)
    note("h0", h0)
    h1 = mix(h0, clear)
    note("h1", h1)
    content = u64(ts_i) + card_i.raw + NO_PSK_ID + views
    h2 = mix(h1, content)
    note("h2", h2)
    signature = sign(identity.ik_seed, b"init", h2)
    note("sig_i1", signature)
    init_seal = expand(k_es, b"init seal", h1, 44)
    note("init_seal", init_seal)
    sealed = seal(init_seal, h1, content + signature)
    h3 = mix(h2, sealed)
    note("h3", h3)
    handshake_id = expand(k_es, b"handshake id", h3, 16)
    return clear + sealed, Initiated(handshake_id, now, ts_i, ek_private, ek_i, es, h3, card_i, card_r)


# 4.4 Responder: receiving Init


def respond(identity, cards, pins, replay, half_open, now, views, init, draw, note=ignore):
    """`replay`: hash -> Remembered; `half_open`: id -> Responded; both without what has expired.

    `pins`: (address field, device) -> IK. Gives the Response, what to keep and the cache entry.
    """
    packet_type(init, {TYPE_INIT})  # HS-06, step 1
    clear, sealed = init[:36], init[36:]
    ek_i = clear[4:36]
    require_canonical(ek_i)  # step 2
    init_hash = sha256(init)
    if init_hash in replay:  # HS-07, step 3
        raise Refused("replay")
    if len(half_open) >= HALF_OPEN_TOTAL:  # HS-08, step 4
        raise Refused("busy")
    es = x25519(identity.idk_private, ek_i)  # step 5
    note("es", es)
    k_es = extract(bytes(32), b"init", es)
    note("k_es", k_es)
    card_r, h0, h1, init_seal, plain = _open_init(cards, k_es, clear, sealed)  # HS-09, step 6
    note("h0", h0)
    note("h1", h1)
    note("init_seal", init_seal)
    content, signature = plain[:306], plain[306:]
    ts_i = number(content[:8])
    card_i = Card(content[8:226])
    psk_id, views_i = content[226:242], content[242:306]
    if abs(now - ts_i) > INIT_WINDOW:  # HS-10, step 7
        raise Refused("time")
    place = (card_i.address_field, card_i.device)
    if card_i.ik == identity.ik or any(place == (own.address_field, own.device) for own in cards):
        raise Refused("identity")  # HS-11, step 8
    pin = pins.get(place)
    if pin is not None and pin != card_i.ik:  # HS-12
        raise Refused("identity")
    pinned = pin is not None
    if psk_id != NO_PSK_ID:  # HS-13, step 9
        raise Refused("authentication")
    verify_card(card_i.raw)  # HS-14, step 10
    card_i.require_valid(ts_i)  # HS-14
    if handshake_suite(card_i, card_r) != SUITE:  # HS-15
        raise Refused("suite")
    h2 = mix(h1, content)
    note("h2", h2)
    verify(card_i.ik, b"init", h2, signature)  # HS-16, step 11
    _require_room(replay, half_open, card_i.ik, pinned)  # step 12
    h3 = mix(h2, sealed)
    note("h3", h3)

    ek_private = drawn(draw, 32)  # HS-21
    rb_private = drawn(draw, 32)  # HS-21
    ek_r, rb = x25519_public(ek_private), x25519_public(rb_private)
    if len({ek_i, ek_r, rb}) != 3:  # PRIM-17
        raise Refused("random")
    note("ek_r", ek_r)
    note("rb", rb)
    ee = x25519(ek_private, ek_i)
    note("ee", ee)
    se = x25519(ek_private, card_i.idk)
    note("se", se)
    hs = handshake_secret(ee, es, se)
    note("hs", hs)
    handshake_id = expand(k_es, b"handshake id", h3, 16)
    response_clear = first_four(TYPE_RESPONSE) + handshake_id + ek_r
    h4 = mix(h3, response_clear)
    note("h4", h4)
    answer = u64(now) + rb + views
    signature = sign(identity.ik_seed, b"response", mix(h4, answer))
    note("sig_r", signature)
    response_seal = expand(hs, b"response seal", h4, 44)
    note("response_seal", response_seal)
    response_sealed = seal(response_seal, h4, answer + signature)
    h5 = mix(h4, response_sealed)
    note("h5", h5)
    response_mac = expand(hs, b"response mac", h4, 32)
    note("response_mac", response_mac)
    mac_r = hmac_sha256(response_mac, h5)
    note("mac_r", mac_r)
    h6 = mix(h5, mac_r)
    note("h6", h6)
    kept = Responded(
        handshake_id, now, ts_i, ek_i, ek_r, rb_private, rb, hs, h6, card_i, card_r, views_i, pinned
    )
    entry = (init_hash, Remembered(card_i.ik, pinned, ts_i + INIT_WINDOW))  # HS-19
    return response_clear + response_sealed + mac_r, kept, entry


def _open_init(cards, k_es, clear, sealed):
    for card in cards:
        h0 = start_hash(card)
        h1 = mix(h0, clear)
        init_seal = expand(k_es, b"init seal", h1, 44)
        try:
            return card, h0, h1, init_seal, open_sealed(init_seal, h1, sealed)
        except Refused:
            continue
    raise Refused("authentication")  # HS-09


def _require_room(replay, half_open, ik, pinned):
    if sum(entry.card_i.ik == ik for entry in half_open.values()) >= HALF_OPEN_PER_IDENTITY:  # HS-17
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


# 4.5 Initiator: receiving Response


def finish(identity, open_handshakes, response, now, draw, note=ignore):
    """`open_handshakes`: id -> Initiated. Gives Initiated, the 164 bytes of Complete, Agreed, ts_R, views."""
    packet_type(response, {TYPE_RESPONSE})  # step 1
    clear, sealed, mac_r = response[:52], response[52:236], response[236:]
    initiated = open_handshakes.get(clear[4:20])
    if initiated is None or not is_live(initiated, now):  # HS-22, step 2
        raise Refused("unknown_handshake")
    ek_r = clear[20:52]
    ee = x25519(initiated.ek_private, ek_r)  # step 3
    note("ee", ee)
    se = x25519(identity.idk_private, ek_r)
    note("se", se)
    hs = handshake_secret(ee, initiated.es, se)
    note("hs", hs)
    h4 = mix(initiated.h3, clear)
    note("h4", h4)
    h5 = mix(h4, sealed)
    note("h5", h5)
    response_mac = expand(hs, b"response mac", h4, 32)
    note("response_mac", response_mac)
    if not same(mac_r, hmac_sha256(response_mac, h5)):  # HS-23, step 4
        raise Refused("authentication")
    h6 = mix(h5, mac_r)
    note("h6", h6)
    response_seal = expand(hs, b"response seal", h4, 44)
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
    complete_clear = first_four(TYPE_COMPLETE) + initiated.handshake_id
    h7 = mix(h6, complete_clear)
    note("h7", h7)
    signature = sign(identity.ik_seed, b"complete", mix(h7, ra))
    note("sig_i2", signature)
    complete_seal = expand(hs, b"complete seal", h7, 44)
    note("complete_seal", complete_seal)
    complete_sealed = seal(complete_seal, h7, ra + signature)
    h8 = mix(h7, complete_sealed)
    note("h8", h8)
    complete_mac = expand(hs, b"complete mac", h7, 32)
    note("complete_mac", complete_mac)
    mac_i = hmac_sha256(complete_mac, h8)
    note("mac_i", mac_i)
    h9 = mix(h8, mac_i)
    note("h9", h9)
    agreed = Agreed(expand(hs, b"session", h9, 32), h9, ra, rb, ra_private)
    return initiated, complete_clear + complete_sealed + mac_i, agreed, ts_r, views_r


# 4.6 Responder: receiving Complete


def complete(half_open, packet, now, note=ignore):
    """`half_open`: id -> Responded; `packet` a Complete packet whose message is left to the caller."""
    packet_type(packet, {TYPE_COMPLETE})  # step 1
    clear, sealed, mac_i = packet[:20], packet[20:132], packet[132:COMPLETE_LENGTH]
    responded = half_open.get(clear[4:20])
    if responded is None or not is_live(responded, now):  # step 2, HS-27
        raise Refused("unknown_handshake")
    hs = responded.hs
    h7 = mix(responded.h6, clear)
    note("h7", h7)
    h8 = mix(h7, sealed)
    note("h8", h8)
    complete_mac = expand(hs, b"complete mac", h7, 32)
    note("complete_mac", complete_mac)
    if not same(mac_i, hmac_sha256(complete_mac, h8)):  # HS-28, step 3
        raise Refused("authentication")
    complete_seal = expand(hs, b"complete seal", h7, 44)
    note("complete_seal", complete_seal)
    plain = open_sealed(complete_seal, h7, sealed)  # HS-28, step 4
    ra, signature = plain[:32], plain[32:]
    verify(responded.card_i.ik, b"complete", mix(h7, ra), signature)  # HS-29, step 5
    require_canonical(ra)  # HS-30, step 6
    if ra in (responded.rb, responded.ek_r, responded.ek_i):  # HS-30
        raise Refused("protocol")
    x25519(responded.rb_private, ra)  # PRIM-02
    h9 = mix(h8, mac_i)
    note("h9", h9)
    return responded, Agreed(expand(hs, b"session", h9, 32), h9, ra, responded.rb, responded.rb_private)
