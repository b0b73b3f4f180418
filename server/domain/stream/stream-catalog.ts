import type { StreamDocument } from '../../../schema/log-entry.ts';
import { isUuid } from '../../../schema/uuid.ts';
import type { TenantConnections } from '../../storage/tenant-connections.ts';
import { STREAM_JSON, type StreamRow } from './stream-row.ts';

/** How a stream is asked for: by `uuid` or by `name`. */
export type StreamKey = { readonly uuid: string } | { readonly name: string };

const MAX_CACHED = 100_000;
/** The greatest that Postgres' `integer` holds. */
const MAX_SERVER_ID = 2_147_483_647;

/**
 * Finds streams by uuid or name, remembering those it has seen: they don't change while they are not archived, and
 * whoever archives one says so with `forget`.
 */
export class StreamCatalog {
  readonly #tenants: TenantConnections;
  readonly #byUuid = new Map<string, StreamDocument>();
  readonly #byName = new Map<string, StreamDocument>();
  readonly #byServerId = new Map<number, { tenant: string; stream: StreamDocument }>();

  constructor(tenants: TenantConnections) {
    this.#tenants = tenants;
  }

  async find(tenant: string, key: StreamKey): Promise<StreamDocument | undefined> {
    const [found] = await this.findAll(tenant, [key]);
    return found;
  }

  /** By index of the keys; one statement for all that are not remembered. */
  async findAll(
    tenant: string,
    keys: readonly StreamKey[],
  ): Promise<readonly (StreamDocument | undefined)[]> {
    const found = keys.map((key) => this.#remembered(tenant, key));
    if (found.every((stream) => stream !== undefined)) return found;
    const missing = keys.filter((_, index) => found[index] === undefined);
    await this.#load(tenant, missing);
    return keys.map((key, index) => found[index] ?? this.#remembered(tenant, key));
  }

  /** Those of these server ids that are streams of the tenant. */
  async byServerIds(tenant: string, ids: Iterable<number>): Promise<ReadonlyMap<number, StreamDocument>> {
    const found = new Map<number, StreamDocument>();
    const missing: number[] = [];
    for (const id of new Set(ids)) {
      const known = this.#byServerId.get(id);
      if (!known) missing.push(id);
      else if (known.tenant === tenant) found.set(id, known.stream);
    }
    if (missing.length > 0) {
      const { rows } = await this.#tenants.of(tenant).query<StreamRow & { tenant: string }>(
        `SELECT s.tenant, ${STREAM_JSON} AS stream FROM streams s
          WHERE s.tenant = $1 AND s.id = ANY($2::int[])`,
        [tenant, missing],
      );
      this.#remember(rows);
      for (const { stream } of rows) found.set(stream.serverId, stream);
    }
    return found;
  }

  /** The stream of this server id, if it is the tenant's. */
  async findOfTenant(tenant: string, serverId: number): Promise<StreamDocument | undefined> {
    if (serverId > MAX_SERVER_ID) return undefined;
    return (await this.byServerIds(tenant, [serverId])).get(serverId);
  }

  forget(tenant: string, stream: StreamDocument): void {
    this.#byServerId.delete(stream.serverId);
    this.#byUuid.delete(`${tenant}/${stream.uuid}`);
    this.#byName.delete(`${tenant}/${stream.name}`);
  }

  /** Remembers nothing any more. */
  clear(): void {
    this.#byUuid.clear();
    this.#byName.clear();
    this.#byServerId.clear();
  }

  #remembered(tenant: string, key: StreamKey): StreamDocument | undefined {
    return 'uuid' in key
      ? (this.#byUuid.get(`${tenant}/${key.uuid}`) ?? this.#byUuid.get(`${tenant}/${key.uuid.toLowerCase()}`))
      : this.#byName.get(`${tenant}/${key.name}`);
  }

  async #load(tenant: string, keys: readonly StreamKey[]): Promise<void> {
    const uuids = keys.flatMap((key) => ('uuid' in key && isUuid(key.uuid) ? [key.uuid] : []));
    const names = keys.flatMap((key) => ('name' in key && !key.name.includes('\0') ? [key.name] : []));
    if (uuids.length + names.length === 0) return;
    const { rows } = await this.#tenants.of(tenant).query<StreamRow & { tenant: string }>(
      `SELECT s.tenant, ${STREAM_JSON} AS stream FROM streams s
        WHERE s.tenant = $1 AND (s.uuid = ANY($2::uuid[]) OR s.name = ANY($3::text[]))`,
      [tenant, [...new Set(uuids)], [...new Set(names)]],
    );
    this.#remember(rows);
  }

  #remember(rows: readonly (StreamRow & { tenant: string })[]): void {
    if (this.#byUuid.size + rows.length > MAX_CACHED) this.clear();
    for (const { tenant, stream } of rows) {
      this.#byServerId.set(stream.serverId, { tenant, stream });
      this.#byUuid.set(`${tenant}/${stream.uuid}`, stream);
      this.#byName.set(`${tenant}/${stream.name}`, stream);
    }
  }
}
