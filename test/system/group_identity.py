# SPDX-License-Identifier: Apache-2.0
"""Identities of another node: three nodes, of which the first asks the others about the
secrets, keys and groups it is shown. The way to them is a roots file with their keys;
the third does not answer."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import handle  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder  # noqa: E402
from tap import case, demand, equal, until  # noqa: E402

PORTS = {"upper": 2641, "lower": 2642, "gone": 2643}
CONFIG = """user: nobody
node: {{name: "{name}", prefix: "{prefix}"}}
data: "{data}"
listen: {{http: "127.0.0.1:0", handle: ["127.0.0.1:{port}"], tls: {{mode: {tls}}}}}
handle: {{source_cpu: 100}}
{more}
"""
PRESS, GUEST, SECRET = "99.100.1/press", "99.200.1/guest", b"the guest's secret"
MODIFY, ANSWER = 104, 200
AUTH_NEEDED, INVALID_ADMIN, AUTH_FAILED, AUTH_UNABLE = 402, 400, 403, 406
HMAC_SHA256, PBKDF2 = 0x13, 0x22
ROUNDS, KEY_BITS = 10000, 160
state = {}


def node(name, prefix, tls="never", more=""):
    where = folder()
    return Node(where, CONFIG.format(name=name, prefix=prefix, data=where / "data", tls=tls,
                                     port=PORTS[name], more=more)).start()


def values(*rows):
    return {"values": [{"index": i, "type": t, "data": d, **more} for i, t, d, more in rows]}


def put(name, record, record_values):
    api = state[name].api
    status, body = api.call("PUT", api.name_path(record) + "?overwrite=true", record_values)
    demand(status in (200, 201), status, body)


def admin(who, index):
    return (100, "HS_ADMIN", {"format": "admin", "value": {
        "handle": who, "index": index, "permissions": "011111110011"}}, {})


def press_of(who, index):
    put("upper", PRESS, values((1, "URL", "https://127.0.0.1/press", {}), admin(who, index)))


def send(stream, operation, body, session=0):
    message = handle.HEADER.pack(operation, 0, 0, 0xFFFF, 0, 0, 0xFFFFFFFF, len(body)) + body
    message += struct.pack(">I", 0)
    number = int.from_bytes(os.urandom(3), "big")
    stream.sendall(handle.ENVELOPE.pack(2, 11, 2, 11, session, number, 0, len(message)) + message)
    head = handle.ENVELOPE.unpack(handle.receive(stream, handle.ENVELOPE.size))
    message = handle.receive(stream, head[7])
    code = struct.unpack(">II", message[:8])[1]
    return code, head[4], message[handle.HEADER.size:]


def mac(code, secret, signed):
    if code == HMAC_SHA256:
        return bytes([code]) + hmac.new(secret, signed, "sha256").digest()
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha1", secret, salt, ROUNDS, KEY_BITS // 8)
    made = hmac.new(key, signed, "sha1").digest()
    return (bytes([code]) + handle.text(salt) + struct.pack(">II", ROUNDS, KEY_BITS) +
            handle.text(made))


def change(index, who, secret, code=PBKDF2):
    """Modifies the record on the wire as this identity; the code of the answer."""
    value = struct.pack(">IIBIB", 1, 0, 0, 86400, 14) + handle.text(b"URL")
    value += handle.text(os.urandom(4).hex().encode()) + struct.pack(">I", 0)
    body = handle.text(PRESS.encode()) + struct.pack(">I", 1) + value
    with handle.connect(("127.0.0.1", PORTS["upper"]), 30) as stream:
        response, session, challenge = send(stream, MODIFY, body)
        equal(response, AUTH_NEEDED, "code of the challenge")
        equal(challenge[0], 3, "kind of digest")
        digest, nonce = challenge[1:33], challenge[37:53]
        answer = handle.text(b"HS_SECKEY") + handle.text(who.encode())
        answer += struct.pack(">I", index) + handle.text(mac(code, secret, nonce + digest))
        return send(stream, ANSWER, answer, session)[0]


@case
def three_nodes_start_and_the_first_knows_the_keys_of_the_others():
    state["lower"] = node("lower", "99.200.1")
    state["gone"] = node("gone", "99.300.1")
    records = []
    for name, prefix in (("lower", "99.200.1"), ("gone", "99.300.1")):
        site = state[name].api.get("/api/site")["site"]
        records.append({"handle": f"0.NA/{prefix}", "values": [
            {"index": 1, "type": "HS_SITE", "ttl": 86400,
             "data": {"format": "site", "value": site}}]})
    roots = folder() / "roots.json"
    roots.write_text(json.dumps({"handles": records}), encoding="utf-8")
    roots.chmod(0o644)
    state["upper"] = node("upper", "99.100.1", "always", f'resolver: {{roots: ["{roots}"]}}')
    put("lower", GUEST, values((301, "HS_SECKEY", SECRET.decode(), {"permissions": "1100"})))


@case
def a_secret_is_proven_where_it_is_kept():
    press_of(GUEST, 301)
    equal(change(301, GUEST, SECRET), handle.OK, "code")
    equal(change(301, GUEST, SECRET, HMAC_SHA256), handle.OK, "code of another form")
    equal(change(301, GUEST, b"a guess"), AUTH_FAILED, "code of a guess")
    press_of("99.200.1/another", 301)
    equal(change(301, GUEST, SECRET), INVALID_ADMIN, "code without a right")


@case
def a_group_is_looked_for_where_it_is_kept():
    members = [{"handle": GUEST, "index": 301}]
    put("lower", "99.200.1/team", values(
        (200, "HS_VLIST", {"format": "vlist", "value": members}, {})))
    press_of("99.200.1/team", 200)
    equal(change(301, GUEST, SECRET), handle.OK, "code of a member")


@case
def the_same_over_https():
    api = state["upper"].api
    token, api.token = api.token, None
    try:
        def ask(secret):
            word = base64.b64encode(b"301%3A99.200.1%2Fguest:" + secret).decode()
            return api.call("PUT", api.name_path(PRESS) + "?index=1",
                            values((1, "URL", "https://127.0.0.1/new", {})),
                            {"Authorization": f"Basic {word}"})
        press_of_token(token)
        status, body = ask(SECRET)
        equal(status, 200, f"status {body}")
        equal(ask(b"a guess")[0], 401, "status of a guess")
    finally:
        api.token = token


def press_of_token(token):
    api = state["upper"].api
    api.token = token
    press_of(GUEST, 301)
    api.token = None


@case
def a_home_that_is_gone_proves_nobody_and_keeps_nobody_waiting():
    equal(state["gone"].stop(), 0, "exit status")
    press_of("99.300.1/guest", 301)
    equal(change(301, "99.300.1/guest", SECRET), AUTH_UNABLE, "code")
    press_of("99.300.1/team", 200)
    equal(change(301, GUEST, SECRET), AUTH_UNABLE, "code of a group")


@case
def guessing_is_an_event():
    press_of(GUEST, 301)
    for _ in range(12):
        equal(change(301, GUEST, b"a guess", HMAC_SHA256), AUTH_FAILED, "code of a guess")
    for name in ("upper", "lower"):
        found = until(lambda: [e for e in map(json.dumps, state[name].api.events())
                               if "IDENTITY_GUESSED" in e], 5, f"an event at {name}")
        demand(GUEST in found[0], found[0])


@case
def what_is_asked_elsewhere_is_counted():
    text = state["upper"].api.get("/metrics").decode()
    for metric in ("jizhu_handle_desk_identities_elsewhere_total",
                   "jizhu_handle_desk_identities_silent_total",
                   "jizhu_http_handle_identities_elsewhere_total",
                   "jizhu_registry_groups_awaited_total"):
        row = next((r for r in text.splitlines() if r.startswith(metric + " ")), "")
        demand(row and float(row.split()[1]) > 0, metric, row)


@case
def the_nodes_stop_in_order():
    equal(state["upper"].stop(), 0, "exit status")
    equal(state["lower"].stop(), 0, "exit status")


space.enter()
tap.main()
