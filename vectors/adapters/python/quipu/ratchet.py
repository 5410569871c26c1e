"""Chapter 6: the ratchet, as a value. Sending and receiving give a new ratchet."""

from dataclasses import dataclass, field, replace
from typing import Optional

from .notation import CHAIN_MAX, DIGESTS, INITIATOR, OLD_CHAINS, SKIPPED_KEYS, Refused, u32, u64
from .primitives import (
    drawn,
    expand,
    extract,
    hmac_sha256,
    ignore,
    require_canonical,
    same,
    x25519,
    x25519_public,
)

DIGEST_LENGTH = 16


def step(suite, root, dh, dh_new, dh_other, note=ignore):
    prk = extract(suite, root, b"ratchet", dh)
    note("prk", prk)
    keys = expand(suite, prk, b"ratchet keys", dh_new + dh_other, 96)
    return keys[:32], keys[32:64], keys[64:]


def advance(chain_key):
    """Message key and next chain key."""
    return hmac_sha256(chain_key, b"\x01"), hmac_sha256(chain_key, b"\x02")


@dataclass(frozen=True)
class SendingChain:
    key: bytes
    header_key: bytes
    number: int
    epoch: int


@dataclass(frozen=True)
class ReceivingChain:
    key: bytes  # empty once a newer chain exists
    header_key: bytes
    next: int
    epoch: int
    dh: bytes
    pn: int
    end: Optional[int] = None
    lowest_lost: Optional[int] = None
    highest_lost: Optional[int] = None


@dataclass(frozen=True)
class Ratchet:
    suite: int
    root: bytes
    own_private: Optional[bytes]  # None: Pending
    own_public: bytes  # kept in Pending as "the one it replaces" (RATCHET-04)
    peer_public: bytes
    sending: Optional[SendingChain]
    previous_length: int
    next_sending_header: bytes
    next_receiving_header: bytes
    receiving: tuple = ()  # newest first: the current chain and up to five old ones
    skipped: dict = field(default_factory=dict)  # (epoch, n) -> message key, in the order of skipping
    digests: dict = field(default_factory=dict)  # (epoch, n) -> first bytes of the MAC, in the order of acceptance

    @staticmethod
    def start(suite, role, root, header_initiator, header_responder, own_private, ra, rb):
        """6.1 and 6.2: `own_private` is of RA for the initiator and of RB for the responder."""
        initiator = role == INITIATOR
        dh = x25519(own_private, rb if initiator else ra)
        root, chain_key, next_header = step(suite, root, dh, ra, rb)
        if initiator:
            return Ratchet(
                suite=suite,
                root=root,
                own_private=own_private,
                own_public=ra,
                peer_public=rb,
                sending=SendingChain(chain_key, header_initiator, 0, 0),
                previous_length=0,
                next_sending_header=next_header,
                next_receiving_header=header_responder,
            )
        return Ratchet(
            suite=suite,
            root=root,
            own_private=None,
            own_public=rb,
            peer_public=ra,
            sending=None,
            previous_length=0,
            next_sending_header=header_responder,
            next_receiving_header=next_header,
            receiving=(ReceivingChain(chain_key, header_initiator, 0, 0, ra, 0),),
        )

    # 6.3 Sending

    @property
    def next_place(self):
        """Epoch and number of the message that would be sent next."""
        if self.sending is None:
            return self.receiving[0].epoch + 1, 0
        return self.sending.epoch, self.sending.number

    def send(self, draw):
        """The ratchet after the message, the message key and the chain whose header key and number it bears."""
        ready = self if self.own_private is not None else self._sending_step(draw)  # RATCHET-01
        chain = ready.sending
        if chain.number >= CHAIN_MAX:  # RATCHET-02
            raise Refused("chain_limit")
        message_key, next_key = advance(chain.key)
        after = replace(chain, key=next_key, number=chain.number + 1)  # RATCHET-03
        return replace(ready, sending=after), message_key, chain

    def _sending_step(self, draw):
        private = drawn(draw, 32)
        public = x25519_public(private)
        if public in (self.peer_public, self.own_public):  # RATCHET-04
            raise Refused("random")
        dh = x25519(private, self.peer_public)
        root, chain_key, next_header = step(self.suite, self.root, dh, public, self.peer_public)
        return replace(
            self,
            root=root,
            own_private=private,
            own_public=public,
            sending=SendingChain(chain_key, self.next_sending_header, 0, self.receiving[0].epoch + 1),
            next_sending_header=next_header,
        )

    @property
    def newest_sent(self):
        """Epoch and count of the newest chain that we sent, (-1, 0) without one."""
        if self.sending is not None:
            return self.sending.epoch, self.sending.number
        return self.receiving[0].epoch - 1, self.previous_length

    # 6.4 Receiving

    @property
    def candidates(self):
        """Header keys: the next chain first, then the current and the old ones (MSG-07)."""
        return [self.next_receiving_header] + [chain.header_key for chain in self.receiving]

    def receive(self, candidate, dh, pn, n, mac):
        """The ratchet after the message (without its digest), message key, epoch and gap (RATCHET-20)."""
        if n >= CHAIN_MAX or pn > CHAIN_MAX:  # RATCHET-05
            raise Refused("too_far")
        if candidate == 0:
            return self._receive_new(dh, pn, n)
        chain = self.receiving[candidate - 1]
        if dh != chain.dh:  # RATCHET-06
            raise Refused("clone_suspected")
        if pn != chain.pn:  # RATCHET-07
            raise Refused("protocol")
        if chain.end is not None and n >= chain.end:  # RATCHET-12
            raise Refused("protocol")
        if n < chain.next or chain.end is not None:
            return self._receive_skipped(chain, n, mac)
        return self._receive_forward(n)

    def _receive_skipped(self, chain, n, mac):
        place = (chain.epoch, n)
        if place not in self.skipped:  # RATCHET-14
            digest = self.digests.get(place)
            if digest is None:
                raise Refused("expired")
            raise Refused("duplicate" if same(digest, mac[:DIGEST_LENGTH]) else "clone_suspected")
        skipped = dict(self.skipped)
        message_key = skipped.pop(place)  # RATCHET-16
        return replace(self, skipped=skipped), message_key, chain.epoch, []

    def _receive_forward(self, n):
        current = self.receiving[0]
        gap = [(current.epoch, current.next, n - current.next)] if n > current.next else []
        jumped = self._skip_to(n)
        current = jumped.receiving[0]
        message_key, next_key = advance(current.key)
        current = replace(current, key=next_key, next=n + 1)
        return replace(jumped, receiving=(current, *jumped.receiving[1:])), message_key, current.epoch, gap

    def _receive_new(self, dh, pn, n):
        if self.own_private is None:  # RATCHET-08
            raise Refused("protocol")
        require_canonical(dh)  # RATCHET-09
        if dh in (self.peer_public, self.own_public):  # RATCHET-10
            raise Refused("protocol")
        current = self.receiving[0] if self.receiving else None
        if pn < current.next if current else pn != 0:  # RATCHET-11
            raise Refused("protocol")
        shared = x25519(self.own_private, dh)  # RATCHET-13

        gap, before, old = [], self._without_sixth_chain(), ()
        if current:
            if pn > current.next:
                gap.append((current.epoch, current.next, pn - current.next))
            before = before._skip_to(pn)
            old = (replace(before.receiving[0], key=b"", end=pn), *before.receiving[1:])
        root, chain_key, next_header = step(self.suite, self.root, shared, dh, self.own_public)
        epoch = self.sending.epoch + 1
        opened = ReceivingChain(chain_key, self.next_receiving_header, 0, epoch, dh, pn)
        stepped = replace(
            before,
            root=root,
            own_private=None,  # RATCHET-15
            peer_public=dh,
            sending=None,  # RATCHET-15
            previous_length=self.sending.number,
            next_receiving_header=next_header,
            receiving=(opened, *old),
        )
        after, message_key, epoch, own_gap = stepped._receive_forward(n)
        return after, message_key, epoch, gap + own_gap

    def _without_sixth_chain(self):
        """What leaves when a new chain begins leaves before the new message adds anything (RATCHET-18)."""
        kept = self.receiving[:OLD_CHAINS]
        if len(kept) == len(self.receiving):
            return self
        oldest = kept[-1].epoch
        return replace(
            self,
            receiving=kept,
            skipped={place: key for place, key in self.skipped.items() if place[0] >= oldest},
            digests={place: digest for place, digest in self.digests.items() if place[0] >= oldest},
        )

    def _skip_to(self, end):
        """Stores the keys of the current chain from its `next` up to `end`, the newest 2,000 (RATCHET-17)."""
        current = self.receiving[0]
        if end <= current.next:
            return self
        skipped, chain_key = dict(self.skipped), current.key
        for n in range(current.next, end):
            skipped[(current.epoch, n)], chain_key = advance(chain_key)
        lost = {}
        for place in list(skipped)[: max(0, len(skipped) - SKIPPED_KEYS)]:
            del skipped[place]
            lowest, _ = lost.get(place[0], (place[1], None))
            lost[place[0]] = (min(lowest, place[1]), place[1])
        chains = (replace(current, key=chain_key, next=end), *self.receiving[1:])
        chains = tuple(_with_lost(chain, lost.get(chain.epoch)) for chain in chains)
        return replace(self, receiving=chains, skipped=skipped)

    def with_digest(self, epoch, n, mac):
        digests = dict(self.digests)
        digests[(epoch, n)] = mac[:DIGEST_LENGTH]  # RATCHET-19
        while len(digests) > DIGESTS:
            del digests[next(iter(digests))]
        return replace(self, digests=digests)

    # 8.4 Receipts

    def receipt(self):
        """The content of a receipt for the newest receiving chain, or None without one."""
        if not self.receiving:
            return None
        chain = self.receiving[0]
        missing = {n for epoch, n in self.skipped if epoch == chain.epoch}
        lowest_lost = chain.next if chain.lowest_lost is None else chain.lowest_lost
        highest_lost = -1 if chain.highest_lost is None else chain.highest_lost
        below = min({chain.next, lowest_lost} | missing)
        bitmap = 0
        for i in range(64):
            n = below + 1 + i
            if highest_lost < n < chain.next and n not in missing:  # SESSION-16
                bitmap |= 1 << i
        return u32(chain.epoch) + u32(below) + u64(bitmap)


def _with_lost(chain, lost):
    if lost is None:
        return chain
    lowest, highest = lost
    if chain.lowest_lost is not None:
        lowest, highest = min(lowest, chain.lowest_lost), max(highest, chain.highest_lost)
    return replace(chain, lowest_lost=lowest, highest_lost=highest)
