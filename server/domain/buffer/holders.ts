import type { Queryable } from '../../storage/tenant-connections.ts';
import type { Holder } from './buffers.ts';

/** Of an instance without an API nobody knows where its storage is: it is like no other's. */
const OF_ITS_OWN = 'CASE WHEN i.port IS NULL THEN i.name END';

/**
 * The instances that have ever collected a stream, retired ones too: of several with the same storage, the newest. What
 * they hold is not bounded by when they collected it, since a replay collects the past.
 */
export async function holdersOf(db: Queryable, tenant: string, streamId: number): Promise<readonly Holder[]> {
  const { rows } = await db.query<{ holder: Holder }>({
    name: 'buffer-holders',
    text: `SELECT json_build_object('name', h.name, 'host', h.host, 'port', h.port, 'storagePath', h.storage_path) AS holder
             FROM (SELECT DISTINCT ON (i.host, i.storage_path, ${OF_ITS_OWN}) i.* FROM server_instances i
                    WHERE i.tenant = $1 AND EXISTS (
                      SELECT FROM collection_sessions c
                        JOIN session_streams x ON x.tenant = c.tenant AND x.session_id = c.id AND x.stream_id = $2
                       WHERE c.tenant = $1 AND c.instance_id = i.id)
                    ORDER BY i.host, i.storage_path, ${OF_ITS_OWN}, i.id DESC) h
            ORDER BY h.name, h.id`,
    values: [tenant, streamId],
  });
  return rows.map(({ holder }) => holder);
}
