# SPDX-License-Identifier: Apache-2.0
"""Years of history out of tables: an import that is killed, with its node and by itself, and
run again leaves every sample once; a dry run writes nothing; what is wrong is told by line."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, Process, command, folder  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

HTTP, T, ROWS, COLUMNS = 8080, 1_600_000_000, 60_000, 10
EX_USAGE, EX_DATA, EX_UNAVAILABLE = 64, 65, 69
CONFIG = f"""node: {{name: works, prefix: 99.100.1}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
devices: []
"""
state = {}


def node():
    return state["node"]


def words(*more):
    return "import-history", *more, "--config", node().config


def run(*more, status=0):
    found, out, err = command(*words(*more), seconds=120)
    equal(found, status, f"{more}: {err}")
    return out, err


def counts(*more, status=0):
    return json.loads(run(*more, "--json", status=status)[0])


def table(name, text):
    path = state["where"] / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(point):
    """(time in ns, value, status) of every sample, however many there are at one time."""
    found, page = [], T * 10**9 - 10**15
    while True:
        status, body = node().api.call("POST", "/api/v1/query", {
            "points": [point], "mode": "raw", "time_unit": "ns", "from_ms": page // 10**6,
            "to": "2026-01-01T00:00:00Z", "limit": 100000})
        if status == 404:
            return []
        equal(status, 200, body)
        found += [tuple(row) for row in body["items"][0]["rows"]]
        if not body["items"][0]["truncated"]:
            return found
        page = found[-1][0] + 10**6


def metric(name):
    text = node().api.call("GET", "/metrics")[1].decode()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


def wide():
    """A year of ten points."""
    head = ",".join(["time"] + [f'炉{c}' for c in range(COLUMNS)])
    body = "\r\n".join(f"{T + 60 * i}," + ",".join(str(i * COLUMNS + c + 0.5) for c in range(COLUMNS))
                       for i in range(ROWS))
    return f"\ufeff{head}\r\n{body}\r\n"


@case
def a_dry_run_writes_nothing():
    equal(counts(state["file"], "--dry-run"), {"written": ROWS * COLUMNS, "present": 0,
                                               "refused": 0, "dry_run": True}, "answer")
    equal(rows("炉0"), [], "samples")


@case
def an_import_that_is_killed_with_its_node_and_by_itself_leaves_every_sample_once():
    first = Process(words(state["file"]), state["where"] / "import-1")
    until(lambda: metric("jizhu_http_ingest_values_total") >= 100_000, 60, "some samples")
    first.kill()
    second = Process(words(state["file"]), state["where"] / "import-2")
    before = metric("jizhu_http_ingest_values_total")
    until(lambda: metric("jizhu_http_ingest_values_total") >= before + 100_000, 60, "more samples")
    node().kill()
    equal(second.wait(60), EX_UNAVAILABLE, "the import without its node")
    demand("run it again" in second.err(), second.err())
    node().start()
    found = counts(state["file"])
    equal(found["written"] + found["present"], ROWS * COLUMNS, found)
    demand(found["present"] >= 200_000 and found["written"] > 0, found)
    for c in range(COLUMNS):
        equal([(t, v) for t, v, _ in rows(f"炉{c}")],
              [((T + 60 * i) * 10**9, i * COLUMNS + c + 0.5) for i in range(ROWS)], f"炉{c}")
    equal(counts(state["file"])["written"], 0, "written by one more")


@case
def exports_of_other_historians_are_known_by_their_columns():
    table_of = {
        "pi.csv": ("tag,timestamp,value,status\nPI.A,14-Nov-23 22:13:20,1.5,0\n"
                   "PI.A,14-Nov-23 22:13:21,I/O Timeout,-246\n", 'PI.A', [1.5, None]),
        "aveva.csv": ("DateTime,TagName,Value,OPCQuality\n2023-11-14 22:13:20,AV.A,2,192\n"
                      "2023-11-14 22:13:21,AV.A,3,64\n", "AV.A", [2, 3]),
        "comma.csv": ("Zeit;DE.A\n14.11.2023 22:13:20;1,25\n14.11.2023 22:13:21;2,5\n", "DE.A",
                      [1.25, 2.5]),
    }
    more = {"comma.csv": ["--format", "wide", "--time-format", "dmy", "--decimal-comma"]}
    for name, (text, point, values) in table_of.items():
        point = point.replace(".", "_")
        text = text.replace(point.replace("_", "."), point)
        found = counts(table(name, text), "--zone", "Asia/Shanghai", *more.get(name, []))
        equal(found["written"], 2, name)
        told = rows(point)
        equal([t for t, _, _ in told], [1699971200 * 10**9, 1699971201 * 10**9], f"{name}: times")
        equal([v for _, v, _ in told], values, f"{name}: values")


@case
def what_is_wrong_is_told_by_line_with_the_fix():
    path = table("bad.csv", "point,time,value\nbad_a,1700000000,1\nbad_a,2023-11-14 22:13:20,2\n"
                            "bad_a,1700000002,x\nbad{,1700000003,4\nbad_a,1700000004,5\n")
    _, err = run(path, status=EX_DATA)
    demand("bad.csv:3" in err and "--zone" in err, err)
    report = state["where"] / "report.jsonl"
    found = counts(path, "--keep-going", "--report", report, status=EX_DATA)
    equal((found["written"], found["refused"]), (2, 3), found)
    told = [json.loads(line) for line in report.read_text().splitlines()]
    equal([row["where"].rsplit(":", 1)[1] for row in told], ["3", "4", "5"], told)
    equal([v for _, v, _ in rows("bad_a")], [1, 5], "samples")
    run(table("none.csv", "a,b\n1,2\n"), status=EX_DATA)
    run(path, "--format", "other", status=EX_USAGE)


@case
def a_time_that_stands_twice_is_written_once():
    path = table("twice.csv", "time,twice_a\n1700000000,1\n1700000000,2\n1700000001,3\n")
    equal(counts(path), {"written": 2, "present": 1, "refused": 0, "dry_run": False}, "answer")
    equal([v for _, v, _ in rows("twice_a")], [1, 3], "samples")


@case
def samples_between_those_that_are_there_are_written():
    run(table("odd.csv", "time,mix_a\n" + "".join(f"{T + i},{i}\n" for i in range(1, 2000, 2))))
    found = counts(table("all.csv", "time,mix_a\n" + "".join(f"{T + i},{i}\n" for i in range(2000))))
    equal((found["written"], found["present"]), (1000, 1000), found)
    equal([v for _, v, _ in rows("mix_a")], list(range(2000)), "samples")


space.enter()
state["where"] = where = folder()
state["file"] = table("year.csv", wide())
state["node"] = Node(where, CONFIG % where).start()
try:
    tap.main()
finally:
    node().kill()
