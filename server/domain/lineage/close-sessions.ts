import type { SessionDocument } from '../../../schema/log-entry.ts';
import type { Append, Appended } from '../log/log-writer.ts';
import { appendLineage } from './append-lineage.ts';
import { sessionDocuments } from './session-documents.ts';
import { CLOCK } from './sql.ts';

/** Which sessions are closed, and how. `which` is about `collection_sessions c`, its parameters from $2 on. */
export interface Closing {
  readonly which: string;
  readonly values: readonly unknown[];
  readonly status: 'COMPLETED' | 'TERMINATED' | 'FAILED';
  readonly reason: string;
}

/**
 * Closes active sessions and the streams that they collect, in one statement: those that fail at their last heartbeat,
 * the others now. Whoever comes second finds none of them active. Gives the sessions as they are then.
 */
export async function closeSessions(
  append: Append,
  tenant: string,
  { which, values, status, reason }: Closing,
): Promise<Appended<readonly SessionDocument[]>> {
  const { client } = append;
  const open = await client.query<{ id: number }>(
    `SELECT c.id FROM collection_sessions c
      WHERE c.tenant = $1 AND c.status = 'ACTIVE' AND ${which} ORDER BY c.id FOR UPDATE`,
    [tenant, ...values],
  );
  const ids = open.rows.map(({ id }) => id);
  if (ids.length === 0) return { entries: [], result: [] };
  const before = await sessionDocuments(client, tenant, ids);
  await client.query(
    `WITH closed AS (
       UPDATE collection_sessions c
          SET status = $3::"SessionStatus", reason = $4,
              ended_at = CASE WHEN $3 = 'FAILED' THEN c.heartbeat_at ELSE greatest(c.heartbeat_at, ${CLOCK}) END
        WHERE c.tenant = $1 AND c.id = ANY($2::int[]) AND c.status = 'ACTIVE'
       RETURNING c.id, c.ended_at
     )
     UPDATE session_streams x SET ended_at = greatest(x.started_at, closed.ended_at)
       FROM closed WHERE x.tenant = $1 AND x.session_id = closed.id AND x.ended_at IS NULL`,
    [tenant, ids, status, reason],
  );
  const after = [...(await sessionDocuments(client, tenant, ids)).values()];
  const entries = await appendLineage(
    append,
    tenant,
    after.map((document) => {
      const was = before.get(document.id);
      return { type: 'UPDATE', document, ...(was ? { before: was } : {}) };
    }),
  );
  return { entries, result: after };
}
