# SPDX-License-Identifier: Apache-2.0
"""The DNS door as knot's kdig sees it, over UDP and TCP, and its messages as tshark reads
them."""
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE)]

import space  # noqa: E402
import tap  # noqa: E402
import tshark  # noqa: E402
from jizhu import Node, folder  # noqa: E402
from tap import Skip, case, demand, equal  # noqa: E402

PORT, HTTP, PREFIX = 5353, 8080, "99.100.1"
OID, HANDLE = "7.1.99.2.oid-res.org", "press1.1.100.99.hdl.example"
GTIN = "0.1.2.3.4.5.4.3.2.1.2.5.9.gtin.gs1.id.example"
CONFIG = f"""node: {{name: works, prefix: {PREFIX}}}
data: "%s/data"
user: nobody
listen: {{http: "127.0.0.1:{HTTP}", handle: []}}
sentry: {{capture: none}}
dns:
  listen: ["127.0.0.1:{PORT}", "[::1]:{PORT}"]
  ns: ns1.hdl.example
  ns_addresses: [127.0.0.1, "::1"]
  contact: who.hdl.example
  zones:
    - {{zone: 99.2.oid-res.org, scheme: oid}}
    - {{zone: gtin.gs1.id.example, scheme: gs1}}
    - {{zone: hdl.example, scheme: handle}}
"""
LINK = '{"linkType":"gs1:pip","href":"https://example.com/p","title":"Press"}'
RECORDS = {
    f"{PREFIX}/2.99.1.7": (("OID.COID", "urn:oid:2.99.1.7"), ("OID.RINF", "https://example.com/r"),
                           ("OID.CINF", "https://example.com/c"), ("URL", "https://example.com/7")),
    f"{PREFIX}/01/09521234543213": (("GS1.LINK", LINK),),
    f"{PREFIX}/press1": (("URL", "https://example.com/press1"), ("DESC", "a press\u00b7"),
                         ("NOTE", "n" * 900)),
}
state = {}


def kdig(*words, server="127.0.0.1"):
    """(status, flags, answer lines) of the one reply."""
    if not shutil.which("kdig"):
        raise Skip("kdig (knot-dnsutils) cannot be had here")
    done = subprocess.run(["kdig", f"@{server}", "-p", str(PORT), *words], capture_output=True,
                          text=True, timeout=30, check=False)
    equal(done.returncode, 0, f"{words}: {done.stderr}{done.stdout}")
    demand("WARNING" not in done.stdout + done.stderr, done.stdout, done.stderr)
    status = re.search(r"status: (\w+)", done.stdout)
    flags = re.search(r"Flags: ([a-z ]*);", done.stdout)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()
             if line and not line.startswith(";")]
    return status.group(1), flags.group(1).split(), lines


def rules(lines):
    """{service: regexp} of NAPTR records."""
    found = {}
    for line in lines:
        match = re.search(r' NAPTR 100 \d+ "u" "([^"]*)" "([^"]*)" \.$', line)
        demand(match, line)
        found[match.group(1)] = match.group(2)
    return found


def set_up():
    where = folder()
    state["node"] = Node(where, CONFIG % where)
    state["node"].start()
    api = state["node"].api
    for name, values in RECORDS.items():
        status, body = api.call("PUT", api.name_path(name), {"values": [
            {"index": i, "type": kind, "ttl": 300, "data": {"format": "string", "value": text}}
            for i, (kind, text) in enumerate(values, 1)]})
        equal(status, 201, body)


@case
def kdig_is_here():
    if not shutil.which("kdig"):
        raise Skip("kdig (knot-dnsutils) cannot be had here")
    return subprocess.run(["kdig", "--version"], capture_output=True, text=True,
                          check=True).stdout.strip()


@case
def an_object_identifier_leads_to_its_services_over_udp_tcp_and_ipv6():
    for words, server in (((), "127.0.0.1"), (("+tcp",), "127.0.0.1"), ((), "::1")):
        status, flags, lines = kdig(OID, "NAPTR", *words, server=server)
        equal(status, "NOERROR", "status")
        demand("aa" in flags and "ra" not in flags, flags)
        equal(rules(lines), {"ORS+COID": "!^.*$!urn:oid:2.99.1.7!",
                             "ORS+RINF": "!^.*$!https://example.com/r!",
                             "ORS+CINF": "!^.*$!https://example.com/c!",
                             "ORS+UINF": "!^.*$!https://example.com/7!"}, "services")
        demand(all(line.startswith(f"{OID}. 300 IN") for line in lines), lines)


@case
def a_gtin_leads_to_its_links():
    _, _, lines = kdig(GTIN, "NAPTR")
    equal(rules(lines), {"https://ref.gs1.org/voc/pip": "!^.*$!https://example.com/p!"}, "links")


@case
def a_handle_has_texts_and_a_uri_and_a_long_answer_comes_by_tcp():
    _, _, lines = kdig(HANDLE, "URI")
    equal(lines, [f'{HANDLE}. 300 IN URI 10 1 "https://example.com/press1"'], "URI")
    _, flags, lines = kdig(HANDLE, "TXT", "+noedns", "+ignore")
    demand("tc" in flags and not lines, flags, lines)
    _, flags, lines = kdig(HANDLE, "TXT", "+tcp")
    equal(len(lines), 3, lines)
    demand(any('"DESC=a press\\194\\183"' in line for line in lines), lines)
    demand(any(line.count("n" * 255) == 2 for line in lines), "strings of 255 bytes", lines)


@case
def what_is_not_there_is_told_from_what_has_no_such_record():
    for name, kind, status in (("8.1.99.2.oid-res.org", "NAPTR", "NXDOMAIN"),
                               ("1.99.2.oid-res.org", "NAPTR", "NOERROR"),
                               (OID, "TXT", "NOERROR"),
                               ("99.hdl.example", "TXT", "NOERROR"),
                               ("no.1.100.99.hdl.example", "TXT", "NXDOMAIN")):
        found, _, lines = kdig(name, kind)
        equal(found, status, name)
        demand(len(lines) == 1 and " SOA ns1.hdl.example. who.hdl.example. " in lines[0], lines)
        demand(lines[0].endswith(" 60"), lines)


@case
def zones_tell_their_server_and_names_elsewhere_are_refused():
    _, _, lines = kdig("hdl.example", "NS")
    equal(lines, ["hdl.example. 3600 IN NS ns1.hdl.example."], "NS")
    _, _, lines = kdig("ns1.hdl.example", "AAAA")
    equal(lines, ["ns1.hdl.example. 3600 IN AAAA ::1"], "AAAA")
    for words in (("example.com", "A", "+rec"), ("2.oid-res.org", "NS"), (OID, "NAPTR", "-c", "CH")):
        status, flags, lines = kdig(*words)
        equal((status, lines), ("REFUSED", []), words)
        demand("ra" not in flags, flags)


@case
def a_flood_from_one_network_is_answered_no_longer_than_it_asks_and_counted():
    question = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 1) + b"".join(
        bytes([len(label)]) + label.encode() for label in HANDLE.split(".")) + struct.pack(
        ">BHHBHHIH", 0, 16, 1, 0, 41, 1232, 0, 0)
    cut = whole = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(10)
        link.bind(("127.0.9.9", 0))
        link.connect(("127.0.0.1", PORT))
        for _ in range(300):
            link.send(question)
            reply = link.recv(4096)
            if reply[2] & 2:
                demand(len(reply) <= len(question), len(reply), len(question))
                cut += 1
            else:
                whole += 1
    demand(cut and whole, f"{cut} cut, {whole} whole")
    _, text = state["node"].api.call("GET", "/metrics")
    match = re.search(rb"^jizhu_dns_source_budget_total (\d+)$", text, re.M)
    equal(int(match.group(1)), cut, "counted")
    return f"{whole} whole, {cut} cut"


@case
def tshark_finds_nothing_malformed_in_an_answer():
    reply = pathlib.Path(folder()) / "reply.pcap"
    question = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 1) + b"".join(
        bytes([len(label)]) + label.encode() for label in OID.split(".")) + struct.pack(
        ">BHHBHHIH", 0, 35, 1, 0, 41, 1232, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(10)
        link.connect(("127.0.0.1", PORT))
        link.send(question)
        answer = link.recv(4096)
    # Raw IPv4 (link type 101): an IP and a UDP head around the answer.
    udp = struct.pack(">HHHH", 53, 40000, 8 + len(answer), 0) + answer
    frame = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                        bytes([127, 0, 0, 1]), bytes([127, 0, 0, 1])) + udp
    reply.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + struct.pack(
        "<IIII", 0, 0, len(frame), len(frame)) + frame)
    fields = [word for name in ("dns.count.answers", "dns.naptr.service", "dns.naptr.regex",
                                "_ws.malformed") for word in ("-e", name)]
    told = tshark.run("-r", reply, "-T", "fields", *fields).decode().rstrip("\n").split("\t")
    equal(told[0], "4", told)
    equal(told[1], "ORS+COID,ORS+RINF,ORS+CINF,ORS+UINF", "services")
    equal("".join(told[3:]), "", "malformed")
    return tshark.version()


@case
def the_node_stops_as_it_should():
    state["node"].stop()


space.enter()
set_up()
tap.main()
