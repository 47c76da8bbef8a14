# SPDX-License-Identifier: Apache-2.0
"""The eight questions: what each means, as Python over the generator's columns, and in
the languages of those who are asked. An answer is {key: number} in all of them, so that
answers can be compared before any time counts."""
import array
import json
import math
import urllib.parse

T0, STEP, FIELDS = 1699999200, 10, 10
RAW_FROM, RAW_TO = T0 + 3 * 3600, T0 + 4 * 3600
OVER = 3.2
NAMES = {
    "Q0": "a constant, what asking costs by itself",
    "Q1": "mean per minute of 1 tag",
    "Q2": "mean per hour of each of 100 tags",
    "Q3": "max per hour over 100 devices, 10 fields",
    "Q4": "last of 1000 tags",
    "Q5": "raw samples of 10 tags, one hour",
    "Q6": "mean of all of one field",
    "Q7": "count of one field over a bound",
}
EPSILON = 2.0 ** -52
# An answer further off than this is wrong, one nearer is said to be inexact.
INEXACT = 1e-9


class Data:
    """The generator's columns, and the answers by plain arithmetic over them."""

    def __init__(self, path, devices, steps):
        self.devices, self.steps = devices, steps
        self.end = T0 + steps * STEP
        self.asked = min(42, devices - 1)
        self.all = array.array("d")
        with open(path, "rb") as file:
            self.all.fromfile(file, devices * FIELDS * steps)

    def column(self, device, field, begin=0, end=None):
        at = (device * FIELDS + field) * self.steps
        return self.all[at + begin:at + (self.steps if end is None else end)]

    def buckets(self, width):
        per = width // STEP
        return [(T0 + i * STEP, i, min(i + per, self.steps)) for i in range(0, self.steps, per)]

    def mean(self, device, field, begin, end):
        return math.fsum(self.column(device, field, begin, end)) / (end - begin)

    def answers(self):
        devices, hours = range(self.devices), self.buckets(3600)
        first, last = (RAW_FROM - T0) // STEP, (RAW_TO - T0) // STEP
        every = [self.column(d, 0) for d in devices]
        return {
            "Q1": {s: self.mean(self.asked, 0, a, b) for s, a, b in self.buckets(60)},
            "Q2": {(d, s): self.mean(d, 0, a, b) for d in devices for s, a, b in hours},
            "Q3": {(f, s): max(max(self.column(d, f, a, b)) for d in devices)
                   for f in range(FIELDS) for s, a, b in hours},
            "Q4": {(d, f): self.column(d, f)[-1] for d in devices for f in range(FIELDS)},
            "Q5": {(f, T0 + k * STEP): self.column(self.asked, f)[k] for f in range(FIELDS)
                   for k in range(first, last)},
            "Q6": {0: math.fsum(x for c in every for x in c) / (self.devices * self.steps)},
            "Q7": {0: sum(x > OVER for d in devices for x in self.column(d, 7))},
        }

    def summed(self, question):
        """How many values a mean of the question sums at most; 0 for what must be exact."""
        return {"Q1": 6, "Q2": 360, "Q6": self.devices * self.steps}.get(question, 0)


def judge(found, wanted, summed):
    """('equal', ''), ('inexact', how far) or ('wrong', why). A mean may differ by a unit
    in the last place for each of the values that were summed in some order."""
    if set(found) != set(wanted):
        return "wrong", f"{len(found)} rows instead of {len(wanted)}"
    far = max(abs(found[k] - wanted[k]) / max(abs(wanted[k]), 1e-300) for k in wanted)
    if far <= summed * EPSILON:
        return "equal", ""
    return ("inexact" if far <= INEXACT else "wrong"), f"off by up to {far:.1e}"


def device_of(text):
    return int(text.lstrip("d"))


def get(path, **query):
    text = f"{path}?{urllib.parse.urlencode(query)}" if query else path
    return f"GET {text} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(path, body, head=""):
    return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}Content-Length: {len(body)}"
            f"\r\n\r\n").encode() + body.encode()


# InfluxQL.

def influx(data):
    span = f"time >= {T0}s AND time < {data.end}s"
    device = f"dev = 'd{data.asked:03d}'"
    maxima = ", ".join(f"max(f{f}) AS f{f}" for f in range(FIELDS))
    lasts = ", ".join(f"last(f{f}) AS f{f}" for f in range(FIELDS))
    raw = ", ".join(f"f{f}" for f in range(FIELDS))
    return {
        "Q0": "SHOW DATABASES",
        "Q1": f"SELECT mean(f0) FROM m WHERE {device} AND {span} GROUP BY time(1m)",
        "Q2": f"SELECT mean(f0) FROM m WHERE {span} GROUP BY time(1h), dev",
        "Q3": f"SELECT {maxima} FROM m WHERE {span} GROUP BY time(1h)",
        "Q4": f"SELECT {lasts} FROM m GROUP BY dev",
        "Q5": f"SELECT {raw} FROM m WHERE {device} AND time >= {RAW_FROM}s AND time < {RAW_TO}s",
        "Q6": f"SELECT mean(f0) FROM m WHERE {span}",
        "Q7": f"SELECT count(f7) FROM m WHERE f7 > {OVER} AND {span}",
    }


def influx_answer(question, body, _data):
    series = json.loads(body)["results"][0].get("series", [])
    rows = [(s.get("tags", {}).get("dev"), row) for s in series for row in s["values"]]
    if question == "Q1":
        return {row[0]: row[1] for _, row in rows if row[1] is not None}
    if question == "Q2":
        return {(device_of(dev), row[0]): row[1] for dev, row in rows if row[1] is not None}
    if question in ("Q3", "Q5"):
        return {(f, row[0]): row[1 + f] for _, row in rows for f in range(FIELDS)}
    if question == "Q4":
        return {(device_of(dev), f): row[1 + f] for dev, row in rows for f in range(FIELDS)}
    return {0: rows[0][1][1]}


# PromQL. A bucket [a, b) is asked for a millisecond before b, because ranges end with
# their last moment; where they begin with their first one too they are that much shorter.

def promql(data, is_closed, is_name_kept, counts_over):
    """{question: (text, step or 0 for one moment, last moment)}"""
    def span(seconds):
        return f"[{seconds - 1}s999ms]" if is_closed else f"[{seconds}s]"
    whole = data.steps * STEP
    every = '{__name__=~"m_f.*"}'
    device = f'dev="d{data.asked:03d}"'
    by_name = f"max by (__name__) (max_over_time({every}{span(3600)}))"
    by_hand = " or ".join(
        f'label_replace(max(max_over_time(m_f{f}{span(3600)})), "field", "m_f{f}", "", "")'
        for f in range(FIELDS))
    end = data.end - 0.001
    count = f"count_gt_over_time(m_f7{span(whole)}, {OVER})" if counts_over else \
        f"count_over_time((m_f7 > {OVER})[{whole}s:{STEP}s])"
    return {
        "Q0": ("1", 0, end),
        "Q1": (f"avg_over_time(m_f0{{{device}}}{span(60)})", 60, end),
        "Q2": (f"avg_over_time(m_f0{span(3600)})", 3600, end),
        "Q3": (by_name if is_name_kept else by_hand, 3600, end),
        "Q4": (f"last_over_time({every}{span(3600)})", 0, end),
        "Q5": (f'{{__name__=~"m_f.*", {device}}}{span(3600)}', 0, RAW_TO - 0.001),
        "Q6": (f"avg(avg_over_time(m_f0{span(whole)}))", 0, end),
        "Q7": (f"sum({count})", 0, end),
    }


def promql_path(base, text, step, last, **more):
    if not step:
        return f"{base}/query?" + urllib.parse.urlencode({"query": text, "time": f"{last:.3f}",
                                                          **more})
    begin = T0 + step - 0.001
    end = begin + math.ceil((last - begin) / step) * step
    return f"{base}/query_range?" + urllib.parse.urlencode(
        {"query": text, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": step, **more})


def promql_answer(question, body, _data):
    result = json.loads(body)["data"]["result"]
    width = {"Q1": 60, "Q2": 3600, "Q3": 3600}.get(question, 0)
    found = {}
    for series in result:
        labels = series["metric"] if isinstance(series, dict) else {}
        name = labels.get("__name__", labels.get("field", ""))
        head = {"Q2": lambda: (device_of(labels["dev"]),), "Q3": lambda: (int(name[3:]),),
                "Q5": lambda: (int(name[3:]),)}.get(question, tuple)()
        if question == "Q4":
            found[device_of(labels["dev"]), int(name[3:])] = float(series["value"][1])
        elif question in ("Q6", "Q7"):
            found[0] = float(series["value"][1])
        else:
            for moment, value in series["values"]:
                key = (*head, round(moment + (0.001 if width else 0)) - width)
                found[key if head else key[0]] = float(value)
    return found


# SQL over a table m(ts, dev, f0 ... f9); ts in seconds.

def sql(data, dialect):
    """dialect: how it says the start of a bucket and the value at the last time."""
    bucket, last, table, dev = (dialect[k] for k in ("bucket", "last", "table", "dev"))
    asked = dev(data.asked)
    maxima = ", ".join(f"max(f{f})" for f in range(FIELDS))
    raw = ", ".join(f"f{f}" for f in range(FIELDS))
    lasts = ", ".join(last(f"f{f}") for f in range(FIELDS))
    ts = dialect.get("ts", "ts")
    return {
        "Q0": "SELECT 1",
        "Q1": f"SELECT {bucket(60)} AS t, avg(f0) FROM {table} WHERE dev = {asked} "
              "GROUP BY t ORDER BY t",
        "Q2": f"SELECT dev, {bucket(3600)} AS t, avg(f0) FROM {table} GROUP BY dev, t "
              "ORDER BY dev, t",
        "Q3": f"SELECT {bucket(3600)} AS t, {maxima} FROM {table} GROUP BY t ORDER BY t",
        "Q4": f"SELECT dev, {lasts}{dialect.get('also', '')} FROM {table} GROUP BY dev",
        "Q5": f"SELECT {ts}, {raw} FROM {table} WHERE dev = {asked} AND ts >= {RAW_FROM} "
              f"AND ts < {RAW_TO}",
        "Q6": f"SELECT avg(f0) FROM {table}",
        "Q7": f"SELECT count(*) FROM {table} WHERE f7 > {OVER}",
    }


def sql_answer(question, rows, _data):
    if question == "Q1":
        return {int(t): float(v) for t, v in rows}
    if question == "Q2":
        return {(device_of(str(d)), int(t)): float(v) for d, t, v in rows}
    if question in ("Q3", "Q5"):
        return {(f, int(row[0])): float(row[1 + f]) for row in rows for f in range(FIELDS)}
    if question == "Q4":
        return {(device_of(str(row[0])), f): float(row[1 + f]) for row in rows
                for f in range(FIELDS)}
    return {0: float(rows[0][0])}


def quoted(device):
    return f"'d{device:03d}'"


CLICKHOUSE = {"bucket": lambda w: f"toUInt32(toStartOf{'Minute' if w == 60 else 'Hour'}(ts))",
              "last": lambda f: f"argMax({f}, ts)", "table": "b.m", "dev": quoted,
              "ts": "toUInt32(ts)"}
DUCKDB = {"bucket": lambda w: f"ts // {w} * {w}", "last": lambda f: f"arg_max({f}, ts)",
          "table": "m", "dev": quoted}
# SQLite takes the other columns of a group from the row of its only max().
SQLITE = {"bucket": lambda w: f"ts / {w} * {w}", "last": lambda f: f, "table": "m", "dev": str,
          "also": ", max(ts)"}
