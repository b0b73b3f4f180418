import type { Queryable } from '../../storage/tenant-connections.ts';
import { CONSENSUS_KEY } from './consensus-peer.ts';
import type { LeaderboardEntry } from './scores.ts';

/** Scores by which a peer's skill is trusted half. */
const SHRINK_BY = 10;
/** Least relative error that a weight is made of, so that a lucky peer does not get everything. */
const LEAST_ERROR = 0.05;

interface Row extends Omit<LeaderboardEntry, 'peer'> {
  readonly peerId: number;
  readonly publicKey: string;
  readonly name: string | null;
  readonly role: LeaderboardEntry['peer']['role'];
  readonly createdAt: number;
}

/**
 * Every sum over a window is a difference of two rows: of the stream's sums in `targets`, and of the peer's in
 * `tallies`. What a peer missed counts as the naive forecast's error. On one stream errors are in its own unit, over
 * all of them each is in units of its target's scale.
 */
const TEXT = `
  WITH board AS (
    SELECT s.id AS stream_id, newest.*, greatest(newest.number - $3::int, 0) AS start
      FROM streams s
     CROSS JOIN LATERAL (SELECT number, count_sum, naive_sum, naive_scaled_sum FROM targets t
                          WHERE t.stream_id = s.id AND t.number IS NOT NULL ORDER BY t.number DESC LIMIT 1) AS newest
     WHERE s.tenant = $1 AND ($2::uuid IS NULL OR s.uuid = $2::uuid)
  ), standing AS (
    SELECT t.* FROM board b CROSS JOIN LATERAL (
      SELECT now.peer_id,
             now.scored - coalesce(past.scored, 0) AS scored,
             b.count_sum - coalesce(start.count_sum, 0) AS targets,
             now.error_sum - coalesce(past.error_sum, 0) AS error,
             b.naive_sum - coalesce(start.naive_sum, 0) AS naive,
             now.naive_sum - coalesce(past.naive_sum, 0) AS naive_scored,
             now.scaled_sum - coalesce(past.scaled_sum, 0) AS scaled,
             b.naive_scaled_sum - coalesce(start.naive_scaled_sum, 0) AS naive_scaled,
             now.naive_scaled_sum - coalesce(past.naive_scaled_sum, 0) AS naive_scaled_scored
        FROM tallies now
        JOIN forecasters f ON f.stream_id = b.stream_id AND f.peer_id = now.peer_id
        LEFT JOIN tallies past ON past.stream_id = b.stream_id AND past.target = b.start AND past.peer_id = now.peer_id
         AND b.start >= f.first_target
        LEFT JOIN targets start ON start.stream_id = b.stream_id AND start.number = greatest(b.start, f.first_target - 1)
       WHERE now.stream_id = b.stream_id AND now.target = b.number AND now.scored > coalesce(past.scored, 0)
      -- Keeps it a loop over streams that reads ranges; joined as a whole, the planner reads the table.
      OFFSET 0) AS t
  ), peer AS (
    SELECT peer_id, sum(scored) AS scored, sum(targets) - sum(scored) AS missed,
           (sum(scaled) + sum(naive_scaled) - sum(naive_scaled_scored)) / sum(targets) AS mean_scaled,
           CASE WHEN $2::uuid IS NULL THEN sum(scaled) + sum(naive_scaled) - sum(naive_scaled_scored)
                ELSE sum(error) + sum(naive) - sum(naive_scored) END AS error,
           CASE WHEN $2::uuid IS NULL THEN sum(naive_scaled) ELSE sum(naive) END AS naive
      FROM standing GROUP BY peer_id
  ), skilled AS (
    SELECT *, CASE WHEN naive > 0 THEN round(1 - error / naive, 12) WHEN error > 0 THEN -1 ELSE 0 END AS skill FROM peer
  ), shrunk AS (
    SELECT s.*, round(s.skill * s.scored / (s.scored + ${SHRINK_BY}), 12) AS shrunk, e.public_key, e.name, e.role,
           e.created_at, e.public_key = '${CONSENSUS_KEY}' AS is_consensus
      FROM skilled s JOIN peers e ON e.id = s.peer_id
  ), weighted AS (
    SELECT *, CASE WHEN is_consensus THEN 0 ELSE power(greatest(1 - shrunk, ${LEAST_ERROR})::float8, -2) END AS weight
      FROM shrunk
  )
  SELECT rank() OVER (ORDER BY shrunk DESC)::int AS rank, skill::float8, shrunk::float8 AS "shrunkSkill",
         mean_scaled::float8 AS "meanScaledError", scored::int, missed::int,
         coalesce(weight / nullif(sum(weight) OVER (), 0), 0) AS weight, peer_id AS "peerId",
         public_key AS "publicKey", name, role, (extract(epoch FROM created_at) * 1000)::float8 AS "createdAt"
    FROM weighted ORDER BY shrunk DESC, scored DESC, public_key LIMIT $4`;

/** Who predicts best, in one statement: a few index ranges a stream, however long the history is. */
export async function readLeaderboard(
  pool: Queryable,
  tenant: string,
  { streamUuid, window, first }: { streamUuid: string | null; window: number; first: number },
): Promise<readonly LeaderboardEntry[]> {
  const { rows } = await pool.query<Row>({
    name: 'leaderboard',
    text: TEXT,
    values: [tenant, streamUuid, window, first],
  });
  return rows.map(({ peerId, publicKey, name, role, createdAt, ...entry }) => ({
    ...entry,
    peer: { id: peerId, publicKey, name, role, createdAt },
  }));
}

/** The statement, for those who look at its plan. */
export const LEADERBOARD_SQL = TEXT;
