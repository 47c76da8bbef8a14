#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the packs that are read while the program runs into a C table of their bytes, as
src/insight/shipped.h declares it.
Usage: embed_packs.py OUTPUT.c ROOT FILE..."""
import pathlib
import sys

WIDTH = 16


def main(output, root, *files):
    text = '/* SPDX-License-Identifier: Apache-2.0 */\n#include "insight/shipped.h"\n\n'
    table = ""
    for number, file in enumerate(files):
        path = pathlib.Path(file).resolve()
        data = path.read_bytes()
        lines = (data[i:i + WIDTH] for i in range(0, len(data), WIDTH))
        rows = "".join("\t" + " ".join(f"{byte}," for byte in line) + "\n" for line in lines)
        text += f"static const uint8_t bytes_{number}[] = {{\n{rows}}};\n"
        name = path.relative_to(pathlib.Path(root).resolve()).as_posix()
        table += f'\t{{ "{name}", bytes_{number}, {len(data)} }},\n'
    text += f"\nconst shipped_pack_t SHIPPED_PACKS[] = {{\n{table}\t{{ NULL, NULL, 0 }},\n}};\n"
    pathlib.Path(output).write_text(text, encoding="utf-8")


main(*sys.argv[1:])
