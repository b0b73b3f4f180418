import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditScores } from '../../server/domain/scoring/audit/audit-scores.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { LOG_POSITIONS } from '../support/log-positions.ts';
import { ended, runSource } from '../support/process.ts';
import { consensusFaults } from './consensus-checks.ts';
import { form } from './support/form.ts';

const CHILD = new URL('./scoring-child.ts', import.meta.url);
const KILLS = form(4, 10);
/** Predictions that are accepted before the next blow. */
const BETWEEN = form(100, 200);
/** Predictions that are scored meanwhile, at least. */
const SCORED = form(250, 400);
/** Bases that the network forecasts from meanwhile, at least. */
const FORECASTS = form(25, 50);

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

/** Whether all that is looked at in the end has happened; not, as far as is known, while connections are cut. */
async function enough(pool: TestDatabase['database']['pool']): Promise<boolean> {
  const { rows } = await pool
    .query<{ enough: boolean }>(
      `SELECT (SELECT count(*) FROM scores WHERE revision = 0) > $1 AND EXISTS (SELECT 1 FROM scores WHERE revision > 0)
          AND (SELECT count(*) FROM consensus WHERE revision = 0) > $2 AS enough`,
      [SCORED, FORECASTS],
    )
    .catch(() => ({ rows: [] }));
  return rows[0]?.enough === true;
}

describe('several processes that score and forecast the same log, cut off and killed at random', () => {
  it('lose nothing that was accepted, score nothing twice and leave a whole consensus', async () => {
    const domain = await openTestDomain(db.database);
    const author = await makeActor(db.database, 'ada');
    for (let i = 0; i < 3; i += 1) await domain.streams.create(author, { name: `scored ${i}` });
    const accepted = new Set<number>();
    const onLine = (line: string) => {
      if (line.startsWith('ack ')) accepted.add(Number(line.slice(4)));
    };
    let seed = 1;
    const start = (own: number) => runSource(CHILD, [db.url, String(seed++), String(own)], onLine);
    const children = [start(0), start(1), start(2)];
    let kills = 0;
    while (accepted.size < BETWEEN * (KILLS + 1) || !(await enough(db.database.pool))) {
      await delay(100);
      await db.database.pool
        .query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'presage' AND pid <> pg_backend_pid() AND random() < 0.02`,
        )
        .catch(() => undefined);
      if (kills < KILLS && accepted.size > BETWEEN * (kills + 1)) {
        children[kills % 3]?.kill('SIGKILL');
        children[kills % 3] = start(kills % 3);
        kills += 1;
      }
    }
    for (const child of children) child.stdin?.write('stop\n');
    await Promise.all(children.map(ended));
    await domain.scorer.catchUp('default');
    await domain.forecaster.catchUp('default');
    await domain.scorer.catchUp('default');

    const { pool } = db.database;
    const report = await auditScores(pool, 'default');
    const { rows } = await pool.query<{ kind: string; n: number }>(
      `SELECT 'entries' AS kind, count(DISTINCT position)::int AS n FROM ${LOG_POSITIONS}
       UNION ALL SELECT 'head', position::int FROM log_heads
       UNION ALL SELECT 'scored', count(*)::int FROM scores WHERE revision = 0
       UNION ALL SELECT 'revised', count(*)::int FROM scores WHERE revision > 0
       UNION ALL SELECT 'twice', count(*)::int FROM (
         SELECT 1 FROM scores WHERE superseded_at IS NULL GROUP BY prediction_id HAVING count(*) > 1) AS twice
       UNION ALL SELECT 'predicted', count(*)::int FROM predictions WHERE id = ANY($1::bigint[]) AND revision = 0`,
      [[...accepted]],
    );
    const counts = new Map(rows.map(({ kind, n }) => [kind, n]));
    process.stdout.write(`${kills} kills, ${JSON.stringify(Object.fromEntries(counts))}\n`);
    expect(report.first).toEqual([]);
    expect(counts.get('entries')).toBe(counts.get('head'));
    expect(counts.get('twice')).toBe(0);
    expect(counts.get('predicted')).toBe(accepted.size);
    expect(counts.get('scored')).toBeGreaterThan(SCORED);
    expect(counts.get('revised')).toBeGreaterThan(0);
    const consensus = await consensusFaults(pool);
    process.stdout.write(`${JSON.stringify(consensus)}\n`);
    expect(consensus.faults).toEqual({});
    expect(consensus.forecasts).toBeGreaterThan(FORECASTS);
    // Whoever makes it anew, remembering nothing, finds that nothing is to be written.
    const head = await domain.reader.head('default');
    await pool.query("UPDATE log_consumers SET position = 0 WHERE name = 'consensus'");
    await (await openTestDomain(db.database)).forecaster.catchUp('default');
    expect(await domain.reader.head('default')).toBe(head);
    const sums = await domain.scores.leaderboard('default', {
      streamUuid: null,
      window: 1_000,
      first: 1_000,
    });
    const { rows: present } = await pool.query<{ peer_id: number; n: number }>(
      `SELECT peer_id, count(*)::int AS n FROM scores
        WHERE horizon = 1 AND superseded_at IS NULL AND NOT voided GROUP BY peer_id`,
    );
    const scored = new Map(present.map(({ peer_id, n }) => [peer_id, n]));
    if ([...scored.values()].every((n) => n < 1_000)) {
      expect(sums.map(({ peer, scored: n }) => [peer.id, n])).toEqual(
        sums.map(({ peer }) => [peer.id, scored.get(peer.id)]),
      );
    }
  }, 600_000);
});
