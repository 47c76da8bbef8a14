# SPDX-License-Identifier: Apache-2.0
"""Runs groups of cases (one program each) at once, each in namespaces of its own,
and joins their TAP into one numbered stream."""
import concurrent.futures
import re
import subprocess
import sys

import space

CASE = re.compile(r"(not ok|ok) \d+ ?(.*)")


def run_group(path, build, separate, seconds, number):
    command = space.words([sys.executable, str(path), str(build)], separate)
    environment = {**space.environment(separate), "JIZHU_GROUP": str(number)}
    try:
        run = subprocess.run(command, capture_output=True, text=True, errors="replace",
                             timeout=seconds, check=False, env=environment)
        return run.returncode, run.stdout, run.stderr
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode(errors="replace"), f"stopped after {seconds} s"


def renumber(out, number, group):
    """Prints the rows of one group; (cases, failures)."""
    cases = failures = 0
    for row in out.splitlines():
        match = CASE.match(row)
        if match:
            cases += 1
            failures += match.group(1) == "not ok"
            print(f"{match.group(1)} {number + cases} {match.group(2)}")
        elif row.startswith("#"):
            print(row)
    if re.search(r"^1\.\.(\d+)$", out, re.M) is None:
        cases, failures = cases + 1, failures + 1
        print(f"not ok {number + cases} - {group} runs to its end")
    return cases, failures


def run_all(paths, build, at_once=8, seconds=150):
    """The exit status. A path may stand in the list more than once: the programs find
    their place in it in JIZHU_GROUP."""
    separate = space.can_separate()
    if not separate:
        print("# no namespaces here: groups run one after another")
    number = failed = 0
    with concurrent.futures.ThreadPoolExecutor(at_once if separate else 1) as pool:
        runs = {pool.submit(run_group, path, build, separate, seconds, place): path
                for place, path in enumerate(paths)}
        for done in concurrent.futures.as_completed(runs):
            path = runs[done]
            status, out, err = done.result()
            print(f"# group {path.stem}")
            cases, failures = renumber(out, number, path.stem)
            number, failed = number + cases, failed + failures
            if err.strip() and status:
                print("\n".join(f"# {path.stem}: {row}" for row in err.splitlines()[-20:]))
            sys.stdout.flush()
    print(f"1..{number}", flush=True)
    return 1 if failed or not number else 0
