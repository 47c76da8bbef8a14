# SPDX-License-Identifier: Apache-2.0
"""Users, roles and API tokens from outside: the command line with and without a node,
signing in, and what a power cut leaves."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import PROGRAM, Api, Node, folder, plant_config, with_lines  # noqa: E402
from tap import case, demand, equal  # noqa: E402

PASSWORD = "correct horse battery"
EX_USAGE, EX_DATA, EX_EXISTS = 64, 65, 73


def user(node, *words, typed=None, lang="C"):
    """`jizhu user ...` on the folder of a node: (status, output, trouble)."""
    run = subprocess.run([PROGRAM, "user", *words, "--config", node.config], text=True,
                         input=typed or "", capture_output=True, timeout=60, check=False,
                         env={**os.environ, "LC_ALL": lang})
    return run.returncode, run.stdout, run.stderr


def good(node, *words, typed=None):
    status, out, err = user(node, *words, typed=typed)
    equal(status, 0, f"jizhu user {words}: {err}")
    return out.strip()


def new_node():
    where = folder()
    return Node(where, plant_config(where))


def sign_in(node, name, password):
    """(status, cookie and word to send along)."""
    link = Api(node.api.port)
    status, body = link.call("POST", "/api/v1/session", {"user": name, "password": password})
    link.close()
    return status, body


def token_of(node, name, role):
    return Api(node.api.port,
               good(node, "token", "add", name, "--role", role, "--label", "test"))


@case
def a_user_made_before_the_first_start_signs_in_after_it():
    node = new_node()
    good(node, "add", "li", "--role", "engineer", "--scope", "99.100.1", typed=PASSWORD + "\n")
    before = good(node, "list", "--json")
    node.start()
    status, body = sign_in(node, "li", PASSWORD)
    equal(status, 200, body)
    equal((body["subject"], body["role"], body["scope"]), ("user:li", "engineer", "99.100.1"),
          "who it is")
    equal(sign_in(node, "li", PASSWORD + "!")[0], 401, "a wrong password")
    equal(sign_in(node, "nobody", PASSWORD)[0], 401, "an unknown name")
    equal(json.loads(good(node, "list", "--json")), json.loads(before),
          "the list with a node and without")
    equal(node.stop(), 0, "stop")
    return before


@case
def the_command_line_reaches_a_running_node_and_the_change_holds_at_once():
    node = new_node().start()
    good(node, "add", "li", "--role", "operator", typed=PASSWORD + "\n")
    link = token_of(node, "li", "operator")
    link.get("/api/v1/points")
    link.get("/api/v1/users", 403)
    equal(link.call("DELETE", "/api/handles/99.100.1/X")[0], 403, "an engineer's work")
    good(node, "set", "li", "--role", "viewer")
    equal(link.order("FRM1.V_SET", 3.7, "key-1")[0], 403, "an order of a viewer")
    good(node, "set", "li", "--disable")
    link.get("/api/v1/points", 401)
    equal(good(node, "token", "list"), "", "tokens of a disabled user")
    good(node, "set", "li", "--enable", "--password", typed="another long password\n")
    equal(sign_in(node, "li", PASSWORD)[0], 401, "the old password")
    equal(sign_in(node, "li", "another long password")[0], 200, "the new password")
    good(node, "remove", "li")
    equal(sign_in(node, "li", "another long password")[0], 401, "a removed user")
    messages = [e["message"] for e in node.api.events(class_="access")]
    for message in ("USER_ADDED", "TOKEN_ADDED", "USER_CHANGED", "USER_REMOVED", "LOGIN",
                    "LOGIN_REFUSED"):
        demand(message in messages, f"no {message} in", messages)
    equal(node.stop(), 0, "stop")


@case
def refusals_sound_alike_with_a_node_and_without():
    node = new_node()
    wrong = ((EX_EXISTS, ("add", "li", "--role", "viewer"), PASSWORD),
             (EX_DATA, ("add", "wang", "--role", "viewer"), "short"),
             (EX_DATA, ("add", "wang", "--role", "boss"), PASSWORD),
             (EX_DATA, ("add", "w/ng", "--role", "viewer"), PASSWORD),
             (1, ("set", "nobody", "--role", "viewer"), None),
             (1, ("remove", "nobody"), None),
             (EX_DATA, ("token", "add", "li", "--role", "admin", "--label", "x"), None),
             (1, ("token", "revoke", "000000000000"), None),
             (EX_USAGE, ("add", "wang"), None),
             (EX_USAGE, ("paint",), None))
    good(node, "add", "li", "--role", "engineer", typed=PASSWORD + "\n")
    tries = [(*row, lang) for row in wrong for lang in ("C", "zh_CN.UTF-8")]
    without = [user(node, *words, typed=typed, lang=lang) for _, words, typed, lang in tries]
    node.start()
    for (status, words, typed, lang), before in zip(tries, without):
        after = user(node, *words, typed=typed, lang=lang)
        equal(before[0], status, f"{words}: {before[2]}")
        equal(after, before, f"{words}")
    equal(node.stop(), 0, "stop")
    return f"{len(tries)} refusals"


@case
def users_outlive_a_kill_and_sessions_do_not():
    node = new_node().start()
    good(node, "add", "li", "--role", "viewer", typed=PASSWORD + "\n")
    link = token_of(node, "li", "viewer")
    link.get("/api/v1/points")
    node.kill()
    link.close()
    node.start()
    link.port = node.api.port
    link.get("/api/v1/points")
    equal(sign_in(node, "li", PASSWORD)[0], 200, "signs in")
    node.kill()
    demand("li" in good(node, "list"), "the list after a kill")


@case
def the_command_line_goes_by_https_where_the_node_does():
    where = folder()
    text = with_lines(plant_config(where), http='"0.0.0.0:8443"\n  tls: {mode: always}')
    node = Node(where, text).start()
    good(node, "add", "li", "--role", "viewer", typed=PASSWORD + "\n")
    demand("li" in good(node, "list"), "the list by the node's own certificate")
    status, _, err = user(node, "list", "--ca", "/etc/ssl/certs/ca-certificates.crt")
    demand(status != 0, "an authority that did not sign it")
    equal(node.stop(), 0, "stop")
    return err.strip()[:100]


@case
def no_secret_stands_in_the_folder_or_in_what_the_node_prints():
    node = new_node().start()
    good(node, "add", "li", "--role", "viewer", typed=PASSWORD + "\n")
    secret = good(node, "token", "add", "li", "--label", "x")
    equal(sign_in(node, "li", PASSWORD)[0], 200, "signs in")
    equal(sign_in(node, "a secret typed into the wrong field", "x")[0], 401, "refused")
    printed = node.process.out() + node.process.err()
    equal(node.stop(), 0, "stop")
    files = [path for path in node.data.rglob("*") if path.is_file()]
    for wanted in (PASSWORD, secret, "wrong field"):
        demand(wanted not in printed, f"{wanted} was printed")
        found = [path for path in files if wanted.encode() in path.read_bytes()]
        demand(not found, f"{wanted} stands in", found)
    return f"{len(files)} files"


@case
def signing_in_takes_as_long_for_a_name_that_is_not_known():
    """Medians, so that a busy machine does not decide; PBKDF2 is nearly all of either."""
    node = new_node().start()
    good(node, "add", "li", "--role", "viewer", typed=PASSWORD + "\n")
    times = {"li": [], "nobody": []}
    for _ in range(4):
        for name, spent in times.items():
            start = time.monotonic()
            equal(sign_in(node, name, "wrong wrong wrong")[0], 401, name)
            spent.append(time.monotonic() - start)
    known, unknown = (statistics.median(times[name]) for name in ("li", "nobody"))
    demand(0.5 < known / unknown < 2, f"{known:.3f} s and {unknown:.3f} s")
    equal(node.stop(), 0, "stop")
    return f"{known * 1000:.0f} ms and {unknown * 1000:.0f} ms"


space.enter()
tap.main()
