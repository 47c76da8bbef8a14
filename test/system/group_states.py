# SPDX-License-Identifier: Apache-2.0
"""A polled machine with a float32 register and a state register: both keep their type on the
way, and what a state is called is told wherever the state is."""
import csv
import io
import json
import pathlib
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import BUILD, command, folder, plant_and_node  # noqa: E402
from tap import Skip, case, demand, equal, until  # noqa: E402

FLOAT, STATE = "FRM1.VOLT", "FRM1.STATE"
NAMES = {0: ("idle", "停止"), 1: ("constant current", "恒流"), 2: ("constant voltage", "恒压"),
         3: ("rest", "静置")}
state = {}


def is_float32(number):
    """Whether its shortest text as a float is the one that was given."""
    single = struct.unpack("<f", struct.pack("<f", number))[0]
    shortest = next(t for t in (f"{single:.{n}g}" for n in range(1, 10))
                    if struct.pack("<f", float(t)) == struct.pack("<f", single))
    return float(shortest) == number


def query(node, *words):
    status, out, err = command("query", "--config", node.config, *words)
    equal(status, 0, err)
    return out


def rows_of(node, point):
    doc = json.loads(query(node, point, "--mode", "raw", "--json"))
    return doc["columns"], doc["items"][0]["rows"]


def polled(node):
    """A node whose points have been read some times."""
    for point in (FLOAT, STATE):
        node.wait_good(point)
    until(lambda: len(rows_of(node, STATE)[1]) >= 3, 15, "three samples")
    state["node"] = node


@case
def a_state_is_told_with_its_names_and_a_float32_in_its_own_digits():
    node = state["node"]
    point = node.api.get("/api/v1/points/" + STATE)
    equal({s["value"]: (s["label"]["en"], s["label"]["zh"]) for s in point["states"]}, NAMES,
          "states of the point")
    demand(point["value"] in NAMES, point)
    point = node.api.get("/api/v1/points/" + FLOAT)
    equal((point["type"], point["states"]), ("float32", None), "the float")
    demand(is_float32(point["value"]), point)
    columns, rows = rows_of(node, STATE)
    equal(columns, ["t_ms", "value", "status", "state"], "columns")
    demand(all(row[3] == NAMES[row[1]][0] for row in rows if row[1] is not None), rows)
    columns, rows = rows_of(node, FLOAT)
    equal(columns, ["t_ms", "value", "status"], "columns of a number")
    demand(all(is_float32(row[1]) for row in rows if row[1] is not None), rows)


@case
def durations_of_states_and_csv_name_them_too():
    node = state["node"]
    doc = json.loads(query(node, STATE, "--mode", "states", "--step", "1h", "--json"))
    equal(doc["columns"][-1], "name", "columns")
    told = doc["items"][0]["rows"]
    demand(told and all(row[-1] == NAMES[row[1]][0] for row in told), told)
    out = query(node, STATE, FLOAT, "--mode", "raw", "--csv")
    found = [row for row in csv.DictReader(io.StringIO(out)) if row["value"]]
    for row in found:
        wanted = NAMES[int(row["value"])][0] if row["point"] == STATE else ""
        equal(row["state"], wanted, row)
    demand({row["point"] for row in found} == {STATE, FLOAT}, "both points")
    status, answer = node.api.call("POST", "/api/v1/query",
                                   {"points": [STATE], "mode": "last"},
                                   {"Accept-Language": "zh"})
    equal(status, 200, answer)
    row = answer["rows"][0]
    equal(row[-1], NAMES[row[2]][1], row)


@case
def sql_has_reals_integers_and_the_text_of_a_state():
    node = state["node"]
    text = ("SELECT point, typeof(value) AS type, value, state FROM samples WHERE point IN "
            f"('{STATE}', '{FLOAT}') AND value IS NOT NULL")
    status, out, err = command("sql", "--config", node.config, "--json", text)
    equal(status, 0, err)
    kinds = {}
    for point, kind, value, name in json.loads(out)["rows"]:
        kinds.setdefault(point, set()).add(kind)
        equal(name, NAMES[value][0] if point == STATE else None, point)
    equal(kinds, {STATE: {"integer"}, FLOAT: {"real"}}, "types")


@case
def what_a_person_puts_right_keeps_the_type_of_what_it_replaces():
    node = state["node"]
    for point, value, wanted in ((STATE, "3", ["integer", 3, "rest"]),
                                 (FLOAT, "3.3", ["real", struct.unpack(
                                     "<f", struct.pack("<f", 3.3))[0], None])):
        at = str(rows_of(node, point)[1][0][0])
        status, _, err = command("edit", "--config", node.config, point, "replace",
                                 f"{at}={value}", "--reason", "read by eye")
        equal(status, 0, err)
        text = (f"SELECT typeof(value), value, state FROM samples WHERE point = '{point}' "
                "AND quality = 'overridden'")
        status, out, err = command("sql", "--config", node.config, "--json", text)
        equal((status, json.loads(out)["rows"]), (0, [wanted]), err)


READ = """
import json, sys
import pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
print(json.dumps({"types": {f.name: str(f.type) for f in table.schema},
                  "rows": table.select(["point", "value", "value_f32", "state", "text"])
                  .to_pylist()}))
"""


def with_pyarrow():
    made = BUILD / "parquet-venv" / "bin" / "python"
    for program in filter(pathlib.Path.exists, (pathlib.Path(sys.executable), made)):
        run = subprocess.run([program, "-c", "import pyarrow"], capture_output=True, check=False)
        if run.returncode == 0:
            return program
    raise Skip("pyarrow cannot be had here")


@case
def parquet_has_a_column_of_floats_and_one_of_states():
    program = with_pyarrow()
    node = state["node"]
    path = folder() / "states.parquet"
    query(node, STATE, FLOAT, "--parquet", str(path))
    run = subprocess.run([program, "-c", READ, path], capture_output=True, text=True,
                         check=False)
    equal(run.returncode, 0, run.stderr)
    doc = json.loads(run.stdout)
    equal([doc["types"][name] for name in ("value", "value_f32", "state", "text")],
          ["double", "float", "int64", "string"], "types")
    found = [row for row in doc["rows"] if row["value"] is not None]
    for row in found:
        if row["point"] == FLOAT:
            equal((row["value_f32"], row["state"], row["text"]), (row["value"], None, None), row)
        else:
            equal((row["value_f32"], row["state"], row["text"]),
                  (None, row["value"], NAMES[row["state"]][0]), row)
    demand({row["point"] for row in found} == {STATE, FLOAT}, "both points")


if __name__ == "__main__":
    space.enter()
    with plant_and_node() as works:
        polled(works)
        tap.main()
