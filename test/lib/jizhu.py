# SPDX-License-Identifier: Apache-2.0
"""Runs the program under test: `jizhu COMMAND` as a process, a node with a data
folder of its own and its API, a simulated plant.

Story: folder() makes a place; plant_config() lets `jizhu sim` write a configuration;
Node(...).start() waits until the node is ready; node.api asks; kill() or stop()
ends it by its process id."""
import atexit
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

import space
from tap import Failed, demand, until

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
PROGRAM = BUILD / "src" / "cmd" / "jizhu"
NOBODY = 65534
READY_SECONDS = 20


def folder():
    """A fresh folder that an unprivileged node can enter; goes when this process ends."""
    base = os.environ.get("JIZHU_TEST_DIR")
    path = pathlib.Path(tempfile.mkdtemp(prefix="jizhu-", dir=base))
    path.chmod(0o755)
    if not os.environ.get("JIZHU_KEEP"):
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


class Process:
    """One run of the program; what it prints goes to files."""

    def __init__(self, words, log, wrapper=()):
        self.log = pathlib.Path(log)
        with open(f"{log}.out", "wb") as out, open(f"{log}.err", "wb") as err:
            self.run = subprocess.Popen([*wrapper, PROGRAM, *map(str, words)], stdout=out,
                                        stderr=err, stdin=subprocess.DEVNULL,
                                        preexec_fn=space.die_with_parent)
        atexit.register(self.kill)

    @property
    def pid(self):
        return self.run.pid

    def out(self):
        return pathlib.Path(f"{self.log}.out").read_text(encoding="utf-8", errors="replace")

    def err(self):
        return pathlib.Path(f"{self.log}.err").read_text(encoding="utf-8", errors="replace")

    def is_alive(self):
        return self.run.poll() is None

    def wait_line(self, pattern, seconds=READY_SECONDS):
        """The match of the pattern in what it printed; fails when it ends before."""
        def look():
            match = re.search(pattern, self.out())
            if not match and not self.is_alive():
                raise Failed(f"ended with {self.run.returncode}: {self.err().strip()}")
            return match
        return until(look, seconds, f"{pattern} in the output")

    def wait(self, seconds):
        """The exit status."""
        try:
            return self.run.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"still runs after {seconds} s") from None

    def kill(self):
        if self.is_alive():
            self.run.kill()
        self.run.wait()

    def stop(self, seconds=15):
        self.run.send_signal(signal.SIGTERM)
        return self.wait(seconds)


def command(*words, seconds=60):
    """A command that ends by itself: (status, output, trouble)."""
    run = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True,
                         errors="replace", timeout=seconds, check=False)
    return run.returncode, run.stdout, run.stderr


class Api:
    """The HTTP door as a client sees it. Answers are (status, body); JSON is parsed."""

    def __init__(self, port, token=None, trust=None):
        """trust: the file of the certificate, when the door speaks TLS."""
        self.port, self.token, self.link = port, token, None
        self.tls = ssl.create_default_context(cafile=trust) if trust else None

    def call(self, method, path, body=None, headers=None, seconds=15):
        head = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        head.update(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            head.setdefault("Content-Type", "application/json")
        self.link = self.link or self.connect(seconds)
        try:
            self.link.request(method, path, body, head)
            reply = self.link.getresponse()
            data = reply.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if reply.will_close:
            self.close()
        kind = reply.headers.get("Content-Type", "")
        return reply.status, json.loads(data) if "json" in kind and data else data

    def connect(self, seconds):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=seconds,
                                               context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)

    def close(self):
        if self.link:
            self.link.close()
        self.link = None

    def get(self, path, status=200):
        found, body = self.call("GET", path)
        demand(found == status, f"GET {path}: {found} {body!r:.300}")
        return body

    def order(self, point, value, key, **more):
        return self.call("POST", "/api/v1/commands", {"point": point, "value": value, **more},
                         {"Idempotency-Key": key})

    def name_path(self, name):
        return "/api/handles/" + urllib.parse.quote(name, safe="/")

    def put_name(self, name, text, query="?overwrite=false"):
        values = [{"index": 1, "type": "URL", "data": {"format": "string", "value": text}}]
        return self.call("PUT", self.name_path(name) + query, {"values": values})

    def names(self, prefix):
        """Every name under the prefix that the list gives, page by page."""
        found, page = [], 0
        while True:
            body = self.get(f"/api/handles?prefix={urllib.parse.quote(prefix)}&page={page}"
                            "&pageSize=1000")
            found += body["handles"]
            if len(found) >= int(body["totalCount"]) or not body["handles"]:
                return found
            page += 1

    def events(self, limit=20000, **filters):
        """Newest first, over all pages."""
        found, before = [], None
        while len(found) < limit:
            query = {**{k.rstrip("_"): v for k, v in filters.items()}, "limit": 500}
            if before:
                query["before"] = before
            page = self.get("/api/v1/events?" + urllib.parse.urlencode(query))
            found += page["items"]
            before = page["next_before"]
            if not before:
                break
        return found


def api_of(port, data, trust=None):
    """The API with the node's own token; the node has made it by the time it is ready."""
    return Api(port, (pathlib.Path(data) / "keys" / "admin.token").read_text().strip(), trust)


def plant_config(where, furnace=False, words=()):
    """The configuration that `jizhu sim` writes for its plant, as text. Its machines
    listen while it does so: call it before the plant runs."""
    path = pathlib.Path(where) / "plant.yaml"
    words = ["sim", "--for", "10ms", "--config-out", path, "--data", pathlib.Path(where) / "data",
             *words]
    status, _, err = command(*words, *(["--furnace"] if furnace else []))
    demand(status == 0, f"jizhu sim ended with {status}: {err}")
    text = path.read_text(encoding="utf-8")
    text = with_lines(text, handle='["127.0.0.1:2641", "[::1]:2641"]')
    # Root becomes this user, who is there on every machine.
    return text if "\nuser:" in text else "user: nobody\n" + text


def with_lines(text, **lines):
    """The configuration with top-level or nested single-line values replaced."""
    for key, value in lines.items():
        text, count = re.subn(rf"(?m)^(\s*){key}:.*$", rf"\g<1>{key}: {value}", text, count=1)
        if not count:
            text = f"{key}: {value}\n" + text
    return text


class Node:
    """`jizhu run` with its folder; may be started again after kill or stop."""

    def __init__(self, where, text, wrapper=()):
        self.where, self.wrapper = pathlib.Path(where), wrapper
        self.config = self.where / "jizhu.yaml"
        self.config.write_text(text, encoding="utf-8")
        match = re.search(r"(?m)^data: (.*)$", text)
        self.data = pathlib.Path(match.group(1).strip().strip('"'))
        self.process, self.api, self.starts = None, None, 0

    def launch(self):
        """Starts without waiting; for runs that are expected to refuse."""
        self.starts += 1
        self.process = Process(["run", "--config", self.config],
                               self.where / f"node-{self.starts}", self.wrapper)
        return self.process

    def start(self):
        found = self.launch().wait_line(r"console (https?)://[^/]*:(\d+)/")
        trust = self.certificate() if found.group(1) == "https" else None
        self.api = api_of(int(found.group(2)), self.data, trust)
        until(lambda: self.api.call("GET", "/readyz")[0] == 200, READY_SECONDS, "ready")
        return self

    def certificate(self):
        """The file of the certificate that a node under TLS shows."""
        match = re.search(r"(?m)certificate: ([^,}\s]+)", self.config.read_text(encoding="utf-8"))
        return pathlib.Path(match.group(1)) if match else self.data / "keys" / "tls.crt"

    def refuse(self, seconds=20):
        """The (status, trouble) of a start that must not succeed."""
        process = self.launch()
        status = process.wait(seconds)
        return status, process.err()

    def kill(self):
        self.api.close()
        self.process.kill()

    def stop(self):
        self.api.close()
        return self.process.stop()

    def wait_good(self, point, seconds=15):
        """Until the point has a value of good quality."""
        def look():
            found = self.api.get(f"/api/v1/points/{point}")
            return found if found["quality_class"] == "good" else None
        return until(look, seconds, f"a good value of {point}")


@contextlib.contextmanager
def plant(where, *words):
    """A simulated plant in a process of its own."""
    process = Process(["sim", *words], pathlib.Path(where) / "sim")
    try:
        process.wait_line("machines on")
        yield process
    finally:
        process.kill()


@contextlib.contextmanager
def plant_and_node(furnace=False, **lines):
    """The usual stage of a case: a plant and a node that polls it."""
    where = folder()
    text = with_lines(plant_config(where, furnace), **lines)
    with plant(where, *(["--furnace"] if furnace else [])) as sim:
        node = Node(where, text)
        node.sim = sim
        try:
            yield node.start()
        finally:
            node.kill() if node.api else node.process.kill()
