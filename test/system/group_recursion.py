# SPDX-License-Identifier: Apache-2.0
"""A node that asks another on behalf of its clients: names that live elsewhere."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import handle  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder  # noqa: E402
from tap import case, demand, equal  # noqa: E402

UPPER, LOWER = ("127.0.0.1", 2641), ("127.0.0.1", 2642)
THERE = "99.200.1/there"
CONFIG = """user: nobody
node: {{name: "{name}", prefix: "{prefix}"}}
data: "{data}"
listen: {{http: "127.0.0.1:0", handle: ["127.0.0.1:{port}"]}}
{more}
"""
RECURSION_AT = handle.ENVELOPE.size + 14
state = {}


def node(name, prefix, port, more=""):
    where = folder()
    return Node(where, CONFIG.format(name=name, prefix=prefix, data=where / "data", port=port,
                                     more=more)).start()


def ask(where, whole):
    with handle.connect(where) as s:
        s.settimeout(20)
        s.sendall(whole)
        head = s.recv(handle.ENVELOPE.size, 0x100)
        length = handle.ENVELOPE.unpack(head)[7]
        return struct.unpack(">II", s.recv(length, 0x100)[:8])[1]


@case
def a_name_elsewhere_is_resolved_for_the_client():
    state["lower"] = node("lower", "99.200.1", LOWER[1])
    state["upper"] = node("upper", "99.100.1", UPPER[1],
                          'resolver: {sites: [{prefix: "99.200.1", address: "127.0.0.1:2642"}]}')
    status, body = state["lower"].api.put_name(THERE, "https://127.0.0.1/there")
    demand(status in (200, 201), body)
    reply = handle.by_tcp(UPPER, THERE)
    equal(reply.code, handle.OK, "code over TCP")
    equal(reply.values[0].data, b"https://127.0.0.1/there", "value")
    equal(handle.by_udp(UPPER, THERE).code, handle.OK, "code over UDP")


@case
def a_name_that_is_nowhere_is_told_so():
    equal(handle.by_tcp(UPPER, "99.200.1/nothing").code, handle.NOT_FOUND, "code")


@case
def after_ten_hops_nobody_is_asked():
    whole = bytearray(handle.question("99.200.1/deep"))
    whole[RECURSION_AT] = 10
    equal(ask(UPPER, bytes(whole)), 6, "code")


@case
def what_the_resolver_does_is_counted():
    text = state["upper"].api.get("/metrics").decode()
    demand("jizhu_handle_desk_recursive_total" in text, "no metric of the desk")
    demand("jizhu_resolver_" in text, "no metric of the resolver")


@case
def both_nodes_stop_in_order():
    equal(state["upper"].stop(), 0, "exit status")
    equal(state["lower"].stop(), 0, "exit status")


space.enter()
tap.main()
