import type { EpochMs } from '../../schema/time.ts';

/** What was collected of a stream since the collection started: running totals, so that they can be written down at any time. */
export interface StreamReport {
  /** Name of the stream. */
  readonly stream: string;
  /** Null until the stream is known to the server. */
  readonly uuid: string | null;
  /** The stream's `secondary`, such as `BTC`. */
  readonly symbol: string | null;
  /** Names of the sources that observed it: `kraken`, `host_cpu`, `median`. */
  readonly kinds: readonly string[];
  /** Observations that went into the spool. What was there already isn't counted. */
  readonly messages: number;
  /** Bytes of their texts: value and provider in UTF-8, and 8 for the time. */
  readonly bytes: number;
  /** `observedAt` of the oldest and of the newest of them. */
  readonly firstObservedAt: EpochMs | null;
  readonly lastObservedAt: EpochMs | null;
  /** Samples that failed or could not be kept; a source that fails as a whole counts for each of its streams. */
  readonly errors: number;
  readonly lastError: string | null;
}

type Counts = { -readonly [K in Exclude<keyof StreamReport, 'uuid' | 'kinds'>]: StreamReport[K] } & {
  readonly kinds: Set<string>;
};

/** Counts what a collection does, by stream. */
export class CollectionReport {
  readonly #streams = new Map<string, Counts>();

  kept(stream: string, kind: string, observedAt: EpochMs, bytes: number): void {
    const counts = this.#of(stream);
    counts.kinds.add(kind);
    counts.messages += 1;
    counts.bytes += bytes;
    counts.firstObservedAt = Math.min(counts.firstObservedAt ?? observedAt, observedAt);
    counts.lastObservedAt = Math.max(counts.lastObservedAt ?? observedAt, observedAt);
  }

  failed(stream: string, kind: string, error: string): void {
    const counts = this.#of(stream);
    counts.kinds.add(kind);
    counts.errors += 1;
    counts.lastError = error;
  }

  named(stream: string, symbol: string | null): void {
    this.#of(stream).symbol = symbol;
  }

  rows(uuidOf: (stream: string) => string | null): readonly StreamReport[] {
    return [...this.#streams.values()].map((counts) => ({
      ...counts,
      kinds: [...counts.kinds],
      uuid: uuidOf(counts.stream),
    }));
  }

  #of(stream: string): Counts {
    let counts = this.#streams.get(stream);
    if (!counts) {
      counts = {
        ...{ stream, symbol: null, kinds: new Set(), messages: 0, bytes: 0 },
        ...{ firstObservedAt: null, lastObservedAt: null, errors: 0, lastError: null },
      };
      this.#streams.set(stream, counts);
    }
    return counts;
  }
}
