#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns one file into a C array and its length.
Usage: embed_file.py NAME HEADER FILE OUTPUT.c"""
import pathlib
import sys

WIDTH = 16


def main(name, header, source, output):
    data = pathlib.Path(source).read_bytes()
    lines = (data[i:i + WIDTH] for i in range(0, len(data), WIDTH))
    rows = "".join("\t" + " ".join(f"{byte}," for byte in line) + "\n" for line in lines)
    pathlib.Path(output).write_text(
        f'/* SPDX-License-Identifier: Apache-2.0 */\n#include "{header}"\n\n'
        f"const uint8_t {name}[] = {{\n{rows}}};\nconst size_t {name}_len = {len(data)};\n",
        encoding="utf-8")


main(*sys.argv[1:])
