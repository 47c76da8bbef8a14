#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a folder of web files into sources: an assembler file that takes in the
compressed bytes and a C table of them, as src/api/assets.h declares it. The first
folder given that holds an index.html is the one taken."""
import argparse
import gzip
import hashlib
import pathlib

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def write_if_other(path, data):
    """An output that is as before keeps its time, so nothing is built again."""
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def choose(source, folders):
    for folder in folders:
        if (source / folder / "index.html").exists():
            return source / folder
    raise SystemExit(f"embed: none of {', '.join(folders)} holds an index.html")


def compress(folder, scratch):
    """(path, content type, compressed file, length, hash) of each file."""
    for number, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        data = path.read_bytes()
        packed = gzip.compress(data, 9, mtime=0)
        target = scratch.resolve() / f"asset{number}.gz"
        write_if_other(target, packed)
        name = "/" + path.relative_to(folder).as_posix()
        kind = TYPES.get(path.suffix, "application/octet-stream")
        yield name, kind, target, len(packed), hashlib.sha256(data).hexdigest()[:16]


def assembler(rows):
    text = LICENCE + '\t.section .note.GNU-stack,"",%progbits\n\t.section .rodata\n'
    for number, (name, _, target, _, digest) in enumerate(rows):
        # The hash in the comment makes a changed file a changed source.
        text += (f"/* {name} {digest} */\n\t.global asset_bytes_{number}\n\t.balign 16\n"
                 f'asset_bytes_{number}:\n\t.incbin "{target}"\n')
    return text


def table(rows):
    text = LICENCE + '#include "api/assets.h"\n\n'
    text += "".join(f"extern const uint8_t asset_bytes_{n}[];\n" for n in range(len(rows)))
    text += "\nconst console_asset_t console_assets[] = {\n"
    for number, (name, kind, _, length, digest) in enumerate(rows):
        text += (f'\t{{ "{name}", "{kind}", "\\"{digest}\\"", asset_bytes_{number}, {length} }},\n')
    return text + f"}};\nconst size_t console_asset_count = {len(rows)};\n"


def main():
    parser = argparse.ArgumentParser(prog="embed")
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--scratch", type=pathlib.Path, required=True)
    parser.add_argument("--outputs", type=pathlib.Path, nargs=2, required=True)
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    rows = list(compress(choose(options.source, options.folders), options.scratch))
    write_if_other(options.outputs[0], assembler(rows).encode())
    write_if_other(options.outputs[1], table(rows).encode())


main()
