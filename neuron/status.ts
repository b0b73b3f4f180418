import type { Position } from '../schema/log-entry.ts';

/**
 * `connecting` until the log is followed (and again after a disconnect), `catching-up` while history comes in,
 * `live` after; `failed` is for good, with `lastError` saying why.
 */
export type NeuronPhase = 'connecting' | 'catching-up' | 'live' | 'stopped' | 'failed';

/** What a neuron says about itself. */
export interface NeuronStatus {
  readonly phase: NeuronPhase;
  readonly serverUrl: string;
  readonly publicKey: string;
  readonly streams: number;
  /** Rows stored, all revisions of all streams. */
  readonly observations: number;
  /** Newest position stored in this run, and the one up to which the log was history when it was last followed. */
  readonly position: Position;
  readonly historyUpTo: Position;
  /** Streams with at least one entry that did not follow its hash chain, and how many such entries there are. */
  readonly brokenStreams: number;
  readonly chainBreaks: number;
  /** How often a chain was mended by fetching rows again. */
  readonly chainRepairs: number;
  /** What kept the last write to the store from happening, null if nothing did. */
  readonly storeTrouble: string | null;
  /** Predictions that wait for an answer, and how many were answered with what (`ACCEPTED`, `DUPLICATE`, `LATE`, …). */
  readonly outbox: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly disconnects: number;
  readonly lastError: string | null;
}
