"""The device: cards, contacts, prekeys, handshakes and sessions behind one door.

Every operation works on values and commits them at its end, so a refusal changes nothing (ENC-08).
"""

from dataclasses import asdict, dataclass, field, replace

from . import handshake, initiator, prepared, responder
from .contacts import NO_PSK_ID, Contacts
from .keys import Identity, address_field, kept_cards, verify_card, with_issued
from .message import TYPE_ANNOUNCEMENT, require_layout
from .notation import (
    CLASSIC,
    COMPLETE_LENGTH,
    HYBRID,
    INITIATOR,
    RESPONDER,
    TYPE_COMPLETE,
    TYPE_INIT,
    TYPE_MESSAGE,
    TYPE_PREPARED,
    TYPE_RESPONSE,
    Refused,
    PREPARED_LENGTH,
    lp32,
    packet_type,
    suite_of,
    with_message,
)
from .manifests import split_announcement, verify_manifest
from .prekeys import Prekeys, verify_bundle
from .primitives import same, sha256
from .session import Session
from .sessions import CONFIRMED, UNCONFIRMED, Held, Sessions
from .snapshots import pack, to_json


@dataclass(frozen=True)
class Contents:
    """Everything that a device holds. The dictionaries are replaced, never changed."""

    cards: tuple
    contacts: Contacts = field(default_factory=Contacts)
    prekeys: Prekeys = field(default_factory=Prekeys)
    initiated: dict = field(default_factory=dict)  # handshake id -> Initiated
    half_open: dict = field(default_factory=dict)  # handshake id -> Responded
    replay: dict = field(default_factory=dict)  # hash of Init -> Remembered
    peers: dict = field(default_factory=dict)  # IK of the peer -> Sessions

    def current(self, now):
        """Without the handshakes, cache entries, prekeys and cards whose time has passed (1.4)."""
        prekeys = self.prekeys.current(now)
        return replace(
            self,
            cards=kept_cards(self.cards, now, prekeys.covers),  # CARD-13, CARD-17
            prekeys=prekeys,
            initiated={k: v for k, v in self.initiated.items() if handshake.is_live(v, now)},  # HS-27
            half_open={k: v for k, v in self.half_open.items() if handshake.is_live(v, now)},  # HS-27
            replay={k: v for k, v in self.replay.items() if now <= v.until},  # HS-19, HS-20
        )

    def demand(self, peer, now, events):
        """What time demands of the sessions with one peer device (SESSION-31)."""
        return self.with_sessions(peer, self.sessions(peer).demand(now, events))

    @property
    def newest_card(self):
        return self.cards[-1]

    def sessions(self, ik):
        return self.peers.get(ik, Sessions())

    def with_sessions(self, ik, sessions):
        others = {peer: held for peer, held in self.peers.items() if peer != ik}
        return replace(self, peers={**others, ik: sessions} if sessions.held else others)

    def with_manifests(self, manifests, events, announcer=None, replaces=False):
        """Judges them one by one (9.2) and drops what the newest does not list (DEV-11).

        `announcer`: the card of the device that announced them, None when they come from the application.
        """
        contents = self
        for raw in manifests:
            try:
                manifest = verify_manifest(raw)
                if announcer and manifest.address_field != announcer.address_field:  # DEV-18
                    raise Refused("identity")
                contacts, is_news = contents.contacts.with_manifest(
                    manifest,
                    may_begin=contents._may_begin(manifest, announcer, replaces),
                    replaces=replaces,
                    may_replace=contents._lists_itself(manifest),
                )
            except Refused as refusal:
                events.append({"event": "manifest-refused", "error": refusal.name})
                break
            if not is_news:  # DEV-09
                continue
            number = str(manifest.number)
            events.append({"event": "manifest", "address": manifest.address, "number": number})
            contents = replace(contents, contacts=contacts).without_cut_off(events)
        return contents

    def _may_begin(self, manifest, announcer, replaces):
        """DEV-22: whether a manifest may be the first of its address."""
        if announcer is None:
            return self._lists_itself(manifest) and (replaces or self.contacts.lists_pinned(manifest))  # DEV-23
        is_own = manifest.address_field == self.newest_card.address_field
        vouching = (announcer.device, announcer.ik)
        is_only_one = self.contacts.pinned_for(manifest.address_field) == [vouching]
        return not is_own and is_only_one and manifest.lists(*vouching)

    def _lists_itself(self, manifest):
        """Of a manifest of the own address: whether it lists this device."""
        own = self.newest_card
        return manifest.address_field != own.address_field or manifest.lists(own.device, own.ik)

    def without_cut_off(self, events):
        """What manifests end: sessions and handshakes under way (DEV-11, DEV-24, DEV-25)."""
        contacts = self.contacts
        cards = [held.peer for sessions in self.peers.values() for held in sessions.held]
        cards += [one.card_r for one in self.initiated.values()]
        cards += [one.claim.card for one in self.half_open.values()]
        unlisted = {card.ik for card in cards if contacts.is_unlisted(card)}  # remembered (DEV-24)
        contacts = replace(contacts, ended=contacts.ended | unlisted)
        contents = replace(
            self,
            contacts=contacts,
            initiated={k: v for k, v in self.initiated.items() if not contacts.is_cut_off(v.card_r)},
            half_open={k: v for k, v in self.half_open.items() if not contacts.is_cut_off(v.claim.card)},
        )
        for ik in sorted(self.peers):  # 12.5
            sessions = contents.sessions(ik).without(lambda held: contacts.is_cut_off(held.peer), events)
            contents = contents.with_sessions(ik, sessions)
        return contents

    def restored(self):
        """What is due when sessions or prekeys have come from snapshots."""
        prekeys = self.prekeys
        for held in (held for sessions in self.peers.values() for held in sessions.held):  # PREP-34
            prekeys = prekeys.used(held.used, held.opening_hash, held.peer.ik, held.pinned)
        return replace(self, prekeys=prekeys).without_cut_off([])  # DEV-25


class Device:
    def __init__(self, identity: Identity, cards, contacts=None):
        self.identity = identity
        self._contents = Contents(cards=tuple(cards), contacts=contacts or Contacts())

    # Local calls

    @property
    def contacts(self):
        return self._contents.contacts

    def _know(self, contacts):
        self._contents = replace(self._contents, contacts=contacts)

    def pin(self, address, device, ik):
        self._know(self.contacts.with_pin(address_field(address), device, ik))

    def set_psk(self, psk, ik=None):
        self._know(self.contacts.with_psk(psk, ik))  # HS-40

    def set_least(self, ik, suite):
        self._know(self.contacts.with_least(ik, suite))  # CARD-16

    def take_manifests(self, manifests, now, replaces=False):
        """From the application; `replaces`: a decision of the user (DEV-23)."""
        contents, events = self._contents.current(now), []
        self._contents = contents.with_manifests(manifests, events, replaces=replaces)
        return events

    def issue(self, card_bytes, now):
        contents = self._contents.current(now)
        self._contents = replace(contents, cards=with_issued(contents.cards, verify_card(card_bytes)))  # CARD-14

    def new_prekeys(self, one_time, now, draw):
        """What PREP-10 demands and `one_time` more of each kind: the new records."""
        contents = self._contents.current(now)
        card = contents.newest_card
        suite = HYBRID if card.suites & 0b10 else CLASSIC
        prekeys, records = contents.prekeys.issue(self.identity.ik_seed, card.device, suite, now, one_time, draw)
        self._contents = replace(contents, prekeys=prekeys)
        return [record.raw for record in records]

    def initiate(self, card_r_bytes, now, draw):
        contents = self._contents.current(now)
        peer = verify_card(card_r_bytes).ik
        floor = contents.sessions(peer).floor(now)  # HS-05
        packet, initiated = initiator.initiate(
            self.identity,
            contents.newest_card,
            card_r_bytes,
            contents.contacts,
            now,
            floor,
            contents.contacts.views,
            draw,
        )
        opened = {**contents.initiated, initiated.handshake_id: initiated}
        contacts = contents.contacts.remembering(peer, initiated.suite)  # CARD-16
        self._contents = replace(contents, initiated=opened, contacts=contacts)
        return packet

    def prepare(self, bundle_bytes, now, draw):
        """A session towards a peer that may be offline: events (5.6)."""
        contents, events = self._contents.current(now), []
        bundle = verify_bundle(bundle_bytes, now)
        peer = bundle.card
        opening, done = prepared.initiate(
            self.identity,
            contents.newest_card,
            bundle,
            contents.contacts,
            now,
            contents.sessions(peer.ik).floor(now),
            contents.contacts.views,
            draw,
        )
        pinned = contents.contacts.is_pinned(peer)  # CARD-11
        session = _session(INITIATOR, done.claim, done.agreed, done.card_r)
        held = Held(
            session,
            UNCONFIRMED,
            now,
            pinned,
            peer.raw,
            done.claim.psk_id,
            prepared=True,
            reduced=done.reduced,
            opening=opening,
        )
        self._contents = _begun(contents, held, now, events)
        return events

    def send(self, peer, content_type, content, now, draw, **to):
        """`is_wanted`: whether the sending session may be used."""
        return self._send(peer, now, lambda session: session.send(content_type, content, draw), **to)

    def close(self, peer, now, draw):
        return self._send(peer, now, lambda session: session.close(draw))

    def receipt(self, peer, session_id, now, draw):
        """The packet, None when no receipt is owed. On any session that is kept (SESSION-04)."""
        contents = self._contents.current(now)
        sessions = contents.sessions(peer)
        held = _kept(sessions, session_id, now)
        session, message = held.session.receipt(draw)
        self._contents = contents.with_sessions(peer, sessions.put(replace(held, session=session)))
        return None if message is None else held.wrapped(message)

    def export(self, peer, session_id, label, context, length, now):
        """A secret of one session for the application (8.1)."""
        held = _kept(self._contents.sessions(peer), session_id, now)
        return held.session.export(label, context, length)

    def send_all(self, address, content_type, content, now, draw):
        """[(IK, packet or the name of an error)], one for each device of a user (DEV-12)."""
        place = address_field(address)
        manifest = self.contacts.manifests.get(place)
        if manifest is None:
            raise Refused("no_session")
        packets = []
        for one in manifest.devices:
            if one.revoked or one.ik == self.identity.ik:
                continue

            def is_of_user(held, device=one.device):
                return (held.peer.address_field, held.peer.device) == (place, device)

            try:
                _, packet = self.send(one.ik, content_type, content, now, draw, is_wanted=is_of_user)
            except Refused as refusal:
                packet = refusal.name
            packets.append((one.ik, packet))
        return packets

    def _send(self, peer, now, operation, is_wanted=lambda held: True):
        """Events and the packet. The packet is None when there is nothing to send."""
        contents = self._contents.current(now)
        sessions = contents.sessions(peer)
        held = sessions.to_send(now)  # SESSION-03
        if not is_wanted(held):  # DEV-12
            raise Refused("no_session")
        session, message = operation(held.session)
        packet = None if message is None else held.wrapped(message)  # HS-36, PREP-18
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
        prekeys = Prekeys.restore(contents.prekeys.snapshot())  # PREP-29
        replay = contents.replay if keep_cache else {}  # SESSION-28
        contents = replace(contents, prekeys=prekeys, initiated={}, half_open={}, replay=replay, peers=peers)
        self._contents = contents.restored()

    # 8.6 and 5.8: the caller seals snapshots at rest (SEC-04) and keeps the generations outside them

    def session_snapshots(self, peer):
        """[(key of 8.2, generation, snapshot)], one for each session."""
        sessions = self._contents.sessions(peer)
        return [(held.key, held.session.generation, held.snapshot()) for held in sessions.held]

    def restore_sessions(self, peer, snapshots):
        """They take the place of all sessions with the peer. `snapshots`: [(snapshot, least generation)]."""
        sessions = Sessions(tuple(Held.restore(*one) for one in snapshots))
        self._contents = self._contents.with_sessions(peer, sessions).restored()

    def prekey_snapshot(self):
        """(generation, snapshot)."""
        prekeys = self._contents.prekeys
        return prekeys.generation, prekeys.snapshot()

    def restore_prekeys(self, snapshot, least_generation):
        prekeys = Prekeys.restore(snapshot, least_generation)
        self._contents = replace(self._contents, prekeys=prekeys).restored()

    # Tables as if handshakes had been accepted, for tests of their limits

    def fill_cache(self, entries):
        """`entries`: hash -> Remembered."""
        self._contents = replace(self._contents, replay={**self._contents.replay, **entries})

    def fill_replay_set(self, spk_id, entries):
        """`entries`: hash -> (IK, pinned)."""
        self._contents = replace(self._contents, prekeys=self._contents.prekeys.filled(spk_id, entries))

    # Packets

    def receive(self, packet, now, draw, sender=None):
        """`sender`: the IK of the device that the transport names. Gives events and replies."""
        receive = {
            TYPE_INIT: self._receive_init,
            TYPE_RESPONSE: self._receive_response,
            TYPE_COMPLETE: self._receive_complete,
            TYPE_PREPARED: self._receive_prepared,
            TYPE_MESSAGE: self._receive_message,
        }
        kind = packet_type(packet, set(receive))
        events = []
        current = self._contents.current(now)
        contents, peer, replies = receive[kind](current, packet, now, draw, events, sender)
        return self._commit(contents, peer, now, events), replies

    def _receive_init(self, contents, packet, now, draw, events, sender):
        contacts = contents.contacts
        response, responded, (init_hash, remembered) = responder.respond(
            self.identity,
            contents.cards,
            contacts,
            contents.replay,
            contents.half_open,
            now,
            contacts.views,
            packet,
            draw,
        )
        card_i = responded.claim.card
        events.append({"event": "response-sent", "peer": card_i.ik})
        _compare_views(contacts, responded.card_r, card_i, responded.claim.views, events)
        contents = replace(
            contents,
            half_open={**contents.half_open, responded.handshake_id: responded},
            replay={**contents.replay, init_hash: remembered},  # HS-19
        )
        return contents, card_i.ik, [response]

    def _receive_response(self, contents, packet, now, draw, events, sender):
        initiated, complete, agreed, _, views_r = initiator.finish(
            self.identity, contents.initiated, packet, now, draw
        )
        claim, peer = initiated.claim, initiated.card_r
        pinned = contents.contacts.is_pinned(peer)  # CARD-11
        held = Held(
            _session(INITIATOR, claim, agreed, peer),
            UNCONFIRMED,
            now,
            pinned,
            peer.raw,
            claim.psk_id,
            initiated.handshake_id,
            opening=complete,
        )
        remaining = {k: v for k, v in contents.initiated.items() if k != initiated.handshake_id}  # HS-26
        contents = _begun(replace(contents, initiated=remaining), held, now, events)
        _compare_views(contents.contacts, claim.card, peer, views_r, events)
        return contents, peer.ik, [complete + lp32(b"")]  # HS-35

    def _receive_complete(self, contents, packet, now, draw, events, sender):
        complete, message = with_message(packet, COMPLETE_LENGTH)
        handshake_id, complete_hash = complete[4:20], sha256(complete)
        for sessions in contents.peers.values():
            known = sessions.of_handshake(handshake_id, now)
            if known is not None:
                if not same(known.opening_hash, complete_hash):  # HS-34
                    raise Refused("unknown_handshake")
                return _repeated(contents, known, message, now, draw, events)  # HS-33

        responded, agreed = responder.complete(contents.half_open, packet, now)
        claim, peer = responded.claim, responded.claim.card
        held = Held(
            _session(RESPONDER, claim, agreed, responded.card_r),
            CONFIRMED,
            now,
            responded.pinned,
            peer.raw,
            claim.psk_id,
            handshake_id,
            opening_hash=complete_hash,
        )
        remaining = {k: v for k, v in contents.half_open.items() if k != handshake_id}
        contents = _begun(replace(contents, half_open=remaining), held, now, events)
        if message:
            try:
                contents = _message_behind(contents, peer.ik, message, now, events)
            except Refused as refusal:  # HS-32
                events.append({"event": "refused", "error": refusal.name})
        return _answered(contents, peer.ik, held.session_id, now, draw)

    def _receive_prepared(self, contents, packet, now, draw, events, sender):
        opening, message = with_message(packet, PREPARED_LENGTH[suite_of(packet)])
        opening_hash = sha256(opening)
        for sessions in contents.peers.values():  # 5.7, step 2
            known = sessions.of_opening(opening_hash, now)
            if known is not None:
                return _repeated(contents, known, message, now, draw, events)  # PREP-28

        opened = prepared.respond(
            self.identity, contents.cards, contents.contacts, contents.prekeys, now, opening
        )
        done = opened.prepared
        claim, peer = done.claim, done.claim.card
        held = Held(
            _session(RESPONDER, claim, done.agreed, done.card_r),
            CONFIRMED,
            now,
            opened.pinned,
            peer.raw,
            claim.psk_id,
            prepared=True,
            reduced=done.reduced,
            opening_hash=opening_hash,
            used=opened.used,
        )
        require_layout(message)
        first = []
        sessions, heard = contents.sessions(peer.ik).receive_first(held, message, now, first)  # step 18
        _report(contents.sessions(peer.ik), held, now, events)
        sessions = sessions.placed(now, events)  # 8.2, 12.5: before `views` and `message`
        _compare_views(contents.contacts, done.card_r, peer, claim.views, events)
        events += first
        prekeys = contents.prekeys.used(opened.used, opening_hash, peer.ik, opened.pinned)  # PREP-26
        contacts = contents.contacts.remembering(peer.ik, done.agreed.suite)  # CARD-16
        contents = replace(contents, prekeys=prekeys, contacts=contacts).with_sessions(peer.ik, sessions)
        contents = _heard(contents, heard, now, events)
        return _answered(contents, peer.ik, held.session_id, now, draw)  # PREP-30

    def _receive_message(self, contents, packet, now, draw, events, sender):
        return _received(contents, sender, packet, now, events), sender, []

    # State

    def _commit(self, contents, peer, now, events):
        """8.2: an operation that succeeds does what time demands of the peer concerned, after its own effect."""
        self._contents = contents.demand(peer, now, events)
        return events

    def state(self, now=None):
        """Every byte that a refusal must leave as it was; with `now`, without what has passed (VEC-04)."""
        contents = self._contents if now is None else self._contents.current(now)
        contacts = contents.contacts
        return pack(
            {
                "identity": to_json(asdict(self.identity)),
                "cards": [card.raw.hex() for card in contents.cards],
                "pins": sorted([*map(bytes.hex, place), ik.hex()] for place, ik in contacts.pins.items()),
                "manifests": sorted(manifest.raw.hex() for manifest in contacts.manifests.values()),
                "psks": sorted(psk.hex() for psk in contacts.psks.values()),
                "expected": sorted([ik.hex(), name.hex()] for ik, name in contacts.expected.items()),
                "least": sorted([ik.hex(), suite] for ik, suite in contacts.least.items()),
                "ended": sorted(map(bytes.hex, contacts.ended)),
                "prekeys": contents.prekeys.snapshot().hex(),
                "initiated": {key.hex(): to_json(asdict(one)) for key, one in contents.initiated.items()},
                "half_open": {key.hex(): to_json(asdict(one)) for key, one in contents.half_open.items()},
                "replay": {key.hex(): to_json(asdict(one)) for key, one in contents.replay.items()},
                "peers": {
                    peer.hex(): [held.snapshot().hex() for held in sessions.held]
                    for peer, sessions in contents.peers.items()
                },
            }
        )


def _kept(sessions, session_id, now):
    held = sessions.find(session_id, now)
    if held is None:
        raise Refused("no_session")
    return held


def _session(role, claim, agreed, card_r):
    return Session.start(role, claim.ts_i, agreed, claim.card.ik, claim.card.device, card_r.ik, card_r.device)


def _begun(contents, held, now, events):
    """A new session with its event and what it does to others; CARD-16 remembers its suite."""
    peer = held.peer.ik
    _report(contents.sessions(peer), held, now, events)
    contacts = contents.contacts.remembering(peer, held.session.ratchet.suite)
    sessions = contents.sessions(peer).add(held, now, events)
    return replace(contents, contacts=contacts).with_sessions(peer, sessions)


def _report(before, held, now, events):
    """A new session, and whether it is a lesser one among those before it (SESSION-33)."""
    events.append(_established(held))
    if before.is_lesser(held, now):
        events.append({"event": "lesser", "session": held.session_id})


def _established(held):
    event = {
        "event": "established",
        "peer": held.peer.ik,
        "session": held.session_id,
        "role": "initiator" if held.session.role == INITIATOR else "responder",
        "pinned": held.pinned,
    }
    if held.session.ratchet.suite != CLASSIC:
        event["suite"] = held.session.ratchet.suite
    if held.psk_id != NO_PSK_ID:
        event["psk_id"] = held.psk_id
    if held.reduced:  # PREP-33
        event["reduced"] = True
    return event


def _compare_views(contacts, own, peer, received, events):
    theirs, ours = contacts.differences(own, peer, received)  # DEV-16
    if theirs or ours:
        events.append({"event": "views", "peer": peer.ik, "theirs": theirs, "ours": ours})


def _received(contents, peer, message, now, events):
    sessions, heard = contents.sessions(peer).receive(message, now, events)
    return _heard(contents.with_sessions(peer, sessions), heard, now, events)


def _heard(contents, heard, now, events):
    """What an accepted message does beside the session: an announcement (DEV-18), then the bounds."""
    if heard.content_type == TYPE_ANNOUNCEMENT:
        contents = contents.with_manifests(split_announcement(heard.content), events, heard.peer)
    peer = heard.peer.ik
    return contents.with_sessions(peer, contents.sessions(peer).settled(now, events))


def _message_behind(contents, peer, message, now, events):
    """4.7, 5.8: received as any message of that device, on any of its sessions."""
    require_layout(message)
    return _received(contents, peer, message, now, events)


def _repeated(contents, held, message, now, draw, events):
    """An opening that is known: no effect but the message behind it, whose refusal is the packet's."""
    peer = held.peer.ik
    events.append({"event": "repeated", "session": held.session_id})
    if message:
        contents = _message_behind(contents, peer, message, now, events)
    return _answered(contents, peer, held.session_id, now, draw)


def _answered(contents, peer, session_id, now, draw):
    """The receipt that answers an opening, computed after the message behind it (HS-38, PREP-30)."""
    sessions, replies = contents.sessions(peer), []
    held = sessions.find(session_id, now)
    if held is not None and held.may_answer(now):
        try:
            session, receipt = held.session.receipt(draw, unasked=True)
            answered = replace(held, session=session, answered=now, answers=held.answers + 1)
            sessions, replies = sessions.put(answered), [receipt]
        except Refused as refusal:
            if refusal.name not in ("closed", "chain_limit", "random"):  # 4.7: left out and not counted
                raise
    return contents.with_sessions(peer, sessions), peer, replies
