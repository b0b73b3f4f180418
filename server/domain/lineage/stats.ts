import type pg from 'pg';
import { CLOCK, ms } from './sql.ts';

/** The record in numbers, over all tenants: what metrics show. */
export interface LineageStats {
  readonly activeSessions: number;
  /** Active, but without a heartbeat for longer than is allowed: nobody has noticed yet. */
  readonly silentSessions: number;
  /** Closed as failed within the last day. */
  readonly failedSessions: number;
  readonly openCoverageGaps: number;
  readonly openDataGaps: number;
  readonly unfinishedHandoffs: number;
  /** Alerts that the webhook has not heard of yet. */
  readonly waitingAlerts: number;
  /** Since the newest heartbeat of any active session, in s; null where none is active. */
  readonly secondsSinceHeartbeat: number | null;
}

export async function lineageStats(pool: pg.Pool, patienceMs: number): Promise<LineageStats> {
  const { rows } = await pool.query<LineageStats>({
    name: 'lineage-stats',
    text: `
      SELECT a.active AS "activeSessions", a.silent AS "silentSessions", a.since AS "secondsSinceHeartbeat",
             (SELECT count(*)::int FROM collection_sessions c
               WHERE c.status = 'FAILED' AND c.ended_at > ${CLOCK} - interval '1 day') AS "failedSessions",
             g.coverage AS "openCoverageGaps", g.data AS "openDataGaps",
             (SELECT count(*)::int FROM handoffs h WHERE h.finished_at IS NULL) AS "unfinishedHandoffs",
             (SELECT count(*)::int FROM lineage_alerts w WHERE w.next_at IS NOT NULL) AS "waitingAlerts"
        FROM (SELECT count(*)::int AS active,
                     count(*) FILTER (WHERE c.heartbeat_at < ${CLOCK} - $1::float8 * interval '1 millisecond')::int AS silent,
                     (${ms(CLOCK)} - max(${ms('c.heartbeat_at')})) / 1000 AS since
                FROM collection_sessions c WHERE c.status = 'ACTIVE') AS a,
             (SELECT count(*) FILTER (WHERE l.kind = 'COVERAGE')::int AS coverage,
                     count(*) FILTER (WHERE l.kind = 'DATA')::int AS data
                FROM lineage_gaps l WHERE l.ended_at IS NULL) AS g`,
    values: [patienceMs],
  });
  if (!rows[0]) throw new Error('the numbers of the record gave no row');
  return rows[0];
}
