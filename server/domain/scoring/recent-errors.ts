import type { CanonicalDecimal } from '../../../schema/decimal.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';

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
 * of two rows of `tallies`, so the cost is that of two index ranges a stream, however long the history is.
 */
export async function recentErrors(
  db: Queryable,
  streamServerIds: readonly number[],
  window: number,
): Promise<readonly RecentErrors[]> {
  const { rows } = await db.query<RecentErrors>({
    text: `SELECT t.* FROM unnest($1::int[]) AS w(stream_id)
            CROSS JOIN LATERAL (SELECT number FROM targets t WHERE t.stream_id = w.stream_id AND t.number IS NOT NULL
                                 ORDER BY t.number DESC LIMIT 1) AS newest
            CROSS JOIN LATERAL (
              SELECT w.stream_id AS "streamServerId", now.peer_id AS "peerId", now.scored - coalesce(past.scored, 0) AS scored,
                     trim_scale(now.error_sum - coalesce(past.error_sum, 0))::text AS "errorSum",
                     trim_scale(now.naive_sum - coalesce(past.naive_sum, 0))::text AS "naiveSum"
                FROM tallies now
                JOIN forecasters f ON f.stream_id = w.stream_id AND f.peer_id = now.peer_id
                LEFT JOIN tallies past ON past.stream_id = w.stream_id AND past.target = newest.number - $2::int
                 AND past.peer_id = now.peer_id AND past.target >= f.first_target
               WHERE now.stream_id = w.stream_id AND now.target = newest.number
                 AND now.scored > coalesce(past.scored, 0)
              -- Keeps it a loop over streams that reads ranges; joined as a whole, the planner reads the table.
              OFFSET 0) AS t`,
    values: [streamServerIds, window],
  });
  return rows;
}
