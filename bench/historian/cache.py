# SPDX-License-Identifier: Apache-2.0
"""Fetches the peers' programs once, into a folder of the build: Debian packages are
unpacked there and never installed as services, libraries of npm stand beside them.
What cannot be had is a reason, not an error."""
import json
import pathlib
import shutil
import subprocess

# Debian's ClickHouse wants libraries that a plain system lacks.
CLICKHOUSE = (
    "clickhouse-server clickhouse-common libpocofoundation80 libpoconet80 libpoconetssl80 "
    "libpocoutil80 libpocoxml80 libpocojson80 libpococrypto80 libpocodata80 libpocodataodbc80 "
    "libpocomongodb80 libboost-filesystem1.74.0 libboost-program-options1.74.0 libcapnp-0.9.2 "
    "libcctz2 libcpuinfo0 libdouble-conversion3 libfarmhash0 libjemalloc2 libmariadb3 "
    "libmetrohash1 librdkafka1 libre2-9 libodbc2 libpcre3 libltdl7 libicu72").split()
PACKAGES = {"influxdb": ["influxdb"], "victoria-metrics": ["victoria-metrics"],
            "prometheus": ["prometheus"], "clickhouse-server": CLICKHOUSE}
LIBRARIES = {"duckdb": "@duckdb/node-api", "chdb": "chdb"}


def run(words, where, seconds=900):
    """The trouble of a command, None when it went well."""
    try:
        done = subprocess.run(words, cwd=where, capture_output=True, text=True, timeout=seconds,
                              check=False)
    except (OSError, subprocess.TimeoutExpired) as trouble:
        return str(trouble)
    said = (done.stderr or done.stdout).strip().splitlines()
    return None if done.returncode == 0 else (said or ["it failed"])[-1]


class Cache:
    def __init__(self, build):
        self.where = pathlib.Path(build) / "peers"
        self.root, self.npm = self.where / "root", self.where / "npm"

    def fetch(self):
        """{name of a peer: None, or why it cannot be had}"""
        missing = {name: self.debian(name, packages) for name, packages in PACKAGES.items()}
        missing.update({name: self.library(package) for name, package in LIBRARIES.items()})
        return missing

    def debian(self, name, packages):
        done = self.where / f"{name}.done"
        if done.exists():
            return None
        place = self.where / "debs"
        place.mkdir(parents=True, exist_ok=True)
        for package in packages:
            if not list(place.glob(f"{package}_*.deb")):
                trouble = run(["apt-get", "download", package], place)
                if trouble:
                    return f"{package}: {trouble}"
            for file in place.glob(f"{package}_*.deb"):
                trouble = run(["dpkg", "-x", file, self.root], place)
                if trouble:
                    return f"{package}: {trouble}"
        done.touch()
        return None

    def library(self, package):
        if not shutil.which("npm"):
            return "npm is not installed"
        if (self.npm / "node_modules" / package).is_dir():
            return None
        self.npm.mkdir(parents=True, exist_ok=True)
        listed = self.npm / "package.json"
        if not listed.exists(): # what it lists stays when another is installed
            listed.write_text(json.dumps({"private": True}))
        return run(["npm", "install", "--no-audit", "--no-fund", package], self.npm)

    def program(self, name):
        return next(p for place in ("bin", "sbin")
                    if (p := self.root / "usr" / place / name).exists())

    def libraries(self):
        return ":".join(str(self.root / place / "x86_64-linux-gnu") for place in ("usr/lib", "lib"))
