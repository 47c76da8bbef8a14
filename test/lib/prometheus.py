# SPDX-License-Identifier: Apache-2.0
"""Prometheus as a peer: a process over blocks that promtool made of text, or over what
it scrapes, what it answers, and the form it writes in to others (remote write)."""
import json
import math
import pathlib
import re
import shutil
import struct
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request


def is_here():
    return bool(shutil.which("prometheus") and shutil.which("promtool"))


def version():
    text = subprocess.run(["prometheus", "--version"], capture_output=True, text=True, check=True)
    return " ".join((text.stdout + text.stderr).split()[:3]).replace(",", "")


def questions(folder, start):
    """Of queries.tsv: {query, time} or {query, start, end, step}, seconds."""
    for row in (pathlib.Path(folder) / "queries.tsv").read_text().splitlines():
        if not row or row.startswith("#"):
            continue
        first, last, step, query = row.split("\t")
        if step:
            yield {"query": query, "start": str(start + float(first)),
                   "end": str(start + float(last)), "step": step}
        else:
            yield {"query": query, "time": str(start + float(first))}


def ask(url, question, headers=None):
    """What stands under "data", or the whole refusal."""
    path = "query_range" if "step" in question else "query"
    request = urllib.request.Request(f"{url}/api/v1/{path}?{urllib.parse.urlencode(question)}",
                                     headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)["data"]
    except urllib.error.HTTPError as refusal:
        return json.load(refusal)


def samples(path):
    """Of OpenMetrics text: {labels as sorted pairs: [(milliseconds, value)]}."""
    found = {}
    for row in pathlib.Path(path).read_text().splitlines():
        match = re.match(r'(\w+)(?:\{(.*)\})? (\S+) (\S+)$', row)
        if match:
            name, labels, value, second = match.groups()
            pairs = [("__name__", name)] + re.findall(r'(\w+)="([^"]*)"', labels or "")
            found.setdefault(tuple(sorted(pairs)), []).append(
                (round(float(second) * 1000), float(value)))
    return found


def varint(number):
    number &= 2 ** 64 - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def write_request(series):
    """The body of a remote write: protobuf in a Snappy block of literals."""
    body = b"".join(field(1, b"".join(
        [field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in labels] +
        [field(2, varint(1 << 3 | 1) + struct.pack("<d", value) + varint(2 << 3) + varint(ms))
         for ms, value in rows])) for labels, rows in series)
    out = [varint(len(body))]
    for at in range(0, len(body), 65536):
        piece = body[at:at + 65536]
        out += [bytes([61 << 2]) + struct.pack("<H", len(piece) - 1), piece]
    return b"".join(out)


def is_near(one, other):
    one, other = float(one), float(other)
    if math.isnan(one) or math.isnan(other) or math.isinf(one) or math.isinf(other):
        return one == other or (math.isnan(one) and math.isnan(other))
    return abs(one - other) <= 1e-12 * max(1.0, abs(one), abs(other))


def is_same_point(one, other):
    return one[0] == other[0] and is_near(one[1], other[1])


def difference(ours, theirs, is_ordered=False):
    """What two answers do not have in common, as a sentence; "" when they are the same."""
    if theirs.get("status") == "error" or ours.get("status") == "error":
        return "" if ours.get("errorType") == theirs.get("errorType") else f"{ours} != {theirs}"
    if ours["resultType"] != theirs["resultType"]:
        return f"{ours['resultType']} != {theirs['resultType']}"
    one, other = ours["result"], theirs["result"]
    if theirs["resultType"] == "string":
        return "" if one == other else f"{one} != {other}"
    if theirs["resultType"] == "scalar":
        return "" if is_same_point(one, other) else f"{one} != {other}"
    if not is_ordered:
        one, other = ([*sorted(rows, key=lambda row: sorted(row["metric"].items()))]
                      for rows in (one, other))
    if [row["metric"] for row in one] != [row["metric"] for row in other]:
        return f"series {[row['metric'] for row in one]} != {[row['metric'] for row in other]}"
    for a, b in zip(one, other):
        mine, its = ([row["value"]] if "value" in row else row["values"] for row in (a, b))
        if [p[0] for p in mine] != [p[0] for p in its]:
            return f"times of {a['metric']}: {[p[0] for p in mine]} != {[p[0] for p in its]}"
        for p, q in zip(mine, its):
            if not is_same_point(p, q):
                return f"{a['metric']}: {p} != {q}"
    return ""


class Prometheus:
    def __init__(self, folder, data=(), port=9090, config="global: {}\n"):
        self.folder = pathlib.Path(folder)
        self.port = port
        self.process = None
        self.url = f"http://127.0.0.1:{port}"
        self.version = version()
        self.tsdb = self.folder / "tsdb"
        self.tsdb.mkdir(parents=True, exist_ok=True)
        (self.folder / "prometheus.yml").write_text(config)
        for path in data:
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", str(path),
                            str(self.tsdb)], check=True, capture_output=True)

    def start(self):
        with open(self.folder / "prometheus.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml",
                 f"--storage.tsdb.path={self.tsdb}", "--storage.tsdb.retention.time=100y",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + "/-/ready", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("prometheus is not ready: " + (self.folder / "prometheus.log").read_text())

    def ask(self, question):
        return ask(self.url, question)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
