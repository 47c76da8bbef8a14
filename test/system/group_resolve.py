# SPDX-License-Identifier: Apache-2.0
"""Names that live elsewhere: three nodes, of which the first is the root of the other
two and hands them their prefixes by records made over REST; `jizhu resolve` walks."""
import contextlib
import json
import pathlib
import socket
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import handle  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder  # noqa: E402
from tap import case, demand, equal  # noqa: E402

PORT = 2641
EX_USAGE, EX_UNAVAILABLE, EX_TEMPFAIL, EX_DATA = 64, 69, 75, 65
NODES = {"root": ("99.200", "127.0.0.2"), "seven": ("99.200.7", "127.0.0.3"),
         "eight": ("99.200.8", "127.0.0.4")}
state = {}
REFERRALS = {302, 303}


def site(ip):
    """The data of an HS_SITE value: one primary server with UDP and TCP."""
    server = struct.pack(">I", 1) + bytes(12) + socket.inet_aton(ip) + handle.text(b"")
    server += struct.pack(">IBBIBBI", 2, 2, 0, PORT, 3, 1, PORT)
    return struct.pack(">HBBHBB", 1, 2, 11, 1, 0x80, 2) + handle.text(b"") + struct.pack(
        ">II", 0, 1) + server


def value(index, kind, data):
    form = {"format": "hex", "value": data.hex()} if isinstance(data, bytes) else {
        "format": "string", "value": data}
    return {"index": index, "type": kind, "data": form}


def put(node, name, *values):
    """Adds or replaces these values and leaves the others."""
    api = state[node].api
    query = "?" + "&".join(f"index={v['index']}" for v in values)
    status, body = api.call("PUT", api.name_path(name) + query, {"values": list(values)})
    demand(status in (200, 201), name, status, body)


def make(node, name, *values):
    api = state[node].api
    status, body = api.call("PUT", api.name_path(name) + "?overwrite=true",
                            {"values": list(values)})
    demand(status in (200, 201), name, status, body)


def start(name):
    prefix, ip = NODES[name]
    where = folder()
    state[name] = Node(where, f"node: {{name: {name}, prefix: {prefix}}}\n"
                              f"data: {where}/data\nuser: nobody\n"
                              f"listen: {{http: '127.0.0.1:0', handle: ['{ip}:{PORT}']}}\n")
    state[name].start()


def set_up():
    for name in NODES:
        start(name)
    ips = {name: ip for name, (_, ip) in NODES.items()}
    # 99.200.7 is served by a service that has a name; 99.200.8 is unknown to the root
    # and found by the delegation of its parent.
    put("root", "0.NA/99.200", value(1001, "HS_SITE", site(ips["root"])),
        value(1002, "HS_SITE.PREFIX", site(ips["eight"])))
    make("root", "0.NA/99.200.7", value(1, "HS_SERV", "99.200/service-seven"))
    make("root", "99.200/service-seven", value(1, "HS_SITE", site(ips["seven"])))
    put("eight", "0.NA/99.200.8", value(1001, "HS_SITE", site(ips["eight"])))
    for name, (prefix, _) in NODES.items():
        state[name].api.put_name(f"{prefix}/press", f"http://127.0.0.1/{name}")
    state["roots"] = folder() / "root_info"
    values = struct.pack(">IIBIB", 1, 0, 0, 86400, 14) + handle.text(b"HS_SITE")
    values += handle.text(site(ips["root"])) + bytes(4)
    state["roots"].write_bytes(struct.pack(">II", len(values) + 4, 1) + values)


def resolve(name, *words, status=0):
    """The JSON of `jizhu resolve`, begun at the root."""
    found, out, err = command("resolve", name, "--roots", state["roots"], "--json", *words)
    demand(found == status, name, found, out, err)
    return json.loads(out)


def url(answer):
    return [v["data"]["value"] for v in answer["values"] if v["type"] == "URL"]


def steps(answer):
    return [step["step"] for step in answer["walk"]]


@case
def a_name_of_the_root_itself_resolves():
    answer = resolve("99.200/press")
    equal(url(answer), ["http://127.0.0.1/root"], "URL")
    equal(answer["server"], "127.0.0.2:2641", "server")


@case
def a_service_handle_leads_to_the_second_node():
    answer = resolve("99.200.7/PRESS")
    equal(url(answer), ["http://127.0.0.1/seven"], "URL")
    equal(answer["server"], "127.0.0.3:2641", "server")
    asked = [s["handle"] for s in answer["walk"] if s["step"] == "asked"]
    equal(asked, ["0.NA/99.200.7", "0.NA/99.200", "99.200/service-seven", "99.200.7/PRESS"],
          "asked")


@case
def a_delegation_of_the_parent_leads_to_the_third():
    answer = resolve("99.200.8/press")
    equal(url(answer), ["http://127.0.0.1/eight"], "URL")
    # The root answers for the parent and refers to what its record delegates.
    codes = [step.get("responseCode") for step in answer["walk"]]
    demand(REFERRALS & set(codes), codes)


@case
def over_tcp_it_is_the_same():
    for name, (prefix, _) in NODES.items():
        answer = resolve(f"{prefix}/press", "--tcp")
        equal(url(answer), [f"http://127.0.0.1/{name}"], "URL")
        equal({s["transport"] for s in answer["walk"] if "transport" in s}, {"tcp"}, "transport")


@case
def types_and_indexes_choose_values():
    make("seven", "99.200.7/two", value(1, "URL", "a"), value(2, "EMAIL", "b"))
    equal([v["index"] for v in resolve("99.200.7/two", "--type", "EMAIL")["values"]], [2], "type")
    equal([v["index"] for v in resolve("99.200.7/two", "--index", "1,9")["values"]], [1], "index")
    answer = resolve("99.200.7/two", "--type", "DESC", status=1)
    equal(answer["responseCode"], 200, "values not found")


@case
def a_long_record_comes_in_slices():
    text = "电芯" * 2000
    make("eight", "99.200.8/long", value(1, "DESC", text))
    answer = resolve("99.200.8/long", "--authoritative")
    equal(answer["values"][0]["data"]["value"], text, "data")
    equal({s["transport"] for s in answer["walk"] if "transport" in s}, {"udp"}, "transport")


@case
def what_is_not_there_ends_with_its_own_status():
    equal(resolve("99.200.7/none", status=1)["responseCode"], 100, "name")
    # Delegated to the third node, which does not serve it.
    equal(resolve("99.200.9/none", status=EX_UNAVAILABLE)["responseCode"], 301, "prefix")
    resolve("not a name/", "--server", "127.0.0.2:2641", status=EX_UNAVAILABLE)
    status, _, err = command("resolve", "/x", "--roots", state["roots"])
    equal(status, EX_DATA, err)
    status, _, err = command("resolve", "99.200/press")
    equal(status, EX_USAGE, err)
    demand("--server" in err, err)


@case
def a_time_is_asked_for_wherever_the_name_lives():
    answer = resolve("99.200.7/press", "--as-of", "2200-01-01T00:00:00Z", "--type", "URL")
    equal([v["type"] for v in answer["values"]], ["URL", "JIZHU.AT"], "types")
    equal(resolve("99.200.7/press", "--as-of", "0", status=1)["responseCode"], 100, "before it")


@case
def the_text_shows_record_and_walk():
    status, out, err = command("resolve", "99.200.7/press", "--roots", state["roots"])
    equal(status, 0, err)
    lines = out.splitlines()
    equal(lines[0], "99.200.7/press", "first line")
    demand(any("URL  http://127.0.0.1/seven" in line for line in lines), out)
    demand(any("127.0.0.3:2641 udp" in line and "success" in line for line in lines), out)


@case
def one_server_can_be_asked_for_everything():
    answer = resolve("99.200.8/press", "--server", "127.0.0.4:2641")
    equal(len(answer["walk"]), 2, answer["walk"])
    equal(url(answer), ["http://127.0.0.1/eight"], "URL")


@case
def a_configuration_says_where_to_begin():
    path = folder() / "jizhu.yaml"
    path.write_text(f"node: {{name: n, prefix: 99.1}}\nresolver:\n  roots: ['{state['roots']}']\n"
                    "  sites: [{prefix: 99.200.8, address: '127.0.0.4:2641', transport: tcp}]\n",
                    encoding="utf-8")
    for name, ways in (("seven", {"udp"}), ("eight", {"tcp"})):
        status, out, err = command("resolve", NODES[name][0] + "/press", "--config", path, "--json")
        equal(status, 0, err)
        walk = json.loads(out)["walk"]
        equal({s["transport"] for s in walk if "transport" in s}, ways, name)


@case
def a_roots_file_may_be_what_resolve_printed():
    record = resolve("0.NA/99.200")
    record["handle"] = "0.NA/0.NA"
    path = folder() / "bootstrap.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    status, out, err = command("resolve", "99.200.8/press", "--roots", path, "--json")
    equal(status, 0, err)
    equal(url(json.loads(out)), ["http://127.0.0.1/eight"], "URL")


@contextlib.contextmanager
def hostile(replies):
    """A server at 127.0.0.9 that answers each question by `replies(datagram)`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.9", PORT))
        door.settimeout(0.05)
        over = threading.Event()

        def run():
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    data, peer = door.recvfrom(4096)
                    for reply in replies(data):
                        door.sendto(reply, peer)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@case
def a_hostile_server_is_waited_out():
    def replies(data):
        yield data[:20]
        yield data[:8] + b"\0\0\0\1" + data[12:]
        yield data
        yield bytes(512)
        yield data[:16] + b"\x7f\xff\xff\xff" + data[20:]
    with hostile(replies):
        answer = resolve("99.200.7/x", "--server", "127.0.0.9:2641", "--timeout", "2s",
                         status=EX_TEMPFAIL)
    equal(answer["values"], [], "values")


@case
def an_answer_of_today_is_not_taken_for_one_of_a_time():
    def replies(data):
        """As a server that knows nothing of times: the values of the other types."""
        stored = struct.pack(">IIBIB", 1, 0, 0, 86400, 14) + handle.text(b"URL") + handle.text(
            b"http://127.0.0.1/today") + bytes(4)
        body = handle.text(b"99.200.7/x") + struct.pack(">I", 1) + stored
        message = handle.HEADER.pack(1, 1, 0x88000000, 1, 0, 0, 0, len(body)) + body + bytes(4)
        yield data[:16] + struct.pack(">I", len(message)) + message
    words = ("resolve", "99.200.7/x", "--server", "127.0.0.9:2641", "--type", "URL")
    with hostile(replies):
        status, out, err = command(*words)
        equal(status, 0, err)
        status, out, err = command(*words, "--as-of", "2026-03-01T00:00:00Z")
    equal((status, out), (EX_UNAVAILABLE, ""), err)
    demand("as it is now" in err, err)


@case
def a_node_that_is_gone_is_said_to_be():
    state["seven"].kill()
    answer = resolve("99.200.7/press", "--timeout", "2s", status=EX_TEMPFAIL)
    equal(answer["result"], "TIMEOUT", "result")
    start("seven")


space.enter()
try:
    set_up()
    tap.main()
finally:
    for name in NODES:
        if name in state:
            state[name].process.kill()
