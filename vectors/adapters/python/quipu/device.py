"""The device: cards, pins, handshakes and sessions behind one door.

Every operation works on values and commits them at its end, so a refusal changes nothing (ENC-08).
"""

from dataclasses import asdict, dataclass, field, replace

from . import handshake, initiator, responder
from .keys import Identity, address_field, kept_cards, verify_card, with_issued
from .message import require_layout
from .notation import (
    COMPLETE_LENGTH,
    INITIATOR,
    RESPONDER,
    TYPE_COMPLETE,
    TYPE_INIT,
    TYPE_MESSAGE,
    TYPE_RESPONSE,
    Refused,
    lp32,
    packet_type,
)
from .primitives import same, sha256
from .session import Session, pack, to_json
from .sessions import CONFIRMED, UNCONFIRMED, Held, Sessions


@dataclass(frozen=True)
class Contents:
    """Everything that a device holds. The dictionaries are replaced, never changed."""

    cards: tuple
    pins: dict = field(default_factory=dict)  # (address field, device) -> IK
    initiated: dict = field(default_factory=dict)  # handshake id -> Initiated
    half_open: dict = field(default_factory=dict)  # handshake id -> Responded
    replay: dict = field(default_factory=dict)  # hash of Init -> Remembered
    peers: dict = field(default_factory=dict)  # IK of the peer -> Sessions

    def current(self, now):
        """Without the handshakes, cache entries and cards whose time has passed (1.4)."""
        return replace(
            self,
            cards=kept_cards(self.cards, now),  # CARD-13
            initiated={k: v for k, v in self.initiated.items() if handshake.is_live(v, now)},  # HS-27
            half_open={k: v for k, v in self.half_open.items() if handshake.is_live(v, now)},  # HS-27
            replay={k: v for k, v in self.replay.items() if now <= v.until},  # HS-19, HS-20
        )

    def demand(self, peer, now, events):
        """What time demands of the sessions with one peer device (SESSION-31)."""
        peers = dict(self.peers)
        sessions = peers.pop(peer, Sessions()).demand(now, events)
        return replace(self, peers={**peers, peer: sessions} if sessions.held else peers)

    def sessions(self, ik):
        return self.peers.get(ik, Sessions())

    def with_sessions(self, ik, sessions):
        return replace(self, peers={**self.peers, ik: sessions})


class Device:
    def __init__(self, identity: Identity, cards, pins=None, views=handshake.NO_VIEWS):
        self.identity = identity
        self.views = views
        self._contents = Contents(cards=tuple(cards), pins=dict(pins or {}))

    # Local calls

    def pin(self, address, device, ik):
        place = (address_field(address), device)
        self._contents = replace(self._contents, pins={**self._contents.pins, place: ik})

    def issue(self, card_bytes, now):
        contents = self._contents.current(now)
        self._contents = replace(contents, cards=with_issued(contents.cards, verify_card(card_bytes)))  # CARD-14

    def initiate(self, card_r_bytes, now, draw):
        contents = self._contents.current(now)
        newest = contents.cards[-1] if contents.cards else None
        floor = contents.sessions(verify_card(card_r_bytes).ik).floor(now)  # HS-05
        packet, initiated = initiator.initiate(
            self.identity, newest, card_r_bytes, contents.pins, now, floor, self.views, draw
        )
        opened = {**contents.initiated, initiated.handshake_id: initiated}
        self._contents = replace(contents, initiated=opened)
        return packet

    def send(self, peer, content_type, content, now, draw):
        return self._send(peer, now, lambda session: session.send(content_type, content, draw))

    def close(self, peer, now, draw):
        return self._send(peer, now, lambda session: session.close(draw))

    def receipt(self, peer, now, draw):
        return self._send(peer, now, lambda session: session.receipt(draw))

    def _send(self, peer, now, operation):
        """Events and the packet. The packet is None when there is nothing to send."""
        contents = self._contents.current(now)
        sessions = contents.sessions(peer)
        held = sessions.to_send(now)  # SESSION-03
        session, message = operation(held.session)
        packet = None if message is None else held.wrapped(message)  # HS-36
        sessions = sessions.put(replace(held, session=session))
        return self._commit(contents.with_sessions(peer, sessions), peer, now, []), packet

    def due(self, now):
        """What time demands, repeats of Complete included: events and [(peer, packet)]."""
        events, packets = [], []
        contents = self._contents.current(now)
        for peer in sorted(contents.peers):  # 12.5
            contents = contents.demand(peer, now, events)
            if peer in contents.peers:
                sessions, repeats = contents.sessions(peer).repeat_completes(now)
                packets += [(peer, packet) for packet in repeats]
                contents = contents.with_sessions(peer, sessions)
        self._contents = contents
        return events, packets

    def restart(self, keep_cache):
        """Handshakes under way are lost (HS-27, SESSION-27), sessions are restored (SESSION-26)."""
        contents = self._contents
        peers = {
            peer: Sessions(tuple(Held.restore(held.snapshot()) for held in sessions.held))
            for peer, sessions in contents.peers.items()
        }
        replay = contents.replay if keep_cache else {}  # SESSION-28
        self._contents = replace(contents, initiated={}, half_open={}, replay=replay, peers=peers)

    # Packets

    def receive(self, packet, now, draw, sender=None):
        """`sender`: the IK of the device that the transport names. Gives events and replies."""
        receive = {
            TYPE_INIT: self._receive_init,
            TYPE_RESPONSE: self._receive_response,
            TYPE_COMPLETE: self._receive_complete,
            TYPE_MESSAGE: self._receive_message,
        }
        kind = packet_type(packet, set(receive))
        events = []
        current = self._contents.current(now)
        contents, peer, replies = receive[kind](current, packet, now, draw, events, sender)
        return self._commit(contents, peer, now, events), replies

    def _receive_init(self, contents, packet, now, draw, events, sender):
        response, responded, (init_hash, remembered) = responder.respond(
            self.identity,
            contents.cards,
            contents.pins,
            contents.replay,
            contents.half_open,
            now,
            self.views,
            packet,
            draw,
        )
        events.append({"event": "response-sent", "peer": responded.card_i.ik})
        contents = replace(
            contents,
            half_open={**contents.half_open, responded.handshake_id: responded},
            replay={**contents.replay, init_hash: remembered},  # HS-19
        )
        return contents, responded.card_i.ik, [response]

    def _receive_response(self, contents, packet, now, draw, events, sender):
        initiated, complete, agreed, _, _ = initiator.finish(
            self.identity, contents.initiated, packet, now, draw
        )
        own, peer = initiated.card_i, initiated.card_r
        session = Session.start(INITIATOR, initiated.ts_i, agreed, own.ik, own.device, peer.ik, peer.device)
        pinned = handshake.is_pinned(contents.pins, peer)  # CARD-11
        held = Held(session, UNCONFIRMED, now, pinned, initiated.handshake_id, complete=complete)
        events.append(_established(held, peer.ik))
        sessions = contents.sessions(peer.ik).add(held, now, events)
        remaining = {k: v for k, v in contents.initiated.items() if k != initiated.handshake_id}  # HS-26
        contents = replace(contents, initiated=remaining).with_sessions(peer.ik, sessions)
        return contents, peer.ik, [complete + lp32(b"")]  # HS-35

    def _receive_complete(self, contents, packet, now, draw, events, sender):
        handshake_id, message = packet[4:20], packet[COMPLETE_LENGTH + 4 :]
        complete_hash = sha256(packet[:COMPLETE_LENGTH])
        for peer, sessions in contents.peers.items():
            known = sessions.of_handshake(handshake_id, now)
            if known is not None:
                return self._repeated_complete(contents, peer, known, complete_hash, message, now, draw, events)

        responded, agreed = responder.complete(contents.half_open, packet, now)
        own, theirs = responded.card_r, responded.card_i
        session = Session.start(
            RESPONDER, responded.ts_i, agreed, theirs.ik, theirs.device, own.ik, own.device
        )
        held = Held(session, CONFIRMED, now, responded.pinned, handshake_id, complete_hash=complete_hash)
        events.append(_established(held, theirs.ik))
        sessions = contents.sessions(theirs.ik).add(held, now, events)
        remaining = {k: v for k, v in contents.half_open.items() if k != handshake_id}
        contents = replace(contents, half_open=remaining)
        if message:
            try:
                sessions = _message_behind(sessions, message, now, events)
            except Refused as refusal:  # HS-32
                events.append({"event": "refused", "error": refusal.name})
        return _answered(contents, theirs.ik, sessions, held, now, draw)

    def _repeated_complete(self, contents, peer, held, complete_hash, message, now, draw, events):
        if not same(held.complete_hash, complete_hash):  # HS-34
            raise Refused("unknown_handshake")
        events.append({"event": "repeated", "session": held.session_id})  # HS-33
        sessions = contents.sessions(peer)
        if message:
            sessions = _message_behind(sessions, message, now, events)  # HS-33: its refusal is the packet's
        return _answered(contents, peer, sessions, held, now, draw)

    def _receive_message(self, contents, packet, now, draw, events, sender):
        sessions = contents.sessions(sender).receive(packet, now, events)
        return contents.with_sessions(sender, sessions), sender, []

    # State

    def _commit(self, contents, peer, now, events):
        """8.2: an operation that succeeds does what time demands of the peer concerned, after its own effect."""
        self._contents = contents.demand(peer, now, events)
        return events

    def state(self, now=None):
        """Every byte that a refusal must leave as it was; with `now`, without what has passed (VEC-04)."""
        contents = self._contents if now is None else self._contents.current(now)
        return pack(
            {
                "cards": [card.raw.hex() for card in contents.cards],
                "pins": [[*map(bytes.hex, place), ik.hex()] for place, ik in contents.pins.items()],
                "initiated": [to_json(asdict(one)) for one in contents.initiated.values()],
                "half_open": [to_json(asdict(one)) for one in contents.half_open.values()],
                "replay": [[key.hex(), to_json(asdict(one))] for key, one in contents.replay.items()],
                "peers": [
                    [peer.hex(), [held.snapshot().hex() for held in sessions.held]]
                    for peer, sessions in contents.peers.items()
                ],
            }
        )


def _message_behind(sessions, message, now, events):
    """4.7: received as any message of that device, on any of its sessions."""
    require_layout(message)
    return sessions.receive(message, now, events)


def _answered(contents, peer, sessions, held, now, draw):
    """The receipt that answers a Complete, computed after the message behind it (HS-38)."""
    held, replies = sessions.find(held.session_id), []
    if held is not None and held.may_answer(now):
        try:
            session, receipt = held.session.receipt(draw, unasked=True)
            answered = replace(held, session=session, answered=now, answers=held.answers + 1)
            sessions, replies = sessions.put(answered), [receipt]
        except Refused as refusal:
            if refusal.name not in ("closed", "chain_limit", "random"):  # 4.7: left out and not counted
                raise
    return contents.with_sessions(peer, sessions), peer, replies


def _established(held, peer):
    return {
        "event": "established",
        "peer": peer,
        "session": held.session_id,
        "role": "initiator" if held.session.role == INITIATOR else "responder",
        "pinned": held.pinned,
    }
