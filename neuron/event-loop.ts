import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop was for a timer, in ms: what anything else on the main thread had to wait. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** For how long it has been measured, ms. */
  readonly overMs: number;
}

/** How often the delay is sampled, ms. */
const RESOLUTION_MS = 5;

/** Measures the delay of the event loop from start to stop. */
export class EventLoopMonitor {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #since = Date.now();

  start(): void {
    this.#histogram.enable();
    this.#since = Date.now();
  }

  stop(): void {
    this.#histogram.disable();
  }

  /** Begins anew: what was measured so far is forgotten. */
  reset(): void {
    this.#histogram.reset();
    this.#since = Date.now();
  }

  read(): EventLoopDelay {
    // A sample is the time between two timers: the delay is what goes beyond their interval.
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const { max } = this.#histogram;
    return {
      p50Ms: late(this.#histogram.percentile(50)),
      p99Ms: late(this.#histogram.percentile(99)),
      maxMs: late(max),
      overMs: Date.now() - this.#since,
    };
  }
}
