# SPDX-License-Identifier: Apache-2.0
"""The resolver's replies in the eyes of tshark's dissector of the Handle protocol
(do-irp), where this tshark has one."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE)]

import handle  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
import tshark  # noqa: E402
from jizhu import Process, folder, plant_and_node  # noqa: E402
from tap import Skip, case, demand, equal, need_root, until  # noqa: E402

FILTERS = ("do-irp", "doirp", "handle")


@case
def tshark_reads_the_resolvers_replies():
    need_root()
    known = {row.split("\t")[2] for row in tshark.run("-G", "protocols").decode().splitlines()}
    name = next((f for f in FILTERS if f in known), None)
    if not name:
        raise Skip(f"{tshark.version()} has no dissector of the Handle protocol")
    where = folder()
    with plant_and_node() as node:
        sniffer = Process(["capture", "lo", "2641"], where / "live")
        path = where / "live.out"
        until(path.exists, 5, "the capture")
        for point in node.api.get("/api/v1/points")["items"]:
            handle.by_udp(("127.0.0.1", 2641), point["ident"])
            handle.by_tcp(("127.0.0.1", 2641), point["ident"])
        until(lambda: path.stat().st_size > 10000, 10, "packets")
        sniffer.stop()
    equal(tshark.run("-r", path, "-Y", "_ws.malformed").split(), [], "malformed")
    rows = tshark.run("-r", path, "-Y", name).splitlines()
    demand(len(rows) > 100, len(rows), "messages")
    return f"{tshark.version()}: {len(rows)} messages"


space.enter()
tap.main()
