"""Chapter 8.6: the bytes of a snapshot, local to this implementation."""

import json

from .notation import Refused, u8
from .primitives import sha256

SNAPSHOT_MAGIC = b"quipu-python"
SNAPSHOT_VERSION = 2
VERSION_AT = len(SNAPSHOT_MAGIC)  # where the version stands


def pack(plain):
    """Magic, version, JSON in one form, SHA-256."""
    body = SNAPSHOT_MAGIC + u8(SNAPSHOT_VERSION)
    body += json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    return body + sha256(body)


def unpack(snapshot):
    start = VERSION_AT + 1
    if len(snapshot) < start + 32 or not snapshot.startswith(SNAPSHOT_MAGIC):
        raise Refused("snapshot")  # SESSION-25
    if snapshot[VERSION_AT] != SNAPSHOT_VERSION:
        raise Refused("snapshot_version")  # SESSION-25
    if sha256(snapshot[:-32]) != snapshot[-32:]:
        raise Refused("snapshot")
    try:
        return json.loads(snapshot[start:-32])
    except ValueError:
        raise Refused("snapshot") from None


def to_json(value):
    if isinstance(value, bytes):
        return "#" + value.hex()
    if isinstance(value, dict):
        if value and isinstance(next(iter(value)), str):
            return {name: to_json(item) for name, item in value.items()}
        return [[*place, to_json(item)] for place, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def from_json(plain):
    if isinstance(plain, str) and plain.startswith("#"):
        return bytes.fromhex(plain[1:])
    if isinstance(plain, dict):
        return {name: from_json(item) for name, item in plain.items()}
    if isinstance(plain, list):
        return [from_json(item) for item in plain]
    return plain
