# SPDX-License-Identifier: Apache-2.0
"""pymodbus as a client of the simulated machines, and as a machine of the node."""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
import wire  # noqa: E402
from jizhu import Node, folder, plant, plant_config  # noqa: E402
from tap import Skip, case, demand, equal, until  # noqa: E402

PEER = HERE / "peer_pymodbus.py"
DEVICE = """  - name: PEER
    address: 127.0.3.5:1502
    period: 200ms
    points:
      - {name: F, table: holding, address: 0, type: f32, write: {limits: [0, 99], tolerance: 0.01}}
      - {name: I, table: input, address: 2, type: i16}
      - {name: U, table: holding, address: 3, type: u32}
      - {name: C, table: coil, address: 0, type: bool, write: {limits: [0, 1]}}
      - {name: D, table: discrete, address: 2, type: bool}
"""
RTU = DEVICE.replace("PEER", "LINE").replace("127.0.3.5:1502", "127.0.3.6:1503").replace(
    "    period:", "    protocol: modbus-rtu-tcp\n    period:")
SERIAL = DEVICE.replace("PEER", "UNIT").replace(
    "    address: 127.0.3.5:1502\n", "    protocol: modbus-rtu\n    line: wire\n    unit: 17\n")
VALUES = (("F", 12.5), ("I", -7), ("U", 70000), ("C", 1), ("D", 1))
state = {"peers": []}


def interpreter():
    """One that has pymodbus: this one, or that of the distribution."""
    for program in (sys.executable, "/usr/bin/python3"):
        run = subprocess.run([program, PEER, "version"], capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return program, "pymodbus " + run.stdout.strip()
    raise Skip("pymodbus cannot be had here")


def start_peer(program, *words):
    peer = subprocess.Popen([program, PEER, *words], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, preexec_fn=space.die_with_parent)
    equal(peer.stdout.readline().strip(), b"ready", "the peer")
    state["peers"].append(peer)


@case
def pymodbus_reads_and_writes_a_machine():
    program, version = interpreter()
    run = subprocess.run([program, PEER, "client", "127.0.1.11", "1502"], capture_output=True,
                         text=True, timeout=30, check=False)
    equal(run.returncode, 0, run.stderr)
    found = json.loads(run.stdout)
    demand(2.5 <= found["voltage"] <= 4.3, found)
    equal((found["wrote"], found["read_back"]), (True, 3.625), "set-point")
    equal((found["coil_off"], found["coil"]), (True, False), "coil")
    equal(found["exception"], 2, "exception of an address that is not there")
    demand(found["vendor"], "no device identification")
    return version


@case
def the_node_reads_a_machine_made_of_pymodbus():
    program, version = interpreter()
    near, far = wire.wire()
    start_peer(program, "server", "127.0.3.5", "1502")
    start_peer(program, "server", "127.0.3.6", "1503", "rtu")
    start_peer(program, "serial-server", far, "17")
    lines = f"lines: [{{name: wire, device: {near}, baud: 38400}}]\n"
    state["node"] = Node(folder(), lines + state["text"] + DEVICE + RTU + SERIAL).start()
    for point, wanted in VALUES:
        equal(float(state["node"].wait_good(f"PEER.{point}")["value"]), wanted, point)
    return version


@case
def the_node_reads_a_machine_of_pymodbus_by_rtu_frames_through_tcp():
    if "node" not in state:
        raise Skip("pymodbus cannot be had here")
    for point, wanted in VALUES:
        equal(float(state["node"].wait_good(f"LINE.{point}")["value"]), wanted, point)


@case
def the_node_reads_a_machine_of_pymodbus_on_a_serial_line():
    if "node" not in state:
        raise Skip("pymodbus cannot be had here")
    for point, wanted in VALUES:
        equal(float(state["node"].wait_good(f"UNIT.{point}")["value"]), wanted, point)


@case
def pymodbus_reads_and_writes_a_unit_of_a_serial_line():
    program, version = interpreter()
    run = subprocess.run([program, PEER, "serial-client", state["line"], "3"],
                         capture_output=True, text=True, timeout=30, check=False)
    equal(run.returncode, 0, run.stderr)
    found = json.loads(run.stdout)
    demand(2.5 <= found["voltage"] <= 4.3, found)
    equal((found["wrote"], found["read_back"]), (True, 3.625), "set-point")
    equal(found["exception"], 2, "exception of an address that is not there")
    return version


@case
def an_order_to_a_machine_made_of_pymodbus_is_verified():
    if "node" not in state:
        raise Skip("pymodbus cannot be had here")
    for point, value in (("PEER.F", 42.25), ("PEER.C", 0), ("LINE.F", 43.5), ("LINE.C", 0),
                         ("UNIT.F", 44.75), ("UNIT.C", 0)):
        status, body = state["node"].api.order(point, value, "peer-" + point)
        equal((status, body.get("state")), (200, "verified"), body)
        until(lambda: float(state["node"].api.get(f"/api/v1/points/{point}")["value"]) == value, 5,
              "the value is seen")
    state["node"].stop()
    for peer in state["peers"]:
        peer.kill()


space.enter()
state["text"] = plant_config(folder())
state["line"] = str(folder() / "line")
with plant(folder(), "--serial", state["line"]):
    tap.main()
