# SPDX-License-Identifier: Apache-2.0
"""What a crash, a bad disk or a careless hand does to a data folder while the node is
down, and what it says when it comes back."""
import json
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import journal  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder, plant, plant_config  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

NAMES = [f"99.100.1/kept-{n:03d}" for n in range(60)]
state = {}


def api():
    return state["node"].api


def samples_of(point, until_ms):
    body = api().get(f"/api/v1/points/{point}/samples?from_ms=0&to_ms={until_ms}&limit=100000")
    return body["items"]


def answers(last_seq, until_ms):
    """Everything a view stands behind, up to a moment."""
    points = api().get("/api/v1/points")["items"]
    return {
        "names": sorted(api().names("99.100.1")),
        "records": [api().get(api().name_path(n))["values"] for n in NAMES[::7]],
        "points": [(p["id"], p["name"], p["ident"]) for p in points],
        "events": [e for e in api().events() if e["seq"] <= last_seq],
        "command": [c for c in api().get("/api/v1/commands?limit=100")["items"]],
        "samples": {p: samples_of(p, until_ms) for p in ("FRM1.VOLT", "COAT1.SPEED")},
    }


def restart():
    state["node"].start()


@case
def a_node_takes_names_orders_and_samples():
    state["node"].wait_good("FRM1.V_SET")
    for name in NAMES:
        equal(api().put_name(name, "http://127.0.0.1/" + name[-3:])[0], 201, name)
    equal(api().order("FRM1.V_SET", 3.8, "kept")[0], 200, "order")
    until(lambda: len(samples_of("FRM1.VOLT", 1 << 42)) >= 3, 10, "samples")
    events = api().events()
    state.update(seq=events[0]["seq"], ms=api().get("/api/v1/node")["time_ms"] - 1500)
    until(lambda: len(samples_of("FRM1.VOLT", 1 << 42)) >= 5, 10, "more samples")
    state["wanted"] = answers(state["seq"], state["ms"])


@case
def half_a_record_at_the_end_is_cut_and_told_and_nothing_is_missing():
    state["node"].kill()
    path = journal.segments(state["node"].data, "main")[-1]
    found, end = journal.records(path)
    at, size = found[-1]
    whole = path.read_bytes()
    torn = whole[at:at + size - 8]
    path.write_bytes(whole[:end] + torn)
    restart()
    def cuts():
        return [e for e in api().events(class_="life") if e["message"] == "JOURNAL_TAIL_CUT"]
    cut = until(cuts, 10, "an event of the cut")
    demand(cut[0]["args"]["bytes"] > 0, cut)
    equal(answers(state["seq"], state["ms"]), state["wanted"], "answers")
    return cut[0]["text"]


def damage_views(how):
    equal(state["node"].stop(), 0, "stop")
    files = [p for p in (state["node"].data / "views").rglob("*") if p.is_file()]
    demand(files, "no views")
    for path in files:
        how(path)
    restart()
    found = answers(state["seq"], state["ms"])
    for key, wanted in state["wanted"].items():
        equal(found[key], wanted, key)
    return f"{len(files)} files"


@case
def views_that_are_deleted_are_built_again_and_answer_equally():
    return damage_views(lambda path: path.unlink())


@case
def views_that_are_cut_short_are_built_again_and_answer_equally():
    return damage_views(lambda path: path.write_bytes(path.read_bytes()[:path.stat().st_size // 2]))


@case
def views_with_altered_bytes_are_built_again_and_answer_equally():
    chance = random.Random(5)
    def spoil(path):
        data = bytearray(path.read_bytes())
        for _ in range(max(1, len(data) // 64)):
            if data:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
    return damage_views(spoil)


@case
def views_of_an_older_moment_catch_up():
    equal(state["node"].stop(), 0, "stop")
    views, copy = state["node"].data / "views", folder() / "views"
    shutil.copytree(views, copy)
    restart()
    equal(api().put_name("99.100.1/later", "http://127.0.0.1/l")[0], 201, "later")
    state["node"].kill()
    for path in copy.rglob("*"):
        if path.is_file():
            shutil.copyfile(path, views / path.relative_to(copy))
    restart()
    equal(api().call("GET", api().name_path("99.100.1/later"))[0], 200, "later")
    found = answers(state["seq"], state["ms"])
    equal(set(found["names"]) - set(state["wanted"]["names"]), {"99.100.1/later"}, "names")
    equal(found["events"], state["wanted"]["events"], "events")


@case
def verify_and_the_independent_script_find_the_folder_whole():
    equal(state["node"].stop(), 0, "stop")
    status, out, err = command("verify", state["node"].data)
    equal(status, 0, out + err)
    for name in ("main", "history"):
        good, text = journal.verify(state["node"].data, name)
        demand(good, text)


@case
def salvage_writes_a_history_that_is_whole_and_leaves_a_working_node_alone():
    into = folder() / "saved"
    status, out, err = command("salvage", state["node"].data, into, "--json")
    equal(status, 0, out + err)
    equal(json.loads(out)["lost_samples"], 0, out)
    demand((into / "lost.csv").is_file(), "no record of what was lost")
    restart()
    status, _, err = command("salvage", state["node"].data, into)
    demand(status == 75 and "stop it first" in err, status, err)
    equal(state["node"].stop(), 0, "stop")


@case
def a_byte_altered_in_the_middle_of_a_journal_refuses_the_start_with_the_place():
    for name in ("main", "history"):
        path = journal.segments(state["node"].data, name)[-1]
        before = path.read_bytes()
        found, _ = journal.records(path)
        at, size = found[len(found) // 2]
        spoilt = bytearray(before)
        spoilt[at + size - 9] ^= 0x10
        path.write_bytes(spoilt)
        status, err = state["node"].refuse()
        demand(status == 65 and path.name in err and str(at) in err, name, status, err, at)
        demand(command("verify", state["node"].data)[0] != 0, "verify did not see it")
        demand(not journal.verify(state["node"].data, name)[0], "the script did not see it")
        path.write_bytes(before)
    restart()
    equal(sorted(api().names("99.100.1")), sorted([*state["wanted"]["names"], "99.100.1/later"]),
          "names")


@case
def verify_cuts_the_power_of_a_simulated_node_and_its_double_loses():
    status, out, err = command("verify", "--crash", 40, "--json")
    equal(status, 0, err)
    told = json.loads(out)
    honest, double = told["historian"], told["double"]
    equal(honest["cuts"], 40, "cuts")
    demand(honest["acknowledged"] > 1000, "too little was acknowledged", honest)
    equal({k: honest[k] for k in ("lost", "doubled", "invented", "torn", "unreadable",
                                "unchained")},
          {"lost": 0, "doubled": 0, "invented": 0, "torn": 0, "unreadable": 0, "unchained": 0}, "historian")
    demand(double["lost"] > 0, "the double lost nothing", double)


space.enter()
where = folder()
text = plant_config(where)
with plant(where):
    state["node"] = Node(where, text).start()
    tap.main()
