#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies a journal folder by its documented format alone (src/journal/journal.md):
every checksum, link, hash, sequence and every byte that must be zero. Archived
segments are decompressed by the program `zstd`, because Python's standard library
cannot: it is independent of the node, and their container is plain Zstandard.

usage: journal_verify.py FOLDER NAME
Prints one line per segment; exits 1 and says where at the first wrong byte."""
import hashlib
import pathlib
import re
import struct
import subprocess
import sys

HEAD = struct.Struct("<8sIIQQ32sIQ16sI")
RECORD = struct.Struct("<IIQII")
SKIP = struct.Struct("<II")
ARCHIVE_HEAD = struct.Struct("<8sIIQ96sI")
ROW = struct.Struct("<QQQIIII32s")
SKIPPABLE = 0x184D2A50
ZERO_HASH = bytes(32)


def crc_table():
    rows = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        rows.append(value)
    return rows


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Damage(Exception):
    pass


def demand(truth, path, at, what):
    if not truth:
        raise Damage(f"{path.name}:{at}: {what}")


class Chain:
    """What the next record must continue."""

    def __init__(self):
        self.epoch, self.chained = None, False
        self.seq, self.link, self.hash = 1, 0, ZERO_HASH
        self.types = 0

    def enter(self, path, data):
        demand(len(data) >= HEAD.size, path, 0, "shorter than a head")
        (magic, version, flags, epoch, first, before, link, types, zeros,
         crc) = HEAD.unpack_from(data)
        demand(crc == crc32c(data[:HEAD.size - 4]), path, 0, "head checksum")
        demand(magic == b"JIZHUJNL" and version == 1 and flags < 2, path, 0, "head")
        demand(not any(zeros), path, 76, "bytes that must be zero")
        named = int(path.name.split(".")[0].rsplit("-", 1)[1], 16)
        demand(named == first, path, 24, "first sequence is not that of the name")
        if self.epoch is None:
            self.epoch, self.chained = epoch, bool(flags & 1)
            self.seq, self.link, self.hash, self.types = first, link, before, types
            if first == 1:
                demand(link == 0 and before == ZERO_HASH, path, 32, "something before record 1")
        same = (epoch, bool(flags & 1), first, link, before)
        mine = (self.epoch, self.chained, self.seq, self.link, self.hash)
        demand(same == mine, path, 0, f"does not continue record {self.seq - 1}")
        demand(types in (0, self.types), path, 68, "types of the segment before")
        self.types = 0

    def accept(self, path, data, at):
        """Checks the record at `at`; returns its length."""
        crc, link, seq, unsynced, kind = RECORD.unpack_from(data, at)
        length, kind = kind & 0xFFFFFF, kind >> 24
        body = at + RECORD.size + (32 if self.chained else 0)
        end = body + length + (-length % 8)
        what = f"record {self.seq}: "
        demand(kind > 0 and length <= 1 << 20 and end <= len(data), path, at, what + "shape")
        demand(crc == crc32c(struct.pack("<Q", self.epoch) + data[at + 4:end]), path, at,
               what + "checksum")
        demand(link == self.link, path, at + 4, what + "link")
        demand(seq == self.seq, path, at + 8, what + f"has sequence {seq}")
        demand(1 <= unsynced <= seq, path, at + 16, what + "unsynced count")
        demand(not any(data[body + length:end]), path, body + length, what + "padding")
        if self.chained:
            payload = data[body:body + length]
            digest = hashlib.sha256(self.hash + struct.pack("<QB", seq, kind) + payload).digest()
            demand(digest == data[at + RECORD.size:body], path, at + 24, what + "hash")
            self.hash = digest
        self.link, self.seq = crc, seq + 1
        self.types |= 1 << kind % 64
        return end - at


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def rebuild(chain, stripped, link, digest):
    """The plain records of one frame, with what was left out computed again."""
    out, at = [], 0
    seq = chain.seq
    while at < len(stripped):
        length, at = varint(stripped, at)
        kind, at = stripped[at], at + 1
        unsynced, at = varint(stripped, at)
        payload, at = stripped[at:at + length], at + length
        if chain.chained:
            digest = hashlib.sha256(digest + struct.pack("<QB", seq, kind) + payload).digest()
        rest = struct.pack("<IQII", link, seq, unsynced, length | kind << 24)
        rest += (digest if chain.chained else b"") + payload + bytes(-length % 8)
        link = crc32c(struct.pack("<Q", chain.epoch) + rest)
        out.append(struct.pack("<I", link) + rest)
        seq += 1
    return b"".join(out), seq, link, digest


def skippable(path, data, at, length):
    demand(SKIP.unpack_from(data, at) == (SKIPPABLE, length), path, at, "skippable frame")
    return at + SKIP.size


def unpack(path):
    """The plain segment that an archive stands for."""
    data = path.read_bytes()
    at = skippable(path, data, 0, ARCHIVE_HEAD.size)
    magic, version, count, index_at, head, crc = ARCHIVE_HEAD.unpack_from(data, at)
    demand(crc == crc32c(data[:at + ARCHIVE_HEAD.size - 4]), path, 0, "head checksum")
    demand(magic == b"JIZHUJNZ" and version == 1 and count > 0, path, at, "head")
    first = at + ARCHIVE_HEAD.size
    length = count * ROW.size + 4
    demand(index_at + SKIP.size + length == len(data), path, index_at, "index is not at the end")
    rows_at = skippable(path, data, index_at, length)
    demand(struct.unpack_from("<I", data, len(data) - 4)[0] == crc32c(data[index_at:-4]), path,
           index_at, "index checksum")
    rows = [ROW.unpack_from(data, rows_at + i * ROW.size) for i in range(count)]
    run = subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=False)
    demand(run.returncode == 0, path, first, run.stderr.decode(errors="replace").strip())
    chain, plain, stripped = Chain(), head, run.stdout
    _, _, flags, chain.epoch, chain.seq, digest, link, _, _, _ = HEAD.unpack(head)
    chain.chained = bool(flags & 1)
    for row in rows:
        plain_at, seq, stored_at, stored, length, crc, row_link, row_hash = row
        demand((plain_at, seq, row_link, row_hash) == (len(plain), chain.seq, link, digest), path,
               stored_at, f"frame does not continue record {chain.seq - 1}")
        demand(stored_at == first, path, stored_at, "frames are not one behind another")
        demand(length == 0 or crc == crc32c(data[first:first + stored]), path, first,
               "frame checksum")
        records, chain.seq, link, digest = rebuild(chain, stripped[:length], link, digest)
        plain, stripped, first = plain + records, stripped[length:], first + stored
    demand(not stripped and first == index_at, path, first, "more than the index tells")
    return plain


def verify_segment(chain, path):
    data = unpack(path) if path.suffix == ".zst" else path.read_bytes()
    chain.enter(path, data)
    first, at = chain.seq, HEAD.size
    while any(data[at:at + RECORD.size]):
        demand(at + RECORD.size <= len(data), path, at, "half a record")
        at += chain.accept(path, data, at)
    tail = data[at:]
    demand(not tail.strip(b"\0"), path, at, "bytes behind the last record")
    print(f"{path.name}: records {first} to {chain.seq - 1}")
    return chain.seq - first


def main(folder, name):
    shape = re.compile(re.escape(name) + r"-[0-9a-f]{16}\.log(\.zst)?")
    paths = sorted(p for p in pathlib.Path(folder).iterdir() if shape.fullmatch(p.name))
    # A stop while a segment was archived leaves both; the plain one counts.
    paths = [p for p in paths if p.suffix != ".zst" or not p.with_suffix("").exists()]
    if not paths:
        sys.exit(f"{folder}: no segment of {name}")
    chain = Chain()
    try:
        records = sum(verify_segment(chain, path) for path in paths)
    except Damage as damage:
        sys.exit(f"damaged: {damage}")
    print(f"{records} records good, epoch {chain.epoch:016x}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
