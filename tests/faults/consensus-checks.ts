import type pg from 'pg';
import { CONSENSUS_KEY } from '../../server/domain/scoring/consensus-peer.ts';

/** How often the consensus of a log is otherwise than it must be, by what is wrong; and how many forecasts there are. */
export async function consensusFaults(pool: pg.Pool): Promise<{ forecasts: number; faults: object }> {
  const { rows } = await pool.query<{ kind: string; n: number }>(
    `WITH standing AS (SELECT * FROM consensus WHERE superseded_at IS NULL),
          mine AS (SELECT p.* FROM predictions p JOIN peers e ON e.id = p.peer_id AND e.public_key = $1
                    WHERE p.superseded_at IS NULL)
     SELECT 'forecasts' AS kind, count(*)::int AS n FROM standing
     UNION ALL SELECT 'not one that stands, or a revision missing', count(*)::int FROM (
       SELECT 1 FROM consensus GROUP BY stream_id, base_observed_at
       HAVING count(*) FILTER (WHERE superseded_at IS NULL) <> 1 OR count(*) <> max(revision) + 1) AS broken
     UNION ALL SELECT 'after its target', count(*)::int FROM consensus c
       WHERE EXISTS (SELECT 1 FROM observations o WHERE o.stream_id = c.stream_id
                        AND o.observed_at > c.base_observed_at AND o.position < c.position)
     UNION ALL SELECT 'not what is scored', count(*)::int FROM standing c FULL JOIN mine p
       ON p.stream_id = c.stream_id AND p.base_observed_at = c.base_observed_at
       WHERE p.value IS DISTINCT FROM c.value OR p.base_position IS DISTINCT FROM c.base_position
     UNION ALL SELECT 'without the peers it counts', count(*)::int FROM standing c
       WHERE c.contributors < 1 OR c.contributors > (
         SELECT count(DISTINCT p.peer_id) FROM predictions p WHERE p.stream_id = c.stream_id
            AND p.base_observed_at = c.base_observed_at AND p.horizon = 1)`,
    [CONSENSUS_KEY],
  );
  const forecasts = rows.find(({ kind }) => kind === 'forecasts')?.n ?? 0;
  const wrong = rows.filter(({ kind, n }) => kind !== 'forecasts' && n > 0);
  return { forecasts, faults: Object.fromEntries(wrong.map(({ kind, n }) => [kind, n])) };
}
