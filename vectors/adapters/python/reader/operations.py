"""12.3: the operations that are one call."""

from quipu import Refused, initiator, kem, message, prepared, primitives, ratchet, responder, safety, storage
from quipu.contacts import Contacts, psk_id
from quipu.keys import Card, Identity, address_field, issue_card, verify_card
from quipu.manifests import (
    ListedDevice,
    follow,
    issue_manifest,
    next_manifest,
    verify_manifest,
    with_added,
    with_revoked,
)
from quipu.prekeys import OwnPrekey, Prekeys, Record, issue_record, verify_bundle, verify_record
from quipu.session import export, session_keys

from .conversations import conversations
from .fields import Input, require_form, require_hex_list, require_names
from .outcome import Damaged, Draws, Failure, Notes, attempt, compare

INITIATE = ("ik_seed idk_private card_i card_r now views", "floor psk least")
RESPOND = ("ik_seed idk_private cards pins now views init", "psks expected least")


def identity(given):
    return Identity(given.bytes("ik_seed"), given.bytes("idk_private"))


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
    return {"prk": primitives.extract(given.suite, given.bytes("salt"), given.text("label"), given.bytes("ikm"))}


def op_expand(given, draw, note):
    prk, label, context = given.bytes("prk"), given.text("label"), given.bytes("context")
    return {"okm": primitives.expand(given.suite, prk, label, context, given["length"])}


def op_seal(given, draw, note):
    return {"sealed": primitives.seal(given.bytes("keys"), given.bytes("ad"), given.bytes("plaintext"))}


def op_open(given, draw, note):
    plaintext = primitives.open_sealed(given.bytes("keys"), given.bytes("ad"), given.bytes("sealed"))
    return {"plaintext": plaintext}


def op_card_issue(given, draw, note):
    card = issue_card(
        identity(given),
        given["suites"],
        given.bytes("address"),
        given.device(),
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
        "device": int.from_bytes(card.device, "big"),
        "ik": card.ik,
        "idk": card.idk,
        "created": str(card.created),
        "expires": str(card.expires),
    }


def op_card_valid(given, draw, note):
    verify_card(given.bytes("card")).require_valid(given.time("time"))
    return {}


class Every(dict):
    """What is set for the peer of a handshake, whoever it is."""

    def get(self, key, default=None):
        return self["peer"]


def contacts(given):
    """Pins, secrets and least suite as 12.3.1 has them."""
    psks = [bytes.fromhex(psk) for psk in given["psks"]] if "psks" in given else []
    if "psk" in given:
        psks.append(given.bytes("psk"))
    known = {psk_id(psk): psk for psk in psks}  # HS-40
    expected = {}
    if "expected" in given or "psk" in given:
        expected = Every(peer=given.bytes("expected") if "expected" in given else psk_id(psks[-1]))
    least = Every(peer=given["least"]) if "least" in given else {}
    pins = {
        (address_field(pin.bytes("address")), pin.device()): pin.bytes("ik")
        for pin in map(Input, given["pins"] if "pins" in given else ())
    }
    return given.keep(Contacts(pins=pins, psks=known, expected=expected, least=least))


def views(given):
    return lambda own, peer: given.bytes("views")


def cards(given):
    return given.keep([Card(bytes.fromhex(card)) for card in given["cards"]])


def initiate(given, draw, note):
    return initiator.initiate(
        identity(given),
        Card(given.bytes("card_i")),
        given.bytes("card_r"),
        contacts(given),
        given.time("now"),
        given.time("floor"),
        views(given),
        draw,
        note,
    )


def respond(given, draw, note):
    return responder.respond(
        identity(given),
        cards(given),
        contacts(given),
        given.keep({}),
        given.keep({}),
        given.time("now"),
        views(given),
        given.bytes("init"),
        draw,
        note,
    )


def op_initiate(given, draw, note):
    init, initiated = initiate(given, draw, note)
    return {"init": init, "handshake_id": initiated.handshake_id}


def claimed(claim, pinned):
    return {"card_i": claim.card.raw, "ts_i": str(claim.ts_i), "views_i": claim.views, "pinned": pinned}


def op_respond(given, draw, note):
    response, responded, _ = respond(given, draw, note)
    return {"response": response, **claimed(responded.claim, responded.pinned)}


def earlier(given, name, function):
    """The call that came before, whose draws must fit exactly as well (VEC-02)."""
    draws, input_before = Draws(given[name]["random"]), Input(given[name]["input"], given.suite)
    try:
        result = function(input_before, draws, primitives.ignore)
    except Refused as refusal:
        raise Damaged(f"{name}: the call before was refused as {refusal.name}") from None
    draws.finish()
    return input_before, result


def op_finish(given, draw, note):
    before, (_, initiated) = earlier(given, "initiate", initiate)
    _, complete, agreed, ts_r, views_r = initiator.finish(
        identity(before),
        given.keep({initiated.handshake_id: initiated}),
        given.bytes("response"),
        given.time("now"),
        draw,
        note,
    )
    return {"complete": complete, "ts_r": str(ts_r), "views_r": views_r, "sk": agreed.sk}


def op_complete(given, draw, note):
    _, (_, responded, _) = earlier(given, "respond", respond)
    half_open = given.keep({responded.handshake_id: responded})
    _, agreed = responder.complete(half_open, given.bytes("complete"), given.time("now"), note)
    return {"sk": agreed.sk, "ra": agreed.ra}


def op_session_keys(given, draw, note):
    places = given.bytes("ik_i"), given.device("device_i"), given.bytes("ik_r"), given.device("device_r")
    return vars(session_keys(given.suite, given.bytes("sk"), given.bytes("transcript"), *places))


def op_export(given, draw, note):
    exporter, label, context = given.bytes("exporter"), given.text("label"), given.bytes("context")
    return {"okm": export(given.suite, exporter, label, context, given["length"])}


def op_ratchet_step(given, draw, note):
    names = ("root", "dh", "dh_new", "dh_other")
    root, chain, next_header = ratchet.step(given.suite, *map(given.bytes, names), note)
    return {"root": root, "chain": chain, "next_header": next_header}


def op_chain_step(given, draw, note):
    message_key, chain = ratchet.advance(given.bytes("chain"))
    return {"message_key": message_key, "chain": chain}


def op_padding(given, draw, note):
    if given["length"] > message.CONTENT_MAX:  # MSG-01
        raise Refused("too_long")
    return {"padded": message.pad(5 + given["length"])}


def op_message_seal(given, draw, note):
    keys = map(given.bytes, ("message_key", "header_key", "ad", "dh"))
    sealed = message.seal_message(
        given.suite, *keys, given["pn"], given["n"], given["type"], given.bytes("content"), draw, note
    )
    return {"message": sealed}


def op_message_open(given, draw, note):
    names = ("message_key", "header_key", "ad", "message")
    dh, pn, n, content_type, content = message.open_message(*map(given.bytes, names), note)
    return {"dh": dh, "pn": pn, "n": n, "type": content_type, "content": content}


def op_kem_generate(given, draw, note):
    return {"ek": kem.public_key(given.bytes("seed"))}


def op_kem_encapsulate(given, draw, note):
    ek = given.bytes("ek")
    kem.require_valid(ek)
    secret, ct = kem.encapsulate(ek, primitives.drawn(draw, 32))
    return {"ct": ct, "secret": secret}


def op_kem_decapsulate(given, draw, note):
    return {"secret": kem.decapsulate(given.bytes("seed"), given.bytes("ct"))}


def op_psk_id(given, draw, note):
    return {"psk_id": psk_id(given.bytes("psk"))}


def op_prekey_issue(given, draw, note):
    record = issue_record(
        given.bytes("ik_seed"),
        given["type"],
        given["id"],
        given.device(),
        given.time("created"),
        given.time("expires"),
        given.bytes("private"),
        note,
    )
    return {"record": record.raw}


def op_prekey_verify(given, draw, note):
    record = verify_record(given.bytes("record"), given["types"], given.bytes("ik"), given.device())
    return {
        "type": record.type,
        "id": record.id,
        "created": str(record.created),
        "expires": str(record.expires),
        "key": record.key,
    }


def op_bundle_verify(given, draw, note):
    bundle = verify_bundle(given.bytes("bundle"), given.time("now"))
    records = {"spk_id": bundle.spk, "opk_id": bundle.opk, "pqk_id": bundle.pqk}
    return {name: record.id if record else 0 for name, record in records.items()}


def op_prepared_initiate(given, draw, note):
    now = given.time("now")
    opening, done = prepared.initiate(
        identity(given),
        Card(given.bytes("card_i")),
        verify_bundle(given.bytes("bundle"), now),
        contacts(given),
        now,
        given.time("floor"),
        views(given),
        draw,
        note,
    )
    return {"handshake": opening, "sk": done.agreed.sk}


def op_prepared_respond(given, draw, note):
    opening = given.bytes("handshake")
    prepared.require_layout(opening)
    own = [OwnPrekey(Record(one.bytes("record")), one.bytes("private")) for one in map(Input, given["prekeys"])]
    prekeys = given.keep(Prekeys({one.record.id: one for one in own}))
    opened = prepared.respond(
        identity(given), cards(given), contacts(given), prekeys, given.time("now"), opening, note
    )
    done = opened.prepared
    return {
        "sk": done.agreed.sk,
        **claimed(done.claim, opened.pinned),
        "psk_id": done.claim.psk_id,
        "ra": done.agreed.ra,
        "reduced": done.reduced,
    }


def op_manifest_issue(given, draw, note):
    devices = [
        ListedDevice(one.device(), one.bytes("ik"), one.time("added"), one.time("revoked"))
        for one in map(Input, given["devices"])
    ]
    manifest = issue_manifest(
        given.bytes("ak_seed"),
        given.bytes("address"),
        int(given["number"]),
        given.bytes("previous"),
        devices,
        note,
    )
    return {"manifest": manifest.raw}


def op_manifest_change(given, draw, note):
    kept = verify_manifest(given.bytes("kept")) if "kept" in given else None
    devices, now = kept.devices if kept else [], given.time("now")
    for change in map(Input, given["changes"]):
        if change["do"] == "add":
            devices = with_added(devices, change.device(), change.bytes("ik"), now)
        else:
            devices = with_revoked(devices, change.device(), now)
    return {"manifest": next_manifest(given.bytes("ak_seed"), given.bytes("address"), kept, devices).raw}


def op_manifest_verify(given, draw, note):
    manifest = verify_manifest(given.bytes("manifest"))
    return {
        "address": manifest.address,
        "ak": manifest.ak,
        "number": str(manifest.number),
        "previous": manifest.previous,
        "devices": [
            {
                "device": int.from_bytes(one.device, "big"),
                "ik": one.ik,
                "added": str(one.added),
                "revoked": str(one.revoked),
            }
            for one in manifest.devices
        ],
        "hash": manifest.hash,
    }


def op_manifest_follow(given, draw, note):
    kept, following = verify_manifest(given.bytes("kept")), verify_manifest(given.bytes("next"))
    return {"changed": follow(kept, following)}


def op_fingerprint(given, draw, note):
    value = safety.fingerprint(given.bytes("key"), given.bytes("address"), note)
    return {"fingerprint": value, "digits": safety.digits(value)}


def fingerprints(given):
    return [safety.fingerprint(given.bytes(f"{who}_key"), given.bytes(f"{who}_address")) for who in ("own", "peer")]


def op_safety_number(given, draw, note):
    both = fingerprints(given)
    return {"number": safety.safety_number(*both), "scannable": safety.scannable(*both)}


def op_scan(given, draw, note):
    safety.require_scanned(given.bytes("code"), *fingerprints(given))
    return {}


def op_file_seal(given, draw, note):
    parameters = given["memory"], given["passes"], given["lanes"], given["kind"]
    file = storage.seal_file(
        given.bytes("passphrase"), *parameters, given.time("created"), given.bytes("plaintext"), draw, note
    )
    return {"file": file}


def op_file_open(given, draw, note):
    created, plaintext = storage.open_file(given.bytes("passphrase"), given["kind"], given.bytes("file"))
    return {"created": str(created), "plaintext": plaintext}


def op_import(given, draw, note):
    kept = storage.import_file(
        given.bytes("passphrase"), given["kind"], given.bytes("file"), given.time("now")
    )
    known = kept.contacts
    counts = {
        "cards": len(kept.cards),
        "pins": len(known.pins),
        "suites": len(known.least),
        "psks": len(known.psks),
        "manifests": len(known.manifests),
        "ended": len(known.ended),
        "prekeys": len(kept.prekeys.held),
    }
    account = {"ak": primitives.ed25519_public(kept.account)} if kept.account else {}
    return {"ik": kept.identity.ik, "idk": kept.identity.idk, **account, **counts}


def op_conversations(given, draw, note):
    seed, before = given.bytes("seed"), given.bytes("before")
    if len(seed) != 32 or len(before) != 32 or given["count"] == 0:
        raise Damaged("seed, before or count")
    return {"after": conversations(given.suite, seed, given["first"], given["count"], before, note)}


# Name: ((required input, optional input), output, function)
OPERATIONS = {
    "x25519": (("private public", ""), "shared", op_x25519),
    "ed25519-sign": (("seed purpose hash", ""), "public signature", op_sign),
    "ed25519-verify": (("public purpose hash signature", ""), "", op_verify),
    "mix": (("hash bytes", ""), "hash", op_mix),
    "extract": (("salt label ikm", ""), "prk", op_extract),
    "expand": (("prk label context length", ""), "okm", op_expand),
    "seal": (("keys ad plaintext", ""), "sealed", op_seal),
    "open": (("keys ad sealed", ""), "plaintext", op_open),
    "card-issue": (
        ("ik_seed idk_private suites address device created expires", ""),
        "card",
        op_card_issue,
    ),
    "card-verify": (("card", ""), "suites address device ik idk created expires", op_card_verify),
    "card-valid": (("card time", ""), "", op_card_valid),
    "handshake-initiate": (INITIATE, "init handshake_id", op_initiate),
    "handshake-respond": (RESPOND, "response card_i ts_i views_i pinned", op_respond),
    "handshake-finish": (("initiate now response", ""), "complete ts_r views_r sk", op_finish),
    "handshake-complete": (("respond now complete", ""), "sk ra", op_complete),
    "session-keys": (
        ("sk transcript ik_i device_i ik_r device_r", ""),
        "root header_initiator header_responder session_id exporter ad_initiator ad_responder",
        op_session_keys,
    ),
    "export": (("exporter label context length", ""), "okm", op_export),
    "ratchet-step": (("root dh dh_new dh_other", ""), "root chain next_header", op_ratchet_step),
    "chain-step": (("chain", ""), "message_key chain", op_chain_step),
    "padding": (("length", ""), "padded", op_padding),
    "message-seal": (
        ("message_key header_key ad dh pn n type content", ""),
        "message",
        op_message_seal,
    ),
    "message-open": (("message_key header_key ad message", ""), "dh pn n type content", op_message_open),
    "kem-generate": (("seed", ""), "ek", op_kem_generate),
    "kem-encapsulate": (("ek", ""), "ct secret", op_kem_encapsulate),
    "kem-decapsulate": (("seed ct", ""), "secret", op_kem_decapsulate),
    "psk-id": (("psk", ""), "psk_id", op_psk_id),
    "prekey-issue": (("ik_seed type id device created expires private", ""), "record", op_prekey_issue),
    "prekey-verify": (("record types ik device", ""), "type id created expires key", op_prekey_verify),
    "bundle-verify": (("bundle now", ""), "spk_id opk_id pqk_id", op_bundle_verify),
    "prepared-initiate": (
        ("ik_seed idk_private card_i bundle now views", "floor psk least"),
        "handshake sk",
        op_prepared_initiate,
    ),
    "prepared-respond": (
        ("ik_seed idk_private cards pins prekeys now handshake", "psks expected least"),
        "sk card_i ts_i views_i pinned psk_id ra reduced",
        op_prepared_respond,
    ),
    "manifest-issue": (("ak_seed address number previous devices", ""), "manifest", op_manifest_issue),
    "manifest-change": (("ak_seed address changes now", "kept"), "manifest", op_manifest_change),
    "manifest-verify": (("manifest", ""), "address ak number previous devices hash", op_manifest_verify),
    "manifest-follow": (("kept next", ""), "changed", op_manifest_follow),
    "fingerprint": (("key address", ""), "fingerprint digits", op_fingerprint),
    "safety-number": (
        ("own_key own_address peer_key peer_address", ""),
        "number scannable",
        op_safety_number,
    ),
    "scan": (("own_key own_address peer_key peer_address code", ""), "", op_scan),
    "file-seal": (
        ("passphrase memory passes lanes kind created plaintext", ""),
        "file",
        op_file_seal,
    ),
    "file-open": (("passphrase kind file", ""), "created plaintext", op_file_open),
    "import": (
        ("passphrase kind file now", ""),
        "ik idk ak cards pins suites psks manifests ended prekeys",
        op_import,
    ),
    "conversations": (("seed first count before", ""), "after", op_conversations),
}
OPTIONAL_OUTPUT = {"import": {"ak"}}
EARLIER = {"initiate": INITIATE, "respond": RESPOND}
HEX_LISTS = {"cards", "psks"}
OBJECT_LISTS = {"pins": "address device ik", "prekeys": "record private", "devices": "device ik added revoked"}
CHANGES = {"add": "do device ik", "revoke": "do device"}
COUNTS = {"cards", "pins", "suites", "psks", "manifests", "ended", "prekeys"}


def require_input(what, fields, names):
    """VEC-03: no field but those of 12.3, each in its form."""
    required, optional = names
    require_names(what, fields, required.split(), optional.split())
    require_form(what, fields, besides={"initiate", "respond", "types", "changes", *HEX_LISTS, *OBJECT_LISTS})
    for name in set(fields) & set(EARLIER):
        require_names(name, fields[name], {"input", "random"})
        require_input(name, fields[name]["input"], EARLIER[name])
        require_hex_list(f"{name} random", fields[name]["random"])
    require_lists(what, fields)


def require_lists(what, fields):
    for name in set(fields) & HEX_LISTS:
        require_hex_list(f"{what} {name}", fields[name])
    for name in set(fields) & set(OBJECT_LISTS):
        require_object_list(f"{what} {name}", fields[name], OBJECT_LISTS[name].split())
    for change in fields.get("changes", []):
        names = CHANGES.get(change.get("do")) if isinstance(change, dict) else None
        if names is None:
            raise Damaged(f"{what} changes: unknown change")
        require_names(f"{what} changes", change, names.split())
        require_form(f"{what} changes", change)
    types = fields.get("types", [])
    if not isinstance(types, list) or not all(isinstance(one, int) for one in types):
        raise Damaged(f"{what} types: not a list of numbers")


def require_object_list(what, values, names):
    if not isinstance(values, list):
        raise Damaged(f"{what}: not a list")
    for one in values:
        require_names(what, one, names)
        require_form(what, one)


def require_call(operation, given, random):
    require_input("input", given, OPERATIONS[operation][0])
    require_hex_list("random", random)


def require_test(operation, test):
    _, results, _ = OPERATIONS[operation]
    require_call(operation, test["input"], test.get("random", []))
    if "output" in test:
        optional = OPTIONAL_OUTPUT.get(operation, set())
        require_names("output", test["output"], set(results.split()) - optional, optional)
    if test.get("intermediate") == []:
        raise Damaged("intermediate: present without a value")
    output = test.get("output", {})
    counts = COUNTS if operation == "import" else set()
    require_form("output", output, besides={"devices", *counts})
    if "devices" in output:
        require_object_list("output devices", output["devices"], OBJECT_LISTS["devices"].split())
    if not all(isinstance(output[name], int) for name in counts & set(output)):
        raise Damaged("output: form of a count")


def perform(operation, given, draws, notes):
    """The output. Draws and intermediate values pass through `draws` and `notes`."""
    return OPERATIONS[operation][2](given, draws, notes)


def run(operation, suite, test):
    draws, notes, given = Draws(test.get("random", [])), Notes(), Input(test["input"], suite)
    outcome, failure, error = None, None, test.get("error")
    try:
        outcome = attempt(lambda: perform(operation, given, draws, notes), error)
    except Failure as different:
        failure = different
    if error is None:  # the first differing intermediate says more than whatever went wrong after it
        notes.compare(test.get("intermediate", []), complete=outcome is not None)
    if failure:
        raise failure
    draws.finish()
    if error is None:
        compare("output", test["output"], outcome)
    elif given.has_changed():
        raise Failure("state: changed by a refusal")  # VEC-04
