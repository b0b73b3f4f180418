import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../cli/testing/run-cli.ts';
import { at, listAt, textAt } from '../../server/graphql/testing/reading.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

const OLD = '11111111-2222-3333-4444-555555555555';
let db: TestDatabase;
let api: TestApi;
let cwd = '';

beforeAll(async () => {
  db = await openTestDatabase();
  api = await openTestApi(db.database);
  cwd = mkdtempSync(join(tmpdir(), 'presage-migrate-'));
});
afterAll(async () => {
  await api.close();
  await db.close();
  rmSync(cwd, { recursive: true });
});

function migrate(...args: string[]) {
  const server = api.url.replace('/graphql', '');
  return runCli(['migrate-streams', ...args, '--server', server, '--data-dir', 'data'], { cwd });
}

async function logged() {
  const { rows } = await db.database.pool.query<{ name: string; uuid: string; meta: string; rows: string[] }>(
    `SELECT s.name, s.uuid, s.meta, array_agg(trim_scale(o.value)::text ORDER BY o.observed_at) AS rows
       FROM streams s JOIN observations o ON o.stream_id = s.id GROUP BY s.id ORDER BY s.name`,
  );
  return rows;
}

it('splits rows that were filed under one uuid, after showing what it would do', async () => {
  const lines = ['value,ts,name,uuid', `1.50,2026-01-01T00:00:00Z,a,${OLD}`, `2,1767225601,"b, c",${OLD}`];
  lines.push(`3,1767225602000,a,${OLD}`, `x,1767225603000,a,${OLD}`, '9,1767225603000,a,other');
  writeFileSync(join(cwd, 'old.csv'), lines.join('\n'));

  const ambiguous = await migrate('old.csv');
  expect(ambiguous).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('"a" stands under several uuids'),
  });
  const unknown = await migrate('old.csv', '--uuid', 'misspelt');
  expect(unknown).toMatchObject({ exitCode: 2, stderr: 'presage: old.csv has no rows of misspelt.\n' });
  const dry = await migrate('old.csv', '--uuid', OLD, '--prefix', 'old/');
  expect(dry.stdout).toMatch(
    /old\/a +to be created +3 +1 +2026-01-01T00:00:00.000Z +2026-01-01T00:00:02.000Z/,
  );
  expect(dry.stdout).toContain('Nothing was changed');
  expect(dry.stderr).toContain('old.csv:5: "x" is no decimal');
  expect(await logged()).toEqual([]);

  const done = await migrate('old.csv', '--uuid', OLD, '--prefix', 'old/', '--apply', '--tag', 'migrated');
  expect(done.stdout).toBe('2 streams created; 3 published, 0 there already, 1 failed.\n');
  expect(done.exitCode).toBe(1);
  const streams = await logged();
  expect(streams).toMatchObject([
    { name: 'old/a', rows: ['1.5', '3'] },
    { name: 'old/b, c', rows: ['2'] },
  ]);
  expect(streams.every(({ uuid }) => uuid !== OLD && uuid[14] === '4')).toBe(true);
  expect(JSON.parse(streams[0]?.meta ?? '')).toEqual({ migratedFrom: OLD, name: 'a' });

  const again = await migrate('old.csv', '--uuid', OLD, '--prefix', 'old/', '--apply', '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ created: 0, published: 0, duplicates: 3, failed: 1 });
  expect(await logged()).toEqual(streams);
}, 60_000);

it('reads a SQLite database, whatever its columns are called', async () => {
  const file = new Database(join(cwd, 'engine.db'));
  file.exec(
    'CREATE TABLE "old rows" (table_uuid TEXT, provider TEXT, at INTEGER, v, PRIMARY KEY (provider, at))',
  );
  const insert = file.prepare('INSERT INTO "old rows" VALUES (?, ?, ?, ?)');
  insert.run(OLD, 'sensor 1', 1_767_225_600_000, 0.1);
  insert.run(OLD, 'sensor 1', 1_767_225_601_000, '12345678901234567890.000000000000000000000000000001');
  insert.run(OLD, 'sensor 2', 1_767_225_600_000, 9_007_199_254_740_993n);
  file.close();
  const wrong = await migrate('engine.db');
  expect(wrong).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('has no table observations, but old rows'),
  });
  const columns = [
    '--table',
    'old rows',
    '--uuid-column',
    'table_uuid',
    '--name-column',
    'provider',
    '--ts-column',
    'at',
  ];
  const lacking = await migrate('engine.db', ...columns);
  expect(lacking.stderr).toContain('has no column value (--value-column)');
  const done = await migrate('engine.db', ...columns, '--value-column', 'v', '--apply');
  expect(done).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await logged()).filter(({ name }) => name.startsWith('sensor'))).toMatchObject([
    { name: 'sensor 1', rows: ['0.1', '12345678901234567890.000000000000000000000000000001'] },
    { name: 'sensor 2', rows: ['9007199254740993'] },
  ]);
}, 60_000);

it('tells which streams changed since a cursor, each page from where the last one ended', async () => {
  const author = await api.domain.peers.find(
    'default',
    (await db.database.prisma.peer.findFirstOrThrow()).publicKey,
  );
  if (!author) throw new Error('no peer');
  const actor = { tenant: 'default', peer: author };
  const ask = async (after: string | null, first = 3) => {
    const { data } = await api.query(
      'query($after: Cursor, $first: Int) { streamsSince(after: $after, first: $first) { streams { name archivedAt } cursor hasMore } }',
      { after, first },
    );
    return {
      streams: listAt(data, 'streamsSince.streams'),
      cursor: textAt(data, 'streamsSince.cursor'),
      more: at(data, 'streamsSince.hasMore') === true,
    };
  };
  let cursor: string | null = null;
  const copy = new Map<string, boolean>();
  const follow = async () => {
    for (let more = true; more; ) {
      const page: Awaited<ReturnType<typeof ask>> = await ask(cursor);
      for (const stream of page.streams) copy.set(textAt(stream, 'name'), at(stream, 'archivedAt') !== null);
      ({ cursor, more } = page);
    }
  };
  for (let index = 0; index < 7; index++) await api.domain.streams.create(actor, { name: `s${index}` });
  await follow();
  expect(copy.size).toBe(11);
  expect((await ask(cursor)).streams).toEqual([]);
  const found = await api.domain.streams.find('default', { name: 's3' });
  await api.domain.streams.archive(actor, found?.uuid ?? '');
  await api.domain.streams.create(actor, { name: 'new' });
  const changes = await ask(cursor, 1_000);
  expect(changes.streams.map((stream) => at(stream, 'name'))).toEqual(['s3', 'new']);
  await follow();
  expect(copy.get('s3')).toBe(true);
  expect(copy.get('new')).toBe(false);
  const bad = await api.query('{ streamsSince(after: "nonsense") { cursor } }');
  expect(bad.errors?.[0]?.extensions.code).toBe('BAD_CURSOR');
}, 60_000);
