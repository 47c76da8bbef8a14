# SPDX-License-Identifier: Apache-2.0
"""Prometheus as a peer: a process over blocks that promtool made of text, or over what
it scrapes, and what it answers."""
import json
import pathlib
import shutil
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


class Prometheus:
    def __init__(self, folder, data=None, port=9090, config="global: {}\n"):
        self.folder = pathlib.Path(folder)
        self.port = port
        self.process = None
        self.url = f"http://127.0.0.1:{port}"
        self.version = version()
        self.tsdb = self.folder / "tsdb"
        self.tsdb.mkdir(parents=True, exist_ok=True)
        (self.folder / "prometheus.yml").write_text(config)
        if data:
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", str(data),
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
