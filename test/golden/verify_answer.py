#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks an answer that proves itself (doc/proofs.md), with nothing but Python's
standard library and no network. Shares no code with the node.

usage: verify_answer.py FILE [KEY]
KEY is the text of the key to trust, or a file that holds it. Prints what the answer
says; exits 1 and says why when anything about it does not hold."""
import base64
import datetime
import hashlib
import json
import pathlib
import sys

FORMAT, FORMAT_PART = "jizhu-answer-1", "jizhu-answer-2"
STATES = ["active", "draft", "retired", "deleted"]
VERBS = ["create", "replace", "merge", "unmerge", "remove", "add", "modify", "home", "unhome",
         "state", "restore"]
ROLES = ["public", "viewer", "operator", "engineer", "admin"]
PUT, REMOVE, PART, END = 2, 3, 10, 11


class Bad(Exception):
    pass


def demand(truth, what):
    if not truth:
        raise Bad(what)


def unbase64(text):
    """The bytes, in the one spelling they have: bits behind the last byte are zero."""
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, "base 64 in another spelling")
    return data


# Ed25519, RFC 8032 section 5.1, checking only.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    demand(y < P, "a point out of range")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    demand((x * x - square) % P == 0 and not (x == 0 and sign), "not a point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(key, message, signature):
    point, r = decompress(key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    a, b = times(s, BASE), add(r, times(h, point))
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


# The entry, as the journal keeps a change.

class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        demand(n <= len(self.data), "the entry ends too early")
        head, self.data = self.data[:n], self.data[n:]
        return head

    def u8(self):
        return self.take(1)[0]

    def u32(self):
        return int.from_bytes(self.take(4), "big")

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


def text(fields, key, data):
    try:
        fields[key] = data.decode()
    except UnicodeDecodeError:
        fields[key + "_base64"] = base64.b64encode(data).decode()


def time_text(ns):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ns // 1000000)
    return at.isoformat(timespec="milliseconds") + "Z"


def read_values(count, data):
    r, values = Reader(data), []
    for _ in range(count):
        fields = {"index": r.u32()}
        r.take(4 + 1 + 4 + 1)  # time, kind of life, life, permissions
        kind, content = r.take(r.u32()), r.take(r.u32())
        for _ in range(r.u32()):
            r.take(r.u32() + 4)
        text(fields, "type", kind)
        text(fields, "data", content)
        values.append(fields)
    demand(not r.data, "bytes behind the values")
    return values


def read_entry(data):
    r = Reader(data)
    demand(r.u8() == 1, "an entry of another format")
    verb, role, state = r.u8(), r.u8(), r.u8()
    subject = r.string()
    r.varint()
    time = r.zigzag()
    r.varint()
    r.varint()
    name, count = r.string(), r.varint()
    values = r.string()
    demand(not r.data and role < len(ROLES) and state < len(STATES), "not an entry")
    return say(name, state, verb, time, subject, role, read_values(count, values))


def say(name, state, verb, time, subject, role, values):
    record = {}
    text(record, "name", name)
    record["state"] = STATES[state]
    record["verb"] = VERBS[verb] if verb < len(VERBS) else ""
    record["time"] = time_text(time)
    text(record, "subject", subject)
    record["role"] = ROLES[role]
    record["values"] = values
    return record


def read_part(data):
    """The head and the one change of a part, as the small tree has them; what they say;
    and which part of which bulk it is."""
    r = Reader(data)
    demand(r.u8() == 2, "a part of another format")
    whole = r.data
    head = Reader(r.string())
    change = Reader(r.string())
    demand(not r.data, "more than one change")
    role, bulk, number = head.u8(), head.take(8), head.varint()
    subject = head.string()
    head.varint()
    time = head.zigzag()
    head.take(32)
    verb, state = change.u8(), change.u8()
    change.varint()
    change.varint()
    name, count = change.string(), change.varint()
    values = change.string()
    demand(not head.data and not change.data and role < len(ROLES) and state < len(STATES),
           "not a part")
    record = say(name, state, verb, time, subject, role, read_values(count, values))
    return whole, record, bulk, number


def read_end(data):
    """Which bulk it ends, and how many parts that has."""
    r = Reader(data)
    demand(r.u8() in (1, 2), "an end of another format")
    r.u8()
    bulk = r.take(8)
    r.varint()
    return bulk, r.varint()


def varint(value):
    data = b""
    while value > 127:
        data, value = data + bytes([value & 127 | 128]), value >> 7
    return data + bytes([value])


# The tree, RFC 9162 section 2.1.3.2.

def root_of(entry, index, size, path):
    demand(index < size, "the index is beyond the tree")
    node = hashlib.sha256(b"\0" + entry).digest()
    first, last = index, size - 1
    for step in path:
        demand(last > 0, "the path is too long")
        if first & 1 or first == last:
            node = hashlib.sha256(b"\1" + step + node).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + step).digest()
        first, last = first >> 1, last >> 1
    demand(last == 0, "the path is too short")
    return node


def grew(old_size, old_root, new_size, new_root, path):
    """Whether the tree only grew from one to the other (section 2.1.4.2)."""
    if old_size == new_size or old_size == 0:
        return not path and (old_size == 0 or old_root == new_root)
    steps = ([old_root] if not old_size & (old_size - 1) else []) + list(path)
    if old_size > new_size or not steps:
        return False
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old = hashlib.sha256(b"\1" + step + old).digest()
            new = hashlib.sha256(b"\1" + step + new).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new = hashlib.sha256(b"\1" + new + step).digest()
        first, last = first >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


# The head, a signed note.

def read_key(key):
    origin, key_id, rest = key.split("+", 2)
    typed = unbase64(rest)
    demand(len(typed) == 33 and typed[0] == 1, "not an Ed25519 key")
    digest = hashlib.sha256(origin.encode() + b"\n" + typed).digest()
    demand(digest[:4].hex() == key_id, "the key's id is not its own")
    return origin, digest[:4], typed[1:]


def read_head(note, key):
    origin, key_id, raw = read_key(key)
    signed, signature = note.split("\n\n")
    signed += "\n"
    lines = signed.split("\n")
    demand(len(lines) == 5 and lines[0] == origin and lines[3].startswith("time "), "not a head")
    mark = "\u2014 " + origin + " "
    demand(signature.startswith(mark) and signature.endswith("\n"), "not a signature line")
    blob = unbase64(signature[len(mark):-1])
    demand(len(blob) == 68 and blob[:4] == key_id, "signed with another key")
    demand(signed_by(raw, signed.encode(), blob[4:]), "the signature does not hold")
    root = unbase64(lines[2])
    return {"origin": origin, "size": int(lines[1]), "root": root, "time": lines[3][5:]}


# The pack.

def steps_of(path):
    demand(len(path) % 32 == 0, "not a path")
    return [path[i:i + 32] for i in range(0, len(path), 32)]


def spelled(data):
    return base64.b64encode(data).decode()


class Part:
    """What a pack of a change of a part says beside the rest."""

    def __init__(self, pack, entry):
        self.whole, self.record, self.bulk, self.number = read_part(entry)
        self.count, self.place, self.branch = pack["count"], pack["place"], unbase64(pack["branch"])
        end = pack["end"]
        self.seq, self.index = end["seq"], end["index"]
        self.end, self.path = unbase64(end["entry"]), unbase64(end["path"])

    def fields(self):
        end = {"seq": self.seq, "index": self.index, "entry": spelled(self.end),
               "path": spelled(self.path)}
        return {"count": self.count, "place": self.place, "branch": spelled(self.branch), "end": end}

    def leaf(self):
        """What the leaf has in place of the bytes of the whole part."""
        root = root_of(self.whole, self.place, self.count, steps_of(self.branch))
        return b"\2" + varint(self.count) + root

    def check_end(self, seq, index, head):
        bulk, parts = read_end(self.end)
        demand(bulk == self.bulk and self.number < parts and self.seq > seq and self.index > index,
               "not the end of this part")
        leaf = self.seq.to_bytes(8, "little") + bytes([END]) + self.end
        demand(root_of(leaf, self.index, head["size"], steps_of(self.path)) == head["root"],
               "the end of the part is not in the signed tree")


def quote(value):
    """JSON as the node writes it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def render(value):
    if isinstance(value, dict):
        return "{" + ",".join(quote(k) + ":" + render(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(render, value)) + "]"
    return quote(value)


def check(data, trusted=None):
    """What the pack says, or Bad."""
    try:
        pack = json.loads(data.decode())
        entry = unbase64(pack["entry"])
        path = unbase64(pack["path"])
        part = Part(pack, entry) if pack["type"] == PART else None
        record = part.record if part else read_entry(entry)
        own = {"format": FORMAT_PART if part else FORMAT}
        if "record" in pack:
            own["record"] = record
        own.update(seq=pack["seq"], type=pack["type"], index=pack["index"],
                   entry=spelled(entry), path=spelled(path))
        own.update(part.fields() if part else {})
        own.update(head=pack["head"], key=pack["key"])
        demand(data in (render(own).encode(), render(own).encode() + b"\n"), "not in its own form")
        demand(trusted is None or trusted == pack["key"], "made with another key")
        demand(part or pack["type"] in (PUT, REMOVE), "not a change")
        head = read_head(pack["head"], pack["key"])
        leaf = pack["seq"].to_bytes(8, "little") + bytes([pack["type"]])
        leaf += part.leaf() if part else entry
        demand(root_of(leaf, pack["index"], head["size"], steps_of(path)) == head["root"],
               "the change is not in the signed tree")
        if part:
            part.check_end(pack["seq"], pack["index"], head)
        return {"record": record, "seq": pack["seq"], "head": head, "key": pack["key"]}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Bad(f"not a pack: {error}") from error


def main(path, key=None):
    if key and pathlib.Path(key).exists():
        key = pathlib.Path(key).read_text()
    try:
        seen = check(pathlib.Path(path).read_bytes(), key and key.strip())
    except Bad as bad:
        sys.exit(f"{path}: {bad}")
    record, head = seen["record"], seen["head"]
    print(f"{record.get('name')} is {record['state']}: change {seen['seq']} of {record['time']} "
          f"by {record.get('subject')}")
    print(f"in the register of {head['origin']}, {head['size']} changes, signed {head['time']}")
    if not key:
        print("key (the file's own; compare it):", seen["key"])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
