# SPDX-License-Identifier: Apache-2.0
"""Records that are made up by a template, and records that are signed: issued by the
command line, put by the node, checked by it, by `jizhu resolve --verify` and by a
checker that shares no code with them."""
import copy
import importlib.util
import json
import pathlib
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder  # noqa: E402
from tap import case, demand  # noqa: E402

PORT, EX_DATA = 2641, 65
NAME, REGISTRAR, ROOT = "99.100.1/lathe", "300:0.NA/99.100.1", "300:0.0/0.0"
state = {}


def equal(got, wanted, what=""):
    tap.equal(got, wanted, what)


def checker():
    spec = importlib.util.spec_from_file_location("verify_signature",
                                                  HERE.parent / "golden" / "verify_signature.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


G = checker()


def api():
    return state["node"].api


def put(name, values, query="?overwrite=true"):
    return api().call("PUT", api().name_path(name) + query, {"values": values})


def good(*words):
    status, out, trouble = command(*words)
    equal(status, 0, " ".join(words) + trouble)
    return out


def set_up():
    where = pathlib.Path(folder())
    state["where"] = where
    good("identity", "new", str(where / "root.key"), "--kind", "sm2")
    good("identity", "certify", ROOT, "--key", str(where / "root.key"), "--as", ROOT,
         "--out", str(where / "root.cert"))
    (where / "root.cert").chmod(0o644)
    (where / "own.json").write_text(good("identity", "new", str(where / "own.key")))
    (where / "own.pem").write_text(json.loads((where / "own.json").read_text())["pem"])
    good("identity", "new", str(where / "other.key"))
    state["node"] = Node(where, f"node: {{name: n, prefix: 99.100.1}}\ndata: {where}/data\n"
                                f"user: nobody\n"
                                f"listen: {{http: '127.0.0.1:0', handle: ['127.0.0.1:{PORT}']}}\n"
                                f"handle: {{trust_roots: ['{where}/root.cert']}}\n")
    state["node"].start()
    equal(put(NAME, [{"index": 1, "type": "URL", "data": "http://127.0.0.1/lathe"},
                     {"index": 2, "type": "DESC", "data": "车床", "ttl": 600},
                     {"index": 3, "type": "NOTE", "data": "not signed"}])[0], 201)


def door():
    return ["--data", f"{state['where']}/data", "--http", f"127.0.0.1:{api().port}"]


def key(name):
    return ["--key", f"{state['where']}/{name}.key", "--as", REGISTRAR]


def report():
    status, body = api().call("GET", f"/api/v1/identifiers/{NAME}/verification")
    equal(status, 200, body)
    return {value["index"]: value["verdict"] for value in body["values"]}, body["signatures"]


def verify(*words):
    status, out, _ = command("resolve", NAME, "--server", f"127.0.0.1:{PORT}", "--verify",
                             "--json", *words)
    body = json.loads(out)
    return status, {value["index"]: value["verdict"] for value in body["values"]}


def certify(perm="handlesUnderThisPrefix=0.NA/99.100.1"):
    where = state["where"]
    good("identity", "certify", REGISTRAR, "--public", f"{where}/own.json", "--perm", perm,
         "--key", f"{where}/root.key", "--as", ROOT, *door())


@case
def without_a_certificate_a_signature_is_of_an_unknown_issuer():
    good("identity", "sign", NAME, "--index", "1,2", *key("own"), *door())
    values, signatures = report()
    equal(values, {1: "unknown_issuer", 2: "unknown_issuer", 3: "not_covered"})
    equal(signatures[0]["issuer"], REGISTRAR)


@case
def a_certified_signature_is_valid_to_the_node_and_from_outside():
    certify()
    equal(report()[0], {1: "valid", 2: "valid", 3: "not_covered"})
    root = f"{state['where']}/root.cert"
    equal(verify("--trust", root), (0, {1: "valid", 2: "valid", 3: "not_covered"}))
    status, values = verify()
    demand(status == EX_DATA and values[1] in ("untrusted", "unknown_issuer"), status, values)


@case
def an_independent_checker_agrees_and_finds_each_changed_byte():
    if not shutil.which("openssl"):
        raise tap.Skip("no openssl")
    record = api().get(f"/api/handles/{NAME}")
    pem = state["where"] / "own.pem"
    equal(G.check(record, pem), {1, 2})
    changes = [("data", {"format": "string", "value": "http://127.0.0.1/lathf"}),
               ("type", "URM"), ("ttl", 86401), ("permissions", "1111"),
               ("references", [{"handle": "99.100.1/x", "index": 1}])]
    for field, other in changes:
        changed = copy.deepcopy(record)
        changed["values"][0][field] = other
        demand(fails(changed, pem), f"changed {field} is not found")
    for at in (0, 30, 100, -1):
        changed = copy.deepcopy(record)
        signature = next(v for v in changed["values"] if v["type"] == "HS_SIGNATURE")
        text = bytearray(signature["data"]["value"].encode())
        text[at] ^= 1
        signature["data"]["value"] = text.decode()
        demand(fails(changed, pem), f"changed byte {at} is not found")


def fails(record, pem):
    try:
        G.check(record, pem)
    except (G.Bad, KeyError, ValueError):
        return True
    return False


@case
def a_value_changed_after_it_was_signed_is_told():
    equal(put(NAME, [{"index": 1, "type": "URL", "data": "http://127.0.0.1/mill"}],
              "?index=1")[0], 200)
    equal(report()[0], {1: "changed", 2: "valid", 3: "not_covered"})
    equal(verify("--trust", f"{state['where']}/root.cert")[0], EX_DATA)
    good("identity", "sign", NAME, "--index", "1,2", *key("own"), *door())
    equal(report()[0][1], "valid")


@case
def a_certificate_for_other_names_does_not_permit_it():
    certify("handlesUnderThisPrefix=0.NA/99.200")
    equal(report()[0][1], "not_permitted")
    certify()


@case
def an_expired_signature_and_another_key_are_told():
    good("identity", "sign", NAME, "--for", "1s", *key("own"), *door())
    time.sleep(2.1)
    equal(report()[0], {1: "expired", 2: "expired", 3: "expired"})
    good("identity", "sign", NAME, *key("other"), *door())
    equal(report()[0], {1: "wrong_key", 2: "wrong_key", 3: "wrong_key"})


@case
def a_name_under_a_template_answers_by_wire_and_json():
    xml = ("<namespace><template delimiter='@'><foreach><if value='type' test='equals' "
           "expression='URL'><value data='${data}#${extension}'/></if></foreach></template>"
           "</namespace>")
    value = {"index": 9, "type": "HS_NAMESPACE", "data": xml}
    equal(put("0.NA/99.100.1", [value], "?index=9")[0], 200)
    out = json.loads(good("resolve", NAME + "@page2", "--server", f"127.0.0.1:{PORT}", "--json"))
    equal(out["values"][0]["data"]["value"], "http://127.0.0.1/mill#page2")
    body = api().get(f"/api/handles/{NAME}@page2")
    equal(body["values"][0]["data"]["value"], "http://127.0.0.1/mill#page2")
    status, body = put("0.NA/99.100.1", [{**value, "data": xml.replace("equals", "like")}],
                       "?index=9")
    equal((status, "in line 1: test is neither equals nor matches" in body["message"]),
          (400, True), body)


space.enter()
try:
    set_up()
    tap.main()
finally:
    if "node" in state:
        state["node"].process.kill()
