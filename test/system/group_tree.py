# SPDX-License-Identifier: Apache-2.0
"""A tree of three nodes: what an enterprise lets go arrives at its province once, whoever is
killed in between; what is core stays; who was put out stays out; damage is told."""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import journal  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
import tree  # noqa: E402
import uplink  # noqa: E402
from jizhu import PROGRAM, Node, command, folder, plant  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

NATION, PROVINCE, ENTERPRISE = "99.1", "99.1.32", "99.1.32.100"
QUARTER_S, STEP_S, GRACE_S = 900, 5, 60
EX_DATA, EX_DENIED = 65, 77
CONTRACT = """  contracts:
    - name: all
      streams: [events, indicators]
      indicators: [energy.*]
      points: [general]
      events: [alarm, alert, record]
      severity: info
      cell: 1
"""
CONFIGS = {
    NATION: "uplink: {listen: ['127.0.0.1:2643']}\n",
    PROVINCE: f"""uplink:
  listen: ['[::1]:2643']
  parents: [{{name: nation, node: {NATION}, address: '127.0.0.1:2643', contract: all}}]
{CONTRACT}""",
    # Of the two limits that are never kept one is of a core point.
    ENTERPRISE: f"""uplink:
  parents: [{{name: province, node: {PROVINCE}, address: '[::1]:2643', contract: all}}]
{CONTRACT}calendars: [{{name: works, zone: UTC}}]
indicators:
  - definition: energy.electricity
    scope: unit
    periods: [15min]
    inputs: {{meter: MTR1.ENERGY}}
devices:
  - name: MTR1
    address: 127.0.1.41:1502
    points:
      - {{name: POWER, table: input, address: 0, type: f32, unit: kW, limits: [-9, -8]}}
      - {{name: ENERGY, table: input, address: 2, type: u64, scale: 0.001, unit: kWh}}
      - {{name: VOLTS, table: input, address: 6, type: u16, unit: V, limits: [1, 2], class: core}}
""",
}
nodes, trees, state = {}, {}, {}


def run(node, *words):
    """(status, output, trouble) of a command with the configuration of a node."""
    done = subprocess.run([PROGRAM, *words, "--config", nodes[node].config], text=True, timeout=60,
                          capture_output=True, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, "LC_ALL": "C"})
    return done.returncode, done.stdout, done.stderr


def good(node, *words):
    status, out, err = run(node, *words)
    equal(status, 0, f"jizhu {words}: {err}")
    return out


def make(prefix, http, level):
    where = folder()
    where.chmod(0o777)
    head = (f"user: nobody\nnode: {{name: n{http}, prefix: {prefix}, level: {level}}}\n"
            f"data: {where}/data\nlisten: {{http: '127.0.0.1:{http}', handle: []}}\n"
            f"sentry: {{capture: none}}\n")
    nodes[prefix] = Node(where, head + CONFIGS[prefix])
    trees[prefix] = tree.Journal(where / "data")


def held(node, child, stream):
    return tree.items(tree.received(trees[node]), stream, child)


def let_go(node, parent, stream):
    return tree.items(tree.released(trees[node]), stream, parent)


def events_of(node, child):
    return [tree.event_of(body) for _, body in held(node, child, "events")]


def alarm_is_there(node, child):
    return any(e.message == tree.POINT_OUT_OF_LIMITS and e.node == ENTERPRISE
               and b"MTR1.POWER" in e.words for e in events_of(node, child))


def write_quarter():
    """The readings of a quarter of an hour that is over; (its start, what it used)."""
    end = int(time.time() - GRACE_S - 2 * STEP_S) // QUARTER_S * QUARTER_S
    start = end - QUARTER_S
    rows = [f"{t},{1000 + (t - start) / 100}" for t in range(start - STEP_S, end + 1, STEP_S)]
    path = nodes[ENTERPRISE].where / "quarter.csv"
    path.write_text("\n".join(["time,MTR1.ENERGY", *rows]) + "\n", encoding="utf-8")
    good(ENTERPRISE, "import-history", path)
    return start * 10**9, QUARTER_S / 100


@case
def three_levels_join_by_codes_and_start():
    for child, parent, address in ((PROVINCE, NATION, "127.0.0.1:2643"),
                                   (ENTERPRISE, PROVINCE, "[::1]:2643")):
        if not nodes[parent].process:
            nodes[parent].start()
        code = good(parent, "member", "invite", child).strip()
        name = {NATION: "nation", PROVINCE: "province"}[parent]
        good(child, "enrol", "--parent", address, "--code", code, "--name", name)
        nodes[child].start()


@case
def an_alarm_of_the_enterprise_arrives_and_one_of_a_core_point_stays():
    until(lambda: alarm_is_there(PROVINCE, ENTERPRISE), 10, "the alarm at the province")
    points = until(lambda: len(p := {e["point"] for e in nodes[ENTERPRISE].api.events()
                                     if e["message"] == "POINT_OUT_OF_LIMITS"}) == 2 and p,
                   10, "both alarms at home")
    equal(points, {"MTR1.POWER", "MTR1.VOLTS"}, "alarms at home")


@case
def a_figure_of_a_quarter_that_is_over_arrives_at_the_province():
    start, used = write_quarter()
    def look():
        found = [tree.figure_of(body) for _, body in held(PROVINCE, ENTERPRISE, "indicators")]
        return [f for f in found if f.start == start and isinstance(f.value, float)]
    figure = until(look, 20, "the figure")[-1]
    equal((figure.node, figure.definition, figure.scope, figure.length, figure.origin,
           figure.value, figure.parts),
          (ENTERPRISE, "energy.electricity/1", "unit", QUARTER_S * 10**9, "measured", used, [used]),
          "the figure")
    state.update(used=used)


def in_the_book(node, entity):
    """How a figure of that value came to be, by the node's own book."""
    told = nodes[node].api.get("/api/v1/figures?definition=energy.electricity&latest=1")
    return [f["origin"] for f in told["items"]
            if (f["entity"], f["value"]) == (entity, state["used"])]


@case
def it_is_rolled_up_at_the_province_and_again_at_the_nation():
    equal(in_the_book(PROVINCE, ENTERPRISE), ["measured"], "the book of the province")
    until(lambda: in_the_book(PROVINCE, PROVINCE) == ["rolled"], 10, "the sum of the province")
    until(lambda: in_the_book(NATION, PROVINCE) == ["rolled"], 10, "what came to the nation")
    until(lambda: in_the_book(NATION, NATION) == ["rolled"], 10, "the sum of the nation")


def register(name):
    status, body = nodes[ENTERPRISE].api.put_name(name, "https://example.com/")
    demand(status in (200, 201), name, status, body)


@case
def whoever_is_killed_each_event_arrives_once_and_in_order():
    names = [f"{ENTERPRISE}/piece-{i:04d}" for i in range(240)]
    for i, name in enumerate(names):
        for node, killed, started in ((ENTERPRISE, 60, 60), (PROVINCE, 120, 160),
                                      (ENTERPRISE, 140, 140), (ENTERPRISE, 200, 200)):
            if i == killed:
                nodes[node].kill()
            if i == started:
                nodes[node].start()
        register(name)
    def look():
        created = [e for e in events_of(PROVINCE, ENTERPRISE) if e.message == tree.RECORD_CREATED]
        return created if created[-1:] and names[-1].encode() in created[-1].words else None
    arrived = [e for e in until(look, 20, "the last event") if b"/piece-" in e.words]
    equal([name.encode() in e.words for name, e in zip(names, arrived, strict=True)],
          [True] * len(names), "events in their order")
    sequences = [e.sequence for e in events_of(PROVINCE, ENTERPRISE)]
    equal(sequences, sorted(set(sequences)), "sequences at home")
    return f"{len(names)} names, {len(sequences)} events"


@case
def what_is_core_stands_in_no_byte_that_was_let_go_and_is_counted():
    batches = tree.released(trees[ENTERPRISE])
    payloads = trees[ENTERPRISE].of(uplink.RELEASE) + trees[PROVINCE].of(uplink.RECEIVED)
    demand(payloads and not any(b"VOLTS" in p for p in payloads), "VOLTS has left")
    counted = [b.withheld.get(tree.CORE, 0) for b in batches if b.stream == "events"]
    demand(counted[-1] >= 1, "withheld as core:", counted)


@case
def what_the_province_holds_is_what_the_enterprise_let_go():
    for stream in ("events", "indicators"):
        equal(held(PROVINCE, ENTERPRISE, stream), let_go(ENTERPRISE, PROVINCE, stream),
              f"items of stream {stream}")


@case
def who_was_put_out_is_refused_and_what_it_has_stays_with_it():
    good(PROVINCE, "member", "revoke", ENTERPRISE, "--reason", "sold")
    before = len(held(PROVINCE, ENTERPRISE, "events"))
    register(f"{ENTERPRISE}/after")
    until(lambda: len(let_go(ENTERPRISE, PROVINCE, "events")) > before, 10, "one more let go")
    status, _, err = run(ENTERPRISE, "enrol", "--parent", "[::1]:2643", "--renew", "--name",
                         "province")
    equal(status, EX_DENIED, err)
    demand("revoked" in err, "the reason:", err)
    nodes[ENTERPRISE].stop()
    nodes[ENTERPRISE].start()
    until(lambda: [e for e in nodes[ENTERPRISE].api.events() if e["message"].startswith("UPLINK")],
          10, "the refusal is an event")
    equal(len(held(PROVINCE, ENTERPRISE, "events")), before, "held of it")


@case
def what_is_left_on_the_disks_is_whole():
    for prefix, node in nodes.items():
        equal(node.stop(), 0, f"stop of {prefix}")
        status, out, err = command("verify", node.data)
        equal(status, 0, f"verify {prefix}: {out}{err}")
        whole, text = journal.verify(node.data, "tree")
        demand(whole, prefix, text)


@case
def one_byte_of_what_was_let_go_changed_is_told():
    node = nodes[ENTERPRISE]
    path = journal.segments(node.data, "tree")[0]
    found = next(s for s, kind, _ in trees[ENTERPRISE].read() if kind == uplink.RELEASE)
    offset, length = journal.records(path)[0][found - 1]
    data = bytearray(path.read_bytes())
    data[offset + length // 2] ^= 1
    path.write_bytes(data)
    status, out, err = command("verify", node.data)
    equal(status, EX_DATA, out + err)
    demand(path.name in err, "the place:", err)
    equal(node.refuse()[0], EX_DATA, "a start")


space.enter()
with plant(folder(), "--furnace"):
    for prefix, http, level in ((NATION, 18080, "nation"), (PROVINCE, 18081, "province"),
                                (ENTERPRISE, 18082, "enterprise")):
        make(prefix, http, level)
    tap.main()
