"""A conversation of this implementation with itself: `check.py --self-test`."""

import hashlib
import random

from quipu import Refused, primitives
from quipu.device import Device
from quipu.handshake import Agreed
from quipu.keys import Identity, issue_card
from quipu.message import PADDED_LENGTHS, pad
from quipu.notation import CHAIN_MAX, INITIATOR, RESPONDER, SKIPPED_KEYS, UNCONFIRMED_AGE
from quipu.session import Session

NOW = 1_700_000_000_000


class Source:
    """Draws that can be repeated."""

    def __init__(self, seed):
        self.seed, self.count = seed, 0

    def __call__(self, length):
        self.count += 1
        return hashlib.sha256(f"{self.seed} {self.count}".encode()).digest()[:length]


def refuses(name, operation, *devices):
    before = [device.state() for device in devices]
    try:
        operation()
    except Refused as refusal:
        assert refusal.name == name, (name, refusal.name)
        assert before == [device.state() for device in devices], "a refusal changed state"
        return
    raise AssertionError(f"not refused: {name}")


def new_device(name, draw):
    identity = Identity.new(draw)
    card = issue_card(identity, 1, name, b"\0\0\0\1", NOW - 1000, NOW + 86_400_000)
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
    _, packet = b.receipt(card_a.ik, NOW, broken)  # SESSION-32: none is owed any more
    assert packet is None


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


def bounds():
    draw = Source("bounds")
    private_a, private_b = draw(32), draw(32)
    ra, rb = primitives.x25519_public(private_a), primitives.x25519_public(private_b)
    places = (bytes(32), bytes(4), bytes([1]) * 32, bytes(4))
    a, b = (
        Session.start(role, 0, Agreed(bytes(32), bytes(32), ra, rb, private), *places)
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


def run():
    assert len(PADDED_LENGTHS) == 129 and all(pad(length) == length for length in PADDED_LENGTHS)
    for test in (small_orders, conversation, crossing, answer_without_random, time_by_peer, bounds):
        test()
        print(f"{test.__name__}: passed")
    return 0
