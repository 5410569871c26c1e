"""Chapter 10: files under a passphrase, and what a backup or a move holds."""

from dataclasses import dataclass, field, replace
from typing import Optional

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from .contacts import Contacts
from .keys import CARD_LENGTH, Identity, verify_card
from .manifests import verify_manifest
from .notation import (
    ARGON2_LANES,
    ARGON2_MEMORY,
    ARGON2_PASSES,
    CARDS_KEPT,
    CLASSIC,
    DAY,
    HYBRID,
    ONE_TIME_PREKEYS,
    PREPARED_TOTAL,
    Refused,
    lp32,
    number,
    u8,
    u16,
    u32,
    u64,
)
from .prekeys import (
    LAST_RESORT_KEM,
    ONE_TIME_KEM,
    OPK,
    SPK,
    OwnPrekey,
    Prekeys,
    public_half,
    record_length,
    verify_record,
)
from .primitives import drawn, ed25519_public, expand, ignore, open_sealed, same, seal, sha256

MAGIC = b"QuipuSF1"
HEADER_LENGTH, COMMITMENT_LENGTH = 82, 32
BESIDES = HEADER_LENGTH + COMMITMENT_LENGTH + 16 + 32  # with the tag of the seal and the checksum
BACKUP, MOVE, STATE = 0x01, 0x02, 0x03


# 10.1 The file


def _require_parameters(memory, passes, lanes):
    if memory not in ARGON2_MEMORY or passes not in ARGON2_PASSES or lanes not in ARGON2_LANES:
        raise Refused("file_parameters")  # STORE-05, STORE-08


def master_key(passphrase, salt, memory, passes, lanes):
    kdf = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory)  # version 0x13
    try:
        return kdf.derive(passphrase)
    except MemoryError:
        raise Refused("file_parameters") from None  # STORE-05


def _file_keys(master, header):
    """The keys of the seal and the commitment."""
    okm = expand(CLASSIC, master, b"sealed file", sha256(header), 44 + COMMITMENT_LENGTH)
    return okm[:44], okm[44:]


def seal_file(passphrase, memory, passes, lanes, kind, created, plaintext, draw, note=ignore):
    if not passphrase:  # STORE-08
        raise Refused("passphrase")
    _require_parameters(memory, passes, lanes)
    salt, fresh = drawn(draw, 16), drawn(draw, 32)  # STORE-08, 10.2
    master = master_key(passphrase, salt, memory, passes, lanes)
    note("master", master)
    header = MAGIC + u8(1) + u8(kind) + u32(memory) + u32(passes) + u32(lanes)
    header += salt + fresh + u64(created) + u32(len(plaintext))
    file_seal, commitment = _file_keys(master, header)
    note("file_seal", file_seal)
    note("commitment", commitment)
    file = header + commitment + seal(file_seal, header, plaintext)
    return file + sha256(file)


def open_file(passphrase, kind, file):
    """The time of creation and the plaintext."""
    if not file.startswith(MAGIC):  # STORE-01
        raise Refused("file_kind")
    if len(file) > 8 and file[8] != 1:  # STORE-02
        raise Refused("file_version")
    if len(file) < HEADER_LENGTH:  # STORE-03
        raise Refused("file_truncated")
    header = file[:HEADER_LENGTH]
    length = BESIDES + number(header[78:82])
    if len(file) < length:
        raise Refused("file_truncated")
    if len(file) > length or sha256(file[:-32]) != file[-32:]:
        raise Refused("file_damaged")
    if header[9] != kind:  # STORE-04
        raise Refused("file_kind")
    memory, passes, lanes = (number(header[i : i + 4]) for i in (10, 14, 18))
    _require_parameters(memory, passes, lanes)  # STORE-05
    if not passphrase:
        raise Refused("passphrase")
    master = master_key(passphrase, header[22:38], memory, passes, lanes)
    file_seal, commitment = _file_keys(master, header)
    start = HEADER_LENGTH + COMMITMENT_LENGTH
    if not same(commitment, file[HEADER_LENGTH:start]):  # STORE-06
        raise Refused("passphrase")
    try:
        plaintext = open_sealed(file_seal, header, file[start:-32])
    except Refused:  # STORE-06
        raise Refused("passphrase") from None
    return number(header[70:78]), plaintext


# 10.3 Backup and move


@dataclass(frozen=True)
class Kept:
    """What a device takes with it (STORE-09)."""

    identity: Identity
    cards: tuple
    contacts: Contacts
    account: Optional[bytes] = None  # the seed of AK
    prekeys: Prekeys = field(default_factory=Prekeys)  # of a move file


def export(kept, kind):
    contacts = kept.contacts
    parts = [
        kept.identity.ik_seed + kept.identity.idk_private,
        kept.account or b"",
        b"".join(card.raw for card in kept.cards),
        b"".join(
            sorted(place[0][: 1 + place[0][0]] + place[1] + ik for place, ik in contacts.pins.items())
        ),
        b"".join(sorted(ik + u16(suite) for ik, suite in contacts.least.items())),
        b"".join(_secrets(contacts)),
        b"".join(lp32(one.raw) for one in sorted(contacts.manifests.values(), key=lambda one: one.address)),
        b"".join(sorted(contacts.ended)),
        _prekeys(kept.prekeys) if kind == MOVE else b"",
    ]
    return b"".join(map(lp32, parts))


def _secrets(contacts):
    bound = [contacts.psks[name] + u8(1) + ik for ik, name in contacts.expected.items()]
    unbound = set(contacts.psks) - set(contacts.expected.values())
    return sorted(bound + [contacts.psks[name] + bytes(33) for name in unbound])


# Type -> private half, most entries
PREKEY_LISTS = {
    SPK: (32, 2**16 - 1),
    LAST_RESORT_KEM: (64, 2**16 - 1),
    OPK: (32, ONE_TIME_PREKEYS),
    ONE_TIME_KEM: (64, ONE_TIME_PREKEYS),
}


def _prekeys(prekeys):
    data = b""
    for kind in PREKEY_LISTS:
        held = sorted(prekeys.of_type(kind), key=lambda one: one.age_key)
        data += u16(len(held))
        for one in held:
            data += one.record.raw + one.private
            if kind == SPK:
                entries = sorted(name + ik + u8(pinned) for name, (ik, pinned) in one.replay.items())
                data += u32(len(entries)) + b"".join(entries)
    return data


class Parts:
    """Takes a byte string apart; whatever does not fit is `file_damaged` (STORE-07)."""

    def __init__(self, data):
        self.rest = data

    def take(self, length):
        if len(self.rest) < length:
            raise Refused("file_damaged")
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def number(self, width):
        return number(self.take(width))

    def lp32(self):
        return self.take(self.number(4))

    def each(self, read):
        """What `read` finds until the end, ascending by the bytes of the entries."""
        found, before = [], None
        while self.rest:
            start = self.rest
            one = read(self)
            entry = start[: len(start) - len(self.rest)]
            _require(before is None or before < entry)
            found.append(one)
            before = entry
        return found

    def finish(self):
        _require(not self.rest)


def _require(condition):
    if not condition:
        raise Refused("file_damaged")


def import_file(passphrase, kind, file, now):
    created, plaintext = open_file(passphrase, kind, file)
    try:
        kept = _read(plaintext, kind)
    except Refused:  # STORE-10: whatever a card, record or manifest is refused as
        raise Refused("file_damaged") from None
    if kind == MOVE and abs(now - created) > DAY:  # STORE-12
        kept = replace(kept, prekeys=Prekeys())
    return kept


def _read(plaintext, kind):
    parts = Parts(plaintext)
    identity, account, cards, pins, suites, secrets, manifests, ended, prekeys = (parts.lp32() for _ in range(9))
    parts.finish()
    _require(len(identity) == 64 and len(account) in (0, 32))
    identity = Identity(identity[:32], identity[32:])
    cards = _read_cards(identity, cards)
    pins, least = Parts(pins).each(_read_pin), Parts(suites).each(_read_suite)
    ended = Parts(ended).each(lambda part: part.take(32))
    contacts = Contacts(pins=dict(pins), least=dict(least), ended=frozenset(ended))
    _require(len(contacts.pins) == len(pins) and len(contacts.least) == len(least))
    contacts = _with_secrets(contacts, Parts(secrets).each(_read_secret))
    contacts = _with_manifests(contacts, Parts(manifests))
    own = contacts.manifests.get(cards[-1].address_field)
    _require(not account or own is None or own.ak == ed25519_public(account))
    _require(kind == MOVE or not prekeys)
    held = _read_prekeys(identity, cards, Parts(prekeys)) if kind == MOVE else Prekeys()
    return Kept(identity, cards, contacts, account or None, held)


def _read_cards(identity, data):
    _require(0 < len(data) <= CARDS_KEPT * CARD_LENGTH and len(data) % CARD_LENGTH == 0)
    cards = tuple(verify_card(data[i : i + CARD_LENGTH]) for i in range(0, len(data), CARD_LENGTH))
    _require(all((card.ik, card.idk) == (identity.ik, identity.idk) for card in cards))
    return cards


def _read_pin(parts):
    length = parts.number(1)
    _require(1 <= length <= 64)
    address = u8(length) + parts.take(length) + bytes(64 - length)
    return (address, parts.take(4)), parts.take(32)


def _read_suite(parts):
    ik, suite = parts.take(32), parts.number(2)
    _require(suite == HYBRID)  # of 2.1 and greater than 1
    return ik, suite


def _read_secret(parts):
    psk, is_bound, ik = parts.take(32), parts.number(1), parts.take(32)
    _require(is_bound == 1 or (is_bound == 0 and ik == bytes(32)))
    return psk, ik if is_bound else None


def _with_secrets(contacts, secrets):
    bound = {psk for psk, ik in secrets if ik is not None}
    for psk, ik in secrets:
        _require(ik not in contacts.expected and (ik is not None or psk not in bound))
        contacts = contacts.with_psk(psk, ik)
    return contacts


def _with_manifests(contacts, parts):
    manifests, before = {}, b""
    while parts.rest:
        manifest = verify_manifest(parts.lp32())
        _require(before < manifest.address)
        manifests[manifest.address_field], before = manifest, manifest.address
    return replace(contacts, manifests=manifests)


def _read_prekeys(identity, cards, parts):
    held = {}
    for kind, (private_length, most) in PREKEY_LISTS.items():
        count, before = parts.number(2), (-1, 0)
        _require(count <= most)
        for _ in range(count):
            record = verify_record(parts.take(record_length(kind)), {kind}, identity.ik, cards[-1].device)
            private = parts.take(private_length)
            one = OwnPrekey(record, private, _read_replay(parts) if kind == SPK else {})
            _require(public_half(kind, private) == record.key and record.id not in held)
            _require(before < one.age_key)
            held[record.id], before = one, one.age_key
    parts.finish()
    return Prekeys(held)


def _read_replay(parts):
    replay, before, count = {}, b"", parts.number(4)
    _require(count <= PREPARED_TOTAL)
    for _ in range(count):
        name, ik, pinned = parts.take(32), parts.take(32), parts.number(1)
        _require(before < name and pinned in (0, 1))
        replay[name], before = (ik, bool(pinned)), name
    return replay
