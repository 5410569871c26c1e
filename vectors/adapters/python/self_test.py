"""A conversation of this implementation with itself: `check.py --self-test`."""

import hashlib
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from quipu import Refused, kem, primitives, safety, storage
from quipu.device import Device
from quipu.handshake import Agreed
from quipu.keys import Identity, issue_card
from quipu.manifests import ListedDevice, announcement, issue_manifest
from quipu.message import PADDED_LENGTHS, TYPE_ANNOUNCEMENT, pad
from quipu.notation import (
    CHAIN_MAX,
    DAY,
    INITIATOR,
    PREKEY_LIFETIME,
    PREKEY_RETENTION,
    PREPARED_PER_IDENTITY,
    RESPONDER,
    SKIPPED_KEYS,
    UNCONFIRMED_AGE,
    lp32,
    u32,
)
from quipu.prekeys import LAST_RESORT_KEM, ONE_TIME_KEM, OPK, SPK, Bundle, Prekeys, Record
from quipu.session import Session
from quipu.sessions import Sessions
from quipu.snapshots import VERSION_AT
from reader.files import SCRIPTS, is_negative, load_directory
from reader.outcome import SeededDraws, plain

NOW = 1_700_000_000_000
HERE = Path(__file__).resolve().parent


class Source:
    """Draws that can be repeated."""

    def __init__(self, seed):
        self.seed, self.count = seed, 0

    def __call__(self, length):
        self.count += 1
        return hashlib.shake_256(f"{self.seed} {self.count}".encode()).digest(length)


def refuses(name, operation, *devices):
    before = [device.state() for device in devices]
    try:
        operation()
    except Refused as refusal:
        assert refusal.name == name, (name, refusal.name)
        assert before == [device.state() for device in devices], "a refusal changed state"
        return
    raise AssertionError(f"not refused: {name}")


def new_device(name, draw, suites=1, number=1):
    identity = Identity.new(draw)
    card = issue_card(identity, suites, name, bytes([0, 0, 0, number]), NOW - 1000, NOW + 30 * DAY)
    return Device(identity, [card]), card


def small_orders():
    """The list of y coordinates in primitives.py, against the curve itself."""
    p, d = primitives.FIELD, -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)

    def add(a, b):
        t = d * a[0] * b[0] * a[1] * b[1] % p
        x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + t, -1, p) % p
        return x, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, p) % p

    for y in primitives.SMALL_ORDER_Y:
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        if (x * x - square) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        assert (x * x - square) % p == 0
        point = (x, y)
        for _ in range(3):
            point = add(point, point)
        assert point == (0, 1)


def conversation():
    draw, chance = Source("conversation"), random.Random(1)
    a, card_a = new_device(b"alice", draw)
    b, card_b = new_device(b"bob", draw)
    init = a.initiate(card_b.raw, NOW, draw)
    for position in range(len(init)):
        forged = bytearray(init)
        forged[position] ^= 1
        try:
            Device(b.identity, [card_b]).receive(bytes(forged), NOW, draw)
            raise AssertionError(position)
        except Refused:
            pass
    _, [response] = b.receive(init, NOW, draw)
    refuses("replay", lambda: b.receive(init, NOW, draw), b)
    _, [complete] = a.receive(response, NOW, draw)
    refuses("unknown_handshake", lambda: a.receive(response, NOW, draw), a)
    _, first = a.send(card_b.ik, 1, b"first", NOW, draw)
    assert len(first) == 168 + 380
    events, [receipt] = b.receive(first, NOW, draw)
    assert [event["event"] for event in events] == ["established", "message"]
    events, replies = b.receive(complete, NOW + 500, draw)
    assert [event["event"] for event in events] == ["repeated"] and not replies
    events, packets = a.due(NOW + 2000)
    assert not events and packets == [(card_b.ik, complete)]
    events, _ = a.receive(receipt, NOW + 2500, draw, card_b.ik)
    assert [event["event"] for event in events] == ["confirmed", "message"]

    queues, accepted = {id(a): [], id(b): []}, 0
    for i in range(200):
        sender, receiver, to, by = chance.choice([(a, b, card_b, card_a), (b, a, card_a, card_b)])
        content = chance.randbytes(chance.choice([0, 1, 250, 251, 252, 3000]))
        _, packet = sender.send(to.ik, chance.choice([1, 0x80, 0xFF]), content, NOW + 3000 + i, draw)
        queue = queues[id(receiver)]
        if chance.random() > 0.2:
            queue.append(packet)
        while queue and chance.random() < 0.5:
            taken = queue.pop(chance.randrange(len(queue)))
            events, _ = receiver.receive(taken, NOW + 3000 + i, draw, by.ik)
            accepted += 1
            refuses("duplicate", lambda: receiver.receive(taken, NOW + 3000 + i, draw, by.ik), receiver)
            spoiled = taken[:-1] + bytes([taken[-1] ^ 1])
            refuses("unknown_session", lambda: receiver.receive(spoiled, NOW + 3000 + i, draw, by.ik), receiver)
        if i % 50 == 25:
            sender.restart(True)
    assert accepted > 60, accepted
    _, goodbye = a.close(card_b.ik, NOW + 5000, draw)
    refuses("closed", lambda: a.send(card_b.ik, 1, b"", NOW + 5000, draw), a)
    events, _ = b.receive(goodbye, NOW + 5000, draw, card_a.ik)
    assert events[-1]["type"] == 3


def crossing():
    draw = Source("crossing")
    a, card_a = new_device(b"alice", draw)
    b, card_b = new_device(b"bob", draw)
    init_a, init_b = a.initiate(card_b.raw, NOW, draw), b.initiate(card_a.raw, NOW + 1, draw)
    _, [response_b] = b.receive(init_a, NOW, draw)
    _, [response_a] = a.receive(init_b, NOW, draw)
    _, [complete_a] = a.receive(response_b, NOW, draw)
    _, [complete_b] = b.receive(response_a, NOW, draw)
    _, [receipt_b] = b.receive(complete_a, NOW, draw)
    _, [receipt_a] = a.receive(complete_b, NOW, draw)
    a.receive(receipt_b, NOW, draw, card_b.ik)
    b.receive(receipt_a, NOW, draw, card_a.ik)
    _, packet = a.send(card_b.ik, 1, b"hello", NOW, draw)
    events, _ = b.receive(packet, NOW, draw, card_a.ik)
    greatest = b._contents.sessions(card_a.ik).held[0]
    assert events[0]["session"] == greatest.session_id and greatest.session.ts_i == NOW + 1
    assert [held.status for held in b._contents.sessions(card_a.ik).held] == ["confirmed"] * 2


def answer_without_random():
    """4.7: the answer to a Complete is left out and not counted when the random source fails."""

    def broken(length):
        raise OSError

    draw = Source("answer without random")
    a, card_a = new_device(b"alice", draw)
    b, card_b = new_device(b"bob", draw)
    _, [response] = b.receive(a.initiate(card_b.raw, NOW, draw), NOW, draw)
    _, [complete] = a.receive(response, NOW, draw)
    events, replies = b.receive(complete, NOW, broken)
    assert [event["event"] for event in events] == ["established"] and not replies
    assert b._contents.sessions(card_a.ik).held[0].answers == 0
    events, replies = b.receive(complete, NOW, draw)
    assert [event["event"] for event in events] == ["repeated"] and len(replies) == 1
    [held] = b._contents.sessions(card_a.ik).held
    assert b.receipt(card_a.ik, held.session_id, NOW, broken) is None  # SESSION-32: none is owed any more
    refuses("no_session", lambda: b.receipt(card_a.ik, bytes(16), NOW, draw), b)


def time_by_peer():
    """8.2 and 12.5: only the peer device concerned, and `due` in the order of IK."""
    draw = Source("time by peer")
    a, _ = new_device(b"alice", draw)
    peers = [new_device(name, draw) for name in (b"bob", b"carol", b"dave")]
    for other, card in peers:
        _, [response] = other.receive(a.initiate(card.raw, NOW, draw), NOW, draw)
        a.receive(response, NOW, draw)
    iks = [card.ik for _, card in peers]
    _, packets = a.due(NOW + 2000)
    assert [ik for ik, _ in packets] == sorted(iks)
    late = NOW + UNCONFIRMED_AGE
    refuses("no_session", lambda: a.send(iks[0], 1, b"", late, draw), a)  # SESSION-31
    _, [response] = peers[0][0].receive(a.initiate(peers[0][1].raw, late, draw), late, draw)
    events, _ = a.receive(response, late, draw)
    assert [event["event"] for event in events] == ["established", "given-up"]
    events, packets = a.due(late)
    assert [event["event"] for event in events] == ["given-up"] * 2 and not packets


def snapshots():
    """8.6: sessions are stored and restored by the caller, who keeps their generations."""
    draw = Source("snapshots")
    a, card_a = new_device(b"alice", draw)
    b, card_b = new_device(b"bob", draw)
    _, [response] = b.receive(a.initiate(card_b.raw, NOW, draw), NOW, draw)
    _, [complete] = a.receive(response, NOW, draw)
    _, packets = a.due(NOW + 18_000)
    assert packets == [(card_b.ik, complete)] and a.due(NOW + 18_001) == ([], [])  # HS-37: three moments, one repetition
    b.receive(complete, NOW, draw)

    [(key, generation, snapshot)] = b.session_snapshots(card_a.ik)
    before = b.state()
    b.restore_sessions(card_a.ik, [(snapshot, generation)])
    assert b.state() == before
    b.send(card_a.ik, 1, b"", NOW, draw)
    [(same_key, newer, _)] = b.session_snapshots(card_a.ik)
    assert same_key == key and newer > generation
    middle = len(snapshot) // 2
    for name, damaged, least in (
        ("rollback", snapshot, newer),
        ("snapshot_version", snapshot[:VERSION_AT] + b"\0" + snapshot[VERSION_AT + 1 :], 0),
        ("snapshot", snapshot[:-1], 0),
        ("snapshot", snapshot[:middle] + bytes([snapshot[middle] ^ 1]) + snapshot[middle + 1 :], 0),
    ):
        refuses(name, lambda: b.restore_sessions(card_a.ik, [(snapshot, 0), (damaged, least)]), b)
    b.restore_sessions(card_a.ik, [(snapshot, generation)])
    assert b.state() == before


def bounds():
    draw = Source("bounds")
    private_a, private_b = draw(32), draw(32)
    ra, rb = primitives.x25519_public(private_a), primitives.x25519_public(private_b)
    places = (bytes(32), bytes(4), bytes([1]) * 32, bytes(4))
    a, b = (
        Session.start(role, 0, Agreed(1, bytes(32), bytes(32), ra, rb, private), *places)
        for role, private in ((INITIATOR, private_a), (RESPONDER, private_b))
    )
    sent = []
    for i in range(CHAIN_MAX):
        a, one = a.send(1, b"", draw)
        sent.append(one)
    refuses("chain_limit", lambda: a.send(1, b"", draw), a)
    b, received = b.receive(sent[-1])
    assert received.gap == [(0, 0, CHAIN_MAX - 1)] and len(b.ratchet.skipped) == SKIPPED_KEYS
    refuses("expired", lambda: b.receive(sent[CHAIN_MAX - 2 - SKIPPED_KEYS]), b)
    b, _ = b.receive(sent[CHAIN_MAX - 1 - SKIPPED_KEYS])
    assert b.ratchet.receipt().hex() == "0000000000000000" + "0" * 16
    b, receipt = b.receipt(draw)
    a, _ = a.receive(receipt)
    assert Session.restore(a.state()).state() == a.state()
    a, one = a.send(1, b"", draw)
    b, received = b.receive(one)
    assert (received.epoch, received.n, received.gap) == (2, 0, [])


def bundle_of(card, records, *types):
    chosen = {}
    for record in map(Record, records):
        if record.type in types:
            chosen.setdefault(record.type, record)
    pqk = chosen.get(ONE_TIME_KEM) or chosen.get(LAST_RESORT_KEM)
    return Bundle(card, chosen[SPK], chosen.get(OPK), pqk).encoded


def names(events):
    return [event["event"] for event in events]


def hybrid():
    """2.7, and chapter 4 in suite 0x0002 with a pre-shared secret; CARD-16."""
    draw = Source("hybrid")
    seed, randomness = draw(64), draw(32)
    ek = kem.public_key(seed)
    secret, ct = kem.encapsulate(ek, randomness)
    assert kem.decapsulate(seed, ct) == secret != kem.decapsulate(seed, bytes(1088))
    refuses("key", lambda: kem.require_valid(b"\xff" * 1184))
    try:
        from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

        other = MLKEM768PrivateKey.from_seed_bytes(seed)
        assert other.public_key().public_bytes_raw() == ek and other.decapsulate(ct) == secret
    except ImportError:
        print("hybrid: no second ML-KEM to compare with")

    a, card_a = new_device(b"alice", draw, 3)
    b, card_b = new_device(b"bob", draw, 3)
    refuses("psk", lambda: a.set_psk(bytes(32)), a)
    a.set_psk(b"p" * 32, card_b.ik)
    init = a.initiate(card_b.raw, NOW, draw)
    assert len(init) == 1606
    refuses("authentication", lambda: b.receive(init, NOW, draw), b)  # HS-13
    b.set_psk(b"p" * 32)
    _, [response] = b.receive(init, NOW, draw)
    assert len(response) == 1356
    spoiled = bytearray(response)
    spoiled[60] ^= 1  # in the ciphertext
    refuses("authentication", lambda: a.receive(bytes(spoiled), NOW, draw), a)  # PRIM-19
    _, [complete] = a.receive(response, NOW, draw)
    events, [receipt] = b.receive(complete, NOW, draw)
    assert events[0]["suite"] == 2 and any(events[0]["psk_id"])
    a.receive(receipt, NOW, draw, card_b.ik)
    old = issue_card(b.identity, 1, b"bob", bytes([0, 0, 0, 1]), NOW - 2000, NOW + DAY)
    refuses("suite", lambda: a.initiate(old.raw, NOW, draw), a)  # CARD-16
    a.set_least(card_b.ik, 1)
    a.initiate(old.raw, NOW, draw)


def prepared_handshakes():
    """Chapter 5, in both suites, with every kind of bundle."""
    draw = Source("prepared")
    for suites, types, reduced in (
        (1, (SPK, OPK), None),
        (1, (SPK,), True),
        (1, (SPK, OPK, LAST_RESORT_KEM), None),
        (3, (SPK, OPK, ONE_TIME_KEM), None),
        (3, (SPK, OPK, LAST_RESORT_KEM), True),
        (3, (SPK, ONE_TIME_KEM), True),
    ):
        a, card_a = new_device(b"alice", draw, suites)
        b, card_b = new_device(b"bob", draw, 3)
        records = b.new_prekeys(2, NOW, draw)
        bundle = bundle_of(card_b, records, *types)
        if suites == 3 and len(types) == 3:
            refuses("suite", lambda: a.prepare(bundle_of(card_b, records, SPK, OPK), NOW, draw), a)  # PREP-09
        [event] = a.prepare(bundle, NOW + 1, draw)
        assert (event["event"], event["role"], event.get("reduced")) == ("established", "initiator", reduced)
        packets = [a.send(card_b.ik, 1, bytes([i]), NOW + 2, draw)[1] for i in range(3)]
        length = 478 if suites == 1 else 1570
        assert packets[0][:length] == packets[1][:length]
        broken = packets[0][:length] + lp32(packets[0][length + 4 :][:-1] + b"?")
        refuses("authentication", lambda: b.receive(broken, NOW, draw), b)
        refuses("length", lambda: b.receive(packets[0][:length] + lp32(b""), NOW, draw), b)
        for position in range(0, length, 7):
            forged = bytearray(packets[0])
            forged[position] ^= 1
            refuses_any(lambda: b.receive(bytes(forged), NOW, draw), b)
        events, [receipt] = b.receive(packets[1], NOW + 3, draw)
        assert names(events) == ["established", "message"] and events[1]["n"] == 1
        assert events[0].get("reduced") == reduced
        b.restart(False)
        events, replies = b.receive(packets[0], NOW + 4, draw)
        assert names(events) == ["repeated", "message"] and not replies
        refuses("duplicate", lambda: b.receive(packets[0], NOW + 9000, draw), b)
        assert not a._contents.sessions(card_b.ik).repeat_completes(NOW + 100_000)[1]
        events, _ = a.receive(receipt, NOW + 5, draw, card_b.ik)
        assert names(events) == ["confirmed", "message"]
        _, message = a.send(card_b.ik, 1, b"", NOW + 6, draw)
        assert len(message) == 380
        b.receive(message, NOW + 6, draw, card_a.ik)
        c, card_c = new_device(b"carol", draw, suites)
        c.prepare(bundle, NOW + 7, draw)
        _, packet = c.send(card_b.ik, 1, b"", NOW + 7, draw)
        if OPK in types or ONE_TIME_KEM in types:
            refuses("unknown_prekey", lambda: b.receive(packet, NOW + 8, draw), b)  # a one-time prekey used twice
        else:
            b.receive(packet, NOW + 8, draw)
        snapshot = b._contents.prekeys.snapshot()
        assert Prekeys.restore(snapshot) == b._contents.prekeys
        refuses("rollback", lambda: Prekeys.restore(snapshot, b._contents.prekeys.generation + 1))
        end = NOW + PREKEY_LIFETIME + PREKEY_RETENTION
        b.issue(issue_card(b.identity, 3, b"bob", card_b.device, NOW + 9, NOW + 30 * DAY).raw, NOW + 9)
        assert card_b in b._contents.current(end - 1).cards and card_b not in b._contents.current(end).cards  # CARD-17
        assert not b.new_prekeys(0, NOW + 7 * DAY - 1, draw) and b.new_prekeys(0, NOW + 7 * DAY, draw)  # PREP-10
        assert b.new_prekeys(0, NOW - 2 * DAY, draw)  # PREP-10: dated ahead does not count as new


def restored_prekeys():
    """PREP-34: prekeys from before a PrekeyInit beside the session that it made; PREP-27."""
    draw = Source("restored prekeys")
    a, card_a = new_device(b"alice", draw)
    b, card_b = new_device(b"bob", draw)
    bundle = bundle_of(card_b, b.new_prekeys(1, NOW, draw), SPK, OPK)
    before = b._contents.prekeys
    a.prepare(bundle, NOW, draw)
    packets = [a.send(card_b.ik, 1, b"", NOW, draw)[1] for _ in range(2)]
    b.receive(packets[0], NOW, draw)
    after = b._contents.prekeys
    b._contents = replace(b._contents, prekeys=before)
    b.restart(False)
    assert b._contents.prekeys == after and len(after.held) == 1
    b._contents = b._contents.with_sessions(card_a.ik, Sessions())
    refuses("replay", lambda: b.receive(packets[1], NOW, draw), b)

    [spk] = after.held.values()
    entries = {u32(i): (card_a.ik, True) for i in range(PREPARED_PER_IDENTITY - 1)}
    replace(spk, replay=entries).require_room_for(card_a.ik, True)
    full = replace(spk, replay={**entries, b"one more": (card_a.ik, True)})
    full.require_room_for(card_b.ik, False)
    refuses("busy", lambda: full.require_room_for(card_a.ik, True))


def refuses_any(operation, device):
    before = device.state()
    try:
        operation()
    except Refused:
        assert device.state() == before
        return
    raise AssertionError("not refused")


def manifests():
    """Chapter 9: two devices of one user, one of them revoked."""
    draw = Source("manifests")
    a, card_a = new_device(b"alice", draw)
    b1, card_b1 = new_device(b"bob", draw)
    b2, card_b2 = new_device(b"bob", draw, number=2)
    ak = draw(32)
    listed = [ListedDevice(card.device, card.ik, NOW, 0) for card in (card_b1, card_b2)]
    first = issue_manifest(ak, b"bob", 1, bytes(32), listed)
    revoked = [listed[0], ListedDevice(card_b2.device, card_b2.ik, NOW, NOW + 1)]
    second = issue_manifest(ak, b"bob", 2, first.hash, revoked)
    third = issue_manifest(ak, b"bob", 3, second.hash, revoked)
    assert names(a.take_manifests([first.raw], NOW)) == ["manifest"]
    assert not a.take_manifests([first.raw], NOW)
    assert a.take_manifests([third.raw], NOW) == [{"event": "manifest-refused", "error": "manifest_gap"}]
    for other, card in ((b1, card_b1), (b2, card_b2)):
        _, [response] = other.receive(a.initiate(card.raw, NOW, draw), NOW, draw)
        events, [complete] = a.receive(response, NOW, draw)
        assert events[0]["pinned"] and names(events) == ["established", "views"]
        events, [receipt] = other.receive(complete, NOW, draw)
        a.receive(receipt, NOW, draw, card.ik)
    packets = a.send_all(b"bob", 1, b"hi", NOW, draw)
    assert [len(packet) for _, packet in packets] == [380, 380]
    _, packet = b2.send(card_a.ik, TYPE_ANNOUNCEMENT, announcement([second, third]), NOW, draw)
    events, _ = a.receive(packet, NOW, draw, card_b2.ik)
    assert names(events) == ["message", "manifest", "dropped", "manifest"]
    refuses("identity", lambda: a.initiate(card_b2.raw, NOW, draw), a)
    a.receive(b1.initiate(card_a.raw, NOW, draw), NOW, draw)
    a.initiate(card_b1.raw, NOW, draw)
    other = issue_manifest(b"k" * 32, b"bob", 1, bytes(32), [ListedDevice(card_b2.device, card_b2.ik, NOW, 0)])
    assert a.take_manifests([other.raw], NOW) == [{"event": "manifest-refused", "error": "identity"}]
    kept = a._contents
    assert names(a.take_manifests([other.raw], NOW, replaces=True)) == ["manifest", "dropped"]  # DEV-23
    assert not a._contents.initiated and not a._contents.half_open  # DEV-11
    a._contents = kept
    assert [ik for ik, _ in a.send_all(b"bob", 1, b"hi", NOW, draw)] == [card_b1.ik]

    own, peer = safety.fingerprint(ak, b"bob"), safety.fingerprint(card_a.ik, b"alice")
    assert safety.safety_number(own, peer) == safety.safety_number(peer, own)
    safety.require_scanned(safety.scannable(peer, own), own, peer)
    refuses("identity", lambda: safety.require_scanned(safety.scannable(own, peer), own, peer))


def first_manifests():
    """DEV-22: whose word a first manifest needs. DEV-12: whose session it is."""
    refused = [{"event": "manifest-refused", "error": "identity"}]
    for pinned, listed, taken in ((True, True, True), (True, False, False), (False, True, False)):
        draw = Source("first manifests")
        a, card_a = new_device(b"alice", draw)
        b, card_b = new_device(b"bob", draw)
        if pinned:
            a.pin(b"bob", card_b.device, card_b.ik)
        manifest = list_of(draw, card_b if listed else card_a, b"bob")
        _, [response] = b.receive(a.initiate(card_b.raw, NOW, draw), NOW, draw)
        a.receive(response, NOW, draw)
        _, [complete] = a.receive(b.initiate(card_a.raw, NOW, draw), NOW, draw)
        _, [complete] = b.receive(complete, NOW, draw)
        a.receive(complete, NOW, draw)
        _, packet = b.send(card_a.ik, TYPE_ANNOUNCEMENT, announcement([manifest]), NOW, draw)
        events, _ = a.receive(packet, NOW, draw, card_b.ik)
        assert names(events)[-1] == ("manifest" if taken else "manifest-refused")
        assert taken or events[-1:] == refused

        foreign = list_of(draw, card_b, b"carol")  # lists bob's device under another address
        assert names(a.take_manifests([foreign.raw], NOW)) == ["manifest"]
        assert a.send_all(b"carol", 1, b"", NOW, draw) == [(card_b.ik, "no_session")]
        assert a.take_manifests([list_of(draw, card_b, b"alice").raw], NOW) == refused
        assert names(a.take_manifests([list_of(draw, card_a, b"alice").raw], NOW)) == ["manifest"]


def meet(a, card_a, b, card_b, now, draw):
    """A confirmed session."""
    _, [response] = b.receive(a.initiate(card_b.raw, now, draw), now, draw)
    _, [complete] = a.receive(response, now, draw)
    _, [receipt] = b.receive(complete, now, draw)
    a.receive(receipt, now, draw, card_b.ik)


def ended_devices():
    """DEV-22 and DEV-23 with pins, DEV-12 with two cards, DEV-24, DEV-25."""
    draw, refused = Source("ended devices"), [{"event": "manifest-refused", "error": "identity"}]
    a, card_a = new_device(b"alice", draw)
    b1, card_b1 = new_device(b"bob", draw)
    b2, card_b2 = new_device(b"bob", draw, number=2)
    ak = draw(32)
    both = [ListedDevice(card.device, card.ik, NOW, 0) for card in (card_b1, card_b2)]
    first = issue_manifest(ak, b"bob", 1, bytes(32), both)
    second = issue_manifest(ak, b"bob", 2, first.hash, [both[0], replace(both[1], revoked=NOW)])
    for card in (card_b1, card_b2):
        a.pin(b"bob", card.device, card.ik)
    for other, card in ((b1, card_b1), (b2, card_b2)):
        meet(a, card_a, other, card, NOW, draw)
    lone = list_of(draw, card_b2, b"bob")
    _, packet = b2.send(card_a.ik, TYPE_ANNOUNCEMENT, announcement([lone]), NOW, draw)
    assert a.receive(packet, NOW, draw, card_b2.ik)[0][-1:] == refused
    assert a.take_manifests([lone.raw], NOW) == refused
    _, packet = b2.send(card_a.ik, TYPE_ANNOUNCEMENT, announcement([first]), NOW, draw)
    assert a.receive(packet, NOW, draw, card_b2.ik)[0][-1:] == refused  # with several pins the user decides
    assert names(a.take_manifests([first.raw], NOW)) == ["manifest"]

    elsewhere = issue_card(b2.identity, 1, b"eve", card_b2.device, NOW, NOW + DAY)
    b3 = Device(b2.identity, [elsewhere])
    meet(a, card_a, b3, elsewhere, NOW + 1, draw)
    packets = a.send_all(b"bob", 1, b"", NOW + 1, draw)  # the greater session began with another card
    assert [len(packet) for _, packet in packets] == [380, len("no_session")]
    under_way = b3.initiate(card_a.raw, NOW + 2, draw)
    _, [response] = a.receive(under_way, NOW + 2, draw)
    _, [complete] = b3.receive(response, NOW + 2, draw)
    before = a._contents.peers
    assert names(a.take_manifests([second.raw], NOW)) == ["manifest", "dropped", "dropped"]
    a._contents = replace(a._contents, peers=before)
    a.restart(True)  # DEV-25
    assert list(a._contents.peers) == [card_b1.ik] and a.contacts.ended == {card_b2.ik}
    refuses("unknown_handshake", lambda: a.receive(complete, NOW + 2, draw), a)
    refuses("identity", lambda: a.receive(b3.initiate(card_a.raw, NOW + 3, draw), NOW + 3, draw), a)
    refuses("identity", lambda: a.initiate(elsewhere.raw, NOW + 3, draw), a)
    assert names(a.take_manifests([list_of(draw, elsewhere, b"eve").raw], NOW)) == ["manifest"]
    meet(a, card_a, b3, elsewhere, NOW + 4, draw)

    lists = {place: one for place, one in a.contacts.manifests.items() if one.address != b"bob"}
    a._know(replace(a.contacts, manifests=lists))
    assert names(a.take_manifests([lone.raw], NOW, replaces=True)) == ["manifest", "dropped"]
    own = list_of(draw, card_a, b"alice")
    assert names(a.take_manifests([own.raw], NOW)) == ["manifest"]
    assert a.take_manifests([list_of(draw, card_b1, b"alice").raw], NOW, replaces=True) == refused
    forked = issue_manifest(draw(32), b"alice", 7, own.hash, [ListedDevice(card_b1.device, card_b1.ik, NOW, 0)])
    assert a.take_manifests([forked.raw], NOW, replaces=True) == refused  # DEV-23


def ended_under_way():
    """DEV-24: handshakes under way, no session yet; those of the same IK under another address end too."""
    for starts in (True, False):
        draw = Source("ended under way")
        a, card_a = new_device(b"alice", draw)
        b, card_b = new_device(b"bob", draw)
        elsewhere = issue_card(b.identity, 1, b"eve", card_b.device, NOW, NOW + DAY)
        eve = Device(b.identity, [elsewhere])
        if starts:
            a.initiate(card_b.raw, NOW, draw)
        else:
            a.receive(b.initiate(card_a.raw, NOW, draw), NOW, draw)
        _, [response] = eve.receive(a.initiate(elsewhere.raw, NOW, draw), NOW, draw)
        _, other = new_device(b"bob", draw, number=2)
        assert names(a.take_manifests([list_of(draw, other, b"bob").raw], NOW)) == ["manifest"]
        assert a.contacts.ended == {card_b.ik} and not a._contents.initiated and not a._contents.half_open
        refuses("unknown_handshake", lambda: a.receive(response, NOW, draw), a)
        refuses("identity", lambda: a.initiate(elsewhere.raw, NOW, draw), a)
        refuses("identity", lambda: a.receive(eve.initiate(card_a.raw, NOW, draw), NOW, draw), a)
        assert names(a.take_manifests([list_of(draw, elsewhere, b"eve").raw], NOW)) == ["manifest"]
        meet(a, card_a, eve, elsewhere, NOW + 1, draw)


def list_of(draw, card, address):
    return issue_manifest(draw(32), address, 1, bytes(32), [ListedDevice(card.device, card.ik, NOW, 0)])


def argon2():
    """RFC 9106, 5.3, through the library; the reference's published `password`, `somesalt` through storage.py."""
    given = dict(salt=b"\2" * 16, length=32, iterations=3, lanes=4, memory_cost=32, ad=b"\4" * 12, secret=b"\3" * 8)
    tag = Argon2id(**given).derive(b"\1" * 32)
    assert tag.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    master = storage.master_key(b"password", b"somesalt", 65_536, 2, 1)
    assert master.hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"


def storage_files():
    """Chapter 10."""
    draw = Source("storage")
    b, card_b = new_device(b"bob", draw, 3)
    b.new_prekeys(2, NOW, draw)
    b.pin(b"alice", bytes(4), b"i" * 32)
    b.set_psk(b"p" * 32)
    b.set_psk(b"q" * 32, b"i" * 32)
    b.set_least(b"i" * 32, 2)
    own = issue_manifest(b"k" * 32, b"bob", 1, bytes(32), [ListedDevice(card_b.device, card_b.ik, 0, 0)])
    assert names(b.take_manifests([own.raw], NOW)) == ["manifest"]
    contents = b._contents
    contacts = replace(contents.contacts, ended=frozenset([b"e" * 32, b"d" * 32]))
    kept = storage.Kept(b.identity, contents.cards, contacts, b"k" * 32, contents.prekeys)
    light = 19_456, 2, 1
    for kind in (storage.BACKUP, storage.MOVE):
        file = storage.seal_file(b"pass", *light, kind, NOW, storage.export(kept, kind), draw)
        back = storage.import_file(b"pass", kind, file, NOW + DAY)
        assert replace(back, prekeys=kept.prekeys) == kept
        assert len(back.prekeys.held) == (6 if kind == storage.MOVE else 0)
        assert not storage.import_file(b"pass", kind, file, NOW + DAY + 1).prekeys.held  # STORE-12
    refuses("passphrase", lambda: storage.open_file(b"Pass", storage.MOVE, file))
    refuses("file_kind", lambda: storage.open_file(b"pass", storage.BACKUP, file))
    refuses("file_kind", lambda: storage.open_file(b"pass", storage.MOVE, b"?" + file[1:]))
    refuses("file_version", lambda: storage.open_file(b"pass", storage.MOVE, file[:8] + b"\2"))
    refuses("file_truncated", lambda: storage.open_file(b"pass", storage.MOVE, file[:-1]))
    refuses("file_damaged", lambda: storage.open_file(b"pass", storage.MOVE, file + b"?"))
    other = file[:82] + bytes(32) + file[114:-32]
    refuses("passphrase", lambda: storage.open_file(b"pass", storage.MOVE, other + primitives.sha256(other)))
    repaired = file[:11] + b"\xff" + file[12:-32]
    refuses("file_parameters", lambda: storage.open_file(b"pass", storage.MOVE, repaired + primitives.sha256(repaired)))


# Chapter 13


class Driver:
    """The runner's side of a pipe."""

    def __init__(self):
        command = [sys.executable, str(HERE / "adapter.py")]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.count = 0

    def line(self, data):
        self.process.stdin.write(data + b"\n")
        self.process.stdin.flush()
        response = json.loads(self.process.stdout.readline())
        assert len(set(response) & {"ok", "reject", "unsupported", "fault"}) == 1  # ADAPT-02
        return response

    def ask(self, op, **fields):
        """The verdict and what stands beside it: a pair."""
        self.count += 1
        response = self.line(json.dumps({"id": self.count, "op": op, **fields}).encode())
        assert response.pop("id") == self.count
        drew = response.pop("drew", None)
        [verdict] = response.items()
        assert (drew is not None) == (verdict[0] in ("ok", "reject") and op in ("vector", "step"))
        return verdict, drew

    def ok(self, op, **fields):
        (verdict, result), _ = self.ask(op, **fields)
        assert verdict == "ok", (op, fields, verdict, result)
        return result

    def hello(self):
        return self.ok("hello", adapter=[1, 7], protocol="QuipuV1")

    def digest(self, step):
        return self.ok("state", **{name: step[name] for name in ("as", "now") if name in step})["digest"]

    def close(self):
        self.process.stdin.close()
        assert self.process.stdout.read() == b"" and self.process.wait(10) == 0  # 13.1

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()


def play(driver, file, test):
    """One vector through the adapter."""
    if file["operation"] in SCRIPTS:
        play_script(driver, file, test)
        return
    given = {"operation": file["operation"], "suite": file["suite"], "input": test["input"]}
    verdict, drew = driver.ask("vector", **given, random=test.get("random", []))
    assert drew == lengths(test), (test["id"], drew)
    if "error" in test:
        assert verdict == ("reject", test["error"]), (test["id"], verdict)
    else:
        wanted = {"output": test["output"], "intermediate": test.get("intermediate", [])}
        assert verdict == ("ok", wanted), (test["id"], verdict)


def lengths(fields):
    return [len(draw) // 2 for draw in fields.get("random", [])]


def play_script(driver, file, test):
    driver.ok("begin", operation=file["operation"], suite=file["suite"], setup=test["setup"])
    saved = {}
    for position, step in enumerate(test["steps"]):
        where = test["id"], position, step["do"]
        _, _, results = SCRIPTS[file["operation"]].names(step)
        omitted = {"save", "saved", "index", "error", *results}
        request = {name: value for name, value in step.items() if name not in omitted}
        if "saved" in step:
            packet = saved[step["saved"]]
            name = "message" if file["operation"] == "session" else "packet"
            request[name] = packet[step["index"]] if "index" in step else packet
        before = driver.digest(step)
        verdict, drew = driver.ask("step", step=request)
        after = driver.digest(step)
        assert drew == lengths(step) or "seed" in step, (where, drew)
        if "error" in step:
            assert verdict == ("reject", step["error"]) and before == after, (where, verdict)
            continue
        answer = dict(verdict[1])
        sent = answer.pop("messages", None)
        assert verdict[0] == "ok" and answer == {name: step[name] for name in results if name in step}, (where, verdict)
        has_message = any(event["event"] == "message" for event in answer.get("events", []))
        is_message = step["do"] in ("send", "send-many", "close", "initiate", "prepare")
        is_message |= step["do"] == "receive" and (has_message or file["operation"] == "session")
        assert before != after or not is_message, where
        if isinstance(step.get("save"), list):
            saved.update(zip(step["save"], answer["replies"]))
        elif "save" in step:
            saved[step["save"]] = sent or answer.get("message") or answer.get("packet")


def adapter_vectors(every=False):
    """Vectors through the pipe: one that succeeds and one that refuses of each file, or all."""
    files, played = load_directory(HERE.parents[1] / "data"), 0
    with Driver() as driver:
        assert driver.hello()["profiles"] == ["core", "prepared", "hybrid", "devices", "storage"]
        for file in files.values():
            chosen = file["tests"] if every else {is_negative(test): test for test in file["tests"]}.values()
            for test in chosen:
                play(driver, file, test)
                played += 1
        driver.close()
    return played


def adapter_verdicts():
    """What is no vector: greetings, unknown names, malformed lines, faults of the client."""
    with Driver() as driver:
        (verdict, _), _ = driver.ask("state", **{"as": "ada", "now": "0"})  # before hello
        assert verdict == "fault"
        for given in ({"adapter": [2], "protocol": "QuipuV1"}, {"adapter": [1], "protocol": "QuipuV2"}, {}):
            (verdict, _), _ = driver.ask("hello", **given)
            assert verdict == "fault"  # ADAPT-05
        driver.hello()
        (verdict, _), _ = driver.ask("hello", adapter=[1], protocol="QuipuV1")
        assert verdict == "fault"  # once

        chain = {"operation": "chain-step", "suite": 1, "input": {"chain": "00" * 32}, "random": []}
        wanted = driver.ok("vector", **chain)
        setup = {"devices": []}
        driver.ok("begin", operation="device", suite=1, setup=setup)
        for op, given in (  # ADAPT-03
            ("xyzzy", {}),
            ("vector", {**chain, "operation": "xyzzy"}),
            ("vector", {**chain, "suite": 3}),
            ("step", {"step": {"as": "ada", "do": "xyzzy"}}),
            ("step", {"step": {"as": "ada", "do": "export"}}),
            ("begin", {"operation": "xyzzy", "suite": 1, "setup": setup}),
            ("begin", {"operation": "device", "suite": 3, "setup": setup}),
        ):
            assert driver.ask(op, **given) == (("unsupported", True), None)
        for op, given in (
            ("vector", {**chain, "input": {"chain": "00" * 31}}),  # the client fails
            ("vector", {**chain, "input": {"chain": "0G"}}),
            ("vector", {**chain, "input": {}}),
            ("vector", {**chain, "more": 1}),
            ("vector", {**chain, "random": "00"}),
            ("begin", {"operation": "device", "suite": 1, "setup": {}}),
            ("step", {}),
            ("step", {"step": {"as": "ada", "do": "due", "now": "0"}}),  # no such device
            ("state", {"as": "ada", "now": "0"}),
        ):
            (verdict, _), drew = driver.ask(op, **given)
            assert verdict == "fault" and drew is None, (op, given)
        no_id = (b'{"op":"hello"}', b'{"id":"1","op":"hello"}', b'{"id":true,"op":"state"}')
        for line in (b"", b"{", b"[]", b"7", b"\xff", *no_id):
            response = driver.line(line)
            assert response["id"] is None and "fault" in response
        for line in (b'{"id":9}', b'{"id":9,"op":7}'):
            response = driver.line(line)
            assert response["id"] == 9 and "fault" in response
        assert "fault" in driver.line(b'{"id":9,"id":9,"op":"hello"}')
        assert "fault" in driver.line(b'{"id":9,"op":"' + b"x" * 2**24 + b'"}')
        assert driver.ok("vector", **chain) == wanted
        driver.close()


def adapter_draws():
    """ADAPT-07: more draws than there are, or another length; fewer are told by `drew`."""
    message = {name: "00" * 32 for name in ("message_key", "header_key", "ad", "dh")}
    message |= {"pn": 0, "n": 0, "type": 1, "content": ""}
    with Driver() as driver:
        driver.hello()
        given = {"operation": "message-seal", "suite": 1, "input": message}
        for draws in ([], ["00" * 15], ["00" * 17]):
            (verdict, _), drew = driver.ask("vector", **given, random=draws)
            assert verdict == "fault" and drew is None
        _, drew = driver.ask("vector", **given, random=["00" * 16, "00"])
        assert drew == [16]
        driver.close()


def adapter_conversation():
    """13.2 with a peer that is elsewhere, in both suites: seeds, `peers`, `state`."""
    for suites in (1, 3):
        draw = Source("adapter conversation")
        identity = Identity.new(draw)
        card = issue_card(identity, suites, b"ada", bytes([0, 0, 0, 1]), NOW - 1000, NOW + 30 * DAY)
        b, card_b = new_device(b"bob", draw, suites)
        one = {"name": "ada", "ik_seed": identity.ik_seed, "idk_private": identity.idk_private, "card": card.raw}
        setup = plain({"devices": [one], "peers": [{"name": "bob", "ik": card_b.ik}]})
        with Driver() as driver:
            driver.hello()
            driver.ok("begin", operation="device", suite=1, setup=setup)
            first = driver.digest({"as": "ada", "now": str(NOW)})

            def step(do, now=NOW, wanted="ok", **given):
                """Result of a step that changes state, or of a refusal, which does not."""
                place = {"as": "ada", "now": str(now)}
                before = driver.digest(place)
                request = {**place, "do": do, "seed": draw(32).hex(), **given}
                (verdict, result), drew = driver.ask("step", step=request)
                assert (verdict if verdict == "ok" else result) == wanted, (do, verdict, result)
                assert (driver.digest(place) != before) == (verdict == "ok"), do
                return result, drew

            def receive(packet, **given):
                return step("receive", packet=packet.hex(), **{"from": "bob"}, **given)[0]

            seed = draw(32)
            result, drew = step("initiate", card=card_b.raw.hex(), seed=seed.hex())
            assert drew == ([32] if suites == 1 else [32, 64])
            again = Device(identity, [card]).initiate(card_b.raw, NOW, SeededDraws(seed))
            assert again.hex() == result["packet"]
            _, [response] = b.receive(again, NOW, draw)
            receive(response[:-1] + bytes([response[-1] ^ 1]), wanted="authentication")
            [complete] = receive(response)["replies"]
            _, [receipt] = b.receive(bytes.fromhex(complete), NOW, draw)
            [confirmed, _] = receive(receipt)["events"]
            receive(receipt, wanted="duplicate")
            result, drew = step("send", to="bob", type=1, content="00")
            assert drew == [32, 16]  # the first message after the receipt of the peer: Pending
            b.receive(bytes.fromhex(result["packet"]), NOW, draw, card.ik)
            _, packet = b.send(card.ik, 1, b"hi", NOW, draw)
            assert receive(packet)["events"][0]["content"] == b"hi".hex()
            result, _ = step("receipt", to="bob", session=confirmed["session"])
            b.receive(bytes.fromhex(result["packet"]), NOW, draw, card.ik)
            step("receipt", to="bob", session="00" * 16, wanted="no_session")
            owed_none = {"as": "ada", "now": str(NOW), "do": "receipt", "to": "bob", "session": confirmed["session"]}
            assert driver.ask("step", step=owed_none) == (("ok", {}), [])  # SESSION-32
            step("close", to="bob")
            step("send", to="bob", type=1, content="00", wanted="closed")

            driver.ok("begin", operation="device", suite=1, setup=setup)  # ends what was under way
            assert driver.digest({"as": "ada", "now": str(NOW)}) == first
            step("initiate", card=card_b.raw.hex())
            later = {"as": "ada", "now": str(NOW + 60_001)}
            assert driver.digest(later) != driver.digest({"as": "ada", "now": str(NOW)})  # HS-27
            assert suites == 3 or driver.digest(later) == first  # CARD-16 remembers suite 0x0002
            driver.close()


def run():
    assert len(PADDED_LENGTHS) == 129 and all(pad(length) == length for length in PADDED_LENGTHS)
    for test in (
        small_orders,
        conversation,
        crossing,
        answer_without_random,
        time_by_peer,
        snapshots,
        bounds,
        hybrid,
        prepared_handshakes,
        restored_prekeys,
        manifests,
        first_manifests,
        ended_devices,
        ended_under_way,
        argon2,
        storage_files,
        adapter_vectors,
        adapter_verdicts,
        adapter_draws,
        adapter_conversation,
    ):
        test()
        print(f"{test.__name__}: passed")
    return 0
