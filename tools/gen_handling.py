#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns packs/cn/holidays.tsv and packs/cn/deadlines.tsv into the C tables of
handling/workdays.h. Usage: gen_handling.py HOLIDAYS.tsv DEADLINES.tsv OUTPUT.c"""
import datetime
import sys

from table import quoted, rows_of

CELLS = {"year": 2, "off": 5, "work": 2}
SEVERITIES = 5
EPOCH = datetime.date(1970, 1, 1)


def day(text):
    """Days since 1970."""
    return (datetime.date.fromisoformat(text) - EPOCH).days


def holiday(cells):
    """One row of the table of days."""
    if cells[0] == "work":
        return f"\t{{ {day(cells[1])}, {day(cells[1])}, false, {{ NULL, NULL }} }},\n"
    return (f"\t{{ {day(cells[1])}, {day(cells[2])}, true, "
            f"{{ {quoted(cells[4])}, {quoted(cells[3])} }} }},\n")


def main(holidays, deadlines, output):
    days = list(rows_of(holidays, lambda cells: len(cells) == CELLS.get(cells[0]),
                        "a year, days off or a day of work"))
    limits = list(rows_of(deadlines, lambda cells: len(cells) == 1 + SEVERITIES and
                          all(cell.isdigit() for cell in cells[1:]),
                          "a state and a number of days for each severity"))
    years = sorted(int(cells[1]) for cells in days if cells[0] == "year")
    if years != list(range(years[0], years[-1] + 1)):
        sys.exit(f"{holidays}: a year is missing")
    rows = sorted((cells for cells in days if cells[0] != "year"), key=lambda cells: cells[1])
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* Generated from packs/cn/holidays.tsv and packs/cn/deadlines.tsv. */\n"
                  '#include "handling/workdays.h"\n\n'
                  "static const holiday_t HOLIDAYS[] = {\n")
        out.writelines(map(holiday, rows))
        first, behind = day(f"{years[0]}-01-01"), day(f"{years[-1] + 1}-01-01")
        out.write("};\n\nconst workdays_t WORKDAYS_CN = {\n"
                  f"\tHOLIDAYS, sizeof(HOLIDAYS) / sizeof(*HOLIDAYS), {first}, {behind}\n}};\n\n"
                  "const deadline_t DEADLINES_CN[] = {\n")
        for state, *counts in limits:
            out.write(f"\t{{ {quoted(state)}, {{ {', '.join(counts)} }} }},\n")
        out.write("\t{ NULL, { 0 } },\n};\n")


main(*sys.argv[1:])
