import { randomUUID } from 'node:crypto';
import { PresageError } from '../../../schema/errors.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import type { Position, StreamDocument, StreamEntry } from '../../../schema/log-entry.ts';
import { encodeNodeId } from '../../../schema/node-id.ts';
import type { Queryable, TenantReads } from '../../storage/tenant-connections.ts';
import type { Actor } from '../actor.ts';
import { filterSql } from '../filter/filter-sql.ts';
import { pageOf, pageSql } from '../filter/page-sql.ts';
import { Parameters } from '../filter/parameters.ts';
import type { LogWriter } from '../log/log-writer.ts';
import type { Page, PageRequest } from '../page.ts';
import { appendArchival } from './archive.ts';
import { changedSince } from './changed-since.ts';
import { checkNewStream } from './new-stream.ts';
import type { StreamCatalog, StreamKey } from './stream-catalog.ts';
import { STREAM_JSON, type StreamRow } from './stream-row.ts';
import type { NewStream, StreamChanges, Streams } from './streams.ts';

/** Streams: creating them, which is an entry of the log, and finding them. */
export class StreamService implements Streams {
  readonly #reads: TenantReads;
  readonly #writer: LogWriter;
  readonly #catalog: StreamCatalog;

  constructor(reads: TenantReads, writer: LogWriter, catalog: StreamCatalog) {
    this.#reads = reads;
    this.#writer = writer;
    this.#catalog = catalog;
  }

  /** `most` is how many streams the actor may own. Throws `LIMITED`, beside what `Streams` says. */
  async create(actor: Actor, input: NewStream, most = Number.POSITIVE_INFINITY): Promise<StreamDocument> {
    const { tenant, peer } = actor;
    const fields = checkNewStream(input);
    return this.#writer.append(tenant, async ({ client, head, ts }) => {
      if (most < Number.POSITIVE_INFINITY) await checkCount(client, actor, most);
      const { rows } = await client.query<StreamRow>(
        `INSERT INTO streams AS s (uuid, tenant, name, author, secondary, target, meta, description, tags,
                                   cadence_seconds, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, to_timestamp($11::float8 / 1000))
         ON CONFLICT (tenant, name) DO NOTHING
         RETURNING ${STREAM_JSON} AS stream`,
        [
          ...[randomUUID(), tenant, fields.name, peer.publicKey, fields.secondary, fields.target],
          ...[fields.meta, fields.description, fields.tags, fields.cadenceSeconds, ts],
        ],
      );
      const document = rows[0]?.stream;
      if (!document) {
        throw new PresageError(
          'CONFLICT',
          `There is a stream named "${fields.name}" already; choose another name.`,
        );
      }
      const key = encodeNodeId('Stream', document.uuid);
      await client.query(
        `WITH head AS (INSERT INTO stream_heads (stream_id, tenant) VALUES ($1, $2))
         INSERT INTO log_events (tenant, position, topic, type, key, document, ts)
         VALUES ($2, $3, 'stream', 'CREATE', $4, $5, to_timestamp($6::float8 / 1000))`,
        [document.serverId, tenant, head + 1, key, JSON.stringify(document), ts],
      );
      const entry: StreamEntry = {
        ...{ tenant, position: head + 1, topic: 'stream', type: 'CREATE' },
        ...{ key, ts, document },
      };
      return { entries: [entry], result: document };
    });
  }

  async archive(actor: Actor, uuid: string): Promise<StreamDocument> {
    const { tenant } = actor;
    const found = await this.#catalog.find(tenant, { uuid });
    if (!found) throw new PresageError('NOT_FOUND', `There is no stream of uuid ${uuid.slice(0, 60)}.`);
    const log = this.#writer.tenantLog(tenant);
    return log.turns.run(async () => {
      const archived = await this.#writer.appendInTurn(tenant, log, (append) =>
        appendArchival(append, actor, found),
      );
      this.#catalog.forget(tenant, found);
      // Within the turn: what is judged in the next one learns of it first.
      log.forget();
      return archived;
    });
  }

  find(tenant: string, by: StreamKey): Promise<StreamDocument | undefined> {
    return this.#catalog.find(tenant, by);
  }

  async list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<StreamDocument>> {
    const parameters = new Parameters();
    const { rows } = await this.#reads.of(tenant).query<StreamRow & { position: number }>(
      `SELECT s.id AS position, ${STREAM_JSON} AS stream FROM streams s
        WHERE s.tenant = ${parameters.add(tenant)} AND ${filterSql(filter, parameters)}
          ${pageSql('s.id', page, parameters)}`,
      parameters.values,
    );
    return pageOf(rows, page, (row) => row.stream);
  }

  changedSince(tenant: string, after: Position, limit: number): Promise<StreamChanges> {
    return changedSince(this.#reads.of(tenant), tenant, after, limit);
  }
}

/** Counted under the lock of the log, so that calls at once don't pass it together. */
async function checkCount(client: Queryable, { tenant, peer }: Actor, most: number): Promise<void> {
  const { rows } = await client.query<{ owned: number }>(
    'SELECT count(*)::int AS owned FROM streams WHERE tenant = $1 AND author = $2',
    [tenant, peer.publicKey],
  );
  if ((rows[0]?.owned ?? 0) < most) return;
  throw new PresageError('LIMITED', `This peer's limit is ${most} streams; an operator can raise it.`);
}
