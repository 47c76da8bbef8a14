#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks evidence of a sample or an aggregate (doc/evidence.md) without network, and reads the
samples in it by itself. Shares no code with the node. Needs Python's standard library and, for
texts that are compressed, the command zstd.

usage: verify_evidence.py FILE [KEY]
KEY is the text of the key to trust, or a file that holds it. Prints what the evidence says as
JSON; exits 1 and says why when anything about it does not hold."""
import hashlib
import json
import math
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from verify_answer import (Bad, Reader, demand, read_head, read_key, root_of,  # noqa: E402
                           signed_by, steps_of, unbase64)

FORMAT = "jizhu-evidence-1"
HISTORY = 16  # the type of the record that is the entry
KINDS = ["seal", "merge", "retire", "salvage"]
NONE, BOOL, I64, U64, F64, TEXT, F32, ENUM = range(8)
QUALITIES = ["good", "overridden", "out_of_range", "stale", "no_connection", "timeout",
             "device_error", "bad_data", "config_error", "no_data"]
BAD_FROM, UNCERTAIN_FROM = 4, 2
SOURCE, MARK, NODE, VALUE = range(4)
WORD = 1 << 64
S = 10**9


def signed(word):
    return word - WORD if word >> 63 else word


def u64(data):
    return int.from_bytes(data, "little")


def double_of(word):
    return struct.unpack("<d", struct.pack("<Q", word))[0]


def word_of(number):
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def rounded(number):
    """To the nearest float32, as a double."""
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)


# Columns: src/codec/column/column.md.

def stream(r, n, width):
    bits, mask = int.from_bytes(r.take((n * width + 7) // 8), "little"), (1 << width) - 1
    return [bits >> i * width & mask for i in range(n)]


def small(r, n, width):
    demand(width <= 64, "a width")
    if n < 128:
        return stream(r, n, width)
    layers = (n + 15) // 16
    whole, end = layers * width // 64, (layers * width % 64 + 7) // 8
    lanes = [0] * 16
    for at in range(whole):
        for lane in range(16):
            lanes[lane] |= u64(r.take(8)) << at * 64
    for lane in range(16):
        lanes[lane] |= u64(r.take(end)) << whole * 64
    mask = (1 << width) - 1
    return [lanes[i % 16] >> i // 16 * width & mask for i in range(n)]


def places(r, n):
    count = r.varint()
    demand(count <= n, "too many places")
    at = stream(r, count, 10)
    demand(all(a < b for a, b in zip(at, at[1:])) and (not at or at[-1] < n), "places out of order")
    return at


def slots_of(levels):
    weight = [(2 + l % 2) * 2 ** (l // 2) if l else 0 for l in levels]
    demand(any(weight), "no symbol weighs anything")
    left = 256 - sum(w > 0 for w in weight)
    total = sum(weight)
    slots = [1 + w * left // total if w else 0 for w in weight]
    slots[slots.index(max(slots))] += 256 - sum(slots)
    return slots


def coded(r, n, width):
    head = r.u8()
    k, count = (head >> 5) + 1, (head & 31) + 1
    demand(k <= min(5, width) and count <= 2 ** k, "a table of symbols")
    slots = slots_of(stream(r, count, 4))
    states = stream(r, 4, 24)
    below = [sum(slots[:i]) for i in range(count)]
    symbol_of = [s for s in range(count) for _ in range(slots[s])]
    upper = []
    for i in range(n):
        x, t = states[i % 4] >> 8, states[i % 4] & 255
        s = symbol_of[t]
        upper.append(s)
        x = slots[s] * x + t - below[s]
        states[i % 4] = x if x >= 256 else x << 16 | u64(r.take(2))
    demand(states == [256] * 4, "states are left")
    return [u << width - k | rest for u, rest in zip(upper, small(r, n, width - k))]


def whole(r, n):
    """Whole numbers, as words."""
    shape = r.u8()
    has_outliers, is_coded, shape = shape & 0x80, shape & 0x40, shape & 0x3F
    if shape == 5:
        return [u64(r.take(8)) for _ in range(n)]
    demand(shape < 5, "a shape")
    width, base = r.u8(), r.zigzag()
    if shape == 4:
        ends = places(r, n)
        demand(ends and ends[-1] == n - 1, "steps without an end")
        values = stream(r, len(ends), width)
        out = []
        for end, value in zip(ends, values):
            out += [(base + value) % WORD] * (end + 1 - len(out))
        return out
    first = r.zigzag() if shape >= 2 else 0
    slope = r.zigzag() if shape in (1, 3) else 0
    s = coded(r, n, width) if is_coded else small(r, n, width)
    if has_outliers:
        at = places(r, n)
        for i, x in zip(at, stream(r, len(at), r.u8())):
            s[i] = (1 << width) + x // 2 if x % 2 == 0 else -1 - (x - 1) // 2
    if shape == 0:
        return [(base + x) % WORD for x in s]
    if shape == 1:
        return [(base + x + i * slope) % WORD for i, x in enumerate(s)]
    out, step = [first], slope
    if shape == 2:
        for x in s[1:]:
            out.append(out[-1] + base + x)
        return [x % WORD for x in out]
    if n > 1:
        out.append(first + slope)
    for x in s[2:]:
        step += base + x
        out.append(out[-1] + step)
    return [x % WORD for x in out]


def times(r, n):
    head = r.u8()
    demand(head & 0x7F <= 18, "a power of ten")
    unit10 = 10 ** (head & 0x7F)
    first, unit = r.zigzag() * unit10, r.zigzag() * unit10
    numbers = range(n) if head & 0x80 else whole(r, n)
    return [(first + x * unit) % WORD for x in numbers]


def split(r, n):
    c, count = r.u8(), r.u8()
    demand(1 <= c <= 16 and 1 <= count <= 8, "a dictionary")
    words = [u64(r.take(2)) for _ in range(count)]
    rest = small(r, n, 64 - c)
    which = small(r, n, (count - 1).bit_length())
    demand(all(w < count for w in which), "a word that is none")
    front = [words[w] for w in which]
    at = places(r, n)
    for i, x in zip(at, stream(r, len(at), c)):
        front[i] = x
    return [f << 64 - c | x for f, x in zip(front, rest)]


def reals(r, n):
    form = r.u8()
    is_single, is_near, form = form & 0x80, form & 0x40, form & 0x3F
    if form == 5:
        return split(r, n)
    if form == 0:
        return whole(r, n)
    demand(form < 5, "a form of doubles")
    if form == 1:
        e, f = r.u8(), r.u8()
        make = lambda w: w * float(f"1e{f}") * float(f"1e-{e}")  # noqa: E731
    elif form == 2:
        p = float(f"1e{r.u8()}")
        make = lambda w: w / p  # noqa: E731
    elif form == 3:
        scale, offset = double_of(u64(r.take(8))), double_of(u64(r.take(8)))
        make = lambda w: w * scale + offset  # noqa: E731
    else:
        make = None
    at = places(r, n)
    listed = [u64(r.take(8)) for _ in at]
    numbers = [signed(w) for w in whole(r, n)]
    if make:
        out = [make(float(w)) for w in numbers]
        out = [word_of(rounded(x) if is_single else x) for x in out]
    else:
        bits = [w if w >= 0 else (-w - 1) | 1 << 31 for w in numbers]
        out = [word_of(struct.unpack("<f", struct.pack("<I", b % (1 << 32)))[0]) for b in bits]
    if is_near:
        out = [(x + y * (1 << 29 if is_single else 1)) % WORD for x, y in zip(out, whole(r, n))]
    for i, word in zip(at, listed):
        out[i] = word
    return out


TIME, INT, UINT, REAL, SINGLE, BYTE, WORDS = range(7)
BODIES = {TIME: times, INT: whole, UINT: whole, REAL: reals, SINGLE: reals, BYTE: whole,
          WORDS: whole}


def column(r, n, kinds):
    """The kind of a column, and its words."""
    head = r.u8()
    demand(head >> 4 == 1, "a column of another version")
    kind, body = head & 7, Reader(r.string())
    demand(kind in kinds, "a column of another kind")
    words = [u64(body.take(8)) for _ in range(n)] if head & 8 else BODIES[kind](body, n)
    demand(not body.data, "bytes behind a column")
    return kind, words


# Blocks: src/historian/block.h.

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def crc_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    return table


CRC = crc_table()


def open_part(data):
    demand(len(data) >= 4 and crc32c(data[:-4]) == u64(data[-4:]), "a checksum")
    return Reader(data[:-4])


def rising(r, count):
    """src/codec/column/rising.h."""
    k, out, at, bits, left = r.u8(), [], -1, 0, 0
    demand(k < 64, "a width of what rises")

    def bit():
        nonlocal bits, left
        if not left:
            bits, left = r.u8(), 8
        low, bits, left = bits & 1, bits >> 1, left - 1
        return low
    for _ in range(count):
        x = 0
        while bit():
            x += 1
        x <<= k
        for i in range(k):
            x |= bit() << i
        at += x + 1
        out.append(at)
    return out


def read_marks(r, n):
    if r.data[0] != 1:
        return column(r, n, [BYTE])[1]
    r.u8()
    late = set(rising(r, r.varint()))
    demand(all(i < n for i in late), "a late row that is none")
    return [m | (i in late) for i, m in enumerate(column(r, n, [BYTE])[1])]


def node_times(r, n, source, marks):
    form = r.u8()
    if form == 0:
        return column(r, n, [TIME])[1]
    if form == 1:
        return [(s + d) % WORD for s, d in zip(source, column(r, n, [INT])[1])]
    demand(form in (2, 3), "a form of node times")
    late = [m & 1 for m in marks]
    others = column(r, n - sum(late), [TIME])[1]
    count = r.varint()
    if form == 2:
        known = column(r, count, [TIME])[1]
    else:
        first, unit = others[0] + r.zigzag(), 10 ** r.u8()
        known = [t % WORD for t in [first] + [first + (u + 1) * unit for u in rising(r, count - 1)]]
    others = iter(others)
    which = iter(column(r, sum(late), [UINT])[1])
    return [known[next(which)] if l else next(others) for l in late]


def unpacked(data):
    return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout


def dictionary(r):
    if r.u8() == 1:
        size = r.varint()
        r = Reader(unpacked(r.take(len(r.data))))
        demand(len(r.data) == size, "a dictionary of another length")
    texts = [r.string() for _ in range(r.varint())]
    demand(not r.data, "bytes behind the dictionary")
    return texts


def value_of(kind, type_, word, texts):
    if type_ == NONE:
        return None
    if type_ == BOOL:
        return bool(word)
    if type_ == I64:
        return signed(word)
    if type_ == F64 or (type_ == F32 and kind == SINGLE):
        return double_of(word)
    if type_ == F32:
        return struct.unpack("<f", struct.pack("<I", word))[0]
    return texts[word] if type_ == TEXT else word


def read_rows(parts, n):
    source = column_of(parts[SOURCE], n)
    r = open_part(parts[MARK])
    marks, types = read_marks(r, n), column(r, n, [BYTE])[1]
    demand(not r.data and max(marks) < 2 * len(QUALITIES) and max(types) <= ENUM, "marks")
    r = open_part(parts[NODE])
    node = [signed(t) for t in node_times(r, n, source, marks)]
    demand(not r.data, "bytes behind the node times")
    r = open_part(parts[VALUE])
    kind, words = column(r, n, [INT, UINT, REAL, SINGLE])
    texts = dictionary(r) if TEXT in types else []
    demand(not r.data, "bytes behind the values")
    source = [signed(t) for t in source]
    demand(all(a <= b for a, b in zip(source, source[1:])), "rows out of order")
    return [{"source_ns": s, "node_ns": t, "type": y, "quality": m // 2, "late": m & 1,
             "value": value_of(kind, y, w, texts)}
            for s, t, y, m, w in zip(source, node, types, marks, words)]


def column_of(part, n):
    r = open_part(part)
    words = column(r, n, [TIME])[1]
    demand(not r.data, "bytes behind the times")
    return words


# Aggregates: src/historian/digest.h, src/model/summary.h.

def number(r):
    k = r.u8()
    if k < 10:
        return r.zigzag() / float(f"1e{k}")
    demand(k in (10, 11), "a number")
    return struct.unpack("<f", r.take(4))[0] if k == 10 else struct.unpack("<d", r.take(8))[0]


def bits(r, type_):
    return number(r) if type_ == F64 else r.varint()


def end(r):
    type_, quality = r.u8(), r.u8()
    return {"type": type_, "quality": quality, "bits": bits(r, type_)}


def as_number(e):
    if e["type"] == F64:
        return e["bits"]
    if e["type"] == F32:
        return struct.unpack("<f", struct.pack("<I", e["bits"]))[0]
    return float(signed(e["bits"]) if e["type"] == I64 else e["bits"])


def decimals(r, count):
    """Short decimals: whole numbers of one power of ten (src/historian/decimals.h)."""
    k = r.u8()
    demand(k < 10, "a number of decimals")
    power = float(f"1e{k}")
    first = r.zigzag()
    last, least, most = (first + r.zigzag() for _ in range(3))
    total, rise = count * first + r.zigzag(), r.zigzag()
    if r.varint() == 1:
        r.take(8)
    ends = [{"type": F64, "quality": 0, "bits": digits / power} for digits in (first, last)]
    return ends, {"min": least / power, "max": most / power, "sum": total / power,
                  "increase": rise / power}


def plain_summary(r, s, flags, type_):
    s["late"] = r.varint() if flags & 8 else 0
    s["usable"] = s["count"]
    if flags & 32:
        demand(type_ == F64, "decimals of another type")
        s["ends"], numbers = decimals(r, s["count"])
        s.update(numbers)
    else:
        s["ends"] = [{"type": type_, "quality": 0, "bits": bits(r, type_)} for _ in range(2)]
    s["usable_ends"] = s["ends"]


def odd_summary(r, s):
    s["usable"], s["uncertain"], s["bad"], s["late"] = (r.varint() for _ in range(4))
    r.u8()
    s["ends"] = [end(r), end(r)]
    s["usable_ends"] = []
    for _ in range(2 if s["usable"] else 0):
        r.varint()
        s["usable_ends"].append(end(r))
    for _ in range(3):
        r.varint()


def read_summary(r, count, first_ns, last_ns):
    flags, type_, e = r.u8(), r.u8(), r.u8()
    demand(e <= 16 and flags < 64, "a summary")
    unit, s = 10 ** e, {"count": count, "span": (first_ns, last_ns)}
    if flags & 1:
        plain_summary(r, s, flags, type_)
    else:
        odd_summary(r, s)
    if s["usable"]:
        if not flags & 32:
            s["min"], s["max"], s["sum"], _ = (number(r) for _ in range(4))
        s["min_ns"], s["max_ns"] = (first_ns + r.varint() * unit for _ in range(2))
        r.varint()
        r.varint()
    if not flags & 4:
        r.varint()
    gap = r.varint() * unit
    s["transitions"], s["resets"] = r.varint(), r.varint()
    if not flags & 32:
        s["increase"] = number(r)
    if flags & 2:
        seconds, (a, b) = gap / S, map(as_number, s["ends"])
        s["area_stepped"] = seconds * (s["sum"] - b)
        s["area_sloped"] = s["area_stepped"] + seconds * (b - a) / 2
    else:
        s["area_stepped"], s["area_sloped"] = number(r), number(r)
    if flags & 16:
        s["bound"] = number(r)
        demand(s["bound"] > 0 and math.isfinite(s["bound"]), "a bound")
    return s


def end_usable(e):
    if e["type"] in (NONE, TEXT) or e["quality"] >= BAD_FROM or math.isnan(as_number(e)):
        return None
    return as_number(e)


def joined(a, b):
    """Of two runs of which the second begins where the first ends."""
    s = {key: a[key] + b[key] for key in ("count", "usable", "late", "transitions", "resets",
                                          "increase", "area_stepped", "area_sloped")}
    s["span"] = a["span"][0], b["span"][1]
    s["ends"] = [a["ends"][0], b["ends"][1]]
    held, next_ = end_usable(a["ends"][1]), end_usable(b["ends"][0])
    seconds = (b["span"][0] - a["span"][1]) / S
    if held is not None and seconds:
        s["area_stepped"] += held * seconds
        s["area_sloped"] += 0 if next_ is None else (held + next_) / 2 * seconds
    s["usable_ends"] = (a["usable_ends"] or b["usable_ends"])[:1] + (
        b["usable_ends"] or a["usable_ends"])[1:]
    if a["usable"] and b["usable"]:
        x, y = as_number(a["usable_ends"][1]), as_number(b["usable_ends"][0])
        s["transitions"] += x != y
        s["resets"] += y < x
        s["increase"] += y - x if y >= x else y
        s["sum"] = a["sum"] + b["sum"]
        s["min"], s["min_ns"] = min((a["min"], a["min_ns"]), (b["min"], b["min_ns"]))
        s["max"] = max(a["max"], b["max"])
        s["max_ns"] = (a if a["max"] >= b["max"] else b)["max_ns"]
    elif a["usable"] or b["usable"]:
        one = a if a["usable"] else b
        s.update({key: one[key] for key in ("sum", "min", "min_ns", "max", "max_ns")})
    return s


def read_hours(r, rows, first_ns, last_ns):
    """A block that reaches over hours of the clock has the summary of each (page.h)."""
    hours, unit, at = r.u8(), 10 ** r.u8(), first_ns
    demand(2 <= hours <= 4, "hours of a block")
    places = []
    for _ in range(hours - 1):
        count, until = r.varint(), at + r.varint() * unit
        places.append((count, at, until))
        at = until + r.varint() * unit
        rows -= count
    places.append((rows, at, last_ns))
    whole = None
    for place in places:
        one = read_summary(r, *place)
        whole = joined(whole, one) if whole else one
    return whole


def usable(row):
    v = row["value"]
    if v is None or isinstance(v, bytes) or row["quality"] >= BAD_FROM:
        return None
    return None if isinstance(v, float) and math.isnan(v) else float(v)


def sum_up(rows):
    """The same from the rows, by the definitions alone."""
    numbers = [(row, usable(row)) for row in rows]
    good = [(row, x) for row, x in numbers if x is not None]
    s = {"count": len(rows), "usable": len(good), "late": sum(row["late"] for row in rows)}
    if good:
        s["min"], s["max"] = min(x for _, x in good), max(x for _, x in good)
        s["min_ns"] = next(row["source_ns"] for row, x in good if x == s["min"])
        s["max_ns"] = next(row["source_ns"] for row, x in good if x == s["max"])
        s["sum"] = fsum(x for _, x in good)
    s["transitions"] = sum(a != b for (_, a), (_, b) in zip(good, good[1:]))
    s["resets"] = sum(b < a for (_, a), (_, b) in zip(good, good[1:]))
    s["increase"] = fsum(b - a if b >= a else b for (_, a), (_, b) in zip(good, good[1:]))
    spans = [(a, b, (q["source_ns"] - p["source_ns"]) / S)
             for (p, a), (q, b) in zip(numbers, numbers[1:]) if a is not None]
    s["area_stepped"] = fsum(a * t for a, _, t in spans if t)
    s["area_sloped"] = fsum((a + b) / 2 * t for a, b, t in spans if t and b is not None)
    return s


def fsum(values):
    values = list(values)
    return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)


def near(a, b, scale):
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-9 * max(scale, abs(a))


def compare(said, own, rows):
    numbers = [abs(x) for x in map(usable, rows) if x is not None and math.isfinite(x)]
    span = (rows[-1]["source_ns"] - rows[0]["source_ns"]) / S
    scale = {"sum": sum(numbers), "increase": sum(numbers),
             "area_stepped": max(numbers, default=0) * span,
             "area_sloped": max(numbers, default=0) * span}
    for key, value in own.items():
        if key in scale:
            demand(near(said[key], value, scale[key]), f"{key} is {value}, not {said[key]}")
        else:
            demand(said[key] == value, f"{key} is {value}, not {said[key]}")


# The trees: src/historian/root.h, src/historian/chain.h.

def sha(data):
    return hashlib.sha256(data).digest()


def read_block(data):
    r = Reader(data)
    block = {"point": u64(r.take(4))}
    flags = r.u8()
    demand(flags <= 4 and flags != 2, "flags of a block")
    block["rows"] = r.varint()
    block["first_ns"] = r.zigzag()
    block["last_ns"] = block["first_ns"] + r.varint()
    block["node_max_ns"] = block["last_ns"] + r.zigzag()
    block["hashes"] = [r.take(32) for _ in range(4)]
    block["summary"] = None
    left_out = r.varint() if flags & 2 else 0
    if flags & 1:
        block["summary"] = read_summary(r, block["rows"] + left_out, block["first_ns"],
                                        block["last_ns"])
    if flags & 4:
        block["summary"] = read_hours(r, block["rows"], block["first_ns"], block["last_ns"])
    demand(not r.data, "bytes behind a block")
    return block


def read_leaf(data):
    r = Reader(data)
    leaf = {"point": u64(r.take(4)), "blocks": u64(r.take(8)), "rows": u64(r.take(8)),
            "first_ns": signed(u64(r.take(8))), "last_ns": signed(u64(r.take(8))),
            "root": r.take(32)}
    demand(not r.data, "bytes behind a point")
    return leaf


def read_entry(data):
    r = Reader(data)
    demand(r.u8() == 1, "an entry of another format")
    kind = r.u8()
    demand(kind < len(KINDS), "a kind of entry")
    entry = {"change": KINDS[kind], "generation": r.varint(), "utc_ns": r.zigzag(),
             "before": r.take(32)}
    if r.varint():
        r.take(32)
    drops, adds = r.varint(), r.varint()
    entry["drops"] = [(r.varint(), r.take(32)) for _ in range(drops)]
    entry["adds"] = {}
    for _ in range(adds):
        id_ = r.varint()
        r.take(2)
        r.zigzag()
        r.zigzag()
        entry["adds"][id_] = {"rows": r.varint(), "points": r.varint(), "first_ns": r.zigzag(),
                              "last_ns": r.zigzag(), "root": r.take(32)}
    demand(not r.data, "bytes behind an entry")
    return entry


# The file.

def cut_signature(data):
    """What is signed, and the signature, which stands last in one form."""
    data = data[:-1] if data.endswith(b"\n") else data
    head, end_, size = b',"signature":"', b'"}', 88
    tail = len(head) + size + len(end_)
    demand(data.endswith(end_) and data[-tail:].startswith(head), "no signature at its end")
    return data[:-tail], unbase64(data[-len(end_) - size:-len(end_)].decode())


def unique(pairs):
    demand(len({k for k, _ in pairs}) == len(pairs), "a member twice")
    return dict(pairs)


def proven_block(file, head):
    """From the signed head down to the block."""
    entry_bytes = unbase64(file["entry"])
    leaf = file["seq"].to_bytes(8, "little") + bytes([HISTORY]) + entry_bytes
    demand(root_of(leaf, file["index"], head["size"], steps_of(unbase64(file["path"])))
           == head["root"], "the entry is not in the signed tree")
    entry = read_entry(entry_bytes)
    demand(file["segment"] in entry["adds"], "the entry does not bring the segment")
    segment = entry["adds"][file["segment"]]
    leaf_bytes = unbase64(file["leaf"])
    demand(root_of(leaf_bytes, file["leaf_index"], segment["points"],
                   steps_of(unbase64(file["leaf_path"]))) == segment["root"],
           "the point is not in the segment")
    point, block_bytes = read_leaf(leaf_bytes), unbase64(file["block"])
    demand(root_of(block_bytes, file["block_index"], point["blocks"],
                   steps_of(unbase64(file["block_path"]))) == point["root"],
           "the block is not the point's")
    block = read_block(block_bytes)
    demand(block["point"] == point["point"] == file["id"], "another point")
    return entry, block


def proven_rows(file, block):
    parts = [unbase64(part) for part in file["parts"]]
    demand([sha(part) for part in parts] == block["hashes"], "parts of another block")
    rows = read_rows(parts, block["rows"])
    demand((rows[0]["source_ns"], rows[-1]["source_ns"]) == (block["first_ns"], block["last_ns"])
           and max(row["node_ns"] for row in rows) == block["node_max_ns"], "times of another block")
    if block["summary"] and "bound" not in block["summary"]:
        compare(block["summary"], sum_up(rows), rows)
    return rows


def sample_of(file, rows):
    at, asked = file["row"], file["asked_ns"]
    demand(rows[at]["source_ns"] <= asked
           and (at + 1 == len(rows) or rows[at + 1]["source_ns"] > asked),
           "not the newest sample of its block at the time")
    row = rows[at]
    value = row["value"].decode() if isinstance(row["value"], bytes) else row["value"]
    return {"source_ns": row["source_ns"], "node_ns": row["node_ns"], "value": value,
            "quality": QUALITIES[row["quality"]]}


def aggregate_of(block):
    demand(block["summary"] is not None, "a block without an aggregate")
    s = {"first_ns": block["first_ns"], "last_ns": block["last_ns"]}
    keys = ["count", "usable", "min", "max", "sum", "area_stepped", "area_sloped"]
    s.update({key: block["summary"][key] for key in keys if key in block["summary"]})
    if "bound" in block["summary"]:
        s.update(kept=block["rows"], bound=block["summary"]["bound"])
    return s


def check(data, trusted=None):
    """What the evidence says, or Bad."""
    try:
        signed_bytes, signature = cut_signature(data)
        file = json.loads(data.decode(), object_pairs_hook=unique)
        demand(file["format"] == FORMAT, "evidence of another format")
        demand(trusted is None or trusted == file["key"], "made with another key")
        _, _, raw = read_key(file["key"])
        demand(len(signature) == 64 and signed_by(raw, signed_bytes, signature),
               "the signature does not hold")
        head = read_head(file["head"], file["key"])
        entry, block = proven_block(file, head)
        demand(file["kind"] in ("sample", "aggregate"), "evidence of something else")
        is_sample = file["kind"] == "sample"
        rows = proven_rows(file, block) if is_sample or "parts" in file else None
        said = {"kind": file["kind"], "point": file["point"], "id": file["id"]}
        said.update(sample_of(file, rows) if is_sample else aggregate_of(block))
        said.update(edits=len(file["edits"]), others=file["others"], segment=file["segment"],
                    generation=entry["generation"], change=entry["change"], seq=file["seq"],
                    origin=head["origin"], signed=head["time"], withheld=rows is None,
                    trusted=trusted is not None)
        return said
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError,
            StopIteration, struct.error, subprocess.CalledProcessError) as error:
        raise Bad(f"not evidence: {error!r}") from error


def main(path, key=None):
    if key and pathlib.Path(key).exists():
        key = pathlib.Path(key).read_text()
    try:
        said = check(pathlib.Path(path).read_bytes(), key and key.strip())
    except Bad as bad:
        sys.exit(f"{path}: {bad}")
    print(json.dumps(said, ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
