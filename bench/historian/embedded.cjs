// SPDX-License-Identifier: Apache-2.0
// The peers that live in a process of their user: DuckDB and ClickHouse as libraries.
//
//     node embedded.cjs duckdb|chdb CSV FOLDER
//
// Loads the file, prints one line of JSON about it, then answers each line
// {"sql", "times"} of stdin by {"ms", "rows"}. Values of rows are text.
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [, , kind, csv, folder] = process.argv;
const fields = [...Array(10).keys()].map((i) => `f${i}`);

function cpuSeconds() {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1e6;
}

async function duckdb() {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const file = path.join(folder, 'bench.duckdb');
  const instance = await DuckDBInstance.create(file, { threads: '2' });
  const link = await instance.connect();
  const ask = async (text) => (await link.runAndReadAll(text)).getRows();
  const columns = fields.map((f) => `${f} DOUBLE`).join(', ');
  await ask(`CREATE TABLE m (ts BIGINT, dev VARCHAR, ${columns})`);
  const before = cpuSeconds();
  await ask(`COPY m FROM '${csv}' (HEADER false)`);
  const cpu = cpuSeconds() - before;
  // Ordered as a store of history would be.
  await ask('CREATE TABLE s AS SELECT * FROM m ORDER BY dev, ts');
  await ask('DROP TABLE m');
  await ask('ALTER TABLE s RENAME TO m');
  await ask('CHECKPOINT');
  const [[blocks]] = await ask(
    "SELECT count(DISTINCT block_id) FROM pragma_storage_info('m') WHERE persistent");
  const version = (await ask('SELECT version()'))[0][0];
  return { ask, about: { version, cpu, bytes: { duckdb: Number(blocks) * 262144 } } };
}

async function chdb() {
  const { Session } = require('chdb');
  const session = new Session(path.join(folder, 'chdb'));
  const ask = (text) => session
    .query(text, 'TabSeparated').split('\n').filter((row) => row)
    .map((row) => row.split('\t'));
  const types = fields.map((f) => `${f} Float64`).join(', ');
  const time = 'CODEC(DoubleDelta, ZSTD(1))';
  const codecs = { m: ['', ''], z: [time, 'CODEC(ZSTD(3))'], a: [time, 'CODEC(ALP)'] };
  ask('CREATE DATABASE b');
  ['max_threads = 2', 'allow_experimental_codecs = 1', 'allow_suspicious_codecs = 1']
    .forEach((setting) => ask(`SET ${setting}`));
  const about = { version: ask('SELECT version()')[0][0], bytes: {}, cpu: 0 };
  for (const [table, [times, values]] of Object.entries(codecs)) {
    const columns = fields.map((f) => `${f} Float64 ${values}`).join(', ');
    ask(`CREATE TABLE b.${table} (ts DateTime('UTC') ${times}, dev LowCardinality(String), `
      + `${columns}) ENGINE = MergeTree ORDER BY (dev, ts)`);
    const before = cpuSeconds();
    ask(`INSERT INTO b.${table} SELECT * FROM file('${csv}', 'CSV', `
      + `'ts DateTime(''UTC''), dev String, ${types}') SETTINGS precise_float_parsing = 1`);
    if (table === 'm') {
      about.cpu = cpuSeconds() - before;
    }
    ask(`OPTIMIZE TABLE b.${table} FINAL`);
    about.bytes[table] = Number(ask('SELECT sum(bytes_on_disk) FROM system.parts WHERE active '
      + `AND database = 'b' AND table = '${table}'`)[0][0]);
  }
  return { ask, about };
}

async function main() {
  fs.mkdirSync(folder, { recursive: true });
  const { ask, about } = await (kind === 'duckdb' ? duckdb() : chdb());
  console.log(JSON.stringify(about));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { sql, times } = JSON.parse(line);
    const ms = [];
    let rows = [];
    for (let i = 0; i < times; i += 1) {
      const began = process.hrtime.bigint();
      rows = await ask(sql);
      ms.push(Number(process.hrtime.bigint() - began) / 1e6);
    }
    console.log(JSON.stringify({ ms, rows: rows.map((row) => row.map(String)) }));
  }
}

main().then(() => process.exit(0), (trouble) => {
  console.error(String(trouble));
  process.exit(1);
});
