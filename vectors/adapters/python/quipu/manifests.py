"""Chapter 9.1, 9.2 and 9.4: the list of a user's devices, its chain, announcements of it."""

from dataclasses import dataclass, replace

from .keys import address_field
from .notation import MANIFEST_DEVICES, Refused, lp32, number, u8, u64
from .primitives import ed25519_public, ignore, sha256, sign, verify

HEADER_LENGTH, DEVICE_LENGTH, SIGNATURE_LENGTH = 139, 52, 64


@dataclass(frozen=True)
class ListedDevice:
    device: bytes
    ik: bytes
    added: int
    revoked: int  # 0: not revoked

    @property
    def encoded(self):
        return self.device + self.ik + u64(self.added) + u64(self.revoked)


@dataclass(frozen=True)
class Manifest:
    raw: bytes

    @property
    def address_field(self):
        return self.raw[1:66]

    @property
    def address(self):
        return self.raw[2 : 2 + self.raw[1]]

    @property
    def ak(self):
        return self.raw[66:98]

    @property
    def number(self):
        return number(self.raw[98:106])

    @property
    def previous(self):
        return self.raw[106:138]

    @property
    def devices(self):
        entries = self.raw[HEADER_LENGTH:-SIGNATURE_LENGTH]
        parts = (entries[i : i + DEVICE_LENGTH] for i in range(0, len(entries), DEVICE_LENGTH))
        return [
            ListedDevice(part[:4], part[4:36], number(part[36:44]), number(part[44:52])) for part in parts
        ]

    @property
    def hash(self):
        return sha256(self.raw[:-SIGNATURE_LENGTH])

    def lists(self, device, ik):
        """Listed together and not revoked (DEV-10)."""
        return any((one.device, one.ik, one.revoked) == (device, ik, 0) for one in self.devices)


def issue_manifest(ak_seed, address, manifest_number, previous, devices, note=ignore):
    if len(devices) > MANIFEST_DEVICES:  # DEV-01
        raise Refused("encoding")
    if not 1 <= len(address) <= 64:  # DEV-02
        raise Refused("encoding")
    body = u8(1) + address_field(address) + ed25519_public(ak_seed) + u64(manifest_number) + previous
    body += u8(len(devices)) + b"".join(one.encoded for one in devices)
    require_layout(body + bytes(SIGNATURE_LENGTH))
    digest = sha256(body)
    note("hash", digest)
    return Manifest(body + sign(ak_seed, b"manifest", digest))


# 9.3 Account operations: DEV-14


def with_added(devices, device, ik, now):
    if any(device == one.device or ik == one.ik for one in devices):
        raise Refused("devices")
    return [*devices, ListedDevice(device, ik, max(now, 1), 0)]


def with_revoked(devices, device, now):
    if not any(one.device == device and not one.revoked for one in devices):
        raise Refused("devices")
    return [replace(one, revoked=max(now, one.added)) if one.device == device else one for one in devices]


def next_manifest(ak_seed, address, kept, devices):
    """The manifest behind `kept`, None for the first."""
    if not 1 <= len(devices) <= MANIFEST_DEVICES:
        raise Refused("devices")
    manifest_number, previous = (kept.number + 1, kept.hash) if kept else (1, bytes(32))
    return issue_manifest(ak_seed, address, manifest_number, previous, sorted(devices, key=lambda one: one.device))


def require_layout(raw):
    """DEV-01 and DEV-02."""
    if len(raw) < HEADER_LENGTH:  # DEV-01
        raise Refused("length")
    if raw[0] != 1:
        raise Refused("version")
    count = raw[138]
    if not 1 <= count <= MANIFEST_DEVICES:
        raise Refused("encoding")
    if len(raw) != HEADER_LENGTH + DEVICE_LENGTH * count + SIGNATURE_LENGTH:
        raise Refused("length")
    manifest = Manifest(bytes(raw))
    devices = manifest.devices
    ids = [one.device for one in devices]
    sound = (  # DEV-02
        1 <= raw[1] <= 64
        and not any(raw[2 + raw[1] : 66])
        and manifest.number != 0
        and (manifest.previous == bytes(32)) == (manifest.number == 1)
        and all(one < other for one, other in zip(ids, ids[1:]))
        and len({one.ik for one in devices}) == count
        and manifest.ak not in {one.ik for one in devices}
        and all(one.revoked == 0 or one.revoked >= one.added for one in devices)
    )
    if not sound:
        raise Refused("encoding")
    return manifest


def verify_manifest(raw):
    manifest = require_layout(raw)
    verify(manifest.ak, b"manifest", manifest.hash, raw[-SIGNATURE_LENGTH:])  # DEV-03
    return manifest


def follow(kept, following):
    """Whether `following` is newer than the kept manifest; refuses what is not its successor (9.2)."""
    if (following.address_field, following.ak) != (kept.address_field, kept.ak):  # DEV-04
        raise Refused("identity")
    if following.number < kept.number:  # DEV-05
        raise Refused("manifest_old")
    if following.number == kept.number:
        if following.hash != kept.hash:  # DEV-06
            raise Refused("manifest_fork")
        return False  # DEV-09
    if following.number > kept.number + 1:  # DEV-07; a gap says nothing about `previous`
        raise Refused("manifest_gap")
    if following.previous != kept.hash:  # DEV-06
        raise Refused("manifest_fork")
    after = {one.device: one for one in following.devices}
    for before in kept.devices:  # DEV-08
        now = after.get(before.device)
        if now is None or (now.ik, now.added) != (before.ik, before.added):
            raise Refused("protocol")
        if before.revoked and now.revoked != before.revoked:
            raise Refused("protocol")
    return True


# 9.4 Announcements


def announcement(manifests):
    return b"".join(lp32(manifest.raw) for manifest in manifests)


def split_announcement(content):
    """The manifests, their layout checked (DEV-17)."""
    manifests, rest = [], content
    while rest or not manifests:
        end = 4 + number(rest[:4])
        if len(rest) < 4 or end > len(rest):
            raise Refused("content")
        manifests.append(rest[4:end])
        rest = rest[end:]
    try:
        for manifest in manifests:
            require_layout(manifest)
    except Refused:
        raise Refused("content") from None
    return manifests
