import type pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import { MAX_WINDOW } from './rescore.ts';

/**
 * Carries the sums of everybody who predicts a stream on to its new targets, scored or missed, so that all peers' sums at
 * a number lie side by side. Who was not scored on the last MAX_WINDOW targets is let go, and begins anew when they return.
 */
const TEXT = `
  WITH numbered AS (
    SELECT t.stream_id, t.number, t.observed_at, t.naive_scaled FROM unnest($2::bigint[]) AS w(position)
      JOIN observations o ON o.tenant = $1 AND o.position = w.position
      JOIN targets t ON t.stream_id = o.stream_id AND t.observed_at = o.observed_at AND t.horizon = 1
  ), scored AS (
    SELECT c.stream_id, c.peer_id, t.number, c.absolute_error, c.naive_error, c.scaled_error, t.naive_scaled
      FROM scores c
      JOIN observations o ON o.tenant = c.tenant AND o.position = c.target_position
      JOIN numbered t ON t.stream_id = c.stream_id AND t.observed_at = o.observed_at
     WHERE c.tenant = $1 AND c.position > $3 AND c.position <= $4 AND c.horizon = 1
  ), stream AS (
    SELECT stream_id, min(number) AS number FROM numbered GROUP BY stream_id
  ), standing AS (
    SELECT last.* FROM stream s
      JOIN tallies last ON last.stream_id = s.stream_id AND last.target = s.number - 1
      LEFT JOIN tallies old ON old.stream_id = last.stream_id AND old.target = s.number - ${MAX_WINDOW}
       AND old.peer_id = last.peer_id
     WHERE old.scored IS DISTINCT FROM last.scored
  ), newcomer AS (
    SELECT n.stream_id, n.peer_id, min(n.number) AS number FROM scored n
     WHERE (n.stream_id, n.peer_id) NOT IN (SELECT stream_id, peer_id FROM standing)
     GROUP BY n.stream_id, n.peer_id
  ), member AS (
    SELECT stream_id, peer_id, 0 AS number, scored, error_sum, naive_sum, scaled_sum, naive_scaled_sum FROM standing
    UNION ALL SELECT stream_id, peer_id, number, 0, 0, 0, 0, 0 FROM newcomer
  ), joined AS (
    INSERT INTO forecasters (tenant, stream_id, peer_id, first_target)
    SELECT $1::varchar, stream_id, peer_id, number FROM newcomer
    ON CONFLICT (stream_id, peer_id) DO UPDATE SET first_target = EXCLUDED.first_target
  )
  INSERT INTO tallies (tenant, stream_id, target, peer_id, scored, error_sum, naive_sum, scaled_sum, naive_scaled_sum)
  SELECT $1::varchar, m.stream_id, t.number, m.peer_id, m.scored + count(s.number) OVER so_far,
         m.error_sum + coalesce(sum(s.absolute_error) OVER so_far, 0),
         m.naive_sum + coalesce(sum(s.naive_error) OVER so_far, 0),
         m.scaled_sum + coalesce(sum(s.scaled_error) OVER so_far, 0),
         m.naive_scaled_sum + coalesce(sum(s.naive_scaled) OVER so_far, 0)
    FROM member m
    JOIN numbered t ON t.stream_id = m.stream_id AND t.number >= m.number
    LEFT JOIN scored s ON s.stream_id = m.stream_id AND s.peer_id = m.peer_id AND s.number = t.number
  WINDOW so_far AS (PARTITION BY m.stream_id, m.peer_id ORDER BY t.number)`;

/** Takes the scores after `after` up to `through`, which are those of the new targets at `positions`. */
export async function insertTallies(
  client: pg.PoolClient,
  tenant: string,
  positions: readonly Position[],
  { after, through }: { readonly after: Position; readonly through: Position },
): Promise<void> {
  await client.query({
    name: 'insert-tallies',
    text: TEXT,
    values: [tenant, positions, after, through],
  });
}
