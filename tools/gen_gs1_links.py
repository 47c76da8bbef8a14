#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns packs/gs1/linktypes.tsv (link type, English, Chinese) into a C table.
Usage: gen_gs1_links.py LINKTYPES.tsv OUTPUT.c"""
import sys

from table import quoted, rows_of


def main(source, output):
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* Generated from packs/gs1/linktypes.tsv. */\n"
                  '#include "gs1/gs1_link.h"\n\n'
                  "const gs1_link_type_t GS1_LINK_TYPES[] = {\n")
        for name, english, chinese in rows_of(source, lambda cells: len(cells) == 3,
                                              "link type, English, Chinese"):
            out.write(f"\t{{ {quoted(name)}, {{ {quoted(english)}, {quoted(chinese)} }} }},\n")
        out.write("\t{ NULL, { NULL, NULL } },\n};\n")


main(*sys.argv[1:])
