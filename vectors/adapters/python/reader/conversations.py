"""12.3.3: one hash over many whole conversations of two devices."""

from quipu.device import Device
from quipu.keys import Identity, issue_card
from quipu.message import TYPE_DATA
from quipu.notation import CLASSIC, lp32, number, u8, u32
from quipu.primitives import ignore, sha256

from .outcome import SeededDraws


def conversations(suite, seed, first, count, before, note):
    after = before
    for i in range(first, first + count):
        log = Conversation(suite, sha256(seed + u32(i)), note if count == 1 else ignore).run()
        after = sha256(after + sha256(log))
    return after


class Conversation:
    def __init__(self, suite, seed, note):
        note("seed", seed)
        self.draw, self.note, self.log = SeededDraws(seed), note, b""
        beginnings = [(Identity.new(self.draw), self.draw(32)) for _ in range(2)]
        t = self.draw(14)
        self.now = number(t[:6])
        self.cards, self.devices = [], []
        for (identity, x), lifetime in zip(beginnings, (t[6:10], t[10:])):
            suites = 1 if suite == CLASSIC else 3
            address, expires = (x + x)[: 1 + x[0] % 64], self.now + 1 + number(lifetime)
            card = issue_card(identity, suites, address, x[28:], self.now, expires)
            self.cards.append(card)
            self.devices.append(Device(identity, [card]))

    def made(self, name, packet):
        self.log += lp32(packet)
        self.note(name, packet)
        return packet

    def receive(self, who, packet, sender=None):
        return self.devices[who].receive(packet, self.now, self.draw, sender)

    def accept(self, who, packet):
        events, _ = self.receive(who, packet, self.cards[1 - who].ik)
        [message] = (event for event in events if event["event"] == "message")
        jumped = sum(count for _, _, count in message["gap"])
        self.log += u32(message["epoch"]) + u32(message["n"]) + u32(jumped)
        self.log += u8(message["type"]) + lp32(message["content"])

    def send(self, who, name):
        c = self.draw(32)
        length = number(c[:2]) % 1000
        content, content_type = (c * 32)[:length], c[2] if c[2] >= 0x80 else TYPE_DATA
        _, packet = self.devices[who].send(self.cards[1 - who].ik, content_type, content, self.now, self.draw)
        return self.made(name, packet)

    def close(self, who, name):
        _, packet = self.devices[who].close(self.cards[1 - who].ik, self.now, self.draw)
        return self.made(name, packet)

    def run(self):
        """The log."""
        a, b = 0, 1
        self.note("card_a", self.cards[a].raw)
        self.note("card_b", self.cards[b].raw)
        init = self.made("init", self.devices[a].initiate(self.cards[b].raw, self.now, self.draw))
        _, [response] = self.receive(b, init)
        [established], [complete] = self.receive(a, self.made("response", response))
        session_id = established["session"]
        _, [receipt] = self.receive(b, self.made("complete", complete))
        self.accept(a, self.made("receipt_b", receipt))

        messages = [self.send(a, f"message_{i}") for i in range(3)]
        for i in (0, 2, 1):
            self.accept(b, messages[i])
        messages += [self.send(b, f"message_{i}") for i in (3, 4)]
        for i in (4, 3):
            self.accept(a, messages[i])
        last = [self.send(a, "message_5")]
        receipt = self.devices[a].receipt(self.cards[b].ik, session_id, self.now, self.draw)
        last += [self.made("receipt_a", receipt), self.close(a, "close_a")]
        for packet in last:
            self.accept(b, packet)
        self.accept(a, self.close(b, "close_b"))

        for who in (a, b):
            peer = self.cards[1 - who].ik
            okm = self.devices[who].export(peer, session_id, b"conversation", b"", 32, self.now)
            self.log += session_id + okm
        self.note("session_id", session_id)
        self.note("okm", okm)
        self.note("log", sha256(self.log))
        return self.log
