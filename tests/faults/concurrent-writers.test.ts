import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { LOG_POSITIONS } from '../support/log-positions.ts';
import { ended, runSource } from '../support/process.ts';
import { faultMs } from './support/form.ts';

const WRITER = new URL('./writer-child.ts', import.meta.url);
/** Observations that are acknowledged while writers are cut off and killed, at least. */
const ACKNOWLEDGED = 500;
/** Rounds of cutting and killing, at least. */
const ROUNDS = 15;

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

describe('many writers in several processes, cut off and stopped at random', () => {
  it('leave no hole, lose nothing acknowledged and break no chain', async () => {
    const domain = await openTestDomain(db.database);
    const actor = await makeActor(db.database, 'ada');
    for (let i = 0; i < 5; i += 1) await domain.streams.create(actor, { name: `shared ${i}` });
    const acknowledged = new Set<string>();
    const onLine = (line: string) => {
      if (line.startsWith('ack ')) acknowledged.add(line.slice(4));
    };
    let seed = 1;
    const start = () => runSource(WRITER, [db.url, String(seed++)], onLine);
    const writers = [start(), start(), start()];
    const end = Date.now() + faultMs(0);
    for (let round = 0; round < ROUNDS || acknowledged.size <= ACKNOWLEDGED || Date.now() < end; round += 1) {
      await delay(400);
      await db.database.pool
        .query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name LIKE 'presage%' AND pid <> pg_backend_pid() AND random() < 0.3`,
        )
        .catch(() => undefined);
      // Stopped for longer than the others wait for it, every now and then.
      if (round % 5 === 0) writers[(round / 5) % 3]?.kill('SIGSTOP');
      if (round % 5 === 4) writers[((round - 4) / 5) % 3]?.kill('SIGCONT');
      if (seed < 7) {
        writers[seed % 3]?.kill('SIGKILL');
        writers[seed % 3] = start();
      }
    }
    for (const writer of writers) writer.kill('SIGCONT');
    for (const writer of writers) writer.stdin?.write('stop\n');
    await Promise.all(writers.map(ended));

    const { pool } = db.database;
    const { rows: positions } = await pool.query(
      `SELECT count(*)::int AS rows, max(position)::int AS newest, min(position)::int AS oldest,
              (SELECT position::int FROM log_heads WHERE tenant = 'default') AS head
         FROM ${LOG_POSITIONS}`,
    );
    const { rows, newest, oldest, head } = positions[0];
    expect({ newest, oldest, head }).toEqual({ newest: rows, oldest: 1, head: rows });
    expect(acknowledged.size).toBeGreaterThan(ACKNOWLEDGED);
    const { rows: stored } = await pool.query<{ slot: string }>(
      `SELECT stream_id || ' ' || (extract(epoch FROM observed_at) * 1000)::bigint AS slot FROM observations`,
    );
    const slots = new Set(stored.map(({ slot }) => slot));
    expect(slots.size).toBe(stored.length);
    expect([...acknowledged].filter((slot) => !slots.has(slot))).toEqual([]);
    for (let i = 0; i < 5; i += 1) {
      const stream = await domain.streams.find('default', { name: `shared ${i}` });
      expect(await domain.observations.verifyChain('default', stream?.uuid ?? '')).toMatchObject({
        ok: true,
      });
    }
  });
});
