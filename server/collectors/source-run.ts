import { FailureRun } from './failure-run.ts';
import type { CollectorLog } from './log.ts';
import type { Schedule } from './schedule.ts';
import { PartialFailure, RetryLater, type Sample, type ScheduledSource } from './source.ts';

/** How long one sample may take, in ms, where the source doesn't say. */
const TIMEOUT_MS = 30_000;

export interface SourceRunPorts {
  /** Whether anything that it gives is wanted now. */
  wanted(): boolean;
  take(samples: readonly Sample[]): void;
  failed(message: string): void;
}

/** One source at work: samples it, in time, and tells its failures once. */
export class SourceRun {
  readonly schedule: Schedule;
  readonly #scheduled: ScheduledSource;
  readonly #ports: SourceRunPorts;
  readonly #failures: FailureRun;
  readonly #log: CollectorLog;
  readonly #stop = new AbortController();
  #notBefore = 0;

  constructor(scheduled: ScheduledSource, log: CollectorLog, ports: SourceRunPorts) {
    this.schedule = scheduled.schedule;
    this.#scheduled = scheduled;
    this.#ports = ports;
    this.#log = log;
    this.#failures = new FailureRun(log, scheduled.source.name, 'sample');
  }

  abort(): void {
    this.#stop.abort(new Error('The collection stops.'));
  }

  /** One beat. Never rejects. */
  async sample(): Promise<void> {
    if (performance.now() < this.#notBefore || !this.#ports.wanted()) return;
    const { source, timeoutMs = TIMEOUT_MS } = this.#scheduled;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      this.#ports.take(await source.sample(signal));
      this.#failures.succeeded();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    if (error instanceof PartialFailure) {
      try {
        this.#ports.take(error.samples);
      } catch (failure) {
        this.#failures.failed(failure);
      }
    }
    if (error instanceof RetryLater) {
      this.#notBefore = performance.now() + error.afterMs;
      const { name } = this.#scheduled.source;
      this.#log.warn(
        { source: name, afterMs: error.afterMs },
        `A source asks to be left alone: ${error.message}`,
      );
    } else this.#failures.failed(error);
    this.#ports.failed(error instanceof Error ? error.message : String(error));
  }
}
