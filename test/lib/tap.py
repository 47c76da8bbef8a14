# SPDX-License-Identifier: Apache-2.0
"""Cases as functions whose names are sentences, reported as TAP.

Story: a file decorates its functions with @case and ends with tap.main(). A case
fails by raising, is skipped by raising Skip, and may return a text for its line."""
import os
import sys
import time
import traceback

CASES = []


class Skip(Exception):
    """The case cannot be had here; the text says why."""


class Failed(Exception):
    """What was expected and what was found instead."""


def case(function):
    CASES.append(function)
    return function


def demand(truth, *what):
    """An assertion that stays under -O and says what it found."""
    if not truth:
        raise Failed(" ".join(str(w) for w in what))


def equal(found, wanted, what):
    demand(found == wanted, f"{what}: found {found!r}, expected {wanted!r}")


def until(question, seconds, what, every=0.02):
    """Asks again until the answer is true and returns it; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(every)


def holds_for(question, seconds, what, every=0.05):
    """The answer must stay true for that long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        demand(question(), f"did not hold for {seconds} s: {what}")
        time.sleep(every)


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root")


def run_case(function, number):
    name = function.__name__.replace("_", " ")
    began = time.monotonic()
    try:
        note = function()
        row = f"ok {number} - {name}" + (f": {note}" if note else "")
    except Skip as skip:
        row = f"ok {number} - {name} # SKIP {skip}"
    except Exception as broken:  # a case may fail in any way
        row = f"not ok {number} - {name}"
        text = str(broken) if isinstance(broken, Failed) else traceback.format_exc()
        last = traceback.extract_tb(broken.__traceback__)
        here = [f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in last]
        row += "".join(f"\n# {line}" for line in (text.splitlines() + [" > ".join(here)]))
    print(row, flush=True)
    print(f"# {name}: {time.monotonic() - began:.1f} s", flush=True)
    return not row.startswith("not ok")


def main():
    wanted = sys.argv[2:]
    chosen = [c for c in CASES if not wanted or any(w in c.__name__ for w in wanted)]
    good = [run_case(c, number) for number, c in enumerate(chosen, 1)]
    print(f"1..{len(chosen)}", flush=True)
    sys.exit(0 if all(good) and good else 1)
