# SPDX-License-Identifier: Apache-2.0
"""The Python client of InfluxDB 2 against a node, for group_influx.py. Each function is
one case; one line of JSON tells of each.

usage: peer_influx.py version | names | URL TOKEN VIEWER"""
import importlib.metadata
import json
import sys
import traceback

import influxdb_client
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS, WriteOptions
from influxdb_client.rest import ApiException

CASES = []
T = 1700000000


def case(function):
    CASES.append(function)
    return function


def must(truth, what):
    if not truth:
        raise AssertionError(what)


class World:
    def __init__(self, url, token, viewer):
        self.url, self.token, self.viewer = url, token, viewer

    def client(self, token=None, **more):
        return InfluxDBClient(url=self.url, token=token or self.token, org="any", **more)


@case
def the_node_answers_a_ping_and_says_its_version(world):
    with world.client() as client:
        must(client.ping(), "ping")
        must(client.version().startswith("jizhu-"), client.version())


@case
def the_node_says_that_it_is_healthy(world):
    with world.client() as client:
        health = client.health()
        must(health.status == "pass" and health.name == "jizhu", health)


@case
def a_point_is_written_with_every_kind_of_number(world):
    with world.client() as client:
        point = (Point("py one").tag("t a,g", "v=1 2").field("f", 1.5).field("i", -7)
                 .field("b", True).time(T, WritePrecision.S))
        client.write_api(write_options=SYNCHRONOUS).write("any", record=point)


@case
def points_are_written_compressed(world):
    with world.client(enable_gzip=True) as client:
        points = [Point("pyz").tag("d", str(i % 7)).field("v", i / 8).time(T + i, WritePrecision.S)
                  for i in range(500)]
        client.write_api(write_options=SYNCHRONOUS).write("any", record=points)


@case
def points_are_written_in_batches_behind_the_callers_back(world):
    with world.client() as client:
        with client.write_api(write_options=WriteOptions(batch_size=100)) as api:
            for i in range(1000):
                api.write("any", record={"measurement": "pyb", "fields": {"v": float(i)},
                                         "time": T + i}, write_precision=WritePrecision.S)


@case
def a_line_that_is_wrong_is_told_and_the_good_one_kept(world):
    with world.client() as client:
        try:
            client.write_api(write_options=SYNCHRONOUS).write(
                "any", record=f"pyw v=1 {T}000000000\npyw v=? 7")
        except ApiException as error:
            must(error.status == 400, error.status)
            must("line 2" in json.loads(error.body)["message"], error.body)
            return
        raise AssertionError("it was taken")


@case
def who_may_only_look_may_not_write(world):
    for token, status in (("jz_nobody", 401), (world.viewer, 403)):
        with world.client(token) as client:
            try:
                client.write_api(write_options=SYNCHRONOUS).write("any", record="pyx v=1")
            except ApiException as error:
                must(error.status == status, error.status)
            else:
                raise AssertionError("it was taken")


def main():
    if sys.argv[1] == "version":
        print(importlib.metadata.version(influxdb_client.__name__.replace("_", "-")))
        return
    if sys.argv[1] == "names":
        print(json.dumps([f.__name__ for f in CASES]))
        return
    world = World(*sys.argv[1:])
    for function in CASES:
        trouble = None
        try:
            function(world)
        except Exception:  # pylint: disable=broad-except
            trouble = traceback.format_exc()
        print(json.dumps({"name": function.__name__, "trouble": trouble}), flush=True)


main()
