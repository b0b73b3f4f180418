import { setTimeout } from 'node:timers/promises';
import { formatTime } from '../../schema/time.ts';
import type { Actor, Domain } from '../domain/domain.ts';
import { startBeat } from './beat.ts';
import { CollectedStreams } from './collected-streams.ts';
import { FailureRun } from './failure-run.ts';
import type { CollectorLog } from './log.ts';
import type { CollectorSource, Sample } from './source.ts';

/** How long stopping waits for samples that are under way, in ms. */
const DRAIN_MS = 1_000;

export interface CollectorOptions {
  readonly domain: Pick<Domain, 'streams' | 'observations'>;
  /** The peer that owns the collected streams. */
  readonly actor: Actor;
  readonly sources: readonly CollectorSource[];
  readonly intervalMs: number;
  readonly log: CollectorLog;
}

export interface Collectors {
  /** Samples no more, and resolves when what was sampled is published, or after a second if a source hangs. */
  stop(): Promise<void>;
}

/**
 * Samples every source at its own beat and publishes by the way everyone does. A source that fails, hangs or is late
 * costs its own samples and nothing of the others'.
 */
export function startCollectors(options: CollectorOptions): Collectors {
  const beats = options.sources.map((source) => {
    const collector = new SourceCollector(options, source);
    return startBeat(options.intervalMs, () => collector.collect());
  });
  return {
    stop: async () => {
      const stopped = Promise.all(beats.map((beat) => beat.stop())).then(() => true);
      const drained = await Promise.race([stopped, setTimeout(DRAIN_MS, false, { ref: false })]);
      if (!drained) options.log.warn({ waitedMs: DRAIN_MS }, 'A collector hangs; it is left behind.');
      for (const source of options.sources) source.close?.();
    },
  };
}

class SourceCollector {
  readonly #options: CollectorOptions;
  readonly #source: CollectorSource;
  readonly #streams: CollectedStreams;
  readonly #failures = new Map<string, FailureRun>();

  constructor(options: CollectorOptions, source: CollectorSource) {
    this.#options = options;
    this.#source = source;
    this.#streams = new CollectedStreams(options.domain.streams, options.actor);
  }

  /** One beat: sample, make streams that are missing, publish. Never rejects. */
  async collect(): Promise<void> {
    const sampled = await this.#attempt('sample', () => this.#source.sample());
    if (!sampled || sampled.length === 0) return;
    const ready = await Promise.all(sampled.map((sample) => this.#ready(sample)));
    const samples = sampled.filter((_, index) => ready[index]);
    if (samples.length > 0) await this.#attempt('publish', () => this.#publish(samples));
  }

  async #ready({ stream }: Sample): Promise<boolean> {
    const described = this.#source.streams.find((candidate) => candidate.name === stream) ?? { name: stream };
    const done = await this.#attempt(`stream ${stream}`, async () => {
      await this.#streams.ensure(described);
      return true;
    });
    return done === true;
  }

  async #publish(samples: readonly Sample[]): Promise<void> {
    const items = samples.map(({ stream, value, observedAt }) => ({
      streamName: stream,
      value,
      observedAt: formatTime(observedAt),
      provider: this.#source.name,
    }));
    const report = await this.#options.domain.observations.publish(this.#options.actor, items);
    if (report.failed === 0) return;
    const errors = report.errors.filter((error) => error.code !== 'DUPLICATE');
    const shown = errors.map((error) => `${items[error.index]?.streamName}: ${error.code} ${error.message}`);
    throw new Error(shown.join('; '));
  }

  /** What the step gave, or `undefined` if it failed, which is logged once for a run of failures. */
  async #attempt<T>(step: string, run: () => Promise<T>): Promise<T | undefined> {
    const failures = this.#failures.get(step) ?? new FailureRun(this.#options.log, this.#source.name, step);
    this.#failures.set(step, failures);
    try {
      const result = await run();
      failures.succeeded();
      return result;
    } catch (error) {
      failures.failed(error);
      return undefined;
    }
  }
}
