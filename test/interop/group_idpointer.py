# SPDX-License-Identifier: Apache-2.0
"""The client of China's identifier nodes (cn.teleinfo.id-pointer:id-pointer-sdk), unmodified,
as a client of a node. Where no registry serves it each case is skipped by name. Its side here
is written by its public sources and has to be looked at when it first runs."""
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
from tap import Failed, Skip, case, demand  # noqa: E402

JAVA = HERE / "java"
PORT, NAME = 2641, "99.100.1/pump"
CONFIG = """user: nobody
node: {{name: "idpointer", prefix: "99.100.1"}}
data: "{data}"
listen: {{http: "127.0.0.1:0", handle: ["127.0.0.1:{port}"]}}
"""
CASES = ["resolves", "filters by type", "filters by index"]
state = {}


def libraries():
    place = pathlib.Path(os.environ.get("JIZHU_IDPOINTER_JARS", JAVA / "jars-idpointer"))
    if not any(place.glob("id-pointer-sdk-*.jar")):
        raise Skip(f"no id-pointer-sdk here, nor in the registry: {JAVA / 'fetch'} idpointer")
    return place


def run_all():
    place, program = libraries(), shutil.which("java")
    if not program:
        raise Skip("no Java here")
    where = folder()
    node = Node(where, CONFIG.format(data=where / "data", port=PORT)).start()
    status, body = node.api.call("PUT", node.api.name_path(NAME), {"values": [
        {"index": 1, "type": "URL", "data": f"https://127.0.0.1/{NAME}"},
        {"index": 2, "type": "DESC", "data": "a pump"}]})
    demand(status in (200, 201), status, body)
    run = subprocess.run([program, "-Xmx256m", "-cp", f"{place}/*", str(JAVA / "IdPointerPeer.java"),
                          "run", str(PORT), NAME], capture_output=True, text=True, timeout=120, check=False)
    node.stop()
    demand("ok" in run.stdout, run.stderr[-800:])
    state["said"] = run.stdout
    state["version"] = next(place.glob("id-pointer-sdk-*.jar")).stem


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
        demand(re.search(rf"(?m)^ok {name}$", state["said"]), state["said"])
        return state["version"] if name == CASES[0] else None
    check.__name__ = "the_id_pointer_sdk_" + name.replace(" ", "_")
    return case(check)


for one in CASES:
    make_case(one)
space.enter()
tap.main()
