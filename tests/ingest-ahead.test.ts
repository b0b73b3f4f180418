import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../server/domain/actor.ts';
import type { PublishReport } from '../server/domain/observation/observations.ts';
import type { OpenDomain } from '../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from './support/database.ts';
import { makeActor, openTestDomain } from './support/domain.ts';

const ROWS = 600;
const LOCK_HEAD = "SELECT position::int FROM log_heads WHERE tenant = 'default' FOR UPDATE";
/** What the first batch needs when it has the head already. */
const LOCK_CHAINS = 'SELECT FROM stream_heads FOR UPDATE';

let db: TestDatabase;
let domain: OpenDomain;
let actor: Actor;
/** Another process that writes. */
let other: pg.Client;
let uuid: string;
let streams = 0;
beforeAll(async () => {
  db = await openTestDatabase();
  await openTestDomain(db.database);
  actor = await makeActor(db.database, 'ada');
});
afterAll(() => db.close());
beforeEach(async () => {
  domain = await openTestDomain(db.database, {}, new Map([[actor.peer.publicKey, actor]]));
  other = new pg.Client(db.url);
  await other.connect();
  streams += 1;
  ({ uuid } = await domain.streams.create(actor, { name: `ahead ${streams}` }));
  // From now on it remembers the head, and the end of the stream's chain.
  await domain.observations.publish(actor, rows(0, 1));
});
afterEach(() => other.end());

function rows(first: number, count: number) {
  return Array.from({ length: count }, (_, n) => ({
    ...{ streamUuid: uuid, value: first + n },
    observedAt: new Date(1_700_000_000_000 + (first + n) * 1_000).toISOString(),
  }));
}

/**
 * Publishes three batches while `other` holds a row that the first of them needs; resolves when the rows of the two others
 * wait for it.
 */
async function publishBehind(lock: string): Promise<Promise<PublishReport[]>[]> {
  await other.query('BEGIN');
  await other.query(lock);
  const published = Promise.all(
    [1, 601, 1_201].map((first) => domain.observations.publish(actor, rows(first, ROWS))),
  );
  await expect.poll(() => waitingAhead().then((pids) => pids.length), { timeout: 10_000 }).toBe(2);
  // Not the promise itself, which would be awaited.
  return [published];
}

/** Connections whose rows are inserted and not committed, by the order in which they were. */
async function waitingAhead(): Promise<number[]> {
  const { rows: found } = await db.database.pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
      WHERE state = 'idle in transaction' AND query LIKE '%INSERT INTO observations%' ORDER BY xact_start`,
  );
  return found.map(({ pid }) => pid);
}

async function waitingForTheHead(): Promise<number> {
  const { rowCount } = await db.database.pool.query(
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%log_heads%FOR UPDATE%'",
  );
  return rowCount ?? 0;
}

async function expectAllAppended(reports: readonly PublishReport[]): Promise<void> {
  expect(reports.map(({ successful }) => successful)).toEqual([ROWS, ROWS, ROWS]);
  const chain = await domain.observations.verifyChain('default', uuid);
  expect(chain).toMatchObject({ ok: true, checked: 1 + 3 * ROWS });
  const { rows: found } = await other.query<{ count: number; head: number }>(
    `SELECT (SELECT count(*) FROM observations)::int + (SELECT count(*) FROM log_events)::int AS count,
            (SELECT position FROM log_heads WHERE tenant = 'default')::int AS head`,
  );
  expect(found[0]?.count).toBe(found[0]?.head);
  expect(await waitingAhead()).toEqual([]);
}

describe('batches that are inserted ahead of their turn', () => {
  it('are committed one after another when the first is', async () => {
    const [published = Promise.resolve([])] = await publishBehind(LOCK_HEAD);
    await other.query('ROLLBACK');
    const reports = await published;
    await expectAllAppended(reports);
    const positions = reports.map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  it('are appended anew when one of them is lost, those behind it too', async () => {
    const [published = Promise.resolve([])] = await publishBehind(LOCK_HEAD);
    const [second] = await waitingAhead();
    await other.query('SELECT pg_terminate_backend($1)', [second]);
    await other.query('ROLLBACK');
    await expectAllAppended(await published);
  });

  it('are appended anew when another process takes the head in between', async () => {
    const [published = Promise.resolve([])] = await publishBehind(LOCK_CHAINS);
    // Next in the row's queue after the first batch.
    const next = new pg.Client(db.url);
    await next.connect();
    await next.query('BEGIN');
    const taken = next.query<{ position: number }>(LOCK_HEAD);
    await expect.poll(() => waitingForTheHead()).toBe(1);
    await other.query('ROLLBACK');
    const head = (await taken).rows[0]?.position;
    await expect.poll(() => waitingAhead()).toEqual([]);
    // Those behind wait for the head now, as anybody does.
    await expect.poll(() => waitingForTheHead()).toBe(1);
    await next.query('ROLLBACK');
    await next.end();
    const reports = await published;
    await expectAllAppended(reports);
    // A batch that comes just as the row is let go may be before who waits for it; the last one can't be.
    const positions = reports.map(({ position }) => position);
    expect(positions.slice(0, 2)).toContain(head);
    expect(positions.at(-1)).toBeGreaterThan(head ?? Number.NaN);
  });

  it('let another on that holds the head and waits for their places', async () => {
    const [published = Promise.resolve([])] = await publishBehind(LOCK_HEAD);
    const { rows: heads } = await other.query<{ position: number }>(LOCK_HEAD);
    const place = (heads[0]?.position ?? 0) + ROWS + 1;
    await other.query(
      `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
       SELECT 'default', $1, id, '2020-01-01', 1, '\\x00', 'other', now() FROM streams WHERE uuid = $2`,
      [place, uuid],
    );
    await other.query('ROLLBACK');
    await expectAllAppended(await published);
  });
});

describe('a chain', () => {
  it('that is longer than what is read of it at once is verified to its end', async () => {
    await domain.observations.publish(actor, rows(1, 10_000));
    await domain.observations.publish(actor, rows(10_001, 5));
    const verify = () => domain.observations.verifyChain('default', uuid);
    const whole = await verify();
    expect(whole).toMatchObject({ ok: true, checked: 10_006, firstBad: null });
    const { rows: tampered } = await db.database.pool.query<{ position: number }>(
      `UPDATE observations o SET value = -1 FROM streams s
        WHERE s.uuid = $1 AND o.stream_id = s.id AND o.value = 10003 RETURNING o.position::int AS position`,
      [uuid],
    );
    const broken = await verify();
    expect(broken).toMatchObject({ ok: false, checked: 10_003, firstBad: { value: '-1', ...tampered[0] } });
    expect(broken.head).not.toBe(whole.head);
  });
});
