# SPDX-License-Identifier: Apache-2.0
"""A disk that becomes full under a running node, and has room again."""
import os
import subprocess
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import NOBODY, Node, folder, plant, plant_config, with_lines  # noqa: E402
from tap import Skip, case, demand, equal, until  # noqa: E402

DISK, RESERVE = "128m", "12M"
REFUSALS = {503, 507}
state = {"kept": []}


def small_disk():
    if os.geteuid() != 0 or not space.is_private():
        raise Skip("needs root and a mount namespace")
    disk = folder() / "disk"
    disk.mkdir()
    run = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755,uid={NOBODY}",
                          "tmpfs", disk], capture_output=True, text=True, check=False)
    if run.returncode:
        raise Skip(f"no tmpfs: {run.stderr.strip()}")
    return disk


def fill(path):
    """Takes all the room there is."""
    with open(path, "wb") as f:
        block = bytes(1 << 20)
        while True:
            try:
                f.write(block)
                f.flush()
            except OSError:
                if len(block) == 512:
                    return
                block = block[:len(block) // 2]


def put(number):
    """True when taken; a refusal must be clear."""
    name = f"99.100.1/full-{number:04d}"
    status, body = state["node"].api.put_name(name, "http://127.0.0.1/" + "x" * 500)
    if status == 201:
        state["kept"].append(name)
        return True
    demand(status in REFUSALS and body.get("title"), f"{name}: {status} {body}")
    return False


@case
def a_full_disk_refuses_changes_clearly_and_the_node_lives():
    disk = small_disk()
    where = folder()
    text = with_lines(plant_config(where), data=f'"{disk}/data"', disk_reserve=RESERVE)
    state["node"] = node = Node(where, text)
    node.start()
    node.wait_good("FRM1.V_SET")
    for number in range(50):
        demand(put(number), "refused with room left")
    fill(disk / "filler")
    state["filler"] = disk / "filler"
    number = 1000
    while put(number):
        number += 1
        demand(number < 60000, "never full")
    state["number"] = number
    equal(node.api.call("GET", "/healthz")[0], 200, "alive")
    demand(node.process.is_alive(), "the process ended")
    return f"{number - 1000} more names before it refused"


@case
def what_needs_no_room_is_still_answered():
    if "number" not in state:
        raise Skip("no small disk")
    api = state["node"].api
    equal(api.get(api.name_path(state["kept"][0]))["handle"], state["kept"][0], "a name")
    demand(api.get("/api/v1/events?limit=10")["items"], "no events")
    demand(api.get("/api/v1/audit/verify")["ok"], "audit")
    status, body = api.order("FRM1.V_SET", 3.7, "full-order")
    demand(status == 200 or (status in REFUSALS and body.get("title")), status, body)
    demand(api.get("/api/v1/points/FRM1.VOLT")["quality_class"], "no live value")
    ready = api.call("GET", "/readyz")
    return f"order {status}, readyz {ready[0]}"


@case
def samples_give_way_before_events_and_it_is_told():
    if "number" not in state:
        raise Skip("no small disk")
    def told():
        return [e["message"] for e in state["node"].api.events()
                if e["message"] in ("DISK_LOW", "SAMPLES_REDUCED")]
    return ", ".join(sorted(set(until(told, 10, "an event of the full disk"))))


@case
def it_goes_on_by_itself_when_there_is_room_again():
    if "number" not in state:
        raise Skip("no small disk")
    state["filler"].unlink()
    until(lambda: put(70000), 15, "a name is taken again", every=0.5)
    api = state["node"].api
    status, body = api.order("FRM1.V_SET", 3.75, "after-full")
    equal(status, 200, body)
    now = api.get("/api/v1/node")["time_ms"]
    path = f"/api/v1/points/FRM1.VOLT/samples?from_ms={now}&to_ms={1 << 52}&limit=10"
    until(lambda: api.get(path)["items"], 20, "samples are kept again")


@case
def nothing_acknowledged_is_lost_by_a_crash_after_all_that():
    if "number" not in state:
        raise Skip("no small disk")
    state["node"].kill()
    state["node"].start()
    missing = set(state["kept"]) - set(state["node"].api.names("99.100.1"))
    equal(missing, set(), "missing")
    return f"{len(state['kept'])} names"


space.enter()
with plant(folder()):
    tap.main()
