import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../schema/log-entry.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { auditScores } from '../../server/domain/scoring/audit/audit-scores.ts';
import { readStreamLog } from '../../server/domain/scoring/audit/read-log.ts';
import { type ExpectedTarget, replay } from '../../server/domain/scoring/audit/replay.ts';
import { recentErrors } from '../../server/domain/scoring/recent-errors.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { bruteForce } from './brute-force.ts';
import { run, STEPS } from './history.ts';

const RUNS = 40;

let db: TestDatabase;
let domain: OpenDomain;
let author: Actor;
let peers: readonly Actor[];
beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
  author = await makeActor(db.database, 'author');
  peers = await Promise.all(['ada', 'bob', 'cyd', 'dan'].map((name) => makeActor(db.database, name)));
});
afterAll(() => db.close());

async function targetsOf(streamId: number): Promise<readonly ExpectedTarget[]> {
  const client = await db.database.pool.connect();
  try {
    return replay(await readStreamLog(client, streamId, Number.MAX_SAFE_INTEGER)).targets;
  } finally {
    client.release();
  }
}

describe('random histories', () => {
  const histories: (readonly ExpectedTarget[])[] = [];
  const announced: LogEntry[] = [];

  it(`of ${RUNS} streams are scored as a replay of the log by hand says`, async () => {
    domain.log.onCommit((_tenant, entries) => announced.push(...entries));
    let serial = 0;
    let accepted = 0;
    let late = 0;
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        serial += 1;
        const done = await run(domain, author, peers, steps, `random ${serial}`);
        accepted += done.accepted;
        late += done.late;
        await domain.scorer.catchUp('default');
        const report = await auditScores(db.database.pool, 'default');
        expect(report.first).toEqual([]);
        const targets = await targetsOf(done.stream.serverId);
        histories.push(targets);
        for (const window of [1, 2, 5, 100]) await compare(done.stream.uuid, [targets], window);
        const [mine] = await recent(done.stream.serverId, 3);
        const [line] = bruteForce([targets], 3, false).filter(({ peerId }) => peerId === mine?.peerId);
        expect(mine?.scored).toBe(line?.scored);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(accepted).toBeGreaterThan(RUNS * 3);
    expect(late).toBeGreaterThan(RUNS);
  });

  it('longer than is looked back are scored as a replay says, too', async () => {
    const { uuid, serverId } = await domain.streams.create(author, { name: 'long' });
    // Wild at first, so that it matters whether what is past is left out.
    const valueAt = (at: number) => String(at < 90 ? (at % 7) * 1_000 : at % 5);
    const timeOf = (at: number) => 1_700_000_000_000 + at * 1_000;
    const known: number[] = [];
    const publish = async (times: readonly number[]) => {
      const items = times.map((at) => ({
        ...{ streamUuid: uuid, value: valueAt(at), observedAt: new Date(timeOf(at)).toISOString() },
      }));
      await domain.observations.publish(author, items);
      known.push(...times);
      known.sort((a, b) => a - b);
    };
    /** Of the observation that so many are later than. */
    const hashBefore = async (followers: number) => {
      const observedAt = timeOf(known.at(-1 - followers) ?? 0);
      const found = await domain.observations.find('default', { streamServerId: serverId, observedAt });
      return found?.hash ?? expect.fail();
    };
    const predict = (peer: Actor | undefined, baseHash: string, horizons: readonly number[]) =>
      domain.predictions.submit(
        peer ?? expect.fail(),
        horizons.map((horizon) => ({ streamUuid: uuid, baseHash, horizon, value: horizon % 6 })),
      );
    const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);
    const [often, far, back] = peers;
    await publish(range(0, 100));
    let accepted = 0;
    for (let at = 100; at < 180; at += 4) {
      const reports = await Promise.all([
        predict(often, await hashBefore(0), [1, 2, 3, 4]),
        predict(far, await hashBefore(0), [1, 61, 62, 63, 64]),
        predict(back, await hashBefore(63), [64]),
        // The target has come.
        predict(back, await hashBefore(64), [64]),
      ]);
      expect(reports.map(({ failed }) => failed)).toEqual([0, 0, 0, 1]);
      accepted += reports.reduce((sum, { successful }) => sum + successful, 0);
      await publish(range(at, 4));
      // Late ones: among the newest, and farther back than anything is aimed at.
      if (at % 16 === 4) await publish([at - 10.5, at - 80.5]);
      if (at % 12 === 4) await domain.scorer.catchUp('default');
    }
    await domain.scorer.catchUp('default');
    expect((await auditScores(db.database.pool, 'default')).first).toEqual([]);
    const targets = await targetsOf(serverId);
    const scored = targets.reduce((sum, { scores }) => sum + scores.size, 0);
    expect([accepted, scored]).toEqual([200, 40]);
    for (const window of [1, 10, 1_000]) await compare(uuid, [targets], window);
    histories.push(targets);
  });

  it('are ranked over all streams as adding up says', async () => {
    for (const window of [1, 3, 1_000]) await compare(null, histories, window);
  });

  it('read the same from the log as they were announced', async () => {
    const through = await domain.reader.head('default');
    const topics = ['observation', 'prediction', 'score', 'stream'] as const;
    const { entries } = await domain.reader.read({
      tenant: 'default',
      topics,
      after: 0,
      through,
      limit: 1e6,
    });
    expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
    expect(entries).toEqual(announced);
    const scores = entries.filter(({ topic }) => topic === 'score');
    expect(new Set(scores.map(({ type }) => type))).toEqual(new Set(['CREATE', 'UPDATE', 'DELETE']));
  });

  it('are found out when a score is not what the log says, whatever of it', async () => {
    const { pool } = db.database;
    const PRESENT = 'superseded_at IS NULL AND NOT voided';
    const set = (change: string) => `UPDATE scores SET ${change} WHERE position = $1`;
    const harm: readonly (readonly [what: RegExp, sql: string, of?: string])[] = [
      [/^has the absolute error/, set('absolute_error = absolute_error + 1e-30')],
      [/^has the naive error/, set('naive_error = naive_error + 1e-30')],
      [
        /^has the scaled error/,
        set('scaled_error = scaled_error + 1'),
        `${PRESENT} AND scaled_error IS NOT NULL`,
      ],
      [/^is scored against position/, set('target_position = target_position + 1')],
      [/^has the CRPS .*, not \d/, set('crps = crps + 1'), `${PRESENT} AND crps > 0`],
      [/^has the CRPS .*, not null/, set('crps = 1'), `${PRESENT} AND crps IS NULL`],
      [/^has a score without/, set('voided = FALSE'), 'superseded_at IS NULL AND voided'],
      [
        /^was accepted after/,
        `UPDATE predictions p SET position = c.target_position FROM scores c
          WHERE c.position = $1 AND p.id = c.prediction_id AND p.superseded_at IS NULL`,
      ],
      [/^has no score/, set('voided = TRUE')],
    ];
    // A prediction each: whatever is wrong with one that was seen to be wrong already is not said.
    const harmed: string[] = [];
    for (const [, sql, of = PRESENT] of harm) {
      const { rows } = await pool.query<{ position: string; prediction: string }>(
        `SELECT position, prediction_id::text AS prediction FROM scores
          WHERE ${of} AND NOT prediction_id::text = ANY ($1) ORDER BY position LIMIT 1`,
        [harmed],
      );
      harmed.push(rows[0]?.prediction ?? expect.fail(`no score is there for ${sql}`));
      expect((await pool.query(sql, [rows[0]?.position])).rowCount, sql).toBe(1);
    }
    const { differences, first } = await auditScores(pool, 'default');
    for (const [what] of harm) {
      expect(first.map((one) => one.what)).toContainEqual(expect.stringMatching(what));
    }
    expect(differences).toBeGreaterThanOrEqual(harm.length);
  });

  it('forget who is not scored for longer than a window may be', async () => {
    const { uuid, serverId } = await domain.streams.create(author, { name: 'left alone' });
    const [ada, bob] = peers;
    let observed = 0;
    const publish = async (count: number) => {
      const items = Array.from({ length: count }, () => {
        observed += 1;
        const observedAt = new Date(1_700_000_000_000 + observed * 1_000).toISOString();
        return { streamUuid: uuid, value: observed % 5, observedAt };
      });
      await domain.observations.publish(author, items);
      await domain.scorer.catchUp('default');
    };
    const predict = async (peer: Actor | undefined) => {
      const newest = (await domain.observations.latestOf('default', [serverId])).get(serverId);
      const item = { streamUuid: uuid, baseHash: newest?.hash ?? '', value: 2 };
      expect(await domain.predictions.submit(peer ?? expect.fail(), [item])).toMatchObject({ successful: 1 });
    };
    const board = async () => {
      const lines = await domain.scores.leaderboard('default', { streamUuid: uuid, window: 1_000, first: 9 });
      return lines.map(({ peer, scored, missed }) => [peer.name, scored, missed]);
    };
    await publish(1);
    await predict(ada);
    await predict(bob);
    await publish(999);
    await predict(bob);
    await publish(1);
    // Ada's only score is the first of the window's thousand.
    expect(new Set(await board())).toEqual(
      new Set([
        ['ada', 1, 999],
        ['bob', 2, 998],
      ]),
    );
    for (let page = 0; page < 3; page += 1) await publish(300);
    expect(await board()).toEqual([['bob', 1, 999]]);
    await predict(ada);
    await publish(1);
    expect(new Set(await board())).toEqual(
      new Set([
        ['ada', 1, 0],
        ['bob', 1, 999],
      ]),
    );
  });

  async function compare(
    streamUuid: string | null,
    streams: readonly (readonly ExpectedTarget[])[],
    window: number,
  ): Promise<void> {
    const board = await domain.scores.leaderboard('default', { streamUuid, window, first: 100 });
    const expected = bruteForce(streams, window, streamUuid === null);
    expect(board.length).toBe(expected.length);
    for (const line of expected) {
      const { peerId, ...numbers } = line;
      const found = board.find(({ peer }) => peer.id === peerId);
      expect(found).toMatchObject({ scored: numbers.scored, missed: numbers.missed });
      expect(found?.skill).toBeCloseTo(numbers.skill, 9);
      expect(found?.shrunkSkill).toBeCloseTo(numbers.shrunkSkill, 9);
      expect(found?.meanScaledError).toBeCloseTo(numbers.meanScaledError, 9);
    }
    const better = (at: number) => board.filter(({ shrunkSkill }) => shrunkSkill > at).length;
    expect(board.map(({ rank }) => rank)).toEqual(board.map(({ shrunkSkill }) => better(shrunkSkill) + 1));
    if (board.length > 0) expect(board.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
  }

  function recent(streamId: number, window: number) {
    return recentErrors(db.database.pool, [streamId], window);
  }
});
