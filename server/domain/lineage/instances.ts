import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { PresageError } from '../../../schema/errors.ts';
import type { InstanceDocument, SessionDocument } from '../../../schema/log-entry.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import type { Append, Appended } from '../log/log-writer.ts';
import { anyText, lineText } from '../text-schema.ts';
import { appendLineage, type LineageChange } from './append-lineage.ts';
import { closeSessions } from './close-sessions.ts';
import type { NewInstance, Registration } from './lineage.ts';
import { CLOCK, ms } from './sql.ts';

const text = (max: number) => lineText(max).min(1);

const NEW_INSTANCE = z.object({
  name: text(63).regex(/^[\w.-]+$/, 'may have letters, digits, points, hyphens and underscores'),
  version: text(63),
  host: text(255),
  port: z.number().int().min(1).max(65_535).nullable(),
  storagePath: anyText(4_096),
  environment: text(63),
  clientId: text(200),
  standby: z.boolean(),
});

/** What a peer's own process registers by. */
export interface Claim {
  readonly run: string;
  /** Instances that the peer may have. */
  readonly most: number;
}

/** An instance `i` as its document: without what says where it is reached. */
const INSTANCE_JSON = `json_build_object(
  'kind', 'instance', 'id', i.id, 'name', i.name, 'version', i.version, 'environment', i.environment,
  'standby', i.standby, 'registeredAt', ${ms('i.registered_at')}, 'retiredAt', ${ms('i.retired_at')})`;

/** The instance with what was given. Throws `BAD_INPUT` that lists everything that is wrong with it. */
export function checkNewInstance(instance: NewInstance): NewInstance {
  const result = NEW_INSTANCE.safeParse(instance);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new PresageError('BAD_INPUT', `The instance can't be registered: ${problems.join('; ')}.`);
}

/**
 * Registers an instance, or takes over the one of that name with its desired state. Sessions of the process that had
 * the name are closed. An instance that has the address and has not been seen for `staleMs` is dead, and is retired.
 * A claim takes only a name that is free or the peer's, and said again changes nothing.
 */
export async function registerInstance(
  append: Append,
  tenant: string,
  instance: NewInstance,
  staleMs: number,
  claim?: Claim,
): Promise<Appended<Registration>> {
  const { client } = append;
  const mine = claim && (await claimed(client, tenant, instance, claim));
  if (mine) return { entries: [], result: mine };
  const freed = await freeAddress(append, tenant, instance, staleMs);
  const run = claim?.run ?? randomUUID();
  const { name, version, host, port, storagePath, environment, clientId, standby } = instance;
  const before = await liveInstance(client, tenant, name);
  const values = [
    ...[tenant, name, run, version, host, port, storagePath],
    ...[environment, clientId, standby],
  ];
  const { rows } = await client.query<{ document: InstanceDocument }>(
    before
      ? `UPDATE server_instances i
            SET run = $3, version = $4, host = $5, port = $6, storage_path = $7, environment = $8, client_id = $9,
                standby = $10, seen_at = greatest(i.seen_at, ${CLOCK})
          WHERE i.tenant = $1 AND i.name = $2 AND i.retired_at IS NULL RETURNING ${INSTANCE_JSON} AS document`
      : `INSERT INTO server_instances AS i (tenant, name, run, version, host, port, storage_path, environment,
                                            client_id, standby, registered_at, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ${CLOCK}, ${CLOCK}) RETURNING ${INSTANCE_JSON} AS document`,
    values,
  );
  const document = rows[0]?.document;
  if (!document) throw new Error('registering gave no row');
  const result = { tenant, instanceId: document.id, name, run };
  const closed = await closeSessions(at(append, freed), tenant, {
    ...{ which: 'c.instance_id = $2', values: [document.id], status: 'FAILED' },
    reason: 'The process was gone when the instance registered again.',
  });
  const entries = [...freed, ...closed.entries];
  const change: LineageChange = before ? { type: 'UPDATE', document, before } : { type: 'CREATE', document };
  return { entries: [...entries, ...(await appendLineage(at(append, entries), tenant, [change]))], result };
}

/** Retires an instance; its sessions are terminated. Throws `NOT_FOUND`. */
export async function retireInstance(
  append: Append,
  tenant: string,
  name: string,
  reason: string,
): Promise<Appended<undefined>> {
  const before = await liveInstance(append.client, tenant, name);
  if (!before) throw unknownInstance(name);
  const closed: Appended<readonly SessionDocument[]> = await closeSessions(append, tenant, {
    ...{ which: 'c.instance_id = $2', values: [before.id], status: 'TERMINATED', reason },
  });
  const { rows } = await append.client.query<{ document: InstanceDocument }>(
    `UPDATE server_instances i SET retired_at = greatest(i.registered_at, ${CLOCK})
      WHERE i.tenant = $1 AND i.id = $2 RETURNING ${INSTANCE_JSON} AS document`,
    [tenant, before.id],
  );
  await append.client.query(
    'UPDATE instance_streams SET wanted = FALSE WHERE tenant = $1 AND instance_id = $2',
    [tenant, before.id],
  );
  const document = rows[0]?.document ?? before;
  const retired = await appendLineage(at(append, closed.entries), tenant, [
    { type: 'DELETE', document, before },
  ]);
  return { entries: [...closed.entries, ...retired], result: undefined };
}

/** The append with entries that are written already: the next ones go after them. */
function at(append: Append, written: readonly unknown[]): Append {
  return { ...append, head: append.head + written.length };
}

export function unknownInstance(name: string): PresageError {
  return new PresageError(
    'NOT_FOUND',
    `There is no server instance "${name.slice(0, 63)}"; presage lineage instances lists them.`,
  );
}

/** What has the host and port and is not this instance: retired where it is dead. Throws `CONFLICT` where it lives. */
async function freeAddress(
  append: Append,
  tenant: string,
  { name, host, port }: NewInstance,
  staleMs: number,
): Promise<Appended<undefined>['entries']> {
  if (port === null) return [];
  const { rows } = await append.client.query<{ name: string; dead: boolean }>(
    `SELECT i.name, i.seen_at < ${CLOCK} - $5 * interval '1 millisecond' AS dead FROM server_instances i
      WHERE i.tenant = $1 AND i.host = $2 AND i.port = $3 AND i.name <> $4 AND i.retired_at IS NULL`,
    [tenant, host, port, name, staleMs],
  );
  const holder = rows[0];
  if (!holder) return [];
  if (!holder.dead) {
    throw new PresageError(
      'CONFLICT',
      `The instance "${holder.name}" is at ${host}:${port}; retire it by presage lineage retire ${holder.name}, or give this one another port.`,
    );
  }
  return (await retireInstance(append, tenant, holder.name, `"${name}" took over ${host}:${port}.`)).entries;
}

/**
 * Whether a claim was made before: its registration then. Throws `CONFLICT` where the name is another peer's, `LIMITED`
 * where the peer has as many instances as it may.
 */
async function claimed(
  db: Queryable,
  tenant: string,
  { name, clientId }: NewInstance,
  { run, most }: Claim,
): Promise<Registration | undefined> {
  const { rows } = await db.query<{ id: number; name: string; run: string; client_id: string }>(
    `SELECT i.id, i.name, i.run, i.client_id FROM server_instances i
      WHERE i.tenant = $1 AND i.retired_at IS NULL AND (i.name = $2 OR i.client_id = $3)`,
    [tenant, name, clientId],
  );
  const holder = rows.find((row) => row.name === name);
  if (holder && holder.client_id !== clientId) {
    throw new PresageError(
      'CONFLICT',
      `The instance "${name}" is another peer's; give this one another name (--instance).`,
    );
  }
  if (holder)
    return holder.run === run.toLowerCase() ? { tenant, instanceId: holder.id, name, run } : undefined;
  if (rows.length < most) return undefined;
  throw new PresageError(
    'LIMITED',
    `This peer has ${rows.length} instances, as many as it may; retire those that are gone (presage lineage retire).`,
  );
}

async function liveInstance(
  db: Queryable,
  tenant: string,
  name: string,
): Promise<InstanceDocument | undefined> {
  const { rows } = await db.query<{ document: InstanceDocument }>(
    `SELECT ${INSTANCE_JSON} AS document FROM server_instances i
      WHERE i.tenant = $1 AND i.name = $2 AND i.retired_at IS NULL`,
    [tenant, name],
  );
  return rows[0]?.document;
}
