# SPDX-License-Identifier: Apache-2.0
"""Every recorded HTTP exchange of a deployed Handle server, asked of a node that holds
the same records: status, headers that clients look at, and JSON must be what was
recorded. The records are made of the recordings themselves; names and values stand in
the recordings alone, which lie beside the project ($JIZHU_SHARED or ../shared)."""
import base64
import http.client
import json
import os
import pathlib
import re
import ssl
import struct
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import handle  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder, plant_config, with_lines  # noqa: E402
from tap import Skip, case, demand, equal  # noqa: E402

SHARED = pathlib.Path(os.environ.get("JIZHU_SHARED", HERE.parent.parent.parent / "shared"))
RECORDED = sorted((SHARED / "vectors" / "handle" / "http").glob("*.txt"))
CLEAR, SECURE = 8000, 8443
HEADERS = ("Location", "WWW-Authenticate")
# What is told anew by every server, or at every asking.
OWN = {"timestamp", "sessionId", "nonce"}
# Recording: what differs, on purpose.
BODY_DIFFERS = {
    "10-site": "address, key and ports are the server's own: the members are compared",
    "18-put-index-mismatch": "no class of a programming language in the message",
    "33-proxy-redirect": "a page of our own",
    "34-proxy-noredirect": "a page of our own",
    "36-proxy-loc": "a page of our own; the record is made to fit, for it was not recorded",
    "38-proxy-notfound": "a page of our own",
}
state = {}


class Recording:
    """One file: the request as it was typed, and what came back."""

    def __init__(self, path):
        text = path.read_text(encoding="utf-8")
        command, _, rest = text.partition("\n")
        head, _, self.body = rest.partition("\n\n")
        self.name = path.stem
        self.url = command.rsplit(" ", 1)[1]
        given = re.search(r" -d (.*) https?://", command)
        self.data = given.group(1) if given else None
        user = re.search(r" -u (\S+) ", command)
        self.user = user.group(1) if user else None
        method = re.search(r" -X (\S+) ", command)
        self.method = method.group(1) if method else "HEAD" if " -I " in command else "GET"
        lines = head.splitlines()
        self.status = int(lines[0].split()[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]

    def values_of(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]


def recordings():
    if not RECORDED:
        raise Skip("no recordings beside the project")
    return {r.name: r for r in map(Recording, RECORDED)}


def ask(method, url, data=None, user=None, token=None):
    """(status, [(name, value)], body) of the node that stands for the URL's server."""
    parts = urllib.parse.urlsplit(url)
    secure = parts.scheme == "https"
    if secure:
        trust = ssl.create_default_context(cafile=state["secure"].certificate())
        link = http.client.HTTPSConnection("127.0.0.1", SECURE, timeout=15, context=trust)
    else:
        link = http.client.HTTPConnection("127.0.0.1", CLEAR, timeout=15)
    head = {"Content-Type": "application/json"} if data else {}
    if user:
        head["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    if token:
        head["Authorization"] = "Bearer " + token
    link.request(method, urllib.parse.quote(parts.path, safe="/%:") +
                 (f"?{parts.query}" if parts.query else ""), data, head)
    reply = link.getresponse()
    body = reply.read().decode("utf-8")
    link.close()
    return reply.status, reply.getheaders(), body


def put(where, name, values, query=""):
    node = state[where]
    scheme = "https" if where == "secure" else "http"
    status, _, body = ask("PUT", f"{scheme}://n/api/handles/{name}{query}",
                          json.dumps(values).encode(), token=node.api.token)
    demand(status in (200, 201), name, status, body)


def in_form(values):
    """Values as they are written: the server sets the time."""
    return [{k: v for k, v in value.items() if k != "timestamp"} for value in values]


def prefix_values(prefix, secret, site):
    """The record of the prefix as the recorded rights and the recorded secret want it."""
    members = [{"handle": prefix, "index": i} for i in (300, 301)]
    admin = {"handle": prefix, "index": 200, "permissions": "111111111111"}
    return in_form(site) + [
        {"index": 100, "type": "HS_ADMIN", "data": {"format": "admin", "value": admin}},
        {"index": 200, "type": "HS_VLIST", "data": {"format": "vlist", "value": members}},
        {"index": 301, "type": "HS_SECKEY", "permissions": "1100", "data": secret}]


def name_of(recording):
    return urllib.parse.unquote(urllib.parse.urlsplit(recording.url).path)[1:]


def put_places(where, recording):
    """A record of which the recorded place is the one that this client is led to."""
    name = name_of(recording)
    place, = recording.values_of("Location")
    xml = (f'<locations><location id="1" href="{place}"/><location id="2" country="cn" '
           f'href="https://cn.example/" weight="0"/></locations>')
    put(where, name, [{"index": 1, "type": "URL", "data": "https://url.example/"},
                      {"index": 1000, "type": "10320/loc", "data": xml}])


def fill(where, found):
    prefix = json.loads(found["08-get-prefix-site"].body)["handle"]
    secret = found["13-put-basic"].user.split(":", 1)[1]
    put(where, prefix, prefix_values(prefix, secret,
                                     json.loads(found["08-get-prefix-site"].body)["values"]))
    for name in ("01-get", "28-secret-basic"):
        record = json.loads(found[name].body)
        put(where, record["handle"].upper(), in_form(record["values"]))
    if where == "clear":
        put_places(where, found["36-proxy-loc"])
        return
    for name in json.loads(found["21-list"].body)["handles"]:
        if not name.endswith(("/PRODUCT-1", "/SECRET", "/H1")):
            put(where, name, [{"index": 1, "type": "DESC", "data": "x"}])


def open_nodes(found):
    prefix = json.loads(found["08-get-prefix-site"].body)["handle"].split("/", 1)[1]
    for where, http_line, wire in (("clear", f'"127.0.0.1:{CLEAR}"', 2641),
                                   ("secure", f'"0.0.0.0:{SECURE}"', 2642)):
        place = folder()
        # The machines' names stay under the node's own prefix, out of the lists.
        text = with_lines(plant_config(place), http=http_line)
        text = with_lines(text, handle=f'["127.0.0.1:{wire}"]')
        node = state[where] = Node(place, text).start()
        equal(node.api.call("POST", f"/api/prefixes/{prefix}")[0], 201, "homing the prefix")
        fill(where, found)


def without_own(value):
    """A node lists names as they were registered; the recorded server in upper case."""
    if isinstance(value, dict):
        return {k: "*" if k in OWN else [n.upper() for n in v] if k == "handles"
                else without_own(v) for k, v in value.items()}
    return [without_own(v) for v in value] if isinstance(value, list) else value


def plain(header):
    return re.sub(r'(sessionId|nonce)="[^"]*"', r'\1="*"', header)


def compare_bodies(recording, body):
    if recording.name in BODY_DIFFERS and recording.name != "10-site":
        return
    if "callback=" in recording.url:
        head, tail = recording.body.split("(", 1)[0], ");"
        demand(body.startswith(head + "(") and body.endswith(tail), body)
        body, wanted = body[len(head) + 1:-2], recording.body.strip()[len(head) + 1:-2]
    else:
        wanted = recording.body.strip()
    if not wanted:
        demand(recording.method == "HEAD" or body == "", body)
        return
    found, wanted = json.loads(body), json.loads(wanted)
    if recording.name == "10-site":
        site, known = found["site"], wanted["site"]
        equal(sorted(site), sorted(known), "members of the site")
        equal(sorted(site["servers"][0]), sorted(known["servers"][0]), "of a server")
        return
    if "message" not in wanted:
        # A code alone helps nobody: ours says in words what it means.
        found.pop("message", None)
    equal(without_own(found), without_own(wanted), "the body")


def compare(recording):
    status, headers, body = ask(recording.method, recording.url,
                                recording.data.encode() if recording.data else None,
                                recording.user)
    equal(status, recording.status, f"status; {body:.200}")
    for name in HEADERS:
        found = [plain(v) for k, v in headers if k.lower() == name.lower()]
        equal(found, [plain(v) for v in recording.values_of(name)], name)
    kinds = [v.split(";")[0] for v in recording.values_of("Content-Type")]
    found = [v.split(";")[0] for k, v in headers if k.lower() == "content-type"]
    if body:
        equal(found, kinds, "Content-Type")
    names = {k.lower() for k, _ in headers}
    demand("content-length" in names or status == 204, "no length")
    demand("expires" in names or not recording.values_of("Expires"), "no Expires")
    compare_bodies(recording, body)
    return BODY_DIFFERS.get(recording.name)


def add_what_was_not_recorded(found):
    """Between the recordings a value 5 was written."""
    name = json.loads(found["20-delete-index"].body)["handle"]
    put("secure", name, [{"index": 5, "type": "EMAIL", "data": "q@x"}], "?index=5")


def case_of(name):
    def run():
        if "clear" not in state:
            open_nodes(recordings())
        if name == "20-delete-index":
            add_what_was_not_recorded(recordings())
        return compare(recordings()[name])
    run.__name__ = f"recorded {name} is answered as it was"
    return case(run)


for each in RECORDED:
    case_of(each.stem)


@case
def the_recordings_are_there():
    return f"{len(recordings())} of them"


def led_to(name, query):
    status, headers, _ = ask("GET", f"http://n/{name}{query}")
    return status, dict(headers).get("Location")


@case
def a_client_is_led_to_the_place_that_it_asks_for():
    name = name_of(recordings()["36-proxy-loc"])
    equal(led_to(name, "?locatt=id:2"), (302, "https://cn.example/"), "by an attribute")
    equal(led_to(name, "?locatt=country:cn"), (302, "https://cn.example/"), "by a country")
    equal(led_to(name, "?type=URL"), (302, "https://url.example/"), "by the URL alone")
    equal(led_to(name, "?noredirect"), (200, None), "the page")
    code, shown, _ = command("resolve", name, "--server", "127.0.0.1:2641", "--country", "CN")
    demand(re.search(r"-> +https://cn.example/ +id=2 +country=cn", shown), code, shown)


def creation(name, session=0):
    """A whole request to create the name with one value."""
    value = struct.pack(">IIBIB", 1, 0, 0, 86400, 14) + handle.text(b"URL") + \
        handle.text(b"https://example.com/t") + struct.pack(">I", 0)
    body = handle.text(name.encode()) + struct.pack(">I", 1) + value
    message = handle.HEADER.pack(100, 0, handle.USUAL_FLAGS, 0xFFFF, 0, 0, 0, len(body)) + body
    message += struct.pack(">I", 0)
    return handle.ENVELOPE.pack(2, 11, 2, 11, session, 77, 0, len(message)) + message


@case
def a_change_by_a_message_over_http_is_challenged_as_on_the_wire():
    place = folder()
    text = with_lines(plant_config(place), http='"127.0.0.1:8001"')
    node = state["tunnel"] = Node(place, with_lines(text, handle='["127.0.0.1:2643"]')).start()
    put_record = {"values": [{"index": 100, "type": "HS_ADMIN", "data": {
        "format": "admin", "value": {"handle": "0.NA/99.100.1", "index": 300,
                                     "permissions": "111111111111"}}}]}
    status, body = node.api.call("PUT", "/api/handles/0.NA/99.100.1", put_record)
    demand(status in (200, 201), status, body)
    link = http.client.HTTPConnection("127.0.0.1", 8001, timeout=15)
    for name in ("99.100.1/TUNNEL", "99.100.1/TUNNEL-2"):
        link.request("POST", "/", creation(name), {"Content-Type": "application/x-hdl-message"})
        reply = link.getresponse()
        data = reply.read()
        equal(reply.status, 200, data)
        equal(reply.getheader("Content-Length"), str(len(data)), "its length")
        envelope = handle.ENVELOPE.unpack(data[:handle.ENVELOPE.size])
        operation, code = handle.HEADER.unpack(data[20:20 + handle.HEADER.size])[:2]
        equal((envelope[5], operation, code), (77, 100, 402), "request, operation, code")
        demand(envelope[4] != 0, "no id of a challenge")


if __name__ == "__main__":
    space.enter()
    try:
        tap.main()
    finally:
        for node in state.values():
            node.process.kill()
