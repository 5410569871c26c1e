"""Chapter 8.2: several sessions with one peer device, as a value."""

from dataclasses import dataclass, fields, replace
from typing import Optional

from .notation import (
    CHAIN_MAX,
    COMPLETE_ANSWERS,
    COMPLETE_REPEATS,
    DAY,
    INITIATOR,
    RECEIPT_INTERVAL,
    SESSIONS_CONFIRMED,
    SESSIONS_GIVEN_UP,
    SUPERSEDED_AGE,
    UNCONFIRMED_AGE,
    UNCONFIRMED_AGE_PREPARED,
    UNCONFIRMED_MESSAGES_PREPARED,
    Refused,
    lp32,
)
from .keys import Card
from .session import Session
from .snapshots import from_json, pack, to_json, unpack

UNCONFIRMED, CONFIRMED, GIVEN_UP = "unconfirmed", "confirmed", "given-up"


@dataclass(frozen=True)
class Held:
    """A session and what the device knows about it beside its keys."""

    session: Session
    status: str
    created: int
    pinned: bool
    peer_card: bytes
    psk_id: bytes
    handshake_id: bytes = b""  # interactive
    prepared: bool = False
    reduced: bool = False  # the handshake was (PREP-33)
    opening: Optional[bytes] = None  # initiator, until confirmed: Complete or handshake bytes to repeat
    opening_hash: Optional[bytes] = None  # responder: recognises a repetition
    used: tuple = ()  # responder: ids of the prekeys of a PrekeyInit, the signed one first (PREP-34)
    repeats: int = 0  # of Complete, already due
    answers: int = 0  # receipts that answered a Complete or PrekeyInit
    answered: Optional[int] = None  # when the last of them did
    superseded_at: Optional[int] = None  # when it first stood below a settled session
    accepted_at: Optional[int] = None  # when the last message was accepted

    @property
    def key(self):
        return self.session.key

    @property
    def session_id(self):
        return self.session.session_id

    def wrapped(self, message):
        return message if self.opening is None else self.opening + lp32(message)  # HS-36, PREP-18

    @property
    def peer(self):
        return Card(self.peer_card)

    @property
    def is_reduced(self):  # PREP-33
        receiving = self.session.ratchet.receiving
        return self.reduced and (not receiving or receiving[0].epoch == 0)

    @property
    def is_settled(self):
        """Whether this side knows that the other one has it confirmed (8.2)."""
        if self.session.role == INITIATOR:
            return self.status == CONFIRMED
        return self.session.ratchet.receiving[0].epoch > 0

    def may_answer(self, now):  # HS-38
        if self.answers >= COMPLETE_ANSWERS:
            return False
        return self.answered is None or now - self.answered >= RECEIPT_INTERVAL

    def has_expired(self, now):  # SESSION-10
        if self.superseded_at is None:
            return False
        last = self.created if self.accepted_at is None else self.accepted_at
        return now >= max(self.superseded_at, last) + SUPERSEDED_AGE

    def is_at_limit(self, now):  # SESSION-06
        age = UNCONFIRMED_AGE_PREPARED if self.prepared else UNCONFIRMED_AGE
        messages = UNCONFIRMED_MESSAGES_PREPARED if self.prepared else CHAIN_MAX
        return self.status == UNCONFIRMED and (
            now >= self.created + age
            or self.session.ratchet.sending.number >= messages
            or self.session.ts_i > now + DAY
        )

    # 8.6: the snapshot holds what is beside the keys as well

    def snapshot(self):
        beside = {one.name: to_json(getattr(self, one.name)) for one in fields(self) if one.name != "session"}
        return pack({"session": self.session.plain(), "beside": beside})

    @staticmethod
    def restore(snapshot, least_generation=0):
        plain = unpack(snapshot)
        try:
            beside = from_json(plain["beside"])
            held = Held(session=Session.from_plain(plain["session"]), **{**beside, "used": tuple(beside["used"])})
        except (KeyError, TypeError, ValueError):
            raise Refused("snapshot") from None  # SESSION-25
        if held.snapshot() != snapshot:  # SESSION-25, SESSION-26
            raise Refused("snapshot")
        if held.session.generation < least_generation:  # SESSION-24
            raise Refused("rollback")
        return held


@dataclass(frozen=True)
class Heard:
    """An accepted message, for what it does to the device."""

    peer: Card
    content_type: int
    content: bytes


@dataclass(frozen=True)
class Sessions:
    """All sessions with one peer device, greatest first.

    Those whose seven days are over stay in `held` until an operation commits, and count as dropped.
    """

    held: tuple = ()

    def live(self, now):
        return [held for held in self.held if not held.has_expired(now)]

    def find(self, session_id, now):
        return next((held for held in self.live(now) if held.session_id == session_id), None)

    def to_send(self, now):
        """The greatest that is not given up, nor counts as given up (SESSION-03, SESSION-31)."""
        for held in self.live(now):
            if held.status != GIVEN_UP and not held.is_at_limit(now):
                return held
        raise Refused("no_session")

    def floor(self, now):
        """ts_I of the greatest confirmed session, or None (HS-05)."""
        return max((held.session.ts_i for held in self.live(now) if held.status == CONFIRMED), default=None)

    def is_lesser(self, new, now):
        """Whether a session that we began as responder is less than a confirmed one (SESSION-33)."""
        if new.session.role == INITIATOR:
            return False
        return any(held.status == CONFIRMED and held.key > new.key for held in self.live(now))

    def of_handshake(self, handshake_id, now):
        """The session of which we are the responder and whose Complete bears this id."""
        for held in self.live(now):
            if held.handshake_id == handshake_id and held.opening_hash is not None and not held.prepared:
                return held
        return None

    def of_opening(self, opening_hash, now):
        """The session of which we are the responder and that began with these handshake bytes (PREP-28)."""
        return next((held for held in self.live(now) if held.prepared and held.opening_hash == opening_hash), None)

    def without(self, unwanted, events):
        """Drops sessions, greatest first (DEV-11, DEV-24)."""
        events += [{"event": "dropped", "session": held.session_id} for held in self.held if unwanted(held)]
        return Sessions(tuple(held for held in self.held if not unwanted(held)))

    def put(self, held):
        others = [other for other in self.held if other.session_id != held.session_id]
        return Sessions(tuple(sorted([*others, held], key=lambda one: one.key, reverse=True)))

    def add(self, held, now, events):
        """A new session, and what its place does to the others: giving up, then dropping (12.5)."""
        sessions = self
        if held.status == UNCONFIRMED:
            for other in self.live(now):
                if other.status == UNCONFIRMED:  # SESSION-07
                    sessions = sessions._give_up(other, events)
        return sessions.put(held).placed(now, events)

    def placed(self, now, events):
        """After a session took its place: limits, SESSION-09 and SESSION-10 for all (8.2)."""
        return self._superseded(now).demand(now, events)

    def receive(self, message, now, events):
        """On the session under one of whose header keys the MAC verifies (SESSION-08, SESSION-11).

        Gives the sessions, not yet settled, and what was received: the card of its sender, type and content.
        """
        for held in self.live(now):
            if held.session.recognises(message):
                return self._receive_on(held, message, now, events)
        raise Refused("unknown_session")  # SESSION-12

    def receive_first(self, held, message, now, events):
        """The message behind a PrekeyInit, on its new session (5.7, step 18)."""
        return self.put(held)._receive_on(held, message, now, events)

    def _receive_on(self, held, message, now, events):
        """Events are added only when the message is accepted."""
        session, received = held.session.receive(message)
        held = replace(held, session=session, accepted_at=now)
        if held.status != CONFIRMED:  # SESSION-05
            held = replace(held, status=CONFIRMED, opening=None)
            events.append({"event": "confirmed", "session": held.session_id})
        message_event = {
            "event": "message",
            "session": held.session_id,
            "epoch": received.epoch,
            "n": received.n,
            "gap": received.gap,
            "type": received.content_type,
            "content": received.content,
        }
        events.append(message_event)
        heard = Heard(held.peer, received.content_type, received.content)
        return self.put(held), heard

    def settled(self, now, events):
        """After a message was accepted (SESSION-09, SESSION-10)."""
        return self._superseded(now)._within_bounds(now, events)

    def _superseded(self, now):
        """Notes when a session first stands below a settled one (SESSION-10)."""
        marked, below = [], False
        for held in self.held:
            if below and held.superseded_at is None:
                held = replace(held, superseded_at=now)
            below |= held.is_settled
            marked.append(held)
        return Sessions(tuple(marked))

    def _give_up(self, held, events):
        sent = held.session.ratchet.sending.number
        events.append({"event": "given-up", "session": held.session_id, "sent": sent})  # SESSION-06
        return self.put(replace(held, status=GIVEN_UP))

    def _within_bounds(self, now, events):
        """SESSION-09, among the sessions that do not count as dropped."""
        room = {CONFIRMED: SESSIONS_CONFIRMED, GIVEN_UP: SESSIONS_GIVEN_UP, UNCONFIRMED: 1}
        kept = []
        for held in self.held:
            if held.has_expired(now):
                kept.append(held)
                continue
            room[held.status] -= 1
            if room[held.status] < 0:
                events.append({"event": "dropped", "session": held.session_id})
            else:
                kept.append(held)
        return Sessions(tuple(kept))

    def demand(self, now, events):
        """What time demands: giving up, then dropping; no repeats."""
        sessions = self
        for held in self.held:
            if held.is_at_limit(now):  # SESSION-06
                sessions = sessions._give_up(held, events)
        dropped = []
        staying = sessions._within_bounds(now, dropped).live(now)  # SESSION-09, SESSION-10
        for held in sessions.held:
            if held not in staying:
                events.append({"event": "dropped", "session": held.session_id})
        return Sessions(tuple(staying))

    def repeat_completes(self, now):
        """HS-37: packets whose time has come, at most one for each unconfirmed session."""
        sessions, packets = self, []
        for held in self.held:
            due = sum(now >= held.created + offset for offset in COMPLETE_REPEATS)
            if held.status == UNCONFIRMED and not held.prepared and due > held.repeats:
                packets.append(held.wrapped(b""))
                sessions = sessions.put(replace(held, repeats=due))
        return sessions, packets
