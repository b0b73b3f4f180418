import type pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import { MAX_HORIZON } from '../prediction/judge.ts';
import { arrivedSql } from './arrived-sql.ts';
import { SCALE_SQL, scaledSql } from './measure-sql.ts';

/**
 * What each new observation is the target of: `ahead` observations that are later in time were in the log before it, so
 * it is the target of the bases before it in time at the horizons `ahead` + 1, `ahead` + 2, …. `newest` is the latest time
 * before it in log order, which bounds the count; the last numbered target has it, as that is the last observation
 * that was later than all before.
 */
const TEXT = `
  WITH arrived AS (
    SELECT o.stream_id, o.observed_at, o.position, o.value,
           max(o.observed_at) OVER (PARTITION BY o.stream_id ORDER BY o.position
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest
      FROM ${arrivedSql('$1', '$2')} AS o
  ), stream AS (
    SELECT s.stream_id, coalesce(t.number, 0) AS number, coalesce(t.count_sum, 0) AS count_sum,
           coalesce(t.naive_sum, 0) AS naive_sum, coalesce(t.naive_scaled_sum, 0) AS naive_scaled_sum,
           coalesce(t.observed_at, (SELECT x.observed_at FROM observations x
                                     WHERE x.stream_id = s.stream_id AND x.revision = 0 AND x.position < s.position
                                     ORDER BY x.observed_at DESC LIMIT 1)) AS newest
      FROM (SELECT stream_id, min(position) AS position FROM arrived GROUP BY stream_id) AS s
      LEFT JOIN LATERAL (SELECT * FROM targets x WHERE x.stream_id = s.stream_id AND x.number IS NOT NULL
                          ORDER BY x.number DESC LIMIT 1) AS t ON TRUE
  ), event AS MATERIALIZED (
    SELECT e.*, ahead.ahead, scale.scale
      FROM (SELECT a.stream_id, a.observed_at, a.position, a.value, greatest(a.newest, s.newest) AS newest
              FROM arrived a JOIN stream s USING (stream_id)) AS e
     CROSS JOIN LATERAL (
       SELECT count(*) AS ahead FROM (
         SELECT 1 FROM observations x
          WHERE x.stream_id = e.stream_id AND x.observed_at > e.observed_at AND x.observed_at <= e.newest
            AND x.revision = 0 AND x.position < e.position LIMIT ${MAX_HORIZON}) AS later) AS ahead
     CROSS JOIN LATERAL (${SCALE_SQL}) AS scale
  ), target AS MATERIALIZED (
    SELECT e.*, b.observed_at AS base_observed_at, b.horizon,
           (SELECT v.value FROM observations v
             WHERE v.stream_id = e.stream_id AND v.observed_at = b.observed_at AND v.position < e.position
             ORDER BY v.revision DESC LIMIT 1) AS naive
      FROM event e CROSS JOIN LATERAL (
        SELECT x.observed_at, e.ahead + row_number() OVER (ORDER BY x.observed_at DESC) AS horizon FROM (
          SELECT y.observed_at FROM observations y
           WHERE y.stream_id = e.stream_id AND y.observed_at < e.observed_at
             AND y.revision = 0 AND y.position < e.position
           ORDER BY y.observed_at DESC LIMIT ${MAX_HORIZON} - e.ahead) AS x) AS b
     WHERE b.horizon = 1 OR EXISTS (
       SELECT 1 FROM predictions p WHERE p.stream_id = e.stream_id AND p.base_observed_at = b.observed_at
          AND p.horizon = b.horizon OFFSET 0)
  ), measured AS (
    SELECT t.*, abs(t.value - t.naive) AS naive_error,
           ${scaledSql('abs(t.value - t.naive)', 't.scale', 'abs(t.value - t.naive)')} AS naive_scaled,
           CASE WHEN t.horizon = 1 THEN 1 END AS counted
      FROM target t
  )
  INSERT INTO targets (tenant, stream_id, observed_at, horizon, position, base_observed_at, number, naive, naive_error,
                       scale, naive_scaled, count_sum, naive_sum, naive_scaled_sum)
  SELECT $1::varchar, m.stream_id, m.observed_at, m.horizon, m.position, m.base_observed_at,
         m.counted * (s.number + sum(m.counted) OVER before), m.naive, m.naive_error, m.scale, m.naive_scaled,
         CASE WHEN m.counted = 1 THEN s.count_sum + sum(m.counted) OVER before ELSE 0 END,
         CASE WHEN m.counted = 1 THEN s.naive_sum + sum(m.counted * m.naive_error) OVER before ELSE 0 END,
         CASE WHEN m.counted = 1 THEN s.naive_scaled_sum + sum(m.counted * m.naive_scaled) OVER before ELSE 0 END
    FROM measured m JOIN stream s USING (stream_id)
  WINDOW before AS (PARTITION BY m.stream_id ORDER BY m.position, m.horizon)`;

/** Makes the targets that the observations at these positions are: first revisions, in the order of the log. */
export async function insertTargets(
  client: pg.PoolClient,
  tenant: string,
  positions: readonly Position[],
): Promise<void> {
  await client.query(TEXT, [tenant, positions]);
}
