# SPDX-License-Identifier: Apache-2.0
"""The Handle client library of its makers (net.handle:handle-client), unmodified, as a
client of two nodes: the second serves a prefix that the first delegates to it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder  # noqa: E402
from tap import Failed, Skip, case, demand, equal  # noqa: E402

JAVA = HERE / "java"
CONFIG = """user: nobody
node: {{name: "{name}", prefix: "{prefix}"}}
data: "{data}"
listen: {{http: "127.0.0.1:0", handle: ["127.0.0.1:{port}"]}}
handle: {{admins: ["300:0.NA/99.100.1"], source_cpu: 100}}
"""
CASES = [
    "gets site information", "creates with a key", "resolves over TCP", "resolves over UDP",
    "resolves in another case of letters", "filters by type", "filters by index",
    "filters by the head of a type", "resolves as of a time", "is told that a name is not there",
    "is told that values are not there", "is told that a prefix is not here",
    "checks the signature of a certified answer", "reads UTF-8",
    "reads a record of many packets over UDP", "is told that a name is taken",
    "creates with a secret", "is refused with a wrong secret", "is refused without permission",
    "adds a value", "is told that an index is taken", "modifies a value",
    "is told that a value to modify is not there", "removes a value", "overwrites a record",
    "has a suffix made up", "reads a private value as its administrator", "deletes a record",
    "is told that a record to delete is not there", "works in a session",
    "works in an encrypted session", "sends a batch", "asks from many threads at once",
    "lists more names than fit a message", "homes a prefix", "lists homed prefixes",
    "unhomes a prefix", "follows a referral to a second node",
]
state = {}


def libraries():
    """The folder of the client's jars, fetched by Maven the first time. Its place may
    be said in JIZHU_JARS, since a case has no network."""
    place = pathlib.Path(os.environ.get("JIZHU_JARS", JAVA / "jars"))
    if not any(place.glob("handle-client-*.jar")):
        raise Skip(f"no handle-client here: run {HERE / 'java' / 'fetch'}")
    return place


def java(place, *words):
    program = shutil.which("java")
    if not program:
        raise Skip("no Java here")
    command = [program, "-Xmx256m", "-cp", f"{place}/*", str(JAVA / "HandlePeer.java"),
               *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def node(name, prefix, port):
    where = folder()
    text = CONFIG.format(name=name, prefix=prefix, data=where / "data", port=port)
    return Node(where, text).start()


def run_all():
    """Runs the client once; what it said of each case."""
    place = libraries()
    where = folder()
    made = java(place, "keys", where)
    equal(made.returncode, 0, made.stderr[-500:])
    upper, lower = node("upper", "99.100.1", 2641), node("lower", "99.100.1.7", 2642)
    record = json.loads((where / "record.json").read_text())
    status, body = upper.api.call("PUT", upper.api.name_path("0.NA/99.100.1"), record)
    demand(status in (200, 201), body)
    status, body = lower.api.put_name("99.100.1.7/there", "https://127.0.0.1/there")
    demand(status in (200, 201), body)
    run = java(place, "run", where, 2641, 2642)
    upper.stop()
    lower.stop()
    demand("ok" in run.stdout, run.stderr[-800:])
    state["said"] = dict(re.findall(r"^(?:not )?ok ([\w -]+?)(?: - (.*))?$", run.stdout, re.M))
    state["good"] = set(re.findall(r"^ok ([\w -]+)$", run.stdout, re.M))
    state["version"] = next(place.glob("handle-client-*.jar")).stem


def make_case(name):
    def check():
        if "trouble" in state:
            raise state["trouble"]
        if "said" not in state:
            try:
                run_all()
            except (Skip, Failed) as trouble:
                state["trouble"] = trouble
                raise
        demand(name in state["said"], "the client did not come this far")
        demand(name in state["good"], state["said"][name])
        return state["version"] if name == CASES[0] else None
    check.__name__ = "the_handle_client_" + name.replace(" ", "_").replace("-", "_")
    return case(check)


for one in CASES:
    make_case(one)
space.enter()
tap.main()
