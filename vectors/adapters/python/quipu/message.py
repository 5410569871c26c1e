"""Chapter 7: sealing and opening one message."""

from .manifests import split_announcement
from .notation import BODY_MAX, BODY_MIN, TYPE_MESSAGE, Refused, first_four, number, packet_type, suite_of, u8, u32
from .primitives import drawn, expand, hmac_sha256, ignore, open_sealed, same, seal, sha256

OVERHEAD = 124
CONTENT_MAX = BODY_MAX - 5

TYPE_DATA, TYPE_RECEIPT, TYPE_CLOSE, TYPE_ANNOUNCEMENT = 0x01, 0x02, 0x03, 0x04


# 7.5 Padding


def padme(length):
    exponent = length.bit_length() - 1
    granularity = exponent.bit_length()  # floor(log2 E) + 1
    step = 1 << (exponent - granularity)
    return (length + step - 1) // step * step


def pad(length):
    return max(BODY_MIN, padme(length))


def _padded_lengths():
    lengths, length = [], BODY_MIN
    while length <= BODY_MAX:
        lengths.append(length)
        length = pad(length + 1)
    return frozenset(lengths)


PADDED_LENGTHS = _padded_lengths()
assert len(PADDED_LENGTHS) == 129


def is_message_length(length):
    return length - OVERHEAD in PADDED_LENGTHS  # MSG-09


def padded_body(content_type, content):
    if len(content) > CONTENT_MAX:  # MSG-01
        raise Refused("too_long")
    body = u8(content_type) + u32(len(content)) + content
    return body + bytes(pad(len(body)) - len(body))  # MSG-02


def unpadded(body):
    length = number(body[1:5])
    end = 5 + length
    if end > len(body) or pad(end) != len(body) or any(body[end:]):  # MSG-10
        raise Refused("padding")
    return body[0], body[5:end]


# 7.6 Content types


def is_for_applications(content_type):
    return content_type == TYPE_DATA or content_type >= 0x80


def require_content(content_type, content):
    if is_for_applications(content_type):
        return
    if content_type == TYPE_ANNOUNCEMENT:
        split_announcement(content)  # DEV-17
        return
    lengths = {TYPE_RECEIPT: 16, TYPE_CLOSE: 8}
    if lengths.get(content_type) != len(content):  # MSG-11
        raise Refused("content")


# 7.2 Keys of a message


def mac_key(suite, header_key):
    return expand(suite, header_key, b"mac", b"", 32)


def seal_message(suite, message_key, header_key, ad, dh, pn, n, content_type, content, draw, note=ignore):
    body = padded_body(content_type, content)
    salt = expand(suite, message_key, b"salt", drawn(draw, 16), 16)  # MSG-03
    note("salt", salt)
    header_keys = expand(suite, header_key, b"header", salt, 44)
    note("header_keys", header_keys)
    body_keys = expand(suite, message_key, b"body", salt, 44)
    note("body_keys", body_keys)
    packet = first_four(TYPE_MESSAGE, suite) + salt
    packet += seal(header_keys, b"header" + ad + packet, dh + u32(pn) + u32(n))
    packet += seal(body_keys, b"body" + ad + packet, body)
    mak = mac_key(suite, header_key)
    note("mak", mak)
    digest = sha256(packet)
    note("hash", digest)
    return packet + hmac_sha256(mak, ad + digest)


def require_layout(packet):
    packet_type(packet, {TYPE_MESSAGE})  # 7.4 step 1


def find_candidate(packet, digest, ad, header_keys, note=ignore):
    """The position of the header key under which the MAC verifies, or None (MSG-06, MSG-07)."""
    found = None
    for position, header_key in enumerate(header_keys):
        mak = mac_key(suite_of(packet), header_key)
        note("mak", mak)
        note("hash", digest)
        if same(packet[-32:], hmac_sha256(mak, ad + digest)):
            found = position
    return found


def mac_digest(packet):
    return sha256(packet[:-32])


def open_header(header_key, ad, packet):
    salt = packet[4:20]
    keys = expand(suite_of(packet), header_key, b"header", salt, 44)
    header = open_sealed(keys, b"header" + ad + packet[:20], packet[20:76])
    return header[:32], number(header[32:36]), number(header[36:40])


def open_body(message_key, ad, packet):
    """Type and content; the type is checked with the length that it demands."""
    salt = packet[4:20]
    keys = expand(suite_of(packet), message_key, b"body", salt, 44)
    body = open_sealed(keys, b"body" + ad + packet[:76], packet[76:-32])
    content_type, content = unpadded(body)
    require_content(content_type, content)
    return content_type, content


def open_message(message_key, header_key, ad, packet, note=ignore):
    """Opens a message whose keys are known, without ratchet (chapter 12, `message-open`)."""
    require_layout(packet)
    if find_candidate(packet, mac_digest(packet), ad, [header_key], note) is None:
        raise Refused("authentication")  # MSG-08
    return (*open_header(header_key, ad, packet), *open_body(message_key, ad, packet))
