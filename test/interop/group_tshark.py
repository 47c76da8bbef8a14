# SPDX-License-Identifier: Apache-2.0
"""What the sensor reads from captures is what tshark reads, message by message."""
import pathlib
import sys
from collections import Counter

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE)]

import space  # noqa: E402
import tap  # noqa: E402
import tshark  # noqa: E402
from jizhu import Process, folder, plant_and_node  # noqa: E402
from tap import case, demand, equal, need_root, until  # noqa: E402

CAPTURES = (
    ("icsnpp", "modbus", "analyzer.basic", "modbus_example.pcap"),
    ("zeek", "modbus", "modbusSmall.pcap"),
    ("zeek", "modbus", "modbus-and-non-modbus-p502.pcap"),
    ("ipal", "modbus.pcap"),
    ("suricata-verify", "modbus", "modbus.pcap"),
    ("iti", "ModbusTCP", "modbus_test_data_part2.pcap"),
    ("iti", "ModbusTCP", "Modbus", "modbus_test_2.pcap"),
    ("iti", "quickdraw", "modbus_test_data_part1.pcap"),
)
GOAL_PERCENT = 99.9
LIVE_MESSAGES, PACKET_BYTES = 200, 200


def compare(path, port):
    """(equal, all, differences) over the union of both lists."""
    theirs, ours = Counter(tshark.messages(path, port)), Counter(tshark.our_messages(path, port))
    same = sum((theirs & ours).values())
    return same, sum((theirs | ours).values()), [("tshark", m) for m in (theirs - ours)] + [
        ("jizhu", m) for m in (ours - theirs)]


@case
def tshark_is_here():
    return tshark.version()


@case
def messages_of_public_captures_equal_tsharks():
    equal_all, count_all, where = 0, 0, folder()
    for parts in CAPTURES:
        path = tshark.classic(tshark.capture(*parts), where)
        same, count, differences = compare(path, 502)
        equal_all, count_all = equal_all + same, count_all + count
        print(f"# {'/'.join(parts)}: {same} of {count}")
        for who, message in sorted(differences, key=lambda d: d[1].packet)[:8]:
            print(f"#   only {who}: {message}")
    percent = 100 * equal_all / count_all
    demand(percent >= GOAL_PERCENT, f"{percent:.2f} % of {count_all} equal")
    return f"{percent:.2f} % of {count_all} messages equal"


@case
def a_hostile_capture_does_not_crash_the_sensor():
    path = tshark.capture("zeek", "modbus", "fuzz-1011.pcap")
    return f"{len(tshark.told(path, 502))} messages told"


@case
def our_own_traffic_is_well_formed_and_read_as_tshark_reads_it():
    need_root()
    where = folder()
    with plant_and_node() as node:
        sniffer = Process(["capture", "lo", "1502"], where / "live")
        node.wait_good("FRM1.V_SET")
        for number in range(10):
            equal(node.api.order("FRM1.V_SET", 3.5 + number / 100, f"live-{number}")[0], 200, "order")
        path = where / "live.out"
        until(lambda: path.stat().st_size > LIVE_MESSAGES * PACKET_BYTES, 30, "enough traffic")
        sniffer.stop()
    equal(tshark.malformed(path, 1502), [], "malformed frames")
    same, count, differences = compare(path, 1502)
    demand(count >= LIVE_MESSAGES and same == count, f"{same} of {count}: {differences[:5]}")
    return f"{count} messages"


space.enter()
tap.main()
