import type { Queryable, TenantConnections } from '../../storage/tenant-connections.ts';
import type { LogWriter } from '../log/log-writer.ts';
import { beat } from './beat.ts';
import { closeSessions } from './close-sessions.ts';
import { type Claim, checkNewInstance, registerInstance, retireInstance } from './instances.ts';
import type {
  BeatAnswer,
  CollectedStream,
  LineageRecord,
  NewInstance,
  NewSession,
  OfferedStream,
  Registration,
  SessionCounts,
  SessionEnd,
} from './lineage.ts';
import { changeStreams, lockInstance, openSession } from './sessions.ts';
import type { LineageSettings } from './settings.ts';
import { CLOCK } from './sql.ts';

/**
 * Writes the record. What can be subscribed to is appended to the log, under its lock, so that what is decided there
 * (who has a name, which sessions are open) is decided once; heartbeats and counts are plain updates.
 */
export class RecordService implements LineageRecord {
  readonly #tenants: TenantConnections;
  readonly #writer: LogWriter;
  readonly #settings: LineageSettings;

  constructor(tenants: TenantConnections, writer: LogWriter, settings: LineageSettings) {
    this.#tenants = tenants;
    this.#writer = writer;
    this.#settings = settings;
  }

  /** `claim` bounds what a peer may register by itself; a server's own instances need none. */
  async register(tenant: string, instance: NewInstance, claim?: Claim): Promise<Registration> {
    const checked = checkNewInstance(instance);
    const stale = this.#settings.heartbeatTimeoutMs;
    return this.#writer.append(tenant, (append) => registerInstance(append, tenant, checked, stale, claim));
  }

  async retire(tenant: string, name: string): Promise<void> {
    const reason = 'The instance was retired.';
    await this.#writer.append(tenant, (append) => retireInstance(append, tenant, name, reason));
  }

  async offer(registration: Registration, streams: readonly OfferedStream[]): Promise<ReadonlySet<number>> {
    const { tenant } = registration;
    return this.#writer.append(tenant, async ({ client }) => {
      await lockInstance(client, registration);
      return { entries: [], result: await replaceOffers(client, registration, streams) };
    });
  }

  async openSession(registration: Registration, session: NewSession): Promise<number> {
    return this.#writer.append(registration.tenant, (append) => openSession(append, registration, session));
  }

  async changeStreams(
    registration: Registration,
    sessionId: number,
    change: { readonly start: readonly CollectedStream[]; readonly stop: readonly number[] },
  ): Promise<void> {
    const { tenant } = registration;
    await this.#writer.append(tenant, (append) => changeStreams(append, registration, sessionId, change));
  }

  beat(registration: Registration, sessions: readonly SessionCounts[]): Promise<BeatAnswer> {
    return beat(this.#tenants.of(registration.tenant), registration, sessions);
  }

  async closeSessions(
    registration: Registration,
    sessions: readonly SessionCounts[],
    { status, reason }: SessionEnd,
  ): Promise<void> {
    const { tenant, instanceId } = registration;
    const ids = sessions.map(({ sessionId }) => sessionId);
    await this.#writer.append(tenant, async (append) => {
      await lockInstance(append.client, registration);
      await beat(append.client, registration, sessions);
      const which = 'c.instance_id = $2 AND c.id = ANY($3::int[])';
      return closeSessions(append, tenant, { which, values: [instanceId, ids], status, reason });
    });
  }
}

/** Replaces what an instance offers; what is wanted of it stays wanted. */
async function replaceOffers(
  db: Queryable,
  { tenant, instanceId }: Registration,
  streams: readonly OfferedStream[],
): Promise<ReadonlySet<number>> {
  const ids = streams.map(({ streamServerId }) => streamServerId);
  const sources = streams.map(({ source }) => source);
  await db.query(
    `DELETE FROM instance_streams w
      WHERE w.tenant = $1 AND w.instance_id = $2 AND NOT w.stream_id = ANY($3::int[])`,
    [tenant, instanceId, ids],
  );
  const { rows } = await db.query<{ stream_id: number }>(
    `WITH offered AS (
       INSERT INTO instance_streams AS w (tenant, instance_id, stream_id, source, wanted, changed_at)
       SELECT $1, i.id, s.id, g.source, NOT i.standby, ${CLOCK}
         FROM unnest($3::int[], $4::text[]) AS g(stream_id, source)
         JOIN streams s ON s.tenant = $1 AND s.id = g.stream_id
         JOIN server_instances i ON i.tenant = $1 AND i.id = $2
       ON CONFLICT (instance_id, stream_id) DO UPDATE SET source = excluded.source
       RETURNING w.stream_id, w.wanted
     ) SELECT stream_id FROM offered WHERE wanted`,
    [tenant, instanceId, ids, sources],
  );
  return new Set(rows.map(({ stream_id }) => stream_id));
}
