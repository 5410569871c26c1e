"""Chapter 8.2: several sessions with one peer device, as a value."""

from dataclasses import dataclass, replace
from typing import Optional

from .notation import (
    CHAIN_MAX,
    COMPLETE_REPEATS,
    DAY,
    RECEIPT_INTERVAL,
    SESSIONS_CONFIRMED,
    SESSIONS_GIVEN_UP,
    SUPERSEDED_AGE,
    UNCONFIRMED_AGE,
    Refused,
    lp32,
)
from .session import Session

UNCONFIRMED, CONFIRMED, GIVEN_UP = "unconfirmed", "confirmed", "given-up"


@dataclass(frozen=True)
class Held:
    """A session and what the device knows about it beside its keys."""

    session: Session
    status: str
    created: int
    pinned: bool
    handshake_id: bytes
    complete: Optional[bytes] = None  # initiator, until confirmed: the 164 bytes to repeat
    complete_hash: Optional[bytes] = None  # responder: recognises a repetition
    repeats: int = 0  # of Complete, already due
    answered: Optional[int] = None  # when the last receipt answered a Complete
    confirmed_at: Optional[int] = None
    superseded_at: Optional[int] = None
    accepted_at: Optional[int] = None

    @property
    def key(self):
        return self.session.key

    @property
    def session_id(self):
        return self.session.session_id

    def wrapped(self, message):
        return message if self.complete is None else self.complete + lp32(message)  # HS-36

    def may_answer(self, now):
        return self.answered is None or now - self.answered >= RECEIPT_INTERVAL  # HS-38

    def has_expired(self, now):  # SESSION-10
        if self.superseded_at is None:
            return False
        latest = max(self.superseded_at, self.accepted_at or 0)
        return now >= latest + SUPERSEDED_AGE

    def reached_limit(self, now):  # SESSION-06
        return (
            now >= self.created + UNCONFIRMED_AGE
            or self.session.ratchet.sending.number >= CHAIN_MAX
            or self.session.ts_i > now + DAY
        )


@dataclass(frozen=True)
class Sessions:
    """All sessions with one peer device, greatest first."""

    held: tuple = ()

    def find(self, session_id):
        return next((held for held in self.held if held.session_id == session_id), None)

    def greatest_to_send(self):
        for held in self.held:
            if held.status != GIVEN_UP:
                return held
        raise Refused("no_session")  # SESSION-03

    def floor(self):
        """ts_I of the greatest confirmed session, 0 for none (HS-05)."""
        return max((held.session.ts_i for held in self.held if held.status == CONFIRMED), default=0)

    def put(self, held):
        others = [other for other in self.held if other.session_id != held.session_id]
        return Sessions(tuple(sorted([*others, held], key=lambda one: one.key, reverse=True)))

    def add(self, held, now, events):
        """A new session: given up are the unconfirmed ones before it."""
        sessions = self
        if held.status == UNCONFIRMED:
            for other in self.held:
                if other.status == UNCONFIRMED:  # SESSION-07
                    sessions = sessions._give_up(other, events)
            return sessions.put(sessions._under_greater(held))
        return sessions._confirmed(held, now)

    def find_opener(self, message):
        """The session under one of whose header keys the MAC verifies (SESSION-08, SESSION-11)."""
        for held in self.held:
            if held.session.recognises(message):
                return held
        raise Refused("unknown_session")  # SESSION-12

    def receive_on(self, held, message, now, events):
        """Receives on one session. Events are added only when the message is accepted."""
        session, received = held.session.receive(message)
        held = replace(held, session=session, accepted_at=now)
        if held.status == CONFIRMED:
            sessions = self.put(held)
        else:
            events.append({"event": "confirmed", "session": held.session_id})  # SESSION-05
            sessions = self._confirmed(replace(held, complete=None), now)
        events.append(
            {
                "event": "message",
                "session": held.session_id,
                "epoch": received.epoch,
                "n": received.n,
                "gap": received.gap,
                "type": received.content_type,
                "content": received.content,
            }
        )
        return sessions, received

    def _confirmed(self, held, now):
        held = self._under_greater(replace(held, status=CONFIRMED, confirmed_at=now))
        sessions = self.put(held)
        for other in sessions.held:
            if other.key < held.key and other.superseded_at is None:
                sessions = sessions.put(replace(other, superseded_at=now))
        return sessions

    def _under_greater(self, held):
        """A session that comes after a greater one was confirmed is superseded since then."""
        greater = [
            other.confirmed_at for other in self.held if other.status == CONFIRMED and other.key > held.key
        ]
        if greater and held.superseded_at is None:
            return replace(held, superseded_at=min(greater))
        return held

    def _give_up(self, held, events):
        sent = held.session.ratchet.sending.number
        events.append({"event": "given-up", "session": held.session_id, "sent": sent})  # SESSION-06
        return self.put(replace(held, status=GIVEN_UP))

    def demand(self, now, events):
        """What time and the bounds demand: giving up and dropping, no repeats."""
        sessions = self
        for held in self.held:
            if held.status == UNCONFIRMED and held.reached_limit(now):
                sessions = sessions._give_up(held, events)
        kept, confirmed, given_up = [], 0, 0
        for held in sessions.held:
            confirmed += held.status == CONFIRMED
            given_up += held.status == GIVEN_UP
            dropped = held.has_expired(now)  # SESSION-10
            dropped |= held.status == CONFIRMED and confirmed > SESSIONS_CONFIRMED  # SESSION-09
            dropped |= held.status == GIVEN_UP and given_up > SESSIONS_GIVEN_UP  # SESSION-09
            if dropped:
                events.append({"event": "dropped", "session": held.session_id})
            else:
                kept.append(held)
        return Sessions(tuple(kept))

    def repeat_completes(self, now):
        """HS-37: packets whose time has come, at most one for each unconfirmed session."""
        sessions, packets = self, []
        for held in self.held:
            due = sum(now >= held.created + offset for offset in COMPLETE_REPEATS)
            if held.status == UNCONFIRMED and due > held.repeats:
                packets.append(held.wrapped(b""))
                sessions = sessions.put(replace(held, repeats=due))
        return sessions, packets
