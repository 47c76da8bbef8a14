# SPDX-License-Identifier: Apache-2.0
"""mbpoll (libmodbus) against the simulated machines, by TCP and on a serial line."""
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


def run_mbpoll(place, *words):
    """{reference: text} of what was read; the status is 0 when it worked."""
    if not shutil.which("mbpoll"):
        raise Skip("mbpoll cannot be had here")
    run = subprocess.run(["mbpoll", *place, *map(str, words)], capture_output=True, text=True,
                         timeout=20, check=False)
    return run.returncode, dict(VALUE.findall(run.stdout)), run.stdout + run.stderr


def mbpoll(host, *words):
    return run_mbpoll(("-m", "tcp", "-p", "1502", "-a", "1", "-0", "-1", host), *words)


def mbpoll_rtu(unit, *words):
    """A pseudo terminal has no parity, and asking for it would be an error."""
    return run_mbpoll(("-m", "rtu", "-b", "38400", "-P", "none", "-a", unit, "-0", "-1",
                       str(LINE)), *words)


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


@case
def mbpoll_reads_and_writes_units_of_a_serial_line():
    status, values, text = mbpoll_rtu("3", "-r", 0, "-c", 1, "-t", "3:float")
    demand(status == 0 and 2.5 <= float(values["0"]) <= 4.3, text)
    status, _, text = mbpoll_rtu("3", "-r", 20, "-t", "4:float", "--", 3.625)
    equal(status, 0, text)
    status, values, text = mbpoll_rtu("3", "-r", 20, "-c", 1, "-t", "4:float")
    equal((status, float(values["20"])), (0, 3.625), text)
    # The same charger by TCP.
    equal(round(read(CHARGER, 20, "4:float"), 4), 3.625, "by TCP")
    status, values, text = mbpoll_rtu("1", "-r", 1, "-c", 4, "-t", "4")
    equal((status, len(values)), (0, 4), text)


@case
def mbpoll_is_told_on_the_line_too_of_what_is_not_there():
    _, values, text = mbpoll_rtu("3", "-r", 60000, "-c", 1, "-t", "4")
    demand(not values and "Illegal data address" in text, text)
    _, values, text = mbpoll_rtu("99", "-r", 0, "-c", 1, "-t", "4")
    demand(not values and "timed out" in text, text)


space.enter()
place = folder()
LINE = place / "line"
with plant(place, "--furnace", "--serial", LINE):
    tap.main()
