"""12.1 and 12.2: the files, their manifest and their form (VEC-03)."""

import hashlib
import json
from pathlib import Path

from quipu.notation import CLASSIC, ERRORS, HYBRID

from . import operations
from .device_script import DeviceScript
from .fields import require_names
from .operations import OPERATIONS
from .outcome import Damaged
from .schema import Schema
from .session_script import SessionScript

SCHEMA = Path(__file__).resolve().parents[3] / "schema" / "vector-file-1.json"
SCRIPTS = {"session": SessionScript, "device": DeviceScript}

FILE_FIELDS = {"format", "protocol", "operation", "suite", "profile", "license", "comment", "flags", "tests"}
PROFILES = ("core", "prepared", "hybrid", "devices", "storage")
ALWAYS = {"id", "comment", "requirements", "flags"}
SCRIPT_FIELDS = ALWAYS | {"setup", "steps"}
SUCCESS_FIELDS = ALWAYS | {"input", "output"}
REFUSAL_FIELDS = ALWAYS | {"input", "error", "twin", "delta"}


def parse_json(text):
    """JSON without fractions and without a field that stands twice; ValueError otherwise."""

    def once(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise ValueError("a field stands twice")
        return dict(pairs)

    def no_fraction(value):
        raise ValueError(f"not an integer: {value}")

    return json.loads(text, object_pairs_hook=once, parse_float=no_fraction, parse_constant=no_fraction)


def read_json(path):
    try:
        return parse_json(path.read_text("utf-8"))
    except ValueError as error:
        raise Damaged(f"{path.name}: {error}") from None


def is_negative(test):
    return "error" in test or any("error" in step for step in test.get("steps", []))


def require_file(file):
    require_names("file", file, FILE_FIELDS)
    if file["format"] != 1 or file["protocol"] != "QuipuV1" or file["suite"] not in (CLASSIC, HYBRID):
        raise Damaged("unknown format, protocol or suite")
    if file["profile"] not in PROFILES:
        raise Damaged(f"unknown profile {file['profile']}")
    if file["operation"] not in OPERATIONS and file["operation"] not in SCRIPTS:
        raise Damaged(f"unknown operation {file['operation']}")


def require_test(file, test):
    script = SCRIPTS.get(file["operation"])
    if script:
        require_names("test", test, SCRIPT_FIELDS)
        script.require_setup(test["setup"])
        for step in test["steps"]:
            script.require_step(step)
    else:
        if "error" in test:
            require_names("test", test, REFUSAL_FIELDS, {"random"})
        else:
            require_names("test", test, SUCCESS_FIELDS, {"random", "intermediate"})
        operations.require_test(file["operation"], test)
    if set(test["flags"]) - set(file["flags"]):
        raise Damaged(f"unknown flag {sorted(set(test['flags']) - set(file['flags']))}")
    if "error" in test:
        if test["error"] not in ERRORS:
            raise Damaged(f"unknown error {test['error']}")
        twins = [other for other in file["tests"] if other["id"] == test["twin"]]
        if len(twins) != 1 or "error" in twins[0]:
            raise Damaged("the twin does not succeed in this file")


def load_file(path, schema):
    """One vector file, its form checked."""
    file = read_json(path)
    where = path.name
    try:
        require_file(file)
        schema.check(file)
        for test in file["tests"]:
            where = f"{path.name}: {test['id']}"
            require_test(file, test)
    except Damaged as damage:
        raise Damaged(f"{where}: {damage}") from None
    return file


def manifest_entries(directory):
    manifest = read_json(directory / "manifest.json")
    require_names("manifest.json", manifest, {"files"})
    entries = {}
    for entry in manifest["files"]:
        require_names("manifest.json", entry, {"name", "sha256", "tests", "negative"})
        if entry["name"] in entries:
            raise Damaged(f"manifest.json: {entry['name']} stands twice")
        entries[entry["name"]] = entry
    return entries


def retired_ids(directory):
    retired = read_json(directory / "retired.json")
    require_names("retired.json", retired, {"ids"})
    return set(retired["ids"])


def load_directory(directory):
    """Name -> file, all of them as manifest.json says (VEC-03)."""
    entries = manifest_entries(directory)
    names = {path.name for path in directory.iterdir() if path.suffix == ".json"}
    names -= {"manifest.json", "retired.json"}
    if names != set(entries):
        raise Damaged(f"manifest.json: differs in {sorted(names ^ set(entries))}")
    schema = Schema(read_json(SCHEMA))
    files, ids = {}, retired_ids(directory)
    for name, entry in sorted(entries.items()):
        if hashlib.sha256((directory / name).read_bytes()).hexdigest() != entry["sha256"]:
            raise Damaged(f"{name}: SHA-256 differs from manifest.json")
        file = load_file(directory / name, schema)
        counted = len(file["tests"]), sum(map(is_negative, file["tests"]))
        if counted != (entry["tests"], entry["negative"]):
            raise Damaged(f"{name}: {counted} tests and negative tests, manifest.json says otherwise")
        for test in file["tests"]:
            if test["id"] in ids:
                raise Damaged(f"{name}: id {test['id']} stands twice, or is retired")
            ids.add(test["id"])
        files[name] = file
    return files
