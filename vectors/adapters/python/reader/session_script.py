"""12.4: two sides of one session."""

import hashlib

from quipu import message, primitives
from quipu.handshake import Agreed
from quipu.notation import INITIATOR, RESPONDER
from quipu.session import Session

from .fields import Input, require_form, require_names
from .outcome import Damaged
from .scripts import Script

SETUP = {"sk", "transcript", "ik_i", "device_i", "ik_r", "device_r", "ra_private", "rb_private"}


class SessionScript(Script):
    ALWAYS = {"as", "do"}
    STEPS = {
        "send": ("type content", "random save", "message"),
        "send-many": ("count seed", "save", "digest"),
        "receive": ("", "message saved index", "epoch n gap type content"),
        "receipt": ("", "random save", "message"),
        "close": ("", "random save", "message"),
        "export": ("label context length", "", "okm"),
        "restore": ("", "", ""),
    }

    @classmethod
    def require_setup(cls, setup):
        require_names("setup", setup, SETUP)
        require_form("setup", setup)

    def __init__(self, setup, suite):
        super().__init__(setup, suite)
        given = Input(setup)
        ra_private, rb_private = given.bytes("ra_private"), given.bytes("rb_private")
        ra, rb = primitives.x25519_public(ra_private), primitives.x25519_public(rb_private)
        places = given.bytes("ik_i"), given.device("device_i"), given.bytes("ik_r"), given.device("device_r")
        self.sides = {}
        for name, role, private in (
            ("initiator", INITIATOR, ra_private),
            ("responder", RESPONDER, rb_private),
        ):
            agreed = Agreed(suite, given.bytes("sk"), given.bytes("transcript"), ra, rb, private)
            self.sides[name] = Session.start(role, 0, agreed, *places)

    def states(self, step):
        return [side.state() for side in self.sides.values()]

    def state(self, name, now):
        return self.lookup(self.sides, name, "side").state()

    def side(self, step):
        return self.lookup(self.sides, step["as"], "side")

    def do_send(self, step, draw):
        session, sent = self.side(step).send(step["type"], bytes.fromhex(step["content"]), draw)
        self.sides[step["as"]] = session
        return {"message": sent}, sent

    def do_send_many(self, step, draw):
        session, sent = self.side(step), []
        for i in range(step["count"]):
            session, one = session.send(message.TYPE_DATA, i.to_bytes(4, "big"), draw)
            sent.append(one)
        self.sides[step["as"]] = session
        return {"digest": hashlib.sha256(b"".join(sent)).digest()}, sent

    def do_receive(self, step, draw):
        packet = self.packet(step, "message")
        if isinstance(packet, list) != ("index" in step) or "index" in step and step["index"] >= len(packet):
            raise Damaged("step receive: index")
        session, received = self.side(step).receive(packet[step["index"]] if "index" in step else packet)
        self.sides[step["as"]] = session
        result = {
            "epoch": received.epoch,
            "n": received.n,
            "gap": received.gap,
            "type": received.content_type,
            "content": received.content,
        }
        return result, None

    def do_receipt(self, step, draw):
        session, sent = self.side(step).receipt(draw)
        self.sides[step["as"]] = session
        return ({} if sent is None else {"message": sent}), sent

    def do_close(self, step, draw):
        session, sent = self.side(step).close(draw)
        self.sides[step["as"]] = session
        return {"message": sent}, sent

    def do_export(self, step, draw):
        okm = self.side(step).export(step["label"].encode(), bytes.fromhex(step["context"]), step["length"])
        return {"okm": okm}, None

    def do_restore(self, step, draw):
        snapshot = self.side(step).state()
        self.sides[step["as"]] = Session.restore(snapshot)
        return {}, None
