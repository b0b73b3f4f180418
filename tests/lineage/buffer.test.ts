import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instanceStorage } from '../../cli/serve/instance-storage.ts';
import { formatTime, MAX_TIME, MIN_TIME } from '../../schema/time.ts';
import { domainSink } from '../../server/collectors/domain-sink.ts';
import { SpoolPublisher } from '../../server/collectors/spool/publisher.ts';
import { Spool } from '../../server/collectors/spool/spool.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { BufferRequest } from '../../server/domain/buffer/buffers.ts';
import { LocalControl } from '../../server/domain/control/local-control.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { at, textAt } from '../../server/graphql/testing/reading.ts';
import { newKey, openTestApi, type TestApi, type TestKey } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

const T = Date.UTC(2026, 0, 1);
const silent = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

let db: TestDatabase;
let domain: OpenDomain;
let actor: Actor;
let operator: Actor;
let directory = '';
let serial = 0;
const PORT = { next: 5_000 };

beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database, { storage: instanceStorage() });
  actor = await makeActor(db.database, 'collector');
  const peer = await makeActor(db.database, 'operator');
  operator = { ...peer, peer: { ...peer.peer, role: 'OPERATOR' } };
  directory = mkdtempSync(join(tmpdir(), 'presage-buffer-'));
});
afterAll(async () => {
  await db.close();
  rmSync(directory, { recursive: true });
});

async function makeStream(author = actor) {
  serial += 1;
  return domain.streams.create(author, { name: `stream ${serial}` });
}

function openSpool(path: string): Spool {
  return new Spool({ directory: path, maxBytes: 1e9, retentionMs: 1e12 });
}

/** An instance that has collected a stream, by the record. */
async function record(
  name: string,
  streamServerId: number,
  place: { host: string; port: number | null; path: string },
) {
  const registration = await domain.record.register('default', {
    ...{ name, version: '1', host: place.host, port: place.port, storagePath: place.path },
    ...{ environment: 'test', clientId: actor.peer.publicKey, standby: false },
  });
  await domain.record.openSession(registration, {
    ...{ source: 'test', config: {}, streams: [{ streamServerId, symbol: null, kinds: ['price'] }] },
  });
}

/** Keeps the source's values at these times, and publishes them if it is asked to. */
async function collect(
  path: string,
  stream: string,
  times: readonly number[],
  publish: boolean,
): Promise<void> {
  const spool = openSpool(path);
  spool.keep(
    times.map((time) => ({ stream, observedAt: T + time, value: String(time / 8), provider: 'source' })),
    (name) => ({ name }),
  );
  if (publish) {
    const publisher = new SpoolPublisher(spool, domainSink(domain, actor), silent);
    publisher.start();
    await publisher.stop();
    expect(spool.counts().waiting).toBe(0);
  }
  spool.close();
}

async function inPostgres(serverId: number, from = MIN_TIME, until = MAX_TIME) {
  const { rows } = await db.database.pool.query<{ at: string; value: string }>(
    `SELECT (extract(epoch FROM observed_at) * 1000)::bigint AS at, trim_scale(value)::text AS value FROM observations
      WHERE stream_id = $1 AND observed_at > to_timestamp($2::float8 / 1000) AND observed_at <= to_timestamp($3::float8 / 1000)
      ORDER BY observed_at`,
    [serverId, from, until],
  );
  return rows.map(({ at, value }) => `${at} ${value}`);
}

/** Every page of a query. */
async function inStorage(request: Omit<BufferRequest, 'after' | 'until'> & Partial<BufferRequest>) {
  const found: string[] = [];
  const names = new Set<string>();
  let after = request.after ?? MIN_TIME;
  for (;;) {
    const { rows, next, instances } = await domain.buffers.query(
      actor,
      { until: MAX_TIME, ...request, after },
      null,
    );
    expect(rows.length).toBeLessThanOrEqual(request.limit);
    expect(instances.every(({ unreachable }) => unreachable === null)).toBe(true);
    found.push(...rows.map(({ observedAt, value }) => `${observedAt} ${value}`));
    for (const { instance } of rows) names.add(instance);
    if (next === null) return { found, names };
    after = next;
  }
}

describe('the buffer', () => {
  it('is what Postgres has, whoever collected it in whatever overlapping sessions', async () => {
    const session = fc.record({
      from: fc.nat(300),
      length: fc.integer({ min: 1, max: 200 }),
      every: fc.integer({ min: 1, max: 7 }),
    });
    const instances = fc.array(fc.array(session, { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    });
    const bounds = fc.tuple(fc.nat(500), fc.nat(500));
    await fc.assert(
      fc.asyncProperty(
        instances,
        bounds,
        fc.integer({ min: 1, max: 90 }),
        async (sessions, [a, b], limit) => {
          const { uuid, name, serverId } = await makeStream();
          for (const [index, own] of sessions.entries()) {
            const path = join(directory, `${serial}-${index}`);
            for (const { from, length, every } of own) {
              const times = Array.from({ length }, (_, step) => from + step).filter(
                (time) => time % every === 0,
              );
              await collect(path, name, times, true);
            }
            await record(`i${serial}-${index}`, serverId, { host: 'localhost', port: PORT.next++, path });
          }
          const range = { after: T + Math.min(a, b), until: T + Math.max(a, b) };
          expect((await inStorage({ streamUuid: uuid, limit, ...range })).found).toEqual(
            await inPostgres(serverId, range.after, range.until),
          );
          expect((await inStorage({ streamUuid: uuid, limit: 1_000 })).found).toEqual(
            await inPostgres(serverId),
          );
        },
      ),
      { numRuns: Number(process.env.PRESAGE_TEST_RUNS ?? 4) },
    );
  });

  it('fills what Postgres lacks, once, and leaves what differs', async () => {
    const { uuid, name, serverId } = await makeStream();
    const times = Array.from({ length: 2_500 }, (_, index) => index);
    await collect(join(directory, 'kept'), name, times.slice(0, 1_500), false);
    await collect(join(directory, 'other'), name, times.slice(1_000), false);
    for (const at of ['kept', 'other']) {
      await record(`${at}-${serial}`, serverId, {
        host: 'localhost',
        port: PORT.next++,
        path: join(directory, at),
      });
    }
    await domain.observations.publish(actor, [
      { streamUuid: uuid, value: '0.25', observedAt: formatTime(T + 2) },
      { streamUuid: uuid, value: '999', observedAt: formatTime(T + 3) },
    ]);
    const run = async (by: Actor, dryRun: boolean) => {
      const total = { checked: 0, missing: 0, filled: 0, different: 0 };
      let after = MIN_TIME;
      for (;;) {
        const request = { streamUuid: uuid, after, until: MAX_TIME, limit: 700 };
        const page = await domain.buffers.backfill(by, request, 'token', dryRun);
        expect(page.errors).toEqual([]);
        for (const count of ['checked', 'missing', 'filled', 'different'] as const)
          total[count] += page[count];
        if (page.next === null) return total;
        after = page.next;
      }
    };
    expect(await run(operator, true)).toEqual({ checked: 2_500, missing: 2_498, filled: 0, different: 1 });
    expect(await inPostgres(serverId)).toHaveLength(2);
    expect(await run(operator, false)).toEqual({
      checked: 2_500,
      missing: 2_498,
      filled: 2_498,
      different: 1,
    });
    expect(await run(actor, false)).toEqual({ checked: 2_500, missing: 0, filled: 0, different: 1 });
    expect(await inPostgres(serverId)).toEqual(
      times.map((time) => `${T + time} ${time === 3 ? 999 : time / 8}`),
    );
    expect((await domain.observations.verifyChain('default', uuid)).ok).toBe(true);
    const stranger = await makeActor(db.database, 'somebody');
    await expect(run(stranger, true)).rejects.toThrow('Only its author and operators');
  });

  it('names those it can not read, and gives the others', async () => {
    const { uuid, name, serverId } = await makeStream();
    const path = join(directory, 'readable');
    await collect(path, name, [1, 2, 3], false);
    await record(`a-${serial}`, serverId, { host: 'localhost', port: PORT.next++, path });
    await record(`b-${serial}`, serverId, { host: '127.1', port: 1, path: '/no/such' });
    await record(`c-${serial}`, serverId, { host: 'far.example', port: null, path: '/no/such' });
    const request = { streamUuid: uuid, after: MIN_TIME, until: MAX_TIME, limit: 10 };
    const operator = { ...actor, peer: { ...actor.peer, role: 'OPERATOR' } } as const;
    const { rows, instances } = await domain.buffers.query(operator, request, 'token');
    expect(rows.map(({ value, instance, published }) => [value, instance, published])).toEqual([
      ['0.125', `a-${serial}`, false],
      ['0.25', `a-${serial}`, false],
      ['0.375', `a-${serial}`, false],
    ]);
    expect(instances).toEqual([
      { name: `a-${serial}`, unreachable: null },
      { name: `b-${serial}`, unreachable: expect.stringContaining('No answer from http://127.1:1/graphql') },
      { name: `c-${serial}`, unreachable: expect.stringContaining('has no API') },
    ]);
    // Where an instance is remains with operators.
    const asPeer = await domain.buffers.query(actor, request, 'token');
    expect(asPeer.instances).toEqual([
      { name: `a-${serial}`, unreachable: null },
      {
        name: `b-${serial}`,
        unreachable: expect.stringMatching(/^Its storage could not be read; operators/),
      },
      { name: `c-${serial}`, unreachable: expect.stringContaining('has no API') },
    ]);
    const one = await domain.buffers.query(actor, { ...request, instance: `b-${serial}` }, 'token');
    expect(one).toMatchObject({ rows: [], instances: [{ name: `b-${serial}` }], next: null });
  });
});

describe('the buffer by GraphQL', () => {
  let api: TestApi;
  let key: TestKey;
  let token = '';

  beforeAll(async () => {
    api = await openTestApi(db.database, {}, {}, new LocalControl(), { storage: instanceStorage() });
    key = newKey();
    token = await api.token(key);
  });
  afterAll(() => api.close());

  const ask = (args: string, by: string | undefined = token) =>
    api.query(
      `{ buffer(${args}) { rows { observedAt value instance } instances { name unreachable } next } }`,
      {},
      by,
    );

  it('asks an instance on another machine over its API', async () => {
    const { uuid, name, serverId } = await makeStream();
    const path = join(directory, 'remote');
    const times = Array.from({ length: 1_700 }, (_, index) => index);
    await collect(path, name, times, false);
    const port = Number(new URL(api.url).port);
    await record(`remote-${serial}`, serverId, { host: '127.1', port, path });
    const first = await ask(`stream: "${uuid}", from: "${formatTime(T)}", first: 1000`);
    expect(at(first.data, 'buffer.rows')).toHaveLength(1_000);
    expect(at(first.data, 'buffer.rows.0')).toEqual({
      observedAt: formatTime(T),
      value: '0',
      instance: `remote-${serial}`,
    });
    const rest = await ask(`stream: "${uuid}", after: "${textAt(first.data, 'buffer.next')}"`);
    expect(at(rest.data, 'buffer.rows')).toHaveLength(700);
    expect(at(rest.data, 'buffer')).toMatchObject({
      instances: [{ name: `remote-${serial}`, unreachable: null }],
      next: null,
    });
    const local = await ask(`stream: "${uuid}", last: "7d"`);
    expect(at(local.data, 'buffer.rows')).toEqual([]);
  });

  it.each([
    ['stream: "$", last: "60"', 'BAD_INPUT', '"60" is no duration'],
    ['stream: "$", last: "1h30m"', 'BAD_INPUT', 'is no duration'],
    ['stream: "$", last: "1h", from: "2026-01-01T00:00:00Z"', 'BAD_INPUT', 'not both'],
    ['stream: "$"', 'BAD_INPUT', 'Give last'],
    ['stream: "$", from: "yesterday"', 'BAD_INPUT', 'from is "yesterday"'],
    ['stream: "$", last: "1h", first: 1001', 'BAD_INPUT', '1 to 1000'],
    ['stream: "7d444840-9dc0-11d1-b245-5ffdce74fad2", last: "1h"', 'BAD_INPUT', 'version 4'],
    ['stream: "00000000-0000-4000-8000-000000000000", last: "1h"', 'NOT_FOUND', 'no stream'],
  ])('refuses %s', async (args, code, message) => {
    const { uuid } = await makeStream();
    const { errors } = await ask(args.replace('$', uuid));
    expect(errors?.[0]).toMatchObject({ message: expect.stringContaining(message), extensions: { code } });
  });

  it('is for peers, not for readers and strangers', async () => {
    const { uuid } = await makeStream();
    const args = `stream: "${uuid}", last: "1h"`;
    expect((await ask(args, '')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    await db.database.prisma.peer.updateMany({
      where: { publicKey: key.publicKey },
      data: { role: 'READER' },
    });
    api.domain.peers.hear({ kind: 'everything' });
    expect((await ask(args)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});
