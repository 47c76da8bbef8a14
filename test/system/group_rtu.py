# SPDX-License-Identifier: Apache-2.0
"""Machines behind a serial server: RTU frames through TCP, from the poll to the order."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder, plant, plant_config  # noqa: E402
from tap import case, demand, equal  # noqa: E402

state = {}


def api():
    return state["node"].api


@case
def every_machine_is_up_and_its_points_are_good():
    for point in ("FRM1.VOLT", "COAT1.SPEED", "FRM4.V_SET"):
        state["node"].wait_good(point)
    rows = api().get("/api/v1/devices")["items"]
    demand(all(d["address"].endswith(":1503") and d["state"] == "up" for d in rows), rows)
    equal(sum(d["malformed"] + d["timeouts"] for d in rows), 0, "faults")
    return f"{len(rows)} machines"


@case
def an_order_is_written_and_verified():
    status, body = api().order("FRM1.V_SET", 3.9, "rtu")
    equal((status, body["state"]), (200, "verified"), body)
    equal(api().order("FRM1.V_SET", 9.9, "rtu-far")[0], 422, "outside its limits")


space.enter()
place = folder()
text = plant_config(place, words=("--rtu",))
demand("protocol: modbus-rtu-tcp" in text, "the configuration does not poll by RTU")
with plant(place, "--rtu"):
    state["node"] = Node(place, text).start()
    tap.main()
