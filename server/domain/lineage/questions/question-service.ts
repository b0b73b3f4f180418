import { PresageError } from '../../../../schema/errors.ts';
import type { StreamDocument } from '../../../../schema/log-entry.ts';
import type { EpochMs } from '../../../../schema/time.ts';
import type { TenantReads } from '../../../storage/tenant-connections.ts';
import type { StreamCatalog } from '../../stream/stream-catalog.ts';
import type { LineageSettings } from '../settings.ts';
import { COLLECTING_AT } from './collecting.ts';
import { COVERAGE_GAPS, DATA_GAPS } from './gaps.ts';
import { INSTANCES } from './instances.ts';
import type {
  Collecting,
  Gap,
  GapsRequest,
  Instance,
  LineageQuestions,
  Stretch,
  Timeline,
  TimelineEntry,
  TimelineRequest,
} from './questions.ts';
import { STREAM_TIMELINE, TENANT_TIMELINE } from './timeline.ts';

/** Most sessions or gaps of one answer. */
const MAX_ROWS = 10_000;

type Sums = { total: number; allMessages: number; allBytes: number; covered: number };

/** Answers questions about the record, each by one statement. */
export class QuestionService implements LineageQuestions {
  readonly #reads: TenantReads;
  readonly #catalog: StreamCatalog;
  readonly #settings: LineageSettings;
  /** The present, or null for the database's. */
  readonly #now: () => EpochMs | null;

  constructor(
    reads: TenantReads,
    catalog: StreamCatalog,
    settings: LineageSettings,
    now: () => EpochMs | null = () => null,
  ) {
    this.#reads = reads;
    this.#catalog = catalog;
    this.#settings = settings;
    this.#now = now;
  }

  async instances(tenant: string, retired: boolean): Promise<readonly Instance[]> {
    const { rows } = await this.#reads
      .of(tenant)
      .query<Instance>(INSTANCES, [...this.#given(tenant), retired]);
    return rows;
  }

  async collectingAt(tenant: string, streamUuid: string, at: EpochMs): Promise<readonly Collecting[]> {
    const stream = await this.#stream(tenant, streamUuid);
    const { rows } = await this.#reads
      .of(tenant)
      .query<Collecting>(COLLECTING_AT, [...this.#given(tenant), stream.serverId, at]);
    return rows;
  }

  async timeline(tenant: string, { streamUuid, stretch, limit }: TimelineRequest): Promise<Timeline> {
    checkStretch(stretch);
    checkLimit(limit);
    const values = [...this.#given(tenant), stretch.from, stretch.to, limit];
    const db = this.#reads.of(tenant);
    const { rows } =
      streamUuid === null
        ? await db.query<TimelineEntry & Sums>(TENANT_TIMELINE, values)
        : await db.query<TimelineEntry & Sums>(STREAM_TIMELINE, [
            ...values,
            (await this.#stream(tenant, streamUuid)).serverId,
          ]);
    const { total = 0, allMessages = 0, allBytes = 0, covered = 0 } = rows[0] ?? {};
    return {
      ...{ ...stretch, total, messages: allMessages, bytes: allBytes, coveredMs: covered },
      entries: rows
        .filter(({ sessionId }) => sessionId !== null)
        .map(({ total: _t, allMessages: _m, allBytes: _b, covered: _c, ...entry }) => entry),
    };
  }

  async gaps(tenant: string, request: GapsRequest): Promise<readonly Gap[]> {
    const { streamUuid, kind, stretch, minMs, factor, limit } = request;
    checkStretch(stretch);
    checkLimit(limit);
    if (!(minMs >= 0))
      throw new PresageError('BAD_INPUT', `The least length is ${minMs} ms; give 0 or more.`);
    if (!(factor >= 1)) {
      throw new PresageError('BAD_INPUT', `The multiple of the cadence is ${factor}; give 1 or more.`);
    }
    const stream = streamUuid === null ? null : (await this.#stream(tenant, streamUuid)).serverId;
    const values = [...this.#given(tenant), stretch.from, stretch.to, stream, minMs, factor, limit];
    const db = this.#reads.of(tenant);
    const kinds = kind === null ? (['COVERAGE', 'DATA'] as const) : [kind];
    const found = await Promise.all(
      kinds.map(async (of) => {
        const { rows } = await db.query<Omit<Gap, 'kind'>>(
          of === 'COVERAGE' ? COVERAGE_GAPS : DATA_GAPS,
          values,
        );
        return rows.map((row): Gap => ({ ...row, kind: of }));
      }),
    );
    return found.flat().slice(0, limit);
  }

  #given(tenant: string): [string, EpochMs | null, number] {
    return [tenant, this.#now(), this.#settings.heartbeatTimeoutMs];
  }

  async #stream(tenant: string, uuid: string): Promise<StreamDocument> {
    const stream = await this.#catalog.find(tenant, { uuid });
    if (stream) return stream;
    throw new PresageError('NOT_FOUND', `There is no stream of uuid ${uuid.slice(0, 60)}.`);
  }
}

function checkStretch({ from, to }: Stretch): void {
  if (from <= to) return;
  throw new PresageError('BAD_INPUT', 'The stretch ends before it begins; swap "from" and "to".');
}

function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_ROWS) return;
  throw new PresageError('BAD_INPUT', `"first" is ${limit}; give a whole number from 1 to ${MAX_ROWS}.`);
}
