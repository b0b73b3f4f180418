import { ms } from '../sql.ts';
import { GIVEN, SESSION_COLLECTING, STREAM_COLLECTING, sessionPeriods, streamPeriods } from './collecting.ts';

/**
 * Sessions in a stretch, and sums over all of them in one statement: $4 and $5 the stretch as epoch ms, $6 how many are
 * listed. A row is a session and the sums; there is one row without a session where there are none.
 */
function timeline(periods: string, columns: string): string {
  return `
  WITH ${GIVEN}, stretch AS MATERIALIZED (
    SELECT tstzrange(from_at, greatest(from_at, least(to_at, given.now))) AS whole FROM given,
      (SELECT to_timestamp($4::float8 / 1000) AS from_at, to_timestamp($5::float8 / 1000) AS to_at) AS g
  ), found AS MATERIALIZED (
    SELECT ${columns}, x.id AS period, tstzrange(x.started_at, e.at) * stretch.whole AS within
      FROM given CROSS JOIN stretch CROSS JOIN ${periods}
     WHERE x.tenant = $1 AND tstzrange(x.started_at, e.at) && stretch.whole
  ), summed AS (
    SELECT count(*)::int AS total, coalesce(sum(messages), 0)::float8 AS "allMessages",
           coalesce(sum(bytes), 0)::float8 AS "allBytes",
           coalesce((SELECT sum(${ms('upper(u)')} - ${ms('lower(u)')}) FROM unnest(range_agg(within)) AS u), 0) AS covered
      FROM found
  )
  SELECT summed.*, entry.*, ${ms('upper(entry.within)')} - ${ms('lower(entry.within)')} AS "durationMs"
    FROM summed LEFT JOIN (SELECT * FROM found ORDER BY "startedAt", period LIMIT $6) AS entry ON TRUE
   ORDER BY entry."startedAt", entry.period`;
}

/** Of a stream: $7 its server id. */
export const STREAM_TIMELINE = timeline(streamPeriods('$7', 'stretch.whole'), STREAM_COLLECTING);

/** Of the whole tenant. */
export const TENANT_TIMELINE = timeline(sessionPeriods('stretch.whole'), SESSION_COLLECTING);
