#!/usr/bin/env python3
"""The adapter of chapter 13: one request on a line of standard input, one response on a line of standard output.

    python3 adapter.py

What a client in another language needs is in `Adapter`: it looks at the form of a request, calls the client with
the draws of the request, and writes down what came of it. The calls themselves are those of reader/operations.py
(`vector`), reader/session_script.py and reader/device_script.py (`begin`, `step`, `state`).
"""

import hashlib
import json
import sys
import traceback

from quipu import Refused
from quipu.notation import CLASSIC, HYBRID
from reader import operations
from reader.fields import Input, require_form, require_names
from reader.files import PROFILES, SCRIPTS, parse_json
from reader.outcome import Damaged, Draws, Notes, plain

VERSION, PROTOCOL = 1, "QuipuV1"
CLIENT = {"name": "quipu-python", "version": "1", "language": "python", "profiles": list(PROFILES)}
LINE_MAX = 16 * 2**20


class Unsupported(Exception):
    """An operation, vector operation, step or suite that is not known here (ADAPT-03)."""


def require_known(name, known):
    if name not in known:
        raise Unsupported


class Adapter:
    def __init__(self):
        self.greeted = False
        self.script = None  # the sides or devices of the last `begin`, until a fault of it or of a step

    def answer(self, line):
        """One response for one line, whatever the line is (ADAPT-01, ADAPT-02)."""
        request_id = None  # of a line that has none
        try:
            request = parse_json(line.decode("utf-8"))
            if not isinstance(request, dict) or type(request.get("id")) is not int:
                raise Damaged("no id")
            request_id = request.pop("id")
            return {"id": request_id, **self._respond(request)}
        except Unsupported:
            return {"id": request_id, "unsupported": True}
        except Exception as error:  # ADAPT-04: malformed requests, draws that do not fit, crashes of the client
            traceback.print_exc()
            return {"id": request_id, "fault": f"{type(error).__name__}: {error}"}

    def _respond(self, request):
        op = request.pop("op", None)
        if not isinstance(op, str):
            raise Damaged("no op")
        operation = {
            "hello": self._hello,
            "vector": self._vector,
            "begin": self._begin,
            "step": self._step,
            "state": self._state,
        }
        require_known(op, operation)
        if op != "hello" and not self.greeted:
            raise Damaged("hello comes first")
        return operation[op](request)

    def _hello(self, request):
        require_names("hello", request, {"adapter", "protocol"})
        if self.greeted:
            raise Damaged("hello comes once")
        if request["protocol"] != PROTOCOL or VERSION not in request["adapter"]:  # ADAPT-05
            raise Damaged("no version of both")
        self.greeted = True
        return {"ok": {"adapter": VERSION, "protocol": PROTOCOL, **CLIENT}}

    def _vector(self, request):
        require_names("vector", request, {"operation", "suite", "input", "random"})
        require_form("vector", request, besides={"operation", "input", "random"})
        name = request["operation"]
        require_known(name, operations.OPERATIONS)
        require_known(request["suite"], (CLASSIC, HYBRID))
        operations.require_call(name, request["input"], request["random"])
        given, notes = Input(request["input"], request["suite"]), Notes()

        def call(draws):
            output = plain(operations.perform(name, given, draws, notes))
            return {"output": output, "intermediate": notes.values}

        return called(call, Draws(request["random"]))

    def _begin(self, request):
        self.script = None  # whatever comes of it
        require_names("begin", request, {"operation", "suite", "setup"})
        require_form("begin", request, besides={"operation", "setup"})
        require_known(request["operation"], SCRIPTS)
        require_known(request["suite"], (CLASSIC, HYBRID))
        script, setup = SCRIPTS[request["operation"]], dict(request["setup"])
        peers = setup.pop("peers", []) if request["operation"] == "device" else []
        script.require_setup(setup)
        operations.require_object_list("peers", peers, ["name", "ik"])
        begun = script(setup, request["suite"])
        for peer in peers:
            begun.iks[peer["name"]] = bytes.fromhex(peer["ik"])
        self.script = begun
        return {"ok": {}}

    def _step(self, request):
        begun, self.script = self._begun(), None  # over after a fault
        try:
            answer = self._play(begun, request)
        except Unsupported:
            self.script = begun
            raise
        self.script = begun
        return answer

    def _play(self, begun, request):
        require_names("step", request, {"step"})
        step = request["step"]
        require_known(step["do"], begun.STEPS)
        begun.require_request(step)

        def call(draws):
            results, sent = begun.perform(step, draws)
            if step["do"] == "send-many":
                results = {**results, "messages": sent}
            return plain(results)

        return called(call, begun.draws(step))

    def _state(self, request):
        script = self._begun()
        require_names("state", request, script.ALWAYS - {"do"})  # a session has no clock
        require_form("state", request)
        state = script.state(request["as"], int(request.get("now", 0)))
        return {"ok": {"digest": hashlib.sha256(state).hexdigest()}}

    def _begun(self):
        if self.script is None:
            raise Damaged("nothing has begun")
        return self.script


def called(call, draws):
    """`ok` or `reject` of one call of the client, and what it drew.

    A draw too many or of another length is a fault, whatever the client made of it (ADAPT-07).
    """
    try:
        answer = {"ok": call(draws)}
    except Refused as refusal:  # ADAPT-04
        answer = {"reject": refusal.name}
    if draws.failure:
        raise draws.failure
    return {**answer, "drew": draws.drew}


def encoded(response):
    line = json.dumps(response, separators=(",", ":")).encode() + b"\n"
    if len(line) > LINE_MAX:
        return encoded({"id": response["id"], "fault": "the response is too long for a line"})
    return line


def main():
    responses, sys.stdout = sys.stdout.buffer, sys.stderr  # ADAPT-01: nothing that is printed gets between
    adapter = Adapter()
    while line := sys.stdin.buffer.readline(LINE_MAX):
        if len(line) == LINE_MAX and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = sys.stdin.buffer.readline(LINE_MAX)
            line = b"(too long)"  # no JSON: a malformed request
        responses.write(encoded(adapter.answer(line)))
        responses.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
