import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { freePort, Presage } from '../support/presage.ts';

/** SIGKILLs while it publishes, of the server at times; more of them in a soak. */
const KILLS = process.env.PRESAGE_SOAK_SECONDS === undefined ? 3 : 12;
const FILES = 3;
const ROWS = 2_000 + 1_000 * KILLS;
const T = Date.UTC(2026, 0, 1);

let db: TestDatabase;
let directory = '';

beforeAll(async () => {
  db = await openTestDatabase();
  directory = mkdtempSync(join(tmpdir(), 'presage-collect-'));
});
afterAll(async () => {
  await db.close();
  rmSync(directory, { recursive: true });
});

const valueIn = (file: number, row: number) => `${row}.${file + 1}`;

it('loses nothing and doubles nothing, whatever is killed while it publishes', async () => {
  mkdirSync(join(directory, 'rows'));
  for (let file = 0; file < FILES; file++) {
    const rows = Array.from({ length: ROWS }, (_, row) => `${T + row * 1_000},${valueIn(file, row)}\n`);
    writeFileSync(join(directory, 'rows', `f${file}.csv`), rows.join(''));
  }
  const yaml = 'sources: [{ type: csv, folder: rows, every: 100ms, speed: max, times: original }]\n';
  writeFileSync(join(directory, 'collectors.yaml'), yaml);
  const port = String(await freePort());
  const server = new Presage(
    ['serve', '--port', port, '--data-dir', join(directory, 'server'), '--collect', 'none'],
    { DATABASE_URL: db.url },
  );
  const collector = new Presage(
    [
      'collect',
      '--collectors',
      join(directory, 'collectors.yaml'),
      '--data-dir',
      join(directory, 'collector'),
    ],
    { PRESAGE_SERVER: `http://127.0.0.1:${port}` },
  );
  // The API is away at first: what is collected meanwhile is kept.
  await collector.start('Collecting');
  await vi.waitFor(() => expect(spooled().kept).toBeGreaterThan(0), { timeout: 30_000 });
  await server.start('Presage is ready');
  for (let kill = 0; kill < KILLS; kill++) {
    const { published } = spooled();
    await vi.waitFor(() => expect(spooled().published).toBeGreaterThan(published), {
      timeout: 60_000,
      interval: 5,
    });
    if (kill % 3 === 1) {
      await server.stop('SIGKILL');
      await server.start('Presage is ready');
    } else {
      await collector.stop('SIGKILL');
      await collector.start('Collecting');
    }
  }
  await vi.waitFor(() => expect(spooled()).toEqual({ kept: FILES * ROWS, published: FILES * ROWS }), {
    timeout: 120_000,
    interval: 100,
  });
  expect(await collector.stop()).toBe(0);
  await server.stop();

  const { rows } = await db.database.pool.query<{
    name: string;
    rows: number;
    right: number;
    revised: number;
  }>(
    `SELECT s.name, count(*)::int AS rows,
            count(*) FILTER (WHERE trim_scale(o.value) = trim_scale(((extract(epoch FROM o.observed_at) * 1000 - $1) / 1000)::bigint
                             + ((substr(s.name, 2)::int + 1)::numeric / 10)))::int AS right,
            count(*) FILTER (WHERE o.revision > 0)::int AS revised
       FROM observations o JOIN streams s ON s.id = o.stream_id GROUP BY s.name ORDER BY s.name`,
    [T],
  );
  expect(rows).toEqual(
    Array.from({ length: FILES }, (_, file) => ({ name: `f${file}`, rows: ROWS, right: ROWS, revised: 0 })),
  );
  const { rows: log } = await db.database.pool.query<{ head: number; entries: number }>(
    `SELECT position::int AS head, (SELECT count(*)::int FROM observations) + (SELECT count(*)::int FROM log_events) AS entries
       FROM log_heads WHERE tenant = 'default'`,
  );
  expect(log[0]?.entries).toBe(log[0]?.head);
}, 240_000);

function spooled(): { kept: number; published: number } {
  const file = new Database(join(directory, 'collector', 'collect', 'spool.db'), { readonly: true });
  try {
    const row = file
      .prepare<[], { kept: number; waiting: number }>(
        'SELECT (SELECT count(*) FROM observations) AS kept, (SELECT count(*) FROM outbox) AS waiting',
      )
      .get();
    return { kept: row?.kept ?? 0, published: (row?.kept ?? 0) - (row?.waiting ?? 0) };
  } finally {
    file.close();
  }
}
