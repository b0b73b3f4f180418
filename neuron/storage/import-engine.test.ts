import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rowsOf, temporaryDirectory } from '../testing/test-neuron.ts';
import { importEngine, type TableReport } from './import-engine.ts';
import { timeOf } from './import-time.ts';
import { openStore, type Store } from './store.ts';

const A = '9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11';
const B = '1c5f0f4e-93f8-4c53-8a53-1f3f3f6d2b22';
const LONE = '7d1f8a52-6c0e-4b7e-9d55-2a0c6f1b9e33';
const V1 = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
const T0 = Date.UTC(2024, 0, 3, 12);
let dataDir: string;
let file: string;
let store: Store;

beforeEach(() => {
  dataDir = temporaryDirectory();
  store = openStore(dataDir);
  file = join(temporaryDirectory(), 'engine.db');
});
afterEach(() => store.close());

function engineFile(): void {
  const source = new Database(file);
  const columns = '(ts, value, hash, provider)';
  for (const table of [A, B, V1]) source.exec(`CREATE TABLE "${table}" ${columns}`);
  const insert = (table: string, ...cells: unknown[]) =>
    source.prepare(`INSERT INTO "${table}" VALUES (?, ?, ?, ?)`).run(...cells);
  insert(A, '2024-01-03 12:00:00', '45000.50', 'h1', 'central');
  insert(A, '2024-01-03 13:00:00.123456', 45100.25, 'h2', 'central');
  insert(A, '2024-01-03 13:00:00.123456', 45100.25, 'h2', 'central');
  insert(A, 'yesterday', 'n/a', null, null);
  insert(B, T0 / 1_000, 1, 'h', 'p');
  insert(B, BigInt(T0 + 1_000), '2', 'h', 'p');
  insert(B, BigInt(T0 + 2_000) * 1_000_000n, '3', 'h', 'p');
  insert(V1, '2024-01-03T12:00:00Z', '9', 'h', 'p');
  source.exec(`
    CREATE TABLE streams (id INTEGER PRIMARY KEY, uuid TEXT, name TEXT, cadence REAL);
    INSERT INTO streams (uuid, name, cadence) VALUES ('${A}', 'bitcoin', 3600), ('${LONE}', 'no table', 60);
    CREATE TABLE settings (key TEXT);
    CREATE TABLE "${A.replace('9b', 'ff')}" (time, value);`);
  source.close();
}

function run(): Map<string, TableReport> {
  const reports = new Map<string, TableReport>();
  importEngine(file, store, (report) => reports.set(report.table, report));
  return reports;
}

it('keeps every row, says per table what it did, and does nothing the second time', () => {
  engineFile();
  const first = run();
  expect(first.get(A)).toEqual({
    ...{ table: A, name: 'bitcoin', outcome: 'imported', note: null },
    ...{ rows: 4, added: 3, present: 0, repeated: 1, unreadable: 1 },
  });
  expect(first.get(B)).toMatchObject({ outcome: 'imported', rows: 3, added: 3, unreadable: 0 });
  expect(first.get(V1)).toMatchObject({
    outcome: 'imported',
    added: 1,
    note: expect.stringMatching(/version 4/),
  });
  expect(first.get('settings')).toMatchObject({
    outcome: 'left out',
    note: expect.stringMatching(/no stream/),
  });
  expect(first.get(A.replace('9b', 'ff'))).toMatchObject({
    outcome: 'left out',
    note: 'it has no column ts',
  });
  const kept = () =>
    rowsOf(dataDir, 'SELECT ts, value, hash, provider, copies FROM imported_rows ORDER BY ts, value');
  const before = kept();
  expect(before).toContainEqual({ ts: 'yesterday', value: 'n/a', hash: '', provider: '', copies: 1 });
  expect(before).toContainEqual({
    ...{ ts: '2024-01-03 13:00:00.123456', value: '45100.25', hash: 'h2', provider: 'central', copies: 2 },
  });
  expect(first.get('streams')).toMatchObject({ outcome: 'imported', rows: 2, added: 2, present: 0 });
  expect(rowsOf(dataDir, `SELECT facts FROM imported_streams WHERE uuid = '${LONE}'`)).toEqual([
    { facts: expect.stringContaining('"no table"') },
  ]);
  const second = run();
  expect(second.get('streams')).toMatchObject({ outcome: 'imported', added: 0, present: 2 });
  expect(second.get(A)).toMatchObject({ rows: 4, added: 0, present: 3 });
  expect(kept()).toEqual(before);
});

it('gives what can be read as history, in the order of time', () => {
  engineFile();
  run();
  expect(store.imports.before(A, T0 + 1e9, 10)).toEqual([
    { observedAt: T0, decimal: '45000.5' },
    { observedAt: T0 + 3_600_123, decimal: '45100.25' },
  ]);
  expect(store.imports.before(B, T0 + 2_000, 1)).toEqual([{ observedAt: T0 + 1_000, decimal: '2' }]);
  expect(store.imports.readable(B)).toBe(3);
});

it('leaves out a table that is damaged, or has fields that are none, and takes the others', () => {
  engineFile();
  const source = new Database(file);
  source.exec(`CREATE TABLE "${LONE}" (ts, value, hash, provider)`);
  source.prepare(`INSERT INTO "${LONE}" VALUES (1, 2, zeroblob(5000000), 4)`).run();
  const insert = source.prepare(`INSERT INTO "${B}" VALUES (?, 1, 'h', 'p')`);
  source.transaction(() => {
    for (let n = 0; n < 2_000; n += 1) insert.run(T0 + n);
  })();
  const { rootpage } = source
    .prepare<[], { rootpage: number }>(`SELECT rootpage FROM sqlite_schema WHERE name = '${B}'`)
    .get() ?? { rootpage: 0 };
  const pageSize = Number(source.pragma('page_size', { simple: true }));
  source.close();
  const bytes = readFileSync(file);
  bytes.fill(0xa5, (rootpage - 1) * pageSize, rootpage * pageSize);
  writeFileSync(file, bytes);
  const reports = run();
  expect(reports.get(B)).toMatchObject({ outcome: 'left out', note: expect.stringMatching(/malformed/) });
  expect(reports.get(LONE)).toMatchObject({
    outcome: 'left out',
    note: 'a field of it has 5000000 characters or bytes',
  });
  expect(reports.get(A)).toMatchObject({ outcome: 'imported', added: 3 });
});

it('runs nothing that the file would have it run: neither views nor names that are statements', () => {
  const source = new Database(file);
  source.exec(`
    CREATE VIEW "${A}" AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS ts, x AS value FROM c;
    CREATE TABLE "${B}""; DROP TABLE streams; --" (ts, value);
    CREATE TABLE streams (uuid, name, "__proto__");
    INSERT INTO streams VALUES ('${A}', x'00ff', 'p'), (NULL, NULL, NULL)`);
  source.close();
  const reports = run();
  expect([...reports.keys()]).toEqual([`${B}"; DROP TABLE streams; --`, 'streams']);
  expect(reports.get('streams')).toMatchObject({ outcome: 'imported', rows: 2 });
});

it('says so when the file is none', () => {
  const fails = (none: string) => expect(() => importEngine(none, store, () => undefined));
  fails(join(dataDir, 'nothing.db')).toThrow(/^There is no file/);
  fails(dataDir).toThrow(/ is no file; name the engine.db/);
  writeFileSync(file, 'hello');
  expect(() => importEngine(file, store, () => undefined)).toThrow(/is no SQLite file/);
});

it.each<[string | number | bigint, number | undefined]>([
  ['2024-01-03 12:00:00', T0],
  ['2024-01-03 12:00', T0],
  ['2024-01-03', T0 - 43_200_000],
  ['2024-01-03T14:00:00.5+02:00', T0 + 500],
  ['2024-01-03 12:00:00+00', T0],
  [T0 / 1_000 + 0.25, T0 + 250],
  [String(T0), T0],
  [BigInt(T0) * 1_000n, T0],
  [BigInt(T0) * 1_000_000n, T0],
  ['soon', undefined],
  ['2024-02-30 00:00:00', undefined],
])('reads the time %s', (given, time) => {
  expect(timeOf(given)).toBe(time);
});
