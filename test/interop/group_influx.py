# SPDX-License-Identifier: Apache-2.0
"""Line protocol as curl and the Python client of InfluxDB 2 send it, unmodified."""
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import BUILD, Node, folder  # noqa: E402
from tap import Skip, case, demand, equal, until  # noqa: E402

PEER = HERE / "peer_influx.py"
HTTP, T = 8086, 1700000000
CONFIG = f"""node: {{name: works, prefix: 99.100.1}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
devices: []
"""
state = {"found": None}


def works(program):
    run = subprocess.run([program, PEER, "version"], capture_output=True, text=True, check=False)
    return run.returncode == 0


def interpreter():
    """One that has the client: this one, or the virtual environment beside the build."""
    made = BUILD / "influx-venv" / "bin" / "python"
    return next((p for p in (sys.executable, made) if os.path.exists(p) and works(p)), None)


def token_of(user, role):
    api = state["node"].api
    status, body = api.call("POST", "/api/v1/users", {"name": user, "role": role,
                                                      "password": "correct horse battery"})
    equal(status, 201, body)
    status, body = api.call("POST", "/api/v1/tokens", {"user": user, "role": role, "label": "t"})
    equal(status, 201, body)
    return body["secret"]


def rows(series):
    """The values of a series, by second."""
    path = "/api/v1/points/" + urllib.parse.quote(series, safe="") + "/samples"
    status, body = state["node"].api.call("GET", f"{path}?from_ms=0&limit=100000")
    return {t // 1000: v for t, v, _ in body["items"]} if status == 200 else {}


def holds(series, wanted):
    until(lambda: rows(series) == wanted, 10, series)


def sends(status, path, *words, **more):
    """The body of an answer that must have this status."""
    found, body = curl(path, *words, **more)
    equal(found, status, f"{path}: {body}")
    return body


def curl(path, *words, data=None, user=None):
    """(status, body) as curl sees them."""
    if not shutil.which("curl"):
        raise Skip("curl cannot be had here")
    auth = ["-u", user] if user else ["-H", f"Authorization: Token {state['writer']}"]
    done = subprocess.run(["curl", "-s", "-w", "\n%{http_code}", *auth, *words,
                           *(["--data-binary", "@-"] if data is not None else []),
                           f"http://127.0.0.1:{HTTP}{path}"],
                          input=data, capture_output=True, timeout=30, check=False)
    equal(done.returncode, 0, done.stderr)
    body, status = done.stdout.rsplit(b"\n", 1)
    return int(status), body.decode()


@case
def curl_writes_as_version_1_is_documented():
    sends(204, "/write?db=mydb&rp=one&precision=s", data=b"c1,host=a v=0.5 %d" % T)
    sends(204, f"/write?db=x&precision=ms&u=any&p={state['writer']}", "-H", "Authorization:",
          data=b"c1,host=b v=1 %d000" % T)
    sends(204, "/write?db=x&precision=s", data=b"c1,host=c v=2 %d" % T,
          user=f"any:{state['writer']}")
    holds('c1_v{host="a"}', {T: 0.5})
    holds('c1_v{host="b"}', {T: 1})
    holds('c1_v{host="c"}', {T: 2})
    return subprocess.run(["curl", "--version"], capture_output=True, text=True,
                          check=True).stdout.split(" (")[0]


@case
def curl_writes_as_version_2_is_documented():
    sends(204, "/api/v2/write?org=o&bucket=b&precision=s", "-H", "Content-Encoding: gzip",
          data=gzip.compress(b"c2,host=a v=3i,w=4u %d\n" % T))
    holds('c2_v{host="a"}', {T: 3})
    holds('c2_w{host="a"}', {T: 4})


@case
def curl_is_told_what_is_wrong():
    body = sends(400, "/write?db=x", data=b"c3 v=1 7\nc3 v=x 8\n")
    demand("line 2" in json.loads(body)["error"], body)
    sends(400, "/write?db=x&precision=y", data=b"c3 v=1")
    sends(501, "/write?db=x&level=parent", data=b"c3 v=1")
    sends(204, "/ping", "-H", "Authorization:")


def ask_all():
    run = subprocess.run([state["program"], PEER, f"http://127.0.0.1:{HTTP}", state["writer"],
                          state["viewer"]],
                         capture_output=True, text=True, timeout=120, check=False)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    state["found"] = {row["name"]: row["trouble"] for row in found}
    state["err"] = run.stderr


def case_of(name):
    def run():
        if not state["program"]:
            raise Skip("influxdb-client cannot be had here")
        if state["found"] is None:
            ask_all()
        demand(name in state["found"], "the peer ended before", state["err"])
        demand(state["found"][name] is None, state["found"][name])
    run.__name__ = f"client_{name}"
    return case(run)


# The names are in the source, so that they are told also where the peer cannot run.
for at in re.findall(r"(?m)^@case\ndef (\w+)", PEER.read_text(encoding="utf-8")):
    case_of(at)


@case
def what_the_client_wrote_is_there():
    if not state["program"]:
        raise Skip("influxdb-client cannot be had here")
    holds('py one_f{t a,g="v=1 2"}', {T: 1.5})
    holds('py one_i{t a,g="v=1 2"}', {T: -7})
    holds('py one_b{t a,g="v=1 2"}', {T: 1})
    holds("pyb_v", {T + i: i for i in range(1000)})
    holds("pyw_v", {T: 1})
    equal({t: v for d in range(7) for t, v in rows(f'pyz_v{{d="{d}"}}').items()},
          {T + i: i / 8 for i in range(500)}, "compressed")
    names = subprocess.run([state["program"], PEER, "names"], capture_output=True, text=True,
                           check=True).stdout
    equal(sorted(state["found"]), sorted(json.loads(names)), "cases")
    version = subprocess.run([state["program"], PEER, "version"], capture_output=True, text=True,
                             check=True).stdout.strip()
    return f"influxdb-client {version}"


space.enter()
state["program"] = interpreter()
where = folder()
state["node"] = Node(where, CONFIG % where).start()
state["writer"], state["viewer"] = token_of("writer", "operator"), token_of("reader", "viewer")
try:
    tap.main()
finally:
    state["node"].kill()
