import { setImmediate as endOfTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromWhere } from '../schema/filter/from-where.ts';
import { followsChain, GENESIS } from '../schema/hash-chain.ts';
import type { LogEntry, ObservationDocument, Position, StreamDocument } from '../schema/log-entry.ts';
import { randomFrom } from '../schema/seeded-random.ts';
import type { Actor } from '../server/domain/actor.ts';
import { snapshotPositions } from '../server/domain/log/snapshot-positions.ts';
import { newestAsOfSql } from '../server/domain/observation/newest-sql.ts';
import type { OpenDomain } from '../server/domain/open-domain.ts';
import { openDatabase } from '../server/storage/database.ts';
import { allPages } from './support/all-pages.ts';
import { openTestDatabase, type TestDatabase } from './support/database.ts';
import { makeActor, openTestDomain } from './support/domain.ts';

let db: TestDatabase;
let domain: OpenDomain;
let actor: Actor;
beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
  actor = await makeActor(db.database, 'ada');
});
afterAll(() => db.close());

/** The same numbers at every run. */
const seeded = randomFrom(7);
const random = (below: number): number => Math.floor(seeded() * below);

const at = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();
const everything = { tenant: 'default', topics: ['observation', 'prediction', 'stream'] as const };

async function readAll(): Promise<readonly LogEntry[]> {
  const through = await domain.reader.head('default');
  const { entries } = await domain.reader.read({ ...everything, after: 0, through, limit: 100_000 });
  return entries;
}

describe('publishing observations', () => {
  it('judges every item on its own', async () => {
    const stream = await domain.streams.create(actor, { name: 'judged' });
    const other = await makeActor(db.database, 'eve');
    await domain.streams.create(other, { name: 'of eve' });
    const report = await domain.observations.publish(actor, [
      { streamUuid: stream.uuid, value: '1.50', observedAt: at(0) },
      { streamName: 'judged', value: 'abc', observedAt: at(1) },
      { streamName: 'judged', value: 2, observedAt: 'yesterday' },
      { streamName: 'nowhere', value: 2 },
      { streamUuid: 'not-a-uuid', value: 2 },
      { value: 2 },
      { streamName: 'of eve', value: 2 },
      { streamName: 'judged', value: 2, observedAt: '9999-01-01T00:00:00Z' },
      { streamName: 'judged', value: 2, provider: 'x'.repeat(201) },
      { streamName: 'judged', value: 2, provider: 'a\0b' },
      { streamName: 'judged', value: '1.5', observedAt: at(0) },
      { streamName: 'judged', value: '1.6', observedAt: at(0) },
      { streamName: 'judged', value: '1e-3', observedAt: at(-5) },
    ]);
    expect(report).toMatchObject({ successful: 2, duplicates: 1, failed: 10 });
    expect(report.errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 'BAD_VALUE'],
      [2, 'BAD_TIME'],
      [3, 'UNKNOWN_STREAM'],
      [4, 'UNKNOWN_STREAM'],
      [5, 'UNKNOWN_STREAM'],
      [6, 'FORBIDDEN'],
      [7, 'BAD_TIME'],
      [8, 'TOO_LONG'],
      [9, 'BAD_TEXT'],
      [10, 'DUPLICATE'],
      [11, 'CONFLICT'],
    ]);
    const refs = report.observations.map((ref) => ref?.observedAt);
    expect(refs[0]).toBe(refs[10]);
    const found = await domain.observations.find('default', {
      streamServerId: stream.serverId,
      observedAt: 1_700_000_000_000 - 5,
    });
    expect(found).toMatchObject({ value: '0.001', provider: 'ada', revision: 0, retracted: false });
  });

  it('changes nothing the second time', async () => {
    const { name } = await domain.streams.create(actor, { name: 'twice' });
    const items = Array.from({ length: 500 }, (_, i) => ({ streamName: name, value: i, observedAt: at(i) }));
    const first = await domain.observations.publish(actor, items);
    const head = await domain.reader.head('default');
    const second = await domain.observations.publish(actor, items);
    expect(first).toMatchObject({ successful: 500, duplicates: 0, failed: 0 });
    expect(second).toMatchObject({ successful: 0, duplicates: 500, failed: 0 });
    expect(second.observations).toEqual(first.observations);
    expect(await domain.reader.head('default')).toBe(head);
  });

  it('sends nothing behind a batch that another process was quicker than', async () => {
    const { uuid } = await domain.streams.create(actor, { name: 'overtaken' });
    // Another process has connections of its own. Peers that are known are not looked up, so that both calls below wait
    // when their turn comes.
    const database = await openDatabase(db.url, 10, { info: () => undefined, warn: () => undefined });
    const one = await openTestDomain(database, {}, new Map([[actor.peer.publicKey, actor]]));
    const rows = (first: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({ streamUuid: uuid, value: n, observedAt: at(first + n) }));
    // From now on it remembers the head, and the end of the stream's chain.
    await one.observations.publish(actor, rows(0, 1));
    // Another moves the head exactly as far as the next batch would have, so that the number alone does not tell.
    await domain.observations.publish(actor, rows(1, 1_000));
    const reports = await Promise.all([
      one.observations.publish(actor, rows(1_001, 1_000)),
      one.observations.publish(actor, rows(2_001, 1_000)),
    ]);
    expect(reports.map(({ successful }) => successful)).toEqual([1_000, 1_000]);
    expect(await domain.observations.verifyChain('default', uuid)).toMatchObject({
      ok: true,
      checked: 3_001,
    });
  });

  it('gives observations without a time one that is free, however fast they come', async () => {
    const { uuid } = await domain.streams.create(actor, { name: 'now' });
    const calls = Array.from({ length: 50 }, () =>
      domain.observations.publish(actor, [
        { streamUuid: uuid, value: 1 },
        { streamUuid: uuid, value: 2 },
      ]),
    );
    for (const report of await Promise.all(calls)) expect(report.successful).toBe(2);
  });

  it('takes calls that come in one turn of the event loop by one statement', async () => {
    const { name, serverId } = await domain.streams.create(actor, { name: 'gathered' });
    const { observations } = await openTestDomain(db.database, {}, new Map([[actor.peer.publicKey, actor]]));
    // From now on what they need to know is remembered.
    await observations.publish(actor, [{ streamName: name, value: 0 }]);
    // As requests come: each has been taken before the next is.
    await Promise.all(
      Array.from({ length: 20 }, async (_, value) => {
        await endOfTurn();
        await observations.publish(actor, [{ streamName: name, value }]);
      }),
    );
    const { rows } = await db.database.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM observations WHERE stream_id = $1 GROUP BY xmin::text ORDER BY 1',
      [serverId],
    );
    expect(rows.map(({ count }) => count)).toEqual([1, 20]);
  });

  it('refuses calls of the wrong size', async () => {
    await expect(domain.observations.publish(actor, [])).rejects.toMatchObject({ code: 'BAD_INPUT' });
    const many = new Array(10_001).fill({ streamName: 'judged', value: 1 });
    await expect(domain.observations.publish(actor, many)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});

describe('revisions', () => {
  it('corrects, retracts and restores, each a link of the chain and an entry with what was before', async () => {
    const stream = await domain.streams.create(actor, { name: 'revised' });
    const ref = { streamServerId: stream.serverId, observedAt: 1_700_000_000_000 };
    await domain.observations.publish(actor, [{ streamUuid: stream.uuid, value: 1, observedAt: at(0) }]);
    const start = await domain.reader.head('default');
    expect(await domain.observations.correct(actor, ref, '2')).toMatchObject({ value: '2', revision: 1 });
    expect(await domain.observations.correct(actor, ref, '2.0')).toMatchObject({ value: '2', revision: 1 });
    expect(await domain.observations.retract(actor, ref)).toBe(true);
    expect(await domain.observations.retract(actor, ref)).toBe(false);
    expect(await domain.observations.find('default', ref)).toBeUndefined();
    const again = await domain.observations.publish(actor, [
      { streamUuid: stream.uuid, value: 2, observedAt: at(0) },
    ]);
    expect(again.errors).toMatchObject([{ code: 'RETRACTED' }]);
    await domain.observations.correct(actor, ref, '2');
    await domain.observations.publish(actor, [{ streamUuid: stream.uuid, value: 3, observedAt: at(1) }]);
    const entries = (await readAll()).filter((entry) => entry.position > start);
    expect(
      entries.map((entry) => [entry.type, entry.before && 'value' in entry.before && entry.before.value]),
    ).toEqual([
      ['UPDATE', '1'],
      ['DELETE', '2'],
      ['CREATE', undefined],
      ['CREATE', undefined],
    ]);
    expect(await domain.observations.verifyChain('default', stream.uuid)).toMatchObject({
      ok: true,
      checked: 5,
    });
  });

  it('leave the newest that stands as the latest of its stream, of streams the newest first', async () => {
    const made = await Promise.all(
      [1, 2, 3].map((n) => domain.streams.create(actor, { name: `latest ${n}`, tags: ['latest'] })),
    );
    const [first, second, third] = made;
    const publish = (stream: (typeof made)[number] | undefined, times: readonly number[]) =>
      domain.observations.publish(
        actor,
        times.map((ms) => ({ streamUuid: stream?.uuid, value: ms, observedAt: at(ms) })),
      );
    await publish(first, [1, 2, 3, 9]);
    await publish(second, [4]);
    await publish(third, [7]);
    const retract = (stream: (typeof made)[number] | undefined, ms: number) =>
      domain.observations.retract(actor, {
        streamServerId: stream?.serverId ?? 0,
        observedAt: 1_700_000_000_000 + ms,
      });
    const tagged = fromWhere('stream', { tags: { contains: 'latest' } });
    const latest = async (limit: number) => {
      const found = await domain.observations.latest('default', tagged, limit);
      return found.map(({ stream, value }) => `${stream.name}: ${value}`);
    };
    expect(await latest(10)).toEqual(['latest 1: 9', 'latest 3: 7', 'latest 2: 4']);
    await retract(first, 9);
    await retract(second, 4);
    expect(await latest(10)).toEqual(['latest 3: 7', 'latest 1: 3']);
    expect(await latest(1)).toEqual(['latest 3: 7']);
    await retract(first, 2);
    await retract(first, 3);
    expect(await latest(10)).toEqual(['latest 3: 7', 'latest 1: 1']);
    const ids = made.map(({ serverId }) => serverId);
    expect([...(await domain.observations.latestOf('default', ids)).keys()].sort()).toEqual(
      [first?.serverId, third?.serverId].sort(),
    );
  });

  it('is for the author, of an observation that is there', async () => {
    const stream = await domain.streams.create(actor, { name: 'guarded' });
    const ref = { streamServerId: stream.serverId, observedAt: 1_700_000_000_000 };
    await expect(domain.observations.correct(actor, ref, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await domain.observations.publish(actor, [{ streamUuid: stream.uuid, value: 1, observedAt: at(0) }]);
    const eve = await makeActor(db.database, 'eve');
    await expect(domain.observations.retract(eve, ref)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(domain.observations.correct(actor, ref, 'x')).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  it('finds a link that was tampered with', async () => {
    const stream = await domain.streams.create(actor, { name: 'tampered' });
    const items = [1, 2, 3].map((value) => ({ streamUuid: stream.uuid, value, observedAt: at(value) }));
    await domain.observations.publish(actor, items);
    await db.database.pool.query('UPDATE observations SET value = 9 WHERE stream_id = $1 AND value = 2', [
      stream.serverId,
    ]);
    const report = await domain.observations.verifyChain('default', stream.uuid);
    expect(report).toMatchObject({ ok: false, checked: 1, firstBad: { value: '9' } });
  });
});

describe('predictions', () => {
  it('takes them while their target is open, replaces and recognises them', async () => {
    const stream = await domain.streams.create(actor, { name: 'predicted' });
    await domain.observations.publish(actor, [
      { streamUuid: stream.uuid, value: 1, observedAt: at(1) },
      { streamUuid: stream.uuid, value: 2, observedAt: at(2) },
    ]);
    const page = { limit: 10, backward: false };
    const filter = fromWhere('observation', { stream: { uuid: { eq: stream.uuid } } });
    const { items } = await domain.observations.list('default', filter, page);
    const [first = '', second = ''] = items.map(({ node }) => node.hash);
    const item = { streamUuid: stream.uuid, value: '3', baseHash: second };
    const quantiles = [
      { level: 0.1, value: 1 },
      { level: 0.9, value: '4.50' },
    ];
    const report = await domain.predictions.submit(actor, [
      { ...item, quantiles },
      { ...item, baseHash: first },
      { ...item, baseHash: first, horizon: 2 },
      { ...item, baseHash: 'f'.repeat(64) },
      { ...item, streamUuid: crypto.randomUUID() },
      { ...item, value: 'x' },
      { ...item, horizon: 65 },
      { ...item, quantiles: [...quantiles].reverse() },
      { ...item, value: '3.0', quantiles },
      { ...item, value: '3.5' },
    ]);
    expect(report).toMatchObject({ successful: 3, duplicates: 1, failed: 6 });
    expect(report.errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 'LATE'],
      [3, 'UNKNOWN_BASE'],
      [4, 'UNKNOWN_STREAM'],
      [5, 'BAD_VALUE'],
      [6, 'BAD_HORIZON'],
      [7, 'BAD_QUANTILES'],
      [8, 'DUPLICATE'],
    ]);
    expect(report.predictions[9]).toBe(report.predictions[0]);
    const found = await domain.predictions.find('default', report.predictions[0] ?? 0);
    expect(found).toMatchObject({ value: '3.5', revision: 1, base: { hash: second }, quantiles: [] });
    await domain.observations.publish(actor, [{ streamUuid: stream.uuid, value: 4, observedAt: at(3) }]);
    expect((await domain.predictions.submit(actor, [item])).errors).toMatchObject([{ code: 'LATE' }]);
    const mine = fromWhere('prediction', { stream: { uuid: { eq: stream.uuid } } });
    expect((await domain.predictions.list('default', mine, page)).items).toHaveLength(2);
  });

  it('takes them from what an observation was or is, and not from its tombstone', async () => {
    const stream = await domain.streams.create(actor, { name: 'a base that changes' });
    const written: LogEntry[] = [];
    const stop = domain.log.onCommit((_tenant, entries) => written.push(...entries));
    await domain.observations.publish(actor, [{ streamUuid: stream.uuid, value: 1, observedAt: at(0) }]);
    const ref = { streamServerId: stream.serverId, observedAt: 1_700_000_000_000 };
    await domain.observations.correct(actor, ref, 2);
    await domain.observations.retract(actor, ref);
    stop();
    const hashes = written.flatMap((entry) => (entry.topic === 'observation' ? [entry.document.hash] : []));
    const items = hashes.map((baseHash, value) => ({ streamUuid: stream.uuid, value, baseHash }));
    const report = await domain.predictions.submit(actor, items);
    expect(report.errors).toMatchObject([{ index: 2, code: 'UNKNOWN_BASE' }]);
    expect(report).toMatchObject({ successful: 2, duplicates: 0, failed: 1 });
  });
});

describe('the log as a whole', () => {
  it('has every position once, in order, and reads the same as it was announced', async () => {
    const announced: LogEntry[] = [];
    const from = await domain.reader.head('default');
    const stop = domain.log.onCommit((_tenant, entries) => announced.push(...entries));
    const stream = await domain.streams.create(actor, { name: 'announced', tags: ['a', 'b'] });
    const publish = (ms: number) =>
      domain.observations.publish(actor, [{ streamUuid: stream.uuid, value: ms, observedAt: at(ms) }]);
    await Promise.all(Array.from({ length: 100 }, (_, i) => publish((i * 37) % 101)));
    const [base] = await domain.observations.latest('default', fromWhere('stream', {}), 1);
    const item = { streamUuid: base?.stream.uuid ?? '', baseHash: base?.hash ?? '' };
    await domain.predictions.submit(actor, [{ ...item, value: 1, quantiles: [{ level: 0.5, value: '1' }] }]);
    await domain.predictions.submit(actor, [{ ...item, value: 2 }]);
    await domain.observations.correct(
      actor,
      { streamServerId: stream.serverId, observedAt: 1_700_000_000_000 },
      '7',
    );
    stop();
    const read = await readAll();
    expect(read.map((entry) => entry.position)).toEqual(read.map((_, index) => index + 1));
    expect(read.slice(from)).toEqual(announced);
  });

  it('reads in pages of any size what it reads at once', async () => {
    const whole = await readAll();
    const head = await domain.reader.head('default');
    // Pages of one at both ends, where entries of all topics are among each other; what is between is of one.
    const stretches = [
      { limit: 1, from: 0, through: 100 },
      { limit: 1, from: head - 100, through: head },
      ...[7, 100].map((limit) => ({ limit, from: 0, through: head })),
    ];
    for (const { limit, from, through } of stretches) {
      const entries: LogEntry[] = [];
      for (let after = from; after < through; ) {
        const page = await domain.reader.read({ ...everything, after, through, limit });
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        expect(page.through).toBeGreaterThan(after);
        entries.push(...page.entries);
        after = page.through;
      }
      expect(entries).toEqual(whole.slice(from, through));
      const topics = new Set(entries.map(({ topic }) => topic));
      expect(topics.size).toBeGreaterThan(1);
    }
  });

  it('takes a snapshot as of one position, whatever is written while it looks at stream after stream', async () => {
    const made: StreamDocument[] = [];
    for (let n = 0; n < 8; n += 1) made.push(await domain.streams.create(actor, { name: `snap ${n}` }));
    const filter = fromWhere('observation', { stream: { name: { contains: 'snap' } }, value: { lt: '90' } });
    const taken: { head: Position; positions: readonly Position[] }[] = [];
    for (let round = 0; round < 3; round += 1) {
      await write(made);
      const head = await domain.reader.head('default');
      const reads = db.database.queries.of('default');
      const between: Pick<typeof reads, 'query'> = {
        query: async (...args: Parameters<typeof reads.query>) => {
          await write(made);
          return reads.query(...args);
        },
      };
      const of = { filter, join: newestAsOfSql, position: 'o.position' };
      taken.push({
        head,
        positions: await snapshotPositions(between as typeof reads, 'default', head, of, 6),
      });
    }
    const { position, pages } = await domain.reader.snapshot('default', filter);
    // What was found is read when it is taken.
    await write(made);
    const items = await allPages(pages);
    const log = await readAll();
    for (const { head, positions } of taken) expect(positions).toEqual(newestAt(log, head));
    expect(items.map(({ document }) => document)).toEqual(
      newestAt(log, position).map((at) => log[at - 1]?.document),
    );
  });

  /** Something of everything that may become of an observation. */
  async function write(to: readonly StreamDocument[]): Promise<void> {
    const one = () => to[random(to.length)] ?? expect.fail();
    const ref = () => ({ streamServerId: one().serverId, observedAt: 1_700_000_000_000 + random(4) });
    const item = () => ({ streamUuid: one().uuid, value: random(100), observedAt: at(random(4)) });
    await domain.observations.publish(actor, [item(), item(), item()]);
    for (const change of [
      () => domain.observations.correct(actor, ref(), random(100)),
      () => domain.observations.retract(actor, ref()),
    ]) {
      await change().catch((error: unknown) => expect(error).toMatchObject({ code: 'NOT_FOUND' }));
    }
  }

  /** Brute force: where the observations are that such a snapshot has. */
  function newestAt(log: readonly LogEntry[], head: Position): readonly Position[] {
    const present = new Map<string, ObservationDocument>();
    for (const entry of log.slice(0, head)) {
      if (entry.topic !== 'observation' || !entry.document.stream.name.includes('snap')) continue;
      if (entry.type === 'DELETE') present.delete(entry.key);
      else present.set(entry.key, entry.document);
    }
    const newest = new Map<string, ObservationDocument>();
    for (const document of [...present.values()].sort((a, b) => a.observedAt - b.observedAt)) {
      newest.set(document.stream.uuid, document);
    }
    const matching = [...newest.values()].filter(({ value }) => Number(value) < 90);
    return matching.map(({ position }) => position).sort((a, b) => a - b);
  }

  it('keeps every chain whole in log order', async () => {
    const ends = new Map<string, string>();
    for (const entry of await readAll()) {
      if (entry.topic !== 'observation' || entry.document.stream.name === 'tampered') continue;
      const { uuid } = entry.document.stream;
      expect(followsChain(ends.get(uuid) ?? GENESIS, entry.document)).toBe(true);
      ends.set(uuid, entry.document.hash);
    }
  });
});
