import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type LogEntry,
  type ObservationDocument,
  TOPICS,
  type WrittenTopic,
} from '../../schema/log-entry.ts';
import type { Actor } from '../../server/domain/actor.ts';
import { appendConsensus } from '../../server/domain/consensus/append-consensus.ts';
import { PastMemory } from '../../server/domain/consensus/past-memory.ts';
import { CommitFeed } from '../../server/domain/log/commit-feed.ts';
import { LogWriter } from '../../server/domain/log/log-writer.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { CONSENSUS_KEY, consensusPeer } from '../../server/domain/scoring/consensus-peer.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { bruteForce, numbersOf } from './brute-force.ts';
import { Network } from './network.ts';

const WRITTEN: readonly WrittenTopic[] = TOPICS.filter((topic): topic is WrittenTopic => topic !== 'lineage');
/** Targets of each stream: more than the peers' window of 48, so that it moves, too. */
const STEPS = 60;

let db: TestDatabase;
let domain: OpenDomain;
let author: Actor;
let peers: readonly Actor[];
const announced: LogEntry[] = [];
beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
  domain.log.onCommit((_tenant, entries) => announced.push(...entries));
  author = await makeActor(db.database, 'author');
  peers = await Promise.all(['ada', 'bob', 'cyd', 'dan', 'eve'].map((name) => makeActor(db.database, name)));
});
afterAll(() => db.close());

/** Lets the scorer and the consensus catch up, in any process. */
async function settle(on: OpenDomain = domain): Promise<void> {
  await on.scorer.catchUp('default');
  await on.forecaster.catchUp('default');
}

async function present(network: Network) {
  return (await domain.consensus.of('default', [network.stream.serverId])).get(network.stream.serverId);
}

async function wholeLog(): Promise<readonly LogEntry[]> {
  const through = await domain.reader.head('default');
  return (await domain.reader.read({ tenant: 'default', topics: WRITTEN, after: 0, through, limit: 100_000 }))
    .entries;
}

describe('the consensus', () => {
  it('is what the log gives when it is walked from the beginning', async () => {
    const networks = [await Network.open(domain, author, 'wave'), await Network.open(domain, author, 'walk')];
    const pooled = networks.map(() => new Map<number, number>());
    let walk = 0;
    const value = (which: number, at: number) => (which === 0 ? 100 + 10 * Math.sin(at / 3) : 50 + walk);
    for (let step = 0; step < STEPS; step++) {
      walk += Math.sin(step * 12.9898) * 2;
      const bases: ObservationDocument[] = [];
      for (const [which, network] of networks.entries())
        bases.push(await network.observe(Number(value(which, step).toFixed(3))));
      await settle();
      for (const [index, peer] of peers.entries()) {
        if ((step + index) % 7 === 0) continue;
        const wrong = index === 4 ? 1_000 : index * Math.sin(step * (index + 1));
        for (const [which, network] of networks.entries()) {
          const base = bases[which] ?? expect.fail();
          const said = Number((value(which, step + 1) + wrong).toFixed(3));
          await network.predict(peer, base, said, index < 2 ? index + 1 : undefined);
        }
        if ((step + index) % 11 === 0) await settle();
      }
      await settle();
      if (step % 9 === 0) await settle();
      for (const [which, network] of networks.entries()) {
        const expected = bruteForce(announced, network.stream.serverId, pooled[which] ?? new Map());
        if (expected) pooled[which]?.set(bases[which]?.position ?? 0, expected.pooled);
        const found = numbersOf(await present(network));
        const wanted = numbersOf(expected);
        expect(found?.length).toBe(wanted?.length);
        for (const [at, one] of (wanted ?? []).entries()) expect(found?.[at]).toBeCloseTo(one, 2);
      }
    }
    const last = await present(networks[0] ?? expect.fail());
    expect(last?.contributors).toBeGreaterThan(2);
    expect(last?.quantiles.map(({ level }) => level)).toEqual([0.1, 0.25, 0.5, 0.75, 0.9]);
  });

  it('reads the same from the log as it was announced', async () => {
    const entries = await wholeLog();
    expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
    const consensus = entries.filter(({ topic }) => topic === 'consensus');
    expect(consensus).toEqual(announced.filter(({ topic }) => topic === 'consensus'));
    expect(new Set(consensus.map(({ type }) => type))).toEqual(new Set(['CREATE', 'UPDATE']));
  });

  it('is on the leaderboard like a peer, by the entries that stood when the targets came', async () => {
    const [streams] = [await domain.streams.find('default', { name: 'wave' })];
    const board = await domain.scores.leaderboard('default', {
      streamUuid: streams?.uuid ?? '',
      window: 100,
      first: 10,
    });
    const mine = board.find(({ peer }) => peer.publicKey === CONSENSUS_KEY);
    expect(mine?.scored).toBeGreaterThan(STEPS - 10);
    expect(mine?.skill).toBeGreaterThan(0.5);
    const entries = await wholeLog();
    const predicted = entries.filter(
      (entry) => entry.topic === 'prediction' && entry.document.peer.publicKey === CONSENSUS_KEY,
    );
    const shown = entries.filter((entry) => entry.topic === 'consensus');
    const lastBy = (list: readonly LogEntry[]) =>
      new Map(
        list.flatMap((e) =>
          e.topic === 'prediction' || e.topic === 'consensus'
            ? [[e.document.base.position, e.document.value]]
            : [],
        ),
      );
    expect(lastBy(predicted)).toEqual(lastBy(shown));
  });

  it('is made next to the greatest decimal there is, too, and stops for no stream after it', async () => {
    const [peer] = peers;
    const [great, small] = [
      await Network.open(domain, author, 'great'),
      await Network.open(domain, author, 'small'),
    ];
    const greatest = '9'.repeat(35);
    const base = await great.observe(greatest);
    await great.predict(peer ?? expect.fail(), base, greatest);
    await small.predict(peer ?? expect.fail(), await small.observe(1), 3);
    await settle();
    expect(await present(great)).toMatchObject({ value: greatest, contributors: 1 });
    expect(await present(small)).toMatchObject({ value: '2', contributors: 1 });
  });

  it('learns from no more of a past than it is told to, however long it follows it', async () => {
    const network = await Network.open(domain, author, 'long');
    const peer = peers[0] ?? expect.fail();
    const grow = async (steps: number) => {
      for (let step = 0; step < steps; step += 1) {
        await network.predict(peer, await network.observe(step), step + 10);
        await settle();
      }
    };
    await grow(8);
    const { serverId } = network.stream;
    const known = async (memory: PastMemory) => {
      const targets = (await memory.targets('default', [serverId])).get(serverId) ?? [];
      const said = await memory.histories(new Map([[serverId, [peer.peer.id]]]));
      return [targets.map(({ naive }) => naive), said.get(serverId)?.get(peer.peer.id)];
    };
    const memory = new PastMemory(db.database.pool, 5);
    expect(await known(memory)).toEqual([
      [2, 3, 4, 5, 6],
      [12, 13, 14, 15, 16],
    ]);
    await grow(2);
    expect(await known(memory)).toEqual([
      [4, 5, 6, 7, 0],
      [14, 15, 16, 17, 10],
    ]);
  });

  it('writes nothing when nothing changed, in this process or the next', async () => {
    await settle();
    const head = await domain.reader.head('default');
    await db.database.pool.query("UPDATE log_consumers SET position = 0 WHERE name = 'consensus'");
    await settle(await openTestDomain(db.database));
    expect(await domain.reader.head('default')).toBe(head);
  });

  it('is none before somebody predicted, and stays what it was when the target came', async () => {
    const network = await Network.open(domain, author, 'quiet');
    const base = await network.observe(5);
    await settle();
    expect(await present(network)).toBeUndefined();
    await network.predict(peers[0] ?? author, base, 6);
    await settle();
    expect(await present(network)).toMatchObject({ contributors: 1, base: { position: base.position } });
    const final = await present(network);
    await network.observe(7);
    await settle();
    expect(await present(network)).toEqual(final);
  });

  it('does not forecast a target that came while it was being made', async () => {
    const network = await Network.open(domain, author, 'race');
    const base = await network.observe(1);
    await network.predict(peers[0] ?? author, base, 2);
    await network.observe(2);
    await settle();
    expect(await present(network)).toBeUndefined();
  });

  it('drops under the lock what was made before the target came', async () => {
    const network = await Network.open(domain, author, 'locked');
    const base = await network.observe(1);
    const draft = { base, value: '2', quantiles: [], contributors: 1, pooled: 2 };
    await network.observe(2);
    const head = await domain.reader.head('default');
    const { pool } = db.database;
    const writer = new LogWriter(db.database.tenants, new CommitFeed(() => expect.fail()), Date.now);
    await appendConsensus(writer, 'default', await consensusPeer(pool, 'default'), [draft]);
    expect(await domain.reader.head('default')).toBe(head);
  });

  it('follows a correction of its base', async () => {
    const network = await Network.open(domain, author, 'corrected');
    const base = await network.observe(10);
    await network.predict(peers[0] ?? author, base, 20);
    await settle();
    expect((await present(network))?.value).toBe('15');
    await domain.observations.correct(
      author,
      { streamServerId: network.stream.serverId, observedAt: base.observedAt },
      '12',
    );
    await settle();
    expect(await present(network)).toMatchObject({ value: '16', revision: 1, base: { value: '12' } });
  });

  it('learns anew from a past that was revised, or that something came late into', async () => {
    const network = await Network.open(domain, author, 'revised');
    const bases: ObservationDocument[] = [];
    for (let step = 0; step < 30; step += 1) {
      const base = await network.observe(100 + 10 * Math.sin(step / 2));
      await settle();
      bases.push(base);
      for (const [index, peer] of peers.entries()) {
        const value = 100 + 10 * Math.sin((step + 1) / 2) + index * Math.sin(step * (index + 2));
        await network.predict(peer, base, Number(value.toFixed(3)), 2);
      }
      await settle();
    }
    const ref = (at: number) => ({
      streamServerId: network.stream.serverId,
      observedAt: bases[at]?.observedAt ?? expect.fail(),
    });
    const afresh = async () => {
      const head = await domain.reader.head('default');
      await db.database.pool.query("UPDATE log_consumers SET position = 0 WHERE name = 'consensus'");
      await settle(await openTestDomain(db.database));
      expect(await domain.reader.head('default')).toBe(head);
      // The work was done elsewhere meanwhile: what is remembered here no longer counts.
      await settle();
      expect(await domain.reader.head('default')).toBe(head);
    };
    const before = await present(network);
    await domain.observations.correct(author, ref(20), 130);
    await settle();
    expect(await present(network)).not.toEqual(before);
    await afresh();
    await domain.observations.retract(author, ref(12));
    await domain.observations.publish(author, [
      {
        ...{ streamUuid: network.stream.uuid, value: 90 },
        observedAt: new Date(ref(25).observedAt + 1).toISOString(),
      },
    ]);
    await network.predict(peers[0] ?? author, bases.at(-1) ?? expect.fail(), 99, 2);
    await settle();
    await afresh();
  });

  it('gives a snapshot as of a position, after which nothing is missing', async () => {
    const before = await domain.reader.head('default');
    const { position, items } = await domain.consensus.snapshot('default', {
      kind: 'is',
      field: 'stream.tags',
      op: 'contains',
      value: 'net',
    });
    expect(position).toBe(before);
    const newest = new Map(
      (await wholeLog()).flatMap((e) =>
        e.topic === 'consensus' ? [[e.document.stream.name, e.document]] : [],
      ),
    );
    expect(new Map(items.map((one) => [one.stream.name, one]))).toEqual(newest);
  });
});
