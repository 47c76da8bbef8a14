# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: another configuration for a node that works. What did not change is not
disturbed, what cannot change is refused by name, and the service manager is told."""
import pathlib
import re
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder, plant, plant_config, with_lines  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

state = {}


def api():
    return state["node"].api


def config():
    return api().get("/api/v1/node")["config"]


def told():
    """What the service manager was told since the last time."""
    found = []
    state["manager"].setblocking(False)
    try:
        while True:
            found.append(state["manager"].recv(4096).decode().splitlines()[0])
    except BlockingIOError:
        return found


def reload(text, seconds=10):
    """Writes the file, sends the signal, waits until the node is ready again; its
    view of the configuration."""
    node = state["node"]
    node.config.write_text(text, encoding="utf-8")
    told()
    seen = []
    node.process.run.send_signal(signal.SIGHUP)
    until(lambda: seen.extend(told()) or "READY=1" in seen, seconds, "READY after the signal")
    equal(seen, ["RELOADING=1", "READY=1"], "notifications")
    return config()


def device(name):
    return next((d for d in api().get("/api/v1/devices")["items"] if d["name"] == name), None)


def without(text, name):
    """The configuration without one device."""
    found = re.search(rf"(?ms)^  - name: {name}$.*?(?=^  - name: |^\S|\Z)", text)
    demand(found, "no device", name)
    return text[:found.start()] + text[found.end():]


def samples(point):
    body = api().get(f"/api/v1/points/{point}/samples?from_ms=0&to_ms={1 << 42}&limit=100000")
    return body["items"]


@case
def reloads_in_a_row_disturb_no_link_and_lose_no_sample():
    state["node"].wait_good("FRM1.VOLT")
    before = {d["name"]: d for d in api().get("/api/v1/devices")["items"]}
    start = len(samples("FRM1.VOLT"))
    generation = config()["generation"]
    deadline = time.monotonic() + 6
    count = 0
    while time.monotonic() < deadline:
        count += 1
        text = state["text"].replace("name: demo-plant", f"name: demo-plant-{count}")
        equal(reload(text)["generation"], generation + count, "generation")
    after = {d["name"]: d for d in api().get("/api/v1/devices")["items"]}
    for name, row in before.items():
        equal(after[name]["reconnects"], row["reconnects"], name)
        equal(after[name]["timeouts"], row["timeouts"], name)
        equal(after[name]["state"], "up", name)
    equal(api().get("/api/v1/node")["name"], f"demo-plant-{count}", "name")
    rows = samples("FRM1.VOLT")[start:]
    demand(len(rows) >= 4, "too few samples:", len(rows))
    return f"{count} reloads, {len(rows)} samples of one point meanwhile"


@case
def a_device_goes_and_comes_back_with_its_ids_and_its_history():
    before = api().get("/api/v1/points/FRM2.VOLT")
    kept = samples("FRM2.VOLT")
    other = device("FRM1")
    reload(without(state["text"], "FRM2"))
    equal(device("FRM2"), None, "the device")
    equal(api().call("GET", "/api/v1/points/FRM2.VOLT")[0], 404, "its point")
    equal(api().call("GET", "/api/handles/99.100.1/FRM2.VOLT")[0], 200, "its identifier")
    reload(state["text"])
    found = state["node"].wait_good("FRM2.VOLT")
    equal(found["id"], before["id"], "id")
    equal(samples("FRM2.VOLT")[:len(kept)], kept, "history")
    # The newest value is shown before its sample is on the disk.
    until(lambda: len(samples("FRM2.VOLT")) > len(kept), 10, "history goes on")
    equal(device("FRM1")["reconnects"], other["reconnects"], "its neighbour")


@case
def limits_and_write_rights_hold_from_the_next_order_on():
    equal(api().order("FRM1.V_SET", 4.1, "before")[0], 200, "as it was")
    text = state["text"].replace("write: {limits: [2.5, 4.2]", "write: {limits: [2.5, 4.0]")
    reload(text)
    equal(api().order("FRM1.V_SET", 4.1, "above")[0], 422, "above the new limit")
    equal(api().order("FRM1.V_SET", 3.9, "below")[0], 200, "below it")
    reload(state["text"])
    equal(api().order("FRM1.V_SET", 4.1, "again")[0], 200, "as it was again")


@case
def a_fault_is_refused_with_its_place_and_the_node_goes_on():
    generation = config()["generation"]
    found = reload(state["text"].replace("  prefix:", "  prefex:", 1))
    equal(found["generation"], generation, "generation")
    demand(re.search(r"jizhu\.yaml:\d+:\d+: ", found["refused"]["reason"]), found)
    event = api().events(class_="life")[0]
    equal(event["message"], "CONFIG_REFUSED", "event")
    demand("refused" in state["node"].process.err(), "nothing on standard error")
    state["node"].wait_good("FRM1.VOLT")
    return found["refused"]["reason"][-100:]


@case
def what_needs_a_restart_is_refused_by_name():
    generation = config()["generation"]
    for option, changed in (
            ("listen.http", with_lines(state["text"], http='"127.0.0.1:8099"')),
            ("listen.handle", with_lines(state["text"], handle='["127.0.0.1:2699"]')),
            ("node.prefix", with_lines(state["text"], prefix="99.100.7")),
            ("user", with_lines(state["text"], user="daemon")),
            ("data", with_lines(state["text"], data="/nowhere"))):
        found = reload(changed)
        equal(found["generation"], generation, option)
        demand(f"{option} cannot change" in found["refused"]["reason"], option, found)
    equal(reload(state["text"])["refused"], None, "a good one clears the refusal")


space.enter()
place = folder()
state["text"] = plant_config(place)
state["manager"] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
state["manager"].bind(str(place / "notify"))
(place / "notify").chmod(0o777)
with plant(place):
    state["node"] = Node(place, state["text"],
                         ("env", f"NOTIFY_SOCKET={place / 'notify'}")).start()
    tap.main()
