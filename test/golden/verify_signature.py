#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the HS_SIGNATURE values of a record with Python's standard library and the
openssl command. Shares no code with the node.

usage: verify_signature.py RECORD KEY
RECORD is a file with what GET /api/handles/NAME answers, KEY a PEM file with the public
key (RSA). Prints what is covered; exits 1 and says why when anything does not hold."""
import base64
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time


class Bad(Exception):
    pass


def demand(truth, what):
    if not truth:
        raise Bad(what)


def counted(data):
    return struct.pack(">I", len(data)) + data


def data_of(value):
    form, data = value["data"]["format"], value["data"]["value"]
    demand(form in ("string", "base64"), f"value {value['index']}: format {form}")
    return data.encode() if form == "string" else base64.b64decode(data)


def digest_of(value):
    """Of the encoding (RFC 3651, 3.1) without index and time stamp."""
    refs = value.get("references", [])
    covered = struct.pack(">BIB", 0, value["ttl"], int(value.get("permissions", "1110"), 2))
    covered += counted(value["type"].encode()) + counted(data_of(value))
    covered += struct.pack(">I", len(refs))
    for ref in refs:
        covered += counted(ref["handle"].encode()) + struct.pack(">I", ref["index"])
    return base64.b64encode(hashlib.sha256(covered).digest()).decode()


def unbase64(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    demand(base64.urlsafe_b64encode(data).decode().rstrip("=") == text, "base 64 another way")
    return data


def check_key(covered, signature, key):
    with tempfile.TemporaryDirectory() as folder:
        where = pathlib.Path(folder)
        (where / "covered").write_bytes(covered)
        (where / "signature").write_bytes(signature)
        run = subprocess.run(["openssl", "dgst", "-sha256", "-verify", str(key), "-signature",
                              str(where / "signature"), str(where / "covered")],
                             capture_output=True, check=False)
    demand(run.returncode == 0, "the signature is not this key's")


def check(record, key):
    """The indexes that the signatures of the record cover."""
    values = {value["index"]: value for value in record["values"]}
    covered = set()
    for value in record["values"]:
        if value["type"] != "HS_SIGNATURE":
            continue
        head, payload, signature = value["data"]["value"].split(".")
        demand(json.loads(unbase64(head)) == {"alg": "RS256"}, "another algorithm")
        check_key(f"{head}.{payload}".encode(), unbase64(signature), key)
        claims = json.loads(unbase64(payload))
        demand(claims["sub"].upper() == record["handle"].upper(), "about another name")
        demand(claims["nbf"] <= time.time() <= claims["exp"], "not at this time")
        demand(claims["digests"]["alg"] == "SHA-256", "another digest")
        for entry in claims["digests"]["digests"]:
            demand(digest_of(values[entry["index"]]) == entry["digest"],
                   f"value {entry['index']} is not as it was signed")
            covered.add(entry["index"])
    demand(covered, "nothing is signed")
    return covered


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    try:
        covered = check(json.loads(pathlib.Path(arguments[0]).read_text()), arguments[1])
    except (Bad, KeyError, ValueError) as error:
        print(f"does not hold: {error}", file=sys.stderr)
        return 1
    print("good:", *sorted(covered))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
