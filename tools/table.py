# SPDX-License-Identifier: Apache-2.0
"""Tables of tab-separated text (packs/) on their way into C sources."""
import sys


def quoted(text):
    """A C string literal; the source file is UTF-8 as the text is."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rows_of(path, is_good, wanted):
    """The cells of each row, but for comments and empty lines. A row that is not good, or
    has an empty cell, ends the program with what was wanted."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = line.rstrip("\n").split("\t")
            if not all(cells) or not is_good(cells):
                sys.exit(f"{path}:{number}: wants {wanted}")
            yield cells
