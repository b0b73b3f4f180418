import type pg from 'pg';
import type { CanonicalDecimal } from '../../../schema/decimal.ts';

/** How a peer, and the naive forecast, did on a stream's last targets of horizon 1. */
export interface RecentErrors {
  readonly streamServerId: number;
  readonly peerId: number;
  /** Targets of the window that the peer was scored on. */
  readonly scored: number;
  /** Sum of its absolute errors over those. */
  readonly errorSum: CanonicalDecimal;
  /** Sum of the naive forecast's absolute errors over the same. */
  readonly naiveSum: CanonicalDecimal;
}

/**
 * The errors of every peer that was scored within the last `window` targets of these streams. Every sum is a difference
 * of two rows of `tallies`, so the cost is that of two index look-ups a peer, however long the history is.
 */
export async function recentErrors(
  db: pg.Pool | pg.PoolClient,
  streamServerIds: readonly number[],
  window: number,
): Promise<readonly RecentErrors[]> {
  const { rows } = await db.query<RecentErrors>({
    name: 'recent-errors',
    text: `SELECT f.stream_id AS "streamServerId", f.peer_id AS "peerId", now.scored - coalesce(past.scored, 0) AS scored,
                  trim_scale(now.error_sum - coalesce(past.error_sum, 0))::text AS "errorSum",
                  trim_scale(now.naive_sum - coalesce(past.naive_sum, 0))::text AS "naiveSum"
             FROM unnest($1::int[]) AS w(stream_id)
            CROSS JOIN LATERAL (SELECT number FROM targets t WHERE t.stream_id = w.stream_id AND t.number IS NOT NULL
                                 ORDER BY t.number DESC LIMIT 1) AS newest
             JOIN forecasters f ON f.stream_id = w.stream_id
            CROSS JOIN LATERAL (SELECT scored, error_sum, naive_sum FROM tallies t
                                 WHERE t.stream_id = f.stream_id AND t.peer_id = f.peer_id
                                 ORDER BY t.target DESC LIMIT 1) AS now
             LEFT JOIN LATERAL (SELECT scored, error_sum, naive_sum FROM tallies t
                                 WHERE t.stream_id = f.stream_id AND t.peer_id = f.peer_id
                                   AND t.target <= newest.number - $2::int
                                 ORDER BY t.target DESC LIMIT 1) AS past ON TRUE
            WHERE now.scored > coalesce(past.scored, 0)`,
    values: [streamServerIds, window],
  });
  return rows;
}
