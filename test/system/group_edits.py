# SPDX-License-Identifier: Apache-2.0
"""Changes of the history by hand: an answered one outlives kill -9, what was known before can be
asked for, each can be undone, and who did what and why is kept."""
import json
import pathlib
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder  # noqa: E402
from tap import case, demand, equal  # noqa: E402

HTTP, T, COUNT, ROUNDS = 8080, 1700000000, 100, 4
POINT = 'flow_value{line="1"}'
PATH = "/api/v1/points/" + urllib.parse.quote(POINT, safe="")
CONFIG = f"""node: {{name: works, prefix: 99.100.1}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
devices: []
"""
PASSWORD = "correct horse battery"
state = {}


def api():
    return state["node"].api


def rows(**query):
    text = urllib.parse.urlencode({"from_ms": 0, "limit": 100000, **query})
    return {t // 1000 - T: (v, q) for t, v, q in api().get(f"{PATH}/samples?{text}")["items"]}


def edits():
    return api().get(f"{PATH}/edits")["items"]


def edit(*words, status=0):
    found, out, err = command("edit", "--config", state["node"].config, POINT, *words)
    equal(found, status, f"{words}: {err}")
    return out.split() if status == 0 else err


def second(n):
    return str((T + n) * 1000)


def again():
    """The power goes: the node is killed and begins anew."""
    state["node"].kill()
    state["node"].start()


@case
def a_node_with_a_past():
    where = folder()
    state["node"] = Node(where, CONFIG % where).start()
    lines = "".join(f"flow,line=1 value={i} {T + i}\n" for i in range(COUNT))
    equal(api().call("POST", "/write?precision=s", lines, {"Content-Type": "text/plain"})[0], 204,
          "the samples")
    equal(len(rows()), COUNT, "samples")


@case
def what_was_answered_outlives_kill_9_and_what_was_known_before_is_told():
    for turn in range(ROUNDS):
        low = 10 * turn
        made, = edit("delete", "--from", second(low), "--to", second(low + 5), "--reason",
                     f"out in turn {turn}")
        again()
        now = rows()
        equal([i for i in range(low, low + 5) if i in now], [], "deleted")
        equal(len(now), COUNT - 5 * (turn + 1), "the others")
        listed = edits()
        equal([e["id"] for e in listed[-1:]], [made], "listed")
        before = rows(known_at_ms=listed[-1]["known_before_ms"])
        equal(len(before), COUNT - 5 * turn, "as known before")
    equal(len(rows(known_at_ms=edits()[0]["known_before_ms"])), COUNT, "as known at first")
    equal([e["reason"] for e in edits()], [f"out in turn {i}" for i in range(ROUNDS)], "reasons")
    return f"{ROUNDS} kills"


@case
def the_query_asks_as_of_before():
    at = edits()[0]["known_before_ms"]
    words = ("query", "--config", state["node"].config, POINT, "--json", "--aggregate", "count",
             "--from", second(0), "--to", second(COUNT), "--known-at")
    for known, count in ((str(at), COUNT), (str(int(time.time() * 1000)), COUNT - 5 * ROUNDS)):
        status, out, err = command(*words, known)
        equal((status, err), (0, ""), "the query")
        doc = json.loads(out)
        equal(dict(zip(doc["columns"], doc["items"][0]["rows"][0]))["Count"], count, known)


@case
def values_are_set_and_taken_back():
    made = edit("replace", f"{second(50)}=7.5", f"{second(51)}=8.5", "--reason", "read by eye")
    equal(len(made), 2, "ids")
    made += edit("insert", f"{T + 52}500=9", "--quality", "good", "--reason", "log book")
    equal([rows()[i] for i in (50, 51)], [(7.5, "overridden"), (8.5, "overridden")], "set")
    again()
    equal([rows()[i] for i in (50, 51)], [(7.5, "overridden"), (8.5, "overridden")], "kept")
    equal(rows()[52], (9, "good"), "inserted")
    for names in (made[:2], made[2:]):
        equal(len(edit("undo", *names, "--reason", "by mistake")), len(names), "at once")
        again()
    equal([rows()[i] for i in (50, 51, 52)], [(i, "good") for i in (50, 51, 52)], "as it was")
    demand("already" in edit("undo", made[0], "--reason", "twice", status=65), "undone once")
    for listed in edits():
        if listed["kind"] == "delete":
            edit("undo", listed["id"], "--reason", "it was right")
    equal(rows(), {i: (i, "good") for i in range(COUNT)}, "all as it was")
    again()
    equal(rows(), {i: (i, "good") for i in range(COUNT)}, "and so it stays")


@case
def what_makes_no_sense_is_refused_with_a_reason():
    span = ("--from", second(1), "--to", second(2))
    demand("reason" in edit("delete", *span, status=65), "no reason")
    demand("empty" in edit("delete", "--from", second(2), "--to", second(2), "--reason", "r",
                           status=65), "empty range")
    demand("already" in edit("insert", f"{second(1)}=1", "--reason", "r", status=65), "is there")
    demand("no sample" in edit("replace", f"{second(999)}=1", "--reason", "r", status=65), "is not")
    edit("insert", *(f"{i}=1" for i in range(1, 258)), "--reason", "r", status=64)
    edit("undo", "--reason", "r", status=64)
    edit("undo", "17", "--reason", "r", status=1)
    equal(len(rows()), COUNT, "nothing was done")


@case
def a_viewer_reads_and_changes_nothing():
    equal(api().call("POST", "/api/v1/users", {"name": "li", "role": "viewer",
                                               "password": PASSWORD})[0], 201, "a viewer")
    status, body = api().call("POST", "/api/v1/tokens",
                              {"user": "li", "role": "viewer", "label": "t"})
    equal(status, 201, "a token")
    head = {"Authorization": f"Bearer {body['secret']}"}
    count = len(edits())
    wish = {"kind": "delete", "from_ms": T * 1000, "to_ms": (T + 5) * 1000, "reason": "r"}
    equal(api().call("POST", f"{PATH}/edits", wish, head)[0], 403, "an edit")
    equal(api().call("POST", f"{PATH}/edits/{edits()[0]['id']}/undo", {"reason": "r"}, head)[0], 403,
          "an undo")
    equal(api().call("GET", f"{PATH}/edits", None, head)[0], 200, "the list")
    equal((len(edits()), len(rows())), (count, COUNT), "nothing was done")


@case
def annotations_come_with_answers_and_the_trail_tells_all():
    edit("annotate", "--from", second(0), "--to", second(9), "--text", "a trial 试验")
    wish = {"points": [POINT], "mode": "raw", "from_ms": T * 1000, "to_ms": (T + 5) * 1000,
            "annotations": True}
    status, body = api().call("POST", "/api/v1/query", wish)
    equal(status, 200, body)
    equal([(a["author"], a["text"]) for a in body["items"][0]["annotations"]],
          [("admin", "a trial 试验")], "annotations")
    wish = {"points": [POINT], "aggregates": "AnnotationCount", "step": "5s", "completeness": False,
            "from_ms": T * 1000, "to_ms": (T + 10) * 1000}
    status, body = api().call("POST", "/api/v1/query", wish)
    equal(status, 200, body)
    equal([row[1] for row in body["items"][0]["rows"]], [1, 0], "counted where it begins")
    lines = edit("list")
    demand("undo" in lines and "annotate" in lines, lines)
    told = [e for e in api().events(class_="record") if e["message"] == "HISTORY_EDITED"]
    equal(len(told), ROUNDS + 2 + 2 + ROUNDS + 1, "one for each request")
    demand("a trial 试验" in told[0]["text"] and POINT in told[0]["text"], told[0])
    equal(api().get("/api/v1/audit/verify")["ok"], True, "the chain")


@case
def the_node_ends():
    state["node"].stop()


if __name__ == "__main__":
    space.enter()
    tap.main()
