import { PresageError } from '../../../schema/errors.ts';
import type { StreamDocument } from '../../../schema/log-entry.ts';
import { type EpochMs, formatTime } from '../../../schema/time.ts';
import type { TenantReads } from '../../storage/tenant-connections.ts';
import type { Actor } from '../actor.ts';
import type { Observations } from '../observation/observations.ts';
import type { Peers } from '../peer/peers.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import type {
  AskedInstance,
  BackfillReport,
  BufferedObservation,
  BufferPage,
  BufferRequest,
  Buffers,
  InstanceStorage,
} from './buffers.ts';
import { holdersOf } from './holders.ts';
import { type Asked, merge } from './merge.ts';
import { presentAt } from './present.ts';

export interface BufferParts {
  readonly reads: TenantReads;
  readonly catalog: StreamCatalog;
  readonly storage: InstanceStorage;
  readonly observations: Pick<Observations, 'publish'>;
  readonly peers: Pick<Peers, 'find'>;
}

/** Asks the storage of those who collect, and fills the log from it. */
export class BufferService implements Buffers {
  readonly #parts: BufferParts;

  constructor(parts: BufferParts) {
    this.#parts = parts;
  }

  async query(actor: Actor, request: BufferRequest, token: string | null): Promise<BufferPage> {
    if (actor.peer.role === 'READER') {
      throw new PresageError(
        'FORBIDDEN',
        'A reader sees what is published, not the storage of those who collect.',
      );
    }
    return this.#page(actor, await this.#stream(actor.tenant, request.streamUuid), request, token);
  }

  async backfill(
    actor: Actor,
    request: BufferRequest,
    token: string,
    dryRun: boolean,
  ): Promise<BackfillReport> {
    const { tenant, peer } = actor;
    const stream = await this.#stream(tenant, request.streamUuid);
    if (peer.publicKey !== stream.author && peer.role !== 'OPERATOR') {
      throw new PresageError('FORBIDDEN', `Only its author and operators fill "${stream.name}".`);
    }
    const { rows, instances, next } = await this.#page(actor, stream, request, token);
    const times = rows.map(({ observedAt }) => observedAt);
    const present = await presentAt(this.#parts.reads.of(tenant), tenant, stream.serverId, times);
    const missing = rows.filter(({ observedAt }) => !present.has(observedAt));
    const different = rows.filter(({ observedAt, value }) => (present.get(observedAt) ?? value) !== value);
    const counts = { checked: rows.length, missing: missing.length, different: different.length };
    const rest = { missingTimes: missing.map(({ observedAt }) => observedAt), instances, next };
    if (dryRun || missing.length === 0) return { ...counts, filled: 0, errors: [], ...rest };
    const report = await this.#fill(tenant, stream, missing);
    const errors = report.errors.filter(({ code }) => code !== 'DUPLICATE');
    return { ...counts, filled: report.successful, errors, ...rest };
  }

  async #fill(tenant: string, { uuid, author }: StreamDocument, rows: readonly BufferedObservation[]) {
    const owner = await this.#parts.peers.find(tenant, author);
    if (!owner) throw new PresageError('NOT_FOUND', 'The author of the stream is no peer any more.');
    return this.#parts.observations.publish(
      { tenant, peer: owner },
      rows.map(({ observedAt, value, provider }) => ({
        ...{ streamUuid: uuid, value, provider },
        observedAt: formatTime(observedAt),
      })),
    );
  }

  async #page(
    { tenant, peer }: Actor,
    { serverId, uuid, name }: StreamDocument,
    { after, until, limit, instance }: BufferRequest,
    token: string | null,
  ): Promise<BufferPage> {
    const { reads, storage } = this.#parts;
    const all = await holdersOf(reads.of(tenant), tenant, serverId);
    const holders = instance == null ? all : all.filter((holder) => holder.name === instance);
    const asked: Asked[] = [];
    const range = { stream: { uuid, name }, after, until, pageSize: Math.min(limit + 1, 1_000) };
    const inputs = holders.map((holder) => ({
      name: holder.name,
      pages: storage.read(holder, range, token),
    }));
    const rows: BufferedObservation[] = [];
    for await (const page of merge(inputs, asked)) {
      rows.push(...page);
      if (rows.length > limit) break;
    }
    const kept = rows.slice(0, limit);
    const last: EpochMs | null = kept.at(-1)?.observedAt ?? null;
    return {
      rows: kept,
      instances: holders.map((holder) =>
        told(
          holder.name,
          asked.find(({ name: of }) => of === holder.name),
          peer.role === 'OPERATOR',
        ),
      ),
      next: rows.length > limit ? last : null,
    };
  }

  async #stream(tenant: string, uuid: string): Promise<StreamDocument> {
    const stream = await this.#parts.catalog.find(tenant, { uuid });
    if (stream) return stream;
    throw new PresageError('NOT_FOUND', `There is no stream of uuid ${uuid.slice(0, 60)}.`);
  }
}

/** What became of asking an instance, in words for who asked; nothing is there of one that had more than the page took. */
function told(name: string, asked: Asked | undefined, mayKnowPlaces: boolean): AskedInstance {
  const isHidden = asked?.namesPlaces === true && !mayKnowPlaces;
  return { name, unreachable: isHidden ? NOT_READ : (asked?.unreachable ?? null) };
}

/** Where instances are is for operators. */
const NOT_READ = 'Its storage could not be read; operators of the tenant are told where it is, and why.';
