# SPDX-License-Identifier: Apache-2.0
"""`jizhu query` and POST /api/v1/query against a node that polls a plant: what the
aggregates say is what the samples add up to."""
import csv
import io
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import command, plant_and_node  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

POINT = "FRM1.V_SET"


def query(node, *words):
    return command("query", "--config", node.config, *words)


def answer(node, *words):
    status, out, err = query(node, "--json", *words)
    demand(status == 0, f"{words}: {status} {err}")
    return json.loads(out)


def samples(node, point):
    status, out, err = query(node, point, "--mode", "raw", "--csv")
    demand(status == 0, f"{status} {err}")
    return [(int(row["t_ms"]), float(row["value"]), int(row["status"]))
            for row in csv.DictReader(io.StringIO(out)) if row["value"]]


@case
def aggregates_are_what_the_samples_add_up_to():
    with plant_and_node() as node:
        points = [p["name"] for p in node.api.get("/api/v1/points")["items"]][:5]
        node.wait_good(POINT)
        until(lambda: len(samples(node, POINT)) >= 4, 15, "four samples")
        for point in points:
            rows = samples(node, point)
            if not rows:
                continue
            to = str(rows[-1][0] + 1)
            doc = answer(node, point, "--aggregate", "mean,min,max,Count,last", "--from",
                         str(rows[0][0]), "--to", to)
            columns, row = doc["columns"], doc["items"][0]["rows"][0]
            cells = dict(zip(columns, row))
            good = [v for _, v, s in rows if s >> 30 == 0]
            equal(cells["Count"], len(good), f"{point}: count")
            if good:
                equal((cells["Minimum"], cells["Maximum"]), (min(good), max(good)), point)
                mean = sum(good) / len(good)
                demand(abs(cells["Average"] - mean) <= 1e-12 * max(1, abs(mean)), point)
            equal(cells["End"], rows[-1][1], f"{point}: last")


@case
def people_get_rows_and_a_reason():
    with plant_and_node() as node:
        node.wait_good(POINT)
        until(lambda: len(samples(node, POINT)) >= 2, 15, "two samples")
        status, out, err = query(node, POINT, "--aggregate", "max", "--step", "1d", "--zone",
                                 "Asia/Shanghai", "--explain")
        equal((status, err), (0, ""), "the command")
        lines = out.splitlines()
        demand(lines[0].startswith(POINT), out)
        demand(lines[1].startswith("t_ms\tMaximum\tMaximum.status\tcoverage"), out)
        demand("T16:00:00.000Z" in lines[2], "midnight in Shanghai")
        demand(lines[-1].startswith("# calls "), out)
        status, out, err = query(node, "*", "--mode", "last")
        equal(status, 0, err)
        equal(len(out.splitlines()), 1 + len(node.api.get("/api/v1/points")["items"]), out)
        status, _, err = query(node, "FRM9.NONE", "--mode", "last")
        equal(status, 1, err)
        demand("FRM9.NONE" in err, err)
        status, _, err = query(node, POINT, "--from", "yesterday")
        equal(status, 64, err)
        status, _, err = query(node)
        equal(status, 64, err)


if __name__ == "__main__":
    space.enter()
    tap.main()
