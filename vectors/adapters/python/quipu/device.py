"""The device: cards, pins, handshakes and sessions behind one door.

Every operation works on a copy of the containers and commits it at the end (ENC-08).
"""

from dataclasses import asdict, dataclass, field, replace

from . import handshake
from .keys import Identity, kept_cards, verify_card, with_issued, address_field
from .message import TYPE_RECEIPT, require_layout
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
from .session import Session, _plain, pack
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
        """Without the handshakes, cache entries and cards whose time has passed."""
        return replace(
            self,
            cards=kept_cards(self.cards, now),  # CARD-13
            initiated={k: v for k, v in self.initiated.items() if handshake.is_live(v, now)},  # HS-27
            half_open={k: v for k, v in self.half_open.items() if handshake.is_live(v, now)},  # HS-27
            replay={k: v for k, v in self.replay.items() if now <= v.until},  # HS-19, HS-20
        )

    def demand(self, now, events):
        peers = {ik: sessions.demand(now, events) for ik, sessions in self.peers.items()}
        return replace(self, peers={ik: sessions for ik, sessions in peers.items() if sessions.held})

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
        events = []
        contents = self._begin(now, events)
        card = verify_card(card_bytes)
        contents = replace(contents, cards=with_issued(contents.cards, card))  # CARD-14
        return self._commit(contents, now, events)

    def initiate(self, card_r_bytes, now, draw):
        events = []
        contents = self._begin(now, events)
        if not contents.cards:
            raise Refused("time")
        card_r = verify_card(card_r_bytes)
        floor = contents.sessions(card_r.ik).floor()
        packet, initiated = handshake.initiate(
            self.identity, contents.cards[-1], card_r_bytes, now, floor, self.views, draw
        )
        opened = {**contents.initiated, initiated.handshake_id: initiated}
        self._commit(replace(contents, initiated=opened), now, events)
        return packet

    def send(self, peer, content_type, content, now, draw):
        return self._send(peer, now, lambda session: session.send(content_type, content, draw))

    def close(self, peer, now, draw):
        return self._send(peer, now, lambda session: session.close(draw))

    def receipt(self, peer, now, draw):
        return self._send(peer, now, lambda session: session.receipt(draw))

    def _send(self, peer, now, operation):
        events = []
        contents = self._begin(now, events)
        sessions = contents.sessions(peer)
        held = sessions.greatest_to_send()  # SESSION-03
        session, message = operation(held.session)
        if message is None:
            return None
        packet = held.wrapped(message)
        sessions = sessions.put(replace(held, session=session))
        self._commit(contents.with_sessions(peer, sessions), now, events)
        return packet

    def due(self, now):
        """What time demands, repeats of Complete included: events and [(peer, packet)]."""
        events, packets = [], []
        contents = self._begin(now, events)
        for peer, sessions in contents.peers.items():
            sessions, repeats = sessions.repeat_completes(now)
            packets += [(peer, packet) for packet in repeats]
            contents = contents.with_sessions(peer, sessions)
        self._commit(contents, now, events)
        return events, packets

    def restart(self, keep_cache):
        """Half-open handshakes are lost (HS-27, SESSION-27), sessions are restored (SESSION-26)."""
        contents = self._contents
        peers = {}
        for peer, sessions in contents.peers.items():
            restored = [replace(one, session=Session.restore(one.session.state())) for one in sessions.held]
            peers[peer] = Sessions(tuple(restored))
        replay = contents.replay if keep_cache else {}  # SESSION-28
        self._contents = replace(contents, initiated={}, half_open={}, replay=replay, peers=peers)

    # Packets

    def receive(self, packet, now, draw, sender=None):
        """`sender`: the IK of the device that the transport names. Gives events and replies."""
        kind = packet_type(packet, {TYPE_INIT, TYPE_RESPONSE, TYPE_COMPLETE, TYPE_MESSAGE})
        events = []
        contents = self._begin(now, events)
        receive = {
            TYPE_INIT: self._receive_init,
            TYPE_RESPONSE: self._receive_response,
            TYPE_COMPLETE: self._receive_complete,
        }.get(kind)
        if receive:
            contents, replies = receive(contents, packet, now, draw, events)
        else:
            contents, replies = self._receive_message(contents, packet, now, sender, events)
        self._commit(contents, now, events)
        return events, replies

    def _receive_init(self, contents, packet, now, draw, events):
        response, responded, (init_hash, remembered) = handshake.respond(
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
        return contents, [response]

    def _receive_response(self, contents, packet, now, draw, events):
        initiated, complete, agreed, _, _ = handshake.finish(
            self.identity, contents.initiated, packet, now, draw
        )
        own, peer = initiated.card_i, initiated.card_r
        session = Session.start(INITIATOR, initiated.ts_i, agreed, own.ik, own.device, peer.ik, peer.device)
        pinned = contents.pins.get((peer.address_field, peer.device)) == peer.ik  # CARD-11
        held = Held(session, UNCONFIRMED, now, pinned, initiated.handshake_id, complete=complete)
        events.append(_established(held, peer.ik))
        sessions = contents.sessions(peer.ik).add(held, now, events)
        remaining = {k: v for k, v in contents.initiated.items() if k != initiated.handshake_id}  # HS-26
        contents = replace(contents, initiated=remaining).with_sessions(peer.ik, sessions)
        return contents, [complete + lp32(b"")]  # HS-35

    def _receive_complete(self, contents, packet, now, draw, events):
        handshake_id, message = packet[4:20], packet[COMPLETE_LENGTH + 4 :]
        complete_hash = sha256(packet[:COMPLETE_LENGTH])
        peer, held = _session_of_handshake(contents, handshake_id)
        if held is not None:
            if not same(held.complete_hash, complete_hash):  # HS-34
                raise Refused("unknown_handshake")
            events.append({"event": "repeated", "session": held.session_id})  # HS-33
            sessions = contents.sessions(peer)
        else:
            responded, agreed = handshake.complete(contents.half_open, packet, now)
            own, theirs = responded.card_r, responded.card_i
            peer = theirs.ik
            session = Session.start(
                RESPONDER, responded.ts_i, agreed, theirs.ik, theirs.device, own.ik, own.device
            )
            held = Held(
                session, CONFIRMED, now, responded.pinned, handshake_id, complete_hash=complete_hash
            )
            events.append(_established(held, peer))
            sessions = contents.sessions(peer).add(held, now, events)
            remaining = {k: v for k, v in contents.half_open.items() if k != handshake_id}
            contents = replace(contents, half_open=remaining)

        only_receipt = False
        if message:
            try:
                require_layout(message)
                sessions, received = sessions.receive_on(sessions.find(held.session_id), message, now, events)
                only_receipt = received.content_type == TYPE_RECEIPT
            except Refused as refusal:  # HS-32
                events.append({"event": "refused", "error": refusal.name})
        held = sessions.find(held.session_id)
        replies = []
        if held.may_answer(now) and not only_receipt:  # HS-38, SESSION-17
            try:
                session, receipt = held.session.receipt(draw)
                sessions = sessions.put(replace(held, session=session, answered=now))
                replies.append(receipt)
            except Refused as refusal:
                if refusal.name not in ("closed", "chain_limit"):
                    raise
        return contents.with_sessions(peer, sessions), replies

    def _receive_message(self, contents, packet, now, sender, events):
        sessions = contents.sessions(sender)
        held = sessions.find_opener(packet)  # SESSION-11, SESSION-12
        sessions, _ = sessions.receive_on(held, packet, now, events)
        return contents.with_sessions(sender, sessions), []

    # State

    def _begin(self, now, events):
        return self._contents.current(now).demand(now, events)

    def _commit(self, contents, now, events):
        self._contents = contents.demand(now, events)
        return events

    def state(self):
        """Every byte that a refusal must leave as it was, in one form."""
        contents = self._contents
        return pack(
            {
                "cards": [card.raw.hex() for card in contents.cards],
                "pins": [[*map(bytes.hex, place), ik.hex()] for place, ik in contents.pins.items()],
                "initiated": [_plain(asdict(one)) for one in contents.initiated.values()],
                "half_open": [_plain(asdict(one)) for one in contents.half_open.values()],
                "replay": [[key.hex(), _plain(asdict(one))] for key, one in contents.replay.items()],
                "peers": [
                    [peer.hex(), [_plain(asdict(held)) for held in sessions.held]]
                    for peer, sessions in contents.peers.items()
                ],
            }
        )


def _session_of_handshake(contents, handshake_id):
    for peer, sessions in contents.peers.items():
        for held in sessions.held:
            if held.handshake_id == handshake_id and held.complete_hash is not None:
                return peer, held
    return None, None


def _established(held, peer):
    return {
        "event": "established",
        "peer": peer,
        "session": held.session_id,
        "role": "initiator" if held.session.role == INITIATOR else "responder",
        "pinned": held.pinned,
    }
