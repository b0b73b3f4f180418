import { allOf, EVERYTHING, type Filter } from '../../../schema/filter/form.ts';
import type { LogEntry, ObservationDocument, Position, WrittenTopic } from '../../../schema/log-entry.ts';
import { observationId } from '../../../schema/node-id.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { TenantReads } from '../../storage/tenant-connections.ts';
import { type LineageSnapshot, lineageSnapshot } from '../lineage/snapshot.ts';
import { newestAsOfSql } from '../observation/newest-sql.ts';
import { type ObservationRow, observationColumns, toObservation } from '../observation/observation-row.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { inPages, snapshotPositions } from './snapshot-positions.ts';
import { Timelines } from './timelines.ts';
import { TOPIC_READS } from './topic-reads.ts';

/** What to read of a log: entries of `topics` after `after` up to and including `through`, `limit` at most. */
export interface LogRead {
  readonly tenant: string;
  readonly topics: readonly WrittenTopic[];
  readonly after: Position;
  readonly through: Position;
  readonly limit: number;
  /** Narrows what is read where that is cheap; nothing that matches it, before or after, is left out. */
  readonly filter?: Filter;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Everything up to here has been read. */
  readonly through: Position;
}

export interface ObservationSnapshot {
  readonly position: Position;
  /** In the order of the log. Each is read when it is asked for. */
  readonly pages: AsyncIterable<readonly SnapshotItem[]>;
}

interface SnapshotItem {
  readonly key: string;
  readonly ts: EpochMs;
  readonly document: ObservationDocument;
}

/** Reads the log from the tables that it is made of. */
export class LogReader {
  readonly #reads: TenantReads;
  readonly #catalog: StreamCatalog;
  readonly #timelines: Timelines;

  constructor(reads: TenantReads, catalog: StreamCatalog, timelines = new Timelines(reads)) {
    this.#reads = reads;
    this.#catalog = catalog;
    this.#timelines = timelines;
  }

  /** Throws `UNAVAILABLE` where the log does not have all that this process has seen of it. */
  head(tenant: string): Promise<Position> {
    return this.#timelines.head(tenant, async () => {
      const { rows } = await this.#reads.of(tenant).query<{ position: string; timeline: string | null }>({
        name: 'log-head',
        text: 'SELECT position, timeline FROM log_heads WHERE tenant = $1',
        values: [tenant],
      });
      return { position: Number(rows[0]?.position ?? 0), timeline: rows[0]?.timeline ?? null };
    });
  }

  /** The same; what it gives is all of the log that `head` was of. */
  async read({ tenant, topics, after, through, limit, filter }: LogRead): Promise<LogPage> {
    const stretch = { tenant, after, through, limit, filter: streamConditions(filter ?? EVERYTHING) };
    const db = this.#reads.of(tenant);
    const pages = await Promise.all(topics.map((topic) => TOPIC_READS[topic](db, this.#catalog, stretch)));
    // After them: a database that was put back meanwhile has other entries there, and says so from its first new one on.
    const head = await this.head(tenant);
    // A topic that has more than its page goes on after `limit` entries, and so after all that are kept.
    const entries = pages
      .flat()
      .sort((a, b) => a.position - b.position)
      .slice(0, limit)
      .map((entry) => ({ ...entry, timeline: this.#timelines.of(tenant, entry.position) }));
    const last = entries.at(limit - 1);
    return { entries, through: last ? last.position : Math.max(after, Math.min(through, head)) };
  }

  /** What the record of the lineage says now, and the head, as of one instant. */
  lineage(tenant: string): Promise<LineageSnapshot> {
    return lineageSnapshot(this.#reads.of(tenant), tenant);
  }

  /** The newest observation of each stream that matches, as of the head that it gives: in the order of the log. */
  async snapshot(tenant: string, filter: Filter): Promise<ObservationSnapshot> {
    const db = this.#reads.of(tenant);
    const position = await this.head(tenant);
    const of = { filter, join: newestAsOfSql, position: 'o.position' };
    const positions = await snapshotPositions(db, tenant, position, of);
    return { position, pages: inPages(positions, (page) => this.#observations(tenant, page)) };
  }

  /** The observations at these positions. */
  async #observations(tenant: string, positions: readonly Position[]): Promise<readonly SnapshotItem[]> {
    const { rows } = await this.#reads.of(tenant).query<{ o: ObservationRow }>(
      `SELECT ${observationColumns('o')} AS o FROM observations o
        WHERE o.tenant = $1 AND o.position = ANY($2::bigint[]) ORDER BY o.position`,
      [tenant, positions],
    );
    const streams = await this.#catalog.byServerIds(
      tenant,
      rows.map(({ o }) => o.streamId),
    );
    return rows.map(({ o }) => ({
      key: observationId(o.streamId, o.observedAt),
      ts: o.ts,
      document: toObservation(o, streams),
    }));
  }
}

/**
 * The conjuncts of a filter that are about the stream or the peer alone. An entry and what was before it agree on them,
 * while a correction may move a value into or out of the rest.
 */
function streamConditions(filter: Filter): Filter {
  const conjuncts = filter.kind === 'and' ? filter.of : [filter];
  return allOf(conjuncts.filter(isAboutStream));
}

function isAboutStream(filter: Filter): boolean {
  switch (filter.kind) {
    case 'is':
      return filter.field.startsWith('stream.') || filter.field.startsWith('peer.');
    case 'not':
      return isAboutStream(filter.of);
    default:
      return filter.of.every(isAboutStream);
  }
}
