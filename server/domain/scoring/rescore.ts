import type pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { crpsSql, scaledSql } from './measure-sql.ts';
import { SCORE_COLUMNS, type ScoreRow } from './score-row.ts';

/** Longest window of a leaderboard, in targets. Sums that no window can show any more are left as they are. */
export const MAX_WINDOW = 1_000;

const NAIVE_ERROR = 'abs(d.value - d.naive)';
const ERROR = 'abs(p.value - d.value)';

/**
 * New revisions of the scores of a target that was corrected, retracted or restored by the revision at position $2. The
 * naive forecast and the scale stay those of when it first came. A tombstone repeats what it voids.
 */
const RESCORE = `
  WITH due AS (
    SELECT t.stream_id, t.base_observed_at, t.horizon, t.naive, t.scale, o.value, o.retracted, o.position
      FROM observations o JOIN targets t ON t.stream_id = o.stream_id AND t.observed_at = o.observed_at
     WHERE o.tenant = $1 AND o.position = $2
  ), changed AS (
    SELECT p.id, p.stream_id, p.peer_id, p.horizon, d.position AS target_position, d.retracted,
           before.position AS before_position, before.revision + 1 AS revision,
           CASE WHEN d.retracted THEN before.absolute_error ELSE ${ERROR} END AS error,
           CASE WHEN d.retracted THEN before.naive_error ELSE ${NAIVE_ERROR} END AS naive_error,
           CASE WHEN d.retracted THEN before.scaled_error ELSE ${scaledSql(ERROR, 'd.scale', NAIVE_ERROR)} END AS scaled,
           CASE WHEN d.retracted THEN before.crps ELSE ${crpsSql('d.value')} END AS crps
      FROM due d
      JOIN predictions p ON p.stream_id = d.stream_id AND p.base_observed_at = d.base_observed_at
       AND p.horizon = d.horizon AND p.superseded_at IS NULL
      JOIN scores before ON before.tenant = $1 AND before.prediction_id = p.id AND before.superseded_at IS NULL
  ), added AS (
    INSERT INTO scores AS c (tenant, position, prediction_id, stream_id, peer_id, horizon, target_position, revision,
                             voided, absolute_error, naive_error, scaled_error, crps, ts)
    SELECT $1::varchar, $3 + row_number() OVER (ORDER BY n.horizon, n.id), n.id, n.stream_id, n.peer_id, n.horizon,
           n.target_position, n.revision, n.retracted, n.error, n.naive_error, n.scaled, n.crps,
           to_timestamp($4::float8 / 1000)
      FROM changed n
    RETURNING c.*
  ), replaced AS (
    UPDATE scores s SET superseded_at = a.position FROM added a, changed n
     WHERE n.id = a.prediction_id AND s.tenant = $1 AND s.position = n.before_position
  )
  SELECT ${SCORE_COLUMNS} FROM added c ORDER BY c.position`;

/** What the target itself and its new scores change in the sums from its number on. */
const ADJUST = `
  WITH target AS (
    SELECT t.*, o.retracted, ${NAIVE_ERROR} AS new_naive_error,
           ${scaledSql(NAIVE_ERROR, 'd.scale', NAIVE_ERROR)} AS new_naive_scaled
      FROM observations o JOIN targets t ON t.stream_id = o.stream_id AND t.observed_at = o.observed_at
     CROSS JOIN LATERAL (SELECT o.value, t.naive, t.scale) AS d
     WHERE o.tenant = $1 AND o.position = $2
  ), numbered AS (
    SELECT * FROM target
     WHERE number > (SELECT max(number) FROM targets x WHERE x.stream_id = target.stream_id) - ${MAX_WINDOW}
  ), shown AS (
    UPDATE targets t SET voided = n.retracted, naive_error = n.new_naive_error, naive_scaled = n.new_naive_scaled
      FROM target n WHERE t.stream_id = n.stream_id AND t.observed_at = n.observed_at AND t.horizon = n.horizon
       AND (t.horizon > 1 OR NOT EXISTS (SELECT 1 FROM numbered))
  ), summed AS (
    UPDATE targets t
       SET voided = CASE WHEN t.number = n.number THEN n.retracted ELSE t.voided END,
           naive_error = CASE WHEN t.number = n.number THEN n.new_naive_error ELSE t.naive_error END,
           naive_scaled = CASE WHEN t.number = n.number THEN n.new_naive_scaled ELSE t.naive_scaled END,
           count_sum = t.count_sum + n.voided::int - n.retracted::int,
           naive_sum = t.naive_sum + CASE WHEN n.retracted THEN 0 ELSE n.new_naive_error END
                                   - CASE WHEN n.voided THEN 0 ELSE n.naive_error END,
           naive_scaled_sum = t.naive_scaled_sum + CASE WHEN n.retracted THEN 0 ELSE n.new_naive_scaled END
                                                 - CASE WHEN n.voided THEN 0 ELSE n.naive_scaled END
      FROM numbered n WHERE t.stream_id = n.stream_id AND t.number >= n.number
  ), change AS (
    SELECT c.stream_id, c.peer_id, n.number, b.voided::int - c.voided::int AS scored,
           CASE WHEN c.voided THEN 0 ELSE c.absolute_error END - CASE WHEN b.voided THEN 0 ELSE b.absolute_error END AS error,
           CASE WHEN c.voided THEN 0 ELSE c.naive_error END - CASE WHEN b.voided THEN 0 ELSE b.naive_error END AS naive,
           CASE WHEN c.voided THEN 0 ELSE c.scaled_error END - CASE WHEN b.voided THEN 0 ELSE b.scaled_error END AS scaled,
           CASE WHEN c.voided THEN 0 ELSE n.new_naive_scaled END - CASE WHEN b.voided THEN 0 ELSE n.naive_scaled END
             AS naive_scaled
      FROM numbered n
      JOIN forecasters f ON f.stream_id = n.stream_id AND f.first_target <= n.number
      JOIN scores c ON c.tenant = $1 AND c.position > $3 AND c.position <= $4 AND c.horizon = 1 AND c.peer_id = f.peer_id
      JOIN scores b ON b.tenant = $1 AND b.prediction_id = c.prediction_id AND b.revision = c.revision - 1
  )
  UPDATE tallies t
     SET scored = t.scored + d.scored, error_sum = t.error_sum + d.error, naive_sum = t.naive_sum + d.naive,
         scaled_sum = t.scaled_sum + d.scaled, naive_scaled_sum = t.naive_scaled_sum + d.naive_scaled
    FROM change d WHERE t.stream_id = d.stream_id AND t.peer_id = d.peer_id AND t.target >= d.number`;

/** Scores again what was predicted of an observation that has a new revision, at `position`. */
export async function rescore(
  client: pg.PoolClient,
  tenant: string,
  position: Position,
  { head, ts }: { readonly head: Position; readonly ts: EpochMs },
): Promise<readonly ScoreRow[]> {
  const { rows } = await client.query<ScoreRow>({
    text: RESCORE,
    values: [tenant, position, head, ts],
  });
  await client.query({
    text: ADJUST,
    values: [tenant, position, head, head + rows.length],
  });
  return rows;
}
