#!/usr/bin/env python3
"""The adapter of a Quipu client (specification, chapter 13): one JSON request on each line of
standard input, one JSON response on each line of standard output.

What is yours: CLIENT, the operations at the end, and your client behind them.
"""

import hashlib
import json
import sys
import traceback

VERSION, PROTOCOL = 1, "QuipuV1"
CLIENT = {"name": "my-client", "version": "0.1", "language": "python", "profiles": ["core"]}


class Reject(Exception):
    """The client refuses, with a name of spec/registry/errors.json. Nothing else is a reject."""


class Unsupported(Exception):
    """Not implemented yet."""


class Malformed(Exception):
    """A request that is not as in chapter 13."""


class Draws:
    """The client's random source: the draws of the request, in their order (ADAPT-07)."""

    def __init__(self, listed):
        self.left = [octets(draw) for draw in listed]
        self.drew, self.wrong = [], None

    def __call__(self, length):
        draw = self.left.pop(0) if self.left else b""
        self.drew.append(length)
        if len(draw) != length:
            self.wrong = self.wrong or f"draw of {length} bytes, {len(draw)} listed"
            raise ValueError(self.wrong)
        return draw


def octets(text):
    """Bytes from lower-case hex."""
    if not isinstance(text, str) or len(text) % 2 or set(text) - set("0123456789abcdef"):
        raise Malformed(f"not lower-case hex: {text!r}")
    return bytes.fromhex(text)


def integer(value):
    if type(value) is not int or value < 0:
        raise Malformed(f"not a number: {value!r}")
    return value


def fields(what, given, *names):
    """Exactly these fields, no more and no less."""
    if not isinstance(given, dict) or set(given) != set(names):
        raise Malformed(f"{what} has {given}, not {names}")


def hello(request):
    fields("hello", request, "adapter", "protocol")
    if VERSION not in request["adapter"] or request["protocol"] != PROTOCOL:
        raise Malformed(f"this adapter speaks version {VERSION} of chapter 13, {PROTOCOL}")
    return {"ok": {"adapter": VERSION, "protocol": PROTOCOL, **CLIENT}}


def vector(request):
    fields("vector", request, "operation", "suite", "input", "random")
    if request["operation"] not in OPERATIONS or request["suite"] != 1:
        raise Unsupported
    operation, names = OPERATIONS[request["operation"]]
    fields(request["operation"], request["input"], *names)
    draws, intermediate = Draws(request["random"]), []
    try:
        output = operation(request["input"], draws, intermediate)
        response = {"ok": {"output": output, "intermediate": intermediate}}
    except Reject as refusal:
        response = {"reject": str(refusal)}
    if draws.wrong:
        raise ValueError(draws.wrong)  # whatever the client made of it
    return {**response, "drew": draws.drew}


def begin(request):
    fields("begin", request, "operation", "suite", "setup")
    raise Unsupported  # scripts, chapters 12.4 and 12.5: when the single operations pass


def nothing_begun(request):
    raise Malformed("nothing has begun")


REQUESTS = {"hello": hello, "vector": vector, "begin": begin, "step": nothing_begun,
            "state": nothing_begun}


def parsed(line):
    try:
        request = json.loads(line)
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from None
    if not isinstance(request, dict) or type(request.get("id")) is not int:
        raise Malformed("not an object with an id")
    return request


def answer(line):
    """One response for one line, whatever the line is."""
    number = None
    try:
        request = parsed(line)
        number, op = request.pop("id"), request.pop("op", None)
        if not isinstance(op, str):
            raise Malformed("op is not a text")
        if op not in REQUESTS:
            raise Unsupported
        return {"id": number, **REQUESTS[op](request)}
    except Unsupported:
        return {"id": number, "unsupported": True}
    except Malformed as error:
        return {"id": number, "fault": str(error)}
    except Exception as error:  # a crash of the client
        traceback.print_exc()
        return {"id": number, "fault": f"{type(error).__name__}: {error}"}


def main():
    responses, sys.stdout = sys.stdout, sys.stderr  # nothing that is printed gets between the lines
    for line in sys.stdin.buffer:
        responses.write(json.dumps(answer(line)) + "\n")
        responses.flush()


# The operations of chapter 12.3. Each gets the input, the draws (`draws(32)` gives 32 bytes) and the
# list of intermediate values: `intermediate.append(["label", value.hex()])`, in the order of the table.


def mix(given, draws, intermediate):
    """mix(h, bytes) = SHA-256(h || LP32(bytes)), chapter 2"""
    data = octets(given["bytes"])
    both = octets(given["hash"]) + len(data).to_bytes(4, "big") + data
    return {"hash": hashlib.sha256(both).hexdigest()}


def padding(given, draws, intermediate):
    """pad(5 + length), chapter 7.5"""
    if integer(given["length"]) > 65_531:
        raise Reject("too_long")
    length = 5 + given["length"]
    exponent = length.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return {"padded": max(256, (length + step - 1) // step * step)}


# Name of the operation: the function and the names of its input fields.
OPERATIONS = {
    "mix": (mix, ["hash", "bytes"]),
    "padding": (padding, ["length"]),
}

if __name__ == "__main__":
    main()
