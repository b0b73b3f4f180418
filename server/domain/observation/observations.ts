import type { ItemError } from '../../../schema/errors.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import type { ObservationDocument, Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Actor } from '../actor.ts';
import type { Page, PageRequest } from '../page.ts';

/** An item as it came over the wire: nothing of it is checked yet. */
export interface NewObservation {
  readonly streamUuid?: string | null | undefined;
  readonly streamName?: string | null | undefined;
  readonly value: string | number;
  readonly observedAt?: string | null | undefined;
  readonly provider?: string | null | undefined;
}

export interface ObservationRef {
  readonly streamServerId: number;
  readonly observedAt: EpochMs;
}

export interface PublishReport {
  readonly successful: number;
  readonly duplicates: number;
  readonly failed: number;
  /** By index of the item; null where it failed. A duplicate names the observation that was there. */
  readonly observations: readonly (ObservationRef | null)[];
  /** Log position at which everything of this call is visible. */
  readonly position: Position;
  /** Failures and duplicates, by index. */
  readonly errors: readonly ItemError[];
}

export interface Observations {
  /**
   * Judges each of 1 to 10,000 items on its own and appends the good ones in one transaction, shared with concurrent
   * calls. Throws `BAD_INPUT` for a call of the wrong size and `UNAVAILABLE` if the database fails, which leaves no hole.
   */
  publish(actor: Actor, items: readonly NewObservation[]): Promise<PublishReport>;
  /** Appends a revision. The same value again changes nothing. Throws `NOT_FOUND`, `FORBIDDEN`, `BAD_INPUT`. */
  correct(actor: Actor, ref: ObservationRef, value: string | number): Promise<ObservationDocument>;
  /** Appends a tombstone; false if it was retracted already. Throws `NOT_FOUND`, `FORBIDDEN`. */
  retract(actor: Actor, ref: ObservationRef): Promise<boolean>;
  /** The present revision; `undefined` if there is none or it is retracted. */
  find(tenant: string, ref: ObservationRef): Promise<ObservationDocument | undefined>;
  /** Present revisions that match, in log order. */
  list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<ObservationDocument>>;
  /** The newest observation of each matching stream, newest first. */
  latest(tenant: string, filter: Filter, limit: number): Promise<readonly ObservationDocument[]>;
  /** The newest observation of each of these streams, by `serverId`. */
  latestOf(tenant: string, streams: readonly number[]): Promise<ReadonlyMap<number, ObservationDocument>>;
  /** Walks a stream's chain from its beginning. Throws `NOT_FOUND`. */
  verifyChain(tenant: string, streamUuid: string): Promise<ChainReport>;
}

export interface ChainReport {
  readonly ok: boolean;
  readonly checked: number;
  /** Hash of the last good link; null for a stream without observations. */
  readonly head: string | null;
  readonly firstBad: ObservationDocument | null;
}
