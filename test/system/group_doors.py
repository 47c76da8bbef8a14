# SPDX-License-Identifier: Apache-2.0
"""Samples that programs send: acknowledged is durable, whatever happens to the node; what is
refused is told; what is too much is turned away and not lost on the way."""
import http.client
import json
import pathlib
import struct
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

HTTP, T, ROUNDS, WRITERS, ASKS = 8080, 1700000000, 6, 4, 200
POURS, POURED = 24, 100000
AGAINS, AGAIN = 40, 200000
SHEET = "application/vnd.jizhu.samples"
CONFIG = f"""node: {{name: works, prefix: 99.100.1}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
devices: []
"""
state = {}


def api():
    return state["node"].api


def write(body, path="/write?precision=s", kind="text/plain", **more):
    return api().call("POST", path, body, {"Content-Type": kind, **more.get("headers", {})})


def rows(series):
    """The values of a series, by second."""
    path = "/api/v1/points/" + urllib.parse.quote(series, safe="") + "/samples"
    status, body = api().call("GET", f"{path}?from_ms=0&limit=100000")
    return {t // 1000: v for t, v, _ in body["items"]} if status == 200 else {}


def metric(name):
    text = api().call("GET", "/metrics")[1].decode()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


def lines_of(writer, turn):
    """What one request holds: a series of its own that is new each eighth time, and a large
    body each fifth, which the other loop takes."""
    count = 3000 if turn % 5 == 4 else 3
    return [(f'k_v{{turn="{turn // 8}",writer="{writer}"}}', T + turn * 10000 + i, turn * 10000 + i)
            for i in range(count)]


class Writer(threading.Thread):
    """Writes until the node is gone; remembers what was acknowledged."""

    def __init__(self, number, first):
        super().__init__(daemon=True)
        self.number, self.turn, self.kept = number, first, []

    def body(self, found):
        return "".join(f"k,writer={self.number},turn={self.turn // 8} v={v} {t}\n"
                       for _, t, v in found)

    def run(self):
        link = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=20)
        head = {"Authorization": f"Token {api().token}"}
        try:
            while True:
                found = lines_of(self.number, self.turn)
                link.request("POST", "/write?precision=s", self.body(found), head)
                reply = link.getresponse()
                reply.read()
                if reply.status == 204:
                    self.kept += found
                self.turn += 1
        except (OSError, http.client.HTTPException):
            link.close()


@case
def what_was_acknowledged_outlives_kill_9():
    turns, kept = [0] * WRITERS, []
    for round_ in range(ROUNDS):
        writers = [Writer(i, turns[i]) for i in range(WRITERS)]
        for writer in writers:
            writer.start()
        wanted = len(kept) + 2000 + 1500 * round_
        until(lambda: len(kept) + sum(len(w.kept) for w in writers) > wanted, 60, "writes")
        state["node"].process.kill()
        for writer in writers:
            writer.join(30)
        kept += [row for w in writers for row in w.kept]
        turns = [w.turn + 1 for w in writers]
        state["node"].start()
    by_series = {}
    for series, t, v in kept:
        by_series.setdefault(series, {})[t] = v
    for series, wanted in by_series.items():
        demand(wanted.items() <= rows(series).items(), series, "has lost some")
    return f"{len(kept)} values of {len(by_series)} series over {ROUNDS} kills"


@case
def no_number_of_a_series_is_given_twice():
    """After the kills above each series still has its own values alone."""
    for writer in range(WRITERS):
        for t, v in rows(f'k_v{{turn="0",writer="{writer}"}}').items():
            equal(v, t - T, f"writer {writer} at {t}")


@case
def a_body_of_wrong_lines_tells_the_first():
    status, body = write("e v=1 7\ne v=? 7\n\ne 7\n")
    equal(status, 400, body)
    demand("line 2" in body["error"] and "refused: 2" in body["error"], body)


@case
def a_body_that_is_too_large_is_413():
    link = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
    link.request("POST", "/write", b"m v=1 1\n" * (9 << 17),
                 {"Authorization": f"Token {api().token}"})
    equal(link.getresponse().status, 413, "status")
    link.close()


def sheet(name, count, first=T, columns=2):
    """Columns of a second each row."""
    head = struct.pack("<4sBHI", b"JZSH", 1, columns, count)
    head += b"".join(bytes([len(n)]) + n + bytes([4, 0])
                     for n in (f'{name}{{n="{column}"}}'.encode() for column in range(columns)))
    times = struct.pack(f"<{count}q", *((first + i) * 10**9 for i in range(count)))
    values = [struct.pack(f"<{count}d", *(i * 0.5 + n for i in range(count)))
              for n in range(columns)]
    return head + times + b"".join(values)


class Pourer(threading.Thread):
    """Writes so much that the memory table is sealed more than once."""

    def __init__(self):
        super().__init__(daemon=True)
        self.statuses = []

    def run(self):
        link = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=20)
        head = {"Authorization": f"Bearer {api().token}", "Content-Type": SHEET}
        for i in range(POURS):
            link.request("POST", "/api/v1/samples", sheet("p", POURED, T + i * POURED), head)
            reply = link.getresponse()
            reply.read()
            self.statuses.append(reply.status)
        link.close()


def write_and_ask(link, turn):
    """One line, and a question on the line it was answered on."""
    head = {"Authorization": f"Bearer {api().token}"}
    link.request("POST", "/write?precision=s", f"seen v={turn} {T + turn}\n", head)
    reply = link.getresponse()
    equal((reply.status, reply.read()), (204, b""), "the write")
    link.request("GET", f"/api/v1/points/seen_v/samples?from_ms={T + turn}000", headers=head)
    reply = link.getresponse()
    found = reply.read()
    demand(f"[{T + turn}000,{turn},".encode() in found, f"write {turn} is not in", found)
    equal(reply.getheader("Jizhu-Seen"), None, "what it says of being behind")


@case
def what_is_acknowledged_is_in_the_next_answer():
    """Though another one writes much and tables are sealed."""
    pourer, seals, turn = Pourer(), metric("jizhu_historian_seals_total"), 0
    link = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=20)
    pourer.start()
    while turn < ASKS or pourer.is_alive():
        write_and_ask(link, turn)
        turn += 1
    link.close()
    equal(pourer.statuses, [204] * POURS, "the other writer")
    seals = metric("jizhu_historian_seals_total") - seals
    demand(seals > 1, f"{seals} seals")
    return (f"{turn} writes and questions, {seals} seals, "
            f"{metric('jizhu_http_queries_awaited_total')} waited")


@case
def what_is_acknowledged_is_found_while_its_point_is_merged():
    """A large sheet of one point, the same times again and again, and a question after each."""
    link = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=20)
    head = {"Authorization": f"Bearer {api().token}"}
    body, slowest = sheet("again", AGAIN, columns=1), 0
    merged = metric("jizhu_historian_merged_rows_total")
    path = "/api/v1/points/" + urllib.parse.quote('again{n="0"}', safe="") + \
        f"/samples?from_ms={T + AGAIN - 1}000"
    for turn in range(AGAINS):
        link.request("POST", "/api/v1/samples", body, {**head, "Content-Type": SHEET})
        reply = link.getresponse()
        equal((reply.status, reply.read()), (204, b""), "the sheet")
        asked = time.monotonic()
        link.request("GET", path, headers=head)
        reply = link.getresponse()
        found = json.loads(reply.read())["items"]
        slowest = max(slowest, time.monotonic() - asked)
        equal(len(found), turn + 1, "how often the last row is there")
        equal(reply.getheader("Jizhu-Seen"), None, "what it says of being behind")
    link.close()
    merged = metric("jizhu_historian_merged_rows_total") - merged
    demand(merged > AGAIN, f"{merged} rows were merged meanwhile")
    return (f"{AGAINS} sheets and questions, {merged} rows merged meanwhile, the slowest answer "
            f"after {slowest * 1000:.0f} ms")


@case
def columns_are_taken_by_the_hundred_thousand():
    count = 100000
    equal(write(sheet("c", count), "/api/v1/samples", SHEET)[0], 204, "status")
    found = rows('c{n="1"}')
    equal(len(found), count, "all of a column")
    equal(found[T + 7], 4.5, "a value")


@case
def the_view_of_series_may_go_at_any_time():
    before = rows('c{n="0"}')
    state["node"].stop()
    (state["node"].data / "views" / "series").unlink()
    state["node"].start()
    equal(rows('c{n="0"}'), before, "samples")
    equal(write("c,n=0 late=1 1\n")[0], 204, "another")


@case
def past_the_limit_new_series_are_refused_and_told():
    limit = metric("jizhu_series_series") + 1
    state["node"].stop()
    state["node"].config.write_text(CONFIG % where + f"history: {{series: {limit}}}\n")
    state["node"].start()
    equal(write("one,last=1 v=1 7\n")[0], 204, "the last one")
    status, body = write("one,last=1 v=2 8\none,last=2 v=1 7\n")
    equal(status, 400, body)
    demand("line 2: no new series" in body["error"], body)
    equal(rows('one_v{last="1"}'), {7: 1, 8: 2}, "the known one")
    until(lambda: "SERIES_REFUSED" in [e["message"] for e in api().events()], 10, "the event")
    equal(metric("jizhu_series_refused_total"), 1, "refused")
    state["node"].stop()
    state["node"].config.write_text(CONFIG % where)
    state["node"].start()


@case
def metrics_count_what_came():
    before = metric("jizhu_http_ingest_values_total")
    equal(write("q v=1,w=2 1\n")[0], 204, "status")
    equal(metric("jizhu_http_ingest_values_total"), before + 2, "values")
    demand(metric("jizhu_series_series") > WRITERS, "series")
    equal(metric("jizhu_http_ingest_bytes"), 0, "bytes under way")


space.enter()
where = folder()
state["node"] = Node(where, CONFIG % where).start()
try:
    tap.main()
finally:
    state["node"].kill()
