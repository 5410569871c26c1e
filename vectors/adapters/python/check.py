#!/usr/bin/env python3
"""Reads the published vectors of chapter 12 with the Python implementation beside it.

    python3 check.py [--filter SUBSTRING] [DIR]     DIR: vectors/data of this repository
    python3 check.py --self-test

`--filter` runs the tests whose `file/id` contains SUBSTRING. Exit codes: 0 all passed, 1 a test
failed, 2 usage, 5 passed but a filter left tests out, 6 the vectors themselves are damaged.
"""

import hashlib
import json
import sys
from pathlib import Path

try:
    import cryptography  # noqa: F401
except ImportError:
    print("the package `cryptography` is missing: python3 -m pip install cryptography", file=sys.stderr)
    sys.exit(2)

from quipu import Refused, handshake, message, primitives, ratchet
from quipu.device import Device
from quipu.handshake import Agreed
from quipu.keys import Card, Identity, address_field, issue_card, verify_card
from quipu.notation import INITIATOR, RESPONDER, SUITE
from quipu.session import Session, export, session_keys

DEFAULT_DIRECTORY = Path(__file__).resolve().parents[2] / "data"
PASSED, FAILED, USAGE, INCOMPLETE, DAMAGED = 0, 1, 2, 5, 6

FILE_FIELDS = {"format", "protocol", "operation", "suite", "license", "comment", "flags", "tests"}
OPTIONAL_FILE_FIELDS = {"$schema"}
TEST_FIELDS = {
    "id", "comment", "requirements", "flags", "input", "random", "intermediate", "output", "error",
    "twin", "delta", "setup", "steps",
}  # fmt: skip


class Damaged(Exception):
    """The suite itself is wrong: exit code 6."""


class Failure(Exception):
    """One test failed."""


class Draws:
    """The injected draws of one call (VEC-02)."""

    def __init__(self, draws):
        self.left = [bytes.fromhex(draw) for draw in draws]

    def __call__(self, length):
        if not self.left:
            raise Failure(f"random: expected no further draw, got a draw of {length}")
        draw = self.left.pop(0)
        if len(draw) != length:
            raise Failure(f"random: expected a draw of {len(draw)}, got a draw of {length}")
        return draw

    def finish(self):
        if self.left:
            raise Failure(f"random: expected {len(self.left)} more draws, got none")


class Notes:
    """Compares intermediate values in the order of computation (VEC-01)."""

    def __init__(self):
        self.values = []

    def __call__(self, label, value):
        self.values.append([label, value.hex()])

    def compare(self, expected, complete):
        if expected is None:
            return
        for want, got in zip(expected, self.values):
            if got != want:
                raise Failure(f"intermediate {want[0]}: expected {want[1]}, got {got[0]} {got[1]}")
        if complete and len(self.values) != len(expected):
            raise Failure(f"intermediate: expected {len(expected)} values, got {len(self.values)}")


# Operations: (input names, function). A function takes the decoded input, draws and notes.


class Input:
    """Input fields by name, decoded on demand."""

    def __init__(self, fields):
        self.fields = fields

    def __getitem__(self, name):
        return self.fields[name]

    def bytes(self, name):
        return bytes.fromhex(self.fields[name])

    def time(self, name):
        return int(self.fields[name])

    def text(self, name):
        return self.fields[name].encode()

    def identity(self):
        return Identity(self.bytes("ik_seed"), self.bytes("idk_private"))


def op_x25519(given, draw, note):
    return {"shared": primitives.x25519(given.bytes("private"), given.bytes("public"))}


def op_sign(given, draw, note):
    seed = given.bytes("seed")
    signature = primitives.sign(seed, given.text("purpose"), given.bytes("hash"))
    return {"public": primitives.ed25519_public(seed), "signature": signature}


def op_verify(given, draw, note):
    public, signature = given.bytes("public"), given.bytes("signature")
    primitives.verify(public, given.text("purpose"), given.bytes("hash"), signature)
    return {}


def op_mix(given, draw, note):
    return {"hash": primitives.mix(given.bytes("hash"), given.bytes("bytes"))}


def op_extract(given, draw, note):
    return {"prk": primitives.extract(given.bytes("salt"), given.text("label"), given.bytes("ikm"))}


def op_expand(given, draw, note):
    prk, label, context = given.bytes("prk"), given.text("label"), given.bytes("context")
    return {"okm": primitives.expand(prk, label, context, given["length"])}


def op_seal(given, draw, note):
    return {"sealed": primitives.seal(given.bytes("keys"), given.bytes("ad"), given.bytes("plaintext"))}


def op_open(given, draw, note):
    plaintext = primitives.open_sealed(given.bytes("keys"), given.bytes("ad"), given.bytes("sealed"))
    return {"plaintext": plaintext}


def op_card_issue(given, draw, note):
    card = issue_card(
        given.identity(),
        given["suites"],
        given.bytes("address"),
        given.bytes("device"),
        given.time("created"),
        given.time("expires"),
        note,
    )
    return {"card": card.raw}


def op_card_verify(given, draw, note):
    card = verify_card(given.bytes("card"))
    return {
        "suites": card.suites,
        "address": card.address,
        "device": card.device,
        "ik": card.ik,
        "idk": card.idk,
        "created": str(card.created),
        "expires": str(card.expires),
    }


def op_card_valid(given, draw, note):
    verify_card(given.bytes("card")).require_valid(given.time("time"))
    return {}


def initiate(given, draw, note):
    return handshake.initiate(
        given.identity(),
        Card(given.bytes("card_i")),
        given.bytes("card_r"),
        given.time("now"),
        given.time("floor"),
        given.bytes("views"),
        draw,
        note,
    )


def respond(given, draw, note):
    pins = {
        (address_field(bytes.fromhex(pin["address"])), bytes.fromhex(pin["device"])): bytes.fromhex(pin["ik"])
        for pin in given["pins"]
    }
    return handshake.respond(
        given.identity(),
        [Card(bytes.fromhex(card)) for card in given["cards"]],
        pins,
        {},
        {},
        given.time("now"),
        given.bytes("views"),
        given.bytes("init"),
        draw,
        note,
    )


def op_initiate(given, draw, note):
    init, initiated = initiate(given, draw, note)
    return {"init": init, "handshake_id": initiated.handshake_id}


def op_respond(given, draw, note):
    response, responded, _ = respond(given, draw, note)
    return {
        "response": response,
        "card_i": responded.card_i.raw,
        "ts_i": str(responded.ts_i),
        "views_i": responded.views_i,
        "pinned": responded.pinned,
    }


def earlier(given, name):
    before = given[name]
    return Input(before["input"]), Draws(before.get("random", []))


def op_finish(given, draw, note):
    before, draws = earlier(given, "initiate")
    _, initiated = initiate(before, draws, primitives.ignore)
    _, complete, agreed, ts_r, views_r = handshake.finish(
        before.identity(),
        {initiated.handshake_id: initiated},
        given.bytes("response"),
        given.time("now"),
        draw,
        note,
    )
    return {"complete": complete, "ts_r": str(ts_r), "views_r": views_r, "sk": agreed.sk}


def op_complete(given, draw, note):
    before, draws = earlier(given, "respond")
    _, responded, _ = respond(before, draws, primitives.ignore)
    half_open = {responded.handshake_id: responded}
    _, agreed = handshake.complete(half_open, given.bytes("complete"), given.time("now"), note)
    return {"sk": agreed.sk, "ra": agreed.ra}


def op_session_keys(given, draw, note):
    names = ("sk", "transcript", "ik_i", "device_i", "ik_r", "device_r")
    return vars(session_keys(*map(given.bytes, names)))


def op_export(given, draw, note):
    exporter, label, context = given.bytes("exporter"), given.text("label"), given.bytes("context")
    return {"okm": export(exporter, label, context, given["length"])}


def op_ratchet_step(given, draw, note):
    names = ("root", "dh", "dh_new", "dh_other")
    root, chain, next_header = ratchet.step(*map(given.bytes, names), note)
    return {"root": root, "chain": chain, "next_header": next_header}


def op_chain_step(given, draw, note):
    message_key, chain = ratchet.advance(given.bytes("chain"))
    return {"message_key": message_key, "chain": chain}


def op_padding(given, draw, note):
    if given["length"] > message.CONTENT_MAX:
        raise Refused("too_long")
    return {"padded": message.pad(5 + given["length"])}


def op_message_seal(given, draw, note):
    keys = map(given.bytes, ("message_key", "header_key", "ad", "dh"))
    sealed = message.seal_message(
        *keys, given["pn"], given["n"], given["type"], given.bytes("content"), draw, note
    )
    return {"message": sealed}


def op_message_open(given, draw, note):
    names = ("message_key", "header_key", "ad", "message")
    dh, pn, n, content_type, content = message.open_message(*map(given.bytes, names), note)
    return {"dh": dh, "pn": pn, "n": n, "type": content_type, "content": content}


OPERATIONS = {
    "x25519": ("private public", op_x25519),
    "ed25519-sign": ("seed purpose hash", op_sign),
    "ed25519-verify": ("public purpose hash signature", op_verify),
    "mix": ("hash bytes", op_mix),
    "extract": ("salt label ikm", op_extract),
    "expand": ("prk label context length", op_expand),
    "seal": ("keys ad plaintext", op_seal),
    "open": ("keys ad sealed", op_open),
    "card-issue": ("ik_seed idk_private suites address device created expires", op_card_issue),
    "card-verify": ("card", op_card_verify),
    "card-valid": ("card time", op_card_valid),
    "handshake-initiate": ("ik_seed idk_private card_i card_r now floor views", op_initiate),
    "handshake-respond": ("ik_seed idk_private cards pins now views init", op_respond),
    "handshake-finish": ("initiate now response", op_finish),
    "handshake-complete": ("respond now complete", op_complete),
    "session-keys": ("sk transcript ik_i device_i ik_r device_r", op_session_keys),
    "export": ("exporter label context length", op_export),
    "ratchet-step": ("root dh dh_new dh_other", op_ratchet_step),
    "chain-step": ("chain", op_chain_step),
    "padding": ("length", op_padding),
    "message-seal": ("message_key header_key ad dh pn n type content", op_message_seal),
    "message-open": ("message_key header_key ad message", op_message_open),
}


def plain(value):
    """A result as JSON shows it: bytes as hex, tuples as lists."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def compare(label, expected, got):
    got = plain(got)
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in [*expected, *(name for name in got if name not in expected)]:
            if expected.get(name) != got.get(name) or name not in expected or name not in got:
                raise Failure(
                    f"{label} {name}: expected {expected.get(name, 'nothing')}, got {got.get(name, 'nothing')}"
                )
    elif expected != got:
        raise Failure(f"{label}: expected {expected}, got {got}")


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


def run_operation(operation, test):
    names, function = OPERATIONS[operation]
    require_fields("input", test["input"], set(names.split()))
    draws, notes = Draws(test.get("random", [])), Notes()
    given = Input(test["input"])
    outcome, failure = None, None
    try:
        outcome = attempt(lambda: function(given, draws, notes), test.get("error"))
    except Failure as different:
        failure = different
    # The first differing intermediate says more than whatever went wrong after it.
    notes.compare(test.get("intermediate"), complete=outcome is not None)
    if failure:
        raise failure
    draws.finish()
    if "error" not in test:
        compare("output", test["output"], outcome)


# 12.4 Session scripts

SETUP_FIELDS = {"sk", "transcript", "ik_i", "device_i", "ik_r", "device_r", "ra_private", "rb_private"}
SESSION_STEPS = {
    "send": ({"type", "content"}, {"random", "save"}, {"message"}),
    "send-many": ({"count", "seed"}, {"save"}, {"digest"}),
    "receive": (set(), {"message", "saved", "index"}, {"epoch", "n", "gap", "type", "content"}),
    "receipt": (set(), {"random", "save"}, {"message"}),
    "close": (set(), {"random", "save"}, {"message"}),
    "export": ({"label", "context", "length"}, set(), {"okm"}),
    "restore": (set(), set(), set()),
}


def expected_results(step, results):
    """`receive` takes `message` and `packet`, the other steps give them."""
    return {name: step[name] for name in results if name in step}


class SessionScript:
    def __init__(self, setup):
        require_fields("setup", setup, SETUP_FIELDS)
        given = Input(setup)
        ra_private, rb_private = given.bytes("ra_private"), given.bytes("rb_private")
        ra, rb = primitives.x25519_public(ra_private), primitives.x25519_public(rb_private)
        names = ("ik_i", "device_i", "ik_r", "device_r")
        self.sides, self.saved = {}, {}
        for name, role, private in (
            ("initiator", INITIATOR, ra_private),
            ("responder", RESPONDER, rb_private),
        ):
            agreed = Agreed(given.bytes("sk"), given.bytes("transcript"), ra, rb, private)
            self.sides[name] = Session.start(role, 0, agreed, *map(given.bytes, names))

    def state(self):
        return b"".join(side.state() for side in self.sides.values())

    def step(self, step):
        required, optional, results = SESSION_STEPS[step["do"]]
        require_step(step, {"as", "do"} | required, optional, results)
        draws = Draws(step.get("random", []))
        before = self.state() if "error" in step else None
        do = getattr(self, "do_" + step["do"].replace("-", "_"))
        outcome = attempt(lambda: do(step, draws), step.get("error"))
        draws.finish()
        if outcome is None:
            if self.state() != before:  # VEC-04
                raise Failure("state: changed by a refusal")
            return
        session, result, saved = outcome
        self.sides[step["as"]] = session
        if "save" in step:
            self.saved[step["save"]] = saved
        compare("result", expected_results(step, results), result)

    def do_send(self, step, draw):
        session, sent = self.sides[step["as"]].send(step["type"], bytes.fromhex(step["content"]), draw)
        return session, {"message": sent}, sent

    def do_send_many(self, step, draw):
        session, sent, seed, count = self.sides[step["as"]], [], bytes.fromhex(step["seed"]), 0

        def seeded(length):
            nonlocal count
            count += 1
            return hashlib.sha256(seed + (count - 1).to_bytes(4, "big")).digest()[:length]

        for i in range(step["count"]):
            session, one = session.send(message.TYPE_DATA, i.to_bytes(4, "big"), seeded)
            sent.append(one)
        return session, {"digest": hashlib.sha256(b"".join(sent)).digest()}, sent

    def do_receive(self, step, draw):
        packet = bytes.fromhex(step["message"]) if "message" in step else self.saved[step["saved"]]
        if "index" in step:
            packet = packet[step["index"]]
        session, received = self.sides[step["as"]].receive(packet)
        result = dict(vars(received), type=received.content_type)
        del result["content_type"]
        return session, result, None

    def do_receipt(self, step, draw):
        session, sent = self.sides[step["as"]].receipt(draw)
        return session, {} if sent is None else {"message": sent}, sent

    def do_close(self, step, draw):
        session, sent = self.sides[step["as"]].close(draw)
        return session, {"message": sent}, sent

    def do_export(self, step, draw):
        session = self.sides[step["as"]]
        okm = session.export(step["label"].encode(), bytes.fromhex(step["context"]), step["length"])
        return session, {"okm": okm}, None

    def do_restore(self, step, draw):
        return Session.restore(self.sides[step["as"]].state()), {}, None


# 12.5 Device scripts

DEVICE_STEPS = {
    "pin": ({"address", "device", "ik"}, set(), set()),
    "card": ({"card"}, set(), set()),
    "initiate": ({"card"}, {"random", "save"}, {"packet"}),
    "receive": (set(), {"from", "packet", "saved", "random", "save"}, {"events", "replies"}),
    "send": ({"to", "type", "content"}, {"random", "save"}, {"packet"}),
    "close": ({"to"}, {"random", "save"}, {"packet"}),
    "due": (set(), {"random"}, {"events", "packets"}),
    "restart": ({"cache"}, set(), set()),
}


class DeviceScript:
    def __init__(self, setup):
        require_fields("setup", setup, {"devices"})
        self.devices, self.iks, self.saved = {}, {}, {}
        for one in setup["devices"]:
            require_fields("device", one, {"name", "ik_seed", "idk_private", "card"})
            given = Input(one)
            self.devices[one["name"]] = Device(given.identity(), [verify_card(given.bytes("card"))])
            self.iks[one["name"]] = given.identity().ik

    def state(self):
        return b"".join(device.state() for device in self.devices.values())

    def step(self, step):
        required, optional, results = DEVICE_STEPS[step["do"]]
        require_step(step, {"as", "now", "do"} | required, optional, results)
        draws = Draws(step.get("random", []))
        before = self.state() if "error" in step else None
        device, now = self.devices[step["as"]], int(step["now"])
        do = getattr(self, "do_" + step["do"])
        outcome = attempt(lambda: do(device, step, now, draws), step.get("error"))
        draws.finish()
        if outcome is None:
            if self.state() != before:  # VEC-04
                raise Failure("state: changed by a refusal")
            return
        result, saved = outcome
        names = step.get("save", [])
        if isinstance(names, str):
            names, saved = [names], [saved]
        self.saved.update(zip(names, saved or []))
        compare("result", expected_results(step, results), result)

    def do_pin(self, device, step, now, draw):
        device.pin(*(bytes.fromhex(step[name]) for name in ("address", "device", "ik")))
        return {}, None

    def do_card(self, device, step, now, draw):
        device.issue(bytes.fromhex(step["card"]), now)
        return {}, None

    def do_initiate(self, device, step, now, draw):
        packet = device.initiate(bytes.fromhex(step["card"]), now, draw)
        return {"packet": packet}, packet

    def do_receive(self, device, step, now, draw):
        packet = bytes.fromhex(step["packet"]) if "packet" in step else self.saved[step["saved"]]
        events, replies = device.receive(packet, now, draw, self.iks.get(step.get("from")))
        return {"events": events, "replies": replies}, replies

    def do_send(self, device, step, now, draw):
        packet = device.send(self.iks[step["to"]], step["type"], bytes.fromhex(step["content"]), now, draw)
        return {"packet": packet}, packet

    def do_close(self, device, step, now, draw):
        packet = device.close(self.iks[step["to"]], now, draw)
        return {"packet": packet}, packet

    def do_due(self, device, step, now, draw):
        events, packets = device.due(now)
        names = {ik: name for name, ik in self.iks.items()}
        return {"events": events, "packets": [[names[ik], packet] for ik, packet in packets]}, None

    def do_restart(self, device, step, now, draw):
        device.restart(step["cache"])
        return {}, None


SCRIPTS = {"session": SessionScript, "device": DeviceScript}


def run_script(operation, test):
    script = SCRIPTS[operation](test["setup"] if "setup" in test else test["input"]["setup"])
    for position, step in enumerate(test["steps"]):
        try:
            script.step(step)
        except Failure as failure:
            raise Failure(f"step {position} ({step['as']} {step['do']}): {failure}") from None


# Files


def require_fields(what, value, names):
    if set(value) != names:
        raise Damaged(f"{what}: fields {sorted(value)} instead of {sorted(names)}")


def require_step(step, required, optional, results):
    unknown = set(step) - required - optional - results - {"error", "comment"}
    if unknown or not required <= set(step):
        raise Damaged(f"step {step.get('do')}: fields {sorted(step)}")
    if "error" in step and (set(step) & results - required - optional):
        raise Damaged(f"step {step.get('do')}: results beside an error")


def is_negative(test):
    return "error" in test or any("error" in step for step in test.get("steps", []))


def load_file(path):
    """One vector file, its form checked (VEC-03)."""
    try:
        file = json.loads(path.read_bytes())
    except ValueError as error:
        raise Damaged(f"{path.name}: {error}") from None
    if not isinstance(file, dict) or set(file) - OPTIONAL_FILE_FIELDS != FILE_FIELDS:
        raise Damaged(f"{path.name}: unknown or missing fields")
    if file["format"] != 1 or file["protocol"] != "QuipuV1" or file["suite"] != SUITE:
        raise Damaged(f"{path.name}: unknown format, protocol or suite")
    if file["operation"] not in OPERATIONS and file["operation"] not in SCRIPTS:
        raise Damaged(f"{path.name}: unknown operation {file['operation']}")
    by_id = {test["id"]: test for test in file["tests"]}
    for test in file["tests"]:
        where = f"{path.name}: {test['id']}"
        if set(test) - TEST_FIELDS:
            raise Damaged(f"{where}: unknown fields {sorted(set(test) - TEST_FIELDS)}")
        if set(test["flags"]) - set(file["flags"]):
            raise Damaged(f"{where}: unknown flag")
        if file["operation"] in SCRIPTS:
            if "steps" not in test:
                raise Damaged(f"{where}: no steps")
        elif "input" not in test or ("output" in test) == ("error" in test):
            raise Damaged(f"{where}: needs input and one of output and error")
        if "twin" in test and (test["twin"] not in by_id or "error" in by_id[test["twin"]]):
            raise Damaged(f"{where}: the twin does not succeed in this file")
    return file


def manifest_entries(directory):
    """name -> (sha256, tests, negative)."""
    try:
        manifest = json.loads((directory / "manifest.json").read_bytes())
        entries = manifest["files"]
        if isinstance(entries, dict):
            entries = [dict(entry, file=name) for name, entry in entries.items()]
        return {
            entry.get("file", entry.get("name")): (entry["sha256"], entry["tests"], entry["negative"])
            for entry in entries
        }
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"manifest.json: {error!r}") from None


def load_directory(directory):
    entries = manifest_entries(directory)
    names = {path.name for path in directory.iterdir() if path.name != "manifest.json"}
    if names - {"retired.json"} != set(entries) - {"retired.json"}:
        raise Damaged(f"manifest.json: differs in {sorted(names ^ set(entries))}")
    files, ids = {}, set()
    for name, (digest, tests, negative) in sorted(entries.items()):
        path = directory / name
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise Damaged(f"{name}: SHA-256 differs from manifest.json")
        if name == "retired.json":
            continue
        file = files[name] = load_file(path)
        counted = len(file["tests"]), sum(map(is_negative, file["tests"]))
        if counted != (tests, negative):
            raise Damaged(f"{name}: {counted} tests and negative tests, manifest.json says {(tests, negative)}")
        for test in file["tests"]:
            if test["id"] in ids:
                raise Damaged(f"{name}: id {test['id']} stands twice")
            ids.add(test["id"])
    return files


def run_test(operation, test):
    """None, or what differs."""
    try:
        (run_script if operation in SCRIPTS else run_operation)(operation, test)
    except Failure as failure:
        return str(failure)
    except Damaged:
        raise
    except Exception as error:  # a crash of this implementation is a failed test, not the end of the run
        return f"raised {error!r}"
    return None


def check(directory, wanted):
    files = load_directory(directory)
    passed, failed, left_out = 0, 0, 0
    for name, file in files.items():
        good, failures = 0, []
        for test in file["tests"]:
            if wanted not in f"{name}/{test['id']}":
                left_out += 1
                continue
            difference = run_test(file["operation"], test)
            if difference is None:
                good += 1
            else:
                failures.append(f"  {test['id']}: {shortened(difference)}")
        if good or failures:
            print(f"{name}: {good} passed, {len(failures)} failed")
        for line in failures:
            print(line)
        passed, failed = passed + good, failed + len(failures)
    if passed + failed == 0:
        print("the filter selects nothing" if wanted else "no tests", file=sys.stderr)
        return USAGE
    print(f"{passed} passed, {failed} failed")
    if failed:
        return FAILED
    return INCOMPLETE if left_out else PASSED  # VEC-05


def shortened(text):
    return text if len(text) <= 600 else text[:600] + "..."


def main(arguments):
    wanted, directory = "", None
    while arguments:
        argument = arguments.pop(0)
        if argument == "--self-test" and not arguments and directory is None:
            import self_test

            return self_test.run()
        if argument == "--filter" and arguments:
            wanted = arguments.pop(0)
        elif argument.startswith("-") or directory is not None:
            print(__doc__, file=sys.stderr)
            return USAGE
        else:
            directory = Path(argument)
    directory = directory or DEFAULT_DIRECTORY
    try:
        return check(directory, wanted)
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return USAGE
    except Damaged as damage:
        print(f"damaged: {damage}", file=sys.stderr)
        return DAMAGED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
