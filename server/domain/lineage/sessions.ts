import { PresageError } from '../../../schema/errors.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import type { Append, Appended } from '../log/log-writer.ts';
import { appendLineage } from './append-lineage.ts';
import type { CollectedStream, NewSession, Registration } from './lineage.ts';
import { sessionDocuments } from './session-documents.ts';
import { CLOCK } from './sql.ts';

/** Opens a session with its streams; one that resumes another starts where that one was closed. */
export async function openSession(
  append: Append,
  registration: Registration,
  { source, config, streams, resumes }: NewSession,
): Promise<Appended<number>> {
  const { client } = append;
  const { tenant, instanceId } = registration;
  await lockInstance(client, registration);
  const open = await client.query<{ id: number }>(
    `SELECT c.id FROM collection_sessions c
      WHERE c.tenant = $1 AND c.instance_id = $2 AND c.source = $3 AND c.status = 'ACTIVE'`,
    [tenant, instanceId, source],
  );
  // Opened by a call whose answer was lost.
  const active = open.rows[0]?.id;
  if (active !== undefined) {
    const { entries } = await changeStreams(append, registration, active, { start: streams, stop: [] });
    return { entries, result: active };
  }
  // A session starts after whatever the instance had of this source, however the database's clock was set since.
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO collection_sessions (tenant, instance_id, source, started_at, heartbeat_at, config, resumes)
     SELECT $1, $2, $3, began.at, greatest(began.at, ${CLOCK}), $4,
            (SELECT c.id FROM collection_sessions c
              WHERE c.tenant = $1 AND c.id = $5 AND c.instance_id = $2 AND c.source = $3) FROM (
       SELECT coalesce((SELECT greatest(c.ended_at, last.at) FROM collection_sessions c
                         WHERE c.tenant = $1 AND c.id = $5 AND c.instance_id = $2 AND c.source = $3),
                       greatest(${CLOCK}, last.at)) AS at
         FROM (SELECT max(c.ended_at) AS at FROM collection_sessions c
                WHERE c.tenant = $1 AND c.instance_id = $2 AND c.source = $3) AS last) AS began
     RETURNING id`,
    [tenant, instanceId, source, JSON.stringify(config ?? null), resumes ?? null],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('opening a session gave no row');
  await startStreams(client, tenant, id, streams, 'c.started_at');
  const document = (await sessionDocuments(client, tenant, [id])).get(id);
  const entries = document ? await appendLineage(append, tenant, [{ type: 'CREATE', document }]) : [];
  return { entries, result: id };
}

/** Starts and stops streams of an active session; one that is closed takes none. Throws `CONFLICT`. */
export async function changeStreams(
  append: Append,
  registration: Registration,
  id: number,
  { start, stop }: { readonly start: readonly CollectedStream[]; readonly stop: readonly number[] },
): Promise<Appended<undefined>> {
  const { client } = append;
  const { tenant } = registration;
  await lockInstance(client, registration);
  const { rowCount } = await client.query(
    `UPDATE collection_sessions c SET heartbeat_at = greatest(c.heartbeat_at, ${CLOCK})
      WHERE c.tenant = $1 AND c.id = $2 AND c.instance_id = $3 AND c.status = 'ACTIVE'`,
    [tenant, id, registration.instanceId],
  );
  if (rowCount === 0) {
    throw new PresageError('CONFLICT', `Session ${id} is not active; open another one that resumes it.`);
  }
  const before = (await sessionDocuments(client, tenant, [id])).get(id);
  const stopped = await client.query(
    `UPDATE session_streams x SET ended_at = greatest(x.started_at, ${CLOCK})
      WHERE x.tenant = $1 AND x.session_id = $2 AND x.stream_id = ANY($3::int[]) AND x.ended_at IS NULL`,
    [tenant, id, stop],
  );
  const started = await startStreams(client, tenant, id, start, CLOCK);
  if (started + (stopped.rowCount ?? 0) === 0) return { entries: [], result: undefined };
  const document = (await sessionDocuments(client, tenant, [id])).get(id);
  if (!document || !before) throw new Error(`session ${id} is gone`);
  const entries = await appendLineage(append, tenant, [{ type: 'UPDATE', document, before }]);
  return { entries, result: undefined };
}

/** Makes sure that the process still has the instance's name, and that it keeps it until the transaction ends. */
export async function lockInstance(
  db: Queryable,
  { tenant, instanceId, run, name }: Registration,
): Promise<void> {
  const { rowCount } = await db.query(
    `SELECT FROM server_instances i
      WHERE i.tenant = $1 AND i.id = $2 AND i.run = $3 AND i.retired_at IS NULL FOR UPDATE`,
    [tenant, instanceId, run],
  );
  if (rowCount === 1) return;
  throw new PresageError(
    'CONFLICT',
    `Another process has registered as "${name}", or it was retired; stop this one, or give it another name.`,
  );
}

/** Streams that are not being collected in the session, from `since` on; gives how many that were. */
async function startStreams(
  db: Queryable,
  tenant: string,
  session: number,
  streams: readonly CollectedStream[],
  since: string,
): Promise<number> {
  if (streams.length === 0) return 0;
  const { rowCount } = await db.query(
    `INSERT INTO session_streams (tenant, session_id, stream_id, symbol, kinds, started_at)
     SELECT $1, c.id, s.id, g.symbol, g.kinds,
            greatest(${since}, (SELECT max(x.ended_at) FROM session_streams x
                                 WHERE x.session_id = c.id AND x.stream_id = s.id))
       FROM jsonb_to_recordset($3) AS g("streamServerId" int, symbol text, kinds text[])
       JOIN streams s ON s.tenant = $1 AND s.id = g."streamServerId"
       JOIN collection_sessions c ON c.tenant = $1 AND c.id = $2
      WHERE NOT EXISTS (SELECT FROM session_streams x
                         WHERE x.session_id = c.id AND x.stream_id = s.id AND x.ended_at IS NULL)`,
    [tenant, session, JSON.stringify(streams)],
  );
  return rowCount ?? 0;
}
