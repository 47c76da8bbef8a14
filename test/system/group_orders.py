# SPDX-License-Identifier: Apache-2.0
"""From an order to the machine and back: the command contract, its audit, and that
the sentry tells ordered writes from others."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import modbus  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import plant_and_node  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

CHARGER = ("127.0.1.11", 1502)
V_SET, REGISTERS = 20, 2
state = {}


def api():
    return state["node"].api


def machine_value():
    """What the machine itself says, asked past the node."""
    data = modbus.read_holding(CHARGER, V_SET, REGISTERS, source="127.0.0.1")
    return modbus.swapped_float(data)


def commands_of(key):
    return [e for e in api().events(class_="command") if key in str(e["args"])]


def watching():
    return api().get("/api/v1/node")["sentry"]["mode"] == "watching"


@case
def an_order_reaches_the_machine_and_is_verified():
    state["node"].wait_good("FRM1.V_SET")
    until(watching, 20, "the sentry watches")
    status, body = api().order("FRM1.V_SET", 3.9, "key-1")
    equal((status, body.get("state")), (200, "verified"), body)
    demand(abs(machine_value() - 3.9) < 1e-6, "the machine says", machine_value())
    demand(abs(body["read_back"] - 3.9) < 0.01 and not body["repeated"], body)


@case
def the_audit_holds_who_asked_what_was_done_and_what_was_read_back():
    messages = [e["message"] for e in reversed(commands_of("key-1"))]
    equal(messages, ["COMMAND_REQUESTED", "COMMAND_OPERATED", "COMMAND_VERIFIED"], "events")
    first = commands_of("key-1")[-1]
    equal(first["point"], "FRM1.V_SET", "point")
    demand("subject" in first["args"] and "old" in first["args"], first["args"])
    listed = next(c for c in api().get("/api/v1/commands?limit=50")["items"] if c["id"] == "key-1")
    equal((listed["state"], listed["point"]), ("verified", "FRM1.V_SET"), "listed")


@case
def the_same_key_again_gives_the_same_result_and_writes_nothing():
    before = len(commands_of("key-1"))
    modbus.write_holding(CHARGER, V_SET, modbus.float_swapped(3.5), source="127.0.2.1")
    status, body = api().order("FRM1.V_SET", 3.9, "key-1")
    equal((status, body.get("state"), body.get("repeated")), (200, "verified", True), body)
    demand(abs(machine_value() - 3.5) < 1e-6, "written again:", machine_value())
    equal(len(commands_of("key-1")), before, "events")


@case
def the_same_key_with_another_value_is_a_conflict():
    equal(api().order("FRM1.V_SET", 3.8, "key-1")[0], 409, "status")
    equal(api().order("FRM2.V_SET", 3.9, "key-1")[0], 409, "status")


@case
def orders_that_must_not_be_are_refused_with_the_reason():
    rows = (("beyond its limits", ("FRM1.V_SET", 9.9, "bad-1"), {}, 422),
            ("not writable", ("FRM1.VOLT", 3.3, "bad-2"), {}, 403),
            ("no such point", ("FRM1.NOTHING", 1, "bad-3"), {}, 404),
            ("a key that is too long", ("FRM1.V_SET", 3.9, "k" * 64), {}, 422),
            ("too long to live", ("FRM1.V_SET", 3.9, "bad-4"), {"expires_s": 100000}, 422))
    before = machine_value()
    for what, order, more, wanted in rows:
        status, body = api().order(*order, **more)
        equal(status, wanted, f"{what}: {body}")
        demand(body.get("title") and body.get("request_id"), f"{what}: no problem in {body}")
    equal(machine_value(), before, "the machine")


@case
def orders_that_are_not_orders_are_refused():
    head = {"Idempotency-Key": "shape"}
    path = "/api/v1/commands"
    rows = ((b"{", head, 400), (b"[]", head, 422), (b"", head, 400),
            ({"point": "FRM1.V_SET"}, head, 422),
            ({"point": "FRM1.V_SET", "value": "3.9"}, head, 422),
            (b'{"point":"FRM1.V_SET","value":NaN}', head, 400),
            ({"point": "FRM1.V_SET", "value": 3.9}, {}, 422))
    for body, headers, wanted in rows:
        status, answer = api().call("POST", path, body, headers)
        equal(status, wanted, f"{body} {headers}: {answer}")
    token, api().token = api().token, None
    status, _ = api().order("FRM1.V_SET", 3.9, "nobody")
    api().token = "jz_" + "0" * 40
    wrong, _ = api().order("FRM1.V_SET", 3.9, "nobody")
    api().token = token
    equal((status, wrong), (401, 401), "without and with a wrong token")


@case
def ordered_writes_make_no_incident():
    seen = api().get("/api/v1/node")["sentry"]["messages"]
    for number in range(5):
        status, body = api().order("FRM2.V_SET", 3.6 + number / 100, f"quiet-{number}")
        equal(status, 200, body)
    until(lambda: api().get("/api/v1/node")["sentry"]["messages"] > seen + 60, 20, "traffic seen")
    wrong = [i["text"] for i in api().get("/api/v1/incidents")["items"] if i["client"] == "127.0.0.1"
             and i["kind"] == "write"]
    equal(wrong, [], "incidents")


@case
def a_write_nobody_ordered_is_an_incident_with_old_and_new():
    modbus.write_holding(("127.0.1.12", 1502), V_SET, modbus.float_swapped(4.9),
                         source="127.0.9.66")
    def look():
        return [i for i in api().get("/api/v1/incidents")["items"]
                if i["kind"] == "write" and i["client"] == "127.0.9.66"]
    found = until(look, 10, "the incident")[0]
    equal(found["point"], "FRM2.V_SET", "point")
    demand(abs(found["new"] - 4.9) < 1e-3 and abs(found["old"] - 3.64) < 1e-3, found)


@case
def a_machine_that_is_gone_fails_the_order():
    state["node"].sim.kill()
    status, body = api().order("FRM1.V_SET", 3.7, "gone-1")
    demand(status in (502, 503, 504), status, body)
    demand("failed" in str(body) or "refused" in str(body), body)


@case
def the_chain_of_the_audit_is_whole():
    found = api().get("/api/v1/audit/verify")
    demand(found["ok"] and found["records"] > 20, found)
    return f"{found['records']} records"


space.enter()
with plant_and_node(learn="4s") as state["node"]:
    tap.main()
