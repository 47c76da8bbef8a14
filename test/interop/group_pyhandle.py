# SPDX-License-Identifier: Apache-2.0
"""pyhandle, the Python client of the Handle REST API, unmodified, against a node over
https that shows its own certificate. Its reverse look-up asks another server and its
batch client writes files for another program, so neither has anything to ask here."""
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import BUILD, Node, folder, plant_config, with_lines  # noqa: E402
from tap import Skip, case, demand, equal  # noqa: E402

PEER = HERE / "peer_pyhandle.py"
PORT, PREFIX, SECRET, VERSION = 8443, "99.100.1", "s3cr3t-Key", "1.5.0"
state = {"found": None, "why": None}


def works(program):
    run = subprocess.run([program, PEER, "version"], capture_output=True, text=True, check=False)
    return run.returncode == 0


def interpreter():
    """One that has pyhandle: this one, or the virtual environment beside the build."""
    made = BUILD / "pyhandle-venv" / "bin" / "python"
    return next((p for p in (sys.executable, made) if os.path.exists(p) and works(p)), None)


def openssl(*words):
    run = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    demand(run.returncode == 0, run.stderr)
    return run.stdout


def make_pair(where, name):
    key, certificate = where / f"{name}.key", where / f"{name}.crt"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
            "-days", "30", "-subj", f"/CN=300:0.NA\\/{PREFIX}")
    return certificate, key


def jwk(key):
    """The public half as a JSON Web Key."""
    import base64
    text = openssl("rsa", "-in", key, "-noout", "-modulus")
    number = bytes.fromhex(text.strip().split("=")[1])
    return {"kty": "RSA", "n": base64.urlsafe_b64encode(number).decode().rstrip("="), "e": "AQAB"}


def value(index, kind, form, data, **more):
    return {"index": index, "type": kind, "data": {"format": form, "value": data}, **more}


def prefix_record(key):
    handle = f"0.NA/{PREFIX}"
    return [value(100, "HS_ADMIN", "admin", {"handle": handle, "index": 200,
                                             "permissions": "111111111111"}),
            value(200, "HS_VLIST", "vlist", [{"handle": handle, "index": i} for i in (300, 301)]),
            value(300, "HS_PUBKEY", "key", jwk(key)),
            value(301, "HS_SECKEY", "string", SECRET, permissions="1100"),
            value(303, "HS_SECKEY", "string", "another", permissions="1100")]


def put(node, name, values):
    status, body = node.api.call("PUT", node.api.name_path(name), {"values": values})
    demand(status in (200, 201), name, status, body)


def ask_all(program):
    where = folder()
    certificate, key = make_pair(where, "right")
    other, other_key = make_pair(where, "wrong")
    both = where / "both.pem"
    both.write_text(other.read_text() + other_key.read_text())
    node = Node(where, with_lines(plant_config(where),
                                  http=f'"0.0.0.0:{PORT}"\n  tls: {{clients: optional}}')).start()
    try:
        put(node, f"0.NA/{PREFIX}", prefix_record(key))
        put(node, f"{PREFIX}/READ", [value(1, "URL", "string", "https://example.com/r"),
                                     value(2, "DESC", "string", "读取")])
        run = subprocess.run([program, PEER, f"https://127.0.0.1:{PORT}", PREFIX,
                              node.certificate(), SECRET, certificate, key, both],
                             capture_output=True, text=True, timeout=120, check=False)
        rows = [json.loads(line) for line in run.stdout.splitlines()]
        state["found"] = {row["name"]: row["trouble"] for row in rows}
        state["err"] = run.stderr
    finally:
        node.kill()


def case_of(name):
    def run():
        if state["why"]:
            raise Skip(state["why"])
        if state["found"] is None:
            ask_all(state["program"])
        demand(name in state["found"], "the peer ended before", state["err"])
        demand(state["found"][name] is None, state["found"][name])
    run.__name__ = f"pyhandle_{name}"
    return case(run)


# The names are in the source, so that they are told also where the peer cannot run.
for found in re.findall(r"(?m)^@case\ndef (\w+)", PEER.read_text(encoding="utf-8")):
    case_of(found)


@case
def pyhandle_ran_every_case():
    if state["why"]:
        raise Skip(state["why"])
    run = subprocess.run([state["program"], PEER, "names"], capture_output=True, text=True,
                         check=True)
    equal(sorted(state["found"]), sorted(json.loads(run.stdout)), "cases")
    return f"pyhandle {VERSION}"


space.enter()
state["program"] = interpreter()
if not state["program"]:
    state["why"] = "pyhandle cannot be had here"
tap.main()
