# SPDX-License-Identifier: Apache-2.0
"""The demo by somebody who may not capture: the simulator's frames take the place of
the network, and the sentry tells the same."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Process, api_of, folder  # noqa: E402
from rights import without_rights  # noqa: E402
from tap import case, demand, equal  # noqa: E402


@case
def a_demo_without_the_right_to_capture_agrees_all_the_same():
    where = folder()
    where.chmod(0o777)
    run = Process(["demo", "--for", "60s", "--attack", "--seed", "7", "--json", "--data",
                   where / "demo"], where / "log", without_rights())
    run.wait_line("console")
    node = api_of(8080, where / "demo").get("/api/v1/node")
    demand(not node["capture_live"], "live:", node["capture"])
    demand("tap" in node["capture"] or "simulator" in node["capture"], node["capture"])
    equal(run.wait(75), 0, f"exit status, {run.out()} {run.err()}")
    summary = json.loads(run.out().splitlines()[-1])
    equal((summary["agrees"], summary["incidents"]), (True, 3), "agrees, incidents")
    return node["capture"]


space.enter()
tap.main()
