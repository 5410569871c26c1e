"""What a test gives, and comparing it (VEC-01, VEC-02)."""

import hashlib
import json

from quipu import Refused


class Damaged(Exception):
    """The suite itself is wrong: exit code 6."""


class Failure(Exception):
    """One test failed."""


class Draws:
    """The injected draws of one call: not one more, not one less, each of its length (VEC-02)."""

    def __init__(self, draws):
        self.left = [bytes.fromhex(draw) for draw in draws]
        self.drew = []  # lengths, in order
        self.failure = None  # the last draw that failed

    def __call__(self, length):
        self.drew.append(length)
        if not self.left:
            self._fail(f"random: expected no further draw, got a draw of {length}")
        draw = self.left.pop(0)
        if len(draw) != length:
            self._fail(f"random: expected a draw of {len(draw)}, got a draw of {length}")
        return draw

    def _fail(self, text):
        self.failure = Failure(text)
        raise self.failure

    def finish(self):
        if self.left:
            raise Failure(f"random: expected {len(self.left)} more draws, got none")


class SeededDraws(Draws):
    """As many draws as are asked for: 12.4, and 13.2 for those of 64 bytes."""

    def __init__(self, seed):
        super().__init__([])
        self.seed = seed

    def __call__(self, length):
        draw = hashlib.sha256(self.seed + len(self.drew).to_bytes(4, "big")).digest()
        self.drew.append(length)
        if length == 64:
            return draw + hashlib.sha256(draw).digest()
        if length > 32:
            self._fail(f"random: no rule for a draw of {length}")
        return draw[:length]


class Notes:
    """Intermediate values in the order of computation, compared one by one (VEC-01)."""

    def __init__(self):
        self.values = []

    def __call__(self, label, value):
        self.values.append([label, value.hex()])

    def compare(self, expected, complete):
        for want, got in zip(expected, self.values):
            if got != want:
                raise Failure(f"intermediate {want[0]}: expected {want[1]}, got {got[0]} {got[1]}")
        if complete and len(self.values) != len(expected):
            raise Failure(f"intermediate: expected {len(expected)} values, got {len(self.values)}")


def plain(value):
    """A result as JSON shows it: bytes as hex, tuples as lists."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def text(value):
    """One text for one JSON value: 1, true and "1" differ."""
    return json.dumps(value, sort_keys=True)


def compare(label, expected, got):
    got = plain(got)
    for name in [*expected, *(name for name in got if name not in expected)]:
        want = text(expected[name]) if name in expected else "nothing"
        have = text(got[name]) if name in got else "nothing"
        if want != have:
            raise Failure(f"{label} {name}: expected {want}, got {have}")


def attempt(operation, expected_error):
    """The result of a call, or None after the refusal that was expected."""
    try:
        result = operation()
    except Refused as refusal:
        if expected_error is None:
            raise Failure(f"error: expected success, got {refusal.name}") from None
        if refusal.name != expected_error:
            raise Failure(f"error: expected {expected_error}, got {refusal.name}") from None
        return None
    if expected_error is not None:
        raise Failure(f"error: expected {expected_error}, got success")
    return result
