import type { EpochMs } from '../../schema/time.ts';
import type { NewStream } from '../domain/domain.ts';

/** Something that can be observed again and again. One small file a source. */
export interface CollectorSource {
  /** Names the source in logs, and the provider of its observations. */
  readonly name: string;
  /** The streams that its samples may name. Those that are missing are made. */
  readonly streams: readonly NewStream[];
  /**
   * What is so right now. A stream may be left out of a sample, as a rate is of the first. Never called again before
   * the last call has ended; a rejection costs this sample only.
   */
  sample(): Promise<readonly Sample[]>;
  /** Lets go of what the source holds. */
  close?(): void;
}

export interface Sample {
  /** Name of the stream. */
  readonly stream: string;
  readonly value: number | string;
  readonly observedAt: EpochMs;
}
