# SPDX-License-Identifier: Apache-2.0
"""Those the historian is measured beside: each is started on a folder of its own with
the addresses of this loopback, loaded with the data, asked, and ended by its process id.

Story: start(), load(sets) fills .row, then times(question, n) and answer(question); stop().
`is_socket` ones are asked by the same client over the same kind of connection as ours."""
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import time
import urllib.parse
import urllib.request

import questions
import space
from tap import demand, until

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
MEGA = 1e6


def cpu_seconds(pid):
    """User and system time of a process with all its threads, ended ones too."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def status_mb(pid, what):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+)", text).group(1)) * 1024 / MEGA


def bytes_of(place, pattern="*"):
    """What the files of a folder hold on disk, without holes."""
    return sum(p.stat().st_blocks * 512 for p in pathlib.Path(place).rglob(pattern)
               if p.is_file())


def fetch(port, path, body=None):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", body, 60) as reply:
        return reply.read()


class Client:
    """The C client of the bench; its rows are {what: number}."""

    def __init__(self, build):
        self.tool = build / "bench" / "historian" / "historian_load"

    def run(self, words, path="", head="", given=None):
        run = subprocess.run([self.tool, *map(str, words)], capture_output=True, check=False,
                             input=given, env={**os.environ, "JIZHU_PATH": path,
                                               "JIZHU_HEAD": head})
        demand(run.returncode == 0, f"{words} {path}: {run.stderr.decode()[:600]}")
        return run

    def rows(self, words, path="", head=""):
        text = self.run(words, path, head).stdout.decode()
        return {name: float(value) for name, value in re.findall(r"(?m)^(\w+) ([\d.]+)$", text)}

    def ask(self, port, request, times=1):
        """([ms], body)"""
        run = self.run(("ask", port, times), given=request)
        return [int(ns) / 1e6 for ns in run.stderr.split()], run.stdout


class Peer:
    """A program of others as a process."""
    is_socket = True

    def __init__(self, bench):
        self.bench, self.client = bench, bench.client
        self.where = bench.where / self.name
        self.where.mkdir()
        self.run = None
        self.row = {}

    def label(self):
        return f"{self.title} {self.row.get('version', self.version)} ({self.year})"

    def launch(self, words, **more):
        with open(self.where / "log", "wb") as log:
            self.run = subprocess.Popen([str(w) for w in words], stdout=log, stderr=log,
                                        cwd=self.where, preexec_fn=space.die_with_parent, **more)

    def wait(self, path):
        def look():
            demand(self.run.poll() is None, f"{self.name} ended: "
                   f"{(self.where / 'log').read_text(errors='replace')[-600:]}")
            try:
                return fetch(self.port, path) is not None
            except OSError:
                return False
        until(look, 60, f"{self.name} answers", 0.1)

    def post(self, path, file, lines=5000):
        """Loads a file over two connections, and says what it cost the server."""
        pid = self.run.pid
        before = cpu_seconds(pid)
        found = self.client.rows(("post", self.port, 2, lines, file), path)
        values = self.bench.values
        self.row.update(cpu_mvps=values / (cpu_seconds(pid) - before) / MEGA,
                        wall_mvps=values / found["seconds"] / MEGA)

    def requests(self):
        raise NotImplementedError

    def times(self, question, count):
        asked = self.requests()[question]
        return self.client.ask(self.port, asked, count)[0]

    def answer(self, question):
        body = self.client.ask(self.port, self.requests()[question])[1]
        return self.read(question, body, self.bench.data)

    def settle(self):
        """After its load, when it may have merged."""

    def stop(self):
        if self.run:
            self.run.kill()
            self.run.wait()


class Influx(Peer):
    name, title, version, year, port = "influxdb", "InfluxDB", "1.6.7", 2019, 18086
    read = staticmethod(questions.influx_answer)
    CONFIG = """reporting-disabled = true
bind-address = "127.0.0.1:18088"
[meta]
dir = "meta"
[data]
dir = "data"
wal-dir = "wal"
index-version = "tsi1"
query-log-enabled = false
cache-snapshot-write-cold-duration = "5s"
compact-full-write-cold-duration = "5s"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:18086"
log-enabled = false
[subscriber]
enabled = false
[continuous_queries]
enabled = false
"""

    def start(self):
        (self.where / "influx.conf").write_text(self.CONFIG)
        self.launch([self.bench.cache.program("influxd"), "-config", "influx.conf"])
        self.wait("/ping")
        fetch(self.port, "/query", b"q=CREATE+DATABASE+b")

    def load(self):
        self.post("/write?db=b", self.bench.file("plant", "lp"))

    def settle(self):
        self.row["value_b"] = bytes_of(self.where / "data", "*.tsm") / self.bench.values

    def requests(self):
        return {name: questions.get("/query", db="b", epoch="s", q=text)
                for name, text in questions.influx(self.bench.data).items()}


class Victoria(Peer):
    name, title, version, year, port = "victoria-metrics", "VictoriaMetrics", "1.79.5", 2022, 18428
    read = staticmethod(questions.promql_answer)

    def start(self):
        self.launch([self.bench.cache.program("victoria-metrics"), "-storageDataPath=data",
                     f"-httpListenAddr=127.0.0.1:{self.port}", "-retentionPeriod=100y",
                     "-search.latencyOffset=0s", "-search.maxPointsPerTimeseries=100000",
                     "-search.disableCache"])
        self.wait("/health")

    def load(self):
        self.post("/write", self.bench.file("plant", "lp"))
        fetch(self.port, "/internal/force_flush")
        fetch(self.port, "/internal/force_merge")

    def settle(self):
        self.row["value_b"] = bytes_of(self.where / "data" / "data") / self.bench.values

    def requests(self):
        asked = questions.promql(self.bench.data, False, True, True)
        return {name: questions.get(questions.promql_path("/api/v1", *words, nocache=1))
                for name, words in asked.items()}


class Prometheus(Peer):
    name, title, version, year, port = "prometheus", "Prometheus", "2.42.0", 2023, 19090
    read = staticmethod(questions.promql_answer)

    def start(self):
        """Blocks first, by its own tool: it takes no history over HTTP."""
        file = self.bench.file("plant", "om")
        began = time.monotonic()
        made = subprocess.run([self.bench.cache.program("promtool"), "tsdb",
                               "create-blocks-from", "openmetrics", file, "data"],
                              cwd=self.where, capture_output=True, text=True, check=False)
        demand(made.returncode == 0, made.stderr[-600:])
        values = self.bench.values
        self.row.update(wall_mvps=values / (time.monotonic() - began) / MEGA,
                        value_b=bytes_of(self.where / "data") / values)
        (self.where / "prometheus.yml").write_text("global: {}\n")
        self.launch([self.bench.cache.program("prometheus"), "--config.file=prometheus.yml",
                     "--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y",
                     f"--web.listen-address=127.0.0.1:{self.port}", "--query.lookback-delta=1m"])
        self.wait("/-/ready")

    def load(self):
        pass

    def requests(self):
        asked = questions.promql(self.bench.data, True, False, False)
        return {name: questions.get(questions.promql_path("/api/v1", *words))
                for name, words in asked.items()}


class Clickhouse(Peer):
    name, title, version, year, port = "clickhouse-server", "ClickHouse", "18.16.1", 2018, 18123
    CONFIG = """<?xml version="1.0"?>
<yandex>
<logger><level>warning</level><log>log</log><errorlog>errors</errorlog></logger>
<http_port>18123</http_port><tcp_port>19000</tcp_port><listen_host>127.0.0.1</listen_host>
<path>data/</path><tmp_path>tmp/</tmp_path><users_config>users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>268435456</mark_cache_size><timezone>UTC</timezone>
</yandex>
"""
    USERS = """<?xml version="1.0"?>
<yandex><profiles><default><max_threads>2</max_threads></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks>
<profile>default</profile><quota>default</quota></default></users>
<quotas><default/></quotas></yandex>
"""

    def start(self):
        (self.where / "config.xml").write_text(self.CONFIG)
        (self.where / "users.xml").write_text(self.USERS)
        self.launch([self.bench.cache.program("clickhouse-server"), "--config-file=config.xml"],
                    env={**os.environ, "LD_LIBRARY_PATH": self.bench.cache.libraries()})
        self.wait("/ping")

    def say(self, text):
        return fetch(self.port, "/", text.encode()).decode()

    def load(self):
        columns = ", ".join(f"f{i} Float64" for i in range(questions.FIELDS))
        self.say("CREATE DATABASE b")
        self.say(f"CREATE TABLE b.m (ts DateTime, dev String, {columns}) ENGINE = MergeTree "
                 "PARTITION BY toYYYYMM(ts) ORDER BY (dev, ts)")
        insert = urllib.parse.quote("INSERT INTO b.m FORMAT CSV")
        self.post(f"/?query={insert}", self.bench.file("plant", "csv"))
        self.say("OPTIMIZE TABLE b.m FINAL")

    def settle(self):
        size = self.say("SELECT sum(bytes_on_disk) FROM system.parts WHERE active "
                        "AND table = 'm'")
        self.row["value_b"] = int(size) / self.bench.values

    def requests(self):
        asked = questions.sql(self.bench.data, questions.CLICKHOUSE)
        return {name: questions.post("/", text) for name, text in asked.items()}

    @staticmethod
    def read(question, body, data):
        rows = [row.split("\t") for row in body.decode().splitlines()]
        return questions.sql_answer(question, rows, data)


class Embedded(Peer):
    """A library in a process of Node that answers lines of JSON."""
    is_socket, port = False, 0
    dialect, tables = {}, ("m",)

    def start(self):
        script = self.bench.cache.npm / "embedded.cjs"
        script.write_bytes((HERE / "embedded.cjs").read_bytes())
        log = open(self.where / "log", "wb")
        self.run = subprocess.Popen(
            ["node", script, self.name, self.bench.file("plant", "csv"), self.where / "data"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            preexec_fn=space.die_with_parent)
        log.close()

    def line(self):
        text = self.run.stdout.readline()
        demand(text, f"{self.name} ended: {(self.where / 'log').read_text()[-600:]}")
        return json.loads(text)

    def load(self):
        about = self.line()
        values = self.bench.values
        self.row.update(version=about["version"].lstrip("v"), cpu_mvps=values / about["cpu"] / MEGA,
                        value_b=min(about["bytes"].values()) / values)

    def ask(self, question, table, count):
        dialect = {**self.dialect, "table": self.dialect["table"].replace("m", table)}
        text = questions.sql(self.bench.data, dialect)[question]
        self.run.stdin.write(json.dumps({"sql": text, "times": count}) + "\n")
        self.run.stdin.flush()
        return self.line()

    def times(self, question, count):
        """Of the fastest of its tables."""
        found = [self.ask(question, table, count)["ms"] for table in self.tables]
        return min(found, key=lambda ms: sorted(ms)[len(ms) // 2])

    def answer(self, question):
        return questions.sql_answer(question, self.ask(question, self.tables[0], 1)["rows"],
                                    self.bench.data)


class Duckdb(Embedded):
    name, title, version, year = "duckdb", "DuckDB", "1.5", 2026
    dialect = questions.DUCKDB


class Chdb(Embedded):
    name, title, version, year = "chdb", "ClickHouse in process (chdb)", "26", 2026
    dialect = questions.CLICKHOUSE
    tables = ("m", "z", "a")


class Sqlite(Peer):
    """The plain table that needs no program: Python's own library."""
    name, title, version, year, port = "sqlite", "SQLite", sqlite3.sqlite_version, 2022, 0
    is_socket = False

    def start(self):
        self.link = sqlite3.connect(self.where / "bench.db", isolation_level=None)
        for text in ("page_size = 8192", "journal_mode = WAL", "synchronous = FULL",
                     "cache_size = -65536"):
            self.link.execute(f"PRAGMA {text}")
        columns = ", ".join(f"f{i} REAL" for i in range(questions.FIELDS))
        self.link.execute(f"CREATE TABLE m (dev INT, ts INT, {columns}, PRIMARY KEY (dev, ts)) "
                          "WITHOUT ROWID")

    def load(self):
        data, fields = self.bench.data, range(questions.FIELDS)
        rows = [(d, questions.T0 + k * questions.STEP, *values)
                for d in range(data.devices)
                for k, values in enumerate(zip(*(data.column(d, f) for f in fields)))]
        # As machines tell them: by time.
        rows.sort(key=lambda row: row[1])
        place = ", ".join("?" * (2 + questions.FIELDS))
        before = time.process_time()
        for at in range(0, len(rows), 5000):
            self.link.execute("BEGIN")
            self.link.executemany(f"INSERT INTO m VALUES ({place})", rows[at:at + 5000])
            self.link.execute("COMMIT")
        self.row["cpu_mvps"] = self.bench.values / (time.process_time() - before) / MEGA
        self.link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.row["value_b"] = bytes_of(self.where, "bench.db") / self.bench.values

    def rows_of(self, question):
        return self.link.execute(
            questions.sql(self.bench.data, questions.SQLITE)[question]).fetchall()

    def times(self, question, count):
        found = []
        for _ in range(count):
            began = time.perf_counter()
            self.rows_of(question)
            found.append((time.perf_counter() - began) * 1e3)
        return found

    def answer(self, question):
        return questions.sql_answer(question, self.rows_of(question), self.bench.data)

    def stop(self):
        self.link.close()


ALL = (Influx, Victoria, Prometheus, Clickhouse, Duckdb, Chdb, Sqlite)
