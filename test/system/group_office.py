# SPDX-License-Identifier: Apache-2.0
"""A secondary node's day: an organisation applies, is reviewed and approved, registers by
template, is resolved, and meets its limits, by REST and on the wire; then the power goes."""
import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import handle  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import command, folder, plant_and_node  # noqa: E402
from tap import case, demand, equal  # noqa: E402

PORT = ("127.0.0.1", 2641)
PREFIX = "99.100.1.7"
DESK = "/api/v1/office"
LIMIT_REQUESTS, LIMIT_NAMES = 603, 604
FORM = {"organisation": "测试企业", "credit_code": "9199000000TE0T0019", "contact": "Li",
        "industry": "C3841", "purpose": "电芯与电池包", "wanted": PREFIX}
TEMPLATE = {"prefix": PREFIX, "version": "1.0", "name": "电芯", "industryCategory": "C",
            "industrySpecific": "38", "industryTrade": "384", "industrySubclass": "3841",
            "type": 2, "items": [
                {"name": "型号", "idType": "model", "idIndex": 2000, "required": True,
                 "metadata": {"type": "string", "minLength": 1, "maxLength": 8}},
                {"name": "序列号", "idType": "serial", "idIndex": 2001, "unique": True,
                 "metadata": {"type": "string", "maxLength": 32}}]}
state = {}


def call(method, path, body=None, status=200):
    found, answer = state["node"].api.call(method, path, body)
    equal(found, status, f"{method} {path}: {answer!r:.300}")
    return answer


def cell(number, model="LFP", serial=None):
    value = [(2000, "model", model), (2001, "serial", serial or f"S{number:04d}")]
    return {"handle": f"{PREFIX}/cell-{number}", "templateVersion": "1.0",
            "value": [{"index": i, "type": t, "auth": "",
                       "data": {"format": "string", "value": v}} for i, t, v in value]}


def register(*args, **more):
    answer = call("POST", "/identityv2/data?lang=zh", cell(*args, **more))
    return answer["status"], answer["message"]


def resolve(name):
    return handle.by_udp(PORT, name).code


@case
def an_organisation_applies_is_reviewed_and_approved():
    bad = {**FORM, "credit_code": "9199000000TE0T0018"}
    demand("校验码" in call("POST", f"{DESK}/applications?lang=zh", bad, 422)["detail"], "why")
    application = call("POST", f"{DESK}/applications", FORM, 201)
    equal((application["number"], application["state"]), (1, "applied"), "application")
    equal(call("GET", DESK)["waiting"]["count"], 1, "waiting")
    equal(call("POST", f"{DESK}/applications/1/review")["state"], "under_review", "state")
    limits = {"names": 4, "requests_per_day": 0}
    approved = call("POST", f"{DESK}/applications/1/approve", {"limits": limits})
    equal((approved["state"], approved["prefix"], approved["made"]), ("approved", PREFIX, True),
          "approved")
    reply = handle.by_tcp(PORT, f"0.NA/{PREFIX}")
    equal(reply.code, handle.OK, "the record of the prefix")
    demand({"HS_ADMIN", "DESC"} <= {v.type for v in reply.values}, "its values", reply.values)


@case
def registrations_follow_the_template():
    equal(register(1), (-2, "前缀下没有版本为 1.0 的模板。请先创建模板，或改用其他版本"), "no template")
    equal(call("POST", "/snms/api/v5/template", TEMPLATE)["status"], 1, "template")
    status, why = register(1, model="LFP-280Ah")
    demand(status == -2 and "型号" in why and "8" in why, status, why)
    equal(register(1), (1, "success"), "registered")
    equal(register(2, serial="S0001")[0], -2, "the serial of another")
    equal(register(2), (1, "success"), "registered")
    values = {v.index: v.data.decode() for v in handle.by_udp(PORT, f"{PREFIX}/cell-1").values
              if v.index > 1000}
    equal(values, {1001: "1.0", 2000: "LFP", 2001: "S0001"}, "on the wire")


@case
def a_batch_tells_each_of_its_items_and_stops_at_the_limit():
    answer = call("POST", "/identityv2/data/batchCreate", [cell(n) for n in (2, 3, 4, 5, 6)])
    equal([row["code"] for row in answer["data"]], [-2, 1, 1, -2, -2], "codes")
    demand("604" in answer["data"][3]["msg"], answer["data"][3])
    status, body = state["node"].api.put_name(f"{PREFIX}/more", "http://127.0.0.1/")
    equal((status, body["responseCode"]), (403, LIMIT_NAMES), "by the Handle interface")


@case
def the_ratio_is_that_of_names_resolved_to_names_registered():
    before = call("GET", f"{DESK}/prefixes/{PREFIX}")
    for _ in range(3):
        equal(resolve(f"{PREFIX}/CELL-3"), handle.OK, "resolved")
    row = call("GET", f"{DESK}/prefixes/{PREFIX}")
    equal(row["registered"], 4, "registered")
    equal(row["resolved"] - before["resolved"], 3, "resolved")
    equal((row["distinct"], row["ratio"]), (2, 0.5), "cells 1 and 3 of 4")
    equal(row["today"]["registered"], 4, "today")


@case
def a_spent_budget_is_603_on_the_wire_and_by_rest():
    used = call("GET", f"{DESK}/prefixes/{PREFIX}")["today"]["requests"]
    call("PUT", f"{DESK}/prefixes/{PREFIX}/limits", {"names": 4, "requests_per_day": used + 2})
    codes = [resolve(f"{PREFIX}/cell-1") for _ in range(3)]
    equal(codes, [handle.OK, handle.OK, LIMIT_REQUESTS], "by UDP")
    status, body = state["node"].api.call("GET", f"/api/handles/{PREFIX}/cell-1")
    equal((status, body["responseCode"]), (429, LIMIT_REQUESTS), "by REST")
    equal(handle.by_udp(PORT, "99.100.1/FRM1").code, handle.OK, "another prefix")


@case
def what_was_told_is_there_after_a_kill():
    state["node"].kill()
    state["node"].start()
    row = call("GET", f"{DESK}/prefixes/{PREFIX}")
    equal((row["registered"], row["registered_ever"], row["today"]["registered"]), (4, 4, 4),
          "registrations")
    equal(call("GET", f"{DESK}/applications/1")["state"], "approved", "state")
    equal([t["used"] for t in call("GET", f"{DESK}/templates")["items"]], [True], "template")
    demand("604" in register(9)[1], "the limit holds")


@case
def answers_counted_survive_a_clean_stop():
    for _ in range(2):
        equal(resolve(f"{PREFIX}/cell-1"), handle.OK, "resolved")
    resolved = call("GET", f"{DESK}/prefixes/{PREFIX}")["resolved"]
    demand(resolved >= 2, resolved)
    equal(state["node"].stop(), 0, "exit status")
    state["node"].start()
    equal(call("GET", f"{DESK}/prefixes/{PREFIX}")["resolved"], resolved, "resolved")


@case
def a_suspended_prefix_takes_no_changes_and_resolves():
    call("POST", f"{DESK}/applications/1/suspend", {"reason": "unpaid"})
    demand("605" in call("PUT", "/identityv2/data", cell(1, model="NMC"))["message"], "605")
    call("PUT", f"{DESK}/prefixes/{PREFIX}/limits", {"names": 4})
    equal(resolve(f"{PREFIX}/cell-1"), handle.OK, "resolves")
    call("POST", f"{DESK}/applications/1/resume")
    equal(call("PUT", "/identityv2/data", cell(1, model="NMC"))["status"], 1, "changed")


@case
def an_identity_of_either_kind_becomes_the_key_of_a_prefix():
    for kind in ("rsa", "sm2"):
        path = folder() / kind
        status, out, err = command("identity", "new", path, "--kind", kind)
        equal((status, err), (0, ""), "identity new")
        identity = json.loads(out)
        equal(oct(path.stat().st_mode & 0o777), "0o600", "mode")
        equal(command("identity", "show", path)[1], out, "identity show")
        demand(command("identity", "new", path)[0] != 0, "overwrote a private key")
        form = {**FORM, "wanted": f"99.100.1.{kind}", "credit_code": "9199000000TE0T002C",
                "public_key": {"format": "pem", "value": identity["pem"]}}
        number = call("POST", f"{DESK}/applications", form, 201)["number"]
        call("POST", f"{DESK}/applications/{number}/review")
        call("POST", f"{DESK}/applications/{number}/approve")
        values = {v.index: v for v in handle.by_tcp(PORT, f"0.NA/99.100.1.{kind}").values}
        equal(values[300].type, "HS_PUBKEY", "type")
        equal(values[300].data, base64.b64decode(identity["data"]["value"]), "the key")
        call("POST", f"{DESK}/prefixes/99.100.1.{kind}/secret", status=409)


def desk(*words):
    return command("office", *words, "--config", state["node"].config)


@case
def the_command_line_lists_decides_and_refuses_with_the_node_s_own_words():
    number = str(call("POST", f"{DESK}/applications", {**FORM, "wanted": "99.100.1.cli"},
                      201)["number"])
    status, out, err = desk("list", "--waiting")
    equal((status, err, len(out.splitlines())), (0, "", 1), "list")
    demand(out.startswith(number + "\tapplied\twants 99.100.1.cli\t测试企业\t"), out)
    status, out, err = desk("approve", number)
    demand(status == 65 and "cannot be taken to approve" in err, status, out, err)
    equal(desk("review", number)[0], 0, "review")
    status, out, err = desk("approve", number, "--names", "7", "--json")
    equal((status, json.loads(out)["prefix"]), (0, "99.100.1.cli"), "approve")
    equal(call("GET", f"{DESK}/prefixes/99.100.1.cli")["limits"]["names"], 7, "limits")
    demand(desk("suspend", number)[0] != 0, "suspended without a reason")
    equal(desk("suspend", number, "--reason", "a test")[0], 0, "suspend")
    demand("a test" in desk("show", number)[1], "show")
    demand(f"{PREFIX}\tapproved\t测试企业\tregistered 4" in desk("prefixes")[1], "prefixes")
    demand(desk("approve", "1/../1")[0] == 64, "a number that is a path")


def figure(*words):
    return command("figure", *words, "--config", state["node"].config)


@case
def figures_that_a_person_declares_are_listed_and_opened_by_the_command():
    what = {"definition": "energy.value_added", "scope": "unit", "period": "month",
            "from": "2026-01-01T00:00:00+08:00", "parts": {"value_added": 125.5}}
    made = call("POST", "/api/v1/figures/declared", what, 201)
    status, out, err = figure("list", "--definition", "energy.value_added", "--latest")
    equal((status, err, len(out.splitlines())), (0, "", 1), "list")
    demand(out.startswith("energy.value_added\tunit\t99.100.1\tmonth\t2025-12-31T16:00:00.000Z\t"
                          "declared\t125.5 10kCNY\trevision 1\treporting 1/1\t"), out)
    equal(json.loads(figure("list", "--json")[1])["items"][0]["id"], made["id"], "id")
    call("POST", "/api/v1/figures/declared", {**what, "parts": {"value_added": 126}}, 201)
    status, out, err = figure("show", made["id"])
    equal((status, err), (0, ""), "show")
    demand("parts      value_added\tsum\t10kCNY\t-\t125.5\n" in out and
           "\t2\t126\n" in out and "\t1\t125.5\n" in out, out)
    status, _, err = figure("show", "AQ")
    demand(status == 1 and "AQ" in err, status, err)
    equal(figure("list", "--period", "month", "--to", "tomorrow")[0], 65, "no time")
    equal(figure("show")[0], 64, "no id")


space.enter()
with plant_and_node() as state["node"]:
    tap.main()
