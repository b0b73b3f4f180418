import { type ItemError, PresageError } from '../../../schema/errors.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import type { ObservationDocument, StreamDocument } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { TenantReads } from '../../storage/tenant-connections.ts';
import type { Actor } from '../actor.ts';
import type { Append, Appended, LogWriter } from '../log/log-writer.ts';
import type { Page, PageRequest } from '../page.ts';
import type { StreamCatalog, StreamKey } from '../stream/stream-catalog.ts';
import type { Ingest } from './ingest.ts';
import { type JudgedObservation, judgeObservation, Refusal } from './judge.ts';
import type {
  ChainReport,
  NewObservation,
  ObservationRef,
  Observations,
  PublishReport,
} from './observations.ts';
import { publishReport } from './publish-report.ts';
import type { ObservationReader } from './read-observations.ts';
import { appendCorrection, appendRetraction, notFound } from './revise.ts';
import { verifyChain } from './verify-chain.ts';

/** Observations of one call, at most. */
export const MAX_OBSERVATIONS = 10_000;

export interface ObservationParts {
  readonly reads: TenantReads;
  readonly writer: LogWriter;
  readonly ingest: Ingest;
  readonly reader: ObservationReader;
  readonly catalog: StreamCatalog;
  readonly now: () => EpochMs;
  /** How far in the future an `observedAt` may lie. */
  readonly maxFutureMs: number;
}

/** Observations: publishing, revising and reading them. */
export class ObservationService implements Observations {
  readonly #parts: ObservationParts;

  constructor(parts: ObservationParts) {
    this.#parts = parts;
  }

  async publish(actor: Actor, items: readonly NewObservation[]): Promise<PublishReport> {
    if (items.length < 1 || items.length > MAX_OBSERVATIONS) {
      const message = `A call publishes 1 to ${MAX_OBSERVATIONS} observations, not ${items.length}; split it.`;
      throw new PresageError('BAD_INPUT', message);
    }
    const { catalog, ingest, now, maxFutureMs } = this.#parts;
    const streams = await catalog.findAll(actor.tenant, items.map(streamKey));
    const latest = now() + maxFutureMs;
    const judged: JudgedObservation[] = [];
    const errors: ItemError[] = [];
    const indexes: number[] = [];
    for (const [index, item] of items.entries()) {
      const verdict = judgeObservation(actor, item, streams[index], latest);
      if (verdict instanceof Refusal) errors.push({ index, code: verdict.code, message: verdict.message });
      else {
        judged.push(verdict);
        indexes.push(index);
      }
    }
    return publishReport(items.length, judged, indexes, errors, await ingest.append(actor.tenant, judged));
  }

  async correct(actor: Actor, ref: ObservationRef, value: string | number): Promise<ObservationDocument> {
    return this.#revise(actor, ref, (append, stream) => appendCorrection(append, actor, stream, ref, value));
  }

  async retract(actor: Actor, ref: ObservationRef): Promise<boolean> {
    return this.#revise(actor, ref, (append, stream) => appendRetraction(append, actor, stream, ref));
  }

  find(tenant: string, ref: ObservationRef): Promise<ObservationDocument | undefined> {
    return this.#parts.reader.find(tenant, ref);
  }

  list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<ObservationDocument>> {
    return this.#parts.reader.list(tenant, filter, page);
  }

  latest(tenant: string, filter: Filter, limit: number): Promise<readonly ObservationDocument[]> {
    return this.#parts.reader.latest(tenant, filter, limit);
  }

  latestOf(tenant: string, streams: readonly number[]): Promise<ReadonlyMap<number, ObservationDocument>> {
    return this.#parts.reader.latestOf(tenant, streams);
  }

  async verifyChain(tenant: string, streamUuid: string): Promise<ChainReport> {
    const stream = await this.#parts.catalog.find(tenant, { uuid: streamUuid });
    if (!stream)
      throw new PresageError('NOT_FOUND', `There is no stream of uuid ${streamUuid.slice(0, 60)}.`);
    return verifyChain(this.#parts.reads.of(tenant), stream);
  }

  async #revise<T>(
    actor: Actor,
    ref: ObservationRef,
    write: (append: Append, stream: StreamDocument) => Promise<Appended<T>>,
  ): Promise<T> {
    const { catalog, writer } = this.#parts;
    const stream = await catalog.findOfTenant(actor.tenant, ref.streamServerId);
    if (!stream) throw notFound();
    return writer.append(actor.tenant, (append) => write(append, stream));
  }
}

/** An item that names no stream finds none. */
function streamKey({ streamUuid, streamName }: NewObservation): StreamKey {
  return streamUuid != null ? { uuid: streamUuid } : { name: streamName ?? '' };
}
