# SPDX-License-Identifier: Apache-2.0
"""mbpoll (libmodbus) against the simulated machines."""
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import space  # noqa: E402
import tap  # noqa: E402
from jizhu import folder, plant  # noqa: E402
from tap import Skip, case, demand, equal  # noqa: E402

CHARGER, COATER, METER = "127.0.1.11", "127.0.1.1", "127.0.1.52"
VALUE = re.compile(r"^\[(\d+)\]:\s+(\S+)", re.M)


def mbpoll(host, *words):
    """{reference: text} of what was read; the status is 0 when it worked."""
    if not shutil.which("mbpoll"):
        raise Skip("mbpoll cannot be had here")
    run = subprocess.run(["mbpoll", "-m", "tcp", "-p", "1502", "-a", "1", "-0", "-1", host,
                          *map(str, words)], capture_output=True, text=True, timeout=20, check=False)
    return run.returncode, dict(VALUE.findall(run.stdout)), run.stdout + run.stderr


def read(host, reference, kind, *more):
    status, values, text = mbpoll(host, "-r", reference, "-c", 1, "-t", kind, *more)
    equal(status, 0, text)
    return float(values[str(reference)])


def write(host, reference, kind, value, *more):
    status, _, text = mbpoll(host, "-r", reference, "-t", kind, *more, "--", value)
    equal(status, 0, text)


@case
def mbpoll_is_here():
    mbpoll(CHARGER, "-r", 0, "-c", 1, "-t", "1")
    run = subprocess.run(["mbpoll", "-V"], capture_output=True, text=True, check=False)
    return "mbpoll " + (run.stdout + run.stderr).split()[0]


@case
def mbpoll_reads_floats_in_both_word_orders():
    demand(2.5 <= read(CHARGER, 0, "3:float") <= 4.3, "low word first: cell voltage")
    demand(0 < read(METER, 0, "3:float", "-B") < 100000, "high word first: meter power")


@case
def mbpoll_writes_a_float_and_reads_it_back():
    write(CHARGER, 20, "4:float", 3.75)
    equal(round(read(CHARGER, 20, "4:float"), 4), 3.75, "voltage set-point")


@case
def mbpoll_writes_a_register_and_a_coil_and_reads_them_back():
    write(COATER, 1, "4", 208)
    equal(read(COATER, 1, "4"), 208, "gap set-point")
    write(CHARGER, 0, "0", 0)
    equal(read(CHARGER, 0, "0"), 0, "coil")
    write(CHARGER, 0, "0", 1)
    equal(read(CHARGER, 0, "0"), 1, "coil")


@case
def mbpoll_reads_32_bit_integers_and_discrete_inputs():
    demand(read(CHARGER, 8, "3:int") > 260000, "batch number")
    demand(read(CHARGER, 0, "1") in (0, 1), "cell out of limits")


@case
def mbpoll_is_told_of_an_address_that_is_not_there():
    _, values, text = mbpoll(CHARGER, "-r", 60000, "-c", 1, "-t", "4")
    demand(not values and "Illegal data address" in text, text)


space.enter()
with plant(folder(), "--furnace"):
    tap.main()
