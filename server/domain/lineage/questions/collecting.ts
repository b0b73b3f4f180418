import { CLOCK, knownEnd, ms } from '../sql.ts';

/** $1 tenant, $2 now as epoch ms or null for the database's time, $3 patience with heartbeats in ms. */
export const GIVEN = `given AS MATERIALIZED (
    SELECT coalesce(to_timestamp($2::float8 / 1000), ${CLOCK}) AS now, $3::float8 AS patience
  )`;

/**
 * Periods `x` of a stream that touch a range, with their sessions, instances and ends as known now. The function that
 * looks for them keeps the wall between tenants itself: behind the tables' policies ranges would use no index.
 */
export function streamPeriods(stream: string, range: string): string {
  return `presage_stream_periods(${stream}, ${range}) AS x ${JOINS('x.session_id')}`;
}

/** Sessions `x`, which is `c` too, that touch a range, in the same way. */
export function sessionPeriods(range: string): string {
  return `presage_sessions(${range}) AS x ${JOINS('x.id')}`;
}

const JOINS = (session: string): string => `
  JOIN collection_sessions c ON c.id = ${session}
  JOIN server_instances i ON i.id = c.instance_id
  CROSS JOIN LATERAL ${knownEnd('given.now', 'given.patience')} AS e`;

const COLLECTING = `c.id AS "sessionId", json_build_object('id', i.id, 'name', i.name) AS instance,
  c.source, c.status, ${ms('x.started_at')} AS "startedAt", ${ms('e.at')} AS "endedAt", e.open,
  x.messages::float8 AS messages, x.bytes::float8 AS bytes`;

/** Columns of `Collecting` out of `streamPeriods`. */
export const STREAM_COLLECTING = `${COLLECTING}, x.symbol, x.kinds,
  ${ms('x.first_message_at')} AS "firstMessageAt", ${ms('x.last_message_at')} AS "lastMessageAt"`;

/** Columns of `Collecting` out of `sessionPeriods`. */
export const SESSION_COLLECTING = `${COLLECTING}, NULL::text AS symbol,
  ARRAY(SELECT DISTINCT k FROM session_streams y, unnest(y.kinds) AS k WHERE y.session_id = x.id ORDER BY k) AS kinds,
  (SELECT ${ms('min(y.first_message_at)')} FROM session_streams y WHERE y.session_id = x.id) AS "firstMessageAt",
  (SELECT ${ms('max(y.last_message_at)')} FROM session_streams y WHERE y.session_id = x.id) AS "lastMessageAt"`;

const AT = 'to_timestamp($5::float8 / 1000)';

/** Who was collecting a stream: $4 its server id, $5 the instant as epoch ms. */
export const COLLECTING_AT = `
  WITH ${GIVEN}
  SELECT ${STREAM_COLLECTING} FROM given CROSS JOIN ${streamPeriods('$4', `tstzrange(${AT}, ${AT}, '[]')`)}
   WHERE x.tenant = $1 AND ${AT} <= given.now AND (x.ended_at IS NOT NULL OR e.open OR ${AT} < e.at)
   ORDER BY x.started_at, x.id`;
