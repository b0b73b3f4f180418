import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { TurnQueue } from './turn-queue.ts';

/** The end of one stream's hash chain. */
export interface ChainHead {
  /** Lower-case hex; empty before the first link. */
  readonly hash: string;
  /** The newest time that the stream has an observation for. */
  readonly lastObservedAt: EpochMs | undefined;
}

/**
 * What this process remembers of the end of one tenant's log. Every write moves the log's head, so the head's position
 * is the version of all of it: a write that finds the head where it is remembered may trust the rest.
 */
export class TenantLog {
  /** Writers of this process take turns: the row lock is then never waited for by more than one of our connections. */
  readonly turns = new TurnQueue();
  readonly chains = new Map<number, ChainHead>();
  /** Server ids of the streams that are archived, as of `streamsSeen`. */
  readonly archived = new Set<number>();
  streamsSeen: Position = 0;
  /** Whether `archived` is right as of `head`. */
  streamsKnown = false;
  head: Position | undefined;
  /** When another process last wrote between two writes of this one that had not foreseen it. */
  overtakenAt: EpochMs | undefined;
  /** Whether others have written between the last two writes of this process: the next one had better lock first. */
  isShared = false;

  /** To be called when a write failed, or found the head elsewhere. */
  forget(): void {
    this.head = undefined;
    this.streamsKnown = false;
    this.chains.clear();
  }

  /** Takes over what was read under the lock: if others wrote meanwhile, the chains are out of date. */
  observeHead(position: Position): void {
    if (this.head === position) this.isShared = false;
    else this.forget();
    this.head = position;
  }
}
