import { ms } from '../sql.ts';
import { GIVEN, streamPeriods } from './collecting.ts';

/**
 * Streams that gaps are looked for in: $4 and $5 the stretch as epoch ms, $6 a stream's server id or null for all that
 * were ever collected and are not archived.
 */
const STREAMS = `${GIVEN}, stretch AS MATERIALIZED (
    SELECT from_at, greatest(from_at, least(to_at, given.now)) AS to_at,
           tstzrange(from_at, greatest(from_at, least(to_at, given.now))) AS whole
      FROM given, (SELECT to_timestamp($4::float8 / 1000) AS from_at, to_timestamp($5::float8 / 1000) AS to_at) AS g
  ), asked AS MATERIALIZED (
    SELECT s.id, s.uuid, s.name, s.cadence_seconds,
           tstzrange(greatest(from_at, least(s.created_at, to_at)), to_at) AS whole FROM streams s CROSS JOIN stretch
     WHERE s.tenant = $1 AND ($6::int IS NULL OR s.id = $6)
       AND ($6::int IS NOT NULL OR (s.archived_at IS NULL AND EXISTS (
             SELECT FROM session_streams x WHERE x.tenant = $1 AND x.stream_id = s.id)))
  )`;

/** Columns of `Gap`, $7 the least length in ms and $9 the most rows. */
function gapsOf(found: string, open: string): string {
  return `
  SELECT json_build_object('uuid', g.uuid, 'name', g.name) AS stream,
         ${ms('lower(g.gap)')} AS "from", ${ms('upper(g.gap)')} AS "to",
         ${ms('upper(g.gap)')} - ${ms('lower(g.gap)')} AS "durationMs", ${open} AS open
    FROM (${found}) AS g CROSS JOIN given
   WHERE NOT isempty(g.gap) AND ${ms('upper(g.gap)')} - ${ms('lower(g.gap)')} >= $7::float8
   ORDER BY g.id, lower(g.gap) LIMIT $9`;
}

/**
 * When nobody was collecting: the stretch, as far as the stream was there, without the union of the periods, so that
 * overlaps leave no false gaps.
 * $8 is there for the other statement.
 */
export const COVERAGE_GAPS = `
  WITH ${STREAMS}${gapsOf(
    `SELECT a.id, a.uuid, a.name, g.gap
       FROM asked a CROSS JOIN stretch CROSS JOIN LATERAL (
         SELECT unnest(tstzmultirange(a.whole) - coalesce(range_agg(tstzrange(x.started_at, e.at)), '{}')) AS gap
           FROM given CROSS JOIN ${streamPeriods('a.id', 'stretch.whole')}
          WHERE x.tenant = $1 AND $8::float8 IS NOT NULL
       ) AS g`,
    'upper(g.gap) = given.now',
  )}`;

/**
 * Spacing of a stream's observations beyond $8 times its cadence, cut to the stretch: from the last one before it to the
 * first one after it, or to the present.
 */
export const DATA_GAPS = `
  WITH ${STREAMS}${gapsOf(
    `SELECT a.id, a.uuid, a.name, tstzrange(g.observed_at, g.next_at) * stretch.whole AS gap
       FROM asked a CROSS JOIN stretch CROSS JOIN given CROSS JOIN LATERAL (
         SELECT o.observed_at, coalesce(lead(o.observed_at) OVER (ORDER BY o.observed_at), greatest(o.observed_at, given.now)) AS next_at
           FROM (
             (SELECT b.observed_at FROM observations b
               WHERE b.tenant = $1 AND b.stream_id = a.id AND b.observed_at < stretch.from_at
                 AND b.superseded_at IS NULL AND NOT b.retracted
               ORDER BY b.observed_at DESC LIMIT 1)
             UNION ALL
             SELECT w.observed_at FROM observations w
              WHERE w.tenant = $1 AND w.stream_id = a.id AND w.superseded_at IS NULL AND NOT w.retracted
                AND w.observed_at >= stretch.from_at AND w.observed_at < stretch.to_at
             UNION ALL
             (SELECT f.observed_at FROM observations f
               WHERE f.tenant = $1 AND f.stream_id = a.id AND f.observed_at >= stretch.to_at
                 AND f.superseded_at IS NULL AND NOT f.retracted
               ORDER BY f.observed_at LIMIT 1)
           ) AS o
       ) AS g
      WHERE a.cadence_seconds IS NOT NULL
        AND g.next_at - g.observed_at > a.cadence_seconds * $8::float8 * interval '1 second'`,
    'upper(g.gap) = given.now',
  )}`;
