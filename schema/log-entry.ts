import type { CanonicalDecimal } from './decimal.ts';
import type { EpochMs } from './time.ts';

export const TOPICS = ['observation', 'prediction', 'score', 'consensus', 'stream', 'lineage'] as const;

/** An entry's place in its tenant's log: 1, 2, 3, … without holes, in commit order. 0 is before the first. */
export type Position = number;

export type EntryType = 'CREATE' | 'UPDATE' | 'DELETE';

export interface StreamDocument {
  readonly serverId: number;
  readonly uuid: string;
  readonly name: string;
  /** Public key of the peer that owns it, base64url. */
  readonly author: string;
  readonly secondary: string | null;
  readonly target: string | null;
  readonly meta: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly cadenceSeconds: number | null;
  readonly createdAt: EpochMs;
  readonly archivedAt: EpochMs | null;
}

export interface ObservationDocument {
  readonly stream: StreamDocument;
  readonly position: Position;
  readonly value: CanonicalDecimal;
  readonly observedAt: EpochMs;
  /** When the server committed it. */
  readonly ts: EpochMs;
  /** Lower-case hex. */
  readonly hash: string;
  readonly provider: string;
  readonly revision: number;
  /** True of the tombstone that a retraction appends; it repeats the value that it retracts. */
  readonly retracted: boolean;
}

export interface PeerDocument {
  readonly id: number;
  readonly publicKey: string;
  readonly name: string | null;
  readonly role: 'READER' | 'PEER' | 'OPERATOR';
  readonly createdAt: EpochMs;
}

export interface QuantileDocument {
  /** Strictly between 0 and 1. */
  readonly level: number;
  readonly value: CanonicalDecimal;
}

export interface PredictionDocument {
  /** Position of its first revision: what names a prediction while it is replaced. */
  readonly id: Position;
  readonly position: Position;
  readonly stream: StreamDocument;
  readonly peer: PeerDocument;
  /** The observation it was made from. */
  readonly base: ObservationDocument;
  /** Steps after the base. */
  readonly horizon: number;
  readonly value: CanonicalDecimal;
  readonly quantiles: readonly QuantileDocument[];
  readonly submittedAt: EpochMs;
  readonly revision: number;
}

/** The network's forecast of the observation after its base. It is final once that observation is there. */
export interface ConsensusDocument {
  readonly position: Position;
  readonly stream: StreamDocument;
  readonly base: ObservationDocument;
  readonly value: CanonicalDecimal;
  readonly quantiles: readonly QuantileDocument[];
  /** Peers whose predictions it is made of. */
  readonly contributors: number;
  readonly updatedAt: EpochMs;
  readonly revision: number;
}

/** What the server made of a prediction once its target was in. */
export interface ScoreDocument {
  /** Names the prediction. */
  readonly predictionId: Position;
  readonly position: Position;
  readonly stream: StreamDocument;
  readonly peer: PeerDocument;
  readonly horizon: number;
  /** The revision of the target that it was scored against. */
  readonly target: ObservationDocument;
  readonly absoluteError: CanonicalDecimal;
  /** What the naive forecast was off by, from the same base at the same horizon. */
  readonly naiveError: CanonicalDecimal;
  readonly scaledError: number;
  /** Null without quantiles. */
  readonly crps: number | null;
  readonly scoredAt: EpochMs;
  readonly revision: number;
}

export type SessionStatus = 'ACTIVE' | 'COMPLETED' | 'TERMINATED' | 'FAILED';
export type GapKind = 'COVERAGE' | 'DATA';
export type HandoffStrategy = 'BLUE_GREEN' | 'ROLLING' | 'MAINTENANCE';

/** A stream, named. */
export interface StreamName {
  readonly uuid: string;
  readonly name: string;
}

/** A server instance, named. */
export interface InstanceName {
  readonly id: number;
  readonly name: string;
}

/** A program that collects. Where it can be reached is for operators, and no part of this. */
export interface InstanceDocument extends InstanceName {
  readonly kind: 'instance';
  readonly version: string;
  readonly environment: string;
  /** It collects only what it is told to. */
  readonly standby: boolean;
  readonly registeredAt: EpochMs;
  readonly retiredAt: EpochMs | null;
}

/** A stream within a session. */
export interface SessionStreamDocument extends StreamName {
  /** What the source calls it. */
  readonly symbol: string | null;
  /** What is collected of it, such as `price`. */
  readonly kinds: readonly string[];
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs | null;
}

/** An instance collecting from one source. Counts are as of when the entry was written. */
export interface SessionDocument {
  readonly kind: 'session';
  readonly id: number;
  readonly instance: InstanceName;
  readonly source: string;
  readonly status: SessionStatus;
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs | null;
  readonly messages: number;
  readonly bytes: number;
  readonly reason: string | null;
  readonly streams: readonly SessionStreamDocument[];
}

/** A time for which nobody collected a stream, or in which its observations lie too far apart. */
export interface GapDocument {
  readonly kind: 'gap';
  readonly id: number;
  readonly of: GapKind;
  readonly stream: StreamName;
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs | null;
}

/** A step of a handoff. */
export interface MigrationDocument {
  readonly kind: 'migration';
  readonly id: number;
  readonly handoffId: string;
  readonly type: 'PREPARATION' | 'HANDOFF' | 'VALIDATION' | 'ROLLBACK';
  readonly step: string;
  readonly status: 'STARTED' | 'COMPLETED' | 'FAILED';
  readonly source: InstanceName;
  readonly target: InstanceName;
  readonly strategy: HandoffStrategy;
  readonly streams: readonly StreamName[];
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs | null;
  /** What a validation found, by stream. */
  readonly validation: unknown;
  readonly notes: string | null;
}

/** What an entry of the topic `lineage` is about. */
export type LineageDocument = InstanceDocument | SessionDocument | GapDocument | MigrationDocument;

/** What an entry of each topic carries. A topic joins with the capability that writes it. */
export interface Documents {
  readonly observation: ObservationDocument;
  readonly prediction: PredictionDocument;
  readonly consensus: ConsensusDocument;
  readonly score: ScoreDocument;
  readonly stream: StreamDocument;
  readonly lineage: LineageDocument;
}
export type WrittenTopic = keyof Documents;

/** A topic left out does not compile. */
const WRITTEN: Record<WrittenTopic, true> = {
  observation: true,
  prediction: true,
  consensus: true,
  score: true,
  stream: true,
  lineage: true,
};
/** All that the log has entries of: positions are contiguous over all of them together. */
export const WRITTEN_TOPICS = TOPICS.filter((topic): topic is WrittenTopic => topic in WRITTEN);

interface EntryOf<T extends WrittenTopic> {
  readonly tenant: string;
  readonly position: Position;
  readonly topic: T;
  readonly type: EntryType;
  /** Names the thing the entry is about, the same through all its entries; also the GraphQL id of it. */
  readonly key: string;
  readonly ts: EpochMs;
  readonly document: Documents[T];
  /** The thing as it was before, of an `UPDATE` or `DELETE`. */
  readonly before?: Documents[T];
  /** The timeline of the log that it was written in; absent where whoever passed it on did not say. */
  readonly timeline?: string | undefined;
}

/** One row of a tenant's log as an event. */
export type LogEntry = { [T in WrittenTopic]: EntryOf<T> }[WrittenTopic];
export type ObservationEntry = EntryOf<'observation'>;
export type PredictionEntry = EntryOf<'prediction'>;
export type ConsensusEntry = EntryOf<'consensus'>;
export type ScoreEntry = EntryOf<'score'>;
export type StreamEntry = EntryOf<'stream'>;
export type LineageEntry = EntryOf<'lineage'>;
