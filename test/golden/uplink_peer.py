#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes frames, batches and parcels of the uplink from its description (uplink.md), sharing
no code with the node, and has the node's own reader and writer (uplink_echo) read each and
write it again: the bytes must be the same, and what was read must be what was meant. TAP.

usage: uplink_peer.py ECHO        random things of a fixed seed, through ECHO
       uplink_peer.py --golden    the bytes of the frames that frame_test.c has
       uplink_peer.py --corpus D  files for the fuzz target into the folder D"""
import hashlib
import pathlib
import random
import struct
import subprocess
import sys

ROUNDS = 400
KINDS = ("enrol", "enrolled", "hello", "welcome", "batch", "receipt", "refusal", "down", "up",
         "beat", "parcel", "end")
HASH = b"\xaa\xbb" + bytes(29) + b"\xcc"


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def zigzag(number):
    wrapped = (number + (1 << 63)) % (1 << 64) - (1 << 63)
    return varint(wrapped * 2 if wrapped >= 0 else -wrapped * 2 - 1)


def counted(data):
    data = data.encode() if isinstance(data, str) else data
    return varint(len(data)) + data


def u32(number):
    return struct.pack("<I", number)


def u64(number):
    return struct.pack("<Q", number)


def frame(kind, *fields):
    body = bytes([KINDS.index(kind) + 1]) + b"".join(fields)
    return u32(len(body)) + body


def rows(items):
    return bytes([len(items)]) + b"".join(items)


def held(stream, epoch, sequence, digest):
    return bytes([stream]) + u64(epoch) + varint(sequence) + digest


def enrol(code, request, node, labels):
    return frame("enrol", counted(code), counted(request), counted(node),
                 rows([counted(name) + counted(value) for name, value in labels]))


def hello(node, time, flags, streams):
    return frame("hello", b"\x01", counted(node), zigzag(time), u32(flags),
                 rows([bytes([s]) + u64(epoch) + varint(last) for s, epoch, last in streams]))


def welcome(parent, time, flags, budget, streams):
    return frame("welcome", counted(parent), zigzag(time), u32(flags), varint(budget),
                 rows([held(*stream) for stream in streams]))


def batch_frame(flags, raw_length, data):
    return frame("batch", u32(flags), u32(raw_length), counted(data))


def refusal(reason, sequence, what):
    return frame("refusal", bytes([reason]), varint(sequence), held(*what))


def down(issuer, name, kind, version, body, signature):
    return frame("down", counted(issuer), counted(name), bytes([kind]), varint(version),
                 counted(body), signature)


def up(name, kind, part, is_last, body):
    return frame("up", counted(name), bytes([kind]), varint(part), bytes([is_last]), counted(body))


def beat(time, oldest, streams):
    return frame("beat", zigzag(time), zigzag(oldest),
                 rows([bytes([s]) + varint(items) + varint(size) for s, items, size in streams]))


def parcel_head(kind, node, peer, made, answers):
    return frame("parcel", bytes([kind]), counted(node), counted(peer), zigzag(made), answers)


def end(count, digest, signature):
    return frame("end", varint(count), digest, signature)


def batch(stream, node, epoch, first, before, withheld, items):
    """Envelope and items, and the hash of them."""
    times = [time for time, _ in items]
    out = b"\x01" + bytes([stream]) + counted(node) + u64(epoch) + varint(first)
    out += varint(len(items)) + zigzag(min(times)) + zigzag(max(times)) + before
    out += rows([bytes([kind]) + varint(count) for kind, count in withheld])
    last = min(times)
    for time, body in items:
        out += zigzag(time - last) + counted(body)
        last = time
    return out, hashlib.sha256(b"\x00" + out).digest()


def parcel(kind, node, peer, made, answers, frames):
    out = b"JZPARCEL\x01" + parcel_head(kind, node, peer, made, answers) + b"".join(frames)
    digest = hashlib.sha256(b"\x03" + out).digest()
    return out + end(len(frames), digest, bytes(range(64))), digest


GOLDEN = {
    "ENROL": enrol("code", "request", "99.1000.1", [("level", "enterprise"), ("region", "省")]),
    "ENROLLED": frame("enrolled", counted("chain")),
    "HELLO": hello("99.1000.1", -5, 1, [(0, 7, 300), (3, 8, 0)]),
    "WELCOME": welcome("99.1000", 1700000000000000000, 0, 65536, [(0, 7, 299, HASH)]),
    "BATCH": batch_frame(1, 1000, "packed"),
    "RECEIPT": frame("receipt", held(3, 8, 12, HASH)),
    "REFUSAL": refusal(1, 13, (3, 8, 12, HASH)),
    "DOWN": down("99.1", "cn.energy", 0, 3, "body", b"\x01" + bytes(62) + b"\x02"),
    "UP": up("question-1", 1, 2, True, "answer"),
    "BEAT": beat(9, 4, [(0, 10, 2000), (200, 1, 1)]),
    "PARCEL": parcel_head(1, "99.1000", "99.1000.1", 77, HASH),
    "END": end(2, HASH, b"\x03" + bytes(62) + b"\x04"),
}


class Dice:
    """Random fields, many of them at the ends of their ranges."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self, bits=64, least=0):
        r = self.random
        value = r.choice([0, 1, 127, 128, (1 << bits) - 1, r.getrandbits(bits),
                          r.getrandbits(bits) >> r.randrange(bits)])
        return max(value, least)

    def time(self):
        return self.random.choice([0, -(1 << 63), (1 << 63) - 1, 1700000000000000000,
                                   self.random.getrandbits(64) - (1 << 63)])

    def data(self, most=300):
        return self.random.randbytes(self.random.choice([0, 1, 127, 128, most]) % (most + 1))

    def text(self, most=128):
        letters = [self.random.choice("a9.-/省业") for _ in range(self.random.randint(1, 40))]
        return "".join(letters).encode()[:most].decode(errors="ignore")

    def streams(self, make, most=16):
        chosen = sorted(self.random.sample(range(256), self.random.randint(0, most)))
        return [(stream, *make()) for stream in chosen]

    def held(self, stream=None):
        stream = self.random.randrange(255) if stream is None else stream
        return (stream, self.number(), self.number(), self.random.randbytes(32))


def some_batch(dice):
    first = dice.number(60, 1)
    before = bytes(32) if first == 1 else dice.random.randbytes(31) + b"\x01"
    kinds = sorted(dice.random.sample(range(256), dice.random.randint(0, 16)))
    items = [(dice.time(), dice.data()) for _ in range(dice.random.choice([1, 2, 300]))]
    return batch(dice.random.randrange(8), dice.text(), dice.number(), first, before,
                 [(kind, dice.number(64, 1)) for kind in kinds], items)


def raw_batch(dice):
    data = some_batch(dice)[0] + dice.random.randbytes(64)
    return batch_frame(0, len(data), data)


def some_out(dice):
    """A frame that goes in a parcel to the parent."""
    if dice.random.random() < 0.7:
        return raw_batch(dice)
    return up(dice.text(), dice.random.randrange(256), dice.number(), dice.random.random() < 0.5,
              dice.data())


def some_return(dice):
    return dice.random.choice([
        lambda: frame("receipt", held(*dice.held())),
        lambda: refusal(dice.random.randrange(256), dice.number(), dice.held()),
        lambda: refusal(dice.random.randrange(256), 0, (255, 0, 0, bytes(32))),
        lambda: down(dice.text(), dice.text(), dice.random.randrange(256), dice.number(),
                     dice.data(), dice.random.randbytes(64))])()


def some_line(dice):
    """A frame that goes over a line alone."""
    r = dice.random
    return r.choice([
        lambda: enrol(dice.data(128), dice.data(8192), dice.text(),
                      [(dice.text(), dice.text()) for _ in range(r.randint(0, 8))]),
        lambda: frame("enrolled", counted(dice.data(65536))),
        lambda: hello(dice.text(), dice.time(), dice.number(32),
                      dice.streams(lambda: (dice.number(), dice.number()))),
        lambda: welcome(dice.text(), dice.time(), dice.number(32), dice.number(),
                        dice.streams(lambda: dice.held()[1:])),
        lambda: batch_frame(1, r.randint(0, (1 << 20) - 16), dice.data()),
        lambda: beat(dice.time(), dice.time(),
                     dice.streams(lambda: (dice.number(), dice.number())))])()


def some_parcel(dice):
    is_return = dice.random.random() < 0.5
    frames = [(some_return if is_return else some_out)(dice)
              for _ in range(dice.random.randint(0, 4))]
    return parcel(int(is_return), dice.text(), dice.text(), dice.time(),
                  dice.random.randbytes(32) if is_return else bytes(32), frames)


def cases():
    """(what, bytes, hash that the reader must find or b"")."""
    dice = Dice(5)
    for name, data in GOLDEN.items():
        yield "frame", data, b"", name
    for number in range(ROUNDS):
        make = dice.random.choice([some_line, some_return, some_out])
        yield "frame", make(dice), b"", f"frame {number}"
        data, digest = some_batch(dice)
        yield "batch", data + dice.random.randbytes(64), digest, f"batch {number}"
        data, digest = some_parcel(dice)
        yield "parcel", data, digest, f"parcel {number}"


def run(echo):
    every = list(cases())
    asked = "".join(f"{what} {data.hex()}\n" for what, data, _, _ in every)
    answers = subprocess.run([echo], input=asked, capture_output=True, text=True,
                             check=True).stdout.splitlines()
    bad = 0
    for (what, data, digest, name), answer in zip(every, answers):
        again, _, covered = answer.partition(" ")
        found = hashlib.sha256({"batch": b"\x00", "parcel": b"\x03"}.get(what, b"")
                               + bytes.fromhex(covered)).digest() if digest else b""
        if again != data.hex() or found != digest:
            bad += 1
            print(f"# {name}: wrote {data.hex()}\n# {name}: came back {answer}")
    whole = bad == 0 and len(answers) == len(every)
    print(f"{'ok' if whole else 'not ok'} 1 - {len(every)} frames, batches and parcels of the "
          f"peer come back as they were\n1..1")
    sys.exit(not whole)


def corpus(folder):
    dice = Dice(7)
    files = {f"frame_{name.lower()}": b"\x00" + data for name, data in GOLDEN.items()}
    files["frames"] = b"\x00" + b"".join(GOLDEN.values())
    files["frame_newer"] = b"\x00" + u32(3) + b"\x63ab" + GOLDEN["UP"]
    small = [(1700000000000000500, b"two"), (1700000000000000000, b"")]
    data, digest = batch(3, "99.1000.1", 7, 1, bytes(32), [(0, 5)], small)
    more, _ = batch(3, "99.1000.1", 7, 3, digest, [(0, 5), (200, 128)], [(-(1 << 63), b"x" * 200)])
    files["batch_first"] = b"\x01" + data + bytes(64)
    files["batch_next"] = b"\x01" + more + bytes(64)
    frames = [batch_frame(0, len(part) + 64, part + bytes(64)) for part in (data, more)]
    files["parcel_out"] = b"\x02" + parcel(0, "99.1000.1", "99.1000", 7, bytes(32), frames)[0]
    files["parcel_return"] = b"\x02" + parcel(1, "99.1000", "99.1000.1", 8, HASH,
                                              [GOLDEN["RECEIPT"], some_return(dice)])[0]
    for name, content in files.items():
        (pathlib.Path(folder) / name).write_bytes(content)


def main():
    if sys.argv[1] == "--golden":
        print("\n".join(f"{name} {data.hex()}" for name, data in GOLDEN.items()))
    elif sys.argv[1] == "--corpus":
        corpus(sys.argv[2])
    else:
        run(sys.argv[1])


if __name__ == "__main__":
    main()
