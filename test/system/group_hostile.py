# SPDX-License-Identifier: Apache-2.0
"""Peers that mean ill or are broken: the node answers the others all the while."""
import os
import pathlib
import random
import resource
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import handle  # noqa: E402
import modbus  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import folder, Node, plant, plant_config  # noqa: E402
from tap import Skip, case, demand, equal, holds_for, until  # noqa: E402

PORT, IDLE = 2641, 1000
NAME = "99.100.1/FRM1.V_SET"
WIDE_POINTS = 4000
state = {}


def api():
    return state["node"].api


def is_well():
    """Everybody else is answered."""
    api().close()
    return (state["node"].process.is_alive() and
            api().call("GET", "/healthz")[0] == 200 and
            handle.by_udp(("127.0.0.1", PORT), NAME).code == handle.OK and
            handle.by_tcp(("127.0.0.1", PORT), NAME).code == handle.OK)


def broken_messages(count, seed):
    """Noise, and good requests with bytes altered, cut or lengthened."""
    chance = random.Random(seed)
    for _ in range(count):
        good = bytearray(handle.question(NAME, indexes=[1, 2], types=["URL"]))
        kind = chance.randrange(4)
        if kind == 0:
            good = bytearray(chance.randbytes(chance.randrange(1, 600)))
        elif kind == 1:
            for _ in range(chance.randrange(1, 5)):
                good[chance.randrange(len(good))] = chance.randrange(256)
        elif kind == 2:
            good = good[:chance.randrange(1, len(good))]
        else:
            at = chance.randrange(len(good) - 4)
            good[at:at + 4] = b"\xff\xff\xff\xff"
        yield bytes(good)


@case
def malformed_packets_by_udp_leave_it_well():
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            for number, data in enumerate(broken_messages(3000, 1)):
                s.sendto(data, (host, PORT))
                if number % 500 == 0:
                    demand(is_well(), "not well after", number)
    demand(is_well(), "not well")


def cpu_seconds():
    """User and system time of the node so far."""
    fields = pathlib.Path(f"/proc/{state['node'].process.pid}/stat").read_text().split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def ask_many(count, noise):
    """Good questions, 16 outstanding, with one broken message before each of them when
    there is noise; the node's CPU for all of it."""
    good = handle.question(NAME)
    began = cpu_seconds()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as n:
        s.connect(("127.0.0.1", PORT))
        n.connect(("127.0.0.1", PORT))
        s.settimeout(5)
        for number in range(count):
            if noise:
                n.send(noise[number % len(noise)])
            s.send(good)
            if number >= 16:
                s.recv(1024)
        for _ in range(16):
            s.recv(1024)
    return cpu_seconds() - began


@case
def a_flood_of_malformed_packets_leaves_half_of_what_good_ones_get():
    """By the CPU a good question takes alone, and with a broken message beside each:
    at twice the CPU the node that has nothing else to give answers half as many."""
    count = 40000
    noise = list(broken_messages(2000, 3))
    alone = ask_many(count, None)
    beside = ask_many(count, noise)
    demand(is_well(), "not well")
    demand(beside <= 2 * alone + 0.1, f"{alone:.2f} s of CPU alone, {beside:.2f} s in the flood")
    return f"{alone / beside:.0%} of the throughput is left"


@case
def a_flood_of_broken_administration_starves_no_question():
    """What is for the desk costs a thread of its own; questions are answered all the
    while, each within the time the client gives them."""
    noise = [handle.question(NAME, operation=code) for code in (100, 102, 104, 105, 201, 300, 400)]
    used = ask_many(20000, noise)
    demand(is_well(), "not well")
    return f"{used:.1f} s of CPU for 20,000 questions and as many of them"


@case
def malformed_streams_by_tcp_leave_it_well():
    for number, data in enumerate(broken_messages(400, 2)):
        with handle.connect(("127.0.0.1", PORT)) as s:
            s.settimeout(0.01)
            try:
                s.sendall(data)
                s.recv(4096)
            except OSError:
                pass
        if number % 100 == 0:
            demand(is_well(), "not well after", number)
    demand(is_well(), "not well")


@case
def malformed_http_leaves_it_well():
    rows = (b"\0" * 64, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /api/v1/session HTTP/1.1\r\n"
            b"Content-Length: -5\r\n\r\n", b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n\r\n",
            b"GET /api/handles/%00%ff%2f HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /api/v1/commands HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    for row in rows:
        with socket.create_connection(("127.0.0.1", 8080), 5) as s:
            s.sendall(row)
            s.settimeout(1)
            try:
                demand(b"root:" not in s.recv(65536), "a file of the system in the answer")
            except OSError:
                pass
        demand(is_well(), "not well after", row[:40])


@case
def a_body_of_10_megabytes_is_answered_413():
    with socket.create_connection(("127.0.0.1", 8080), 10) as s:
        length = 10 << 20
        s.sendall(b"POST /api/v1/commands HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                  api().token.encode() + f"\r\nContent-Length: {length}\r\n\r\n".encode())
        try:
            s.sendall(bytes(length))
        except OSError:
            pass
        first = s.recv(4096).split(b"\r\n")[0]
    demand(b" 413 " in first, first)
    demand(is_well(), "not well")


@case
def a_device_that_answers_garbage_harms_no_other():
    def look():
        rows = {d["name"]: d for d in api().get("/api/v1/devices")["items"]}
        bad = rows["NOISE"]
        return bad if bad["malformed"] + bad["reconnects"] > 2 else None
    bad = until(look, 15, "the garbage is counted")
    demand(bad["state"] != "up", bad)
    holds_for(lambda: api().get("/api/v1/points/FRM1.VOLT")["quality_class"] == "good", 2,
              "good values of another machine")
    quality = api().get("/api/v1/points/NOISE.X")["quality_class"]
    demand(quality != "good", "garbage is", quality)
    return f"{bad['malformed']} malformed, {bad['reconnects']} reconnects"


@case
def a_client_that_does_not_read_its_stream_is_closed():
    if not space.is_private() or os.geteuid() != 0:
        raise Skip("needs a namespace whose socket buffers may be made small")
    pathlib.Path("/proc/sys/net/ipv4/tcp_wmem").write_text("4096 16384 65536")
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", 8080))
    s.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
              api().token.encode() + b"\r\n\r\n")
    s.settimeout(10)
    demand(b"200" in s.recv(64), "no stream")
    port = s.getsockname()[1]
    def is_closed():
        row = f"0100007F:1F90 0100007F:{port:04X} "
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()
        return not any(row in line and line.split()[3] == "01" for line in lines)
    until(is_closed, 30, "closed by the node")
    s.close()
    demand(is_well(), "not well")


@case
def a_thousand_idle_connections_by_http_and_handle_leave_room_for_others():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit < 2 * IDLE + 100:
        raise Skip(f"only {limit} open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    idle = []
    try:
        for port in (8080, PORT):
            for _ in range(IDLE):
                idle.append(socket.create_connection(("127.0.0.1", port), 5))
        demand(is_well(), "not well")
        holds_for(is_well, 1, "others are answered")
    finally:
        for s in idle:
            s.close()


@case
def it_stops_in_order_after_all_that():
    equal(state["node"].stop(), 0, "exit status")


def noise_device(port):
    return (f"  - name: NOISE\n    address: 127.0.3.1:{port}\n    period: 200ms\n"
            "    points:\n      - {name: X, address: 0, type: u16}\n")


def wide_device(port):
    """Many points that change at every read, so that the live stream is broad."""
    rows = [f"  - name: WIDE\n    address: 127.0.3.2:{port}\n    points:\n"]
    rows += [f"      - {{name: P{n}, table: input, address: {n}, type: u16}}\n"
             for n in range(WIDE_POINTS)]
    return "".join(rows)


def garbage(chance):
    return lambda transaction, unit, pdu: chance.randbytes(chance.randrange(1, 80))


def counting():
    state["count"] = 0
    def reply(transaction, unit, pdu):
        state["count"] += 1
        registers = int.from_bytes(pdu[3:5], "big")
        data = (state["count"] & 0xFFFF).to_bytes(2, "big") * registers
        return modbus.adu(transaction, unit, pdu[:1] + bytes([len(data)]) + data)
    return reply


space.enter()
where = folder()
noise = modbus.Server(("127.0.3.1", 1502), garbage(random.Random(3)))
wide = modbus.Server(("127.0.3.2", 1502), counting())
config = plant_config(where) + noise_device(noise.port) + wide_device(wide.port)
with plant(where):
    state["node"] = Node(where, config).start()
    state["node"].wait_good("FRM1.V_SET")
    until(lambda: handle.by_tcp(("127.0.0.1", PORT), NAME).code == handle.OK, 20, "registered")
    tap.main()
