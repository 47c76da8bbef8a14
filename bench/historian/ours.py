# SPDX-License-Identifier: Apache-2.0
"""The node under measurement, as one more of those who hold the data: `jizhu run` on a
folder made for it, loaded and asked over HTTP with a token.

It has several doors for a question; a time is that of the quickest whose answer is right,
and the line beside it says which that was."""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import peers
import questions
from jizhu import PROGRAM, Node, folder
from tap import Failed, demand, until

PORT = 8080
LINES = "/write?precision=ns"
SHEETS = "/api/v1/samples"
PROMQL = "/prometheus/api/v1"
SQL = "/api/v1/sql"
QUERY = "/api/v1/query"
QUIET_SECONDS = 120
MONTH_SECONDS, NEWER = 31 * 86400, 40000
# Fewer are not sealed for idleness but for their age, an hour: until then the journal has them.
IDLE_ROWS = 32 << 10


def config_of(where):
    return (f"user: {'nobody' if os.geteuid() == 0 else os.environ.get('USER', 'nobody')}\n"
            f"data: {where}/data\nnode:\n  name: bench\n  prefix: 99.100.1\n"
            f"listen:\n  http: 127.0.0.1:{PORT}\n  handle: []\n")


def version():
    run = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\.\d+", run.stdout)
    return found.group() if found else "0"


class Watch:
    """The most anonymous memory a process had while something was done."""

    def __init__(self, pid):
        self.pid, self.most, self.is_over = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.is_over.wait(0.01):
            self.most = max(self.most, peers.status_mb(self.pid, "RssAnon"))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()


def series(field, device):
    return f'm_f{field}{{dev="d{device:03d}"}}'


def sql_of(data):
    """The questions over the tables of the node; seconds as the others have them."""
    def ns(seconds):
        return f"{seconds}000000000"

    def buckets(of, step, agg):
        return f"buckets({of}, {ns(questions.T0)}, {ns(data.end)}, '{step}', '{agg}')"
    one = f"'{series(0, data.asked)}'"
    raw = ", ".join(f"'{series(f, data.asked)}'" for f in range(questions.FIELDS))
    field = "p.point LIKE 'm_f0{%'"
    whole = f"{data.steps * questions.STEP}s"
    return {
        "Q0": "SELECT 1",
        "Q1": f"SELECT t, value FROM {buckets(one, '1m', 'mean')} WHERE count > 0",
        "Q2": f"SELECT b.point, b.t, b.value FROM points p JOIN "
              f"{buckets('p.point', '1h', 'mean')} b WHERE {field} AND b.count > 0",
        "Q3": f"SELECT substr(point, 1, 4) AS f, t, max(value) FROM "
              f"{buckets('NULL', '1h', 'max')} WHERE count > 0 AND point LIKE 'm_f%' "
              "GROUP BY f, t",
        "Q4": "SELECT point, value FROM last WHERE point LIKE 'm_f%'",
        "Q5": f"SELECT point, t, value FROM samples WHERE point IN ({raw}) AND "
              f"t >= {ns(questions.RAW_FROM)} AND t < {ns(questions.RAW_TO)}",
        "Q6": f"SELECT sum(b.mean * b.count) / sum(b.count) FROM points p JOIN "
              f"{buckets('p.point', whole, 'mean')} b WHERE {field} AND b.count > 0",
        "Q7": "SELECT count(*) FROM points p JOIN samples s ON s.point = p.point WHERE "
              f"p.point LIKE 'm_f7{{%' AND s.value > {questions.OVER}",
    }


def sql_answer(question, body, _data):
    def field(name):
        return int(re.match(r"m_f(\d)", name).group(1))

    def device(name):
        return int(re.search(r'dev="d(\d+)"', name).group(1))

    def second(ns):
        return ns // 1_000_000_000
    answer = json.loads(body)
    demand(not answer["truncated"], "the answer is cut")
    rows = answer["rows"]
    if question == "Q1":
        return {second(t): v for t, v in rows}
    if question == "Q2":
        return {(device(name), second(t)): v for name, t, v in rows}
    if question in ("Q3", "Q5"):
        return {(field(name), second(t)): v for name, t, v in rows}
    if question == "Q4":
        return {(device(name), field(name)): v for name, v in rows}
    return {0: float(rows[0][0])}


def query_of(data):
    """The questions that the query API can be asked alone; it does not fold points."""
    def body(points, **more):
        return json.dumps({"points": points, "completeness": False, "limit": 100000, **more})

    def aggregate(points, step):
        return body(points, aggregates=["Average"], step=step, from_ms=questions.T0 * 1000,
                    to_ms=data.end * 1000)
    devices, fields = range(data.devices), range(questions.FIELDS)
    return {
        "Q1": aggregate([series(0, data.asked)], "60s"),
        "Q2": aggregate([series(0, d) for d in devices], "3600s"),
        "Q4": body([series(f, d) for d in devices for f in fields], mode="last"),
        "Q5": body([series(f, data.asked) for f in fields], mode="raw",
                   from_ms=questions.RAW_FROM * 1000, to_ms=questions.RAW_TO * 1000),
    }


def query_answer(question, body, _data):
    answer = json.loads(body)
    columns = answer["columns"]
    at = {name: i for i, name in enumerate(columns)}
    found = {}
    for item in answer.get("items", [{"rows": answer.get("rows")}]):
        for row in item["rows"]:
            name = item.get("point") or row[at["point"]]
            field, device = (int(n) for n in re.match(r'm_f(\d){dev="d(\d+)"}', name).groups())
            second = row[at["t_ms"]] // 1000
            value = row[at["Average" if question in ("Q1", "Q2") else "value"]]
            key = {"Q1": second, "Q2": (device, second), "Q4": (device, field),
                   "Q5": (field, second)}[question]
            found[key] = value
    return found


class Ours(peers.Peer):
    name, title, version, year, port = "jizhu", "Jizhu", version(), 2026, PORT

    def __init__(self, bench):
        self.bench, self.client, self.row = bench, bench.client, {}
        self.node = self.where = None
        self.best = {}

    def start(self):
        self.where = folder()
        self.node = Node(self.where, config_of(self.where)).start()
        self.run = self.node.process.run

    def head(self):
        return f"Authorization: Bearer {self.node.api.token}\r\n"

    def pour(self, kind, form="lp"):
        """Loads a set as lines or as sheets; {what: number} of it."""
        words, path, more = (("post", 2, 5000), LINES, "") if form == "lp" else \
            (("blocks", 2), SHEETS, "Content-Type: application/vnd.jizhu.samples\r\n")
        pid, file = self.run.pid, self.bench.file(kind, form)
        before = peers.cpu_seconds(pid)
        with Watch(pid) as watch:
            found = self.client.rows((words[0], self.port, *words[1:], file), path,
                                     self.head() + more)
        spent = peers.cpu_seconds(pid) - before
        values = self.bench.values_of(kind)
        return {"cpu_mvps": values / spent / peers.MEGA, "anon_mb": watch.most,
                "wall_mvps": values / found["seconds"] / peers.MEGA}

    def load(self):
        self.row.update(self.pour("plant"))

    def settle(self):
        self.row["value_b"] = self.size("plant")

    def quiet(self):
        """Waits until the node has nothing left to merge."""
        state = [0]

        def look():
            before = peers.cpu_seconds(self.run.pid)
            time.sleep(1)
            still = peers.cpu_seconds(self.run.pid) - before < 0.05
            state[0] = state[0] + 1 if still else 0
            return state[0] >= 3
        until(look, QUIET_SECONDS, "the node is done with its own work", 0)

    def metric(self, name):
        # The node closes a connection that was idle for long.
        self.node.api.close()
        text = self.node.api.call("GET", "/metrics")[1].decode()
        return float(re.search(rf"(?m)^{name} (\S+)$", text).group(1))

    def size(self, kind):
        """Bytes a sealed value on disk, all in, once the node has sealed and merged in its own
        time; a rest that is too small to be sealed yet counts neither as bytes nor as values.
        Segments that a merge has replaced stay until the next manifest and are told apart."""
        until(lambda: self.metric("jizhu_historian_table_rows") < IDLE_ROWS, QUIET_SECONDS,
              "no more is sealed", 1)
        self.quiet()
        rest = self.metric("jizhu_historian_table_rows")
        values = self.bench.values_of(kind) - rest
        live = self.metric("jizhu_historian_segment_bytes") / values
        whole = peers.bytes_of(self.node.data / "history") / values
        print(f"# {kind}: {live:.3f} B a value in {self.metric('jizhu_historian_segments'):.0f} "
              f"segments, {whole:.3f} with those replaced by the last merge; {rest:.0f} values "
              "not sealed yet", flush=True)
        return live

    def grow_old(self):
        """Samples come that are a month newer than all others, which are written once more;
        as many as are sealed at once, and all alike, so that they take next to nothing."""
        header, _, value = self.head().strip().partition(": ")
        for first in range(0, NEWER, 5000):
            lines = "".join(f"newest v=1 {questions.T0 + MONTH_SECONDS + first + i}000000000\n"
                            for i in range(5000))
            request = urllib.request.Request(f"http://127.0.0.1:{PORT}{LINES}", lines.encode(),
                                             {header: value})
            with urllib.request.urlopen(request, timeout=60) as reply:
                demand(reply.status < 300, f"newer samples: {reply.status}")

    def single(self, writers, seconds):
        return self.client.rows(("single", self.port, writers, seconds), LINES, self.head())

    def doors(self, question):
        """{name of a door: (request, reader of its answer)}"""
        data, head = self.bench.data, self.head()
        promql = questions.promql(data, True, False, False)[question]
        path = questions.promql_path(PROMQL, *promql)
        found = {
            "SQL": (questions.post(SQL, sql_of(data)[question],
                                   f"{head}Content-Type: application/sql\r\n"), sql_answer),
            "PromQL": (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode(),
                       questions.promql_answer),
        }
        asked = query_of(data).get(question)
        if asked:
            found["query API"] = (questions.post(QUERY, asked, f"{head}Content-Type: "
                                                 "application/json\r\n"), query_answer)
        return found

    def choose(self, question):
        """The quickest door whose answer is as good as any."""
        found, wanted = [], self.bench.wanted.get(question)
        for name, (request, reader) in self.doors(question).items():
            try:
                ms, body = self.client.ask(self.port, request, 5)
                answer = reader(question, body, self.bench.data) if wanted else {}
                word = questions.judge(answer, wanted, self.bench.data.summed(question))[0] \
                    if wanted else "equal"
            except (Failed, KeyError, IndexError, ValueError, TypeError) as trouble:
                told = re.search(r'"detail":"([^"]*)', str(trouble))
                print(f"# {question} by {name}: {told.group(1) if told else str(trouble)[:200]}",
                      flush=True)
                continue
            rank = ("equal", "inexact", "wrong").index(word)
            found.append((rank, statistics.median(ms), name, request, answer))
            print(f"# {question} by {name}: {statistics.median(ms):.2f} ms, {word}", flush=True)
        demand(found, "no door answers")
        self.best[question] = min(found, key=lambda f: f[:2])
        return self.best[question]

    def answer(self, question):
        return self.choose(question)[4]

    def times(self, question, count):
        best = self.best.get(question) or self.choose(question)
        return self.client.ask(self.port, best[3], count)[0]

    def stop(self):
        if self.node and self.node.process:
            self.node.process.kill()
        if self.where:
            shutil.rmtree(self.where, ignore_errors=True)


class Rows:
    def __init__(self, bench, rounds):
        self.bench, self.rounds = bench, rounds

    def fresh(self):
        ours = Ours(self.bench)
        ours.start()
        return ours

    def ingest(self):
        """In order and late in turn: {row: value}."""
        pairs, sizes, anon = [], [], []
        for turn in range(self.rounds):
            found = {}
            for kind in ("plant", "late"):
                ours = self.fresh()
                try:
                    found[kind] = ours.pour(kind)
                    if turn == 0:
                        sizes.append(ours.size(kind))
                        ours.grow_old()
                        print(f"# {kind}: {ours.size(kind):.3f} B a value once old", flush=True)
                finally:
                    ours.stop()
            pairs.append((found["plant"]["cpu_mvps"], found["late"]["cpu_mvps"]))
            anon.append(found["plant"]["anon_mb"])
            print(f"# durable line protocol: {pairs[-1][0]:.2f} M values/s a core in order "
                  f"({found['plant']['wall_mvps']:.2f} wall), {pairs[-1][1]:.2f} late, RssAnon "
                  f"{anon[-1]:.0f} MB", flush=True)
        return {"his.lp_mvps": statistics.median(p for p, _ in pairs),
                "his.late_ratio": statistics.median(late / p for p, late in pairs),
                "his.late_size": sizes[1] / sizes[0], "his.value_b": sizes[0],
                "his.anon_mb": statistics.median(anon)}

    def binary(self):
        rates = []
        for _ in range(self.rounds):
            ours = self.fresh()
            try:
                found = ours.pour("plant", "sheets")
            finally:
                ours.stop()
            rates.append(found["cpu_mvps"])
            print(f"# durable binary batches of 50,000 values: {rates[-1]:.1f} M values/s a core "
                  f"({found['wall_mvps']:.1f} wall), RssAnon {found['anon_mb']:.0f} MB",
                  flush=True)
        return {"his.bin_mvps": statistics.median(rates)}

    def noise(self):
        ours = self.fresh()
        try:
            ours.pour("noise")
            return {"his.noise_bits": 8 * ours.size("noise")}
        finally:
            ours.stop()

    def single(self):
        """One writer beside the machine's own append, and 64 of them."""
        ours, ratios, rates = self.fresh(), [], []
        try:
            for _ in range(self.rounds):
                own = self.bench.tool_rows("append", ours.where / "append", 2000)
                one = ours.single(1, 1)
                many = ours.single(64, 2)
                ratios.append(one["p50_us"] / own["p50_us"])
                rates.append(many["requests"] / many["seconds"] / 1e3)
                print(f"# one durable write p50 {one['p50_us']:.0f} us, the disk's own "
                      f"{own['p50_us']:.0f} us ({own['over_us']:.0f} us in a file that does not "
                      f"grow); 64 writers {rates[-1]:.1f} k/s, p50 "
                      f"{many['p50_us']:.0f} us, p99 {many['p99_us']:.0f} us", flush=True)
        finally:
            ours.stop()
        return {"his.append_ratio": statistics.median(ratios),
                "his.append64_kps": statistics.median(rates)}
