# SPDX-License-Identifier: Apache-2.0
"""Identifiers in bulk: import that is killed and resumed, export, and the small verbs."""
import base64
import json
import pathlib
import re
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import handle  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, Process, command, folder, plant, plant_config  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

NAMES = 100_000
EX_USAGE, EX_DATA, EX_UNAVAILABLE, EX_EXISTS, EX_TEMPFAIL = 64, 65, 69, 73, 75
state = {}


def node():
    return state["node"]


def api():
    return node().api


def door():
    return "--http", f"127.0.0.1:{api().port}", "--data", node().data


def run(*words, status=0, seconds=120):
    found, out, err = command(*words, *door(), seconds=seconds)
    equal(found, status, f"{words}: {err}")
    return out, err


def registered():
    """What the events say was registered in bulk."""
    return sum(e["args"]["count"] for e in api().events(class_="record")
               if e["message"] == "RECORDS_REGISTERED")


def without_times(text):
    return re.sub(r'"timestamp":"[^"]*",?', "", text)


def names_of(text):
    return [json.loads(row)["name"] for row in text.splitlines()]


@case
def a_dry_run_registers_nothing():
    out, _ = run("import", state["file"], "--dry-run", "--json")
    equal(json.loads(out), {"created": NAMES, "unchanged": 0, "changed": 0, "removed": 0,
                            "homed": 0, "refused": 0, "dry_run": True}, "answer")
    equal(registered(), 0, "registered")


@case
def an_import_killed_with_node_and_by_itself_goes_on_and_does_nothing_twice():
    first = Process(["import", state["file"], *door()], state["place"] / "import-1")
    until(lambda: registered() >= 20_000, 60, "some names")
    first.kill()
    equal(registered() % 10_000, 0, "whole transactions")
    second = Process(["import", state["file"], *door()], state["place"] / "import-2")
    until(lambda: registered() >= 50_000, 60, "more names")
    node().kill()
    equal(second.wait(60), EX_UNAVAILABLE, "the import without its node")
    demand("run it again" in second.err(), second.err())
    node().start()
    done = registered()
    demand(50_000 <= done < NAMES and done % 10_000 == 0, done)
    began = time.monotonic()
    out, err = run("import", state["file"], "--json")
    equal(json.loads(out)["created"] + json.loads(out)["unchanged"], NAMES, err)
    equal(registered(), NAMES, "registered once each")
    # Once more: all is repeated, nothing is done.
    run("import", state["file"], "--json")
    equal(registered(), NAMES, "registered once each")
    demand(api().get("/api/v1/audit/verify")["ok"], "audit")
    return f"{done} before the last run, which took {time.monotonic() - began:.1f} s twice"


@case
def an_export_holds_every_name_in_order():
    out, _ = run("export", "99.100.1", "--out", state["place"] / "all.jsonl", "--json")
    text = (state["place"] / "all.jsonl").read_text(encoding="utf-8")
    cells = [name for name in names_of(text) if "/cell-" in name]
    equal(cells, [f"99.100.1/cell-{i:06d}" for i in range(NAMES)], "names")
    equal(json.loads(out)["records"], len(text.splitlines()), "count")
    state["all"] = text


@case
def the_error_of_a_file_names_line_column_and_fix():
    path = state["place"] / "bad.batch"
    path.write_text("CREATE 99.100.1/bad\n1 URL x 1110 UTF8 http://a\n\n", encoding="utf-8")
    _, err = run("import", path, status=EX_DATA)
    demand(f"{path}:2:1:" in err and "like: 1 URL" in err, err)
    path = state["place"] / "bad.jsonl"
    path.write_text('{"name":"99.100.1/ok","values":[{"index":1,"type":"URL","data":"u"}]}\n'
                    '{"name":"99.100.1/cell-000001","values":[{"index":1,"type":"URL","data":"u"}]}\n',
                    encoding="utf-8")
    _, err = run("import", path, status=EX_EXISTS)
    demand(f"{path}:2:" in err and "other values" in err, err)
    report = state["place"] / "report.jsonl"
    out, _ = run("import", path, "--keep-going", "--report", report, "--json", status=EX_DATA)
    equal((json.loads(out)["created"], json.loads(out)["refused"]), (1, 1), out)
    rows = [json.loads(row) for row in report.read_text(encoding="utf-8").splitlines()]
    equal([(r["where"], r["code"]) for r in rows], [(f"{path}:2", "EXISTS")], "report")


@case
def a_mode_says_what_becomes_of_names_that_are_there():
    path = state["place"] / "mode.jsonl"
    def write(text):
        path.write_text("".join(json.dumps({"name": f"99.100.1/mode-{i}", "values": [
            {"index": 1, "type": "URL", "data": text}]}) + "\n" for i in range(4)), encoding="utf-8")
    def counts(*words, status=0):
        found = json.loads(run("import", path, *words, "--json", status=status)[0])
        return found["created"], found["changed"], found["unchanged"]
    write("http://one")
    equal(counts(), (4, 0, 0), "create")
    equal(counts("--mode", "replace"), (0, 0, 4), "the same")
    write("http://two")
    run("import", path, status=EX_EXISTS)
    equal(counts("--mode", "replace", "--dry-run"), (0, 4, 0), "dry")
    demand("http://one" in run("handle", "show", "99.100.1/mode-2")[0], "nothing was done")
    equal(counts("--mode", "replace"), (0, 4, 0), "replace")
    equal(counts("--mode", "replace"), (0, 4, 0), "again: the same key, the same answer")
    demand("http://two" in run("handle", "show", "99.100.1/mode-2")[0], "replaced")
    changes = json.loads(run("history", "99.100.1/mode-2", "--json")[0])["changes"]
    equal([c["verb"] for c in changes], ["replace", "create"], "history")
    _, err = run("import", path, "--mode", "erase", status=EX_DATA)
    demand("erase is no mode" in err, err)


@case
def a_batch_file_of_the_handle_tools_is_carried_out():
    path = state["place"] / "tools.batch"
    key = state["place"] / "key.txt"
    key.write_text("key", encoding="utf-8")
    path.write_text("AUTHENTICATE PUBKEY:300:0.NA/99.100.1\n/none|word\n\n"
                    "CREATE 99.100.1/t1\n1 URL 86400 1110 UTF8 http://one\n"
                    "100 HS_ADMIN 86400 1110 ADMIN 300:100000010000:0.NA/99.100.1\n"
                    f"7 BLOB 86400 1110 FILE {key}\n\n"
                    "CREATE 99.100.1/t2\n1 URL 60 1110 UTF8 http://two\n\n"
                    "ADD 99.100.1/t1\n2 DESC 86400 1110 UTF8 added\n\n"
                    "MODIFY 99.100.1/t1\n1 URL 86400 1110 UTF8 http://new\n\n"
                    "REMOVE 7:99.100.1/t1\n\nDELETE 99.100.1/t2\n", encoding="utf-8")
    out, err = run("import", path, "--json")
    equal({k: v for k, v in json.loads(out).items() if v},
          {"created": 2, "changed": 2, "removed": 2}, err)
    demand("300:0.NA/99.100.1" in err, err)
    record = json.loads(run("handle", "show", "99.100.1/t1", "--json")[0])
    values = {v["index"]: v["data"]["value"] for v in record["values"]}
    equal((values[1], values[2]), ("http://new", "added"), "values")
    # add handle and read value, in JSON's order
    equal(values[100]["permissions"], "010000000001", "rights")
    run("handle", "show", "99.100.1/t2", status=1)
    path.write_text("HOME 127.0.0.1:2641:tcp\n0.NA/99.5\n", encoding="utf-8")
    _, err = run("import", path, status=EX_UNAVAILABLE)
    demand("HOME" in err, err)


@case
def a_table_is_imported_under_a_prefix():
    path = state["place"] / "cells.csv"
    path.write_text('name,URL,DESC\nc1,http://c1,"a, b"\nc2,,only\n', encoding="utf-8")
    out, err = run("import", path, "--prefix", "99.100.1", "--json")
    equal(json.loads(out)["created"], 2, err)
    out, _ = run("handle", "show", "99.100.1/c1")
    demand("a, b" in out, out)


@case
def the_small_verbs_do_what_they_say():
    run("register", "99.100.1/v1", "--url", "http://v", "MAKER=plant seven", "--state", "draft")
    demand("draft" in run("handle", "show", "99.100.1/v1")[0], "state")
    run("register", "99.100.1/v1", "--url", "http://v", status=EX_EXISTS)
    run("handle", "activate", "99.100.1/v1")
    until(lambda: "99.100.1/v1" in run("find", "plant", "seven")[0], 30, "found by words")
    run("handle", "retire", "99.100.1/v1")
    _, err = run("handle", "delete", "99.100.1/v1", status=EX_USAGE)
    demand("--yes" in err and "restore" in err, err)
    _, err = run("handle", "delete", "99.100.1/v1", "--yes")
    demand("jizhu handle restore 99.100.1/v1" in err, err)
    run("handle", "show", "99.100.1/v1", status=1)
    run("handle", "restore", "99.100.1/v1")
    run("handle", "show", "99.100.1/v1")
    changes = json.loads(run("history", "99.100.1/v1", "--json")[0])["changes"]
    equal([c["verb"] for c in changes][:2], ["restore", "remove"], "history")
    demand("remove" in run("history", "99.100.1/v1")[0], "for people")


@case
def an_export_for_the_handle_tools_is_read_back():
    path = state["place"] / "back.batch"
    text, _ = run("export", "99.100.1", "--format", "batch")
    path.write_text(text, encoding="utf-8")
    demand("ADMIN 300:100000010000:0.NA/99.100.1" in text, "the third order")
    out, err = run("import", path, "--json")
    found = json.loads(out)
    equal(found["created"] + found["changed"] + found["refused"], 0, err)
    equal(found["unchanged"], text.count("CREATE "), "all are there")


@case
def what_is_exported_is_imported_elsewhere_and_exported_alike():
    kept, _ = run("export", "99.100.1")
    path = state["place"] / "kept.jsonl"
    path.write_text(kept, encoding="utf-8")
    equal(node().stop(), 0, "stop")
    where = folder()
    text = state["text"].replace(str(node().data), str(where / "data"))
    state["node"] = Node(where, re.sub(r"(?m)^devices:.*\Z", "devices: []\n", text, flags=re.S))
    node().start()
    run("import", path, "--json", seconds=180)
    again, _ = run("export", "99.100.1")
    equal(len(again.splitlines()), len(kept.splitlines()), "records")
    demand(without_times(again) == without_times(kept), "the exports differ")
    return f"{len(kept)} bytes"


@case
def a_stopped_node_is_read_and_written_in_its_folder():
    config = ("--config", node().config)
    data = node().data
    kept, _ = run("export", "99.100.1")
    status, _, err = command("export", "99.100.1", "--offline", data, *config)
    demand(status == EX_TEMPFAIL and f"a node runs on {data}" in err, status, err)
    equal(node().stop(), 0, "stop")
    status, out, err = command("export", "99.100.1", "--offline", data, *config, seconds=120)
    equal(status, 0, err)
    demand(out == kept, "the folder does not say what the node said")
    path = state["place"] / "offline.jsonl"
    path.write_text('{"name":"99.100.1/offline","values":[{"index":1,"type":"URL","data":"u"}]}\n'
                    '{"name":"99.100.1/cell-000001","values":[{"index":1,"type":"URL","data":"u"}]}\n',
                    encoding="utf-8")
    words = ("import", path, "--offline", data, *config, "--json")
    status, _, err = command(*words)
    demand(status == EX_EXISTS and f"{path}:2:" in err, "the same checks:", status, err)
    status, out, err = command(*words, "--mode", "replace")
    equal((status, json.loads(out)["created"], json.loads(out)["changed"]), (0, 1, 1), err)
    status, _, err = command("export", "--offline", state["place"] / "none", *config)
    demand(status == 1 and "has no journal" in err, status, err)
    node().start()
    for name in ("offline", "cell-000001"):
        demand(" u" in run("handle", "show", f"99.100.1/{name}")[0], name)


def wire_value(index, seconds, perms, kind, data, references=()):
    """A value as on the wire (RFC 3651, 3.1)."""
    refs = b"".join(handle.text(name.encode()) + struct.pack(">I", at) for name, at in references)
    return struct.pack(">IIBIB", index, seconds, 0, 3600, perms) + handle.text(kind.encode()) + \
        handle.text(data) + struct.pack(">I", len(references)) + refs


def checkpoint(records):
    """What the store of a Handle.Net server dumps: names and packed values."""
    lines = ["VERSION=3", "format=bytevalue", "type=btree", "dupsort=0", "HEADER=END"]
    for name, values in records:
        packed = struct.pack(">I", len(values)) + b"".join(map(handle.text, values)) if values else b""
        lines += [" " + name.encode().hex(), " " + packed.hex()]
    return "\n".join([*lines, "DATA=END", ""])


ADMIN = struct.pack(">H", 0x0FFF) + handle.text(b"0.NA/99.100.9") + struct.pack(">I", 300)
DUMPED = [("99.100.9/ONE", [wire_value(1, 1_000_000_000, 0x0E, "URL", b"https://one.example/"),
                            wire_value(5, 1_100_000_000, 0x0C, "HS_SECKEY", b"a secret"),
                            wire_value(100, 1_000_000_001, 0x0E, "HS_ADMIN", ADMIN,
                                       [("0.NA/99.100.9", 300)])]),
          ("99.100.9/TWO", [wire_value(1, 1_000_000_002, 0x02, "DATA", bytes(range(256)))])]


def dumped(name):
    record = json.loads(run("handle", "show", name, "--json")[0])
    return {v["index"]: v for v in record["values"]}


@case
def a_dump_of_a_handle_server_keeps_values_rights_secrets_and_times():
    place = state["place"]
    prefixes, path = place / "nas.dump", place / "handles.dump"
    prefixes.write_text(checkpoint([("0.NA/99.100.9", [])]), encoding="utf-8")
    path.write_text(checkpoint(DUMPED), encoding="utf-8")
    _, err = run("import", path, status=EX_UNAVAILABLE)
    demand(f"{path}:6:" in err and "not kept by this node" in err, err)
    equal(json.loads(run("import", prefixes, "--json")[0])["homed"], 1, "homed")
    equal(json.loads(run("import", path, "--json")[0])["created"], 2, "created")
    one, two = dumped("99.100.9/ONE"), dumped("99.100.9/TWO")
    equal([one[i]["timestamp"] for i in (1, 5, 100)],
          ["2001-09-09T01:46:40Z", "2004-11-09T11:33:20Z", "2001-09-09T01:46:41Z"], "times")
    equal((one[5]["data"]["value"], one[5]["permissions"]), ("a secret", "1100"), "the secret")
    equal(one[100]["references"], [{"handle": "0.NA/99.100.9", "index": 300}], "references")
    equal(one[100]["data"]["value"]["permissions"], "111111111111", "rights")
    equal(base64.b64decode(two[1]["data"]["value"]), bytes(range(256)), "bytes")
    # With its last line lost it says so, and what it holds is there already.
    path.write_text(checkpoint(DUMPED).replace("DATA=END\n", ""), encoding="utf-8")
    found, _, err = command("import", path, "--mode", "merge", *door())
    demand(found != 0 and f"{path}:9" in err and "breaks off" in err, found, err)


@case
def json_of_a_handle_server_goes_into_a_node_that_does_not_run():
    config, data, path = ("--config", node().config), node().data, state["place"] / "store.json"
    values = [{"index": 1, "type": "URL", "data": {"format": "string", "value": "https://j.example/"},
               "ttl": 60, "timestamp": "2011-01-01T00:00:00Z"}]
    store = {"homedPrefixes": ["0.NA/99.100.8"],
             "handleRecords": {f"99.100.8/J-{i}": {"handle": f"99.100.8/J-{i}", "values": values}
                               for i in range(3)}}
    path.write_text(json.dumps(store, indent=2), encoding="utf-8")
    equal(node().stop(), 0, "stop")
    status, out, err = command("import", path, "--offline", data, *config, "--json")
    node().start()
    equal(status, 0, err)
    equal({k: v for k, v in json.loads(out).items() if v}, {"homed": 1, "created": 3}, err)
    equal(dumped("99.100.8/J-2")[1]["timestamp"], "2011-01-01T00:00:00Z", "its time")
    store["handleRecords"]["99.100.8/J-1"]["values"] = [{"index": 0}]
    path.write_text(json.dumps(store, indent=2), encoding="utf-8")
    _, err = run("import", path, "--mode", "merge", status=EX_DATA)
    line = path.read_text(encoding="utf-8").splitlines().index('    "99.100.8/J-1": {') + 1
    demand(f"{path}:{line}:" in err and "99.100.8/J-1" in err, err)


@case
def a_command_without_its_node_says_what_to_do():
    words = door()
    equal(node().stop(), 0, "stop")
    status, out, err = command("import", state["file"], "--keep-going", *words)
    demand(status == EX_UNAVAILABLE and "jizhu run" in err, status, out, err)
    status, _, err = command("find", "x", *words)
    demand(status == EX_UNAVAILABLE and "jizhu run" in err, status, err)


space.enter()
state["place"] = folder()
state["file"] = state["place"] / "cells.jsonl"
with open(state["file"], "w", encoding="utf-8") as out:
    for i in range(NAMES):
        out.write('{"name":"99.100.1/cell-%06d","values":[{"index":1,"type":"URL","data":'
                  '"http://127.0.0.1/cell/%d"},{"index":2,"type":"DESC","data":"cell %d"}]}\n'
                  % (i, i, i))
state["text"] = plant_config(state["place"])
with plant(state["place"]):
    state["node"] = Node(state["place"], state["text"]).start()
    tap.main()
