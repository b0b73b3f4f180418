import { setTimeout as wait } from 'node:timers/promises';
import { parseDecimal } from '../../schema/decimal.ts';
import type { NewStream } from '../domain/stream/streams.ts';
import { CollectionReport, type StreamReport } from './collection-report.ts';
import { Combiner, type CombineSettings, MEDIAN } from './combine/combiner.ts';
import type { CollectorLog } from './log.ts';
import { type Beat, startBeat } from './schedule.ts';
import { type Selection, selects } from './selection.ts';
import type { Sink } from './sink.ts';
import type { Sample, ScheduledSource } from './source.ts';
import { SourceRun } from './source-run.ts';
import { SpoolKeeper } from './spool/keeper.ts';
import { SpoolPublisher } from './spool/publisher.ts';
import type { Spool } from './spool/spool.ts';

/** How long stopping waits for samples that are under way, and then for what is published, in ms each. */
const DRAIN_MS = 1_000;

export interface CollectionOptions {
  readonly sources: readonly ScheduledSource[];
  /** Where everything is kept first. Its owner closes it after `stop`. */
  readonly spool: Spool;
  readonly sink: Sink;
  readonly log: CollectorLog;
  /** What is collected at first. @default 'all' */
  readonly selection?: Selection;
  /** How quotes of several sources for the same make one observation. */
  readonly combine?: CombineSettings;
}

/** A running collector, which is one collection session of a server instance. */
export interface Collection {
  /** The streams that its sources and the median of their quotes may give, as far as they are known by now. */
  streams(): readonly NewStream[];
  /**
   * What is wanted from now on: streams by name, or all. A source of which nothing is wanted is not sampled. What is
   * under way still counts by what was wanted when it came in.
   */
  select(selection: Selection): void;
  /** Running totals since the start, a row a stream that something was collected of or failed for. */
  report(): readonly StreamReport[];
  /** Samples no more, and resolves when what was sampled is published or, where that takes long, in the spool. */
  stop(): Promise<void>;
}

/**
 * Samples every source at its own beat, keeps what it gives in the spool, and publishes from there. A source that fails,
 * hangs or is late costs its own samples and nothing of the others'.
 */
export function startCollection(options: CollectionOptions): Collection {
  return new RunningCollection(options);
}

class RunningCollection implements Collection {
  readonly #options: CollectionOptions;
  readonly #report = new CollectionReport();
  readonly #keeper: SpoolKeeper;
  readonly #publisher: SpoolPublisher;
  readonly #combiner: Combiner;
  readonly #runs: readonly SourceRun[];
  readonly #beats: readonly Beat[];
  /** Streams that are known from the start, by name. */
  readonly #described: ReadonlyMap<string, NewStream>;
  /** Streams that sources found out about by sampling. */
  readonly #found = new Map<string, NewStream>();
  #selection: Selection;

  constructor(options: CollectionOptions) {
    const { sources, spool, sink, log, selection = 'all', combine } = options;
    this.#options = options;
    this.#selection = selection;
    this.#keeper = new SpoolKeeper(spool, log);
    this.#publisher = new SpoolPublisher(spool, sink, log);
    this.#combiner = new Combiner(
      sources.map(({ source }) => source),
      log,
      combine,
    );
    const known = [...sources.flatMap(({ source }) => source.streams), ...this.#combiner.streams];
    this.#described = new Map(known.map((stream) => [stream.name, stream]));
    this.#runs = sources.map(
      (scheduled) =>
        new SourceRun(scheduled, log, {
          wanted: () => this.#wanted(scheduled),
          take: (samples) => this.#take(scheduled.source.name, samples),
          failed: (message) => this.#failed(scheduled, message),
        }),
    );
    this.#publisher.start();
    this.#beats = [
      ...this.#runs.map((run) => startBeat(run.schedule, () => run.sample())),
      ...(this.#combiner.streams.length > 0
        ? [startBeat(this.#combiner.schedule, async () => this.#takeMedians())]
        : []),
    ];
  }

  streams(): readonly NewStream[] {
    return [...new Map([...this.#found, ...this.#described]).values()];
  }

  select(selection: Selection): void {
    this.#selection = selection;
  }

  report(): readonly StreamReport[] {
    return this.#report.rows((stream) => this.#options.spool.uuidOf(stream));
  }

  async stop(): Promise<void> {
    for (const run of this.#runs) run.abort();
    const stopped = Promise.all(this.#beats.map((beat) => beat.stop()));
    if (!(await within(DRAIN_MS, stopped))) {
      this.#options.log.warn({ waitedMs: DRAIN_MS }, 'A collector hangs; it is left behind.');
    }
    for (const { source } of this.#options.sources) source.close?.();
    if (!(await within(DRAIN_MS, this.#publisher.stop()))) {
      this.#publisher.abandon();
      const { waiting } = this.#options.spool.counts();
      this.#options.log.info({ waiting }, 'The rest is in the spool and is published at the next start.');
    }
  }

  /** Whether anything is wanted of a source: streams of its own, or quotes for a median. */
  #wanted({ source }: ScheduledSource): boolean {
    if (this.#selection === 'all' || source.streams.length === 0) return true;
    return (
      source.streams.some(({ name }) => selects(this.#selection, name)) ||
      this.#combiner.streamsOf(source.name).some((name) => selects(this.#selection, name))
    );
  }

  #takeMedians(): void {
    const { samples, problems } = this.#combiner.medians(Date.now());
    this.#take(MEDIAN, samples);
    for (const { stream, message } of problems) this.#report.failed(stream, MEDIAN, message);
  }

  #take(kind: string, samples: readonly Sample[]): void {
    this.#combiner.quoted(kind, samples);
    for (const { stream, described } of samples) {
      if (!this.#described.has(stream) && !this.#found.has(stream))
        this.#found.set(stream, described ?? { name: stream });
    }
    const collected = samples
      .filter(({ stream }) => selects(this.#selection, stream))
      .flatMap(({ stream, value: given, observedAt }) => {
        const value = parseDecimal(given);
        if (value === undefined)
          this.#report.failed(stream, kind, `"${String(given).slice(0, 60)}" is no decimal.`);
        return value === undefined ? [] : [{ stream, observedAt, value, provider: kind }];
      });
    if (collected.length === 0) return;
    const kept = this.#keeper.keep(collected, (stream) => this.#describe(stream));
    if (!kept) {
      for (const { stream } of collected)
        this.#report.failed(stream, kind, 'The spool is full: it was lost.');
      return;
    }
    for (const { stream, observedAt, value, provider } of kept) {
      this.#report.kept(stream, kind, observedAt, value.length + Buffer.byteLength(provider) + 8);
      this.#report.named(stream, this.#describe(stream).secondary ?? null);
    }
    if (kept.length > 0) this.#publisher.wake();
  }

  #failed({ source }: ScheduledSource, message: string): void {
    for (const { name } of source.streams) {
      if (selects(this.#selection, name)) this.#report.failed(name, source.name, message);
    }
  }

  #describe(name: string): NewStream {
    return this.#described.get(name) ?? this.#found.get(name) ?? { name };
  }
}

/** Whether it was over in time; a failure counts as over. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = work.then(
    () => true,
    () => true,
  );
  return Promise.race([over, wait(ms, false, { ref: false })]);
}
