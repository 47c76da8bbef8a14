#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns packs/cn/gbt4754.tsv into the C tables of model/industry.h.
Usage: gen_industry.py GBT4754.tsv OUTPUT.c"""
import sys

from table import quoted, rows_of


CELLS = {"section": 6, "division": 4}


def main(source, output):
    rows = list(rows_of(source, lambda cells: len(cells) == CELLS.get(cells[0]),
                        "a section or a division with its cells"))
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* Generated from packs/cn/gbt4754.tsv. */\n"
                  '#include "model/industry.h"\n\n'
                  "const industry_section_t INDUSTRY_SECTIONS[] = {\n")
        for _, letter, first, last, chinese, english in (c for c in rows if c[0] == "section"):
            out.write(f"\t{{ '{letter}', {int(first)}, {int(last)}, "
                      f"{{ {quoted(english)}, {quoted(chinese)} }} }},\n")
        out.write("\t{ 0, 0, 0, { NULL, NULL } },\n};\n\n"
                  "const industry_division_t INDUSTRY_DIVISIONS[] = {\n")
        for _, _, digits, chinese in (c for c in rows if c[0] == "division"):
            out.write(f"\t{{ {int(digits)}, {quoted(chinese)} }},\n")
        out.write("\t{ 0, NULL },\n};\n")


main(*sys.argv[1:])
