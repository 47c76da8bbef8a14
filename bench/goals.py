# SPDX-License-Identifier: Apache-2.0
"""Rows of a benchmark against goals.tsv: id, value, unit, goal, met or short."""
import pathlib
import re

GOALS = pathlib.Path(__file__).resolve().parent / "goals.tsv"


def rows():
    """{id: (goal, unit)}"""
    found = {}
    for line in GOALS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, goal, unit, _ = line.split("\t")
            found[name] = (goal, unit)
    return found


def is_met(value, goal):
    sign, number = re.fullmatch(r"(<=|>=)([\d.]+)", goal).groups()
    return value <= float(number) if sign == "<=" else value >= float(number)


def print_row(name, value):
    goal, unit = rows()[name]
    word = "met" if is_met(value, goal) else "short"
    print(name, f"{value:.3g}" if value < 100 else f"{value:.0f}", unit, goal, word, sep="\t",
          flush=True)
