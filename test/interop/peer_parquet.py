# SPDX-License-Identifier: Apache-2.0
"""A Parquet file as pyarrow or DuckDB reads it: a line of JSON a row, doubles by their bits and
times in nanoseconds, so that nothing is rounded on the way.

usage: peer_parquet.py version | pyarrow FILE | duckdb FILE | shape FILE"""
import importlib.metadata
import json
import struct
import sys

NAMES = ("point", "time", "value", "text", "quality", "node_time", "value_f32", "state")


def bits(value):
    return None if value is None else struct.unpack("<Q", struct.pack("<d", value))[0]


def bits32(value):
    return None if value is None else struct.unpack("<I", struct.pack("<f", value))[0]


def tell(columns):
    for row in zip(*columns):
        print(json.dumps(row))


def read_pyarrow(path):
    import pyarrow as pa
    import pyarrow.parquet as pq
    table = pq.read_table(path)
    kinds = {"time": pa.timestamp("ns", tz="UTC"), "value": pa.float64(),
             "value_f32": pa.float32(), "state": pa.int64()}
    for name, kind in kinds.items():
        assert table.schema.field(name).type == kind, table.schema
    columns = []
    for name in NAMES:
        column = table.column(name).combine_chunks()
        if name in ("time", "node_time"):
            columns.append(column.cast(pa.int64()).to_pylist())
        elif name == "value":
            columns.append(column.view(pa.uint64()).to_pylist())
        elif name == "value_f32":
            columns.append(column.view(pa.uint32()).to_pylist())
        else:
            columns.append(column.to_pylist())
    tell(columns)


def read_duckdb(path):
    import duckdb
    rows = duckdb.sql(f"SELECT point, epoch_ns(time), value, text, quality, epoch_ns(node_time), "
                      f"value_f32, state FROM read_parquet('{path}')").fetchall()
    tell(zip(*[(p, t, bits(v), x, q, n, bits32(f), s) for p, t, v, x, q, n, f, s in rows]))


def shape(path):
    import pyarrow.parquet as pq
    meta = pq.ParquetFile(path).metadata
    print(json.dumps({"rows": meta.num_rows,
                      "groups": [meta.row_group(i).num_rows for i in range(meta.num_row_groups)],
                      "codec": meta.row_group(0).column(0).compression}))


if sys.argv[1] == "version":
    print(f"pyarrow {importlib.metadata.version('pyarrow')}, "
          f"duckdb {importlib.metadata.version('duckdb')}")
else:
    {"pyarrow": read_pyarrow, "duckdb": read_duckdb, "shape": shape}[sys.argv[1]](sys.argv[2])
