#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns packs/cn/gbt4754.tsv into the C tables of office/industry.h.
Usage: gen_industry.py GBT4754.tsv OUTPUT.c"""
import sys


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            kind, *cells = line.rstrip("\n").split("\t")
            if not all(cells) or len(cells) != {"section": 5, "division": 3}.get(kind, 0):
                sys.exit(f"{path}:{number}: no section and no division")
            yield kind, cells


def main(source, output):
    rows = list(rows_of(source))
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* Generated from packs/cn/gbt4754.tsv. */\n"
                  '#include "office/industry.h"\n\n'
                  "const industry_section_t INDUSTRY_SECTIONS[] = {\n")
        for letter, first, last, chinese, english in (c for k, c in rows if k == "section"):
            out.write(f"\t{{ '{letter}', {int(first)}, {int(last)}, "
                      f"{{ {quoted(english)}, {quoted(chinese)} }} }},\n")
        out.write("\t{ 0, 0, 0, { NULL, NULL } },\n};\n\n"
                  "const industry_division_t INDUSTRY_DIVISIONS[] = {\n")
        for _, digits, chinese in (c for k, c in rows if k == "division"):
            out.write(f"\t{{ {int(digits)}, {quoted(chinese)} }},\n")
        out.write("\t{ 0, NULL },\n};\n")


main(*sys.argv[1:])
