import type { ItemError } from '../../schema/errors.ts';
import type { Filter } from '../../schema/filter/form.ts';
import type {
  ConsensusDocument,
  LogEntry,
  ObservationDocument,
  PeerDocument,
  Position,
  PredictionDocument,
  ScoreDocument,
  StreamDocument,
} from '../../schema/log-entry.ts';
import type { EpochMs } from '../../schema/time.ts';
import type { Actor, PeerLimits } from './actor.ts';
import type { Buffers } from './buffer/buffers.ts';
import type { ControlEvent } from './control/control.ts';
import type { Handoffs } from './lineage/handoff/handoffs.ts';
import type { PeerRecord } from './lineage/peers/peer-record.ts';
import type { LineageQuestions } from './lineage/questions/questions.ts';
import type { Page, PageRequest } from './page.ts';
import type { Tenants } from './tenant/tenants.ts';

export type { Actor, PeerLimits } from './actor.ts';
export type { Page, PageRequest } from './page.ts';

/** Everything the API, the collectors and the gateway's ports may ask of the rules. Times are epoch ms. */
export interface Domain {
  readonly streams: Streams;
  readonly observations: Observations;
  readonly predictions: Predictions;
  readonly consensus: Consensuses;
  readonly scores: Scores;
  readonly peers: Peers;
  readonly tenants: Tenants;
  readonly lineage: LineageQuestions;
  readonly handoffs: Handoffs;
  /** The record of peers' own instances, which they keep over the API. */
  readonly peerRecord: PeerRecord;
  readonly buffers: Buffers;
  readonly log: Log;
}

export interface NewStream {
  readonly name: string;
  readonly secondary?: string | null | undefined;
  readonly target?: string | null | undefined;
  readonly meta?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
  readonly cadenceSeconds?: number | null | undefined;
}

export interface Streams {
  /** Creates a stream with a fresh uuid. Throws `CONFLICT` if the tenant has one of that name, `BAD_INPUT`. */
  create(actor: Actor, input: NewStream): Promise<StreamDocument>;
  /** Ends a stream: it takes no more observations and predictions. Throws `NOT_FOUND`, `FORBIDDEN`. */
  archive(actor: Actor, uuid: string): Promise<StreamDocument>;
  /** Throws nothing: `undefined` where the tenant has no such stream. */
  find(tenant: string, by: { uuid: string } | { name: string }): Promise<StreamDocument | undefined>;
  /** Ordered by `serverId`, which is the page's position. */
  list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<StreamDocument>>;
  /** Streams of the first `limit` changes after a position, by the log: for whoever keeps a copy of all of them. */
  changedSince(tenant: string, after: Position, limit: number): Promise<StreamChanges>;
}

export interface StreamChanges {
  /** As they are now, each once. */
  readonly streams: readonly StreamDocument[];
  /** Everything up to here is in `streams` or earlier answers. */
  readonly position: Position;
  readonly hasMore: boolean;
}

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

export interface NewPrediction {
  readonly streamUuid: string;
  readonly value: string | number;
  readonly baseHash: string;
  readonly horizon?: number | null | undefined;
  readonly quantiles?:
    | readonly { readonly level: number; readonly value: string | number }[]
    | null
    | undefined;
}

export interface SubmitReport {
  readonly successful: number;
  readonly duplicates: number;
  readonly failed: number;
  /** By index of the item: the prediction's id, null where it failed. */
  readonly predictions: readonly (Position | null)[];
  readonly errors: readonly ItemError[];
}

export interface Predictions {
  /** Judges each of 1 to 1,000 items on its own, under the lock that orders the log. */
  submit(actor: Actor, items: readonly NewPrediction[]): Promise<SubmitReport>;
  /** The present revision of a prediction. */
  find(tenant: string, id: Position): Promise<PredictionDocument | undefined>;
  /** Present revisions in log order; `filter` is about a prediction. */
  list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<PredictionDocument>>;
}

export interface Consensuses {
  /** The newest consensus of each of these streams, by `serverId`; none where nobody has predicted yet. */
  of(tenant: string, streams: readonly number[]): Promise<ReadonlyMap<number, ConsensusDocument>>;
}

/** A leaderboard to be read. */
export interface LeaderboardRequest {
  /** Null: of all streams, each error in units of its target's scale. */
  readonly streamUuid: string | null;
  /** Targets of each stream that count, the newest ones: 1 to 1,000. */
  readonly window: number;
  readonly first: number;
}

export interface LeaderboardEntry {
  readonly rank: number;
  readonly peer: PeerDocument;
  /** 1 − Σ|error| / Σ|naive error|; what was missed counts as the naive error. */
  readonly skill: number;
  /** The skill by how much it is trusted, which the rank goes by. */
  readonly shrunkSkill: number;
  readonly meanScaledError: number;
  readonly scored: number;
  readonly missed: number;
  /** The peer's part of 1. */
  readonly weight: number;
}

export interface Scores {
  /** Present scores by the id of the prediction; none where the target is not in, or is retracted. */
  ofPredictions(tenant: string, ids: readonly Position[]): Promise<ReadonlyMap<Position, ScoreDocument>>;
  /** Best first. Throws `NOT_FOUND`, `BAD_INPUT`. */
  leaderboard(tenant: string, request: LeaderboardRequest): Promise<readonly LeaderboardEntry[]>;
}

export interface SignIn {
  readonly publicKey: string;
  readonly challenge: string;
  readonly signature: string;
  readonly name?: string | null | undefined;
  /** Lets the key into the tenant that it is of; not together with `tenant`. */
  readonly joinCode?: string | null | undefined;
  /** A tenant that the key is a peer of; by default the one that everybody is in who names none. */
  readonly tenant?: string | null | undefined;
}

export interface SessionTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  readonly peer: PeerDocument;
}

/** What a peer may do now. */
export interface Standing {
  readonly peer: PeerDocument;
  readonly limits: PeerLimits;
  /** Whether it runs the installation, and not only its tenant. */
  readonly installation: boolean;
}

/** Who a token speaks for. */
export interface Principal {
  readonly actor: Actor;
  readonly expiresAt: EpochMs;
}

export interface Peers {
  /** A challenge for this key, to be signed and answered once, soon, here. Throws `BAD_INPUT` for a bad key. */
  challenge(publicKey: string, from?: string): Promise<{ challenge: string; expiresAt: EpochMs }>;
  /**
   * Throws `UNAUTHENTICATED` if the challenge is not ours, expired or answered, or the signature is wrong; `FORBIDDEN`
   * if the key may not be in the tenant; `LIMITED` for too many from the key or from the address `from`, as the other
   * two steps of signing in do.
   */
  authenticate(input: SignIn, from?: string): Promise<SessionTokens>;
  /** Each refresh token works once; its second use ends the whole family. Throws `UNAUTHENTICATED`. */
  refresh(refreshToken: string, from?: string): Promise<SessionTokens>;
  /** Throws `UNAUTHENTICATED` for a token that is not ours, has expired, or whose peer is revoked. */
  verify(accessToken: string): Promise<Principal>;
  /** A peer of the tenant, revoked or not. */
  find(tenant: string, publicKey: string): Promise<PeerDocument | undefined>;
  /** What a peer may do now; `undefined` if it is revoked or there is none. */
  standing(tenant: string, publicKey: string): Promise<Standing | undefined>;
  /** Hears what an operator changed: what is remembered of it is asked for again. */
  hear(event: ControlEvent): void;
}

/** The log as its readers see it; the gateway's `LogReader` has the same shape. */
interface Log {
  head(tenant: string): Promise<Position>;
  /** Called with committed entries in log order, after each commit of this process. */
  onCommit(listener: (tenant: string, entries: readonly LogEntry[]) => void): () => void;
}
