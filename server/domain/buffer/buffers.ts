import type { CanonicalDecimal } from '../../../schema/decimal.ts';
import { type ItemError, PresageError } from '../../../schema/errors.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Actor } from '../actor.ts';

/** An observation in an instance's storage. */
export interface StoredObservation {
  readonly observedAt: EpochMs;
  readonly value: CanonicalDecimal;
  readonly provider: string;
  /** Whether the server has taken it. What it refused is not given at all. */
  readonly published: boolean;
}

/** An instance that has collected a stream, as the record knows it. */
export interface Holder {
  readonly name: string;
  readonly host: string;
  /** Null: it registered over the API. Then nothing that it says of itself may be opened or asked. */
  readonly port: number | null;
  readonly storagePath: string;
}

/** An instance that nobody can ask: its words name no host or directory, so that everybody may see them. */
export class NoPlaceToAsk extends PresageError {
  override readonly name = 'NoPlaceToAsk';

  constructor(instance: string) {
    super(
      'UNAVAILABLE',
      `"${instance}" is a presage collect, which has no API that could be asked; its storage is on its own machine.`,
    );
  }
}

/** What is asked of one instance's storage. */
export interface StoredRange {
  readonly stream: { readonly uuid: string; readonly name: string };
  /** Later than this. */
  readonly after: EpochMs;
  /** At this time at the latest. */
  readonly until: EpochMs;
  /** Observations of a page, at most. */
  readonly pageSize: number;
}

/** Reads the storage of instances, wherever they are. */
export interface InstanceStorage {
  /**
   * Pages of what an instance keeps, in the order of time, each time once. Throws what says why it can't be read.
   * `token` is the caller's, for an instance that has to be asked over its API; null means that only what this machine
   * can read by itself is wanted.
   */
  read(holder: Holder, range: StoredRange, token: string | null): AsyncIterable<readonly StoredObservation[]>;
}

/** An observation of a merged buffer. */
export interface BufferedObservation {
  readonly observedAt: EpochMs;
  readonly value: CanonicalDecimal;
  readonly provider: string;
  readonly published: boolean;
  /** Name of the instance whose storage it comes from: the first one where several have it. */
  readonly instance: string;
}

/** What became of asking one instance. */
export interface AskedInstance {
  readonly name: string;
  /** Why nothing, or no more, was read from it, with its place for operators; null where all was. */
  readonly unreachable: string | null;
}

/** A page of a merged buffer. */
export interface BufferPage {
  readonly rows: readonly BufferedObservation[];
  readonly instances: readonly AskedInstance[];
  /** Where the next page begins: what `after` is given; null after the last. */
  readonly next: EpochMs | null;
}

export interface BufferRequest {
  readonly streamUuid: string;
  readonly after: EpochMs;
  readonly until: EpochMs;
  readonly limit: number;
  /** Only this instance's storage. */
  readonly instance?: string | null | undefined;
}

/** What became of one page of a backfill. */
export interface BackfillReport {
  /** Observations that the storage has in this page. */
  readonly checked: number;
  /** Of these, those that the log had nothing of the time of. */
  readonly missing: number;
  /** Of these, those that are in the log now; 0 for a dry run. */
  readonly filled: number;
  /** Times at which the log has another value than the storage: left as they are. */
  readonly different: number;
  /** By index in `missingTimes`. */
  readonly errors: readonly ItemError[];
  readonly missingTimes: readonly EpochMs[];
  readonly instances: readonly AskedInstance[];
  readonly next: EpochMs | null;
}

/** What instances that collect have on their own disks. */
export interface Buffers {
  /**
   * Observations of a stream out of the storage of every instance that collected it, merged by time without duplicates.
   * Throws `NOT_FOUND`, and `FORBIDDEN` for readers.
   */
  query(actor: Actor, request: BufferRequest, token: string | null): Promise<BufferPage>;
  /**
   * Publishes what the storage has of a page and the log lacks, as the stream's author. Again it changes nothing. Throws
   * `NOT_FOUND`, and `FORBIDDEN` for anybody but its author and operators.
   */
  backfill(actor: Actor, request: BufferRequest, token: string, dryRun: boolean): Promise<BackfillReport>;
}
