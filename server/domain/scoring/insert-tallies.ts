import type pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import { arrivedSql } from './arrived-sql.ts';
import { MAX_WINDOW } from './rescore.ts';

/**
 * Carries the sums of everybody who predicts a stream on to its new targets, scored or missed, so that all peers' sums at
 * a number lie side by side. Who was not scored on the last MAX_WINDOW targets is let go, and begins anew when they return.
 */
const TEXT = `
  WITH numbered AS (
    SELECT t.stream_id, t.number, t.naive_scaled, o.position FROM ${arrivedSql('$1', '$2')} AS o
     CROSS JOIN LATERAL (
       SELECT * FROM targets t
        WHERE t.stream_id = o.stream_id AND t.observed_at = o.observed_at AND t.horizon = 1 OFFSET 0) AS t
  ), scored AS (
    SELECT c.stream_id, c.peer_id, t.number, c.absolute_error, c.naive_error, c.scaled_error, t.naive_scaled
      FROM scores c JOIN numbered t ON t.position = c.target_position
     WHERE c.tenant = $1 AND c.position > $3 AND c.position <= $4 AND c.horizon = 1
  ), standing AS (
    SELECT t.* FROM (SELECT stream_id, min(number) AS number FROM numbered GROUP BY stream_id) AS s
     CROSS JOIN LATERAL (
       SELECT last.* FROM tallies last
         LEFT JOIN tallies old ON old.stream_id = s.stream_id AND old.target = s.number - ${MAX_WINDOW}
          AND old.peer_id = last.peer_id
        WHERE last.stream_id = s.stream_id AND last.target = s.number - 1 AND old.scored IS DISTINCT FROM last.scored
       -- Keeps it a loop over streams that reads two ranges, whatever the planner believes.
       OFFSET 0) AS t
  ), newcomer AS (
    SELECT n.stream_id, n.peer_id, min(n.number) AS number FROM scored n
     WHERE (n.stream_id, n.peer_id) NOT IN (SELECT stream_id, peer_id FROM standing)
     GROUP BY n.stream_id, n.peer_id
  ), joined AS (
    INSERT INTO forecasters (tenant, stream_id, peer_id, first_target)
    SELECT $1::varchar, stream_id, peer_id, number FROM newcomer
    ON CONFLICT (stream_id, peer_id) DO UPDATE SET first_target = EXCLUDED.first_target
  ), change AS (
    -- What was before counts at its own number; a member that misses a target changes by nothing there. Added up and not
    -- joined, since nobody can tell the planner how many rows these are.
    SELECT stream_id, peer_id, target AS number, scored, error_sum, naive_sum, scaled_sum, naive_scaled_sum FROM standing
    UNION ALL
    SELECT stream_id, peer_id, number, 1, absolute_error, naive_error, scaled_error, naive_scaled FROM scored
    UNION ALL
    SELECT m.stream_id, m.peer_id, t.number, 0, 0, 0, 0, 0
      FROM numbered t
      JOIN (SELECT stream_id, peer_id, 0 AS number FROM standing
            UNION ALL SELECT stream_id, peer_id, number FROM newcomer) AS m
        ON m.stream_id = t.stream_id AND m.number <= t.number
  ), summed AS (
    SELECT stream_id, peer_id, number, sum(sum(scored)) OVER so_far AS scored,
           sum(sum(error_sum)) OVER so_far AS error_sum, sum(sum(naive_sum)) OVER so_far AS naive_sum,
           sum(sum(scaled_sum)) OVER so_far AS scaled_sum, sum(sum(naive_scaled_sum)) OVER so_far AS naive_scaled_sum
      FROM change GROUP BY stream_id, peer_id, number
    WINDOW so_far AS (PARTITION BY stream_id, peer_id ORDER BY number)
  )
  INSERT INTO tallies (tenant, stream_id, target, peer_id, scored, error_sum, naive_sum, scaled_sum, naive_scaled_sum)
  SELECT $1::varchar, s.stream_id, s.number, s.peer_id, s.scored, s.error_sum, s.naive_sum, s.scaled_sum,
         s.naive_scaled_sum
    FROM summed s WHERE (s.stream_id, s.number) IN (SELECT stream_id, number FROM numbered)`;

/** Takes the scores after `after` up to `through`, which are those of the new targets at `positions`. */
export async function insertTallies(
  client: pg.PoolClient,
  tenant: string,
  positions: readonly Position[],
  { after, through }: { readonly after: Position; readonly through: Position },
): Promise<void> {
  await client.query({
    text: TEXT,
    values: [tenant, positions, after, through],
  });
}
