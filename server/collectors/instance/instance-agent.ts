import { type ErrorCode, PresageError } from '../../../schema/errors.ts';
import type {
  LineageRecord,
  NewInstance,
  Registration,
  SessionCounts,
} from '../../domain/lineage/lineage.ts';
import type { NewStream } from '../../domain/stream/streams.ts';
import type { Collection } from '../collection.ts';
import type { StreamReport } from '../collection-report.ts';
import { FailureRun } from '../failure-run.ts';
import type { CollectorLog } from '../log.ts';
import { SessionTotals } from './session-totals.ts';

export interface InstanceAgentParts {
  readonly tenant: string;
  readonly instance: NewInstance;
  readonly record: Omit<LineageRecord, 'retire'>;
  readonly collection: Pick<Collection, 'streams' | 'select' | 'report'>;
  /** Makes sure of a stream, and gives its server id. */
  readonly ensure: (stream: NewStream) => Promise<number>;
  /** A snapshot of the sources' settings, without secrets. */
  readonly config: unknown;
  readonly beatMs: number;
  readonly log: CollectorLog;
}

/** What the session is of: an instance collects from all its sources together. */
const SOURCE = 'collectors';

/**
 * Makes a collection obey what the database wants of its instance, and keeps the record of it. While the record is
 * away it goes on collecting what it last heard, and afterwards goes on from where its session was closed.
 */
export class InstanceAgent {
  readonly #parts: InstanceAgentParts;
  readonly #failures: FailureRun;
  readonly #totals = new SessionTotals();
  /** Server ids of what the collection can collect, by name. */
  readonly #known = new Map<string, number>();
  #registration: Registration | undefined;
  #session: number | undefined;
  /** Names of what the session is recorded to collect. */
  #collecting: ReadonlySet<string> = new Set();
  /** What was collected when the record last took counts of the session: what came later is the next session's. */
  #counted: readonly StreamReport[] = [];
  /** What was offered last, to be offered again once it changes. */
  #offered = '';
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;
  #gaveUp = false;

  constructor(parts: InstanceAgentParts) {
    this.#parts = parts;
    this.#failures = new FailureRun(parts.log, parts.instance.name, 'lineage');
  }

  /** Takes the instance's name; rejects if that can't be. If the record is away, it is taken as soon as it is back. */
  async start(): Promise<void> {
    try {
      await this.#register();
      await this.#attempt();
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#failures.failed(error);
    }
    this.#schedule();
  }

  /** Ends the session with its last counts. What can't be written is noticed by others when the heartbeat stops. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
    if (this.#session === undefined || !this.#registration) return;
    const end = { status: 'COMPLETED', reason: 'The instance stopped.' } as const;
    try {
      await this.#parts.record.closeSessions(this.#registration, this.#counts(), end);
    } catch (error) {
      this.#parts.log.warn(
        { err: error },
        'The collection session could not be closed; it will show as failed.',
      );
    }
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#attempt().then(() => this.#schedule());
    }, this.#parts.beatMs);
  }

  async #attempt(): Promise<void> {
    try {
      await this.#beat();
      this.#failures.succeeded();
    } catch (error) {
      this.#failures.failed(error);
    }
  }

  async #register(): Promise<Registration> {
    const { record, tenant, instance } = this.#parts;
    this.#registration ??= await record.register(tenant, instance);
    return this.#registration;
  }

  async #beat(): Promise<void> {
    if (this.#gaveUp) return;
    const registration = await this.#register();
    await this.#offer(registration);
    const report = this.#parts.collection.report();
    const { current, active, wanted } = await this.#parts.record.beat(registration, this.#counts(report));
    if (!current) return this.#giveUp();
    if (this.#session !== undefined) {
      if (active.has(this.#session)) this.#counted = report;
      else await this.#goOn(registration, this.#session);
    }
    await this.#obey(registration, wanted);
  }

  /** Says what can be collected, whenever that has changed: sources may find out about streams by sampling. */
  async #offer(registration: Registration): Promise<void> {
    const streams = this.#parts.collection.streams();
    for (const stream of streams) {
      if (!this.#known.has(stream.name)) await this.#ensure(stream);
    }
    const offers = streams.flatMap(({ name }) => {
      const streamServerId = this.#known.get(name);
      return streamServerId === undefined ? [] : [{ streamServerId, source: SOURCE }];
    });
    const offered = JSON.stringify(offers);
    if (offered === this.#offered) return;
    await this.#parts.record.offer(registration, offers);
    this.#offered = offered;
  }

  /** One stream that can't be had, as another peer's, must not keep the others from being collected. */
  async #ensure(stream: NewStream): Promise<void> {
    try {
      this.#known.set(stream.name, await this.#parts.ensure(stream));
    } catch (error) {
      if (isAway(error)) throw error;
      this.#parts.log.debug({ err: error, stream: stream.name }, 'A stream is not to be had yet.');
    }
  }

  /**
   * What is begun is collected before it is recorded, and what is ended is recorded before it ends: the record never
   * claims more than was collected.
   */
  async #obey(registration: Registration, wanted: ReadonlySet<number>): Promise<void> {
    const { collection, record } = this.#parts;
    const names = new Set([...this.#known].filter(([, id]) => wanted.has(id)).map(([name]) => name));
    const start = [...names].filter((name) => !this.#collecting.has(name));
    const stop = [...this.#collecting].filter((name) => !names.has(name));
    if (start.length > 0) collection.select(new Set([...this.#collecting, ...start]));
    if (this.#session === undefined) {
      if (start.length > 0) await this.#open(registration, start, collection.report());
    } else if (names.size === 0) {
      await this.#close(registration, 'Nothing is wanted of the instance.');
    } else if (start.length + stop.length > 0) {
      await record.changeStreams(registration, this.#session, {
        start: this.#described(start),
        stop: stop.flatMap((name) => this.#known.get(name) ?? []),
      });
      this.#totals.begin(start, collection.report());
    }
    this.#collecting = names;
    collection.select(names);
  }

  async #open(
    registration: Registration,
    names: readonly string[],
    report: readonly StreamReport[],
    resumes?: number,
  ): Promise<void> {
    const { record, config } = this.#parts;
    this.#session = await record.openSession(registration, {
      ...{ source: SOURCE, config, streams: this.#described(names), resumes },
    });
    this.#totals.begin(names, report);
    this.#counted = report;
  }

  async #close(registration: Registration, reason: string): Promise<void> {
    await this.#parts.record.closeSessions(registration, this.#counts(), { status: 'COMPLETED', reason });
    this.#session = undefined;
  }

  /** The session was closed although this process never stopped: another one takes up where it was closed. */
  async #goOn(registration: Registration, closed: number): Promise<void> {
    if (this.#collecting.size === 0) this.#session = undefined;
    else await this.#open(registration, [...this.#collecting], this.#counted, closed);
  }

  /** Another process has the name: two must not collect as one. */
  #giveUp(): void {
    const { collection, log, instance } = this.#parts;
    collection.select(new Set());
    this.#registration = undefined;
    this.#gaveUp = true;
    this.#session = undefined;
    log.warn(
      { instance: instance.name },
      'Another process has this instance’s name, or it was retired: this one collects no more.',
    );
  }

  #counts(report = this.#parts.collection.report()): readonly SessionCounts[] {
    if (this.#session === undefined) return [];
    const streams = this.#totals.of(report, this.#collecting);
    return [
      {
        sessionId: this.#session,
        streams: streams.flatMap(({ name, ...counts }) => {
          const streamServerId = this.#known.get(name);
          return streamServerId === undefined ? [] : [{ streamServerId, ...counts }];
        }),
      },
    ];
  }

  #described(names: readonly string[]) {
    const reports = new Map(this.#parts.collection.report().map((report) => [report.stream, report]));
    const described = new Map(this.#parts.collection.streams().map((stream) => [stream.name, stream]));
    return names.flatMap((name) => {
      const streamServerId = this.#known.get(name);
      if (streamServerId === undefined) return [];
      const symbol = reports.get(name)?.symbol ?? described.get(name)?.secondary ?? null;
      return [{ streamServerId, symbol, kinds: reports.get(name)?.kinds ?? [] }];
    });
  }
}

/** Codes of a record that does not answer now, or not properly. */
const AWAY: readonly ErrorCode[] = ['UNAVAILABLE', 'INTERNAL', 'LIMITED'];

function isAway(error: unknown): boolean {
  return error instanceof PresageError && AWAY.includes(error.code);
}
