# SPDX-License-Identifier: Apache-2.0
"""The logs ICSNPP expects of its Modbus capture, cell by cell.

Left out: times, uids and link ids, which are masked or random, and the values of
registers, which `jizhu pcap` does not print. Rows of modbus.log are answers only.
Intended differences, by clause of the Modbus application protocol: 6.5 and 6.6 carry
no quantity where ICSNPP writes 1; 6.12 (ICSNPP 17) is called REPORT_SERVER_ID there;
6.17 is told with its read part (ICSNPP: in a log of its own)."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE)]

import space  # noqa: E402
import tap  # noqa: E402
import tshark  # noqa: E402
from tap import case, demand  # noqa: E402

TEST = ("icsnpp", "modbus", "analyzer.basic")
GOAL_PERCENT = 99.5
SINGLE_WRITES, READ_WRITE = {5, 6}, 23
NAMES = {"REPORT_SERVER_ID": "REPORT_SLAVE_ID"}
EXCEPTIONS = {1: "ILLEGAL_FUNCTION", 2: "ILLEGAL_DATA_ADDRESS", 3: "ILLEGAL_DATA_VALUE"}
SHARED_COLUMNS = "id.orig_h id.orig_p id.resp_h id.resp_p tid unit func".split()
# What a log tells once per pair, or of each message: functions ICSNPP does not pair.
UNPAIRED = {7, 17}
state = {"same": 0, "all": 0}


def log(name):
    """The rows of an expected log as dicts; modbus.log comes without its head."""
    path = tshark.capture(*TEST, "expected", name)
    fields, rows = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p func exception".split(), []
    for line in path.read_text().splitlines():
        if line.startswith("#fields"):
            fields = line.split("\t")[1:]
        elif line and not line.startswith("#"):
            rows.append(dict(zip(fields, line.split("\t"))))
    return rows


def told():
    return tshark.told(tshark.capture(*TEST, "modbus_example.pcap"), 502)


def cells(message):
    """What both tell of any message."""
    client, client_port = message["client"].rsplit(":", 1)
    server, server_port = message["server"].rsplit(":", 1)
    name = message["function_name"]
    return {"id.orig_h": client, "id.orig_p": client_port, "id.resp_h": server,
            "id.resp_p": server_port, "tid": str(message["transaction"]),
            "unit": str(message["unit"]), "func": NAMES.get(name, name)}


def place(message):
    """Address and quantity as the detailed log writes them."""
    f = message["function"]
    if f in (1, 2, 3, 4, 15, 16):
        return str(message["address"]), str(message["quantity"])
    if f in SINGLE_WRITES:
        return str(message["address"]), "1"
    if f == 22:
        return str(message["address"]), "-"
    return {20: ("-", "0"), 21: ("-", "0"), 24: (str(message["address"]), "0")}.get(f, ("-", "-"))


def compare(expected, found, columns):
    rows = max(len(expected), len(found))
    same = sum(e[c] == f[c] for e, f in zip(expected, found) for c in columns)
    for number, (e, f) in enumerate(zip(expected, found)):
        for c in columns:
            if e[c] != f[c]:
                print(f"# row {number + 1} {c}: expected {e[c]}, found {f[c]}")
    count = rows * len(columns)
    state["same"], state["all"] = state["same"] + same, state["all"] + count
    percent = 100 * same / count
    demand(percent >= GOAL_PERCENT, f"{percent:.2f} % of {count} cells equal")
    return f"{same} of {count} cells equal"


@case
def modbus_log_is_told_equally():
    found = []
    for m in told():
        if m["response"]:
            row = cells(m)
            row["func"] += "_EXCEPTION" if m["exception"] else ""
            row["exception"] = EXCEPTIONS.get(m["exception"], "-")
            found.append(row)
    columns = [c for c in SHARED_COLUMNS if c not in ("tid", "unit")] + ["exception"]
    return compare(log("modbus.log"), found, columns)


@case
def modbus_detailed_log_is_told_equally():
    found = []
    for m in told():
        if not m["response"] and m["function"] not in UNPAIRED:
            continue
        row = cells(m)
        row["address"], row["quantity"] = place(m)
        row["matched"] = "-" if m["function"] in UNPAIRED else "T" if m["matched"] else "F"
        row["exception_code"] = EXCEPTIONS.get(m["exception"], "-")
        found.append(row)
    columns = [*SHARED_COLUMNS, "address", "quantity", "matched", "exception_code"]
    return compare(log("modbus_detailed.log"), found, columns)


@case
def mask_write_log_is_told_equally():
    found = [{**cells(m), "address": str(m["address"]),
              "request_response": "RESPONSE" if m["response"] else "REQUEST"}
             for m in told() if m["function"] == 22]
    return compare(log("modbus_mask_write_register.log"), found,
                   [*SHARED_COLUMNS, "address", "request_response"])


@case
def read_write_log_is_told_equally():
    found = []
    for m in told():
        if m["function"] != READ_WRITE:
            continue
        asks = not m["response"]
        found.append({**cells(m), "request_response": "REQUEST" if asks else "RESPONSE",
                      "read_start_address": str(m["address"]) if asks else "-",
                      "read_quantity": str(m["quantity"]) if asks else "-"})
    return compare(log("modbus_read_write_multiple_registers.log"), found,
                   [*SHARED_COLUMNS, "request_response", "read_start_address", "read_quantity"])


@case
def the_share_of_equal_cells_reaches_its_goal():
    tshark.capture(*TEST)
    percent = 100 * state["same"] / state["all"]
    demand(percent >= GOAL_PERCENT, f"{percent:.2f} % of {state['all']}")
    return f"sen.icsnpp_pct (Modbus): {percent:.2f} % of {state['all']} cells"


space.enter()
tap.main()
