import type { ItemError } from '../../schema/errors.ts';
import type { NewStream } from '../domain/stream/streams.ts';

/** An observation on its way to the log. */
export interface SinkItem {
  readonly streamName: string;
  readonly value: string;
  /** ISO 8601. */
  readonly observedAt: string;
  readonly provider: string;
}

/** Where a spool publishes to: the server in this process, or one over its API. */
export interface Sink {
  /**
   * Finds or creates a stream and gives its uuid. Throws `FORBIDDEN` if another peer has one of that name, `UNAVAILABLE`
   * if it can't be asked now.
   */
  ensure(stream: NewStream): Promise<string>;
  /** Publishes 1 to 1,000 observations and gives failures and duplicates by index. Throws `UNAVAILABLE`. */
  publish(items: readonly SinkItem[]): Promise<readonly ItemError[]>;
}
