# SPDX-License-Identifier: Apache-2.0
"""Where a journal's records lie, for tests that damage them. The checks themselves
are test/golden/journal_verify.py, whose tables this borrows."""
import hashlib
import importlib.util
import pathlib
import struct
import subprocess
import sys

VERIFIER = pathlib.Path(__file__).resolve().parent.parent / "golden" / "journal_verify.py"


def verifier():
    spec = importlib.util.spec_from_file_location("journal_verify", VERIFIER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def segments(data, name):
    return sorted(pathlib.Path(data, "journal").glob(f"{name}-*.log"))


def records(path):
    """(offset, length) of every record of a segment, and where they end."""
    v = verifier()
    data, chain, found = path.read_bytes(), v.Chain(), []
    chain.enter(path, data)
    at = v.HEAD.size
    while any(data[at:at + v.RECORD.size]):
        size = chain.accept(path, data, at)
        found.append((at, size))
        at += size
    return found, at


def payloads(data, name):
    """(type, payload) of every record of a journal that is whole: checksums, hashes and what
    leads from one to the next are checked on the way."""
    v = verifier()
    chain = v.Chain()
    for path in segments(data, name):
        plain, at = path.read_bytes(), v.HEAD.size
        chain.enter(path, plain)
        while any(plain[at:at + v.RECORD.size]):
            size = chain.accept(path, plain, at)
            shape = v.RECORD.unpack_from(plain, at)[4]
            body = at + v.RECORD.size + (32 if chain.chained else 0)
            yield shape >> 24, plain[body:body + (shape & 0xFFFFFF)]
            at += size


def set_version(path, version):
    """Rewrites the head of a segment as a writer of that version would."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 8, version)
    struct.pack_into("<I", data, 92, verifier().crc32c(bytes(data[:92])))
    path.write_bytes(data)


def write(data, name, payloads):
    """A chained journal of one segment with these (type, payload), as a node would leave it."""
    v, epoch, link, chain, out = verifier(), 77, 0, bytes(32), b""
    for seq, (kind, payload) in enumerate(payloads, 1):
        chain = hashlib.sha256(chain + struct.pack("<QB", seq, kind) + payload).digest()
        rest = struct.pack("<IQII", link, seq, 1, len(payload) | kind << 24)
        rest += chain + payload + bytes(-len(payload) % 8)
        link = v.crc32c(struct.pack("<Q", epoch) + rest)
        out += struct.pack("<I", link) + rest
    head = v.HEAD.pack(b"JIZHUJNL", 1, 1, epoch, 1, bytes(32), 0, 0, bytes(16), 0)
    head = head[:-4] + struct.pack("<I", v.crc32c(head[:-4]))
    folder = pathlib.Path(data, "journal")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-{1:016x}.log").write_bytes(head + out + bytes(4096))


def verify(data, name):
    """What the independent script says: (good, text)."""
    run = subprocess.run([sys.executable, VERIFIER, pathlib.Path(data, "journal"), name],
                         capture_output=True, text=True, check=False)
    return run.returncode == 0, run.stdout + run.stderr
