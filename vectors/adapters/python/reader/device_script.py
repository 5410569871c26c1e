"""12.5: whole devices with a clock."""

from quipu.device import Device
from quipu.handshake import Remembered
from quipu.keys import Identity, verify_card
from quipu.notation import INIT_WINDOW, u32
from quipu.primitives import sha256
from quipu.snapshots import VERSION_AT

from .fields import Input, require_form, require_names
from .outcome import Damaged, Failure
from .scripts import Script

# What happens to a snapshot before it is restored
DAMAGE = {
    "version": lambda snapshot: snapshot[:VERSION_AT] + b"\xff" + snapshot[VERSION_AT + 1 :],
    "cut": lambda snapshot: snapshot[:-1],
    "flip": lambda snapshot: flipped(snapshot, len(snapshot) // 2),
}


def flipped(data, position):
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


class DeviceScript(Script):
    ALWAYS = {"as", "do", "now"}
    STEPS = {
        "pin": ("address device ik", "", ""),
        "card": ("card", "", ""),
        "initiate": ("card", "random save", "packet"),
        "receive": ("", "from packet saved random save", "events replies"),
        "send": ("to type content", "random save", "packet events"),
        "close": ("to", "random save", "packet events"),
        "psk": ("psk", "peer", ""),
        "least": ("peer suite", "", ""),
        "prekeys": ("one_time", "random", "records"),
        "prepare": ("bundle", "random", "events"),
        "manifest": ("manifests", "replace", "events"),
        "send-all": ("address type content", "random", "packets"),
        "receipt": ("to session", "random save", "packet"),
        "due": ("", "", "events packets"),
        "restart": ("cache", "filled", ""),
        "store": ("slot", "of", ""),
        "restore": ("slot", "damage counter", ""),
    }

    @classmethod
    def require_setup(cls, setup):
        require_names("setup", setup, {"devices"})
        for one in setup["devices"]:
            require_names("setup device", one, {"name", "ik_seed", "idk_private", "card"})
            require_form("setup device", one)

    def __init__(self, setup, suite):
        super().__init__(setup, suite)
        self.devices, self.iks = {}, {}
        self.slots = {}  # (name of a device, slot) -> IK of the peer or None, what the device gave
        self.filled = 0  # entries that `filled` has made
        for given in map(Input, setup["devices"]):
            identity = Identity(given.bytes("ik_seed"), given.bytes("idk_private"))
            self.devices[given["name"]] = Device(identity, [verify_card(given.bytes("card"))])
            self.iks[given["name"]] = identity.ik

    def states(self, step):
        return [device.state(int(step["now"])) for device in self.devices.values()]

    def state(self, name, now):
        return self.lookup(self.devices, name, "device").state(now)

    def ik(self, name):
        return self.lookup(self.iks, name, "device")

    def at(self, step):
        return self.lookup(self.devices, step["as"], "device"), int(step["now"])

    def save(self, step, saved):
        names = step.get("save", [])
        if step["do"] != "receive":
            if "save" in step and not isinstance(names, str):
                raise Damaged("step: save is one name")
            return super().save(step, saved)
        if not isinstance(names, list):
            raise Damaged("step receive: save is a list of names")
        if "save" in step and len(names) != len(saved):  # 12.5: one for each reply
            raise Failure(f"save: {len(names)} names for {len(saved)} replies")
        self.saved.update(zip(names, saved))

    def do_pin(self, step, draw):
        device, _ = self.at(step)
        given = Input(step)
        device.pin(given.bytes("address"), given.device(), given.bytes("ik"))
        return {}, None

    def do_card(self, step, draw):
        device, now = self.at(step)
        device.issue(bytes.fromhex(step["card"]), now)
        return {}, None

    def do_initiate(self, step, draw):
        device, now = self.at(step)
        packet = device.initiate(bytes.fromhex(step["card"]), now, draw)
        return {"packet": packet}, packet

    def do_receive(self, step, draw):
        device, now = self.at(step)
        sender = self.ik(step["from"]) if "from" in step else None
        events, replies = device.receive(self.packet(step, "packet"), now, draw, sender)
        return {"events": events, "replies": replies}, replies

    def do_send(self, step, draw):
        device, now = self.at(step)
        events, packet = device.send(
            self.ik(step["to"]), step["type"], bytes.fromhex(step["content"]), now, draw
        )
        return {"packet": packet, "events": events}, packet

    def do_close(self, step, draw):
        device, now = self.at(step)
        events, packet = device.close(self.ik(step["to"]), now, draw)
        return {"packet": packet, "events": events}, packet

    def do_receipt(self, step, draw):
        device, now = self.at(step)
        packet = device.receipt(self.ik(step["to"]), bytes.fromhex(step["session"]), now, draw)
        return ({} if packet is None else {"packet": packet}), packet

    def do_psk(self, step, draw):
        device, _ = self.at(step)
        device.set_psk(bytes.fromhex(step["psk"]), bytes.fromhex(step["peer"]) if "peer" in step else None)
        return {}, None

    def do_least(self, step, draw):
        device, _ = self.at(step)
        device.set_least(bytes.fromhex(step["peer"]), step["suite"])
        return {}, None

    def do_prekeys(self, step, draw):
        device, now = self.at(step)
        return {"records": device.new_prekeys(step["one_time"], now, draw)}, None

    def do_prepare(self, step, draw):
        device, now = self.at(step)
        return {"events": device.prepare(bytes.fromhex(step["bundle"]), now, draw)}, None

    def do_manifest(self, step, draw):
        device, now = self.at(step)
        manifests = list(map(bytes.fromhex, step["manifests"]))
        return {"events": device.take_manifests(manifests, now, step.get("replace", False))}, None

    def do_send_all(self, step, draw):
        device, now = self.at(step)
        content = bytes.fromhex(step["content"])
        packets = device.send_all(bytes.fromhex(step["address"]), step["type"], content, now, draw)
        shown = [({"error": one} if isinstance(one, str) else one) for _, one in packets]
        return {"packets": [[self.name(ik), one] for (ik, _), one in zip(packets, shown)]}, None

    def name(self, ik):
        """A device that is not in the script stands by its IK."""
        return next((name for name, other in self.iks.items() if other == ik), ik.hex())

    def do_due(self, step, draw):
        device, now = self.at(step)
        events, packets = device.due(now)
        return {"events": events, "packets": [[self.name(ik), packet] for ik, packet in packets]}, None

    def do_restart(self, step, draw):
        device, now = self.at(step)
        device.restart(step["cache"])
        for filled in map(Input, step.get("filled", ())):
            self.fill(device, filled, now)
        return {}, None

    def fill(self, device, filled, now):
        """Entries whose hashes no packet has, and no other entry."""
        entries = {}
        for _ in range(filled["count"]):
            self.filled += 1
            name = sha256(b"filled" + u32(self.filled))
            entries[name] = filled.bytes("ik") if "ik" in filled else name
        pinned = filled["pinned"]
        if "spk_id" in filled:
            device.fill_replay_set(filled["spk_id"], {name: (ik, pinned) for name, ik in entries.items()})
        else:
            until = now + INIT_WINDOW  # HS-19
            device.fill_cache({name: Remembered(ik, pinned, until) for name, ik in entries.items()})

    def do_store(self, step, draw):
        device, _ = self.at(step)
        peer = self.ik(step["of"]) if "of" in step else None
        stored = device.session_snapshots(peer) if peer else device.prekey_snapshot()
        if not stored:
            raise Damaged(f"step store: no session with {step['of']}")
        self.slots[step["as"], step["slot"]] = peer, stored
        return {}, None

    def do_restore(self, step, draw):
        device, _ = self.at(step)
        peer, stored = self.lookup(self.slots, (step["as"], step["slot"]), "slot")
        damage = self.lookup(DAMAGE, step["damage"], "damage") if "damage" in step else bytes
        has_counter = step.get("counter", False)
        if peer is None:
            least = device.prekey_snapshot()[0] if has_counter else 0
            device.restore_prekeys(damage(stored[1]), least)
        else:
            present = device.session_snapshots(peer) if has_counter else []
            least = {key: generation for key, generation, _ in present}
            device.restore_sessions(peer, [(damage(snapshot), least.get(key, 0)) for key, _, snapshot in stored])
        return {}, None
