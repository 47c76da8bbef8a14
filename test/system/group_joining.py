# SPDX-License-Identifier: Apache-2.0
"""Joining a parent by the command line: codes, refusals, what stays on the disk, and who
answers falsely."""
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import PROGRAM, Node, folder, until  # noqa: E402
from tap import case, demand, equal  # noqa: E402

EX_NOT_FOUND, EX_USAGE, EX_DATA, EX_UNAVAILABLE, EX_DENIED = 1, 64, 65, 69, 77
CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{5}-){7}[0-9A-HJKMNP-TV-Z]{5}\n")


class Place:
    """A configuration with a data folder, and commands on it."""

    def __init__(self, prefix, more=""):
        where = self.where = folder()
        where.chmod(0o777)
        self.data = where / "data"
        self.config = where / "jizhu.yaml"
        self.config.write_text(f"user: nobody\nnode: {{name: {prefix}, prefix: {prefix}}}\n"
                               f"data: {self.data}\n{more}", encoding="utf-8")

    def run(self, *words):
        """(status, output, trouble)"""
        done = subprocess.run([PROGRAM, *words, "--config", self.config], text=True, timeout=60,
                              capture_output=True, check=False, stdin=subprocess.DEVNULL,
                              env={**os.environ, "LC_ALL": "C"})
        return done.returncode, done.stdout, done.stderr

    def good(self, *words):
        status, out, err = self.run(*words)
        equal(status, 0, f"jizhu {words}: {err}")
        return out


@case
def a_code_is_printed_alone_and_stands_in_no_file():
    parent = Place("99.1000")
    code = parent.good("member", "invite", "99.1000.7")
    demand(CODE.fullmatch(code), "no code:", code)
    listed = json.loads(parent.good("member", "list", "--json"))["members"]
    equal([(m["node"], m["state"], m["by"]) for m in listed], [("99.1000.7", "invited", "admin")],
          "the list")
    parent.good("member", "revoke", "99.1000.7", "--reason", "sold")
    listed = json.loads(parent.good("member", "list", "--json"))["members"]
    equal([(m["state"], m["reason"], m["code_until_ms"]) for m in listed],
          [("revoked", "sold", None)], "the list")
    files = [path for path in parent.data.rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        demand(code.strip().encode() not in content, f"the code stands in {path}")
        equal(path.stat().st_mode & 0o077, 0, f"who may read {path}")
    return f"{len(files)} files"


@case
def refusals_say_what_to_do():
    parent, child = Place("99.1000"), Place("99.1000.7")
    code = parent.good("member", "invite", "99.1000.7").strip()
    slip = code[:-1] + ("0" if code[-1] != "0" else "1")
    wrong = ((parent, EX_DATA, ("member", "invite", "99/1"), "node.prefix"),
             (parent, EX_DATA, ("member", "invite", "99.1000"), "node.prefix"),
             (parent, EX_NOT_FOUND, ("member", "revoke", "99.1000.8"), "jizhu member list"),
             (parent, EX_USAGE, ("member", "paint"), "jizhu member --help"),
             (child, EX_USAGE, ("enrol", "--code", code), "--parent"),
             (child, EX_DATA, ("enrol", "--parent", "127.0.0.1:1", "--code", slip), "slip"),
             (child, EX_UNAVAILABLE, ("enrol", "--parent", "127.0.0.1:1", "--code", code),
              "uplink.listen"),
             (child, EX_NOT_FOUND, ("enrol", "--parent", "127.0.0.1:1", "--renew"),
              "jizhu enrol"))
    for place, code_wanted, words, hint in wrong:
        status, out, err = place.run(*words)
        equal(status, code_wanted, f"{words}: {err}")
        equal(out, "", "standard output")
        demand(hint in err, f"no {hint} in", err)


class Forger(threading.Thread):
    """A TLS server that shows another authority's certificate and keeps what it is told."""

    def __init__(self, other):
        super().__init__(daemon=True)
        keys = other.data / "keys"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(keys / "authority.pem", keys / "authority.key")
        self.context.set_alpn_protocols(["jizhu-enrol/1"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.told, self.trouble = b"", ""
        self.start()

    def run(self):
        link, _ = self.listener.accept()
        link.settimeout(20)
        try:
            with self.context.wrap_socket(link, server_side=True) as tls:
                self.told = tls.recv(65536)
        except OSError as error:
            self.trouble = str(error)


@case
def a_forged_parent_is_told_nothing_and_the_key_stays_for_the_right_one():
    parent, forger_place, child = Place("99.1000"), Place("99.1000"), Place("99.1000.7")
    code = parent.good("member", "invite", "99.1000.7").strip()
    forger_place.good("member", "list")
    keys = []
    for _ in range(2):
        forger = Forger(forger_place)
        status, _, err = child.run("enrol", "--parent", f"127.0.0.1:{forger.port}", "--code", code)
        forger.join(20)
        equal(status, EX_DENIED, err)
        demand("is not the parent of this code" in err, "the reason:", err)
        equal(forger.told, b"", "what the forger was told")
        demand("unknown ca" in forger.trouble, "the alert:", forger.trouble)
        key = child.data / "keys" / "next-parent.pem"
        equal(key.stat().st_mode & 0o777, 0o600, "the key's mode")
        keys.append(key.read_bytes())
    equal(keys[0], keys[1], "the key of the second try")


PORT = 2643


def sessions():
    """How many connections to the parent's door stand, by the kernel's own table."""
    rows = pathlib.Path("/proc/net/tcp6").read_text(encoding="ascii").splitlines()[1:]
    return sum(row.split()[1].endswith(f":{PORT:04X}") and row.split()[3] == "01" for row in rows)


def node_at(prefix, http, more):
    """A place whose node can be started, with its commands."""
    place = Place(prefix, f"listen: {{http: '127.0.0.1:{http}', handle: []}}\n{more}")
    place.node = Node(place.where, place.config.read_text(encoding="utf-8"))
    return place


def below(parent):
    return parent.node.api.get("/api/v1/tree")["children"][0]


def above(child):
    return child.node.api.get("/api/v1/tree")["parents"][0]


@case
def a_running_parent_takes_a_child_in_and_puts_it_out():
    parent = node_at("99.1000", 18080,
                     f"uplink: {{listen: ['127.0.0.1:{PORT}', '[::1]:{PORT}']}}\n")
    child = node_at("99.1000.7", 18081,
                    f"uplink: {{parents: [{{name: up, node: 99.1000, address: '[::1]:{PORT}'}}]}}\n")
    parent.node.start()
    code = parent.good("member", "invite", "99.1000.7").strip()
    told = child.good("enrol", "--parent", f"127.0.0.1:{PORT}", "--code", code, "--name", "up")
    demand(told.startswith("99.1000.7 is a member of 99.1000 until "), "what was told:", told)
    status, _, err = Place("99.1000.7").run("enrol", "--parent", f"[::1]:{PORT}", "--code", code)
    equal(status, EX_DENIED, err)
    demand("was used" in err, "the reason:", err)
    child.node.start()
    until(lambda: sessions() == 1, 20, "a session")
    until(lambda: below(parent)["state"] == "up" and above(child)["state"] == "up", 20,
          "both tell that the other is there")
    demand(below(parent)["address"].startswith("[::1]:") and below(parent)["certificate"] and
           above(child)["last_beat"], below(parent), above(child))
    told = child.good("enrol", "--parent", f"127.0.0.1:{PORT}", "--renew", "--name", "up")
    parent.good("member", "revoke", "99.1000.7", "--reason", "sold")
    until(lambda: sessions() == 0, 20, "the end of the session")
    equal(below(parent)["state"], "revoked", "what the parent tells")
    until(lambda: above(child)["state"] in ("down", "connecting", "refused"), 20,
          "what the child tells")
    status, _, err = child.run("enrol", "--parent", f"[::1]:{PORT}", "--renew", "--name", "up")
    equal(status, EX_DENIED, err)
    demand("revoked" in err, "the reason:", err)
    messages = [e["message"] for e in parent.node.api.events(class_="access")]
    for message in ("MEMBER_INVITED", "MEMBER_ENROLLED", "MEMBER_RENEWED", "MEMBER_REVOKED"):
        demand(message in messages, f"no {message} in", messages)
    equal((child.node.stop(), parent.node.stop()), (0, 0), "stop")


space.enter()
tap.main()
