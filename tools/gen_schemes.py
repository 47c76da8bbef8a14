#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the tables of packs/cn that decoding needs (letters, arcs, versions) into C.
Usage: gen_schemes.py TABLE.tsv... OUTPUT.c"""
import sys

from table import quoted, rows_of

KINDS = {"product": "PRODUCT", "chemistry": "CHEMISTRY", "ladder": "LADDER", "date": "DATE_ORDER",
         "oid": "OID_TREE", "key": "KEY", "encoding": "ENCODING"}


def is_good(cells):
    if cells[0] == "ecode":
        return len(cells) == 5 and all(c.isdigit() for c in cells[1:4]) and cells[4] in "NXU"
    return cells[0] in KINDS and len(cells) == 4


def main(*paths):
    *sources, output = paths
    rows = [cells for source in sources
            for cells in rows_of(source, is_good, "a kind with its cells")]
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* Generated from packs/cn. */\n"
                  '#include "codec/scheme/table.h"\n\n'
                  "const scheme_word_t SCHEME_WORDS[] = {\n")
        for kind, code, english, chinese in (c for c in rows if c[0] != "ecode"):
            out.write(f"\t{{ SCHEME_{KINDS[kind]}, {quoted(code)}, "
                      f"{{ {quoted(english)}, {quoted(chinese)} }} }},\n")
        out.write("\t{ SCHEME_PRODUCT, NULL, { NULL, NULL } },\n};\n\n"
                  "const ecode_version_t ECODE_VERSIONS[] = {\n")
        for _, version, nsi, most, takes in (c for c in rows if c[0] == "ecode"):
            out.write(f"\t{{ '{version}', {nsi}, {most}, '{takes}' }},\n")
        out.write("\t{ 0, 0, 0, 0 },\n};\n")


main(*sys.argv[1:])
