import type { Queryable } from '../../storage/tenant-connections.ts';
import type { BeatAnswer, Registration, SessionCounts } from './lineage.ts';
import { CLOCK, time } from './sql.ts';

/**
 * Heartbeat and counts in one statement. Counts are totals, and never go back, so that one that is sent twice or
 * overtaken counts once. A session's own totals are the sums of its streams'.
 */
const BEAT = `
  WITH instance AS (
    UPDATE server_instances i SET seen_at = greatest(i.seen_at, ${CLOCK})
     WHERE i.tenant = $1 AND i.id = $2 AND i.run = $3 AND i.retired_at IS NULL RETURNING i.id
  ), given AS (
    SELECT * FROM jsonb_to_recordset($5) AS g("sessionId" int, "streamServerId" int, kinds text[], messages bigint, bytes bigint,
                                              "firstMessageAt" float8, "lastMessageAt" float8)
  ), newest AS (
    SELECT DISTINCT ON (x.session_id, x.stream_id)
           x.id, x.session_id, g.kinds, g.messages, g.bytes, g."firstMessageAt", g."lastMessageAt"
      FROM given g JOIN session_streams x
        ON x.tenant = $1 AND x.session_id = g."sessionId" AND x.stream_id = g."streamServerId"
     ORDER BY x.session_id, x.stream_id, x.id DESC
  ), totals AS (
    SELECT x.session_id, sum(greatest(x.messages, n.messages)) AS messages, sum(greatest(x.bytes, n.bytes)) AS bytes
      FROM session_streams x LEFT JOIN newest n ON n.id = x.id
     WHERE x.tenant = $1 AND x.session_id = ANY($4::int[]) GROUP BY x.session_id
  ), beating AS (
    UPDATE collection_sessions c
       SET heartbeat_at = greatest(c.heartbeat_at, ${CLOCK}),
           messages = greatest(c.messages, (SELECT t.messages FROM totals t WHERE t.session_id = c.id)),
           bytes = greatest(c.bytes, (SELECT t.bytes FROM totals t WHERE t.session_id = c.id))
      FROM instance
     WHERE c.tenant = $1 AND c.id = ANY($4::int[]) AND c.instance_id = instance.id AND c.status = 'ACTIVE'
    RETURNING c.id
  ), counted AS (
    UPDATE session_streams x
       SET kinds = CASE WHEN cardinality(n.kinds) > 0 THEN n.kinds ELSE x.kinds END,
           messages = greatest(x.messages, n.messages), bytes = greatest(x.bytes, n.bytes),
           first_message_at = least(x.first_message_at, ${time('n."firstMessageAt"')}),
           last_message_at = greatest(x.last_message_at, ${time('n."lastMessageAt"')})
      FROM newest n JOIN beating b ON b.id = n.session_id WHERE x.tenant = $1 AND x.id = n.id
  )
  SELECT EXISTS (SELECT FROM instance) AS current,
         coalesce((SELECT array_agg(id) FROM beating), '{}') AS active,
         coalesce((SELECT array_agg(w.stream_id) FROM instance_streams w
                    WHERE w.tenant = $1 AND w.instance_id = $2 AND w.wanted), '{}') AS wanted`;

export async function beat(
  db: Queryable,
  { tenant, instanceId, run }: Registration,
  sessions: readonly SessionCounts[],
): Promise<BeatAnswer> {
  const counts = sessions.flatMap(({ sessionId, streams }) =>
    streams.map((stream) => ({ ...stream, sessionId })),
  );
  const { rows } = await db.query<{ current: boolean; active: number[]; wanted: number[] }>({
    name: 'lineage-beat',
    text: BEAT,
    values: [tenant, instanceId, run, sessions.map(({ sessionId }) => sessionId), JSON.stringify(counts)],
  });
  const answer = rows[0];
  return {
    current: answer?.current === true,
    active: new Set(answer?.active),
    wanted: new Set(answer?.current === true ? answer.wanted : []),
  };
}
