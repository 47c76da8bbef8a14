# SPDX-License-Identifier: Apache-2.0
"""What a node has let go, holds and knows, out of its journal `tree`, by the documented forms
alone (uplink.py and src/model/*.h), sharing no code with the node.

Story: Journal(data) follows a journal that its node may be writing; released() and
received() are the batches in it, and check that each stream is a chain without gaps."""
import collections
import struct

import journal
import uplink
from tap import demand, equal

FIGURE = 17                                   # type of records beside those of uplink.py
POINT_OUT_OF_LIMITS, RECORD_CREATED = 12, 19  # messages
CORE = 0                                      # class of what is withheld
CHUNK = 2 << 20                               # above the longest record

Batch = collections.namedtuple("Batch", "peer stream node epoch first before withheld items hash")
Figure = collections.namedtuple("Figure", "node definition scope start length entity origin "
                                          "expected reporting revision value parts")
Event = collections.namedtuple("Event", "node sequence message severity words")


class Journal:
    """The records of a journal, as far as they are whole; a writer may be at it."""

    def __init__(self, data, name="tree"):
        self.data, self.name, self.rows = data, name, []
        self.verifier = journal.verifier()
        self.chain, self.path, self.at = self.verifier.Chain(), None, 0

    def read(self):
        """All (sequence, type, payload) so far."""
        for path in journal.segments(self.data, self.name):
            if self.path is None or path > self.path:
                self.enter(path)
            if path == self.path:
                self.follow()
        return self.rows

    def enter(self, path):
        with open(path, "rb") as file:
            self.chain.enter(path, file.read(self.verifier.HEAD.size))
        self.path, self.at = path, self.verifier.HEAD.size

    def follow(self):
        with open(self.path, "rb") as file:
            while True:
                file.seek(self.at)
                data = file.read(CHUNK)
                taken = self.follow_chunk(data)
                if not taken:
                    return
                self.at += taken

    def follow_chunk(self, data):
        """Takes what is whole; returns its length."""
        at, head = 0, self.verifier.RECORD
        while any(data[at:at + head.size]):
            sequence, kind = self.chain.seq, data[at + head.size - 1]
            length = int.from_bytes(data[at + head.size - 4:at + head.size - 1], "little")
            try:
                size = self.chain.accept(self.path, data, at)
            except self.verifier.Damage:
                return at  # it is being written; journal.verify judges what a node left
            body = at + head.size + (32 if self.chain.chained else 0)
            self.rows.append((sequence, kind, data[body:body + length]))
            at += size
        return at

    def of(self, kind):
        return [payload for _, found, payload in self.read() if found == kind]


def batch_of(peer, data):
    found = uplink.batch(data)
    return Batch(peer.decode(), found.stream, found.node.decode(), found.epoch, found.first,
                 found.before, dict(found.withheld), found.items, found.hash)


def check_chains(batches):
    """Of each peer and stream: sequences from 1 without gaps, each batch behind the one before."""
    last = {}
    for b in batches:
        key = b.peer, b.stream
        epoch, following, digest = last.get(key, (b.epoch, 1, bytes(32)))
        equal((b.epoch, b.first, b.before.hex()), (epoch, following, digest.hex()),
              f"what stream {key} goes on with")
        last[key] = b.epoch, b.first + len(b.items), b.hash
    return batches


def released(tree):
    """The batches that a node has let go, by the parent they are for."""
    rows = [uplink.release(payload) for payload in tree.of(uplink.RELEASE)]
    return check_chains([batch_of(parent, data) for parent, _, data in rows])


def received(tree):
    """The batches that a node holds, by the child they came from."""
    rows = [uplink.received(payload) for payload in tree.of(uplink.RECEIVED)]
    batches = check_chains([batch_of(child, data) for child, _, data in rows])
    for b in batches:
        equal(b.node, b.peer, "who made the batch")
    return batches


def items(batches, stream, peer):
    return [item for b in batches if (b.stream, b.peer) == (stream, peer) for item in b.items]


def text(r):
    return r.string().decode()


def f64(r):
    return struct.unpack("<d", r.take(8))[0]


def event_of(body):
    """What a parent is told of an event; `words` are the bytes behind its severity."""
    r = uplink.Bytes(body)
    node, sequence = text(r), r.varint()
    equal(r.u8(), 1, "version of an event")
    return Event(node, sequence, struct.unpack("<H", r.take(2))[0], r.u8(), r.rest())


def part_of(r):
    kind, is_there = r.u8(), r.u8()
    if not is_there:
        return None
    return f64(r) if kind == 0 else r.string()


def figure_of(data, node=None):
    """A record FIGURE; as an item the node that issued it stands before it."""
    r = uplink.Bytes(data)
    node = text(r) if node is None else node
    equal(r.u8(), 1, "version of a figure")
    origin, definition, version, scope = r.u8(), text(r), r.varint(), text(r)
    start, length, entity = r.zigzag(), r.varint(), text(r)
    expected, reporting, _ = r.varint(), r.varint(), r.varint()
    _, revision, _, _ = f64(r), r.varint(), r.zigzag(), text(r)
    value = f64(r) if r.u8() else text(r)
    parts = [part_of(r) for _ in range(r.u8())]
    return Figure(node, f"{definition}/{version}", scope, start, length, entity,
                  ("measured", "declared", "rolled")[origin], expected, reporting, revision,
                  value, parts)


def figures(tree, node):
    return [figure_of(payload, node) for payload in tree.of(FIGURE)]
