"""The form of fields (12.1): byte strings, times, texts and numbers, by name."""

import re

from quipu.notation import CLASSIC

from .outcome import Damaged

TIMES = {"now", "time", "created", "expires", "floor", "ts_i", "ts_r", "added", "revoked"}
NUMBERS = {
    "suites", "suite", "least", "device", "device_i", "device_r", "id", "spk_id", "opk_id", "pqk_id", "one_time",
    "kind", "memory", "passes", "lanes", "pn", "n", "epoch", "type", "length", "padded", "count", "first", "index",
    "sent",
}  # fmt: skip
TEXTS = {
    "label", "purpose", "as", "do", "from", "to", "of", "slot", "damage", "saved", "error", "event", "role", "name", "digits",
}  # fmt: skip
TRUTHS = {"pinned", "cache", "reduced", "changed", "theirs", "ours", "replace", "counter"}

HEX = re.compile(r"([0-9a-f]{2})*")
DECIMAL = re.compile(r"0|[1-9][0-9]*")


def require_names(what, value, required, optional=frozenset()):
    if not isinstance(value, dict):
        raise Damaged(f"{what}: not an object")
    missing, unknown = set(required) - set(value), set(value) - set(required) - set(optional)
    if missing or unknown:
        raise Damaged(f"{what}: missing {sorted(missing)}, unknown {sorted(unknown)}")


def require_form(what, fields, besides=()):
    """Every field that is not named in `besides`, by the table of 12.1."""
    for name, value in fields.items():
        if name in besides:
            continue
        if not _has_form(name, value):
            raise Damaged(f"{what}: form of {name}")


def _has_form(name, value):
    if name in NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if name in TRUTHS:
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if name == "number":  # of a manifest, or the 60 digits of a safety number
        return value.isdecimal() and value.isascii()
    if name in TEXTS:
        return True
    if name in TIMES:
        return DECIMAL.fullmatch(value) is not None and int(value) < 2**64
    return is_hex(value)


def is_hex(value):
    return isinstance(value, str) and HEX.fullmatch(value) is not None


def require_hex_list(what, values):
    if not isinstance(values, list) or not all(map(is_hex, values)):
        raise Damaged(f"{what}: not a list of byte strings")


class Input:
    """Input fields by name, decoded on demand."""

    def __init__(self, fields, suite=CLASSIC):
        self.fields = fields
        self.suite = suite  # of the file
        self.kept = []  # containers that a refusal must leave as they are, and what they were (VEC-04)

    def __contains__(self, name):
        return name in self.fields

    def __getitem__(self, name):
        return self.fields[name]

    def bytes(self, name):
        return bytes.fromhex(self.fields[name])

    def time(self, name):
        return int(self.fields[name]) if name in self.fields else None

    def text(self, name):
        return self.fields[name].encode()

    def device(self, name="device"):
        """A device id: a number in the vectors, 4 bytes in the protocol."""
        if self.fields[name] >= 2**32:
            raise Damaged(f"{name} beyond 4 bytes")
        return self.fields[name].to_bytes(4, "big")

    def keep(self, container):
        self.kept.append((container, repr(container)))
        return container

    def has_changed(self):
        return any(repr(container) != before for container, before in self.kept)
