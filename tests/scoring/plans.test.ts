import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { condition } from '../../schema/filter/condition.ts';
import { allOf, EVERYTHING } from '../../schema/filter/form.ts';
import type { StreamDocument } from '../../schema/log-entry.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { PredictedTenants } from '../../server/domain/prediction/predicted-tenants.ts';
import { type Database, openDatabase } from '../../server/storage/database.ts';
import type { EmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { allPages } from '../support/all-pages.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { explainEverything, VisitedRows } from '../support/visited-rows.ts';

const STREAMS = 12;
const PEERS = 20;
const ROUNDS = 16;
/** Rows a statement may visit more in the last round than in an early one: what reads a bounded past has more of it. */
const SLACK = 1_500;

let directory: string;
let postgres: EmbeddedPostgres;
let database: Database;
let domain: OpenDomain;
let author: Actor;
let peers: readonly Actor[];
let streams: readonly StreamDocument[];
let ids: readonly number[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-test-'));
  postgres = await startEmbeddedPostgres(directory);
  const quiet = { info: () => undefined, warn: () => undefined };
  await (await openDatabase(postgres.url, 4, quiet)).close();
  await explainEverything(postgres.url);
  database = await openDatabase(postgres.url, 10, quiet);
  domain = await openTestDomain(database);
  author = await makeActor(database, 'author');
  peers = await Promise.all(Array.from({ length: PEERS }, (_, n) => makeActor(database, `peer ${n}`)));
  const made: StreamDocument[] = [];
  for (let n = 0; n < STREAMS; n += 1) made.push(await domain.streams.create(author, { name: `s${n}` }));
  streams = made;
  ids = made.map(({ serverId }) => serverId);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('on tables that grow from nothing and were never analysed, with plans of the first execution', () => {
  it('no statement of ingest, scoring or the consensus visits more rows as the history grows', async () => {
    const visited = new VisitedRows(join(directory, 'postgres.log'));
    const rounds: ReadonlyMap<string, number>[] = [];
    await publish(0);
    for (let round = 1; round <= ROUNDS; round += 1) {
      await predict(round);
      await domain.forecaster.catchUp('default');
      await publish(round);
      await domain.scorer.catchUp('default');
      await domain.forecaster.catchUp('default');
      rounds.push(await visited.since());
    }
    const [early, late] = [rounds[3] ?? new Map(), rounds.at(-1) ?? new Map()];
    expect(late.size).toBeGreaterThan(15);
    const grown = [...late].filter(([query, rows]) => rows > 1.5 * (early.get(query) ?? 0) + SLACK);
    expect(grown.map(([query, rows]) => `${early.get(query)} → ${rows}: ${query.slice(0, 200)}`)).toEqual([]);
  });
});

it('readers of predictions, scores, ranks and the consensus visit what they give, whatever there is beside it', async () => {
  const visited = new VisitedRows(join(directory, 'postgres.log'));
  const total = STREAMS * PEERS * ROUNDS;
  const page = { limit: 10, backward: true };
  const one = condition('prediction', 'stream.uuid', 'eq', streams[3]?.uuid);
  const mine = condition('prediction', 'peer.publicKey', 'eq', peers[2]?.peer.publicKey);
  const { predictions, scores, consensus } = domain;
  const asked: [name: string, most: number, ask: () => Promise<unknown>][] = [
    ['predictions', 1_000, () => predictions.list('default', EVERYTHING, page)],
    ['of a stream', 4 * total, () => predictions.list('default', one, page)],
    ['by a peer', 4 * total, () => predictions.list('default', mine, page)],
    ['of both', 4 * total, () => predictions.list('default', allOf([one, mine]), page)],
    ['of nobody', 100, () => predictions.list('nobody', EVERYTHING, page)],
    ['scores', 2_000, () => scores.ofPredictions('default', recent)],
    ['consensus', 1_000, () => consensus.of('default', ids)],
  ];
  const { items } = await predictions.list('default', EVERYTHING, { limit: 100, backward: true });
  const recent = items.map(({ node }) => node.id);
  expect(recent).toHaveLength(100);
  for (const [name, most, ask] of asked) {
    await visited.since();
    await ask();
    const rows = [...(await visited.since()).values()].reduce((sum, each) => sum + each, 0);
    expect(rows, name).toBeLessThan(most);
  }
});

it('a tenant without predictions is told without reading the predictions of others, where one has nearly all of them', async () => {
  const visited = new VisitedRows(join(directory, 'postgres.log'));
  await database.pool.query('ANALYZE predictions');
  await visited.since();
  expect(await new PredictedTenants(database.pool).has('nobody')).toBe(false);
  const asked = [...(await visited.since())].filter(([query]) => query.includes('FROM predictions'));
  expect(asked).toHaveLength(1);
  expect(asked[0]?.[1]).toBeLessThanOrEqual(1);
});

it('times that may be taken are looked up each, and not by reading the table', async () => {
  const visited = new VisitedRows(join(directory, 'postgres.log'));
  const past = Array.from({ length: 5_000 }, (_, n) => ({
    ...{ streamUuid: streams[0]?.uuid ?? '', value: n },
    observedAt: new Date(1_600_000_000_000 + n * 1_000).toISOString(),
  }));
  expect((await domain.observations.publish(author, past)).successful).toBe(past.length);
  await visited.since();
  const again = past.filter((_, n) => n % 10 === 0);
  expect((await domain.observations.publish(author, again)).duplicates).toBe(again.length);
  const asked = [...(await visited.since())].filter(([query]) => query.includes('superseded_at IS NULL'));
  expect(asked).toHaveLength(1);
  expect(asked[0]?.[1]).toBeLessThan(8 * again.length);
});

it('the newest of each stream is looked up, also where it was taken back, and not by reading all that the tenant has', async () => {
  const visited = new VisitedRows(join(directory, 'postgres.log'));
  const { observations, reader } = domain;
  const newest = async () => {
    const found = await observations.latestOf('default', ids);
    return ids.map((id) => found.get(id)?.observedAt ?? 0);
  };
  const before = await newest();
  for (const [n, streamServerId] of ids.entries()) {
    for (const steps of n === 0 ? [0, 1, 2, 3] : [0]) {
      const observedAt = (before[n] ?? 0) - steps * 60_000;
      expect(await observations.retract(author, { streamServerId, observedAt })).toBe(true);
    }
  }
  expect(await newest()).toEqual(before.map((at, n) => at - (n === 0 ? 4 : 1) * 60_000));
  await visited.since();
  expect(await observations.latest('default', EVERYTHING, STREAMS)).toHaveLength(STREAMS);
  expect(await allPages((await reader.snapshot('default', EVERYTHING)).pages)).toHaveLength(STREAMS);
  const asked = [...(await visited.since())].filter(([query]) =>
    /last_observed_at|position = ANY/.test(query),
  );
  // The newest by one, a snapshot by where it is and then what is there.
  expect(asked).toHaveLength(3);
  for (const [, rows] of asked) expect(rows).toBeLessThan(20 * STREAMS);
});

async function publish(round: number): Promise<void> {
  const items = streams.map(({ uuid }, n) => ({
    ...{ streamUuid: uuid, value: Math.sin(round + n).toFixed(6) },
    observedAt: new Date(1_700_000_000_000 + round * 60_000).toISOString(),
  }));
  expect((await domain.observations.publish(author, items)).successful).toBe(STREAMS);
}

async function predict(round: number): Promise<void> {
  const bases = [...(await domain.observations.latestOf('default', ids)).values()];
  const reports = await Promise.all(
    peers.map((peer, n) =>
      domain.predictions.submit(
        peer,
        bases.map(({ stream, hash }) => ({
          ...{ streamUuid: stream.uuid, baseHash: hash, value: Math.cos(round * n).toFixed(6) },
        })),
      ),
    ),
  );
  expect(reports.every(({ successful }) => successful === STREAMS)).toBe(true);
}
