import type { SessionDocument } from '../../../schema/log-entry.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import { ms } from './sql.ts';

/** Columns of a session `c` of the instance `i` as its document. */
const SESSION_JSON = `json_build_object(
  'kind', 'session', 'id', c.id, 'instance', json_build_object('id', i.id, 'name', i.name), 'source', c.source,
  'status', c.status, 'startedAt', ${ms('c.started_at')}, 'endedAt', ${ms('c.ended_at')},
  'messages', c.messages, 'bytes', c.bytes, 'reason', c.reason,
  'streams', coalesce((
    SELECT json_agg(json_build_object(
             'uuid', s.uuid, 'name', s.name, 'symbol', x.symbol, 'kinds', x.kinds,
             'startedAt', ${ms('x.started_at')}, 'endedAt', ${ms('x.ended_at')}) ORDER BY x.id)
      FROM session_streams x JOIN streams s ON s.id = x.stream_id WHERE x.session_id = c.id), '[]'::json))`;

/** Sessions by their numbers, as they are now. */
export async function sessionDocuments(
  db: Queryable,
  tenant: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, SessionDocument>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<{ document: SessionDocument }>(
    `SELECT ${SESSION_JSON} AS document
       FROM collection_sessions c JOIN server_instances i ON i.id = c.instance_id
      WHERE c.tenant = $1 AND c.id = ANY($2::int[])`,
    [tenant, ids],
  );
  return new Map(rows.map(({ document }) => [document.id, document]));
}
