# SPDX-License-Identifier: Apache-2.0
"""The demo for a minute with an attack: what the sentry tells is what happened."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Process, api_of, command, folder  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

SAMPLES_LEAST, WRITES_LEAST, INCIDENTS = 1000, 5, 3
ALTERED = (("point", "FRM9.V_SET"), ("old", 0.001), ("new", 0.002))
state = {}


def alter(data, key, value):
    """The truth with one field of the write changed, as another folder to judge."""
    rows = [json.loads(row) for row in (data / "truth.jsonl").read_text().splitlines()]
    write = next(row for row in rows if row.get("point"))
    found = next(k for k in write if k.startswith(key))
    write[found] = value
    other = folder()
    (other / "incidents.jsonl").write_bytes((data / "incidents.jsonl").read_bytes())
    (other / "truth.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return other


@case
def a_minute_with_an_attack_ends_in_agreement():
    data = folder() / "demo"
    run = Process(["demo", "--for", "60s", "--attack", "--json", "--data", data,
                   "--http", "127.0.0.1:8080", "--handle", "127.0.0.1:2641"], data.parent / "demo")
    run.wait_line("console")
    api = api_of(8080, data)
    state.update(data=data)
    until(lambda: len(api.get("/api/v1/incidents")["items"]) == INCIDENTS, 58, "three incidents")
    state.update(incidents=api.get("/api/v1/incidents")["items"],
                 node=api.get("/api/v1/node"), events=api.events(class_="alert"))
    api.close()
    status = run.wait(40)
    equal(status, 0, f"exit status, {run.out()} {run.err()}")
    state.update(summary=json.loads(run.out().splitlines()[-1]))
    demand(state["summary"]["agrees"], state["summary"])


@case
def the_summary_counts_three_incidents_and_enough_ordinary_life():
    s = state["summary"]
    equal(s["incidents"], INCIDENTS, "incidents")
    demand(s["operator_writes"] >= WRITES_LEAST, "operator writes:", s["operator_writes"])
    demand(s["samples"] > SAMPLES_LEAST, "samples:", s["samples"])
    return f"{s['samples']} samples, {s['operator_writes']} operator writes"


@case
def the_api_told_the_incidents_with_point_old_and_new_while_it_ran():
    kinds = {i["kind"]: i for i in state["incidents"]}
    equal(sorted(kinds), ["sweep", "walk", "write"], "kinds")
    write = kinds["write"]
    truth = [json.loads(r) for r in (state["data"] / "truth.jsonl").read_text().splitlines()]
    act = next(row for row in truth if row.get("point"))
    equal(write["point"], act["point"], "point")
    for name in ("old", "new"):
        meant = next(v for k, v in act.items() if k.startswith(name))
        demand(abs(write[name] - meant) < 1e-3, name, write[name], "is not", meant)
    equal(write["client"], "127.0.9.66", "client")


@case
def each_incident_is_an_event_in_words():
    texts = {e["message"]: e["text"] for e in state["events"]}
    for message in ("INCIDENT_SWEEP", "INCIDENT_WALK", "INCIDENT_WRITE"):
        demand(message in texts and len(texts[message]) > 20, message, "in", texts)
    return state["node"]["capture"]


@case
def judge_agrees_with_the_files_left_behind():
    equal(command("judge", state["data"])[0], 0, "exit status")


@case
def judge_disagrees_when_one_field_of_the_truth_is_altered():
    for key, value in ALTERED:
        status, out, err = command("judge", alter(state["data"], key, value))
        demand(status != 0, f"{key} altered, yet: {out}{err}")


@case
def verify_finds_the_folder_of_the_demo_whole():
    status, out, err = command("verify", state["data"])
    equal(status, 0, out + err)


space.enter()
tap.main()
