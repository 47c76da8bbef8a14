# SPDX-License-Identifier: Apache-2.0
"""A disk that becomes full under a running node, and has room again."""
import errno
import os
import subprocess
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import NOBODY, Node, folder, plant, plant_config, with_lines  # noqa: E402
from tap import Skip, case, demand, equal, until  # noqa: E402

DISK, RESERVE = "128m", "12M"
# With less than the reserve and a segment (16 MiB) samples give way; with less than a
# quarter of the reserve and a segment nothing is taken. A view
# still has room to grow then.
SCARCE_BYTES, NEARLY_FULL_BYTES = 23 << 20, 2 << 20
REFUSALS = {500, 503, 507}
state = {"kept": []}


def small_disk():
    if os.geteuid() != 0 or not space.is_private():
        raise Skip("needs root and a mount namespace")
    disk = folder() / "disk"
    disk.mkdir()
    run = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755,uid={NOBODY}",
                          "tmpfs", disk], capture_output=True, text=True, check=False)
    if run.returncode:
        raise Skip(f"no tmpfs: {run.stderr.strip()}")
    return disk


def take_room(fd, path, leave):
    """Grows the file by all the room but so much. The node may take some of it between
    the look and the taking: then it is looked again."""
    disk, size = os.statvfs(path.parent), os.fstat(fd).st_size
    room = disk.f_bavail * disk.f_frsize - leave
    if room <= 0:
        return True
    try:
        os.posix_fallocate(fd, size, room)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def fill(path, leave=0):
    """Takes all the room there is but for so many bytes."""
    size, fd = 1 << 20, os.open(path, os.O_WRONLY | os.O_CREAT)
    until(lambda: take_room(fd, path, leave), 10, "the room is taken", every=0)
    os.lseek(fd, 0, os.SEEK_END)
    while size >= 512 and not leave:
        try:
            os.write(fd, bytes(size))
        except OSError:
            size //= 2
    os.close(fd)


def put(number):
    """True when taken; a refusal must be clear."""
    name = f"99.100.1/full-{number:04d}"
    status, body = state["node"].api.put_name(name, "http://127.0.0.1/" + "x" * 500)
    if status == 201:
        state["kept"].append(name)
        return True
    demand(status in REFUSALS and body.get("message"), f"{name}: {status} {body}")
    return False


def until_refused(first):
    """Names until one is refused; the node must live through that."""
    number = first
    while put(number):
        number += 1
        demand(number < first + 60000, "never full")
    equal(state["node"].api.call("GET", "/healthz")[0], 200, "alive")
    demand(state["node"].process.is_alive(), "the process ended")
    return f"{number - first} more names before it refused"


@case
def samples_give_way_first_and_it_is_told():
    disk = small_disk()
    text = with_lines(state["text"], data=f'"{disk}/data"', disk_reserve=RESERVE)
    state["node"] = node = Node(folder(), text)
    node.start()
    node.wait_good("FRM1.V_SET")
    for number in range(50):
        demand(put(number), "refused with room left")
    fill(disk / "filler", SCARCE_BYTES)
    state["filler"] = disk / "filler"
    def told():
        return [e for e in node.api.events() if e["message"] == "SAMPLES_REDUCED"]
    until(told, 30, "an event of it")
    demand(put(500), "a name is refused while only samples should be")
    return told()[0]["text"]


@case
def a_full_disk_refuses_changes_clearly_and_the_node_lives():
    if "filler" not in state:
        raise Skip("no small disk")
    fill(state["filler"], NEARLY_FULL_BYTES)
    return until_refused(1000)


@case
def what_needs_no_room_is_still_answered():
    if "filler" not in state:
        raise Skip("no small disk")
    api = state["node"].api
    equal(api.get(api.name_path(state["kept"][0]))["handle"], state["kept"][0], "a name")
    demand(api.get("/api/v1/events?limit=10")["items"], "no events")
    demand(api.get("/api/v1/audit/verify")["ok"], "audit")
    status, body = api.order("FRM1.V_SET", 3.7, "full-order")
    demand(status == 200 or (status in REFUSALS and body.get("title")), status, body)
    demand(api.get("/api/v1/points/FRM1.VOLT")["quality_class"], "no live value")
    ready = api.call("GET", "/readyz")
    return f"order {status}, readyz {ready[0]}"


def goes_on(number):
    state["filler"].unlink()
    until(lambda: put(number), 15, "a name is taken again", every=0.2)


@case
def it_goes_on_by_itself_when_there_is_room_again():
    if "filler" not in state:
        raise Skip("no small disk")
    goes_on(70000)
    api = state["node"].api
    status, body = api.order("FRM1.V_SET", 3.75, "after-full")
    equal(status, 200, body)
    now = api.get("/api/v1/node")["time_ms"]
    path = f"/api/v1/points/FRM1.VOLT/samples?from_ms={now}&to_ms={1 << 42}&limit=10"
    until(lambda: api.get(path)["items"], 20, "samples are kept again")


@case
def the_last_byte_taken_by_somebody_else_is_no_end_either():
    if "filler" not in state:
        raise Skip("no small disk")
    fill(state["filler"])
    note = until_refused(80000)
    goes_on(150000)
    return note


@case
def a_start_on_a_full_disk_harms_nothing():
    if "filler" not in state:
        raise Skip("no small disk")
    node = state["node"]
    fill(state["filler"])
    until_refused(200000)
    node.kill()
    process = node.launch()
    def is_decided():
        return "console" in process.out() or not process.is_alive()
    until(is_decided, 20, "it starts or refuses")
    refused = not process.is_alive()
    demand(not refused or process.run.returncode > 0 and process.err(), process.run.returncode)
    process.kill()
    state["filler"].unlink()
    node.start()
    return "refused" if refused else "started"


@case
def nothing_acknowledged_is_lost_by_a_crash_after_all_that():
    if "filler" not in state:
        raise Skip("no small disk")
    state["node"].kill()
    state["node"].start()
    missing = set(state["kept"]) - set(state["node"].api.names("99.100.1"))
    equal(missing, set(), "missing")
    return f"{len(state['kept'])} names"


space.enter()
state["text"] = plant_config(folder()).replace("period: 1s", "period: 100ms")
with plant(folder()):
    tap.main()
