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
 * How long a process takes turns with others at a log since it last found that one of them had written, in ms. The
 * shorter, the sooner a server that writes alone again does so as if it had always been; each time that another writes
 * after that costs what had been inserted ahead.
 */
const SHARED_MS = 2_000;

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
  /** The timeline of the log that `head` is of. */
  timeline: string | undefined;
  /** When this process last found that another had written. */
  othersWroteAt: EpochMs | undefined;

  /** Whether other processes write to this log now, so that writers had better take turns. */
  isShared(now: EpochMs): boolean {
    return this.othersWroteAt !== undefined && now - this.othersWroteAt < SHARED_MS;
  }

  /** To be called when a write failed, or found the head elsewhere. */
  forget(): void {
    this.head = undefined;
    this.timeline = undefined;
    this.streamsKnown = false;
    this.chains.clear();
  }

  /** To be called when the log went on in another timeline, or is shorter than it was. */
  forgetAll(): void {
    this.forget();
    this.archived.clear();
    this.streamsSeen = 0;
  }
}
