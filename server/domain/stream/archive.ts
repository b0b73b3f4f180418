import { PresageError } from '../../../schema/errors.ts';
import type { StreamDocument, StreamEntry } from '../../../schema/log-entry.ts';
import { encodeNodeId } from '../../../schema/node-id.ts';
import type { Actor } from '../actor.ts';
import type { Append, Appended } from '../log/log-writer.ts';
import { STREAM_JSON, type StreamRow } from './stream-row.ts';

/** Marks a stream as archived; nothing if it is. Throws `FORBIDDEN` for anybody but its author. */
export async function appendArchival(
  { client, head, ts }: Append,
  { tenant, peer }: Actor,
  stream: StreamDocument,
): Promise<Appended<StreamDocument>> {
  if (stream.author !== peer.publicKey) {
    throw new PresageError('FORBIDDEN', `Only its author archives "${stream.name}".`);
  }
  const { rows } = await client.query<StreamRow>(
    `SELECT ${STREAM_JSON} AS stream FROM streams s WHERE s.tenant = $1 AND s.id = $2`,
    [tenant, stream.serverId],
  );
  const before = rows[0]?.stream ?? stream;
  if (before.archivedAt !== null) return { entries: [], result: before };
  const document: StreamDocument = { ...before, archivedAt: ts };
  const key = encodeNodeId('Stream', stream.uuid);
  const position = head + 1;
  await client.query(
    `WITH archived AS (
       UPDATE streams SET archived_at = to_timestamp($6::float8 / 1000) WHERE tenant = $1 AND id = $2
     )
     INSERT INTO log_events (tenant, position, topic, type, key, document, before, ts)
     VALUES ($1, $3, 'stream', 'UPDATE', $4, $5, $7, to_timestamp($6::float8 / 1000))`,
    [tenant, stream.serverId, position, key, JSON.stringify(document), ts, JSON.stringify(before)],
  );
  const entry: StreamEntry = {
    ...{ tenant, position, topic: 'stream', type: 'UPDATE' },
    ...{ key, ts, document, before },
  };
  return { entries: [entry], result: document };
}
