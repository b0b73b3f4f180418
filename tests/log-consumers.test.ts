import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Position } from '../schema/log-entry.ts';
import { CommitFeed } from '../server/domain/log/commit-feed.ts';
import { LogConsumer, moveConsumer, passOver } from '../server/domain/log/log-consumer.ts';
import type { OpenDomain } from '../server/domain/open-domain.ts';
import { createTenant } from '../server/domain/tenant/create-tenant.ts';
import { openTestDatabase, type TestDatabase } from './support/database.ts';
import { openTestDomain } from './support/domain.ts';

let db: TestDatabase;
let domain: OpenDomain;
beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
});
afterAll(() => db.close());

describe('a consumer of a log that grows all the time', () => {
  it('rests between its looks, and is done when the log is', async () => {
    const tenant = 'growing';
    const { pool, claims } = db.database;
    await createTenant(db.database, tenant);
    const write = () =>
      pool.query('UPDATE log_heads SET position = position + 1 WHERE tenant = $1', [tenant]);
    const steps: { at: number; through: Position }[] = [];
    const feed = new CommitFeed((error) => expect.unreachable(String(error)));
    const parts = {
      pool,
      claims,
      feed,
      pollMs: 60_000,
      onFailure: (error: unknown) => expect.unreachable(String(error)),
    };
    const consumer = new LogConsumer(parts, {
      name: 'watcher',
      wokenBy: new Set(['observation']),
      step: async (of, after, through) => {
        if (of === tenant) {
          steps.push({ at: performance.now(), through });
          if (through < 5) await write();
        }
        await moveConsumer(pool, { tenant: of, name: 'watcher', from: after, to: through });
        return through;
      },
    });
    await write();
    consumer.start();
    try {
      await expect.poll(() => steps.map(({ through }) => through)).toEqual([1, 2, 3, 4, 5]);
    } finally {
      await consumer.stop();
    }
    const rests = steps.slice(1).map(({ at: when }, index) => when - (steps[index]?.at ?? 0));
    expect(Math.min(...rests)).toBeGreaterThan(20);
  });
});

describe('a consumer that passes over what is nothing to it', () => {
  it('keeps nobody waiting for the disk, and is as it was for the next statement', async () => {
    const { pool } = db.database;
    const tenant = 'unpredicted';
    await createTenant(db.database, tenant);
    await pool.query(`CREATE TABLE moves (name text, commits text);
      CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO moves VALUES (NEW.name, current_setting('synchronous_commit')); RETURN NEW; END $$;
      CREATE TRIGGER note_move BEFORE UPDATE ON log_consumers FOR EACH ROW
        WHEN (NEW.tenant = '${tenant}') EXECUTE FUNCTION note_move()`);
    try {
      await pool.query('UPDATE log_heads SET position = 7 WHERE tenant = $1', [tenant]);
      await domain.scorer.catchUp(tenant);
      await domain.forecaster.catchUp(tenant);
      const move = { tenant, name: 'scorer', from: 7, to: 8 };
      expect(await passOver(pool, { ...move, from: 6 })).toBe(false);
      // Over the same connection as the one before, which was the last to be given back.
      expect(await moveConsumer(pool, move)).toBe(true);
      const { rows } = await pool.query('SELECT name, commits FROM moves');
      expect(rows).toEqual([
        { name: 'scorer', commits: 'off' },
        { name: 'consensus', commits: 'off' },
        { name: 'scorer', commits: 'on' },
      ]);
    } finally {
      await pool.query('DROP TRIGGER note_move ON log_consumers; DROP FUNCTION note_move; DROP TABLE moves');
    }
  });
});
