import type { EpochMs } from '../../schema/time.ts';
import type { NewStream } from '../domain/stream/streams.ts';
import type { Schedule } from './schedule.ts';

/** Something that can be observed again and again. One small file a source. */
export interface CollectorSource {
  /** Names the source in logs, and the provider of its observations. Unique in a collection. */
  readonly name: string;
  /** The streams that its samples may name, as far as they are known before the first. Those that are missing are made. */
  readonly streams: readonly NewStream[];
  /** What it gives quotes of, such as `BTC`: of what several sources quote, the median is an observation of its own. */
  readonly quotes?: readonly string[];
  /**
   * What is so right now. A stream may be left out of a sample, as a rate is of the first. Never called again before
   * the last call has ended and its samples are in the spool; a rejection costs this sample only, and a `RetryLater`
   * those until its time too. `signal` aborts when it takes longer than the source may, or the collection stops.
   */
  sample(signal: AbortSignal): Promise<readonly Sample[]>;
  /** Lets go of what the source holds. */
  close?(): void;
}

/** A source and when it is sampled. */
export interface ScheduledSource {
  readonly source: CollectorSource;
  readonly schedule: Schedule;
  /** How long one sample may take, in ms. @default 30000 */
  readonly timeoutMs?: number;
}

export interface Sample {
  /** Name of the stream. */
  readonly stream: string;
  /** Text wherever the source has it as text: it is then never a double. */
  readonly value: number | string;
  readonly observedAt: EpochMs;
  /** Describes a stream that `streams` doesn't list, which is found out only by sampling. */
  readonly described?: NewStream;
  /** What is observed, such as `BTC`: this quote counts for the median of all sources' quotes of it. */
  readonly quoteOf?: string;
}

/** What a source failed to observe beside what it gave: `sample` throws it with what it did observe. */
export class PartialFailure extends Error {
  override readonly name = 'PartialFailure';
  readonly samples: readonly Sample[];

  constructor(message: string, samples: readonly Sample[]) {
    super(message);
    this.samples = samples;
  }
}

/** The source asks to be left alone, as an API does with `429` and `Retry-After`. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}
