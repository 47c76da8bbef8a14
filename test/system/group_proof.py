# SPDX-License-Identifier: Apache-2.0
"""The past of identifiers and the proofs of it: history, answers as of a time,
tombstones, signed heads, and answers that prove themselves on another machine."""
import base64
import datetime
import importlib.util
import json
import pathlib
import random
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import handle  # noqa: E402
import journal  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Api, command, folder, plant_and_node  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

PORT = 2641
V1 = "/api/v1"
state = {}


def verifier():
    spec = importlib.util.spec_from_file_location("verify_answer",
                                                  HERE.parent / "golden" / "verify_answer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


V = verifier()


def api():
    return state["node"].api


def anybody():
    return Api(api().port)


def make(name, text, status=201):
    equal(api().put_name(name, text, "?overwrite=true")[0], status, f"write {name}")


def path_of(name):
    return urllib.parse.quote(name, safe="/")


def pack(name, query=""):
    """The bytes of the answer; the tree follows the register within moments."""
    def ask():
        client = anybody()
        status, body = client.call("GET", f"{V1}/proof/answer/{path_of(name)}{query}")
        return body if status == 200 else None
    body = until(ask, 10, f"the pack of {name}")
    return V.render(body).encode()


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@case
def a_record_is_answered_as_it_was_known_at_each_time():
    name, times = "99.100.1/past", []
    for number in range(3):
        make(name, f"http://127.0.0.1/{number}", 200 if number else 201)
        time.sleep(0.05)
        times.append(now())
        time.sleep(0.05)
    for number, at in enumerate(times):
        body = anybody().get(f"/api/handles/{name}?at={at}")
        equal(body["values"][0]["data"]["value"], f"http://127.0.0.1/{number}", f"as of {at}")
        demand(body["change"]["seq"] > 0 and "subject" not in body["change"], body)
    anybody().get(f"/api/handles/{name}?at=2020-01-01T00:00:00Z", 404)
    changes = api().get(f"{V1}/identifiers/{name}/history")["changes"]
    equal([c["verb"] for c in changes], ["replace"] * 3, "verbs")
    equal(anybody().call("GET", f"{V1}/identifiers/{name}/history")[0], 401, "history is not public")
    state["past"] = name, times


@case
def the_handle_wire_answers_as_of_a_time_what_rest_does():
    name, times = state["past"]
    for number, at in enumerate(times):
        change = anybody().get(f"/api/handles/{name}?at={at}")["change"]
        for ask in (handle.by_udp, handle.by_tcp):
            values = ask(("127.0.0.1", PORT), name, types=[f"JIZHU.AT:{at}"]).values
            equal([(v.type, v.data) for v in values if v.type == "URL"],
                  [("URL", f"http://127.0.0.1/{number}".encode())], f"{ask.__name__} as of {at}")
            told = json.loads(values[-1].data)
            equal((values[-1].type, told["seq"]), ("JIZHU.AT", change["seq"]), "the change")
    for ask in (handle.by_udp, handle.by_tcp):
        equal(ask(("127.0.0.1", PORT), name, types=["JIZHU.AT:1577836800000"]).code, 100, "before it")
        equal(ask(("127.0.0.1", PORT), name, types=["JIZHU.AT:soon"]).code, 4, "no time")
        equal([v.type for v in ask(("127.0.0.1", PORT), name,
                                   types=[f"JIZHU.AT:{times[0]}", "EMAIL"]).values],
              ["JIZHU.AT"], "filtered")


@case
def resolve_asks_the_wire_as_of_a_time():
    name, times = state["past"]
    server = ("--server", f"127.0.0.1:{PORT}")
    for number, at in enumerate(times):
        status, out, err = command("resolve", name, "--as-of", at, *server, "--json")
        equal(status, 0, err)
        values = json.loads(out)["values"]
        equal([v["type"] for v in values], ["URL", "JIZHU.AT"], "types")
        equal(values[0]["data"]["value"], f"http://127.0.0.1/{number}", f"as of {at}")
    equal(command("resolve", name, "--as-of", "2020-01-01T00:00:00Z", *server)[0], 1, "before it")
    equal(command("resolve", name, "--as-of", "soon", *server)[0], 64, "no time")


@case
def a_deleted_name_is_gone_everywhere_and_only_comes_back_as_itself():
    name = "99.100.1/once"
    make(name, "http://127.0.0.1/first")
    equal(api().call("DELETE", api().name_path(name))[0], 200, "delete")
    for ask in (handle.by_udp, handle.by_tcp):
        demand(ask(("127.0.0.1", PORT), name).code != handle.OK, "still answers")
    status, body = api().put_name(name, "http://127.0.0.1/second")
    equal(status, 409, "create again")
    demand("deleted" in body["message"], body)
    equal(api().call("POST", f"{V1}/identifiers/{name}/restoration")[0], 200, "restore")
    equal(anybody().get(f"/api/handles/{name}")["values"][0]["data"]["value"],
          "http://127.0.0.1/first", "the same record")
    demand(handle.by_udp(("127.0.0.1", PORT), name).code == handle.OK, "does not answer")


@case
def an_answer_proves_itself_to_both_verifiers_without_network():
    name = "99.100.1/电芯-1"
    make(name, "http://127.0.0.1/cell")
    where = folder()
    key = anybody().get(V1 + "/proof/key")["key"]
    (where / "key").write_text(key + "\n")
    for query in ("", "?compact=true"):
        data = pack(name, query)
        (where / "answer.json").write_bytes(data)
        seen = V.check(data, key)
        equal(seen["record"]["name"], name, "name")
        equal(seen["record"]["values"][0]["data"], "http://127.0.0.1/cell", "data")
        status, out, err = command("verify-answer", where / "answer.json", "--key", where / "key")
        equal(status, 0, err)
        demand(f"{name} is active" in out, out)
    for words in ([], ["--compact"]):
        status, out, err = command("answer", name, "--node", f"http://127.0.0.1:{api().port}", *words)
        equal(status, 0, err)
        V.check(out.encode(), key)
        demand(("record" in json.loads(out)) == (not words), out)
    equal(command("answer", "99.100.1/none", "--node", f"http://127.0.0.1:{api().port}")[0], 1,
          "exit code of a name that is not there")
    demand(len(pack(name, "?compact=true")) <= 2900, "too big for a QR code")
    return f"compact: {len(pack(name, '?compact=true'))} bytes"


@case
def a_name_registered_in_bulk_has_a_pack_of_its_own():
    lines = "\n".join(json.dumps({"name": f"99.100.1/bulk-{i}", "values": [
        {"index": 1, "type": "URL", "data": f"http://127.0.0.1/{i}"}]}) for i in range(3000))
    status, body = api().call("POST", V1 + "/registrations", lines.encode(),
                              {"Idempotency-Key": "bulk", "Content-Type": "application/jsonl"})
    equal(status, 200, body)
    where = folder()
    key = anybody().get(V1 + "/proof/key")["key"]
    (where / "key").write_text(key + "\n")
    for number, query in ((0, ""), (1234, ""), (2999, "?compact=true")):
        data = pack(f"99.100.1/bulk-{number}", query)
        (where / "answer.json").write_bytes(data)
        seen = V.check(data, key)
        equal(seen["record"]["values"][0]["data"], f"http://127.0.0.1/{number}", "data")
        status, out, err = command("verify-answer", where / "answer.json", "--key", where / "key")
        equal(status, 0, err)
        demand(f"99.100.1/bulk-{number} is active" in out, out)
    return f"{len(data)} bytes compact"


@case
def one_altered_byte_makes_both_verifiers_refuse():
    alter(pack("99.100.1/bulk-7"))
    return alter(pack("99.100.1/电芯-1"))


def alter(data):
    where, rng = folder(), random.Random(7)
    for place in range(len(data)):
        bad = bytearray(data)
        bad[place] ^= 1 << rng.randrange(7)
        try:
            V.check(bytes(bad))
        except V.Bad:
            continue
        raise tap.Failed(f"byte {place} altered and not noticed")
    for place in rng.sample(range(len(data)), 60):
        bad = bytearray(data)
        bad[place] ^= 1 << rng.randrange(7)
        (where / "bad.json").write_bytes(bad)
        demand(command("verify-answer", where / "bad.json")[0] != 0, "byte", place, "not noticed")
    return f"{len(data)} bytes"


@case
def every_head_holds_the_ones_before_also_after_a_kill():
    heads = []
    for number in range(4):
        make(f"99.100.1/head-{number}", "http://127.0.0.1/")
        until(lambda: anybody().get(V1 + "/proof/head")["size"] > (heads[-1]["size"] if heads else 0),
              10, "the tree grows")
        heads.append(anybody().get(V1 + "/proof/head"))
    state["node"].kill()
    state["node"].start()
    heads.append(anybody().get(V1 + "/proof/head"))
    key = anybody().get(V1 + "/proof/key")["key"]
    for head in heads:
        V.read_head(head["head"], key)
    for old, new in zip(heads, heads[1:]):
        proof = anybody().get(f"{V1}/proof/consistency?from={old['size']}&to={new['size']}")
        path = [base64.b64decode(p) for p in proof["path"]]
        demand(V.grew(old["size"], base64.b64decode(old["root"]), new["size"],
                      base64.b64decode(new["root"]), path), "not consistent:", proof)


@case
def a_public_pack_holds_no_private_value():
    name = "99.100.1/private"
    values = [{"index": 1, "type": "COST", "data": "42", "permissions": "1100"}]
    equal(api().call("PUT", api().name_path(name), {"values": values})[0], 201, "create")
    equal(anybody().call("GET", f"{V1}/proof/answer/{name}")[0], 403, "for anybody")
    until(lambda: api().call("GET", f"{V1}/proof/answer/{name}")[0] == 200, 10, "for an engineer")


@case
def a_point_s_record_carries_its_newest_sample_at_every_door():
    state["node"].wait_good("FRM1.V_SET")
    shown = api().get(f"{V1}/points/FRM1.V_SET")
    for ask in (handle.by_udp, handle.by_tcp):
        reply = ask(("127.0.0.1", PORT), "99.100.1/FRM1.V_SET", types=["JIZHU.VALUE"])
        equal([v.type for v in reply.values], ["JIZHU.VALUE"], "types")
        live = json.loads(reply.values[0].data)
        equal(live["quality"], "good", "quality")
        demand(abs(live["value"] - shown["value"]) < 0.5, "value:", live, shown["value"])
    at = now()
    time.sleep(0.1)
    body = anybody().get(f"/api/handles/99.100.1/FRM1.V_SET?type=JIZHU.VALUE&at={at}")
    demand(json.loads(body["values"][0]["data"]["value"])["time"] <= at, body)
    values = handle.by_tcp(("127.0.0.1", PORT), "99.100.1/FRM1.V_SET",
                           types=["JIZHU.VALUE", f"JIZHU.AT:{at}"]).values
    equal([v.type for v in values], ["JIZHU.VALUE", "JIZHU.AT"], "types")
    equal(values[0].data.decode(), body["values"][0]["data"]["value"], "the wire and REST")


@case
def verifying_a_folder_names_the_record_whose_byte_was_altered():
    name = "99.100.1/altered"
    make(name, "http://127.0.0.1/needle-in-the-journal")
    make("99.100.1/after", "http://127.0.0.1/")
    equal(state["node"].stop(), 0, "stop")
    data = state["node"].data
    status, out, err = command("verify", data, "--json")
    equal(status, 0, err)
    demand(json.loads(out)["signed_heads"] > 0, "no head was held against the journal:", out)
    path = journal.segments(data, "main")[-1]
    whole = path.read_bytes()
    place = whole.index(b"needle-in-the-journal")
    for at in (place, place - 40, place + 12):
        bad = bytearray(whole)
        bad[at] ^= 4
        path.write_bytes(bad)
        status, _, err = command("verify", data)
        demand(status != 0 and name in err, "names the record:", err)
    path.write_bytes(whole)
    equal(command("verify", data)[0], 0, "whole again")
    state["node"].start()


space.enter()
with plant_and_node() as state["node"]:
    tap.main()
