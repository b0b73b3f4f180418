import type pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import type { TenantLog } from './tenant-log.ts';

/**
 * Learns which streams have been archived since it last looked, by whichever process. Under the lock that is exact: what
 * is judged after it can't be about a stream that is archived by then.
 */
export async function readArchived(
  client: pg.PoolClient,
  tenant: string,
  log: TenantLog,
  head: Position,
): Promise<void> {
  const { rows } = await client.query<{ id: number }>({
    name: 'archived-streams',
    text: `SELECT (document->>'serverId')::int AS id FROM log_events
            WHERE tenant = $1 AND position > $2 AND position <= $3 AND topic = 'stream' AND type = 'UPDATE'
              AND document->>'archivedAt' IS NOT NULL`,
    values: [tenant, log.streamsSeen, head],
  });
  for (const { id } of rows) log.archived.add(id);
  log.streamsSeen = head;
  log.streamsKnown = true;
}
