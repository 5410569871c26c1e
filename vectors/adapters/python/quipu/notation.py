"""Chapter 1: notation, the first four bytes, refusals."""

PROTO = b"QuipuV1"
VERSION = 1
SUITE = 0x0001
DAY = 86_400_000

INITIATOR, RESPONDER = 0x01, 0x02

TYPE_INIT, TYPE_RESPONSE, TYPE_COMPLETE, TYPE_MESSAGE = 0x01, 0x02, 0x03, 0x10

INIT_LENGTH = 422
RESPONSE_LENGTH = 268
COMPLETE_LENGTH = 164

# Chapter 8.9, registry/limits.json (SESSION-30)
INIT_WINDOW = 300_000
HALF_OPEN_LIFETIME = 60_000
HALF_OPEN_PER_IDENTITY = 32
HALF_OPEN_TOTAL = 256
HALF_OPEN_UNPINNED = 128
REPLAY_PER_IDENTITY = 64
REPLAY_TOTAL = 65_536
REPLAY_UNPINNED = 32_768
CARDS_KEPT = 4
COMPLETE_REPEATS = (2_000, 6_000, 18_000)
RECEIPT_INTERVAL = 1_000
COMPLETE_ANSWERS = 16
CHAIN_MAX = 10_000
SKIPPED_KEYS = 2_000
OLD_CHAINS = 5
DIGESTS = 1_000
BODY_MIN = 256
BODY_MAX = 65_536
SESSIONS_CONFIRMED = 4
SESSIONS_GIVEN_UP = 2
UNCONFIRMED_AGE = 300_000
SUPERSEDED_AGE = 604_800_000
EXPORT_LABEL = 64
EXPORT_LENGTH = 8_160


# Chapter 8.8, registry/errors.json
ERRORS = frozenset(
    "length version type suite encoding key authentication signature identity time replay busy "
    "unknown_handshake unknown_session protocol too_far duplicate expired clone_suspected padding content "
    "after_close closed too_long chain_limit no_session window cards export random rollback snapshot snapshot_version".split()
)


class Refused(Exception):
    """One error of registry/errors.json."""

    def __init__(self, name):
        assert name in ERRORS
        super().__init__(name)
        self.name = name


def u8(value):
    return value.to_bytes(1, "big")


def u16(value):
    return value.to_bytes(2, "big")


def u32(value):
    return value.to_bytes(4, "big")


def u64(value):
    return value.to_bytes(8, "big")


def number(data):
    return int.from_bytes(data, "big")


def lp32(data):
    return u32(len(data)) + data


def first_four(packet_type):
    return u8(VERSION) + u8(packet_type) + u16(SUITE)


def packet_type(packet, expected):
    """The type of a packet whose first four bytes and length are right (ENC-01 to ENC-06)."""
    if len(packet) < 4:  # ENC-01
        raise Refused("length")
    if packet[0] != VERSION:  # ENC-02
        raise Refused("version")
    if packet[1] not in expected:  # ENC-03
        raise Refused("type")
    if number(packet[2:4]) != SUITE:  # ENC-04
        raise Refused("suite")
    if not _length_fits(packet):  # ENC-05
        raise Refused("length")
    return packet[1]


def _length_fits(packet):
    kind = packet[1]
    if kind == TYPE_INIT:
        return len(packet) == INIT_LENGTH
    if kind == TYPE_RESPONSE:
        return len(packet) == RESPONSE_LENGTH
    if kind == TYPE_COMPLETE:
        behind = COMPLETE_LENGTH + 4
        return len(packet) >= behind and number(packet[COMPLETE_LENGTH:behind]) == len(packet) - behind
    from .message import is_message_length

    return is_message_length(len(packet))  # MSG-09
