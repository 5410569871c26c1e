"""What session scripts (12.4) and device scripts (12.5) have in common."""

from quipu.notation import ERRORS

from .fields import require_form, require_hex_list, require_names
from .outcome import Damaged, Draws, Failure, SeededDraws, attempt, compare

NESTED = {"random", "gap", "events", "replies", "packets", "save", "records", "manifests", "filled"}
EVENTS = {
    "response-sent": "peer",
    "established": "peer session role pinned",
    "lesser": "session",
    "confirmed": "session",
    "message": "session epoch n gap type content",
    "refused": "error",
    "repeated": "session",
    "given-up": "session sent",
    "dropped": "session",
    "views": "peer theirs ours",
    "manifest": "address number",
    "manifest-refused": "error",
}
FURTHER = {"established": {"suite", "psk_id", "reduced"}}


class Script:
    """Subclasses give STEPS: `do` -> (required arguments, optional arguments, results); and ALWAYS.

    `save` is a result in the tables of chapter 12; here it is an optional argument, since it compares nothing.
    """

    STEPS, ALWAYS = {}, set()

    def __init__(self, setup, suite):
        self.saved = {}

    @classmethod
    def names(cls, step):
        """Required arguments, optional arguments and results of a step."""
        if step["do"] not in cls.STEPS:
            raise Damaged(f"step {step['do']}: unknown here")
        required, optional, results = (set(names.split()) for names in cls.STEPS[step["do"]])
        if "random" in optional:
            optional.add("seed")  # 12.5
        return required | cls.ALWAYS, optional, results

    @classmethod
    def require_request(cls, step):
        """13.2: arguments alone, nothing named by `save` or `saved`, draws listed or from a seed."""
        what = f"step {step['do']}"
        required, optional, _ = cls.names(step)
        require_names(what, step, required, optional - {"save", "saved", "index"} | {"random", "seed"})
        cls._require_form(what, step)

    @classmethod
    def require_step(cls, step):
        """VEC-03: no field but those of the tables, each in its form."""
        what = f"step {step['do']}"
        required, optional, results = cls.names(step)
        if "error" in step:
            if step["error"] not in ERRORS:
                raise Damaged(f"{what}: unknown error {step['error']}")
            require_names(what, step, required | {"error"}, optional - {"save"})  # 12.5
        else:
            require_names(what, step, required, optional | results)
        cls._require_form(what, step)

    @staticmethod
    def _require_form(what, step):
        require_form(what, step, besides=NESTED)
        if "random" in step and "seed" in step:
            raise Damaged(f"{what}: random and seed")
        require_hex_list(what, step.get("random", []))
        for name in ("replies", "records", "manifests"):
            require_hex_list(what, step.get(name, []))
        for one in step.get("filled", ()):
            require_names(f"{what}: filled", one, {"count", "pinned"}, {"ik", "spk_id"})
            require_form(f"{what}: filled", one)
        for event in step.get("events", ()):
            require_event(what, event)
        for pair in step.get("packets", ()):
            if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
                raise Damaged(f"{what}: packets")
            if isinstance(pair[1], dict):
                require_names(f"{what}: packets", pair[1], {"error"})
            else:
                require_hex_list(what, pair[1:])

    def run(self, steps):
        for position, step in enumerate(steps):
            try:
                self.step(step)
            except Failure as failure:
                raise Failure(f"step {position} ({step['as']} {step['do']}): {failure}") from None

    def perform(self, step, draws):
        """Results, and the bytes that `save` names."""
        return getattr(self, "do_" + step["do"].replace("-", "_"))(step, draws)

    @staticmethod
    def draws(step):
        return SeededDraws(bytes.fromhex(step["seed"])) if "seed" in step else Draws(step.get("random", []))

    def step(self, step):
        draws, results = self.draws(step), self.STEPS[step["do"]][2].split()
        before = self.states(step) if "error" in step else None
        outcome = attempt(lambda: self.perform(step, draws), step.get("error"))
        draws.finish()
        if outcome is None:
            if self.states(step) != before:
                raise Failure("state: changed by a refusal")  # VEC-04
            return
        result, saved = outcome
        self.save(step, saved)
        compare("result", {name: step[name] for name in results if name in step}, result)

    def save(self, step, saved):
        if "save" in step:
            if saved is None:
                raise Failure(f"save: nothing to name {step['save']}")
            self.saved[step["save"]] = saved

    def packet(self, step, name):
        """The bytes that a `receive` step names, in one of two ways."""
        if (name in step) == ("saved" in step):
            raise Damaged(f"step receive: needs one of {name} and saved")
        if name in step:
            return bytes.fromhex(step[name])
        return self.lookup(self.saved, step["saved"], "saved")

    @staticmethod
    def lookup(table, name, what):
        if name not in table:
            raise Damaged(f"step: no such {what}: {name}")
        return table[name]


def require_event(what, event):
    if not isinstance(event, dict) or event.get("event") not in EVENTS:
        raise Damaged(f"{what}: unknown event")
    name = event["event"]
    require_names(f"{what} {name}", event, {"event", *EVENTS[name].split()}, FURTHER.get(name, set()))
    require_form(f"{what} {name}", event, besides=NESTED)
    if event.get("error", "length") not in ERRORS or event.get("role", "initiator") not in ("initiator", "responder"):
        raise Damaged(f"{what} {name}: error or role")
