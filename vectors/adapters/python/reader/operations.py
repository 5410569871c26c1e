"""12.3: the operations that are one call."""

from quipu import Refused, initiator, message, primitives, ratchet, responder
from quipu.keys import Card, Identity, address_field, issue_card, verify_card
from quipu.session import export, session_keys

from .fields import Input, require_form, require_hex_list, require_names
from .outcome import Damaged, Draws, Failure, Notes, attempt, compare

INITIATE = ("ik_seed idk_private card_i card_r now views", "floor")
RESPOND = ("ik_seed idk_private cards pins now views init", "")


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


def initiate(given, draw, note):
    return initiator.initiate(
        identity(given),
        Card(given.bytes("card_i")),
        given.bytes("card_r"),
        {},
        given.time("now"),
        given.time("floor"),
        given.bytes("views"),
        draw,
        note,
    )


def pins(given):
    return {
        (address_field(pin.bytes("address")), pin.device()): pin.bytes("ik") for pin in map(Input, given["pins"])
    }


def respond(given, draw, note):
    return responder.respond(
        identity(given),
        given.keep([Card(bytes.fromhex(card)) for card in given["cards"]]),
        given.keep(pins(given)),
        given.keep({}),
        given.keep({}),
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


def earlier(given, name, function):
    """The call that came before, whose draws must fit exactly as well (VEC-02)."""
    draws, input_before = Draws(given[name]["random"]), Input(given[name]["input"])
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
    return vars(session_keys(given.bytes("sk"), given.bytes("transcript"), *places))


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
    if given["length"] > message.CONTENT_MAX:  # MSG-01
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
}
EARLIER = {"initiate": INITIATE, "respond": RESPOND}


def require_input(what, fields, names):
    """VEC-03: no field but those of 12.3, each in its form."""
    required, optional = names
    require_names(what, fields, required.split(), optional.split())
    require_form(what, fields, besides={"initiate", "respond", "cards", "pins"})
    for name in set(fields) & set(EARLIER):
        require_names(name, fields[name], {"input", "random"})
        require_input(name, fields[name]["input"], EARLIER[name])
        require_hex_list(f"{name} random", fields[name]["random"])
    if "cards" in fields:
        require_hex_list(f"{what} cards", fields["cards"])
    for pin in fields.get("pins", ()):
        require_names(f"{what} pins", pin, {"address", "device", "ik"})
        require_form(f"{what} pins", pin)


def require_test(operation, test):
    names, results, _ = OPERATIONS[operation]
    require_input("input", test["input"], names)
    require_hex_list("random", test.get("random", []))
    if "output" in test:
        require_names("output", test["output"], results.split())
    if test.get("intermediate") == []:
        raise Damaged("intermediate: present without a value")
    require_form("output", test.get("output", {}))


def run(operation, test):
    draws, notes, given = Draws(test.get("random", [])), Notes(), Input(test["input"])
    outcome, failure, error = None, None, test.get("error")
    try:
        outcome = attempt(lambda: OPERATIONS[operation][2](given, draws, notes), error)
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
