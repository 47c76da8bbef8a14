# SPDX-License-Identifier: Apache-2.0
"""Starts that must be refused: wrong configurations, addresses, folders in use."""
import json
import re
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))

import journal  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
import uplink_peer as peer  # noqa: E402
from jizhu import Node, command, folder, plant_config, with_lines  # noqa: E402
from tap import case, demand, equal  # noqa: E402

EX_CONFIG = 78
PLACE = re.compile(r"(\S+\.yaml):(\d+):(\d+): ")
# what is wrong, what is replaced, by what, the line that must be named is that of the change
WRONG = (
    ("a word that is no option", "  prefix:", "  prefex:"),
    ("a prefix that is none", "prefix: 99.100.1", "prefix: ninety/nine"),
    ("a port beyond 65535", "127.0.1.11:1502", "127.0.1.11:99999"),
    ("an unknown type", "type: f32", "type: float"),
    ("limits the wrong way round", "write: {limits: [2.5, 4.2]", "write: {limits: [4.2, 2.5]"),
    ("the same name twice", "name: FRM2\n", "name: FRM1\n"),
    ("a duration without unit", "period: 1s", "period: 1"),
    ("an address beyond the table", "address: 20, type: f32", "address: 70000, type: f32"),
    ("a brace left open", "points:\n", "points: {\n"),
    ("a tab for indentation", "  name: demo-plant", "\tname: demo-plant"),
)

PACK = """pack: {id: own, version: 1, source: Our rules}
indicators:
  - id: energy
    version: 1
    name: {en: Energy, zh: 电量}
    inputs: [{name: meter, unit: kWh}]
    parts: [{name: all, sum: "delta(meter)", unit: kWh}]
    value: "all"
    unit: kWh
    scopes: [{id: site, name: Site}]
    periods: [day]
"""


@case
def every_wrong_configuration_is_refused_with_its_place():
    where = folder()
    good = plant_config(where)
    for what, old, new in WRONG:
        demand(old in good, "the plant's configuration has no", old)
        text = good.replace(old, new, 1)
        status, err = Node(where, text).refuse()
        place = PLACE.search(err)
        demand(status == EX_CONFIG and place, f"{what}: {status} {err}")
        wanted = good[:good.index(old)].count("\n") + 1
        # What is wrong with a brace left open is found where it should have been closed.
        demand(int(place.group(2)) == wanted or "brace" in what,
               f"{what}: line {place.group(2)}, not {wanted}: {err}")
        status, _, err = command("check", where / "jizhu.yaml")
        equal(status, EX_CONFIG, f"check: {what} {err}")
    return f"{len(WRONG)} faults"


@case
def a_configuration_that_is_not_there_is_named():
    status, _, err = command("run", "--config", "/nowhere/jizhu.yaml")
    demand(status != 0 and "/nowhere/jizhu.yaml" in err, status, err)


@case
def listening_beyond_loopback_without_tls_is_refused_with_the_reason():
    where = folder()
    text = with_lines(plant_config(where), http='"0.0.0.0:8080"\n  tls: {mode: never}')
    status, err = Node(where, text).refuse()
    demand(status == EX_CONFIG and "loopback" in err and "mode: auto" in err, status, err)
    return err.strip()[:120]


@case
def what_contracts_reach_of_each_point_is_shown_without_a_node():
    where = folder()
    text = plant_config(where) + (
        "uplink:\n"
        "  parents: [{name: up, node: 99.100, address: '127.0.0.9:2643', contract: full}]\n"
        "  contracts: [{name: full, streams: [events], events: [alarm]}]\n")
    text = text.replace("write: {limits: [2.5, 4.2]", "class: core, write: {limits: [2.5, 4.2]", 1)
    (where / "jizhu.yaml").write_text(text)
    status, out, err = command("release", "show", "--json", "--config", where / "jizhu.yaml")
    equal(status, 0, err)
    rows = [json.loads(line) for line in out.splitlines()]
    equal(rows[0]["parents"], ["up"], "the contract's parents")
    reached = {row["class"]: {point["releases"][0]["events"] for point in rows[1:]
                              if point["class"] == row["class"]} for row in rows[1:]}
    equal(reached, {"core": {False}, "general": {True}}, "what events go of")
    return f"{len(rows) - 1} points"


@case
def what_has_left_is_told_from_the_journal():
    data = folder()
    started = b"\x01\x00\x00\x00" + peer.zigzag(5) * 2 + bytes(4)  # NODE_STARTED
    item = peer.counted("99.1000.1") + peer.varint(300) + started
    records = []
    for parent, stream, body in (("99.1000", 0, item), ("99.2000", 5, b"xyz")):
        batch, _ = peer.batch(stream, "99.1000.1", 7, 1, bytes(32), [], [(10 ** 18, body)] * 2)
        records += [(18, b"\x01" + peer.counted(parent) + peer.counted("") + batch + bytes(64)),
                    (17, b"a figure")]
    journal.write(data, "tree", records)
    demand(journal.verify(data, "tree")[0], journal.verify(data, "tree")[1])
    status, out, err = command("release", "log", data)
    rows = [line.split("\t") for line in out.splitlines()]
    equal((status, [row[1:4] for row in rows]), (0, [
        ["99.1000", "events", "1"], ["99.1000", "events", "2"],
        ["99.2000", "identifiers", "1"], ["99.2000", "identifiers", "2"]]), err)
    demand(rows[0][0].startswith("2001-09-09") and rows[0][4].startswith("99.1000.1/300 "), rows)
    equal(rows[2][4], "3 bytes", "a stream without words")
    status, out, err = command("release", "log", data, "--json", "--parent", "99.1000")
    told = [json.loads(line) for line in out.splitlines()]
    equal((status, [row["event"]["message"] for row in told]), (0, ["NODE_STARTED"] * 2), err)
    return f"{len(rows)} items"


@case
def a_second_node_on_the_same_folder_is_refused():
    where = folder()
    text = plant_config(where)
    first = Node(where, text).start()
    other = folder()
    second = with_lines(text, http='"127.0.0.1:8081"').replace("2641", "2642")
    status, err = Node(other, second).refuse()
    demand(status != 0 and str(where) in err, status, err)
    equal(first.api.call("GET", "/healthz")[0], 200, "the first")
    equal(first.stop(), 0, "stop")
    return err.strip()[:120]


@case
def a_journal_of_a_newer_version_is_refused_by_name():
    where = folder()
    node = Node(where, plant_config(where)).start()
    node.stop()
    path = journal.segments(node.data, "main")[0]
    journal.set_version(path, 9)
    status, err = node.refuse()
    demand(status != 0 and path.name in err and "newer" in err, status, err)
    return err.strip()[-120:]


@case
def a_port_in_use_is_named():
    where = folder()
    text = plant_config(where)
    other = text.replace(str(where), str(folder()))
    first = Node(where, text).start()
    for port, taken in ((2641, other), (8080, other.replace("2641", "2642"))):
        status, err = Node(folder(), taken).refuse()
        demand(status != 0 and str(port) in err, status, err)
    first.stop()
    return err.splitlines()[-1][:120]


@case
def packs_are_listed_and_a_wrong_one_is_refused_with_its_place():
    where = folder()
    status, out, err = command("indicator", "list", "--json", "--config", where / "jizhu.yaml")
    equal(status, 0, err)
    shipped = {item["id"] for item in json.loads(out)["items"]}
    demand({"iso22400.oee", "carbon.electricity", "digital.nc_rate"} <= shipped, shipped)
    (where / "packs").mkdir()
    own = where / "packs" / "own.yaml"
    own.write_text(PACK, encoding="utf-8")
    status, out, err = command("indicator", "show", "own.energy", "--json", "--config",
                               where / "jizhu.yaml")
    equal(status, 0, err)
    equal(json.loads(out)["parts"][0]["sum"], "delta(meter)", "the part's formula")
    equal(command("indicator", "check", own)[0], 0, "check of a good file")
    own.write_text(PACK.replace("delta(meter)", "delta(metre)"), encoding="utf-8")
    for words in (("check", own), ("list", "--config", where / "jizhu.yaml")):
        status, _, err = command("indicator", *words)
        place = PLACE.search(err)
        demand(status == EX_CONFIG and place and "metre" in err, status, err)
        equal(place.groups()[1:], ("7", "37"), err)
    return err.strip()[-120:]


space.enter()
tap.main()
