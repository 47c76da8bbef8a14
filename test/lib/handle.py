# SPDX-License-Identifier: Apache-2.0
"""A client of the Handle protocol (RFC 3652 as version 2.11 speaks it), written from
the standard's tables alone; shares nothing with the node."""
import random
import socket
import struct
from collections import namedtuple

ENVELOPE = struct.Struct(">BBBBIIII")
HEADER = struct.Struct(">IIIHBBII")
PACKET_BODY = 492
TRUNCATED = 0x20
RESOLVE, SITE_INFO = 1, 2
OK, NOT_FOUND, VALUES_NOT_FOUND = 1, 100, 200
# May be answered by a cache, may recurse, public values only.
USUAL_FLAGS = 0x19000000

Value = namedtuple("Value", "index type data ttl perms")
Reply = namedtuple("Reply", "code name values body request")


class Broken(Exception):
    """The bytes are not what the standard says."""


def text(data):
    return struct.pack(">I", len(data)) + data


def question(name, request=None, indexes=(), types=(), operation=RESOLVE):
    """A whole request: envelope and message."""
    request = random.getrandbits(31) if request is None else request
    body = text(name.encode())
    if operation == RESOLVE:
        body += struct.pack(f">I{len(indexes)}I", len(indexes), *indexes)
        body += struct.pack(">I", len(types)) + b"".join(text(t.encode()) for t in types)
    message = HEADER.pack(operation, 0, USUAL_FLAGS, 0xFFFF, 0, 0, 0, len(body)) + body
    message += struct.pack(">I", 0)
    return ENVELOPE.pack(2, 11, 2, 11, 0, request, 0, len(message)) + message


def packets(whole):
    """The datagrams of a request: slices of 492 bytes, each with the envelope."""
    message = whole[ENVELOPE.size:]
    if len(message) <= PACKET_BODY:
        return [whole]
    fields = list(ENVELOPE.unpack(whole[:ENVELOPE.size]))
    fields[2] |= TRUNCATED
    result = []
    for number, at in enumerate(range(0, len(message), PACKET_BODY)):
        fields[6] = number
        result.append(ENVELOPE.pack(*fields) + message[at:at + PACKET_BODY])
    return result


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Broken(f"{count} bytes wanted at {self.at} of {len(self.data)}")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, form=">I"):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self):
        return self.take(self.number())

    def value(self):
        index, _ = self.number(), self.number()
        self.number(">B")
        ttl, perms = self.number(), self.number(">B")
        kind, data = self.text().decode(), self.text()
        for _ in range(self.number()):
            self.text()
            self.number()
        return Value(index, kind, data, ttl, perms)


def answer(message, request):
    """A reply from header, body and credential."""
    c = Cursor(message)
    operation, code, _, _, _, _, _, length = HEADER.unpack(c.take(HEADER.size))
    body = c.take(length)
    name, values = None, []
    if code == OK and operation == RESOLVE:
        b = Cursor(body)
        name = b.text().decode()
        values = [b.value() for _ in range(b.number())]
        if b.at != len(body):
            raise Broken("bytes behind the last value")
    return Reply(code, name, values, body, request)


def receive(stream, count):
    data = b""
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise Broken("closed before the reply was whole")
        data += more
    return data


def read_reply(stream):
    """The next reply on a TCP stream."""
    fields = ENVELOPE.unpack(receive(stream, ENVELOPE.size))
    return answer(receive(stream, fields[7]), fields[5])


def connect(address, seconds=10):
    return socket.create_connection(address, seconds)


def by_tcp(address, name, **more):
    with connect(address) as stream:
        stream.sendall(question(name, **more))
        return read_reply(stream)


def by_udp(address, name, seconds=5, **more):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(seconds)
        s.connect(address)
        whole = question(name, **more)
        for packet in packets(whole):
            s.send(packet)
        slices, length = {}, None
        while length is None or sum(map(len, slices.values())) < length:
            data = s.recv(65535)
            if len(data) > 512:
                raise Broken(f"a packet of {len(data)} bytes")
            fields = ENVELOPE.unpack(data[:ENVELOPE.size])
            slices[fields[6]], length = data[ENVELOPE.size:], fields[7]
        return answer(b"".join(slices[n] for n in sorted(slices)), fields[5])
