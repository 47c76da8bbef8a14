#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns packs/text/messages.tsv (message, English, Chinese) into a C table.
Usage: gen_text.py MESSAGES.tsv OUTPUT.c"""
import sys


def quoted(text):
    """A C string literal; the source file is UTF-8 as the text is."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = line.rstrip("\n").split("\t")
            if len(cells) != 3 or not all(cells):
                sys.exit(f"{path}:{number}: wants message, English, Chinese")
            yield cells


def main(source, output):
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* Generated from packs/text/messages.tsv. */\n"
                  '#include "model/text.h"\n\n'
                  "const message_text_t MESSAGE_TEXTS[MESSAGE_COUNT] = {\n")
        for name, english, chinese in rows_of(source):
            out.write(f"\t[MSG_{name}] = {{ {{ {quoted(english)}, {quoted(chinese)} }} }},\n")
        out.write("};\n")


main(*sys.argv[1:])
