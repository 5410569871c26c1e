"""As much of JSON Schema as vectors/schema uses. A keyword that is not known here is an error."""

import json
import re

from .outcome import Damaged

TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
NOTES = {"$schema", "$id", "$defs", "title", "comment", "description"}


def same(one, other):
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


class Schema:
    def __init__(self, root):
        self.root = root

    def check(self, value):
        self._check(self.root, value, "")

    def _fits(self, schema, value):
        try:
            self._check(schema, value, "")
        except Damaged:
            return False
        return True

    def _check(self, schema, value, where):
        for keyword, wanted in schema.items():
            if keyword in NOTES:
                continue
            if keyword == "$ref":
                target = self.root
                for name in wanted.removeprefix("#/").split("/"):
                    target = target[name]
                self._check(target, value, where)
                continue
            check = getattr(self, "_" + keyword, None)
            if check is None:
                raise Damaged(f"the schema uses {keyword}, which this reader does not know")
            if not check(wanted, value, where, schema):
                raise Damaged(f"schema: {keyword} at {where or '/'}")

    def _type(self, wanted, value, where, schema):
        return TYPES[wanted](value)

    def _const(self, wanted, value, where, schema):
        return same(wanted, value)

    def _enum(self, wanted, value, where, schema):
        return any(same(one, value) for one in wanted)

    def _pattern(self, wanted, value, where, schema):
        return not isinstance(value, str) or re.search(wanted.replace("$", r"\Z"), value) is not None

    def _minLength(self, wanted, value, where, schema):
        return not isinstance(value, str) or len(value) >= wanted

    def _minimum(self, wanted, value, where, schema):
        return not TYPES["integer"](value) or value >= wanted

    def _maximum(self, wanted, value, where, schema):
        return not TYPES["integer"](value) or value <= wanted

    def _minItems(self, wanted, value, where, schema):
        return not isinstance(value, list) or len(value) >= wanted

    def _maxItems(self, wanted, value, where, schema):
        return not isinstance(value, list) or len(value) <= wanted

    def _uniqueItems(self, wanted, value, where, schema):
        return not isinstance(value, list) or len({json.dumps(one, sort_keys=True) for one in value}) == len(value)

    def _required(self, wanted, value, where, schema):
        return not isinstance(value, dict) or set(wanted) <= set(value)

    def _properties(self, wanted, value, where, schema):
        for name in set(wanted) & set(value if isinstance(value, dict) else ()):
            self._check(wanted[name], value[name], f"{where}/{name}")
        return True

    def _additionalProperties(self, wanted, value, where, schema):
        for name in set(value if isinstance(value, dict) else ()) - set(schema.get("properties", ())):
            if wanted is False:
                return False
            self._check(wanted, value[name], f"{where}/{name}")
        return True

    def _propertyNames(self, wanted, value, where, schema):
        return not isinstance(value, dict) or all(self._fits(wanted, name) for name in value)

    def _prefixItems(self, wanted, value, where, schema):
        for position, (one, item) in enumerate(zip(wanted, value if isinstance(value, list) else ())):
            self._check(one, item, f"{where}/{position}")
        return True

    def _items(self, wanted, value, where, schema):
        start = len(schema.get("prefixItems", ()))
        rest = value[start:] if isinstance(value, list) else []
        if wanted is False:
            return not rest
        for position, item in enumerate(rest):
            self._check(wanted, item, f"{where}/{start + position}")
        return True

    def _oneOf(self, wanted, value, where, schema):
        return sum(self._fits(one, value) for one in wanted) == 1

    def _anyOf(self, wanted, value, where, schema):
        return any(self._fits(one, value) for one in wanted)

    def _not(self, wanted, value, where, schema):
        return not self._fits(wanted, value)
