"""12.5: whole devices with a clock."""

from quipu.device import Device
from quipu.keys import Identity, verify_card

from .fields import Input, require_form, require_names
from .outcome import Damaged, Failure
from .scripts import Script


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
        "restart": ("cache", "", ""),
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
        device, _ = self.at(step)
        device.restart(step["cache"])
        return {}, None
