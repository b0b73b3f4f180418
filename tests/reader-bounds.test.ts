import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from '../gateway/testing/test-client.ts';
import { encodeCursor } from '../schema/cursor.ts';
import type { Filter } from '../schema/filter/form.ts';
import { LogReader } from '../server/domain/log/log-reader.ts';
import type { OpenDomain } from '../server/domain/open-domain.ts';
import { StreamCatalog } from '../server/domain/stream/stream-catalog.ts';
import { type Database, openDatabase } from '../server/storage/database.ts';
import { TenantConnections } from '../server/storage/tenant-connections.ts';
import { openTestApi, type TestApi } from './support/api.ts';
import { openTestDatabase, type TestDatabase } from './support/database.ts';
import { makeActor } from './support/domain.ts';
import { openTestGateway, type TestGateway } from './support/gateway.ts';

const MAY_MS = 120;
const ROWS = 16_000;
const STREAMS = 4_000;
const quiet = { info: () => undefined, warn: () => undefined };

/** Texts that nothing has: whoever looks for all of them looks at everything 250 times. */
const ABSENT = Array.from({ length: 250 }, (_, n) => `nobody ${n}`);
const SLOW = anyOf('provider');

function anyOf(field: 'provider' | 'stream.name', ...more: Filter[]): Filter {
  return {
    kind: 'or',
    of: [...ABSENT.map((value) => ({ kind: 'is', field, op: 'contains', value }) as const), ...more],
  };
}

let postgres: TestDatabase;
let database: Database;
let api: TestApi;
let domain: OpenDomain;
let running: TestGateway;

beforeAll(async () => {
  postgres = await openTestDatabase();
  database = await openDatabase(postgres.url, 11, quiet, MAY_MS);
  api = await openTestApi(database);
  domain = api.domain;
  const owner = await makeActor(database, 'owner');
  await domain.streams.create(owner, { name: 'first' });
  const head = await domain.reader.head('default');
  await database.pool.query(
    `WITH made AS (
       INSERT INTO streams (uuid, tenant, name, author, tags)
       SELECT gen_random_uuid(), 'default', repeat('of some length ', 10) || n, $1, '{}'
         FROM generate_series(1, $2::int) AS n RETURNING id)
     INSERT INTO stream_heads (stream_id, tenant) SELECT id, 'default' FROM made`,
    [owner.peer.publicKey, STREAMS],
  );
  await database.pool.query(
    `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
     SELECT 'default', $1 + n, (SELECT min(id) FROM streams) + n % $2, to_timestamp(n), n, sha256(n::text::bytea),
            'a provider of some length', now()
       FROM generate_series(1, $3::int) AS n`,
    [head, STREAMS, ROWS],
  );
  await database.pool.query('UPDATE log_heads SET position = $1', [head + ROWS]);
  running = await openTestGateway(api, { maxExecutedCost: 100, maxExecutedCostPerAddress: 160 });
});
afterAll(async () => {
  await running.close();
  await api.close();
  await database.close();
  await postgres.close();
});

const list = () => domain.observations.list('default', SLOW, { limit: 10, backward: false });

describe('a connection of readers', () => {
  it('ends a statement that takes too long, and goes on', async () => {
    const reads = new TenantConnections({
      ...{ url: postgres.url, size: 1, onBroken: () => undefined },
      readTimeoutMs: MAY_MS,
    });
    const pid = async () =>
      (await reads.of('default').query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
    const before = await pid();
    await expect(reads.of('default').query('SELECT pg_sleep(60)')).rejects.toMatchObject({
      code: 'TOO_COMPLEX',
      message: expect.stringMatching(/120 ms.*narrow the filter.*PRESAGE_READ_TIMEOUT_MS/),
    });
    expect(await pid()).toBe(before);
    await expect(reads.of('default').query("UPDATE streams SET name = 'x'")).rejects.toThrow(/read-only/);
    await reads.close();
  });

  it('does not take a statement that somebody cancelled for one that took too long', async () => {
    const reads = new TenantConnections({
      ...{ url: postgres.url, size: 1, onBroken: () => undefined },
      readTimeoutMs: 60_000,
    });
    const { rows } = await reads.of('default').query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const asleep = reads.of('default').query('SELECT pg_sleep(60)');
    const outcome = expect(asleep).rejects.toMatchObject({ code: '57014' });
    await expect
      .poll(async () => {
        const { rows: found } = await database.pool.query(
          "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep%' AND state = 'active'",
          [rows[0]?.pid],
        );
        return found.length;
      })
      .toBe(1);
    await outcome;
    await reads.close();
  });

  it('keeps to the wall, whatever the URL says', async () => {
    const url = new URL(postgres.url);
    url.searchParams.set('options', '-c work_mem=5MB -c role=none');
    const reads = new TenantConnections({ url: url.href, size: 1, onBroken: () => undefined });
    const { rows } = await reads
      .of('default')
      .query("SELECT current_user AS who, current_setting('work_mem') AS memory");
    expect(rows).toEqual([{ who: 'presage_tenant', memory: '5MB' }]);
    await reads.close();
  });
});

describe('a filter that finds nothing', () => {
  it('is refused to a query once it took too long, with what to do', async () => {
    const { data, errors } = await api.query(
      'query ($where: ObservationWhere) { observations(where: $where, first: 5) { edges { node { id } } } }',
      { where: { or: ABSENT.map((text) => ({ provider: { contains: text } })) } },
    );
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'TOO_COMPLEX' },
      message: expect.stringMatching(/narrow the filter/),
    });
    expect(data ?? null).toBeNull();
    expect(await api.query('{ logHead }')).toMatchObject({ data: { logHead: expect.any(String) } });
  });

  it('lets who catches up get on, and leaves out nothing', async () => {
    const stream = await domain.streams.find('default', { name: 'first' });
    const filter = anyOf('stream.name', { kind: 'is', field: 'stream.name', op: 'eq', value: 'first' });
    const through = await domain.reader.head('default');
    const request = { tenant: 'default', topics: ['observation'], limit: 500, filter } as const;
    // In one statement it takes longer than it may.
    const whole = new LogReader(database.queries, new StreamCatalog(database.tenants));
    await expect(whole.read({ ...request, after: 0, through })).rejects.toMatchObject({
      code: 'TOO_COMPLEX',
    });
    const found: number[] = [];
    for (let after = 0; after < through; ) {
      const page = await domain.subscribers.read({ ...request, after, through });
      expect(page.through).toBeGreaterThan(after);
      after = page.through;
      const own = page.entries.filter(
        ({ topic, document }) => topic === 'observation' && document.stream.uuid === stream?.uuid,
      );
      found.push(...own.map(({ position }) => position));
    }
    const { rows } = await database.pool.query<{ position: string }>(
      'SELECT position FROM observations WHERE stream_id = $1 ORDER BY position',
      [stream?.serverId],
    );
    expect(found).toEqual(rows.map(({ position }) => Number(position)));
    expect(found).toHaveLength(ROWS / STREAMS);
  });

  it('does not keep a subscription from what comes after it', async () => {
    const client = await new TestClient(running.url).ready();
    const names = [...ABSENT.map((text) => ({ name: { contains: text } })), { name: { eq: 'first' } }];
    client.subscribe(
      's',
      'subscription ($where: ObservationWhere, $after: Cursor) { observations(where: $where, after: $after) { cursor } }',
      { where: { stream: { or: names } }, after: encodeCursor('default', 0) },
    );
    await client.until(() => client.of('s').length === ROWS / STREAMS);
    await client.stop();
  });

  it('keeps no writer, no consumer and nobody who catches up waiting, however many ask', async () => {
    const actor = await makeActor(database, 'owner');
    const waiting = new Set<Promise<unknown>>();
    const all = Array.from({ length: 12 }, () => {
      const asked: Promise<unknown> = list()
        .catch((error: unknown) => error)
        .finally(() => waiting.delete(asked));
      waiting.add(asked);
      return asked;
    });
    const { successful } = await domain.observations.publish(actor, [{ streamName: 'first', value: 1 }]);
    expect(successful).toBe(1);
    await domain.scorer.catchUp('default');
    const head = await domain.reader.head('default');
    const asked = {
      tenant: 'default',
      topics: ['observation'],
      after: head - 1,
      through: head,
      limit: 5,
    } as const;
    expect((await domain.subscribers.read(asked)).entries).toHaveLength(1);
    // Two at once, each for its 120 ms: all of that took no more than a few of them.
    expect(waiting.size).toBeGreaterThanOrEqual(3);
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ code: 'TOO_COMPLEX' });
  });
});

describe('selections that are executed for each event', () => {
  /** Each is another one; what an event does not carry is `latest`. */
  const executed = (n: number) =>
    `subscription { observations { x${n}: cursor observation { stream { latest { value } } } } }`;
  const carried = (n: number) => `subscription { observations { x${n}: cursor observation { value } } }`;
  const filtered = executed(0).replace('observations {', 'observations(where: { value: { gt: 5 } }) {');
  const isLimited = (client: TestClient, id: string) => JSON.stringify(client.of(id)).includes('LIMITED');
  /** Queries are answered at once, and in turn. */
  const settled = async (client: TestClient, id: string) => {
    client.subscribe(id, '{ logHead }');
    await client.until(() => client.of(id).some(({ type }) => type === 'complete'));
  };

  it('are bounded for a connection and for an address, by what the different ones cost', async () => {
    const one = await new TestClient(running.url).ready();
    for (const n of [0, 1, 2]) one.subscribe(`${n}`, executed(n));
    one.subscribe('filtered', filtered);
    for (let n = 0; n < 30; n += 1) one.subscribe(`carried ${n}`, carried(n));
    await settled(one, 'settled');
    expect(one.of('2')).toMatchObject([
      {
        type: 'error',
        payload: [
          {
            message: expect.stringMatching(/this connection may cost 100.*Select only/),
            extensions: { code: 'LIMITED' },
          },
        ],
      },
    ]);
    expect(one.messages.filter(({ type }) => type === 'error')).toHaveLength(1);
    const other = await new TestClient(running.url).ready();
    // What the other connection has already costs the address nothing more.
    for (const n of [0, 1]) other.subscribe(`${n}`, executed(n));
    await settled(other, 'settled');
    expect(other.messages.filter(({ type }) => type === 'error')).toEqual([]);
    const third = await new TestClient(running.url).ready();
    for (const n of [2, 3]) third.subscribe(`${n}`, executed(n));
    const fourth = await new TestClient(running.url).ready();
    await settled(third, 'settled');
    fourth.subscribe('4', executed(4));
    await settled(fourth, 'settled');
    expect(JSON.stringify(fourth.of('4'))).toMatch(/this address may cost 160/);
    // Free again once they are over, in order or not.
    third.send({ type: 'complete', id: '2' });
    await settled(third, 'again');
    fourth.subscribe('5', executed(5));
    await settled(fourth, 'again');
    expect(isLimited(fourth, '5')).toBe(false);
    await Promise.all([one, other, third, fourth].map((client) => client.stop()));
    await expect.poll(() => running.gateway.stats().cohorts).toBe(0);
    const last = await new TestClient(running.url).ready();
    for (const n of [6, 7]) last.subscribe(`${n}`, executed(n));
    await settled(last, 'settled');
    expect(last.messages.filter(({ type }) => type === 'error')).toEqual([]);
    await last.stop();
  });
});
