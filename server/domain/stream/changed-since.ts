import type { Position, StreamDocument } from '../../../schema/log-entry.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import { STREAM_JSON } from './stream-row.ts';
import type { StreamChanges } from './streams.ts';

interface Row {
  readonly head: string;
  readonly position: string | null;
  readonly stream: StreamDocument | null;
}

/**
 * The streams of the first `limit` changes after a position, and how far that is: one statement, so that its end of the
 * log and what it found are of one moment. It reads as many entries as it gives, by the index on topic and position.
 */
export async function changedSince(
  db: Queryable,
  tenant: string,
  after: Position,
  limit: number,
): Promise<StreamChanges> {
  const { rows } = await db.query<Row>({
    name: 'streams-since',
    text: `SELECT h.position AS head, e.position, ${STREAM_JSON} AS stream
             FROM log_heads h
             LEFT JOIN (SELECT position, (document->>'serverId')::int AS id FROM log_events
                         WHERE tenant = $1 AND topic = 'stream' AND position > $2 ORDER BY position LIMIT $3) e ON TRUE
             LEFT JOIN streams s ON s.id = e.id
            WHERE h.tenant = $1 ORDER BY e.position`,
    values: [tenant, after, limit + 1],
  });
  const changes = rows.filter(({ position }) => position !== null);
  const kept = changes.slice(0, limit);
  const hasMore = changes.length > limit;
  const streams = kept.flatMap(({ stream }) => (stream ? [stream] : []));
  return {
    streams: [...new Map(streams.map((stream) => [stream.serverId, stream])).values()],
    position: Math.max(after, Number((hasMore ? kept.at(-1)?.position : rows[0]?.head) ?? 0)),
    hasMore,
  };
}
