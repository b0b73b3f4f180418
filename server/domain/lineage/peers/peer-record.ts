import type { Actor } from '../../actor.ts';
import type { SessionEnd, StreamCounts } from '../lineage.ts';

/** A process of a peer, as it names itself with each call. Only who knows `run` can speak for it. */
export interface PeerRun {
  readonly name: string;
  /** A uuid of version 4 that the process made up. */
  readonly run: string;
}

/** A program of a peer that is about to collect. It can't say where it is reached: nobody is to ask there. */
export interface PeerInstance extends PeerRun {
  readonly version: string;
  readonly environment: string;
  readonly standby: boolean;
}

/** A stream of the peer by its uuid, and the rest of what is said about it. */
type OfStream<T> = Omit<T, 'streamServerId'> & { readonly stream: string };

export interface PeerOffer {
  readonly stream: string;
  readonly source: string;
}

export interface PeerStream {
  readonly stream: string;
  readonly symbol: string | null;
  readonly kinds: readonly string[];
}

export interface PeerSession {
  readonly source: string;
  readonly config: unknown;
  readonly streams: readonly PeerStream[];
  readonly resumes: number | null;
}

export interface PeerCounts {
  readonly sessionId: number;
  readonly streams: readonly OfStream<StreamCounts>[];
}

export interface PeerBeat {
  readonly current: boolean;
  /** Numbers of those of the sessions that are still active. */
  readonly active: readonly number[];
  /** Uuids of what should be collected. */
  readonly wanted: readonly string[];
}

/**
 * The record as a peer keeps it of its own instances, over the API: as `LineageRecord` of those inside servers, of the
 * peer's own streams only. Every call throws `BAD_INPUT`, `LIMITED`, `NOT_FOUND` or `FORBIDDEN` for a stream that is not
 * there or another's and, but for `register` and `beat`, `CONFLICT` if the process has not the name of an instance of the peer.
 */
export interface PeerRecord {
  /**
   * Takes a name. Said again it changes nothing. Throws `CONFLICT` where the name is another peer's, `LIMITED` where the
   * peer has as many instances as it may. `address` is where the call came from.
   */
  register(actor: Actor, instance: PeerInstance, address: string): Promise<void>;
  /** Gives the uuids of what is wanted of it. */
  offer(actor: Actor, run: PeerRun, streams: readonly PeerOffer[]): Promise<readonly string[]>;
  openSession(actor: Actor, run: PeerRun, session: PeerSession): Promise<number>;
  changeStreams(
    actor: Actor,
    run: PeerRun,
    sessionId: number,
    change: { readonly start: readonly PeerStream[]; readonly stop: readonly string[] },
  ): Promise<void>;
  beat(actor: Actor, run: PeerRun, sessions: readonly PeerCounts[]): Promise<PeerBeat>;
  closeSessions(actor: Actor, run: PeerRun, sessions: readonly PeerCounts[], end: SessionEnd): Promise<void>;
}
