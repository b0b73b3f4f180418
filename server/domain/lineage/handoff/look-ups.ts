import { PresageError } from '../../../../schema/errors.ts';
import type { InstanceName } from '../../../../schema/log-entry.ts';
import type { Queryable } from '../../../storage/tenant-connections.ts';
import { unknownInstance } from '../instances.ts';
import { type HandoffRow, readHandoffs, readSteps } from './handoff-row.ts';
import type { HandoffDocument } from './handoffs.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** An instance that is not retired. Throws `NOT_FOUND`. */
export async function instanceOf(db: Queryable, tenant: string, name: string): Promise<InstanceName> {
  const found = await lookUp(db, tenant, name);
  if (!found) throw unknownInstance(name);
  return { id: found.id, name: found.name };
}

/** The public key that an instance publishes with; `undefined` if there is none of that name. */
export async function ownerOf(db: Queryable, tenant: string, name: string): Promise<string | undefined> {
  return (await lookUp(db, tenant, name))?.owner;
}

async function lookUp(db: Queryable, tenant: string, name: string) {
  const { rows } = await db.query<InstanceName & { readonly owner: string }>(
    `SELECT i.id, i.name, i.client_id AS owner FROM server_instances i
      WHERE i.tenant = $1 AND i.name = $2 AND i.retired_at IS NULL`,
    [tenant, name],
  );
  return rows[0];
}

/** Server ids of what an instance should collect. */
export async function wantedOf(
  db: Queryable,
  tenant: string,
  instanceId: number,
): Promise<readonly number[]> {
  const { rows } = await db.query<{ id: number }>(
    `SELECT s.id FROM instance_streams w JOIN streams s ON s.id = w.stream_id
      WHERE w.tenant = $1 AND w.instance_id = $2 AND w.wanted AND s.archived_at IS NULL ORDER BY s.id`,
    [tenant, instanceId],
  );
  return rows.map(({ id }) => id);
}

/** Handoffs under way that one of these instances takes part in. */
export function unfinishedOf(
  db: Queryable,
  tenant: string,
  instances: readonly number[],
): Promise<readonly HandoffRow[]> {
  const which = 'h.finished_at IS NULL AND (h.source_id = ANY($2::int[]) OR h.target_id = ANY($2::int[]))';
  return readHandoffs(db, tenant, which, [instances]);
}

/** Throws `NOT_FOUND`. */
export async function handoffOf(db: Queryable, tenant: string, id: string): Promise<HandoffRow> {
  const [handoff] = await readHandoffs(db, tenant, 'h.id = $2', [id]);
  if (!handoff) throw unknownHandoff(id);
  return handoff;
}

/** Handoffs with their steps. */
export async function documents(
  db: Queryable,
  tenant: string,
  rows: readonly HandoffRow[],
): Promise<readonly HandoffDocument[]> {
  const steps = await readSteps(
    db,
    tenant,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    ...{ id: row.id, source: row.source, target: row.target, strategy: row.strategy, streams: row.streams },
    ...{ moved: row.moved, state: row.state, startedAt: row.startedAt, finishedAt: row.finishedAt },
    ...{
      reason: row.reason,
      waitingFor: null,
      events: steps.filter(({ handoffId }) => handoffId === row.id),
    },
  }));
}

/** Refuses what can't be the uuid of a handoff as one that is not there. */
export function checkId(id: string): void {
  if (!UUID.test(id)) throw unknownHandoff(id);
}

/** What names no handoff of the tenant. */
export function unknownHandoff(id: string): PresageError {
  return new PresageError(
    'NOT_FOUND',
    `There is no handoff ${id.slice(0, 60)}; presage handoff --list shows them.`,
  );
}
