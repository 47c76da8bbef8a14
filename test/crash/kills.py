# SPDX-License-Identifier: Apache-2.0
"""One node and one client through many kills; see run."""
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import journal  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
from jizhu import Node, command, folder, plant, plant_config  # noqa: E402
from memory import Client, Memory  # noqa: E402
from tap import case, demand, equal  # noqa: E402

NODES = 2
KILLS = max(1, int(os.environ.get("JIZHU_KILLS", "200")) // NODES)
GROUP = int(os.environ.get("JIZHU_GROUP", "0"))
SEED = int(os.environ.get("JIZHU_SEED", "1")) * 1000 + GROUP
LIFE_SECONDS, EARLY_SECONDS = 0.6, 0.15
EARLY_ONE_IN, ALL_NAMES_EVERY = 5, 10
chance = random.Random(SEED)
memory = Memory(random.Random(SEED + 500))
state = {"early": 0}


def live_and_die(node):
    """A life of random length under load, ended by SIGKILL."""
    client = Client(memory, node.api)
    client.start()
    # The moment of death is the test's own dice, not a wait for something.
    time.sleep(chance.random() * LIFE_SECONDS)
    node.process.kill()
    client.join(20)
    demand(not client.is_alive(), "the client hangs")
    node.api.close()
    if client.trouble:
        raise client.trouble


def die_young(node):
    """Killed while it starts."""
    process = node.launch()
    time.sleep(chance.random() * EARLY_SECONDS)
    process.kill()
    state["early"] += 1


@case
def everything_acknowledged_before_a_kill_is_there_after_it():
    node = state["node"]
    for number in range(KILLS):
        try:
            node.start()
            memory.check_fresh(node.api)
            if number % ALL_NAMES_EVERY == 0:
                memory.check_names(node.api)
                memory.check_repeat(node.api)
            live_and_die(node)
            if chance.randrange(EARLY_ONE_IN) == 0:
                die_young(node)
        except Exception:
            print(f"# seed {SEED}, kill {number}, data {node.data}", flush=True)
            raise
    return (f"node {GROUP}: {KILLS} kills, {state['early']} more while starting, "
            f"{len(memory.names)} names, {len(memory.orders)} orders")


@case
def nothing_was_invented_and_nothing_is_missing_at_the_end():
    state["node"].start()
    memory.check_fresh(state["node"].api)
    memory.check_names(state["node"].api)
    found = state["node"].api.get("/api/v1/audit/verify")
    demand(found["ok"], found)
    equal(state["node"].stop(), 0, "exit status")
    demand(len(memory.names) >= KILLS and memory.orders, "the client did next to nothing")


@case
def verify_finds_the_folder_whole():
    status, out, err = command("verify", state["node"].data)
    equal(status, 0, out + err)
    return out.strip()


@case
def the_independent_script_finds_both_journals_whole():
    for name in ("main", "history"):
        good, text = journal.verify(state["node"].data, name)
        demand(good, text)


space.enter()
where = folder()
text = plant_config(where).replace("period: 1s", "period: 100ms")
with plant(where):
    state["node"] = Node(where, text)
    tap.main()
