# SPDX-License-Identifier: Apache-2.0
"""Modbus TCP from its public text, for tests: one request of a client, and a server
whose answers a test makes up."""
import socket
import struct
import threading

READ_HOLDING, WRITE_MULTIPLE = 3, 16


def receive(stream, count):
    data = b""
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise ConnectionError("closed")
        data += more
    return data


def read_adu(stream):
    """(transaction, unit, pdu)."""
    transaction, protocol, length, unit = struct.unpack(">HHHB", receive(stream, 7))
    if protocol != 0 or not 2 <= length <= 254:
        raise ValueError("not Modbus TCP")
    return transaction, unit, receive(stream, length - 1)


def adu(transaction, unit, pdu):
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


def ask(address, pdu, source="127.0.0.1", unit=1):
    with socket.create_connection(address, 5, (source, 0)) as stream:
        stream.sendall(adu(7, unit, pdu))
        return read_adu(stream)[2]


def read_holding(address, first, count, **more):
    reply = ask(address, struct.pack(">BHH", READ_HOLDING, first, count), **more)
    if reply[0] != READ_HOLDING or reply[1] != 2 * count:
        raise ValueError(reply.hex())
    return reply[2:]


def write_holding(address, first, data, **more):
    head = struct.pack(">BHHB", WRITE_MULTIPLE, first, len(data) // 2, len(data))
    return ask(address, head + data, **more)


def swapped_float(data):
    """A float32 whose low register comes first."""
    return struct.unpack(">f", data[2:4] + data[0:2])[0]


def float_swapped(value):
    data = struct.pack(">f", value)
    return data[2:4] + data[0:2]


class Server:
    """`reply(transaction, unit, pdu)` gives the bytes to send, or None for silence."""

    def __init__(self, address, reply):
        self.reply = reply
        self.socket = socket.create_server(address)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                stream, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(stream,), daemon=True).start()

    def serve(self, stream):
        try:
            with stream:
                while True:
                    data = self.reply(*read_adu(stream))
                    if data is not None:
                        stream.sendall(data)
        except (OSError, ValueError):
            return

    def close(self):
        self.socket.close()
