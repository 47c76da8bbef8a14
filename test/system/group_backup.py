# SPDX-License-Identifier: Apache-2.0
"""A backup of a node at work, and a node that goes on from it elsewhere."""
import json
import pathlib
import random
import stat
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import journal  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Api, Node, command, folder, plant, plant_config  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

EX_DATA, EX_EXISTS, EX_BUSY = 65, 73, 75
MANIFEST = "jizhu-backup.txt"
POINTS = ("FRM1.VOLT", "COAT1.SPEED")
state = {}


def api():
    return state["node"].api


def samples_of(point, until_ms):
    body = api().get(f"/api/v1/points/{point}/samples?from_ms=0&to_ms={until_ms}&limit=100000")
    return body["items"]


class Writer:
    """Puts identifiers as fast as they are acknowledged; remembers those that were."""

    def __init__(self, node):
        self.api = Api(node.api.port, node.api.token)
        self.done, self.names = threading.Event(), []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.done.is_set():
            name = f"99.100.1/load-{len(self.names):06d}"
            if self.api.put_name(name, "http://127.0.0.1/load")[0] == 201:
                self.names.append(name)

    def stop(self):
        self.done.set()
        self.thread.join(20)
        self.api.close()


def backup(to):
    status, out, err = command("backup", state["node"].data, to, "--json")
    equal(status, 0, err)
    return json.loads(out)


def events_up_to(seq):
    return [e for e in api().events() if e["seq"] <= seq]


@case
def a_backup_is_taken_while_names_and_samples_arrive():
    state["node"].wait_good("FRM1.V_SET")
    equal(api().order("FRM1.V_SET", 3.8, "kept")[0], 200, "order")
    writer = Writer(state["node"])
    until(lambda: len(writer.names) > 100, 20, "names")
    until(lambda: len(samples_of("FRM1.VOLT", 1 << 42)) >= 4, 15, "samples")
    before = list(writer.names)
    kept = {p: samples_of(p, 1 << 42) for p in POINTS}
    made = backup(state["backup"])
    until(lambda: len(writer.names) > len(before) + 50, 20, "names after the backup")
    writer.stop()
    equal(made["node"], "demo-plant", "node")
    state.update(made=made, before=before, kept=kept, names=writer.names,
                 events=events_up_to(made["main"]["last"]),
                 points=[(p["id"], p["name"], p["ident"]) for p in api().get("/api/v1/points")["items"]])
    return f"{len(before)} names before, {len(writer.names)} in the end, {made['bytes']} bytes"


@case
def the_backup_passes_verify_and_the_independent_script():
    status, out, err = command("verify", state["backup"], "--json")
    equal(status, 0, err)
    made = state["made"]
    equal(json.loads(out)["main_records"], made["main"]["last"] - made["main"]["first"] + 1, "records")
    for name in ("main", "history"):
        good, text = journal.verify(state["backup"], name)
        demand(good, text)


@case
def the_keys_are_in_it_for_their_owner_alone():
    token = state["backup"] / "keys" / "admin.token"
    equal(token.read_text(), (state["node"].data / "keys" / "admin.token").read_text(), "token")
    equal(stat.S_IMODE(token.stat().st_mode), 0o600, "mode")


@case
def a_second_backup_into_the_same_folder_is_refused():
    status, _, err = command("backup", state["node"].data, state["backup"])
    demand(status == EX_EXISTS and str(state["backup"]) in err, status, err)


@case
def one_altered_byte_of_any_file_is_refused_by_name_and_restores_nothing():
    chance = random.Random(11)
    target = folder() / "nothing"
    files = [p for p in state["backup"].rglob("*") if p.is_file()]
    for path in files:
        before = path.read_bytes()
        spoilt = bytearray(before)
        spoilt[chance.randrange(len(before))] ^= 1 << chance.randrange(8)
        path.write_bytes(spoilt)
        status, _, err = command("restore", state["backup"], target)
        demand(status == EX_DATA and path.name in err, path, status, err)
        demand(not target.exists(), "something was restored")
        path.write_bytes(before)
    return f"{len(files)} files"


@case
def restoring_over_a_running_node_or_over_data_is_refused():
    data = state["node"].data
    status, _, err = command("restore", state["backup"], data, "--force")
    demand(status == EX_BUSY and str(data) in err, status, err)
    equal(api().call("GET", "/healthz")[0], 200, "the node")
    equal(state["node"].stop(), 0, "stop")
    status, _, err = command("restore", state["backup"], data)
    demand(status == EX_EXISTS and "--force" in err, status, err)


@case
def a_node_on_the_restored_data_answers_as_the_first_did():
    where = folder()
    data = where / "restored"
    status, out, err = command("restore", state["backup"], data, "--json")
    equal(status, 0, err)
    equal(json.loads(out)["main"], state["made"]["main"], "main")
    text = state["text"].replace(str(state["node"].data), str(data))
    state["first"], state["node"] = state["node"], Node(where, text).start()
    last = state["made"]["main"]["last"]
    names = set(api().names("99.100.1"))
    demand(set(state["before"]) <= names, "names are missing:", set(state["before"]) - names)
    loads = sorted(n for n in names if "/load-" in n)
    equal(loads, state["names"][:len(loads)], "the names, without a gap")
    equal(events_up_to(last), state["events"], "events")
    told = [e for e in api().events(class_="life") if e["message"] == "NODE_RESTORED"]
    equal([e["args"]["sequence"] for e in told], [last], "the event of the restore")
    demand(api().get("/api/v1/audit/verify")["ok"], "audit")
    equal([(p["id"], p["name"], p["ident"]) for p in api().get("/api/v1/points")["items"]],
          state["points"], "points")
    for point in POINTS:
        found, kept = samples_of(point, 1 << 42), state["kept"][point]
        equal(found[:len(kept)], kept, point)
    equal(api().order("FRM1.V_SET", 3.8, "kept")[0], 200, "the order's key is known")
    return f"{len(loads)} names, {last} records"


@case
def force_moves_what_was_there_aside():
    equal(state["node"].stop(), 0, "stop")
    data = state["node"].data
    status, out, err = command("restore", state["backup"], data, "--force", "--json")
    equal(status, 0, err)
    aside = pathlib.Path(json.loads(out)["aside"])
    equal(command("verify", aside)[0], 0, "the old data")
    demand((aside / "views").is_dir(), "views moved too")
    state["node"].start()
    demand(api().get("/api/v1/audit/verify")["ok"], "audit")


@case
def a_folder_without_a_manifest_is_no_backup():
    (state["backup"] / MANIFEST).unlink()
    status, _, err = command("restore", state["backup"], folder() / "x")
    demand(status != 0 and MANIFEST in err, status, err)


space.enter()
place = folder()
state["backup"] = folder() / "backup"
state["text"] = plant_config(place)
with plant(place):
    state["node"] = Node(place, state["text"]).start()
    tap.main()
