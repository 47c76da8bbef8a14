# SPDX-License-Identifier: Apache-2.0
"""Reads what the tree journal keeps, by the documented forms alone (src/codec/uplink/uplink.md,
src/model/received.h, src/uplink/outbox.h). Bytes that are not as written there are Bad."""
import collections
import hashlib
import struct

RELEASE, RECEIVED, EVENT = 18, 19, 1
STREAMS = ("events", "handling", "health", "indicators", "counters", "identifiers", "assets",
           "devices")
SIGNATURE = 64

Batch = collections.namedtuple("Batch", "stream node epoch first count before withheld items hash "
                                        "signature")


class Bad(Exception):
    pass


class Bytes:
    """A place in a text of bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        part = self.data[self.at:self.at + count]
        if len(part) != count:
            raise Bad(f"ends at {len(self.data)}, within {count} bytes at {self.at}")
        self.at += count
        return part

    def u8(self):
        return self.take(1)[0]

    def u64(self):
        return struct.unpack("<Q", self.take(8))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def string(self):
        return self.take(self.varint())

    def rest(self):
        return self.data[self.at:]


def batch(data):
    src = Bytes(data[:-SIGNATURE])
    if src.u8() != 1:
        raise Bad("another version")
    stream, node, epoch = STREAMS[src.u8()], src.string(), src.u64()
    first, count, least, most = src.varint(), src.varint(), src.zigzag(), src.zigzag()
    before = src.take(32)
    withheld = [(src.u8(), src.varint()) for _ in range(src.u8())]
    items, time = [], least
    for _ in range(count):
        time += src.zigzag()
        items.append((time, src.string()))
    if src.rest():
        raise Bad(f"{len(src.rest())} bytes behind the last item")
    if (least, most) != (min(t for t, _ in items), max(t for t, _ in items)):
        raise Bad("times of the items are not those of the envelope")
    digest = hashlib.sha256(b"\x00" + src.data).digest()
    return Batch(stream, node, epoch, first, count, before, withheld, items, digest,
                 data[-SIGNATURE:])


def received(payload):
    """(child, time, bytes of the batch)"""
    src = Bytes(payload)
    if src.u8() != 1:
        raise Bad("another version")
    return src.string(), src.zigzag(), src.rest()


def release(payload):
    """(parent, source mark, bytes of the batch)"""
    src = Bytes(payload)
    if src.u8() != 1:
        raise Bad("another version")
    return src.string(), src.string(), src.rest()
