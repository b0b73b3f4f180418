import type { ChildProcess } from 'node:child_process';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Actor } from '../../server/domain/actor.ts';
import { catchUp } from '../../server/domain/log/catch-up.ts';
import { TenantLog } from '../../server/domain/log/tenant-log.ts';
import { readChainHeads } from '../../server/domain/observation/slots.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { LOG_POSITIONS } from '../support/log-positions.ts';
import { ended, runSource } from '../support/process.ts';

const ROWS = 600;
/** What every batch needs once it has the head. */
const LOCK_CHAINS = 'SELECT FROM stream_heads FOR UPDATE';
const TURN = "hashtextextended('presage turn default', 0)";
/** A process that has stopped holds others up for a second; a busy machine takes its time, too. */
const SOON_MS = 6_000;

/** Another process indeed, which takes a while to start: it does so while the first tests run. */
let child: ChildProcess;
const printed: string[] = [];

let db: TestDatabase;
let actor: Actor;
let here: OpenDomain;
/** Another process as far as memory goes. */
let there: OpenDomain;
let other: pg.Client;
let uuid: string;
let streams = 0;
let clock = 1_700_000_000_000;
beforeAll(async () => {
  db = await openTestDatabase();
  await openTestDomain(db.database);
  actor = await makeActor(db.database, 'ada');
  child = runSource(new URL('./shared-turn-child.ts', import.meta.url), [db.url], (text) =>
    printed.push(text),
  );
  other = new pg.Client(db.url);
  await other.connect();
});
afterAll(async () => {
  child.kill('SIGKILL');
  await ended(child);
  await other.end();
  await db.close();
});
beforeEach(async () => {
  // Whoever finds that another has written takes turns for as long as the clock stands still.
  vi.spyOn(Date, 'now').mockReturnValue(Date.now());
  const known = new Map([[actor.peer.publicKey, actor]]);
  [here, there] = await Promise.all([
    openTestDomain(db.database, {}, known),
    openTestDomain(db.database, {}, known),
  ]);
  streams += 1;
  ({ uuid } = await here.streams.create(actor, { name: `shared ${streams}` }));
});
afterEach(() => vi.restoreAllMocks());

function rows(count: number) {
  return Array.from({ length: count }, (_, value) => {
    clock += 1_000;
    return { streamUuid: uuid, value, observedAt: new Date(clock).toISOString() };
  });
}

/** Both write until each has found that the other does. */
async function share(): Promise<void> {
  for (let i = 0; i < 2; i += 1) {
    for (const domain of [here, there]) await domain.observations.publish(actor, rows(1));
  }
}

async function count(sql: string): Promise<number> {
  const found = await db.database.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${sql}`);
  return found.rows[0]?.count ?? 0;
}

const waitingForTurn = () => count("pg_locks WHERE locktype = 'advisory' AND NOT granted");
const waitingAhead = () =>
  count("pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%INSERT INTO observations%'");
const waitingForChains = () =>
  count("pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO observations%'");

async function expectWhole(): Promise<void> {
  expect(await here.observations.verifyChain('default', uuid)).toMatchObject({ ok: true });
  const { rows: found } = await other.query(
    `SELECT count(*)::int AS rows, max(position)::int AS newest, min(position)::int AS oldest,
            (SELECT position::int FROM log_heads WHERE tenant = 'default') AS head FROM ${LOG_POSITIONS}`,
  );
  const { rows: written, newest, oldest, head } = found[0];
  expect({ newest, oldest, head }).toEqual({ newest: written, oldest: 1, head: written });
}

describe('processes that write to one log', () => {
  it('wait for the turn of another, and learn what it wrote', async () => {
    await share();
    await other.query(`SELECT pg_advisory_lock(${TURN})`);
    const published = Promise.all([here, there].map((domain) => domain.observations.publish(actor, rows(1))));
    await expect.poll(waitingForTurn).toBe(2);
    await other.query(`SELECT pg_advisory_unlock(${TURN})`);
    expect((await published).map(({ successful }) => successful)).toEqual([1, 1]);
    // Nor does what goes the long way pass by.
    await other.query(`SELECT pg_advisory_lock(${TURN})`);
    const created = there.streams.create(actor, { name: 'created in its turn' });
    await expect.poll(waitingForTurn).toBe(1);
    await other.query(`SELECT pg_advisory_unlock(${TURN})`);
    await created;
    await expectWhole();
  });

  it('insert ahead in their turn as one that writes alone does', async () => {
    await share();
    await other.query('BEGIN');
    await other.query(LOCK_CHAINS);
    const published = Promise.all([1, 2, 3].map(() => here.observations.publish(actor, rows(ROWS))));
    await expect.poll(waitingAhead).toBe(2);
    await other.query('ROLLBACK');
    expect((await published).map(({ successful }) => successful)).toEqual([ROWS, ROWS, ROWS]);
    await expectWhole();
  });

  it('append what any of them is given, in batches of any size', async () => {
    await share();
    const domains = [
      here,
      there,
      await openTestDomain(db.database, {}, new Map([[actor.peer.publicKey, actor]])),
    ];
    const before = await count('observations');
    const calls = domains.flatMap((domain) => [1, 40, 300, 600, 900].map((size) => ({ domain, size })));
    const published = calls.map(({ domain, size }) => domain.observations.publish(actor, rows(size)));
    const corrected = [here, there].map((domain) =>
      domain.observations.publish(actor, [{ streamUuid: uuid, value: 1 }]),
    );
    expect((await Promise.all(published)).map(({ successful }) => successful)).toEqual(
      calls.map(({ size }) => size),
    );
    await Promise.all(corrected);
    expect(await count('observations')).toBe(before + 3 * 1_841 + 2);
    await expectWhole();
  });
});

describe('what a process learns of the others', () => {
  it('is where the head is, how chains end that it knew, and what is archived', async () => {
    const tenants = db.database.tenants.of('default');
    const made = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => here.streams.create(actor, { name: name })),
    );
    const [a, b, c, d] = made.map((stream) => stream.uuid);
    const at = (streamUuid: string | undefined, ms: number, value: number) => ({
      ...{ streamUuid, value },
      observedAt: new Date(ms).toISOString(),
    });
    await here.observations.publish(actor, [at(a, 5, 1), at(b, 5, 1), at(c, 5, 1)]);
    const log = new TenantLog();
    await catchUp(tenants, 'default', log, () => 0);
    expect(log.head).toBe(await here.reader.head('default'));
    expect(log.othersWroteAt).toBeUndefined();
    const ids = made.map(({ serverId }) => serverId);
    const truth = () => readChainHeads(tenants, ids);
    for (const [id, head] of await truth()) log.chains.set(id, head);
    await there.observations.publish(actor, [at(a, 9, 2), at(a, 7, 3), at(d, 1, 1)]);
    const ref = (nth: number) => ({ streamServerId: ids[nth] ?? 0, observedAt: 5 });
    await there.observations.correct(actor, ref(1), 7);
    await there.observations.retract(actor, ref(2));
    await there.streams.archive(actor, b ?? '');
    await catchUp(tenants, 'default', log, () => 42);
    expect(log.chains).toEqual(await truth());
    expect([...log.archived]).toEqual([ids[1]]);
    expect(log.head).toBe(await here.reader.head('default'));
    expect(log.othersWroteAt).toBe(42);
    expect([log.isShared(2_041), log.isShared(2_042)]).toEqual([true, false]);
    // So much that it is not worth reading.
    log.head = (log.head ?? 0) - 20_001;
    await catchUp(tenants, 'default', log, () => 43);
    expect([log.head, log.chains.size]).toEqual([await here.reader.head('default'), 0]);
  });
});

describe('a process that stops', () => {
  const line = async (): Promise<string> => {
    await vi.waitFor(() => expect(printed).not.toEqual([]), { timeout: 20_000 });
    return printed.shift() ?? '';
  };
  const publish = (...calls: object[][]) => child.stdin?.write(`${JSON.stringify(calls)}\n`);
  beforeAll(async () => {
    expect(await line()).toBe('ready');
  });

  /** It publishes while its first batch waits for a lock of `other`, which is there when it is stopped. */
  async function stopWhileItWrites(signal: NodeJS.Signals, batches: number): Promise<void> {
    await other.query('BEGIN');
    await other.query(LOCK_CHAINS);
    publish(...Array.from({ length: batches }, () => rows(ROWS)));
    await expect.poll(waitingForChains).toBe(1);
    await expect.poll(waitingAhead).toBe(batches - 1);
    child.kill(signal);
    if (signal === 'SIGKILL') await ended(child);
    await other.query('ROLLBACK');
  }

  async function expectNobodyHeldUp(): Promise<void> {
    const began = performance.now();
    const reports = await Promise.all([
      here.observations.publish(actor, rows(ROWS)),
      there.observations.publish(actor, rows(1)),
    ]);
    expect(reports.map(({ successful }) => successful)).toEqual([ROWS, 1]);
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  }

  it('with the lock of the log holds nobody up for long, and does its work again', async () => {
    // Its first write, which locks since it knows nothing yet.
    await stopWhileItWrites('SIGSTOP', 1);
    await expectNobodyHeldUp();
    child.kill('SIGCONT');
    expect(await line()).toBe(`[${ROWS}]`);
    await expectWhole();
  });

  it('in the middle of its turn holds nobody up for long, and does its work again', async () => {
    for (let i = 0; i < 2; i += 1) {
      await share();
      publish(rows(1));
      expect(await line()).toBe('[1]');
    }
    await stopWhileItWrites('SIGSTOP', 3);
    await expectNobodyHeldUp();
    child.kill('SIGCONT');
    expect(await line()).toBe(`[${ROWS},${ROWS},${ROWS}]`);
    await expectWhole();
  });

  it('for ever in the middle of its turn holds nobody up', async () => {
    await share();
    publish(rows(1));
    expect(await line()).toBe('[1]');
    await stopWhileItWrites('SIGKILL', 3);
    await expectNobodyHeldUp();
    await expectWhole();
  });
});
