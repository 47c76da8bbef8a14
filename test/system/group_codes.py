# SPDX-License-Identifier: Apache-2.0
"""Codes of schemes beside GS1: a run of battery codes is made, imported and found by what is
printed on the battery, and one record answers under every name it has."""
import contextlib
import json
import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

PORT, PREFIX, BATTERIES = 8080, "99.100.1", "99.100.7"
EX_USAGE, EX_DATA, EX_UNAVAILABLE = 64, 65, 69
PACK = "X12PBA10000001GBU0000001"
OF_A_PACK = ("--maker", "X12", "--product", "P", "--battery", "B", "--spec", "A1",
             "--trace", "0000001", "--date", "2026-11-27")
state = {}

CONFIG = f"""node: {{name: works, prefix: {PREFIX}}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{PORT}", handle: ["127.0.0.1:2641"]}}
sentry: {{capture: none}}
schemes: {{gbt34014: {BATTERIES}}}
"""


def api():
    return state["node"].api


def run(*words, status=0):
    door = "--http", f"127.0.0.1:{PORT}", "--data", state["node"].data
    found, out, err = command(*words, *door)
    equal(found, status, f"{words}: {err}")
    return out, err


def code(text, **query):
    tail = "?" + urllib.parse.urlencode(query) if query else ""
    return api().get("/api/v1/codes/" + urllib.parse.quote(text, safe="") + tail)


def alias_of(name):
    status, found = api().call("GET", f"/api/handles/{name}")
    equal(status, 200, name)
    return [v["data"]["value"] for v in found["values"] if v["type"] == "HS_ALIAS"]


def write(name, text):
    path = state["place"] / name
    path.write_text(text, encoding="utf-8")
    return path


@contextlib.contextmanager
def stage():
    place = folder()
    (place / "data").mkdir()
    (place / "data").chmod(0o777)
    node = Node(place, CONFIG % place)
    state.update(node=node, place=place)
    try:
        node.start()
        status, _ = node.api.call("POST", f"/api/prefixes/{BATTERIES}")
        equal(status, 201, "homed")
        yield
    finally:
        node.kill() if node.api else node.process.kill()


@case
def codes_are_made_in_order_and_each_decodes():
    status, out, _ = command("code", "issue", *OF_A_PACK, "--first", "8", "--count", "3")
    rows = [json.loads(row)["name"] for row in out.splitlines()]
    equal((status, rows), (0, [f"X12PBA10000001GBU000000{n}" for n in (8, 9)] +
                           ["X12PBA10000001GBU0000010"]), "codes")
    for row in rows:
        equal(command("decode", row)[0], 0, row)
    status, out, _ = command("code", "issue", "--maker", "X12", "--product", "M", "--battery", "E",
                             "--spec", "A1", "--date", "2026-11-27", "--ladder", "M")
    equal((status, json.loads(out)["name"]), (0, "X12MEA1GBU0000001RM"), "ladder use")


@case
def a_field_that_is_wrong_is_named_and_nothing_is_made():
    for words, field in ((("--maker", "X1"), "X1-3"), (("--product", "X"), "X4"),
                         (("--battery", "H"), "X5"), (("--spec", "a1"), "X6-7"),
                         (("--trace", "1"), "X8-14"), (("--date", "2026-02-29"), "X15-17"),
                         (("--date", "2042-01-01"), "X15-17"), (("--first", "0"), "X18-24"),
                         (("--first", "9999999", "--count", "2"), "X18-24"),
                         (("--ladder", "M"), "X8-14")):
        status, out, err = command("code", "issue", *OF_A_PACK, *words)
        equal((status, out), (EX_DATA, ""), words)
        demand(field in err, words, err)
    equal(command("code", "issue", *OF_A_PACK, "--date", "27.11.2026")[0], EX_DATA, "no date")
    equal(command("code", "issue", *OF_A_PACK, "--count", "0")[0], EX_USAGE, "none")
    equal(command("code", "issue", *OF_A_PACK, "--scheme", "oid")[0], EX_USAGE, "scheme")


@case
def a_run_of_codes_is_imported_and_found_by_what_is_printed():
    status, out, _ = command("code", "issue", *OF_A_PACK, "--count", "500",
                             "--url", "https://example.com/")
    equal(status, 0, "issue")
    path = write("packs.jsonl", out)
    out, _ = run("import", path, "--prefix", BATTERIES, "--json")
    equal(json.loads(out)["created"], 500, "created")
    told = code(PACK)
    equal((told["scheme"], told["good"], told["name"]),
          ("gbt34014", True, f"{BATTERIES}/{PACK}"), "code")
    equal(told["record"]["values"][0]["data"]["value"], f"https://example.com/{PACK}", "record")
    meanings = {f["code"]: f["meaning"]["en"] for f in told["fields"] if "meaning" in f}
    equal(meanings, {"X4": "pack", "X5": "lithium iron phosphate", "X15-17": "2026-11-27"},
          "fields")
    demand("record" not in code("X12PBA10000001GBU0000501"), "a code that was not imported")


@case
def the_door_of_a_code_leads_to_its_record():
    link = api().connect(15)
    link.request("GET", f"/{PACK.lower()}")
    reply = link.getresponse()
    equal((reply.status, reply.headers["Location"]), (302, f"/{BATTERIES}/{PACK}"), "code")
    link.close()
    link = api().connect(15)
    link.request("GET", f"/{BATTERIES}/{PACK}")
    reply = link.getresponse()
    equal((reply.status, reply.headers["Location"]), (302, f"https://example.com/{PACK}"), "name")
    link.close()
    link = api().connect(15)
    link.request("GET", "/X12PBA10000001GOU0000001")
    equal(link.getresponse().status, 400, "a letter that is no date")
    link.close()


@case
def other_names_come_with_a_record_and_answer_for_it():
    main = f"{BATTERIES}/X12MBA10000001GBU0000001"
    also = [f"{PREFIX}/2.999.1", f"{PREFIX}/did:example:module-1", f"{PREFIX}/01/09521234543213"]
    line = {"name": main, "also": also,
            "values": [{"index": 2, "type": "DESC", "data": "module"}]}
    run("import", write("also.jsonl", json.dumps(line) + "\n"))
    for name in also:
        equal(alias_of(name), [main], name)
    until(lambda: len(code("2.999.1").get("also", [])) == 3, 15, "search")
    for text in (main.split("/")[1], "2.999.1", "urn:oid:2.999.1", "did:example:module-1",
                 "(01)09521234543213", "https://example.com/01/09521234543213"):
        told = code(text)
        equal(told["record"]["name"], main, text)
        equal(sorted(told["also"]), sorted(also), text)


@case
def a_column_of_a_table_gives_other_names():
    path = write("also.csv", f"name,also,URL\n{PREFIX}/A,{PREFIX}/A1 {PREFIX}/A2,https://example.com/a\n"
                             f"{PREFIX}/B,,https://example.com/b\n")
    run("import", path)
    equal(alias_of(f"{PREFIX}/A2"), [f"{PREFIX}/A"], "other name")


@case
def a_name_that_is_taken_refuses_the_record_by_name():
    line = {"name": f"{PREFIX}/C", "also": [f"{PREFIX}/C1", f"{PREFIX}/B"],
            "values": [{"index": 1, "type": "URL", "data": "https://example.com/c"}]}
    _, err = run("import", write("taken.jsonl", json.dumps(line) + "\n"), status=73)
    demand(f"{PREFIX}/B" in err, err)
    for name in ("C", "C1"):
        equal(api().call("GET", f"/api/handles/{PREFIX}/{name}")[0], 404, name)


@case
def retiring_and_deleting_tell_of_the_names_that_lead_there():
    until(lambda: "A2" in str(api().get(f"/api/v1/identifiers?type=HS_ALIAS&value={PREFIX}/A")), 15,
          "search")
    want = [f"{PREFIX}/A1", f"{PREFIX}/A2"]
    status, told = api().call("POST", f"/api/v1/identifiers/{PREFIX}/A/state", {"state": "retired"})
    equal((status, told["also"]), (200, want), "retired")
    out, _ = run("handle", "retire", f"{PREFIX}/B")
    equal(out, "", "a name without others")
    status, told = api().call("DELETE", f"/api/handles/{PREFIX}/A")
    equal((status, told["also"]), (200, want), "deleted")
    module = f"{BATTERIES}/X12MBA10000001GBU0000001"
    out, _ = run("handle", "delete", module, "--yes")
    equal(out.count("leads there still: "), 3, out)


@case
def the_command_line_reads_a_code_as_far_as_it_goes():
    status, out, _ = command("decode", "X12PBA1", "--scheme", "gbt34014")
    equal(status, EX_DATA, "a code cut short")
    demand("lithium iron phosphate" in out and "X8-14 is missing" in out, out)
    status, out, _ = command("decode", "001PBA10000001O9D0000001", "--json")
    told = json.loads(out)
    equal((status, told["scheme"], told["at"]), (EX_DATA, "gbt34014", 14), "a bad letter")
    equal(command("decode", "X12PBA1", "--scheme", "ean")[0], EX_USAGE, "no such scheme")
    equal(code("X12PBA1", scheme="gbt34014")["good"], False, "the same over the API")


space.enter()
with stage():
    tap.main()
