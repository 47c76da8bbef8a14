# SPDX-License-Identifier: Apache-2.0
"""Machines on a serial line: polled, ordered, unplugged and back, over a pseudo terminal."""
import os
import pathlib
import signal
import sys
import termios

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, Process, folder, plant_config  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

state = {}


def api():
    return state["node"].api


def devices():
    return api().get("/api/v1/devices")["items"]


def plug_in():
    """The simulator makes the line and serves it."""
    state["plugs"] = state.get("plugs", 0) + 1
    state["sim"] = Process(["sim", "--serial", LINE], PLACE / f"sim-{state['plugs']}")
    state["sim"].wait_line("machines on")


def metric(name):
    rows = api().call("GET", "/metrics")[1].decode().splitlines()
    return next(float(row.split()[1]) for row in rows if row.startswith(f"jizhu_{name} "))


def downs():
    return [e for e in api().events() if e["message"] == "DEVICE_DOWN"]


@case
def every_unit_of_the_line_is_up_and_its_points_are_good():
    for point in ("FRM1.VOLT", "COAT1.SPEED", "FRM4.V_SET"):
        state["node"].wait_good(point)
    until(lambda: all(d["state"] == "up" for d in devices()), 10, "every device is up")
    equal({d["address"] for d in devices()}, {str(LINE)}, "where they are")
    equal(sorted(d["unit"] for d in devices()), list(range(1, len(devices()) + 1)), "units")
    equal(sum(d["malformed"] + d["timeouts"] for d in devices()), 0, "faults")
    return f"{len(devices())} units"


@case
def an_order_is_written_and_read_back():
    status, body = api().order("FRM1.V_SET", 3.9, "serial")
    equal((status, body["state"]), (200, "verified"), body)
    equal(api().order("FRM1.V_SET", 9.9, "serial-far")[0], 422, "outside its limits")


@case
def the_load_of_the_line_is_told():
    load = until(lambda: metric("fleet_line_load_percent"), 15, "a load")
    demand(5 <= load <= 60, f"load {load} %")
    equal(metric("fleet_polls_skipped_total"), 0, "polls left out")
    return f"{load:.0f} % of 38,400 Bd"


@case
def a_line_that_is_unplugged_takes_its_units_down_and_says_why():
    state["sim"].kill()
    until(lambda: all(d["state"] != "up" for d in devices()), 5, "every device is down")
    equal(api().get("/api/v1/points/FRM1.VOLT")["quality_class"], "bad", "quality")
    down = until(lambda: downs() if len(downs()) == len(devices()) else None, 5,
                 "an event for each")
    equal({e["args"]["reason"] for e in down}, {"unavailable"}, "reasons")
    status, body = api().order("FRM1.V_SET", 3.8, "serial-down")
    equal(body["state"], "failed", body)


@case
def plugged_in_again_every_unit_comes_back():
    plug_in()
    until(lambda: all(d["state"] == "up" for d in devices()), 30, "every device is up")
    state["node"].wait_good("FRM1.VOLT")
    equal(api().order("FRM1.V_SET", 3.7, "serial-again")[1]["state"], "verified", "order")


@case
def a_node_that_was_killed_finds_the_port_free():
    state["node"].kill()
    state["node"].start()
    state["node"].wait_good("FRM1.VOLT")


@case
def another_rate_for_the_line_is_taken_by_a_reload():
    node = state["node"]
    text = node.config.read_text(encoding="utf-8")
    generation = api().get("/api/v1/node")["config"]["generation"]
    node.config.write_text(text.replace("baud: 38400", "baud: 115200"), encoding="utf-8")
    node.process.run.send_signal(signal.SIGHUP)
    until(lambda: api().get("/api/v1/node")["config"]["generation"] > generation, 10, "reload")
    until(lambda: all(d["state"] == "up" for d in devices()), 10, "every device is up")
    node.wait_good("FRM1.VOLT")
    end = os.open(LINE, os.O_RDWR | os.O_NOCTTY)
    equal(termios.tcgetattr(end)[5], termios.B115200, "rate of the port")
    os.close(end)


space.enter()
PLACE = folder()
LINE = PLACE / "line"
text = plant_config(PLACE, words=("--serial", LINE))
demand("protocol: modbus-rtu\n" in text, "the configuration does not poll the line")
plug_in()
state["node"] = Node(PLACE, text).start()
tap.main()
