"""Chapter 8: one session, as a value. Every operation gives a new session; a refusal gives none."""

from dataclasses import asdict, dataclass, replace
from typing import Optional

from .message import (
    CONTENT_MAX,
    TYPE_ANNOUNCEMENT,
    TYPE_CLOSE,
    TYPE_RECEIPT,
    find_candidate,
    is_for_applications,
    mac_digest,
    open_body,
    open_header,
    require_content,
    require_layout,
    seal_message,
)
from .notation import EXPORT_LABEL, EXPORT_LENGTH, INITIATOR, PROTO, RESPONDER, Refused, number, suite_of, u8, u32
from .primitives import expand, sha256
from .ratchet import Ratchet, ReceivingChain, SendingChain
from .snapshots import from_json, pack, to_json, unpack


@dataclass(frozen=True)
class SessionKeys:
    root: bytes
    header_initiator: bytes
    header_responder: bytes
    session_id: bytes
    exporter: bytes
    ad_initiator: bytes
    ad_responder: bytes


def session_keys(suite, sk, transcript, ik_i, device_i, ik_r, device_r):
    def directed(role, sender, receiver):
        return sha256(PROTO + b"ad" + transcript + u8(role) + sender + receiver)

    initiator, responder = ik_i + device_i, ik_r + device_r
    return SessionKeys(
        root=expand(suite, sk, b"root", b"", 32),
        header_initiator=expand(suite, sk, b"header initiator", b"", 32),
        header_responder=expand(suite, sk, b"header responder", b"", 32),
        session_id=expand(suite, sk, b"session id", b"", 16),
        exporter=expand(suite, sk, b"exporter", b"", 32),
        ad_initiator=directed(INITIATOR, initiator, responder),
        ad_responder=directed(RESPONDER, responder, initiator),
    )


def export(suite, exporter, label, context, length):
    if not 1 <= len(label) <= EXPORT_LABEL or not 1 <= length <= EXPORT_LENGTH:  # SESSION-02
        raise Refused("export")
    return expand(suite, exporter, b"app:" + label, sha256(context), length)


@dataclass(frozen=True)
class Received:
    """What the application gets with a message (SESSION-13)."""

    epoch: int
    n: int
    gap: list  # of (epoch, first, count) (SESSION-14)
    content_type: int
    content: bytes


@dataclass(frozen=True)
class Session:
    role: int
    ts_i: int
    session_id: bytes
    exporter: bytes
    ad_sending: bytes
    ad_receiving: bytes
    ratchet: Ratchet
    owes_receipt: bool = False  # 8.4
    closed_by_us: bool = False
    close_received: Optional[tuple] = None  # (epoch, n)
    generation: int = 0

    @staticmethod
    def start(role, ts_i, agreed, ik_i, device_i, ik_r, device_r):
        keys = session_keys(agreed.suite, agreed.sk, agreed.transcript, ik_i, device_i, ik_r, device_r)
        initiator = role == INITIATOR
        return Session(
            role=role,
            ts_i=ts_i,
            session_id=keys.session_id,
            exporter=keys.exporter,
            ad_sending=keys.ad_initiator if initiator else keys.ad_responder,
            ad_receiving=keys.ad_responder if initiator else keys.ad_initiator,
            owes_receipt=not initiator,
            ratchet=Ratchet.start(
                agreed.suite,
                role,
                keys.root,
                keys.header_initiator,
                keys.header_responder,
                agreed.ratchet_private,
                agreed.ra,
                agreed.rb,
            ),
        )

    @property
    def key(self):
        return self.ts_i, self.session_id  # 8.2

    # Sending

    def send(self, content_type, content, draw):
        if not is_for_applications(content_type) and content_type != TYPE_ANNOUNCEMENT:
            raise Refused("content")
        require_content(content_type, content)
        return self._send(content_type, content, draw)

    def receipt(self, draw, unasked=False):
        """A receipt, or no message when none is owed (SESSION-17, SESSION-32) or there is no receiving chain.

        `unasked`: the answer to a Complete, sent whether owed or not (HS-38).
        """
        content = self.ratchet.receipt()
        if content is None or not (self.owes_receipt or unasked):
            return self, None
        session, message = self._send(TYPE_RECEIPT, content, draw)
        return replace(session, owes_receipt=False), message

    def close(self, draw):
        epoch, n = self.ratchet.next_place
        session, message = self._send(TYPE_CLOSE, u32(epoch) + u32(n + 1), draw)
        return replace(session, closed_by_us=True), message

    def _send(self, content_type, content, draw):
        # the order of MSG-14: closed, too_long, chain_limit, random
        if self.closed_by_us:  # SESSION-19
            raise Refused("closed")
        if len(content) > CONTENT_MAX:  # MSG-01
            raise Refused("too_long")
        ratchet, message_key, chain = self.ratchet.send(draw)
        message = seal_message(
            ratchet.suite,
            message_key,
            chain.header_key,
            self.ad_sending,
            ratchet.own_public,
            ratchet.previous_length,
            chain.number,
            content_type,
            content,
            draw,
        )
        return replace(self, ratchet=ratchet, generation=self.generation + 1), message  # SESSION-23

    # Receiving

    def recognises(self, message):
        """Whether the MAC verifies under a header key of this session."""
        return self._candidate(message) is not None

    def _candidate(self, message):
        if suite_of(message) != self.ratchet.suite:  # SESSION-11
            return None
        return find_candidate(message, mac_digest(message), self.ad_receiving, self.ratchet.candidates)

    def receive(self, message):
        """The session after the message and what the application gets (MSG-05, RATCHET-21)."""
        require_layout(message)  # step 1
        candidates, mac = self.ratchet.candidates, message[-32:]
        found = self._candidate(message)
        if found is None:  # MSG-08, step 2
            raise Refused("authentication")
        dh, pn, n = open_header(candidates[found], self.ad_receiving, message)  # step 3
        ratchet, message_key, epoch, gap = self.ratchet.receive(found, dh, pn, n, mac)  # steps 4 and 5
        content_type, content = open_body(message_key, self.ad_receiving, message)  # steps 6 to 8
        if content_type == TYPE_RECEIPT:
            self._require_receipt(content)  # step 8
        if content_type == TYPE_CLOSE and content != u32(epoch) + u32(n + 1):  # SESSION-20
            raise Refused("content")
        place = (epoch, n)
        if self.close_received is not None and place > self.close_received:  # SESSION-21, step 9
            raise Refused("after_close")
        if content_type == TYPE_CLOSE and place < self._highest_accepted():  # SESSION-21
            raise Refused("after_close")
        session = replace(
            self,
            ratchet=ratchet.with_digest(epoch, n, mac),
            owes_receipt=self.owes_receipt or content_type != TYPE_RECEIPT,
            close_received=place if content_type == TYPE_CLOSE else self.close_received,
            generation=self.generation + 1,  # SESSION-23
        )
        return session, Received(epoch, n, gap, content_type, content)

    def _require_receipt(self, content):
        epoch, below, bitmap = number(content[:4]), number(content[4:8]), number(content[8:])
        newest, count = self.ratchet.newest_sent
        if epoch > newest or (newest - epoch) % 2:  # SESSION-18: an epoch that we never sent
            raise Refused("content")
        claimed = below + 1 + bitmap.bit_length() if bitmap else below  # one more than the greatest number claimed
        if epoch == newest and claimed > count:  # SESSION-18
            raise Refused("content")

    def _highest_accepted(self):
        if not self.ratchet.receiving:
            return (-1, -1)
        current = self.ratchet.receiving[0]
        return current.epoch, current.next - 1

    @property
    def cleanly_closed(self):
        return self.close_received is not None  # SESSION-22

    def export(self, label, context, length):
        return export(self.ratchet.suite, self.exporter, label, context, length)

    # 8.6 Snapshots

    def plain(self):
        return to_json(asdict(self))

    @staticmethod
    def from_plain(plain):
        values = from_json(plain)
        ratchet = values["ratchet"]
        if ratchet["sending"] is not None:
            ratchet["sending"] = SendingChain(**ratchet["sending"])
        ratchet["receiving"] = tuple(ReceivingChain(**chain) for chain in ratchet["receiving"])
        for name in ("skipped", "digests"):
            ratchet[name] = {(epoch, n): data for epoch, n, data in ratchet[name]}
        values["ratchet"] = Ratchet(**ratchet)
        if values["close_received"] is not None:
            values["close_received"] = tuple(values["close_received"])
        return Session(**values)

    def state(self):
        """The canonical snapshot of the session."""
        return pack(self.plain())

    @staticmethod
    def restore(snapshot, least_generation=0):
        try:
            session = Session.from_plain(unpack(snapshot))
        except (KeyError, TypeError, ValueError):
            raise Refused("snapshot") from None  # SESSION-25
        if session.state() != snapshot:  # SESSION-25, SESSION-26
            raise Refused("snapshot")
        if session.generation < least_generation:  # SESSION-24
            raise Refused("rollback")
        return session
