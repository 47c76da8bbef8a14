# SPDX-License-Identifier: Apache-2.0
"""`jizhu sql` against a node that polls a plant, and against its folder afterwards."""
import http.server
import json
import pathlib
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import command, folder, plant_and_node  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

POINT = "FRM1.V_SET"


def sql(node, statement, *words):
    return command("sql", "--config", node.config, statement, *words)


def rows_of(node, statement, *words):
    status, out, err = sql(node, statement, "--json", *words)
    demand(status == 0, f"{statement}: {status} {err}")
    return json.loads(out)["rows"]


@case
def a_running_node_and_its_folder_answer_alike():
    with plant_and_node() as node:
        node.wait_good(POINT)
        until(lambda: rows_of(node, f"SELECT count(*) FROM samples WHERE point = '{POINT}'")[0][0]
              >= 3, 15, "three samples")
        # A float32, which the API tells in its own digits and SQL as the double it equals.
        told = node.api.get(f"/api/v1/points/{POINT}")["value"]
        value = struct.unpack("<f", struct.pack("<f", told))[0]
        equal(rows_of(node, f"SELECT value, quality FROM last('{POINT}')"), [[value, "good"]],
              "the newest value")
        named = rows_of(node, "SELECT point FROM points ORDER BY point")
        equal([row[0] for row in named],
              sorted(p["name"] for p in node.api.get("/api/v1/points")["items"]), "points")
        demand(rows_of(node, "SELECT count(*) FROM events WHERE message = 'NODE_STARTED'")[0][0],
               "the start is an event")
        demand(rows_of(node, "SELECT count(*) FROM identifiers WHERE name LIKE '99.%'")[0][0],
               "identifiers")
        node.stop()
        counted = f"SELECT count(*) >= 3, max(value) FROM samples WHERE point = '{POINT}'"
        found = rows_of(node, counted, "--offline", node.data)
        equal(found, [[1, value]], "the same from the folder")


class Late(http.server.BaseHTTPRequestHandler):
    """The answer of a node whose disk is full, of which not all that is durable is seen."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"columns":[],"items":[],"rows":[],"truncated":false}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if self.server.seen:
            self.send_header("Jizhu-Seen", self.server.seen)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@case
def an_answer_that_is_behind_is_warned_of():
    token = folder() / "token"
    token.write_text("of nobody\n")
    with http.server.HTTPServer(("127.0.0.1", 0), Late) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for seen in ("41", ""):
            server.seen = seen
            for words in (("sql", "SELECT 1"), ("query", POINT)):
                status, _, err = command(*words, "--http", f"127.0.0.1:{server.server_port}",
                                         "--token", token)
                equal((status, "may be missing: 41" in err, err == ""), (0, bool(seen), not seen),
                      err)
        server.shutdown()


@case
def people_get_a_table_and_a_reason():
    with plant_and_node() as node:
        node.wait_good(POINT)
        status, out, err = sql(node, "SELECT 'x' AS name, 12 AS n UNION ALL SELECT 'long', 3.5")
        equal((status, err), (0, ""), "the command")
        equal(out, "name    n\nx      12\nlong  3.5\n", "the table")
        status, out, err = sql(node, "SELECT * FROM nowhere")
        equal((status, out), (65, ""), "a table that is not there")
        demand("no such table: nowhere" in err, err)
        status, _, err = sql(node, "DELETE FROM samples")
        demand(status in (65, 77), status, err)
        status, out, err = sql(node, "SELECT seq FROM events", "--limit", "1")
        equal((status, len(out.splitlines())), (0, 2), "rows at most")
        demand("more rows" in err, err)


if __name__ == "__main__":
    space.enter()
    tap.main()
