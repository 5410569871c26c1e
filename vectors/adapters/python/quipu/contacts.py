"""What the application and earlier handshakes say about peers: pins, manifests, secrets, suites."""

from dataclasses import dataclass, field, replace

from .keys import handshake_suite
from .manifests import follow
from .notation import CLASSIC, Refused
from .primitives import expand

NO_PSK, NO_PSK_ID = bytes(32), bytes(16)
NO_VIEW = bytes(32)


def psk_id(psk):
    if len(psk) != 32 or psk == NO_PSK:  # HS-40
        raise Refused("psk")
    return expand(CLASSIC, psk, b"psk id", b"", 16)


@dataclass(frozen=True)
class Contacts:
    """The dictionaries are replaced, never changed."""

    pins: dict = field(default_factory=dict)  # (address field, device) -> IK
    manifests: dict = field(default_factory=dict)  # address field -> newest Manifest (9.2)
    psks: dict = field(default_factory=dict)  # psk_id -> pre-shared secret
    expected: dict = field(default_factory=dict)  # IK -> psk_id that is set for it
    least: dict = field(default_factory=dict)  # IK -> least suite (CARD-16)
    ended: frozenset = frozenset()  # IKs of devices with which a manifest ended something (DEV-24)

    # Identity: HS-12, HS-39, DEV-10, DEV-24

    def require_identity(self, card):
        manifest = self.manifests.get(card.address_field)
        if manifest is not None:  # DEV-10: in place of pins
            if not manifest.lists(card.device, card.ik):
                raise Refused("identity")
            return
        if card.ik in self.ended:  # DEV-24
            raise Refused("identity")
        pin = self.pins.get((card.address_field, card.device))
        if pin is not None and pin != card.ik:
            raise Refused("identity")

    def is_pinned(self, card):
        manifest = self.manifests.get(card.address_field)
        if manifest is not None:
            return manifest.lists(card.device, card.ik)  # DEV-13
        return self.pins.get((card.address_field, card.device)) == card.ik  # CARD-11

    def is_cut_off(self, card):
        """Whether sessions and handshakes with the device end: by the manifest of its address, or by another's."""
        if card.address_field in self.manifests:
            return self.is_unlisted(card)  # DEV-11
        return card.ik in self.ended  # DEV-24

    def is_unlisted(self, card):
        """Whether the manifest of the device's address cuts it off (DEV-11)."""
        manifest = self.manifests.get(card.address_field)
        return manifest is not None and not manifest.lists(card.device, card.ik)

    def with_pin(self, address_field, device, ik):
        return replace(self, pins={**self.pins, (address_field, device): ik})

    # Pre-shared secrets: HS-13, HS-41

    def psk_for(self, ik):
        """psk_id and secret of a handshake that we start."""
        name = self.expected.get(ik, NO_PSK_ID)
        return name, self.psks.get(name, NO_PSK)

    def accepted_psk(self, name, ik):
        """The secret of a handshake that we receive."""
        if name != self.expected.get(ik, name):  # HS-13
            raise Refused("authentication")
        if name == NO_PSK_ID:
            return NO_PSK
        if name not in self.psks:  # HS-13
            raise Refused("authentication")
        return self.psks[name]

    def with_psk(self, psk, ik=None):
        name = psk_id(psk)
        expected = self.expected if ik is None else {**self.expected, ik: name}
        return replace(self, psks={**self.psks, name: psk}, expected=expected)

    # Suites: CARD-12, CARD-16

    def suite_with(self, own, peer):
        """The suite of a handshake between two cards."""
        suite = handshake_suite(own, peer)
        if suite < self.least.get(peer.ik, CLASSIC):  # CARD-16
            raise Refused("suite")
        return suite

    def remembering(self, ik, suite):
        if suite <= self.least.get(ik, CLASSIC):
            return self
        return self.with_least(ik, suite)

    def with_least(self, ik, suite):
        """What the user decides; the least of all suites is not written down."""
        others = {peer: least for peer, least in self.least.items() if peer != ik}
        return replace(self, least={**others, ik: suite} if suite > CLASSIC else others)

    # Manifests: 9.2, 9.4

    def with_manifest(self, manifest, may_begin, replaces, may_replace):
        """Contacts and whether the manifest is news (DEV-09).

        `may_begin`: whether it may be the first of its address (DEV-22). `replaces`: whether the user has
        decided that it need not follow the kept one, `may_replace`: whether that can be done (DEV-23).
        """
        kept = self.manifests.get(manifest.address_field)
        if kept is None and not may_begin:
            raise Refused("identity")
        try:
            if kept is not None and not follow(kept, manifest):
                return self, False
        except Refused:
            if not replaces:
                raise
            if not may_replace:
                raise Refused("identity") from None
        return replace(self, manifests={**self.manifests, manifest.address_field: manifest}), True

    def lists_pinned(self, manifest):
        """Whether a manifest lists every device that is pinned for its address (DEV-22)."""
        return all(manifest.lists(*pin) for pin in self.pinned_for(manifest.address_field))

    def pinned_for(self, address_field):
        """Device id and IK of each."""
        return [(device, ik) for (place, device), ik in self.pins.items() if place == address_field]

    def view(self, address_field):
        manifest = self.manifests.get(address_field)
        return NO_VIEW if manifest is None else manifest.hash

    def views(self, own, peer):
        """DEV-15: of two cards."""
        return self.view(own.address_field) + self.view(peer.address_field)

    def differences(self, own, peer, received):
        """DEV-16: whether the peer's own manifest, and the peer's view of ours, are others than here."""
        return received[:32] != self.view(peer.address_field), received[32:] != self.view(own.address_field)
