#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The capture and frame readers against Wireshark's, packet by packet, over every
public capture that lies beside the project.

usage: frame_tshark.py FRAME_DUMP [WORD...]

Wireshark's tools count the packets of each file, join the files and dissect them in
one go. Packets must agree in time, lengths, VLAN ids, addresses, ports, sequence
number and payload length; only captures whose name says that they were mutated may
differ, and are counted."""
import collections
import functools
import ipaddress
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "test" / "lib"))

import tap  # noqa: E402
from tap import Skip, case, demand, equal  # noqa: E402

SHARED = pathlib.Path(os.environ.get("JIZHU_SHARED", SOURCE.parent / "shared"))
TOOLS = ("tshark", "mergecap", "capinfos")
# All that is above these would only cost time, or show addresses inside a payload.
LAYERS = {"frame", "eth", "ethertype", "vlan", "ieee8021ad", "sll", "null", "raw", "ip", "ipv6",
          "ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fragment", "ah", "arp", "tcp",
          "udp"}
OPTIONS = ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
           "tcp.analyze_sequence_numbers:FALSE"]
COLUMNS = ["frame.time_epoch", "frame.cap_len", "frame.len", "vlan.id", "ieee8021ad.id",
           "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "arp.src.proto_ipv4",
           "arp.dst.proto_ipv4", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.len",
           "udp.srcport", "udp.dstport", "udp.length"]
SHOWN = 5  # differences told in full

Packet = collections.namedtuple(
    "Packet", "time captured wire vlans src dst src_port dst_port seq length")


def output(*command):
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                         check=False)
    demand(run.returncode == 0, command[0], "exit", run.returncode, run.stderr[-500:])
    return run.stdout


@functools.lru_cache
def captures():
    for tool in TOOLS:
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")
    folder = SHARED / "captures"
    found = sorted(p for p in folder.rglob("*") if p.suffix in (".pcap", ".pcapng"))
    if not found:
        raise Skip("no captures beside the project")
    return found


def address(text):
    return str(ipaddress.ip_address(text)) if text else ""


@functools.lru_cache
def ours():
    """For each file its packets, each with how its decoding ended; and torn files."""
    packets, ends = [[] for _ in captures()], {}
    for row in output(sys.argv[1], *captures()).splitlines():
        columns = row.split("\t")
        number = int(columns[0])
        if len(columns) == 2:
            ends[number] = columns[1]
            continue
        time, captured, wire, result, vlans, src, dst, *rest = columns[1:]
        packet = Packet(time, captured, wire, vlans, address(src), address(dst), *rest)
        packets[number].append((packet, result))
    return packets, ends


def packet_of(row):
    f = dict(zip(COLUMNS, row.split("\t")))
    first = {name: values.split(",")[0] for name, values in f.items()}
    vlans = ",".join(ids for ids in (f["ieee8021ad.id"], f["vlan.id"]) if ids)
    src = first["ip.src"] or first["ipv6.src"] or first["arp.src.proto_ipv4"]
    dst = first["ip.dst"] or first["ipv6.dst"] or first["arp.dst.proto_ipv4"]
    length = first["tcp.len"]
    if first["udp.length"]:
        length = str(int(first["udp.length"]) - 8)
    return Packet(first["frame.time_epoch"], first["frame.cap_len"], first["frame.len"], vlans,
                  address(src), address(dst), first["tcp.srcport"] or first["udp.srcport"],
                  first["tcp.dstport"] or first["udp.dstport"], first["tcp.seq_raw"], length)


def dissect(path):
    known = [row.split("\t")[2] for row in output("tshark", "-G", "protocols").splitlines()]
    command = ["tshark", "-n", "-r", path, "-T", "fields"]
    for name in known:
        command += [] if name in LAYERS else ["--disable-protocol", name]
    for option in OPTIONS:
        command += ["-o", option]
    for column in COLUMNS:
        command += ["-e", column]
    return [packet_of(row) for row in output(*command).splitlines()]


@functools.lru_cache
def theirs():
    """For each file its packets."""
    rows = output("capinfos", "-TMrc", *captures()).splitlines()
    counts = [int(row.split("\t")[-1]) for row in rows]
    equal(len(counts), len(captures()), "files counted")
    with tempfile.TemporaryDirectory() as folder:
        joined = pathlib.Path(folder) / "joined.pcapng"
        output("mergecap", "-a", "-w", joined, *captures())
        packets = iter(dissect(joined))
    files = [[packet for _, packet in zip(range(count), packets)] for count in counts]
    equal(next(packets, None), None, "packets beyond the last file")
    return files


def is_mutated(path):
    return "fuzz" in path.name


def differences(path, mine, other):
    """What differs in one file, in words; packets of foreign links are passed over."""
    for number, ((packet, result), wanted) in enumerate(zip(mine, other), 1):
        if result == "unsupported":
            continue
        for name, found, expected in zip(Packet._fields, packet, wanted):
            if found != expected:
                yield (f"{path.relative_to(SHARED / 'captures')} packet {number} ({result}): "
                       f"{name} is {found or 'none'}, tshark says {expected or 'none'}")


def compare(mutated):
    """Packets compared and the differences, of the mutated files or the others."""
    compared, found = 0, []
    for path, mine, other in zip(captures(), ours()[0], theirs()):
        if is_mutated(path) == mutated:
            compared += sum(result != "unsupported" for _, result in mine)
            found += differences(path, mine, other)
    return compared, found


@case
def every_capture_is_read_to_its_end():
    packets, ends = ours()
    torn = [f"{captures()[number]}: {why}" for number, why in ends.items()]
    demand(not torn, "\n".join(torn))
    short = [f"{path}: {len(mine)} packets, capinfos says {len(other)}"
             for path, mine, other in zip(captures(), packets, theirs())
             if len(mine) != len(other)]
    demand(not short, "\n".join(short))
    return f"{len(packets)} files, {sum(map(len, packets))} packets"


@case
def every_packet_is_decoded_as_tshark_does():
    compared, found = compare(mutated=False)
    demand(not found, len(found), "differences in", compared, "packets:\n" +
           "\n".join(found[:SHOWN]))
    demand(compared > 10000, "only", compared, "packets compared")
    return f"{compared} packets agree"


@case
def differences_in_mutated_captures_are_counted():
    compared, found = compare(mutated=True)
    for row in found[:SHOWN]:
        print(f"# {row}")
    demand(compared > 0, "no mutated capture")
    return f"{len(found)} differences in {compared} packets"


if __name__ == "__main__":
    tap.main()
