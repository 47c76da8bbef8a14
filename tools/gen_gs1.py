#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns packs/gs1/ai.tsv and packs/iso/codes.tsv into the C tables of codec/gs1.
Usage: gen_gs1.py AI.tsv CODES.tsv OUTPUT.c"""
import re
import sys

from table import quoted, rows_of

PART = re.compile(r"^\[?([NXYZ])(\.\.)?(\d+)((?::[a-z0-9]+)*)\]?$")
PARTS, CHECKS, SEQUENCES, QUALIFIERS = 5, 3, 2, 3


def part_of(text):
    found = PART.match(text)
    if not found:
        sys.exit(f"{text}: no part")
    kind, is_open, length, checks = found.groups()
    checks = [c for c in checks.split(":") if c]
    if len(checks) > CHECKS:
        sys.exit(f"{text}: too many checks")
    names = ", ".join(f"GS1_CHECK_{c.upper()}" for c in checks) or "GS1_CHECK_NONE"
    return (f"{{ '{kind}', {1 if is_open else length}, {length}, "
            f"{'true' if text.startswith('[') else 'false'}, {{ {names} }} }}")


def key_of(text):
    """What the flags say of it, and its sequences of qualifiers."""
    if text == "-":
        return [], []
    flags = ["GS1_KEY"] + (["GS1_NEEDS_QUALIFIER"] if text.startswith("+") else [])
    if text == "key":
        return flags, []
    sequences = [s.split(",") for s in text.lstrip("+").split("|")]
    if len(sequences) > SEQUENCES or any(len(s) > QUALIFIERS for s in sequences):
        sys.exit(f"{text}: too many qualifiers")
    return flags, sequences


def row_of(cells):
    ai, letters, form, excludes, key, english, chinese = cells
    first, _, last = ai.partition("-")
    parts = [part_of(p) for p in form.split()]
    if len(parts) > PARTS:
        sys.exit(f"{ai}: too many parts")
    flags, sequences = key_of(key)
    flags += [{"f": "GS1_FIXED", "q": "GS1_QUERY"}[c] for c in letters if c != "-"]
    shown = ", ".join("{ " + ", ".join(map(quoted, s)) + " }" for s in sequences) or "{ NULL }"
    return (f"\t{{ {quoted(first)}, {quoted(last or first)}, {' | '.join(flags) or 0}, "
            f"{len(parts)}, {{ {', '.join(parts)} }}, "
            f"{'NULL' if excludes == '-' else quoted(excludes)}, {{ {shown} }}, "
            f"{{ {quoted(english)}, {quoted(chinese)} }} }},\n")


def put_codes(out, rows):
    countries = [c for c in rows if c[0] == "country"]
    out.write("\nconst uint16_t GS1_COUNTRIES[] = { "
              + ", ".join(str(int(c[1])) for c in countries) + ", 0 };\n"
              "\nconst char GS1_COUNTRY_LETTERS[] = "
              + quoted("".join(sorted(c[2] for c in countries))) + ";\n"
              "\nconst uint16_t GS1_CURRENCIES[] = { "
              + ", ".join(str(int(c[1])) for c in rows if c[0] == "currency") + ", 0 };\n")


def main(ais, codes, output):
    rows = list(rows_of(ais, lambda c: len(c) == (2 if c[0] == "release" else 7),
                        "the release, or an AI with six cells"))
    with open(output, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* Generated from packs/gs1/ai.tsv and packs/iso/codes.tsv. */\n"
                  '#include "codec/gs1/table.h"\n')
        for _, release in (c for c in rows if c[0] == "release"):
            out.write(f"\nconst char GS1_RELEASE[] = {quoted(release)};\n")
        out.write("\nconst gs1_ai_t GS1_AIS[] = {\n")
        ai_rows = [c for c in rows if c[0] != "release"]
        out.writelines(map(row_of, ai_rows))
        out.write(f"}};\n\nconst size_t GS1_AI_COUNT = {len(ai_rows)};\n")
        put_codes(out, list(rows_of(codes, lambda c: len(c) in (2, 3), "a country or a currency")))


main(*sys.argv[1:])
