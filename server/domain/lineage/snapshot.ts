import type { LineageDocument, Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';

export interface LineageSnapshot {
  /** The head as of which it was taken. */
  readonly position: Position;
  readonly items: readonly {
    readonly key: string;
    readonly ts: EpochMs;
    readonly document: LineageDocument;
    /** Where it was last written. */
    readonly position: Position;
  }[];
}

/** What is so now, as the log says it: instances that are not retired, active sessions, gaps that last, steps under way. */
export async function lineageSnapshot(db: Queryable, tenant: string): Promise<LineageSnapshot> {
  const { rows } = await db.query<{
    head: Position;
    item: LineageSnapshot['items'][number] | null;
  }>(
    `WITH present(name) AS (
       SELECT 'instance.' || i.id FROM server_instances i WHERE i.tenant = $1 AND i.retired_at IS NULL
       UNION ALL SELECT 'session.' || c.id FROM collection_sessions c WHERE c.tenant = $1 AND c.status = 'ACTIVE'
       UNION ALL SELECT 'gap.' || g.id FROM lineage_gaps g WHERE g.tenant = $1 AND g.ended_at IS NULL
       UNION ALL SELECT 'migration.' || m.id FROM migration_events m WHERE m.tenant = $1 AND m.status = 'STARTED'
     )
     SELECT h.position::float8 AS head, n.item
       FROM log_heads h LEFT JOIN (present CROSS JOIN LATERAL (
         SELECT json_build_object('key', e.key, 'ts', extract(epoch FROM e.ts) * 1000, 'document', e.document,
                                  'position', e.position) AS item
           FROM log_events e
          WHERE e.tenant = $1 AND e.key = translate(rtrim(encode(convert_to('Lineage:' || present.name, 'UTF8'), 'base64'), '='), '+/', '-_')
          ORDER BY e.position DESC LIMIT 1) AS n) ON TRUE
      WHERE h.tenant = $1`,
    [tenant],
  );
  return {
    position: rows[0]?.head ?? 0,
    items: rows.flatMap(({ item }) => (item ? [item] : [])),
  };
}
