/** The database's time, which is the record's: whatever the clocks of the instances say. In ms, as columns have it. */
export const CLOCK = "date_trunc('milliseconds', clock_timestamp())";

/** A time as epoch ms. */
export function ms(expression: string): string {
  return `(extract(epoch FROM ${expression}) * 1000)::float8`;
}

/** Epoch ms, or null, as a time. */
export function time(parameter: string): string {
  return `to_timestamp(${parameter}::float8 / 1000)`;
}

/**
 * What is known at `now` of the end of a period `x` of a session `c`: an open one whose heartbeat is fresh goes on, one
 * of a session that fell silent ended with its last heartbeat, whether anybody noticed or not.
 */
export function knownEnd(now: string, patienceMs: string): string {
  const fresh = `c.heartbeat_at >= ${now} - ${patienceMs}::float8 * interval '1 millisecond'`;
  return `(SELECT x.ended_at IS NULL AND ${fresh} AS open,
                  coalesce(x.ended_at, CASE WHEN ${fresh} THEN greatest(c.heartbeat_at, ${now})
                                            ELSE greatest(c.heartbeat_at, x.started_at) END) AS at)`;
}
