#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns packs/text/messages.tsv (message, English, Chinese) into a C table.
Usage: gen_text.py MESSAGES.tsv OUTPUT.c"""
import sys

from table import quoted, rows_of


def main(source, output):
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* Generated from packs/text/messages.tsv. */\n"
                  '#include "model/text.h"\n\n'
                  "const message_text_t MESSAGE_TEXTS[MESSAGE_COUNT] = {\n")
        for name, english, chinese in rows_of(source, lambda cells: len(cells) == 3,
                                              "message, English, Chinese"):
            out.write(f"\t[MSG_{name}] = {{ {{ {quoted(english)}, {quoted(chinese)} }} }},\n")
        out.write("};\n")


main(*sys.argv[1:])
