# SPDX-License-Identifier: Apache-2.0
"""A child and its parent as processes in two network namespaces, over a line that loses,
delays and reorders, is cut, and whose ends are killed: at the end a reader that shares no code
with them finds every item once.

    JIZHU_CARRY_ITEMS (20000)   in all, JIZHU_CARRY_RATE (5000) of them a second
    JIZHU_CARRY_KILLS (6)       kill -9 of either side, and half as many cuts
    JIZHU_SEED (1)              says which faults come after how many items, and what
                                becomes of the n-th packet"""
import hashlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import journal  # noqa: E402
import space  # noqa: E402
import tap  # noqa: E402
import uplink  # noqa: E402
from jizhu import BUILD, folder  # noqa: E402
from line import NEAR, NEAR6, Line, need_line  # noqa: E402
from tap import Failed, Skip, case, demand, equal, until  # noqa: E402

TOOL = str(BUILD / "test" / "uplink" / "uplink_carry")
ITEMS = int(os.environ.get("JIZHU_CARRY_ITEMS", "20000"))
KILLS = int(os.environ.get("JIZHU_CARRY_KILLS", "6"))
RATE = int(os.environ.get("JIZHU_CARRY_RATE", "5000"))
SEED = int(os.environ.get("JIZHU_SEED", "1"))
QUEUE = ITEMS // 10
PORT = 4200
DOORS = (f"[{NEAR6}]:{PORT}", f"{NEAR}:{PORT}")
STREAMS = ("events", "health", "indicators", "counters")
NODE = b"99.1.7"
MOMENT_S, CUT_S, PATIENCE_S = 0.2, 0.8, 60
SAMPLED = 12
TAIL = 256
state = {}


class Side:
    """One of the two, through its lives; what they print goes to a file each."""

    def __init__(self, where, name):
        self.where, self.name, self.lives, self.run = where, name, 0, None

    def live(self, words):
        self.lives += 1
        with open(self.log(), "wb") as out:
            self.run = subprocess.Popen(words, stdout=out, stdin=subprocess.DEVNULL,
                                        preexec_fn=space.die_with_parent)

    def log(self):
        return self.where / f"{self.name}-{self.lives}.out"

    def last(self, word):
        """The number it said last behind this word, 0 for none."""
        demand(self.run.poll() is None, f"the {self.name} ended with {self.run.returncode}")
        with open(self.log(), "rb") as out:
            out.seek(max(0, os.fstat(out.fileno()).st_size - TAIL))
            rows = out.read().decode().split("\n")[:-1]
        numbers = [int(row.split()[1]) for row in rows if row.startswith(word + " ")]
        return numbers[-1] if numbers else 0

    def said(self, row):
        """How often, in all lives."""
        return sum(path.read_text().split("\n").count(row)
                   for path in self.where.glob(f"{self.name}-*.out"))

    def kill(self):
        self.run.kill()
        self.run.wait()


class Pair:
    def __init__(self, dice):
        self.dice, self.line, self.where = dice, Line(SEED), folder()
        self.up, self.down = Side(self.where, "parent"), Side(self.where, "child")
        subprocess.run([TOOL, "prepare", self.where / "up", self.where / "down"], check=True)
        self.start_parent()
        self.start_child()

    def start_parent(self):
        self.up.live([TOOL, "parent", self.where / "up", *DOORS])

    def start_child(self):
        """With one family first or the other, in turn."""
        first = self.down.lives % 2
        words = [TOOL, "child", self.where / "down", SEED, ITEMS, QUEUE, RATE, DOORS[first],
                 DOORS[1 - first]]
        self.down.live([*self.line.far_words(), *map(str, words)])

    def kill_child(self):
        self.down.kill()
        self.start_child()

    def kill_parent(self):
        """What the child was told is held must be held by the next life."""
        self.up.kill()
        told = self.down.last("receipted")
        self.start_parent()
        until(lambda: "held " in self.up.log().read_text(), PATIENCE_S, "a parent")
        first = int(self.up.log().read_text().split()[1])
        demand(first >= told, f"{told} were receipted, after a kill {first} are held")

    def cut(self, meanwhile=None):
        side = self.dice.randrange(2)
        self.line.cut(side)
        if meanwhile:
            meanwhile()
        # How long is the test's own dice, not a wait for something.
        time.sleep(self.dice.random() * CUT_S)
        self.line.mend(side)

    def close(self):
        for side in (self.up, self.down):
            side.kill()
        self.line.close()


def plan(dice):
    """[(when so many are held, what)]: each kill of one side or the other, one in four while
    the line is cut, and cuts alone."""
    kills = [("kill_parent", "kill_child")[i % 2] for i in range(KILLS)]
    faults = [(what, dice.randrange(4) == 0) for what in kills] + [(None, True)] * (KILLS // 2)
    dice.shuffle(faults)
    marks = sorted(dice.randrange(ITEMS // 50, ITEMS * 9 // 10) for _ in faults)
    return list(zip(marks, faults))


def suffer(pair, mark, what, is_cut):
    until(lambda: pair.up.last("held") >= mark, PATIENCE_S, f"{mark} items held")
    time.sleep(pair.dice.random() * MOMENT_S)
    act = getattr(pair, what) if what else None
    if is_cut:
        pair.cut(act)
    else:
        act()


@case
def a_child_goes_on_through_kills_cuts_and_losses():
    need_line()
    print(f"# seed {SEED}", flush=True)
    dice, began = random.Random(SEED), time.monotonic()
    pair = Pair(dice)
    try:
        for mark, (what, is_cut) in plan(dice):
            suffer(pair, mark, what, is_cut)
        until(lambda: pair.down.last("receipted") == ITEMS, 2 * PATIENCE_S + ITEMS / RATE,
              f"all {ITEMS} receipted")
    except Exception:
        print(f"# seed {SEED}, lives {pair.up.lives} and {pair.down.lives}", flush=True)
        raise
    finally:
        pair.close()
    state.update(pair=pair)
    equal(pair.up.lives + pair.down.lives, KILLS + 2, "lives")
    families = [pair.up.said(f"session {family}") for family in (6, 4)]
    demand(all(families), "sessions by IPv6 and IPv4:", families)
    line = pair.line
    demand(line.lost and line.overtaken, "the line was too good")
    return (f"seed {SEED}: {ITEMS} items in {time.monotonic() - began:.0f} s, {KILLS} kills, "
            f"{KILLS // 2} cuts, {line.lost} of {line.carried} packets lost, {line.overtaken} "
            f"overtaken, {families[0]} sessions by IPv6, {families[1]} by IPv4")


def body(stream, number):
    mark = hashlib.sha256(f"{SEED} {stream} {number}".encode()).hexdigest()[:16]
    return bytes([len(NODE)]) + NODE + f"{stream} {number} {mark}".encode()


def check_stream(stream, batches, last):
    """The batches are one chain that carries the items 1 to `last`, each once, in order."""
    number, before, epochs = 0, bytes(32), set()
    for found in batches:
        epochs.add(found.epoch)
        where = f"{stream} behind {number}"
        equal((found.first, found.count), (number + 1, len(found.items)), f"{where}: sequences")
        equal(found.before, before, f"{where}: hash of the batch before")
        equal((found.node, found.withheld), (NODE, []), f"{where}: envelope")
        for _, content in found.items:
            number += 1
            equal(content, body(stream, number), f"{stream} {number}: body")
        before = found.hash
    equal(number, last, f"{stream}: items")
    equal(len(epochs), 1, f"{stream}: epochs")


def carried():
    if "pair" not in state:
        raise Skip("nothing was carried")
    return state["pair"].where


def records(name, kind, read):
    """The parts of each record of this type; and that no session had anything to tell."""
    found = []
    for other, payload in journal.payloads(carried() / name, "tree"):
        demand(other != uplink.EVENT, f"{name}: an event of a session:", payload)
        if other == kind:
            found.append(read(payload))
    return found


@case
def every_item_is_held_once_in_order_and_none_is_made_up():
    rows = records("up", uplink.RECEIVED, uplink.received)
    equal({child for child, _, _ in rows}, {NODE}, "children")
    batches = [uplink.batch(data) for _, _, data in rows]
    streams = {name: [b for b in batches if b.stream == name] for name in STREAMS}
    equal(sum(map(len, streams.values())), len(batches), "batches of known streams")
    for stream, own in streams.items():
        check_stream(stream, own, ITEMS // len(STREAMS))
    state.update(batches=batches, streams=streams, held=[data for _, _, data in rows])
    return f"{len(batches)} batches, {sum(b.count for b in batches)} items"


@case
def what_is_held_is_what_the_child_disclosed_byte_for_byte():
    rows = records("down", uplink.RELEASE, uplink.release)
    equal({parent for parent, _, _ in rows}, {b"99.1"}, "parents")
    def of(stream, every):
        return [data for data in every if uplink.STREAMS[data[1]] == stream]
    for stream in STREAMS:
        equal(of(stream, state["held"]), of(stream, [data for _, _, data in rows]), stream)


def spoilt(batches):
    """Each way in which a stream may be wrong."""
    first, second, third = batches[:3]
    (when, content), *others = second.items
    yield "an item too few", [first, second._replace(items=others), third]
    yield "a batch too few", [first, third]
    yield "a batch twice", [first, first, second, third]
    yield "another order", [second, first, third]
    yield "a torn chain", [first, second._replace(hash=bytes(32)), third]
    altered = content[:-1] + bytes([content[-1] ^ 1])
    yield "an item made up", [first, second._replace(items=[(when, altered), *others]), third]
    yield "an item beyond the end", batches[:3] + [third]


@case
def the_reader_finds_what_is_missing_doubled_displaced_torn_and_made_up():
    carried()
    ways = 0
    for stream in STREAMS:
        good = state["streams"][stream][:3]
        last = sum(b.count for b in good)
        check_stream(stream, good, last)
        for what, bad in spoilt(good):
            ways += 1
            try:
                check_stream(stream, bad, last)
            except Failed:
                continue
            raise Failed(f"{stream}: {what} was not found")
    return f"{ways} ways"


@case
def openssl_finds_the_child_s_signature_under_what_is_held():
    where = carried()
    if not shutil.which("openssl"):
        raise Skip("openssl is not here")
    key, said, signature = (where / name for name in ("key.pem", "said", "signature"))
    key.write_bytes(subprocess.run(["openssl", "x509", "-pubkey", "-noout", "-in",
                                    where / "down" / "keys" / "parent-up.pem"],
                                   check=True, capture_output=True).stdout)
    def verify(content, mark):
        said.write_bytes(content)
        signature.write_bytes(mark)
        return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin",
                               "-in", said, "-sigfile", signature], check=False,
                              capture_output=True).returncode == 0
    batches = state["batches"]
    for found in batches[::max(1, len(batches) // SAMPLED)]:
        demand(verify(b"\x01" + found.hash, found.signature), found)
    demand(not verify(b"\x01" + bytes(32), batches[0].signature), "anything is verified")


space.enter()
tap.main()
