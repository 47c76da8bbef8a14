# SPDX-License-Identifier: Apache-2.0
"""tshark as an oracle: the Modbus messages of a capture in the terms of `jizhu pcap`."""
import json
import pathlib
import shutil
import subprocess
import xml.etree.ElementTree as xml
from collections import namedtuple

from jizhu import command
from tap import Skip, equal

# address and quantity are None where the message carries none.
Message = namedtuple("Message", "packet function address quantity exception")
SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared" / "captures"
QUANTITIES = ("modbus.word_cnt", "modbus.bit_cnt")
# Requests that carry a first address and a count; a write's answer repeats both.
READS, WRITES, SINGLE_WRITES = {1, 2, 3, 4}, {15, 16}, {5, 6}


def capture(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        raise Skip(f"{'/'.join(parts)} is not beside the project")
    return path


def run(*words):
    if not shutil.which("tshark"):
        raise Skip("tshark cannot be had here")
    done = subprocess.run(["tshark", *map(str, words)], capture_output=True, check=False,
                          timeout=120)
    return done.stdout


def classic(path, where):
    """The capture as a classic pcap file; the newer form is converted by editcap."""
    if path.read_bytes()[:4] != b"\x0a\x0d\x0d\x0a":
        return path
    if not shutil.which("editcap"):
        raise Skip("editcap cannot be had here")
    converted = pathlib.Path(where) / path.name
    subprocess.run(["editcap", "-F", "pcap", path, converted], check=True, timeout=60)
    return converted


def version():
    return run("--version").split(b"\n")[0].decode().replace(" (Wireshark)", "")


def as_modbus(port):
    """Which port has Modbus; the preference decides what is a request."""
    return ["-d", f"tcp.port=={port},mbtcp", "-o", f"mbtcp.tcp.port:{port}"]


def first(element, *names):
    """The show attribute of the first field of that name below the element."""
    for field in element.iter("field"):
        if field.get("name") in names:
            return field.get("show")
    return None


def number(text):
    return None if text is None else int(text, 0)


def ours_to_say(message, is_response):
    """Only what the message itself carries is compared."""
    f = message.function
    told = message.exception == 0 and (f in WRITES or f in READS and not is_response)
    alone = message.exception == 0 and f in SINGLE_WRITES | {22}
    return message._replace(address=message.address if told or alone else None,
                            quantity=message.quantity if told else None)


def messages(path, port):
    """As tshark sees them. A frame may hold several."""
    text = run("-r", path, *as_modbus(port), "-Y", "mbtcp", "-T", "pdml")
    found = []
    for packet in xml.fromstring(text).iter("packet"):
        frame = number(next(f.get("show") for f in packet.iter("field") if f.get("name") == "num"))
        for proto in packet.iter("proto"):
            if proto.get("name") != "modbus" or first(proto, "modbus.func_code") is None:
                continue
            m = Message(frame, number(first(proto, "modbus.func_code")),
                        number(first(proto, "modbus.reference_num")),
                        number(first(proto, *QUANTITIES)),
                        number(first(proto, "modbus.exception_code")) or 0)
            source = int(first(packet, "tcp.srcport"))
            found.append(ours_to_say(m, source == port))
    return found


def told(path, port):
    """Every message as `jizhu pcap` prints it."""
    status, out, err = command("pcap", "--messages", "--json", "--port", port, path)
    equal(status, 0, err)
    rows = [json.loads(row) for row in out.splitlines()]
    return [row for row in rows if "packet" in row]


def our_messages(path, port):
    return [ours_to_say(Message(r["packet"], r["function"], r["address"], r["quantity"],
                                r["exception"]), r["response"]) for r in told(path, port)]


def malformed(path, port):
    """Frames tshark calls malformed."""
    out = run("-r", path, *as_modbus(port), "-Y", "_ws.malformed", "-T", "fields",
              "-e", "frame.number")
    return out.split()
