import type pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';

/** Adds new scores of horizon 1 to their peers' sums; who is scored on a stream for the first time becomes a forecaster. */
const TEXT = `
  WITH added AS (
    INSERT INTO tallies (tenant, stream_id, peer_id, target, scored, error_sum, naive_sum, scaled_sum, naive_scaled_sum)
    SELECT c.tenant, c.stream_id, c.peer_id, t.number,
           coalesce(last.scored, 0) + count(*) OVER so_far,
           coalesce(last.error_sum, 0) + sum(c.absolute_error) OVER so_far,
           coalesce(last.naive_sum, 0) + sum(c.naive_error) OVER so_far,
           coalesce(last.scaled_sum, 0) + sum(c.scaled_error) OVER so_far,
           coalesce(last.naive_scaled_sum, 0) + sum(t.naive_scaled) OVER so_far
      FROM scores c
      JOIN observations o ON o.tenant = c.tenant AND o.position = c.target_position
      JOIN targets t ON t.stream_id = c.stream_id AND t.observed_at = o.observed_at AND t.horizon = 1
      LEFT JOIN LATERAL (SELECT * FROM tallies x WHERE x.stream_id = c.stream_id AND x.peer_id = c.peer_id
                          ORDER BY x.target DESC LIMIT 1) AS last ON TRUE
     WHERE c.tenant = $1 AND c.position > $2 AND c.position <= $3 AND c.horizon = 1
    WINDOW so_far AS (PARTITION BY c.stream_id, c.peer_id ORDER BY t.number)
    RETURNING tenant, stream_id, peer_id, target, scored
  )
  INSERT INTO forecasters (tenant, stream_id, peer_id, first_target)
  SELECT tenant, stream_id, peer_id, target FROM added WHERE scored = 1
  ON CONFLICT DO NOTHING`;

/** Takes the scores after `after` up to `through`, which are new and not re-scorings. */
export async function insertTallies(
  client: pg.PoolClient,
  tenant: string,
  after: Position,
  through: Position,
): Promise<void> {
  await client.query({ name: 'insert-tallies', text: TEXT, values: [tenant, after, through] });
}
