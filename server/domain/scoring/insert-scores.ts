import type pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { arrivedSql } from './arrived-sql.ts';
import { crpsSql, scaledSql } from './measure-sql.ts';
import { SCORE_COLUMNS, type ScoreRow } from './score-row.ts';

const ERROR = 'abs(p.value - d.value)';

/**
 * Scores what was predicted of the observations at these positions, whose targets have been made. Each step is a look-up
 * for each row of the one before, whatever the planner believes: see docs/decisions/0046.
 */
const TEXT = `
  WITH due AS (
    SELECT t.*, o.value FROM ${arrivedSql('$1', '$2')} AS o
     CROSS JOIN LATERAL (
       SELECT * FROM targets t WHERE t.stream_id = o.stream_id AND t.observed_at = o.observed_at OFFSET 0) AS t
  ), scored AS (
    SELECT p.id, p.stream_id, p.peer_id, p.horizon, d.position AS target_position, ${ERROR} AS error, d.naive_error,
           ${scaledSql(ERROR, 'd.scale', 'd.naive_error')} AS scaled, ${crpsSql('d.value')} AS crps
      FROM due d CROSS JOIN LATERAL (
        SELECT * FROM predictions p WHERE p.stream_id = d.stream_id AND p.base_observed_at = d.base_observed_at
           AND p.horizon = d.horizon AND p.superseded_at IS NULL OFFSET 0) AS p
  )
  INSERT INTO scores AS c (tenant, position, prediction_id, stream_id, peer_id, horizon, target_position,
                           absolute_error, naive_error, scaled_error, crps, ts)
  SELECT $1::varchar, $3 + row_number() OVER (ORDER BY s.target_position, s.horizon, s.id), s.id, s.stream_id, s.peer_id,
         s.horizon, s.target_position, s.error, s.naive_error, s.scaled, s.crps, to_timestamp($4::float8 / 1000)
    FROM scored s
  RETURNING ${SCORE_COLUMNS}`;

export async function insertScores(
  client: pg.PoolClient,
  tenant: string,
  positions: readonly Position[],
  { head, ts }: { readonly head: Position; readonly ts: EpochMs },
): Promise<readonly ScoreRow[]> {
  const { rows } = await client.query<ScoreRow>({
    text: TEXT,
    values: [tenant, positions, head, ts],
  });
  return rows.sort((a, b) => a.position - b.position);
}
