import type { EpochMs } from '../../../schema/time.ts';

/** A program that is about to collect for a tenant. */
export interface NewInstance {
  /** Unique in the tenant among those that are not retired; the same through restarts. */
  readonly name: string;
  readonly version: string;
  /** Where its own API is reached; a port of null has none. Unique together among those not retired. */
  readonly host: string;
  readonly port: number | null;
  /** Its storage directory. */
  readonly storagePath: string;
  /** Such as `production`. */
  readonly environment: string;
  /** The public key that it publishes with. */
  readonly clientId: string;
  /** Whether it waits to be told what to collect. */
  readonly standby: boolean;
}

/** A process that has an instance's name. One that registers the name later takes it over, and ends this one's claim. */
export interface Registration {
  readonly tenant: string;
  readonly instanceId: number;
  readonly name: string;
  readonly run: string;
}

/** A stream that an instance can collect. */
export interface OfferedStream {
  readonly streamServerId: number;
  readonly source: string;
}

/** A stream that is being collected. */
export interface CollectedStream {
  readonly streamServerId: number;
  /** What the source calls it. */
  readonly symbol: string | null;
  /** What is collected of it, such as `price`. */
  readonly kinds: readonly string[];
}

export interface NewSession {
  readonly source: string;
  /** A snapshot of the source's settings, without secrets. */
  readonly config: unknown;
  readonly streams: readonly CollectedStream[];
  /**
   * The session that this one goes on from, by the same process, that was taken for dead meanwhile: this one starts
   * where that one was closed, since the process never stopped collecting.
   */
  readonly resumes?: number | undefined;
}

/** A stream's totals since the session began to collect it: sent again they change nothing. */
export interface StreamCounts {
  readonly streamServerId: number;
  /** What was collected of it so far; empty leaves it as it was. */
  readonly kinds: readonly string[];
  readonly messages: number;
  readonly bytes: number;
  readonly firstMessageAt: EpochMs | null;
  readonly lastMessageAt: EpochMs | null;
}

/** What a session has done so far. */
export interface SessionCounts {
  readonly sessionId: number;
  readonly streams: readonly StreamCounts[];
}

/** What a heartbeat is answered with. */
export interface BeatAnswer {
  /** False once the instance is retired, or another process has its name: this one has to stop collecting. */
  readonly current: boolean;
  /** Those of the sessions that are still active; the others were closed, as after a long silence. */
  readonly active: ReadonlySet<number>;
  /** Server ids of the streams that the instance should collect. */
  readonly wanted: ReadonlySet<number>;
}

/** How a session ends. `FAILED` is for those whose heartbeat stopped, which others notice. */
export type SessionEnd = { readonly status: 'COMPLETED' | 'TERMINATED'; readonly reason: string };

/**
 * The record of who collects what, as those who collect write it. Times are the database's. Every call but `register`
 * and `retire` throws `CONFLICT` once another process has the instance's name.
 */
export interface LineageRecord {
  /**
   * Takes the instance's name for this process; sessions of an earlier one that are still open are closed as failed at
   * their last heartbeat. Throws `CONFLICT` if another instance that lives has the host and port, `BAD_INPUT`.
   */
  register(tenant: string, instance: NewInstance): Promise<Registration>;
  /** Frees the instance's name, host and port. Its open sessions are terminated. Throws `NOT_FOUND`. */
  retire(tenant: string, name: string): Promise<void>;
  /**
   * Says what the instance can collect. A stream that is offered for the first time is wanted, unless the instance is a
   * standby; one that is offered no more is forgotten. Gives those that are wanted.
   */
  offer(registration: Registration, streams: readonly OfferedStream[]): Promise<ReadonlySet<number>>;
  /** Gives the session's number: that of the active one, if the instance has one of the source already. */
  openSession(registration: Registration, session: NewSession): Promise<number>;
  /** Streams that a session begins to collect, and those that it stops to. What is so already is left. */
  changeStreams(
    registration: Registration,
    sessionId: number,
    change: { readonly start: readonly CollectedStream[]; readonly stop: readonly number[] },
  ): Promise<void>;
  /** Heartbeat of the instance and of its sessions, with their counts so far: one statement. */
  beat(registration: Registration, sessions: readonly SessionCounts[]): Promise<BeatAnswer>;
  /** Ends sessions with their last counts. Those that are closed already are left. */
  closeSessions(
    registration: Registration,
    sessions: readonly SessionCounts[],
    end: SessionEnd,
  ): Promise<void>;
}
