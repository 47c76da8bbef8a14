# SPDX-License-Identifier: Apache-2.0
"""Identifiers by every door: UDP and TCP over IPv4 and IPv6, and REST."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import handle  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import plant_and_node  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

PORT = 2641
DOORS = [(f"{kind} {host}", lambda name, ask=ask, host=host, **more: ask((host, PORT), name, **more))
         for kind, ask in (("UDP", handle.by_udp), ("TCP", handle.by_tcp))
         for host in ("127.0.0.1", "::1")]
NAME_MAX = 2048
state = {}


def node_api():
    return state["node"].api


def urls(reply):
    return [v.data.decode() for v in reply.values if v.type == "URL"]


def by_every_door(name):
    """The URLs all doors agree on."""
    status, body = node_api().call("GET", node_api().name_path(name))
    equal(status, 200, f"{name} by REST")
    # A live value comes with the first sample of its point, which may be between two doors.
    wanted = sorted((v["index"], v["type"]) for v in body["values"] if v["type"] != "JIZHU.VALUE")
    for door, ask in DOORS:
        reply = ask(name)
        equal(reply.code, handle.OK, f"{name} by {door}")
        equal(reply.name, name, f"the name by {door}")
        found = sorted((v.index, v.type) for v in reply.values if v.type != "JIZHU.VALUE")
        equal(found, wanted, f"{name} by {door}")
    return [v["data"]["value"] for v in body["values"] if v["type"] == "URL"]


def gone_everywhere(name):
    equal(node_api().call("GET", node_api().name_path(name))[0], 404, f"{name} by REST")
    for door, ask in DOORS:
        equal(ask(name).code, handle.NOT_FOUND, f"{name} by {door}")


@case
def every_device_and_point_resolves_by_every_door():
    devices = node_api().get("/api/v1/devices")["items"]
    points = node_api().get("/api/v1/points")["items"]
    idents = [item["ident"] for item in devices + points]
    demand(len(devices) == 6 and len(points) > 60, len(devices), "devices", len(points), "points")
    first = idents[-1]
    until(lambda: node_api().call("GET", node_api().name_path(first))[0] == 200, 10, "registered")
    for ident in idents:
        demand(by_every_door(ident), "no URL in", ident)
    return f"{len(idents)} names, 5 doors"


@case
def the_url_of_a_point_leads_to_its_value():
    url = by_every_door("99.100.1/FRM1.V_SET")[0]
    path = url.split("8080", 1)[1]
    equal(node_api().get(path)["name"], "FRM1.V_SET", "name")


@case
def a_name_is_made_changed_and_deleted_by_rest():
    name = "99.100.1/cell-0001"
    equal(node_api().put_name(name, "http://127.0.0.1/a")[0], 201, "create")
    equal(by_every_door(name), ["http://127.0.0.1/a"], "made")
    equal(node_api().put_name(name, "http://127.0.0.1/b")[0], 409, "create again")
    equal(node_api().put_name(name, "http://127.0.0.1/c", "?overwrite=true")[0], 200, "overwrite")
    equal(by_every_door(name), ["http://127.0.0.1/c"], "changed")
    equal(node_api().call("DELETE", node_api().name_path(name))[0], 200, "delete")
    gone_everywhere(name)
    equal(node_api().call("DELETE", node_api().name_path(name))[0], 404, "delete again")


@case
def one_value_is_added_without_touching_the_others():
    name = "99.100.1/cell-0002"
    node_api().put_name(name, "http://127.0.0.1/a")
    more = {"values": [{"index": 7, "type": "DESC", "data": {"format": "string", "value": "七"}}]}
    status, body = node_api().call("PUT", node_api().name_path(name) + "?index=7", more)
    equal(status, 200, f"add: {body}")
    reply = handle.by_tcp(("127.0.0.1", PORT), name, indexes=[7])
    equal([(v.index, v.data.decode()) for v in reply.values], [(7, "七")], "index 7")
    equal(by_every_door(name), ["http://127.0.0.1/a"], "the other")
    reply = handle.by_udp(("127.0.0.1", PORT), name, types=["DESC"])
    equal([v.index for v in reply.values], [7], "by type")


@case
def names_fold_ascii_case_and_keep_their_spelling():
    node_api().put_name("99.100.1/MixedCase-电芯", "http://127.0.0.1/m")
    equal(handle.by_udp(("127.0.0.1", PORT), "99.100.1/mIXEDcASE-电芯").code, handle.OK, "folded")
    demand("99.100.1/MixedCase-电芯" in node_api().names("99.100.1"), "kept")


@case
def a_name_of_2048_bytes_works_and_one_more_is_refused():
    name = "99.100.1/" + "n" * (NAME_MAX - len("99.100.1/"))
    status, body = node_api().put_name(name, "http://127.0.0.1/long")
    equal(status, 201, body)
    equal(by_every_door(name), ["http://127.0.0.1/long"], "URL")
    status, body = node_api().put_name(name + "n", "http://127.0.0.1/long")
    equal(status, 400, body)


@case
def a_foreign_prefix_and_a_missing_token_are_refused():
    status, body = node_api().put_name("99.200.7/x", "http://127.0.0.1/x")
    equal(status, 400, f"foreign prefix: {body}")
    demand(handle.by_udp(("127.0.0.1", PORT), "99.200.7/x").code != handle.OK, "foreign resolves")
    token, node_api().token = node_api().token, None
    status, _ = node_api().put_name("99.100.1/nobody", "http://127.0.0.1/x")
    node_api().token = token
    equal(status, 403, "no token, in the clear")


@case
def a_tcp_stream_answers_pipelined_questions_by_their_numbers():
    idents = [d["ident"] for d in node_api().get("/api/v1/devices")["items"]] * 20
    with handle.connect(("127.0.0.1", PORT)) as stream:
        stream.sendall(b"".join(handle.question(n, request=i) for i, n in enumerate(idents)))
        replies = {r.request: r for r in (handle.read_reply(stream) for _ in idents)}
    for number, ident in enumerate(idents):
        equal(replies[number].name, ident, f"reply {number}")


space.enter()
with plant_and_node() as state["node"]:
    tap.main()
