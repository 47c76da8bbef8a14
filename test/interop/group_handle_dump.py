# SPDX-License-Identifier: Apache-2.0
"""The records of a Handle.Net server, as its library (net.handle:handle-client) and that of
its store (com.sleepycat:je) write them, unmodified, brought into a node. The server's own
tools that dump (StorageToJson, hdl-dblist) are in no artifact of a registry: their files are
written here by the same calls of the library. The store is dumped by the store's own DbDump,
which is what the server's checkpoint calls."""
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
from jizhu import Node, command, folder  # noqa: E402
from tap import Skip, case, demand, equal  # noqa: E402

JAVA = HERE / "java"
CONFIG = """user: nobody
node: {{name: "dump", prefix: "99.100.1"}}
data: "{data}"
listen: {{http: "127.0.0.1:0", handle: ["127.0.0.1:{port}"]}}
handle: {{source_cpu: 100}}
"""
RECORDS, RECORD = 502, "0.NA/99.55.7"
state = {}


def libraries():
    place = pathlib.Path(os.environ.get("JIZHU_DUMP_JARS", JAVA / "jars-dump"))
    if not any(place.glob("je-*.jar")):
        raise Skip(f"no handle-client and JE here: run {JAVA / 'fetch'} dump")
    return place


def java(*words):
    program = shutil.which("java")
    if not program:
        raise Skip("no Java here")
    place = libraries()
    run = subprocess.run([program, "-Xmx256m", "-cp", f"{place}/*", str(JAVA / "DumpPeer.java"),
                          *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
    equal(run.returncode, 0, run.stderr[-800:])
    return run.stdout


def made():
    """The folder with the dumps."""
    if "made" not in state:
        where = folder()
        equal(java("make", where), f"made {RECORDS}\n", "the peer")
        state["made"] = where
    return state["made"]


def versions():
    return ", ".join(sorted(p.stem for p in libraries().glob("*.jar")
                            if p.stem.startswith(("handle-client", "je-"))))


def fresh(port):
    where = folder()
    return Node(where, CONFIG.format(data=where / "data", port=port))


def run(node, *words, status=0):
    found, out, err = command(*words, "--http", f"127.0.0.1:{node.api.port}", "--data", node.data)
    equal(found, status, f"{words}: {err}")
    return out


def counts(out):
    return {k: v for k, v in json.loads(out).items() if v}


def compared(node, where):
    """What the makers' library finds in an export: how many values are the same bytes."""
    export = folder() / "export.jsonl"
    with open(export, "w", encoding="utf-8") as lines:
        for prefix in ("99.55.7", "0.NA"):
            lines.write(run(node, "export", prefix))
    return java("compare", where, export)


def check(port, *files):
    where = made()
    node = fresh(port).start()
    for name, wanted in files:
        equal(counts(run(node, "import", where / name, "--format", "dump", "--json")),
              wanted, name)
    said = compared(node, where)
    demand("missing" not in said and "same 1013" in said, said)
    for name, wanted in files:
        again = run(node, "import", where / name, "--format", "dump", "--mode", "replace", "--json")
        equal(counts(again), {"unchanged": sum(wanted.values())}, f"{name} once more")
    node.stop()
    return versions()


@case
def a_checkpoint_of_the_store_is_imported_with_every_byte_of_every_value():
    return check(2641, ("nas.dump", {"homed": 1}), ("handles.dump", {"created": RECORDS}))


@case
def json_of_the_store_is_imported_with_every_byte_of_every_value():
    return check(2642, ("store.json", {"homed": 1, "created": RECORDS}))


@case
def a_list_of_the_store_is_imported_with_every_byte_of_every_value():
    return check(2643, ("nas.dump", {"homed": 1}), ("list.txt", {"created": RECORDS}))


if __name__ == "__main__":
    space.enter()
    tap.main()
