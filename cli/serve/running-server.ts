import type { WentBack } from '../../server/domain/log/timelines.ts';

/** A server that is up: what `startServer` gives. */
export interface RunningServer {
  /** Without a path, with the port that it really listens on: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Resolves when an operator has asked for it to be drained: it is to be closed then. */
  readonly drained: Promise<void>;
  /** Resolves when its database was put back to an earlier state: it is to be closed then, and another started. */
  readonly wentBack: Promise<WentBack>;
  /** Stops in order: accepts no more, finishes what is under way, flushes, closes. */
  close(): Promise<void>;
}
