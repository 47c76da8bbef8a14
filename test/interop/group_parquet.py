# SPDX-License-Identifier: Apache-2.0
"""History written as Parquet and read back by pyarrow and DuckDB, unmodified: what they find is
what the node was given and what its API says, bit by bit."""
import json
import os
import pathlib
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import BUILD, Node, command, folder  # noqa: E402
from tap import Skip, case, demand, equal  # noqa: E402

PEER = HERE / "peer_parquet.py"
HTTP, T, MANY = 8087, 1700000000_123456789, 150_000
CONFIG = f"""node: {{name: works, prefix: 99.100.1}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
devices: []
"""
BITS = [0, 1 << 63, 1, 0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000, 0xFFF0000000000000,
        0x7FF8000000000000, 0x7FF0000000000002, 0xFFF8DEADBEEF0001, 0x3FB999999999999A]
# Signalling NaNs become quiet on the way through the peers' own floats.
BITS32 = [0, 1 << 31, 1, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00123, 0x3DCCCCCD]
QUALITIES = ["good", "overridden", "out_of_range", "stale", "no_connection", "timeout",
             "device_error", "bad_data", "config_error", "no_data"]
state = {}


def works(program):
    run = subprocess.run([program, PEER, "version"], capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else None


def interpreter():
    """One that has both: this one, or the virtual environment beside the build."""
    made = BUILD / "parquet-venv" / "bin" / "python"
    return next((p for p in (sys.executable, made) if os.path.exists(p) and works(p)), None)


def peer(*words):
    if not state["program"]:
        raise Skip("pyarrow and duckdb cannot be had here")
    run = subprocess.run([state["program"], PEER, *map(str, words)], capture_output=True,
                         text=True, timeout=120, check=False)
    equal(run.returncode, 0, run.stderr)
    return [json.loads(line) for line in run.stdout.splitlines()]


def sheet(name, kind, times, words, qualities=None):
    """One column as src/codec/sheet/sheet.h has it."""
    text = name.encode()
    demand(len(text) < 128, "a length of one byte")
    count = len(times)
    word = "I" if kind in (6, 7) else "Q"
    return (b"JZSH\x01" + struct.pack("<HI", 1, count) + bytes([len(text)]) + text
            + bytes([kind, 1 if qualities else 0]) + struct.pack(f"<{count}q", *times)
            + struct.pack(f"<{count}{word}", *words) + bytes(qualities or []))


def post(path, kind, body):
    status, answer = state["node"].api.call("POST", path, body, {"Content-Type": kind})
    equal(status, 204, answer)


def write():
    """Gives the node its samples; what a reader must find of each point."""
    doubles = [T + i for i in range(len(BITS))]
    wholes = [2**53, 2**53 + 1, -5, -2**63]
    post("/api/v1/samples", "application/vnd.jizhu.samples",
         sheet('炉温{line="一"}', 4, doubles, BITS, range(len(BITS)))
         + sheet("count", 2, [T + i for i in range(4)], [w % 2**64 for w in wholes])
         + sheet("door", 1, [T - 1, T], [1, 0])
         + sheet("narrow", 6, [T + i for i in range(len(BITS32))], BITS32)
         + sheet("phase", 7, [T, T + 1], [0, 2**32 - 1])
         + sheet("many", 4, range(T, T + MANY), range(MANY)))
    post("/write?precision=ns", "text/plain",
         f'状态 v="停机, ""x""" {T}\n状态 v="" {T + 1}\n'.replace('""x""', r'\"x\"').encode())
    bits = struct.Struct("<d").pack
    wide = [struct.unpack("<Q", bits(struct.unpack("<f", struct.pack("<I", b))[0]))[0]
            for b in BITS32]
    number = {w: struct.unpack("<Q", bits(float(w)))[0] for w in (*wholes, 1, 0, 2**32 - 1)}
    return {
        '炉温{line="一"}': [(t, b, None, q) for t, b, q in zip(doubles, BITS, QUALITIES)],
        "narrow": [(T + i, w, None, "good", b, None)
                   for i, (w, b) in enumerate(zip(wide, BITS32))],
        "phase": [(T, number[0], None, "good", None, 0),
                  (T + 1, number[2**32 - 1], None, "good", None, 2**32 - 1)],
        "count": [(T + i, number[w], None if abs(w) <= 2**53 else str(w), "good")
                  for i, w in enumerate(wholes)],
        "door": [(T - 1, number[1], None, "good"), (T, number[0], None, "good")],
        "状态_v": [(T, None, '停机, "x"', "good"), (T + 1, None, "", "good")],
    }


def export(name, *words, status=0):
    found, out, err = command("query", "--config", state["node"].config, "--parquet", name, *words)
    equal(found, status, err)
    return out, err


def node_times(point):
    body = {"sql": "SELECT t, node_t FROM samples WHERE point = '" + point.replace("'", "''") + "'"}
    status, answer = state["node"].api.call("POST", "/api/v1/sql", body)
    equal(status, 200, answer)
    return dict(answer["rows"])


def reads_back(reader):
    path = state["where"] / "some.parquet"
    wanted = state["wanted"]
    out, _ = export(path, *wanted, "--from", "2023-11-14T00:00:00Z", "--to", "2023-11-15T00:00:00Z",
                    "--json")
    equal(json.loads(out)["rows"], sum(map(len, wanted.values())), "rows told")
    rows = peer(reader, path)
    for point, samples in wanted.items():
        found = [(*row[1:5], *row[6:]) for row in rows if row[0] == point]
        equal(found, [(*row, None, None)[:6] for row in samples], point)
        nodes = node_times(point)
        equal({row[1]: row[5] for row in rows if row[0] == point}, nodes, "node times")
    return works(state["program"])


@case
def pyarrow_reads_every_bit():
    return reads_back("pyarrow")


@case
def duckdb_reads_every_bit():
    return reads_back("duckdb")


@case
def long_histories_come_page_by_page_in_groups_of_64_ki_rows():
    path = state["where"] / "many.parquet"
    export(path, "many", "--from", "2023-11-14T00:00:00Z", "--to", "2023-11-15T00:00:00Z")
    equal(peer("shape", path), [{"rows": MANY, "groups": [65536, 65536, MANY - 131072],
                                 "codec": "ZSTD"}], "shape")
    rows = peer("pyarrow", path)
    equal([(row[1], row[2]) for row in rows], [(T + i, i) for i in range(MANY)], "rows")


@case
def a_file_that_could_not_be_finished_is_removed_and_the_one_before_stays():
    path = state["where"] / "kept.parquet"
    path.write_text("before")
    _, err = export(path, "door", "no_such_point", "--from", "2023-11-14T00:00:00Z", status=1)
    demand("no_such_point" in err, err)
    equal(path.read_text(), "before", "the file before")
    equal([p.name for p in state["where"].glob("*.part")], [], "leavings")


@case
def a_range_without_samples_is_a_file_without_rows():
    path = state["where"] / "none.parquet"
    export(path, "door", "--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z")
    equal(peer("pyarrow", path), [], "rows of pyarrow")
    equal(peer("duckdb", path), [], "rows of DuckDB")


space.enter()
state["program"] = interpreter()
state["where"] = where = folder()
state["node"] = Node(where, CONFIG % where).start()
try:
    state["wanted"] = write()
    tap.main()
finally:
    state["node"].kill()
