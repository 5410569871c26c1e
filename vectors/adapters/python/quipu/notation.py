"""Chapter 1: notation, the first four bytes, refusals."""

PROTO = b"QuipuV1"
VERSION = 1
CLASSIC, HYBRID = 0x0001, 0x0002  # suites
DAY = 86_400_000

INITIATOR, RESPONDER = 0x01, 0x02

TYPE_INIT, TYPE_RESPONSE, TYPE_COMPLETE, TYPE_PREPARED, TYPE_MESSAGE = 0x01, 0x02, 0x03, 0x04, 0x10

# Lengths by suite (1.2), without the message behind Complete and PrekeyInit
INIT_LENGTH = {CLASSIC: 422, HYBRID: 1606}
RESPONSE_LENGTH = {CLASSIC: 268, HYBRID: 1356}
COMPLETE_LENGTH = 164
PREPARED_LENGTH = {CLASSIC: 478, HYBRID: 1570}

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
PREKEY_ROTATION = 604_800_000
PREKEY_LIFETIME = 2_592_000_000
PREKEY_RETENTION = 1_209_600_000
ONE_TIME_PREKEYS = 1_000
PREPARED_TOTAL = 65_536
PREPARED_PER_IDENTITY = 512
PREPARED_UNPINNED = 32_768
CHAIN_MAX = 10_000
SKIPPED_KEYS = 2_000
OLD_CHAINS = 5
DIGESTS = 1_000
BODY_MIN = 256
BODY_MAX = 65_536
SESSIONS_CONFIRMED = 4
SESSIONS_GIVEN_UP = 2
UNCONFIRMED_AGE = 300_000
UNCONFIRMED_AGE_PREPARED = 604_800_000
UNCONFIRMED_MESSAGES_PREPARED = 100
SUPERSEDED_AGE = 604_800_000
EXPORT_LABEL = 64
EXPORT_LENGTH = 8_160
MANIFEST_DEVICES = 64
FINGERPRINT_ITERATIONS = 5_200
ARGON2_MEMORY = range(19_456, 262_144 + 1)
ARGON2_PASSES = range(2, 16 + 1)
ARGON2_LANES = range(1, 16 + 1)


# Chapter 8.8, registry/errors.json
ERRORS = frozenset(
    "length version type suite encoding key authentication signature identity time replay busy "
    "unknown_handshake unknown_prekey unknown_session protocol too_far duplicate expired clone_suspected padding content "
    "after_close manifest_old manifest_fork manifest_gap closed too_long chain_limit no_session window cards export "
    "random psk prekeys devices rollback snapshot snapshot_version file_kind file_version file_truncated "
    "file_damaged file_parameters passphrase".split()
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


def first_four(packet_type, suite):
    return u8(VERSION) + u8(packet_type) + u16(suite)


def suite_of(packet):
    return number(packet[2:4])


def require_first_four(packet, expected):
    if len(packet) < 4:  # ENC-01
        raise Refused("length")
    if packet[0] != VERSION:  # ENC-02
        raise Refused("version")
    if packet[1] not in expected:  # ENC-03
        raise Refused("type")
    if suite_of(packet) not in (CLASSIC, HYBRID):  # ENC-04
        raise Refused("suite")


def packet_type(packet, expected):
    """The type of a packet whose first four bytes and length are right (ENC-01 to ENC-06)."""
    require_first_four(packet, expected)
    if not _length_fits(packet):  # ENC-05
        raise Refused("length")
    return packet[1]


def with_message(packet, length):
    """The two parts of a Complete or PrekeyInit packet, or None when `LP32` does not end it."""
    start = length + 4
    if len(packet) < start or number(packet[length:start]) != len(packet) - start:
        return None
    return packet[:length], packet[start:]


def _length_fits(packet):
    kind, suite = packet[1], suite_of(packet)
    if kind == TYPE_INIT:
        return len(packet) == INIT_LENGTH[suite]
    if kind == TYPE_RESPONSE:
        return len(packet) == RESPONSE_LENGTH[suite]
    if kind == TYPE_COMPLETE:
        return with_message(packet, COMPLETE_LENGTH) is not None
    if kind == TYPE_PREPARED:
        parts = with_message(packet, PREPARED_LENGTH[suite])
        return parts is not None and parts[1] != b""
    from .message import is_message_length

    return is_message_length(len(packet))  # MSG-09
