# SPDX-License-Identifier: Apache-2.0
"""Prometheus and promtool of Debian, unmodified. Both stores get the same samples: those
of test/golden/promql, and what Prometheus scrapes and writes on to the node by remote
write. Then both are asked the same, and promtool asks the node."""
import http.server
import json
import math
import pathlib
import random
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE)]

import prometheus  # noqa: E402
import promql_chance  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder  # noqa: E402
from tap import Skip, case, demand, equal, until  # noqa: E402

GOLDEN = HERE.parent / "golden" / "promql"
START, WIDE = 1767225600, 1767400000
HTTP, PEER, SCRAPER, PLANT = 8080, 9090, 9091, 9100
WRITE = "/prometheus/api/v1/write"
CONFIG = f"""node: {{name: works, prefix: 99.100.1}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
"""
SCRAPE = f"""global: {{scrape_interval: 250ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: plant
    static_configs: [{{targets: ["127.0.0.1:{PLANT}"]}}]
remote_write:
  - url: http://127.0.0.1:{HTTP}{WRITE}
    authorization: {{credentials: "%s"}}
    queue_config: {{batch_send_deadline: 200ms}}
"""
SCRAPED = [
    "press_force", "press_force{line='a'}", "sum by (line) (press_force)", "topk(2, press_force)",
    "rate(parts_total[5s])", "increase(parts_total[3s])", "irate(parts_total[2s])",
    "resets(parts_total[20s])", "changes(press_force[5s])", "avg_over_time(press_force[4s])",
    "max_over_time(press_force[4s]) - min_over_time(press_force[4s])",
    "quantile_over_time(0.9, press_force[4s])", "count_over_time(gone[4s])", "gone",
    "absent(gone)", "timestamp(gone)", "up", "stddev_over_time(press_force[4s])",
    "histogram_quantile(0.9, sum by (le) (rate(cycle_seconds_bucket[5s])))",
    "press_force / on(press) group_left press_limit", "press_force > 100", "deriv(press_force[4s])",
    "delta(press_force[4s])", "sum(rate(parts_total[5s])) by (line)", "last_over_time(gone[10s])",
    "scrape_samples_scraped", "max_over_time(sum(press_force)[4s:500ms])",
]
state = {"node": None, "peer": None}


class Plant(http.server.BaseHTTPRequestHandler):
    """Presses whose numbers move on with each scrape; one series goes after a while."""
    scrapes = 0

    def do_GET(self):  # noqa: N802
        cls = type(self)
        cls.scrapes += 1
        n, rows = cls.scrapes, []
        for i, (line, press) in enumerate((a, b) for a in "ab" for b in ("p1", "p2")):
            labels = f'line="{line}",press="{press}"'
            rows.append(f"press_force{{{labels}}} {100 + 9 * math.sin(n / 5 + i)!r}")
            rows.append(f"parts_total{{{labels}}} {(7 + i) * (n % 23)}")
            rows += [f'cycle_seconds_bucket{{{labels},le="{le}"}} {n * (j + 1 + i)}'
                     for j, le in enumerate(("0.5", "1", "5", "+Inf"))]
        rows += ['press_limit{press="p1"} 101.5', 'press_limit{press="p2"} 97']
        if n < 25:
            rows.append(f"gone {n}")
        body = ("\n".join(rows) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Not on the error stream."""


def wide_data(path):
    """Series of a sample a second, long enough for blocks of any store; text."""
    chance, rows = random.Random(3), []
    total, level = 0, 50.0
    for second in range(6000):
        total = 0 if second in (2500, 2501, 4000) else total + chance.randrange(7)
        level += chance.gauss(0, 0.1)
        values = {"level": round(level, 3), "total": float(total), "swing": chance.gauss(0, 1e6),
                  "falling": -float(second), "state": float(second // 600 % 3),
                  "torn": math.nan if second % 997 == 0 else 1 / (1 + second)}
        rows += [(name, second, value) for name, value in values.items()]
    pathlib.Path(path).write_text("".join(
        f"wide{{kind=\"{name}\"}} {'NaN' if math.isnan(value) else repr(value)} {WIDE + second}\n"
        for name, second, value in sorted(rows)) + "# EOF\n")


def write(path):
    """All of a file to the node; how many series and samples there were."""
    rows = list(prometheus.samples(path).items())
    status, body = state["node"].api.call("POST", WRITE, prometheus.write_request(rows), {
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0"})
    if status == 404:
        raise Skip("this node has no remote write")
    demand(status in (200, 204), status, body)
    return len(rows), sum(len(points) for _, points in rows)


def need_peer():
    if not prometheus.is_here():
        raise Skip("prometheus cannot be had here")


def need_data():
    need_peer()
    if not state.get("written"):
        raise Skip("the samples could not be written to the node")


def ours(question):
    return prometheus.ask(f"http://127.0.0.1:{HTTP}/prometheus", question,
                          {"Authorization": f"Bearer {state['node'].api.token}"})


def compare(questions, ask_theirs, least):
    wrong, count = [], 0
    for question in questions:
        count += 1
        is_ordered = question["query"].startswith(("sort", "topk(2"))
        found = prometheus.difference(ours(question), ask_theirs(question),
                                      is_ordered and "step" not in question)
        if found:
            wrong.append(f"{question}: {found:.400}")
    demand(not wrong, f"{len(wrong)} of {count} differ:", *(f"\n{row}" for row in wrong[:8]))
    demand(count >= least, f"only {count} questions")
    return f"{count} questions, equal to 1e-12"


@case
def prometheus_is_here():
    need_peer()
    return prometheus.version()


@case
def the_same_samples_are_written_to_both():
    need_peer()
    where = folder()
    wide_data(where / "wide.om")
    data = [GOLDEN / "data.om", where / "wide.om"]
    counts = [write(path) for path in data]
    state["peer"] = prometheus.Prometheus(where, data=data, port=PEER)
    state["peer"].start()
    state["written"] = True
    return f"{sum(c[0] for c in counts)} series, {sum(c[1] for c in counts)} samples"


@case
def the_answers_to_the_golden_queries_are_those_of_prometheus():
    need_data()
    return compare(prometheus.questions(GOLDEN, START), state["peer"].ask, 200)


@case
def a_grid_of_times_that_fits_no_sample_is_answered_alike():
    need_data()
    questions = [{"query": query, "start": str(START + 301.5), "end": str(START + 2500),
                  "step": step}
                 for query in ("rate(parts_total[77s])", "press_force", "avg_over_time(wave[3m])",
                               "sum by (line) (increase(parts_total[4m]))", "changes(door_open[9m])")
                 for step in ("0.5", "17.3", "61", "11m")]
    return compare(questions, state["peer"].ask, 20)


@case
def windows_wider_than_blocks_are_answered_alike():
    need_data()
    functions = ["rate", "increase", "delta", "changes", "resets"] + [
        name + "_over_time" for name in ("avg", "sum", "min", "max", "count", "last", "stddev")]
    questions = []
    for function in functions:
        for width in ("20m", "4999s", "2h"):
            query = f"{function}(wide[{width}])"
            questions.append({"query": query, "time": str(WIDE + 5999)})
            questions.append({"query": query, "start": str(WIDE + 1000), "end": str(WIDE + 5900),
                              "step": "700"})
    return compare(questions, state["peer"].ask, 72)


@case
def queries_made_by_chance_are_answered_alike():
    need_data()
    return compare(promql_chance.questions(7, 1500, START), state["peer"].ask, 1500)


@case
def what_is_wrong_is_refused_alike():
    need_data()
    bad = ["press_force{", "sum(", "rate(press_force)", "press_force + on(nothing) press_force",
           "1 == 2", "{}", "nothing_such(x)", "press_force offset 5m offset 5m",
           "press_force + on(line) press_force"]
    return compare([{"query": query, "time": str(START + 1800)} for query in bad],
                   state["peer"].ask, len(bad))


def promtool(kind, *words, good=True):
    """The only proof it can send is a name and a password in the address."""
    url = f"http://promtool:{state['node'].api.token}@127.0.0.1:{HTTP}/prometheus"
    done = subprocess.run(["promtool", "query", kind, url, *words], capture_output=True, text=True,
                          timeout=30, check=False)
    equal(done.returncode == 0, good, f"{kind} {words}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


@case
def promtool_is_a_client_of_the_node():
    need_data()
    text = promtool("instant", "press_force{press='p1'}", "--time", str(START + 1800))
    equal(len(text.splitlines()), 2, text)
    demand('press_force{line="a", press="p1"} => 121.8 @[1767227400]' in text, text)
    text = promtool("range", "count(press_force)", "--start", str(START + 600), "--end",
                    str(START + 900), "--step", "60s")
    equal(text.split(), ["{}", "=>", *(w for i in range(6) for w in (
        "6", f"@[{START + 600 + 60 * i}]"))], "range")
    text = promtool("series", "--match", "press_limit", "--match", "late_gauge")
    equal(sorted(text.splitlines()), [
        '{__name__="late_gauge", line="a"}',
        '{__name__="press_limit", grade="gp1", press="p1"}',
        '{__name__="press_limit", grade="gp2", press="p2"}'], "series")
    text = promtool("labels", "press")
    equal(text.split(), ["p1", "p2", "p3"], "labels")
    demand("cannot stand here" in promtool("instant", "sum(", good=False), "refusal")
    return subprocess.run(["promtool", "--version"], capture_output=True, text=True,
                          check=True).stdout.split(" (")[0].strip()


def one_time(query, at):
    return {"query": query, "time": f"{at:.3f}"}


@case
def what_prometheus_scrapes_and_writes_on_is_answered_alike():
    need_data()
    plant = http.server.ThreadingHTTPServer(("127.0.0.1", PLANT), Plant)
    threading.Thread(target=plant.serve_forever, daemon=True).start()
    scraper = prometheus.Prometheus(folder(), port=SCRAPER,
                                    config=SCRAPE % state["node"].api.token)
    scraper.start()
    try:
        until(lambda: Plant.scrapes >= 60, 60, "60 scrapes")
        plant.shutdown()
        plant.server_close()
        # The plant is down: its series end with staleness markers. Behind them both have
        # the same past, as soon as the last of it has been written on.
        at = time.time()
        newest = one_time("count({__name__!='up',job='plant'} offset 1ms)", at)
        until(lambda: json.dumps(ours(newest)["result"]) == json.dumps(
            scraper.ask(newest)["result"]), 20, "the scrapes on both sides")
        # Only up to 2 s ago, so that nothing is on its way.
        until(lambda: time.time() > at + 2, 10, "two seconds")
        questions = []
        for query in SCRAPED:
            questions.append(one_time(query, at - 1.5))
            questions.append({"query": query, "start": f"{at - 20:.3f}", "end": f"{at:.3f}",
                              "step": "0.7"})
        return compare(questions, scraper.ask, 40)
    finally:
        scraper.stop()


@case
def the_node_and_its_peer_stop_as_they_should():
    if state["peer"]:
        state["peer"].stop()
    equal(state["node"].stop(), 0, "status")


space.enter()
place = folder()
state["node"] = Node(place, CONFIG % place)
state["node"].start()
tap.main()
