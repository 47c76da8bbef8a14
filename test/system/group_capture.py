# SPDX-License-Identifier: Apache-2.0
"""Where packets come from: live as root, otherwise the tap, and the node says which."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, folder, plant, plant_config  # noqa: E402
from rights import without_rights  # noqa: E402
from tap import case, demand, need_root, until  # noqa: E402


def capture_of(node):
    body = node.api.get("/api/v1/node")
    return body["capture_live"], body["capture"]


@case
def root_captures_live_and_keeps_no_privilege():
    need_root()
    where = folder()
    text = plant_config(where)
    with plant(where):
        node = Node(where, text).start()
        live, source = capture_of(node)
        demand(live, source)
        until(lambda: node.api.get("/api/v1/node")["sentry"]["packets"] > 20, 10, "packets")
        status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
        demand("Uid:\t0" not in status and "CapEff:\t0000000000000000" in status, status)
        node.stop()
    return source


@case
def without_the_right_to_capture_it_runs_on_the_tap_and_says_so():
    where = folder()
    where.chmod(0o777)
    text = plant_config(where)
    with plant(where):
        node = Node(where, text, without_rights()).start()
        live, source = capture_of(node)
        demand(not live and "tap" in source, live, source)
        node.wait_good("FRM1.V_SET")
        node.stop()
    return source


@case
def nothing_secret_is_readable_by_others():
    where = folder()
    node = Node(where, plant_config(where)).start()
    path = node.data / "keys" / "admin.token"
    token = path.read_text().strip()
    demand(path.stat().st_mode & 0o077 == 0, oct(path.stat().st_mode))
    node.stop()
    demand(token not in node.process.out() + node.process.err(), "the token was printed")


space.enter()
tap.main()
